"""Applies every rule of the checker."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.check import allowances, rules
from engine.check.echoes import without_echoes
from engine.check.misplaced import with_misplaced_lines
from engine.check.rule import Rule
from engine.core.problem import Problem
from engine.language.loader import Folder, Loaded, load_version

_LAYERS = "rgtw"  # references, graph, telephony, style: the order of the reference

# One file per rule: a new file in the folder is a new rule.
RULES: tuple[Rule, ...] = tuple(
    Rule.of(importlib.import_module(f"{rules.__name__}.{name}"))
    for name in sorted(
        (module.name for module in pkgutil.iter_modules(rules.__path__)), key=lambda n: (_LAYERS.index(n[0]), n)
    )
)


def load(files: Mapping[str, bytes]) -> Loaded:
    """
    Return the checked and compiled version, or None with the problems that stand in its way.

    *files* maps relative paths to the bytes of every ``*.flow.yaml`` and of ``project.yaml`` of one folder. This is
    the one way from text to a version: check, serve and the scenario tests all use it.
    """
    loaded = load_version(files, review)
    if not loaded.problems:
        return loaded
    problems = without_echoes(loaded.problems, loaded.folder.documents, files)
    return replace(loaded, problems=with_misplaced_lines(problems, files, _check_lines_as_they_are))


def _check_lines_as_they_are(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    loaded = load_version(files, review)
    return without_echoes(loaded.problems, loaded.folder.documents, files)


def check_files(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Return every problem of the folder, sorted by place."""
    return load(files).problems


def review(folder: Folder) -> Iterator[Problem]:
    """Yield what the rules say about *folder*, without what the author allows."""
    found = [problem for rule in RULES for problem in rule.check(folder)]
    yield from allowances.apply(found, folder, [rule.code for rule in RULES])
