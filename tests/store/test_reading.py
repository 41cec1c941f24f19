"""Reading a database while a service writes into it, and when it cannot be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from engine.core.change import Change, JournalEntry, Row
from engine.errors import StoreUnavailable
from engine.store.reading import read_history
from engine.store.sqlite import SqliteStore

ROW = Row(run="abc2efgh", ver=1, state='{"run": "abc2efgh"}', version="v1")
OTHER = Row(run="abc3efgh", ver=1, state='{"run": "abc3efgh", "origin": {"run": "abc2efgh"}}', version="v1")
PLAN = Row(run="plan:abd2efgh", ver=1, state="{}", version="v1")
LINE = JournalEntry(run="abc2efgh", at=5.0, kind="log", record={"text": "a"})


@pytest.fixture
async def store(tmp_path):
    store = SqliteStore(tmp_path / "ringflow.db")
    await store.open()
    first = Change(event_id="1", at=5.0, row=ROW, keys=("ccid:v3:one",), journal=(LINE,))
    rest = [Change(event_id=row.run, at=6.0, row=row) for row in (OTHER, PLAN, Row(run="room:a", ver=1, state="{}"))]
    await store.apply([first, *rest])
    yield store
    await store.close()


async def test_calls_are_read_newest_first_while_a_service_has_the_database(store, tmp_path):
    with read_history(tmp_path / "ringflow.db") as history:
        assert list(history.calls()) == [PLAN, OTHER, ROW]
        assert history.journal("abc2efgh", limit=9) == (LINE,)
        assert history.rung_by("abc2efgh", limit=9) == (OTHER,)


async def test_a_reading_sees_one_moment(store, tmp_path):
    with read_history(tmp_path / "ringflow.db") as history:
        await store.apply([Change(event_id="2", at=7.0, row=ROW, ver_before=1, journal=(LINE,))])

        assert len(history.journal("abc2efgh", limit=9)) == 1
    with read_history(tmp_path / "ringflow.db") as history:
        assert len(history.journal("abc2efgh", limit=9)) == 2


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("abc", ("abc2efgh", "abc3efgh")),
        ("ab", ("abc2efgh", "abc3efgh", "plan:abd2efgh")),
        ("abc2", ("abc2efgh",)),
        ("abd2", ("plan:abd2efgh",)),
        ("v3:one", ("abc2efgh",)),
        ("room:a", ("room:a",)),
        ("%", ()),
        ("", ()),
    ],
)
async def test_a_call_is_found_by_its_beginning_or_its_call_control_id(store, tmp_path, name, runs):
    with read_history(tmp_path / "ringflow.db") as history:
        assert history.named(name, limit=9) == runs


async def test_nothing_is_written(store, tmp_path):
    await store.close()
    before = (tmp_path / "ringflow.db").read_bytes()

    with read_history(tmp_path / "ringflow.db") as history, pytest.raises(sqlite3.Error, match="readonly"):
        history._connection.execute("delete from runs")
    assert (tmp_path / "ringflow.db").read_bytes() == before


def test_what_is_no_database_of_ours_is_said_in_words(tmp_path):
    (tmp_path / "text.db").write_text("hello " * 1000)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("create table theirs (a)")

    for name, words in (("text.db", "is not a database"), ("other.db", "belongs to another program")):
        with pytest.raises(StoreUnavailable, match=words), read_history(tmp_path / name):
            pass
