"""The session of one leg: everything that step() knows of a call, as it is stored between two events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from engine.core.state_format import STATE_FORMAT, readable

# unborn: events came before call.initiated; rung: a run of ours rings it; live: a flow runs; leaving: a hang-up is on
# its way; ended: a tombstone.
Status = Literal["unborn", "rung", "live", "leaving", "ended"]
Via = Literal["room", "dial", "bridge"]  # what made a link; `connect` puts two legs into a room of their own
# What is to be heard on the leg. Music goes on until something else is to be heard.
MediaKind = Literal["speak", "play", "gather", "record", "music", "ai"]


@dataclass(slots=True)
class Frame:
    """
    A place in a block of steps: step *number* of *block* (a state's name, or ``anywhere``).

    *fields* holds the values of ``event.*`` that the block reads, as they were when its event arrived.
    *is_main* marks the state's own ``do``. *depth* tells in which of the flows that run one inside the other it stands.
    """

    block: str
    number: int
    fields: dict[str, Any] = field(default_factory=dict)
    is_main: bool = False
    depth: int = 0


@dataclass(slots=True)
class Running:
    """
    The step that is being waited for.

    *stage*: held (until the leg is quiet), sent, accepted, unanswered (Telnyx wants the call answered first), early
    (Telnyx says that it is too early; it begins again in a moment).
    *n* is the count on its command (see ClientState), *note* what its verb remembers.
    """

    frame: Frame
    serial: int
    stage: str = "sent"
    n: int = 0
    note: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Media:
    """
    What was last made audible: the count of its command, and of the stop that was sent to end it (0: none).

    *depth* is that of the flow whose step it was. *is_heard*: Telnyx has reported that the music began.
    """

    kind: MediaKind
    n: int
    stop_n: int = 0
    depth: int = 0
    is_heard: bool = False


@dataclass(slots=True)
class Sent:
    """A command that Telnyx has not answered yet: what it is for, and in which step."""

    operation: str
    use: str
    serial: int


@dataclass(slots=True)
class Link:
    """
    Another leg of the same interaction, by its role: its run and the person's number.

    *listens* are the events of ours that it wants to hear, *variables* what ours may read of it, *told* what it knows
    of ours.
    """

    run: str
    number: str = ""
    via: Via = "room"
    call_control_id: str = ""
    flow: str = ""
    listens: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Rung:
    """A leg that this one rings, for the step with this *serial*; *links*: the two are linked when it answers."""

    role: str
    serial: int
    links: bool


@dataclass(slots=True)
class Origin:
    """
    Who rang this leg: a leg in *role* ("" for a call that was planned), by its run. *person*: how it introduced itself.

    *is_told*: it knows that this leg has answered or gone. *is_dropped*: it does not want it any more.
    """

    run: str
    role: str = ""
    links: bool = False
    person: dict[str, Any] = field(default_factory=dict)
    is_told: bool = False
    is_dropped: bool = False


@dataclass(slots=True)
class Bridging:
    """
    This leg takes the first caller of *queue* with Telnyx's own bridge, in the step with this *serial*.

    *is_sent*: it is its turn, and Telnyx was asked; *partner*: the caller's run; *is_bridged*: Telnyx has done it.
    """

    queue: str
    serial: int
    is_sent: bool = False
    is_bridged: bool = False
    partner: str = ""


@dataclass(slots=True)
class FarLeg:
    """
    A leg that a transfer rings; it has no run of its own (runtime.md, "What is serial").

    *n* is the count in its token: a transfer that is tried again under the same name has a higher one.
    """

    n: int = 0
    call_control_id: str = ""
    call_leg_id: str = ""
    is_bridged: bool = False
    is_over: bool = False


@dataclass(slots=True)
class Connecting:
    """
    This leg is being put into a private room with another one (``connect``).

    *takes*: it is the one that takes a caller. *is_off*: it did not work; a caller goes back in line once it is out of
    the room.
    """

    queue: str
    partner: str
    room: str
    takes: bool = False
    is_off: bool = False


@dataclass(slots=True, kw_only=True)
class Level:
    """
    What a leg keeps of a flow that waits while another flow runs inside it; the fields mean what they mean in Leg.
    """

    flow: str
    role: str
    at: str
    variables: dict[str, Any]
    called_by: Frame | None = None
    main: int = 0
    is_done: bool = False
    keyed: str | None = None
    tries: int = 0
    digits: str = ""
    first_n: int = 0
    music: int = 0
    is_failing: bool = False
    error_state: str = ""

    @property
    def state(self) -> str:
        return state_of(self.at)


def state_of(at: str) -> str:
    """Return the author's name of the state in a micro-state, "" where there is none."""
    return at.partition(":")[2].rpartition("#")[0]


def stored_whereabouts(text: str) -> tuple[str, str] | None:
    """Return the whereabouts of the leg that :meth:`Leg.encode` wrote, for those who need nothing else of it."""
    raw = orjson.loads(text)
    return _whereabouts(raw["flow"], raw["status"], raw["at"])


def _whereabouts(flow: str, status: str, at: str) -> tuple[str, str] | None:
    """Where no state of the author's is in force, the status stands for it, in brackets: no state is called so."""
    return (flow, state_of(at) or f"({status})") if flow and status != "ended" else None


@dataclass(slots=True, kw_only=True)
class Leg:
    """
    One leg in one role of one flow.

    *at* is the state of the flow's machine: ``role:state#step``, step 0 while none runs. *n* counts the commands that
    carried our client_state; *first_n* is the n of the state's first one (0: none yet). *timers* are epoch seconds
    by name; *gen* belongs to the one timer row. *spent* counts steps since something came from outside.
    *music* is the step of the state that plays it; *restarts*: how often it began anew, as nobody reported it.
    *error_state* is the state that an error led to; *is_failing*: the next move is an error's.
    *stay* counts the rooms that the leg asked to be let into: what a room says about an earlier stay is stale.
    *rung* are the legs that it rings, by their runs. *early* are messages of legs that it may be linked with soon.
    *departed* is the room that Telnyx has taken it out of, while it is not known whether its hang-up follows.
    *newest* is the occurred_at of the latest event about the queue, and about the room.
    *levels* are the flows that wait while this one runs inside them, the first flow first; *called_by* is the step of
    one of them that ``run`` this flow.
    """

    run: str
    ver: int = 0
    status: Status = "unborn"
    flow: str = ""
    role: str = ""
    call_control_id: str = ""
    call_leg_id: str = ""
    call_session_id: str = ""
    connection_id: str = ""
    direction: str = "incoming"
    from_: str = ""
    to: str = ""
    started_at: float = 0.0
    ended_at: float | None = None
    is_answered: bool = False
    at: str = "new"
    n: int = 0
    first_n: int = 0
    serial: int = 0
    running: Running | None = None
    waiting: list[Frame] = field(default_factory=list)
    main: int = 0
    is_done: bool = False
    keyed: str | None = None
    tries: int = 0
    digits: str = ""
    language: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)
    room_seen: dict[str, Any] = field(default_factory=dict)
    participant_seen: dict[str, Any] = field(default_factory=dict)
    queue: str = ""
    enqueued: dict[str, Any] = field(default_factory=dict)
    room: str = ""
    is_in_room: bool = False
    is_private: bool = False
    stay: int = 0
    departed: str = ""
    conference_id: str = ""
    hidden_id: str = ""
    newest: dict[str, float] = field(default_factory=dict)
    last_state: str = ""
    links: dict[str, Link] = field(default_factory=dict)
    far_legs: dict[str, FarLeg] = field(default_factory=dict)
    connecting: Connecting | None = None
    rung: dict[str, Rung] = field(default_factory=dict)
    origin: Origin | None = None
    bridging: Bridging | None = None
    early: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)
    media: Media | None = None
    music: int = 0
    restarts: int = 0
    timers: dict[str, float] = field(default_factory=dict)
    due: float | None = None
    gen: int = 0
    parked: list[dict[str, Any]] = field(default_factory=list)
    spent: int = 0
    spent_in_all: int = 0
    is_failing: bool = False
    error_state: str = ""
    levels: list[Level] = field(default_factory=list)
    called_by: Frame | None = None
    format: int = STATE_FORMAT

    @property
    def state(self) -> str:
        """The author's name of the state the leg is in, "" before the first and after the end."""
        return state_of(self.at)

    @property
    def whereabouts(self) -> tuple[str, str] | None:
        """The flow and the state that the leg is in; None without a flow and after the end."""
        return _whereabouts(self.flow, self.status, self.at)

    @property
    def number(self) -> str:
        """The person's number: *from* when they called, *to* when we did, "" when withheld."""
        number = self.from_ if self.direction == "incoming" else self.to
        return number if number.startswith("+") else ""

    @property
    def our_number(self) -> str:
        return self.to if self.direction == "incoming" else self.from_

    def encode(self) -> str:
        """Return the leg as JSON text."""
        return orjson.dumps(self).decode()

    @classmethod
    def decode(cls, text: str) -> Leg:
        """Return the leg that :meth:`encode` wrote. Fields that an older version did not know get their defaults."""
        raw = readable(orjson.loads(text))
        if raw["running"] is not None:
            raw["running"]["frame"] = Frame(**raw["running"]["frame"])
        for level in raw.get("levels", ()):
            level["called_by"] = level["called_by"] and Frame(**level["called_by"])
        for name, kind in _ONES:
            if part := raw.get(name):
                raw[name] = kind(**part)
        for name, kind in _LISTS:
            if parts := raw.get(name):
                raw[name] = [kind(**part) for part in parts]
        for name, kind in _BY_NAME:
            if named := raw.get(name):
                raw[name] = {key: kind(**part) for key, part in named.items()}
        leg = cls(run=raw["run"])
        for name, value in raw.items():  # four times as fast as cls(**raw), which looks for each of seventy names
            setattr(leg, name, value)
        return leg


# The fields of a leg that hold values of their own: one, several in a row, several by name.
_Parts = tuple[tuple[str, type[Any]], ...]
_ONES: _Parts = (
    ("running", Running), ("media", Media), ("connecting", Connecting), ("origin", Origin), ("bridging", Bridging),
    ("called_by", Frame),
)  # fmt: skip
_LISTS: _Parts = (("waiting", Frame), ("levels", Level))
_BY_NAME: _Parts = (("links", Link), ("far_legs", FarLeg), ("sent", Sent), ("rung", Rung))
