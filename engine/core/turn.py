"""One turn of a run: what a single event makes of it. The working paper of step(), thrown away afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core import leftovers
from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import TELL, Command, OutboxRow, command_id
from engine.core.event import ClientState
from engine.core.flow import Action, Role, State
from engine.core.leg import Frame, Leg, Level, Sent
from engine.core.machine import move, step_name
from engine.core.program import Program
from engine.core.recall import Recall
from engine.core.scope import Scope, resolve
from engine.core.told import told

HANGUPS = frozenset({"hangup", "reject"})


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """
    The commands of one turn, with their ids and chains, and the lines of its history: of legs, rooms and queues.

    *flow* is the flow that they are for, unless ``put`` is told another one. *recall* has what was worked out with
    secrets.
    """

    run: str
    ver: int
    now: float
    flow: str = ""
    rows: list[OutboxRow] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)
    recall: Recall = field(default_factory=Recall)

    def note(self, kind: str, record: Mapping[str, Any]) -> None:
        """Write a line of the run's history."""
        self.journal.append(JournalEntry(run=self.run, at=self.now, kind=kind, record=record))

    def put(self, command: Command, *, chain: str = "", urgent: bool = False, flow: str = "") -> str:
        """Add *command* to *chain* (the run's own unless named) and return its command_id."""
        index = len(self.rows)
        identity = command_id(self.run, self.ver, index)
        self.rows.append(
            OutboxRow(
                command_id=identity,
                run=self.run,
                chain=chain or self.run,
                seq=self.ver * 1000 + index,
                command=command,
                created_at=self.now,
                urgent=urgent,
                flow=flow or self.flow,
            )
        )
        record = told(command, identity, masked=self.recall.masked)
        if record is not None:
            self.note("command", record)
        return identity

    def tell(self, receiver: str, event_type: str, **payload: Any) -> None:
        """Send a message to another run, in a chain of its own for this pair."""
        self.put(
            Command(operation=TELL, path={"run": receiver}, parameters={"type": event_type, "payload": payload}),
            chain=f"{self.run}>{receiver}",
        )


