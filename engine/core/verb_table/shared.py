"""Values that several verbs share. Source: facts.md and the catalogue's enums, which a test holds them against."""

from __future__ import annotations

from engine.core.verb import Option

# The languages of Telnyx's voices (speak, gather_using_speak, conference_speak).
LANGUAGES = (
    "arb", "cmn-CN", "cy-GB", "da-DK", "de-DE", "en-AU", "en-GB", "en-GB-WLS", "en-IN", "en-US", "es-ES", "es-MX",
    "es-US", "fr-CA", "fr-FR", "hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR",
    "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR",
)  # fmt: skip
REGIONS = ("Australia", "Europe", "Middle East", "US")
BEEPS = ("always", "never", "on_enter", "on_exit")
MACHINE_DETECTION = (
    "premium", "premium_ios_call_screening_detection", "detect", "detect_beep", "detect_words", "greeting_end",
    "disabled",
)  # fmt: skip
LONGEST_TEXT = 3000
LONGEST_CALL_S = 14400

TEXT = Option(name="text", type="text", required=True, maximum=LONGEST_TEXT)
VOICE = (Option(name="voice", type="text"), Option(name="language", type="choice", values=LANGUAGES))
RING_FOR = Option(name="ring_for", type="duration", default=30.0, minimum=5, maximum=600)
FORMAT = Option(name="format", type="choice", values=("mp3", "wav"), default="mp3")
CHANNELS = Option(name="channels", type="choice", values=("single", "dual"), default="single")
QUEUE = Option(name="queue", type="text", required=True)
MOST_CALLERS = Option(name="max_callers", type="count", minimum=1, maximum=10000)
INTO_LIST = Option(name="into", type="variable", required=True)

# What a gather asks for, whoever asks.
KEYS = (
    Option(name="digits", type="digits", default=(1, 128), minimum=1, maximum=128),
    Option(name="wait", type="duration", default=5.0, minimum=1, maximum=600),
    Option(name="between_digits", type="duration", default=3.0, minimum=1, maximum=60),
    Option(name="tries", type="count", minimum=1, maximum=100),
    Option(name="end_key", type="key", default="#"),
    Option(name="only", type="keys"),
    Option(name="into", type="variable"),
)
