"""
Mistakes are found where they are.

A program that knows nothing of the checker's rules makes every kind of single mistake in all flows that ship, and in
some larger ones; at least 97 of 100 are reported on the right line as exactly one problem. The table is printed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import SystemRandom

import pytest
from mutation_program import Subject, run, sample, subjects
from mutation_table import Mutant, Table

from engine.check.run import check_files

FIXED_SEEDS = (20_261_121, 7)
MISTAKES = 5_000
FEW = 180
FEWER = 45
MOST_STILL_GOOD = 0.03
LEAST_RIGHT = 0.97
KINDS = {
    "== written =", "audio before answer", "audio, address, list, secret misspelt", "block lost its indentation",
    "curly quotes", "deleted after", "deleted exit", "deleted nothing", "deleted then", "duplicated key",
    "event field misspelt", "event misspelt", "flow misspelt", "key of a state misspelt", "language misspelt",
    "lost indentation", "missing bracket or comma", "missing colon", "missing dash", "missing quote",
    "no space behind a colon", "no space behind a dash", "nothing behind a key", "number unquoted", "option misspelt",
    "other key misspelt", "other name in a formula misspelt", "prompt misspelt", "prompt's own name misspelt",
    "role or leg misspelt", "rules that match nothing", "section misspelt", "state misspelt",
    "state's own name misspelt", "tab", "too much indentation", "unreachable state", "variable misspelt",
    "variable's own name misspelt", "verb misspelt", "word among keys misspelt", "word of a choice misspelt",
    "wrong type", "wrong unit", "wrong word of a choice",
}  # fmt: skip
SUBJECTS = subjects()


def told(table: Table, seed: int) -> str:
    """Return the table, and what went wrong in detail."""
    wrong = [verdict for verdict in table.verdicts if verdict.outcome not in ("right", "still good")]
    details = [f"{each.outcome}: {each.mutant.title} {list(each.report)}" for each in wrong]
    return "\n".join([f"{len(table.verdicts)} mistakes, seed {seed}", *table.lines(), *details])


def hold_to_it(table: Table, text: str) -> None:
    assert table.count("crash") == 0, text
    assert table.share_right >= LEAST_RIGHT, text
    assert table.share_good <= MOST_STILL_GOOD, text


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.source.path)
def test_flow_without_a_mistake_has_no_problem(subject: Subject) -> None:
    assert check_files(subject.folder) == ()


def test_a_few_mistakes_of_every_kind_are_found_where_they_are(record_property: Callable[[str, object], None]) -> None:
    table = run(SUBJECTS, FIXED_SEEDS[0], FEW)

    record_property("table", text := told(table, FIXED_SEEDS[0]))
    assert {verdict.mutant.kind for verdict in table.verdicts} == KINDS
    hold_to_it(table, text)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [*FIXED_SEEDS, None])
def test_mistakes_are_found_where_they_are(seed: int | None, record_property: Callable[[str, object], None]) -> None:
    seed = seed if seed is not None else SystemRandom().randrange(10**9)  # a fresh one each run; the table names it

    table = run(SUBJECTS, seed, MISTAKES)

    record_property("table", text := told(table, seed))
    assert len(table.verdicts) >= MISTAKES
    hold_to_it(table, text)


@cache
def drawn(seed: int) -> tuple[Mutant, ...]:
    return tuple(mutant for mutant, _ in sample(SUBJECTS[:3], FEWER, seed))


def test_a_seed_always_makes_the_same_mistakes_and_another_makes_others() -> None:
    assert drawn.__wrapped__(1) == drawn(1)
    assert set(drawn(1)) != set(drawn(2))


def test_each_mistake_changes_the_file_and_is_looked_for_in_it() -> None:
    originals = {subject.source.path: subject.source.text for subject in SUBJECTS}

    for mutant in drawn(1):
        assert mutant.text != originals[mutant.path]
        assert mutant.lines, mutant.title
        assert all(1 <= line <= mutant.text.count("\n") + 1 for line in mutant.lines), mutant.title


def test_the_program_knows_nothing_of_the_rules() -> None:
    for file in Path(__file__).parent.glob("mutation_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [module or ""]
            for name in names:
                assert not name.startswith("engine.check") or name == "engine.check.run", f"{file.name} imports {name}"
