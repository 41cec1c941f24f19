"""``ringflow flows`` against a real service: new calls get another version, those under way keep theirs."""

from __future__ import annotations

import json
import re

import pytest
from language_world import People
from service_world import FLOW, Place, place_in, ringflow

from engine.commands.folders import load_folder
from engine.language.loader import version_hash
from engine.store.sqlite import SqliteStore

NEW_FLOW = FLOW.replace(b"Hello.", b"Good morning.")
OLD, NEW = (version_hash({"hello.flow.yaml": flow}) for flow in (FLOW, NEW_FLOW))


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        (tmp_path / "flows").mkdir()
        write(place, FLOW)
        yield place


def write(place: Place, flow: bytes) -> None:
    place.files = {"hello.flow.yaml": flow}
    (place.folder / "flows/hello.flow.yaml").write_bytes(flow)


def serving(place: Place):
    return place.serving(reload=lambda: load_folder(str(place.folder / "flows")))


async def greeting(place: Place) -> str:
    """Have somebody call, and return what they hear."""
    leg = place.call()
    return str((await People(place.simulator).hears(leg, "")).what)


async def versions(place: Place) -> list[tuple[str, int, bool, bool, bool]]:
    """Return what ``flows list`` says: version, calls, whether new calls get it, pinned, latest."""
    code, out, _ = await ringflow(place, "flows", "list", "--format", "json")
    rows = json.loads(out)
    assert code == 0
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["since"]) for row in rows)
    return [tuple(row[name] for name in ("version", "calls", "new_calls", "pinned", "latest")) for row in rows]


async def test_call_under_way_keeps_its_version_while_flows_change_go_back_and_the_service_restarts(place):
    async with serving(place):
        first = place.call()
        await place.log.line("state", state="waiting")
        write(place, NEW_FLOW)
        reloaded = await ringflow(place, "flows", "reload")
        heard = [await greeting(place)]
        after_reload = await versions(place)
        back = await ringflow(place, "flows", "use", OLD[:6])
        heard.append(await greeting(place))
    async with serving(place):  # with the new flow in its folder
        heard.append(await greeting(place))
        pinned = await versions(place)
        place.hang_up(first)
        ended = await place.log.line("ended")
        on = await ringflow(place, "flows", "use", "latest")
        heard.append(await greeting(place))

    assert heard == ["Good morning.", "Hello.", "Hello.", "Good morning."]
    assert reloaded == (0, f"loaded: new calls get {NEW[:8]}, the latest\n", "")
    assert after_reload == [(NEW, 1, True, False, True), (OLD, 1, False, False, False)]
    pin = f"new calls get {OLD[:8]}, which is pinned; the latest is {NEW[:8]} (ringflow flows use latest)\n"
    assert back == (0, pin, "")
    assert pinned == [(NEW, 1, False, False, True), (OLD, 3, True, True, False)]
    assert ended["state"] == "waiting"
    assert on == (0, f"new calls get {NEW[:8]}, the latest\n", "")
    assert [row for row in place.log.rows if row["level"] == "error"] == []


async def test_list_is_read_without_a_service_too(place):
    before = await ringflow(place, "flows", "list")
    async with serving(place):
        pass
    code, out, err = await ringflow(place, "flows", "list")

    missing = (
        f"ringflow: there is no database {place.folder}/ringflow.db; set RINGFLOW_DATABASE as the service has it\n"
    )
    assert before == (3, "", missing)
    head, row = out.splitlines()
    assert (code, err, head) == (0, "", "version   since                 calls")
    assert re.fullmatch(rf"{OLD[:8]}  \d{{4}}-\S+Z      0  new calls, latest", row)


async def test_reload_with_an_error_says_where_and_changes_nothing(place):
    async with serving(place):
        write(place, FLOW.replace(b"then: waiting", b"then: wating"))
        code, out, err = await ringflow(place, "flows", "reload")
        as_json = await ringflow(place, "flows", "reload", "--format", "json")
        heard = await greeting(place)
        kept = await versions(place)

    folder = f"{place.folder}/flows"
    assert code == 1
    assert out.startswith(f"{folder}/hello.flow.yaml:12:11: error: there is no state 'wating'")
    assert err == f"ringflow: the flows in {folder} have problems; mend them first; nothing has changed\n"
    answer = json.loads(as_json[1])
    assert (as_json[0], answer["version"], answer["changed"], answer["problems"][0]["line"]) == (1, OLD, False, 12)
    assert (heard, kept) == ("Hello.", [(OLD, 1, True, False, True)])


async def test_reload_of_what_is_there_changes_nothing(place):
    async with serving(place):
        same = await ringflow(place, "flows", "reload")

    assert same == (0, f"loaded, and nothing in it is new: new calls get {OLD[:8]}, the latest\n", "")


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("0123", "there is no version '0123'; ringflow flows list shows which there are"),
        ("", "there is no version ''; ringflow flows list shows which there are"),
        ("twin", "several versions begin with 'twin'; write more of it"),
        ("twin1", "this version of ringflow cannot read the version twin1; use another"),
        ("secretive", "the version secretiv cannot be used: the secret pin of project.yaml has no value; set "
         "RINGFLOW_SECRET_PIN"),
    ],
)  # fmt: skip
async def test_version_that_cannot_be_used_is_refused_and_nothing_changes(place, wanted, sentence):
    store = SqliteStore(place.folder / "ringflow.db")
    await store.open()
    for name in ("twin1", "twin2"):
        await store.keep_version(name, {"broken.flow.yaml": b"flow: ["})
    await store.keep_version("secretive", {"hello.flow.yaml": FLOW, "project.yaml": b"secrets: [pin]\n"})
    await store.close()
    async with serving(place):
        refused = await ringflow(place, "flows", "use", wanted)
        heard = await greeting(place)
        kept = await versions(place)

    assert refused == (2, "", f"ringflow: {sentence}\n")
    assert (heard, kept[0]) == ("Hello.", (OLD, 1, True, False, True))


async def test_pinned_version_that_cannot_be_read_any_more_gives_way_to_the_latest_and_is_told(place):
    store = SqliteStore(place.folder / "ringflow.db")
    await store.open()
    await store.put_note("pinned", "gone")
    await store.close()
    async with serving(place):
        told = await place.log.line("pin_unusable")
        heard = await greeting(place)

    assert (told["version"], heard) == ("gone", "Hello.")


async def test_pin_is_told_at_the_start_when_the_folder_holds_something_else(place):
    async with serving(place):
        await ringflow(place, "flows", "use", OLD)
    write(place, NEW_FLOW)
    async with serving(place):
        told = await place.log.line("version_pinned")
        serving_line = [row for row in place.log.rows if row["event"] == "serving"][-1]

    assert (told["version"], told["latest"], told["level"]) == (OLD, NEW, "warning")
    assert serving_line["version"] == OLD


async def test_without_a_service_nothing_is_done(place):
    for command in (("use", "latest"), ("reload",)):
        code, out, err = await ringflow(place, "flows", *command)

        assert (code, out) == (3, "")
        assert err.startswith("ringflow: no service runs at ")
