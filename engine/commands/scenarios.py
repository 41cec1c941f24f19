"""What ``ringflow test`` was asked for: the tests of places, those of them with a text in their names."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.flows_folder import read_folder, read_tests

if TYPE_CHECKING:
    from engine.scenario.bench import Bench, Material, Work

_MOST_NAMES = 3  # that are offered instead of a text that fits none


def read_material(places: Sequence[str], *, stage: str | None) -> Material:
    """
    Return the tests of *places*, which are folders or single tests, with the flows beside them.

    Raises:
        FlowError: something is not there or cannot be read.
    """
    from engine.scenario.bench import Material

    tests = {path: text for place in places for path, text in read_tests(place).items()}
    folders = {_named(path.parent): path.parent for path in tests}
    return Material(
        tests={path.as_posix(): text for path, text in tests.items()},
        folders={name: read_folder(folder, stage=stage) for name, folder in folders.items()},
    )


def whole_folders(places: Sequence[str]) -> set[str]:
    """Return those of *places* that are folders, as a material names them."""
    return {_named(Path(place)) for place in places if Path(place).is_dir()}


def _named(folder: Path) -> str:
    return "" if folder == Path() else folder.as_posix()


def sources(material: Material) -> dict[str, bytes]:
    """Return every file of *material* by its path, to quote from."""
    flows = {
        posixpath.join(folder, name): text for folder, files in material.folders.items() for name, text in files.items()
    }
    return flows | {path: text for path, text in material.tests.items() if isinstance(text, bytes)}


def chosen(bench: Bench, only: str) -> list[Work]:
    """
    Return the scenarios with *only* in their names, in any case of letters.

    Raises:
        click.UsageError: there are scenarios, and none fits; the nearest names are told.
    """
    named = [(bench.scenario(work).name, work) for work in bench.works]
    found = [work for name, work in named if only.casefold() in name.casefold()]
    if named and not found:
        near = sorted({name for name, _ in named}, key=lambda name: (-_likeness(only, name), name))
        told = "".join(f"\n  {name}" for name in near[:_MOST_NAMES])
        raise click.UsageError(f"no scenario has '{only}' in its name; the nearest are:{told}")
    return found


def _likeness(text: str, name: str) -> int:
    """Return how many letters of *text* stand in *name*, in the same order, where they lie closest together."""
    matcher = difflib.SequenceMatcher(None, text.casefold(), name.casefold(), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks() if block.size > 1)
