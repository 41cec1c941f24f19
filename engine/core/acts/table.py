"""Which Act carries out which verb."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.acts import calls, gathering, queueing, recording, rooms, silent, speech
from engine.core.acts.act import Act

ACTS: Mapping[str, Act] = {
    **calls.ACTS,
    **speech.ACTS,
    **gathering.ACTS,
    **recording.ACTS,
    **queueing.ACTS,
    **rooms.ACTS,
    **silent.ACTS,
}
