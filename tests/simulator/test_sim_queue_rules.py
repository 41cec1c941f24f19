"""The rules of queues, each with the sentence of facts.md, section 4, "Queues"."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

DIAL = {"connection_id": "1", "to": "+15559990000", "from": OFFICE}


def waiting(line, **body):
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="q", **body)
    line.wait()
    return leg


def queue(line):
    return line.ok("queue_retrieve", "q")


def dequeued(line):
    payload = line.last("call.dequeued")
    return payload["reason"], payload["queue_position"], payload["wait_time_secs"]


def test_a_queue_made_by_enqueue_holds_a_hundred_and_one_made_by_itself_three_hundred(line):
    """ "`max_size` default 100 via enqueue, 300 via POST /queues"."""
    waiting(line)
    line.ok("queue_create", None, queue_name="other")

    assert (queue(line)["max_size"], line.ok("queue_retrieve", "other")["max_size"]) == (100, 300)


def test_enqueue_does_not_change_the_size_of_a_queue_and_queue_update_does(line):
    """ "can't be modified for an existing queue" on enqueue but POST /queues/{name} modifies it."""
    waiting(line, max_size=2)
    waiting(line, max_size=9)
    assert line.do("enqueue", line.caller(), queue_name="q", max_size=9).code == "90036"

    line.ok("queue_update", "q", max_size=3)

    assert line.do("enqueue", line.caller(), queue_name="q").status == 200


def test_a_full_queue_leaves_a_bridge_as_it_is(line):
    waiting(line, max_size=1)
    one, other = line.caller(), line.caller()
    line.ok("bridge", one, call_control_id=other)
    assert line.do("enqueue", one, queue_name="q").code == "90036"

    assert line.world.look(one).bridged_with == other


@pytest.mark.parametrize(
    ("act", "reason", "state"),
    [
        (lambda line, leg: line.ok("leave_queue", leg), "leave", "answered"),
        (lambda line, leg: line.world.hang_up(leg, line.now), "hangup", "ended"),
        (lambda line, leg: line.ok("bridge", line.caller(), queue="q"), "bridged", "answered"),
        (lambda line, leg: line.ok("bridge", line.caller(), call_control_id=leg), "bridged", "answered"),
        (lambda line, leg: line.wait(20), "timeout", "answered"),
        (lambda line, leg: line.do("bridge", leg, queue="q"), "bridging-in-process", "answered"),
        (lambda line, leg: line.ok("conference_create", None, call_control_id=leg, name="team"), "leave", "answered"),
    ],
)
def test_every_reason_for_leaving_a_queue(line, act, reason, state):
    """ "later `call.dequeued` reason bridged / bridging-in-process / hangup / leave / timeout"."""
    leg = waiting(line, max_wait_time_secs=20)

    act(line, leg)
    line.wait()

    assert dequeued(line)[0] == reason
    assert (line.world.look(leg).state, line.world.look(leg).queue) == (state, None)


def test_a_transfer_takes_the_call_out_when_the_far_leg_answers(line):
    leg = waiting(line)
    line.ok("transfer", leg, to="+15559990000")
    assert line.world.look(leg).queue == "q"

    line.world.pick_up(line.far_leg(), line.now)
    line.wait()

    assert dequeued(line)[0] == "bridged"


def test_who_waits_too_long_is_not_hung_up_and_may_come_back_at_the_end(line):
    """ "`max_wait_time_secs` removes from the queue, does not hang up"; "re-enqueue puts the caller at the end"."""
    first, second = waiting(line, max_wait_time_secs=10), waiting(line)
    line.wait(10)
    assert dequeued(line) == ("timeout", 1, 10)

    line.ok("enqueue", first, queue_name="q")

    assert line.world.state()["queues"]["q"] == [second, first]


def test_the_average_is_that_of_all_who_left(line):
    """ "`call.enqueued` (current_position, queue_avg_wait_time_secs)"."""
    for seconds in (10, 20):
        leg = waiting(line)
        line.wait(seconds)
        line.world.hang_up(leg, line.now)
    waiting(line)

    assert line.last("call.enqueued")["queue_avg_wait_time_secs"] == 15
    assert queue(line)["average_wait_time_secs"] == 15


def test_who_hung_up_can_be_kept_and_makes_a_bridge_fail_once(line):
    """ "`keep_after_hangup: true` leaves dead entries (`is_alive` false) that make a bridge fail"."""
    dead, alive = waiting(line, keep_after_hangup=True), waiting(line)
    line.world.hang_up(dead, line.now)
    line.wait()
    assert "call.dequeued" not in line.types(dead)
    rows = line.ok("queued_call_list", "q")
    assert [(row["call_control_id"], row["is_alive"], row["from"]) for row in rows] == [
        (dead, False, "+34600111222"),
        (alive, True, "+34600111222"),
    ]

    answers = [line.do("bridge", line.caller(), queue="q") for _ in range(2)]

    assert [answer.status for answer in answers] == [422, 200]
    assert line.world.state()["queues"]["q"] == []


def test_keeping_is_decided_as_long_as_the_call_waits(line):
    leg = waiting(line)
    line.ok("queued_call_update", {"queue_name": "q", "call_control_id": leg}, keep_after_hangup=True)
    line.world.hang_up(leg, line.now)
    assert queue(line)["current_size"] == 1

    line.ok("queued_call_remove", {"queue_name": "q", "call_control_id": leg})

    assert queue(line)["current_size"] == 0


def test_enqueueing_a_bridged_call_unbridges_it_and_its_partner_may_stay(line):
    """ "enqueueing a bridged call unbridges it"."""
    agent, caller = line.caller(), line.caller()
    line.ok("bridge", agent, call_control_id=caller, hold_after_unbridge=True)
    line.ok("enqueue", caller, queue_name="q")

    look = line.world.look(agent)
    assert (look.state, look.bridged_with, line.world.look(caller).queue) == ("answered", None, "q")


@pytest.mark.parametrize("how", ["itself", "prevented"])
def test_a_bridge_that_fails_has_taken_the_first_call_all_the_same(line, how):
    """ "Bridge-to-queue takes the first call and removes it even if the bridge fails"."""
    leg = waiting(line)
    if how == "itself":
        answer = line.do("bridge", leg, queue="q")
    else:
        agent = line.caller()
        line.ok("bridge", agent, call_control_id=line.caller())
        answer = line.do("bridge", agent, queue="q", prevent_double_bridge=True)
    line.wait()

    assert answer.code == "90033"
    assert (dequeued(line)[0], line.world.look(leg).state) == ("bridging-in-process", "answered")


def test_nobody_is_told_that_they_moved_up(line):
    """ "no event fires when a position changes, so announcements need polling"."""
    first, second = waiting(line), waiting(line)
    line.world.hang_up(first, line.now)

    assert line.wait(60) == ["call.dequeued", "call.hangup"]
    place = line.ok("queued_call_retrieve", {"queue_name": "q", "call_control_id": second})
    assert (place["queue_position"], place["wait_time_secs"]) == (1, 60)


def test_music_goes_on_while_the_call_waits(line):
    """ "Playback/speak on a queued call is not forbidden anywhere"."""
    leg = line.caller()
    line.ok("playback_start", leg, media_name="hold", loop="infinity")
    line.ok("enqueue", leg, queue_name="q")
    line.wait(60)

    assert len(line.world.look(leg).hears) == 1
