"""Who picked up: every result of every mode of answering machine detection."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

from engine.tables import catalogue

PREMIUM = "premium"
SCREENING = "premium_ios_call_screening_detection"
D, G, P = "call.machine.detection.ended", "call.machine.greeting.ended", "call.machine.premium."
STARTED, DETECTED, GREETED = f"{P}detection.started", f"{P}detection.ended", f"{P}greeting.ended"
SCREENED = f"{P}call_screening.detected"
CASES = [
    ("disabled", "machine", []),
    ("detect", "person", [(D, "human")]),
    ("detect", "business", [(D, "human")]),
    ("detect", "machine", [(D, "machine")]),
    ("detect", "fax", [(D, "machine")]),
    ("detect", "unclear", [(D, "not_sure")]),
    ("greeting_end", "machine", [(D, "machine"), (G, "ended")]),
    ("detect_words", "machine", [(D, "machine"), (G, "ended")]),
    ("detect_beep", "machine", [(D, "machine"), (G, "beep_detected")]),
    ("detect_beep", "machine without beep", [(D, "machine"), (G, "not_sure")]),
    ("detect_beep", "person", [(D, "human")]),
    (PREMIUM, "person", [(STARTED, None), (DETECTED, "human_residence")]),
    (PREMIUM, "business", [(STARTED, None), (DETECTED, "human_business")]),
    (PREMIUM, "machine", [(STARTED, None), (DETECTED, "machine"), (GREETED, "beep_detected")]),
    (PREMIUM, "machine without beep", [(STARTED, None), (DETECTED, "machine"), (GREETED, "no_beep_detected")]),
    (PREMIUM, "fax", [(STARTED, None), (DETECTED, "fax_detected")]),
    (PREMIUM, "silence", [(STARTED, None), (DETECTED, "silence")]),
    (PREMIUM, "unclear", [(STARTED, None), (DETECTED, "not_sure")]),
    (PREMIUM, "screening", [(STARTED, None), (DETECTED, "not_sure")]),
    (SCREENING, "screening", [(STARTED, None), (SCREENED, "screening"), (GREETED, "prompt_ended")]),
    (SCREENING, "person", [(STARTED, None), (DETECTED, "human_residence")]),
]


def rung(line, mode):
    line.ok("dial", None, connection_id="1", to="+15559990000", answering_machine_detection=mode, **{"from": OFFICE})
    line.wait()
    return line.far_leg()


@pytest.mark.parametrize(("mode", "answerer", "reports"), CASES)
def test_each_mode_says_who_picked_up(line, mode, answerer, reports):
    leg = rung(line, mode)
    before = len(line.webhooks)

    line.world.pick_up(leg, line.now, answerer=answerer)
    line.wait(20)

    heard = [(hook.event_type, hook.payload.get("result")) for hook in line.webhooks[before:]]
    assert heard == [("call.answered", None), *reports]


def test_every_documented_result_is_among_these():
    seen = {report for _, _, reports in CASES for report in reports if report[1] is not None}

    rows = {name: row for name, row in catalogue().events.items() if name.startswith("call.machine.")}
    assert seen == {(name, one) for name, row in rows.items() for one in row.fields.get("result", {}).get("enum", [])}


def test_who_hangs_up_before_is_not_judged(line):
    leg = rung(line, "detect_beep")
    line.world.pick_up(leg, line.now, machine=True)
    line.world.hang_up(leg, line.now)

    assert line.wait(20) == ["call.answered", "call.hangup"]


@pytest.mark.parametrize(
    ("amd_cancels", "status"), [("nothing", "completed"), ("detection", "cancelled_amd"), ("greeting", "cancelled_amd")]
)
def test_what_a_machine_is_told_and_asked_may_be_cancelled(line_with, amd_cancels, status):
    line = line_with(amd_cancels=amd_cancels)
    legs = [rung(line, "greeting_end") for _ in range(3)]
    for leg in legs:
        line.world.pick_up(leg, line.now, machine=True)
    line.ok("speak", legs[0], payload="x" * 200, voice="v")
    line.ok("playback_start", legs[1], media_name="m", loop=2)
    line.ok("gather", legs[2], maximum_digits=1, initial_timeout_millis=9000)
    line.wait(8)
    line.world.press(legs[2], "1", line.now)
    line.wait(20)

    assert line.last("call.speak.ended")["status"] == status
    assert line.last("call.playback.ended")["status"] == status
    assert line.last("call.gather.ended")["status"] == ("valid" if status == "completed" else status)


def test_a_person_is_told_to_the_end(line_with):
    line = line_with(amd_cancels="detection")
    leg = rung(line, "detect")
    line.world.pick_up(leg, line.now)
    line.ok("speak", leg, payload="x" * 200, voice="v")
    line.wait(20)

    assert line.last("call.speak.ended")["status"] == "completed"
