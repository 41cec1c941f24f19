"""
What the database itself noticed: triggers keep a copy of each command, first attempt and timer, in the same commit.

The engine knows nothing of them, and deletes what it has done; the copies stay until the laboratory counts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
from count import Decided, Fired, Ledger
from crash_time import ANCHOR, SCALE

from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, TIMER
from engine.store.choosing import store_at

_SQLITE_TRIGGERS = """
create table crash_commands (created_at, command_id, run, chain, seq, body, urgent);
create table crash_timers (run, due, gen);
create trigger crash_command after insert on outbox begin
    insert into crash_commands
    values (new.created_at, new.command_id, new.run, new.chain, new.seq, new.body, new.urgent);
end;
create trigger crash_timer after insert on timers begin
    insert into crash_timers values (new.run, new.due, new.gen);
end;
create trigger crash_timer_again after update on timers begin
    insert into crash_timers values (new.run, new.due, new.gen);
end;
"""
_POSTGRES_TRIGGERS = """
create table crash_commands (
    created_at double precision, command_id text, run text, chain text, seq bigint, body text, urgent boolean
);
create table crash_timers (run text, due double precision, gen bigint);
create function crash_command() returns trigger language plpgsql as $$ begin
    insert into crash_commands
    values (new.created_at, new.command_id, new.run, new.chain, new.seq, new.body, new.urgent);
    return null;
end $$;
create function crash_timer() returns trigger language plpgsql as $$ begin
    insert into crash_timers values (new.run, new.due, new.gen);
    return null;
end $$;
create trigger crash_command after insert on outbox for each row execute function crash_command();
create trigger crash_timer after insert or update on timers for each row execute function crash_timer();
"""
# PostgreSQL's clock is real, but all leases go by this function.
_POSTGRES_CLOCK = """
create or replace function ringflow.instant() returns timestamptz language sql volatile as $$
    select to_timestamp({anchor}) + (clock_timestamp() - to_timestamp({anchor})) * {scale}
$$
"""
_COMMANDS = "select created_at, command_id, run, chain, seq, body, urgent from crash_commands"
_TIMERS = "select run, due, gen from crash_timers"
_LEFT = "select command_id from outbox"
_INBOX = "select event_id from inbox"
_JOURNAL = "select run, at, record from journal where kind = 'event'"
_LIVE = "select run from runs where ended_at is null and run not like 'room:%' and run not like 'queue:%'"
_ENDED = (
    "select key, ended_at from keys join runs on runs.run = keys.run where key like 'ccid:%' and ended_at is not null"
)
_SQLITE = "sqlite:///"
_OUTCOMES = (ACCEPTED, REFUSED, IN_DOUBT)

Ask = Callable[[str], Awaitable[Sequence[Any]]]


async def prepare(address: str) -> None:
    """Make the tables of the engine in the empty database at *address*, and set the triggers and the fast time."""
    store = store_at(address, lock_wait_s=0.0, on_commit=lambda: None)
    await store.open()
    await store.close()
    if address.startswith(_SQLITE):
        with sqlite3.connect(address.removeprefix(_SQLITE)) as connection:
            connection.executescript(_SQLITE_TRIGGERS)
        connection.close()
    else:
        connection = await _connect(address)
        await connection.execute(_POSTGRES_CLOCK.format(anchor=repr(ANCHOR), scale=repr(SCALE)))
        await connection.execute(_POSTGRES_TRIGGERS)
        await connection.close()


async def live_runs(address: str) -> tuple[int, int]:
    """Return how many legs have not ended, and how many commands have no outcome yet."""

    async def count(ask: Ask) -> tuple[int, int]:
        return len(await ask(_LIVE)), len(await ask(_LEFT))

    return await _asking(address, count)


async def read_ledger(address: str) -> Ledger:
    return await _asking(address, _read)


async def _read(ask: Ask) -> Ledger:
    commands = [_decided(*row) for row in await ask(_COMMANDS)]
    due = {(run, gen): due for run, due, gen in await ask(_TIMERS)}
    outcomes: dict[str, str] = {}
    fired = []
    for run, at, text in await ask(_JOURNAL):
        record = json.loads(text)
        head, _, tail = record["id"].rpartition(":")
        if record["type"] in _OUTCOMES:
            outcomes[head] = record["type"]
        elif record["type"] == TIMER:
            fired.append(Fired(run=run, due=due[run, int(tail)], at=at))
    return Ledger(
        handled=frozenset(name for (name,) in await ask(_INBOX)),
        commands=tuple(commands),
        outcomes=outcomes,
        left=frozenset(name for (name,) in await ask(_LEFT)),
        fired=tuple(fired),
        live=tuple(run for (run,) in await ask(_LIVE)),
        ended={key.partition(":")[2]: at for key, at in await ask(_ENDED)},
    )


def _decided(at: float, command_id: str, run: str, chain: str, seq: int, body: str, urgent: Any) -> Decided:
    told = json.loads(body)
    return Decided(
        at=at,
        command_id=command_id,
        run=run,
        chain=chain,
        seq=seq,
        urgent=bool(urgent),
        operation=told["operation"],
        path=told["path"],
        parameters=told["parameters"],
    )


async def _asking(address: str, work: Callable[[Ask], Awaitable[Any]]) -> Any:
    if address.startswith(_SQLITE):
        file = sqlite3.connect(f"file:{address.removeprefix(_SQLITE)}?mode=ro", uri=True, timeout=5.0)

        async def ask_file(statement: str) -> Sequence[Any]:
            return file.execute(statement).fetchall()

        try:
            return await work(ask_file)
        finally:
            file.close()
    connection = await _connect(address)
    try:
        return await work(connection.fetch)
    finally:
        await connection.close()


async def _connect(address: str) -> asyncpg.Connection:
    return await asyncpg.connect(address, server_settings={"search_path": "ringflow"})
