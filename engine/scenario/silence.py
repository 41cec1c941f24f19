"""
How long each person has been sitting in silence.

Silence is: on the line, and nothing to be heard. No silence are speech, music and ringing, a conversation (a bridge,
or a room with somebody who can be heard), a recording (it is the person who speaks), the keys that one presses, and an
answering machine that says its greeting.
The checker and ``explore`` use the same definition (language.md, section 7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.simulator.values import Entry, Look
from engine.simulator.world import World

_DETECTED = frozenset({"call.machine.detection.ended", "call.machine.premium.detection.ended"})
_GREETED = frozenset({"call.machine.greeting.ended", "call.machine.premium.greeting.ended"})


@dataclass(slots=True)
class Silence:
    """
    *since* maps legs (call_control_id) that sit in silence to when it began, in epoch seconds.

    *greeting* are the legs on which a machine was found and has not come to the end of its greeting.
    """

    world: World
    since: dict[str, float] = field(default_factory=dict)
    greeting: set[str] = field(default_factory=set)

    def observe(self, entries: Iterable[Entry]) -> None:
        """Take in what happened; *entries* are the new lines of the world's record."""
        looks = [self.world.look(leg.call_control_id) for leg in self.world.legs]
        for entry in entries:
            if entry.kind in ("hears", "presses", "says") and entry.leg is not None:
                self.since.pop(entry.leg, None)
            elif entry.kind == "webhook" and entry.leg is not None:
                self._observe_machine(entry, entry.leg)
        for look in looks:
            leg = look.leg.call_control_id
            if leg not in self.greeting and is_silent(look, looks):
                self.since.setdefault(leg, self.world.now)
            else:
                self.since.pop(leg, None)

    def _observe_machine(self, entry: Entry, leg: str) -> None:
        if entry.what in _DETECTED and entry.details["payload"]["result"] == "machine":
            self.greeting.add(leg)
        elif entry.what in _GREETED:
            self.greeting.discard(leg)

    def longest(self) -> tuple[str, float] | None:
        """Return who has been in silence for the longest, and since when; None when nobody is."""
        return min(self.since.items(), key=lambda item: item[1], default=None)


def is_silent(look: Look, looks: Iterable[Look]) -> bool:
    """Tell whether a person hears nothing and says nothing at this moment; *looks* are all legs."""
    if look.state != "answered" or look.hears or look.recording or look.bridged_with:
        return False
    return not (look.room and not look.on_hold and any(_speaks_to(other, look) for other in looks))


def _speaks_to(other: Look, look: Look) -> bool:
    """Tell whether *look* can hear *other*; a whisper with nobody to hear it is a monitor's (facts.md, section 4)."""
    me = look.leg.call_control_id
    is_there = other.leg.call_control_id != me and other.room == look.room
    is_unheard = other.on_hold or other.muted or other.role == "monitor"
    return is_there and not is_unheard and (other.role != "whisper" or me in other.whispers_to)
