"""
The table of verbs: what an author may write after a dash, and what becomes of it.

One table drives the parser, the schema, the checker, the compiler and the reference. How a verb is carried out
stands in ``core/acting/``; which words exist, and with which options, only here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# What an option's value must be. "text" may hold {{ }}; "duration" is 30s, 15m, 2h and becomes seconds;
# "audio", "prompt", "notify", "variable", "leg" name an entry elsewhere; "count" is a whole number;
# "digits" is how many (4, or "2 to 4"); "phone" is E.164 or one {{ }}; "formula" may be any value or {{ }}.
OptionType = Literal[
    "text",
    "name",
    "duration",
    "count",
    "yes_no",
    "choice",
    "audio",
    "prompt",
    "notify",
    "variable",
    "leg",
    "digits",
    "phone",
    "keys",
    "key",
    "formula",
    "forever",
    "body",
    "values",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a verb. *minimum* and *maximum* are in the option's own unit (seconds for durations)."""

    name: str
    type: OptionType
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """
    One verb.

    *main*: the option that the short form ``- verb: value`` sets ("" where there is none). *bare*: ``- verb`` alone
    is allowed. *takes_rest*: further keys are free (the body of ``notify``). *operations*: the catalogue's operations
    that it sends. *events*: what finishes it (empty: when Telnyx accepts it, or at once where it sends nothing).
    *audible*: the caller hears it, so it needs an answered call outside a room. *silent*: may still run after the
    call has ended.
    """

    name: str
    about: str
    operations: tuple[str, ...] = ()
    main: str = ""
    bare: bool = False
    options: tuple[Option, ...] = ()
    takes_rest: bool = False
    events: tuple[str, ...] = ()
    audible: bool = False
    silent: bool = False

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)


