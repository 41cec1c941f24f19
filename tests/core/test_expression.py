"""Formulas: what they work out, what they refuse and where, and that nothing makes them hang."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.expression import FormulaError, FormulaProblem, Kind, MissingValue, compile_condition, compile_formula
from engine.core.hours import Hours
from engine.core.kinds import RULES

NAMES = {
    "event.digit": Kind.TEXT, "event.reason": Kind.TEXT, "event.from": Kind.TEXT, "event.current_position": Kind.NUMBER,
    "event.recording_urls.*": Kind.ANY, "event.unknown": Kind.ANY, "digits": Kind.DIGITS, "pin": Kind.DIGITS,
    "pin_tries": Kind.NUMBER, "vip": Kind.YES_NO, "asked_at": Kind.TIME, "secret.team": Kind.DIGITS,
    "list.agents": Kind.LIST, "caller.number": Kind.TEXT,
}  # fmt: skip
CLOCK = {
    **NAMES, "now()": Kind.TIME, "language()": Kind.TEXT, "hours()": Kind.HOURS, "office": Kind.HOURS,
}  # fmt: skip
OFFICE = Hours(timezone="Europe/Madrid", week=(((540, 1050),),) * 7)
SECRETS = frozenset({"pin"})
ENV = {
    "event.digit": "1", "event.reason": "timeout", "event.from": "+34600111222", "event.current_position": 4,
    "event.recording_urls.mp3": "https://x/y.mp3", "event.unknown": "text", "digits": "42", "pin": "4821",
    "pin_tries": 2,
    "vip": True, "asked_at": 100.0, "secret.team": "4821", "list.agents": ["+1555", "+1556"],
    "caller.number": "+15551234567", "now()": 750.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('event.digit == "1"', True),
        ("event.digit == '1'", True),
        ('event.digit != "1"', False),
        ('event.reason == "timeout" and not vip', False),
        ('event.reason == "x" or vip', True),
        ("vip == true", True),
        ("vip != true or false", False),
        ("not not vip", True),
        ("pin_tries >= 2", True),
        ("pin_tries < 2", False),
        ("2 > pin_tries", False),
        ("1 <= pin_tries <= 3", True),
        ("1 < pin_tries < 2", False),
        ("pin_tries + 1 == 3", True),
        ("pin_tries - 3 == -1", True),
        ("-pin_tries == - 2", True),
        ("0.1 + 0.2 == 0.3", True),
        ("number(digits) == 42", True),
        ('number("1.5") + 1', 2.5),
        ('number(" -7 ")', -7),
        ("number(pin_tries)", 2),
        ("length(digits)", 2),
        ("length(list.agents)", 2),
        ("last(caller.number, 4)", "4567"),
        ("last(caller.number, 0)", ""),
        ("last(digits, 9)", "42"),
        ('starts_with(caller.number, "+1")', True),
        ("spoken_digits(caller.number)", "1 5 5 5 1 2 3 4 5 6 7"),
        ("spoken_digits(pin_tries + 40)", "4 2"),
        ('"+1555" in list.agents', True),
        ("caller.number not in list.agents", True),
        ('"4" in digits', True),
        ('"x" + digits + "y"', "x42y"),
        ('(vip or vip) and (pin_tries == 2)', True),
        ("event.from", "+34600111222"),
        ("event.recording_urls.mp3", "https://x/y.mp3"),
        ('event.unknown == "text"', True),
        ('event.unknown + "s"', "texts"),
        ('"ex" in event.unknown', True),
        (r'"a\"b\\c\n" == "x"', False),
        ("now()", 750.0),
        ("minutes_since(asked_at)", 10),
        ("now() > asked_at", True),
        ("  vip  ", True),
        ("vip\nand vip", True),
        ("pin == secret.team", True),
        ("pin != secret.team", False),
        ('secret.team == "0000"', False),
        ("(pin) == pin", True),
    ],
)  # fmt: skip
def test_formula_is_worked_out(source, value):
    formula = compile_formula(source, CLOCK, secret_names=SECRETS)

    result = formula.evaluate(ENV)

    assert result == value
    assert type(result) is type(value)


# source: (rule, column, length, part of the message)
REFUSED = {
    "": ("X001", 0, 1, "empty"),
    "  ": ("X001", 2, 1, "empty"),
    'event.digit = "1"': ("X001", 12, 1, "write =="),
    '"abc': ("X001", 0, 1, "never closed"),
    "digits == “5”": ("X001", 10, 1, "straight"),
    "digits && vip": ("X001", 7, 2, "write 'and'"),
    "digits || vip": ("X001", 7, 2, "write 'or'"),
    "!vip": ("X001", 0, 1, "write 'not'"),
    "pin_tries => 2": ("X001", 10, 2, "write >="),
    "pin_tries ≤ 2": ("X001", 10, 1, "write <="),
    "pin_tries <> 2": ("X001", 10, 2, "write !="),
    "vip AND vip": ("X001", 4, 3, "small letters"),
    "vip is true": ("X001", 4, 2, "write =="),
    "vip vip": ("X001", 4, 3, "operator"),
    'vip "x"': ("X001", 4, 3, "operator"),
    "vip not vip": ("X001", 4, 3, "'and' or 'or'"),
    "pin_tries not 2": ("X001", 10, 3, "not in"),
    "vip and": ("X001", 7, 1, "too early"),
    '== "1"': ("X001", 0, 2, "value is missing"),
    "(vip": ("X001", 0, 1, "never closed"),
    "vip)": ("X001", 3, 1, "closes nothing"),
    "(vip) (vip)": ("X001", 6, 1, "bracket cannot follow"),
    "(vip vip)": ("X001", 5, 3, "operator"),
    "digits == 012": ("X001", 10, 3, "put it in quotes"),
    "pin_tries == 1e3": ("X001", 13, 3, "not a number"),
    "pin_tries == 0x10": ("X001", 13, 4, "not a number"),
    "pin_tries == 1_000": ("X001", 13, 5, "not a number"),
    "pin_tries > 5s": ("X001", 12, 2, "not a number"),
    "pin_tries > .5": ("X001", 12, 2, "digit before the point"),
    "pin_tries == +5": ("X001", 13, 1, "phone number in quotes"),
    'digits == "a\\d"': ("X001", 12, 2, "backslash"),
    "vip; vip": ("X001", 3, 1, "no meaning"),
    "event.digit. == vip": ("X001", 11, 1, "no meaning"),
    "digts": ("X002", 0, 5, "did you mean 'digits'?"),
    'événement == "é" or digts': ("X002", 0, 9, "no 'événement'"),
    'digits == "é😀" or digts == ""': ("X002", 18, 5, "digits"),
    "event.reason == timeout": ("X002", 16, 7, 'write "timeout" in quotes'),
    "True": ("X002", 0, 4, "write true"),
    "digits == None": ("X002", 10, 4, 'write ""'),
    "list": ("X002", 0, 4, "such as list.agents"),
    "caller.nmber": ("X002", 0, 12, "'caller.number'"),
    "pin_tries.real": ("X002", 0, 14, "no 'pin_tries.real'"),
    "len(digits)": ("X002", 0, 3, "write length()"),
    "numbr(digits)": ("X002", 0, 5, "'number'"),
    '__import__("os")': ("X002", 0, 10, "no function __import__()"),
    "number": ("X002", 0, 6, "no 'number'"),
    "event.digt": ("X007", 0, 10, "no field 'digt'; did you mean 'digit'?"),
    "event.recording_urls": ("X007", 0, 20, "no field"),
    'event.digit in ["1", "2"]': ("X003", 15, 1, "square brackets"),
    "event.digit[0]": ("X003", 11, 1, "square brackets"),
    "{{ vip }}": ("X003", 0, 1, "braces"),
    "pin_tries * 2": ("X003", 10, 1, "only be added"),
    "pin_tries ** 2": ("X003", 10, 2, "no **"),
    "pin_tries / 2": ("X003", 10, 1, "no /"),
    "pin_tries % 2": ("X003", 10, 1, "no %"),
    "lambda": ("X003", 0, 6, "functions"),
    "vip if vip else vip": ("X003", 4, 2, "rules"),
    "(vip for vip in vip)": ("X003", 5, 3, "loops"),
    "(vip := true)": ("X003", 5, 2, "set"),
    "event.digit.upper()": ("X003", 0, 17, "methods"),
    '"a".upper()': ("X001", 3, 1, "no meaning"),
    'f"{vip}"': ("X003", 0, 1, "letters before a quote"),
    "is_open(office)": ("R019", 8, 6, "no hours 'office'; this flow has no section hours"),
    "next_opening(vip)": ("X004", 13, 3, "is a yes or no, and next_opening() needs the name of hours"),
    'is_open("office")': ("X004", 0, 7, "without quotes"),
    "is_open()": ("X004", 0, 7, "takes one name from hours"),
    "is_open(vip, vip)": ("X004", 0, 7, "takes one name from hours"),
    "is_open(vip": ("X001", 7, 1, "never closed"),
    "spoken_time(asked_at)": ("X002", 0, 11, "add hours with a timezone"),
    "now > 5": ("X002", 0, 3, "as a function it has brackets, such as now()"),
    "length(pin)": ("X003", 7, 3, "secret"),
    'pin + "1"': ("X003", 0, 3, "secret"),
    "pin in list.agents": ("X003", 0, 3, "secret"),
    'secret.team > "1"': ("X003", 0, 11, "secret"),
    "-pin": ("X003", 1, 3, "secret"),
    "digits == 5": ("X004", 0, 6, 'write digits == "5", or number(digits) == 5'),
    "5 != digits": ("X004", 0, 1, 'write "5" != digits, or 5 != number(digits)'),
    'pin_tries >= "2"': ("X004", 0, 9, "write pin_tries >= 2"),
    "digits < 5": ("X004", 0, 6, "write number(digits) < 5"),
    'digits < "5"': ("X004", 0, 6, "write number(digits) < 5"),
    'vip == "yes"': ("X004", 0, 3, "write vip, or not vip"),
    'list.agents == "x"': ("X004", 0, 11, "so == cannot compare them"),
    "asked_at > 5": ("X004", 0, 8, "minutes_since"),
    "digits + 1": ("X004", 0, 6, "number(digits) + 1"),
    "vip + vip": ("X004", 0, 3, "both a yes or no"),
    "asked_at - asked_at": ("X004", 0, 8, "minutes_since"),
    "-digits": ("X004", 1, 6, "before a number"),
    "5 in list.agents": ("X004", 0, 1, "put it in quotes"),
    "digits in vip": ("X004", 10, 3, "needs a list or a text"),
    "not digits": ("X004", 4, 6, 'digits != ""'),
    "vip and pin_tries": ("X004", 8, 9, "pin_tries > 0"),
    "list.agents or vip": ("X004", 0, 11, "caller.number in list.agents"),
    "asked_at or vip": ("X004", 0, 8, "minutes_since(asked_at)"),
    "last(digits)": ("X004", 0, 4, "takes 2 values, such as last("),
    "length()": ("X004", 0, 6, "takes one value"),
    "last(digits, digits)": ("X004", 13, 6, "needs a number"),
    "length(vip)": ("X004", 7, 3, "needs a text"),
    "(" * 31 + "vip" + ")" * 31: ("X005", 30, 1, "30 levels"),
    "not " * 31 + "vip": ("X005", 120, 3, "30 levels"),
    "-" * 31 + "pin_tries": ("X005", 30, 1, "30 levels"),
    "vip" + " " * 298: ("X005", 0, 301, "at most 300 characters"),
}


@pytest.mark.parametrize("source", REFUSED)
def test_formula_is_refused_at_its_place_in_plain_words(source):
    rule, column, length, words = REFUSED[source]

    with pytest.raises(FormulaProblem) as caught:
        compile_formula(source, NAMES, secret_names=SECRETS)

    problem = caught.value
    assert (problem.rule, problem.column, problem.length) == (rule, column, length)
    assert words in problem.message
    assert problem.name == RULES[rule][0]


def test_every_rule_but_the_callers_own_is_reported_by_some_sample():
    assert {sample[0] for sample in REFUSED.values()} | {"X006"} == set(RULES)


@pytest.mark.parametrize(("source", "advice"), [("digits", 'digits != ""'), (" pin_tries ", "pin_tries > 0")])
def test_condition_that_is_no_yes_or_no_is_refused(source, advice):
    with pytest.raises(FormulaProblem, match=advice) as caught:
        compile_condition(source, NAMES)

    assert caught.value.rule == "X004"
    assert caught.value.column == source.index(source.strip())


def test_condition_on_a_field_of_unknown_kind_must_turn_out_true_or_false():
    condition = compile_condition("event.unknown", NAMES)

    assert condition.kind is Kind.YES_NO
    assert condition.evaluate({"event.unknown": True}) is True
    with pytest.raises(FormulaError, match="true or false"):
        condition.evaluate({"event.unknown": "text"})


def test_secret_alone_is_no_condition():
    with pytest.raises(FormulaProblem, match="secret"):
        compile_condition("pin", NAMES, secret_names=SECRETS)


def test_formula_tells_what_it_reads():
    formula = compile_formula('pin == secret.team and event.recording_urls.mp3 != "" and now() > asked_at', CLOCK)

    assert formula.names == {"pin", "secret.team", "event.recording_urls.mp3", "now()", "asked_at"}
    assert formula.secrets == frozenset()
    assert not formula.is_constant


@pytest.mark.parametrize("source", ["pin", "(pin)", "secret.team"])
def test_formula_tells_the_secret_that_it_gives_away(source):
    assert compile_formula(source, NAMES, secret_names=SECRETS).secrets == {source.strip("()")}


def test_formula_that_reads_nothing_is_constant():
    assert compile_condition("1 < 2", NAMES).is_constant
    assert not compile_condition("vip", NAMES).is_constant


def test_missing_value_is_named():
    with pytest.raises(MissingValue, match=r"'event\.digit' has no value"):
        compile_formula('event.digit == "1"', NAMES).evaluate({})


def test_none_is_an_empty_text_and_false():
    assert compile_formula('caller.number == ""', NAMES).evaluate({"caller.number": None}) is True
    assert compile_formula("not vip", NAMES).evaluate({"vip": None}) is True


@pytest.mark.parametrize(
    ("source", "env"),
    [
        ("pin_tries > 1", {"pin_tries": None}),
        ("pin_tries > 1", {"pin_tries": True}),
        ("number(digits)", {"digits": "4a"}),
        ("number(digits)", {"digits": "9" * 16}),
        ("number(digits)", {"digits": ""}),
        ("event.unknown < 3", {"event.unknown": "2"}),
        ("event.unknown + event.unknown", {"event.unknown": []}),
        ('"x" in event.unknown', {"event.unknown": 5}),
        ("last(digits, pin_tries)", {"digits": "1", "pin_tries": -1}),
        ("last(digits, pin_tries)", {"digits": "1", "pin_tries": 1.5}),
        ("last(digits, pin_tries)", {"digits": "1", "pin_tries": float("inf")}),
        ("length(event.unknown)", {"event.unknown": 5}),
        ("starts_with(event.unknown, digits)", {"event.unknown": 5, "digits": ""}),
        ("pin == secret.team", {"pin": True, "secret.team": ""}),
        ("pin_tries + 0.5", {"pin_tries": 10**400}),
        ("spoken_digits(digits)", {"digits": "1" * 5000}),
        ("digits + digits", {"digits": "1" * 3000}),
        ("digits", {"digits": "1" * 5000}),
    ],
)
def test_value_of_the_wrong_kind_or_size_is_an_error_that_does_not_quote_it(source, env):
    formula = compile_formula(source, NAMES, secret_names=SECRETS)

    with pytest.raises(FormulaError) as caught:
        formula.evaluate(env)

    assert "111" not in str(caught.value)
    assert "4a" not in str(caught.value)


def test_secret_numbers_are_compared_too():
    formula = compile_formula("secret.team == pin_tries", {**NAMES, "secret.team": Kind.NUMBER})

    assert formula.evaluate({"secret.team": 7, "pin_tries": 7}) is True


def test_formula_is_worked_out_in_some_microseconds():
    formula = compile_condition('event.digit == "1"', NAMES)
    started = time.process_time()

    for _ in range(10_000):
        formula.evaluate(ENV)

    assert time.process_time() - started < 0.1  # 10 us each; measured 0.3


def test_huge_values_do_not_make_a_formula_hang():
    big = "a" * 1_000_000
    formula = compile_formula('digits in caller.number or digits + ("x" + digits) == ""', NAMES)
    started = time.process_time()

    with pytest.raises(FormulaError):
        formula.evaluate({"digits": big + "b", "caller.number": big + big})

    assert time.process_time() - started < 1.0


# --- Python itself as the judge of what a formula means

NUMBER = st.recursive(
    st.sampled_from(["pin_tries", "event_position", "0", "1", "2", "10", "1.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - "]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
    ),
    max_leaves=5,
)
WORD = st.sampled_from(["digits", "reason", '"42"', "'timeout'", '""'])
TRUTH = st.recursive(
    st.one_of(
        st.sampled_from(["vip", "true", "false"]),
        st.tuples(NUMBER, st.sampled_from([" < ", " <= ", " == ", " != ", " > ", " >= "]), NUMBER).map("".join),
        st.tuples(NUMBER, NUMBER, NUMBER).map(lambda three: f"{three[0]} < {three[1]} <= {three[2]}"),
        st.tuples(WORD, st.sampled_from([" == ", " != ", " in ", " not in "]), WORD).map("".join),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"not ({text})"),
    ),
    max_leaves=6,
)
JUDGED = {"pin_tries": 2, "event_position": 4, "digits": "42", "reason": "timeout", "vip": True}
JUDGED_NAMES = {
    "pin_tries": Kind.NUMBER, "event_position": Kind.NUMBER, "digits": Kind.DIGITS, "reason": Kind.TEXT,
    "vip": Kind.YES_NO,
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(TRUTH.filter(lambda text: len(text) <= 300))
@example("not vip == false and 1 + 1 - 1 < 2")
def test_formula_means_what_it_means_in_python(source):
    expected = eval(source, {"__builtins__": {}}, {**JUDGED, "true": True, "false": False})

    assert compile_condition(source, JUDGED_NAMES).evaluate(JUDGED) is expected


PIECES = st.sampled_from([
    *NAMES, "and", "or", "not", "in", "==", "!=", "<", "<=", ">", "+", "-", "(", ")", ",", '"', "'", "\\", '"x"',
    "5", "0.5",
    "true", "number(", "length(", "last(", "starts_with(", "spoken_digits(", "now()", "minutes_since(", "is_open(",
    "office", "next_opening(", "spoken_time(", "is_open(office)", "next_opening(office)",
    "[", "{{",
    "lambda", ":", ".", "=", "é", "😀", "\n", "*", "f", "if", "event.", "“",
])  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.text(max_size=3),
    max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2), st.just(OFFICE), st.just(1.5e9),
)  # fmt: skip


def lies_inside(problem: FormulaProblem, source: str) -> None:
    assert 0 <= problem.column <= len(source)
    assert 1 <= problem.length <= max(len(source) - problem.column, 1)
    assert problem.message


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40)
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(CLOCK, VALUES)),
)
def test_nothing_but_its_own_errors_comes_out_of_a_formula(source, env):
    try:
        formula = compile_formula(source, CLOCK, secret_names=SECRETS)
    except FormulaProblem as problem:
        lies_inside(problem, source)
        return
    with suppress(FormulaError):
        formula.evaluate(env)


@settings(max_examples=100, deadline=None)
@given(TRUTH.filter(lambda text: len(text) <= 300), st.fixed_dictionaries({}, optional=dict.fromkeys(JUDGED, VALUES)))
def test_values_of_any_kind_break_no_formula(source, env):
    formula = compile_condition(source, JUDGED_NAMES)

    with suppress(FormulaError):
        assert isinstance(formula.evaluate(env), bool)
