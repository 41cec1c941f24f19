"""One right use of each seed operation by Telnyx's SDK. Each says what the typed answer holds, and what it does."""

from __future__ import annotations

from collections.abc import Callable

from sdk_line import SdkLine, values
from simulated_line import CALLER, OFFICE

USES: dict[str, Callable[[SdkLine], None]] = {}
OK = {"result": "ok"}
AUDIO = "https://example.com/hold.mp3"


def use(case: Callable[[SdkLine], None]) -> Callable[[SdkLine], None]:
    """Keep *case* under its name, which is that of the operation."""
    USES[case.__name__] = case
    return case


def person(line: SdkLine, room: str, leg: str):
    return next(one for one in line.client.conferences.list_participants(room) if one.call_control_id == leg)


# Calls


@use
def enqueue(line: SdkLine) -> None:
    leg = line.caller()
    answer = line.client.calls.actions.enqueue(leg, queue_name="support", max_size=5, max_wait_time_secs=60)
    line.wait(60)
    [enqueued], [dequeued] = line.events("call.enqueued"), line.events("call.dequeued")

    assert values(answer.data) == OK
    assert (enqueued.payload.queue, enqueued.payload.current_position) == ("support", 1)
    assert (dequeued.payload.reason, dequeued.payload.wait_time_secs) == ("timeout", 60)


@use
def leave_queue(line: SdkLine) -> None:
    leg = line.queued()
    answer = line.client.calls.actions.leave_queue(leg)
    line.wait()

    assert values(answer.data) == OK
    assert [event.payload.reason for event in line.events("call.dequeued")] == ["leave"]


# Rooms


@use
def conference_create(line: SdkLine) -> None:
    leg = line.caller()
    room = line.client.conferences.create(call_control_id=leg, name="team", beep_enabled="always", duration_minutes=5)

    assert values(room.data) == {
        "id": room.data.id,
        "name": "team",
        "record_type": "conference",
        "connection_id": "2811212257810187875",
        "end_reason": None,
        "ended_by": {},
        "region": "US",
        "status": "in_progress",
    }


@use
def conference_retrieve(line: SdkLine) -> None:
    leg = line.caller()
    made = line.client.conferences.create(call_control_id=leg, name="team")

    assert line.client.conferences.retrieve(made.data.id).data == made.data


@use
def conference_list(line: SdkLine) -> None:
    line.room("a")
    room, _ = line.room("b")
    found = [one.id for one in line.client.conferences.list(filter={"name": "b", "status": "in_progress"})]

    assert found == [room]


@use
def conference_join(line: SdkLine) -> None:
    room, _ = line.room()
    guest = line.caller()
    answer = line.client.conferences.actions.join(room, call_control_id=guest, mute=True)

    assert values(answer.data) == OK
    assert (person(line, room, guest).status, person(line, room, guest).muted) == ("joined", True)


@use
def conference_leave(line: SdkLine) -> None:
    room, _ = line.room()
    guest = line.caller()
    line.client.conferences.actions.join(room, call_control_id=guest)
    answer = line.client.conferences.actions.leave(room, call_control_id=guest)

    assert values(answer.data) == OK
    assert person(line, room, guest).status == "left"
    assert line.client.calls.retrieve_status(guest).data.is_alive


@use
def conference_end(line: SdkLine) -> None:
    room, _ = line.room()
    answer = line.client.conferences.actions.end_conference(room)
    line.wait()
    ended = line.client.conferences.retrieve(room).data

    assert values(answer.data) == OK
    assert (ended.status, ended.end_reason) == ("completed", "ended_via_api")
    assert len(line.events("conference.ended")) == 1


@use
def conference_update(line: SdkLine) -> None:
    room, host = line.room()
    guest = line.caller()
    line.client.conferences.actions.join(room, call_control_id=guest)
    answer = line.client.conferences.actions.update(
        room, call_control_id=guest, supervisor_role="whisper", whisper_call_control_ids=[host]
    )

    assert values(answer.data) == OK
    assert person(line, room, guest).whisper_call_control_ids == [host]


@use
def conference_hold(line: SdkLine) -> None:
    room, host = line.room()
    answer = line.client.conferences.actions.hold(room, call_control_ids=[host], audio_url=AUDIO)

    assert values(answer.data) == OK
    assert person(line, room, host).on_hold
    assert line.hears(host) == [AUDIO]


