"""The flow as one shared machine of micro-states."""

from __future__ import annotations

import pytest
from core_stage import flow, version

from engine.core.machine import build_machine, micro, move, step_name
from engine.errors import DefectError

TEXT = flow(
    "  a:\n    do: [answer, {speak: Hi}]\n    then: b\n  b:\n    then: hangup\n",
    top="anywhere:\n  on:\n    call.cost:\n      do: [{log: x}]\n      then: b\n  on_error: broken\n",
)


@pytest.fixture(scope="module")
def machine():
    return build_machine(version(TEXT).flows["desk"])


def test_a_call_goes_through_micro_states(machine):
    """'The compiler turns a state into micro-states (menu#1, menu#2)'"""
    at = "new"
    for trigger in ("go caller:a", "begin 1", "done", "begin 2", "done", "go caller:b", "hang up", "end"):
        at = move(machine, at, trigger)

    assert at == "ended"
    assert move(machine, "caller:a#0", "begin 1") == micro("caller", "a", "1")


def test_steps_of_anywhere_belong_to_every_state(machine):
    assert move(machine, "caller:b#0", "begin a1") == "caller:b#a1"
    assert step_name("anywhere", 2) == "a2"
    assert move(machine, "caller:a#0", "go caller:b") == "caller:b#0"
    assert move(machine, "caller:b#0", "go caller:b") == "caller:b#0"


@pytest.mark.parametrize(
    ("at", "trigger"),
    [
        ("new", "go caller:b"),
        ("caller:b#0", "go caller:a"),
        ("caller:a#1", "go caller:b"),
        ("caller:a#0", "begin 9"),
        ("leaving", "go caller:a"),
        ("ended", "hang up"),
        ("caller:a#0", "fly"),
    ],
)
def test_a_move_that_the_flow_does_not_have_is_a_defect(machine, at: str, trigger: str):
    with pytest.raises(DefectError, match="no move"):
        move(machine, at, trigger)


def test_a_move_leaves_no_trace_in_the_machine(machine):
    for _ in range(3):
        move(machine, "new", "go caller:a")

    assert machine.models == []
