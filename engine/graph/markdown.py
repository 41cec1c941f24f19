"""
Diagrams in a Markdown page: blocks between two comments, each for its own flow.

    <!-- ringflow graph: flows/support_desk.flow.yaml -->
    (the diagram)
    <!-- /ringflow graph -->
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.errors import FlowError

_END = "<!-- /ringflow graph -->"
_BEGIN = re.compile(rb"( {0,3})<!-- *ringflow graph: *(.+?) *-->\s*")
_CLOSE = re.compile(rb" {0,3}<!-- */ *ringflow graph *-->\s*")
_FENCE = re.compile(rb" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The lines between two markers: *path* as written, *line* that of the first marker, *start* to *end* in bytes."""

    path: str
    line: int
    start: int
    end: int
    indent: bytes
    line_end: bytes


def markers(path: str) -> str:
    """Return the two lines that make a block for the flow *path*."""
    return f"<!-- ringflow graph: {path} -->\n{_END}"


def blocks(page: bytes, name: str) -> tuple[Block, ...]:
    """
    Return the blocks of *page*; markers in code that the page only shows do not count.

    Raises:
        FlowError: a marker lacks its other half. *name* is the page's, for the message.
    """
    found: list[Block] = []
    begun: Block | None = None
    fence = b""
    offset = 0
    for number, line in enumerate(page.splitlines(keepends=True), 1):
        offset += len(line)
        if begun is None:
            fence = _fence_after(fence, line)
            marker = None if fence else _BEGIN.fullmatch(line)
            if marker is not None:
                begun = _begun(marker, number, offset)
            elif not fence and _CLOSE.fullmatch(line):
                raise FlowError(f"{name}:{number}: here a diagram ends that has no beginning; remove this line")
        elif _BEGIN.fullmatch(line):
            break
        elif _CLOSE.fullmatch(line):
            found.append(replace(begun, end=offset - len(line)))
            begun = None
    if begun is not None:
        raise FlowError(f"{name}:{begun.line}: the end of this diagram is missing; add the line {_END} below it")
    return tuple(found)


def _begun(marker: re.Match[bytes], line: int, start: int) -> Block:
    return Block(
        path=marker[2].decode("utf-8", "replace"),
        line=line,
        start=start,
        end=start,
        indent=marker[1],
        line_end=b"\r\n" if marker[0].endswith(b"\r\n") else b"\n",
    )


def _fence_after(fence: bytes, line: bytes) -> bytes:
    """Return the fence that is open after *line*, b"" for none. Source: spec.commonmark.org, "Fenced code blocks"."""
    match = _FENCE.fullmatch(line)
    if match is None:
        return fence
    if not fence:
        return match[1]
    return b"" if match[1].startswith(fence) and not match[2].strip() else fence


def content(block: Block, mermaid: str) -> bytes:
    """Return what stands between the markers of *block* when its diagram is *mermaid*."""
    lines = ["```mermaid", *mermaid.rstrip().split("\n"), "```"]
    return b"".join(block.indent + line.encode() + block.line_end for line in lines)


def is_current(page: bytes, block: Block, mermaid: str) -> bool:
    return page[block.start : block.end] == content(block, mermaid)


def updated(page: bytes, diagrams: Mapping[Block, str]) -> bytes:
    """Return *page* with the diagram of each block; every byte outside them stays as it is."""
    for block in sorted(diagrams, key=lambda block: block.start, reverse=True):
        page = page[: block.start] + content(block, diagrams[block]) + page[block.end :]
    return page
