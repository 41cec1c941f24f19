"""What the simulated Telnyx hands out: legs, answers, webhooks and the record of all that happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

EntryKind = Literal["hears", "stops", "request", "presses", "says", "state", "webhook", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a call, by its ids and numbers."""

    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    from_: str
    to: str
    direction: Literal["incoming", "outgoing"]

    def as_json(self) -> dict[str, Any]:
        """Return the leg as a JSON object, with Telnyx's names (``from``)."""
        return {("from" if name == "from_" else name): value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Response:
    """
    An HTTP answer of the API. *body* is empty for 204.

    It is given *late_s* after it was decided; *is_cut*: the connection breaks instead.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    late_s: float = 0.0
    is_cut: bool = False

    @property
    def code(self) -> str:
        """Telnyx's error code, or "" when the request was accepted."""
        errors = self.body.get("errors")
        return str(errors[0]["code"]) if errors else ""


@dataclass(frozen=True, slots=True)
class Route:
    """
    Where and how one webhook goes, as the leg's commands asked.

    *urls*: each next one when the one before gave no answer; none of them = the account's own. *retries_ms*: the
    waits before each new attempt at one URL; None = the server's own. *method* is POST or GET.
    """

    urls: tuple[str, ...] = ()
    retries_ms: tuple[int, ...] | None = None
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook that is due. *body* is the whole JSON body, as Telnyx sends it."""

    id: str
    event_type: str
    body: Mapping[str, Any]
    call_control_id: str | None
    at: float
    route: Route = Route()

    @property
    def urls(self) -> tuple[str, ...]:
        return self.route.urls

    @property
    def retries_ms(self) -> tuple[int, ...] | None:
        return self.route.retries_ms

    @property
    def payload(self) -> Mapping[str, Any]:
        """The event's payload, whether or not the envelope is wrapped in ``data``."""
        envelope: Mapping[str, Any] = self.body.get("data", self.body)
        payload: Mapping[str, Any] = envelope["payload"]
        return payload


@dataclass(slots=True, kw_only=True)
class Entry:
    """
    One line of the record; only ``ended_at`` and ``cut`` of a "hears" line are filled in later.

    *index* is its place in the record, *at* epoch seconds, *leg* a call_control_id or None. What *what* holds:

    ========  ==========================================  =====================================================
    hears     the text, audio name or URL, beep, ringing  sound (speech audio music beep ringing tones), seconds
                                                          (None = until stopped), room (a conference id or None)
    stops     as in hears                                 hears: index of the line that ends here; cut
    request   the operation                               target, path, parameters, query, status, code, repeated,
                                                          mishap (how it went wrong on purpose, or "")
    presses   one digit                                   -
    says      what the person says                        seconds
    state     answered, "hung up", joined, left, ...      depends: cause, room, queue, with, ...
    webhook   the event type                              id, payload
    lost      the event type, never delivered             id, payload
    ========  ==========================================  =====================================================
    """

    index: int
    at: float
    kind: EntryKind
    leg: str | None
    what: str
    details: Mapping[str, Any]
    ended_at: float | None = None
    cut: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    How a leg stands at this moment. *hears* are the indexes of the "hears" lines that sound right now.

    *role* is its part in its room ("none" is an ordinary one), *whispers_to*: who alone hear it (call_control_ids).
    *is_machine*: an answering machine has picked it up.
    *supervises* is the call that it supervises, as *supervisor_role*. *voices*: the legs that it can hear.
    """

    leg: Leg
    state: Literal["ringing", "answered", "ended"]
    cause: str
    hears: tuple[int, ...]
    gathering: bool
    recording: bool
    ai_asks: bool
    queue: str | None
    room: str | None
    room_name: str | None
    on_hold: bool
    muted: bool
    role: str
    whispers_to: tuple[str, ...]
    bridged_with: str | None
    is_machine: bool
    supervises: str | None
    supervisor_role: str
    voices: tuple[str, ...]
    client_state: str | None
