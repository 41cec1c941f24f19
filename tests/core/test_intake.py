"""Which run an event belongs to, and what becomes of one that has none (runtime.md, "What is serial")."""

from __future__ import annotations

import pytest
from core_stage import CALLER, OFFICE, PROJECT, START, Phone, flow, version

from engine.core.command import run_id
from engine.core.event import TIMER, ClientState, Event
from engine.core.intake import after_defect, decide, route
from engine.core.program import Library
from engine.tables import catalogue

HELLO = flow("  a:\n    do: [answer, {speak: Hello you}]\n    then: hangup\n")


def event(event_type: str = "call.answered", **payload) -> Event:
    return Event(id="e", type=event_type, payload=payload)


def library(text: str = HELLO, project: bytes = PROJECT) -> Library:
    return Library(install="test", catalogue=catalogue(), current=version(text, project=project))


# -- route -------------------------------------------------------------------------------------------------------


def test_leg_id_comes_first_then_call_control_id():
    """'for all others leg id, else call_control_id'"""
    found = route(event(call_leg_id="L", call_control_id="C"), install="test")

    assert found.keys == ("leg:L", "ccid:C")
    assert found.run == run_id("L")


def test_an_unknown_leg_is_found_by_our_token():
    """'else the run in our client_state (unknown legs only)'"""
    token = ClientState("test", "R", 3).encode()

    assert route(event(call_leg_id="L", client_state=token), install="test").run == "R"


def test_a_foreign_token_names_no_run():
    token = ClientState("elsewhere", "R", 3).encode()

    assert route(event(call_leg_id="L", client_state=token), install="test").run == run_id("L")


def test_room_events_go_to_the_room_whatever_leg_they_name():
    """'for conference.* other than conference.participant.* the room by conference_id, whatever leg it names'"""
    found = route(event("conference.ended", conference_id="X", call_leg_id="L"), install="test")

    assert (found.keys, found.run) == (("conf:X",), "")


def test_the_begin_of_a_room_goes_to_its_creator_until_the_room_is_known():
    found = route(event("conference.created", conference_id="X", call_leg_id="L", call_control_id="C"), install="test")

    assert (found.keys, found.run) == (("conf:X", "leg:L", "ccid:C"), "")


@pytest.mark.parametrize("delay_s", [0.0, 1.0])
def test_the_creator_hears_that_its_room_was_created_before_and_after_the_answer(delay_s: float):
    states = "  a:\n    do: [answer, {join_conference: team}]\n    on:\n      conference.created: {do: [{log: made}]}\n"
    phone = Phone(flow(states + "    after: {2h: hangup}\n"))
    phone.world.delay("conference.created", delay_s)

    phone.calls(wait=3)

    assert phone.logged() == ["made"]


def test_participant_events_go_to_the_leg():
    found = route(event("conference.participant.joined", conference_id="X", call_leg_id="L"), install="test")

    assert found.keys == ("leg:L",)


def test_an_event_with_only_a_call_control_id_may_be_a_rooms():
    """'else conference_id'"""
    found = route(event("conference.participant.joined", conference_id="X", call_control_id="C"), install="test")

    assert found.keys == ("ccid:C", "conf:X")


def test_a_message_names_its_run():
    assert route(Event(id="m", type="room.join", run="room:x"), install="test").run == "room:x"


# -- new calls ---------------------------------------------------------------------------------------------------


def test_a_new_call_starts_its_flow():
    phone = Phone(HELLO)

    call = phone.calls(wait=1)

    leg = phone.leg(call)
    assert (leg.flow, leg.role, leg.number, leg.our_number) == ("desk", "caller", CALLER, OFFICE)
    assert phone.stage.run_of(call) == run_id(leg.call_leg_id)


@pytest.mark.parametrize(("kind", "commands"), [("leave", []), ("reject", ["reject"])])
def test_a_call_that_no_flow_answers(kind: str, commands: list[str]):
    """'No match: unrouted, one warning, a counter.' (interfaces.md)"""
    phone = Phone(HELLO, project=PROJECT + f"unrouted: {kind}\n".encode())

    phone.calls(to="+19998887777", wait=2)

    assert phone.did() == commands
    assert [line.kind for line in phone.stage.journal if line.kind == "unrouted"] == ["unrouted"]
    assert phone.left_over() == []


def test_calls_of_nobody_may_be_given_to_a_flow():
    phone = Phone(HELLO, project=PROJECT + b"unrouted: {flow: desk}\n")

    call = phone.calls(to="+19998887777", wait=1)

    assert phone.leg(call).flow == "desk"


