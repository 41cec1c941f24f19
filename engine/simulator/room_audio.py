"""What is played to a room or to some in it, and what is collected and recorded there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.simulator import audio, conferences, gathers, recordings, sounds
from engine.simulator.exchange import Exchange
from engine.simulator.participants import chosen
from engine.simulator.refusals import Refusal
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Channel, Conference, Recording, Sound

# Makes a sound from its listeners and what it reports when it starts and ends.
_Make = Callable[[Callable[[], list[Call]], Callable[[], None], Callable[[str], None]], Sound]


def _sound_deed(prepare: Callable[[Exchange, Conference, Request], tuple[_Make, dict[str, Any]]], kind: str) -> Deed:
    def deed(exchange: Exchange, request: Request) -> dict[str, Any]:
        room = conferences.find(exchange, request)
        make, fields = prepare(exchange, room, request)

        def play(channel: Channel, listeners: Callable[[], list[Call]], prefix: str, leg: Call | None) -> None:
            sounds.play(
                exchange,
                channel,
                make(
                    listeners,
                    lambda: exchange.emit(f"{prefix}.{kind}.started", leg, room, **fields),
                    lambda status: exchange.emit(f"{prefix}.{kind}.ended", leg, room, **fields),
                ),
            )

        if not request["call_control_ids"]:
            play(room.channel, room.listeners, "conference", None)
            return done()
        for stay in chosen(exchange, room, request):
            play(stay.channel, lambda leg=stay.call: [leg], "conference.participant", stay.call)  # type: ignore[misc]
        return done()

    return deed


def _speech(exchange: Exchange, room: Conference, request: Request) -> tuple[_Make, dict[str, Any]]:
    def make(listeners: Callable[[], list[Call]], on_start: Callable[[], None], on_end: Callable[[str], None]) -> Sound:
        return sounds.speech(exchange, request["payload"], listeners, on_start=on_start, on_end=on_end, room=room.id)

    return make, {}


def _file(exchange: Exchange, room: Conference, request: Request) -> tuple[_Make, dict[str, Any]]:
    fields = audio.media(request)
    audio.refuse_bad(exchange, request)
    name = next(iter(fields.values()))

    def make(listeners: Callable[[], list[Call]], on_start: Callable[[], None], on_end: Callable[[str], None]) -> Sound:
        return sounds.file(
            exchange, name, listeners, loop=request["loop"], on_start=on_start, on_end=on_end, room=room.id
        )

    return make, fields


def _stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.find(exchange, request)
    for stay in chosen(exchange, room, request):
        sounds.stop(exchange, stay.channel)
    if not request["call_control_ids"]:
        sounds.stop(exchange, room.channel)
    return done()


def _gather(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.find(exchange, request)
    call = exchange.live_call(request["call_control_id"], pointer="/call_control_id")
    stay = room.stay_of(call)
    if stay is None:
        raise Refusal(422, "90015", "This call is not in the conference.", pointer="/call_control_id")
    gathers.in_room(exchange, call, request, stay.channel, room)
    return done()


def _send_dtmf(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.find(exchange, request)
    for stay in chosen(exchange, room, request):
        sounds.hear_tones(exchange, stay.call, request["digits"], room.id)
    return done()


def _record_start(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.find(exchange, request)
    if request["play_beep"]:
        sounds.beep(exchange, room.listeners(), room.id)
    recordings.start(
        exchange, room.recordings, None, format_=request["format"], channels=request["channels"], room=room.id
    )
    return done()


def _record_stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    room = conferences.find(exchange, request)
    recording = recordings.choose(room.recordings, request["recording_id"])
    room.client_state = request["client_state"] or room.client_state
    recordings.save_room(exchange, room, recording)
    return done()


def _of_room(exchange: Exchange, request: Request) -> list[Recording]:
    return conferences.find(exchange, request).recordings


DEEDS: dict[str, Deed] = {
    "conference_play": _sound_deed(_file, "playback"),
    "conference_speak": _sound_deed(_speech, "speak"),
    "conference_stop": _stop,
    "conference_gather_using_audio": _gather,
    "conference_send_dtmf": _send_dtmf,
    "conference_record_start": _record_start,
    "conference_record_stop": _record_stop,
    "conference_record_pause": recordings.switch(_of_room, pause=True),
    "conference_record_resume": recordings.switch(_of_room, pause=False),
}
