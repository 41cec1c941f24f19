from __future__ import annotations

import pytest

from engine.simulator.values import Webhook

STATE_1, STATE_2 = "b25l", "dHdv"


def test_a_call_comes_in_parked_and_is_answered(line):
    leg = line.rings()
    line.ok("answer", leg)
    line.wait()

    first, answered = line.last("call.initiated"), line.last("call.answered")
    assert line.types() == ["call.initiated", "call.answered"]
    assert (first["direction"], first["state"], first["client_state"]) == ("incoming", "parked", None)
    assert answered["call_leg_id"] == first["call_leg_id"] != first["call_session_id"]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("speak", {"payload": "p", "voice": "v"}),
        ("playback_start", {"media_name": "m"}),
        ("gather", {}),
        ("gather_using_speak", {"payload": "p", "voice": "v"}),
        ("record_start", {"format": "mp3", "channels": "single"}),
        ("enqueue", {"queue_name": "q"}),
        ("transfer", {"to": "+15550001111"}),
        ("send_dtmf", {"digits": "1"}),
        ("streaming_start", {}),
    ],
)
def test_commands_wait_for_the_answer_and_die_with_the_call(line, operation, body):
    leg = line.rings()

    unanswered = line.do(operation, leg, **body)
    line.world.hang_up(leg, line.now)
    ended = line.do(operation, leg, **body)

    assert (unanswered.status, unanswered.code) == (422, "90034")
    assert (ended.status, ended.code) == (422, "90018")


@pytest.mark.parametrize(
    ("path", "body", "code", "pointer"),
    [
        ("speak", {"voice": "v"}, "10004", "/payload"),
        ("speak", {"payload": "x" * 3001, "voice": "v"}, "10015", "/payload"),
        ("speak", {"payload": 5, "voice": "v"}, "10015", "/payload"),
        ("speak", {"payload": "p", "voice": "v", "payload_type": "html"}, "10032", "/payload_type"),
        ("speak", {"payload": "p", "voice": "v", "client_state": "not base64!"}, "10015", "/client_state"),
        ("gather", {"minimum_digits": 0}, "10033", "/minimum_digits"),
        ("gather", {"minimum_digits": True}, "10015", "/minimum_digits"),
        ("playback_start", {}, "10004", "/audio_url"),
        ("playback_start", {"audio_url": "u", "media_name": "m"}, "10015", "/media_name"),
        ("transfer", {"to": "5551234"}, "10016", "/to"),
        ("transfer", {"to": "+15550001111", "timeout_secs": 4}, "10033", "/timeout_secs"),
        ("bridge", {"call_control_id": "v3:x", "queue": "q"}, "10015", "/queue"),
        ("bridge", {}, "10004", "/call_control_id"),
    ],
)
def test_wrong_parameters_are_named(line, path, body, code, pointer):
    response = line.do(path, line.caller(), **body)

    error = response.body["errors"][0]
    assert (response.status, error["code"], error["source"]) == (422, code, {"pointer": pointer})


def test_dial_needs_link_to_when_it_bridges(line):
    response = line.do(
        "dial", None, connection_id="1", to="+15550001111", **{"from": "+15552223333"}, bridge_intent=True
    )

    assert (response.status, response.code) == (422, "10004")


def test_unknown_parameters_are_refused_only_on_request(line_with):
    assert line_with().do("queue_create", None, queue_name="q", colour="red").status == 200
    refused = line_with(unknown_parameters="refused").do("queue_create", None, queue_name="q", colour="red")
    assert (refused.status, refused.code) == (422, "10015")


def test_a_malformed_call_id_is_told_apart_from_an_unknown_one(line):
    assert line.do("answer", "abc").code == "90015"
    assert line.do("answer", "v3:abc").status == 404


def test_a_path_that_telnyx_does_not_have_is_404(line):
    assert line.world.request("GET", "/v2/nothing", query={}, body={}, now=line.now).status == 404


def test_answering_twice_is_refused(line):
    assert line.do("answer", line.caller()).code == "90033"


