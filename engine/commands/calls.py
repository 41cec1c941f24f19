"""``ringflow calls``: the calls that the database knows, running and over, the newest first."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.commands.history import history_and_redaction, iso, local
from engine.commands.terminal import OK, format_option, say

if TYPE_CHECKING:
    from engine.calls.summary import Summary

_COLUMNS = ("call", "began", "status", "flow", "state", "from", "to", "lasted")


@click.command(epilog="Example: ringflow calls --live --flow front_desk")
@click.option("--live", "is_live", is_flag=True, help="Only calls that are on the line.")
@click.option("--flow", default="", metavar="NAME", help="Only calls of this flow.")
@click.option("--since", default=None, metavar="TIME", help="Only calls that began in the last so much, such as 2h.")
@click.option("--number", default="", metavar="NUMBER", help="Only calls from or to it, such as +34600111222.")
@click.option("--limit", default=50, type=click.IntRange(1, 10_000), show_default=True, help="At most so many.")
@format_option()
def calls(is_live: bool, flow: str, since: str | None, number: str, limit: int, form: str) -> int:
    """List calls, the newest first. It only reads, whether the service runs or not."""
    from engine.calls.summary import Wanted, listed

    now = time.time()
    wanted = Wanted(is_live=is_live, flow=flow, since=_since(since, now), number=number)
    with history_and_redaction() as (history, redact):
        found = listed(history.calls(), wanted, limit=limit)
        if form == "json":
            say(json.dumps([redact(as_json(call)) for call in found]))
        elif found:
            say(_table([redact(_cells(call, now)) for call in found]))
        else:
            say("no calls" + (" like that" if wanted != Wanted() else " yet"))
    return OK


def as_json(call: Summary) -> dict[str, Any]:
    """Return a call as programs read it (interfaces.md, "JSON")."""
    return {
        "call": call.call, "flow": call.flow or None, "role": call.role or None, "version": call.version or None,
        "state": call.state or None, "from": call.from_ or None, "to": call.to or None,
        "started_at": iso(call.started_at), "ended_at": iso(call.ended_at), "status": call.status,
    }  # fmt: skip


def lasted(call: Summary, now: float) -> str:
    """Return how long a call lasted, or lasts by now: "1:07", "1:02:07"."""
    if call.started_at is None or call.status == "planned":
        return "-"
    hours, rest = divmod(int(max(0.0, (call.ended_at or now) - call.started_at)), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _since(text: str | None, now: float) -> float | None:
    from engine.language.values import seconds

    if text is None:
        return None
    length_s = seconds(text)
    if length_s is None:
        raise click.UsageError(f"--since {text}: write a length of time, such as 30m, 2h or 90s")
    return now - length_s


def _cells(call: Summary, now: float) -> dict[str, str]:
    """Return what stands in each column; a role that is not the caller's stands behind its flow."""
    flow = call.flow or "(none)"
    return {
        "call": call.call, "began": local(call.started_at), "status": call.status,
        "flow": flow if call.role in ("", "caller") else f"{flow}, {call.role}", "state": call.state or "-",
        "from": call.from_ or "-", "to": call.to or "-", "lasted": lasted(call, now),
    }  # fmt: skip


def _table(rows: Sequence[dict[str, str]]) -> str:
    lines = [dict(zip(_COLUMNS, _COLUMNS, strict=True)), *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in _COLUMNS}
    return "\n".join("  ".join(line[name].ljust(widths[name]) for name in _COLUMNS).rstrip() for line in lines)
