"""enqueue, leave_queue, check_queue, connect: waiting in line, and being taken out of it."""

from __future__ import annotations

from engine.core import levels
from engine.core.acts import rooms
from engine.core.acts.act import Act, Failure, Result, Verdict, failure_from, waits_for_webhook
from engine.core.answer import answer_in
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.names import queue_run
from engine.core.turn import Turn

ALREADY_IN_QUEUE = "90038"


def _enqueue(turn: Turn, running: Running) -> Result:
    frame, leg = running.frame, turn.leg
    queue = str(turn.option(frame, "queue"))
    if leg.queue == queue:
        return Verdict.DONE  # leaving a state does not leave the queue; asking again would be refused
    max_wait_s, most = turn.option(frame, "max_wait"), turn.option(frame, "max_callers")
    leg.enqueued = {
        "queue_name": queue,
        "max_size": most,
        "max_wait_time_secs": None if max_wait_s is None else int(max_wait_s),
        "keep_after_hangup": turn.option(frame, "keep_after_hangup") or None,
    }
    running.note["queue"] = queue
    turn.send("enqueue", leg.enqueued)
    return waits_for_webhook(running)


def _enqueued(_turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name == "call.enqueued" and event.payload.get("queue") == running.note["queue"]:
        return Verdict.DONE
    return None


def _not_enqueued(turn: Turn, running: Running, event: Event) -> Result:
    code = str(event.payload.get("code") or "refused")
    if code == ALREADY_IN_QUEUE and turn.leg.queue in ("", running.note["queue"]):
        return Verdict.DONE
    return failure_from(event.payload)


def entered(turn: Turn, queue: str) -> None:
    """Note that this leg is in *queue*, and tell the queue's run who it is."""
    leg = turn.leg
    leg.queue = queue
    if leg.connecting is not None and leg.connecting.is_off and not leg.connecting.takes:
        leg.connecting = None  # back in line: the manoeuvre is over
        turn.drop_timers("line")
    turn.out.tell(
        queue_run(queue),
        "queue.entered",
        run=leg.run,
        call_control_id=leg.call_control_id,
        flow=leg.flow,
        role=leg.role,
    )


def left(turn: Turn, *, reason: str = "") -> None:
    """Note that this leg is in no queue any more, and tell the queue's run. *reason* is Telnyx's word."""
    leg = turn.leg
    if leg.queue:
        turn.out.tell(queue_run(leg.queue), "queue.left", run=leg.run, reason=reason)
        leg.queue = ""


def _leave(turn: Turn, _running: Running) -> Result:
    if not turn.leg.queue:
        return Verdict.DONE
    turn.send("leave_queue")
    return Verdict.WAITS


def _left_accepted(turn: Turn, _running: Running, _event: Event) -> Result:
    left(turn)
    return Verdict.DONE


def _dequeued(_turn: Turn, _running: Running, name: str, _event: Event) -> Result | None:
    return Verdict.DONE if name == "call.dequeued" else None


def _check(turn: Turn, running: Running) -> Result:
    queue = str(turn.option(running.frame, "queue"))
    running.note["queue"] = queue
    turn.send("queued_call_retrieve", path={"queue_name": queue, "call_control_id": turn.leg.call_control_id})
    return Verdict.WAITS


def _checked(turn: Turn, running: Running, event: Event) -> Result:
    answer = answer_in(event.payload).result
    place = turn.leg.place
    if event.payload.get("operation") == "queued_call_retrieve":
        turn.leg.place = {
            "position": answer.get("queue_position"),
            "waited": answer.get("wait_time_secs"),
            "size": place.get("size"),
            "average_wait": place.get("average_wait"),
        }
        turn.send("queue_retrieve", path={"queue_name": running.note["queue"]})
        return Verdict.WAITS
    place["size"], place["average_wait"] = answer.get("current_size"), answer.get("average_wait_time_secs")
    return Verdict.DONE


def _not_checked(_turn: Turn, _running: Running, event: Event) -> Result:
    if event.payload.get("status") == 404:
        return Verdict.DROP  # the call is no longer there: the rest of the block is dropped, no error
    return failure_from(event.payload)


def _connect(turn: Turn, running: Running) -> Result:
    running.note["queue"] = str(turn.option(running.frame, "queue"))
    if turn.leg.room:  # it takes somebody else: out of the room with the one before, first
        running.note["goes"] = True
        rooms.ask_to_leave(turn)
    else:
        _ask_for_caller(turn, running)
    return Verdict.WAITS


def _ask_for_caller(turn: Turn, running: Running) -> None:
    leg, known = turn.leg, turn.level(levels.known_as(turn))
    turn.out.tell(
        queue_run(running.note["queue"]),
        "queue.connect",
        run=leg.run,
        call_control_id=leg.call_control_id,
        flow=known.flow,
        role=known.role,
    )


def _connected(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name == "link.began" and event.payload.get("queue") == running.note["queue"]:
        return Verdict.DONE
    if name == "connect.refused":
        return Failure(str(event.payload.get("code")), title=str(event.payload.get("title") or ""))
    if name == "room.out" and "refused" in running.note:
        return Failure(str(running.note["refused"]))
    if name == "room.out" and running.note.pop("goes", False):
        _ask_for_caller(turn, running)
        return Verdict.WAITS
    return None


def give_up(turn: Turn) -> None:
    """The running ``connect``, if it is one, is not waited for any longer: the caller on the way goes back in line."""
    leg = turn.leg
    if leg.running is None or turn.action(leg.running.frame).verb != "connect":
        return
    turn.out.tell(queue_run(leg.running.note["queue"]), "connect.failed", run=leg.run, code="left")
    if leg.connecting is None:
        return
    leg.connecting.is_off = True
    if leg.room:
        rooms.ask_to_leave(turn)
    else:
        leg.connecting = None


ACTS = {
    "enqueue": Act(begin=_enqueue, finish=_enqueued, refused=_not_enqueued),
    "leave_queue": Act(begin=_leave, finish=_dequeued, accepted=_left_accepted, refused=_left_accepted),
    "check_queue": Act(begin=_check, accepted=_checked, refused=_not_checked),
    "connect": Act(begin=_connect, finish=_connected, limit_s=lambda _turn, _running: 30.0),
}