@pytest.mark.parametrize(("cause", "heard"), [("USER_BUSY", "user_busy"), ("CALL_REJECTED", "call_rejected")])
def test_reject_ends_the_call_with_its_cause(line, cause, heard):
    line.ok("reject", line.rings(), cause=cause)

    assert line.wait() == ["call.hangup"]
    assert line.last("call.hangup")["hangup_cause"] == heard


def test_hanging_up_says_who_and_why(line):
    ours, theirs, early = line.caller(), line.caller(), line.rings()

    line.ok("hangup", ours)
    line.wait()
    assert (line.last("call.hangup")["hangup_source"], line.last("call.hangup")["state"]) == ("callee", "hangup")
    line.world.hang_up(theirs, line.now)
    line.wait()
    assert line.last("call.hangup")["hangup_source"] == "caller"
    line.world.hang_up(early, line.now)
    line.wait()
    assert line.last("call.hangup")["hangup_cause"] == "originator_cancel"


def test_a_leg_ends_by_itself_after_four_hours(line):
    leg = line.caller()

    assert line.wait(4 * 3600) == ["call.hangup"]
    assert line.last("call.hangup")["hangup_cause"] == "time_limit"
    assert line.do("call_retrieve", leg).body["data"]["is_alive"] is False
    line.wait(601)
    assert line.do("call_retrieve", leg).status == 404


def test_speech_takes_its_time(line):
    leg = line.caller()
    line.ok("speak", leg, payload="x" * 50, voice="v")

    assert line.wait(2.9) == ["call.speak.started"]
    assert line.wait(0.2) == ["call.speak.ended"]
    assert line.last("call.speak.ended")["status"] == "completed"


def test_speech_runs_faster_on_request(line_with):
    line = line_with(speed=10.0)
    line.ok("speak", line.caller(), payload="x" * 50, voice="v")

    assert line.wait(0.4) == ["call.speak.started", "call.speak.ended"]


def test_sounds_queue_up_behind_each_other(line):
    leg = line.caller()
    line.ok("speak", leg, payload="one", voice="v")
    line.ok("playback_start", leg, audio_url="https://a/two.mp3")
    line.wait(0.1)
    assert line.hears(leg) == ["one"]

    line.wait(1)

    assert line.hears(leg) == ["one", "https://a/two.mp3"]
    line.wait(5)
    assert line.last("call.playback.ended") | {"media_url": "https://a/two.mp3", "status": "completed"} == line.last(
        "call.playback.ended"
    )


def test_a_new_sound_replaces_the_old_one_on_request(line_with):
    line = line_with(audio_overlap="replace")
    leg = line.caller()
    line.ok("playback_start", leg, media_name="music", loop="infinity")
    line.ok("speak", leg, payload="one", voice="v")
    line.wait()

    assert line.hears(leg) == ["music", "one"]
    assert line.last("call.playback.ended")["status"] == "cancelled"


def test_music_plays_until_it_is_stopped(line):
    leg = line.caller()
    line.ok("playback_start", leg, media_name="music", loop="infinity")
    assert line.wait(3600) == ["call.playback.started"]
    (playing,) = line.world.look(leg).hears
    assert line.world.record[playing].details["sound"] == "music"

    line.ok("playback_stop", leg)

    assert line.wait() == ["call.playback.ended"]
    assert (line.last("call.playback.ended")["status"], line.world.look(leg).hears) == ("cancelled", ())
    assert line.world.record[playing].cut


@pytest.mark.parametrize(("stop", "heard"), [("all", ["a", "new"]), ("current", ["a", "b"])])
def test_stop_clears_the_queue_or_only_what_plays(line, stop, heard):
    leg = line.caller()
    line.ok("playback_start", leg, media_name="a")
    line.ok("playback_start", leg, media_name="b")
    line.ok("speak", leg, payload="new", voice="v", stop=stop)

    assert line.hears(leg) == heard


