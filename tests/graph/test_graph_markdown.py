"""Blocks of a Markdown page: which there are, and that nothing outside them changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FlowError
from engine.graph.markdown import blocks, is_current, markers, updated

PAGE = b"""\
# Calls

<!-- ringflow graph: flows/a.flow.yaml -->
old
<!-- /ringflow graph -->
- item
  <!--ringflow graph:  my flows/b.flow.yaml-->
  <!-- /ringflow graph -->

    <!-- ringflow graph: code.flow.yaml -->
```markdown
<!-- ringflow graph: shown.flow.yaml -->
<!-- /ringflow graph -->
```
~~~~
```
<!-- /ringflow graph -->
~~~
~~~~
the end"""
MERMAID = "flowchart TD\n  a --> b\n"


def test_blocks_have_their_path_and_line_and_code_is_left_alone():
    found = blocks(PAGE, "page.md")

    assert [(block.path, block.line) for block in found] == [("flows/a.flow.yaml", 3), ("my flows/b.flow.yaml", 7)]


def test_only_what_stands_between_the_markers_changes():
    first, second = blocks(PAGE, "page.md")

    page = updated(PAGE, {first: MERMAID, second: MERMAID})

    fence = "```mermaid\nflowchart TD\n  a --> b\n```\n"
    indented = "".join(f"  {line}\n" for line in fence.splitlines())
    expected = PAGE.decode().replace("old\n", fence).replace("b.flow.yaml-->\n", f"b.flow.yaml-->\n{indented}")
    assert page.decode() == expected
    assert all(is_current(page, block, MERMAID) for block in blocks(page, "page.md"))
    assert not is_current(page, blocks(page, "page.md")[0], MERMAID + "  b --> c\n")


def test_lines_end_as_those_of_the_page_do():
    page = PAGE.replace(b"\n", b"\r\n")

    after = updated(page, dict.fromkeys(blocks(page, "page.md"), MERMAID))

    assert after.count(b"\r\n") == after.count(b"\n")
    assert after.replace(b"\r\n", b"\n") == updated(PAGE, dict.fromkeys(blocks(PAGE, "page.md"), MERMAID))


@given(before=st.binary(max_size=60), after=st.binary(max_size=60))
def test_every_byte_outside_stays(before: bytes, after: bytes):
    marker = b"<!-- ringflow graph: a.flow.yaml -->\n"
    page = before + b"\n" + marker + b"x\n<!-- /ringflow graph -->\n" + after
    try:
        found = blocks(page, "page.md")
    except FlowError:
        return

    changed = updated(page, dict.fromkeys(found, MERMAID))

    assert changed.startswith(before)
    assert changed.endswith(after)
    assert updated(changed, dict.fromkeys(blocks(changed, "page.md"), MERMAID)) == changed


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("\n<!-- ringflow graph: a -->\n", "page.md:2: the end of this diagram is missing; add the line <!-- /"),
        ("<!-- ringflow graph: a -->\n<!-- ringflow graph: b -->\n<!-- /ringflow graph -->", "page.md:1: the end"),
        ("x\n<!-- /ringflow graph -->", "page.md:2: here a diagram ends that has no beginning; remove this line"),
    ],
)
def test_a_marker_without_its_other_half_is_told_with_its_line(page: str, sentence: str):
    with pytest.raises(FlowError) as raised:
        blocks(page.encode(), "page.md")

    assert str(raised.value).startswith(sentence)


def test_the_lines_to_paste_make_a_block():
    [block] = blocks(markers("flows/a.flow.yaml").encode(), "page.md")

    assert block.path == "flows/a.flow.yaml"
