"""Who is on the phone at a moment, how they stand, and where they are in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.scenario.rehearsal import Rehearsal
from engine.scenario.silence import is_silent
from engine.simulator.values import Look

Places = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    *looks* are those whose call is not over, by name, in alphabetical order.

    *places* are people who are in a flow, with their states; *alone* those of *looks* who talk with nobody.
    """

    looks: Mapping[str, Look]
    places: Places
    alone: frozenset[str]


def view_of(rehearsal: Rehearsal) -> View:
    """Return the moment that a call is at."""
    cast, world = rehearsal.cast, rehearsal.stage.world
    for leg in world.ringing:
        cast.ringing(cast.name_of(leg.call_control_id))  # from now on this leg is meant by the name
    seen = [world.look(call.id) for call in world.exchange.calls.values() if call.ended_at is None]
    looks = dict(sorted((cast.name_of(look.leg.call_control_id), look) for look in seen))
    sessions = ((name, cast.session(name)) for name in looks)
    return View(
        looks=looks,
        places=tuple((name, session.state) for name, session in sessions if session is not None),
        alone=frozenset(name for name, look in looks.items() if _is_alone(look)),
    )


def _is_alone(look: Look) -> bool:
    """Tell whether somebody would hear nothing if it were not for sounds and what they say themselves."""
    return look.state == "ringing" or is_silent(replace(look, hears=(), recording=False, is_machine=False))
