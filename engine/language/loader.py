"""A folder of flow files, as bytes, to a checked Version or to the problems that stand in its way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from engine.core.catalogue import Catalogue
from engine.core.flow import Version
from engine.core.problem import Problem
from engine.language.compile import Compiled, compile_flow
from engine.language.nodes import Document, Map
from engine.language.overlay import overlay
from engine.language.parse import parse_flow
from engine.language.project import PATH as PROJECT
from engine.language.project import ProjectTree, parse_project, with_addresses
from engine.language.reader import read
from engine.language.saying import not_a_map
from engine.language.shape import check_shape
from engine.language.tree import FlowTree, RoleTree, StateTree, StepTree
from engine.language.values import Reading
from engine.tables import catalogue


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folder:
    """What a review looks at: the flows that could be read, the project, and every file's comments."""

    flows: tuple[Compiled, ...]
    project: ProjectTree
    documents: Mapping[str, Document]
    catalogue: Catalogue
    is_complete: bool  # every file of the folder could be read as far as its trees
    sounds: frozenset[str] = frozenset()  # the paths of the audio files in it

    @property
    def trees(self) -> tuple[FlowTree, ...]:
        """The flows as written, in the order of the files."""
        return tuple(compiled.tree for compiled in self.flows)

    def roles(self) -> Iterator[tuple[FlowTree, RoleTree]]:
        """Yield every role with its flow."""
        return ((flow, role) for flow in self.trees for role in flow.roles)

    def states(self) -> Iterator[tuple[FlowTree, RoleTree, StateTree]]:
        """Yield every state with its flow and role."""
        return ((flow, role, state) for flow, role in self.roles() for state in role.states)

    def blocks(self) -> Iterator[tuple[FlowTree, RoleTree, StateTree]]:
        """Yield every state and every ``anywhere`` with its flow and role."""
        return ((flow, role, block) for flow in self.trees for role, block in flow.blocks())

    def steps(self) -> Iterator[tuple[FlowTree, RoleTree, StateTree, StepTree]]:
        """Yield every step with its flow, role, and state or ``anywhere``."""
        return ((flow, *found) for flow in self.trees for found in flow.steps())


Review = Callable[[Folder], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """
    *version* is None when there is any error; *problems* are sorted by place, warnings included.

    *folder* is what could be read all the same.
    """

    version: Version | None
    problems: tuple[Problem, ...]
    folder: Folder


def _audio_address(path: str, content: bytes) -> str:
    """Return the name under which the audio file *path* is served: its hash, so that it may be kept for ever."""
    return f"{hashlib.sha256(content).hexdigest()[:32]}.{path.rpartition('.')[2].lower()}"


def version_hash(files: Mapping[str, bytes]) -> str:
    """Return the hash that names a version: over all names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def load_version(files: Mapping[str, bytes], review: Review | None = None) -> Loaded:
    """
    Return the compiled folder, or why it cannot be compiled.

    *files* maps relative paths to the bytes of every ``*.flow.yaml``, of ``project.yaml`` and of audio. *review* adds
    the checker's rules; without it only shape, names and formulas are checked (use ``engine.check.run.load``).
    """
    texts = {path: content for path, content in files.items() if path.endswith(".yaml")}
    documents = {path: read(content, path) for path, content in sorted(texts.items())}
    problems = [problem for document in documents.values() for problem in document.problems]
    sounds = {path: _audio_address(path, files[path]) for path in files.keys() - texts.keys()}
    project = with_addresses(_project(documents, problems), sounds)
    flows = []
    for path, document in documents.items():
        if not is_project(path):
            compiled = _flow(path, document, project, problems)
            flows += [] if compiled is None else [compiled]
    is_complete = len(flows) == sum(not is_project(path) for path in documents)
    folder = Folder(
        flows=tuple(flows),
        project=project,
        documents=documents,
        catalogue=catalogue(),
        is_complete=is_complete,
        sounds=frozenset(sounds),
    )
    problems += [] if review is None else review(folder)
    problems = _without_echoes(problems, documents)
    version = _version(files, flows, project, problems)
    return Loaded(version=version, problems=tuple(sorted(set(problems))), folder=folder)


def _without_echoes(problems: list[Problem], documents: Mapping[str, Document]) -> list[Problem]:
    """Return *problems* without what follows from a line that YAML reads otherwise than it was meant."""
    of_reader = {problem for document in documents.values() for problem in document.problems}
    spoilt = {(problem.path, problem.line) for problem in problems if problem.severity == "error"}
    spoilt &= {(problem.path, problem.line) for problem in of_reader}
    told = [problem for problem in problems if problem in of_reader or (problem.path, problem.line) not in spoilt]
    return [replace(each, severity="error") if (each.path, each.line) in spoilt else each for each in told]


def is_project(path: str) -> bool:
    """Tell whether *path* is ``project.yaml`` or what a stage lays over it, ``project.STAGE.yaml``."""
    return path == PROJECT or (path.startswith("project.") and path.endswith(".yaml") and path.count(".") == 2)


def _project(documents: Mapping[str, Document], problems: list[Problem]) -> ProjectTree:
    """Return the project file with a stage's own laid over it; each is checked by itself, in its own place."""
    merged: Map | None = None
    for path in sorted((path for path in documents if is_project(path)), key=lambda path: path != PROJECT):
        reading, root = _shaped(path, documents[path], "project", problems)
        tree = ProjectTree(is_sound=False) if root is None else parse_project(root, reading)
        problems += reading.problems
        if root is None or not tree.is_sound:
            return tree
        merged = root if merged is None else overlay(merged, root)
    return ProjectTree() if merged is None else parse_project(merged, Reading(PROJECT, set()))


def _shaped(path: str, document: Document, kind: str, problems: list[Problem]) -> tuple[Reading, Map | None]:
    """Return a reading of *document* that knows what its shape rules out, and its root if that is usable."""
    if document.root is None:
        return Reading(path, set()), None
    if not isinstance(document.root, Map):
        problems.append(not_a_map(path, document.root, kind))
        return Reading(path, set()), None
    shape = check_shape(document.root, path, kind)
    problems += shape.problems
    return Reading(path, shape.broken), document.root


def _flow(path: str, document: Document, project: ProjectTree, problems: list[Problem]) -> Compiled | None:
    reading, root = _shaped(path, document, "flow", problems)
    if root is None or not root.entries:
        return None
    tree = parse_flow(root, reading)
    compiled = compile_flow(tree, project, catalogue())
    problems += reading.problems
    problems += compiled.problems
    return compiled


def _version(
    files: Mapping[str, bytes], flows: list[Compiled], project: ProjectTree, problems: list[Problem]
) -> Version | None:
    if any(problem.severity == "error" for problem in problems):
        return None
    compiled = {flow.flow.name: flow.flow for flow in flows}
    return Version(hash=version_hash(files), flows=MappingProxyType(compiled), project=project.project)
