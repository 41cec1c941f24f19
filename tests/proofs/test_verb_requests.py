"""What each verb sends when every one of its options is written: as Telnyx documents it, and nothing forgotten."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from core_stage import AGENTS, OFFICE, Phone, flow
from open_world import OPERATIONS, OpenWorld, Request, assert_documented, requests_for
from parameter_samples import ODD_NAME

from engine.check.run import check_files
from engine.core.verb import Option
from engine.core.verbs import VERBS

ROOM, QUEUE = json.dumps(f"room {ODD_NAME}"), json.dumps(f"queue {ODD_NAME}")
PROJECT = b"""\
telnyx: {connection_id: "2811212257810187875", caller_id: "+15559990000"}
audio:
  tune: {url: "https://example.com/tune.mp3"}
  question: {media: question}
may_call: ["+1555", "+34"]
"""
TOP = """
remember:
  name: {type: text}
  account: {type: digits}
  names: {type: list}
prompts:
  hello: {en-US: Hello, de-DE: Guten Tag}
  jingle: {en-US: {audio: tune}}
"""
# The agent has called in and waits, in the room or in line; the helper is rung.
ROLES = f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: ready
    states:
      ready:
        do: [answer, AGENT]
        on: {{call.bridged: taken, caller.joined: taken, call.dequeued: taken}}
        after: {{2h: hangup}}
      taken:
        after: {{2h: hangup}}
"""
HELPER = """\
  helper:
    anywhere: {on_error: hangup}
    start: rung
    states:
      rung:
        after: {2h: hangup}
"""
LATER = """\
flow: later
starts_when: {another_flow_calls: {needs: {name: text}}}
anywhere: {on_error: hangup}
start: a
states:
  a:
    do: [{speak: Hello}]
    then: hangup
"""
KEYS = "digits: 2 to 4, wait: 4s, between_digits: 2s, tries: 2, end_key: '*', only: '123', into: account"
IN_ROOM, IN_LINE = f"join_conference: {{room: {ROOM}, as: agent}}", f"enqueue: {{queue: {QUEUE}, max_wait: 1h}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    *steps* of one state, one a line, the last of which is the verb's. *agent*: what the agent does beforehand.

    *keys*: the step is a question. *on*: what the state handles. *is_new*: nobody has answered the call.
    """

    steps: str
    agent: str = IN_ROOM
    keys: bool = False
    on: str = ""
    is_new: bool = False


def in_room(step: str, *, more: str = "", keys: bool = False) -> Case:
    return Case(steps=f"join_conference: {ROOM}\n{more}{step}", keys=keys)


CASES = [
    Case(steps="answer", is_new=True),
    Case(steps="reject: {cause: USER_BUSY}", is_new=True),
    Case(steps="hangup"),
    Case(
        steps='dial: {to: "+15557770001", as: helper, ring_for: 20s, from: "+15558880000", detect_machine: premium,'
        " longest: 1h}",
        on="helper.call.hangup: broken",
    ),
    Case(
        steps='transfer: {to: "+15557770001", as: sales, ring_for: 20s, from: "+15558880000", longest: 1h}',
        on="sales.call.hangup: broken, call.bridged: broken",
    ),
    Case(
        steps='dial: {to: "+15557770001", as: helper}\nbridge: {to: helper}',
        on="helper.call.hangup: broken, helper.left: broken, call.bridged: broken",
    ),
    Case(steps=f"bridge: {{queue: {QUEUE}}}", agent=IN_LINE, on="call.bridged: broken"),
    Case(steps='refer: {to: "sip:anna@example.com"}'),
    Case(steps='send_dtmf: {digits: "1w2#", each: 0.2s}'),
    Case(steps="switch_supervisor_role: {role: whisper}"),
    Case(steps="transcription_start: {engine: Deepgram, tracks: both}"),
    Case(steps="transcription_start\ntranscription_stop"),
    Case(steps="ai_assistant_start: {assistant: assistant-1, greeting: Hello}"),
    Case(steps="ai_assistant_start: assistant-1\nai_assistant_stop"),
    Case(steps="speak: {text: '<speak>Hi</speak>', voice: Telnyx.KokoroTTS.af, language: de-DE}"),
    Case(steps="prompt: {prompt: hello}\nprompt: jingle"),
    Case(steps="play: {audio: tune, repeat: 3}"),
    Case(steps="play: {audio: question, repeat: forever}"),
    Case(steps="stop"),
    Case(steps=f"gather: {{prompt: hello, {KEYS}}}", keys=True),
    Case(steps=f"gather: {{speak: Press keys, {KEYS}}}", keys=True),
    Case(steps=f"gather: {{play: question, {KEYS}}}", keys=True),
    Case(steps=f"gather: {{{KEYS}}}", keys=True),
    Case(
        steps="gather_using_ai: {parameters: {type: object, properties: {age: {type: integer}}}, greeting: Hello,"
        " voice: Telnyx.KokoroTTS.af, wait: 5s, longest: 1m, into: {name: age}}"
    ),
    Case(steps="record: {longest: 1m, beep: true, stop_on_silence: 5s, format: wav, channels: dual}"),
    Case(steps="record: {longest: 1h, during: call}"),
    *(Case(steps=f"record: {{longest: 1h, during: call}}\nrecord_{word}") for word in ("stop", "pause")),
    Case(steps="record: {longest: 1h, during: call}\nrecord_pause\nrecord_resume"),
    Case(
        steps=f"enqueue: {{queue: {QUEUE}, max_wait: 10m, max_callers: 20, keep_after_hangup: true}}",
        on="call.dequeued: broken",
    ),
    Case(steps=f"enqueue: {{queue: {QUEUE}, max_wait: 10m}}\nleave_queue"),
    Case(steps=f"enqueue: {{queue: {QUEUE}, max_wait: 10m}}\ncheck_queue: {{queue: {QUEUE}}}"),
    Case(steps=f"connect: {{queue: {QUEUE}}}", agent=IN_LINE),
    Case(steps=f"queue_create: {{queue: {QUEUE}, max_callers: 20}}"),
    Case(steps=f"queue_create: {QUEUE}\nqueue_update: {{queue: {QUEUE}, max_callers: 30}}"),
    Case(steps=f"queue_create: {QUEUE}\nqueue_delete: {{queue: {QUEUE}}}"),
    Case(steps="queue_list: {into: names}"),
    Case(steps=f"queued_call_list: {{queue: {QUEUE}, into: names}}", agent=IN_LINE),
    Case(
        steps=f'enqueue: {{queue: {QUEUE}, max_wait: 10m}}\nset: {{name: "v3:a/b c%"}}\n'
        f'queued_call_update: {{queue: {QUEUE}, call: "{{{{ name }}}}", keep_after_hangup: true}}'
    ),
    Case(steps=f'set: {{name: "v3:a/b c%"}}\nqueued_call_remove: {{queue: {QUEUE}, call: "{{{{ name }}}}"}}'),
    Case(
        steps=f"join_conference: {{room: {ROOM}, as: boss, role: whisper, to: agent, must_exist: true, muted: true,"
        " on_hold: true, end_room_on_exit: true, beep: always}"
    ),
    Case(
        steps="join_conference: {room: own, as: boss, muted: true, on_hold: true, end_room_on_exit: true,"
        " beep: on_exit, max_people: 5, lasts: 10m, region: Europe}"
    ),
    Case(steps="join_conference: {room: own, music_until_joined: question}"),
    in_room("leave_conference"),
    in_room(f"check_conference: {{room: {ROOM}}}"),
    Case(steps="conference_list: {into: names}"),
    in_room(f"participant_list: {{into: names, room: {ROOM}}}"),
    in_room(f"participant_retrieve: {{to: agent, room: {ROOM}}}"),
    in_room(f"participant_update: {{to: agent, beep: on_exit, end_room_on_exit: true, room: {ROOM}}}"),
    in_room(f"conference_speak: {{text: Hello, to: agent, voice: Telnyx.KokoroTTS.af, language: de-DE, room: {ROOM}}}"),
    in_room("conference_speak: Hello everybody"),
    in_room(f"conference_play: {{audio: tune, to: agent, repeat: 2, room: {ROOM}}}"),
    in_room("conference_play: {audio: question, repeat: forever}"),
    in_room(f"conference_stop: {{to: agent, room: {ROOM}}}"),
    in_room(f"conference_record_start: {{format: wav, channels: dual, beep: true, room: {ROOM}}}"),
    *(
        in_room(f"conference_record_{word}: {{room: {ROOM}}}", more="conference_record_start\n")
        for word in ("pause", "stop")
    ),
    in_room(f"conference_record_resume: {{room: {ROOM}}}", more="conference_record_start\nconference_record_pause\n"),
    *(in_room(f"conference_{word}: {{to: [agent, me], room: {ROOM}}}") for word in ("mute", "unmute", "unhold")),
    in_room("conference_unhold"),
    in_room(f"conference_hold: {{to: agent, audio: question, room: {ROOM}}}"),
    in_room(f"conference_gather: {{play: question, to: me, {KEYS}, room: {ROOM}}}", keys=True),
    in_room(f'conference_send_dtmf: {{digits: "12", to: agent, each: 0.2s, room: {ROOM}}}'),
    in_room(f"conference_role: {{role: whisper, to: agent, room: {ROOM}}}"),
    in_room(f"conference_end: {{room: {ROOM}}}"),
    Case(steps='call_later: {flow: later, to: "+15557770002", in: 1s, give: {name: Ann}}'),
    Case(steps='call_later: {flow: later, to: "+15557770002", at: "{{ now() }}", give: {name: Ann}}'),
]


def steps_of(case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Return the steps of *case* as (verb, options)."""
    found = []
    for line in case.steps.splitlines():
        step = yaml.safe_load(line)
        verb, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        found.append((verb, given if isinstance(given, dict) else {VERBS[verb].main: given}))
    return found


