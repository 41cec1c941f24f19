"""Words of the language beside the verbs: how values are written, what is reserved, what is not there yet."""

from __future__ import annotations

from collections.abc import Mapping

NAME = r"^[a-z][a-z0-9_]{0,59}$"
DURATION = r"^[0-9]{1,7}(\.[0-9]{1,3})?[smh]$"
PHONE = r"^\+[1-9][0-9]{6,14}$"  # E.164: at most 15 digits, no leading zero
DIGITS = r"^[0-9]{1,3}( to [0-9]{1,3})?$"
PRESSED = r"^[0-9*#]{1,128}$"
PREFIX = r"^\+[0-9]{1,15}$"
HOST = r"^(localhost|[a-z0-9]([a-z0-9-]{0,62}\.)+[a-z0-9-]{2,63})$"
SOUND = r"^[A-Za-z0-9_-][A-Za-z0-9_. /-]{0,199}\.(mp3|wav|MP3|WAV)$"
SIP = r"^sips?:[^\s@]+@[^\s@]+$"
TONES = r"^[0-9A-D*#wW]{1,64}$"  # w and W are pauses of half a second and a second
URL = r"^https?://[^\s]+$"

UNIT_S: Mapping[str, float] = {"s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST_CALL_S = 14400.0  # a Telnyx conference ends after 4 hours (facts.md, section 4)
VARIABLE_TYPES = ("digits", "text", "number", "yes_no", "time", "list")
PSEUDO_VARIABLE = "language"  # can be set, and chooses the language of the prompts
EXIT_WORDS = ("hangup", "end", "stay")
KEY_WORDS = ("digits", "anything_else", "nothing")
# What people write for them, and for keys.
KEY_SYNONYMS = {
    **dict.fromkeys(("anything", "anything_other", "any", "any_other", "other", "others", "else", "default", "wrong",
                     "invalid", "no_match"), "anything_else"),
    **dict.fromkeys(("timeout", "silence", "silent", "none", "empty", "no_input", "no_answer", "nothing_pressed"),
                    "nothing"),
    **dict.fromkeys(("number", "numbers", "digit", "any_digits", "any_number"), "digits"),
    **dict(zip(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "star", "asterisk",
                "pound", "hash"), (f'"{key}"' for key in "0123456789**##"), strict=True)),
}  # fmt: skip

# Names that mean something in formulas, events or exits; a state, role, leg or variable may not bear them.
STATE_RESERVED = frozenset({*EXIT_WORDS, "anywhere", "flow"})
ROLE_RESERVED = frozenset(
    {
        "caller",
        "called",
        "anyone",
        "anywhere",
        "me",
        "event",
        "digits",
        "queue",
        "secret",
        "list",
        "room",
        "call",
        "conference",
        "action",
        "siprec",
        "streaming",
        "language",
    }
)
VARIABLE_RESERVED = frozenset(
    {
        "caller",
        "called",
        "event",
        "digits",
        "secret",
        "language",
        "true",
        "false",
        "and",
        "or",
        "not",
        "in",
        "is_open",
        "next_opening",
        "now",
        "minutes_since",
        "spoken_time",
        "spoken_digits",
        "number",
        "length",
        "last",
        "starts_with",
    }
)

# Telnyx's own parameter names and other habits, and the option that exists: of several, the first that the verb has.
OPTION_SYNONYMS: Mapping[str, str] = {
    "payload": "text",
    "say": "speak text",
    "speak": "text",
    "message": "text",
    "max_digits": "digits",
    "maximum_digits": "digits",
    "minimum_digits": "digits",
    "num_digits": "digits",
    "min": "digits",
    "max": "digits",
    "timeout": "wait ring_for max_wait",
    "wait": "max_wait wait_between",
    "every": "wait_between",
    "timeout_millis": "wait",
    "initial_timeout_millis": "wait",
    "inter_digit_timeout_millis": "between_digits",
    "terminating_digit": "end_key",
    "finish_on_key": "end_key",
    "valid_digits": "only",
    "maximum_tries": "tries",
    "save_as": "into",
    "store": "into",
    "numbers": "calls_to",
    "with": "to",
    "body": "send",
    "queue_name": "queue",
    "name": "queue room flow",
    "max_wait_time_secs": "max_wait",
    "max_size": "max_callers",
    "audio_url": "audio",
    "url": "audio get",
    "media_name": "audio",
    "loop": "repeat",
    "max_length": "longest",
    "max_participants": "max_people",
    "beep_enabled": "beep",
    "timeout_secs": "ring_for",
    "number": "to calls_to",
    "mute": "muted",
    "hold": "on_hold",
    "duration_minutes": "lasts",
    "play_beep": "beep",
}

# What people write where something else is needed, by the place and the word: the end of the sentence.
INSTEAD: Mapping[tuple[str, str], str] = {
    **dict.fromkeys((("rule", "else"), ("rule", "otherwise")),
                    "for all other cases write one more rule, without if: a dash and then: STATE"),
    ("rule", "run"): "a step stands under do; to hand the call over for good, write {flow: NAME}",
    ("connect", "to"): "it takes from a queue; to be connected with a leg that was rung, write - bridge: {to: LEG}",
    **{("conference_role", role): f"write role: {role}" for role in ("monitor", "whisper", "barge")},
    ("dial", "whisper"): "what the other one hears first stands in the states of their role",
    ("gather", "keys"): "'keys' stands beside 'do' and says where each key leads; which keys count says 'only'",
    ("gather_using_ai", "keys"): "where it leads is said by 'then', beside 'do'",
    ("call_later", "tries"): "it stands in the settings of that flow, as call_attempts: {tries: 3}",
}  # fmt: skip
