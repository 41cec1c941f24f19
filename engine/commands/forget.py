"""``ringflow forget``: what is stored about a phone number goes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.alone import AGAIN, done_alone
from engine.commands.asking import ask_service
from engine.commands.folders import settings
from engine.commands.terminal import OK, PROBLEMS, format_option, say

if TYPE_CHECKING:
    from engine.config import Settings
    from engine.core.mentions import Number
    from engine.ports import Store

# The service stands still while its file is written anew: a second or two for so many bytes.
_MOST_BYTES_BESIDE_A_SERVICE = 200_000_000


@click.command(epilog='Example: ringflow forget "+34600111222"')
@click.argument("number")
@format_option()
def forget(number: str, form: str) -> int:
    """Delete all calls from and to NUMBER that have ended, and mask it in all others. A running service goes on."""
    from engine.core.mentions import Number

    found, wanted = settings(), Number.read(number)
    answer = _forgotten(found, number)
    has_traces = not answer["live"] and found.database_path is not None and _traces_stay(found, wanted)
    if form == "json":
        say(json.dumps({**answer, "traces": has_traces}))
    else:
        say("\n".join(_sentences(answer, has_traces)))
    return PROBLEMS if answer["live"] or has_traces else OK


def _forgotten(found: Settings, number: str) -> dict[str, Any]:
    """Return ``{calls, mentions, live}``: done by ourselves, or portion by portion by the service."""
    from engine.forgetting import forget as forget_in

    wanted = {"number": number, "place": ""}
    answer = done_alone(found, lambda store: forget_in(store, wanted, now=time.time(), work_s=float("inf")))
    total: dict[str, Any] = {"calls": 0, "mentions": 0, "live": []}
    while True:
        if answer is None:
            answer = ask_service(found, "forget", wanted, again=AGAIN)
        total["calls"] += answer["calls"]
        total["mentions"] += answer["mentions"]
        total["live"] = list(dict.fromkeys([*total["live"], *answer["live"]]))
        if not answer["place"]:
            return total
        wanted, answer = {**wanted, "place": answer["place"]}, None


def _traces_stay(found: Settings, number: Number) -> bool:
    """Write the file anew where its bytes still hold *number*; tell whether they do so even then."""
    from engine.store.traces import holds

    path = Path(str(found.database_path))
    if not holds(path, number.digits):
        return False
    if done_alone(found, _compacted) is None:
        if path.stat().st_size > _MOST_BYTES_BESIDE_A_SERVICE:
            return True
        ask_service(found, "db/compact", {}, again=AGAIN)
    return holds(path, number.digits)


async def _compacted(store: Store) -> dict[str, Any]:
    await store.compact()
    return {}


def _sentences(answer: dict[str, Any], has_traces: bool) -> list[str]:
    calls, mentions, live = answer["calls"], answer["mentions"], answer["live"]
    lines = [f"{_counted(calls, 'call', 'calls')} forgotten, {_counted(mentions, 'mention', 'mentions')} masked"]
    if not (calls or mentions):
        lines = [] if has_traces or live else ["nothing is stored about it"]
    if len(live) == 1:
        lines.append(f"a call is under way and was left: {live[0]}; give the command again when it has ended")
    elif live:
        names = ", ".join(live)
        lines.append(f"{len(live)} calls are under way and were left: {names}; give the command again when they ended")
    if has_traces:
        lines.append("traces of it are left in unused parts of the file; stop the service and give the command again")
    return lines


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
