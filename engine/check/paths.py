"""
Every way that a call can take through a role, as far as telephony cares: is it answered, in a room, in a queue.

The walk follows every exit that could be taken and ignores conditions, so it says what *may* be, never what must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.language.tree import BranchTree, ExitTree, RoleTree, Rules, StateTree, StepTree

_LEAVES_CALMLY = frozenset({"answer", "leave_conference", "leave_queue", "hangup", "reject"})


class Situation(NamedTuple):
    """
    What may be true of a call at one moment. *is_private*: its room is one that ``connect`` made; *is_unheard*:
    something could not be heard in this room already.
    """

    is_answered: bool = False
    is_in_room: bool = False
    is_queued: bool = False
    is_connected: bool = False
    is_private: bool = False
    is_unheard: bool = False

    def after_step(self, step: StepTree) -> Situation:
        """Return the situation once *step* has succeeded."""
        if step.is_audible and self.is_in_room:
            return self._replace(is_unheard=True)
        match step.name:
            case "answer":
                return self._replace(is_answered=True)
            case "join_conference":
                return self._replace(is_in_room=True, is_private=False, is_unheard=False)
            case "connect":
                return self._replace(is_in_room=True, is_private=True, is_unheard=False)
            case "leave_conference":
                return self._replace(is_in_room=False)
            case "conference_end" if "room" not in step.values:
                return self._replace(is_in_room=False)
            case "transfer" | "bridge":
                return self._replace(is_connected=True, is_queued=False)
            case "enqueue":
                return self._replace(is_queued=True)
            case "leave_queue":
                return self._replace(is_queued=False)
        return self

    def after_failure(self, step: StepTree) -> Situation:
        """Return the situation once *step* has failed."""
        return self.after_step(step) if step.is_audible else self

    def after_event(self, event: str) -> Situation | None:
        """Return the situation once *event* has come, None where it cannot come."""
        prefix, _, rest = event.rpartition(".")
        if rest == "joined" and prefix and "." not in prefix:
            # Taken out of a queue, or in one room with somebody; else a leg that was dialled has answered.
            is_together = self.is_queued or self.is_in_room
            is_private = self.is_queued or self.is_private
            return self._replace(is_in_room=True, is_queued=False, is_private=is_private) if is_together else self
        if rest == "left" and prefix and "." not in prefix:
            # Who stays is taken out of a private room, and of no other.
            return self._replace(is_in_room=self.is_in_room and not self.is_private, is_connected=False)
        match event:
            case "call.answered":
                return self._replace(is_answered=True)
            case "call.dequeued":
                return self._replace(is_queued=False)
            case "call.bridged":
                return self._replace(is_queued=False, is_connected=True)
            case "conference.ended" | "conference.participant.left":
                return self._replace(is_in_room=False)
        return self


@dataclass(frozen=True, slots=True)
class Visit:
    """A step and one situation in which it may come."""

    state: StateTree
    step: StepTree
    situation: Situation


def ends_the_call(state: StateTree) -> bool:
    """Return whether ``do`` itself ends the call."""
    return any(step.name in ("hangup", "reject") for step in state.steps)


def reachable(role: RoleTree, begin: StateTree | None = None) -> set[str]:
    """Return the states that some exit leads to from *begin* on, without it from the start and from ``anywhere``."""
    if begin is not None:
        return closure(role, [begin.name], _targets)
    start = [role.start.text] if role.start is not None else []
    return closure(role, [*start, *_targets(role.anywhere)], _targets)


def closure(role: RoleTree, begin: Iterable[str], leads_to: Callable[[StateTree], Iterable[str]]) -> set[str]:
    """Return the states of *role* among *begin*, and all that *leads_to* comes to from there on."""
    todo = [*begin]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        state = role.state(name)
        if state is not None and name not in found:
            found.add(name)
            todo += leads_to(state)
    return found


def _targets(block: StateTree) -> list[str]:
    return [target.word.text for _, target in block.exits() if target.kind == "state"]


# What may be true when a flow that a step runs has ended, by its name and the situation in which it began.
Ends = Callable[[str, Situation], Iterable[Situation]]


def _as_before(_flow: str, situation: Situation) -> Iterable[Situation]:
    return (situation,)


class Walk:
    """
    One exploration of a role, from *entries* on; *visits* and *during* hold what it found.

    *ends* are the situations in which its flow may end, *handed* those in which it hands over, by the other's name.
    """

    def __init__(self, role: RoleTree, entries: Iterable[Situation] = (Situation(),), ends: Ends = _as_before) -> None:
        self.role = role
        self.ends: set[Situation] = set()
        self.handed: dict[str, set[Situation]] = {}
        self._ends_of = ends
        self.visits: list[Visit] = []
        self.during: dict[str, set[Situation]] = {}
        self._seen: set[tuple[str, Situation]] = set()
        self._visited: set[tuple[int, Situation]] = set()
        self._todo: list[tuple[str, Situation]] = []

        for entry in entries:
            if role.is_sound and role.start is not None:
                self._go(role.start.text, entry)
        while self._todo:
            name, situation = self._todo.pop(0)
            state = self.role.state(name)
            if state is not None:
                self._enter(state, situation)

    def states(self) -> Iterator[tuple[StateTree, Situation]]:
        """Yield every state once, with all that may be true of a call while it is there, in the order of the file."""
        for state in self.role.states:
            moments = self.during.get(state.name, set())
            if moments:
                yield state, Situation(*(any(flags) for flags in zip(*moments, strict=True)))

    def _go(self, name: str, situation: Situation) -> None:
        if (name, situation) not in self._seen:
            self._seen.add((name, situation))
            self._todo.append((name, situation))

    def _enter(self, state: StateTree, entered: Situation) -> None:
        lasts = [entered]
        moments = [entered]
        for step in state.steps:
            lasts = self._after(state, step, lasts)
            moments += lasts
        self.during.setdefault(state.name, set()).update(moments)
        for last in lasts:
            for rules in (state.then, *(branch.rules for branch in state.keys)):
                self._rules(state, rules, last)
        # Whoever answers does so before anything else can happen in the state.
        answers = bool(lasts) and all(last.is_answered for last in lasts)
        moments = list(dict.fromkeys(moment._replace(is_answered=moment.is_answered or answers) for moment in moments))
        for moment in moments:
            for branch in (*state.after, *state.every):
                self._rules(state, branch.rules, moment)
            for branch in self._handlers(state):
                changed = moment.after_event(branch.name)
                if changed is not None:
                    self._rules(state, branch.rules, changed)

    def _handlers(self, state: StateTree) -> Iterator[BranchTree]:
        own = {branch.name for branch in state.on}
        yield from state.on
        yield from (branch for branch in self.role.anywhere.on if branch.name not in own)

    def _rules(self, state: StateTree, rules: Rules, situation: Situation) -> None:
        for rule in rules:
            lasts = [situation]
            for step in rule.steps:
                lasts = self._after(state, step, lasts)
            for last in lasts:
                self._exit(rule.then, last)

    def _after(self, state: StateTree, step: StepTree, before: list[Situation]) -> list[Situation]:
        """Visit *step* in each situation, and return those that may be true once it has succeeded."""
        found: list[Situation] = []
        for situation in before:
            self._visit(state, step, situation)
            if step.name == "run":
                found += self._ends_of(str(step.values.get("flow") or ""), situation)
            else:
                found.append(situation.after_step(step))
        return list(dict.fromkeys(found))

    def _visit(self, state: StateTree, step: StepTree, situation: Situation) -> None:
        if (id(step), situation) in self._visited:
            return
        self._visited.add((id(step), situation))
        self.visits.append(Visit(state, step, situation))
        if step.verb.silent or step.name in _LEAVES_CALMLY:
            return  # it cannot fail, or its failure means that the call is gone
        situation = situation.after_failure(step)
        self._rules(state, state.on_error or self.role.anywhere.on_error, situation)
        self._exit(step.exit, situation)

    def _exit(self, target: ExitTree | None, situation: Situation) -> None:
        if target is None:
            return
        if target.kind == "state":
            self._go(target.word.text, situation)
        elif target.kind == "flow":
            self.handed.setdefault(target.word.text, set()).add(situation)
        elif target.kind == "end":
            self.ends.add(situation)
