"""language.md, section 3, "Reuse", and section 1, 7: flows that use other flows; and what opening hours mean."""

from __future__ import annotations

import pytest
from telling import AGENTS, comes_true, desk, faults

ASK = """\
flow: ask
starts_when:
  another_flow_calls: {needs: {question: text, wanted: number}, answers: {typed: digits, times: number}}
ANYWHERE
start: a
states:
  a:
    do: [{gather: {speak: "{{ question }} {{ wanted }}?", digits: 2, wait: 8s, tries: 33, into: typed}}]
    keys: {digits: b, anything_else: a, nothing: end}
    ON
  b:
    do: [{count: times}]
    then: end
"""
INNER = ASK.replace("ANYWHERE", "anywhere: {on_error: hangup}").replace("    ON\n", "")
OUTER = """\
a:
  do:
    - answer
    - run: {flow: ask, give: {question: How many, wanted: 3}, into: {mine: typed, tries: times}}
    - speak: "You typed {{ mine }}, {{ tries }} times."
  then: over
"""
TOP = "remember:\n  mine: {type: digits}\n  tries: {type: number}\n"


def test_run():
    """`run` calls and comes back: declared, typed inputs and answers."""
    comes_true(
        desk(OUTER, top=TOP),
        """
        - caller: calls
        - hears: How many 3?
        - is_in: a
        - caller: presses 42
        - hears: You typed 42, 1 times.
        - hears: This is the end.
        """,
        INNER,
    )
    assert faults(desk(OUTER, top=TOP), INNER) == []
    for written, instead, code in (
        (", wanted: 3", "", "R021"), ("wanted: 3", "wanted: 3, more: 4", "R022"),
        ("wanted: 3", "wanted: three", "R023"),
        ("tries: times", "tries: others", "R025"), ("tries: times", "tries: typed", "R025"),
    ):  # fmt: skip
        assert code in faults(desk(OUTER.replace(written, instead), top=TOP), INNER), instead


def test_recursion():
    """No recursion."""
    runs = (
        "flow: NAME\nstarts_when: {another_flow_calls: true}\nanywhere: {on_error: hangup}\n"
        "start: a\nstates:\n  a:\n    do: [{run: OTHER}]\n    then: end\n"
    )
    outer = desk("a:\n  do: [answer, {run: one}]\n  then: over\n")

    def found(*pairs: tuple[str, str]) -> list[str]:
        return faults(outer, *(runs.replace("NAME", name).replace("OTHER", other) for name, other in pairs))

    leaf = runs.replace("{run: OTHER}", "{speak: Hello.}").replace("NAME", "leaf")
    assert faults(outer, runs.replace("NAME", "one").replace("OTHER", "leaf"), leaf) == []
    assert found(("one", "one")) == ["R026"]
    assert found(("one", "two"), ("two", "one")) == ["R026"]
    assert found(("one", "two"), ("two", "three"), ("three", "one")) == ["R026"]


PLACES = ["inner state", "inner anywhere", "outer state", "outer anywhere"]


@pytest.mark.parametrize("nearest", range(4))
def test_the_nearest_handler(nearest: int):
    """Nearest handler wins."""

    def on(place: str) -> str:
        return (
            f"on: {{call.dtmf.received: {{if: event.digit == '*', do: [{{log: {place}}}]}}}}"
            if PLACES.index(place) >= nearest
            else ""
        )

    inner_on = on("inner state")
    inner = ASK.replace("ON\n", f"{inner_on}\n") if inner_on else ASK.replace("    ON\n", "")
    anywhere = f"anywhere:\n  on_error: hangup\n  {on('inner anywhere')}"
    outer = OUTER + f"  {on('outer state')}\n"
    comes_true(
        desk(outer, top=TOP + f"anywhere:\n  on_error: broken\n  {on('outer anywhere')}\n"),
        f"""
        - caller: calls
        - hears: How many 3?
        - wait: 2s
        - telnyx: {{sends: call.dtmf.received, digit: "*"}}
        - caller: presses 42
        - hears: You typed 42
        - does: {{log: {PLACES[nearest]}}}
        - does_not: log
        """,
        inner.replace("ANYWHERE", anywhere),
    )


