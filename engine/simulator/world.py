"""
A simulated Telnyx: calls, queues and rooms, as a value that only time and requests change.

No clock, no network, no chance: the same seed and the same calls give the same trace.
What it does where Telnyx's documents are silent is a choice in ``Options``. Source: facts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from engine.core.catalogue import Catalogue
from engine.simulator import (
    assistants,
    audio,
    bridges,
    calls,
    conferences,
    dialling,
    gathers,
    looking,
    payments,
    queues,
    recordings,
    supervision,
    taps,
    voices,
)
from engine.simulator.api import Api
from engine.simulator.exchange import Exchange
from engine.simulator.machines import Answerer
from engine.simulator.options import Options
from engine.simulator.post import again_id, with_id
from engine.simulator.state import Call
from engine.simulator.trouble import Trouble
from engine.simulator.values import Entry, Leg, Look, Response, Webhook

# In this order a call that goes leaves things behind; a gather before its prompt, sounds before the place.
_DEPARTURES = (
    gathers.depart,
    assistants.depart,
    payments.depart,
    audio.depart,
    recordings.depart,
    taps.depart,
    voices.depart,
    supervision.depart,
    queues.depart,
    conferences.depart,
    bridges.depart,
    dialling.depart,
)


class World:
    """
    One simulated Telnyx account. *start* and every ``now`` are epoch seconds; time never goes backwards.

    ``request`` is the API, ``call`` to ``speak_into`` are the people, ``advance`` lets time pass and returns the
    webhooks to deliver, ``record`` is all that happened.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        seed: int = 0,
        options: Options = Options(),  # noqa: B008 (frozen)
        start: float = 0.0,
    ) -> None:
        self.options = options
        self._exchange = Exchange(catalogue, options, seed=seed, start=start, departures=_DEPARTURES)
        self._api = Api(self._exchange)
        self._delivered: Webhook | None = None

    @property
    def record(self) -> list[Entry]:
        """All that happened so far, oldest first; only ever appended to."""
        return self._exchange.record

    @property
    def now(self) -> float:
        return self._exchange.now

    @property
    def exchange(self) -> Exchange:
        """All that the world holds, to be compared with another's and never changed (engine/explore)."""
        return self._exchange

    # The API

    def request(
        self, method: str, path: str, *, query: Mapping[str, str], body: Mapping[str, Any], now: float
    ) -> Response:
        """Return Telnyx's answer to one request; *path* is percent-encoded, with or without ``/v2``."""
        self._exchange.run_until(now)
        return self._api.request(method, path, query, body)

    # People

    def call(self, *, from_: str, to: str, now: float, caller_id_name: str = "", connection_id: str = "") -> Leg:
        """Somebody calls in; returns the new leg, which is parked until it is answered."""
        self._exchange.run_until(now)
        return calls.open_call(
            self._exchange,
            from_=from_,
            to=to,
            direction="incoming",
            caller_id_name=caller_id_name,
            connection_id=connection_id,
        ).leg

    def press(self, call_control_id: str, digits: str, now: float, *, gap_s: float = 0.3) -> None:
        """The person presses *digits*, the first now and one more every *gap_s*. Raises ValueError for no keys."""
        if not set(digits) <= set("0123456789*#ABCD"):
            raise ValueError(f"a telephone has no keys '{digits}'")
        call = self._person(call_control_id, now)
        for index, digit in enumerate(digits):
            self._exchange.after(index * gap_s, partial(gathers.press, self._exchange, call, digit))
        self._exchange.run_until(now)

    def hang_up(self, call_control_id: str, now: float) -> None:
        """The person hangs up; nothing happens when the call is over."""
        call = self._person(call_control_id, now)
        incoming = call.leg.direction == "incoming"
        cause = "normal_clearing" if call.answered_at is not None or not incoming else "originator_cancel"
        self._exchange.end_call(call, cause, "caller" if incoming else "callee")

    def pick_up(
        self, call_control_id: str, now: float, *, machine: bool = False, answerer: Answerer = "person"
    ) -> None:
        """
        The far end that rings answers: a person, a *machine*, or another *answerer*.

        Raises ValueError when it does not ring.
        """
        dialling.pick_up(self._exchange, self._ringing(call_control_id, now), "machine" if machine else answerer)

    def refuse(self, call_control_id: str, now: float, cause: str = "user_busy") -> None:
        """The far end that rings does not take the call; *cause* is a ``hangup_cause``. Raises ValueError likewise."""
        dialling.refuse(self._exchange, self._ringing(call_control_id, now), cause)

    def ignore(self, call_control_id: str, now: float) -> None:
        """The far end lets it ring until the dial's ``timeout_secs``. Raises ValueError when it does not ring."""
        alarm = self._ringing(call_control_id, now).answer_alarm
        if alarm is not None:
            alarm.cancel()

    def speak_into(
        self, call_control_id: str, text: str, now: float, *, seconds: float | None = None, is_real: bool = True
    ) -> None:
        """
        The person says *text*: recordings hear it, a room's floor changes hands. People are silent otherwise.

        *is_real*: False when it is a machine that imitates a voice.
        """
        exchange = self._exchange
        call = self._person(call_control_id, now)
        lasts_s = self.options.speech_s(text) if seconds is None else seconds
        exchange.note("says", call.id, text, seconds=lasts_s)
        recordings.hear(exchange, call, text, lasts_s)
        assistants.hear(exchange, call, text)
        voices.hear(exchange, call, text, is_real=is_real)
        conferences.take_floor(exchange, call)

    def tell_ai(
        self, call_control_id: str, result: Mapping[str, Any] | None, now: float, *, is_partial: bool = False
    ) -> None:
        """
        The person tells an AI gather what it asks for, None for nothing of it; or a part of it, and there is more.

        Raises ValueError where none asks.
        """
        assistants.answer(self._exchange, self._person(call_control_id, now), result, is_partial=is_partial)

    def hold(self, call_control_id: str, now: float) -> None:
        """The person puts the call on hold on their telephone. Raises ValueError when it is not answered."""
        self._put_on_hold(call_control_id, now, is_held=True)

    def resume(self, call_control_id: str, now: float) -> None:
        """The person takes the call up again. Raises ValueError when it is not answered."""
        self._put_on_hold(call_control_id, now, is_held=False)

    def _put_on_hold(self, call_control_id: str, now: float, *, is_held: bool) -> None:
        call = self._person(call_control_id, now)
        if not call.is_live:
            raise ValueError(f"the call {call_control_id} is not answered")
        if call.is_held is not is_held:
            call.is_held = is_held
            self._exchange.note("state", call.id, "holds" if is_held else "holds no more")
            self._exchange.emit("call.hold" if is_held else "call.unhold", call)

    def _person(self, call_control_id: str, now: float) -> Call:
        self._exchange.run_until(now)
        if call_control_id not in self._exchange.calls:
            raise ValueError(f"there is no call {call_control_id}")
        return self._exchange.calls[call_control_id]

    def _ringing(self, call_control_id: str, now: float) -> Call:
        call = self._person(call_control_id, now)
        if call.leg.direction != "outgoing" or call.answered_at is not None or call.ended_at is not None:
            raise ValueError(f"the call to {call.leg.to} does not ring")
        return call

    # Time

    def next_due(self) -> float | None:
        """Return when something happens by itself next, in epoch seconds, or None."""
        return self.now if self._exchange.ready else self._exchange.next_due()

    def advance(self, now: float) -> list[Webhook]:
        """Let everything due up to *now* happen, in order, and return the webhooks to deliver, oldest first."""
        self._exchange.run_until(now)
        ready, self._exchange.ready = self._exchange.ready, []
        if ready:
            self._delivered = ready[-1]
        return ready

    # What one can see

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All legs that ever were, oldest first."""
        return tuple(call.leg for call in self._exchange.calls.values())

    @property
    def ringing(self) -> tuple[Leg, ...]:
        """The outgoing legs that ring, oldest first."""
        return tuple(
            call.leg
            for call in self._exchange.calls.values()
            if call.leg.direction == "outgoing" and call.answered_at is None and call.ended_at is None
        )

    def look(self, call_control_id: str) -> Look:
        """Return how a leg stands. Raises ValueError for an unknown one."""
        return looking.look(self._person(call_control_id, self.now))

    def state(self) -> dict[str, Any]:
        """Return calls that are not over, queues and open rooms, as JSON: who is where at this moment."""
        return looking.state(self._exchange)

    # Faults

    @property
    def trouble(self) -> Trouble:
        """What goes wrong with webhooks and answers from now on; may be set."""
        return self._exchange.trouble

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        self._exchange.trouble = trouble

    def fail_next(
        self, operation: str, status: int, code: str, times: int = 1, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Refuse the next *times* requests for *operation*. Raises ValueError for an unknown operation."""
        self._api.fail_next(operation, status, code, times, headers)

    def repeat_last(self, now: float) -> None:
        """Deliver the last webhook once more, with the same id. Raises ValueError when there was none."""
        self._exchange.run_until(now)
        last = self._exchange.ready[-1] if self._exchange.ready else self._delivered
        if last is None:
            raise ValueError("no webhook was sent yet")
        body = dict(last.body)
        if "meta" in body:
            body["meta"] = body["meta"] | {"attempt": body["meta"]["attempt"] + 1}
        self._exchange.hand_over(replace(last, body=body))

    def attempt(self, webhook: Webhook, number: int, url: str) -> Webhook:
        """
        Return *webhook* as it is delivered to *url* at this attempt (1 is the first one, over all URLs).

        The attempt stands in ``meta``; with ``Options.retry_id`` "new" each further one is another event.
        """
        if "meta" in webhook.body:
            meta = webhook.body["meta"]
            meta = meta | {"attempt": meta["attempt"] + number - 1, "delivered_to": url}
            webhook = replace(webhook, body={**webhook.body, "meta": meta})
        if number == 1 or self.options.retry_id == "kept":
            return webhook
        return with_id(webhook, again_id(webhook.id, number))

    def delay(self, event_type: str, by_s: float, times: int = 1) -> None:
        """Let the next *times* webhooks of *event_type* come *by_s* later."""
        self._exchange.late.setdefault(event_type, []).extend([by_s] * times)

    def lose(self, event_type: str, times: int = 1) -> None:
        """Let the next *times* webhooks of *event_type* never come."""
        self._exchange.lost[event_type] = self._exchange.lost.get(event_type, 0) + times

    def send(self, event_type: str, call_control_id: str | None, fields: Mapping[str, Any], now: float) -> None:
        """
        Send a webhook that nothing in the world caused, also of a type that the catalogue does not know.

        Raises ValueError for an unknown call, or a field that the catalogue does not have for this type.
        """
        exchange = self._exchange
        call = self._person(call_control_id, now) if call_control_id else None
        exchange.run_until(now)
        row = exchange.catalogue.events.get(event_type)
        unknown = set(fields) - row.fields.keys() if row else set()
        if unknown:
            raise ValueError(f"{event_type} has no field {', '.join(sorted(unknown))}")
        if row is not None:
            exchange.emit(event_type, call, call.room if call else None, **fields)
        else:
            known = {"call_control_id": call.id, "client_state": call.client_state} if call else {}
            exchange.deliver(event_type, known | dict(fields), call_control_id)
