"""The folders that a command works on, and the settings that say where they are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.terminal import has_colour
from engine.errors import FlowError
from engine.flows_folder import read_folder

if TYPE_CHECKING:
    from engine.config import Settings
    from engine.core.flow import Version


def settings(*, for_serve: bool = False) -> Settings:
    """Return the settings of the environment. Raises SettingsError."""
    from engine.config import Settings

    return Settings.from_environment(
        os.environ, for_serve=for_serve, read_file=lambda path: Path(path).read_text(encoding="utf-8")
    )


def folders(paths: Sequence[str]) -> list[tuple[Path, list[str] | None]]:
    """
    Return each folder with the flows asked for in it, None for all.

    Raises:
        FlowError: a path is a file that is no flow.
    """
    found: dict[Path, list[str] | None] = {}
    for text in paths:
        path = Path(text)
        if not path.is_file():
            found[path] = None
            continue
        if not path.name.endswith(".flow.yaml") and path.name != "project.yaml":
            raise FlowError(f"{path} is not a flow; the name of a flow ends in .flow.yaml")
        known = found.setdefault(path.parent, [])
        if known is not None:
            known.append(path.name)
    return list(found.items())


def shown(folder: Path, name: str) -> str:
    """Return the path of a file of *folder* as a report names it."""
    return str(folder / name)


def load_folder(
    folder: str, stage: str | None = None, *, is_quiet: bool = False
) -> tuple[Version, Mapping[str, bytes]]:
    """
    Return the checked version in *folder*, and its files.

    Raises:
        FlowError: it has problems; they are printed to stderr first, unless it *is_quiet*.
    """
    from engine.check.report import as_text
    from engine.check.run import load

    files = read_folder(folder, stage=stage)
    loaded = load(files)
    if loaded.version is None:
        problems = [replace(problem, path=shown(Path(folder), problem.path)) for problem in loaded.problems]
        if not is_quiet:
            sources = {shown(Path(folder), name): content for name, content in files.items()}
            click.echo(as_text(problems, sources, colour=has_colour()), err=True, nl=False)
        raise FlowError(f"the flows in {folder} have problems; mend them first", problems=[*map(asdict, problems)])
    return loaded.version, files
