"""A leg as it is stored."""

from __future__ import annotations

import orjson
import pytest

from engine.core.leg import Connecting, FarLeg, Frame, Leg, Link, Media, Running, Sent


def full() -> Leg:
    leg = Leg(run="r", status="live", at="caller:menu#a2", from_="+34600", to="+1555")
    leg.running = Running(Frame("menu", 2, {"event.digit": "1"}, True), 7, "held", 3, {"queue": "q"})
    leg.waiting = [Frame("anywhere", 1), Frame("menu", -3)]
    leg.links = {"agent": Link("r2", "+1")}
    leg.far_legs = {"sales": FarLeg(4, "ccid", "leg", True, False)}
    leg.connecting = Connecting("q", "r3", "q 10", True, True)
    leg.sent = {"c": Sent("speak", "step", 7)}
    leg.media = Media("speak", 4, 5)
    leg.timers = {"after:0": 1.5}
    leg.parked = [{"id": "e", "type": "t", "payload": {}, "name": "t", "until": 2.0}]
    return leg


@pytest.mark.parametrize("leg", [Leg(run="r"), full()], ids=["empty", "full"])
def test_a_leg_comes_back_as_it_was_stored(leg: Leg):
    assert Leg.decode(leg.encode()) == leg


def test_fields_that_an_older_version_did_not_know_get_their_defaults():
    raw = orjson.loads(full().encode())
    del raw["stay"], raw["departed"], raw["newest"]

    leg = Leg.decode(orjson.dumps(raw).decode())

    assert (leg.stay, leg.departed, leg.newest) == (0, "", {})


@pytest.mark.parametrize(
    ("at", "state"), [("caller:menu#0", "menu"), ("agent:a#a2", "a"), ("new", ""), ("leaving", ""), ("ended", "")]
)
def test_people_see_their_own_state_names(at: str, state: str):
    assert Leg(run="r", at=at).state == state


def test_the_persons_number_is_the_far_ends():
    assert Leg(run="r", from_="+1", to="+2").number == "+1"
    assert Leg(run="r", from_="+1", to="+2", direction="outgoing").number == "+2"
    assert Leg(run="r", from_="+1", to="+2", direction="outgoing").our_number == "+1"
    assert Leg(run="r", from_="Restricted", to="+2").number == ""
