"""Each counter of the laboratory can find what it counts, and finds nothing where all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest
from count import (
    Decided,
    Done,
    Fired,
    Ledger,
    LiveTime,
    Overtaken,
    Witnessed,
    done_twice,
    late_timers,
    lost_commands,
    lost_webhooks,
    out_of_order,
    policy_of,
    stuck_calls,
    too_late,
)
from hypothesis import given
from hypothesis import strategies as st

from engine.core.event import ACCEPTED, REFUSED
from engine.tables import catalogue

CALL = {"call_control_id": "v3:a"}


def decided(
    command_id: str, operation: str = "speak", *, seq: int = 1, at: float = 0.0, urgent: bool = False, **parameters
) -> Decided:
    return Decided(
        at=at,
        command_id=command_id,
        run="r",
        chain="r",
        seq=seq,
        urgent=urgent,
        operation=operation,
        path=CALL,
        parameters=parameters,
    )


def done(command: Decided, at: float = 0.0, *, named: bool = True) -> Done:
    command_id = command.command_id if named else ""
    parameters = {**command.parameters, "command_id": command_id} if named else command.parameters
    return Done(at=at, operation=command.operation, path=command.path, parameters=parameters, command_id=command_id)


FIRST, SECOND = decided("c1", seq=1), decided("c2", seq=2)
PLAY = decided("c3", "conference_play", seq=3, audio_url="https://example.com/a.mp3")
MUTE = decided("c4", "conference_mute", seq=4)
LEDGER = Ledger(
    handled=frozenset({"e1", "e2"}),
    commands=(FIRST, SECOND, PLAY, MUTE),
    outcomes={"c1": ACCEPTED, "c2": ACCEPTED, "c3": ACCEPTED},
    fired=(Fired(run="r", due=10.0, at=10.1),),
)
SEEN = Witnessed(
    acknowledged=frozenset({"e1", "e2"}),
    done=(done(FIRST), done(SECOND), done(PLAY, named=False), done(MUTE, named=False)),
    live=((0.0, 100.0),),
)


def test_nothing_is_found_where_all_is_well() -> None:
    assert lost_webhooks(SEEN, LEDGER) == []
    assert lost_commands(SEEN, LEDGER) == []
    assert done_twice(SEEN, LEDGER, catalogue()) == []
    assert out_of_order(SEEN, LEDGER) == []
    assert too_late(late_timers(SEEN, LEDGER)) == []
    assert stuck_calls(SEEN, LEDGER) == []


def test_webhook_that_was_acknowledged_and_is_not_in_the_database_is_lost() -> None:
    seen = replace(SEEN, acknowledged=SEEN.acknowledged | {"e3"})

    assert lost_webhooks(seen, LEDGER) == ["e3"]


def test_command_that_is_left_in_the_end_is_lost() -> None:
    assert lost_commands(SEEN, replace(LEDGER, left=frozenset({"c2"}))) == ["c2"]


def test_command_that_was_noted_as_accepted_and_never_came_is_lost() -> None:
    assert lost_commands(replace(SEEN, done=SEEN.done[:1]), LEDGER) == ["c2"]


def test_refused_command_is_not_lost() -> None:
    ledger = replace(LEDGER, outcomes={"c1": ACCEPTED, "c2": REFUSED})

    assert lost_commands(replace(SEEN, done=SEEN.done[:1]), ledger) == []


@pytest.mark.parametrize(
    ("again", "policy"),
    [(done(FIRST), "command_id"), (done(PLAY, named=False), "at_most_once"), (done(MUTE, named=False), "harmless")],
)
def test_what_is_carried_out_again_is_done_twice(again, policy) -> None:
    [found] = done_twice(replace(SEEN, done=(*SEEN.done, replace(again, at=9.0))), LEDGER, catalogue())

    assert (found.policy, found.at, found.after_freeze) == (policy, 9.0, False)


def test_command_under_a_name_that_nobody_decided_is_done_twice() -> None:
    stranger = replace(done(FIRST), command_id="c9")

    assert len(done_twice(replace(SEEN, done=(*SEEN.done, stranger)), LEDGER, catalogue())) == 1


def test_what_was_decided_twice_may_be_done_twice() -> None:
    ledger = replace(LEDGER, commands=(*LEDGER.commands, replace(PLAY, command_id="c5", seq=5)))

    assert done_twice(replace(SEEN, done=(*SEEN.done, done(PLAY, named=False))), ledger, catalogue()) == []


@pytest.mark.parametrize(("at", "is_its_fault"), [(50.5, True), (49.0, False), (56.0, False)])
def test_what_is_done_twice_right_after_a_stop_between_look_and_send_is_told_apart(at, is_its_fault) -> None:
    seen = replace(SEEN, done=(*SEEN.done, done(FIRST, at)), frozen=((0.0, 50.0),))

    assert [found.after_freeze for found in done_twice(seen, LEDGER, catalogue())] == [is_its_fault]


def test_command_that_comes_after_a_later_one_is_out_of_order() -> None:
    seen = replace(SEEN, done=(done(SECOND), done(PLAY, named=False), done(FIRST, 7.0)))

    assert out_of_order(seen, LEDGER) == [Overtaken(at=7.0, first=PLAY, then=FIRST)]


@pytest.mark.parametrize(("freeze", "is_its_fault"), [((2.0, 6.5), True), ((2.0, 7.5), False)])
def test_command_that_goes_out_when_a_frozen_process_goes_on_is_a_row_of_its_own(freeze, is_its_fault) -> None:
    done_late = (done(SECOND), done(PLAY, named=False), done(FIRST, 7.0))

    [found] = out_of_order(replace(SEEN, done=done_late, frozen=(freeze,)), LEDGER)

    assert found.after_freeze is is_its_fault


def test_those_that_do_the_same_are_in_order_if_they_can_be() -> None:
    again = replace(MUTE, command_id="c5", seq=5)
    last = decided("c6", seq=6)
    ledger = replace(LEDGER, commands=(*LEDGER.commands, again, last))
    at_five = decided("c45", seq=4)
    ledger = replace(ledger, commands=(*ledger.commands, at_five))

    in_order = (done(FIRST), done(at_five), done(again, named=False), done(last))

    assert out_of_order(replace(SEEN, done=in_order), ledger) == []
    assert len(out_of_order(replace(SEEN, done=(*in_order, done(MUTE, named=False))), ledger)) == 1


def test_what_was_decided_later_is_not_what_was_done() -> None:
    ledger = replace(LEDGER, commands=(*LEDGER.commands, replace(PLAY, command_id="c9", seq=9, at=50.0)))
    seen = replace(SEEN, done=(done(MUTE, named=False), done(PLAY, 1.0, named=False)))

    assert [(found.first, found.then) for found in out_of_order(seen, ledger)] == [(MUTE, PLAY)]


def test_repetition_and_hang_up_are_not_out_of_order() -> None:
    hangup = decided("c0", "hangup", seq=0, urgent=True)
    ledger = replace(LEDGER, commands=(*LEDGER.commands, hangup))

    assert out_of_order(replace(SEEN, done=(*SEEN.done, done(FIRST), done(hangup))), ledger) == []


@pytest.mark.parametrize(
    ("due", "at", "take_over", "live", "is_late"),
    [
        (10.0, 10.9, None, ((0.0, 100.0),), False),
        (10.0, 11.1, None, ((0.0, 100.0),), True),
        (10.0, 80.0, 79.5, ((0.0, 9.0), (79.5, 100.0)), False),
        (10.0, 81.9, 80.0, ((0.0, 9.0), (80.0, 100.0)), False),
        (10.0, 82.1, 80.0, ((0.0, 9.0), (80.0, 100.0)), True),
        (10.0, 12.0, 80.0, ((0.0, 100.0),), True),
    ],
)
def test_timer_is_late_by_the_time_in_which_somebody_could_have_seen_to_it(due, at, take_over, live, is_late) -> None:
    seen = replace(SEEN, live=live, take_overs=() if take_over is None else (take_over,))
    ledger = replace(LEDGER, fired=(Fired(run="r", due=due, at=at),))

    assert bool(too_late(late_timers(seen, ledger))) is is_late


def test_time_that_the_machine_needs_to_work_is_granted() -> None:
    ledger = replace(LEDGER, fired=(Fired(run="r", due=10.0, at=14.0),))

    assert too_late(late_timers(SEEN, ledger), work_s=3.5) == []
    assert len(too_late(late_timers(SEEN, ledger), work_s=2.5)) == 1


def test_call_that_telnyx_or_the_engine_believes_to_live_is_stuck() -> None:
    assert stuck_calls(replace(SEEN, open=("v3:a",)), replace(LEDGER, live=("r",))) == ["r", "v3:a"]


@pytest.mark.parametrize(("noticed_at", "is_stuck"), [(60.0, False), (260.0, False), (280.0, True)])
def test_call_that_is_over_and_goes_on_for_the_engine_is_stuck(noticed_at, is_stuck) -> None:
    seen = replace(SEEN, over={"v3:a": 50.0}, live=((0.0, 100.0), (200.0, 300.0)))

    assert bool(stuck_calls(seen, replace(LEDGER, ended={"v3:a": noticed_at}))) is is_stuck


@given(st.lists(st.integers(0, 50), unique=True, max_size=12), st.integers(0, 60), st.integers(0, 60))
def test_live_time_is_what_lies_in_the_spans(edges, start, end) -> None:
    points = sorted(edges)[: len(edges) // 2 * 2]
    spans = list(zip(points[::2], points[1::2], strict=True))
    start, end = min(start, end), max(start, end)

    expected = sum(max(0, min(end, until) - max(start, since)) for since, until in spans)

    assert LiveTime(spans).between(start, end) == expected


def test_policy_is_that_of_the_catalogue() -> None:
    assert {name: policy_of(name, catalogue()) for name in ("speak", "dial", "hangup", "conference_send_dtmf")} == {
        "speak": "command_id",
        "dial": "command_id",
        "hangup": "harmless",
        "conference_send_dtmf": "at_most_once",
    }
