"""The service loads changed flows by itself, however the files got there."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from language_world import People
from serve_program import Program
from service_world import FLOW, Place, place_in, ringflow

from engine import reloading
from engine.commands.folders import load_folder
from engine.flows_folder import stamp
from engine.reloading import WatchedFolder

NEW_FLOW = FLOW.replace(b"Hello.", b"Good morning.")
BROKEN = FLOW.replace(b"then: waiting", b"then: wating")
LOOK_S = 0.02


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        flows(place).mkdir()
        save(flows(place), FLOW)
        yield place


def flows(place: Place) -> Path:
    return place.folder / "flows"


def save(folder: Path, flow: bytes) -> None:
    (folder / "hello.flow.yaml").write_bytes(flow)


def serving(place: Place, folder: Path | None = None):
    """Serve *folder* and watch it, fifty times as often as people need."""
    path = str(folder or flows(place))
    watched = WatchedFolder(path, look_s=LOOK_S)
    return place.serving(reload=partial(load_folder, path, is_quiet=True), watched=watched)


async def greeting(place: Place) -> str:
    """Have somebody call, and return what they hear."""
    return str((await People(place.simulator).hears(place.call(), "")).what)


async def test_saved_flow_takes_the_next_call(place):
    async with serving(place):
        heard = [await greeting(place)]
        save(flows(place), NEW_FLOW)
        await place.log.line("reloaded")
        heard.append(await greeting(place))

    assert heard == ["Hello.", "Good morning."]


async def test_problems_change_nothing_and_are_told_with_their_places(place, capfd):
    async with serving(place):
        save(flows(place), BROKEN)
        refused = await place.log.line("reload_refused")
        problem = await place.log.line("flow_problem")
        heard = [await greeting(place)]
        save(flows(place), NEW_FLOW)
        await place.log.line("reloaded")
        heard.append(await greeting(place))

    assert refused["problem"] == f"the flows in {flows(place)} have problems; mend them first"
    assert problem["place"] == f"{flows(place)}/hello.flow.yaml:12:11"
    assert problem["problem"].startswith("there is no state 'wating'")
    assert heard == ["Hello.", "Good morning."]
    assert capfd.readouterr().err == ""  # the log is all that is written


async def test_what_changed_while_the_service_started_is_loaded(place):
    service = serving(place)
    save(flows(place), NEW_FLOW)
    async with service:
        await place.log.line("reloaded")

        assert await greeting(place) == "Good morning."


async def test_folder_that_goes_away_changes_nothing_and_is_loaded_when_it_is_back(place):
    async with serving(place):
        flows(place).rename(place.folder / "away")
        refused = await place.log.line("reload_refused")
        heard = [await greeting(place)]
        shutil.copytree(place.folder / "away", place.folder / "prepared")
        save(place.folder / "prepared", NEW_FLOW)
        (place.folder / "prepared").rename(flows(place))
        await place.log.line("reloaded")
        heard.append(await greeting(place))

    assert refused["problem"].startswith(f"there is no {flows(place)}")
    assert heard == ["Hello.", "Good morning."]


async def test_link_to_a_release_is_followed_when_it_is_swapped(place):
    releases = [place.folder / "release1", place.folder / "release2"]
    for release, flow in zip(releases, (FLOW, NEW_FLOW), strict=True):
        release.mkdir()
        save(release, flow)
    current = place.folder / "current"
    current.symlink_to(releases[0])
    async with serving(place, current):
        swap(current, releases[1])
        await place.log.line("reloaded")

        assert await greeting(place) == "Good morning."


async def test_configmap_of_kubernetes_is_followed_when_it_changes(place):
    mount = place.folder / "mount"
    mount.mkdir()
    for name, flow in (("..2026_01", FLOW), ("..2026_02", NEW_FLOW)):
        (mount / name).mkdir()
        save(mount / name, flow)
    (mount / "..data").symlink_to("..2026_01")
    (mount / "hello.flow.yaml").symlink_to("..data/hello.flow.yaml")
    async with serving(place, mount):
        swap(mount / "..data", Path("..2026_02"))
        await place.log.line("reloaded")

        assert await greeting(place) == "Good morning."


def swap(link: Path, target: Path) -> None:
    """Put a link in place of another one, in one step."""
    new = link.with_name("..new")
    new.symlink_to(target)
    new.rename(link)


async def test_database_that_is_away_puts_the_reload_off(place, monkeypatch):
    monkeypatch.setattr(reloading, "_AGAIN_S", 0.01)
    async with serving(place):
        with closing(sqlite3.connect(place.folder / "ringflow.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            save(flows(place), NEW_FLOW)
            await place.log.line("reload_refused", within_s=20)
        await place.log.line("reloaded", within_s=20)

        assert await greeting(place) == "Good morning."


async def test_call_under_way_keeps_its_flow(place):
    async with serving(place):
        leg = place.call()
        await place.log.line("state", state="waiting")
        save(flows(place), FLOW.replace(b"flow: hello", b"flow: other"))
        await place.log.line("reloaded")
        place.hang_up(leg)
        ended = await place.log.line("ended")

    assert ended["state"] == "waiting"


async def test_nothing_is_loaded_until_the_files_rest(place, monkeypatch):
    looks = []

    def busy(folder: str) -> object:
        """Save something between two looks, for the first ten."""
        if len(looks) < 10:
            save(flows(place), FLOW + b"#" * len(looks))
        looks.append(len(loaded))
        return stamp(folder)

    loaded: list[bytes] = []
    done = asyncio.Event()

    async def reload() -> None:
        loaded.append((flows(place) / "hello.flow.yaml").read_bytes())
        done.set()

    watched = WatchedFolder(str(flows(place)), look_s=0.001)
    monkeypatch.setattr(reloading, "stamp", busy)
    watching = asyncio.create_task(watched.reload_on_change(reload))
    await asyncio.wait_for(done.wait(), 10)
    watching.cancel()

    assert loaded == [FLOW + b"#" * 9]
    assert looks[:11] == [0] * 11


@pytest.mark.parametrize(
    "name", [".hello.flow.yaml.swp", "hello.flow.yaml~", "4913", "#hello.flow.yaml#", "notes.txt", "hello.test.yaml"]
)
def test_side_files_of_editors_are_not_looked_at(tmp_path, name):
    save(tmp_path, FLOW)
    before = stamp(tmp_path)
    (tmp_path / name).write_text("anything")

    assert stamp(tmp_path) == before


@pytest.mark.parametrize("name", ["new.flow.yaml", "new.flow.yml", "project.yaml", "project.blue.yaml", "hold.MP3"])
def test_every_file_that_is_read_or_refused_for_its_name_is_looked_at(tmp_path, name):
    save(tmp_path, FLOW)
    before = stamp(tmp_path)
    (tmp_path / name).write_text("anything")

    assert stamp(tmp_path) > before


def test_audio_in_sub_folders_and_a_file_of_the_same_size_and_time_are_noticed(tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music/hold.wav").write_bytes(b"one")
    os.utime(tmp_path / "music/hold.wav", ns=(1, 1))
    before = stamp(tmp_path)
    (tmp_path / "other").write_bytes(b"two")
    os.utime(tmp_path / "other", ns=(1, 1))
    (tmp_path / "other").rename(tmp_path / "music/hold.wav")

    assert stamp(tmp_path) != before


def test_folder_that_is_not_there_is_an_empty_one(tmp_path):
    assert stamp(tmp_path / "nowhere") == frozenset()
    (tmp_path / "lost.flow.yaml").symlink_to("nowhere")
    assert stamp(tmp_path) == frozenset()


@pytest.mark.slow
async def test_service_that_is_told_not_to_looks_at_nothing(place):
    program = Program(place, flows(place), RINGFLOW_RELOAD="off")
    async with program.running():
        save(flows(place), NEW_FLOW)
        heard = [await greeting(place)]
        loaded = await ringflow(place, "flows", "reload")
        heard.append(await greeting(place))

    assert loaded[0] == 0
    assert heard == ["Hello.", "Good morning."]
    assert [row["event"] for row in program.log.rows].count("reloaded") == 1


@pytest.mark.slow
async def test_service_as_people_start_it_loads_what_they_save_and_writes_nothing_but_its_log(place):
    program = Program(place, flows(place))
    async with program.running():
        save(flows(place), BROKEN)
        await program.log.line("flow_problem")
        save(flows(place), NEW_FLOW)
        await program.log.line("reloaded")

        assert await greeting(place) == "Good morning."
