"""Legs that a transfer rings: they have no run, and their events come to the leg that rang them, under their name."""

from __future__ import annotations

from engine.core.event import Event
from engine.core.leg import FarLeg
from engine.core.names import control_key, leg_key
from engine.core.turn import Turn


def name_of(turn: Turn, event: Event) -> str | None:
    """
    Return the name under which handlers know *event*: ``sales.call.hangup`` for a far leg's.

    None when it says nothing new: it is another leg's, an earlier transfer's, or the second call.bridged of a bridge.
    """
    word = _word(turn, event)
    if word is None:
        return None
    if not word:
        return event.type if event.type != "call.bridged" or _is_first(turn, event) else None
    far, token = turn.leg.far_legs.setdefault(word, FarLeg()), event.client_state
    if token is not None and token.word == word and token.n < far.n:
        return None  # of an earlier try under the same name
    _know(turn, far, event)
    if event.type == "call.bridged":
        is_news, far.is_bridged = not far.is_bridged, True
        return event.type if is_news else None
    if event.type == "call.hangup":
        far.is_over = True
    return f"{word}.{event.type}"


def hang_up_late(turn: Turn, event: Event) -> None:
    """
    A far leg of a call that has hung up rings or answers only now: nobody waits for it any more.

    Neither for this leg itself, where it was rung and given up before anything was heard of it.
    """
    if event.type not in ("call.initiated", "call.answered") or not event.call_control_id:
        return
    leg, token = turn.leg, event.client_state
    if leg.direction == "outgoing" and not leg.call_control_id and token is not None and token.run == leg.run:
        leg.call_control_id = event.call_control_id
        turn.send("hangup", use="hangup")
        return
    word = _word(turn, event)
    if not word:
        return
    far = turn.leg.far_legs.setdefault(word, FarLeg())
    if not (far.is_bridged or far.is_over or far.call_control_id):
        _know(turn, far, event)
        turn.send("hangup", use="hangup", path={"call_control_id": event.call_control_id})


def _word(turn: Turn, event: Event) -> str | None:
    """Return the far leg's word, "" for this leg's own events, None for those of a leg that is neither."""
    leg, token = turn.leg, event.client_state
    for mine, its in ((leg.call_leg_id, event.call_leg_id), (leg.call_control_id, event.call_control_id)):
        if its and its == mine:
            return ""
    for word, far in leg.far_legs.items():
        if event.call_leg_id and event.call_leg_id == far.call_leg_id:
            return word
        if event.call_control_id and event.call_control_id == far.call_control_id:
            return word
    if token is not None and token.word and token.run == leg.run:
        return token.word
    return None if event.call_leg_id or event.call_control_id else ""


def _know(turn: Turn, far: FarLeg, event: Event) -> None:
    """Keep the far leg's ids, so that its events are found without a token, too."""
    if event.call_control_id and not far.call_control_id:
        far.call_control_id = event.call_control_id
        turn.keys.append(control_key(far.call_control_id))
    if event.call_leg_id and not far.call_leg_id:
        far.call_leg_id = event.call_leg_id
        turn.keys.append(leg_key(far.call_leg_id))


def _is_first(turn: Turn, event: Event) -> bool:
    """Tell whether this leg's own call.bridged is news: the newest transfer's first one of the two."""
    far = max(turn.leg.far_legs.values(), key=lambda far: far.n, default=None)
    if far is None or (far.is_over and not far.is_bridged):
        return True  # of a bridge: nobody answered the transfer
    token = event.client_state
    if far.is_bridged or (token is not None and token.run == turn.leg.run and token.n < far.n):
        return False
    far.is_bridged = True
    return True
