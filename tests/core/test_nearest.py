"""Suggestions: slips are found, far-fetched guesses are not made."""

from __future__ import annotations

import time

import pytest

from engine.core.nearest import did_you_mean, nearest

WORDS = ("sales", "waiting", "voicemail", "hangup", "agents", "join_conference", "menu", "ok", "caller.number")


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("sale", "sales"), ("wating", "waiting"), ("waitng", "waiting"), ("voicemial", "voicemail"), ("hang_up",
        "hangup"),
        ("agent", "agents"), ("JoinConference", "join_conference"), ("join-conference", "join_conference"), ("manu",
        "menu"),
        ("mneu", "menu"), ("Menu", "menu"), ("caller.nmber", "caller.number"),
    ],
)  # fmt: skip
def test_slip_is_found(word, found):
    assert nearest(word, WORDS) == found


@pytest.mark.parametrize("word", ["goodbye", "a", "no", "", "mail", "mean_it", "support", "men_at_work", "x" * 1000])
def test_no_far_fetched_guess(word):
    assert nearest(word, WORDS) is None


def test_nearest_wins_and_the_alphabet_decides_a_draw():
    assert nearest("states", ["starts", "stated", "state"]) == "state"
    assert nearest("tst", ["test", "tast"]) == "tast"


def test_sentence():
    assert did_you_mean("sale", WORDS) == "; did you mean 'sales'?"
    assert did_you_mean("zebra", WORDS) == ""


def test_thousands_of_names_are_searched_quickly():
    started = time.process_time()

    nearest("state_4711_x", [f"state_number_{number}" for number in range(5000)])

    assert time.process_time() - started < 1.0
