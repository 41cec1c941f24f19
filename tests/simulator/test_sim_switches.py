"""Switches are read from text, described for people, and each has at least two positions."""

from __future__ import annotations

import pytest

from engine.simulator.options import Options
from engine.simulator.switches import NAMES, NUMBER, OFF, describe_switches, options_from

SWITCHES = {switch.name: switch for switch in describe_switches()}
CHOICES = [(switch.name, position) for switch in SWITCHES.values() for position in switch.positions]
WORDS = [(name, position) for name, position in CHOICES if position not in (NUMBER, NAMES)]


@pytest.mark.parametrize(("name", "position"), WORDS)
def test_every_position_can_be_set(name, position):
    options = options_from({name: position})

    off = position == OFF and NUMBER in SWITCHES[name].positions
    assert getattr(options, name) == (None if off else position)


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_is_described(name):
    switch = SWITCHES[name]

    assert switch.about.endswith(".")
    assert len(switch.positions) > 1 or switch.positions[0] in (NUMBER, NAMES)
    assert switch.default in (*switch.positions, "") or NUMBER in switch.positions
    assert options_from({name: switch.default}) == Options()


def test_numbers_and_names_are_read():
    options = options_from({"requests_per_second": "20", "late_stamp_s": "0.5", "unreachable": "sip:a@b.c, wss://x"})

    assert (options.requests_per_second, options.late_stamp_s) == (20, 0.5)
    assert options.unreachable == {"sip:a@b.c", "wss://x"}


def test_other_options_stay_as_they_were():
    assert options_from({"stamp": "spread"}, Options(speed=3.0)) == Options(speed=3.0, stamp="spread")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"stmap": "late"}, "there is no switch 'stmap'; did you mean 'stamp'?"),
        ({"stamp": "sprad"}, "the switch stamp has no position 'sprad'; did you mean 'spread'?"),
        ({"stamp": "no"}, "the switch stamp has no position 'no'; it can be at-once, late, spread or at-delivery"),
        ({"call_cost": "maybe"}, "the switch call_cost has no position 'maybe'; it can be off or on"),
        ({"audio_s": "-1"}, "the switch audio_s needs a number, 0 or more, not '-1'"),
        ({"audio_s": "nan"}, "the switch audio_s needs a number, 0 or more, not 'nan'"),
        (
            {"requests_per_second": "2.5"},
            "the switch requests_per_second needs a whole number from 1 on, or off, not '2.5'",
        ),
        ({"dials_per_second": "0"}, "the switch dials_per_second needs a whole number from 1 on, not '0'"),
    ],
)
def test_what_may_not_stand_there_is_said_in_a_sentence(given, message):
    with pytest.raises(ValueError, match="^" + message.replace("?", r"\?") + "$"):
        options_from(given)


def test_an_unknown_switch_without_a_neighbour_names_them_all():
    with pytest.raises(ValueError, match="there is no switch 'colour'; the switches are stamp, retry_id, "):
        options_from({"colour": "red"})
