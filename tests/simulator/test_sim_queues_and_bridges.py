from __future__ import annotations

import pytest

AGENT = "+15559990000"


def in_line(line, **options):
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="support", **options)
    line.wait()
    return leg


def rung(line, **options):
    """An agent's leg that we dial and that rings."""
    row = line.ok("dial", None, connection_id="1", to=AGENT, **{"from": "+15551230000"}, **options)
    line.wait()
    return row["call_control_id"]


def agent(line, **options):
    leg = rung(line, **options)
    line.world.pick_up(leg, line.now)
    line.wait()
    return leg


def test_waiting_too_long_takes_the_call_out_and_keeps_it(line):
    leg = in_line(line, max_wait_time_secs=60)

    assert line.wait(60) == ["call.dequeued"]
    gone = line.last("call.dequeued")
    assert (gone["reason"], gone["queue"], gone["queue_position"], gone["wait_time_secs"]) == (
        "timeout",
        "support",
        1,
        60,
    )
    assert line.world.look(leg).state == "answered"


def test_those_behind_move_up(line):
    first, second, third = in_line(line), in_line(line), in_line(line)
    line.ok("leave_queue", second)

    rows = line.ok("queued_call_list", "support")

    assert [(row["call_control_id"], row["queue_position"]) for row in rows] == [(first, 1), (third, 2)]


def test_who_comes_back_stands_at_the_end(line):
    first, second = in_line(line), in_line(line)
    line.ok("leave_queue", first)
    line.ok("enqueue", first, queue_name="support")
    line.wait()

    assert line.last("call.enqueued")["current_position"] == 2
    assert [row["call_control_id"] for row in line.ok("queued_call_list", "support")] == [second, first]


def test_the_average_wait_is_that_of_those_who_left(line):
    first, second = in_line(line), in_line(line)
    line.wait(10)
    line.ok("leave_queue", first)
    line.wait(20)
    line.ok("leave_queue", second)

    assert line.ok("queue_retrieve", "support")["average_wait_time_secs"] == 20


def test_a_hang_up_leaves_the_line(line):
    leg = in_line(line)
    line.world.hang_up(leg, line.now)

    assert line.wait() == ["call.dequeued", "call.hangup"]
    assert line.last("call.dequeued")["reason"] == "hangup"


def test_a_full_queue_and_a_second_place_are_refused(line):
    leg = in_line(line, max_size=1)

    assert line.do("enqueue", leg, queue_name="other").code == "90038"
    assert line.do("enqueue", line.caller(), queue_name="support").code == "90036"


def test_leaving_no_queue_and_creating_one_twice_are_refused(line):
    leg = in_line(line)

    assert line.do("queue_create", None, queue_name="support").code == "90033"
    line.ok("leave_queue", leg)
    assert line.do("leave_queue", leg).code == "90033"


def test_only_empty_queues_are_deleted_and_only_dead_calls_removed(line):
    leg = in_line(line)

    delete = line.do("queue_delete", "support")
    assert (delete.status, delete.code) == (400, "90050")
    assert line.do("queued_call_remove", {"queue_name": "support", "call_control_id": leg}).code == "90033"


def test_a_queue_bridge_takes_the_first_and_tells_both_legs(line):
    first, _ = in_line(line), in_line(line)
    mine = agent(line)
    line.ok("bridge", mine, queue="support")

    assert line.wait() == ["call.dequeued", "call.bridged", "call.bridged"]
    assert line.last("call.dequeued")["reason"] == "bridged"
    assert (line.world.look(mine).bridged_with, line.world.look(first).queue) == (first, None)


def test_music_ends_when_a_waiting_call_is_taken(line):
    first = in_line(line)
    line.ok("playback_start", first, media_name="music", loop="infinity")
    line.ok("bridge", agent(line), queue="support")
    line.wait()

    assert (line.last("call.playback.ended")["status"], line.world.look(first).hears) == ("cancelled", ())


def test_an_empty_queue_and_a_dead_first_call_are_refused(line_with):
    line = line_with(empty_queue="10007", dead_queued_call="90018")
    mine, leg = agent(line), in_line(line, keep_after_hangup=True)
    line.world.hang_up(leg, line.now)

    dead, empty = line.do("bridge", mine, queue="support"), line.do("bridge", mine, queue="support")

    assert [(dead.status, dead.code), (empty.status, empty.code)] == [(422, "90018"), (404, "10007")]


def test_a_bridge_that_fails_has_taken_the_first_call_out(line):
    leg, mine = in_line(line), agent(line)
    line.world.fail_next("bridge", 503, "10007")

    assert line.do("bridge", mine, queue="support").status == 503
    assert line.wait() == ["call.dequeued"]
    assert (line.last("call.dequeued")["reason"], line.world.look(leg).queue) == ("bridging-in-process", None)


@pytest.mark.parametrize(("park", "state"), [({}, "ended"), ({"park_after_unbridge": "self"}, "answered")])
def test_the_other_legs_hang_up_drops_mine_unless_it_parks(line, park, state):
    mine, theirs = line.caller(), line.caller()
    line.ok("bridge", mine, call_control_id=theirs, **park)
    line.world.hang_up(theirs, line.now)
    line.wait()

    assert line.world.look(mine).state == state


