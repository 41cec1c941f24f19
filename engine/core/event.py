"""What happened: one frozen value for webhooks, timers, answers to commands and messages between runs."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The engine's own events. Telnyx's keep their names ("call.answered").
TIMER = "timer"  # payload: gen
ACCEPTED = "action.accepted"  # payload: command_id, status, body: Telnyx answered 2xx
REFUSED = "action.refused"  # payload: command_id, status, code, title, detail
IN_DOUBT = "action.in_doubt"  # payload: command_id: it may or may not have been done, and is not sent again
LOOK = "engine.look"  # the service asks whether the call still lives: webhooks may have been lost
DEFECT = "engine.defect"  # a step() raised: the call goes to its error exit

_MOST_DIGITS = 9  # of a count of commands; int() refuses to read thousands of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One thing that happened, about one run.

    *id* is unique: Telnyx's event id; ``timer:{run}:{gen}``; ``{command_id}:outcome``; a message's command_id.
    *run* names the receiving run where the sender knows it (timers, outcomes, messages); webhooks leave it None
    and are routed by their ids. *occurred_at* is in epoch seconds and only a hint (13 event types have none).
    *results*: in a replay what was made of secrets when it came (engine.core.recall).
    """

    id: str
    type: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: float | None = None
    run: str | None = None
    results: tuple[Any, ...] = ()

    @property
    def call_control_id(self) -> str | None:
        return _text(self.payload.get("call_control_id"))

    @property
    def call_leg_id(self) -> str | None:
        return _text(self.payload.get("call_leg_id"))

    @property
    def conference_id(self) -> str | None:
        return _text(self.payload.get("conference_id"))

    @property
    def client_state(self) -> ClientState | None:
        return ClientState.decode(self.payload.get("client_state"))

    @property
    def is_about_room(self) -> bool:
        """True for every ``conference.*`` event but ``conference.participant.*`` (language.md, section 1, 3)."""
        return self.type.startswith("conference.") and not self.type.startswith("conference.participant.")


@dataclass(frozen=True, slots=True)
class ClientState:
    """
    The token that our commands carry and Telnyx returns on every later webhook of the leg.

    *n* counts the leg's commands that carry one; on an event it is a low-water mark: all commands up to n were
    accepted when Telnyx stamped it (runtime.md, "Stale"). *word* is set on legs that a transfer made.
    """

    install: str
    run: str
    n: int
    word: str = ""

    def encode(self) -> str:
        """Return the base64 text that goes into ``client_state``."""
        parts = ["rf1", self.install, self.run, str(self.n)] + ([self.word] if self.word else [])
        return base64.b64encode("|".join(parts).encode()).decode()

    @classmethod
    def decode(cls, text: object) -> ClientState | None:
        """Return the token in *text*, or None where it is absent or not one of ringflow's."""
        return _token(text) if isinstance(text, str) and text else None


@functools.lru_cache(maxsize=256)  # an event's token is read several times
def _token(text: str) -> ClientState | None:
    try:
        parts = base64.b64decode(text, validate=True).decode().split("|")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    if len(parts) not in (4, 5) or parts[0] != "rf1" or not (parts[3].isascii() and parts[3].isdigit()):
        return None
    if len(parts[3]) > _MOST_DIGITS:
        return None
    return ClientState(parts[1], parts[2], int(parts[3]), parts[4] if len(parts) == 5 else "")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
