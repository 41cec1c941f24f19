"""What the verb table allows is what the catalogue allows: words, ranges, lengths, for every option that is sent."""

from __future__ import annotations

import re

import pytest

from engine.core.verb_table import shared
from engine.core.verbs import VERBS, Option
from engine.language import words
from engine.tables import catalogue

OPERATIONS = catalogue().operations
# verb -> option -> (operation, parameter, unit): the parameter is the option times the unit.
SENT = {
    "reject": {"cause": ("reject", "cause", 1)},
    "dial": {
        "ring_for": ("dial", "timeout_secs", 1),
        "detect_machine": ("dial", "answering_machine_detection", 1),
        "longest": ("dial", "time_limit_secs", 1),
        "to": ("dial", "to", 1),
        "from": ("dial", "from", 1),
    },
    "transfer": {
        "ring_for": ("transfer", "timeout_secs", 1),
        "longest": ("transfer", "time_limit_secs", 1),
        "to": ("transfer", "to", 1),
        "from": ("transfer", "from", 1),
    },
    "refer": {"to": ("refer", "sip_address", 1)},
    "bridge": {"queue": ("bridge", "queue", 1), "to": ("bridge", "call_control_id", 1)},
    "send_dtmf": {"digits": ("send_dtmf", "digits", 1), "each": ("send_dtmf", "duration_millis", 1000)},
    "switch_supervisor_role": {"role": ("switch_supervisor_role", "role", 1)},
    "transcription_start": {
        "engine": ("transcription_start", "transcription_engine", 1),
        "tracks": ("transcription_start", "transcription_tracks", 1),
    },
    "ai_assistant_start": {"greeting": ("ai_assistant_start", "greeting", 1)},
    "speak": {"text": ("speak", "payload", 1), "voice": ("speak", "voice", 1), "language": ("speak", "language", 1)},
    "play": {"repeat": ("playback_start", "loop", 1), "audio": ("playback_start", "audio_url", 1)},
    "gather": {
        "speak": ("gather_using_speak", "payload", 1),
        "play": ("gather_using_audio", "audio_url", 1),
        "digits": ("gather", "maximum_digits", 1),
        "wait": ("gather", "timeout_millis", 1000),
        "between_digits": ("gather", "inter_digit_timeout_millis", 1000),
        "end_key": ("gather", "terminating_digit", 1),
        "only": ("gather", "valid_digits", 1),
    },
    "gather_using_ai": {
        "parameters": ("gather_using_ai", "parameters", 1),
        "greeting": ("gather_using_ai", "greeting", 1),
        "voice": ("gather_using_ai", "voice", 1),
        "wait": ("gather_using_ai", "user_response_timeout_ms", 1000),
    },
    "record": {
        "longest": ("record_start", "max_length", 1),
        "beep": ("record_start", "play_beep", 1),
        "stop_on_silence": ("record_start", "timeout_secs", 1),
        "format": ("record_start", "format", 1),
        "channels": ("record_start", "channels", 1),
    },
    "enqueue": {
        "queue": ("enqueue", "queue_name", 1),
        "max_wait": ("enqueue", "max_wait_time_secs", 1),
        "max_callers": ("enqueue", "max_size", 1),
        "keep_after_hangup": ("enqueue", "keep_after_hangup", 1),
    },
    "queue_create": {"queue": ("queue_create", "queue_name", 1), "max_callers": ("queue_create", "max_size", 1)},
    "queue_update": {"max_callers": ("queue_update", "max_size", 1)},
    "queued_call_update": {"keep_after_hangup": ("queued_call_update", "keep_after_hangup", 1)},
    "join_conference": {
        "room": ("conference_create", "name", 1),
        "role": ("conference_join", "supervisor_role", 1),
        "to": ("conference_join", "whisper_call_control_ids", 1),
        "muted": ("conference_join", "mute", 1),
        "on_hold": ("conference_join", "hold", 1),
        "end_room_on_exit": ("conference_join", "end_conference_on_exit", 1),
        "beep": ("conference_create", "beep_enabled", 1),
        "max_people": ("conference_create", "max_participants", 1),
        "lasts": ("conference_create", "duration_minutes", 1 / 60),
        "region": ("conference_create", "region", 1),
        "music_until_joined": ("conference_create", "hold_audio_url", 1),
    },
    "participant_update": {
        "beep": ("participant_update", "beep_enabled", 1),
        "end_room_on_exit": ("participant_update", "end_conference_on_exit", 1),
    },
    "conference_speak": {
        "text": ("conference_speak", "payload", 1),
        "voice": ("conference_speak", "voice", 1),
        "language": ("conference_speak", "language", 1),
        "to": ("conference_speak", "call_control_ids", 1),
    },
    "conference_play": {
        "audio": ("conference_play", "audio_url", 1),
        "to": ("conference_play", "call_control_ids", 1),
        "repeat": ("conference_play", "loop", 1),
    },
    "conference_stop": {"to": ("conference_stop", "call_control_ids", 1)},
    "conference_record_start": {
        "format": ("conference_record_start", "format", 1),
        "channels": ("conference_record_start", "channels", 1),
        "beep": ("conference_record_start", "play_beep", 1),
    },
    "conference_mute": {"to": ("conference_mute", "call_control_ids", 1)},
    "conference_unmute": {"to": ("conference_unmute", "call_control_ids", 1)},
    "conference_hold": {"to": ("conference_hold", "call_control_ids", 1), "audio": ("conference_hold", "audio_url", 1)},
    "conference_unhold": {"to": ("conference_unhold", "call_control_ids", 1)},
    "conference_gather": {
        "play": ("conference_gather_using_audio", "audio_url", 1),
        "to": ("conference_gather_using_audio", "call_control_id", 1),
        "digits": ("conference_gather_using_audio", "maximum_digits", 1),
        "wait": ("conference_gather_using_audio", "timeout_millis", 1000),
        "between_digits": ("conference_gather_using_audio", "inter_digit_timeout_millis", 1000),
        "end_key": ("conference_gather_using_audio", "terminating_digit", 1),
        "only": ("conference_gather_using_audio", "valid_digits", 1),
    },
    "conference_send_dtmf": {
        "digits": ("conference_send_dtmf", "digits", 1),
        "to": ("conference_send_dtmf", "call_control_ids", 1),
        "each": ("conference_send_dtmf", "duration_millis", 1000),
    },
    "conference_role": {
        "role": ("conference_update", "supervisor_role", 1),
        "to": ("conference_update", "whisper_call_control_ids", 1),
    },
}
# Options that become part of a path or query, name something of ours, or say what the engine does; with the reason.
NOT_SENT = {
    "dial": {"as"}, "transfer": {"as"}, "prompt": {"prompt"}, "gather": {"prompt", "tries", "into"},
    "gather_using_ai": {"longest", "into"}, "record": {"during"}, "ai_assistant_start": {"assistant"},
    "check_queue": {"queue"}, "connect": {"queue"}, "queue_update": {"queue"}, "queue_delete": {"queue"},
    "queue_list": {"into"}, "queued_call_list": {"queue", "into"}, "queued_call_update": {"queue", "call"},
    "queued_call_remove": {"queue", "call"}, "join_conference": {"as", "must_exist"}, "conference_list": {"into"},
    "participant_list": {"into"}, "participant_retrieve": {"to"}, "participant_update": {"to"},
    "conference_gather": {"tries", "into"}, "call_later": {"flow", "to", "at", "in", "give"},
}  # fmt: skip
PAIRS = [(verb, option, *where) for verb, options in SENT.items() for option, where in options.items()]


