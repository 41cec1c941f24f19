"""Which Act carries out which verb."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.acts import (
    admin,
    ai,
    anything,
    background,
    calls,
    flows,
    gathering,
    legs,
    queueing,
    recording,
    room_steps,
    rooms,
    silent,
    speech,
    web,
)
from engine.core.acts.act import Act

ACTS: Mapping[str, Act] = {
    **calls.ACTS,
    **speech.ACTS,
    **gathering.ACTS,
    **recording.ACTS,
    **queueing.ACTS,
    **rooms.ACTS,
    **room_steps.ACTS,
    **silent.ACTS,
    **background.ACTS,
    **ai.ACTS,
    **admin.ACTS,
    **web.ACTS,
    **anything.ACTS,
    **legs.ACTS,
    **flows.ACTS,
}
