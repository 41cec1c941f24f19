"""Whether a check of a scenario is true of what has happened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core.expression import Formula
from engine.core.flow import Exit
from engine.core.text import Text
from engine.scenario.cast import Cast
from engine.scenario.script import GAP, Check, Does, Hears, IsIn, Remembers
from engine.scenario.timeline import Begun, Done, Timeline
from engine.simulator.values import Entry

# How Telnyx calls what an author may work out with {{ }}; all other options that differ are written out in flows.
_SPELLINGS = {"text": "payload", "speak": "payload", "queue": "queue_name", "get": "url", "post": "url"}


@dataclass(slots=True)
class Cursor:
    """
    What a check of one kind on one leg may still match: nothing older than the last match, nothing twice.

    Things of one instant come in no order. *taken* are places in the timeline, *steps* the steps behind them.
    """

    place: int = 0
    at: float = float("-inf")
    taken: set[int] = field(default_factory=set)
    steps: set[int] = field(default_factory=set)

    def take(self, place: int, history: Sequence[Entry] | Sequence[Done]) -> None:
        """Note a match at *place* of *history*."""
        self.at = history[place].at
        self.taken.add(place)
        while history[self.place].at < self.at:
            self.place += 1


@dataclass(slots=True, kw_only=True)
class Checker:
    """Judges checks. Each one looks only at what came after the last match of its kind on the same leg."""

    cast: Cast
    timeline: Timeline
    heard: dict[str, Cursor] = field(default_factory=dict)
    done: dict[str, Cursor] = field(default_factory=dict)

    def holds(self, check: Check) -> bool:
        """Tell whether *check* is true now; a match moves on what the next check looks at."""
        match check:
            case Hears():
                return self._hears(check)
            case Does():
                return self._does(check) != check.is_forbidden
            case IsIn():
                session = self.cast.session(check.leg)
                if session is None or session.status != "live":
                    return False
                return self.cast.level(session).state == check.state
            case Remembers():
                return not self.forgotten(check)

    def forgotten(self, check: Remembers) -> dict[str, Any]:
        """Return the variables that have another value, with the value they have."""
        session = self.cast.session(check.leg)
        held = self.cast.level(session).variables if session is not None else {}
        return {name: held.get(name) for name, value in check.values.items() if held.get(name) != value}

    def _hears(self, check: Hears) -> bool:
        leg, heard = self._leg(check.leg), self.timeline.heard
        cursor = self.heard.setdefault(check.leg, Cursor())
        for place in range(cursor.place, len(heard)):
            entry = heard[place]
            if entry.leg == leg and place not in cursor.taken and is_heard(check, entry.what):
                cursor.take(place, heard)
                return True
        return False

    def _does(self, check: Does) -> bool:
        leg, history = self._leg(check.leg), self.timeline.done
        cursor = self.done.setdefault(check.leg, Cursor())
        for place in range(cursor.place, len(history)):
            done = history[place]
            step = _step_behind(check, done)
            serial = step.serial if step is not None else -1
            is_taken = place in cursor.taken or serial in cursor.steps
            if done.leg != leg or is_taken or not is_done(check, done):
                continue
            if not check.is_forbidden:
                cursor.take(place, history)
                cursor.steps |= {serial} - {-1}
            return True
        return False

    def _leg(self, name: str) -> str:
        look = self.cast.look(name)
        return look.leg.call_control_id if look is not None else "nobody"


def is_heard(check: Hears, what: str) -> bool:
    """Tell whether *what* was heard is what *check* waits for; line ends and spaces count alike."""
    heard = _squeezed(what)
    wanted = (_squeezed(sound) for sound in check.sounds)
    return any(sound in heard if check.is_part else _is_whole(sound, heard) for sound in wanted)


def _is_whole(sound: str, heard: str) -> bool:
    """Tell whether *heard* is *sound*, with anything in place of each GAP."""
    return re.fullmatch(".*".join(map(re.escape, sound.split(GAP))), heard) is not None


def _step_behind(check: Does, done: Done) -> Begun | None:
    """Return the author's step of the verb that *check* names, when *done* is part of it."""
    return done.step if done.step is not None and done.step.action.verb == check.name else None


def is_done(check: Does, done: Done) -> bool:
    """Tell whether *done* is the command that *check* names, with all its options."""
    step = _step_behind(check, done)
    if step is None and done.operation != check.name:
        return False
    options = (_has_option(step, done.parameters, name, value) for name, value in check.options.items())
    parameters = (done.parameters.get(name) == value for name, value in check.parameters.items())
    return all(options) and all(parameters)


def _has_option(step: Begun | None, parameters: Mapping[str, Any], name: str, value: Any) -> bool:
    """Compare in the author's spelling; what was worked out by a formula, or done by the engine, in Telnyx's."""
    written = None
    if step is not None:
        options = step.action.options
        written = options.get(name, _rest(options).get(name))
    if isinstance(written, Exit):
        written = written.state or written.kind
    if written is None or _is_worked_out(written):
        written = parameters.get(name, parameters.get(_SPELLINGS.get(name, name)))
    return bool(_squeezed(written) == _squeezed(value))


def _is_worked_out(written: Any) -> bool:
    """Tell whether a formula stands in what the author wrote, so that only what was sent can be compared."""
    if isinstance(written, Mapping):
        return any(_is_worked_out(inner) for inner in written.values())
    return isinstance(written, Formula | Text)


def _rest(options: Mapping[str, Any]) -> Mapping[str, Any]:
    found = options.get("values") or options.get("body") or options.get("parameters")
    return found if isinstance(found, Mapping) else {}


def _squeezed(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value
