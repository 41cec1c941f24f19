"""The command line: arguments in, exit code out; no logic of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.check.report import as_json, as_text
from engine.core.flow import Version
from engine.core.problem import Problem
from engine.errors import FlowError, RingflowError, SettingsError
from engine.flows_folder import read_folder, read_tests

OK = 0  # nothing to report
PROBLEMS = 1  # problems were found in flows or scenarios
USAGE = 2  # wrong arguments or settings
ENGINE = 3  # the engine itself failed

F = TypeVar("F", bound=Callable[..., Any])


def run() -> None:
    """The ``ringflow`` command."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; every expected error is one sentence on stderr."""
    try:
        result = cli.main(args=list(arguments), prog_name="ringflow", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except SettingsError as error:
        for problem in getattr(error, "problems", ()) or (str(error),):
            click.echo(f"ringflow: {problem}", err=True)
        return USAGE
    except FlowError as error:
        click.echo(f"ringflow: {error}", err=True)
        return PROBLEMS
    except RingflowError as error:
        click.echo(f"ringflow: {error}", err=True)
        return ENGINE
    except BrokenPipeError:
        _close_quietly()
        return OK
    except Exception:
        traceback.print_exc()
        click.echo("ringflow: this is a defect of ringflow; please report it with the lines above", err=True)
        return ENGINE
    return result if isinstance(result, int) else OK


def _close_quietly() -> None:
    """The reader of our output has gone (``| head``): nothing more can be said, not even at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _format_option(command: F) -> F:
    return click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the result."
    )(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ringflow", prog_name="ringflow")
def cli() -> None:
    """Phone calls written as YAML state machines: check them, test them, run them on Telnyx."""


# -- check -----------------------------------------------------------------------------------------------------


@cli.command(epilog="Example: ringflow check flows/")
@click.argument("paths", nargs=-1, type=click.Path())
@_format_option
def check(paths: tuple[str, ...], form: str) -> int:
    """Find mistakes in flows, with their places and what to do about them. PATHS are folders or single flows."""
    from engine.check.run import check_files

    problems: list[Problem] = []
    sources: dict[str, bytes] = {}
    settings = _settings()
    for folder, only in _folders(paths or (settings.flows,)):
        files = read_folder(folder, stage=settings.stage)
        wanted = files if only is None else {name: files[name] for name in only}
        sources |= {_shown(folder, name): content for name, content in wanted.items()}
        found = check_files(files)
        problems += [replace(problem, path=_shown(folder, problem.path)) for problem in found if problem.path in wanted]
    click.echo(as_json(problems) if form == "json" else as_text(problems, sources, colour=_has_colour()), nl=False)
    return PROBLEMS if any(problem.severity == "error" for problem in problems) else OK


def _folders(paths: Sequence[str]) -> list[tuple[Path, list[str] | None]]:
    """Return each folder with the flows asked for in it, None for all."""
    folders: dict[Path, list[str] | None] = {}
    for text in paths:
        path = Path(text)
        if not path.is_file():
            folders[path] = None
            continue
        if not path.name.endswith(".flow.yaml") and path.name != "project.yaml":
            raise FlowError(f"{path} is not a flow; the name of a flow ends in .flow.yaml")
        known = folders.setdefault(path.parent, [])
        if known is not None:
            known.append(path.name)
    return list(folders.items())


def _shown(folder: Path, name: str) -> str:
    return str(folder / name)


def _has_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


# -- test ------------------------------------------------------------------------------------------------------


@cli.command(epilog="Example: ringflow test flows/")
@click.argument("paths", nargs=-1, type=click.Path())
@_format_option
def test(paths: tuple[str, ...], form: str) -> int:
    """Run scenario tests in virtual time. PATHS are folders with *.test.yaml, or single ones."""
    from engine.scenario.file import run_file
    from engine.scenario.report import as_json as report_as_json
    from engine.scenario.report import as_text as report_as_text
    from engine.scenario.report import merged

    began = time.monotonic()
    settings = _settings()
    tests = {path: text for place in paths or (settings.flows,) for path, text in read_tests(place).items()}
    folders = {folder: read_folder(folder, stage=settings.stage) for folder in {path.parent for path in tests}}
    report = merged(run_file(str(path), text, folders[path.parent]) for path, text in tests.items())
    seconds = time.monotonic() - began
    sources = {str(path): text for path, text in tests.items()}
    for files in folders.values():
        sources |= files
    as_words = (
        report_as_json(report, seconds=seconds) if form == "json" else report_as_text(report, sources, seconds=seconds)
    )
    click.echo(as_words, nl=False)
    return OK if report.is_good else PROBLEMS


# -- route -----------------------------------------------------------------------------------------------------


@cli.command(epilog='Example: ringflow route --to "+15551230000"')
@click.option("--to", required=True, metavar="NUMBER", help="The number that is called, such as +15551230000.")
@click.option("--connection", default="", metavar="ID", help="The connection_id that Telnyx reports with the call.")
@click.option("--flows", "folder", default=None, type=click.Path(), help="The folder of flows [RINGFLOW_FLOWS].")
@_format_option
def route(to: str, connection: str, folder: str | None, form: str) -> int:
    """Say which flow would answer a call, and why."""
    from engine.core.routing import answering

    settings = _settings()
    version, _ = _load(folder or settings.flows, settings.stage)
    found = answering(version, to=to, connection_id=connection)
    if form == "json":
        answer = {"flow": found.flow.name, "role": found.role.name, "why": found.why} if found else None
        click.echo(json.dumps(answer))
    elif found is None:
        kind = version.project.unrouted.kind
        click.echo(
            f"{to}: no flow answers; such calls are {'rejected' if kind == 'reject' else 'left alone'} "
            "(unrouted in project.yaml)"
        )
    else:
        click.echo(f"{to}: flow {found.flow.name}, role {found.role.name}, because {found.why}")
    return OK if found else PROBLEMS


def _load(folder: str, stage: str | None = None) -> tuple[Version, Mapping[str, bytes]]:
    """
    Return the checked version in *folder*, and its files.

    Raises:
        FlowError: it has problems; they are printed to stderr first.
    """
    from engine.check.run import load

    files = read_folder(folder, stage=stage)
    loaded = load(files)
    if loaded.version is None:
        shown = [replace(problem, path=_shown(Path(folder), problem.path)) for problem in loaded.problems]
        sources = {_shown(Path(folder), name): content for name, content in files.items()}
        click.echo(as_text(shown, sources, colour=_has_colour()), err=True, nl=False)
        raise FlowError(f"the flows in {folder} have problems; mend them first")
    return loaded.version, files


def _settings(environ: Mapping[str, str] | None = None, *, for_serve: bool = False) -> Any:
    from engine.config import Settings

    return Settings.from_environment(
        os.environ if environ is None else environ,
        for_serve=for_serve,
        read_file=lambda path: Path(path).read_text(encoding="utf-8"),
    )


# -- serve -----------------------------------------------------------------------------------------------------


@cli.command(epilog="Example: TELNYX_API_KEY=KEY... TELNYX_PUBLIC_KEY=... ringflow serve")
def serve() -> int:
    """Run the service: take Telnyx's webhooks and carry out the flows. All settings come from the environment."""
    from engine.service import serve as serve_flows

    settings = _settings(for_serve=True)
    for warning in settings.warnings:
        click.echo(f"ringflow: warning: {warning}", err=True)
    version, files = _load(settings.flows, settings.stage)
    _asyncio_run(serve_flows(settings, version, files, reload=lambda: _load(settings.flows, settings.stage)))
    return OK


def _asyncio_run(main: Coroutine[Any, Any, None]) -> None:
    """Run *main* on uvloop where it installs, else on asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


# -- simulate --------------------------------------------------------------------------------------------------


@cli.command(epilog="Example: ringflow simulate --webhook-url http://127.0.0.1:8080/webhooks/telnyx")
@click.option("--listen", default="127.0.0.1:8400", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--webhook-url", default=None, metavar="URL", help="Where webhooks are delivered.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same ids.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    help="How much faster than life voices speak.",
    type=click.FloatRange(min=0.1, max=100),
)
def simulate(listen: str, webhook_url: str | None, seed: int, speed: float) -> int:
    """Run a simulated Telnyx: its API under /v2, its signed webhooks, people under /sim."""
    from engine.simulator.main import run_simulator
    from engine.simulator.options import Options

    host = listen.rpartition(":")[0]
    if host not in ("127.0.0.1", "localhost", "[::1]"):
        raise SettingsError(f"--listen {listen} is not on this machine; the simulator listens on 127.0.0.1 only")
    try:
        options = Options(webhook_url=webhook_url or "", speed=speed)
        asyncio.run(run_simulator(listen=listen, webhook_url=webhook_url, seed=seed, out=sys.stdout, options=options))
    except OSError as error:
        raise SettingsError(f"the simulator cannot listen on {listen}: {error.strerror or error}") from error
    return OK
