"""One wrong use of each seed operation by Telnyx's SDK, and the error that the SDK makes of the refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import telnyx
from sdk_line import SdkLine

NOWHERE = "428c31b6-7af4-4bcb-b7f5-5013ef9657c1"
GONE = "v3:bm9ib2R5"
NotFound, Unprocessable = telnyx.NotFoundError, telnyx.UnprocessableEntityError


@dataclass(frozen=True)
class Misuse:
    """*prepare* gets ready, *call* is what is refused, with *error*, whose first code is *code*."""

    error: type[telnyx.APIStatusError]
    code: str
    call: Callable[[telnyx.Telnyx, Any], Any]
    prepare: Callable[[SdkLine], Any] = lambda line: None


def fails(operation: str, status: int, code: str, **headers: str) -> Callable[[SdkLine], Any]:
    def prepare(line: SdkLine) -> None:
        line.sim("/fail", operation=operation, status=status, code=code, headers=headers)

    return prepare


def full_queue(line: SdkLine) -> str:
    line.queued(max_size=1)
    return line.caller()


def room(line: SdkLine) -> str:
    return line.room()[0]


def ended_room(line: SdkLine) -> str:
    ended = room(line)
    line.client.conferences.actions.end_conference(ended)
    return ended


def a_queue(line: SdkLine) -> str:
    line.queued()
    return "support"


def wrong_key(line: SdkLine) -> telnyx.Telnyx:
    return line.client.with_options(api_key="KEY_OF_SOMEBODY_ELSE")


MISUSES = {
    "enqueue": Misuse(
        Unprocessable, "90036", lambda c, leg: c.calls.actions.enqueue(leg, queue_name="support"), full_queue
    ),
    "leave_queue": Misuse(
        Unprocessable, "90034", lambda c, leg: c.calls.actions.leave_queue(leg), lambda line: line.rings()
    ),
    "conference_create": Misuse(
        Unprocessable,
        "90033",
        lambda c, leg: c.conferences.create(call_control_id=leg, name="team"),
        lambda line: line.room()[1],
    ),
    "conference_retrieve": Misuse(NotFound, "90058", lambda c, _: c.conferences.retrieve(NOWHERE)),
    "conference_list": Misuse(
        telnyx.AuthenticationError, "10009", lambda c, other: list(other.conferences.list()), wrong_key
    ),
    "conference_join": Misuse(
        Unprocessable, "90015", lambda c, id: c.conferences.actions.join(id, call_control_id="nobody"), room
    ),
    "conference_leave": Misuse(
        NotFound,
        "90058",
        lambda c, leg: c.conferences.actions.leave(NOWHERE, call_control_id=leg),
        lambda line: line.caller(),
    ),
    "conference_end": Misuse(
        Unprocessable, "90019", lambda c, id: c.conferences.actions.end_conference(id), ended_room
    ),
    "conference_update": Misuse(
        Unprocessable,
        "10032",
        lambda c, two: c.conferences.actions.update(two[0], call_control_id=two[1], supervisor_role="king"),
        lambda line: line.room(),
    ),
    "conference_hold": Misuse(Unprocessable, "90019", lambda c, id: c.conferences.actions.hold(id), ended_room),
    "conference_unhold": Misuse(
        Unprocessable, "10015", lambda c, id: c.conferences.actions.unhold(id, call_control_ids="all"), room
    ),
    "conference_mute": Misuse(
        telnyx.RateLimitError,
        "10011",
        lambda c, id: c.conferences.actions.mute(id),
        lambda line: (room(line), fails("conference_mute", 429, "10011")(line))[0],
    ),
    "conference_unmute": Misuse(NotFound, "90058", lambda c, _: c.conferences.actions.unmute("nowhere")),
    "conference_play": Misuse(Unprocessable, "10004", lambda c, id: c.conferences.actions.play(id), room),
    "conference_stop": Misuse(Unprocessable, "90019", lambda c, id: c.conferences.actions.stop(id), ended_room),
    "conference_speak": Misuse(
        Unprocessable,
        "10032",
        lambda c, id: c.conferences.actions.speak(id, payload="Hi", voice="v", language="la"),
        room,
    ),
    "conference_send_dtmf": Misuse(
        Unprocessable, "10004", lambda c, id: c.conferences.actions.send_dtmf(id, digits=None), room
    ),
    "conference_gather_using_audio": Misuse(
        Unprocessable,
        "90015",
        lambda c, id: c.conferences.actions.gather_dtmf_audio(id, call_control_id="nobody", media_name="pin"),
        room,
    ),
    "conference_record_start": Misuse(
        Unprocessable, "10032", lambda c, id: c.conferences.actions.record_start(id, format="ogg"), room
    ),
    "conference_record_pause": Misuse(NotFound, "10005", lambda c, id: c.conferences.actions.record_pause(id), room),
    "conference_record_resume": Misuse(NotFound, "10005", lambda c, id: c.conferences.actions.record_resume(id), room),
    "conference_record_stop": Misuse(
        telnyx.InternalServerError,
        "10007",
        lambda c, id: c.conferences.actions.record_stop(id),
        lambda line: (room(line), fails("conference_record_stop", 503, "10007")(line))[0],
    ),
    "participant_list": Misuse(NotFound, "90058", lambda c, _: list(c.conferences.list_participants(NOWHERE))),
    "participant_retrieve": Misuse(
        NotFound, "10005", lambda c, id: c.conferences.retrieve_participant("nobody", id=id), room
    ),
    "participant_update": Misuse(
        NotFound,
        "10005",
        lambda c, id: c.conferences.update_participant(NOWHERE, id=id, end_conference_on_exit=True),
        room,
    ),
    "queue_create": Misuse(Unprocessable, "90033", lambda c, name: c.queues.create(queue_name=name), a_queue),
    "queue_retrieve": Misuse(NotFound, "10005", lambda c, _: c.queues.retrieve("nowhere")),
    "queue_update": Misuse(Unprocessable, "10033", lambda c, name: c.queues.update(name, max_size=0), a_queue),
    "queue_list": Misuse(Unprocessable, "10033", lambda c, _: list(c.queues.list(page_size=1000))),
    "queue_delete": Misuse(telnyx.BadRequestError, "90050", lambda c, name: c.queues.delete(name), a_queue),
    "queued_call_list": Misuse(NotFound, "10005", lambda c, _: list(c.queues.calls.list("nowhere"))),
    "queued_call_retrieve": Misuse(
        NotFound, "10005", lambda c, name: c.queues.calls.retrieve(GONE, queue_name=name), a_queue
    ),
    "queued_call_update": Misuse(
        NotFound, "10005", lambda c, name: c.queues.calls.update(GONE, queue_name=name, keep_after_hangup=True), a_queue
    ),
    "queued_call_remove": Misuse(
        Unprocessable,
        "90033",
        lambda c, leg: c.queues.calls.remove(leg, queue_name="support"),
        lambda line: line.queued(),
    ),
}
