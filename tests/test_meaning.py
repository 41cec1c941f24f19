"""Every sentence that says what a flow means is quoted by a test that proves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SENTENCES = (TESTS / "meaning.txt").read_text(encoding="utf-8").splitlines()


def _plain(text: str) -> str:
    """Return *text* with one space between words, however a docstring breaks it into lines."""
    return re.sub(r"\s+", " ", text.replace("\\n", " "))


_WRITTEN = " ".join(
    _plain(path.read_text(encoding="utf-8"))
    for path in sorted(TESTS.rglob("test_*.py"))
    if path.name != "test_meaning.py"
)


@pytest.mark.parametrize("sentence", [line for line in SENTENCES if line and not line.startswith("#")])
def test_a_test_quotes_the_sentence(sentence: str) -> None:
    assert _plain(sentence) in _WRITTEN