def text_of(case: Case, *, last: str = "") -> str:
    """Return the flow of *case*, with *last* instead of its last step."""
    lines = case.steps.splitlines()
    steps = [*([] if case.is_new else ["answer"]), *lines[:-1], last or lines[-1]]
    do = "".join(f"      - {step}\n" for step in steps)
    on = f"    on: {{{case.on}}}\n" if case.on else ""
    end = "    keys: {anything_else: broken, nothing: broken}\n" if case.keys else "    after: {20m: hangup}\n"
    ends = "" if lines[0].split(":")[0] in ("reject", "hangup") else end
    states = f"  a:\n    do:\n{do}{on}{ends}  broken:\n    do: [{{log: broken}}]\n    after: {{20m: hangup}}\n"
    helper = HELPER if "as: helper" in case.steps else ""
    return flow(states, top=TOP, roles=ROLES.replace("AGENT", f"{{{case.agent}}}") + helper)


@cache
def requests_of(case: Case) -> tuple[Request, ...]:
    """Return what the caller's and the agent's calls send, once the agent has settled."""
    options = {"unknown_parameters": "refused", "answer_after_s": 1.0, "audio_s": 0.5}
    phone = Phone(text_of(case), LATER, project=PROJECT, world=OpenWorld, **options)
    phone.calls(to=AGENTS, from_="+15552220001", wait=3)
    phone.calls(to=OFFICE, wait=12)
    assert not [line.record for line in phone.stage.journal if line.kind == "failed"]
    assert isinstance(phone.world, OpenWorld)
    return tuple(phone.world.requests)


