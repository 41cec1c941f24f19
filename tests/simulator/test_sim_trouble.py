"""What goes wrong on purpose: webhooks twice, late, under another id or never; answers that fail, come late or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from engine.simulator.trouble import THROTTLED, Chaos, Copy, Mishap
from engine.simulator.world import World
from engine.tables import catalogue


@dataclass(frozen=True, slots=True)
class Planned:
    """Trouble that a test names: what becomes of webhooks by type, and of requests by operation."""

    webhooks: dict[str, Sequence[Copy]] = field(default_factory=dict)
    requests: dict[str, Mishap] = field(default_factory=dict)

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        return self.webhooks.get(event_type, (Copy(),))

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        return self.requests.get(operation)


@pytest.fixture
def world() -> World:
    return World(catalogue())


def answered(world: World) -> str:
    """Somebody calls and is answered; the time is then 1 s."""
    leg = world.call(from_="+34600111222", to="+15551230000", now=0.0).call_control_id
    command(world, leg, "answer", now=0.5)
    world.advance(1.0)
    return leg


def command(world: World, leg: str, operation: str, *, now: float, **body: object):
    return world.request("POST", f"/calls/{leg}/actions/{operation}", query={}, body=body, now=now)


def arrivals(world: World, until: float) -> list[tuple[float, str, str]]:
    return [(round(webhook.at, 2), webhook.event_type, webhook.id) for webhook in world.advance(until)]


def test_a_lost_webhook_never_comes_and_stands_in_the_record(world: World) -> None:
    leg = answered(world)
    world.trouble = Planned(webhooks={"call.speak.started": ()})

    command(world, leg, "speak", now=2.0, payload="Hello.", voice="female")

    assert [event for _, event, _ in arrivals(world, 60.0)] == ["call.speak.ended"]
    assert [entry.what for entry in world.record if entry.kind == "lost"] == ["call.speak.started"]


def test_a_duplicate_has_the_same_id_and_a_twin_another_one(world: World) -> None:
    leg = answered(world)
    world.trouble = Planned(webhooks={"call.dtmf.received": (Copy(), Copy(late_s=1.0), Copy(late_s=2.0, is_twin=True))})

    world.press(leg, "5", 2.0)

    first, again, twin = arrivals(world, 60.0)
    assert (first[0], again[0], twin[0]) == (2.02, 3.02, 4.02)
    assert first[2] == again[2] != twin[2]


def test_an_ignored_command_is_accepted_and_nothing_happens(world: World) -> None:
    leg = answered(world)
    world.trouble = Planned(requests={"speak": Mishap(kind="ignored")})

    answer = command(world, leg, "speak", now=2.0, payload="Hello.", voice="female")

    assert (answer.status, answer.body) == (200, {"data": {"result": "ok"}})
    assert arrivals(world, 60.0) == []


def test_a_refused_command_is_not_carried_out(world: World) -> None:
    leg = answered(world)
    world.trouble = Planned(requests={"speak": THROTTLED})

    answer = command(world, leg, "speak", now=2.0, payload="Hello.", voice="female")

    assert (answer.status, answer.code, answer.headers["x-ratelimit-reset"]) == (429, "10011", "1")
    assert arrivals(world, 60.0) == []


@pytest.mark.parametrize(
    ("mishap", "late_s", "is_cut"), [(Mishap(kind="slow", late_s=0.7), 0.7, False), (Mishap(kind="reset"), 0.0, True)]
)
def test_a_slow_or_cut_answer_is_to_a_command_that_was_carried_out(
    world: World, mishap: Mishap, late_s: float, is_cut: bool
) -> None:
    leg = answered(world)
    world.trouble = Planned(requests={"speak": mishap})

    answer = command(world, leg, "speak", now=2.0, payload="Hello.", voice="female")

    assert (answer.status, answer.late_s, answer.is_cut) == (200, late_s, is_cut)
    assert [event for _, event, _ in arrivals(world, 60.0)] == ["call.speak.started", "call.speak.ended"]


def test_chaos_is_the_same_for_the_same_seed_and_meets_its_shares() -> None:
    chaos, other = (Chaos(duplicate=0.2, drop=0.1, throttle=0.3, slow=0.5, seed=seed) for seed in (1, 2))

    fates = [(chaos.webhook("x", n), chaos.request("x", n, 1)) for n in range(1, 4001)]

    assert fates == [(chaos.webhook("x", n), chaos.request("x", n, 1)) for n in range(1, 4001)]
    assert fates != [(other.webhook("x", n), other.request("x", n, 1)) for n in range(1, 4001)]
    lost = sum(not copies for copies, _ in fates)
    twice = sum(len(copies) == 2 for copies, _ in fates)
    throttled = sum(mishap == THROTTLED for _, mishap in fates)
    slow = sum(mishap is not None and mishap.kind == "slow" for _, mishap in fates)
    assert [count / 4000 for count in (lost, twice, throttled, slow)] == pytest.approx([0.1, 0.18, 0.3, 0.35], abs=0.03)


def test_calm_is_calm() -> None:
    assert (Chaos().webhook("x", 1), Chaos().request("x", 1, 1)) == ([Copy()], None)


@pytest.mark.parametrize("wrong", [{"drop": 1.5}, {"slow": -0.1}, {"late_s": -1.0}])
def test_a_share_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    (name,) = wrong

    with pytest.raises(ValueError, match=name):
        Chaos(**wrong)
