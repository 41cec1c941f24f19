"""docs/events.md has every event and field, and docs/ has every setting of a flow."""

from __future__ import annotations

import json
import re

import pytest
from event_page import GROUPS, OWN
from pages import DOCS, ROOT

from engine.language.events import LINK_EVENTS, OWN_EVENTS
from engine.language.scope import error_names, event_names
from engine.tables import catalogue

PAGE = (DOCS / "events.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([\w.]+)` \|.*\| (.*) \|$", PAGE, re.MULTILINE))
HEAD = PAGE.partition("\n## ")[0]
FLOW = json.loads((ROOT / "schemas/flow.schema.json").read_text(encoding="utf-8"))


def test_every_event_of_telnyx_has_one_place():
    told = [name for events in GROUPS.values() for name in events]

    assert sorted(told) == sorted(catalogue().events)
    assert set(told) <= set(ROWS)


@pytest.mark.parametrize("event", catalogue().events)
def test_every_field_of_an_event_is_named(event: str):
    fields = {name.removeprefix("event.") for name in event_names(event, catalogue())}
    everywhere = set(re.findall(r"`(\w+)`", HEAD.rpartition("no flow needs:")[2]))

    assert fields - everywhere == set(re.findall(r"`([\w.]+)`", ROWS[event]))


def test_the_engines_own_events_and_the_fields_of_errors_are_there():
    assert set(OWN) == {*(f"ROLE.{event}" for event in LINK_EVENTS), "ROLE.says.WORD", *OWN_EVENTS}
    assert all(name in ROWS for name in OWN)
    assert all(f"`{name.removeprefix('event.')}`" in PAGE for name in error_names())


def test_every_error_of_the_engines_own_is_described():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "engine/core").rglob("*.py"))
    codes = set(re.findall(r"""(?:Failure\(|"code": |code=)"([a-z_]+)\"""", sources)) - {
        "left",
        "not_sent",
        "room_gone",
    }
    section = (DOCS / "flows.md").read_text(encoding="utf-8").partition("\n## Errors\n")[2].partition("\n## ")[0]

    assert len(codes) > 10
    assert sorted(code for code in codes if f"`{code}`" not in section) == []


def test_every_setting_and_section_of_a_flow_is_described():
    page = (DOCS / "flows.md").read_text(encoding="utf-8")
    settings = FLOW["properties"]["settings"]
    names = [*FLOW["properties"], *_shape(settings)["properties"]]

    assert [name for name in names if not re.search(rf"`{name}`|^ *{name}:", page, re.MULTILINE)] == []


def _shape(schema: dict) -> dict:
    ref = schema.get("$ref")
    return FLOW["$defs"][ref.rpartition("/")[2]] if ref else schema
