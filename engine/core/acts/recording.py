"""record: a message from the caller, or all of the call in the background."""

from __future__ import annotations

from engine.core import media
from engine.core.acts.act import Act, Failure, Result, Verdict, waits_for_webhook
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.turn import Turn


def _begin(turn: Turn, running: Running) -> Result:
    frame = running.frame
    silence_s = turn.option(frame, "stop_on_silence")
    turn.send(
        "record_start",
        format=turn.option(frame, "format"),
        channels=turn.option(frame, "channels"),
        max_length=int(turn.option(frame, "longest")),
        play_beep=turn.option(frame, "beep"),
        timeout_secs=None if silence_s is None else int(silence_s),
    )
    if turn.option(frame, "during"):
        return Verdict.WAITS  # finished when accepted: record_stop or the call's end ends it
    media.started(turn, "record")
    return waits_for_webhook(running)


def _ended(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name not in ("call.recording.saved", "call.recording.error") or not running.note.get("awaits_webhook"):
        return None
    turn.leg.media = None
    if name == "call.recording.error":
        return Failure("recording_error", title=str(event.payload.get("reason") or ""))
    return Verdict.DONE


def _longest(turn: Turn, running: Running) -> float:
    return float(turn.option(running.frame, "longest")) + 60.0


ACTS = {"record": Act(begin=_begin, finish=_ended, limit_s=_longest)}
