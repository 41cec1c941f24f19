"""``ringflow check``: what is wrong in flows."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from engine.commands.folders import folders, settings, shown
from engine.commands.terminal import OK, PROBLEMS, format_option, has_colour, say
from engine.core.problem import Problem
from engine.flows_folder import read_folder

_FAILING = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


@click.command(epilog="Example: ringflow check flows/")
@click.argument("paths", nargs=-1, type=click.Path())
@format_option("github")
@click.option("--fail-on", type=click.Choice([*_FAILING]), default="error", help="What makes the exit code 1 [error].")
def check(paths: tuple[str, ...], form: str, fail_on: str) -> int:
    """
    Find mistakes in flows, with their places and what to do about them.

    PATHS are folders or single flows; without them, the folder RINGFLOW_FLOWS.
    """
    gc.disable()  # the trees live until the end; looking through them for garbage takes a fifth of the time
    try:
        problems, sources = _problems(paths)
        say(_report(problems, sources, form))
    finally:
        gc.enable()
    return PROBLEMS if any(problem.severity in _FAILING[fail_on] for problem in problems) else OK


def _problems(paths: Sequence[str]) -> tuple[list[Problem], Mapping[str, bytes]]:
    from engine.check.run import check_files

    problems: list[Problem] = []
    sources: dict[str, bytes] = {}
    found_settings = settings()
    for folder, only in folders(paths or (found_settings.flows,)):
        files = read_folder(folder, stage=found_settings.stage)
        wanted = files if only is None else {name: files[name] for name in only}
        sources |= {shown(folder, name): content for name, content in wanted.items()}
        found = check_files(files)
        problems += [replace(problem, path=shown(folder, problem.path)) for problem in found if problem.path in wanted]
    return problems, sources


def _report(problems: list[Problem], sources: Mapping[str, bytes], form: str) -> str:
    from engine.check.report import as_github, as_json, as_text

    if form == "json":
        return as_json(problems)
    if form == "github":
        return as_github([replace(problem, path=_below_here(problem.path)) for problem in problems], len(sources))
    return as_text(problems, sources, colour=has_colour())


def _below_here(path: str) -> str:
    """Return *path* as GitHub wants it: relative to the current directory, with forward slashes."""
    whole, here = Path(path).absolute(), Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()
