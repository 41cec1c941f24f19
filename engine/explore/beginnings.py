"""How a call can begin: in opening hours and outside them, with the world outside answering or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from engine.core.catalogue import Catalogue
from engine.errors import DefectError
from engine.explore.answers import lookups
from engine.explore.material import Material
from engine.scenario.parse import START, parse
from engine.scenario.script import ScenarioFile

_STEP = timedelta(minutes=30)
_A_WEEK = timedelta(days=7)
_MOST_TIMES = 4
_PATTERN = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a scenario's ``given`` says: *time* as it is written there, "" for the usual one; *http* by address."""

    time: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    http: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """Return it in the language of scenarios, "" where there is nothing to say."""
        secrets = ", ".join(f'{name}: "{value}"' for name, value in self.secrets.items())
        told = [f"time: {self.time}"] if self.time else []
        told += [f"secrets: {{{secrets}}}"] if secrets else []
        told += [f"http: {orjson.dumps(self.http).decode()}"] if self.http else []
        return f"given: {{{', '.join(told)}}}\n" if told else ""


def beginnings(material: Material) -> Iterator[Given]:
    """Yield each way to begin: every combination of what is open and closed, with lookups that work and that do not."""
    for time in _times(material):
        for http in lookups(material):
            yield Given(time=time, secrets=material.secrets, http=http)


def scenario_file(given: Given, material: Material, catalogue: Catalogue) -> ScenarioFile:
    """Return the scenario file that begins so, without scenarios."""
    flow = material.flow
    text = f"test: {flow.path}\n{given.line()}scenarios: [{{name: walk, steps: [wait: 1s]}}]\n"
    flows = {other.path: other for other in material.version.flows.values()}
    parsed = parse(text, flow.path, flows=flows, project=material.project, catalogue=catalogue)
    if parsed.file is None:
        raise DefectError(f"a scenario for {flow.path} cannot be read: {parsed.problems[0].message}")
    return parsed.file


def _times(material: Material) -> Iterator[str]:
    """Yield one time of the week for each combination of open and closed."""
    if not material.hours:
        yield ""
        return
    own = next(iter(material.flow.hours.values()), None)
    begin = datetime.strptime(START, _PATTERN).replace(tzinfo=own.zone if own is not None else UTC)
    seen: set[tuple[bool, ...]] = set()
    at = begin
    while at < begin + _A_WEEK and len(seen) < _MOST_TIMES:
        is_open = tuple(hours.is_open(at.timestamp()) for hours in material.hours)
        if is_open not in seen:
            seen.add(is_open)
            yield at.strftime(_PATTERN) + ("" if own is not None else " UTC")
        at += _STEP
