"""Events: kept, parked, stale, late (runtime.md, "Events" and "Stale")."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_stage import Phone, flow

from engine.core.event import DEFECT, IN_DOUBT, LOOK, REFUSED, ClientState, Event
from engine.simulator.trouble import Chaos

WAIT = """\
  a:
    do: [answer]
    on:
      call.dtmf.received: b
    after:
      20m: hangup
  b:
    on:
      call.enqueued:
        do: [{log: enqueued}]
      call.speak.ended:
        do: [{log: spoken}]
      call.dtmf.received:
        do: [{log: key}]
      call.made.up:
        do: [{log: "{{ event.colour }}"}]
    after:
      20m: hangup
"""


def waiting(text: str = WAIT) -> tuple[Phone, str]:
    phone = Phone(flow(text))
    return phone, phone.calls(wait=1)


# -- parking -----------------------------------------------------------------------------------------------------


def test_an_event_that_nobody_takes_is_offered_again_after_each_move():
    """'Of the events that nobody takes only answered, initiated, bridged, enqueued and joined are kept, for 5 s, and
    offered again after each move'"""
    phone, call = waiting()
    phone.webhook("call.enqueued", call, queue="elsewhere")
    assert phone.logged() == []

    phone.wait(4.9)
    phone.webhook("call.dtmf.received", call, digit="1")

    assert phone.logged() == ["enqueued"]


def test_after_five_seconds_it_is_dropped():
    """'for 5 s'"""
    phone, call = waiting()
    phone.webhook("call.enqueued", call, queue="elsewhere")

    phone.wait(5.1)
    phone.webhook("call.dtmf.received", call, digit="1")

    assert phone.logged() == []


@pytest.mark.parametrize("event_type", ["call.dtmf.received", "call.speak.ended"])
def test_keys_and_endings_are_never_kept(event_type: str):
    """'never keys or ended'; 'all others are dropped'"""
    phone, call = waiting(
        WAIT.replace(
            "    on:\n      call.dtmf.received: b\n    after:\n      20m: hangup\n  b",
            "    after:\n      3s: b\n  b",
            1,
        )
    )
    phone.webhook(event_type, call, digit="1", status="completed")

    phone.wait(3)

    assert phone.state(call) == "b"
    assert phone.logged() == []


def test_no_more_than_sixteen_events_are_kept():
    """'Parked (16, 5 s ...). Full: drop the oldest, journalled.'"""
    phone, call = waiting()

    for _ in range(20):
        phone.webhook("call.enqueued", call, queue="elsewhere")

    assert len(phone.leg(call).parked) == 16
    strays = [line for line in phone.stage.journal if line.kind == "stray"]
    assert len(strays) == 4


def test_an_event_that_was_taken_is_not_kept():
    phone, call = waiting()

    assert phone.leg(call).parked == []  # call.answered finished the step


# -- unknown, repeated -------------------------------------------------------------------------------------------


def test_an_unknown_event_passes_and_can_be_handled():
    """'a type it does not know passes through and can be handled too'"""
    phone, call = waiting()
    phone.webhook("call.never.heard.of", call)
    assert phone.state(call) == "a"
    phone.webhook("call.dtmf.received", call, digit="1")

    phone.webhook("call.made.up", call, colour="blue")

    assert phone.logged() == ["blue"]


def test_a_repeated_id_changes_nothing():
    """'Dedupe on data.id'"""
    phone, call = waiting()
    phone.webhook("call.dtmf.received", call, digit="1")
    leg = next(leg for leg in phone.world.legs)
    event = Event(id="same", type="call.dtmf.received", payload={"call_leg_id": leg.call_leg_id, "digit": "2"})

    phone.stage.receive(event)
    phone.stage.receive(event)

    assert phone.logged() == ["key"]


