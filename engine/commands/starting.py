"""``ringflow init`` and ``ringflow new``: a first flow with its test, to change and to grow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import click

from engine.commands.folders import settings
from engine.commands.terminal import OK, say
from engine.errors import SettingsError
from engine.resources import template

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Numbers that nobody has: 555-0100 to 0199 are kept for stories (North American Numbering Plan).
_FREE_NUMBERS = [f"+1202555{number:04}" for number in range(100, 200)]


@click.command(epilog="Example: ringflow init my_flows")
@click.argument("folder", type=click.Path(file_okay=False))
def init(folder: str) -> int:
    """Make FOLDER with a first flow, its test and project.yaml. Nothing that is there is overwritten."""
    names = ("hello.flow.yaml", "hello.test.yaml", "project.yaml")
    _write(Path(folder), {name: template(name) for name in names})
    say(f"Now try: ringflow check {folder}, then: ringflow test {folder}")
    return OK


@click.command(epilog="Example: ringflow new night_desk")
@click.argument("name")
@click.option("--flows", "folder", default=None, type=click.Path(), help="The folder of flows [RINGFLOW_FLOWS].")
def new(name: str, folder: str | None) -> int:
    """Write a flow called NAME and its test into the folder of flows. Nothing that is there is overwritten."""
    if _NAME.fullmatch(name) is None:
        raise click.UsageError(f"'{name}' cannot be the name of a flow; use small letters, digits and _")
    place = Path(folder or settings().flows)
    if not place.is_dir():
        raise SettingsError(f"there is no folder {place}; ringflow init {place} makes one")
    flow = template("hello.flow.yaml").replace("flow: hello", f"flow: {name}")
    flow = flow.replace("calls_to: [main_number]", f'calls_to: ["{_free_number(place)}"]')
    test = template("hello.test.yaml").replace("hello.flow.yaml", f"{name}.flow.yaml")
    _write(place, {f"{name}.flow.yaml": flow, f"{name}.test.yaml": test})
    return OK


def _free_number(folder: Path) -> str:
    """Return a number that no file of *folder* mentions."""
    texts = "".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*.yaml"))
    return next((number for number in _FREE_NUMBERS if number not in texts), _FREE_NUMBERS[-1])


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write all of *files*, or nothing when one of them is there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = [str(folder / name) for name in files if (folder / name).exists()]
        if there:
            raise SettingsError(f"{' and '.join(there)} would be overwritten; choose another name, or remove it first")
        for name, text in files.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
            say(f"wrote {folder / name}")
    except OSError as error:
        raise SettingsError(f"{error.filename or folder} cannot be written: {error.strerror}") from None
