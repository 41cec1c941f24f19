"""
Counts, purely, what a laboratory must never find: over what the witness saw and what the database kept.

The witness is the simulated Telnyx and the balancer in front of the engines. All times are epoch seconds of the fast
time, all lengths seconds of it.
"""

from __future__ import annotations

import bisect
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.core.catalogue import Catalogue
from engine.core.event import ACCEPTED

# Telnyx tries a webhook again for 58 seconds, and waits up to 10 for each of six answers.
NOTICED_WITHIN_S = 120.0

_ATTEMPT_S = 5.0  # an attempt that had begun ends within this time

Policy = Literal["command_id", "harmless", "at_most_once"]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A command as the engine committed it, *at* that time."""

    at: float
    command_id: str
    run: str
    chain: str
    seq: int
    urgent: bool
    operation: str
    path: Mapping[str, str]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A timer that was carried out: when it was due, and when that was committed."""

    run: str
    due: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """
    What the database kept: *handled* event ids, every command ever decided, the outcome of each that has one, the
    commands *left* without one, the timers *fired*, the legs that have not ended (*live*), and when the others ended
    for the engine, by their call_control_id.
    """

    handled: frozenset[str] = frozenset()
    commands: Sequence[Decided] = ()
    outcomes: Mapping[str, str] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    fired: Sequence[Fired] = ()
    live: Sequence[str] = ()
    ended: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A request that Telnyx carried out; *command_id* is "" where the operation takes none."""

    at: float
    operation: str
    path: Mapping[str, str]
    parameters: Mapping[str, Any]
    command_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """
    What was seen from outside: ids of webhooks that were *acknowledged*, the requests *done* in order, calls that are
    still *open* in the end, and when the others were *over*, by their call_control_id; when some engine ran and the
    database was there (*live*, in order, not overlapping); *take_overs*: the instants at which another process went
    on. *frozen*: when a process was stopped between its last look and its request, and until when.
    """

    acknowledged: frozenset[str] = frozenset()
    done: Sequence[Done] = ()
    open: Sequence[str] = ()
    over: Mapping[str, float] = field(default_factory=dict)
    live: Sequence[Span] = ()
    take_overs: Sequence[float] = ()
    frozen: Sequence[Span] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """A command that was carried out more often than it was decided."""

    policy: Policy
    operation: str
    at: float
    after_freeze: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A timer with the *live_s* that passed between its time and its being carried out."""

    run: str
    at: float
    live_s: float
    after_take_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """*then* was carried out at *at*, after *first*, which is a later command of the same chain."""

    at: float
    first: Decided
    then: Decided
    after_freeze: bool = False


def lost_webhooks(seen: Witnessed, ledger: Ledger) -> list[str]:
    """Return the webhooks that were acknowledged and that the engine knows nothing of."""
    return sorted(seen.acknowledged - ledger.handled)


def lost_commands(seen: Witnessed, ledger: Ledger) -> list[str]:
    """
    Return the commands that came to nothing: without an outcome in the end, or noted as accepted and never carried out.

    A command that its call gave up, because it went on without it, was settled by that.
    """
    done = {request.command_id for request in seen.done}
    named = {request.operation for request in seen.done if request.command_id}
    untrue = {
        command.command_id
        for command in ledger.commands
        if command.operation in named
        and ledger.outcomes.get(command.command_id) == ACCEPTED
        and command.command_id not in done
    }
    return sorted(ledger.left | untrue)


def done_twice(seen: Witnessed, ledger: Ledger, catalogue: Catalogue) -> list[Twice]:
    """Return what was carried out more often than it was decided; without a command_id, by what it does."""
    allowed = Counter(_identity(command) for command in ledger.commands)
    allowed.update(command.command_id for command in ledger.commands)
    times: Counter[str] = Counter()
    found = []
    for request in seen.done:
        name = request.command_id or _identity(request)
        times[name] += 1
        if times[name] > allowed[name]:
            found.append(
                Twice(
                    policy=policy_of(request.operation, catalogue),
                    operation=request.operation,
                    at=request.at,
                    after_freeze=_follows(request.at, [end for _, end in seen.frozen], _ATTEMPT_S),
                )
            )
    return found


