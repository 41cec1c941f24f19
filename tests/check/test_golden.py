"""Every rule has a bad sample with the exact report that a person gets, and beside it the same put right."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from engine.check import allowances
from engine.check.report import as_text
from engine.check.run import RULES, check_files
from engine.core.kinds import RULES as FORMULA_RULES
from engine.language.codes import LANGUAGE_CODES
from engine.language.yaml_rules import RULES as YAML_RULES

GOLDEN = Path(__file__).parent.parent / "golden"
# A sample is a file, or a folder where the fault lies between files.
BAD = sorted(path for path in (GOLDEN / "err").iterdir() if path.is_dir() or path.name.endswith(".flow.yaml"))
GOOD = sorted(path for path in (GOLDEN / "ok").iterdir() if path.is_dir() or path.name.endswith(".flow.yaml"))
# Y008 speaks of files over 1 MB; the reader's own tests make one.
CODES = {rule.code.code: rule.code.name for rule in RULES}
CODES |= {code.code: code.name for code in (*LANGUAGE_CODES, *allowances.CODES)}
CODES |= {code: name for code, (name, _) in (FORMULA_RULES | YAML_RULES).items() if code != "Y008"}
PAIRS = sorted(f"{code.lower()}_{name.replace('-', '_')}" for code, name in CODES.items())
MOST_LINES_TO_CHANGE = 6
PROJECT = (GOLDEN / "project.yaml").read_bytes()


def files_of(sample: Path) -> dict[str, bytes]:
    if sample.is_dir():
        return {path.name: path.read_bytes() for path in sample.iterdir()}
    return {sample.name: sample.read_bytes(), "project.yaml": PROJECT}


def name_of(sample: Path) -> str:
    return sample.name.removesuffix(".flow.yaml")


@pytest.mark.parametrize("sample", BAD, ids=name_of)
def test_bad_sample_gets_exactly_this_report(sample: Path) -> None:
    files = files_of(sample)
    expected = sample.parent / f"{name_of(sample)}.out"

    report = as_text(check_files(files), files)

    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("sample", BAD, ids=name_of)
def test_bad_sample_is_about_the_rule_in_its_name(sample: Path) -> None:
    code = name_of(sample).split("_")[0].upper()

    found = {problem.rule for problem in check_files(files_of(sample))}

    assert code in found


@pytest.mark.parametrize("sample", GOOD, ids=name_of)
def test_good_sample_has_no_problem(sample: Path) -> None:
    assert check_files(files_of(sample)) == ()


def test_every_rule_has_a_bad_sample_of_its_name() -> None:
    assert sorted(set(PAIRS) - {name_of(sample) for sample in BAD}) == []


def test_every_rule_has_a_good_sample_of_its_name() -> None:
    assert sorted(set(PAIRS) - {name_of(sample) for sample in GOOD}) == []


def test_every_good_sample_named_like_a_rule_belongs_to_one() -> None:
    codes = {code.lower() for code in CODES}

    assert sorted(name_of(s) for s in GOOD if name_of(s).split("_")[0] in codes and name_of(s) not in PAIRS) == []


@pytest.mark.parametrize("pair", sorted({name_of(sample) for sample in BAD} & {name_of(sample) for sample in GOOD}))
def test_good_sample_is_the_bad_one_put_right(pair: str) -> None:
    good, bad = (next(sample for sample in samples if name_of(sample) == pair) for samples in (GOOD, BAD))

    changed = sum(changed_lines(old, files_of(good)[name]) for name, old in files_of(bad).items())

    # An empty file has nothing to put right.
    assert 0 < changed <= MOST_LINES_TO_CHANGE or pair == "y013_empty_file"


def changed_lines(old: bytes, new: bytes) -> int:
    """Return how many lines a person changes, adds or takes out."""
    old_lines, new_lines = (text.decode("utf-8", "replace").splitlines() for text in (old, new))
    edits = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for kind, i1, i2, j1, j2 in edits if kind != "equal")


def test_no_two_rules_share_a_code_or_a_name() -> None:
    codes = [rule.code for rule in RULES] + [*LANGUAGE_CODES, *allowances.CODES]

    assert len({code.code for code in codes}) == len(codes)
    assert len({code.name for code in codes}) == len(codes)


def test_rule_files_are_named_like_their_rules() -> None:
    folder = Path(allowances.__file__).parent / "rules"

    names = sorted(path.stem for path in folder.glob("[a-z]*.py"))

    assert names == sorted(f"{rule.code.code.lower()}_{rule.code.name.replace('-', '_')}" for rule in RULES)
