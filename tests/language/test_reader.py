"""The reader of YAML: values, places, limits, attacks."""

from __future__ import annotations

import random
import sys
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from slowness import slowness

from engine.language import reader
from engine.language.nodes import Comment, Document, Entry, List, Map, Scalar, Span
from engine.language.reader import read


def map_of(text: str) -> Map:
    document = read(text, "f.yaml")
    assert document.problems == ()
    assert isinstance(document.root, Map)
    return document.root


def value_of(text: str) -> object:
    node = map_of(f"x: {text}\n").get("x")
    assert isinstance(node, Scalar)
    assert node.text == text
    return node.value


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False), ("0", 0), ("7", 7), ("-3", -3), ("15551234567", 15551234567), ("1.5", 1.5),
     ("-0.25", -0.25), ("10.0", 10.0)],
)  # fmt: skip
def test_plain_numbers_and_true_and_false_have_a_value(text, value):
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    ["no", "No", "off", "on", "yes", "y", "True", "FALSE", "012", "00", "17:30", "2026-12-25", "+15551234567",
     "1e3", "0x10",
     "1_000", ".5", "5.", "1.2.3", "null", "~", ".inf", "10s", "=", "1234567890123456789", "٣"],
)  # fmt: skip
def test_everything_else_stays_what_the_author_wrote(text):
    assert value_of(text) == text


def test_names_stay_texts_too():
    assert map_of('on: 1\n1: 2\n"2": 3\n012: 4\ntrue: 5\n').keys() == ("on", "1", "2", "012", "true")


def test_nothing_behind_a_colon_is_none():
    node = map_of("a:\nb: ''\n").get("a")

    assert node == Scalar("", None, "plain", Span(1, 3, 1, 3))


def test_quoted_text_is_never_a_number():
    node = map_of('a: "12"\n').get("a")

    assert node == Scalar("12", "12", "double", Span(1, 4, 1, 8))


def test_nodes_know_their_places_in_characters():
    document = read("é: [😀, 'x']\nb:\n  - c: 1\n\n\nd: |\n  one\n  two\n", "f.yaml")

    root = document.root
    assert root == Map((
        Entry(Scalar("é", "é", "plain", Span(1, 1, 1, 2)),
              List((Scalar("😀", "😀", "plain", Span(1, 5, 1, 6)), Scalar("x", "x", "single", Span(1, 8, 1, 11))),
                   Span(1, 4, 1, 12))),
        Entry(Scalar("b", "b", "plain", Span(2, 1, 2, 2)),
              List((Map((Entry(Scalar("c", "c", "plain", Span(3, 5, 3, 6)), Scalar("1", 1, "plain", Span(3, 8, 3,
              9))),),
                        Span(3, 5, 3, 9)),), Span(3, 3, 3, 9))),
        Entry(Scalar("d", "d", "plain", Span(6, 1, 6, 2)), Scalar("one\ntwo\n", "one\ntwo\n", "literal", Span(6, 4,
        9, 1))),
    ), Span(1, 1, 9, 1))  # fmt: skip


def test_lines_count_the_same_with_every_kind_of_line_end():
    for end in ("\n", "\r\n", "\r"):
        document = read(end.join(("a: 1", "# note", "b: 2 x: 3", "")), "f.yaml")

        assert [(p.rule, p.line, p.column) for p in document.problems] == [("Y015", 3, 7)] or end == ""


def test_map_gives_entries_by_name():
    root = map_of("a: 1\nb: 2\n")

    assert [entry.key.text for entry in root] == ["a", "b"]
    assert root.get("c") is None
    assert root.entry("b") == root.entries[1]


def test_list_gives_its_items():
    node = map_of("a: [1, 2]\n").get("a")

    assert isinstance(node, List)
    assert [item.value for item in node if isinstance(item, Scalar)] == [1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: hello {{ x }}\n", Span(1, 13, 1, 14)),
        ('a: "hello {{ x }}"\n', Span(1, 14, 1, 15)),
        ('a: "h\\x65llo {{ x }}"\n', Span(1, 4, 1, 22)),  # an escape: only the whole is certain
        ("a: >-\n  hello {{ x }}\n", Span(1, 4, 3, 1)),
    ],
)
def test_place_of_a_part_of_a_text(text, expected):
    node = map_of(text).get("a")

    assert isinstance(node, Scalar)
    assert node.part(9, 1) == expected


