"""``ringflow replay``: a recorded call again, exactly as it was, or on other flows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.folders import folders, load_folder, settings
from engine.commands.history import history_and_redaction, iso, run_named
from engine.commands.show import line_text
from engine.commands.terminal import OK, PROBLEMS, format_option, say
from engine.core.names import is_leg
from engine.errors import CommandRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.calls.replay import Replay
    from engine.core.change import JournalEntry
    from engine.core.flow import Version
    from engine.logs import Redact
    from engine.store.reading import History

_MOST_LINES = 100_000  # a call has 10,000 steps at most
_ALONE = "the call depended on others, such as callers ahead in line; both sides show how it goes without them"


@click.command(epilog="Example: ringflow replay kq3vx8ab --with flows/front_desk.flow.yaml")
@click.argument("call")
@click.option("--with", "other", metavar="FLOW", help="Play it on other flows: a folder of flows, or a flow in one.")
@format_option()
def replay(call: str, other: str | None, form: str) -> int:
    """Decide everything in CALL again and say whether it comes out as recorded, or what callers would notice."""
    with history_and_redaction() as (history, redact):
        run = run_named(history, call)
        if not is_leg(run):
            raise CommandRefused(f"only a call that has rung can be replayed, and {run} is none")
        if other is not None:
            return _replay_with(history, run, other, form, redact)
        return _replay_exactly(history, run, form, redact)


# -- exactly ---------------------------------------------------------------------------------------------------


def _replay_exactly(history: History, run: str, form: str, redact: Redact) -> int:
    from engine.calls.replay import replay as decided_again
    from engine.tables import catalogue

    version = _version_of(history, run)
    result = decided_again(history.journal(run, limit=_MOST_LINES), version, catalogue())
    if form == "json":
        say(json.dumps(redact(_as_json(run, result))))
    else:
        say("\n".join(_text(result, version, redact)))
    return OK if result.difference is None else PROBLEMS


def _version_of(history: History, run: str) -> Version:
    from engine.calls.summary import NAME_LENGTH
    from engine.language.loader import load_version

    row = history.row(run)
    files = history.files(row.version) if row is not None and row.version else None
    version = load_version(files).version if files is not None else None
    if version is None:
        raise CommandRefused(f"no flow had the call {run[:NAME_LENGTH]}, or its flows are not kept any more")
    return version


def _text(result: Replay, version: Version, redact: Redact) -> Iterator[str]:
    from engine.calls.story import story

    begin = result.journal[0].at
    for line in story(result.journal, version.flows):
        yield line_text(replace(line, text=redact(line.text)), begin)
    yield ""
    if result.difference is None:
        yield f"exactly as recorded: {_counted(result)}"
        return
    yield f"not as recorded, after {_counted(result)} that are:"
    yield redact(f"  recorded  {_in_words(result.difference.recorded)}")
    yield redact(f"  replayed  {_in_words(result.difference.replayed)}")


def _counted(result: Replay) -> str:
    return f"{result.events:,} events, {result.commands:,} commands"


def _in_words(entry: JournalEntry | None) -> str:
    """Return a line of a history, whole: the difference may be in what is usually left out."""
    return "nothing" if entry is None else f"{entry.kind} {json.dumps(entry.record, ensure_ascii=False)}"


def _as_json(run: str, result: Replay) -> dict[str, Any]:
    from engine.calls.summary import NAME_LENGTH

    difference = result.difference
    sides = (difference.recorded, difference.replayed) if difference is not None else ()
    return {
        "call": run[:NAME_LENGTH], "exact": difference is None, "events": result.events, "commands": result.commands,
        "difference": {
            side: None if entry is None else {"at": iso(entry.at), "kind": entry.kind, "record": entry.record}
            for side, entry in zip(("recorded", "replayed"), sides, strict=True)
        } if difference is not None else None,
    }  # fmt: skip


# -- on other flows --------------------------------------------------------------------------------------------


def _replay_with(history: History, run: str, other: str, form: str, redact: Redact) -> int:
    from engine.commands.reenact import recorded, remembering
    from engine.compare.report import NOTHING, comparison_json, lines_of
    from engine.compare.run import verdict
    from engine.flows_folder import FLOW_ENDING

    [(folder, names)] = folders([other])
    new, _ = load_folder(str(folder), settings().stage)
    call = recorded(history, run, remembering())
    flow = Path(names[0]).name.removesuffix(FLOW_ENDING) if names else ""
    found = verdict(call, new, flow=flow)
    if found.problem:
        raise CommandRefused(f"the call {call.name} cannot be played again: {found.problem}")
    changes = found.comparison.changes
    if form == "json":
        told = {"call": call.name, "flow": call.file.flow.name, "with": other, "alone": not call.is_checked}
        say(json.dumps(redact({**told, **comparison_json(found.comparison)})))
    else:
        head = [
            f"call {call.name} of {call.file.flow.name}, with {other}",
            *([] if call.is_checked else [f"note: {_ALONE}"]),
            "",
        ]
        say("\n".join(redact([*head, *(lines_of(found.comparison) if changes else [NOTHING])])))
    return PROBLEMS if changes else OK
