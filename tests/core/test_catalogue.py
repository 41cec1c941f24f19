"""The tables of Telnyx's operations and events, as the core reads them."""

from __future__ import annotations

import pytest

from engine.tables import catalogue

TABLE = catalogue()


def test_all_seed_operations_are_there():
    """'Each of the 34 seed operations'"""
    assert len(list(TABLE.seed_operations())) == 34


def test_sixty_two_events():
    assert len(TABLE.events) == 62


def test_seventeen_operations_take_no_command_id():
    """'17 of the 66 non-GET operations do not accept it'"""
    writes = [operation for operation in TABLE.operations.values() if not operation.is_read]

    assert len(writes) == 66
    assert sum(not operation.takes_command_id for operation in writes) == 17


@pytest.mark.parametrize(
    ("name", "resend"),
    [
        ("hangup", "harmless"),
        ("call_retrieve", "harmless"),
        ("conference_mute", "harmless"),
        ("playback_stop", "harmless"),
        ("conference_join", "asks_first"),
        ("enqueue", "asks_first"),
        ("leave_queue", "asks_first"),
        ("speak", "at_most_once"),
        ("conference_play", "at_most_once"),
        ("conference_send_dtmf", "at_most_once"),
        ("dial", "at_most_once"),
        ("transfer", "at_most_once"),
    ],
)
def test_how_a_command_may_be_sent_again(name: str, resend: str):
    """'repeat-safe (mute, hold, stop, updates, deletes) again; read-back (join, leave, create, enqueue, leave_queue)
    asks first; play, speak, send_dtmf, gather, dial are not sent' (runtime.md, Commands, 3)"""
    assert TABLE.operations[name].resend == resend


def test_paths_are_percent_encoded():
    """'URL-encode it in paths' (facts.md, section 5)"""
    path = TABLE.operations["speak"].url_path({"call_control_id": "v3:a/b+c"})

    assert path == "/calls/v3%3Aa%2Fb%2Bc/actions/speak"


def test_a_missing_part_of_a_path_is_told():
    with pytest.raises(KeyError):
        TABLE.operations["speak"].url_path({})


def test_shapes_are_followed():
    shape = {"$ref": f"#/components/schemas/{next(iter(TABLE.shapes))}"}

    assert "$ref" not in TABLE.shape(shape)
