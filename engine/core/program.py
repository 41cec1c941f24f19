"""What step() executes: compiled flows with their machines, and the little that they need from around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.catalogue import Catalogue
from engine.core.flow import Flow, Project, Role, Version
from engine.core.machine import Machine, build_machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One flow of one version, ready to run. *secrets* are read live and never stored (language.md, "remember")."""

    flow: Flow
    project: Project
    machine: Machine
    catalogue: Catalogue
    install: str
    secrets: Mapping[str, str]
    version: str = ""

    def role(self, name: str) -> Role:
        return self.flow.roles[name]


@dataclass(slots=True, kw_only=True)
class Library:
    """
    All versions that runs are bound to, and the one that new calls get.

    *install* tells this installation's client_state from another's. *public_url*: where Telnyx reaches this service,
    without a slash at the end. *is_alone*: no other process is there, perhaps of a newer ringflow, that could go on
    with a call which this one cannot read. Filled by the service at start and on reload.
    """

    install: str
    catalogue: Catalogue
    current: Version
    secrets: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""
    is_alone: bool = True
    _versions: dict[str, Version] = field(default_factory=dict)
    _programs: dict[tuple[str, str], Program] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add(self.current)

    def add(self, version: Version) -> None:
        """Make *version* known to the runs that are bound to it."""
        self._versions[version.hash] = version

    def use(self, version: Version) -> None:
        """Give new calls *version* from now on."""
        self.add(version)
        self.current = version

    def knows(self, version: str) -> bool:
        return version in self._versions

    def program(self, version: str, flow: str) -> Program:
        """Return a flow of a version, with its machine built once. Raises KeyError for a version never added."""
        program = self._programs.get((version, flow))
        if program is None:
            compiled = self._versions[version]
            program = Program(
                flow=compiled.flows[flow],
                project=replace(compiled.project, public_url=self.public_url),
                machine=build_machine(compiled.flows[flow]),
                catalogue=self.catalogue,
                install=self.install,
                secrets=self.secrets,
                version=version,
            )
            self._programs[version, flow] = program
        return program


def audio_parameters(project: Project, name: str) -> dict[str, Any]:
    """Return ``audio_url`` or ``media_name`` for an entry of ``audio``."""
    audio = project.audio[name]
    if audio.media:
        return {"media_name": audio.media}
    return {"audio_url": audio.url or f"{project.public_url}/audio/{audio.address}"}
