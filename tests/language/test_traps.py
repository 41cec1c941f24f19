"""Each trap of YAML has its own rule, place and words."""

from __future__ import annotations

import pytest

from engine.language.reader import read
from engine.language.yaml_rules import RULES

# name: (text, rule, line, column, part of the message)
REFUSED = {
    "a line without colon": ("a: 1\nb 2\nc: 3\n", "Y001", 2, 1, "a colon and a space are missing in 'b 2'"),
    "a last line without colon": ("a: 1\nccc\n", "Y001", 2, 1, "missing in 'ccc'"),
    "a section without colon": (
        "states:\n  welcome\n    do: x\n",
        "Y001",
        2,
        10,
        "colon is missing at the end of 'wel",
    ),
    "no space after the colon": ("a:1\nb: 2\n", "Y001", 1, 2, "a space after the colon"),
    "no space after a nested colon": ("s:\n  w:\n    then:menu\n    do: x\n", "Y001", 3, 9, "space after the colon"),
    "no space after the dash": ("do:\n  -answer\n  - speak: x\n", "Y001", 2, 3, "a space after the dash"),
    "a quote never closed": ('a: "hello\nb: 2\n', "Y001", 1, 4, "never closed"),
    "a quote closed by the next one": ('a: "hello\nb: "2"\n', "Y001", 1, 4, "not closed in this line"),
    "an apostrophe in single quotes": ("a: 'it's'\nb: 2\n", "Y001", 1, 8, "the other kind of quotes"),
    "a formula that begins with a quote": ('if: "x" == b\n', "Y001", 1, 9, "the other kind of quotes"),
    "too much indentation": ("a: 1\n  b: 2\n", "Y001", 2, 3, "indented more"),
    "too much indentation in a map": ("a:\n  b: 1\n   c: 2\n", "Y001", 3, 4, "indented more"),
    "too little indentation": ("a:\n    b: 1\n  c: 2\n", "Y001", 3, 3, "not in line"),
    "too little indentation in an item": ("a:\n  - b: 1\n   c: 2\n", "Y001", 3, 4, "not in line"),
    "a dash out of line": ("a:\n    - b: 1\n  - c: 2\n", "Y001", 3, 3, "this dash does not fit"),
    "a missing dash": ("a:\n  - b: 1\n  c: 2\n", "Y001", 3, 3, "a dash is missing"),
    "a dash too many": ("a:\n  b: 1\n  - c: 2\n", "Y001", 3, 3, "this dash does not fit"),
    "a dash behind a name": ("a: - b\n", "Y001", 1, 4, "a line of its own"),
    "an open brace": ("a: {b: 1, c: 2\nd: 3\n", "Y001", 1, 4, "'{' that opens here is not closed with '}'"),
    "an open bracket": ("a: [b, c\n", "Y001", 1, 4, "'[' that opens here is not closed with ']'"),
    "a stray brace": ("a: }\n", "Y001", 1, 4, "nothing before this '}'"),
    "a missing comma": ('a: {b: "1" c: 2}\n', "Y001", 1, 12, "a comma is missing"),
    "a missing comma before a name": ("a: {b: 1 c: 2}\n", "Y001", 1, 11, "a comma is missing before this name"),
    "a missing comma under a tab": ("a: {b: [1]\n\tc: 2}\n", "Y001", 1, 4, "a comma is missing further on"),
    "text behind a list": ("a: [1] b\n", "Y001", 1, 8, "goes on behind its value"),
    "a comma too many": ("a: [1,,2]\n", "Y001", 1, 7, "nothing before this ','"),
    "the star key": ("digit: *\n", "Y001", 1, 8, 'put it in quotes, such as "*"'),
    "an at sign": ("a: @b\n", "Y001", 1, 4, "cannot begin with @"),
    "a percent sign": ("%b\na: 1\n", "Y001", 1, 1, "cannot begin with %"),
    "a question mark": ("a: ? b\n", "Y001", 1, 4, "cannot begin with ?"),
    "a comparison without name": ("if: > 5\n", "Y001", 1, 5, "| and > announce"),
    "a backslash": ('a: "C:\\dir"\n', "Y001", 1, 7, "a backslash has a meaning"),
    "a name of 1,100 letters": ("a: 1\n" + "x" * 1100 + ": 2\n", "Y001", 2, 1, "far too long"),
    "a colon without name": (": 1\n", "Y001", 1, 1, "a name is missing"),
    "a list as name": ("[a]: 1\n", "Y001", 1, 1, "a name is missing"),
    "a tab at the start": ("a:\n\tb: 1\n", "Y002", 2, 1, "a tab"),
    "a tab after spaces": ("a:\n  b:\n  \tc: 1\n", "Y002", 3, 3, "a tab"),
    "a tab after more spaces": ("a:\n  b: 1\n   \tc: 2\n", "Y002", 3, 4, "a tab"),
    "a tab after a dash": ("a:\n  -\tb: 1\n", "Y002", 2, 4, "a tab"),
    "an anchor": ("a: &x 1\n", "Y004", 1, 4, "&x"),
    "an alias": ("a: *x\n", "Y004", 1, 4, "*x"),
    "a merge": ("a:\n  <<: {b: 1}\n", "Y004", 2, 3, "merges"),
    "a tag": ("a: !!str x\n", "Y005", 1, 4, "tags"),
    "a lone exclamation mark": ("a: ! x\n", "Y005", 1, 4, "tags"),
    "two documents": ("a: 1\n---\nb: 2\n", "Y006", 2, 1, "second document"),
    "an ended document": ("a: 1\n...\nb: 2\n", "Y006", 3, 1, "ended above"),
    "a formula and text": ("a: {{ x }} hello\n", "Y009", 1, 4, "needs quotes"),
    "a formula in braces": ("a: {b: hello {{ x }}}\n", "Y009", 1, 14, "needs quotes"),
    "the pound key in braces": ("a: {digits: 4, end_key: #}\nb: 1\n", "Y010", 1, 25, "the bracket too"),
    "a text cut over two lines": ("a: press #1\n  or wait\nb: 1\n", "Y010", 1, 10, "comment to YAML"),
    "curly quotes and a colon": ("a: “For sales: press 1”\n", "Y011", 1, 4, "straight"),
    "a no-break space after the colon": ("a:\u00a0b\nc: 1\n", "Y012", 1, 3, "invisible"),
    "a no-break space as indentation": ("a:\n\u00a0 b: 1\n  c: 1\n", "Y012", 2, 1, "invisible"),
    "a line separator": ("a: b\u2028c\nd: 1\n", "Y012", 1, 5, "invisible"),
    "a byte order mark inside": ("a: b\ufeff\n", "Y012", 1, 5, "invisible"),
    "a colon in a text": ("a: hello: you\n", "Y015", 1, 9, "a colon and a space inside a text"),
    "a colon in an item": ("a:\n  - speak: For sales: press 1\n", "Y015", 2, 21, "a colon and a space"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_trap_is_refused_with_one_message_at_its_place(name: str):
    text, rule, line, column, words = REFUSED[name]

    document = read(text, "f.yaml")

    assert document.root is None
    (problem,) = document.problems
    assert (problem.rule, problem.line, problem.column, problem.severity) == (rule, line, column, "error")
    assert words in problem.message
    assert problem.name == RULES[rule][0]
    assert problem.path == "f.yaml"


@pytest.mark.parametrize(
    ("text", "span", "fix"),
    [
        ("a: {{ x }}\n", (1, 4, 1, 11), '"{{ x }}"'),
        ("- {{ x }}\n", (1, 3, 1, 10), '"{{ x }}"'),
        ("a: {b: {{ last(x, 4) }}}\n", (1, 8, 1, 24), '"{{ last(x, 4) }}"'),
        ('a: {{ x == "1" }}\n', (1, 4, 1, 18), "'{{ x == \"1\" }}'"),
    ],
)
def test_unquoted_formula_is_refused_and_read_as_the_text_it_was_meant_to_be(text, span, fix):
    document = read(text, "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.severity) == ("Y009", "error")
    assert (problem.line, problem.column, problem.end_line, problem.end_column) == span
    assert problem.fix is not None
    assert problem.fix.text == fix
    assert document.root is not None


def test_dash_that_yaml_swallows_into_the_text_above_is_refused():
    document = read("do:\n  - answer\n    - hangup\n  - say a - b\n", "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.severity, problem.line, problem.column) == ("Y001", "error", 3, 5)
    assert "indented too far" in problem.message


@pytest.mark.parametrize(
    ("text", "column", "fix"),
    [
        ("speak: Press #1 to go on\n", 8, '"Press #1 to go on"'),
        ("room: Room #5\n", 7, '"Room #5"'),
        ('speak: Say "hi" #now\n', 8, "'Say \"hi\" #now'"),
        ("speak: For the menu press # or wait\n", 8, '"For the menu press # or wait"'),
        ("end_key: #\n", 10, '"#"'),
    ],
)
def test_text_cut_by_a_comment_is_doubted(text, column, fix):
    document = read(text, "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.severity, problem.line, problem.column) == ("Y010", "warning", 1, column)
    assert problem.fix is not None
    assert problem.fix.text == fix
    assert document.root is not None


@pytest.mark.parametrize(
    "text",
    [
        "call.bridged: end      # sales has answered\n",
        "speak: Welcome to Acme. # the greeting\n",
        "then: menu #sales\n",
        'if: event.digit == "#"\n',
        'end_key: "#"   # pound\n',
        "a: b#c\n",
        "do: #\n  - answer\n",
        "speak: Bonjour\u00a0! Ça va\u00a0?\n",
        "speak: Say “yes” now\n",
        "speak: It’s us\n",
        "speak: Hello {{ name }}, welcome\n",
        "a:\tb\n",
        "---\na: 1\n",
        "---\na: 1\n...\n",
        "\ufeffa: 1\n",
        "speak: >-\n  Press #1: it's “free” {{ x }} \u00a0\n",
    ],
)
def test_what_is_in_order_is_not_doubted(text):
    document = read(text, "f.yaml")

    assert document.problems == ()
    assert document.root is not None


def test_curly_quotes_around_a_text_are_doubted_and_fixable():
    document = read("speak: “Hello”\n", "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.severity, problem.column, problem.end_column) == ("Y011", "warning", 8, 15)
    assert problem.fix is not None
    assert problem.fix.text == '"Hello"'


def test_curly_quotes_around_a_key_are_an_error_for_no_key_is_called_so():
    document = read("keys:\n  “1”: sales\n", "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.severity, problem.line, problem.column) == ("Y011", "error", 2, 3)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a\u00a0b: 1\n", 1, 2), ("a:\n  b: 1\n\u00a0 c: 1\n", 3, 1), ("a: \u00a0b\n", 1, 4), ("a: b\u200b\n", 1, 5),
     ("a:\n  - -\u00a0b\n", 2, 6)],
)  # fmt: skip
def test_invisible_character_that_yaml_takes_for_a_letter_is_refused(text, line, column):
    document = read(text, "f.yaml")

    (problem,) = document.problems
    assert (problem.rule, problem.line, problem.column) == ("Y012", line, column)


def test_every_rule_is_reported_by_some_sample():
    reported = {sample[1] for sample in REFUSED.values()}
    elsewhere = {"Y003", "Y007", "Y008", "Y013", "Y014"}  # test_reader.py
    elsewhere |= {"Y016", "Y017", "Y018"}  # what is read has its own place in tests/golden/err

    assert reported | elsewhere == set(RULES)
