from __future__ import annotations

import pytest


def ended(line):
    payload = line.last("call.gather.ended")
    return payload["status"], payload["digits"]


ASK = {"payload": "Your number please", "voice": "v"}


def test_digits_interrupt_the_prompt_and_end_when_enough(line):
    leg = line.caller()
    line.ok("gather_using_speak", leg, **ASK, maximum_digits=3)
    line.world.press(leg, "123", line.now)

    assert line.wait(1) == ["call.dtmf.received"] * 3 + ["call.gather.ended"]
    assert ended(line) == ("valid", "123")
    (prompt,) = [entry for entry in line.world.record if entry.kind == "hears"]
    assert prompt.cut


def test_the_terminator_ends_it_and_is_no_digit(line):
    leg = line.caller()
    line.ok("gather", leg)
    line.world.press(leg, "12#9", line.now)
    line.wait(2)

    assert ended(line) == ("valid", "12")
    assert line.types(leg)[-1] == "call.dtmf.received"


@pytest.mark.parametrize(
    ("options", "keys", "result"),
    [
        ({"minimum_digits": 3}, "12#", ("invalid", "12")),
        ({"valid_digits": "12", "maximum_digits": 1}, "9", ("invalid", "9")),
        ({"maximum_digits": 1, "terminating_digit": "*"}, "#", ("valid", "#")),
        ({}, "#", ("invalid", "")),
        ({"minimum_digits": 3}, "12", ("invalid", "12")),
        ({"minimum_digits": 2}, "12", ("valid", "12")),
        ({}, "", ("timeout", "")),
        ({"timeout_millis": 2000, "minimum_digits": 3, "inter_digit_timeout_millis": 9000}, "12", ("timeout", "12")),
    ],
)
def test_a_plain_gather_ends(line, options, keys, result):
    leg = line.caller()
    line.ok("gather", leg, **options)
    line.world.press(leg, keys, line.now)
    line.wait(70)

    assert ended(line) == result


def test_a_plain_gather_waits_for_its_first_digit(line):
    leg = line.caller()
    line.ok("gather", leg, initial_timeout_millis=8000)

    assert line.wait(7.9) == []
    assert line.wait(0.2) == ["call.gather.ended"]


def test_silence_repeats_the_prompt_as_often_as_asked(line):
    leg = line.caller()
    line.ok("gather_using_speak", leg, **ASK, maximum_tries=3, timeout_millis=4000)
    line.wait(30)

    assert line.hears(leg) == ["Your number please"] * 3
    assert ended(line) == ("timeout", "")


def test_wrong_digits_are_told_when_there_is_something_to_tell(line):
    leg = line.caller()
    line.ok("gather_using_speak", leg, **ASK, invalid_payload="Wrong", valid_digits="12", maximum_digits=1)
    line.world.press(leg, "9", line.now)
    line.wait(3)
    assert line.hears(leg) == ["Your number please", "Wrong", "Your number please"]

    line.world.press(leg, "1", line.now)
    line.wait(1)

    assert ended(line) == ("valid", "1")


def test_speech_prompts_have_no_webhooks_and_audio_prompts_do(line):
    leg = line.caller()
    line.ok("gather_using_speak", leg, **ASK)
    line.wait(2)
    line.ok("gather_stop", leg)
    assert line.wait() == ["call.gather.ended"]
    assert ended(line) == ("cancelled", "")

    line.ok("gather_using_audio", leg, audio_url="https://a/ask.mp3", maximum_digits=1)
    line.wait(1)
    line.world.press(leg, "1", line.now)

    assert line.wait() == ["call.dtmf.received", "call.playback.ended", "call.gather.ended"]


def test_a_second_gather_cancels_the_first(line):
    leg = line.caller()
    line.ok("gather", leg)
    line.ok("gather", leg)

    assert line.wait() == ["call.gather.ended"]
    assert (ended(line), line.world.look(leg).gathering) == (("cancelled", ""), True)


def test_a_hang_up_ends_the_gather(line):
    leg = line.caller()
    line.ok("gather_using_speak", leg, **ASK)
    line.world.press(leg, "4", line.now)
    line.world.hang_up(leg, line.now)

    assert line.wait() == ["call.dtmf.received", "call.gather.ended", "call.hangup"]
    assert ended(line) == ("call_hangup", "4")


def test_keys_without_a_gather_are_reported_all_the_same(line):
    leg = line.caller()
    line.world.press(leg, "5", line.now)

    assert line.wait() == ["call.dtmf.received"]


def test_the_prompt_waits_behind_speech(line):
    leg = line.caller()
    line.ok("speak", leg, payload="Welcome", voice="v")
    line.ok("gather_using_speak", leg, **ASK, maximum_digits=1)
    line.wait(0.1)
    assert line.hears(leg) == ["Welcome"]
    line.wait(1)
    assert line.hears(leg) == ["Welcome", "Your number please"]


def test_a_room_gather_may_report_nothing(line_with):
    line = line_with(room_gather="silent")
    room, leg = line.room()
    line.ok("conference_gather_using_audio", room, call_control_id=leg, media_name="ask", maximum_digits=1)
    line.world.press(leg, "1", line.now)

    assert line.wait() == ["call.dtmf.received"]


def test_a_prompt_that_is_taken_out_of_the_line_leaves_the_gather_listening(line):
    leg = line.caller()
    line.ok("speak", leg, payload="x" * 100, voice="v")
    line.ok("gather_using_speak", leg, **ASK, timeout_millis=3000, maximum_tries=1)
    line.ok("playback_stop", leg)
    line.wait(4)

    assert line.hears(leg) == ["x" * 100]
    assert ended(line) == ("timeout", "")


def test_a_gather_that_is_stopped_takes_its_waiting_prompt_along(line):
    leg = line.caller()
    line.ok("speak", leg, payload="Welcome", voice="v")
    line.ok("gather_using_speak", leg, **ASK)
    line.ok("gather_stop", leg)
    line.wait(9)

    assert line.hears(leg) == ["Welcome"]


def test_keys_after_the_hang_up_are_not_pressed(line):
    leg = line.caller()
    line.world.press(leg, "123", line.now)
    line.world.hang_up(leg, line.now)

    assert line.wait(2) == ["call.dtmf.received", "call.hangup"]