def shape(operation: str, parameter: str):
    return catalogue().shape(OPERATIONS[operation].parameters[parameter])


def option_of(verb: str, name: str) -> Option:
    found = VERBS[verb].option(name)
    assert found is not None, f"{verb} has no option {name}"
    return found


def test_every_option_of_a_verb_that_sends_something_is_held_against_the_catalogue():
    silent = {"telnyx", "http", "notify", "log", "set", "count", "run", "tell"}
    for verb in VERBS.values():
        if verb.name in silent:
            assert not verb.operations
            continue
        known = SENT.get(verb.name, {}).keys() | NOT_SENT.get(verb.name, set())
        options = {option.name for option in verb.options} - ({"room"} if verb.in_room else set())
        assert options == known, verb.name


def test_the_table_of_this_test_names_only_what_there_is():
    for verb, option, operation, parameter, _ in PAIRS:
        option_of(verb, option)
        assert operation in VERBS[verb].operations, (verb, operation)
        assert parameter in OPERATIONS[operation].parameters, (operation, parameter)


@pytest.mark.parametrize(("verb", "option", "operation", "parameter", "unit"), PAIRS)
def test_an_option_allows_nothing_that_telnyx_refuses(verb, option, operation, parameter, unit):
    allowed, wanted = option_of(verb, option), shape(operation, parameter)

    if allowed.values and "enum" in wanted:
        assert set(allowed.values) <= set(wanted["enum"])
    if allowed.minimum is not None and wanted.get("minimum") is not None:
        assert allowed.minimum * unit >= wanted["minimum"] - 1e-9
    if "maximum" in wanted:
        assert allowed.maximum is not None, "Telnyx has a limit and the table has none"
        assert allowed.maximum * unit <= wanted["maximum"] + 1e-9
    if "maxLength" in wanted and allowed.type == "text" and allowed.name != "queue":
        assert allowed.maximum is not None
        assert allowed.maximum <= wanted["maxLength"]


