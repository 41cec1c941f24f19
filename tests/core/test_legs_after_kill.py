"""A kill between a commit and its sending loses no leg: the message that makes it and its dial are one commit."""

from __future__ import annotations

import pytest
from core_stage import Phone
from legs_flow import answer, office
from test_legs_planned import CALLBACK, booking

from engine.core.links import RUNG
from engine.scenario.stage import Stage


class _KilledError(Exception):
    """The process ends here."""


class FragileStage(Stage):
    """Dies once, right after the commit that holds a dial and before anything of it is sent."""

    def _commit(self, change):
        Stage._commit(self, change)
        kinds = [row.command.parameters.get("type", row.command.operation) for row in change.commands]
        if "dial" in kinds and not hasattr(type(self), "died"):
            type(self).died = kinds
            raise _KilledError


def restarted(stage: Stage) -> Stage:
    """Return what a new process loads from the store."""
    other = Stage(library=stage.library, world=stage.world, now=stage.now, rows=dict(stage.rows))
    other.keys, other.seen, other.timers = dict(stage.keys), set(stage.seen), dict(stage.timers)
    other.journal = list(stage.journal)
    other.outbox.rows = [row for row in stage.outbox.rows if row.command_id not in stage.outbox.flights]
    other.outbox.sent = stage.outbox.sent
    return other


def run_until_killed(phone: Phone, seconds: float) -> list[str]:
    with pytest.raises(_KilledError):
        phone.wait(seconds)
    kinds, phone.stage = FragileStage.died, restarted(phone.stage)
    return kinds


@pytest.fixture(autouse=True)
def _once():
    yield
    if hasattr(FragileStage, "died"):
        del FragileStage.died


def test_a_dial_goes_on_after_a_kill():
    phone = office(stage=FragileStage)
    call = phone.calls()

    assert run_until_killed(phone, 2) == [RUNG, "dial"]
    phone.wait(1)
    agent = answer(phone)

    assert (phone.state(call), phone.state(agent)) == ("talk", "hello")
    assert phone.did().count("dial") == 1


def test_a_planned_call_goes_on_after_a_kill():
    phone = office(booking(), CALLBACK, stage=FragileStage)
    phone.calls(wait=3)

    assert run_until_killed(phone, 3600) == [RUNG, "dial"]
    phone.wait(1)

    assert phone.state(answer(phone, wait=3)) == "hello"
    assert phone.did().count("dial") == 1
