"""Queues: who waits, in which order, how long, and the operations on them."""

from __future__ import annotations

from typing import Any

from engine.simulator.exchange import Because, Exchange
from engine.simulator.listing import page
from engine.simulator.refusals import Refusal, refused, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Queue, QueuedCall
from engine.simulator.timeline import iso

MAX_SIZE_BY_ENQUEUE = 100  # facts.md, section 4, Queues


def open_queue(exchange: Exchange, name: str, max_size: int) -> Queue:
    """Create an empty queue."""
    queue = Queue(exchange.new_id("queue"), name, max_size, exchange.now, exchange.now)
    exchange.queues[name] = queue
    return queue


def find(exchange: Exchange, name: str) -> Queue:
    """Return the queue *name*. Raises Refusal 404."""
    if name not in exchange.queues:
        raise Refusal(404, "10005", f"There is no queue '{name}'.")
    return exchange.queues[name]


def first(exchange: Exchange, name: str) -> QueuedCall:
    """Return the first place of the queue. Raises Refusal when nobody waits (the code is not documented)."""
    queue = exchange.queues.get(name)
    if queue is None or not queue.entries:
        raise refused(exchange.options.empty_queue, f"The queue '{name}' is empty.", pointer="/queue")
    return queue.entries[0]


def remove(exchange: Exchange, place: QueuedCall, reason: str | None, *, by_command: bool = False) -> None:
    """
    Take a call out of its queue; *reason* is that of ``call.dequeued``, None for no webhook.

    *by_command*: by leave_queue, which may send none (Options.leave_queue_event).
    """
    queue, call = place.queue, place.call
    position = queue.entries.index(place) + 1
    queue.entries.remove(place)
    queue.updated_at = exchange.now
    if place.alarm is not None:
        place.alarm.cancel()
    wait_s = exchange.now - place.enqueued_at
    if call.queued is place:
        queue.waits_s.append(wait_s)
        call.queued = None
    if reason is None:
        return
    exchange.note("state", call.id, "dequeued", queue=queue.name, reason=reason)
    fields: dict[str, Any] = {
        "queue": queue.name,
        "queue_position": position,
        "reason": reason,
        "wait_time_secs": int(wait_s),
    }
    if reason == "hangup" and exchange.options.queued_hangup == "hangup-first":
        exchange.after(0, lambda: exchange.emit("call.dequeued", call, **fields))
    elif not (by_command and exchange.options.leave_queue_event == "silent"):
        exchange.emit("call.dequeued", call, **fields)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """Take *call* out of its queue; a dead one stays when it was enqueued with ``keep_after_hangup``."""
    place = call.queued
    if place is None:
        return
    if because == "hangup" and place.keep_after_hangup:
        call.queued = None
        if place.alarm is not None:
            place.alarm.cancel()
        return
    reasons = {"hangup": "hangup", "timeout": "timeout", "bridged": exchange.options.dequeued_on_bridge}
    remove(exchange, place, reasons.get(because, "leave"))


def _average_s(queue: Queue) -> int:
    return int(sum(queue.waits_s) / len(queue.waits_s)) if queue.waits_s else 0


def _row(queue: Queue) -> dict[str, Any]:
    return {
        "id": queue.id,
        "record_type": "queue",
        "name": queue.name,
        "max_size": queue.max_size,
        "current_size": len(queue.entries),
        "average_wait_time_secs": _average_s(queue),
        "created_at": iso(queue.created_at),
        "updated_at": iso(queue.updated_at),
    }


def _place_row(exchange: Exchange, place: QueuedCall) -> dict[str, Any]:
    leg = place.call.leg
    return {
        "record_type": "queue_call",
        "queue_id": place.queue.id,
        "queue_position": place.queue.entries.index(place) + 1,
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "from": leg.from_,
        "to": leg.to,
        "call_session_id": leg.call_session_id,
        "connection_id": leg.connection_id,
        "enqueued_at": iso(place.enqueued_at),
        "wait_time_secs": int(exchange.now - place.enqueued_at),
        "is_alive": place.call.ended_at is None,
    }


