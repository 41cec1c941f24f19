"""Waiting in line, and the lines themselves."""

from __future__ import annotations

from engine.core.verb import Option, Verb
from engine.core.verb_table.shared import INTO_LIST, LONGEST_CALL_S, MOST_CALLERS, QUEUE

_CALL = Option(name="call", type="text")  # a call_control_id; this call unless given
_MOST_CALLERS = Option(name="max_callers", type="count", minimum=1, maximum=10000, required=True)

VERBS = (
    Verb(
        name="enqueue",
        about="Puts the caller in a queue.",
        operations=("enqueue",),
        main="queue",
        options=(
            QUEUE,
            Option(name="max_wait", type="duration", minimum=1, maximum=LONGEST_CALL_S),
            MOST_CALLERS,
            Option(name="keep_after_hangup", type="yes_no", default=False),
        ),
        events=("call.enqueued",),
    ),
    Verb(
        name="leave_queue",
        about="Takes the caller out of the queue; nothing happens when not in one.",
        operations=("leave_queue",),
        bare=True,
    ),
    Verb(
        name="check_queue",
        about="Reads the caller's place in the queue into queue.position, size, average_wait and waited.",
        operations=("queued_call_retrieve", "queue_retrieve"),
        main="queue",
        options=(QUEUE,),
    ),
    Verb(
        name="connect",
        about="Takes the first caller of a queue into a private room with this call.",
        operations=("queued_call_list", "leave_queue", "conference_create", "conference_join", "conference_leave"),
        main="queue",
        options=(QUEUE,),
    ),
    Verb(
        name="queue_create",
        about="Makes a queue before anybody waits in it.",
        operations=("queue_create",),
        main="queue",
        options=(QUEUE, MOST_CALLERS),
    ),
    Verb(
        name="queue_update",
        about="Changes how many callers may wait in a queue.",
        operations=("queue_update",),
        options=(QUEUE, _MOST_CALLERS),
    ),
    Verb(
        name="queue_delete",
        about="Deletes a queue in which nobody waits.",
        operations=("queue_delete",),
        main="queue",
        options=(QUEUE,),
    ),
    Verb(
        name="queue_list",
        about="Puts the names of all queues into a list variable.",
        operations=("queue_list",),
        main="into",
        options=(INTO_LIST,),
    ),
    Verb(
        name="queued_call_list",
        about="Puts the calls that wait in a queue into a list variable, the first in line first.",
        operations=("queued_call_list",),
        options=(QUEUE, INTO_LIST),
    ),
    Verb(
        name="queued_call_update",
        about="Says whether a waiting call stays in the list when it hangs up.",
        operations=("queued_call_update",),
        options=(QUEUE, _CALL, Option(name="keep_after_hangup", type="yes_no", required=True)),
    ),
    Verb(
        name="queued_call_remove",
        about="Takes a call that has hung up off the list of its queue.",
        operations=("queued_call_remove",),
        options=(QUEUE, Option(name="call", type="text", required=True)),
    ),
)
