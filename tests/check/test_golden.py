"""Every rule has a bad sample with the exact report that a person gets; good samples get none."""

from __future__ import annotations

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
GOOD = sorted(path for path in (GOLDEN / "ok").iterdir() if path.name.endswith(".flow.yaml"))
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


def test_every_rule_has_a_bad_sample() -> None:
    # Y008 speaks of files over 1 MB; the reader's own tests make one.
    codes = {rule.code.code for rule in RULES} | {code.code for code in (*LANGUAGE_CODES, *allowances.CODES)}
    codes |= set(FORMULA_RULES) | set(YAML_RULES)

    missing = sorted(codes - {"Y008"} - {name_of(sample).split("_")[0].upper() for sample in BAD})

    assert missing == []


def test_no_two_rules_share_a_code_or_a_name() -> None:
    codes = [rule.code for rule in RULES] + [*LANGUAGE_CODES, *allowances.CODES]

    assert len({code.code for code in codes}) == len(codes)
    assert len({code.name for code in codes}) == len(codes)


def test_rule_files_are_named_like_their_rules() -> None:
    folder = Path(allowances.__file__).parent / "rules"

    names = sorted(path.stem for path in folder.glob("[a-z]*.py"))

    assert names == sorted(f"{rule.code.code.lower()}_{rule.code.name.replace('-', '_')}" for rule in RULES)
