"""
Every exception that ringflow raises on purpose, sorted by who must act.

    RingflowError
    ├── SettingsError          the operator: a setting is missing or malformed (exit code 2)
    ├── CommandRefused         whoever gave a command: the service does not do it (exit code 2)
    ├── ServiceAway            the operator: no service answers at the admin listener (exit code 3)
    ├── FlowError              the author: a flow, project or scenario file has problems (exit code 1)
    ├── WebhookRejected        nobody: a request that is not a genuine Telnyx webhook (HTTP 4xx)
    ├── CarrierError           the engine's retry rules
    │   ├── CarrierUnreached   no byte of the request left this machine: safe to send again
    │   └── CarrierSilent      the request may have arrived and no answer came
    ├── StoreError             the operator: the database
    │   ├── StoreLocked        another service uses this database
    │   ├── StoreUnavailable   the database is away, full or read-only; webhooks get 503 meanwhile
    │   │   └── StoreDamaged   its file is damaged: nothing is written any more until a backup is put in its place
    │   │   └── StoreInDoubt   it went away during a commit: done or not, only the database knows
    │   ├── StoreTooNew        written by a newer version of ringflow
    │   └── RunTooNew          one call of it was: another process of that version goes on with it
    └── DefectError            us: the engine broke one of its own promises
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class RingflowError(Exception):
    """Something that ringflow reports in one sentence."""


class SettingsError(RingflowError):
    """
    A setting is missing or malformed.

    The message names the first, *problems* all of them, one sentence each.
    """

    def __init__(self, message: str, *, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems or (message,)


class CommandRefused(RingflowError):
    """What a command is told to do, or to show, there is not; the message says what to give instead."""


class ServiceAway(RingflowError):
    """No service answers at the admin listener, or it broke off before it answered."""


class FlowError(RingflowError):
    """A flow or project file has problems; *problems* are those with a place, as ``check --format json`` has them."""

    def __init__(self, message: str, *, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class WebhookRejected(RingflowError):
    """
    A request is not a genuine webhook of Telnyx.

    *status* is the HTTP status to answer with, *reason* one word for the log and the metric.
    """

    def __init__(self, message: str, *, status: int = 400, reason: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class CarrierError(RingflowError):
    """A question to Telnyx got no answer that can be used."""


class CarrierUnreached(CarrierError):
    """No byte of the request left this machine."""


class CarrierSilent(CarrierError):
    """The request may have arrived, and no answer came."""


class StoreError(RingflowError):
    """The database did not do what was asked."""


class StoreLocked(StoreError):
    """Another ringflow service uses this database."""


class StoreUnavailable(StoreError):
    """The database cannot be read or written right now."""


class StoreDamaged(StoreUnavailable):
    """The file of the database is damaged; waiting does not mend it."""


class StoreInDoubt(StoreUnavailable):
    """The database went away during a commit: what was to be written may be there or not."""


class StoreTooNew(StoreError):
    """The database was written by a newer version of ringflow."""


class RunTooNew(StoreError):
    """A newer version of ringflow, beside this one, has written this run; it is left alone."""


class DefectError(RingflowError):
    """The engine broke one of its own promises; a defect of ours, never of a flow or a caller."""
