"""The commands that look at a database, on PostgreSQL: beside a running service, and after it."""

from __future__ import annotations

import asyncio
import json

import pytest
from service_world import CALLER, place_in

from engine.cli import main
from engine.store.choosing import name_of


@pytest.fixture
async def place(tmp_path, postgres_url, monkeypatch):
    async with place_in(tmp_path, speed=50.0) as place:
        place.set(database=postgres_url)
        monkeypatch.setenv("RINGFLOW_DATABASE", postgres_url)
        yield place


@pytest.fixture
def ringflow(capsys):
    """Give a command, and return its exit code and what it prints; the service of the test goes on meanwhile."""

    async def give(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, arguments)
        return (code, *capsys.readouterr())

    return give


async def test_a_call_is_looked_at_while_it_lasts_and_afterwards(place, ringflow):
    async with place.serving():
        leg = place.call()
        await place.log.line("state", state="waiting")
        code, during, err = await ringflow("calls", "--live", "--format", "json")
        (call,) = json.loads(during)
        place.hang_up(leg)
        await place.log.line("ended")
        versions = await ringflow("flows", "list", "--format", "json")
    _, shown, _ = await ringflow("show", call["call"][:5])
    by_control_id = await ringflow("show", leg)
    as_test = await ringflow("show", call["call"], "--as-scenario")

    assert (code, err) == (0, "")
    assert (call["flow"], call["status"], call["ended_at"], call["from"]) == ("hello", "live", None, f"+…{CALLER[-4:]}")
    assert "is in    hello" in shown
    assert 'says     "Hello."' in shown
    assert CALLER not in shown
    assert by_control_id == (0, shown, "")
    assert as_test[0] == 0
    assert "- caller: hangs up\n" in as_test[1]
    (version,) = json.loads(versions[1])
    assert (version["new_calls"], version["latest"], version["since"][:2]) == (True, True, "20")


async def test_old_calls_are_pruned_and_what_is_there_is_counted_with_and_without_a_service(
    place, ringflow, postgres_server
):
    name = place.settings.database.rpartition("/")[2]
    async with place.serving():
        place.hang_up(place.call())
        await place.log.line("ended")
        place.log.rows.clear()
        place.call()
        await place.log.line("state", state="waiting")
        await postgres_server.ask("update ringflow.runs set ended_at = ended_at - 3 * 3600", name)
        nothing = await ringflow("db", "prune")
        pruned = await ringflow("db", "prune", "--older-than", "2h", "--format", "json")
        code, checked, err = await ringflow("db", "check")
    again = await ringflow("db", "prune", "--older-than", "2h")
    too_soon = await ringflow("db", "prune", "--older-than", "0h")
    as_json = await ringflow("db", "check", "--format", "json")

    assert nothing == (0, "0 rows of calls that ended more than 1d ago deleted\n", "")
    assert json.loads(pruned[1])["deleted"] > 1
    assert again == (0, "0 rows of calls that ended more than 2h ago deleted\n", "")
    assert too_soon[0] == 2
    assert (code, err) == (0, "")
    assert checked.startswith(f"{name_of(place.settings.database)}: 1 call under way, 0 commands waiting, 1 timer, ")
    assert checked.endswith("whether its files are sound, PostgreSQL's own pg_amcheck says\n")
    answer = json.loads(as_json[1])
    assert (answer["database"], answer["sound"], answer["problems"], answer["calls"]) == (
        name_of(place.settings.database), None, [], 1,
    )  # fmt: skip


async def test_a_database_without_tables_is_said_in_words(place, ringflow):
    sentence = f"ringflow: {name_of(place.settings.database)} is empty; set RINGFLOW_DATABASE as the service has it\n"
    for command in (("calls",), ("show", "abc"), ("flows", "list"), ("db", "check"), ("db", "prune")):
        assert await ringflow(*command) == (3, "", sentence)
