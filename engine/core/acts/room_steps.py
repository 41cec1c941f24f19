"""conference_*, participant_*, check_conference: what a step asks the room's run to do, and what it learns from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.core import levels, media
from engine.core.acts import paging
from engine.core.acts.act import Act, Result, Verdict, failure_from, is_stale
from engine.core.acts.gathering import key_parameters, keyed, wait_for_keys_s
from engine.core.acts.rooms import room_called
from engine.core.acts.speech import AUDIO_LIMIT_S, FOREVER, SPEECH_S_PER_CHARACTER, is_markup, voice_parameters
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.names import ME, room_run
from engine.core.program import audio_parameters
from engine.core.room_state import NEVER_ENDED
from engine.core.turn import Turn
from engine.core.verbs import VERBS

_ANSWERED_WITHIN_S = 20.0  # the room's message, Telnyx's answer, and the first attempts that fail
_Parameters = Callable[[Turn, Running], Mapping[str, Any]]


def _ask(turn: Turn, running: Running, parameters: Mapping[str, Any], **more: Any) -> Result:
    """Ask the room's run; a step about a room that the call is not in, for it has ended, counts as done."""
    leg, frame = turn.leg, running.frame
    named = turn.option(frame, "room")
    room = room_called(turn, str(named)) if named else leg.room
    if not room:
        return Verdict.DONE
    running.note["limit_s"] = _ANSWERED_WITHIN_S + more.get("seconds", 0.0)
    turn.out.tell(
        room_run(room),
        "room.work",
        run=leg.run,
        serial=running.serial,
        flow=turn.level(levels.known_as(turn)).flow,
        call_control_id=leg.call_control_id,
        operation=VERBS[turn.action(frame).verb].operations[0],
        parameters={name: value for name, value in parameters.items() if value is not None},
        is_named=room != leg.room,
        **{"to": list(turn.option(frame, "to") or ()), **more},
    )
    return Verdict.WAITS


