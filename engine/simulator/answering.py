"""What begins with the answer of a leg, as answer, dial and transfer ask for it."""

from __future__ import annotations

from engine.simulator import assistants, sounds, taps, voices
from engine.simulator.exchange import Exchange
from engine.simulator.recordings import record_from_answer
from engine.simulator.requests import Request
from engine.simulator.state import Call


def begin(exchange: Exchange, call: Call, request: Request) -> str | None:
    """Begin with *call*, which was just answered, what *request* asks for; returns the id of its recording, if any."""
    recording = record_from_answer(exchange, call, request)
    if request["stream_url"]:
        taps.stream(exchange, call, request)
    if request["transcription"]:
        call.transcribes = True
    detection = request["deepfake_detection"]
    if detection and detection["enabled"]:
        voices.watch(exchange, call, detection)
    if request["send_digits_on_answer"]:
        sounds.hear_tones(exchange, call, request["send_digits_on_answer"])
    if request["assistant"]:
        assistants.begin(exchange, call, "assistant", {"assistant": request["assistant"]})
    elif request["conversation_relay_config"]:
        assistants.begin(exchange, call, "relay", request["conversation_relay_config"])
    return recording
