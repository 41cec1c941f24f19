"""A disk that is full, and a database that is damaged, while webhooks come: nothing that was taken is missing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from service_world import Place, place_in
from test_service_oddities import readyz, until_ready
from test_service_webhooks import post, signed, webhook

from engine.errors import StoreDamaged, StoreUnavailable
from engine.store.backup import back_up


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of 2 MB, where this machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "ringflow-test", str(disk)]
    if os.name != "posix" or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave not one byte free; whoever deletes the file that is returned makes room again."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return ballast


async def hang_up(port: int, number: int) -> int:
    """Tell of the end of a call that nobody knows, and return what the service answers."""
    leg = {"call_leg_id": f"leg{number}", "call_control_id": f"v3:{number}", "call_session_id": f"s{number}"}
    return await post(port, *signed(webhook("call.hangup", f"e{number}", **leg, hangup_cause="normal_clearing")))


async def until_refused(port: int, first: int) -> list[int]:
    """Send webhooks until one gets 503; return the numbers of those that were taken before."""
    taken = []
    async with asyncio.timeout(30):
        for number in range(first, first + 10_000):
            status = await hang_up(port, number)
            if status == 503:
                break
            assert status == 200
            taken.append(number)
    return taken


def stored_events(place: Place) -> set[str]:
    with closing(sqlite3.connect(place.folder / "ringflow.db")) as database:
        return {name for (name,) in database.execute("select event_id from inbox")}


def told(place: Place, event: str) -> list[str]:
    return [row.get("problem", "") for row in place.log.rows if row["event"] == event]


async def test_full_disk_refuses_webhooks_loses_nothing_and_recovers_by_itself(small_disk):
    async with place_in(small_disk, speed=50.0) as place, place.serving() as serving:
        taken = [number for number in range(20) if await hang_up(serving.port, number) == 200]
        ballast = fill(small_disk)
        taken += await until_refused(serving.port, len(taken))
        unready = await readyz(serving.port)
        later = {await readyz(serving.port) for _ in range(300)}  # while it tries whether there is room again
        still = await hang_up(serving.port, 20_000)
        ballast.unlink()
        await until_ready(serving.port, 200)
        again = await hang_up(serving.port, 20_000)
        stored = stored_events(place)

    assert len(taken) >= 20
    assert (unready, later, still, again) == (503, {503}, 503, 200)
    assert stored >= {f"e{number}" for number in (*taken, 20_000)}
    assert told(place, "database_away") == [
        f"the database {small_disk}/ringflow.db cannot grow because the disk is full; free some space"
    ]
    assert told(place, "database_back") == [""]


async def test_start_on_a_full_disk_says_so_and_harms_nothing(small_disk):
    async with place_in(small_disk, speed=50.0) as place:
        async with place.serving() as serving:
            taken = [number for number in range(20) if await hang_up(serving.port, number) == 200]
        for file in ("admin.sock", "ringflow.db.lock"):
            (small_disk / file).unlink(missing_ok=True)
        ballast = fill(small_disk)
        with pytest.raises(StoreUnavailable, match=r"cannot grow because the disk is full; free some space"):
            async with place.serving():
                pass
        ballast.unlink()
        async with place.serving() as serving:
            await until_ready(serving.port, 200)

    assert stored_events(place) >= {f"e{number}" for number in taken}


async def test_backup_that_finds_no_room_leaves_the_older_one(small_disk, tmp_path):
    copy = small_disk / "copy.db"
    async with place_in(tmp_path, speed=50.0) as place, place.serving() as serving:
        await hang_up(serving.port, 0)
        back_up(tmp_path / "ringflow.db", copy)
        before = copy.read_bytes()
        fill(small_disk)
        with pytest.raises(StoreUnavailable, match=r"copy\.db.*the disk is full; free some space"):
            back_up(tmp_path / "ringflow.db", copy, may_replace=True)
        assert await hang_up(serving.port, 1) == 200

    assert copy.read_bytes() == before
    assert sorted(file.name for file in small_disk.iterdir()) == ["ballast", "copy.db"]


async def test_database_that_is_moved_away_takes_no_more_and_loses_nothing(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        async with place.serving() as serving:
            assert await hang_up(serving.port, 0) == 200
            (tmp_path / "ringflow.db").rename(tmp_path / "away.db")
            refused = await hang_up(serving.port, 1)
            await until_ready(serving.port, 503)
            (tmp_path / "away.db").rename(tmp_path / "ringflow.db")
            await until_ready(serving.port, 200)
            again = await hang_up(serving.port, 1)
        stored = stored_events(place)

    assert (refused, again) == (503, 200)
    assert stored >= {"e0", "e1"}
    assert "was moved, deleted or replaced; put it back, or restart the service" in told(place, "database_away")[0]


async def test_call_goes_on_after_the_disk_was_full(small_disk):
    async with place_in(small_disk, speed=50.0) as place, place.serving() as serving:
        ballast = fill(small_disk)
        await until_refused(serving.port, 0)
        place.call()
        ballast.unlink()
        await place.log.line("state", state="waiting", within_s=20)

    assert [entry.what for entry in place.simulator.world.record if entry.kind == "hears"] == ["Hello."]


async def test_damaged_database_is_written_no_more_and_the_next_start_says_what_to_do(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        async with place.serving() as serving:
            taken = [number for number in range(300) if await hang_up(serving.port, number) == 200]
            with closing(sqlite3.connect(tmp_path / "ringflow.db")) as other:
                other.execute("pragma wal_checkpoint(truncate)")
                page = other.execute("select rootpage from sqlite_master where name = 'inbox'").fetchone()[0]
            with (tmp_path / "ringflow.db").open("r+b") as file:
                file.seek((page - 1) * 4096)
                file.write(b"x" * 4096)
            await until_refused(serving.port, 300)
            await place.log.line("database_away")
            still = [await readyz(serving.port), await hang_up(serving.port, 20_000)]
        with pytest.raises(StoreDamaged, match=r"is damaged; restore it from a backup"):
            async with place.serving():
                pass

    assert len(taken) == 300
    assert still == [503, 503]
    assert len(told(place, "database_away")) == 1
    assert told(place, "database_back") == []
