"""Each of the 62 events of the catalogue is caused by a command or a person, never only by ``World.send``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from event_shapes import misfits
from simulated_line import OFFICE, Line

from engine.simulator.options import Options
from engine.tables import catalogue

GONE = "wss://gone.example"
OPTIONS = Options(unreachable=frozenset({GONE, "sip:gone@example.com", "nobody"}), call_cost="on")
DIAL = {"connection_id": "1", "to": "+15559990000", "from": OFFICE}


def rung(line: Line, **body: Any) -> str:
    line.ok("dial", None, **DIAL, **body)
    return line.far_leg()


def after(operation: str, **body: Any) -> Callable[[Line], object]:
    """A call, and this command for it."""
    return lambda line: line.ok(operation, line.caller(), **body)


def between(first: tuple[str, dict[str, Any]], second: str) -> Callable[[Line], None]:
    def act(line: Line) -> None:
        leg = line.caller()
        line.ok(first[0], leg, **first[1])
        line.ok(second, leg)

    return act


def detected(mode: str, answerer: str) -> Callable[[Line], None]:
    return lambda line: line.world.pick_up(
        rung(line, answering_machine_detection=mode),
        line.now,
        answerer=answerer,  # type: ignore[arg-type]
    )


def asks_ai(line: Line, *, is_partial: bool) -> None:
    leg = line.caller()
    line.ok("gather_using_ai", leg, parameters={}, send_partial_results=True, send_message_history_updates=True)
    line.world.tell_ai(leg, {"name": "Ann"}, line.now, is_partial=is_partial)


def watched(line: Line, *, speaks: bool) -> None:
    leg = line.rings()
    line.ok("answer", leg, deepfake_detection={"enabled": True})
    if speaks:
        line.world.speak_into(leg, "Hello", line.now)
    else:
        line.world.hold(leg, line.now)


def waits(line: Line) -> str:
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="q")
    return leg


def holds(line: Line) -> None:
    leg = line.caller()
    line.world.hold(leg, line.now)
    line.world.resume(leg, line.now)


def in_room(operation: str, *, for_one: bool = False, **body: Any) -> Callable[[Line], None]:
    def act(line: Line) -> None:
        room, leg = line.room()
        line.ok(operation, room, **body, **({"call_control_ids": [leg]} if for_one else {}))

    return act


def recorded_room(line: Line) -> None:
    room, _ = line.room()
    line.ok("conference_record_start", room, format="mp3")
    line.ok("conference_record_stop", room)


def talks_in_room(line: Line) -> None:
    _, leg = line.room()
    line.world.speak_into(leg, "Hello", line.now)


def broken_recording(line: Line) -> None:
    line.ok("record_start", line.caller(), format="mp3", channels="single", max_length=1)


SPEAK = {"payload": "Hello", "voice": "v"}
ASSISTANT = between(("ai_assistant_start", {"assistant": {"id": "a"}}), "ai_assistant_stop")
RECORD = ("record_start", {"format": "mp3", "channels": "single", "transcription": True})
SPEAK_ROOM, PLAY_ROOM = in_room("conference_speak", **SPEAK), in_room("conference_play", media_name="m")
SPEAK_ONE = in_room("conference_speak", for_one=True, **SPEAK)
PLAY_ONE = in_room("conference_play", for_one=True, media_name="m")
PREMIUM = "premium_ios_call_screening_detection"

CAUSES: dict[str, Callable[[Line], object]] = {
    "call.ai_gather.ended": lambda line: asks_ai(line, is_partial=False),
    "call.ai_gather.message_history_updated": lambda line: asks_ai(line, is_partial=True),
    "call.ai_gather.partial_results": lambda line: asks_ai(line, is_partial=True),
    "call.analyzed": ASSISTANT,
    "call.answered": Line.caller,
    "call.bridged": lambda line: line.ok("bridge", line.caller(), call_control_id=line.caller()),
    "call.conversation.created": ASSISTANT,
    "call.conversation.ended": ASSISTANT,
    "call.conversation.start_failed": after("conversation_relay_start", url=GONE),
    "call.conversation_insights.generated": ASSISTANT,
    "call.cost": lambda line: line.world.hang_up(line.caller(), line.now),
    "call.deepfake_detection.error": lambda line: watched(line, speaks=False),
    "call.deepfake_detection.result": lambda line: watched(line, speaks=True),
    "call.dequeued": lambda line: line.ok("leave_queue", waits(line)),
    "call.dtmf.received": lambda line: line.world.press(line.caller(), "1", line.now),
    "call.enqueued": waits,
    "call.fork.started": after("fork_start"),
    "call.fork.stopped": between(("fork_start", {}), "fork_stop"),
    "call.gather.ended": after("gather"),
    "call.hangup": after("hangup"),
    "call.hold": holds,
    "call.initiated": Line.rings,
    "call.machine.detection.ended": detected("detect", "machine"),
    "call.machine.greeting.ended": detected("greeting_end", "machine"),
    "call.machine.premium.call_screening.detected": detected(PREMIUM, "screening"),
    "call.machine.premium.detection.ended": detected("premium", "person"),
    "call.machine.premium.detection.started": detected("premium", "person"),
    "call.machine.premium.greeting.ended": detected("premium", "machine"),
    "call.payment.completed": after("pay", payment_token="t"),
    "call.payment.progress": after("pay"),
    "call.playback.ended": after("playback_start", media_name="m"),
    "call.playback.started": after("playback_start", media_name="m"),
    "call.recording.saved": between(RECORD, "record_stop"),
    "call.recording.transcription.saved": between(RECORD, "record_stop"),
    "call.refer.completed": after("refer", sip_address="sip:a@example.com"),
    "call.refer.failed": after("refer", sip_address="sip:gone@example.com"),
    "call.refer.started": after("refer", sip_address="sip:a@example.com"),
    "call.speak.ended": after("speak", **SPEAK),
    "call.speak.started": after("speak", **SPEAK),
    "call.transcription": lambda line: (
        line.ok("transcription_start", leg := line.caller()),
        line.world.speak_into(leg, "Hello", line.now),
    ),
    "call.unhold": holds,
    "conference.created": Line.room,
    "conference.ended": lambda line: line.world.hang_up(line.room()[1], line.now),
    "conference.floor.changed": talks_in_room,
    "conference.participant.joined": Line.room,
    "conference.participant.left": in_room("conference_end"),
    "conference.participant.playback.ended": PLAY_ONE,
    "conference.participant.playback.started": PLAY_ONE,
    "conference.participant.speak.ended": SPEAK_ONE,
    "conference.participant.speak.started": SPEAK_ONE,
    "conference.playback.ended": PLAY_ROOM,
    "conference.playback.started": PLAY_ROOM,
    "conference.recording.saved": recorded_room,
    "conference.speak.ended": SPEAK_ROOM,
    "conference.speak.started": SPEAK_ROOM,
    "siprec.failed": after("siprec_start", connector_name="nobody"),
    "siprec.started": after("siprec_start"),
    "siprec.stopped": between(("siprec_start", {}), "siprec_stop"),
    "streaming.failed": after("streaming_start", stream_url=GONE),
    "streaming.started": after("streaming_start", stream_url="wss://a.example"),
    "streaming.stopped": between(("streaming_start", {"stream_url": "wss://a.example"}), "streaming_stop"),
}
BROKEN = {"call.recording.error": (broken_recording, Options(storage="broken"))}


@pytest.mark.parametrize("event_type", sorted(catalogue().events))
def test_each_event_has_a_cause_and_the_catalogues_shape(event_type):
    cause, options = BROKEN.get(event_type) or (CAUSES[event_type], OPTIONS)
    line = Line(options)

    cause(line)
    line.wait(60)

    assert event_type in line.types()
    assert misfits(next(hook for hook in line.webhooks if hook.event_type == event_type)) == []


def test_all_62_are_here():
    assert CAUSES.keys() | BROKEN.keys() == catalogue().events.keys()
    assert len(catalogue().events) == 62
