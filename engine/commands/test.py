"""``ringflow test``: scenario tests in virtual time."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import click

from engine.commands.folders import settings
from engine.commands.scenarios import chosen, read_material, sources, whole_folders
from engine.commands.terminal import OK, PROBLEMS, format_option, say


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What was asked for; *stage* lays a file of its own over project.yaml."""

    places: tuple[str, ...]
    stage: str | None
    form: str
    fail_under: float | None
    junit: str | None
    jobs: int | None
    only: str
    with_faults: bool


@click.command(epilog="Example: ringflow test flows/ --fail-under 100")
@click.argument("paths", nargs=-1, type=click.Path())
@format_option()
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail when less of the states, exits or rules of all flows is used.",
)
@click.option("--faults", is_flag=True, help="Run each scenario again in every way in which Telnyx can misbehave.")
@click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Write the results as JUnit XML, too.")
@click.option("--watch", "is_watching", is_flag=True, help="Run again whenever a file changes, until Ctrl-C.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="How many processes [as many as pay].")
@click.option("--only", default="", metavar="TEXT", help="Only the scenarios with this text in their names.")
def test(
    paths: tuple[str, ...], form: str, fail_under: float | None, junit: str | None, is_watching: bool,
    jobs: int | None, only: str, faults: bool,
) -> int:  # fmt: skip
    """Run scenario tests in virtual time. PATHS are folders with *.test.yaml, or single ones."""
    if only and fail_under is not None:
        raise click.UsageError("--fail-under is about all scenarios, and --only leaves some out; give one of the two")
    found = settings()
    wish = _Wish(
        places=paths or (found.flows,), stage=found.stage, form=form, fail_under=fail_under, junit=junit, jobs=jobs,
        only=only, with_faults=faults,
    )  # fmt: skip
    if not is_watching:
        return _run(wish)
    from engine.commands.watching import watch

    watch(wish.places, lambda: _run(wish))
    return OK


def _run(wish: _Wish) -> int:
    """Run what was asked for, print and write the reports, and return the exit code."""
    from engine.commands.processes import run_all
    from engine.scenario.bench import Bench
    from engine.scenario.junit import as_junit
    from engine.scenario.report import Unused, as_json, as_text, shortfall

    began = time.monotonic()
    material = read_material(wish.places, stage=wish.stage)
    bench = Bench(material)
    works = [replace(work, with_faults=wish.with_faults) for work in chosen(bench, wish.only)]
    results = run_all(works, bench, material, jobs=wish.jobs)
    report = bench.report(results, whole=() if wish.fail_under is None else whole_folders(wish.places))
    seconds = time.monotonic() - began
    if wish.form == "json":
        say(as_json(report, seconds=seconds))
    else:
        unused: Unused = "none" if wish.only else "some" if wish.fail_under is None else "all"
        say(as_text(report, sources(material), seconds=seconds, unused=unused))
    if wish.junit is not None:
        _write(Path(wish.junit), as_junit(report, seconds=seconds))
    missing = "" if wish.fail_under is None else shortfall(report, wish.fail_under)
    if missing:
        click.echo(f"ringflow: {missing}", err=True)
    return OK if report.is_good and not missing else PROBLEMS


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
