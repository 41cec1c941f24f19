"""Flows that use other flows (language.md, sections 1.7 and 3, "Reuse")."""

from __future__ import annotations

import random
from typing import Any

import pytest
from core_chaos import ChaosStage
from core_stage import Phone, flow, version
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.event import Event
from engine.core.leg import Leg
from engine.core.machine import build_machine, move
from engine.scenario.stage import Stage


class ColdStage(Stage):
    """A service that forgets everything between two events: what is stored is all there is."""

    def receive(self, event: Event) -> None:
        self.check()
        super().receive(event)

    def check(self: Stage) -> None:
        for row in self.rows.values():
            if not row.run.startswith(("room:", "queue:")):
                leg = Leg.decode(row.state)
                assert Leg.decode(leg.encode()) == leg


def used(states: str, *, name: str = "ask", needs: str = "", answers: str = "", top: str = "", start: str = "") -> str:
    """Return a flow that only other flows use."""
    start = start or states.strip().split(":")[0]
    parts = [f"needs: {{{needs}}}"] * bool(needs) + [f"answers: {{{answers}}}"] * bool(answers)
    head = f"flow: {name}\nstarts_when:\n  another_flow_calls: {'{' + ', '.join(parts) + '}' if parts else 'true'}\n"
    if "anywhere:" not in top:
        top += "\nanywhere:\n  on_error: broken\n"
    broken = "  broken:\n    do:\n      - speak: Inner sorry\n    then: hangup\n"
    return f"{head}{top}\nstart: {start}\nstates:\n{states.rstrip()}\n{broken}"


def key(phone: Phone, call: str, digit: str = "1") -> None:
    phone.webhook("call.dtmf.received", call, digit=digit)


def flows_noted(phone: Phone) -> list[tuple[str, str]]:
    return [(line.record["how"], line.record["flow"]) for line in phone.stage.journal if line.kind == "flow"]


def on_stage(*flows: str, **options: Any) -> Phone:
    return Phone(*flows, stage=ColdStage, **options)


SAY = "  say:\n    do: [{speak: Inner}]\n    then: end\n"
ASK = """\
  ask:
    do:
      - gather: {speak: "Number please", digits: 2, into: typed}
    keys:
      digits: end
      nothing: end
"""
WAIT = """\
  wait:
    do: [{speak: Inner}]
    after:
      60s: end
"""
OUTER_END = "  other:\n    do: [{speak: Other}]\n    then: hangup\n"


# -- then: {flow: f} -------------------------------------------------------------------------------------------


def test_flow_hands_the_leg_over():
    """'{flow: f} hands the leg over (give: passes variables; queue, room, link stay)'"""
    first = flow(
        "  a:\n    do: [answer]\n    then: {flow: ask, give: {word: 'for {{ caller.number }}', count_of: 3}}\n"
    )
    second = used(
        "  b:\n    do: [{speak: '{{ word }} {{ count_of }} {{ own }}'}]\n    then: hangup\n",
        needs="word: text, count_of: number",
        top="remember:\n  own: {type: text, start: mine}\n",
    )
    phone = on_stage(first, second)
    call = phone.calls(wait=1)

    leg = phone.leg(call)
    assert (leg.flow, leg.role, leg.state, leg.levels) == ("ask", "caller", "b", [])
    assert leg.variables == {"word": "for +34600111222", "count_of": 3, "own": "mine"}
    phone.wait(10)
    assert phone.heard(call) == ["for +34600111222 3 mine"]
    assert phone.states(call) == ["a", "b"]
    assert flows_noted(phone) == [("handed over", "ask")]


def test_a_hand_over_leaves_the_state_music_stops_and_the_queue_stays():
    states = """\
  a:
    do: [answer, {enqueue: {queue: line, max_wait: 10m}}, {play: {audio: tune, repeat: forever}}]
    after:
      30s: {flow: ask}
    on:
      call.dequeued: hangup
"""
    phone = on_stage(flow(states), used("  b:\n    after:\n      60s: hangup\n"))
    call = phone.calls(wait=20)
    assert phone.heard(call) == ["tune"]

    phone.wait(15)

    assert phone.did(call)[-1] == "playback_stop"
    assert (phone.leg(call).queue, phone.state(call), phone.problems()) == ("line", "b", [])