@pytest.mark.parametrize("event_type", ["call.initiated", "call.answered"])
def test_a_second_one_with_another_id_does_not_begin_again(event_type: str):
    """facts.md: 'duplicate call.initiated resets a call' is one of the pains to remove"""
    phone, call = waiting()

    phone.webhook(event_type, call, direction="incoming", to="+15550000001", **{"from": "+34600111222"})
    phone.wait(1)

    assert phone.states(call) == ["a"]
    assert phone.did(call) == ["answer"]


def test_an_event_of_another_leg_with_our_token_is_not_ours():
    """facts.md: 'match legs by known ids'; another leg's hang-up never ends this run"""
    phone, call = waiting()
    token = ClientState("test", phone.stage.run_of(call), 1).encode()
    payload = {"call_control_id": "v3:other", "call_leg_id": "other", "client_state": token}

    phone.stage.receive(Event(id="x", type="call.hangup", payload=payload))

    assert phone.state(call) == "a"


# -- the end -----------------------------------------------------------------------------------------------------


def test_hangup_ends_the_run_whatever_comes_later():
    """'call.hangup of this leg ends the run: timers and unsent commands die'"""
    phone, call = waiting()

    phone.hang_up(call)

    leg = phone.leg(call)
    assert (leg.status, leg.timers, leg.running, leg.waiting) == ("ended", {}, None, [])
    assert phone.left_over() == []
    for event_type in ("call.answered", "call.dtmf.received", "call.hangup"):
        phone.webhook(event_type, call, digit="1")
    assert phone.states(call) == ["a"]
    assert phone.did(call) == ["answer"]


def test_hangup_is_never_judged_by_its_count():
    """Stale (e): 'Hangup, answered, recordings, participant and room events ...: never judged by n.'"""
    phone, call = waiting()

    phone.webhook("call.hangup", call, n=0)

    assert phone.state(call) == "ended"


def test_the_answer_to_a_command_of_an_ended_call_is_settled():
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello you there}]\n    then: hangup\n"))
    call = phone.calls(wait=0.08)
    assert phone.did(call)[-1] == "speak"

    phone.webhook("call.hangup", call)
    phone.wait(2)

    assert phone.left_over() == []


def test_a_hangup_that_does_not_come_is_asked_after_and_sent_again():
    """'GET the call if it does not come in 5 s'; a live call is hung up again"""
    phone = Phone(flow("  a:\n    do: [answer]\n    then: hangup\n"))
    phone.fail("hangup", "10007", status=200)
    call = phone.calls(wait=2)
    assert phone.state(call) == "leaving"

    phone.wait(10)

    assert phone.did(call).count("hangup") == 2
    assert phone.reads() == ["call_retrieve"]
    assert phone.state(call) == "ended"


def test_a_refused_hangup_is_asked_after_at_once():
    phone = Phone(flow("  a:\n    do: [answer]\n    then: hangup\n"))
    phone.fail("hangup", "10015")

    call = phone.calls(wait=3)

    assert phone.state(call) == "ended"


def test_a_step_that_reports_nothing_goes_to_the_error_exit():
    """'else a watchdog ..., then GET, then the error exit' (runtime.md, Commands, 5)"""
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello}]\n    then: hangup\n"))
    phone.world.delay("call.speak.ended", 3600.0)

    call = phone.calls(wait=10)
    assert phone.reads() == []
    phone.wait(5)

    assert phone.reads() == ["call_retrieve"]
    assert phone.errors() == ["no_answer"]
    assert phone.states(call) == ["a", "broken"]


def test_a_step_of_a_call_that_is_over_ends_the_run():
    """'then GET': 404 or not alive = ended"""
    phone = Phone(flow("  a:\n    do: [answer, {speak: Hello}]\n    then: hangup\n"))
    phone.world.delay("call.speak.ended", 36000.0)
    phone.world.delay("call.hangup", 36000.0)
    call = phone.calls(wait=0.3)

    phone.hang_up(call, wait=15)

    assert phone.state(call) == "ended"
    assert phone.left_over() == []


