"""Everybody stays silent: time runs from moment to moment, until the calls are over or begin to go round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.explore.fingerprint import Fingerprint
from engine.explore.play import Play, Trouble
from engine.explore.view import View
from engine.language.values import spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    One moment of a call. *has_changed*: somebody is in another state than at the moment before.
    """

    key: Fingerprint
    view: View
    has_changed: bool


def moments(play: Play) -> Iterator[Moment]:
    """
    Yield the moment that *play* is at, and those that follow as long as nobody does anything.

    Raises:
        Trouble: something happens that must not.
    """
    while True:
        moment = Moment(key=play.fingerprint(), view=play.view, has_changed=play.has_changed)
        yield moment
        _raise_if_longest(play, moment)
        if not play.do(()):
            _raise_if_stuck(play)
            return


def raise_if_round(play: Play, turn: Sequence[Moment]) -> None:
    """
    Raise Trouble for somebody who is alone all along *turn*, moments that come again and again.

    Those who talk with each other may go round: it is they who end it.
    """
    alone = sorted(frozenset.intersection(*(moment.view.alone for moment in turn)))
    if not alone:
        return
    name = alone[0]
    states = tuple(dict.fromkeys(state for moment in turn for who, state in moment.view.places if who == name))
    way = f"from {' to '.join([*states, states[0]])}" if len(states) > 1 else f"in {states[0]}" if states else ""
    message = f"{play.called(name)} does nothing, and goes round {way} without an end"
    raise Trouble(message, person=name, at=play.now, kind="round", where=tuple(sorted(states)))


def _raise_if_stuck(play: Play) -> None:
    """Raise Trouble for somebody who is on the phone and to whom nothing will ever happen."""
    for name in sorted(play.view.alone):
        raise play.trouble("stuck", f"{play.called(name)} is on the phone, and nothing will ever happen to them", name)


def _raise_if_longest(play: Play, moment: Moment) -> None:
    """Raise Trouble where the longest call of the settings is all that ends the call of somebody who is alone."""
    due = play.rehearsal.stage.next_due()
    for name in sorted(moment.view.alone):
        session = play.session(name)
        longest = session.timers.get("longest") if session is not None and session.status == "live" else None
        if session is not None and longest is not None and due is not None and due >= longest:
            lasts = spoken(round(longest - session.started_at))
            message = (
                f"{play.called(name)} does nothing, and only the longest call ({lasts}) ends it, in {session.state}"
            )
            raise Trouble(message, person=name, at=play.now, kind="longest", where=(session.state,))