@dataclass(slots=True, kw_only=True)
class Turn:
    """
    One event's work on one leg: *leg* is a private copy that the turn changes.

    *programs* finds a flow of the run's version by its name. *depth* is that of the flow at work, *program* the flow
    itself: the innermost, but for a moment an outer one (engine.core.levels).
    *moved* says that a state was entered, so that parked events are offered again. *hangup* has the fields of this
    leg's call.hangup. *keeps*: the leg was connected with this run ("" for a leg without one), and leaves all others.
    *hides* tells whether one of some names is masked in the history (engine.core.secrecy).
    """

    programs: Callable[[str], Program]
    leg: Leg
    now: float
    out: Outgoing
    keys: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    moved: bool = False
    hangup: Mapping[str, Any] | None = None
    keeps: str | None = None
    hides: Callable[[Turn, frozenset[str]], bool] = lambda _turn, _names: False
    program: Program = field(init=False)
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        self.program, self.depth = self.programs(self.leg.flow), len(self.leg.levels)
        self.out.flow = self.level(0).flow  # also while it uses another one

    def level(self, depth: int) -> Leg | Level:
        """Return where the flow at *depth* stands: its name, role, state and variables."""
        return self.leg if depth == self.depth else self.leg.levels[depth]

    def role_at(self, depth: int) -> Role:
        level = self.level(depth)
        return self.programs(level.flow).role(level.role)

    @property
    def role(self) -> Role:
        return self.program.role(self.leg.role)

    @property
    def state(self) -> State:
        return self.role.states[self.leg.state]

    def action(self, frame: Frame) -> Action:
        role = self.role if frame.depth == self.depth else self.role_at(frame.depth)
        return role.block(frame.block).action(frame.number)

    def scope(self, event: Mapping[str, Any] | None = None) -> Scope:
        return Scope(self.program, self.leg, event or {}, self.now, self.recalled)

    def recalled(self, names: frozenset[str], work: Callable[[], object], *, is_plain: bool = False) -> Any:
        """Return what *work* makes of values of these *names*; noted where the history masks one of them."""
        return self.out.recall.of(work, is_plain=is_plain) if self.hides(self, names) else work()

    def option(self, frame: Frame, name: str) -> Any:
        """Return an option of the step at *frame*, formulas worked out now (texts are filled in when a step runs)."""
        return resolve(self.action(frame).options.get(name), self.scope(frame.fields))

    def note(self, kind: str, **record: Any) -> None:
        """Write a line of the run's history."""
        self.out.note(kind, record)

    # -- commands ---------------------------------------------------------------------------------------------

    def send(
        self,
        operation: str,
        body: Mapping[str, Any] | None = None,
        *,
        use: str = "step",
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> str:
        """
        Issue one Telnyx operation about this leg; return its command_id.

        *body* and *parameters* make up the JSON body, *query* the query string; those that are None are left out.
        Where the operation takes a client_state, the next count goes with it. *use*: step (the running one waits for
        it), stop, hangup, watch (does the call live while a step is silent?), gone (it was said to have ended), look
        (the service asks), aside, connect, put back.
        """
        leg = self.leg
        row = self.program.catalogue.operations[operation]
        content = {name: value for name, value in {**(body or {}), **parameters}.items() if value is not None}
        if row.takes_client_state and not row.is_read:
            leg.n += 1
            leg.first_n = leg.first_n or leg.n
            content["client_state"] = ClientState(self.program.install, leg.run, leg.n).encode()
        where = path if path is not None else {"call_control_id": leg.call_control_id}
        identity = self.out.put(
            Command(operation=operation, path=where, parameters=content, query=query or {}), urgent=operation in HANGUPS
        )
        leg.sent[identity] = Sent(operation, use, leg.serial)
        return identity

    def withdraw(self, *, is_ending: bool = False) -> None:
        """
        Take back what this state has not sent yet, and give up sending its audio again (no stale speech).

        The manoeuvre of ``connect`` goes on in the next state; when the run ends, only hang-ups are left.
        """
        kept = ("hangup",) if is_ending else ("hangup", "watch", "look", "stop", "connect", "put back")
        for identity, sent in list(self.leg.sent.items()):
            if sent.use in kept:
                continue
            (self.abandoned if sent.operation in AUDIO_OPERATIONS else self.withdrawn).append(identity)
            del self.leg.sent[identity]

    # -- time -------------------------------------------------------------------------------------------------

    def set_timer(self, name: str, after_s: float) -> None:
        self.leg.timers[name] = self.now + after_s

    def drop_timers(self, *prefixes: str) -> None:
        """Forget the timers whose names begin with one of *prefixes*."""
        for name in [name for name in self.leg.timers if name.startswith(prefixes)]:
            del self.leg.timers[name]

    # -- the machine ------------------------------------------------------------------------------------------

    def trigger(self, name: str) -> None:
        """Move the machine. Raises DefectError where the flow has no such move."""
        self.leg.at = move(self.program.machine, self.leg.at, name)

    def begin_step(self, frame: Frame) -> None:
        self.trigger(f"begin {step_name(frame.block, frame.number)}")

    # -- the result -------------------------------------------------------------------------------------------

    def change(self, *, event_id: str, ver_before: int, version: str) -> Change:
        """Return all that this turn changed, ready to be committed."""
        leg = self.leg
        due = min(leg.timers.values(), default=None)
        if due != leg.due:
            leg.due = due
            leg.gen += 1
        if self.out.recall.noted:
            self.note("results", values=self.out.recall.noted)
        if leg.status == "ended":
            leftovers.clear(leg, lambda name: self.programs(name).flow)
        return Change(
            event_id=event_id,
            at=self.now,
            ver_before=ver_before,
            row=Row(run=leg.run, ver=leg.ver, state=leg.encode(), version=version, ended_at=leg.ended_at),
            keys=tuple(self.keys),
            commands=tuple(self.out.rows),
            withdrawn=tuple(self.withdrawn),
            abandoned=tuple(self.abandoned),
            settled=tuple(self.settled),
            timer=None if due is None else Timer(leg.run, due, leg.gen),
            journal=tuple(self.out.journal),
            whereabouts=leg.whereabouts,
        )


AUDIO_OPERATIONS = frozenset(
    {"speak", "playback_start", "gather", "gather_using_speak", "gather_using_audio", "gather_using_ai", "record_start"}
)
