"""What rooms and queues tell a leg: links, invitations, refusals (runtime.md, "What is serial")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.core import agenda, media
from engine.core.acts import queueing, rooms
from engine.core.acts.act import Failure, Verdict
from engine.core.event import REFUSED, Event
from engine.core.leg import Connecting, Link
from engine.core.names import queue_run, room_run
from engine.core.turn import Turn
from engine.core.verbs import VERBS


def _link_began(turn: Turn, event: Event) -> None:
    leg, role = turn.leg, str(event.payload["role"])
    if role in leg.links:
        return  # a leg has one link per role name, the earliest
    leg.links[role] = Link(str(event.payload["run"]), str(event.payload.get("number") or ""))
    leg.is_private = bool(event.payload.get("queue"))
    leg.connecting = None
    agenda.finished_by(turn, "link.began", event)
    if leg.status == "live":
        agenda.offer(turn, f"{role}.joined", {})


def _link_ended(turn: Turn, event: Event) -> None:
    leg, role = turn.leg, str(event.payload["role"])
    link = leg.links.get(role)
    if link is None or link.run != event.payload["run"]:
        return
    if event.payload.get("out"):
        leg.room, leg.is_in_room, leg.is_private = "", False, False
    if event.payload.get("hangup"):
        agenda.offer(turn, f"{role}.call.hangup", {})
    del leg.links[role]
    if leg.status == "live":
        agenda.offer(turn, f"{role}.left", {})


def _room_refused(turn: Turn, event: Event) -> None:
    leg = turn.leg
    if leg.room != event.payload.get("room") or leg.is_in_room:
        return
    leg.room = ""
    if leg.connecting is not None:
        turn.out.tell(
            queue_run(leg.connecting.queue), "connect.failed", run=leg.run, code=str(event.payload.get("code"))
        )
    else:
        agenda.finished_by(turn, "room.refused", event)


def _room_out(turn: Turn, event: Event) -> None:
    leg = turn.leg
    if leg.room == event.payload.get("room"):
        leg.room, leg.is_in_room, leg.is_private = "", False, False
    if leg.connecting is not None and leg.connecting.is_off:
        _enqueue_again(turn)
    agenda.finished_by(turn, "room.out", event)


def _room_event(turn: Turn, event: Event) -> None:
    """A room event that this leg's flow listens to, told by the room's run."""
    leg, name = turn.leg, str(event.payload["type"])
    if name == "conference.ended" and leg.room == event.payload.get("room"):
        leg.room, leg.is_in_room, leg.is_private = "", False, False
    if leg.status == "live":
        agenda.offer(turn, name, event.payload["payload"])


def _claimed(turn: Turn, event: Event) -> None:
    """An agent takes this leg out of the queue: leave the line, then go into the private room."""
    leg, queue, agent = turn.leg, str(event.payload["queue"]), str(event.payload["agent"])
    if leg.queue != queue or leg.connecting is not None or leg.status != "live":
        turn.out.tell(queue_run(queue), "claim.refused", run=leg.run, agent=agent)
        return
    turn.out.tell(queue_run(queue), "claim.accepted", run=leg.run, agent=agent)
    leg.connecting = Connecting(queue, agent, str(event.payload["room"]))
    running = leg.running
    if running is not None and VERBS[turn.action(running.frame).verb].audible:
        agenda.settle(turn, Verdict.DONE)
    media.hush(turn)
    turn.send("leave_queue", use="connect")


def left_line(turn: Turn) -> None:
    """Out of the line, or never in it: both are good enough to join the room."""
    leg = turn.leg
    if leg.connecting is None:
        return
    queueing.left(turn)
    if leg.connecting.is_off:
        _enqueue_again(turn)
    else:
        rooms.ask_to_join(turn, leg.connecting.room, queue=leg.connecting.queue)


def _invited(turn: Turn, event: Event) -> None:
    """The agent's side: the caller is being taken out of the line, go into the room."""
    leg = turn.leg
    if leg.running is None or turn.action(leg.running.frame).verb != "connect":
        turn.out.tell(queue_run(str(event.payload["queue"])), "connect.failed", run=leg.run, code="left")
        return
    leg.connecting = Connecting(str(event.payload["queue"]), str(event.payload["caller"]), str(event.payload["room"]))
    rooms.ask_to_join(turn, leg.connecting.room, queue=leg.connecting.queue)


def _connect_refused(turn: Turn, event: Event) -> None:
    """The agent gets nobody: out of the private room first, where it was sent there already."""
    leg = turn.leg
    leg.connecting = None
    if leg.room and leg.running is not None:
        leg.running.note["refused"] = str(event.payload.get("code"))
        turn.out.tell(room_run(leg.room), "room.leave", run=leg.run)
    else:
        agenda.finished_by(turn, "connect.refused", event)


def _back_in_line(turn: Turn, _event: Event) -> None:
    """The manoeuvre failed half-way: the caller goes back into the queue, and neither leg is lost."""
    leg = turn.leg
    if leg.connecting is None:
        return
    leg.connecting.is_off = True
    if leg.room:
        turn.out.tell(room_run(leg.room), "room.leave", run=leg.run)
    elif not leg.queue:
        _enqueue_again(turn)


def _enqueue_again(turn: Turn) -> None:
    turn.leg.connecting = None
    turn.send("enqueue", turn.leg.enqueued, use="put back")


def put_back(turn: Turn, event: Event) -> None:
    if event.type == REFUSED and turn.leg.status == "live":
        agenda.fail(
            turn, Failure(str(event.payload.get("code")), int(event.payload.get("status") or 0)), verb="enqueue"
        )


MESSAGES: Mapping[str, Callable[[Turn, Event], None]] = {
    "link.began": _link_began,
    "link.ended": _link_ended,
    "room.refused": _room_refused,
    "room.out": _room_out,
    "room.event": _room_event,
    "connect.claim": _claimed,
    "connect.invite": _invited,
    "connect.refused": _connect_refused,
    "connect.back": _back_in_line,
}
