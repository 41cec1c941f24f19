"""No text of an author's can break a diagram, or become anything but a text in it."""

from __future__ import annotations

import html
import re
import shutil
import unicodedata
from xml.etree import ElementTree

import pytest
from graph_samples import GOLDEN, drawn, one_box
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.commands.graphviz import picture
from engine.graph import dot, mermaid
from engine.graph.texts import clean, quoted, shortened

# What means something to Mermaid, Graphviz, Markdown, HTML, its icons and its formulas, among all other characters.
PIECES = [
    '"', "]", ")", "}", "{{", "`", "<", ">", "<b>", "<br/>", "<img src=x onerror=alert(1)>", "#", ";", "#quot;",
    "&lt;", "&#60;", "%%", "%%{init: {}}%%", "--", "-->", "|", "\\", "\\n", "$$", "fa:fa-phone", "ﬂ°°60¶ß",
    "classDef x:y#1;", "style:#1;", "click s1 ", "javascript:alert(1)", "end", "subgraph", "1. ", "- ", "**", "__",
    "\n", "\r\n", "\t", "\0", "\x1b", "\u202e", "\u200f", "\u2028", "\ufffe", "\ud800", "\U0001f600", "न",
    "\u0301", "é", "→", "]]>", "<!--", "~~~",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=8).map("".join)
all_pieces = example("".join(PIECES))

SAFE = r"(?:[^\"<>{}`;#&\\|%*$\[\]~]|#[0-9]+;)*"
LABEL = rf"{SAFE}(?:<br/>{SAFE})*"
MERMAID_LINES = "|".join(
    [
        "flowchart TD|end|direction TB",
        rf'subgraph g1\["(?!"){SAFE}"\]',  # an empty title is a mistake to Mermaid
        rf'(?:s1\[|b1\(\[)"<b>{SAFE}</b>(?:<br/>{SAFE})*"(?:\]|\]\))',
        rf's1 -->(?:\|"{LABEL}"\|)? s1',
        r"classDef \w+ [\w:,# -]+|class [\w,]+ \w+",
    ]
)
DOT_TEXT = r"(?:[^<>&\"']|&(?:amp|lt|gt|quot|\#x27|\#160);)*"


def as_read_by_mermaid(text: str) -> str:
    """Return *text* as Mermaid shows it."""
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text)


@settings(max_examples=50, deadline=None)
@given(text=texts)
@all_pieces
def test_mermaid_shows_the_text_itself_and_reads_nothing_else_in_it(text: str):
    escaped = mermaid.escaped(text)

    assert re.fullmatch(SAFE, escaped)
    assert as_read_by_mermaid(escaped).replace("\u2060", "") == clean(text)


@pytest.mark.parametrize("twice", ["fa:fa-phone", "$$x$$", "a\\nb", "ﬂ°°60¶ß"])
def test_what_mermaid_reads_after_its_numbers_is_pulled_apart(twice: str):
    shown = as_read_by_mermaid(mermaid.escaped(twice))

    assert twice not in shown
    assert not re.search(r"fa:fa-|\$\$|\\n|ﬂ°|¶ß", shown)


@settings(max_examples=50, deadline=None)
@given(text=texts)
@all_pieces
def test_every_line_of_mermaid_is_one_of_ours(text: str):
    for line in mermaid.as_mermaid(one_box(text)).splitlines():
        assert re.fullmatch(MERMAID_LINES, line.strip()), line


@settings(max_examples=50, deadline=None)
@given(text=texts)
@all_pieces
def test_dot_shows_the_text_itself_and_reads_nothing_else_in_it(text: str):
    escaped = dot.escaped(text)

    assert re.fullmatch(DOT_TEXT, escaped)
    assert html.unescape(escaped) == clean(text)


@settings(max_examples=50, deadline=None)
@given(text=texts)
@all_pieces
def test_labels_of_dot_are_sound_xml(text: str):
    written = dot.as_dot(one_box(text))

    labels = re.findall(r"label=<(.*)> ", written)
    assert len(labels) == 4
    assert [ElementTree.fromstring(f"<label>{label}</label>").tag for label in labels] == ["label"] * 4


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=200))
@all_pieces
def test_clean_text_has_one_line_and_nothing_unseen(text: str):
    kept = clean(text)

    assert kept == " ".join(kept.split())
    assert {unicodedata.category(letter) for letter in kept if letter not in "\u200c\u200d"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    assert clean(kept) == kept


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=200), most=st.integers(5, 80))
def test_shortened_text_is_the_beginning_and_fits(text: str, most: int):
    short = shortened(text, most)

    assert len(short) <= most
    assert clean(text).startswith(short.removesuffix("…"))
    assert short.endswith("…") or short == clean(text)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Hello.", "“Hello.”"),
        ("Thank you for calling support. We will be with you.", "“Thank you for calling support. We…”"),
        ("You are number {{ queue.position }}.", "“You are number [queue.position].”"),
        ("<speak>Hello, <break time='1s'/>you.</speak>", "“Hello, you.”"),
        ("one\ntwo", "“one two”"),
        ("x" * 50, f"“{'x' * 35}…”"),
    ],
)
def test_first_words_are_cut_between_words(said: str, shown: str):
    assert quoted(said) == shown


def with_dot() -> None:
    if shutil.which("dot") is None:
        pytest.skip("Graphviz's program 'dot' is not installed here; apt-get install graphviz")


def test_graphviz_draws_every_awkward_text_as_a_text():
    with_dot()

    svg = picture(dot.as_dot(one_box("".join(PIECES))).encode(), "svg")

    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "title", "path", "polygon", "text", "polyline", "ellipse"}
    assert not [name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")]
    shown = {element.text.replace("\xa0", " ") for element in root.iter() if element.tag.endswith("text")}
    assert any("<img src=x onerror=alert(1)>" in text for text in shown)


@pytest.mark.parametrize("sample", sorted(GOLDEN.glob("*.flow.yaml")), ids=lambda path: path.name)
def test_graphviz_draws_the_samples(sample):
    with_dot()

    png = picture(dot.as_dot(drawn(sample.read_bytes(), with_problems=True)).encode(), "png")

    assert png.startswith(b"\x89PNG\r\n")
