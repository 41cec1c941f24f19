"""language.md, section 3: what handlers and rules do, and when."""

from __future__ import annotations

import pytest
from telling import comes_true, desk, faults


def test_the_finishing_event():
    """
    The event that finishes a step is also offered to `on` of the same state: after the step, before the next step,
    `then` or `keys`.
    """
    states = """\
a:
  do: [answer, {speak: One.}, {speak: Two.}]
  on: {call.speak.ended: {do: [{count: ends}, {speak: "Between {{ ends }}."}]}}
  then: b
b:
  do: [{gather: {speak: Press., digits: 1}}]
  on: {call.gather.ended: {do: [{speak: "You pressed {{ event.digits }}."}]}}
  keys: {digits: over, nothing: over}
"""
    # The handler's own text ends too; a rule keeps it from answering itself.
    first = states.replace("{do: [{count", "{if: ends < 2, do: [{count")
    comes_true(
        desk(first, top="remember:\n  ends: {type: number}\n"),
        """
        - caller: calls
        - hears: One.
        - hears: Between 1.
        - hears: Between 2.
        - is_in: a
        - hears: Two.
        - hears: Press.
        - caller: presses 7
        - hears: You pressed 7.
        - is_in: b
        - hears: This is the end.
        """,
    )
    before_then = """\
a:
  do: [answer, {play: tune}]
  on: {call.playback.ended: {do: [{speak: Before then.}]}}
  then: over
"""
    comes_true(desk(before_then), "- caller: calls\n- hears: Before then.\n- is_in: a\n- hears: This is the end.")


def test_a_handlers_then():
    """A handler's `then` wins."""
    states = """\
a:
  do: [answer, {gather: {speak: Press., digits: 1}}]
  on:
    call.gather.ended:
      - if: event.digits == "1"
        then: b
      - if: event.digits == "2"
        do: [{speak: Two.}]
        then: b
  keys: {digits: over, nothing: over}
b:
  do: [{speak: The handler.}]
  then: hangup
"""
    for key, hears in (("1", "The handler."), ("2", "Two."), ("3", "This is the end.")):
        comes_true(desk(states), f"- caller: calls\n- caller: presses {key}\n- hears: {hears}\n  within: 2s")
    comes_true(desk(states), "- caller: calls\n- caller: presses 2\n- hears: Two.\n- hears: The handler.")


SPEAKS = """\
a:
  do: [answer, {speak: A sentence that takes quite a while to be said to the end.}, {speak: The rest of do.}]
  on:
    call.dtmf.received:
      - if: event.digit == "0"
        then: b
      - do: [{log: "key {{ event.digit }}"}, {count: keys_seen}]
  then: b
b:
  do: [{speak: "{{ keys_seen }} keys."}]
  then: hangup
"""
COUNTS = "remember:\n  keys_seen: {type: number}\n"


def _pressed(digits: str) -> str:
    return "".join(f'- telnyx: {{sends: call.dtmf.received, digit: "{digit}"}}\n' for digit in digits)


def test_handlers_steps():
    """
    Handlers' steps run when the running step has finished and before the rest of `do`, in order of arrival
    (8 at most).
    """
    told = "".join(f'- does: {{log: "key {digit}"}}\n' for digit in "87654321")
    comes_true(
        desk(SPEAKS, top=COUNTS),
        "- caller: calls\n- wait: 1s\n"
        + _pressed("8765")
        + "- does_not: {log: key 8}\n  within: 1s\n"
        + _pressed("43219")
        + told
        + "- remembers: {keys_seen: 8}\n- hears: The rest of do.\n- hears: 8 keys.\n- does_not: {log: key 9}\n",
    )


def test_a_handler_with_only_then():
    """A handler with only `then` leaves at once and stops what is playing."""
    silent = SPEAKS.replace('  do: [{speak: "{{ keys_seen }} keys."}]\n  then: hangup\n', "  after: {3s: over}\n")
    comes_true(
        desk(silent, top=COUNTS),
        "- caller: calls\n- wait: 1s\n"
        + _pressed("10")
        + "- is_in: b\n  within: 0.05s\n- does: playback_stop\n  within: 0.05s\n- wait: 2s\n- does_not: log\n",
    )


