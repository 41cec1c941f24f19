"""``ringflow db``: keeping the database."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.alone import done_anyhow
from engine.commands.folders import settings
from engine.commands.group import Commands
from engine.commands.terminal import OK, PROBLEMS, format_option, say

if TYPE_CHECKING:
    from engine.store.looking import Facts

_ADVICE = "restore a backup, as docs/operating.md says under 'A damaged database'"


@click.group(cls=Commands, epilog="Example: ringflow db backup /var/backups/ringflow.db")
def db() -> None:
    """Keep the database: back it up, check it, delete what is old."""


@db.command(epilog="Example: ringflow db backup /var/backups/ringflow.db --force")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@format_option()
def backup(file: Path, force: bool, form: str) -> int:
    """Write a checked copy to FILE, also while the service runs."""
    from engine.store.backup import back_up

    facts = back_up(Path(settings().sqlite_file("db backup")), file, may_replace=force)
    if form == "json":
        say(json.dumps({"file": str(file), "bytes": facts.bytes, **facts.counts}))
    else:
        say(f"{file}: {_contents(facts)}")
    return OK


@db.command(epilog="Example: ringflow db check")
@format_option()
def check(form: str) -> int:
    """Say whether it is sound, and what it holds."""
    from engine.store.choosing import facts_at, name_of
    from engine.store.looking import COUNTS

    found = settings()
    name, facts = name_of(found.database), facts_at(found.database)
    is_looked_through = found.database_path is not None
    if form == "json":
        is_sound = not facts.problems if is_looked_through else None
        answer = {"database": name, "sound": is_sound, "problems": facts.problems, "schema": facts.schema}
        say(json.dumps({**answer, "bytes": facts.bytes, **dict.fromkeys(COUNTS), **facts.counts}))
    elif facts.problems:
        for problem in facts.problems:
            say(f"{name}: {problem}")
        say(f"{name} is damaged; {_ADVICE}")
    else:
        say(f"{name}{' is sound' if is_looked_through else ''}: {_contents(facts)}, schema {facts.schema}")
        if not is_looked_through:
            say("whether its files are sound, PostgreSQL's own pg_amcheck says")
    return PROBLEMS if facts.problems else OK


@db.command(epilog="Example: ringflow db prune --older-than 2h")
@click.option(
    "--older-than", "age", default="1d", metavar="TIME", show_default=True,
    help="How long ago a call must have ended: 12h, 30d; 1h at least.",
)  # fmt: skip
@format_option()
def prune(age: str, form: str) -> int:
    """Delete calls that have ended, also while the service runs."""
    wanted, deleted = {"older_than_s": _seconds(age)}, 0
    answer = {"is_done": False}
    while not answer["is_done"]:
        answer = _prune(wanted)
        deleted += answer["deleted"]
    say(json.dumps({"deleted": deleted}) if form == "json" else _deleted(deleted, age))
    return OK


def _prune(wanted: dict[str, float]) -> dict[str, Any]:
    """Prune for a while: by ourselves, or where a service holds the database by that."""
    from engine.upkeep import prune

    return done_anyhow(
        settings(), lambda store: prune(store, wanted["older_than_s"], now=time.time()), "db/prune", wanted
    )


def _seconds(age: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6})([hd])", age)
    if found is None:
        raise click.UsageError(f"--older-than {age}: write hours or days, such as 12h or 30d")
    return int(found[1]) * {"h": 3600.0, "d": 86400.0}[found[2]]


def _deleted(rows: int, age: str) -> str:
    return f"{_counted(rows, 'row', 'rows')} of calls that ended more than {age} ago deleted"


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
