"""docs/legs.md says which leg stays when the other leaves; each of its rows is one test. UPDATE_GOLDEN=1 writes it."""

from __future__ import annotations

import os

import pytest
from core_stage import ROOT
from leg_table import SECTIONS, Case, row, section_text

PAGE = ROOT / "docs/legs.md"
MARK = "<!-- seen -->\n"


@pytest.mark.parametrize("case", [case for section in SECTIONS for case in section.cases()], ids=str)
def test_which_leg_stays(case: Case):
    assert f"{row(case)}\n" in PAGE.read_text(encoding="utf-8")


def test_the_page_has_these_rows_in_this_order_and_no_others():
    prose, _, seen = PAGE.read_text(encoding="utf-8").partition(MARK)
    expected = "\n".join(section_text(section) for section in SECTIONS)

    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(f"{prose}{MARK}\n{expected}", encoding="utf-8")
        return
    assert seen == f"\n{expected}"
