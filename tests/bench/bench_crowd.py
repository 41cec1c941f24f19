"""A database with a great many calls that live: one real call, and copies of its row under other names."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from itertools import islice

from bench_calls import STAYING, one_that_stays
from bench_child import child
from bench_latency import wait_for_actions
from bench_sender import send_on_time
from bench_stage import Stage

from engine.core.change import Change, Row, Timer
from engine.core.command import run_id
from engine.core.names import control_key, leg_key
from engine.store.choosing import store_at

_FIRST = "crowd-0"
_AT_ONCE = 1000
_PAUSE_S = 0.3


async def crowd(stage: Stage, store: str, number: int) -> str:
    """Return the address of a database of the kind *store* in which *number* calls wait."""
    database = await stage.database(store)
    async with child("bench_telnyx.py") as telnyx, stage.engine(database, telnyx) as engine:
        await send_on_time(engine.port, one_that_stays(_FIRST, pause_s=_PAUSE_S))
        await wait_for_actions(telnyx, sum(bool(action) for _, _, action in STAYING))
    async with _opened(database) as opened:
        loaded = await opened.load(event_ids=(), keys=(leg_key(f"leg-{_FIRST}"),), runs=())
        [row] = loaded.rows.values()
        [timer] = [timer for timer in (await opened.outstanding()).timers if timer.run == row.run]
        copies = _copies(row, timer, number)
        while batch := list(islice(copies, _AT_ONCE)):
            await opened.apply(batch)
    await _settled(stage, store, database)
    return database


async def _settled(stage: Stage, store: str, database: str) -> None:
    """Return when all that was written is on the disk: in life it comes little by little, and nobody waits for it."""
    if store == "postgresql" and stage.postgres is not None:
        await stage.postgres.ask("vacuum analyze", database.rpartition("/")[2])
        await stage.postgres.ask("checkpoint")
    await asyncio.to_thread(os.sync)


async def as_if_served_just_now(database: str) -> None:
    """Let the next engine find that nobody was away: else it would ask Telnyx for each of the calls."""
    async with _opened(database) as opened:
        await opened.put_note("seen_at", str(time.time()))


@asynccontextmanager
async def _opened(database: str):
    opened = store_at(database, lock_wait_s=10.0, on_commit=lambda: None)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


def _copies(row: Row, timer: Timer, number: int) -> Iterator[Change]:
    now = time.time()
    for index in range(1, number):
        call = f"crowd-{index}"
        run = run_id(f"leg-{call}")
        state = row.state.replace(row.run, run).replace(_FIRST, call)
        yield Change(
            event_id=f"{call}.0",
            at=now,
            row=Row(run=run, ver=row.ver, state=state, version=row.version),
            keys=(leg_key(f"leg-{call}"), control_key(call)),
            timer=Timer(run, timer.due + index / 1000, timer.gen),
        )
