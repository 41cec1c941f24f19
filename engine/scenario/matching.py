"""Whether a check of a scenario is true of what has happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.expression import Formula
from engine.core.text import Text
from engine.scenario.cast import Cast
from engine.scenario.script import Check, Does, Hears, IsIn, Remembers
from engine.scenario.timeline import Begun, Done, Timeline

# How Telnyx calls what an author may work out with {{ }}; all other options that differ are written out in flows.
_SPELLINGS = {"text": "payload", "speak": "payload", "queue": "queue_name"}


@dataclass(slots=True, kw_only=True)
class Checker:
    """
    Judges checks. Each one looks only at what came after the last match of its kind on the same leg.

    *heard_from* and *done_from* are these places in the timeline, by leg; *done_step* is the step that matched last.
    """

    cast: Cast
    timeline: Timeline
    heard_from: dict[str, int] = field(default_factory=dict)
    done_from: dict[str, int] = field(default_factory=dict)
    done_step: dict[str, int] = field(default_factory=dict)

    def holds(self, check: Check) -> bool:
        """Tell whether *check* is true now; a match moves on what the next check looks at."""
        match check:
            case Hears():
                return self._hears(check)
            case Does():
                return self._does(check) != check.is_forbidden
            case IsIn():
                session = self.cast.session(check.leg)
                return session is not None and session.status == "live" and session.state == check.state
            case Remembers():
                return not self.forgotten(check)

    def forgotten(self, check: Remembers) -> dict[str, Any]:
        """Return the variables that have another value, with the value they have."""
        session = self.cast.session(check.leg)
        held = session.variables if session is not None else {}
        return {name: held.get(name) for name, value in check.values.items() if held.get(name) != value}

    def _hears(self, check: Hears) -> bool:
        leg = self._leg(check.leg)
        for index in range(self.heard_from.get(check.leg, 0), len(self.timeline.heard)):
            entry = self.timeline.heard[index]
            if entry.leg == leg and is_heard(check, entry.what):
                self.heard_from[check.leg] = index + 1
                return True
        return False

    def _does(self, check: Does) -> bool:
        leg = self._leg(check.leg)
        for index in range(self.done_from.get(check.leg, 0), len(self.timeline.done)):
            done = self.timeline.done[index]
            is_same_step = done.step is not None and done.step.serial == self.done_step.get(check.leg)
            if done.leg != leg or (is_same_step and done.operation != check.name) or not is_done(check, done):
                continue
            if not check.is_forbidden:
                self.done_from[check.leg] = index + 1
                self.done_step[check.leg] = done.step.serial if done.step is not None else -1
            return True
        return False

    def _leg(self, name: str) -> str:
        look = self.cast.look(name)
        return look.leg.call_control_id if look is not None else "nobody"


def is_heard(check: Hears, what: str) -> bool:
    """Tell whether *what* was heard is what *check* waits for; line ends and spaces count alike."""
    heard = _squeezed(what)
    wanted = (_squeezed(sound) for sound in check.sounds)
    return any(sound in heard if check.is_part else sound == heard for sound in wanted)


def is_done(check: Does, done: Done) -> bool:
    """Tell whether *done* is the command that *check* names, with all its options."""
    step = done.step if done.step is not None and done.step.action.verb == check.name else None
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
    if written is None or isinstance(written, Formula | Text):
        written = parameters.get(name, parameters.get(_SPELLINGS.get(name, name)))
    return bool(_squeezed(written) == _squeezed(value))


def _rest(options: Mapping[str, Any]) -> Mapping[str, Any]:
    found = options.get("values") or options.get("body")
    return found if isinstance(found, Mapping) else {}


def _squeezed(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value
