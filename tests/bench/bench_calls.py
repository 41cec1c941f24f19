"""Calls for the benchmarks: the flow, each webhook of a call, signed before it is needed, and what must come of it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import orjson

from engine.simulator.signing import Signer

FLOW = """\
flow: bench
about: A short call that a program goes through.
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: welcome
states:
  welcome:
    do: [answer, speak: "Welcome to Acme."]
    then: menu
  menu:
    do:
      - gather: {speak: "For the news, press 1. To leave, press 2. To wait, press 3.", digits: 1, wait: 10s}
    keys:
      "1": news
      "2": hangup
      "3": long_wait
      anything_else: menu
      nothing: hangup
  news:
    do: [speak: "There is nothing new."]
    then: menu
  long_wait:
    after: {4h: hangup}
"""
Step = tuple[str, dict[str, Any], str]
# What happens in a call, and the action that must follow from it.
STEPS: Sequence[Step] = (
    ("call.initiated", {"direction": "incoming", "state": "parked", "caller_id_name": "Ann"}, "answer"),
    ("call.answered", {"state": "answered"}, "speak"),
    ("call.speak.ended", {"status": "completed"}, "gather_using_speak"),
    ("call.gather.ended", {"status": "valid", "digits": "1"}, "speak"),
    ("call.speak.ended", {"status": "completed"}, "gather_using_speak"),
    ("call.gather.ended", {"status": "valid", "digits": "1"}, "speak"),
    ("call.speak.ended", {"status": "completed"}, "gather_using_speak"),
    ("call.gather.ended", {"status": "valid", "digits": "2"}, "hangup"),
    ("call.hangup", {"hangup_cause": "normal_clearing", "hangup_source": "callee", "state": "hangup"}, ""),
)
# A call that stays.
STAYING: Sequence[Step] = (*STEPS[:3], ("call.gather.ended", {"status": "valid", "digits": "3"}, ""))
ACTIONS = tuple(action for _, _, action in STEPS if action)
_JITTER_SLOTS = 4  # how far a webhook may be from its even place: some come together, as in life
_EARLY_S = 1.0  # before the first one is due, for everything to get ready


@dataclass(frozen=True, slots=True)
class Planned:
    """A webhook, as the bytes of an HTTP request: step *number* of *call*, due *due_s* seconds after the start."""

    call: str
    number: int
    due_s: float
    request: bytes

    @property
    def name(self) -> str:
        """The id of its event."""
        return f"{self.call}.{self.number}"


def evenly(name: str, *, rate: float, seconds: float, pause_s: float) -> list[Planned]:
    """
    Return the webhooks of as many calls as make *rate* a second for *seconds*, in the order in which they are due.

    A call's own webhooks are about *pause_s* apart; the last calls are only begun.
    """
    apart = _coprime(max(round(pause_s * rate), 2 * _JITTER_SLOTS), len(STEPS))
    jitter = random.Random(1)
    places = [
        (_EARLY_S + (call * len(STEPS) + number * apart + jitter.uniform(0, _JITTER_SLOTS)) / rate, call, number)
        for call in range(int(seconds * rate / len(STEPS)) + 1)
        for number in range(len(STEPS))
    ]
    signer = Signer()
    end_s = _EARLY_S + seconds
    return [
        _planned(signer, f"{name}-{call}", number, due_s) for due_s, call, number in sorted(places) if due_s < end_s
    ]


def in_turn(name: str, *, calls: int) -> Iterator[Planned]:
    """Yield the webhooks of *calls* whole calls: the first of each, then the second of each, and so on."""
    signer = Signer()
    for number in range(len(STEPS)):
        for call in range(calls):
            yield _planned(signer, f"{name}-{call}", number, 0.0)


def one_that_stays(call: str, *, pause_s: float) -> list[Planned]:
    """Return the webhooks of a call that waits for hours in the end."""
    signer = Signer()
    return [_planned(signer, call, number, number * pause_s, STAYING) for number in range(len(STAYING))]


def _coprime(number: int, other: int) -> int:
    """Return the first number from *number* on that makes each place of an even row be taken once."""
    while gcd(number, other) > 1:
        number += 1
    return number


def _planned(signer: Signer, call: str, number: int, due_s: float, steps: Sequence[Step] = STEPS) -> Planned:
    event_type, fields, _ = steps[number]
    payload = {
        "call_control_id": call,
        "call_leg_id": f"leg-{call}",
        "call_session_id": f"session-{call}",
        "connection_id": "2811212257810187875",
        "client_state": None,
        "from": "+34600111222",
        "to": "+15551230000",
        **fields,
    }
    event = {
        "record_type": "event",
        "event_type": event_type,
        "id": f"{call}.{number}",
        "occurred_at": "2026-01-01T12:00:00.000000Z",
        "payload": payload,
    }
    body = orjson.dumps({"data": event, "meta": {"attempt": 1, "delivered_to": "http://127.0.0.1/webhooks/telnyx"}})
    head = "".join(f"{name}: {value}\r\n" for name, value in signer.headers(body, time.time()).items())
    start = f"POST /webhooks/telnyx HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return Planned(call, number, due_s, f"{start}{head}\r\n".encode() + body)
