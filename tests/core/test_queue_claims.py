"""The runs of a queue and of a private room, one message at a time: races that no clock could arrange."""

from __future__ import annotations

from typing import Any

import orjson
from core_stage import START, Phone
from desk_flow import DESK

from engine.core.change import Change, Row
from engine.core.event import ACCEPTED, Event
from engine.core.leg import Connecting
from engine.core.queue import queue_change
from engine.core.room import room_change


class Run:
    """A room's or a queue's run, and what it told whom."""

    def __init__(self, run: str) -> None:
        self.run, self.row, self.count = run, None, 0
        self.told: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str]] = []

    def gets(self, event_type: str, **payload: Any) -> list[tuple[str, str]]:
        """Deliver one event; returns the messages (receiver, type) that follow from it."""
        self.count += 1
        event = Event(id=f"e{self.count}", type=event_type, run=self.run, payload=payload)
        change: Change = (queue_change if self.run.startswith("queue:") else room_change)(
            event, self.row, run=self.run, now=START
        )
        assert isinstance(change.row, Row)
        self.row = change.row
        commands = [row for row in change.commands if row.command.operation != "tell"]
        self.sent += [(row.command.operation, row.command_id) for row in commands]
        told = [
            (row.command.path["run"], str(row.command.parameters["type"]))
            for row in change.commands
            if row.command.operation == "tell"
        ]
        self.told += told
        return told

    def answered(self, *rows: dict[str, Any]) -> list[tuple[str, str]]:
        """Telnyx answers the last command with *rows*."""
        operation, identity = self.sent[-1]
        return self.gets(ACCEPTED, command_id=identity, operation=operation, status=200, body={"data": list(rows)})

    @property
    def state(self) -> dict[str, Any]:
        assert self.row is not None
        return orjson.loads(self.row.state)


def waiting(*names: str) -> tuple[Run, list[dict[str, Any]]]:
    queue = Run("queue:support")
    for name in names:
        queue.gets("queue.entered", run=name, call_control_id=f"c-{name}", flow="desk", role="caller")
    rows = [{"call_control_id": f"c-{name}", "queue_position": place} for place, name in enumerate(names, 1)]
    return queue, rows


def connect(queue: Run, agent: str) -> None:
    queue.gets("queue.connect", run=agent, call_control_id=f"c-{agent}", flow="desk", role="agent")


def test_a_caller_that_is_claimed_is_not_claimed_again():
    queue, rows = waiting("one", "two")
    connect(queue, "a")
    assert queue.answered(*rows) == [("one", "connect.claim")]
    connect(queue, "b")

    assert queue.answered(*rows) == [("two", "connect.claim")]


def test_a_caller_who_leaves_before_it_hears_of_the_claim_is_passed_over():
    queue, rows = waiting("one", "two")
    connect(queue, "a")
    queue.answered(*rows)

    queue.gets("queue.left", run="one")

    assert queue.answered(*rows) == [("two", "connect.claim")]


def test_an_agent_who_asks_again_gives_its_first_caller_back():
    queue, rows = waiting("one", "two")
    connect(queue, "a")
    queue.answered(*rows)
    queue.gets("claim.accepted", run="one", agent="a")

    connect(queue, "a")

    assert ("one", "connect.back") in queue.told
    assert queue.state["claims"]["a"]["stage"] == "asking"


def test_a_claim_that_is_accepted_too_late_is_taken_back():
    queue, rows = waiting("one")
    connect(queue, "a")
    queue.answered(*rows)
    queue.gets("connect.failed", run="a", code="left")

    assert queue.gets("claim.accepted", run="one", agent="a") == [("one", "connect.back")]
    assert queue.state["rooms"] == []


def test_a_dead_call_is_passed_over():
    """'is_alive false' (facts.md, section 4, Queues)"""
    queue, rows = waiting("one", "two")
    rows[0]["is_alive"] = False
    connect(queue, "a")

    assert queue.answered(*rows) == [("two", "connect.claim")]