def _place(exchange: Exchange, request: Request) -> QueuedCall:
    queue, wanted = find(exchange, request.path["queue_name"]), request.path["call_control_id"]
    for place in queue.entries:
        if place.call.id == wanted:
            return place
    raise Refusal(404, "10005", f"That call is not in the queue '{queue.name}'.")


def _enqueue(exchange: Exchange, request: Request) -> dict[str, Any]:
    call, name = exchange.call(request.path["call_control_id"]), request["queue_name"]
    if call.queued is not None:
        raise Refusal(422, "90038", f"This call already waits in the queue '{call.queued.queue.name}'.")
    if call.room is not None and exchange.options.enqueue_from_room == "refused":
        raise unable("This call is in a conference.")
    queue = exchange.queues.get(name)
    max_size = queue.max_size if queue else request["max_size"] or MAX_SIZE_BY_ENQUEUE
    if queue is not None and len(queue.entries) >= max_size:
        raise Refusal(422, "90036", f"The queue '{name}' is full: it holds {max_size} calls.")
    queue = queue or open_queue(exchange, name, max_size)
    exchange.withdraw(call, "queue")
    place = QueuedCall(call, queue, exchange.now, request["keep_after_hangup"])
    if request["max_wait_time_secs"]:
        place.alarm = exchange.after(request["max_wait_time_secs"], lambda: remove(exchange, place, "timeout"))
    queue.entries.append(place)
    queue.updated_at, call.queued = exchange.now, place
    exchange.note("state", call.id, "enqueued", queue=name, position=len(queue.entries))
    exchange.emit(
        "call.enqueued",
        call,
        queue=name,
        current_position=len(queue.entries),
        queue_avg_wait_time_secs=_average_s(queue),
    )
    return done()


def _leave(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    if call.queued is None:
        raise unable("This call is not in a queue.")
    remove(exchange, call.queued, "leave", by_command=True)
    return done()


def _create(exchange: Exchange, request: Request) -> dict[str, Any]:
    name = request["queue_name"]
    if name in exchange.queues:
        raise unable(f"A queue named '{name}' already exists.")
    return {"data": _row(open_queue(exchange, name, request["max_size"]))}


def _retrieve(exchange: Exchange, request: Request) -> dict[str, Any]:
    return {"data": _row(find(exchange, request.path["queue_name"]))}


def _list(exchange: Exchange, request: Request) -> dict[str, Any]:
    return page(request.query, [_row(queue) for queue in exchange.queues.values()])


def _update(exchange: Exchange, request: Request) -> dict[str, Any]:
    queue = find(exchange, request.path["queue_name"])
    queue.max_size, queue.updated_at = request["max_size"], exchange.now
    return {"data": _row(queue)}


def _delete(exchange: Exchange, request: Request) -> dict[str, Any]:
    queue = find(exchange, request.path["queue_name"])
    if queue.entries:
        raise Refusal(400, "90050", "Only empty queues can be deleted.")
    del exchange.queues[queue.name]
    return {}


def _list_calls(exchange: Exchange, request: Request) -> dict[str, Any]:
    queue = find(exchange, request.path["queue_name"])
    return page(request.query, [_place_row(exchange, place) for place in queue.entries])


def _retrieve_call(exchange: Exchange, request: Request) -> dict[str, Any]:
    return {"data": _place_row(exchange, _place(exchange, request))}


def _update_call(exchange: Exchange, request: Request) -> dict[str, Any]:
    place = _place(exchange, request)
    if request["keep_after_hangup"] is not None:
        place.keep_after_hangup = request["keep_after_hangup"]
    return {}


def _remove_call(exchange: Exchange, request: Request) -> dict[str, Any]:
    place = _place(exchange, request)
    if place.call.ended_at is None:
        raise unable("Only inactive calls can be removed from a queue.")
    remove(exchange, place, None)
    return {}


DEEDS: dict[str, Deed] = {
    "enqueue": _enqueue,
    "leave_queue": _leave,
    "queue_create": _create,
    "queue_retrieve": _retrieve,
    "queue_list": _list,
    "queue_update": _update,
    "queue_delete": _delete,
    "queued_call_list": _list_calls,
    "queued_call_retrieve": _retrieve_call,
    "queued_call_update": _update_call,
    "queued_call_remove": _remove_call,
}