def test_a_missing_file_ends_at_once(line_with):
    line = line_with(missing_audio=frozenset({"gone"}))
    leg = line.caller()
    line.ok("playback_start", leg, media_name="gone")

    assert line.wait() == ["call.playback.started", "call.playback.ended"]
    assert line.last("call.playback.ended")["status"] == "file_not_found"
    assert line.hears(leg) == []


def test_a_hang_up_ends_what_is_heard(line):
    leg = line.caller()
    line.ok("speak", leg, payload="x" * 100, voice="v")
    line.world.hang_up(leg, line.now)

    assert line.wait() == ["call.speak.started", "call.speak.ended", "call.hangup"]
    assert line.last("call.speak.ended")["status"] == "call_hangup"


def test_the_tags_of_ssml_are_not_heard(line):
    leg = line.caller()
    line.ok("speak", leg, payload="<speak>Hello <break time='1s'/> you</speak>", voice="v", payload_type="ssml")

    assert line.hears(leg) == ["Hello you"]


def test_a_repeated_command_id_does_nothing_for_sixty_seconds(line):
    leg, other = line.caller(), line.caller()
    command = {"payload": "Hi", "voice": "v", "command_id": "c1"}

    for seconds in (0, 59, 2):
        line.wait(seconds)
        line.ok("speak", leg, **command)
    line.ok("speak", other, **command)

    requests = [entry.details["repeated"] for entry in line.world.record if entry.what == "speak"]
    assert requests == [False, True, False, False]
    assert (line.hears(leg), line.hears(other)) == (["Hi", "Hi"], ["Hi"])


def test_a_repeated_dial_answers_the_same_and_rings_once(line):
    body = {"connection_id": "1", "to": "+15550001111", "from": "+15552223333", "command_id": "c1"}

    first, second = line.ok("dial", None, **body), line.ok("dial", None, **body)

    assert first == second
    assert len(line.world.ringing) == 1


def test_a_refused_command_may_be_repeated_with_its_id(line):
    leg = line.rings()
    assert line.do("speak", leg, payload="Hi", voice="v", command_id="c1").code == "90034"
    line.ok("answer", leg)

    line.ok("speak", leg, payload="Hi", voice="v", command_id="c1")

    assert line.hears(leg) == ["Hi"]


def test_webhooks_carry_the_newest_client_state(line):
    leg = line.rings()
    line.ok("answer", leg, client_state=STATE_1)
    line.wait()
    assert line.last("call.answered")["client_state"] == STATE_1

    line.ok("speak", leg, payload="x" * 20, voice="v")
    line.ok("client_state_update", leg, client_state=STATE_2)
    line.wait(2)

    assert line.last("call.speak.started")["client_state"] == STATE_1
    assert line.last("call.speak.ended")["client_state"] == STATE_2
    assert line.ok("call_retrieve", leg)["client_state"] == STATE_2


def test_a_refused_command_leaves_the_client_state_alone(line):
    leg = line.rings()
    line.do("speak", leg, payload="p", voice="v", client_state=STATE_1)

    assert line.world.look(leg).client_state is None


def test_webhooks_are_stamped_late_on_request(line_with):
    line = line_with(stamp="late")
    leg = line.rings()
    line.wait(1)
    line.ok("answer", leg, client_state=STATE_1)
    line.now += 0.2
    line.ok("client_state_update", leg, client_state=STATE_2)
    line.wait(1)

    assert line.last("call.answered")["client_state"] == STATE_2


def test_dtmf_is_sent_to_the_person(line):
    leg = line.caller()
    line.ok("send_dtmf", leg, digits="12w3")

    assert line.hears(leg) == ["12w3"]


def test_other_call_operations_are_accepted_without_invented_effects(line):
    leg = line.caller()

    assert line.ok("transcription_start", leg, client_state=STATE_1) == {"result": "ok"}
    assert line.wait() == []
    assert line.world.look(leg).client_state == STATE_1