def test_what_is_given_is_worked_out_when_the_exit_is_taken_with_the_fields_of_the_event():
    """A bare exit sees the event's payload; one behind steps sees what its block kept of it."""
    states = """\
  a:
    do: [answer]
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          then: {flow: ask, give: {word: "{{ event.digit }}"}}
        - do: [{log: "steps first"}]
          then: {flow: ask, give: {word: "after {{ event.digit }}"}}
    after:
      60s: hangup
"""
    inner = used("  b:\n    after:\n      60s: hangup\n", needs="word: text")
    for pressed, word in (("1", "1"), ("2", "after 2")):
        phone = on_stage(flow(states), inner)
        call = phone.calls(wait=1)

        key(phone, call, pressed)

        assert phone.leg(call).variables == {"word": word}


def test_the_longest_call_of_the_first_flow_stays_in_force():
    first = flow("  a:\n    do: [answer]\n    then: {flow: ask}\n", top="settings:\n  longest_call: 2m\n")
    phone = on_stage(first, used("  b:\n    after:\n      1h: hangup\n", top="settings:\n  longest_call: 3h\n"))
    call = phone.calls(wait=100)
    assert phone.state(call) == "b"

    phone.wait(30)

    assert phone.state(call) == "ended"


def test_a_call_can_go_round_between_two_flows():
    """Handing over in a circle is allowed, say a menu that hands back."""
    menu = """\
  a:
    do: [answer, {gather: {speak: "Menu", digits: 1}}]
    keys:
      "1": {flow: ask}
      nothing: hangup
"""
    top = "\nanywhere:\n  on_error: hangup\n"
    first = flow(menu, top=top).replace("starts_when:\n", "starts_when:\n  another_flow_calls: true\n")
    phone = on_stage(first, used("  b:\n    do: [{speak: Back}]\n    then: {flow: desk}\n"))
    call = phone.calls(wait=3)

    phone.press(call, "1", wait=5)

    assert phone.states(call) == ["a", "b", "a"]


def test_a_formula_in_give_that_cannot_be_worked_out_is_an_error_of_the_state():
    states = """\
  a:
    do: [answer, {gather: {speak: "Number", digits: 1, into: typed}}]
    keys:
      digits: {flow: ask, give: {count_of: "{{ number(typed) }}"}}
      nothing: hangup
"""
    first = flow(states, top="remember:\n  typed: {type: text}\n")
    phone = on_stage(first, used("  b:\n    after:\n      60s: hangup\n", needs="count_of: number"))
    call = phone.calls(wait=3)

    phone.press(call, "*", wait=3)

    assert phone.errors() == ["formula"]
    assert phone.states(call) == ["a", "broken"]


def test_a_move_that_no_flow_contains_raises():
    machine = build_machine(version(flow("  a:\n    do: [answer]\n    then: {flow: ask}\n"), used(SAY)).flows["desk"])

    assert move(machine, "caller:a#0", "flow ask") == "ended"
    with pytest.raises(Exception, match="no move 'flow other'"):
        move(machine, "caller:a#0", "flow other")
    with pytest.raises(Exception, match="no move 'back 1'"):
        move(machine, "caller:a#0", "back 1")


# -- run -------------------------------------------------------------------------------------------------------


def test_run_calls_and_comes_back():
    """'- run: {flow: f, give: {...}, into: result} calls and comes back'"""
    states = "  a:\n    do: [answer, {run: {flow: ask, into: result}}, {speak: 'Got {{ result }}'}]\n    then: hangup\n"
    first = flow(states, top="remember:\n  result: {type: digits}\n  typed: {type: text, start: outer}\n")
    phone = on_stage(first, used(ASK, answers="typed: digits"))
    call = phone.calls(wait=3)
    assert (phone.leg(call).flow, phone.state(call), phone.leg(call).variables) == ("ask", "ask", {"typed": ""})

    phone.press(call, "47", wait=0.5)

    leg = phone.leg(call)
    assert (leg.flow, leg.state, leg.variables) == ("desk", "a", {"result": "47", "typed": "outer"})
    phone.wait(5)
    assert phone.heard(call) == ["Number please", "Got 47"]
    assert flows_noted(phone) == [("runs", "ask"), ("comes back", "ask")]
    assert phone.state(call) == "ended"


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("text", "hello", "hello"), ("digits", '"12"', "12"), ("number", "7", 7), ("yes_no", "true", True),
        ("time", '"{{ now() }}"', 1_800_000_000.0), ("list", "[a, b]", ["a", "b"]),
    ],
)  # fmt: skip
def test_answers_of_each_type_come_back(kind: str, written: str, expected: Any):
    """'declared, typed inputs and answers'; 'into: {mine: theirs}' where there are several."""
    states = "  a:\n    do: [answer, {run: {flow: ask, into: {mine: theirs}}}]\n    after:\n      60s: hangup\n"
    first = flow(states, top=f"remember:\n  mine: {{type: {kind}}}\n")
    hours = "hours:\n  office: {timezone: UTC, open: {monday to sunday: 09:00 to 17:00}}\n"
    inner = f"  b:\n    do: [{{set: {{theirs: {written}}}}}]\n    then: end\n"
    phone = on_stage(first, used(inner, answers=f"theirs: {kind}, unused: number", top=hours))
    call = phone.calls(wait=1)

    found = phone.leg(call).variables["mine"]
    assert found == pytest.approx(expected, abs=2) if kind == "time" else found == expected


