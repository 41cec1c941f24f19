"""The telephone exchange: its calls, queues and rooms, and what becomes of a call that goes. All else uses it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from engine.core.catalogue import Catalogue
from engine.simulator.options import Options
from engine.simulator.post import Post
from engine.simulator.refusals import Refusal
from engine.simulator.state import Call, Conference, Queue
from engine.simulator.timeline import iso

_COST_AFTER_S = 5.0
_COST_PER_S = 0.0001

# Why a call leaves the place where it is.
Because = Literal["hangup", "bridged", "room", "queue", "leave", "timeout"]
Departure = Callable[["Exchange", Call, Because], None]

# SIP's word for a cause (RFC 3261 response codes, as Telnyx reports them in sip_hangup_cause).
_SIP_CAUSES = {
    "user_busy": "486",
    "call_rejected": "603",
    "not_found": "404",
    "originator_cancel": "487",
    "timeout": "487",
    "no_answer": "480",
    "unspecified": "480",
}
_QUALITY = {
    "inbound": {
        "jitter_max_variance": "2.74",
        "jitter_packet_count": "0",
        "mos": "4.50",
        "packet_count": "591",
        "skip_packet_count": "0",
    },
    "outbound": {"packet_count": "591", "skip_packet_count": "0"},
}


class Exchange(Post):
    """All state of one simulated Telnyx, and the few things that every part of it does."""

    def __init__(
        self, catalogue: Catalogue, options: Options, *, seed: int, start: float, departures: tuple[Departure, ...]
    ) -> None:
        super().__init__(catalogue, options, seed=seed, start=start)
        self.calls: dict[str, Call] = {}
        self.conferences: dict[str, Conference] = {}
        self.open_rooms: dict[str, Conference] = {}
        self.queues: dict[str, Queue] = {}
        self.dials: list[float] = []
        self._departures = departures

    # Calls

    def call(self, call_control_id: str) -> Call:
        """Return the call with this id. Raises Refusal: 404 when unknown, 422 90015 when it is no id at all."""
        found = self.calls.get(call_control_id)
        if found is not None:
            return found
        if call_control_id.startswith(("v2:", "v3:")):
            raise Refusal(404, "10005", "The requested resource or URL could not be found.")
        raise Refusal(422, "90015", f"'{call_control_id}' is not a valid call_control_id.")

    def live_call(self, call_control_id: str, *, pointer: str = "") -> Call:
        """
        Return the call, which is answered and not over.

        Raises Refusal: 90015 when unknown and named in the body (*pointer*), 90018 when over, 90034 before the answer.
        """
        if pointer and call_control_id not in self.calls:
            raise Refusal(422, "90015", f"There is no call '{call_control_id}'.", pointer=pointer)
        call = self.call(call_control_id)
        self.refuse_ended(call)
        if call.answered_at is None:
            raise Refusal(422, "90034", "This call has not been answered yet. Wait for call.answered.")
        return call

    def refuse_ended(self, call: Call) -> None:
        """Raise Refusal 90018 when *call* is over."""
        if call.ended_at is not None:
            raise Refusal(422, "90018", "This call is no longer active and can't receive commands.")

    def withdraw(self, call: Call, because: Because) -> None:
        """Take *call* out of whatever it is in: sounds, gather, recordings, bridge, queue, room."""
        for departure in self._departures:
            departure(self, call, because)

    def end_call(self, call: Call, cause: str, source: str = "unknown") -> None:
        """Hang *call* up; nothing happens when it is over."""
        if call.ended_at is not None:
            return
        call.ended_at, call.cause = self.now, cause
        for alarm in (call.ring_alarm, call.answer_alarm, call.limit_alarm):
            if alarm is not None:
                alarm.cancel()
        self.withdraw(call, "hangup")
        self.note("state", call.id, "hung up", cause=cause, source=source)
        self.emit(
            "call.hangup",
            call,
            hangup_cause=cause,
            hangup_source=source,
            state="hangup",
            sip_hangup_cause=_SIP_CAUSES.get(cause, "200"),
            start_time=iso(call.started_at),
            call_quality_stats=_QUALITY,
        )
        if self.options.call_cost == "on":
            self.after(_COST_AFTER_S, lambda: self._report_cost(call))

    def _report_cost(self, call: Call) -> None:
        seconds = math.ceil((call.ended_at or self.now) - call.answered_at) if call.answered_at is not None else 0
        cost = f"{seconds * _COST_PER_S:.4f}"
        part = {"call_part": "call-control", "billed_duration_secs": seconds, "cost": cost, "currency": "USD"}
        self.emit("call.cost", call, status="success", billed_duration_secs=seconds, total_cost=cost, cost_parts=[part])