def test_our_own_outgoing_leg_starts_no_flow():
    """'direction: outgoing never starts a flow'"""
    payload = {"call_leg_id": "L", "call_control_id": "C", "direction": "outgoing", "to": OFFICE, "from": CALLER}

    change = decide(event("call.initiated", **payload), None, library(), run="r", now=START)

    assert change.row is None
    assert [line.kind for line in change.journal] == ["stray"]


def test_a_leg_with_our_token_starts_no_flow():
    token = ClientState("test", "r", 1, "sales").encode()
    payload = {"call_leg_id": "L", "direction": "incoming", "to": OFFICE, "client_state": token}

    assert decide(event("call.initiated", **payload), None, library(), run="r", now=START).row is None


# -- before call.initiated ---------------------------------------------------------------------------------------


def test_an_event_before_call_initiated_is_kept_and_offered():
    """'Parked (16, 5 s; unknown leg 90 s): only answered, initiated, bridged, enqueued, joined'"""
    phone = Phone(HELLO)
    leg = phone.world.call(from_=CALLER, to=OFFICE, now=phone.now)
    ids = {"call_control_id": leg.call_control_id, "call_leg_id": leg.call_leg_id}
    phone.stage.receive(Event(id="early", type="call.answered", payload=ids))

    phone.wait(0.05)

    assert phone.did() == ["speak"]  # `answer` on an answered call does nothing
    assert phone.leg(leg.call_control_id).is_answered


def test_no_more_than_sixteen_are_kept():
    phone = Phone(HELLO)
    for number in range(20):
        phone.stage.receive(Event(id=f"e{number}", type="call.bridged", payload={"call_leg_id": "L"}))

    leg = phone.stage.leg(run_id("L"))
    assert leg is not None
    assert len(leg.parked) == 16


def test_a_leg_that_is_never_initiated_is_forgotten_after_ninety_seconds():
    phone = Phone(HELLO)
    phone.stage.receive(Event(id="early", type="call.answered", payload={"call_leg_id": "L"}))
    phone.wait(10)
    phone.stage.receive(Event(id="early2", type="call.bridged", payload={"call_leg_id": "L"}))
    assert phone.left_over() != []

    phone.wait(90)

    assert phone.left_over() == []


def test_an_old_timer_of_an_unborn_leg_changes_nothing():
    phone = Phone(HELLO)
    phone.stage.receive(Event(id="early", type="call.answered", payload={"call_leg_id": "L"}))
    run = run_id("L")
    before = phone.stage.rows[run]

    phone.stage.receive(Event(id="t", type=TIMER, run=run, payload={"gen": 0}))

    assert phone.stage.rows[run] == before


def test_a_call_that_hung_up_before_it_began_is_a_tombstone():
    """'Before call.initiated: a tombstone.'"""
    phone = Phone(HELLO)
    phone.world.delay("call.initiated", 2.0)
    call = phone.calls()
    phone.world.hang_up(call, phone.now)

    phone.wait(5)

    assert phone.did() == []
    assert phone.leg(call).status == "ended"
    assert phone.left_over() == []


@pytest.mark.parametrize("event_type", ["call.speak.ended", "call.dtmf.received", "call.recording.saved"])
def test_other_events_of_unknown_legs_pass(event_type: str):
    """'else journal and 200'"""
    change = decide(event(event_type, call_leg_id="L"), None, library(), run=run_id("L"), now=START)

    assert (change.row, change.event_id) == (None, "e")


# -- defects -----------------------------------------------------------------------------------------------------


def test_a_defect_without_a_row_is_kept_as_failed():
    change = after_defect(event(call_leg_id="L"), None, library(), run="r", now=START, error="ValueError: x")

    assert change.event_id == "e"
    assert [(line.kind, line.record["error"]) for line in change.journal] == [("failed", "ValueError: x")]


def test_the_same_input_gives_the_same_output():
    """'step is pure'"""
    payload = {"call_leg_id": "L", "call_control_id": "C", "direction": "incoming", "to": OFFICE, "from": CALLER}
    first = decide(event("call.initiated", **payload), None, library(), run="r", now=START)

    assert first == decide(event("call.initiated", **payload), None, library(), run="r", now=START)
    again = event("call.answered", call_leg_id="L")
    assert decide(again, first.row, library(), run="r", now=START) == decide(
        again, first.row, library(), run="r", now=START
    )