def test_without_into_nothing_is_taken():
    states = "  a:\n    do: [answer, {run: ask}]\n    after:\n      60s: hangup\n"
    phone = on_stage(flow(states, top="remember:\n  typed: {type: digits}\n"), used(ASK, answers="typed: digits"))
    call = phone.calls(wait=3)

    phone.press(call, "47")

    assert (phone.leg(call).flow, phone.leg(call).variables) == ("desk", {"typed": ""})


def test_every_run_begins_with_fresh_variables():
    inner = "  b:\n    do: [{count: times}, {log: 'time {{ times }} {{ word }}'}]\n    then: end\n"
    states = """\
  a:
    do: [answer, {run: {flow: ask, give: {word: one}}}, {run: {flow: ask, give: {word: two}}}]
    then: hangup
"""
    phone = on_stage(flow(states), used(inner, needs="word: text", top="remember:\n  times: {type: number}\n"))
    phone.calls(wait=2)

    assert phone.logged() == ["time 1 one", "time 1 two"]


def test_end_in_a_flow_that_runs_comes_back_hangup_hangs_up_the_call():
    states = "  a:\n    do: [answer, {run: ask}, {speak: Never}]\n    then: hangup\n"
    phone = on_stage(flow(states), used("  b:\n    do: [{speak: Inner}]\n    then: hangup\n"))
    call = phone.calls(wait=10)

    assert phone.heard(call) == ["Inner"]
    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_a_flow_that_runs_may_run_another():
    states = "  a:\n    do: [answer, {run: {flow: middle, into: got}}, {speak: 'Got {{ got }}'}]\n    then: hangup\n"
    middle = "  m:\n    do: [{run: {flow: ask, into: got}}, {speak: 'Middle {{ got }}'}]\n    then: end\n"
    phone = on_stage(
        flow(states, top="remember:\n  got: {type: text}\n"),
        used(middle, name="middle", answers="got: text"),
        used(ASK, answers="typed: digits"),
    )
    call = phone.calls(wait=3)
    assert [level.flow for level in phone.leg(call).levels] == ["desk", "middle"]

    phone.press(call, "12", wait=10)

    assert phone.heard(call) == ["Number please", "Middle 12", "Got 12"]


def test_a_hand_over_from_inside_a_run_hands_the_whole_call_over():
    """Nothing comes back."""
    states = "  a:\n    do: [answer, {run: ask}, {speak: Never}]\n    after:\n      30s: other\n"
    phone = on_stage(
        flow(states + OUTER_END),
        used("  b:\n    do: [{speak: Inner}]\n    then: {flow: last_one}\n"),
        used("  c:\n    do: [{speak: Last}]\n    after:\n      2m: hangup\n", name="last_one"),
    )
    call = phone.calls(wait=60)

    leg = phone.leg(call)
    assert (leg.flow, leg.state, leg.levels, leg.called_by) == ("last_one", "c", [], None)
    assert set(leg.timers) == {"after:0", "longest"}
    assert phone.heard(call) == ["Inner", "Last"]


def test_no_more_than_eight_flows_run_one_inside_the_other():
    chain = [
        used(f"  s:\n    do: [{{log: '{n}'}}, {{run: f{n + 1}}}]\n    then: end\n", name=f"f{n}") for n in range(1, 9)
    ]
    last = used("  s:\n    do: [{log: too deep}]\n    then: end\n", name="f9")
    try:
        phone = on_stage(flow("  a:\n    do: [answer, {run: f1}]\n    then: hangup\n"), *chain, last)
    except AssertionError:
        pytest.skip("the loader refuses it already")
    phone.calls(wait=2)

    assert phone.logged() == [str(n) for n in range(1, 9)]
    assert phone.errors() == ["too_deep"]


