"""Recordings of calls and rooms: running, paused, and saved a little later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.simulator import sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import Refusal
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Conference, Recording
from engine.simulator.timeline import iso


def start(
    exchange: Exchange, recordings: list[Recording], call: Call | None, *, format_: str, channels: str, **details: Any
) -> Recording:
    """Begin a recording of *call*, or of a room (None), and append it to *recordings*."""
    recording = Recording(
        id=exchange.new_id("recording"), call=call, started_at=exchange.now, format=format_, channels=channels
    )
    recordings.append(recording)
    leg = call.id if call is not None else None
    exchange.note("state", leg, "recording started", recording=recording.id, **details)
    return recording


def choose(recordings: list[Recording], recording_id: str | None) -> Recording:
    """Return the recording with this id, or the latest. Raises Refusal 404 when there is none."""
    found = [one for one in recordings if recording_id in (None, one.id)]
    if not found:
        raise Refusal(404, "10005", "Recording not found.")
    return found[-1]


def saved_fields(exchange: Exchange, recording: Recording) -> dict[str, Any]:
    """Return what both ``recording.saved`` events say of *recording*, which ends now."""
    return {
        "channels": recording.channels,
        "recording_started_at": iso(recording.started_at),
        "recording_ended_at": iso(exchange.now),
        "public_recording_urls": {},
        "recording_urls": {recording.format: f"https://recordings.invalid/{recording.id}.{recording.format}"},
    }


def switch(find: Callable[[Exchange, Request], list[Recording]], *, pause: bool) -> Deed:
    """Return the deed that pauses or resumes a recording among those that *find* returns."""

    def deed(exchange: Exchange, request: Request) -> dict[str, Any]:
        recording = choose(find(exchange, request), request["recording_id"])
        recording.is_paused = pause
        if not pause:
            listen_for_silence(exchange, recording, 0)
        elif recording.quiet_alarm is not None:
            recording.quiet_alarm.cancel()
        return done()

    return deed


def record_call(
    exchange: Exchange,
    call: Call,
    *,
    format_: str,
    channels: str,
    max_length_s: float = 0,
    quiet_s: float = 0,
    transcribed: bool = False,
) -> Recording:
    """Record *call* until stopped, hung up, *max_length_s* or *quiet_s* of silence (0 = no such limit)."""
    recording = start(exchange, call.recordings, call, format_=format_, channels=channels)
    recording.transcribed, recording.quiet_s = transcribed, quiet_s
    if max_length_s:
        exchange.after(max_length_s, lambda: save(exchange, recording))
    listen_for_silence(exchange, recording, 0)
    return recording


def record_from_answer(exchange: Exchange, call: Call, wishes: Request | None) -> str | None:
    """Start the recording that ``record: record-from-answer`` asked for, and return its id."""
    if wishes is None or not wishes["record"]:
        return None
    return record_call(
        exchange,
        call,
        format_=wishes["record_format"],
        channels=wishes["record_channels"],
        max_length_s=wishes["record_max_length"],
        quiet_s=wishes["record_timeout_secs"],
    ).id


def hear(exchange: Exchange, call: Call, text: str, lasts_s: float) -> None:
    """The person on *call* has said *text*: recordings of the call, its partner and its room hold it, unless paused."""
    partners = call.partner.recordings if call.partner is not None else ()
    rooms = call.room.recordings if call.room is not None else ()
    for recording in [*call.recordings, *partners, *rooms]:
        if not recording.is_paused:
            recording.heard.append(text)
            listen_for_silence(exchange, recording, lasts_s)


def listen_for_silence(exchange: Exchange, recording: Recording, spoken_s: float) -> None:
    """Stop *recording* when nobody speaks for its ``timeout_secs`` after the next *spoken_s*."""
    if recording.quiet_alarm is not None:
        recording.quiet_alarm.cancel()
    if recording.quiet_s:
        recording.quiet_alarm = exchange.after(spoken_s + recording.quiet_s, lambda: save(exchange, recording))


def save(exchange: Exchange, recording: Recording) -> None:
    """End a call's *recording*; its webhooks come a little later, also after the hang-up (facts.md, section 0, 7)."""
    call = recording.call
    if call is None or recording not in call.recordings:
        return
    call.recordings.remove(recording)
    if recording.quiet_alarm is not None:
        recording.quiet_alarm.cancel()
    exchange.note("state", call.id, "recording ended", recording=recording.id, heard=list(recording.heard))
    fields = saved_fields(exchange, recording)

    def report() -> None:
        if exchange.options.storage == "broken":
            exchange.emit("call.recording.error", call, reason="Internal server error")
            return
        exchange.emit("call.recording.saved", call, **fields)
        if recording.transcribed:
            exchange.emit(
                "call.recording.transcription.saved",
                call,
                recording_id=recording.id,
                status="completed",
                recording_transcription_id=exchange.new_id("transcription"),
                calling_party_type="pstn",
                transcription_text=" ".join(recording.heard),
            )

    exchange.after(exchange.options.recording_saved_after_s, report)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A hang-up ends the call's recordings."""
    if because == "hangup":
        for recording in list(call.recordings):
            save(exchange, recording)


def save_room(exchange: Exchange, room: Conference, recording: Recording) -> None:
    """End a room's *recording*; its webhook comes a little later."""
    room.recordings.remove(recording)
    exchange.note("state", None, "recording ended", recording=recording.id, room=room.id, heard=list(recording.heard))
    fields = saved_fields(exchange, recording) | {"format": recording.format, "recording_id": recording.id}
    if exchange.options.storage == "works":
        exchange.after(
            exchange.options.recording_saved_after_s,
            lambda: exchange.emit("conference.recording.saved", room.owner, room, **fields),
        )


def _of_call(exchange: Exchange, request: Request) -> list[Recording]:
    return exchange.call(request.path["call_control_id"]).recordings


def _start(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    if call.answered_at is None or exchange.now < call.answered_at + exchange.options.audio_starts_after_s:
        raise Refusal(422, "90020", "Recording can't start before the call's audio has started.")
    if request["play_beep"]:
        sounds.beep(exchange, [call])
    record_call(
        exchange,
        call,
        format_=request["format"],
        channels=request["channels"],
        max_length_s=request["max_length"],
        quiet_s=request["timeout_secs"],
        transcribed=request["transcription"],
    )
    return done()


def _stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    save(exchange, choose(call.recordings, request["recording_id"]))
    return done()


DEEDS: dict[str, Deed] = {
    "record_start": _start,
    "record_stop": _stop,
    "record_pause": switch(_of_call, pause=True),
    "record_resume": switch(_of_call, pause=False),
}
