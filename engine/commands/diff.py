"""``ringflow diff``: what callers would notice between two versions of the flows, in recorded calls and in tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.folders import load_folder, settings
from engine.commands.history import history_and_redaction
from engine.commands.terminal import OK, PROBLEMS, format_option, say
from engine.errors import CommandRefused, FlowError

if TYPE_CHECKING:
    from engine.compare.run import Verdict
    from engine.core.flow import Version
    from engine.logs import Redact
    from engine.scenario.bench import Load
    from engine.store.reading import History

_LEAST_LETTERS = 4  # of a version's hash


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One version of the flows; *folder* is None for one of the database."""

    version: Version
    files: Mapping[str, bytes]
    folder: Path | None


@dataclass(slots=True)
class _Findings:
    """The verdicts about the calls of each flow, in the order of the first ones."""

    by_flow: dict[str, list[Verdict]] = field(default_factory=dict)

    def add(self, flow: str, verdict: Verdict) -> None:
        self.by_flow.setdefault(flow, []).append(verdict)


@click.command(epilog="Example: ringflow diff main/flows flows --calls 100")
@click.argument("old")
@click.argument("new")
@click.option(
    "--calls", "count", type=click.IntRange(0, 10_000), metavar="N", help="Play the newest N recorded calls [100]."
)
@format_option()
def diff(old: str, new: str, count: int | None, form: str) -> int:
    """
    Play recorded calls, and the tests of OLD, on two versions of the flows; say what callers would notice.

    OLD and NEW are folders of flows, or versions in the database, as ringflow flows list names them.
    """
    from engine.commands.reenact import remembering
    from engine.compare.report import FlowReport, as_json, text_of

    load, findings = remembering(), _Findings()
    with _history(is_wanted=count != 0, must_exist=bool(count)) as (history, redact):
        sides = [_side(place, history) for place in (old, new)]
        _play_tests(sides[0], sides[1], load, findings)
        if history is not None:
            _play_calls(history, sides[0], sides[1], load, findings, most=100 if count is None else count)
    reports = [FlowReport(flow=flow, verdicts=verdicts) for flow, verdicts in findings.by_flow.items()]
    if not reports:
        raise CommandRefused(f"there is nothing to play: {old} has no tests, and no recorded call fits its flows")
    say(json.dumps(redact(as_json(reports))) if form == "json" else "\n".join(redact(list(text_of(reports)))))
    return PROBLEMS if any(report.groups for report in reports) else OK


@contextmanager
def _history(*, is_wanted: bool, must_exist: bool) -> Iterator[tuple[History | None, Redact]]:
    """Give the database to read, None where it is not wanted, or nobody asked for it and there is none."""
    path = settings().database_path
    if is_wanted and (must_exist or path is None or Path(path).exists()):
        with history_and_redaction() as (history, redact):
            yield history, redact
    else:
        yield None, lambda value: value


def _side(place: str, history: History | None) -> _Side:
    """
    Return the flows in a folder, or those of a version in the database.

    Raises:
        FlowError: there is neither, or the flows have problems.
    """
    if Path(place).exists():
        version, files = load_folder(place, settings().stage)
        return _Side(version=version, files=files, folder=Path(place))
    from engine.language.loader import load_version

    named = {row.version for row in history.calls()} if history is not None and len(place) >= _LEAST_LETTERS else set()
    found = [version for version in named if version.startswith(place)]
    kept = history.files(found[0]) if history is not None and len(found) == 1 else None
    loaded = load_version(kept).version if kept is not None else None
    if kept is None or loaded is None:
        raise FlowError(f"there is no folder {place}, nor a version of that name that a recorded call ran on")
    return _Side(version=loaded, files=kept, folder=None)


def _play_tests(old: _Side, new: _Side, load: Load, findings: _Findings) -> None:
    """Play the tests beside the old flows."""
    from engine.commands.reenact import calls_in
    from engine.commands.scenarios import read_material
    from engine.compare.run import verdict

    if old.folder is None or not any(old.folder.glob("*.test.yaml")):
        return
    material = read_material([str(old.folder)], stage=settings().stage)
    for call in calls_in(material, load, name=lambda title: title):
        findings.add(call.file.flow.name, verdict(call, new.version))


def _play_calls(history: History, old: _Side, new: _Side, load: Load, findings: _Findings, *, most: int) -> None:
    """Play the newest calls that had one of the old flows; those of agents and others belong to their callers'."""
    from engine.calls.summary import summary_of
    from engine.core.flow import CALLER

    left = most
    for row in history.calls():
        summary = summary_of(row)
        if left and summary is not None and summary.role == CALLER and summary.flow in old.version.flows:
            left -= 1
            flow, found = _verdict(history, row.run, summary.flow, old, new, load)
            findings.add(flow, found)


def _verdict(history: History, run: str, flow: str, old: _Side, new: _Side, load: Load) -> tuple[str, Verdict]:
    """Return what comes of a recorded call, and the flow that it began with."""
    from engine.calls.summary import NAME_LENGTH
    from engine.commands.reenact import recorded
    from engine.compare.comparing import Comparison
    from engine.compare.run import Verdict, verdict

    name = f"call {run[:NAME_LENGTH]}"
    try:
        call = recorded(history, run, load, files=old.files)
    except CommandRefused as refusal:
        return flow, Verdict(name, Comparison(changes=()), str(refusal))
    if not call.is_checked:
        why = "it depended on others who are not in it, such as callers ahead in line"
        return call.file.flow.name, Verdict(name, Comparison(changes=()), why)
    found = verdict(call, new.version)
    return call.file.flow.name, Verdict(name, found.comparison, found.problem)
