"""speak, prompt, play: what the caller hears."""

from __future__ import annotations

from typing import Any

from engine.core import media
from engine.core.acts.act import Act, Failure, Result, Verdict, accepted, is_stale, waits_for_webhook
from engine.core.event import Event
from engine.core.flow import Prompt
from engine.core.leg import MediaKind, Running
from engine.core.program import audio_parameters
from engine.core.scope import resolve
from engine.core.text import Text, is_ssml
from engine.core.turn import Turn

FOREVER = "forever"
SPEECH_S_PER_CHARACTER = 0.15  # twice as slow as the slowest voices: a watchdog, not a guess
AUDIO_LIMIT_S = 900.0


def voice_parameters(
    turn: Turn, text: str, *, voice: Any = None, language: Any = None, ssml: bool = False
) -> dict[str, Any]:
    """Return the parameters with which Telnyx says *text* in the flow's voice."""
    settings = turn.program.flow.settings
    parameters = {
        "payload": text,
        "voice": voice or settings.voice,
        "language": language or turn.leg.language or settings.language,
    }
    if ssml:
        parameters["payload_type"] = "ssml"
    return parameters


def is_markup(option: Any) -> bool:
    """Tell whether the author wrote SSML; what a value looks like never makes a text SSML."""
    return isinstance(option, (str, Text)) and is_ssml(option if isinstance(option, str) else option.source)


def prompt_of(turn: Turn, name: str) -> Prompt:
    """Return what the entry *name* of prompts says in the leg's language, else in the flow's, else its first one."""
    settings = turn.program.flow.settings
    languages = turn.program.flow.prompts[name]
    for language in (turn.leg.language, settings.language):
        if language in languages:
            return languages[language]
    return next(iter(languages.values()))


def _say(turn: Turn, running: Running, kind: MediaKind, text: str, **voice: Any) -> Result:
    if not text.strip():
        return Verdict.DONE  # Telnyx refuses empty speech, and there is nothing to be heard
    turn.send("speak", **voice_parameters(turn, text, **voice))
    running.note["characters"] = len(text)
    media.started(turn, kind)
    return waits_for_webhook(running)


def _speak(turn: Turn, running: Running) -> Result:
    frame = running.frame
    return _say(
        turn,
        running,
        "speak",
        str(turn.option(frame, "text")),
        voice=turn.option(frame, "voice"),
        language=turn.option(frame, "language"),
        ssml=is_markup(turn.action(frame).options["text"]),
    )


def _prompt(turn: Turn, running: Running) -> Result:
    prompt = prompt_of(turn, turn.option(running.frame, "prompt"))
    if not prompt.audio:
        text = str(resolve(prompt.text, turn.scope(running.frame.fields)))
        return _say(turn, running, "speak", text, ssml=is_markup(prompt.text))
    turn.send("playback_start", **audio_parameters(turn.program.project, prompt.audio))
    media.started(turn, "play")
    return waits_for_webhook(running)


def _play(turn: Turn, running: Running) -> Result:
    repeat = turn.option(running.frame, "repeat")
    parameters = audio_parameters(turn.program.project, turn.option(running.frame, "audio"))
    if repeat == FOREVER:
        turn.leg.music = running.frame.number
        turn.send("playback_start", loop="infinity", **parameters)
        media.started(turn, "music")
        return Verdict.WAITS  # finished when accepted: it is the state's music
    turn.send("playback_start", loop=repeat, **parameters)
    media.started(turn, "play")
    return waits_for_webhook(running)


def _play_accepted(turn: Turn, running: Running, event: Event) -> Result:
    if turn.option(running.frame, "repeat") == FOREVER:
        media.await_music(turn)
    return accepted(turn, running, event)


def _heard(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name not in ("call.speak.ended", "call.playback.ended") or is_stale(turn, running, event):
        return None
    status = event.payload.get("status")
    if status in ("file_not_found", "failed"):
        return Failure(str(status), title=str(event.payload.get("status_detail") or ""))
    if status in ("cancelled", "call_hangup"):
        return None  # not this one, which nobody cut; or call.hangup is on its way
    return Verdict.DONE


def _longest(_turn: Turn, running: Running) -> float:
    characters = running.note.get("characters")
    return AUDIO_LIMIT_S if characters is None else 10.0 + SPEECH_S_PER_CHARACTER * characters


ACTS = {
    "speak": Act(begin=_speak, finish=_heard, limit_s=_longest),
    "prompt": Act(begin=_prompt, finish=_heard, limit_s=_longest),
    "play": Act(begin=_play, finish=_heard, accepted=_play_accepted, limit_s=_longest),
}