@pytest.mark.parametrize(("verb", "option", "operation", "parameter", "unit"), PAIRS)
def test_an_option_is_of_the_type_that_telnyx_takes(verb, option, operation, parameter, unit):
    allowed, wanted = option_of(verb, option), shape(operation, parameter)
    types = {
        "text": {"string"}, "choice": {"string"}, "phone": {"string", "array"}, "sip": {"string"}, "tones": {"string"},
        "keys": {"string"}, "key": {"string"}, "audio": {"string"}, "duration": {"integer", "number"},
        "count": {"integer"}, "digits": {"integer"}, "yes_no": {"boolean"}, "legs": {"array", "string"},
        "leg": {"string"}, "forever": {"string", "integer"}, "tree": {"object"},
    }  # fmt: skip

    kinds = {catalogue().shape(one).get("type") for one in wanted.get("any_of", [wanted])}

    assert kinds <= types[allowed.type], (allowed.type, kinds)


@pytest.mark.parametrize("operation", ["speak", "gather_using_speak", "conference_speak"])
def test_the_languages_are_all_that_telnyx_has(operation):
    assert set(shared.LANGUAGES) == set(shape(operation, "language")["enum"])


def test_the_other_words_are_all_that_telnyx_has():
    same = {
        ("reject", "cause"): option_of("reject", "cause").values,
        ("record_start", "format"): shared.FORMAT.values,
        ("record_start", "channels"): shared.CHANNELS.values,
        ("conference_record_start", "format"): shared.FORMAT.values,
        ("conference_record_start", "channels"): shared.CHANNELS.values,
        ("conference_create", "beep_enabled"): shared.BEEPS,
        ("conference_create", "region"): shared.REGIONS,
        ("dial", "answering_machine_detection"): shared.MACHINE_DETECTION,
        ("transcription_start", "transcription_engine"): option_of("transcription_start", "engine").values,
        ("switch_supervisor_role", "role"): option_of("switch_supervisor_role", "role").values,
    }

    for (operation, parameter), values in same.items():
        assert set(values) == set(shape(operation, parameter)["enum"]), (operation, parameter)


def test_the_widest_ranges_are_telnyxs_own():
    same = {
        ("dial", "timeout_secs"): (shared.RING_FOR.minimum, shared.RING_FOR.maximum),
        ("transfer", "timeout_secs"): (shared.RING_FOR.minimum, shared.RING_FOR.maximum),
        ("transfer", "time_limit_secs"): (30, shared.LONGEST_CALL_S),
        ("conference_create", "max_participants"): (2, 800),
        ("send_dtmf", "duration_millis"): (100, 500),
    }

    for (operation, parameter), limits in same.items():
        found = shape(operation, parameter)
        assert limits == (found["minimum"], found["maximum"]), (operation, parameter)
    assert shared.KEYS[0].maximum == shape("gather", "maximum_digits")["maximum"] == 128
    assert shared.LONGEST_TEXT == 3000


@pytest.mark.parametrize("text", ["123", "1w2W#", "*", "ABCD"])
def test_tones_are_those_that_telnyx_presses(text):
    assert re.fullmatch(words.TONES, text)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("sip:anna@example.com", True), ("sips:1000@pbx.example.com:5061;transport=tls", True),
     ("anna@example.com", False),
     ("sip:anna", False), ("sip:an na@example.com", False), ("tel:+15551230000", False)],
)  # fmt: skip
def test_sip_addresses(text, fits):
    assert bool(re.fullmatch(words.SIP, text)) is fits