@pytest.mark.parametrize("case", CASES, ids=lambda case: steps_of(case)[-1][0])
def test_what_a_verb_sends_is_what_telnyx_documents(case: Case):
    verb = VERBS[steps_of(case)[-1][0]]
    by_operation = {name: requests_for(OPERATIONS[name], requests_of(case)) for name in verb.operations}
    assert any(by_operation.values()), f"{verb.name} sent nothing"

    for name, requests in by_operation.items():
        for request in requests:
            assert_documented(OPERATIONS[name], request)


def test_every_option_of_every_verb_that_sends_something_is_written_in_a_case():
    written = {(verb, option) for case in CASES for verb, options in steps_of(case) for option in options}
    all_options = {(verb.name, option.name) for verb in VERBS.values() if verb.operations for option in verb.options}

    assert all_options - written == set()


def test_every_operation_that_a_verb_has_is_sent():
    wanted = {name for verb in VERBS.values() for name in verb.operations}
    sent = {
        name for name in wanted for case in CASES if requests_for(OPERATIONS[name], requests_of(case))
    }  # fmt: skip

    assert wanted - sent == set()
    assert {name for name, row in OPERATIONS.items() if row.in_seeds} - wanted == set()


@pytest.mark.parametrize(
    ("verb", "operation", "parameters"),
    [
        ("dial", "dial", {"answering_machine_detection": "premium", "timeout_secs": 20, "time_limit_secs": 3600}),
        ("gather", "gather_using_speak", {"minimum_digits": 2, "maximum_digits": 4, "timeout_millis": 4000,
                                          "inter_digit_timeout_millis": 2000, "terminating_digit": "*",
                                          "valid_digits": "123"}),
        ("play", "playback_start", {"loop": "infinity", "media_name": "question"}),
        ("speak", "speak", {"payload": "<speak>Hi</speak>", "payload_type": "ssml", "language": "de-DE"}),
        ("record", "record_start", {"max_length": 60, "timeout_secs": 5, "play_beep": True, "channels": "dual"}),
        ("enqueue", "enqueue", {"max_size": 20, "max_wait_time_secs": 600, "keep_after_hangup": True}),
        ("join_conference", "conference_create", {"duration_minutes": 10, "max_participants": 5, "region": "Europe"}),
        ("join_conference", "conference_join", {"supervisor_role": "whisper", "mute": True, "hold": True,
                                                "end_conference_on_exit": True, "beep_enabled": "always"}),
        ("conference_send_dtmf", "conference_send_dtmf", {"duration_millis": 200, "digits": "12"}),
        ("participant_update", "participant_update", {"beep_enabled": "on_exit", "end_conference_on_exit": True}),
    ],
)  # fmt: skip
def test_seconds_minutes_and_words_are_translated(verb: str, operation: str, parameters: dict[str, Any]):
    cases = [case for case in CASES if steps_of(case)[-1][0] == verb]
    bodies = [one.body for case in cases for one in requests_for(OPERATIONS[operation], requests_of(case))]

    assert [body for body in bodies if parameters.items() <= body.items()]


