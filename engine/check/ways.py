"""The ways of calls across the flows of a folder: in which situations a call comes to each of them, and back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

from engine.check.paths import Situation, Visit, Walk
from engine.check.reuse import uses
from engine.language.loader import Folder
from engine.language.tree import FlowTree, RoleTree, StateTree, StepTree

_NEW, _ANSWERED = Situation(), Situation(is_answered=True)


class Ways:
    """
    What :mod:`engine.check.paths` says of a role, with the situations in which other flows give it calls.

    A flow that only other flows use begins as their calls are; where none is known, with an answered call.
    """

    def __init__(self, folder: Folder) -> None:
        self._flows: dict[str, FlowTree] = {}
        for tree in folder.trees:
            self._flows.setdefault(tree.name.text, tree)
        self._walks: dict[tuple[str, Situation], Walk] = {}
        self._roles: dict[int, Walk] = {}
        self._entries: dict[str, set[Situation]] = {name: set() for name in self._flows}
        self._busy: set[tuple[str, Situation]] = set()  # being walked: a flow that runs itself is told of elsewhere
        called = {use.of.name.text for use in uses(folder) if use.gift.verb == "call_later"}
        for name, tree in self._flows.items():
            starts = tree.caller.starts
            if name in called or starts.outgoing is not None:
                self._come(name, _ANSWERED)
            if not starts.is_empty or name == folder.project.project.unrouted.flow:
                self._come(name, _NEW)
        for name, tree in self._flows.items():
            if not self._entries[name]:
                self._come(name, _NEW if tree.caller.starts.by_flows is None else _ANSWERED)

    def visits(self, flow: FlowTree, role: RoleTree) -> list[Visit]:
        """Return every step of *role* with every situation in which it may come."""
        return self._of(flow, role).visits

    def states(self, flow: FlowTree, role: RoleTree) -> Iterator[tuple[StateTree, Situation]]:
        """Yield every state of *role* with all that may be true of a call while it is there."""
        return self._of(flow, role).states()

    def _of(self, flow: FlowTree, role: RoleTree) -> Walk:
        """Return the walk through *role*, made once for all rules."""
        if id(role) not in self._roles:
            begins = self._begins(flow, role)
            is_known = role is flow.caller and len(begins) == 1
            self._roles[id(role)] = (
                self._walk(flow.name.text, begins[0]) if is_known else Walk(role, begins, self._ends)
            )
        return self._roles[id(role)]

    def _begins(self, flow: FlowTree, role: RoleTree) -> list[Situation]:
        if role is not flow.caller:
            is_rung = bool(flow.dials(role.name))
            outside = [] if is_rung and role.starts.is_empty else [_NEW]
            return outside + [_ANSWERED] * is_rung
        return sorted(self._entries.get(flow.name.text, (_NEW,)), key=repr)

    def _come(self, name: str, situation: Situation) -> None:
        """A call comes to the flow *name*: follow it to wherever that hands it over."""
        todo = [(name, situation)]
        while todo:
            name, situation = todo.pop()
            if name in self._flows and situation not in self._entries[name]:
                self._entries[name].add(situation)
                for other, given in self._walk(name, situation).handed.items():
                    todo += [(other, entry) for entry in given]

    def _walk(self, name: str, situation: Situation) -> Walk:
        key = (name, situation)
        if key not in self._walks:
            self._busy.add(key)
            self._walks[key] = Walk(self._flows[name].caller, [situation], self._ends)
            self._busy.discard(key)
        return self._walks[key]

    def _ends(self, name: str, situation: Situation) -> Iterable[Situation]:
        """Return the situations in which a flow that is run gives the call back."""
        if name not in self._flows or (name, situation) in self._busy:
            return [situation]
        self._come(name, situation)
        return sorted(self._walk(name, situation).ends, key=repr)


@functools.lru_cache(maxsize=1)
def ways_of(folder: Folder) -> Ways:
    """Return the ways of *folder*: several rules ask, and the walks are most of their work."""
    return Ways(folder)


def steps_where(folder: Folder, holds: Callable[[Visit], bool]) -> Iterator[tuple[FlowTree, StepTree]]:
    """Yield each step once that may come in a situation in which *holds*, with its flow."""
    for flow, role in folder.roles():
        found = {id(visit.step): visit.step for visit in ways_of(folder).visits(flow, role) if holds(visit)}
        yield from ((flow, step) for step in found.values())
