"""A service that was down for long hears out what Telnyx reported meanwhile, before anything else goes on."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest
from language_world import People, until
from service_world import Place, place_in
from test_service_webhooks import post, signed

from engine.simulator.values import Entry

FLOW = b"""\
flow: menu
about: Asks for a key and says what it was.
starts_when: {calls_to: ["+15551230000"]}
anywhere: {on_error: hangup}
start: ask
states:
  ask:
    do:
      - answer
      - gather: {speak: "Press one.", digits: 1, wait: 10m}
    keys:
      "1": chosen
      nothing: hangup
      anything_else: hangup
    on:
      call.dtmf.received: {do: [{log: "heard {{ event.digit }}"}]}
  chosen:
    do: [{speak: "You pressed one."}, {log: "said it"}]
    then: waiting
  waiting:
    after: {2h: hangup}
"""


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        place.files = {"menu.flow.yaml": FLOW}
        yield place


def was_down_for_an_hour(place: Place) -> None:
    with closing(sqlite3.connect(place.folder / "ringflow.db")) as database, database:
        database.execute("update notes set value = ? where name = 'seen_at'", (str(time.time() - 3600),))


def lines(place: Place, event: str, **fields) -> list[dict]:
    return [row for row in place.log.rows if row["event"] == event and row.items() >= fields.items()]


def past_events(place: Place, leg: str) -> list[Entry]:
    return [entry for entry in place.simulator.world.record if entry.kind == "webhook" and entry.leg == leg]


async def meanwhile(place: Place) -> tuple[str, str, str]:
    """
    Two people are asked for a key. While nobody listens, and Telnyx gives up, one presses it, the other hangs up, and
    a third one calls. Returns their legs.
    """
    people = People(place.simulator)
    async with place.serving():
        keen, gone = place.call(), place.call()
        await people.asked_for(keen)
        await people.asked_for(gone)
    place.simulator.webhook_url = None
    people.press(keen, "1")
    place.hang_up(gone)
    late = place.call()
    await until(place.simulator, lambda: past_events(place, gone)[-1].what == "call.hangup")
    await until(place.simulator, lambda: past_events(place, keen)[-1].what == "call.gather.ended")
    await until(place.simulator, lambda: past_events(place, late))
    with closing(sqlite3.connect(place.folder / "ringflow.db")) as database, database:
        database.execute("update notes set value = ? where name = 'seen_at'", (str(time.time() - 3600),))
    place.log.rows.clear()
    return keen, gone, late


async def test_what_happened_meanwhile_is_handled_as_if_the_webhooks_had_come(place):
    keen, gone, late = await meanwhile(place)

    async with place.serving() as serving:
        told = await place.log.line("caught_up")
        await place.log.line("state", state="waiting")
        await place.log.line("ended")
        await People(place.simulator).asked_for(late)
        again = past_events(place, keen)[-1]  # Telnyx tries once more
        body = {"event_type": again.what, "id": again.details["id"], "payload": again.details["payload"]}
        assert await post(serving.port, *signed({"data": body})) == 200

    assert told["events"] == 5  # a key, two ends of gathers, a hang-up, a new call
    assert (told["unreadable"], told["is_complete"]) == (0, True)
    assert len(lines(place, "log", text="heard 1")) == 1
    assert len(lines(place, "state", state="chosen")) == 1
    assert len(lines(place, "ended")) == 1
    world = place.simulator.world
    speaks = [entry.leg for entry in world.record if entry.kind == "request" and entry.what == "speak"]
    assert speaks == [keen]
    asked = [entry.leg for entry in world.record if entry.what == "call_retrieve"]
    assert gone not in asked  # its hang-up had been heard by then
    assert lines(place, "event_failed") == []


@pytest.mark.parametrize("status", [404, 503])
async def test_where_telnyx_does_not_tell_the_calls_that_have_gone_end_all_the_same(place, status):
    _, gone, _ = await meanwhile(place)
    place.simulator.account.refused["call_events"] = status

    async with place.serving():
        problem = (await place.log.line("not_caught_up"))["problem"]
        await place.log.line("ended")

    assert problem == f"Telnyx answered {status} to GET /call_events"
    asked = [entry.leg for entry in place.simulator.world.record if entry.what == "call_retrieve"]
    assert gone in asked


async def test_a_quick_restart_asks_for_nothing(place):
    async with place.serving():
        pass
    place.log.rows.clear()
    place.simulator.account.refused["call_events"] = 503

    async with place.serving():
        pass

    assert lines(place, "not_caught_up") == lines(place, "caught_up") == []