# -- nearest handler wins --------------------------------------------------------------------------------------


def test_nearest_handler_wins():
    """The state of the inner flow, its anywhere, the calling state, its anywhere."""
    places = ["inner state", "inner anywhere", "outer state", "outer anywhere"]
    for first in range(4):
        handlers = [
            f"    on:\n      call.dtmf.received:\n        do: [{{log: {place}}}]\n" if index >= first else ""
            for index, place in enumerate(places)
        ]
        anywhere = [text.replace("    on", "  on", 1) for text in handlers]
        outer = flow(
            f"  a:\n    do: [answer, {{run: ask}}]\n    then: hangup\n{handlers[2]}",
            top=f"\nanywhere:\n  on_error: broken\n{anywhere[3]}",
        )
        inner = used(
            f"  b:\n    after:\n      60s: end\n{handlers[0]}", top=f"anywhere:\n  on_error: broken\n{anywhere[1]}"
        )
        phone = on_stage(outer, inner)
        call = phone.calls(wait=1)

        key(phone, call)
        phone.wait(1)

        assert phone.logged() == [places[first]]
        assert phone.leg(call).flow == "ask"


def test_an_outer_handler_with_a_state_abandons_the_flow_inside():
    states = """\
  a:
    do: [answer, {run: ask}, {speak: Never}]
    then: hangup
    on:
      call.dtmf.received: other
"""
    phone = on_stage(flow(states + OUTER_END), used(WAIT))
    call = phone.calls(wait=5)

    key(phone, call)

    leg = phone.leg(call)
    assert (leg.flow, leg.state, leg.levels, leg.called_by) == ("desk", "other", [], None)
    assert set(leg.timers) <= {"longest", "step"}
    phone.wait(5)
    assert phone.heard(call) == ["Inner", "Other"]
    assert flows_noted(phone) == [("runs", "ask"), ("abandoned", "ask")]
    assert phone.left_over() == []


def test_what_the_inner_flow_is_saying_stops_when_an_outer_handler_leaves():
    states = "  a:\n    do: [answer, {run: ask}]\n    then: hangup\n    on:\n      call.dtmf.received: other\n"
    inner = "  b:\n    do: [{speak: 'A long sentence that takes its time to say'}]\n    then: end\n"
    phone = on_stage(flow(states + OUTER_END), used(inner))
    call = phone.calls(wait=1)

    key(phone, call)
    phone.wait(5)

    assert phone.did(call)[-3:] == ["playback_stop", "speak", "hangup"]
    assert phone.states(call) == ["a", "b", "other"]


def test_an_outer_handler_with_only_do_runs_its_steps_in_the_outer_flow_while_the_inner_one_stays():
    states = """\
  a:
    do: [answer, {run: ask}, {speak: "Outer {{ presses }}"}]
    then: hangup
    on:
      call.dtmf.received:
        do: [{count: presses}, {set: {word: "{{ event.digit }}"}}, {prompt: pressed}]
"""
    top = """
settings: {voice: Telnyx.KokoroTTS.af}
remember:
  presses: {type: number}
  word: {type: text}
prompts:
  pressed: {en-US: "Key {{ word }}"}
"""
    inner = "  b:\n    do: [{speak: One}, {speak: Two}, {speak: Three}]\n    then: end\n"
    phone = on_stage(flow(states, top=top), used(inner, top="remember:\n  word: {type: text, start: inner}\n"))
    call = phone.calls(wait=0.3)

    key(phone, call, "5")
    phone.wait(0.7)
    assert (phone.leg(call).flow, phone.leg(call).variables) == ("ask", {"word": "inner"})
    assert phone.parameters("speak", call)["voice"] == "Telnyx.KokoroTTS.af"
    phone.wait(20)

    assert phone.heard(call) == ["One", "Key 5", "Two", "Three", "Outer 1"]
    assert phone.left_over() == []


def test_the_inner_flow_may_move_on_while_an_outer_handler_speaks():
    """The outer block is not lost: the inner flow's next step comes after it."""
    states = """\
  a:
    do: [answer, {run: ask}]
    then: hangup
    on:
      call.dtmf.received:
        do: [{speak: "Outer handler one"}, {speak: "Outer handler two"}]
"""
    inner = "  b:\n    after:\n      2s: c\n  c:\n    do: [{speak: Moved}]\n    then: end\n"
    phone = on_stage(flow(states), used(inner))
    call = phone.calls(wait=1.5)

    key(phone, call)
    phone.wait(1)
    assert phone.state(call) == "c"
    phone.wait(20)

    assert phone.heard(call) == ["Outer handler one", "Outer handler two", "Moved"]
    assert phone.left_over() == []


