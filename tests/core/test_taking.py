"""Parts of an answer from outside, and which variable each of them fits."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.kinds import Kind
from engine.core.taking import TEXT, UnfitAnswerError, fitted, part, taken
from engine.core.text import Text, compile_text

ANSWER = {"person": {"name": "Ann", "none": None}, "cases": [{"id": 7}, {"id": 8}], "a.b": 1}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(("path", "value"), [("person.name", "Ann"), ("cases.1.id", 8), ("person", ANSWER["person"])])
def test_a_part_is_found_by_names_and_numbers(path, value):
    assert part(ANSWER, path) == value


@pytest.mark.parametrize(
    "path", ["person.age", "person.none", "cases.2.id", "cases.id", "person.name.first", "cases.-1", ""]
)
def test_what_is_not_there_is_not_found(path):
    with pytest.raises(UnfitAnswerError):
        part(ANSWER, path)


def test_only_what_is_wanted_is_taken():
    assert taken(orjson.dumps(ANSWER), ["person.name", "person.age"]) == {"person.name": "Ann"}
    assert taken(b"no JSON", []) == {}
    assert taken(b" a text ", TEXT) == {"text": "a text"}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [("x", "text", "x"), (3, "text", "3"), (2.50, "text", "2.5"), (True, "text", "yes"), ("0421#", "digits", "0421#"),
     (421, "digits", "421"), (3, "number", 3), (2.5, "number", 2.5), (False, "yes_no", False),
     (["a", 1], "list", ["a", "1"]), ([], "list", [])],
)  # fmt: skip
def test_a_value_that_fits_its_variable(value, kind, expected):
    assert fitted(value, kind, "x") == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [({}, "text"), ([], "text"), ("x" * 4097, "text"), ("12a", "digits"), ("", "digits"), (True, "digits"),
     (-1, "digits"),
     ("3", "number"), (True, "number"), (float("inf"), "number"), (2**63, "number"),
     (-(2**63), "number"), ("yes", "yes_no"), (1, "yes_no"), ("a", "list"),
     ([["a"]], "list"), (["a"] * 1001, "list"), (1, "time")],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_and_not_quoted(value, kind):
    with pytest.raises(UnfitAnswerError, match=f"^'x' of the answer is not of the type {kind}$"):
        fitted(value, kind, "x")


@settings(max_examples=40, deadline=None)
@given(JSON, st.sampled_from(["text", "digits", "number", "yes_no", "list", "time"]))
def test_any_answer_fits_or_is_refused(value, kind):
    try:
        found = fitted(value, kind, "x")
    except UnfitAnswerError:
        return
    assert orjson.loads(orjson.dumps(found)) == found


@given(st.text())
def test_a_value_in_an_address_stays_one_part_of_it(value):
    text = compile_text("https://crm.example.com/a/{{ x }}?b={{ x }}", {"x": Kind.TEXT})
    assert isinstance(text, Text)

    address = text.encoded({"x": value})

    assert address.isascii()
    assert (address.count("/"), address.count("?"), address.count("=")) == (4, 1, 1)
    assert not set(address) & set(' #&\\\n"<>')
