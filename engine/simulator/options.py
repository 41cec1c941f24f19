"""How the simulated Telnyx behaves where its behaviour is adjustable or not documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The switches of a simulated Telnyx.

    *speed* shortens speech and audio files only (2.0 = twice as fast). *stamp_delay_s*: a webhook gets its
    ``client_state`` that long after the fact, so it may carry a later command's. *answer_after_s*: far legs that are
    rung pick up by themselves after so long; None = they ring until told. The fields under "Not documented" are
    choices that facts.md, section 9, lists as unknown.
    """

    # Time
    speed: float = 1.0
    speech_s_per_character: float = 0.06
    shortest_speech_s: float = 0.5
    audio_s: float = 5.0
    audio_seconds: Mapping[str, float] = field(default_factory=dict)
    missing_audio: frozenset[str] = frozenset()
    webhook_delay_s: float = 0.02
    stamp_delay_s: float = 0.0
    recording_saved_after_s: float = 2.0
    audio_starts_after_s: float = 0.0
    command_window_s: float = 60.0
    referral_s: float = 1.0
    refused_referrals: frozenset[str] = frozenset()
    retrievable_after_end_s: float = 600.0

    # People
    answer_after_s: float | None = None
    machine_detected_after_s: float = 2.0
    machine_greeting_s: float = 6.0

    # The account
    connection_id: str = "2811212257810187875"
    webhook_url: str = ""
    dials_per_second: int = 30

    # Not documented
    audio_overlap: Literal["queue", "replace"] = "queue"
    join_from_queue: Literal["allowed", "refused"] = "allowed"
    enqueue_from_room: Literal["allowed", "refused"] = "allowed"
    unknown_parameters: Literal["ignored", "refused"] = "ignored"
    before_answer: frozenset[str] = frozenset({"answer", "reject", "hangup", "client_state_update"})
    stopped_speech_status: str = "completed"
    dequeued_on_bridge: Literal["bridged", "bridging-in-process"] = "bridged"
    empty_queue: tuple[int, str] = (422, "90033")
    dead_queued_call: tuple[int, str] = (422, "90033")
    conference_gather_reports: bool = True
    api_end_reason: str = "ended_via_api"
    expiry_hangs_up: bool = False

    def speech_s(self, text: str) -> float:
        """Return how long it takes to say *text*, in seconds."""
        return max(self.shortest_speech_s, len(text) * self.speech_s_per_character) / self.speed

    def file_s(self, name: str) -> float:
        """Return how long the audio file *name* (or URL) plays once, in seconds."""
        return self.audio_seconds.get(name, self.audio_s) / self.speed
