"""What rooms and queues tell a leg: links, invitations, refusals (runtime.md, "What is serial")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.core import agenda, ending, leg_messages, links, media, rules
from engine.core.acts import queueing, rooms
from engine.core.acts.act import Failure
from engine.core.event import ACCEPTED, IN_DOUBT, Event
from engine.core.leg import Connecting
from engine.core.names import queue_run
from engine.core.queue import OTHER_FLOW
from engine.core.turn import Turn

BACK_IN_LINE_WITHIN_S = 10.0
_BUSY = ("connect", "bridge", "transfer", "refer")  # steps that connect a leg with somebody themselves
MANOEUVRE_WITHIN_S = 60.0  # longer than the connect step waits: only where a message was lost to a defect


def _is_of_this_stay(turn: Turn, event: Event) -> bool:
    return bool(event.payload.get("stay") == turn.leg.stay)


def _link_began(turn: Turn, event: Event) -> None:
    leg, role = turn.leg, str(event.payload["role"])
    is_off = leg.connecting is not None and leg.connecting.is_off
    if is_off or not _is_of_this_stay(turn, event):
        return
    if event.payload.get("queue"):
        leg.is_private, leg.connecting = True, None
        leg_messages.meet(turn, role, links.link_to(turn, event.payload, "room"), "link.began", event)
    elif role not in leg.links:  # a leg has one link per role name, the earliest
        agenda.finished_by(turn, "link.began", event)
        leg_messages.begin(turn, role, links.link_to(turn, event.payload, "room"))


def _link_ended(turn: Turn, event: Event) -> None:
    leg, role = turn.leg, str(event.payload["role"])
    link = leg.links.get(role)
    if link is None or link.run != event.payload["run"] or link.via != "room":
        return
    if event.payload.get("out") and _is_of_this_stay(turn, event):
        rooms.is_out(turn, str(event.payload["room"]))
    hangup = event.payload.get("hangup") or None
    # True: from before the message told the hang-up's fields.
    leg_messages.end(turn, role, hangup={} if hangup is True else hangup)


def _room_refused(turn: Turn, event: Event) -> None:
    leg = turn.leg
    if not _is_of_this_stay(turn, event) or leg.is_in_room:
        return
    leg.room = ""
    if leg.connecting is None:
        if not (agenda.runs(turn, "join_conference") and agenda.begins_again(turn, event)):
            agenda.finished_by(turn, "room.refused", event)
    elif not leg.connecting.is_off:
        code = str(event.payload.get("code"))
        turn.out.tell(queue_run(leg.connecting.queue), "connect.failed", run=leg.run, code=code)


def _room_out(turn: Turn, event: Event) -> None:
    if not _is_of_this_stay(turn, event):
        return
    rooms.is_out(turn, str(event.payload["room"]))
    _off(turn)
    agenda.finished_by(turn, "room.out", event)


def _room_event(turn: Turn, event: Event) -> None:
    """A room event that this leg's flow listens to, told by the room's run."""
    leg, name, room = turn.leg, str(event.payload["type"]), str(event.payload["room"])
    is_ours = room in (leg.room, leg.departed) and leg.conference_id == event.payload.get("conference_id")
    if name == "conference.ended" and is_ours:
        rooms.is_out(turn, room)
        _off(turn)
        agenda.finished_by(turn, "room.out", event)  # the last one out: the end comes before the leave is answered
    is_of_manoeuvre = bool(leg.hidden_id) and leg.hidden_id == event.payload.get("conference_id")
    if is_of_manoeuvre and name in ("conference.created", "conference.ended"):
        return  # `connect` made that room, and takes who stays out of it: the flow hears joined and left
    if leg.status == "live":
        rules.offer(turn, name, event.payload["payload"])
    elif leg.status == "leaving":
        ending.late(turn, event)


def _room_worked(turn: Turn, event: Event) -> None:
    """What became of a step that the room's run was asked to do."""
    running = turn.leg.running
    if running is None or running.serial != event.payload["serial"] or turn.leg.status != "live":
        return
    if event.payload["outcome"] == "doubt":
        reason = "Telnyx did not say whether it was done"
        rules.offer(turn, IN_DOUBT, {"step": turn.action(running.frame).verb, "reason": reason})
    if turn.leg.running is running:
        agenda.finished_by(turn, "room.worked", event)


# -- connect: the caller's side --------------------------------------------------------------------------------


def _claimed(turn: Turn, event: Event) -> None:
    """An agent takes this leg out of the queue: leave the line, then go into the private room."""
    leg, queue, agent = turn.leg, str(event.payload["queue"]), str(event.payload["agent"])
    is_free = leg.queue == queue and leg.connecting is None and not leg.room and leg.status == "live"
    is_amiss = bool(event.payload.get("flow")) and not links.may_link(turn, event.payload)
    if not is_free or is_amiss or agenda.runs(turn, *_BUSY):
        why = OTHER_FLOW if is_free and is_amiss else ""
        turn.out.tell(queue_run(queue), "claim.refused", run=leg.run, agent=agent, why=why)
        return
    turn.out.tell(queue_run(queue), "claim.accepted", run=leg.run, agent=agent)
    leg.connecting = Connecting(queue, agent, str(event.payload["room"]))
    turn.set_timer("manoeuvre", MANOEUVRE_WITHIN_S)
    agenda.interrupt(turn)
    media.hush(turn)
    turn.send("leave_queue", use="connect")