def test_when_rules_and_texts_are_worked_out():
    """Rules are judged when the event arrives; texts are filled in when the step runs."""
    states = """\
a:
  do: [answer, {speak: A sentence that takes quite a while to be said to the end.}, {set: {stage: 2}}, {play: tune}]
  on:
    call.dtmf.received:
      - if: stage == 1
        do: [{set: {stage: 3}}, {log: "first, stage {{ stage }}, key {{ event.digit }}"}]
      - do: [{log: "second"}]
  then: over
"""
    comes_true(
        desk(states, top="remember:\n  stage: {type: number, start: 1}\n"),
        "- caller: calls\n- wait: 1s\n"
        + _pressed("45")  # both are judged while the stage is 1
        + '- does: {log: "first, stage 3, key 4"}\n- does: {log: "first, stage 3, key 5"}\n- remembers: {stage: 2}\n',
    )


# -- rules -------------------------------------------------------------------------------------------------------


def test_the_first_true_rule():
    """First true rule wins."""
    states = """\
a:
  do: [answer, {gather: {speak: Press., digits: 1}}]
  keys:
    digits:
      - if: digits == "1"
        then: one
      - if: number(digits) < 3
        then: small
      - if: number(digits) < 9
        then: big
      - then: over
    nothing: over
one: {do: [{speak: One.}], then: hangup}
small: {do: [{speak: Small.}], then: hangup}
big: {do: [{speak: Big.}], then: hangup}
"""
    for key, hears in (("1", "One."), ("2", "Small."), ("5", "Big."), ("9", "This is the end.")):
        comes_true(desk(states), f"- caller: calls\n- caller: presses {key}\n- hears: {hears}\n  within: 2s")


EXITS = {
    "then": "a:\n  do: [answer]\n  then: RULES\n",
    "keys": "a:\n  do: [answer, {gather: {speak: Press., digits: 1}}]\n  keys: {digits: RULES, nothing: over}\n",
    "after": "a:\n  do: [answer, {play: {audio: tune, repeat: forever}}]\n  after: {9s: RULES}\n",
    "on_error": "a:\n  do: [answer, {speak: One.}]\n  then: over\n  on_error: RULES\n",
}


@pytest.mark.parametrize("section", EXITS)
def test_the_last_rule(section: str):
    """In `then`, `keys`, `after`, `on_error` the last rule has no `if` and every one has `then`."""
    top = "remember:\n  n: {type: number}\n"

    def found(written: str) -> list[str]:
        return faults(desk(EXITS[section].replace("RULES", written), top=top))

    assert found("[{if: n > 1, then: over}, {then: hangup}]") == []
    assert found("[{if: n > 1, then: over}, {if: n > 0, then: hangup}]")[-1:] == ["G004"]
    assert found("[{if: n > 1, do: [{log: x}]}, {then: hangup}]") == ["G005"]
    assert found("[{if: n > 1, then: over}, {do: [{log: x}]}]") == ["G005"]


def test_no_true_rule():
    """In `on`, `every` no true rule, or none with `then`, means `stay`."""
    states = """\
a:
  do: [answer, {play: {audio: tune, repeat: forever}}]
  on:
    call.dtmf.received:
      - if: event.digit == "1"
        do: [{log: one}]
      - if: event.digit == "2"
        then: over
  every:
    20s:
      - if: turns == 2
        do: [{log: second turn}, {count: turns}]
      - if: turns > 3
        then: over
    7s: {do: [{count: turns}]}
  after: {10m: hangup}
"""
    comes_true(
        desk(states, top="remember:\n  turns: {type: number}\n"),
        """
        - caller: calls
        - caller: presses 5
        - caller: presses 1
        - does: {log: one}
        - is_in: a
        - wait: 18s
        - does: {log: second turn}
          within: 3s
        - is_in: a
        - wait: 15s
        - is_in: a
        - hears: This is the end.
          within: 10s
        """,
    )
    comes_true(
        desk(states, top="remember:\n  turns: {type: number}\n"), "- caller: calls\n- caller: presses 2\n- is_in: over"
    )