def test_end_ends_the_run_and_leaves_the_leg_as_it_is():
    """`end` ends the run and leaves the leg as it is."""
    phone = Phone(flow("  a:\n    do: [answer]\n    then: end\n"))

    call = phone.calls(wait=2)

    assert phone.state(call) == "ended"
    assert phone.world.look(call).state == "answered"
    assert phone.did(call) == ["answer"]
    assert phone.left_over() == []


# -- defects -----------------------------------------------------------------------------------------------------


def test_a_defect_of_ours_goes_to_the_error_exit():
    """'a step() that raises stores its event as failed, gives that run its error exit'"""
    phone, call = waiting()

    phone.stage.receive(Event(id="", type=DEFECT, run=phone.stage.run_of(call)))

    assert phone.states(call) == ["a", "broken"]


def test_a_row_that_cannot_be_worked_with_is_hung_up():
    """Where the error exit raises too: the call is hung up plainly, and nobody sits in a call that no flow has."""
    phone, call = waiting()
    run = phone.stage.run_of(call)
    leg = phone.leg(call)
    leg.at = "caller:gone#0"
    phone.stage.rows[run] = replace(phone.stage.rows[run], state=leg.encode())

    phone.webhook("call.dtmf.received", call, digit="1")
    phone.wait(10)

    assert phone.world.look(call).state == "ended"
    assert phone.state(call) == "ended"
    assert [line.kind for line in phone.stage.journal].count("failed") == 1


def test_a_timer_that_is_no_longer_current_changes_nothing():
    """'counts only if that gen is current in the commit' (runtime.md, Timers)"""
    phone, call = waiting()
    run = phone.stage.run_of(call)
    before = phone.stage.rows[run]

    phone.stage.receive(Event(id=f"timer:{run}:0", type="timer", run=run, payload={"gen": -1}))

    assert phone.stage.rows[run] == before


@pytest.mark.parametrize("kind", [REFUSED, IN_DOUBT])
def test_the_outcome_of_an_unknown_command_is_settled_and_changes_no_state(kind: str):
    phone, call = waiting()
    run = phone.stage.run_of(call)

    phone.stage.receive(Event(id="c:outcome", type=kind, run=run, payload={"command_id": "c", "code": "1"}))

    assert phone.state(call) == "a"


IN_LINE = """\
  a:
    do: [answer, {enqueue: {queue: team, max_wait: 9m}}]
    on:
      call.enqueued:
        do: [{log: enqueued}]
      call.dequeued: hangup
"""


@pytest.mark.parametrize(("later_s", "times"), [(0.0, 1), (1.0, 2)])
def test_the_same_occurrence_under_another_id_changes_nothing(later_s: float, times: int):
    """'Late, repeated and reordered webhooks change nothing that they should not' (product.md, "Promises")"""
    phone, _ = waiting(IN_LINE)
    (line,) = [entry for entry in phone.stage.world.record if entry.what == "call.enqueued"]
    payload = line.details["payload"]
    at = line.at - phone.stage.world.options.webhook_delay_s

    phone.stage.receive(Event(id="another", type="call.enqueued", payload=payload, occurred_at=at + later_s))
    phone.wait(1)

    assert phone.logged() == ["enqueued"] * times


def test_a_call_that_telnyx_does_not_know_any_more_ends_and_one_that_lives_goes_on():
    """'GET each live call, paced (404 = ended)' (runtime.md, "Events")"""
    phone = Phone(flow(WAIT))
    gone, alive = phone.calls(wait=1), phone.calls(wait=1)
    phone.stage.world.trouble = Chaos(drop=1.0)
    phone.stage.world.hang_up(gone, phone.stage.now)

    for call in (gone, alive):
        phone.stage.receive(Event(id=f"look {call}", type=LOOK, run=phone.stage.run_of(call)))
    phone.wait(1)

    assert (phone.state(gone), phone.state(alive)) == ("ended", "a")
    assert phone.errors() == []
