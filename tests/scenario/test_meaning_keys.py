"""language.md, section 3, "keys": what follows a question."""

from __future__ import annotations

import pytest
from telling import comes_true, desk, faults, story

ENDS = "".join(f"{name}: {{do: [{{speak: {name}}}], then: hangup}}\n" for name in ("one", "other", "odd", "silent"))
ALL = '{"1": one, digits: other, anything_else: odd, nothing: silent}'


def menu(keys: str = ALL, gather: str = "digits: 1 to 2, tries: 1") -> str:
    return desk(f"a:\n  do: [answer, {{gather: {{speak: Press., {gather}}}}}]\n  keys: {keys}\n{ENDS}")


def leads(flow: str, event: str, to: str) -> None:
    """The question ends with *event*; the call then is in the state *to*, or where it was ("")."""
    happens = f"- caller: calls\n- hears: Press.\n- telnyx: {{sends: call.gather.ended, {event}}}\n"
    comes_true(flow, happens + (f"- is_in: {to}\n  within: 1s\n" if to else "- wait: 1s\n- is_in: a\n"))


@pytest.mark.parametrize(
    ("keys", "digits", "to"),
    [
        (ALL, "1", "one"), (ALL, "12", "other"), (ALL, "2", "other"),
        ('{"1": one, anything_else: odd, nothing: silent}', "1", "one"),
        ('{"1": one, anything_else: odd, nothing: silent}', "2", "odd"),
        ("{digits: other, anything_else: odd, nothing: silent}", "1", "other"),
    ],
)  # fmt: skip
def test_valid(keys: str, digits: str, to: str):
    """valid and listed -> that key, else `digits`, else `anything_else`."""
    leads(menu(keys), f'status: valid, digits: "{digits}"', to)


@pytest.mark.parametrize(("keys", "to"), [(ALL, "odd"), ("{digits: other, nothing: silent}", "silent")])
@pytest.mark.parametrize("status", ["invalid", "timeout"])
def test_wrong(keys: str, to: str, status: str):
    """invalid, or timeout with some digits -> `anything_else`, else `nothing`."""
    leads(menu(keys, "digits: 1 to 2, tries: 3"), f'status: {status}, digits: "1"', to)


def test_silence():
    """timeout without digits -> `nothing` (required)."""
    leads(menu(), 'status: timeout, digits: ""', "silent")
    comes_true(menu(), "- caller: calls\n- hears: silent\n  within: 8s")
    assert faults(menu()) == []
    assert faults(menu('{"1": one, digits: other, anything_else: odd}')) == ["G008"]


@pytest.mark.parametrize("status", ["cancelled", "call_hangup", "stale"])
def test_no_exit(status: str):
    """cancelled, call_hangup, stale -> no exit."""
    if status == "stale":
        return a_stale_one()
    return leads(menu(), f'status: {status}, digits: "1"', "")


def a_stale_one() -> None:
    """The end of a question that was cut comes when another question is being asked."""
    twice = desk(f"""\
a:
  do: [answer, {{gather: {{speak: Press., digits: 1 to 2}}}}]
  on: {{call.dtmf.received: {{if: event.digit == "*", then: b}}}}
  keys: {ALL}
b:
  do: [{{gather: {{speak: Press again., digits: 1 to 2, wait: 20s}}}}]
  keys: {ALL}
{ENDS}""")
    comes_true(
        twice,
        """
        - telnyx: {delays: call.gather.ended, by: 1s}
        - caller: calls
        - caller: presses *
        - hears: Press again.
        - wait: 3s
        - is_in: b
        - caller: presses 12
        - is_in: other
        """,
    )


def test_tries():
    """`tries` (3 with a prompt) repeats it after silence only, `nothing` follows the last."""
    asked = "- hears: Press.\n  within: 6s\n"
    comes_true(
        menu(gather="digits: 1 to 2"), "- caller: calls\n" + asked * 3 + "- is_in: a\n- hears: silent\n  within: 6s"
    )
    comes_true(
        menu(gather="digits: 1 to 2, tries: 2"), "- caller: calls\n" + asked * 2 + "- hears: silent\n  within: 6s"
    )
    wordless = desk(f"a:\n  do: [answer, {{gather: {{digits: 1 to 2}}}}]\n  keys: {ALL}\n{ENDS}")
    comes_true(wordless, "- caller: calls\n- does: gather\n- hears: silent\n  within: 6s")
    wrong = "- caller: calls\n- hears: Press.\n- caller: presses 1\n- hears: odd\n  within: 6s"
    comes_true(
        menu('{"12": one, digits: other, anything_else: odd, nothing: silent}', "digits: 2"), wrong
    )  # a wrong answer is not asked again
    assert "did not hear" in story(
        menu('{"12": one, digits: other, anything_else: odd, nothing: silent}', "digits: 2"),
        wrong.replace("odd", "Press."),
    )


def test_usual_values():
    """`wait` 5s; between digits 3s; `end_key` `#`; `only` -> valid_digits."""
    sent = """{timeout_millis: 5000, inter_digit_timeout_millis: 3000, terminating_digit: "#", valid_digits: "12"}"""
    comes_true(menu(gather='digits: 1 to 4, only: "12"'), f"- caller: calls\n- does: {{gather_using_speak: {sent}}}")
    flow = menu(gather="digits: 1 to 4, tries: 1")
    comes_true(flow, "- caller: calls\n- caller: presses 12#\n- is_in: other\n  within: 0.1s")
    comes_true(flow, "- caller: calls\n- caller: presses 12\n- wait: 2.5s\n- is_in: a\n- is_in: other\n  within: 1s")
    comes_true(flow, "- caller: calls\n- hears: Press.\n- wait: 5s\n- is_in: a\n- is_in: silent\n  within: 1s")