def policy_of(operation: str, catalogue: Catalogue) -> Policy:
    """Return how *operation* may be sent again."""
    row = catalogue.operations[operation]
    if row.resend == "harmless":
        return "harmless"
    return "command_id" if row.takes_command_id else "at_most_once"


def out_of_order(seen: Witnessed, ledger: Ledger) -> list[Overtaken]:
    """Return the commands that were carried out after a later one of their chain. Hang-ups may overtake."""
    of_id = {command.command_id: command for command in ledger.commands}
    nameless: dict[str, list[Decided]] = defaultdict(list)
    for command in sorted(ledger.commands, key=lambda command: command.seq):
        nameless[_identity(command)].append(command)
    last: dict[str, Decided] = {}
    first_times: set[str] = set()
    found = []
    for request in seen.done:
        command = of_id.get(request.command_id)
        if not request.command_id:
            command = _next_of(nameless[_identity(request)], last, before=request.at)
        if command is None or command.urgent or command.command_id in first_times:
            continue
        first_times.add(command.command_id)
        before = last.setdefault(command.chain, command)
        if command.seq < before.seq:
            after_freeze = _follows(request.at, [end for _, end in seen.frozen], _ATTEMPT_S)
            found.append(Overtaken(at=request.at, first=before, then=command, after_freeze=after_freeze))
        else:
            last[command.chain] = command
    return found


def _next_of(alike: list[Decided], last: Mapping[str, Decided], *, before: float) -> Decided | None:
    """
    Take the one of *alike* that was carried out: the first that is in order, for others may never have been sent.

    *alike* do the same, and nobody can tell them apart from outside. Those not decided *before* that time are none.
    """
    known = [one for one in alike if one.at <= before]
    in_order = (one for one in known if one.chain not in last or one.seq > last[one.chain].seq)
    found = next(in_order, known[0] if known else None)
    if found is not None:
        alike.remove(found)
    return found


def late_timers(seen: Witnessed, ledger: Ledger) -> list[Late]:
    """Return every timer with how late it was, the latest first."""
    live = LiveTime(seen.live)
    late = [
        Late(
            run=timer.run,
            at=timer.at,
            live_s=live.between(timer.due, timer.at),
            after_take_over=any(timer.due - 1.0 <= at <= timer.at for at in seen.take_overs),
        )
        for timer in ledger.fired
    ]
    return sorted(late, key=lambda timer: -timer.live_s)


def too_late(timers: Iterable[Late], *, work_s: float = 0.0) -> list[Late]:
    """
    Return the timers that were over 1 s late, or over 2 s after a take-over.

    *work_s* is granted beyond that, for what the machine needs to work: where time runs fast, that does not shrink.
    """
    return [timer for timer in timers if timer.live_s > (2.0 if timer.after_take_over else 1.0) + work_s]


def stuck_calls(seen: Witnessed, ledger: Ledger) -> list[str]:
    """
    Return the legs that somebody believes to live after all people have hung up, Telnyx or the engine, and those that
    the engine believed to live for long after they were over.
    """
    live = LiveTime(seen.live)
    unnoticed = {
        leg
        for leg, at in seen.over.items()
        if leg in ledger.ended and live.between(at, ledger.ended[leg]) > NOTICED_WITHIN_S
    }
    return sorted({*seen.open, *ledger.live, *unnoticed})


class LiveTime:
    """How much of any time lies in *spans*, which are in order and do not overlap."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._starts = [start for start, _ in spans]
        self._spans = spans
        self._sums = list(itertools.accumulate((end - start for start, end in spans), initial=0.0))

    def between(self, start: float, end: float) -> float:
        return self._until(end) - self._until(start)

    def _until(self, at: float) -> float:
        """Return how much was live before *at*."""
        number = bisect.bisect_right(self._starts, at)
        if number == 0:
            return 0.0
        start, end = self._spans[number - 1]
        return self._sums[number - 1] + min(at, end) - start


def _identity(what: Decided | Done) -> str:
    """Return what a command does, as text: two that do the same are the same to whoever hears them."""
    parameters = {name: value for name, value in what.parameters.items() if name != "command_id"}
    return json.dumps([what.operation, dict(what.path), parameters], sort_keys=True)


def _follows(at: float, instants: Iterable[float], within_s: float) -> bool:
    return any(0.0 <= at - instant <= within_s for instant in instants)
