"""What PostgreSQL and the way to it say, in plain words."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import asyncpg

from engine.errors import DefectError, RingflowError, StoreUnavailable
from engine.store.postgres_refusals import POOLED, SETTING, refusal

# Whatever was asked for may have been done: the connection went away, or the answer did not come in time.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
FAILURES = (asyncpg.PostgresError, *LOST)
# Undone, and to be tried again: two commits stood in each other's way.
AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

# The database is well: what was to be written cannot be. Trying again later would not help.
_OUR_FAULT = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, ValueError)
# What the server calls the options of an address that are not the client's own.
_OPTIONS = (asyncpg.UndefinedObjectError, asyncpg.CantChangeRuntimeParamError, asyncpg.InvalidParameterValueError)
# The first that fits counts, so the narrow ones come first.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((asyncpg.InvalidAuthorizationSpecificationError,), f"refuses the user or the password; mend them in {SETTING}"),
    ((asyncpg.InvalidCatalogNameError,), f"does not exist; create it with createdb, or mend its name in {SETTING}"),
    (
        (asyncpg.ReadOnlySQLTransactionError,),
        f"can only be read, as a standby can; name the primary server in {SETTING}",
    ),
    ((asyncpg.InsufficientPrivilegeError,), "refuses its tables to this user; make the user the database's owner"),
    ((asyncpg.CannotConnectNowError,), "is just starting or stopping; wait for it"),
    ((asyncpg.TooManyConnectionsError,), "has no connection left; raise max_connections or stop other programs"),
    ((asyncpg.QueryCanceledError,), "took too long to answer; try again when it has less to do"),
    ((asyncpg.DiskFullError,), "cannot grow because the disk is full; free some space"),
    ((asyncpg.OperatorInterventionError,), "has ended the connection, as it does when it is stopped; wait for it"),
    ((asyncpg.ProtocolViolationError,), POOLED),
    (
        (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError),
        f"has broken off the connection; check that PostgreSQL runs, and that {SETTING} names it",
    ),
    ((TimeoutError,), f"does not answer; check that PostgreSQL runs, and that {SETTING} names it"),
    ((OSError,), f"cannot be reached; check that PostgreSQL runs, and that {SETTING} names it"),
)


def named(url: str) -> str:
    """Return how messages call the database at *url*: without user, password and options."""
    parts = urlsplit(url)
    server = f" at {parts.netloc.rpartition('@')[2]}" if parts.hostname else ""
    return f"the PostgreSQL database {unquote(parts.path.strip('/'))}{server}"


def explained(database: str, error: BaseException) -> RingflowError:
    """Return *error* as a sentence about *database*: StoreUnavailable, or DefectError where it is ours."""
    reason = refusal(error)
    if reason is None and isinstance(error, _OUR_FAULT):
        # Not its own words: they may repeat what was to be written.
        return DefectError(f"{database} cannot take what was to be written ({type(error).__name__})")
    reason = reason or next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), f"failed ({error})")
    return StoreUnavailable(f"{database} {reason}")


def unconnected(database: str, error: BaseException) -> RingflowError:
    """Return *error*, with which a first connection to *database* failed, as ``explained`` does."""
    if isinstance(error, _OPTIONS):
        return StoreUnavailable(
            f"{database} does not take an option that {SETTING} has behind the '?' ({error}); mend it or leave it out"
        )
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return StoreUnavailable(f"{database} does not let this user in; grant it CONNECT on the database")
    return explained(database, error)
