"""What a run's history keeps of a command: what was said, who was rung, which queue or room. Never all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.core.command import HTTP, NOTIFY, TELL, Command

# Links to recordings: Telnyx's are signed, and named after what they hold (facts.md, section 4).
RECORDING_LINK = re.compile(r"https?://[^\s\"'<>]*(?:record|X-Amz-Signature)[^\s\"'<>]*", re.IGNORECASE)
# All else stays out: passwords of SIP, headers, keys that are sent, and what nobody looks for afterwards.
_KEPT = ("to", "from", "payload", "audio_url", "media_name", "queue_name", "name", "cause")
_UNTOLD = frozenset({TELL, HTTP, NOTIFY})  # what another run, or the step itself, tells
_LONGEST = 1000  # characters of one value


def told(command: Command, command_id: str, *, masked: Callable[[str], str] = str) -> dict[str, Any] | None:
    """Return the record of *command* for the history, its texts *masked*; None where nothing is kept of it."""
    if command.operation in _UNTOLD:
        return None
    record: dict[str, Any] = {"id": command_id, "operation": command.operation}
    return record | {
        name: masked(RECORDING_LINK.sub("***", value))[:_LONGEST] if isinstance(value, str) else value
        for name, value in _parts(command).items()
        if value not in (None, "")
    }


def _parts(command: Command) -> Mapping[str, Any]:
    both = {**command.path, **command.parameters}
    return {name: both[name] for name in _KEPT if name in both}