def test_the_exit_behind_the_steps_of_an_outer_handler_moves_the_outer_flow():
    states = """\
  a:
    do: [answer, {run: ask}]
    then: hangup
    on:
      call.dtmf.received:
        do: [{speak: "Outer"}]
        then: other
"""
    phone = on_stage(flow(states + OUTER_END), used(WAIT))
    call = phone.calls(wait=5)

    key(phone, call)
    phone.wait(10)

    assert phone.heard(call) == ["Inner", "Outer", "Other"]
    assert phone.left_over() == []


def test_an_outer_handler_may_run_a_flow_while_the_inner_one_stands_still():
    states = """\
  a:
    do: [answer, {run: ask}, {speak: "After"}]
    then: hangup
    on:
      call.dtmf.received:
        do: [{run: {flow: help_text, into: helped}}, {log: "helped {{ helped }}"}]
"""
    helping = "  h:\n    do: [{set: {helped: true}}, {speak: Help}]\n    after:\n      20s: end\n"
    inner = "  b:\n    do: [{speak: Inner}]\n    after:\n      10s: c\n  c:\n    do: [{speak: Second}]\n    then: end\n"
    phone = on_stage(
        flow(states, top="remember:\n  helped: {type: yes_no}\n"),
        used(helping, name="help_text", answers="helped: yes_no"),
        used(inner),
    )
    call = phone.calls(wait=5)

    key(phone, call)
    phone.wait(15)
    assert [level.state for level in phone.leg(call).levels] == ["a", "b"]
    assert phone.state(call) == "h"
    phone.wait(30)

    assert phone.heard(call) == ["Inner", "Help", "Second", "After"]
    assert len(phone.logged()) == 1
    assert phone.left_over() == []


# -- clocks ----------------------------------------------------------------------------------------------------


def test_the_callers_after_goes_on_and_cuts_everything_short():
    """'the caller's `after` goes on'"""
    states = "  a:\n    do: [answer, {run: middle}]\n    after:\n      20s: other\n"
    phone = on_stage(
        flow(states + OUTER_END), used("  m:\n    do: [{run: ask}]\n    then: end\n", name="middle"), used(WAIT)
    )
    call = phone.calls(wait=18)
    assert phone.leg(call).flow == "ask"

    phone.wait(4)

    assert phone.states(call) == ["a", "m", "wait", "other"]
    phone.wait(10)
    assert phone.left_over() == []


def test_an_after_with_steps_cuts_the_flow_inside_and_then_runs_them():
    states = """\
  a:
    do: [answer, {run: ask}, {speak: Never}]
    after:
      20s:
        do: [{speak: "Time is up"}]
        then: hangup
"""
    phone = on_stage(flow(states), used(WAIT))
    call = phone.calls(wait=40)

    assert phone.heard(call) == ["Inner", "Time is up"]
    assert phone.state(call) == "ended"


def test_the_inner_flows_clocks_are_its_own():
    states = "  a:\n    do: [answer, {run: ask}]\n    after:\n      90s: hangup\n"
    phone = on_stage(flow(states), used(WAIT))
    call = phone.calls(wait=2)

    assert set(phone.leg(call).timers) == {"after:0", "1/after:0", "longest"}
    phone.wait(65)
    assert set(phone.leg(call).timers) == {"after:0", "longest"}


def test_every_of_the_calling_state_skips_its_turns_while_run_runs():
    states = """\
  a:
    do: [answer, {run: ask}]
    every:
      15s: {do: [{log: turn}]}
    after:
      100s: hangup
"""
    phone = on_stage(flow(states), used(WAIT))
    phone.calls(wait=59)
    assert phone.logged() == []

    phone.wait(35)

    assert len(phone.logged()) == 2


def test_nobody_sits_in_silence_in_a_flow_that_another_one_runs():
    """A last `after` of ten minutes from the last wait on, not from the calling state's."""
    states = "  a:\n    do: [answer, {run: ask}]\n    then: hangup\n"
    phone = on_stage(flow(states), used("  b:\n    on:\n      call.dtmf.received: end\n"))
    call = phone.calls(wait=590)
    assert phone.state(call) == "b"

    phone.wait(30)

    assert phone.heard(call) == ["Sorry, something went wrong. Goodbye."]