def test_the_callers_clock():
    """The caller's `after` goes on."""
    outer = OUTER.replace("  then: over\n", "  after: {30s: over}\n")
    comes_true(
        desk(outer, top=TOP),
        """
        - caller: calls
        - hears: How many 3?
        - wait: 29s
        - is_in: a
        - hears: This is the end.
          within: 2s
        - does: hangup
        """,
        INNER,
    )


HANDS_OVER = """\
a:
  do: [answer, {enqueue: {queue: support, max_wait: 10m}}, {play: {audio: tune, repeat: forever}}]
  on: {call.dtmf.received: {flow: second, give: {word: hello, number_of: 2}}, call.dequeued: over}
"""
SECOND = """\
flow: second
starts_when:
  another_flow_calls: {needs: {word: text, number_of: number}}
anywhere: {on_error: hangup, on: {call.bridged: hangup, call.dequeued: {do: [{log: out of line}]}}}
start: a
states:
  a:
    do:
      - speak: "{{ word }} {{ number_of }}"
      - check_queue: support
      - log: "place {{ queue.position }}"
      - play: {audio: tune, repeat: forever}
    after: {5m: b}
  b:
    do: [leave_queue, leave_conference, {speak: The second flow ends.}]
    then: hangup
"""
AGENT = f"""
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: team}}}}]
        on:
          caller.left: {{do: [{{log: left}}]}}
          caller.call.dtmf.received: {{do: [{{log: "key {{{{ event.digit }}}}"}}]}}
        after: {{1h: hangup}}
"""


def test_handing_over():
    """`{flow: f}` hands the leg over (`give:` passes variables; queue, room, link stay)."""
    comes_true(
        desk(HANDS_OVER),
        """
        - caller: calls
        - wait: 3s
        - caller: presses 1
        - hears: hello 2
        - does: {log: place 1}
        - does_not: leave_queue
        - hears: The second flow ends.
          within: 6m
        - does: hangup
        """,
        SECOND,
    )
    in_room = (
        "a:\n  do: [answer, {join_conference: {room: team}}]\n"
        "  on: {call.dtmf.received: {flow: second}}\n  after: {1h: over}\n"
    )
    second = SECOND.replace("{needs: {word: text, number_of: number}}", "true")
    start, end = second.index("    do:\n      - speak"), second.index("    after: {5m: b}")
    comes_true(
        desk(in_room, roles=AGENT),
        """
        - agent: calls
        - caller: calls
        - wait: 3s
        - caller: presses 1
        - wait: 1m
        - telnyx: {sends: call.dtmf.received, digit: "7"}
        - agent: {does: {log: key 7}}
        - agent: {does_not: {log: left}}
        - does_not: leave_conference
        - hears: The second flow ends.
          within: 5m
        - agent: {does: {log: left}}
        """,
        second[:start] + second[end:],
    )


HOURS = """\
hours:
  bar:
    timezone: Europe/Madrid
    open: {friday: "22:00 to 06:00", sunday: "01:00 to 04:00"}
    closed_on: [2026-12-25]
"""
ASKS = "a:\n  do: [answer]\n  then: [{if: is_open(bar), then: yes_open}, {then: no_closed}]\n"
ASKS += "yes_open: {do: [{speak: Open.}], then: hangup}\nno_closed: {do: [{speak: Closed.}], then: hangup}\n"
MOMENTS = {
    "2026-11-20 21:59": "Closed.", "2026-11-20 22:00": "Open.", "2026-11-21 05:59": "Open.",
    "2026-11-21 06:00": "Closed.",
    "2026-12-25 23:00": "Closed.",  # a Friday, but a holiday
    "2026-12-26 01:00": "Closed.", "2026-12-18 23:00": "Open.",
    "2026-03-29 00:30 UTC": "Open.",  # 01:30 on the wall; at 02:00 the clock shows 03:00
    "2026-03-29 01:30 UTC": "Open.", "2026-03-29 01:59 UTC": "Open.", "2026-03-29 02:00 UTC": "Closed.",
    "2026-10-25 01:30 UTC": "Open.", "2026-10-25 02:59 UTC": "Open.", "2026-10-25 03:00 UTC": "Closed.",
}  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_hours(moment: str):
    """Hours: `22:00 to 06:00` is until next morning, holidays close, clock changes go by wall time."""
    comes_true(desk(ASKS, top=HOURS), f"- caller: calls\n- hears: {MOMENTS[moment]}\n  within: 2s", time=moment)