def test_recording_is_saved_after_the_hang_up_and_names_no_call(line):
    leg = line.caller()
    line.ok("record_start", leg, format="mp3", channels="dual", play_beep=True)
    line.world.speak_into(leg, "Please call me back", line.now)
    line.wait(5)
    line.world.hang_up(leg, line.now)

    assert line.wait(1) == ["call.hangup"]
    assert line.wait(2) == ["call.recording.saved"]
    saved = line.last("call.recording.saved")
    assert "call_control_id" not in saved
    assert (saved["channels"], list(saved["recording_urls"])) == ("dual", ["mp3"])
    assert line.hears(leg) == ["beep"]


def test_recording_stops_on_silence_and_at_its_longest(line):
    silent, talking = line.caller(), line.caller()
    for leg in (silent, talking):
        line.ok("record_start", leg, format="mp3", channels="single", timeout_secs=5, max_length=20, transcription=True)
    for _ in range(9):
        line.world.speak_into(talking, "and", line.now, seconds=3)
        line.wait(3)
    line.wait(3)

    spans = [_span_s(hook) for hook in line.webhooks if hook.event_type == "call.recording.saved"]
    assert spans == [5.0, 20.0]
    assert line.last("call.recording.transcription.saved")["transcription_text"].count("and") == 7


def _span_s(hook: Webhook) -> float:
    minutes_and_seconds = [hook.payload[f"recording_{when}_at"][14:23] for when in ("started", "ended")]
    start, end = (60 * float(text[:2]) + float(text[3:]) for text in minutes_and_seconds)
    return round(end - start, 3)


def test_recording_commands_without_a_recording_are_404(line):
    leg = line.caller()

    for operation in ("record_stop", "record_pause", "record_resume"):
        response = line.do(operation, leg)
        assert (response.status, response.code) == (404, "10005")


def test_recording_may_need_audio_first(line_with):
    line = line_with(audio_starts_after_s=1.0)
    leg = line.caller()

    assert line.do("record_start", leg, format="mp3", channels="single").code == "90020"
    line.wait(1)
    line.ok("record_start", leg, format="mp3", channels="single")
    line.ok("record_pause", leg)
    line.ok("record_stop", leg)
    assert line.wait(2.1) == ["call.recording.saved"]


def test_faults_are_made_on_request(line):
    leg = line.caller()
    line.world.fail_next("speak", 503, "10007", times=2)
    line.world.delay("call.speak.started", 5)

    answers = [line.do("speak", leg, payload="Hi", voice="v").status for _ in range(3)]

    assert answers == [503, 503, 200]
    assert line.wait(1) == ["call.speak.ended"]
    assert line.wait(5) == ["call.speak.started"]


def test_webhooks_are_repeated_and_invented_on_request(line):
    leg = line.caller()
    line.world.repeat_last(line.now)
    line.world.send("call.enqueued", leg, {"current_position": 4}, line.now)
    line.world.send("call.brand_new", leg, {"colour": "red"}, line.now)
    line.wait()

    once, again, enqueued, new = line.webhooks[-4:]
    assert (again.id, again.body["meta"]["attempt"]) == (once.id, once.body["meta"]["attempt"] + 1)
    assert (enqueued.payload["current_position"], enqueued.call_control_id) == (4, leg)
    assert new.payload["colour"] == "red"
    with pytest.raises(ValueError, match="has no field"):
        line.world.send("call.enqueued", leg, {"colour": "red"}, line.now)


def test_a_call_is_recorded_from_its_answer(line):
    leg = line.rings()
    answer = line.ok("answer", leg, record="record-from-answer")
    line.ok("record_stop", leg, recording_id=answer["recording_id"])

    assert "call.recording.saved" in line.wait(3)


def test_nested_parameters_are_checked(line):
    leg = line.rings()

    headers = line.do("answer", leg, custom_headers=[{"name": "X"}])
    loop = line.do("speak", leg, payload="p", voice="v", loop=[])

    assert (headers.code, headers.body["errors"][0]["source"]) == ("10004", {"pointer": "/custom_headers/0/value"})
    assert loop.code == "10015"


def test_a_telephone_has_only_its_keys(line):
    with pytest.raises(ValueError, match="no keys"):
        line.world.press(line.caller(), "1x", line.now)
