"""When somebody could have seen to a timer: the processes' lives without their pauses and the database's."""

from __future__ import annotations

from types import SimpleNamespace

from crash_witness import live_spans, without
from hypothesis import given
from hypothesis import strategies as st

EDGES = st.lists(st.integers(0, 40), unique=True, max_size=10)


def engine(start: float, end: float, *pauses: tuple[float, float]):
    """An engine process as far as its times go."""
    ready = SimpleNamespace(is_set=lambda: True)
    return SimpleNamespace(serving_from=start, gone_at=end, is_ready=ready, pauses=lambda: list(pauses))


def test_pauses_and_outages_are_cut_out() -> None:
    assert without([(0.0, 10.0), (20.0, 30.0)], [(2.0, 3.0), (8.0, 22.0)]) == [(0.0, 2.0), (3.0, 8.0), (22.0, 30.0)]


@given(
    st.lists(st.integers(0, 40), unique=True, max_size=10), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)))
)
def test_what_is_left_is_in_the_spans_and_in_no_hole(edges, gaps) -> None:
    points = sorted(edges)[: len(edges) // 2 * 2]
    spans = list(zip(points[::2], points[1::2], strict=True))
    holes = [(at, at + length) for at, length in gaps]

    left = {second for start, end in without(spans, holes) for second in range(start, end)}

    inside = {second for start, end in spans for second in range(start, end)}
    assert left == {second for second in inside if not any(start <= second < end for start, end in holes)}


def test_engine_is_live_between_its_pauses_while_the_database_is_there() -> None:
    engines = [engine(0.0, 10.0, (2.0, 4.0)), engine(12.0, 30.0)]

    assert live_spans(engines, [(15.0, 20.0)], crowd=10) == [(0.0, 2.0), (4.0, 10.0), (12.0, 15.0), (20.0, 30.0)]


def test_engines_side_by_side_cover_each_other() -> None:
    engines = [engine(0.0, 20.0, (5.0, 15.0)), engine(1.0, 8.0), engine(7.0, 30.0)]

    assert live_spans(engines, [], crowd=10) == [(0.0, 30.0)]


def test_downtime_lasts_until_a_process_has_lived_for_a_while() -> None:
    lives = [engine(0.0, 20.0), engine(100.0, 108.0), engine(112.0, 140.0), engine(145.0, 150.0)]

    assert live_spans(lives, [], crowd=10) == [(0.0, 20.0), (107.0, 108.0), (119.0, 140.0), (145.0, 150.0)]


def test_timers_wait_for_the_roll_call_after_a_long_downtime() -> None:
    assert live_spans([engine(0.0, 10.0), engine(100.0, 120.0)], [], crowd=10) == [(0.0, 10.0), (107.0, 120.0)]