# -- what Telnyx would refuse is found by the checker ----------------------------------------------------------


def wrong_values(option: Option) -> list[Any]:
    """Return values beyond what *option* takes: its words, its limits, its form."""
    found: list[Any] = {
        "yes_no": ["perhaps", 1], "phone": ["12", "anna"], "sip": ["anna@example.com"], "tones": ["xyz", ""],
        "keys": ["abc"], "key": ["ab"], "digits": ["many", "4 to 2", 0, 129], "duration": [5, "5", "soon"],
        "count": ["many", 1.5], "forever": ["always", 0, 101], "choice": ["no such word"], "audio": ["no_such_audio"],
        "prompt": ["no_such_prompt"], "variable": ["no_such_variable"], "text": [""] if option.required else [],
    }.get(option.type, [])  # fmt: skip
    if option.type in ("duration", "count"):
        unit = "s" if option.type == "duration" else 0
        low, high = option.minimum, option.maximum
        beyond = [low - (0.1 if unit else 1)] * (low is not None) + [high + 1] * (high is not None)  # type: ignore
        found = found + [f"{value:g}s" if unit else int(value) for value in beyond]
    if option.type == "text" and option.maximum:
        found = [*found, "x" * (int(option.maximum) + 1)]
    return found


LIMITED = [
    (verb.name, option) for verb in VERBS.values() if verb.operations for option in verb.options if wrong_values(option)
]


@pytest.mark.parametrize(("verb", "option"), LIMITED, ids=lambda value: getattr(value, "name", value))
def test_the_checker_finds_values_that_an_option_does_not_take(verb: str, option: Option):
    case = next(one for one in CASES if steps_of(one)[-1][0] == verb and option.name in steps_of(one)[-1][1])
    given = steps_of(case)[-1][1]
    assert _error_lines(text_of(case)) == set()
    for value in wrong_values(option):
        step = f"{verb}: {json.dumps({**given, option.name: value}, ensure_ascii=False)}"
        text = text_of(case, last=step)

        assert _error_lines(text) == {1 + text.splitlines().index(f"      - {step}")}, value


def _error_lines(text: str) -> set[int]:
    files = {"desk.flow.yaml": text.encode(), "later.flow.yaml": LATER.encode(), "project.yaml": PROJECT}
    return {problem.line for problem in check_files(files) if problem.severity == "error"}
