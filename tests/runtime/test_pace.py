"""How often the account may do something: counted, spread, and closed after a refusal."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.pace import LONGEST_PAUSE_S, Pace

NOW = 1_800_000_000.0


def begun(pace: Pace, seconds: float, *, start: float = NOW) -> list[float]:
    """Begin whatever may begin within *seconds*, as early as it may; return when, counted from NOW."""
    times, now = [], start
    while (now := max(now, pace.free_at(now))) < start + seconds:
        pace.begin(now)
        times.append(now - NOW)
        assert len(times) < 10_000
    return times


def most_within(times: list[float], seconds: float) -> int:
    """Return how many of *times* lie in the fullest stretch of *seconds*."""
    return max((sum(1 for at in times if first <= at < first + seconds) for first in times), default=0)


def test_nobody_waits_while_no_limit_is_known():
    pace = Pace()
    for _ in range(1_000):
        assert pace.free_at(NOW) <= NOW
        pace.begin(NOW)


def test_half_goes_at_once_and_the_rest_is_spread():
    times = begun(Pace(20), 1.0)

    assert times[:10] == [0.0] * 10
    gaps = [later - at for at, later in pairwise(times[9:])]
    assert min(gaps) > 0.05
    assert max(gaps) < 0.25


def test_under_load_nearly_all_that_is_allowed_goes_and_nobody_waits_long():
    times = begun(Pace(20), 30.0)

    assert len(times) > 30 * 17
    assert max(later - at for at, later in pairwise(times)) < 0.25


@given(
    most=st.integers(1, 60),
    length_s=st.floats(0.5, 10.0),
    share=st.integers(1, 5),
    pauses=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5)), max_size=3),
)
def test_no_stretch_of_time_ever_holds_more_than_its_share(most, length_s, share, pauses):
    pace = Pace(most, length_s=length_s)
    pace.share = share
    times, start = begun(pace, 5.0), NOW + 5.0
    for after_s, pause_s in pauses:
        times += begun(pace, after_s, start=start)
        start += after_s
        pace.close(start + pause_s, now=start)
    times += begun(pace, 20.0, start=start)

    assert most_within(times, length_s) <= max(1, most // share)


def test_those_that_were_late_are_made_up_for():
    """A busy machine rings its alarms late."""
    pace, times, now = Pace(20), [], NOW
    pace.close(NOW, now=NOW)
    while now < NOW + 20:
        pace.begin(now)
        times.append(now)
        now = max(now, pace.free_at(now) + (0.1 if len(times) % 3 == 0 else 0.0))

    assert len(times) > 20 * 15
    assert most_within(times, 1.0) <= 20


def test_after_a_pause_they_go_one_by_one():
    pace = Pace(20)
    pace.close(NOW + 3, now=NOW)

    times = begun(pace, 4.0)

    assert times[0] == 3.0
    assert min(later - at for at, later in pairwise(times)) > 0.05


def test_a_pause_lasts_a_minute_at_most_and_is_never_shortened():
    pace = Pace()
    pace.close(NOW + 3600, now=NOW)
    assert pace.free_at(NOW) == NOW + LONGEST_PAUSE_S

    pace.close(NOW + 1, now=NOW)
    assert pace.free_at(NOW) == NOW + LONGEST_PAUSE_S


def test_a_limit_that_nobody_tells_is_guessed_once_for_all_that_were_refused_together():
    pace = Pace()
    for _ in range(80):
        pace.begin(NOW)
    for _ in range(60):  # the answers
        pace.learn(NOW, now=NOW + 0.1)
        pace.close(NOW + 1.1, now=NOW + 0.1)

    times = begun(pace, 1.0, start=NOW + 1.1)

    assert 30 < most_within(times, 1.0) <= 48


def test_refused_again_and_again_it_still_tries_a_few_and_more_with_time():
    pace = Pace()
    for second in range(9):
        at = NOW + second
        pace.begin(at)
        pace.learn(at, now=at + 0.1)
    assert 3 <= most_within(begun(pace, 1.0, start=NOW + 9), 1.0) <= 5

    assert 8 <= most_within(begun(pace, 1.0, start=NOW + 13), 1.0) <= 12
    for _ in range(1_000):
        assert pace.free_at(NOW + 100) <= NOW + 100
        pace.begin(NOW + 100)


@pytest.mark.parametrize("begun_at", [NOW, NOW + 1])
def test_what_did_not_begin_is_not_counted(begun_at):
    pace = Pace(1)
    pace.begin(NOW)
    pace.take_back(begun_at)

    assert (pace.free_at(NOW) <= NOW) == (begun_at == NOW)
