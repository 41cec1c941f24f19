"""gather: a question, and the keys that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core import media
from engine.core.acts.act import Act, Result, Verdict, is_stale, waits_for_webhook
from engine.core.acts.speech import AUDIO_LIMIT_S, SPEECH_S_PER_CHARACTER, is_markup, prompt_of, voice_parameters
from engine.core.event import Event
from engine.core.leg import Frame, Running
from engine.core.program import audio_parameters
from engine.core.scope import resolve
from engine.core.turn import Turn


def key_parameters(turn: Turn, frame: Frame) -> dict[str, Any]:
    """Return what Telnyx is told about the keys that are asked for, however the question is asked."""
    fewest, most = turn.option(frame, "digits")
    return {
        "minimum_digits": fewest,
        "maximum_digits": most,
        "terminating_digit": turn.option(frame, "end_key"),
        "valid_digits": turn.option(frame, "only"),
        "inter_digit_timeout_millis": round(turn.option(frame, "between_digits") * 1000),
    }


def wait_for_keys_s(turn: Turn, frame: Frame) -> float:
    """Return how long somebody may take to press all the keys, in seconds."""
    most = turn.option(frame, "digits")[1]
    return float(turn.option(frame, "wait") + most * turn.option(frame, "between_digits"))


def _begin(turn: Turn, running: Running) -> Result:
    frame = running.frame
    # Telnyx would repeat its prompt after wrong keys too; ours repeats after silence only, so one try at a time.
    common = key_parameters(turn, frame)
    wait_ms = round(turn.option(frame, "wait") * 1000)
    turn.leg.digits = ""
    written, audio = _question(turn, running)
    text = str(resolve(written, turn.scope(frame.fields)))
    if text:
        turn.send(
            "gather_using_speak",
            timeout_millis=wait_ms,
            maximum_tries=1,
            **common,
            **voice_parameters(turn, text, ssml=is_markup(written)),
        )
    elif audio:
        turn.send(
            "gather_using_audio",
            timeout_millis=wait_ms,
            maximum_tries=1,
            **common,
            **audio_parameters(turn.program.project, audio),
        )
    else:
        turn.send("gather", initial_timeout_millis=wait_ms, timeout_millis=wait_ms, **common)
    media.started(turn, "gather")
    running.note["limit_s"] = _limit(turn, running, text, bool(audio))
    return waits_for_webhook(running)


def _question(turn: Turn, running: Running) -> tuple[Any, str]:
    """Return the text that is spoken (as written), or the name of the audio that is played; both "" without one."""
    options = turn.action(running.frame).options
    if name := options.get("prompt"):
        prompt = prompt_of(turn, name)
        return prompt.text, prompt.audio
    return options.get("speak") or "", str(options.get("play") or "")


def _limit(turn: Turn, running: Running, text: str, has_audio: bool) -> float:
    asking_s = AUDIO_LIMIT_S if has_audio else SPEECH_S_PER_CHARACTER * len(text)
    return asking_s + wait_for_keys_s(turn, running.frame) + 10.0


def _ended(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name != "call.gather.ended" or is_stale(turn, running, event):
        return None
    return keyed(turn, running, event.payload)


def keyed(turn: Turn, running: Running, payload: Mapping[str, Any]) -> Result | None:
    """Take the *status* and *digits* that a question ended with; None where it has not ended for good."""
    leg, status = turn.leg, payload.get("status")
    digits = str(payload.get("digits") or "")
    if status == "valid":
        leg.digits, leg.keyed = digits, "digits"
        if into := turn.option(running.frame, "into"):
            leg.variables[into] = digits
        return Verdict.DONE
    if status == "invalid" or (status == "timeout" and digits):
        leg.keyed = "anything_else"
        return Verdict.DONE
    if status != "timeout":
        return None  # cancelled: not this one, which nobody cut; call_hangup: call.hangup is on its way
    leg.tries += 1
    if leg.tries < turn.option(running.frame, "tries"):
        return Verdict.AGAIN
    leg.keyed = "nothing"
    return Verdict.DONE


def _longest(_turn: Turn, running: Running) -> float:
    return float(running.note["limit_s"])


ACTS = {"gather": Act(begin=_begin, finish=_ended, limit_s=_longest)}
