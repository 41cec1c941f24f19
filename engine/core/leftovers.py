"""What stays of a leg that has ended: enough for the events that come late, and nothing that was secret."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.flow import Flow
from engine.core.leg import Leg, Level


def clear(leg: Leg, flow_of: Callable[[str], Flow]) -> None:
    """
    Take out of an ended *leg* what no late event needs: secret variables, keys, what its handlers had before them.

    *flow_of* returns a flow of the leg's version. Other variables stay: a handler of ``call.recording.saved`` may
    send them.
    """
    levels: tuple[Leg | Level, ...] = (leg, *leg.levels)
    for level in levels:
        variables = flow_of(level.flow).variables
        starts = {name: variable.start for name, variable in variables.items() if variable.is_secret}
        level.variables = level.variables | {name: starts[name] for name in level.variables if name in starts}
        _clear_keys(level)
    _clear_rest(leg)


def clear_all(leg: Leg) -> None:
    """Take out of an ended *leg* whose flows cannot be read any more all that may be secret."""
    leg.variables, leg.levels, leg.running, leg.waiting = {}, [], None, []
    leg.parked, leg.links, leg.rung, leg.early = [], {}, {}, []
    _clear_keys(leg)
    _clear_rest(leg)


def _clear_keys(level: Leg | Level) -> None:
    level.digits = ""
    if level.called_by is not None:
        level.called_by.fields = {}


def _clear_rest(leg: Leg) -> None:
    leg.enqueued, leg.early = {}, []
    if leg.origin is not None:
        leg.origin.person = {"number": leg.origin.person.get("number")}
