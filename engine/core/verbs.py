"""
The table of verbs: what an author may write after a dash, and what becomes of it.

One table drives the parser, the schema, the checker, the compiler and the reference. Its rows stand in
``core/verb_table/``, how a verb is carried out in ``core/acts/``.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.verb import Option, OptionType, Verb
from engine.core.verb_table import calls, flowing, queueing, rooms, speech

__all__ = ["ANSWERED", "GATHERS", "SYNONYMS", "VERBS", "Option", "OptionType", "Verb"]

VERBS: Mapping[str, Verb] = {
    verb.name: verb for verb in (*calls.VERBS, *speech.VERBS, *queueing.VERBS, *rooms.VERBS, *flowing.VERBS)
}

# Steps whose answer is what `keys` follows.
GATHERS = frozenset({"gather", "conference_gather"})
ANSWERED = frozenset({"gather_using_ai", "http", "telnyx"})  # verbs that put parts of an answer into variables

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
    "join_room": "join_conference",
    "monitor": "conference_role",
    "whisper": "conference_role",
    "barge": "conference_role",
    "conference_record": "conference_record_start",
    "dequeue": "leave_queue",
    "language": "set",
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
    "call": "dial",
    "ring": "dial",
    "redirect": "transfer",
    "lookup": "http",
    "fetch": "http",
    "request": "http",
    "subflow": "run",
    "record_start": "record",
    "playback_start": "play",
    "playback_stop": "stop",
    "gather_using_speak": "gather",
    "gather_using_audio": "gather",
    "conference_join": "join_conference",
    "conference_create": "join_conference",
    "conference_leave": "leave_conference",
    "conference_retrieve": "check_conference",
    "conference_update": "conference_role",
    "conference_gather_using_audio": "conference_gather",
    "queue_retrieve": "check_queue",
    "queued_call_retrieve": "check_queue",
}
