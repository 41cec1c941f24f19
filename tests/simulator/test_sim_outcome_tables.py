"""docs/simulated_telnyx.md says what the simulated Telnyx does. UPDATE_GOLDEN=1 writes its tables anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from outcome_tables import BODIES, CALL_STATES, ROOM_STATES, TABLES

from engine.tables import catalogue

PAGE = Path(__file__).resolve().parents[2] / "docs/simulated_telnyx.md"


@pytest.mark.parametrize("name", TABLES)
def test_the_page_has_the_table_that_the_world_gives(name):
    mark = re.compile(rf"(<!-- {name} -->\n).*?\n?(<!-- /{name} -->)", re.DOTALL)
    wanted = mark.sub(lambda found: f"{found[1]}\n{TABLES[name]()}\n\n{found[2]}", text := PAGE.read_text("utf-8"))

    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(text := wanted, "utf-8")

    assert len(mark.findall(text)) == 1
    assert text == wanted


def test_every_operation_about_calls_rooms_and_queues_is_in_a_table():
    shown = set(re.findall(r"^\| `(\w+)`", PAGE.read_text("utf-8"), re.MULTILINE))

    assert catalogue().operations.keys() - shown == {"dial", "conference_list"}
    assert BODIES.keys() <= catalogue().operations.keys()


def test_the_states_are_what_they_are_called(line):
    room, _, _ = ROOM_STATES["ended"](line)
    assert line.ok("conference_retrieve", room)["status"] == "completed"
    for name, make in CALL_STATES.items():
        if name in ("no id", "unknown"):
            continue
        look = line.world.look(make(line))
        seen = {
            "in a queue": look.queue is not None,
            "in a room": look.room is not None,
            "bridged": look.bridged_with is not None,
            "playing": bool(look.hears),
            "gathering": look.gathering,
            "recording": look.recording,
        }
        assert {key for key, value in seen.items() if value} == ({name} & seen.keys())
        state = "ended" if name.startswith("ended") else "ringing" if name in ("parked", "rung") else "answered"
        assert look.state == state
        if room_id := look.room:
            line.ok("conference_end", room_id)
