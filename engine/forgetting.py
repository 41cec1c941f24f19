"""Forgetting a phone number, as the admin listener hears it, and as the command does it when no service runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from engine.core.mentions import Number
from engine.errors import CommandRefused
from engine.logs import call_name
from engine.ports import Store

WORK_S = 2.0  # of one answer: whoever asks waits at most ten seconds, and asks again for the rest


async def forget(store: Store, wanted: Mapping[str, Any], *, now: float, work_s: float | None = None) -> dict[str, Any]:
    """
    Forget ``number`` from ``place`` on, for *work_s* seconds (two); return ``{calls, mentions, live, place}``.

    *live* names calls under way that were left. *place* is where to go on, "" when all is done.

    Raises:
        CommandRefused: it is no number, or no place that was answered.
        StoreUnavailable: some of it may be done.
    """
    text, place = wanted.get("number"), wanted.get("place", "")
    if not isinstance(text, str) or not isinstance(place, str):
        raise CommandRefused("'number' and 'place' are texts; leave 'place' out at first")
    number, end = Number.read(text), time.monotonic() + (WORK_S if work_s is None else work_s)
    calls, mentions, live = 0, 0, dict[str, None]()
    while True:
        done = await store.forget(number, now=now, place=place)
        calls, mentions, place = calls + done.calls, mentions + done.mentions, done.next
        live |= dict.fromkeys(call_name(run) for run in done.live)
        if not place or time.monotonic() > end:
            return {"calls": calls, "mentions": mentions, "live": list(live), "place": place}
