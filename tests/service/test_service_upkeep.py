"""``ringflow db`` beside a real service: it goes on, and nothing of a call under way is lost."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing

import pytest
from service_world import Place, place_in, ringflow
from test_service_call import post
from test_service_webhooks import stored

DAY_S = 86400.0


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        yield place


def age(place: Place, *, by_s: float) -> None:
    """Make all calls that have ended end earlier."""
    with closing(sqlite3.connect(place.folder / "ringflow.db")) as database:
        database.execute("update runs set ended_at = ended_at - ?", (by_s,))
        database.commit()


async def one_call_over_one_under_way(place: Place) -> None:
    place.hang_up(place.call())
    await place.log.line("ended")
    place.log.rows.clear()
    place.call()
    await place.log.line("state", state="waiting")


async def test_copy_of_a_database_in_use_is_one_from_which_the_service_goes_on(place):
    copy = place.folder / "copy.db"
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
        code, out, err = await ringflow(place, "db", "backup", str(copy))
        again = await ringflow(place, "db", "backup", str(copy))
        as_json = await ringflow(place, "db", "backup", str(copy), "--force", "--format", "json")
    place.set(database=f"sqlite:///{copy}")
    place.log.rows.clear()
    async with place.serving():
        place.hang_up(leg)
        ended = await place.log.line("ended")

    assert (code, err) == (0, "")
    assert out.startswith(f"{copy}: 1 call under way, 0 commands waiting, 1 timer, ")
    assert again == (2, "", f"ringflow: {copy} exists already; choose another name, or add --force to replace it\n")
    answer = json.loads(as_json[1])
    assert list(answer) == ["file", "bytes", "calls", "commands", "timers", "journal"]
    assert (answer["file"], answer["calls"], answer["timers"]) == (str(copy), 1, 1)
    assert ended["state"] == "waiting"


async def test_check_says_what_the_database_holds(place):
    async with place.serving():
        place.call()
        await place.log.line("state", state="waiting")
        code, out, err = await ringflow(place, "db", "check")
        as_json = await ringflow(place, "db", "check", "--format", "json")

    path = f"{place.folder}/ringflow.db"
    assert (code, err) == (0, "")
    assert out.startswith(f"{path} is sound: 1 call under way, 0 commands waiting, 1 timer, ")
    answer = json.loads(as_json[1])
    assert (answer.pop("bytes") > 0, answer.pop("journal") > 0) == (True, True)
    assert answer == {
        "database": path, "sound": True, "problems": [], "schema": 3, "calls": 1, "commands": 0, "timers": 1,
    }  # fmt: skip


async def test_check_of_a_damaged_database_fails_and_says_what_to_do(place):
    (place.folder / "ringflow.db").write_text("not a database " * 100)

    code, out, err = await ringflow(place, "db", "check")
    as_json = await ringflow(place, "db", "check", "--format", "json")

    path = f"{place.folder}/ringflow.db"
    problem = f"the database {path} is not a database, or is damaged; restore it from a backup or choose another file"
    advice = f"{path} is damaged; restore a backup, as docs/operating.md says under 'A damaged database'"
    assert (code, out, err) == (1, f"{path}: {problem}\n{advice}\n", "")
    assert as_json[0] == 1
    assert json.loads(as_json[1]) == {
        "database": path, "sound": False, "problems": [problem], "schema": None, "bytes": 1500,
        "calls": None, "commands": None, "timers": None, "journal": None,
    }  # fmt: skip


async def test_prune_deletes_what_is_old_enough_and_no_call_under_way(place):
    async with place.serving():
        await one_call_over_one_under_way(place)
        age(place, by_s=3 * 3600)
        nothing = await ringflow(place, "db", "prune", "--older-than", "4h")
        before = stored(place, "runs")
        code, out, err = await ringflow(place, "db", "prune", "--older-than", "2h", "--format", "json")
        after = stored(place, "runs")
        state = await ringflow(place, "db", "check", "--format", "json")

    assert nothing == (0, "0 rows of calls that ended more than 4h ago deleted\n", "")
    assert (before, after) == (2, 1)
    assert (code, err) == (0, "")
    assert json.loads(out)["deleted"] > 1
    assert (json.loads(state[1])["calls"], json.loads(state[1])["timers"]) == (1, 1)


async def test_prune_does_it_itself_when_no_service_runs(place):
    missing = await ringflow(place, "db", "prune")
    async with place.serving():
        await one_call_over_one_under_way(place)
    age(place, by_s=2 * DAY_S)
    kept = await ringflow(place, "db", "prune", "--older-than", "30d")
    pruned = await ringflow(place, "db", "prune")

    path = f"{place.folder}/ringflow.db"
    assert missing == (3, "", f"ringflow: there is no database {path}; set RINGFLOW_DATABASE as the service has it\n")
    assert kept == (0, "0 rows of calls that ended more than 30d ago deleted\n", "")
    assert pruned[0] == 0
    assert stored(place, "runs") == 1


async def test_calls_are_kept_for_an_hour_at_least(place):
    sentence = "calls are kept for an hour at least, because webhooks may come late; say 1h or more"
    async with place.serving():
        during = await ringflow(place, "db", "prune", "--older-than", "0h")
        asked = [await post(place, "/db/prune", body) for body in (b"{}", b'{"older_than_s": true}')]
    after = await ringflow(place, "db", "prune", "--older-than", "0h")

    assert during == after == (2, "", f"ringflow: {sentence}\n")
    assert asked == [(422, {"problem": sentence})] * 2


async def test_age_without_a_unit_is_wrong_usage(place):
    refused = await ringflow(place, "db", "prune", "--older-than", "30")

    sentence = "ringflow: --older-than 30: write hours or days, such as 12h or 30d\n"
    assert refused == (2, "", f"{sentence}Try: ringflow db prune --help\n")


async def test_many_rows_are_deleted_in_portions_while_calls_go_on(place, monkeypatch):
    monkeypatch.setattr("engine.upkeep._WORK_S", 0.0)
    async with place.serving():
        place.call()
        await place.log.line("state", state="waiting")
        long_ago = time.time() - 2 * DAY_S
        with closing(sqlite3.connect(place.folder / "ringflow.db")) as database:
            rows = [(f"run{number}", 1, "{}", "v1", long_ago) for number in range(1200)]
            database.executemany("insert into runs (run, ver, state, version, ended_at) values (?, ?, ?, ?, ?)", rows)
            database.commit()
        first = await post(place, "/db/prune", b'{"older_than_s": 86400}')
        rest = await ringflow(place, "db", "prune")

    assert first == (200, {"deleted": 500, "is_done": False})
    assert rest == (0, "700 rows of calls that ended more than 1d ago deleted\n", "")


async def test_the_service_deletes_what_it_has_kept_long_enough_and_calls_that_failed_later(place, monkeypatch):
    monkeypatch.setattr("engine.service._HOUSEKEEPING_S", 0.05)
    place.set(keep_calls_s=3600.0, keep_failed_calls_s=30 * DAY_S)
    async with place.serving():
        place.hang_up(place.call())
        await place.log.line("ended")
        place.log.rows.clear()
        place.simulator.world.fail_next("answer", 422, "10015")
        place.call()
        await place.log.line("error")
        await place.log.line("ended")
        assert stored(place, "runs") == 2
        age(place, by_s=2 * 3600)
        async with asyncio.timeout(10):
            while stored(place, "runs") > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        with closing(sqlite3.connect(place.folder / "ringflow.db")) as database:
            kept = database.execute("select count(*) from journal where kind = 'error'").fetchone()[0]

    assert kept == 1
    assert stored(place, "inbox") > 0  # ids of events stay a day