@use
def conference_unhold(line: SdkLine) -> None:
    room, host = line.room()
    line.client.conferences.actions.hold(room, call_control_ids=[host])
    answer = line.client.conferences.actions.unhold(room, call_control_ids=[host])

    assert values(answer.data) == OK
    assert not person(line, room, host).on_hold


@use
def conference_mute(line: SdkLine) -> None:
    room, host = line.room()
    answer = line.client.conferences.actions.mute("team", call_control_ids=[host])

    assert values(answer.data) == OK
    assert person(line, room, host).muted


@use
def conference_unmute(line: SdkLine) -> None:
    room, host = line.room()
    line.client.conferences.actions.mute(room)
    answer = line.client.conferences.actions.unmute(room)

    assert values(answer.data) == OK
    assert not person(line, room, host).muted


@use
def conference_play(line: SdkLine) -> None:
    room, host = line.room()
    answer = line.client.conferences.actions.play(room, audio_url=AUDIO, loop=2)
    line.wait(10)

    assert values(answer.data) == OK
    assert line.hears(host) == [AUDIO]
    assert [event.payload.media_url for event in line.events("conference.playback.ended")] == [AUDIO]


@use
def conference_stop(line: SdkLine) -> None:
    room, _ = line.room()
    line.client.conferences.actions.play(room, audio_url=AUDIO, loop="infinity")
    answer = line.client.conferences.actions.stop(room)
    line.wait()

    assert values(answer.data) == OK
    assert [entry["what"] for entry in line.record("stops")] == [AUDIO]


@use
def conference_speak(line: SdkLine) -> None:
    room, host = line.room()
    answer = line.client.conferences.actions.speak(room, payload="Hello", voice="AWS.Polly.Joanna", language="en-GB")
    line.wait(1)

    assert values(answer.data) == OK
    assert line.hears(host) == ["Hello"]
    assert [event.payload.conference_id for event in line.events("conference.speak.ended")] == [room]


@use
def conference_send_dtmf(line: SdkLine) -> None:
    room, host = line.room()
    answer = line.client.conferences.actions.send_dtmf(room, digits="12", call_control_ids=[host])

    assert values(answer.data) == OK
    assert line.hears(host) == ["12"]


@use
def conference_gather_using_audio(line: SdkLine) -> None:
    room, host = line.room()
    answer = line.client.conferences.actions.gather_dtmf_audio(
        room, call_control_id=host, audio_url=AUDIO, maximum_digits=2, gather_id="pin"
    )
    line.sim(f"/calls/{host}/press", digits="42")
    line.wait(1)

    assert values(answer.data) == OK
    assert line.hears(host) == [AUDIO]
    assert [(event.payload.digits, event.payload.status) for event in line.events("call.gather.ended")] == [
        ("42", "valid")
    ]


@use
def conference_record_start(line: SdkLine) -> None:
    room, _ = line.room()
    answer = line.client.conferences.actions.record_start(room, format="wav", channels="dual")
    line.wait(3)
    line.client.conferences.actions.record_stop(room)
    line.wait(5)
    [saved] = line.events("conference.recording.saved")

    assert values(answer.data) == OK
    assert (saved.payload.format, saved.payload.channels, saved.payload.conference_id) == ("wav", "dual", room)


@use
def conference_record_pause(line: SdkLine) -> None:
    room, _ = line.room()
    line.client.conferences.actions.record_start(room, format="mp3")
    answer = line.client.conferences.actions.record_pause(room)

    assert values(answer.data) == OK


@use
def conference_record_resume(line: SdkLine) -> None:
    room, _ = line.room()
    line.client.conferences.actions.record_start(room, format="mp3")
    line.client.conferences.actions.record_pause(room)
    answer = line.client.conferences.actions.record_resume(room)

    assert values(answer.data) == OK


@use
def conference_record_stop(line: SdkLine) -> None:
    room, _ = line.room()
    line.client.conferences.actions.record_start(room, format="mp3")
    answer = line.client.conferences.actions.record_stop(room)
    line.wait(5)

    assert values(answer.data) == OK
    assert len(line.events("conference.recording.saved")) == 1


# Those in a room


