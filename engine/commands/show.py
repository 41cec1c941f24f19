"""``ringflow show``: one call, from its beginning to its end, in lines that people read."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from engine.commands.calls import as_json, lasted
from engine.commands.history import history_and_redaction, iso, local, run_named
from engine.commands.terminal import OK, format_option, say
from engine.core.names import PLAN, is_leg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calls.story import Line, Linked
    from engine.calls.summary import Summary
    from engine.core.flow import Flow
    from engine.logs import Redact
    from engine.store.reading import History

_MOST_LINES = 20_000  # of a history; a call has 10,000 steps at most
_MOST_RUNG = 100
_PLACE_AT = 78  # the column of the flow's line, where the text leaves room
_WORDS = {"state": "is in"}  # what stands before the text, where it is not the kind itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that is shown of a run; *call* is None for a room and a queue. *is_whole*: no line is left out."""

    run: str
    call: Summary | None
    lines: Sequence[Line]
    linked: Sequence[Linked]
    is_whole: bool


@click.command(epilog="Example: ringflow show kq3vx8ab")
@click.argument("call")
@click.option("--as-scenario", is_flag=True, help="Print it as a test, to run and to change.")
@click.option("--numbers", type=click.Choice(["made-up", "full"]), default="made-up", help="Whose numbers a test has.")
@format_option()
def show(call: str, as_scenario: bool, numbers: str, form: str) -> int:
    """Show what happened in CALL: its 8 letters, the first few of them, or its call_control_id."""
    if form == "json" and as_scenario:
        raise click.UsageError("a test is text: leave out --format json, or --as-scenario")
    if numbers == "full" and not as_scenario:
        raise click.UsageError("--numbers is for --as-scenario; RINGFLOW_LOG_NUMBERS=full shows whole numbers here")
    # The numbers of a test are left out where they are made, so that those of the flows stay whole.
    with history_and_redaction(full_numbers=as_scenario) as (history, redact):
        if as_scenario:
            from engine.commands.as_scenario import scenario_of

            say(redact(scenario_of(history, run_named(history, call), full_numbers=numbers == "full")))
            return OK
        found = _gathered(history, run_named(history, call), redact)
        if form == "json":
            say(json.dumps(redact(_as_json(found))))
        else:
            say("\n".join(redact(_text(found, now=time.time()))))
    return OK


def _gathered(history: History, run: str, redact: Redact) -> Shown:
    from engine.calls.story import linked, story
    from engine.calls.summary import summary_of
    from engine.core.leg import Leg

    row = history.row(run)
    journal = history.journal(run, limit=_MOST_LINES)
    flows = flows_of(history, row.version) if row is not None and row.version else {}
    others: list[Linked] = []
    if row is not None and is_leg(run):
        rung = [Leg.decode(other.state) for other in history.rung_by(run, limit=_MOST_RUNG)]
        others = linked(Leg.decode(row.state), journal, rung)
    return Shown(
        run=run,
        call=summary_of(row) if row is not None and (is_leg(run) or run.startswith(PLAN)) else None,
        lines=tuple(replace(line, text=redact(line.text)) for line in story(journal, flows)),
        linked=others,
        is_whole=len(journal) < _MOST_LINES,
    )


def flows_of(history: History, version: str) -> Mapping[str, Flow]:
    """Return the flows of a version, none where it is not kept any more, or this ringflow cannot compile it."""
    from engine.language.loader import load_version

    files = history.files(version)
    loaded = load_version(files).version if files is not None else None
    return loaded.flows if loaded is not None else {}


def _as_json(found: Shown) -> dict[str, Any]:
    begin = _begin(found)
    return {
        "call": as_json(found.call) if found.call is not None else {"call": found.run},
        "lines": [
            {
                "at": iso(line.at), "after_s": round(line.at - begin, 3), "kind": line.kind, "text": line.text,
                "path": line.path or None, "line": line.line or None,
            }
            for line in found.lines
        ],
        "linked": [{"role": other.role, "call": _name(other)} for other in found.linked],
        "whole": found.is_whole,
    }  # fmt: skip


def _text(found: Shown, *, now: float) -> list[str]:
    begin = _begin(found)
    lines = [*_head(found, now), ""]
    lines += [line_text(line, begin) for line in found.lines] or ["nothing is kept of it"]
    if not found.is_whole:
        lines.append(f"... only the first {_MOST_LINES:,} lines of its history are read")
    if found.linked:
        lines += ["", "Had to do with it:"]
        lines += [f"  {other.role}: ringflow show {_quoted(_name(other))}" for other in found.linked]
    return lines


def _head(found: Shown, now: float) -> list[str]:
    call = found.call
    if call is None:
        return [found.run]
    role = "" if call.role in ("", "caller") else f", {call.role}"
    numbers = "".join(f", {word} {number}" for word, number in (("from", call.from_), ("to", call.to)) if number)
    end = f"ended {local(call.ended_at)}" if call.ended_at is not None else f"is {call.status}"
    state = f", in {call.state}" if call.state and call.ended_at is None else ""
    stands = f"began {local(call.started_at)}, {end}{state}, lasted {lasted(call, now)}"
    if call.status == "planned":
        stands = f"is planned, rings at {local(call.started_at)}"
    return [
        f"call {call.call}: {call.flow or 'no flow'}{role}{numbers}",
        stands,
        *([f"version {call.version[:8]} of the flows"] if call.version else []),
    ]


def line_text(line: Line, begin: float) -> str:
    """Return one line of a call's story, with the time since it began at *begin*, in epoch seconds."""
    minutes, seconds = divmod(max(0.0, line.at - begin), 60)
    text = f"{int(minutes):4}:{seconds:04.1f}  {_WORDS.get(line.kind, line.kind):8} {' '.join(line.text.split())}"
    if not line.path:
        return text
    return f"{text:<{_PLACE_AT}}  {line.path}{f':{line.line}' if line.line else ''}"


def _begin(found: Shown) -> float:
    """Return when the call began; the time of each line counts from there."""
    return found.lines[0].at if found.lines else 0.0


def _name(other: Linked) -> str:
    return other.run[:8] if is_leg(other.run) else other.run


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
