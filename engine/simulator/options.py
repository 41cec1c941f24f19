"""How the simulated Telnyx behaves where its behaviour is adjustable or not documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

NOT_DOCUMENTED = "Not documented"
ACCOUNT = "The account"
TIMES = "Times"


def _switch(group: str, default: Any, about: str) -> Any:
    """Return a field that can be set from text; its positions are those of its type."""
    return field(default=default, metadata={"group": group, "about": about})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The switches of a simulated Telnyx; times are in seconds.

    Fields with a group are switches: ``switches.py`` reads them from text and describes them. Those of
    NOT_DOCUMENTED are what facts.md calls not found, presumed or inferred; their first position is the default.
    """

    # When and with what webhooks come
    stamp: Literal["at-once", "late", "spread", "at-delivery"] = _switch(
        NOT_DOCUMENTED,
        "at-once",
        "When a webhook takes up the leg's client_state: as it happens, late_stamp_s later, within half a second by "
        "chance (the seed's), or when it is delivered.",
    )
    retry_id: Literal["kept", "new"] = _switch(
        NOT_DOCUMENTED, "kept", "Whether a webhook that is sent again keeps its id."
    )
    bridged_events: Literal["both", "issuer", "issuer-twice"] = _switch(
        NOT_DOCUMENTED,
        "both",
        "Who is told of a bridge: both legs, only the one that asked for it, or that one two times.",
    )
    leave_queue_event: Literal["sent", "silent"] = _switch(
        NOT_DOCUMENTED, "sent", "Whether leave_queue sends call.dequeued."
    )
    queued_hangup: Literal["dequeued-first", "hangup-first"] = _switch(
        NOT_DOCUMENTED, "dequeued-first", "What comes first when somebody who waits in a queue hangs up."
    )
    dequeued_on_bridge: Literal["bridged", "bridging-in-process"] = _switch(
        NOT_DOCUMENTED, "bridged", "The reason of call.dequeued when a waiting call is taken by a bridge."
    )
    room_gather: Literal["call.gather.ended", "with-playback", "silent"] = _switch(
        NOT_DOCUMENTED,
        "call.gather.ended",
        "What a conference gather sends: its end, also the playback of its prompt, or nothing.",
    )
    extra_fields: Literal["none", "some"] = _switch(
        NOT_DOCUMENTED,
        "none",
        "Whether call.initiated and call.answered carry fields that real ones have and no document names.",
    )
    gather_speech: Literal["silent", "reported"] = _switch(
        NOT_DOCUMENTED, "silent", "Whether the prompt of gather_using_speak sends call.speak.started and .ended."
    )
    stop_reports: Literal["own", "call.playback.ended", "call.speak.ended"] = _switch(
        NOT_DOCUMENTED, "own", "Which event playback_stop causes: that of what played, or always the same one."
    )
    stopped_speech_status: Literal["completed", "cancelled"] = _switch(
        NOT_DOCUMENTED, "completed", "The status of call.speak.ended when speech is stopped."
    )
    api_end_reason: Literal["ended_via_api", "host_left", "all_left"] = _switch(
        NOT_DOCUMENTED, "ended_via_api", "The reason of conference.ended after conference_end."
    )

    # What is allowed, and what it does
    audio_overlap: Literal["queue", "replace"] = _switch(
        NOT_DOCUMENTED, "queue", "Whether a new sound waits for what plays, or ends it."
    )
    queued_audio: Literal["allowed", "refused"] = _switch(
        NOT_DOCUMENTED, "allowed", "Whether a call that waits in a queue can be spoken and played to."
    )
    join_from_queue: Literal["allowed", "refused"] = _switch(
        NOT_DOCUMENTED, "allowed", "Whether a call that waits in a queue can join a room."
    )
    enqueue_from_room: Literal["allowed", "refused"] = _switch(
        NOT_DOCUMENTED, "allowed", "Whether a call that is in a room can be enqueued."
    )
    expired_room: Literal["parks", "hangs-up"] = _switch(
        NOT_DOCUMENTED, "parks", "What becomes of those in a room whose time is over."
    )
    other_region: Literal["not-found", "found"] = _switch(
        NOT_DOCUMENTED, "not-found", "Whether a room is found from another region than its own."
    )

    # Answers
    unknown_parameters: Literal["ignored", "refused"] = _switch(
        NOT_DOCUMENTED, "ignored", "What becomes of a parameter that Telnyx does not have."
    )
    repeated_command: Literal["same", "plain", "refused"] = _switch(
        NOT_DOCUMENTED, "same", "The answer to a repeated command_id: the first one's, a plain 200, or 422."
    )
    command_window: Literal["kept", "missing"] = _switch(
        NOT_DOCUMENTED, "kept", "Whether a repeated command_id is ignored at all."
    )
    empty_queue: Literal["90033", "10005", "10007", "90018"] = _switch(
        NOT_DOCUMENTED, "90033", "The error code of a bridge to a queue where nobody waits."
    )
    dead_queued_call: Literal["90033", "10005", "10007", "90018"] = _switch(
        NOT_DOCUMENTED, "90033", "The error code of a bridge to a queue whose first call has hung up."
    )
    bad_audio: Literal["reported", "refused"] = _switch(
        NOT_DOCUMENTED,
        "reported",
        "Audio that is missing or unreachable: call.playback.ended says so, or the command is refused.",
    )

    amd_cancels: Literal["nothing", "detection", "greeting"] = _switch(
        NOT_DOCUMENTED,
        "nothing",
        "What ends speech, audio and gathers as cancelled_amd: that a machine is detected, or that its greeting ends.",
    )

    # The account
    call_cost: Literal["off", "on"] = _switch(ACCOUNT, "off", "Whether call.cost follows each hang-up.")
    storage: Literal["works", "broken"] = _switch(
        ACCOUNT, "works", "Whether recordings can be saved; else call.recording.error comes."
    )
    requests_per_second: int | None = _switch(
        ACCOUNT, None, "How many requests a second are answered; those above it get 429."
    )
    dials_per_second: int = _switch(ACCOUNT, 30, "How many dials a second are allowed, over five seconds.")
    concurrent_calls: int | None = _switch(
        ACCOUNT, None, "How many outgoing calls there can be at once; those above it are hung up as they begin."
    )
    first_command_timeout_s: float | None = _switch(
        ACCOUNT, None, "After how many seconds without a command a new call is hung up."
    )
    missing_audio: frozenset[str] = _switch(ACCOUNT, frozenset(), "Media names and audio addresses that do not exist.")
    unreachable: frozenset[str] = _switch(
        ACCOUNT,
        frozenset(),
        "Numbers, addresses, connectors and assistants that fail: for dial, streams, siprec, refer, AI, pay and audio.",
    )
    connection_id: str = "2811212257810187875"
    webhook_url: str = ""

    # Times
    late_stamp_s: float = _switch(TIMES, 0.3, "How late a webhook is stamped with stamp=late.")
    webhook_delay_s: float = _switch(TIMES, 0.02, "How long after the fact a webhook comes.")
    answer_after_s: float | None = _switch(
        TIMES, None, "After how many seconds those who are rung pick up by themselves."
    )
    audio_s: float = _switch(TIMES, 5.0, "How long an audio file plays.")
    recording_saved_after_s: float = _switch(TIMES, 2.0, "How long after its end a recording is saved.")
    audio_starts_after_s: float = _switch(TIMES, 0.0, "How long after the answer a recording can start.")
    bridge_ready_after_s: float = _switch(
        TIMES, 0.0, "How long after the answer of both legs a bridge is possible; before that it is refused."
    )
    command_window_s: float = _switch(TIMES, 60.0, "How long a repeated command_id is ignored.")
    speed: float = 1.0
    speech_s_per_character: float = 0.06
    shortest_speech_s: float = 0.5
    audio_seconds: Mapping[str, float] = field(default_factory=dict)
    referral_s: float = 1.0
    retrievable_after_end_s: float = 600.0
    machine_detected_after_s: float = 2.0
    machine_greeting_s: float = 6.0
    before_answer: frozenset[str] = frozenset({"answer", "reject", "hangup", "client_state_update"})

    def speech_s(self, text: str) -> float:
        """Return how long it takes to say *text*, in seconds."""
        return max(self.shortest_speech_s, len(text) * self.speech_s_per_character) / self.speed

    def file_s(self, name: str) -> float:
        """Return how long the audio file *name* (or URL) plays once, in seconds."""
        return self.audio_seconds.get(name, self.audio_s) / self.speed
