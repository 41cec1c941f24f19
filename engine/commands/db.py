"""``ringflow db``: keeping the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.folders import settings
from engine.commands.group import Commands
from engine.commands.terminal import OK, PROBLEMS, format_option, say

if TYPE_CHECKING:
    from engine.store.looking import Facts

_ADVICE = "restore a backup, as docs/operating.md says under 'A damaged database'"


@click.group(cls=Commands, epilog="Example: ringflow db backup /var/backups/ringflow.db")
def db() -> None:
    """Keep the database: back it up, check it."""


@db.command(epilog="Example: ringflow db backup /var/backups/ringflow.db --force")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@format_option()
def backup(file: Path, force: bool, form: str) -> int:
    """Write a checked copy to FILE, also while the service runs."""
    from engine.store.backup import back_up

    facts = back_up(Path(settings().database_path), file, may_replace=force)
    if form == "json":
        say(json.dumps({"file": str(file), "bytes": facts.bytes, **facts.counts}))
    else:
        say(f"{file}: {_contents(facts)}")
    return OK


@db.command(epilog="Example: ringflow db check")
@format_option()
def check(form: str) -> int:
    """Say whether it is sound, and what it holds."""
    from engine.store.looking import COUNTS, facts_of

    path = settings().database_path
    facts = facts_of(Path(path))
    if form == "json":
        answer = {"database": path, "sound": not facts.problems, "problems": facts.problems, "schema": facts.schema}
        say(json.dumps({**answer, "bytes": facts.bytes, **dict.fromkeys(COUNTS), **facts.counts}))
    elif facts.problems:
        for problem in facts.problems:
            say(f"{path}: {problem}")
        say(f"{path} is damaged; {_ADVICE}")
    else:
        say(f"{path} is sound: {_contents(facts)}, schema {facts.schema}")
    return PROBLEMS if facts.problems else OK


def _contents(facts: Facts) -> str:
    counts = facts.counts
    parts = [
        _counted(counts["calls"], "call under way", "calls under way"),
        _counted(counts["commands"], "command waiting", "commands waiting"),
        _counted(counts["timers"], "timer", "timers"),
        _counted(counts["journal"], "journal row", "journal rows"),
        _counted(facts.bytes, "byte", "bytes"),
    ]
    return ", ".join(parts)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
