"""``ringflow flows``: which versions of the flows calls run on, and which one new calls get."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from engine.commands.asking import ask_service
from engine.commands.folders import settings
from engine.commands.group import Commands
from engine.commands.terminal import OK, PROBLEMS, format_option, say

if TYPE_CHECKING:
    from engine.store.reading import KeptVersion

_SHORT = 8  # letters of a version, as the log and the other commands show it


@click.group(cls=Commands, epilog="Example: ringflow flows list")
def flows() -> None:
    """Say which version of the flows new calls get, and go back to an older one."""


@flows.command("list", epilog="Example: ringflow flows list")
@format_option()
def list_versions(form: str) -> int:
    """List the versions that the database keeps."""
    from engine.store.choosing import history_at

    with history_at(settings().database) as history:
        kept = history.versions()
    rows = [_row(version, has_pin=any(each.is_pinned for each in kept)) for version in kept]
    if form == "json":
        say(json.dumps(rows))
    elif not rows:
        say("there is no version yet; ringflow serve keeps the first one")
    else:
        say(f"{'version':<{_SHORT}}  {'since':<20}  calls")
        for row in rows:
            marks = [words for name, words in _MARKS.items() if row[name]]
            line = f"{row['version'][:_SHORT]}  {row['since'] or '-':<20}  {row['calls']:>5}  {', '.join(marks)}"
            say(line.rstrip())
    return OK


@flows.command(epilog="Example: ringflow flows use f0344b19")
@click.argument("version")
@format_option()
def use(version: str, form: str) -> int:
    """Give new calls VERSION from now on, or "latest"."""
    again = "see ringflow flows list, and give the command once more"
    answer = ask_service(settings(), "flows/use", {"version": version}, again=again)
    if form == "json":
        say(json.dumps(answer))
    else:
        say(_new_calls(answer))
    return OK


@flows.command(epilog="Example: ringflow flows reload")
@format_option()
def reload(form: str) -> int:
    """Have the service load its folder again; with an error nothing changes."""
    answer = ask_service(settings(), "flows/reload", {}, again="give the command once more; that harms nothing")
    if form == "json":
        say(json.dumps(answer))
    elif answer["problem"]:
        for problem in answer["problems"]:
            say(_line(problem))
        click.echo(f"ringflow: {answer['problem']}; nothing has changed", err=True)
    else:
        say(f"{'loaded' if answer['changed'] else 'loaded, and nothing in it is new'}: {_new_calls(answer)}")
    return PROBLEMS if answer["problem"] else OK


_MARKS = {"new_calls": "new calls", "pinned": "pinned", "latest": "latest"}


def _row(kept: KeptVersion, *, has_pin: bool) -> dict[str, Any]:
    since = None if kept.since is None else datetime.fromtimestamp(kept.since, UTC).isoformat(timespec="seconds")
    return {
        "version": kept.version,
        "since": since and since.replace("+00:00", "Z"),
        "calls": kept.calls,
        "new_calls": kept.is_pinned if has_pin else kept.is_latest,
        "pinned": kept.is_pinned,
        "latest": kept.is_latest,
    }


def _new_calls(answer: dict[str, Any]) -> str:
    version, latest = answer["version"][:_SHORT], answer["latest"][:_SHORT]
    if not answer["pinned"]:
        return f"new calls get {version}, the latest"
    return f"new calls get {version}, which is pinned; the latest is {latest} (ringflow flows use latest)"


def _line(problem: dict[str, Any]) -> str:
    place = f"{problem['path']}:{problem['line']}:{problem['column']}"
    return f"{place}: {problem['severity']}: {problem['message']} [{problem['rule']} {problem['name']}]"
