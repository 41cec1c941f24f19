"""What the caller hears, presses and says on this call."""

from __future__ import annotations

from engine.core.verb import Option, Verb
from engine.core.verb_table.shared import CHANNELS, FORMAT, KEYS, LONGEST_CALL_S, LONGEST_TEXT, TEXT, VOICE

VERBS = (
    Verb(
        name="speak",
        about="Says a text to the caller.",
        operations=("speak",),
        main="text",
        audible=True,
        options=(TEXT, *VOICE),
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
        name="stop",
        about="Stops what is playing, the state's music included.",
        operations=("playback_stop",),
        bare=True,
    ),
    Verb(
        name="gather",
        about="Asks for keys and waits for them; keys: says what follows.",
        operations=("gather", "gather_using_speak", "gather_using_audio"),
        audible=True,
        options=(
            Option(name="prompt", type="prompt"),
            Option(name="speak", type="text", maximum=LONGEST_TEXT),
            Option(name="play", type="audio"),
            *KEYS,
        ),
        at_most_one=(("prompt", "speak", "play"),),
        events=("call.gather.ended",),
    ),
    Verb(
        name="gather_using_ai",
        about="Lets an AI ask the caller for what you name, and waits until it knows.",
        operations=("gather_using_ai",),
        audible=True,
        options=(
            Option(name="parameters", type="tree", required=True),
            Option(name="greeting", type="text", maximum=LONGEST_TEXT),
            Option(name="voice", type="text"),
            Option(name="wait", type="duration", default=10.0, minimum=1, maximum=600),
            Option(name="longest", type="duration", default=300.0, minimum=10, maximum=3600),
            Option(name="into", type="into"),
        ),
        events=("call.ai_gather.ended",),
    ),
    Verb(
        name="record",
        about="Records the caller; with during: call in the background, while the flow goes on.",
        operations=("record_start",),
        audible=True,
        options=(
            Option(name="longest", type="duration", required=True, minimum=1, maximum=LONGEST_CALL_S),
            Option(name="during", type="choice", values=("call",)),
            Option(name="beep", type="yes_no", default=False),
            Option(name="stop_on_silence", type="duration", minimum=1, maximum=600),
            FORMAT,
            CHANNELS,
        ),
        events=("call.recording.saved", "call.recording.error"),
    ),
    Verb(name="record_stop", about="Ends the recording of this call.", operations=("record_stop",), bare=True),
    Verb(name="record_pause", about="Stops recording for a while.", operations=("record_pause",), bare=True),
    Verb(name="record_resume", about="Goes on recording.", operations=("record_resume",), bare=True),
)
