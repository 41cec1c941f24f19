"""Telnyx's own bridge with the first caller of a queue: one at a time, so that it is known who was taken by whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.core.links import GO, PARTNER
from engine.core.turn import Outgoing

_TAKEN = frozenset({"bridged", "bridging-in-process"})  # with the latter the connection may still fail


@dataclass(slots=True)
class Taker:
    """A leg that wants the first caller: its run, which of its steps, and how it introduces itself."""

    run: str
    serial: int
    person: dict[str, Any] = field(default_factory=dict)
    is_under_way: bool = False
    has_partner: bool = False


def is_under_way(takers: list[Taker]) -> bool:
    return bool(takers) and takers[0].is_under_way


def begin_next(takers: list[Taker], out: Outgoing) -> None:
    """Tell the first in line that it is its turn, unless it knows."""
    if takers and not takers[0].is_under_way:
        takers[0].is_under_way = True
        out.tell(takers[0].run, GO, serial=takers[0].serial)


def left(takers: list[Taker], out: Outgoing, run: str, reason: str) -> None:
    """A caller has left the line; where a bridge took it, the two are told of each other."""
    if reason in _TAKEN and is_under_way(takers) and not takers[0].has_partner:
        takers[0].has_partner = True
        out.tell(run, PARTNER, person=takers[0].person)