def test_duplicate_key_is_refused_and_the_first_one_counts():
    document = read("a: 1\nb: 2\n'a': 3\n", "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.line, problem.column, problem.end_column) == ("Y003", 3, 1, 4)
    assert "first in line 1" in problem.message
    assert isinstance(document.root, Map)
    assert [(entry.key.text, entry.value.span.line) for entry in document.root] == [("a", 1), ("b", 2)]


def test_forty_levels_are_read_and_one_more_is_refused():
    assert read("[" * 40 + "]" * 40, "f.yaml").problems == ()
    assert [problem.rule for problem in read("[" * 41 + "]" * 41, "f.yaml").problems] == ["Y007"]


def test_comments_of_their_own_line_are_found_and_texts_are_not_taken_for_them():
    document = read('# one\na: 1 # behind\n  # two\nb: |\n  # text\n  x\nc: "y\n  # text\n  z"\n# three\n', "f.yaml")

    assert document.comments == (
        Comment("# one", Span(1, 1, 1, 6)), Comment("# two", Span(3, 3, 3, 8)), Comment("# three", Span(10, 1, 10, 8)),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", b"", "\n\n", "# only a comment\n", "\ufeff", b"\xef\xbb\xbf", "---\n...\n" * 0])
def test_empty_file_is_refused(text):
    assert [problem.rule for problem in read(text, "f.yaml").problems] == ["Y013"]


@pytest.mark.parametrize(
    ("raw", "line", "column", "words"),
    [
        ("a: b\n".encode("utf-16"), 1, 1, "UTF-16"),
        ("a: b\n".encode("utf-16-be"), 1, 1, "character"),
        ("a: é\nb: café\n".encode("latin-1"), 1, 4, "not UTF-8"),
        ("a: é\nb: caf".encode() + b"\xe9\n", 2, 7, "not UTF-8"),
        (b"a: b\x00\n", 1, 5, "character"),
        ("a: \x1b[0m", 1, 4, "character"),
        ("a: \ud800", 1, 4, "character"),
    ],
)
def test_what_is_not_utf8_text_is_refused_with_its_place(raw, line, column, words):
    (problem,) = read(raw, "f.yaml").problems

    assert (problem.rule, problem.line, problem.column) == ("Y014", line, column)
    assert words in problem.message


ATTACKS = {
    "ten megabytes": (b"a: b\n" * 2_000_000, "Y008"),
    "open brackets": ("[" * 100_000, "Y007"),
    "open braces": ("{a: " * 100_000, "Y007"),
    "open dashes": ("- " * 100_000, "Y007"),
    "open questions": ("? " * 100_000, "Y007"),
    "growing indentation": ("".join(" " * i + "a:\n" for i in range(1000)), "Y007"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "Y004"),
    "rubbish": (random.Random(1).randbytes(900_000), "Y014"),
    "half a million entries": ("[" + "1," * 499_000 + "]", "Y008"),
    "the same key 24,000 times": ("a: 1\n" * 24_000, "Y003"),
    "documents": ("---\n" * 200_000, "Y006"),
    "tabs": ("\t" * 900_000, "Y002"),
    "an open quote": ('a: "x\n' + "b: c\n" * 150_000, "Y001"),
    "quotes": ('"' * 999_001, "Y001"),
    "colons": ("a: " + "b: " * 300_000, "Y015"),
    "formulas": ("a: " + "{{ x }} " * 100_000, "Y009"),
    "empty lines": ("\n" * 900_000 + "a: b: c", "Y015"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_in_less_than_a_second(name):
    text, rule = ATTACKS[name]
    started = time.process_time()

    document = read(text, "f.yaml")

    took_s = time.process_time() - started
    most_s = 1.0 if sys.gettrace() is None else 5.0  # traced: coverage is on
    assert took_s < most_s or took_s < most_s * slowness()
    assert {problem.rule for problem in document.problems} == {rule}
    assert len(document.problems) <= 100


def test_fallback_parser_tells_most_traps_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "LOADER", yaml.SafeLoader)

    assert [problem.rule for problem in read("a: hello: you\n", "f").problems] == ["Y015"]
    assert [problem.rule for problem in read("a:\n\tb: 1\n", "f").problems] == ["Y002"]
    assert [problem.rule for problem in read('a: "\\U00110000"\n', "f").problems] == ["Y001"]
    assert [problem.rule for problem in read('a: "\\UFFFFFFFF"\n', "f").problems] == ["Y001"]
    assert read("a: {{ x }}\nb: [1, c]\n", "f").root is not None


YAMLISH = st.lists(
    st.sampled_from(
        ["a", "b: ", "- ", "\n", "\n  ", "\n    ", "\t", ":", "#", " # c", '"', "'", "{", "}", "[", "]", "{{", "}}",
         ",", "&x",
         "*x", "!t", "|", ">", "---\n", "...", "%", "@", "`", "\\", "“", "\u00a0", "\u2028", "\r", "<<: ", "1",
         "? ", "é", "😀",
         "\ufeff", "=", "~"]
    ), max_size=40,
).map("".join)  # fmt: skip


def holds_promises(text: str | bytes, document: Document) -> None:
    assert document.root is not None or any(problem.severity == "error" for problem in document.problems)
    lines = (text if isinstance(text, str) else text.decode("utf-8", "replace")).count("\n") + 1
    for problem in document.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert (problem.end_line, problem.end_column) > (problem.line, problem.column)
        assert problem.line <= lines + str(text).count("\r") + str(text).count("\\r")
        assert problem.message


@settings(max_examples=200, deadline=None)
@given(YAMLISH)
def test_no_text_breaks_the_reader(text):
    holds_promises(text, read(text, "f.yaml"))


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_no_bytes_break_the_reader(text):
    holds_promises(text, read(text, "f.yaml"))


@settings(max_examples=200, deadline=None)
@given(YAMLISH)
def test_no_text_breaks_the_fallback_parser(text):
    loader, reader.LOADER = reader.LOADER, yaml.SafeLoader
    try:
        holds_promises(text, read(text, "f.yaml"))
    finally:
        reader.LOADER = loader
