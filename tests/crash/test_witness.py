"""When somebody could have seen to a timer: the processes' lives without their pauses and the database's."""

from __future__ import annotations

from types import SimpleNamespace

from crash_witness import live_spans, without


def engine(start: float, end: float, *pauses: tuple[float, float]):
    """An engine process as far as its times go."""
    ready = SimpleNamespace(is_set=lambda: True)
    return SimpleNamespace(serving_from=start, gone_at=end, is_ready=ready, pauses=lambda: list(pauses))


def test_pauses_and_outages_are_cut_out() -> None:
    assert without([(0.0, 10.0), (20.0, 30.0)], [(2.0, 3.0), (8.0, 22.0)]) == [(0.0, 2.0), (3.0, 8.0), (22.0, 30.0)]


def test_engine_is_live_between_its_pauses_while_the_database_is_there() -> None:
    engines = [engine(0.0, 10.0, (2.0, 4.0)), engine(12.0, 30.0)]

    assert live_spans(engines, [(15.0, 20.0)]) == [(0.0, 2.0), (4.0, 10.0), (12.0, 15.0), (20.0, 30.0)]


def test_engines_side_by_side_cover_each_other() -> None:
    engines = [engine(0.0, 20.0, (5.0, 15.0)), engine(1.0, 8.0), engine(7.0, 30.0)]

    assert live_spans(engines, []) == [(0.0, 30.0)]


def test_timers_wait_for_the_roll_call_after_a_long_downtime() -> None:
    assert live_spans([engine(0.0, 10.0), engine(100.0, 120.0)], []) == [(0.0, 10.0), (108.0, 120.0)]
