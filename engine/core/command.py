"""What to do: one Telnyx operation with its parameters, or a message to another run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# How a command may be sent again (runtime.md, "Commands"; printed by `ringflow verbs` as `resend`).
Resend = Literal["harmless", "asks_first", "at_most_once"]

TELL = "tell"  # a message to another run: never leaves the process (runtime.md, "What is serial")
NOTIFY = "notify"  # a signed HTTP POST to a host of the project file
HTTP = "http"  # a question to a host of the project file, whose answer the step waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    One thing to do, as the core decided it.

    *operation* is a row of the catalogue ("speak", "conference_join"), or ``tell``, ``notify`` or ``http``.
    *path* fills the path's braces, unquoted ({"call_control_id": "v3:..."}); *parameters* is the JSON body without
    ``command_id`` (the carrier adds it where the operation takes one); *query* is the query string of a GET.
    A ``tell`` has path {"run": receiver} and parameters {"type": event type, "payload": {...}}.
    A ``notify`` has path {"to": name in project.yaml} and parameters = the body.
    An ``http`` has path {"url": address} and parameters {"method", "send", "take", "timeout_s"} (see core/taking.py).
    """

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """
    A command that is committed and not yet settled.

    *command_id* is fixed at the commit. Rows of one *chain* are sent one after another in the order of *seq*.
    *urgent* rows (hang-ups) overtake their chain. *created_at* and *first_attempt_at* are epoch seconds.
    *flow* is the flow of the call that it is for, "" where there is none: flows take turns in sending.
    """

    command_id: str
    run: str
    chain: str
    seq: int
    command: Command
    created_at: float
    first_attempt_at: float | None = None
    urgent: bool = False
    flow: str = ""


def command_id(run: str, ver: int, index: int) -> str:
    """
    Return the id of the *index*-th command that version *ver* of *run* decided on, in the form of a UUID.

    Deterministic, so that a command which is decided again after a crash is the same command to Telnyx.
    Source: runtime.md, "Commands"; Telnyx suggests UUIDv4 and ignores a repeated id for 60 seconds.
    """
    digest = bytearray(hashlib.sha256(f"{run}\x00{ver}\x00{index}".encode()).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80  # version 8: custom, so that nobody mistakes it for a random one
    digest[8] = (digest[8] & 0x3F) | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def run_id(seed: str) -> str:
    """
    Return a run id of 26 characters made from *seed* (a call_leg_id, or the command_id that dialled the leg).

    People see its first 8 letters.
    """
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big")
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "".join(letters[(number >> (5 * i)) & 31] for i in range(25, -1, -1))
