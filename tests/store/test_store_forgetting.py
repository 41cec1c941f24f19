"""``Store.forget``: one phone number leaves what is stored, for memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.core.leg import Leg
from engine.core.mentions import Number
from engine.core.planned import Plan
from engine.core.room_state import Member, Room
from engine.ports import Forgotten, Store

NOW = 1_800_000_000.0
LONG_AGO = NOW - 7200
ANNA, OFFICE, BEN = "+34600111222", "+15551230000", "+34600999888"
NUMBER = Number.read(ANNA)


def leg(run: str, *, from_: str = ANNA, to: str = OFFICE, ended_at: float | None = LONG_AGO, **fields: Any) -> Row:
    made = Leg(run=run, ver=1, status="live" if ended_at is None else "ended", from_=from_, to=to, **fields)
    return Row(run=run, ver=1, state=replace(made, ended_at=ended_at).encode(), version="v1", ended_at=ended_at)


def plan(run: str, stage: Any) -> Row:
    state = orjson.dumps(Plan(run=run, ver=1, stage=stage, to=ANNA)).decode()
    return Row(run=run, ver=1, state=state, version="v1", ended_at=LONG_AGO if stage == "over" else None)


def room(name: str, *, ended_at: float | None) -> Row:
    member = Member(run="x", call_control_id="v3:x", flow="f", role="caller", stay=1, number=ANNA)
    state = orjson.dumps(Room(run=name, ver=1, members={"x": member})).decode()
    return Row(run=name, ver=1, state=state, ended_at=ended_at)


def stored(row: Row, *, says: str = ANNA, timer: Timer | None = None) -> Change:
    """A run with a key, an id, a command and a line of history that holds *says*."""
    run = row.run
    command = Command(operation="tell", path={"run": "other"}, parameters={"payload": {"number": says}})
    return Change(
        event_id=f"event of {run}",
        at=LONG_AGO,
        row=row,
        keys=(f"leg:{run}",),
        commands=(OutboxRow(command_id=f"c {run}", run=run, chain=run, seq=1, command=command, created_at=LONG_AGO),),
        timer=timer,
        journal=(JournalEntry(run=run, at=LONG_AGO, kind="event", record={"payload": {"from": says}}),),
    )


async def forget_all(store: Store, *, limit: int = 500) -> Forgotten:
    """Forget Anna's number, portion by portion, and sum up."""
    calls, mentions, live, place = 0, 0, [], None
    while place != "":
        done = await store.forget(NUMBER, now=NOW, place=place or "", limit=limit)
        calls, mentions, place = calls + done.calls, mentions + done.mentions, done.next
        live += done.live
    return Forgotten(calls=calls, mentions=mentions, live=tuple(sorted(set(live))))


async def rows(store: Store, *runs: str) -> dict[str, Row]:
    return dict((await store.load(event_ids=[], keys=[], runs=runs)).rows)


@pytest.mark.parametrize("limit", [1, 2, 500])
async def test_ended_calls_go_with_all_that_is_theirs_and_the_ids_of_their_events_stay(store, limit):
    calls = [stored(leg("one")), stored(leg("two", from_=BEN, to=ANNA))]
    await store.apply([*calls, stored(leg("bens", from_=BEN), says=BEN), stored(plan("plan:old", "over"))])

    done = await forget_all(store, limit=limit)

    assert done == Forgotten(calls=3)
    loaded = await store.load(event_ids=["event of one"], keys=["leg:one", "leg:bens"], runs=["one", "two", "plan:old"])
    assert (loaded.seen, loaded.runs) == ({"event of one"}, {"leg:bens": "bens"})
    assert loaded.rows == {"bens": leg("bens", from_=BEN)}
    assert [row.run for row in (await store.outstanding()).outbox] == ["bens"]
    assert await forget_all(store) == Forgotten()


async def test_a_planned_call_that_waits_is_never_made(store):
    await store.apply([stored(plan("plan:next", "waiting"), timer=Timer("plan:next", NOW + 60, 1))])

    assert await forget_all(store) == Forgotten(calls=1)

    assert (await store.outstanding()).timers == ()
    assert await rows(store, "plan:next") == {}


async def test_calls_under_way_are_named_and_left(store):
    """One is from the number, one rings it, one only has it in a variable, one in its history."""
    live = [
        leg("own", ended_at=None),
        plan("plan:rings", "ringing"),
        leg("knows", from_=BEN, ended_at=None, variables={"who": ANNA}),
    ]
    lines = leg("told", from_=BEN, ended_at=None)
    await store.apply([*(stored(row, says=BEN) for row in live), stored(lines)])
    before = await rows(store, "own", "plan:rings", "knows", "told")

    assert await forget_all(store) == Forgotten(live=("knows", "own", "plan:rings", "told"))

    assert await rows(store, "own", "plan:rings", "knows", "told") == before


async def test_calls_that_mention_the_number_lose_it_once_they_have_ended(store):
    await store.apply([stored(leg("bens", from_=BEN, variables={"call": f"tel:{ANNA}"}))])

    assert await forget_all(store) == Forgotten(mentions=3)

    [row] = (await rows(store, "bens")).values()
    assert Leg.decode(row.state).variables == {"call": "tel:***"}
    assert (row.ver, Leg.decode(row.state).ver, row.version, row.ended_at) == (2, 2, "v1", LONG_AGO)
    [command] = (await store.outstanding()).outbox
    assert command.command.parameters == {"payload": {"number": "***"}}
    assert await forget_all(store) == Forgotten()


async def test_whoever_works_on_a_row_of_before_has_to_read_it_again(store):
    """A late event was decided on with the number in hand: it must not bring the number back."""
    before = leg("bens", from_=BEN, variables={"who": ANNA})
    await store.apply([stored(before)])
    await forget_all(store)

    late = Change(event_id="late", at=NOW, ver_before=1, row=replace(before, ver=2))

    assert await store.apply([late]) == {"bens"}


async def test_a_call_that_has_just_ended_leaves_a_tombstone_without_numbers(store):
    just_now = leg("one", ended_at=NOW - 60, variables={"name": "Anna"})
    await store.apply([stored(just_now)])

    assert await forget_all(store) == Forgotten(calls=1)

    loaded = await store.load(event_ids=["event of one"], keys=["leg:one"], runs=[])
    assert (loaded.seen, loaded.runs) == ({"event of one"}, {"leg:one": "one"})
    bare = Leg(run="one", ver=2, status="ended", ended_at=NOW - 60)
    assert Leg.decode(loaded.rows["one"].state) == bare
    assert (await store.outstanding()).outbox == ()
    assert await store.prune(before=NOW, ids_before=0) == 2  # the row and its key: no line of history was left


async def test_rooms_lose_the_number_when_they_are_over_and_their_history_in_any_case(store):
    await store.apply([stored(room("room:old", ended_at=LONG_AGO)), stored(room("room:in use", ended_at=None))])

    assert await forget_all(store) == Forgotten(mentions=4)

    found = await rows(store, "room:old", "room:in use")
    assert [NUMBER.is_in(row.state) for row in found.values()] == [name == "room:in use" for name in found]


async def test_history_of_no_run_is_masked_too(store):
    stray = JournalEntry(run="", at=NOW, kind="stray", record={"from": "0034 600 111 222"})
    await store.apply([Change(event_id="e", at=NOW, journal=(stray,))])

    assert await forget_all(store) == Forgotten(mentions=1)
    assert await forget_all(store) == Forgotten()
