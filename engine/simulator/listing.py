"""Lists that the API answers with: filtered, and one page at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# How ``filter[occurred_at][gte]`` and the like compare; instants in ISO 8601, in UTC, sort as text.
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda one, other: one == other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
}


def wanted(query: Mapping[str, str], facts: Mapping[str, object], *, occurred_at: str = "") -> bool:
    """
    Tell whether what *facts* say is what the query's ``filter[...]`` asks for; other filters do not count.

    A fact is a text, or true or false; *occurred_at* is an instant in ISO 8601.
    """
    for name, fact in facts.items():
        asked = query.get(f"filter[{name}]")
        if asked is not None and asked != (str(fact).lower() if isinstance(fact, bool) else fact):
            return False
    asked_times = [(name, query.get(f"filter[occurred_at][{name}]")) for name in _COMPARISONS]
    return all(_COMPARISONS[name](occurred_at, asked) for name, asked in asked_times if asked is not None)


def page(query: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the page of *rows* that was asked for, with Telnyx's ``meta``."""
    number, size = int(query.get("page[number]", "1")), int(query.get("page[size]", "20"))
    meta = {
        "page_number": number,
        "page_size": size,
        "total_pages": math.ceil(len(rows) / size),
        "total_results": len(rows),
    }
    return {"data": list(rows[(number - 1) * size : number * size]), "meta": meta}
