"""What is checked on this machine: settings, flows with what they need, the database."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.run import load
from engine.config import Settings
from engine.core.flow import Project, Version
from engine.doctor.finding import Finding, hint, in_two, not_checked, ok, wrong
from engine.errors import FlowError, SettingsError, StoreError
from engine.flows_folder import read_folder
from engine.store.choosing import look_at, name_of


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say of settings that could be read."""
    yield ok("settings", "complete")
    for warning in settings.warnings:
        yield hint("settings", warning, "mend or remove it")


def flows_findings(settings: Settings) -> tuple[Version | None, list[Finding]]:
    """Return the flows as ``serve`` would run them, None when it would not, and what there is to say of them."""
    try:
        loaded = load(read_folder(settings.flows, stage=settings.stage))
    except FlowError as error:
        return None, [wrong("flows", *in_two(str(error)))]
    version = loaded.version
    if version is None:
        errors = sum(problem.severity == "error" for problem in loaded.problems)
        return None, [wrong("flows", f"{_counted(errors, 'error')} in them", f"see: ringflow check {settings.flows}")]
    lacking = [wrong("flows", *in_two(problem)) for problem in _lacking(settings, version.project)]
    return version, [ok("flows", f"no errors in {_counted(len(version.flows), 'flow')}"), *lacking]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _lacking(settings: Settings, project: Project) -> Iterator[str]:
    for require, names in (
        (settings.require_secrets, project.secrets),
        (settings.require_public_url, project.audio_files),
    ):
        try:
            require(names)
        except SettingsError as error:
            yield from error.problems


def database_finding(settings: Settings) -> Finding:
    """Return whether the database can be used."""
    name = name_of(settings.database)
    try:
        is_there = look_at(settings.database)
    except StoreError as error:
        return wrong("database", *in_two(str(error)))
    if is_there:
        return ok("database", name)
    what = name if settings.database_path is not None else f"what it needs in {name}"
    return not_checked("database", f"{what} is made at the first start")
