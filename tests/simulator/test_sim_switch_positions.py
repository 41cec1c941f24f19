"""What each switch does in each of its positions: one thing to see per switch, one sight per position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from simulated_line import OFFICE, Line

from engine.simulator.switches import NAMES, NUMBER, describe_switches, options_from

OLD, NEW = "b2xk", "bmV3"
DIAL = {"connection_id": "1", "to": "+15559990000", "from": OFFICE}
SPEAK = {"payload": "Hello there, how are you today?", "voice": "v"}


def stamps(line: Line) -> Any:
    """
    Which of the commands' states the webhooks carry: how many are old, when a new one comes 0.1 s after the fact.

    Every webhook is held back by half a second.
    """
    legs = [line.caller() for _ in range(20)]
    line.world.delay("call.dtmf.received", 0.5, times=20)
    for leg in legs:
        line.ok("client_state_update", leg, client_state=OLD)
        line.world.press(leg, "1", line.now)
    line.wait(0.1)
    for leg in legs:
        line.ok("client_state_update", leg, client_state=NEW)
    line.wait(0.35)
    for leg in legs:
        line.ok("client_state_update", leg, client_state="bGF0ZQ==")
    line.wait(5)
    states = [hook.payload["client_state"] for hook in line.webhooks if hook.event_type == "call.dtmf.received"]
    return [name for name, state in (("old", OLD), ("new", NEW), ("latest", "bGF0ZQ==")) if state in states]


def retries(line: Line) -> Any:
    line.rings()
    return line.world.attempt(line.webhooks[-1], 2, "http://x").id == line.webhooks[-1].id


def bridge(line: Line) -> Any:
    one, other = line.caller(), line.caller()
    line.ok("bridge", one, call_control_id=other)
    line.wait()
    return line.types(one).count("call.bridged"), line.types(other).count("call.bridged")


def queued(line: Line) -> str:
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="q")
    line.wait()
    return leg


def leaves_queue(line: Line) -> Any:
    line.ok("leave_queue", queued(line))
    return line.wait()


def queued_hangup(line: Line) -> Any:
    line.world.hang_up(queued(line), line.now)
    return line.wait()


def taken(line: Line) -> Any:
    queued(line)
    line.ok("bridge", line.caller(), queue="q")
    line.wait()
    return line.last("call.dequeued")["reason"]


def room_gather(line: Line) -> Any:
    room, leg = line.room()
    line.ok("conference_gather_using_audio", room, call_control_id=leg, media_name="m", maximum_digits=1)
    line.wait(6)
    line.world.press(leg, "1", line.now)
    line.wait()
    return [name for name in line.types(leg)[4:] if name != "call.dtmf.received"]


def gather_speech(line: Line) -> Any:
    leg = line.caller()
    line.ok("gather_using_speak", leg, **SPEAK, maximum_digits=1)
    line.wait()
    line.world.press(leg, "1", line.now)
    return line.wait()


def stopped(line: Line) -> Any:
    seen = []
    for operation, body in (("speak", SPEAK), ("playback_start", {"media_name": "m"})):
        leg = line.caller()
        line.ok(operation, leg, **body)
        line.wait()
        line.ok("playback_stop", leg)
        seen += line.wait()
    return seen


def stopped_speech(line: Line) -> Any:
    stopped(line)
    return line.last("call.speak.ended")["status"]


def api_end(line: Line) -> Any:
    line.ok("conference_end", line.room()[0])
    line.wait()
    return line.last("conference.ended")["reason"]


def overlap(line: Line) -> Any:
    leg = line.caller()
    for _ in range(2):
        line.ok("playback_start", leg, media_name="m")
    return line.wait()


def queued_audio(line: Line) -> Any:
    leg = queued(line)
    return [line.do("speak", leg, **SPEAK).code, line.do("playback_start", leg, media_name="m").code]


def join_from_queue(line: Line) -> Any:
    room, _ = line.room()
    answer = line.do("conference_join", room, call_control_id=queued(line))
    return answer.code, line.world.state()["queues"]["q"] == []


def enqueue_from_room(line: Line) -> Any:
    _, leg = line.room()
    return line.do("enqueue", leg, queue_name="q").code, line.world.look(leg).room is None


def expired(line: Line) -> Any:
    _, leg = line.room(duration_minutes=1)
    line.wait(61)
    return line.world.look(leg).state


def other_region(line: Line) -> Any:
    room, _ = line.room(region="Europe")
    return [line.do("conference_mute", room, region=region).status for region in ("Europe", "US")]


def unknown(line: Line) -> Any:
    return line.do("queue_create", None, queue_name="q", colour="red").status


def repeated(line: Line) -> Any:
    leg = line.caller()
    first, second = (line.do("ai_assistant_start", leg, assistant={"id": "a"}, command_id="c") for _ in range(2))
    return second.status, second.body == first.body


def window(line: Line) -> Any:
    leg = line.caller()
    for _ in range(2):
        line.ok("send_dtmf", leg, digits="1", command_id="c")
    return line.hears(leg)


def empty(line: Line) -> Any:
    line.ok("queue_create", None, queue_name="q")
    answer = line.do("bridge", line.caller(), queue="q")
    return answer.status, answer.code


def dead(line: Line) -> Any:
    leg = line.caller()
    line.ok("enqueue", leg, queue_name="q", keep_after_hangup=True)
    line.world.hang_up(leg, line.now)
    answer = line.do("bridge", line.caller(), queue="q")
    assert line.world.state()["queues"]["q"] == []  # removed even on failure
    return answer.status, answer.code


def bad_audio(line: Line) -> Any:
    leg, (room, _) = line.caller(), line.room()
    for body in ({"media_name": "gone"}, {"audio_url": "http://gone.example/a.mp3"}):
        answers = [line.do(operation, leg, **body).code for operation in ("playback_start", "gather_using_audio")]
        answers += [line.do("conference_play", room, **body).code]
        answers += [line.do("conference_gather_using_audio", room, call_control_id=line.caller(), **body).code]
    line.wait()
    statuses = [hook.payload["status"] for hook in line.webhooks if hook.event_type == "call.playback.ended"]
    return answers[:3], statuses


def amd(line: Line) -> Any:
    line.ok("dial", None, **DIAL, answering_machine_detection="greeting_end")
    leg = line.far_leg()
    line.world.pick_up(leg, line.now, machine=True)
    line.ok("playback_start", leg, media_name="m", loop=3)
    before = line.now
    while "call.playback.ended" not in line.wait(1):
        pass
    return line.last("call.playback.ended")["status"], line.now - before < 5


def cost(line: Line) -> Any:
    line.world.hang_up(line.caller(), line.now)
    return line.wait(10)


def storage(line: Line) -> Any:
    leg, (room, _) = line.caller(), line.room()
    line.ok("record_start", leg, format="mp3", channels="single")
    line.ok("conference_record_start", room, format="mp3")
    line.ok("record_stop", leg)
    line.ok("conference_record_stop", room)
    return line.wait(10)


def extra(line: Line) -> Any:
    line.caller()
    hooks = {hook.event_type: hook.payload for hook in line.webhooks}
    return "from_sip_uri" in hooks["call.initiated"], hooks["call.answered"].get("codec")


EVENTS = ["call.gather.ended"]
OK2 = ["", ""]
SIGHTS: dict[str, tuple[Callable[[Line], Any], dict[str, Any]]] = {
    "stamp": (
        stamps,
        {"at-once": ["old"], "late": ["new"], "spread": ["old", "new", "latest"], "at-delivery": ["latest"]},
    ),
    "retry_id": (retries, {"kept": True, "new": False}),
    "bridged_events": (bridge, {"both": (1, 1), "issuer": (1, 0), "issuer-twice": (2, 0)}),
    "leave_queue_event": (leaves_queue, {"sent": ["call.dequeued"], "silent": []}),
    "queued_hangup": (
        queued_hangup,
        {"dequeued-first": ["call.dequeued", "call.hangup"], "hangup-first": ["call.hangup", "call.dequeued"]},
    ),
    "dequeued_on_bridge": (taken, {"bridged": "bridged", "bridging-in-process": "bridging-in-process"}),
    "room_gather": (
        room_gather,
        {
            "call.gather.ended": EVENTS,
            "with-playback": [
                "conference.participant.playback.started",
                "conference.participant.playback.ended",
                *EVENTS,
            ],
            "silent": [],
        },
    ),
    "extra_fields": (extra, {"none": (False, None), "some": (True, "PCMU")}),
    "gather_speech": (
        gather_speech,
        {"silent": ["call.dtmf.received", *EVENTS], "reported": ["call.dtmf.received", "call.speak.ended", *EVENTS]},
    ),
    "stop_reports": (
        stopped,
        {
            "own": ["call.speak.ended", "call.playback.ended"],
            "call.playback.ended": ["call.playback.ended"] * 2,
            "call.speak.ended": ["call.speak.ended"] * 2,
        },
    ),
    "stopped_speech_status": (stopped_speech, {"completed": "completed", "cancelled": "cancelled"}),
    "api_end_reason": (api_end, {"ended_via_api": "ended_via_api", "host_left": "host_left", "all_left": "all_left"}),
    "audio_overlap": (
        overlap,
        {
            "queue": ["call.playback.started"],
            "replace": ["call.playback.started", "call.playback.ended", "call.playback.started"],
        },
    ),
    "queued_audio": (queued_audio, {"allowed": OK2, "refused": ["90033", "90033"]}),
    "join_from_queue": (join_from_queue, {"allowed": ("", True), "refused": ("90033", False)}),
    "enqueue_from_room": (enqueue_from_room, {"allowed": ("", True), "refused": ("90033", False)}),
    "expired_room": (expired, {"parks": "answered", "hangs-up": "ended"}),
    "other_region": (other_region, {"not-found": [200, 404], "found": [200, 200]}),
    "unknown_parameters": (unknown, {"ignored": 200, "refused": 422}),
    "repeated_command": (repeated, {"same": (200, True), "plain": (200, False), "refused": (422, False)}),
    "command_window": (window, {"kept": ["1"], "missing": ["1", "1"]}),
    "empty_queue": (
        empty,
        {"90033": (422, "90033"), "10005": (404, "10005"), "10007": (404, "10007"), "90018": (422, "90018")},
    ),
    "dead_queued_call": (
        dead,
        {"90033": (422, "90033"), "10005": (404, "10005"), "10007": (404, "10007"), "90018": (422, "90018")},
    ),
    "bad_audio": (
        bad_audio,
        {
            "reported": (["", "", ""], ["file_not_found", "file_not_found", "failed", "failed"]),
            "refused": (["90040", "90040", "90040"], []),
        },
    ),
    "amd_cancels": (
        amd,
        {"nothing": ("completed", False), "detection": ("cancelled_amd", True), "greeting": ("cancelled_amd", False)},
    ),
    "call_cost": (cost, {"off": ["call.hangup"], "on": ["call.hangup", "call.cost"]}),
    "storage": (
        storage,
        {"works": ["call.recording.saved", "conference.recording.saved"], "broken": ["call.recording.error"]},
    ),
}
NAMED = {"missing_audio": "gone", "unreachable": "http://gone.example/a.mp3"}


@pytest.mark.parametrize(
    ("switch", "position"), [(name, position) for name, (_, sights) in SIGHTS.items() for position in sights]
)
def test_a_switch_does_what_its_position_says(switch, position):
    see, sights = SIGHTS[switch]

    seen = see(Line(options_from({switch: position} | NAMED)))

    assert seen == sights[position]


def test_every_switch_with_words_is_here_in_every_position():
    words = {
        switch.name: set(switch.positions)
        for switch in describe_switches()
        if not {NUMBER, NAMES} & set(switch.positions)
    }

    assert {name: set(sights) for name, (_, sights) in SIGHTS.items()} == words


def test_no_two_positions_of_a_switch_look_alike():
    for name, (_, sights) in SIGHTS.items():
        assert len({repr(sight) for sight in sights.values()}) == len(sights), name


def test_a_new_call_without_a_command_is_hung_up_on_request(line_with):
    line = line_with(first_command_timeout_s=30.0)
    forgotten, answered = line.rings(), line.caller()
    line.wait(31)

    assert (line.world.look(forgotten).state, line.world.look(forgotten).cause) == ("ended", "timeout")
    assert line.world.look(answered).state == "answered"


def test_a_refused_command_is_no_command_in_time(line_with):
    line = line_with(first_command_timeout_s=30.0)
    leg = line.rings()
    assert line.do("speak", leg, **SPEAK).code == "90034"
    line.wait(31)

    assert line.world.look(leg).state == "ended"


def test_the_lateness_of_a_stamp_is_a_number(line_with):
    line = line_with(stamp="late", late_stamp_s=0.05)

    assert stamps(line) == ["old"]


def test_bad_audio_says_what_was_wrong_with_it(line_with):
    line = line_with(missing_audio=frozenset({"gone"}))
    line.ok("playback_start", line.caller(), media_name="gone")
    line.wait()

    assert line.last("call.playback.ended")["status_detail"] == "The audio file was not found."
