"""The code blocks of docs/*.md, with what their info strings promise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
_BLOCK = re.compile(r"^```(?P<what>[^\n`]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: *what* is its info string, such as ``yaml states``; *line* is that of the opening fence."""

    page: Path
    line: int
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of *page*, in their order."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        yield Block(page, text.count("\n", 0, match.start()) + 1, match["what"].strip(), match["text"])


def all_blocks(*kinds: str) -> list[Block]:
    """Return every block of docs/ whose info string is one of *kinds*."""
    return [block for page in PAGES for block in blocks(page) if block.what in kinds]
