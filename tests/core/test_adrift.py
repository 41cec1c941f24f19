"""Calls that ringflow cannot go on with: each still comes to an end."""

from __future__ import annotations

import pytest
from core_stage import CALLER, OFFICE, START
from test_intake import HELLO, library

from engine.core.change import Change, Row
from engine.core.command import run_id
from engine.core.event import ACCEPTED, Event
from engine.core.intake import after_defect, decide
from engine.core.leg import Leg, Origin

RINGING = {"call_control_id": "v3:x", "call_leg_id": "x", "direction": "incoming", "from": CALLER, "to": OFFICE}


def event(event_type: str, **payload) -> Event:
    return Event(id=f"e-{event_type}", type=event_type, payload={**RINGING, **payload})


def begun() -> Change:
    return decide(event("call.initiated"), None, library(), run=run_id("x"), now=START)


def as_the_inbox_does(happened: Event, row) -> Change:
    """Decide in a service that cannot compile the version of the call any more."""
    other = library(HELLO.replace("Hello", "Goodbye"))
    try:
        return decide(happened, row, other, run=run_id("x"), now=START + 1)
    except Exception as error:
        return after_defect(happened, row, other, run=run_id("x"), now=START + 1, error=repr(error))


def test_call_of_a_version_that_is_gone_is_hung_up():
    change = as_the_inbox_does(event("call.answered"), begun().row)

    assert [row.command.operation for row in change.commands] == ["hangup"]


def test_hangup_ends_a_call_of_a_version_that_is_gone():
    change = as_the_inbox_does(event("call.hangup"), begun().row)

    assert change.row is not None
    assert change.row.ended_at == START + 1
    assert change.timer is None


def test_new_call_that_meets_a_defect_is_not_left_ringing():
    change = after_defect(event("call.initiated"), None, library(), run=run_id("x"), now=START, error="planted")

    assert [row.command.operation for row in change.commands] in (["hangup"], ["reject"])
    assert change.row is not None


@pytest.mark.parametrize("found", [[{"id": 5}], "x"])
def test_answer_without_an_object_is_no_defect(found):
    lib, change, asked = library(), begun(), []
    while not asked:  # a step takes too long: Telnyx is asked whether the call lives
        assert change.row is not None
        assert change.timer is not None
        row, now = change.row, change.timer.due
        happened = Event(id="t", type="timer", run=row.run, payload={"gen": change.timer.gen})
        change = decide(happened, row, lib, run=row.run, now=now)
        asked = [each for each in change.commands if each.command.operation == "call_retrieve"]
    row = change.row
    answer = {"command_id": asked[0].command_id, "status": 200, "body": {"data": found}}

    assert decide(Event(id="o", type=ACCEPTED, run=row.run, payload=answer), row, lib, run=row.run, now=now).row


def rung(call_control_id: str = "") -> tuple[Leg, Row]:
    leg = Leg(
        run=run_id("x"),
        ver=3,
        status="rung",
        flow="desk",
        role="agent",
        call_control_id=call_control_id,
        direction="outgoing",
        origin=Origin("someone"),
        timers={"ringing": START},
        gen=2,
    )
    return leg, Row(run=leg.run, ver=3, state=leg.encode(), version="gone")


def test_a_leg_that_rings_for_a_version_that_is_gone_is_hung_up_as_soon_as_its_name_is_known():
    change = as_the_inbox_does(event("call.answered"), rung()[1])

    assert [row.command.path for row in change.commands] == [{"call_control_id": "v3:x"}]
    assert change.timer is not None
    assert change.timer.due > START + 60


def test_a_leg_that_rings_for_a_version_that_is_gone_and_of_which_nothing_is_heard_ends():
    change = as_the_inbox_does(Event(id="t", type="timer", run=run_id("x"), payload={"gen": 2}), rung()[1])

    assert change.row is not None
    assert (change.row.ended_at, change.timer) == (START + 1, None)
