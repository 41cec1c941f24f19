"""What the simulated Telnyx remembers: calls, sounds, gathers, recordings, queues and rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.simulator.values import Entry, Leg, Route


@dataclass(slots=True, eq=False)
class Alarm:
    """Something that will happen by itself at *due*, unless it is cancelled."""

    due: float
    action: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


@dataclass(slots=True, eq=False, kw_only=True)
class Sound:
    """
    Something audible: speech or a file. *length_s* None = until stopped.

    *outcome* is the status when it ends by itself. *on_end* gets the status: completed, cancelled, call_hangup, ...
    *on_forgotten* is called instead when it is taken out of the line before it sounded.
    """

    kind: str
    what: str
    length_s: float | None
    listeners: Callable[[], list[Call]]
    on_start: Callable[[], None]
    on_end: Callable[[str], None]
    on_forgotten: Callable[[], None] = lambda: None
    room: str | None = None
    outcome: str = "completed"
    entries: dict[str, Entry] = field(default_factory=dict)
    alarm: Alarm | None = None
    has_started: bool = False


@dataclass(slots=True, eq=False)
class Channel:
    """Sounds that are played one after another; the first is playing."""

    sounds: list[Sound] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Gather:
    """A collection of digits that is running. Times are in seconds; *first_digit_s* None = no such limit."""

    minimum: int
    maximum: int
    terminator: str
    valid: str
    timeout_s: float
    between_s: float
    first_digit_s: float | None
    tries: int
    interrupts: bool
    reports: bool
    prompt_sound: Callable[[], Sound] | None
    invalid_sound: Callable[[], Sound] | None
    channel: Channel
    prompt: Sound | None = None
    digits: str = ""
    total_alarm: Alarm | None = None
    digit_alarm: Alarm | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Recording:
    """A recording of *call*, or of a room (None)."""

    id: str
    call: Call | None
    started_at: float
    format: str
    channels: str
    transcribed: bool = False
    is_paused: bool = False
    quiet_s: float = 0.0
    quiet_alarm: Alarm | None = None
    heard: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Talk:
    """
    A conversation with an AI. *guests* are the legs that joined it, with True where their hang-up ends it.

    *sound* is None until it is heard. *reports_history*: each message is reported.
    """

    id: str
    kind: Literal["gather", "assistant", "relay"]
    owner: Call
    assistant_id: str
    started_at: float
    reports_history: bool
    reports_parts: bool
    messages: list[Mapping[str, Any]]
    sound: Sound | None = None
    guests: dict[Call, bool] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Payment:
    """A payment that is being taken: *steps* are still to be asked for, the first one now."""

    steps: list[str]
    method: str
    connector: str
    charges: bool
    attempts: int
    timeout_s: float
    between_s: float
    card_types: frozenset[str]
    attempt: int = 1
    digits: str = ""
    known: dict[str, Any] = field(default_factory=dict)
    prompt: Sound | None = None
    alarm: Alarm | None = None


TapKind = Literal["stream", "fork", "siprec"]


@dataclass(frozen=True, slots=True)
class Tap:
    """A copy of a call's sound that goes elsewhere: a media stream, a fork or a SIPREC session."""

    id: str
    goes_to: str


@dataclass(slots=True, eq=False)
class Deepfake:
    """A look at whether a voice is real, which is still going on."""

    alarm: Alarm


@dataclass(slots=True, eq=False)
class QueuedCall:
    """A place in a queue."""

    call: Call
    queue: Queue
    enqueued_at: float
    keep_after_hangup: bool
    alarm: Alarm | None = None


@dataclass(slots=True, eq=False)
class Queue:
    """A queue. *waits_s* are the waits of those who left it."""

    id: str
    name: str
    max_size: int
    created_at: float
    updated_at: float
    entries: list[QueuedCall] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Participant:
    """A leg's stay in a room; *hold_sound* while it is held with audio."""

    id: str
    call: Call
    joined_at: float
    updated_at: float
    beep: str
    is_muted: bool = False
    is_held: bool = False
    waits_for_start: bool = False
    role: str = "none"
    whispers_to: list[str] = field(default_factory=list)
    ends_room: bool = False
    ends_room_softly: bool = False
    status: str = "joined"
    channel: Channel = field(default_factory=Channel)
    hold: Channel = field(default_factory=Channel)

    @property
    def hears_room(self) -> bool:
        return self.status == "joined" and not (self.is_held or self.waits_for_start)


@dataclass(slots=True, eq=False, kw_only=True)
class Conference:
    """A room. *owner* is the leg that created it; *stays* holds those who left, too."""

    id: str
    name: str
    region: str
    owner: Call
    client_state: str | None
    max_participants: int
    beep: str
    hold_audio: str
    created_at: float
    expires_at: float
    updated_at: float
    has_started: bool
    floor: Call | None = None
    ended_at: float | None = None
    end_reason: str | None = None
    ended_by: Call | None = None
    stays: list[Participant] = field(default_factory=list)
    channel: Channel = field(default_factory=Channel)
    recordings: list[Recording] = field(default_factory=list)
    expiry: Alarm | None = None

    @property
    def present(self) -> list[Participant]:
        return [stay for stay in self.stays if stay.status == "joined"]

    def listeners(self) -> list[Call]:
        """Return the legs that hear what is played to the room."""
        return [stay.call for stay in self.stays if stay.hears_room]

    def stay_of(self, call: Call) -> Participant | None:
        """Return the present participant that *call* is, or None."""
        return next((stay for stay in self.present if stay.call is call), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Where a leg's webhooks go: all to *url* ("" = the account's), those of *urls* there, retried by *retries_ms*."""

    url: str = ""
    method: str = "POST"
    urls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    urls_method: str = "POST"
    retries_ms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def route(self, event_type: str) -> Route:
        """Return where a webhook of this type goes."""
        retries_ms, own = self.retries_ms.get(event_type), self.urls.get(event_type)
        if own:
            return Route(own, retries_ms, self.urls_method)
        return Route((self.url,) if self.url else (), retries_ms, self.method)


@dataclass(slots=True, eq=False, kw_only=True)
class Call:
    """A leg with all that is going on with it."""

    leg: Leg
    caller_id_name: str
    started_at: float
    client_state: str | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: str = ""
    channel: Channel = field(default_factory=Channel)
    overlay: Channel = field(default_factory=Channel)
    ring: Channel = field(default_factory=Channel)
    hears: list[Sound] = field(default_factory=list)
    gather: Gather | None = None
    recordings: list[Recording] = field(default_factory=list)
    queued: QueuedCall | None = None
    room: Conference | None = None
    partner: Call | None = None
    stays_after_unbridge: bool = False
    rings_for: Call | None = None
    transfers: list[Call] = field(default_factory=list)
    time_limit_s: float = 14400.0
    ring_alarm: Alarm | None = None
    answer_alarm: Alarm | None = None
    limit_alarm: Alarm | None = None
    on_answer: Callable[[], None] | None = None
    detection: str = ""
    routing: Routing = Routing()
    talk: Talk | None = None
    payment: Payment | None = None
    taps: dict[TapKind, Tap] = field(default_factory=dict)
    transcribes: bool = False
    is_machine: bool = False
    suppresses_noise: bool = False
    is_held: bool = False
    deepfake: Deepfake | None = None
    supervises: Call | None = None
    supervisor_role: str = "none"
    supervisors: list[Call] = field(default_factory=list)
    patience_alarm: Alarm | None = None

    @property
    def id(self) -> str:
        return self.leg.call_control_id

    @property
    def is_live(self) -> bool:
        """Answered and not ended."""
        return self.answered_at is not None and self.ended_at is None