def shown(line: SdkLine, room: str, leg: str, **changed: object) -> dict[str, object]:
    """The person as the SDK shows them by themselves."""
    one = person(line, room, leg)
    return {
        "id": one.id,
        "call_control_id": leg,
        "call_leg_id": one.call_leg_id,
        "conference_id": room,
        "end_conference_on_exit": False,
        "muted": False,
        "on_hold": False,
        "soft_end_conference_on_exit": False,
        "status": "joined",
        "whisper_call_control_ids": [],
    } | changed


@use
def participant_list(line: SdkLine) -> None:
    room, host = line.room()
    guest = line.caller()
    line.client.conferences.actions.join(room, call_control_id=guest, mute=True)
    everybody = list(line.client.conferences.list_participants(room))
    muted = list(line.client.conferences.list_participants(room, filter={"muted": True}))

    assert [one.call_control_id for one in everybody] == [host, guest]
    assert [one.call_control_id for one in muted] == [guest]
    assert values(everybody[0]) == {
        "id": everybody[0].id,
        "call_control_id": host,
        "call_leg_id": everybody[0].call_leg_id,
        "conference": {"id": room, "name": "team"},
        "end_conference_on_exit": False,
        "muted": False,
        "on_hold": False,
        "record_type": "participant",
        "soft_end_conference_on_exit": False,
        "status": "joined",
        "whisper_call_control_ids": [],
    }


@use
def participant_retrieve(line: SdkLine) -> None:
    room, host = line.room()
    expected = shown(line, room, host)
    answer = line.client.conferences.retrieve_participant(expected["id"], id=room)

    assert values(answer.data) == expected


@use
def participant_update(line: SdkLine) -> None:
    room, host = line.room()
    expected = shown(line, room, host, end_conference_on_exit=True)
    answer = line.client.conferences.update_participant(expected["id"], id=room, end_conference_on_exit=True)

    assert values(answer.data) == expected


# Queues


@use
def queue_create(line: SdkLine) -> None:
    queue = line.client.queues.create(queue_name="support", max_size=5)

    assert values(queue.data) == {
        "id": queue.data.id,
        "name": "support",
        "record_type": "queue",
        "max_size": 5,
        "current_size": 0,
        "average_wait_time_secs": 0,
    }


@use
def queue_retrieve(line: SdkLine) -> None:
    line.queued()
    queue = line.client.queues.retrieve("support").data

    assert (queue.name, queue.current_size, queue.max_size) == ("support", 1, 100)


@use
def queue_update(line: SdkLine) -> None:
    made = line.client.queues.create(queue_name="support", max_size=5)
    changed = line.client.queues.update("support", max_size=9)

    assert values(changed.data) == values(made.data) | {"max_size": 9}


@use
def queue_list(line: SdkLine) -> None:
    made = [line.client.queues.create(queue_name=name).data for name in ("a", "b")]

    assert list(line.client.queues.list()) == made


@use
def queue_delete(line: SdkLine) -> None:
    line.client.queues.create(queue_name="support")

    assert line.client.queues.delete("support") is None


# Calls in a queue


@use
def queued_call_list(line: SdkLine) -> None:
    legs = [line.queued() for _ in range(2)]
    places = list(line.client.queues.calls.list("support"))

    assert [(place.call_control_id, place.queue_position) for place in places] == [(legs[0], 1), (legs[1], 2)]


@use
def queued_call_retrieve(line: SdkLine) -> None:
    leg = line.queued()
    line.wait(7)
    place = line.client.queues.calls.retrieve(leg, queue_name="support").data

    assert values(place) == {
        "call_control_id": leg,
        "call_leg_id": place.call_leg_id,
        "call_session_id": place.call_session_id,
        "connection_id": "2811212257810187875",
        "from": CALLER,
        "to": OFFICE,
        "is_alive": True,
        "queue_id": line.client.queues.retrieve("support").data.id,
        "queue_position": 1,
        "record_type": "queue_call",
        "wait_time_secs": 7,
    }


@use
def queued_call_update(line: SdkLine) -> None:
    leg = line.queued()
    answer = line.client.queues.calls.update(leg, queue_name="support", keep_after_hangup=True)
    line.sim(f"/calls/{leg}/hangup")
    place = line.client.queues.calls.retrieve(leg, queue_name="support").data

    assert (answer, place.is_alive) == (None, False)


@use
def queued_call_remove(line: SdkLine) -> None:
    leg = line.queued(keep_after_hangup=True)
    line.sim(f"/calls/{leg}/hangup")

    assert line.client.queues.calls.remove(leg, queue_name="support") is None
