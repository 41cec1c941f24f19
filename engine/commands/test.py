"""``ringflow test``: scenario tests in virtual time."""

from __future__ import annotations

import time

import click

from engine.commands.folders import settings
from engine.commands.terminal import OK, PROBLEMS, format_option, say
from engine.flows_folder import read_folder, read_tests


@click.command(epilog="Example: ringflow test flows/")
@click.argument("paths", nargs=-1, type=click.Path())
@format_option()
def test(paths: tuple[str, ...], form: str) -> int:
    """Run scenario tests in virtual time. PATHS are folders with *.test.yaml, or single ones."""
    from engine.scenario.file import run_file
    from engine.scenario.report import as_json, as_text, merged

    began = time.monotonic()
    found = settings()
    tests = {path: text for place in paths or (found.flows,) for path, text in read_tests(place).items()}
    folders = {folder: read_folder(folder, stage=found.stage) for folder in {path.parent for path in tests}}
    report = merged(run_file(str(path), text, folders[path.parent]) for path, text in tests.items())
    seconds = time.monotonic() - began
    sources = {str(path): text for path, text in tests.items()}
    for files in folders.values():
        sources |= files
    say(as_json(report, seconds=seconds) if form == "json" else as_text(report, sources, seconds=seconds))
    return OK if report.is_good else PROBLEMS