# -- run in handlers, music, errors ----------------------------------------------------------------------------


def test_run_in_a_handler_stops_the_music_which_plays_again_after_it():
    states = """\
  a:
    do: [answer, {play: {audio: tune, repeat: forever}}]
    every:
      20s:
        do: [{run: ask}, {log: back}]
    after:
      2m: hangup
"""
    phone = on_stage(flow(states), used(SAY))
    call = phone.calls(wait=50)

    assert phone.heard(call) == ["tune", "Inner", "tune", "Inner", "tune"]
    assert phone.logged() == ["back", "back"]
    assert phone.problems() == []


def test_music_goes_on_while_a_flow_does_nothing_that_is_heard():
    states = """\
  a:
    do: [answer, {play: {audio: tune, repeat: forever}}]
    every:
      20s:
        do: [{run: ask}]
    after:
      2m: hangup
"""
    inner = "  b:\n    do: [{log: one}]\n    then: c\n  c:\n    do: [{log: two}]\n    then: end\n"
    phone = on_stage(flow(states), used(inner))
    call = phone.calls(wait=50)

    assert phone.heard(call) == ["tune"]
    assert phone.logged() == ["one", "two"] * 2


def test_the_inner_flows_music_stops_when_it_comes_back():
    states = "  a:\n    do: [answer, {run: ask}]\n    after:\n      2m: hangup\n"
    inner = "  b:\n    do: [{play: {audio: tune, repeat: forever}}]\n    after:\n      10s: end\n"
    phone = on_stage(flow(states), used(inner))
    call = phone.calls(wait=30)

    assert phone.did(call) == ["answer", "playback_start", "playback_stop"]
    assert phone.leg(call).media is None


@pytest.mark.parametrize("section", ["on", "every", "after", "on_error"])
def test_run_works_in_every_kind_of_handler(section: str):
    block = "{do: [{run: ask}], then: hangup}"
    parts = {
        "on": f"    on:\n      call.dtmf.received: {block}\n    after:\n      2m: other\n",
        "every": f"    every:\n      10s: {block}\n    after:\n      2m: other\n",
        "after": f"    after:\n      10s: {block}\n",
        "on_error": f"    on_error: {block}\n    after:\n      2m: other\n",
    }
    step = ", {speak: Outer}" if section == "on_error" else ""
    phone = on_stage(flow(f"  a:\n    do: [answer{step}]\n{parts[section]}{OUTER_END}"), used(SAY))
    if section == "on_error":
        phone.fail("speak", "10015")
    call = phone.calls(wait=2)
    if section == "on":
        key(phone, call)
    phone.wait(20)

    assert phone.heard(call) == ["Inner"]
    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_an_error_inside_goes_to_the_inner_flows_own_on_error():
    """on_error: nearest: state, then the flow's own anywhere, which is always there."""
    states = "  a:\n    do: [answer, {run: ask}]\n    then: hangup\n    on_error: other\n"
    phone = on_stage(flow(states + OUTER_END), used(SAY))
    phone.fail("speak", "10015")
    call = phone.calls(wait=10)

    assert phone.states(call) == ["a", "say", "broken"]
    assert phone.heard(call) == ["Inner sorry"]


def test_an_error_in_a_step_of_an_outer_handler_drops_the_flow_inside():
    states = """\
  a:
    do: [answer, {run: ask}]
    then: hangup
    on:
      call.dtmf.received:
        do: [{speak: Refused}]
    on_error: other
"""
    phone = on_stage(flow(states + OUTER_END), used(WAIT))
    call = phone.calls(wait=5)
    phone.fail("speak", "10015")

    key(phone, call)
    phone.wait(0.1)

    assert (phone.leg(call).flow, phone.state(call), phone.leg(call).levels) == ("desk", "other", [])


def test_a_defect_inside_sends_the_call_to_the_inner_flows_error_exit():
    phone = on_stage(flow("  a:\n    do: [answer, {run: ask}]\n    then: hangup\n"), used(WAIT))
    call = phone.calls(wait=5)
    run = phone.stage.run_of(call)

    phone.stage.receive(Event(id="d", type="engine.defect", run=run))

    assert phone.states(call) == ["a", "wait", "broken"]


