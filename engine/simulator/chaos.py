"""Chaos as people ask for it: on the command line, or in the body of ``POST /sim/chaos``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.simulator.forms import Field, as_number, filled_in
from engine.simulator.trouble import Chaos

_SHARES = {
    "duplicate": "webhooks that come twice",
    "twin": "webhooks that come once more as another event, with an id of its own",
    "reorder": "webhooks that are overtaken by what happens in the half second after them",
    "delay": "webhooks that come up to late_s late",
    "drop": "webhooks that never come",
    "throttle": "requests that are refused with 429",
    "error": "requests that are refused with 500 or 503",
    "slow": "requests that are answered up to slow_s late",
    "reset": "requests that are carried out, and the connection breaks before the answer",
    "ignore": "commands that are accepted, and nothing happens",
}
FIELDS = (
    *(Field(name=name, kind="number", least=0, most=1, about=about) for name, about in _SHARES.items()),
    Field(name="late_s", kind="number", least=0, most=3600, about="the longest delay of a webhook, in seconds"),
    Field(name="slow_s", kind="number", least=0, most=3600, about="the longest delay of an answer, in seconds"),
    Field(name="seed", kind="whole number", about="the same seed gives the same trouble"),
)


def chaos_from(given: Mapping[str, Any], *, seed: int) -> Chaos:
    """Return the chaos that *given* asks for; what it does not name goes well. Raises ValueError in one sentence."""
    return Chaos(**({"seed": seed} | filled_in(FIELDS, given)))


def parse_chaos(text: str, *, seed: int) -> Chaos:
    """Return the chaos of ``duplicate=0.1,drop=0.05``. Raises ValueError in one sentence."""
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise ValueError(f"'{part}' must say how much, such as {part}=0.1")
        if name in given:
            raise ValueError(f"{name} stands there twice")
        given[name] = as_number(value)
    return chaos_from(given, seed=seed)
