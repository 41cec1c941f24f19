"""
What is to be heard on a leg: one thing at a time, the old one closed before the new one begins.

The predecessor is closed first: a stop carries its own count, and the next speak, play or gather goes after the
stopped one's ``ended``, or half a second after the stop's answer. Only so is an ``ended`` with a high count surely
about the new command (runtime.md, "Stale", b; simulated with stamps up to 300 ms late: 77 % of moves came too early
without a wait, none with 400 ms).
"""

from __future__ import annotations

from engine.core.event import Event
from engine.core.leg import Media, MediaKind
from engine.core.turn import Turn

QUIET_AFTER_S = 0.5
MUSIC_BEGINS_WITHIN_S = 8.0  # after Telnyx has taken the command; a caller sits in silence for ten seconds at most
_MOST_RESTARTS = 3
UNANSWERED_STOP_S = 5.0  # the longest that an unanswered command holds up its chain
QUESTIONS = {
    "gather": "gather_stop",
    "ai": "ai_assistant_stop",  # Telnyx names no stop of its own for gather_using_ai, whose AI is an assistant
}
_STOPS = {
    "speak": "playback_stop",
    "play": "playback_stop",
    "music": "playback_stop",
    "record": "record_stop",
    **QUESTIONS,
}
_SOUNDS = frozenset({"call.speak.ended", "call.playback.ended"})
_ENDS = {
    "gather": frozenset({"call.gather.ended"}),
    "ai": frozenset({"call.ai_gather.ended", "call.conversation.ended"}),
}


def started(turn: Turn, kind: MediaKind) -> None:
    """Note that the command just sent makes the leg audible."""
    turn.leg.media = Media(kind, turn.leg.n, depth=turn.depth)


def hush(turn: Turn) -> bool:
    """
    Stop what is to be heard, and return whether the leg is quiet already.

    A recording is stopped as well, but nobody need wait for it: it makes no sound.
    """
    media = turn.leg.media
    if media is None:
        return True
    if not media.stop_n:
        everything = {"stop": "all"} if _STOPS[media.kind] == "playback_stop" else {}
        turn.send(_STOPS[media.kind], everything, use="stop")
        media.stop_n = turn.leg.n
        turn.set_timer("quiet", UNANSWERED_STOP_S)
    if media.kind == "record":
        turn.leg.media = None
        return True
    return False


def stop_answered(turn: Turn) -> None:
    """Telnyx has taken the stop, or refused it: half a second from now the leg counts as quiet."""
    if turn.leg.media is not None and turn.leg.media.stop_n:
        turn.set_timer("quiet", QUIET_AFTER_S)


def quiet(turn: Turn) -> None:
    """Nothing is to be heard any more."""
    turn.leg.media = None
    turn.drop_timers("quiet", "music")


def await_music(turn: Turn) -> None:
    """Telnyx has taken the command for music: ``call.playback.started`` is to follow (facts.md, section 0, 3)."""
    media = turn.leg.media
    if media is not None and not media.is_heard and turn.leg.restarts < _MOST_RESTARTS:
        turn.set_timer("music", MUSIC_BEGINS_WITHIN_S)


def note_start(turn: Turn, event: Event) -> None:
    """Note that the music that Telnyx was asked for can be heard."""
    media, token = turn.leg.media, event.client_state
    if event.type != "call.playback.started" or media is None or media.kind != "music":
        return
    if token is None or token.run != turn.leg.run or token.n >= media.n:
        media.is_heard = True
        turn.drop_timers("music")
        turn.leg.restarts = 0


def miss_music(turn: Turn) -> None:
    """Nobody reported that the music began: the leg counts as quiet, so that the state's music begins anew."""
    media = turn.leg.media
    if media is not None and media.kind == "music" and not media.stop_n:
        turn.leg.restarts += 1
        quiet(turn)


def note_end(turn: Turn, event: Event) -> bool:
    """Return whether *event* ends what is to be heard; the leg is then quiet."""
    media = turn.leg.media
    if media is None or event.type not in _ENDS.get(media.kind, _SOUNDS):
        return False
    token = event.client_state
    if token is not None and token.run == turn.leg.run and token.n < media.n:
        return False
    status = event.payload.get("status")
    if status == "cancelled" and not media.stop_n:
        return False  # its predecessor's: this one was not cut (runtime.md, "Stale", c)
    if status == "call_hangup":
        return False  # the call is over: nothing else is to begin
    quiet(turn)
    return True
