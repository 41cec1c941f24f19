"""stop, send_dtmf, switch_supervisor_role, the recording's and the transcription's switches: done when accepted."""

from __future__ import annotations

from typing import Any

from engine.core import media
from engine.core.acts.act import Act, Result, Verdict
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.turn import Turn


def told(operation: str, **parameters: Any) -> Act:
    """
    Return the act that sends *operation* and has finished when Telnyx accepts it.

    *parameters* maps Telnyx's names to the verb's options; a number of seconds for ``..._millis`` becomes milliseconds.
    """

    def begin(turn: Turn, running: Running) -> Result:
        given = {name: turn.option(running.frame, option) for name, option in parameters.items()}
        turn.send(operation, {name: _spelled(name, value) for name, value in given.items()})
        return Verdict.WAITS

    return Act(begin=begin)


def _spelled(name: str, value: Any) -> Any:
    return round(value * 1000) if name.endswith("_millis") and value is not None else value


def _stop(turn: Turn, _running: Running) -> Result:
    """Stop what is playing; the state's music does not begin again."""
    leg = turn.leg
    leg.music = 0
    turn.send("playback_stop", stop="all")
    if leg.media is not None:
        leg.media.stop_n = leg.n  # what is heard next waits until this one has ended
        turn.set_timer("quiet", media.UNANSWERED_STOP_S)
    return Verdict.WAITS


def _stopped(turn: Turn, _running: Running, _event: Event) -> Result:
    media.stop_answered(turn)
    return Verdict.DONE


ACTS = {
    "stop": Act(begin=_stop, accepted=_stopped),
    "record_stop": told("record_stop"),
    "record_pause": told("record_pause"),
    "record_resume": told("record_resume"),
    "send_dtmf": told("send_dtmf", digits="digits", duration_millis="each"),
    "switch_supervisor_role": told("switch_supervisor_role", role="role"),
    "transcription_start": told("transcription_start", transcription_engine="engine", transcription_tracks="tracks"),
    "transcription_stop": told("transcription_stop"),
    "ai_assistant_stop": told("ai_assistant_stop"),
}
