"""
Every way that a call can take through a role, as far as telephony cares: is it answered, in a room, in a queue.

The walk follows every exit that could be taken and ignores conditions, so it says what *may* be, never what must.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.language.tree import BranchTree, ExitTree, RoleTree, Rules, StateTree, StepTree

_LEAVES_CALMLY = frozenset({"answer", "leave_conference", "leave_queue", "hangup", "reject"})


@dataclass(frozen=True, slots=True)
class Situation:
    """What may be true of a call at one moment."""

    is_answered: bool = False
    is_in_room: bool = False
    is_queued: bool = False

    def after_step(self, step: StepTree) -> Situation:
        """Return the situation once *step* has succeeded."""
        match step.name:
            case "answer":
                return replace(self, is_answered=True)
            case "join_conference":
                return replace(self, is_in_room=True)
            case "connect":
                return replace(self, is_in_room=True)
            case "leave_conference":
                return replace(self, is_in_room=False)
            case "enqueue":
                return replace(self, is_queued=True)
            case "leave_queue":
                return replace(self, is_queued=False)
        return self

    def after_event(self, event: str) -> Situation | None:
        """Return the situation once *event* has come, None where it cannot come."""
        prefix, _, rest = event.rpartition(".")
        if rest == "joined" and prefix and "." not in prefix:
            return Situation(self.is_answered, True, False) if self.is_queued or self.is_in_room else None
        if rest == "left" and prefix and "." not in prefix:
            return replace(self, is_in_room=False) if self.is_in_room else None
        match event:
            case "call.answered":
                return replace(self, is_answered=True)
            case "call.dequeued" | "call.bridged":
                return replace(self, is_queued=False)
            case "conference.ended" | "conference.participant.left":
                return replace(self, is_in_room=False)
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


def reachable(role: RoleTree) -> set[str]:
    """Return the states that some exit leads to, from the start and from ``anywhere``."""
    todo = [role.start.text] if role.start is not None else []
    todo += [target.word.text for _, target in role.anywhere.exits() if target.kind == "state"]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        state = role.state(name)
        if state is None or name in found:
            continue
        found.add(name)
        todo += [target.word.text for _, target in state.exits() if target.kind == "state"]
    return found


def walk(role: RoleTree) -> list[Visit]:
    """Return every step with every situation in which it may come, in the order of discovery."""
    return _Walk(role).run().visits


def walk_states(role: RoleTree) -> Iterator[tuple[StateTree, Situation]]:
    """Yield every state once, with all that may be true of a call while it is there, in the order of the file."""
    during = _Walk(role).run().during
    for state in role.states:
        moments = during.get(state.name, set())
        if moments:
            yield state, Situation(*(any(flags) for flags in zip(*map(_flags, moments), strict=True)))


def _flags(situation: Situation) -> tuple[bool, bool, bool]:
    return situation.is_answered, situation.is_in_room, situation.is_queued


class _Walk:
    """One exploration of a role; *visits* and *during* hold what it found."""

    def __init__(self, role: RoleTree) -> None:
        self.role = role
        self.visits: list[Visit] = []
        self.during: dict[str, set[Situation]] = {}
        self._seen: set[tuple[str, Situation]] = set()
        self._visited: set[tuple[int, Situation]] = set()
        self._todo: list[tuple[str, Situation]] = []

    def run(self) -> _Walk:
        if self.role.is_sound and self.role.start is not None:
            self._go(self.role.start.text, Situation())
        while self._todo:
            name, situation = self._todo.pop(0)
            state = self.role.state(name)
            if state is not None:
                self._enter(state, situation)
        return self

    def _go(self, name: str, situation: Situation) -> None:
        if (name, situation) not in self._seen:
            self._seen.add((name, situation))
            self._todo.append((name, situation))

    def _enter(self, state: StateTree, entered: Situation) -> None:
        moments = [entered]
        for step in state.steps:
            self._visit(state, step, moments[-1])
            moments.append(moments[-1].after_step(step))
        last = moments[-1]
        self.during.setdefault(state.name, set()).update(moments)
        self._rules(state, state.then, last)
        for branch in state.keys:
            self._rules(state, branch.rules, last)
        # Whoever answers does so before anything else can happen in the state.
        moments = list(dict.fromkeys(replace(moment, is_answered=last.is_answered) for moment in moments))
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
            after = situation
            for step in rule.steps:
                self._visit(state, step, after)
                after = after.after_step(step)
            self._exit(rule.then, after)

    def _visit(self, state: StateTree, step: StepTree, situation: Situation) -> None:
        if (id(step), situation) in self._visited:
            return
        self._visited.add((id(step), situation))
        self.visits.append(Visit(state, step, situation))
        if step.verb.silent or step.name in _LEAVES_CALMLY:
            return  # it cannot fail, or its failure means that the call is gone
        self._rules(state, state.on_error or self.role.anywhere.on_error, situation)

    def _exit(self, target: ExitTree | None, situation: Situation) -> None:
        if target is not None and target.kind == "state":
            self._go(target.word.text, situation)