def _worked(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    """Take what the room's run says about the step."""
    if name != "room.worked" or event.payload["serial"] != running.serial:
        return None
    if event.payload["outcome"] == "failed":
        return failure_from(event.payload)
    if event.payload["outcome"] == "accepted":
        turn.set_timer("step", float(event.payload["within_s"]))
        return Verdict.WAITS
    return Verdict.DONE


def _limit(_turn: Turn, running: Running) -> float:
    return float(running.note["limit_s"])


def _step(parameters: _Parameters = lambda _turn, _running: {}, *, ends_by: str = "") -> Act:
    """Return the act of a verb that only asks, with *parameters*."""

    def begin(turn: Turn, running: Running) -> Result:
        return _ask(turn, running, parameters(turn, running), ends_by=ends_by)

    return Act(begin=begin, finish=_worked, limit_s=_limit)


def _options(**names: str) -> _Parameters:
    """Return what hands on options of the verb: *names* maps Telnyx's words to them."""

    def parameters(turn: Turn, running: Running) -> Mapping[str, Any]:
        return {word: turn.option(running.frame, option) for word, option in names.items()}

    return parameters


# -- said and played -------------------------------------------------------------------------------------------


def _speak(turn: Turn, running: Running) -> Result:
    frame = running.frame
    text = str(turn.option(frame, "text"))
    if not text.strip():
        return Verdict.DONE  # Telnyx refuses empty speech, and there is nothing to be heard
    voice = {name: turn.option(frame, name) for name in ("voice", "language")}
    parameters = voice_parameters(turn, text, ssml=is_markup(turn.action(frame).options["text"]), **voice)
    return _ask(turn, running, parameters, ends_by="speak", seconds=SPEECH_S_PER_CHARACTER * len(text))


def _play(turn: Turn, running: Running) -> Result:
    repeat = turn.option(running.frame, "repeat")
    audio = audio_parameters(turn.program.project, turn.option(running.frame, "audio"))
    if repeat == FOREVER:
        return _ask(turn, running, {**audio, "loop": "infinity"}, ends_by="playback", is_music=True)
    return _ask(turn, running, {**audio, "loop": repeat}, ends_by="playback", seconds=AUDIO_LIMIT_S)


def _hold(turn: Turn, running: Running) -> Mapping[str, Any]:
    audio = turn.option(running.frame, "audio")
    return audio_parameters(turn.program.project, audio) if audio else {}


def _press(turn: Turn, running: Running) -> Mapping[str, Any]:
    each_s = turn.option(running.frame, "each")
    duration_ms = None if each_s is None else round(each_s * 1000)
    return {"digits": turn.option(running.frame, "digits"), "duration_millis": duration_ms}


# -- a question ------------------------------------------------------------------------------------------------


def _gather(turn: Turn, running: Running) -> Result:
    frame = running.frame
    to = list(turn.option(frame, "to") or (ME,))
    parameters = {
        **audio_parameters(turn.program.project, turn.option(frame, "play")),
        **key_parameters(turn, frame),
        "timeout_millis": round(turn.option(frame, "wait") * 1000),
        "maximum_tries": 1,
    }
    turn.leg.digits = ""
    asking_s = AUDIO_LIMIT_S + wait_for_keys_s(turn, frame)
    result = _ask(turn, running, parameters, to=to, ends_by="gather", seconds=asking_s)
    running.note["is_mine"] = to == [ME]
    if result is Verdict.WAITS and running.note["is_mine"]:
        media.started(turn, "gather")  # leaving the state ends the question
    return result


def _gathered(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    is_mine = running.note["is_mine"]
    if is_mine and name == "call.gather.ended" and not is_stale(turn, running, event):
        return keyed(turn, running, event.payload)
    result = _worked(turn, running, name, event)
    if result is None or result is Verdict.WAITS:
        return result
    if is_mine:
        media.quiet(turn)
    if result is Verdict.DONE and "status" in event.payload:
        return keyed(turn, running, event.payload) or Verdict.DONE
    return result


# -- read ------------------------------------------------------------------------------------------------------


def _checked(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name == "room.worked" and event.payload["serial"] == running.serial:
        nobody = {"people": 0, "started_at": None, "ends_at": None}
        if event.payload.get("code") == "no_such_room" or event.payload["outcome"] == "done":
            turn.leg.room_seen = event.payload.get("found") or nobody
            return Verdict.DONE
    return _worked(turn, running, name, event)


def _listed(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    result = _worked(turn, running, name, event)
    is_none = result is not None and event.payload.get("code") == "no_such_room"
    if result is Verdict.DONE or is_none:
        turn.leg.variables[turn.option(running.frame, "into")] = event.payload.get("names") or []
        return Verdict.DONE
    return result


def _retrieved(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    result = _worked(turn, running, name, event)
    if result is Verdict.DONE:
        turn.leg.participant_seen = event.payload.get("found") or {}
    return result


# Rooms that are open are of two kinds for Telnyx, and it lists one kind at a time.
_ROOMS = paging.listing(
    "conference_list",
    take=lambda row: row.get("name"),
    path=lambda _turn, _running: {},
    query=lambda _turn, running: {"filter": {"status": running.note.get("status", NEVER_ENDED[0])}},
)


def _rooms_listed(turn: Turn, running: Running, event: Event) -> Result:
    result = _ROOMS.accepted(turn, running, event)
    if result is not Verdict.DONE:
        return result
    if "first" not in running.note:
        running.note.update(first=running.note["found"], status=NEVER_ENDED[1])
        return _ROOMS.begin(turn, running)
    turn.leg.variables[turn.option(running.frame, "into")] = [*running.note["first"], *running.note["found"]]
    return Verdict.DONE


ACTS = {
    "check_conference": Act(begin=_step().begin, finish=_checked, limit_s=_limit),
    "conference_list": Act(begin=_ROOMS.begin, accepted=_rooms_listed),
    "participant_list": Act(begin=_step().begin, finish=_listed, limit_s=_limit),
    "participant_retrieve": Act(begin=_step().begin, finish=_retrieved, limit_s=_limit),
    "participant_update": _step(_options(beep_enabled="beep", end_conference_on_exit="end_room_on_exit")),
    "conference_speak": Act(begin=_speak, finish=_worked, limit_s=_limit),
    "conference_play": Act(begin=_play, finish=_worked, limit_s=_limit),
    "conference_stop": _step(),
    "conference_record_start": _step(_options(format="format", channels="channels", play_beep="beep")),
    "conference_record_pause": _step(),
    "conference_record_resume": _step(),
    "conference_record_stop": _step(),
    "conference_mute": _step(),
    "conference_unmute": _step(),
    "conference_hold": _step(_hold),
    "conference_unhold": _step(),
    "conference_gather": Act(begin=_gather, finish=_gathered, limit_s=_limit),
    "conference_send_dtmf": _step(_press),
    "conference_role": _step(_options(supervisor_role="role")),
    "conference_end": _step(ends_by="end"),
}