def test_parking_protects_only_the_leg_that_bridged(line):
    mine, theirs = line.caller(), line.caller()
    line.ok("bridge", mine, call_control_id=theirs, park_after_unbridge="self")
    line.world.hang_up(mine, line.now)
    line.wait()

    assert line.world.look(theirs).state == "ended"


def test_enqueueing_a_bridged_call_unbridges_it(line):
    mine, theirs = line.caller(), line.caller()
    line.ok("bridge", mine, call_control_id=theirs)
    line.ok("enqueue", theirs, queue_name="support")
    line.wait()

    assert (line.world.look(mine).state, line.world.look(theirs).queue) == ("ended", "support")


def test_bridging_with_nobody_oneself_or_the_dead_is_refused(line):
    mine, dead, rings = line.caller(), line.caller(), line.rings()
    line.world.hang_up(dead, line.now)

    codes = [line.do("bridge", mine, call_control_id=other).code for other in (mine, dead, rings, "v3:x")]

    assert codes == ["90033", "90018", "90034", "90015"]


def test_a_double_bridge_is_prevented_on_request(line):
    mine, theirs, third = line.caller(), line.caller(), line.caller()
    line.ok("bridge", mine, call_control_id=theirs)

    assert line.do("bridge", third, call_control_id=theirs, prevent_double_bridge=True).code == "90033"


def test_a_dialled_leg_rings_and_is_answered(line):
    leg = rung(line, client_state="b25l")
    first = line.last("call.initiated")
    assert (first["direction"], first["state"], first["client_state"], first["to"]) == (
        "outgoing",
        "bridging",
        "b25l",
        AGENT,
    )

    line.world.pick_up(leg, line.now)

    assert line.wait() == ["call.answered"]
    with pytest.raises(ValueError, match="does not ring"):
        line.world.pick_up(leg, line.now)


def test_a_dialled_leg_rings_no_longer_than_asked(line):
    rung(line, timeout_secs=5)

    assert line.wait(5) == ["call.hangup"]
    assert line.last("call.hangup")["hangup_cause"] == "timeout"


def test_a_dialled_leg_is_refused(line):
    line.world.refuse(rung(line), line.now, "user_busy")
    line.wait()

    assert (line.last("call.hangup")["hangup_cause"], line.last("call.hangup")["sip_hangup_cause"]) == (
        "user_busy",
        "486",
    )


def test_far_legs_answer_by_themselves_on_request(line_with):
    line = line_with(answer_after_s=3)
    rung(line)

    assert line.wait(3) == ["call.answered"]


def test_a_far_leg_may_let_it_ring(line_with):
    line = line_with(answer_after_s=3)
    line.world.ignore(rung(line, timeout_secs=10), line.now)

    assert line.wait(10) == ["call.hangup"]


def test_dial_bridges_on_answer(line):
    leg = line.caller()
    other = agent(line, link_to=leg, bridge_on_answer=True, park_after_unbridge="self")

    assert line.types()[-3:] == ["call.answered", "call.bridged", "call.bridged"]
    sessions = {one.call_session_id for one in line.world.legs}
    line.world.hang_up(leg, line.now)
    assert (len(sessions), line.world.look(other).state) == (1, "answered")


def test_a_dialled_leg_goes_on_ringing_when_its_caller_leaves(line):
    leg = line.caller()
    other = rung(line, link_to=leg, bridge_on_answer=True)
    line.world.hang_up(leg, line.now)
    assert line.world.look(other).state == "ringing"

    line.world.pick_up(other, line.now)

    assert line.world.look(other).state == "ended"


def test_several_numbers_ring_and_the_first_wins(line):
    line.ok("dial", None, connection_id="1", to=["+15550000001", "+15550000002"], **{"from": "+15551230000"})
    one, two = line.world.ringing
    line.world.pick_up(two.call_control_id, line.now)
    line.wait()

    assert line.world.look(one.call_control_id).cause == "originator_cancel"


def test_dial_enters_a_room_on_answer(line):
    room, _ = line.room()
    leg = agent(line, conference_config={"id": room, "mute": True})

    assert (line.world.look(leg).room, line.world.look(leg).muted) == (room, True)


def test_a_machine_is_detected_and_its_greeting_ends(line):
    leg = rung(line, answering_machine_detection="greeting_end")
    line.world.pick_up(leg, line.now, machine=True)

    assert line.wait(10) == ["call.answered", "call.machine.detection.ended", "call.machine.greeting.ended"]
    assert line.last("call.machine.detection.ended")["result"] == "machine"


def test_premium_detection_has_its_own_events(line):
    leg = rung(line, answering_machine_detection="premium")
    line.world.pick_up(leg, line.now)

    assert line.wait(10) == [
        "call.answered",
        "call.machine.premium.detection.started",
        "call.machine.premium.detection.ended",
    ]