def left_line(turn: Turn) -> None:
    """Out of the line, or never in it: both are good enough to join the room."""
    leg = turn.leg
    if leg.connecting is None:
        return
    queueing.left(turn)
    if leg.connecting.is_off:
        _off(turn)
    else:
        rooms.ask_to_join(turn, leg.connecting.room, queue=leg.connecting.queue, partner=leg.connecting.partner)


def _back_in_line(turn: Turn, _event: Event) -> None:
    """The manoeuvre failed half-way: the caller goes back into the queue, and neither leg is lost."""
    leg = turn.leg
    if leg.connecting is None or leg.connecting.takes or leg.connecting.is_off:
        return
    leg.connecting.is_off = True
    if leg.room:
        rooms.ask_to_leave(turn)
    elif not leg.queue:
        _off(turn)


def _off(turn: Turn) -> None:
    """The manoeuvre is off and the leg is out of the room: an agent goes on, a caller goes back in line."""
    leg = turn.leg
    if leg.connecting is None or not leg.connecting.is_off:
        return
    if leg.connecting.takes:
        leg.connecting = None
    elif leg.status == "live" and not agenda.is_under_way(turn, "put back"):
        turn.send("enqueue", leg.enqueued, use="put back")


def put_back(turn: Turn, event: Event) -> None:
    """Telnyx has answered the caller's way back: call.enqueued is to follow, else the step's error exit."""
    turn.set_timer("line", BACK_IN_LINE_WITHIN_S)
    if str(event.payload.get("code")) == queueing.ALREADY_IN_QUEUE and turn.leg.connecting is not None:
        queueing.entered(turn, turn.leg.connecting.queue)
    elif event.type != ACCEPTED:
        not_back_in_line(turn, str(event.payload.get("code") or "in_doubt"), int(event.payload.get("status") or 0))


def not_back_in_line(turn: Turn, code: str = "no_answer", status: int = 0) -> None:
    """The caller is in no line and in no room: only the error exit is left."""
    leg = turn.leg
    turn.drop_timers("line")
    if leg.connecting is not None and leg.status == "live":
        leg.connecting = None
        rules.fail(turn, Failure(code, status), verb="enqueue")


def manoeuvre_is_late(turn: Turn) -> None:
    """Nobody is left in silence when the other side never comes: this leg alone takes the way back."""
    leg = turn.leg
    if leg.connecting is None:
        return
    if leg.connecting.takes:
        leg.connecting = None
    elif leg.connecting.is_off:
        not_back_in_line(turn)
    else:
        turn.out.tell(queue_run(leg.connecting.queue), "connect.failed", run=leg.run, code="left")
        leg.connecting.is_off = True
        turn.set_timer("manoeuvre", MANOEUVRE_WITHIN_S)
        if leg.room:
            rooms.ask_to_leave(turn)
        else:
            _off(turn)


# -- connect: the agent's side ---------------------------------------------------------------------------------


def _invited(turn: Turn, event: Event) -> None:
    """The caller is being taken out of the line: go into the room."""
    leg, queue, caller = turn.leg, str(event.payload["queue"]), str(event.payload["caller"])
    if leg.connecting is not None or leg.room or not agenda.runs(turn, "connect"):
        turn.out.tell(queue_run(queue), "connect.failed", run=leg.run, code="left")
        return
    leg.connecting = Connecting(queue, caller, str(event.payload["room"]), takes=True)
    turn.set_timer("manoeuvre", MANOEUVRE_WITHIN_S)
    rooms.ask_to_join(turn, leg.connecting.room, queue=queue, partner=caller)


def _connect_refused(turn: Turn, event: Event) -> None:
    """The agent gets nobody: out of the private room first, where it was sent there already."""
    leg = turn.leg
    if leg.running is None or not agenda.runs(turn, "connect"):
        return
    if leg.connecting is not None and leg.room:
        leg.connecting.is_off = True
        leg.running.note["refused"] = str(event.payload.get("code"))
        rooms.ask_to_leave(turn)
    else:
        leg.connecting = None
        agenda.finished_by(turn, "connect.refused", event)


MESSAGES: Mapping[str, Callable[[Turn, Event], None]] = {
    "link.began": _link_began,
    "link.ended": _link_ended,
    "room.refused": _room_refused,
    "room.out": _room_out,
    "room.event": _room_event,
    "room.worked": _room_worked,
    "connect.claim": _claimed,
    "connect.invite": _invited,
    "connect.refused": _connect_refused,
    "connect.back": _back_in_line,
}