_VERBS = (
    Verb(name="answer", about="Answers the call.", operations=("answer",), bare=True, events=("call.answered",)),
    Verb(
        name="reject",
        about="Refuses the call before it is answered.",
        operations=("reject",),
        bare=True,
        main="cause",
        options=(Option(name="cause", type="choice", values=("CALL_REJECTED", "USER_BUSY"), default="CALL_REJECTED"),),
        events=("call.hangup",),
    ),
    Verb(name="hangup", about="Hangs this call up.", operations=("hangup",), bare=True, events=("call.hangup",)),
    Verb(
        name="speak",
        about="Says a text to the caller.",
        operations=("speak",),
        main="text",
        audible=True,
        options=(
            Option(name="text", type="text", required=True, maximum=3000),
            Option(name="voice", type="text"),
            Option(name="language", type="text"),
        ),
        events=("call.speak.ended",),
    ),
    Verb(
        name="prompt",
        about="Says or plays an entry of prompts.",
        operations=("speak", "playback_start"),
        main="prompt",
        audible=True,
        options=(Option(name="prompt", type="prompt", required=True),),
        events=("call.speak.ended", "call.playback.ended"),
    ),
    Verb(
        name="play",
        about="Plays audio; with repeat: forever it is the state's music.",
        operations=("playback_start",),
        main="audio",
        audible=True,
        options=(
            Option(name="audio", type="audio", required=True),
            Option(name="repeat", type="forever", minimum=1, maximum=100),
        ),
        events=("call.playback.ended",),
    ),
    Verb(
        name="gather",
        about="Asks for keys and waits for them; keys: says what follows.",
        operations=("gather", "gather_using_speak", "gather_using_audio"),
        audible=True,
        options=(
            Option(name="prompt", type="prompt"),
            Option(name="speak", type="text", maximum=3000),
            Option(name="play", type="audio"),
            Option(name="digits", type="digits", default=(1, 128), minimum=1, maximum=128),
            Option(name="wait", type="duration", default=5.0, minimum=1, maximum=600),
            Option(name="between_digits", type="duration", default=3.0, minimum=1, maximum=60),
            Option(name="tries", type="count", minimum=1, maximum=100),
            Option(name="end_key", type="key", default="#"),
            Option(name="only", type="keys"),
            Option(name="into", type="variable"),
        ),
        events=("call.gather.ended",),
    ),
    Verb(
        name="record",
        about="Records the caller.",
        operations=("record_start",),
        audible=True,
        options=(
            Option(name="longest", type="duration", required=True, minimum=1, maximum=14400),
            Option(name="beep", type="yes_no", default=False),
            Option(name="stop_on_silence", type="duration", minimum=1, maximum=600),
            Option(name="format", type="choice", values=("mp3", "wav"), default="mp3"),
            Option(name="channels", type="choice", values=("single", "dual"), default="single"),
        ),
        events=("call.recording.saved", "call.recording.error"),
    ),
    Verb(
        name="enqueue",
        about="Puts the caller in a queue.",
        operations=("enqueue",),
        main="queue",
        options=(
            Option(name="queue", type="text", required=True),
            Option(name="max_wait", type="duration", minimum=1, maximum=14400),
            Option(name="max_callers", type="count", minimum=1, maximum=10000),
        ),
        events=("call.enqueued",),
    ),
    Verb(
        name="leave_queue",
        about="Takes the caller out of the queue; nothing happens when not in one.",
        operations=("leave_queue",),
        bare=True,
    ),
    Verb(
        name="check_queue",
        about="Reads the caller's place in the queue into queue.position, size, average_wait and waited.",
        operations=("queued_call_retrieve", "queue_retrieve"),
        main="queue",
        options=(Option(name="queue", type="text", required=True),),
    ),
    Verb(
        name="connect",
        about="Takes the first caller of a queue into a private room with this call.",
        operations=("queued_call_list", "leave_queue", "conference_create", "conference_join", "conference_leave"),
        main="queue",
        options=(Option(name="queue", type="text", required=True),),
    ),
    Verb(
        name="join_conference",
        about="Joins a room; the first one in creates it.",
        operations=("conference_create", "conference_join", "conference_list"),
        main="room",
        options=(
            Option(name="room", type="text", required=True),
            Option(name="must_exist", type="yes_no", default=False),
            Option(name="muted", type="yes_no", default=False),
            Option(name="on_hold", type="yes_no", default=False),
            Option(name="end_room_on_exit", type="yes_no", default=False),
            Option(name="beep", type="choice", values=("always", "never", "on_enter", "on_exit")),
            Option(name="max_people", type="count", minimum=2, maximum=800),
            Option(name="music_until_joined", type="audio"),
            Option(name="lasts", type="duration", minimum=60, maximum=14400),
        ),
        events=("conference.participant.joined",),
    ),
    Verb(
        name="leave_conference",
        about="Leaves the room; nothing happens when in none.",
        operations=("conference_leave",),
        bare=True,
    ),
    Verb(
        name="transfer",
        about="Rings another number and connects the caller to it.",
        operations=("transfer",),
        main="to",
        options=(
            Option(name="to", type="phone", required=True),
            Option(name="as", type="leg"),
            Option(name="ring_for", type="duration", default=30.0, minimum=5, maximum=600),
            Option(name="from", type="phone"),
        ),
        events=("call.bridged",),
    ),
    Verb(
        name="notify",
        about="Sends a message to an address of project.yaml; never holds the call up.",
        main="",
        silent=True,
        takes_rest=True,
        options=(Option(name="to", type="notify", required=True),),
    ),
    Verb(
        name="log",
        about="Writes a line to the log.",
        main="text",
        silent=True,
        options=(Option(name="text", type="text", required=True),),
    ),
    Verb(name="set", about="Gives variables new values.", silent=True, takes_rest=True),
    Verb(
        name="count",
        about="Adds one to a number variable.",
        main="variable",
        silent=True,
        options=(Option(name="variable", type="variable", required=True),),
    ),
)

VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _VERBS}

# Words that belong to the language but not to this version of the engine: refused by name, never ignored.
LATER_VERBS = frozenset(
    {
        "bridge",
        "dial",
        "send_dtmf",
        "refer",
        "tell",
        "run",
        "http",
        "call_later",
        "telnyx",
        "check_conference",
        "conference_speak",
        "conference_play",
        "conference_stop",
        "conference_record_start",
        "conference_record_pause",
        "conference_record_resume",
        "conference_record_stop",
        "conference_mute",
        "conference_unmute",
        "conference_hold",
        "conference_unhold",
        "conference_gather",
        "conference_send_dtmf",
        "conference_role",
        "conference_end",
        "gather_using_ai",
        "ai_assistant_start",
        "ai_assistant_stop",
        "transcription_start",
        "transcription_stop",
        "record_start",
        "record_stop",
        "record_pause",
        "record_resume",
        "switch_supervisor_role",
    }
)

# What people write instead, and the word that exists (language.md, section 1, 6).
SYNONYMS: Mapping[str, str] = {
    "say": "speak",
    "tts": "speak",
    "talk": "speak",
    "queue": "enqueue",
    "menu": "gather",
    "input": "gather",
    "ask": "gather",
    "conference": "join_conference",
    "join": "join_conference",
    "leave": "leave_conference",
    "hang_up": "hangup",
    "pickup": "answer",
    "pick_up": "answer",
    "voicemail": "record",
    "forward": "transfer",
    "playback": "play",
    "music": "play",
    "print": "log",
    "increment": "count",
    "webhook": "notify",
    "goto": "then",
    "next": "then",
    "timeout": "after",
    "wait": "after",
    "when": "on",
}
