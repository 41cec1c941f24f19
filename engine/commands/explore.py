"""``ringflow explore``: every way in which the calls of a flow can go."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from engine.commands.folders import folders, load_folder, settings, shown
from engine.commands.terminal import OK, PROBLEMS, format_option, say

if TYPE_CHECKING:
    from engine.explore.run import Finding
    from engine.explore.walk import Walk

_BETWEEN_S = 0.5  # two lines about the progress


@click.command(epilog="Example: ringflow explore flows/front_desk.flow.yaml")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--depth", type=click.IntRange(1, 100), default=20, show_default=True, help="Deeds in one call, at most.")
@click.option(
    "--refusals",
    type=click.IntRange(0, 3),
    default=1,
    show_default=True,
    help="How many of them are Telnyx's refusals.",
)
@click.option("--limit", type=click.FloatRange(1), default=50, show_default=True, help="Seconds for one flow, at most.")
@format_option()
def explore(paths: tuple[str, ...], depth: int, refusals: int, limit: float, form: str) -> int:
    """Walk every call that flows can have, and show the shortest that goes wrong. PATHS are folders, or flows."""
    from engine.explore import report
    from engine.explore.run import explore as walk_all

    stage = settings().stage
    found: list[tuple[Finding, float]] = []
    examples: list[str] = []
    for folder, names in folders(paths or (settings().flows,)):
        version, _ = load_folder(str(folder), stage)
        for flow in version.flows.values():
            if names is not None and flow.path not in names:
                continue
            began = time.monotonic()
            finding = walk_all(
                flow, version, depth=depth, refusals=refusals, may_go_on=_watch(flow.name, until=began + limit)
            )
            seconds = time.monotonic() - began
            _show("")
            found.append((finding, seconds))
            if form == "text":
                say(report.line(finding, seconds=seconds))
            if finding.scenario:
                place = shown(folder, f"{flow.name}_found.test.yaml")
                examples.append(report.counter_example(finding, path=place))
    if form == "json":
        say(report.as_json(found))
    for example in examples if form == "text" else ():
        say(f"\n{example}")
    return PROBLEMS if examples else OK


def _watch(name: str, *, until: float) -> Callable[[Walk], bool]:
    """Return what tells a walk whether it may go on, and a terminal how far it has come."""
    told = time.monotonic()

    def may_go_on(walk: Walk) -> bool:
        nonlocal told
        now = time.monotonic()
        if now >= told + _BETWEEN_S:
            told = now
            _show(f"{name}: {len(walk.states):,} moments")
        return now < until

    return may_go_on


def _show(progress: str) -> None:
    """Put *progress* in place of what a terminal showed of it last."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{progress}", nl=False, err=True)
