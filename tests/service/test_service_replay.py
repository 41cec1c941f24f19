"""``ringflow replay``: what the real service wrote down over HTTP and a restart is decided again exactly."""

from __future__ import annotations

import json

import pytest
from language_world import People, shipped
from service_world import place_in, ringflow
from test_service_language import AGENT, AGENTS, SUPPORT

PIN = "4821"
FRONT_DESK = "+15551230000"


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0, recording_saved_after_s=0.05) as place:
        place.set(secrets={"team_room_pin": PIN, "notify": "a long random text"})
        yield place


async def assert_all_exact(place) -> int:
    """Every call of the database replays; returns how many there are."""
    _, listed, _ = await ringflow(place, "calls", "--format", "json")
    names = [call["call"] for call in json.loads(listed)]
    for name in names:
        code, out, err = await ringflow(place, "replay", name, "--format", "json")
        assert (code, err) == (0, ""), out
        assert json.loads(out)["exact"]
    return len(names)


@pytest.mark.slow
async def test_a_caller_and_an_agent_replay_also_after_a_restart(place):
    people = People(place.simulator)
    place.files = shipped("support_desk")
    async with place.serving():
        caller = people.call(SUPPORT)
        await people.hears(caller, "You are number 1 in line")
    async with place.serving():
        agent = people.call(AGENTS, AGENT)
        await people.asked_for(agent)
        people.press(agent, "1")
        await place.log.line("state", state="talking", role="caller")
        await place.log.line("state", state="talking", role="agent")
        place.hang_up(agent)
        await people.asked_for(caller)
        people.press(caller, "5")
        await place.log.line("log", text="rating 5")
        await people.over(caller)

    assert await assert_all_exact(place) == 2


@pytest.mark.slow
async def test_a_right_and_a_wrong_pin_replay_without_the_secret(place):
    people = People(place.simulator)
    place.files = shipped("front_desk")
    async with place.serving():
        caller = people.call(FRONT_DESK)
        await people.asked_for(caller)
        people.press(caller, "2")
        await place.log.line("state", state="ask_pin")
        await people.asked_for(caller)
        people.press(caller, "1111#")
        await people.hears(caller, "That PIN is not right")
        await people.asked_for(caller)
        people.press(caller, f"{PIN}#")
        await place.log.line("state", state="team_room")
        place.hang_up(caller)
        await people.over(caller)
    place.set(secrets={"team_room_pin": "another one by now", "notify": "a long random text"})

    assert await assert_all_exact(place) == 1
