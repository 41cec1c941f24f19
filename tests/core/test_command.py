"""Ids of commands and runs: always the same for the same thing, and never the same for two."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from engine.core.command import command_id, run_id


def test_the_id_of_a_command_is_a_uuid():
    assert uuid.UUID(command_id("r", 1, 0)).version == 8
    assert uuid.UUID(command_id("r", 1, 0)).variant == uuid.RFC_4122


def test_the_same_command_has_the_same_id():
    """'command_id = f(run, ver, index), fixed at the commit'"""
    assert command_id("r", 7, 2) == command_id("r", 7, 2)


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 99), st.integers(0, 99)), unique=True))
def test_two_commands_never_share_an_id(places: list[tuple[str, int, int]]):
    assert len({command_id(*place) for place in places}) == len(places)


@given(st.text())
def test_a_run_id_is_26_letters_that_people_can_read(seed: str):
    run = run_id(seed)

    assert len(run) == 26
    assert run == run_id(seed)
    assert not set(run) & set("lo01")
