"""Texts with {{ }} in them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.expression import FormulaError, FormulaProblem, Kind
from engine.core.text import Text, as_words, compile_text

NAMES = {
    "event.current_position": Kind.NUMBER, "event.recording_urls.*": Kind.ANY, "digits": Kind.DIGITS,
    "pin": Kind.DIGITS,
    "vip": Kind.YES_NO, "asked_at": Kind.TIME, "list.agents": Kind.LIST, "name": Kind.TEXT,
}  # fmt: skip
ENV = {
    "event.current_position": 3.0, "digits": "42", "pin": "4821", "vip": True, "asked_at": 1.5e9,
    "list.agents": ["Ann", "Bob"], "name": "{{ pin }}",
}  # fmt: skip


def filled(source: str) -> object:
    text = compile_text(source, NAMES)
    assert isinstance(text, Text)
    return text.evaluate(ENV)


@pytest.mark.parametrize("source", ["", "hello", "{ x }", "}", "a {b} c", '{"a": 1}'])
def test_text_without_formula_stays_as_it_is(source):
    assert compile_text(source, NAMES) == source


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("You are number {{ event.current_position }} in line.", "You are number 3 in line."),
        ("{{digits}}{{ digits }}", "4242"),
        ("{{ vip }}, {{ not vip }}", "yes, no"),
        ("{{ list.agents }}.", "Ann, Bob."),
        ("{{ event.recording_urls.wav }}.", "."),
        ('a {{ "}}" + digits }} b', "a }}42 b"),
        ("a {{ 0.1 + 0.2 }}", "a 0.3"),
        ("hello {{ name }}", "hello {{ pin }}"),
    ],
)
def test_text_is_filled_in(source, value):
    assert filled(source) == value


@pytest.mark.parametrize(
    ("source", "value", "kind"),
    [
        ("{{ event.current_position }}", 3.0, Kind.NUMBER),
        ("  {{ vip }}\n", True, Kind.YES_NO),
        ("{{ list.agents }}", ["Ann", "Bob"], Kind.LIST),
        ("{{ asked_at }}", 1.5e9, Kind.TIME),
        ("{{ digits }}", "42", Kind.DIGITS),
        ("{{ event.recording_urls.wav }}", "", Kind.ANY),
    ],
)
def test_one_formula_alone_keeps_its_kind(source, value, kind):
    text = compile_text(source, NAMES)

    assert isinstance(text, Text)
    assert text.kind is kind
    assert text.evaluate(ENV) == value


@pytest.mark.parametrize(
    ("source", "rule", "column", "length", "words"),
    [
        ("say {{ digts }}", "X002", 7, 5, "'digits'"),
        ("😀 {{ digts }}", "X002", 5, 5, "'digits'"),
        ("a {{ b", "X001", 2, 2, "never closed"),
        ("a {{ b }", "X001", 2, 2, "never closed"),
        ("a {{  }} b", "X001", 2, 6, "nothing between"),
        ("number { digits }} now", "X001", 7, 1, "two braces"),
        ("{{ it's }} it's", "X001", 5, 1, "quote"),
        ("at {{ asked_at }}", "X004", 3, 14, "a time"),
        ("x {{ " + "vip or " * 50 + "vip }}", "X005", 4, 355, "300 characters"),
        ("{{{ vip }}}", "X003", 2, 1, "braces"),
    ],
)
def test_fault_in_a_text_is_told_with_its_place_in_the_text(source, rule, column, length, words):
    with pytest.raises(FormulaProblem, match=words) as caught:
        compile_text(source, NAMES)

    assert (caught.value.rule, caught.value.column, caught.value.length) == (rule, column, length)


def test_text_tells_what_it_reads_and_which_secret_it_would_say():
    text = compile_text('{{ digits == "1" }} {{ name }}', NAMES)
    leaking = compile_text("it is {{ pin }}", NAMES, secret_names=frozenset({"pin"}))

    assert isinstance(text, Text)
    assert (text.names, text.secrets) == ({"digits", "name"}, frozenset())
    assert isinstance(leaking, Text)
    assert leaking.secrets == {"pin"}


@pytest.mark.parametrize(
    ("value", "words"),
    [("a", "a"), (None, ""), (True, "yes"), (False, "no"), (3, "3"), (3.0, "3"), (2.5, "2.5"), (1e-12, "0"), (-0.0,
     "0"),
     (100.0, "100"), (["a", 1, None], "a, 1, ")],
)  # fmt: skip
def test_value_is_said_in_words(value, words):
    assert as_words(value) == words


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [[1]], object(), 10**200])
def test_value_that_cannot_be_said_is_an_error(value):
    text = compile_text("x {{ event.recording_urls.mp3 }}", NAMES)
    assert isinstance(text, Text)

    with pytest.raises(FormulaError):
        text.evaluate({"event.recording_urls.mp3": value})


def test_text_over_four_kilobytes_is_an_error():
    text = compile_text("{{ name }}{{ digits }}", NAMES)
    assert isinstance(text, Text)

    with pytest.raises(FormulaError, match="4096"):
        text.evaluate({"name": "a" * 3000, "digits": "1" * 3000})


@pytest.mark.parametrize(
    "source", ["{{" * 400_000, '{{ "' * 250_000, "{{ vip }" * 100_000, "{" * 900_000 + "}}", "{{x'}}" * 90_000]
)
def test_long_text_is_refused_in_less_than_a_second(source):
    started = time.process_time()

    with pytest.raises(FormulaProblem):
        compile_text(source, NAMES)

    assert time.process_time() - started < 1.0


def lies_inside(problem: FormulaProblem, source: str) -> None:
    assert 0 <= problem.column < problem.column + problem.length <= len(source)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{", "}", "digits", "vip", '"', "'", " ", "x", "+", "é", "\n", "pin"]), max_size=14
    )
)
def test_nothing_but_its_own_errors_comes_out_of_a_text(pieces):
    source = "".join(pieces)
    try:
        text = compile_text(source, NAMES, secret_names=frozenset({"pin"}))
    except FormulaProblem as problem:
        lies_inside(problem, source)
        return
    if isinstance(text, str):
        assert text == source
    else:
        text.evaluate(ENV)


def test_values_inside_ssml_are_escaped():
    text = compile_text("<speak>Hello {{ name }}</speak>", {"name": Kind.TEXT})

    assert text.evaluate({"name": "<break/> & co"}) == "<speak>Hello &lt;break/&gt; &amp; co</speak>"
