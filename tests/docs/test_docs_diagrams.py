"""The diagrams of docs/ are those of the flows. UPDATE_GOLDEN=1 draws them anew."""

from __future__ import annotations

import os

import pytest
from pages import DOCS

from engine.cli import main


def test_diagrams_are_up_to_date(capsys: pytest.CaptureFixture[str]):
    page = str(DOCS / "diagrams.md")
    if os.environ.get("UPDATE_GOLDEN"):
        main(["graph", "--write", page])

    assert main(["graph", "--check", page]) == 0, capsys.readouterr()
