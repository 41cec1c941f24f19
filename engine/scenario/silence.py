"""
How long each person has been sitting in silence.

Silence is: on the line, and nothing to be heard. No silence are speech, music and ringing, a conversation (a bridge,
or a room with somebody who can be heard), a recording (it is the person who speaks), the keys that one presses, and
an answering machine's greeting.
The checker and ``explore`` use the same definition (language.md, section 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.simulator.values import Entry, Look
from engine.simulator.world import World


@dataclass(slots=True)
class Silence:
    """*since* maps legs (call_control_id) that sit in silence to when it began, in epoch seconds."""

    world: World
    since: dict[str, float] = field(default_factory=dict)

    def observe(self, entries: Iterable[Entry], *, excused: Callable[[str], bool] = lambda leg: False) -> None:
        """Take in what happened; *entries* are the new lines of the world's record. Who is *excused* does not count."""
        for entry in entries:
            if entry.kind in ("hears", "presses", "says") and entry.leg is not None:
                self.since.pop(entry.leg, None)
        for leg in [leg.call_control_id for leg in self.world.legs]:
            if is_silent(self.world.look(leg)) and not excused(leg):
                self.since.setdefault(leg, self.world.now)
            else:
                self.since.pop(leg, None)

    def longest(self) -> tuple[str, float] | None:
        """Return who has been in silence for the longest, and since when; None when nobody is."""
        return min(self.since.items(), key=lambda item: item[1], default=None)


def is_silent(look: Look) -> bool:
    """Tell whether a person hears nothing and says nothing at this moment."""
    if look.state != "answered" or look.is_machine:
        return False
    return not (look.hears or look.recording or look.voices)