# -- the end of the call ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("nearest", ["inner", "outer"])
def test_call_hangup_ends_all_and_only_the_nearest_handler_runs(nearest: str):
    def handler(text: str) -> str:
        return f"    on:\n      call.hangup:\n        do: [{{log: '{text}'}}]\n"

    inner_handler = handler("inner {{ word }}") if nearest == "inner" else ""
    states = "  a:\n    do: [answer, {run: {flow: ask, give: {word: given}}}]\n    then: hangup\n"
    states += handler("outer {{ mine }}")
    inner = used(f"  b:\n    after:\n      60s: end\n{inner_handler}", needs="word: text")
    phone = on_stage(flow(states, top="remember:\n  mine: {type: text, start: kept}\n"), inner)
    call = phone.calls(wait=3)

    phone.hang_up(call)

    assert phone.logged() == [{"inner": "inner given", "outer": "outer kept"}[nearest]]
    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_late_events_still_reach_the_handlers_of_all_flows():
    states = "  a:\n    do: [answer, {run: ask}]\n    then: hangup\n    on:\n      call.cost: {do: [{log: cost}]}\n"
    phone = on_stage(flow(states), used(WAIT))
    call = phone.calls(wait=3)
    phone.hang_up(call)

    phone.webhook("call.cost", call)

    assert "cost" in phone.logged()


# -- the store -------------------------------------------------------------------------------------------------


def test_a_row_from_before_there_were_levels_is_read():
    leg = Leg(run="r", flow="desk", at="caller:a#0")
    text = leg.encode().replace('"levels":[],', "").replace('"called_by":null', '"gen":0')

    assert "levels" not in text
    assert Leg.decode(text) == leg


def test_the_same_events_give_the_same_run_twice():
    def play() -> tuple[list[Any], list[Any]]:
        states = """\
  a:
    do: [answer, {run: {flow: ask, into: got}}, {speak: "{{ got }}"}]
    then: hangup
    on:
      call.dtmf.received: {do: [{speak: "Key"}]}
"""
        phone = on_stage(flow(states, top="remember:\n  got: {type: text}\n"), used(ASK, answers="typed: digits"))
        call = phone.calls(wait=3)
        phone.press(call, "12", wait=20)
        return phone.did(call), [(line.at, line.kind, dict(line.record)) for line in phone.stage.journal]

    assert play() == play()


def test_secrets_may_be_given_to_needs_that_are_secret():
    states = "  a:\n    do: [answer, {run: {flow: ask, give: {code: '{{ secret.pin }}'}}}]\n    then: hangup\n"
    inner = """\
  b:
    do: [{gather: {speak: "PIN", digits: 4, into: typed}}]
    keys:
      digits: check
      nothing: end
  check:
    then:
      - if: typed == code
        then: right
      - then: end
  right:
    do: [{speak: Right}]
    then: end
"""
    phone = on_stage(
        flow(states),
        used(inner, needs="code: {type: text, secret: true}", top="remember:\n  typed: {type: digits, secret: true}\n"),
        secrets={"pin": "4821"},
    )
    call = phone.calls(wait=3)

    phone.press(call, "4821", wait=5)

    assert phone.heard(call) == ["PIN", "Right"]
    assert not any("4821" in str(line.record) for line in phone.stage.journal if line.kind != "event")


def test_the_language_that_was_chosen_goes_with_the_call():
    states = "  a:\n    do: [answer, {run: ask}, {prompt: hello}]\n    then: hangup\n"
    top = "prompts:\n  hello: {en-US: Hello, es-ES: Hola}\n"
    phone = on_stage(flow(states, top=top), used("  b:\n    do: [{set: {language: es-ES}}]\n    then: end\n", top=top))
    call = phone.calls(wait=5)

    assert phone.heard(call) == ["Hola"]


def test_a_bridge_in_the_inner_flow_leads_the_outer_one():
    """An agent takes the caller while another flow runs: the outer flow's anywhere expects it."""
    roles = """
roles:
  agent:
    starts_when:
      calls_to: ["+15550000002"]
    anywhere: {on_error: hangup}
    start: take
    states:
      take:
        do: [answer, {connect: {queue: line}}]
        then: talk
      talk:
        on:
          caller.left: hangup
        after:
          10m: hangup
"""
    states = """\
  a:
    do: [answer, {enqueue: {queue: line, max_wait: 10m}}, {run: ask}]
    then: a
  talking:
    on:
      agent.left: hangup
    after:
      10m: hangup
"""
    top = "\nanywhere:\n  on_error: broken\n  on:\n    agent.joined: talking\n"
    inner = "  b:\n    do: [{speak: 'A long sentence that takes its time to say'}]\n    after:\n      2m: end\n"
    phone = on_stage(flow(states, top=top, roles=roles), used(inner))
    call = phone.calls(wait=2)
    agent = phone.calls(to="+15550000002", from_="+15552220001", wait=5)

    assert (phone.state(call), phone.state(agent)) == ("talking", "talk")
    assert phone.leg(call).levels == []
    phone.hang_up(call, wait=5)
    phone.wait(5)
    assert phone.problems() == []


