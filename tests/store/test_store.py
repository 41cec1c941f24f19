"""What every store promises (engine.ports.Store), for memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine.core.change import Change, JournalEntry, Row, Timer
from engine.core.command import Command, OutboxRow
from engine.ports import PINNED, Loaded, Outstanding, Store
from engine.store.postgres import PostgresStore
from engine.store.sqlite import SqliteStore
from engine.testing import MemoryStore

NOW = 1_800_000_000.0


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request, tmp_path):
    opened: Store
    if request.param == "memory":
        opened = MemoryStore()
    elif request.param == "sqlite":
        opened = SqliteStore(tmp_path / "ringflow.db")
    else:
        server = request.getfixturevalue("postgres_server")
        opened = PostgresStore(await server.new_database())
    await opened.open()
    yield opened
    await opened.close()


def row(run: str = "anna", ver: int = 1, **fields) -> Row:
    return Row(run=run, ver=ver, state=f'{{"ver":{ver}}}', version="v1", **fields)


def change(event_id: str = "e1", *, run: str = "anna", ver: int = 1, **fields) -> Change:
    return Change(event_id=event_id, at=NOW, row=row(run, ver), ver_before=ver - 1, **fields)


def speak(command_id: str = "c1", seq: int = 1, **fields) -> OutboxRow:
    command = Command(operation="speak", path={"call_control_id": "v3:a"}, parameters={"payload": "Grüß Gott"})
    return OutboxRow(
        command_id=command_id, run="anna", chain="anna", seq=seq, command=command, created_at=NOW, **fields
    )


async def test_new_store_knows_nothing(store):
    assert await store.load(event_ids=["e1"], keys=["leg:1"], runs=["anna"]) == Loaded()
    assert await store.outstanding() == Outstanding()
    assert await store.note("install") is None
    assert await store.versions() == {}


async def test_applied_change_is_found_by_event_key_and_run(store):
    refused = await store.apply([change(keys=("leg:1", "ccid:1"))])

    assert refused == frozenset()
    loaded = await store.load(event_ids=["e1", "e2"], keys=["leg:1", "leg:2"], runs=[])
    assert loaded == Loaded(seen=frozenset({"e1"}), runs={"leg:1": "anna"}, rows={"anna": row()})


async def test_a_command_remembers_its_flow(store):
    commands = (speak("c1", 1, flow="front_desk"), speak("c2", 2))
    await store.apply([change(commands=commands)])

    assert (await store.outstanding()).outbox == commands


async def test_several_events_of_one_run_are_one_commit(store):
    await store.apply([change("e1"), change("e2", ver=2)])

    loaded = await store.load(event_ids=["e1", "e2"], keys=[], runs=["anna"])
    assert loaded == Loaded(seen=frozenset({"e1", "e2"}), rows={"anna": row(ver=2)})


async def test_run_with_another_ver_is_refused_and_the_others_are_written(store):
    await store.apply([change("e1"), change("e2", ver=2)])

    late = change(
        "e3", ver=2, commands=(speak(),), keys=("leg:9",), journal=(JournalEntry(run="anna", at=NOW, kind="event"),)
    )
    refused = await store.apply([late, change("e4", run="ben")])

    assert refused == {"anna"}
    loaded = await store.load(event_ids=["e3", "e4"], keys=["leg:9"], runs=["anna", "ben"])
    assert loaded == Loaded(seen=frozenset({"e4"}), rows={"anna": row(ver=2), "ben": row("ben")})
    assert await store.outstanding() == Outstanding()


async def test_run_with_a_known_event_is_refused_with_all_its_changes(store):
    await store.apply([change("e1")])

    refused = await store.apply([change("e2", ver=2), change("e1", ver=3)])

    assert refused == {"anna"}
    assert await store.load(event_ids=["e2"], keys=[], runs=["anna"]) == Loaded(rows={"anna": row()})


async def test_two_new_runs_of_one_id_do_not_overwrite_each_other(store):
    results = await asyncio.gather(store.apply([change("e1")]), store.apply([change("e2")]))

    assert sorted(map(len, results)) == [0, 1]


async def test_event_without_a_run_is_remembered(store):
    stray = Change(event_id="e1", at=NOW, journal=(JournalEntry(run="", at=NOW, kind="stray"),))

    assert await store.apply([stray]) == frozenset()
    assert await store.apply([stray]) == frozenset()
    assert await store.load(event_ids=["e1"], keys=[], runs=[]) == Loaded(seen=frozenset({"e1"}))


async def test_events_that_need_no_remembering_may_come_often(store):
    assert await store.apply([change("")]) == frozenset()
    assert await store.apply([change("", ver=2)]) == frozenset()


async def test_commands_come_back_oldest_first_and_whole(store):
    first, second = speak("c1"), speak("c2", 2)
    old = replace(speak("c0", 3, urgent=True), created_at=NOW - 1)
    await store.apply([change(commands=(second, first, old))])

    assert (await store.outstanding()).outbox == (old, first, second)


async def test_withdrawn_command_leaves_unless_it_was_tried(store):
    await store.apply([change(commands=(speak("c1"), speak("c2")))])
    assert await store.attempt(["c1"], at=NOW + 1) == {"c1"}

    await store.apply([change("e2", ver=2, withdrawn=("c1", "c2"))])

    assert (await store.outstanding()).outbox == (speak("c1", first_attempt_at=NOW + 1),)
    assert await store.attempt(["c2"], at=NOW + 2) == frozenset()


async def test_abandoned_and_settled_commands_leave_though_they_were_tried(store):
    await store.apply([change(commands=(speak("c1"), speak("c2")))])
    await store.attempt(["c1", "c2"], at=NOW)

    await store.apply([change("e2", ver=2, abandoned=("c1",), settled=("c2",))])

    assert await store.outstanding() == Outstanding()


async def test_command_may_be_withdrawn_in_the_commit_it_came_with(store):
    await store.apply([change("e1", commands=(speak(),)), change("e2", ver=2, withdrawn=("c1",))])

    assert await store.outstanding() == Outstanding()


async def test_first_attempt_stays_the_first(store):
    await store.apply([change(commands=(speak(),))])
    await store.attempt(["c1"], at=NOW + 1)

    assert await store.attempt(["c1", "unknown"], at=NOW + 9) == {"c1"}

    assert (await store.outstanding()).outbox[0].first_attempt_at == NOW + 1


async def test_timer_is_replaced_and_dropped_with_the_run(store):
    await store.apply(
        [change(timer=Timer("anna", NOW + 5, 1)), change("e2", run="ben", timer=Timer("ben", NOW + 3, 1))]
    )
    await store.apply([change("e3", ver=2, timer=Timer("anna", NOW + 9, 2))])
    assert (await store.outstanding()).timers == (Timer("ben", NOW + 3, 1), Timer("anna", NOW + 9, 2))

    await store.apply([change("e4", run="ben", ver=2)])

    assert (await store.outstanding()).timers == (Timer("anna", NOW + 9, 2),)


async def test_event_without_a_run_leaves_timers_alone(store):
    await store.apply([change(timer=Timer("anna", NOW + 5, 1))])

    await store.apply([Change(event_id="stray", at=NOW)])

    assert (await store.outstanding()).timers == (Timer("anna", NOW + 5, 1),)


async def test_versions_and_notes_are_kept(store):
    await store.keep_version("v1", {"a.yaml": b"flow: a\n", "audio/x.wav": b"\x00\xff"})
    await store.keep_version("v1", {"a.yaml": b"flow: a\n"})
    await store.put_note("install", "one")
    await store.put_note("install", "two")

    assert await store.versions() == {"v1": {"a.yaml": b"flow: a\n"}}
    assert await store.note("install") == "two"


async def test_trying_out_leaves_nothing_behind(store):
    await store.try_out()

    assert await store.note("trial") is None


async def test_prune_deletes_ended_runs_with_all_that_is_theirs(store):
    entry = JournalEntry(run="anna", at=NOW, kind="event", record={"a": 1})
    ended = replace(row(), ended_at=NOW)
    await store.apply(
        [
            Change(event_id="e1", at=NOW, row=ended, keys=("leg:1",), journal=(entry,), commands=(speak(),)),
            change("e2", run="ben", keys=("leg:2",)),
        ]
    )

    assert await store.prune(before=NOW) == 0
    deleted = await store.prune(before=NOW + 1)

    assert deleted == 5
    loaded = await store.load(event_ids=["e1", "e2"], keys=["leg:1", "leg:2"], runs=["anna"])
    assert loaded == Loaded(seen=frozenset({"e2"}), runs={"leg:2": "ben"}, rows={"ben": row("ben")})
    assert (await store.outstanding()).outbox == ()


async def test_prune_forgets_the_past_of_rooms_and_of_strays_but_not_the_rooms(store):
    room = Row(run="room:sales", ver=1, state="{}")
    live = change("e3")
    await store.apply([Change(event_id="e1", at=NOW, row=room), Change(event_id="e2", at=NOW), live])

    assert await store.prune(before=NOW + 1) == 2

    loaded = await store.load(event_ids=["e1", "e2", "e3"], keys=[], runs=["room:sales"])
    assert loaded == Loaded(seen=frozenset({"e3"}), rows={"room:sales": room})


def over(run: str, *entries: JournalEntry, at: float = NOW) -> Change:
    ended = replace(row(run), ended_at=at)
    return Change(event_id=f"event of {run}", at=at, row=ended, journal=entries)


async def left(store: Store, *runs: str) -> set[str]:
    return set((await store.load(event_ids=[], keys=[], runs=runs)).rows)


@pytest.mark.parametrize("kind", ["error", "failed", "budget", "event"])
async def test_calls_that_failed_stay_longer(store, kind):
    entry = JournalEntry(run="anna", at=NOW, kind=kind, record={"code": "engine"})
    await store.apply([over("anna", entry), over("ben")])

    await store.prune(before=NOW + 1, failed_before=NOW - 1)

    assert await left(store, "anna", "ben") == (set() if kind == "event" else {"anna"})
    assert await store.prune(before=NOW + 1) == (0 if kind == "event" else 2)
    assert await left(store, "anna") == set()


async def test_a_call_that_failed_after_its_last_change_stays_longer_too(store):
    """A defect may leave a line of its own, without a change of the run."""
    await store.apply([over("anna")])
    await store.apply([Change(event_id="e2", at=NOW, journal=(JournalEntry(run="anna", at=NOW, kind="failed"),))])

    await store.prune(before=NOW + 1, failed_before=NOW - 1)

    assert await left(store, "anna") == {"anna"}


async def test_a_command_that_came_after_the_hang_up_is_no_failure(store):
    await store.apply([over("anna", JournalEntry(run="anna", at=NOW, kind="error", record={"code": "90018"}))])

    await store.prune(before=NOW + 1, failed_before=NOW - 1)

    assert await left(store, "anna") == set()


async def test_ids_of_events_go_before_their_call_but_not_those_of_a_call_under_way(store):
    room = Change(event_id="of a room", at=NOW, row=Row(run="room:sales", ver=1, state="{}"))
    await store.apply([over("anna"), change("of a live call", run="ben"), room, Change(event_id="of none", at=NOW)])

    assert await store.prune(before=NOW - 9, ids_before=NOW) == 0
    assert await store.prune(before=NOW - 9, ids_before=NOW + 1) == 3

    events = ["event of anna", "of a live call", "of a room", "of none"]
    assert (await store.load(event_ids=events, keys=[], runs=[])).seen == {"of a live call"}
    assert await left(store, "anna", "ben", "room:sales") == {"anna", "ben", "room:sales"}


async def test_prune_takes_no_more_calls_than_it_may(store):
    await store.apply([over(run) for run in ("anna", "ben", "cleo")])

    counts = [await store.prune(before=NOW + 1, ids_before=NOW - 9, limit=2) for _ in range(3)]

    assert counts == [2, 1, 0]


async def test_prune_keeps_versions_in_use_the_pinned_one_and_the_last_ten(store):
    for number in range(13):
        await store.keep_version(f"v{number}", {})
    await store.apply([change()])  # bound to v1
    await store.put_note(PINNED, "v2")

    await store.prune(before=NOW)

    assert set(await store.versions()) == {"v1", "v2", *(f"v{number}" for number in range(3, 13))}
