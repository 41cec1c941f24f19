"""Runs something again whenever files of some folders change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

import click

from engine.check.report import escaped
from engine.commands.terminal import say
from engine.errors import FlowError
from engine.flows_folder import FLOW_ENDING, SOUND_ENDINGS, TEST_ENDING

_LOOK_MS = 200  # how often to look whether Ctrl-C was pressed
_MOST_NAMED = 3
_WIDTH = 79


def watch(places: Iterable[str], run: Callable[[], object]) -> None:
    """
    Call *run* now, and after each change of a flow, test, project or audio file in *places*, until Ctrl-C.

    What is wrong with files is told, and the next change awaited.

    Raises:
        FlowError: a place does not exist.
    """
    from watchfiles import watch as changes_in

    paths = [Path(place) for place in places]
    for path in paths:
        if not path.exists():
            raise FlowError(f"there is no {path}; name a folder that holds tests, or one test")
    folders = {path if path.is_dir() else path.parent for path in paths}
    say(f"Runs again when a file of {', '.join(sorted(map(str, folders)))} changes. Ctrl-C ends it.\n")
    rounds = changes_in(*folders, watch_filter=_counts, rust_timeout=_LOOK_MS, yield_on_timeout=True)
    try:
        # The first round comes without a change; from then on no change is missed, however long a run takes.
        for number, changes in enumerate(rounds):
            if changes:
                _say_what_changed({Path(path).name for _, path in changes})
            if changes or number == 0:
                _run_whatever_happens(run)
    except KeyboardInterrupt:
        pass


def _counts(_change: object, path: str) -> bool:
    """Tell whether a run would read the file at *path*."""
    name = Path(path).name
    is_read = name.endswith((FLOW_ENDING, TEST_ENDING)) or fnmatch(name, "project*.yaml")
    return not name.startswith(".") and (is_read or name.lower().endswith(SOUND_ENDINGS))


def _say_what_changed(names: Iterable[str]) -> None:
    found = sorted(names)
    told = ", ".join(found[:_MOST_NAMED]) + (", ..." if len(found) > _MOST_NAMED else "")
    say(f"\n-- {time.strftime('%H:%M:%S')} {escaped(told)} changed ".ljust(_WIDTH, "-"))


def _run_whatever_happens(run: Callable[[], object]) -> None:
    try:
        run()
    except FlowError as error:
        click.echo(f"ringflow: {error}", err=True)
    except click.UsageError as error:
        click.echo(f"ringflow: {error.format_message()}", err=True)