def test_an_agent_whose_callers_all_refuse_is_told_in_the_end():
    queue, rows = waiting("one", "two")
    connect(queue, "a")
    queue.answered(*rows)
    queue.gets("claim.refused", run="one", agent="a")
    queue.answered(*rows)
    queue.gets("claim.refused", run="two", agent="a")

    assert queue.answered(*rows) == [("a", "connect.refused")]
    assert queue.state["claims"] == {}


def test_a_queue_that_telnyx_does_not_know_has_nobody_waiting():
    queue, _ = waiting()
    connect(queue, "a")
    identity = queue.sent[-1][1]

    told = queue.gets("action.refused", command_id=identity, status=404, code="10005")

    assert told == [("a", "connect.refused")]


# -- the private room --------------------------------------------------------------------------------------------


def join(room: Run, run: str, role: str, partner: str, stay: int = 1) -> None:
    room.gets(
        "room.join", run=run, stay=stay, call_control_id=f"c-{run}", flow="desk", role=role, number="", listens=[],
        linked=[], queue="support", partner=partner, wishes={},
    )  # fmt: skip


def private_room(*members: tuple[str, str, str]) -> Run:
    room = Run("room:support 10")
    for run, role, partner in members:
        join(room, run, role, partner)
    room.gets(ACCEPTED, command_id=room.sent[0][1], operation="conference_create", body={"data": {"id": "X"}})
    for run, *_ in members:
        room.gets("room.joined", run=run, stay=1, conference_id="X")
    return room


def test_a_private_room_links_the_two_that_were_meant():
    room = private_room(("a", "agent", "one"), ("one", "caller", "a"))

    assert ("a", "link.began") in room.told
    assert ("one", "link.began") in room.told
    assert ("queue:support", "connect.done") in room.told


def test_a_private_room_links_nobody_else():
    """'the link is exact': one who is still on the way out of a room that was given to others is not linked."""
    room = private_room(("a", "agent", "one"), ("stranger", "caller", "b"))

    assert not [told for told in room.told if told[1] == "link.began"]


def test_nobody_is_let_into_a_private_room_while_the_last_two_are_leaving():
    room = private_room(("a", "agent", "one"), ("one", "caller", "a"))
    room.gets("room.left", run="one", stay=1, hangup=True)
    joins = len([sent for sent in room.sent if sent[0] == "conference_join"])

    join(room, "b", "agent", "two")
    assert len([sent for sent in room.sent if sent[0] == "conference_join"]) == joins
    leave = next(identity for operation, identity in room.sent if operation == "conference_leave")
    room.gets(ACCEPTED, command_id=leave, operation="conference_leave", body={})

    assert room.sent[-1][0] == "conference_join"


def test_what_a_leg_says_of_an_earlier_stay_is_stale():
    room = private_room(("a", "agent", "one"), ("one", "caller", "a"))
    join(room, "a", "agent", "one", stay=2)

    room.gets("room.left", run="a", stay=1, hangup=True)

    assert room.state["members"]["a"]["stay"] == 2


def test_an_empty_room_is_given_back():
    room = Run("room:support 10")

    assert room.gets("room.check", queue="support") == [("queue:support", "room.freed")]
    assert room.row is not None
    assert room.row.ended_at == START


def test_a_link_of_a_manoeuvre_that_is_off_is_not_made():
    """The agent has left the step: the room's message was on its way already."""
    phone = Phone(DESK)
    call = phone.calls(wait=1)
    run = phone.stage.run_of(call)
    leg = phone.leg(call)
    leg.connecting, leg.room, leg.stay = Connecting("support", "a", "support 10", is_off=True), "support 10", 1
    phone.stage.rows[run] = Row(run=run, ver=leg.ver, state=leg.encode(), version=phone.stage.rows[run].version)
    payload = {"run": "a", "role": "agent", "number": "", "queue": "support", "room": "support 10", "stay": 1}

    phone.stage.receive(Event(id="m", type="link.began", run=run, payload=payload))

    assert phone.leg(call).links == {}
    assert phone.state(call) == "line"
