"""What somebody could do at a moment, and each once: call, press keys, pick up, hang up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.flow import CALLER, Role, State
from engine.explore.answers import VARIANTS, told
from engine.explore.material import quoted
from engine.explore.play import Deeds, Play
from engine.scenario.listening import listens
from engine.scenario.script import Calls, HangsUp, IsCalled, Presses, Reacts, TellsAi
from engine.simulator.state import Gather
from engine.simulator.values import Look

_KEY = "call.dtmf.received"
_KEYS = "7958460321*#"  # of a telephone, those first that flows name least
_NEGATION = re.compile(r"!=|\bnot\b|[<>]")
_FIXED = frozenset({"digits", "anything_else", "nothing"})  # of keys: words that are no keys
_MOST_ENTRIES = 6  # of those that formulas compare with


def deeds(play: Play, *, has_changed: bool) -> Iterator[Deeds]:
    """
    Yield what people could do now.

    *has_changed*: somebody is in another state than at the moment before; only then do others call in, as it makes no
    difference to them how long somebody has been there. While Telnyx refuses something for good, people do nothing.
    """
    if play.is_refused_for_good:
        return
    looks = play.view.looks
    yield from _calls(play, looks, has_changed=has_changed)
    for name, look in looks.items():
        if look.state == "ringing" and look.leg.direction == "outgoing":
            yield from _picks_up(play, name, look)
        else:
            yield from _talks(play, name, look)
        if look.state == "answered" or look.leg.direction == "incoming":
            yield (HangsUp(name),)


def _calls(play: Play, looks: Mapping[str, Look], *, has_changed: bool) -> Iterator[Deeds]:
    flow = play.material.flow
    for role in flow.roles.values():
        if role.name in play.callers or (play.callers and not has_changed):
            continue
        starts = role.starts_when
        if starts.numbers or starts.any_number or starts.connection:
            yield (Calls(leg=role.name),)
            yield from ((Calls(leg=role.name, from_number=number),) for number in play.material.numbers(role.name))
        elif role.name == CALLER and (starts.outgoing or starts.by_flows):
            yield (IsCalled(CALLER),)


def _picks_up(play: Play, name: str, look: Look) -> Iterator[Deeds]:
    if not play.rehearsal.cast.ringing(name):
        return
    yield (Reacts(name, "answers"),)
    yield (Reacts(name, "is busy"),)
    if play.rehearsal.stage.world.exchange.calls[look.leg.call_control_id].detection:
        yield (Reacts(name, "answers as a machine"),)


def _talks(play: Play, name: str, look: Look) -> Iterator[Deeds]:
    if look.ai_asks:
        yield from ((TellsAi(name, result),) for result in _tells(play, name))
    if listens(play.rehearsal.cast, name):
        for keys in dict.fromkeys([*_entered(play, look, _states(play, name)), *_handled(_states(play, name))]):
            yield (Presses(name, keys),)


def _tells(play: Play, name: str) -> Iterator[Mapping[str, Any] | None]:
    """Yield what somebody could tell an AI: nothing of what it asks for, and all of it."""
    yield None
    session = play.session(name)
    if session is None or session.running is None:
        return
    program, frame = play.rehearsal.cast.program_of(session), session.running.frame
    action = program.role(session.role).block(frame.block).action(frame.number)
    results: list[Mapping[str, Any]] = []
    for variant in VARIANTS:
        result = told(play.material, program.flow, action, variant)
        if result not in results:
            results.append(result)
    yield from results


def _states(play: Play, name: str) -> list[State]:
    """Return the state that somebody is in, and what holds anywhere in its role."""
    session = play.session(name)
    if session is None or session.status != "live":
        return []
    role: Role = play.rehearsal.cast.program_of(session).role(session.role)
    return [role.states[session.state], role.anywhere]


def _entered(play: Play, look: Look, states: list[State]) -> Iterator[str]:
    """Yield entries for a gather that runs: those that lead somewhere of their own, another valid one, a wrong one."""
    gather = play.rehearsal.stage.world.exchange.calls[look.leg.call_control_id].gather
    if gather is None:
        return
    listed = [key for state in states for key in state.keys if key not in _FIXED]
    known = [*listed, *[entry for entry in play.material.entries if len(entry) > 1 or not listed][:_MOST_ENTRIES]]
    for entry in known:
        if _fits(gather, entry):
            yield _finished(gather, entry)
    other = next((entry for entry in _plain(gather) if _fits(gather, entry) and entry not in known), None)
    if other is not None:
        yield _finished(gather, other)
    wrong = next((key for key in "0123456789*" if key not in gather.valid and key != gather.terminator), None)
    if gather.minimum > 1 and gather.terminator:
        yield f"{next(iter(gather.valid), '1')}{gather.terminator}"
    elif wrong is not None:
        yield wrong * gather.minimum


def _fits(gather: Gather, entry: str) -> bool:
    return gather.minimum <= len(entry) <= gather.maximum and set(entry) <= set(gather.valid)


def _finished(gather: Gather, entry: str) -> str:
    """Return *entry* with the key that says it is complete, where one is needed."""
    return entry if len(entry) >= gather.maximum else entry + gather.terminator


def _plain(gather: Gather) -> Iterator[str]:
    for key in _KEYS[:10]:
        yield key * max(1, gather.minimum)


def _handled(states: list[State]) -> Iterator[str]:
    """Yield the keys that handlers of single key presses name, and one that none of them names."""
    rules = [rule for state in states for rule in state.on.get(_KEY, ())]
    named = [
        key for rule in rules if rule.condition is not None for text in quoted(rule.condition.source) for key in text
    ]
    yield from (key for key in named if key in _KEYS)
    if any(rule.condition is None or _NEGATION.search(rule.condition.source) for rule in rules):
        yield next(key for key in _KEYS if key not in named)