MAZE = [
    flow(
        """\
  a:
    do: [answer, {play: {audio: tune, repeat: forever}}]
    every:
      7s: {do: [{run: {flow: ask, into: got}}, {log: "{{ got }}"}]}
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          then: b
        - if: event.digit == "2"
          do: [{run: waits}]
        - if: event.digit == "3"
          then: {flow: waits}
    after:
      70s: b
  b:
    do: [{run: middle}, {speak: "Back in b"}]
    after:
      40s: a
    on:
      call.dtmf.received:
        - if: event.digit == "4"
          do: [{speak: Outer}, {run: {flow: ask, into: got}}]
        - if: event.digit == "5"
          then: a
""",
        top="remember:\n  got: {type: text}\n",
    ),
    used(
        "  m:\n    do: [{run: waits}, {speak: Middle}, {run: ask}]\n    then: end\n"
        "    on:\n      call.dtmf.received: {do: [{count: keys_pressed}, {speak: 'Middle key'}]}\n",
        name="middle",
        top="remember:\n  keys_pressed: {type: number}\n",
    ),
    used(ASK, answers="typed: digits"),
    used(
        "  w:\n    do: [{speak: Waits}, {play: {audio: tune, repeat: forever}}]\n    after:\n      9s: v\n"
        "  v:\n    after:\n      3s: end\n",
        name="waits",
    ).replace("3s: end", "3s: {flow: desk_again}"),
    used("  d:\n    do: [{speak: Again}]\n    after:\n      30s: hangup\n", name="desk_again"),
]
REFUSED = [(422, "10015"), (422, "90034"), (429, "10011"), (500, "10007"), (422, "90018")]


class ColdChaos(ChaosStage):
    """Late, doubled and swapped events, and a service that forgets everything between two of them."""

    def receive(self, event: Event) -> None:
        ColdStage.check(self)
        super().receive(event)


@pytest.mark.parametrize("comes_back", [True, False])
@given(seed=st.integers(0, 10**9))
@settings(max_examples=6, deadline=None, derandomize=True)
def test_whatever_people_press_and_telnyx_refuses_flows_inside_flows_come_to_an_end(comes_back: bool, seed: int):
    flows = [text.replace("{flow: desk_again}", "end") if comes_back else text for text in MAZE]
    chance = random.Random(seed)
    phone = Phone(*flows, stage=ColdChaos, seed=seed, stamp=chance.choice(["at-once", "late"]))
    assert isinstance(phone.stage, ColdChaos)
    phone.stage.chance = chance
    call = phone.calls(wait=1)
    for _ in range(40):
        if chance.random() < 0.6:
            phone.press(call, chance.choice(["1", "2", "3", "4", "5", "12"]), wait=0)
        elif chance.random() < 0.3:
            status, code = chance.choice(REFUSED)
            operation = chance.choice(["speak", "playback_start", "gather_using_speak", "playback_stop"])
            phone.fail(operation, code, status=status)
        phone.wait(chance.choice([0, 0.1, 0.4, 1, 3, 8]))
    assert [line for line in phone.stage.journal if line.kind == "failed"] == []
    leg = phone.leg(call)
    if leg.status == "live":
        assert len(leg.levels) == 0 or leg.called_by is not None
        assert all(
            depth <= len(leg.levels) for depth in [int(name.split("/")[0]) for name in leg.timers if "/" in name]
        )

    phone.world.hang_up(call, phone.now)
    phone.wait(5 * 3600)

    assert phone.left_over() == []


def test_a_flow_that_ends_while_an_outer_handler_speaks_comes_back_when_it_has_spoken():
    states = """\
  a:
    do: [answer, {run: ask}, {speak: After}]
    then: hangup
    on:
      call.dtmf.received:
        do: [{speak: "Outer handler one"}, {speak: "Outer handler two"}]
"""
    phone = on_stage(flow(states), used("  b:\n    after:\n      2s: end\n"))
    call = phone.calls(wait=1.5)

    key(phone, call)
    phone.wait(20)

    assert phone.heard(call) == ["Outer handler one", "Outer handler two", "After"]
    assert phone.left_over() == []
