"""Calls of a database and tests of a folder, made ready to be played on other flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import CommandRefused

if TYPE_CHECKING:
    from engine.compare.run import Call
    from engine.language.loader import Loaded
    from engine.scenario.bench import Load, Material
    from engine.store.reading import History

_PATH = "call.test.yaml"


def remembering() -> Load:
    """Return what compiles a folder, and remembers each that it has compiled."""
    from engine.check.run import load

    known: dict[int, Loaded] = {}

    def loaded(files: Mapping[str, bytes]) -> Loaded:
        key = hash(frozenset(files.items()))
        if key not in known:
            known[key] = load(files)
        return known[key]

    return loaded


def recorded(history: History, run: str, load: Load, *, files: Mapping[str, bytes] | None = None) -> Call:
    """
    Return a recorded call as people's deeds, with *files* as its flows, None for those that it ran on.

    It is not checked where it depended on others who are not in it.

    Raises:
        CommandRefused: no flow had the call, or too little is kept of it; the message says so.
    """
    from engine.calls.summary import NAME_LENGTH
    from engine.commands.as_scenario import UNTRUE, scenario_of
    from engine.scenario.bench import Material

    text = scenario_of(history, run, full_numbers=True, load=load)
    row = history.row(run)
    kept = files if files is not None else history.files(row.version if row is not None else "")
    material = Material(tests={_PATH: text}, folders={"": kept or {}})
    found = list(calls_in(material, load, name=lambda _: run[:NAME_LENGTH]))
    if not found:
        raise CommandRefused(f"the call {run[:NAME_LENGTH]} has people or a flow in it that these flows do not have")
    return replace(found[0], is_checked=not text.startswith(UNTRUE))


def calls_in(material: Material, load: Load, *, name: Callable[[str], str]) -> Iterator[Call]:
    """Yield the scenarios of *material*; *name* makes a call's name of "PATH:LINE, NAME"."""
    from engine.compare.run import Call
    from engine.scenario.bench import Bench

    bench = Bench(material, load=load)
    for work in bench.works:
        scenario, file = bench.scenario(work), bench.file(work)
        title = f"{work.path}:{scenario.line}, {scenario.name}"
        yield Call(name=name(title), steps=scenario.steps, file=file, library=bench.library(work))