def test_too_many_dials_a_second_are_refused(line_with):
    line = line_with(dials_per_second=1)
    body = {"connection_id": "1", "to": AGENT, "from": "+15551230000"}

    answers = [line.do("dial", None, **body) for _ in range(6)]

    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert (answers[-1].code, answers[-1].headers) == ("90103", {"x-ratelimit-reset": "1"})


def transferred(line, **options):
    leg = line.caller()
    line.ok("transfer", leg, to=AGENT, client_state="b25l", target_leg_client_state="dHdv", **options)
    line.wait()
    return leg, line.far_leg()


def test_transfer_bridges_the_far_leg(line):
    leg, far = transferred(line)
    assert line.world.record[line.world.look(leg).hears[0]].what == "ringing"

    line.world.pick_up(far, line.now)

    assert line.wait() == ["call.answered", "call.bridged", "call.bridged"]
    assert (line.last("call.answered")["client_state"], line.world.look(leg).hears) == ("dHdv", ())
    assert line.world.look(far).bridged_with == leg


def test_a_transfer_plays_its_audio_and_digits_to_the_far_leg_before_it_connects(line):
    leg, far = transferred(line, audio_url="https://a.example/b.mp3", send_digits_on_answer="12")
    line.world.pick_up(far, line.now)
    assert (line.hears(far), line.world.look(far).bridged_with) == (["12", "https://a.example/b.mp3"], None)
    assert line.wait() == ["call.answered"]

    assert line.wait(6) == ["call.bridged", "call.bridged"]
    assert line.world.look(far).bridged_with == leg


@pytest.mark.parametrize("who", ["caller", "far leg"])
def test_who_hangs_up_while_that_plays_ends_the_transfer(line, who):
    leg, far = transferred(line, audio_url="https://a.example/b.mp3")
    line.world.pick_up(far, line.now)
    line.world.hang_up(leg if who == "caller" else far, line.now)
    line.wait(10)

    assert line.world.look(far).state == "ended"
    assert line.world.look(leg).state == ("ended" if who == "caller" else "answered")
    assert "call.bridged" not in line.types()


def test_a_bridge_right_after_the_answer_may_come_too_early(line_with):
    line = line_with(bridge_ready_after_s=0.5)
    one, other = line.caller(), line.caller()
    assert line.do("bridge", one, call_control_id=other).code == "90033"
    line.wait(0.5)

    assert line.do("bridge", one, call_control_id=other).status == 200


def test_a_failed_transfer_ends_only_the_far_leg(line):
    leg, far = transferred(line, timeout_secs=20)

    assert line.wait(20) == ["call.hangup"]
    assert line.last("call.hangup")["call_control_id"] == far
    assert (line.world.look(leg).state, line.world.look(leg).hears) == ("answered", ())


def test_a_caller_who_leaves_stops_the_transfer(line):
    leg, far = transferred(line)
    line.world.hang_up(leg, line.now)

    assert line.world.look(far).cause == "originator_cancel"


def test_my_own_bridge_is_not_doubled_and_there_are_no_video_rooms(line):
    mine, theirs, third = line.caller(), line.caller(), line.caller()
    line.ok("bridge", mine, call_control_id=theirs)
    video = "7b9bd7b4-5cbb-4bb3-9c1f-1e1a4d6f1b11"

    assert line.do("bridge", mine, call_control_id=third, prevent_double_bridge=True).code == "90033"
    assert line.do("bridge", third, video_room_id=video).status == 404
    assert line.do("bridge", third, video_room_id="video").code == "10015"


def test_a_call_that_leaves_before_its_longest_wait_is_not_taken_out_again(line):
    leg = in_line(line, max_wait_time_secs=10, keep_after_hangup=True)
    line.ok("leave_queue", leg)
    line.ok("enqueue", leg, queue_name="support", max_wait_time_secs=600, keep_after_hangup=True)
    line.world.hang_up(leg, line.now)
    line.wait(900)

    assert line.types(leg).count("call.dequeued") == 1
    other = {"queue_name": "support", "call_control_id": line.caller()}
    assert line.do("queued_call_retrieve", other).code == "10005"


def test_a_dialled_leg_is_greeted_recorded_and_opens_a_room(line):
    leg = agent(line, media_name="hello", record="record-from-answer", conference_config={"conference_name": "new"})

    assert line.world.look(leg).recording
    assert line.world.look(leg).room_name == "new"
    full = agent(line, conference_config={"conference_name": "new", "id": line.world.look(leg).room})
    assert line.world.look(full).room_name == "new"


def test_a_dialled_leg_that_cannot_enter_its_room_is_hung_up(line):
    room, _ = line.room(max_participants=2)
    agent(line, conference_config={"id": room})
    late = agent(line, conference_config={"id": room})

    assert line.world.look(late).state == "ended"


def test_only_a_live_call_can_be_supervised(line):
    body = {"connection_id": "1", "to": AGENT, "from": "+15551230000", "supervise_call_control_id": line.rings()}

    assert line.do("dial", None, **body).code == "90034"


def test_without_early_media_the_caller_hears_no_ringing(line):
    leg, _ = transferred(line, early_media=False)

    assert line.hears(leg) == []
