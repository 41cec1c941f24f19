"""Names under which events find their run, and the ids of runs that are ours: rooms and queues."""

from __future__ import annotations

PLAN = "plan:"  # how the run ids of planned calls begin
ME = "me"  # what a flow calls the leg itself, among the people of a room


def leg_key(call_leg_id: str) -> str:
    """Return the key of a leg by its call_leg_id."""
    return f"leg:{call_leg_id}"


def control_key(call_control_id: str) -> str:
    """Return the key of a leg by its call_control_id."""
    return f"ccid:{call_control_id}"


def conference_key(conference_id: str) -> str:
    """Return the key of a room by its conference_id."""
    return f"conf:{conference_id}"


def room_run(name: str) -> str:
    """Return the run id of the room called *name*."""
    return f"room:{name}"


def plan_run(name: str) -> str:
    """Return the run id of a planned call."""
    return f"{PLAN}{name}"


def is_leg(run: str) -> bool:
    """Tell whether *run* is a leg's, and not a room's, a queue's or a planned call's."""
    return not run.startswith(("room:", "queue:", PLAN))


def queue_run(name: str) -> str:
    """Return the run id of the queue called *name*."""
    return f"queue:{name}"
