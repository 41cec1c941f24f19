"""The rules of the house are tests, not wishes: who may import whom, and what the pure parts may touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parent.parent / "engine"

# What each part may import of the others. `errors`, `steady`, `resources` and `tables` are leaves that all may use.
MAY_IMPORT = {
    "errors": set(),
    "steady": set(),
    "resources": set(),
    "tables": {"core", "resources"},
    "core": {"errors"},
    "language": {"core", "errors", "tables", "resources"},
    "check": {"core", "language", "errors", "tables", "resources"},
    "graph": {"core", "language", "errors"},
    "simulator": {"core", "errors", "tables", "ports"},
    "scenario": {"core", "language", "check", "simulator", "errors", "tables"},
    "explore": {"core", "language", "check", "simulator", "scenario", "errors", "tables"},
    "compare": {"core", "scenario", "simulator"},
    "ports": {"core", "errors"},
    "telnyx": {"core", "errors", "ports", "tables"},
    "store": {"core", "errors", "ports", "steady"},
    "runtime": {"core", "errors", "ports", "steady"},
    "web": {"core", "errors", "ports"},
    "metrics": {"core", "errors", "ports", "tables"},
    "reloading": {"errors", "flows_folder"},
    "signals": set(),
    "testing": {"core", "errors", "ports", "store"},
    "config": {"core", "errors", "telnyx"},
    "listen": {"core", "errors", "telnyx", "web"},
    "doctor": {"check", "config", "core", "errors", "flows_folder", "store", "telnyx"},
    "flows_folder": {"errors"},
    "reference": {"core", "language", "tables"},
    "calls": {"core", "errors", "language"},
    "commands": {
        "calls", "check", "compare", "config", "core", "doctor", "errors", "explore", "flows_folder", "forgetting",
        "graph", "language", "listen", "logs", "ports", "reference", "reloading", "resources", "scenario", "service",
        "simulator", "store",
        "tables", "telnyx", "upkeep",
    },
    "cli": {"commands", "core", "errors"},
}  # fmt: skip
PURE = (
    "calls", "compare", "core", "language", "check", "graph", "scenario", "explore", "telnyx/webhook.py",
    "telnyx/signature.py",
)  # fmt: skip
PURE_WORLD = ("simulator",)
IMPURE_SIMULATOR = {"server.py", "control.py", "deeds.py", "running.py", "deliveries.py", "main.py"}
OUTSIDE = {"asyncio", "os", "time", "random", "uuid", "httpx", "aiohttp", "sqlite3", "socket", "subprocess", "secrets"}
ONLY_IN = {
    "transitions": "core/machine.py", "yaml": "language/", "jsonschema": "language/", "sqlite3": "store/",
    "asyncpg": "store/",
}  # fmt: skip
MOST_LINES = 500


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Return every module that *file* imports, and each name that it takes from one."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str | None:
    pieces = module.split(".")
    return pieces[1] if pieces[0] == "engine" and len(pieces) > 1 else None


def python_files(*places: str) -> list[Path]:
    found: list[Path] = []
    for place in places:
        path = ENGINE / place
        found += [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))
    return found


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_arrows_only_point_one_way(part: str) -> None:
    place = part if (ENGINE / part).is_dir() else f"{part}.py"
    for file in python_files(place):
        used = {part_of(module) for module in imports(file)} - {None, part}
        assert used <= MAY_IMPORT[part], f"{file.relative_to(ENGINE)} imports {used - MAY_IMPORT[part]}"


def test_pure_parts_touch_nothing_outside() -> None:
    files = python_files(*PURE) + [f for f in python_files(*PURE_WORLD) if f.name not in IMPURE_SIMULATOR]
    for file in files:
        roots = {module.split(".")[0] for module in imports(file)}
        assert not roots & OUTSIDE, f"{file.relative_to(ENGINE)} imports {roots & OUTSIDE}"


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_a_library_has_one_home(package: str) -> None:
    for file in python_files("."):
        if package in {module.split(".")[0] for module in imports(file)}:
            assert str(file.relative_to(ENGINE)).startswith(ONLY_IN[package])


def test_there_are_no_cycles() -> None:
    modules = {
        "engine." + str(file.relative_to(ENGINE)).removesuffix(".py").removesuffix("/__init__").replace("/", "."): file
        for file in python_files(".")
    }
    uses = {name: {module for module in imports(file) if module in modules} - {name} for name, file in modules.items()}
    while True:
        leaves = {name for name, used in uses.items() if not used}
        if not leaves:
            break
        uses = {name: used - leaves for name, used in uses.items() if name not in leaves}
    assert not uses, f"these import each other in a circle: {sorted(uses)}"


def test_no_file_has_outgrown_the_house() -> None:
    for file in python_files("."):
        lines = file.read_text(encoding="utf-8").count("\n")
        assert lines <= MOST_LINES, f"{file.relative_to(ENGINE)} has {lines} lines; split it along a noun"


def test_init_files_are_empty() -> None:
    for file in python_files("."):
        assert file.name != "__init__.py" or not file.read_text(encoding="utf-8").strip()


def test_nobody_is_called_utils() -> None:
    assert not [file for file in python_files(".") if file.stem in {"utils", "helpers", "common", "misc"}]
