"""One cause, one message: what follows from a mistake is not told, and what does not is."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from engine.check import allowances, echoes, namesakes
from engine.check.run import RULES, check_files, load
from engine.core.kinds import RULES as FORMULA_RULES
from engine.language.codes import LANGUAGE_CODES
from engine.language.yaml_rules import RULES as YAML_RULES

HEAD = """flow: small
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
"""


def found(text: str, **others: str) -> list[tuple[str, int]]:
    """Return rule and line of each problem of a flow that begins with the three lines of HEAD."""
    files = {"small.flow.yaml": HEAD + text, **{f"{name}.flow.yaml": other for name, other in others.items()}}
    problems = check_files({name: content.encode() for name, content in files.items()})
    return [(problem.rule, problem.line) for problem in problems]


SAMPLES = {
    "a misspelt exit, and the states behind it": (
        "start: one\n"
        "states:\n"
        "  one: {do: [answer], then: twoo}\n"
        "  two: {then: three}\n"
        "  three: {then: hangup}\n",
        [("R001", 6)],
    ),
    "a state that is called otherwise everywhere": (
        "start: one\n"
        "states:\n"
        "  one: {do: [{gather: {digits: 1}}], keys: {'1': two, anything_else: two, nothing: two}}\n"
        "  tow: {then: hangup}\n",
        [("R001", 7)],
    ),
    "a section that is misspelt": (
        "promts: {hello: {en-US: Hello}}\n"
        "start: one\n"
        "states:\n"
        "  one: {do: [answer, prompt: hello], then: hangup}\n",
        [("S001", 4)],
    ),
    "a prompt with a bad name": (
        "prompts:\n"
        "  Hello: {en-US: Hello}\n"
        "start: one\n"
        "states:\n"
        "  one: {do: [answer, prompt: hello], then: hangup}\n",
        [("S009", 5)],
    ),
    "a misspelt verb, and the names that it would give": (
        "start: one\n"
        "states:\n"
        "  one:\n"
        "    do: [answer, {gathr: {digits: 1}}]\n"
        '    keys: {digits: [{if: digits == "1", then: hangup}, {then: one}], nothing: hangup}\n',
        [("S003", 7)],
    ),
    "one unknown variable in three places": (
        "start: one\n"
        "states:\n"
        '  one: {do: [count: x, log: "{{ x }}", log: "{{ x + 1 }}"], then: hangup}\n',
        [("R003", 6)],
    ),
    "two mistakes that have nothing to do with each other": (
        "start: one\n"
        "states:\n"
        "  one: {do: [answr], then: twoo}\n"
        "  two: {do: [speak: hello], then: hangup}\n",
        [("S003", 6), ("R001", 6)],
    ),
    "curly quotes where a number belongs": (
        "start: one\n"
        "states:\n"
        "  one: {do: [answer, gather: {digits: “1”}], keys: {digits: one, nothing: hangup}}\n",
        [("Y011", 6)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_each_cause_is_told_once(name: str) -> None:
    text, expected = SAMPLES[name]

    assert found(text) == expected


def test_what_another_file_says_too_little_about_is_not_told() -> None:
    other = "flow: other\nstarts_when: {another_flow_calls: true}\nanywhere: {on_error: hangup}\nstart: one\n"
    other += "states: {one: {then: end}}\n"
    states = "start: one\nstates:\n  one: {do: [answer, run: other], then: hangup}\n"

    assert found(states, other=other) == []
    assert found(states.replace("start: one", "start one"), other=other) == [("Y001", 4)]
    assert found(states.replace("run: other", "run: othr"), other=other) == [("R016", 6)]


def test_what_is_left_out_never_hides_that_the_flow_cannot_run() -> None:
    for text, _ in SAMPLES.values():
        loaded = load({"small.flow.yaml": (HEAD + text).encode()})
        assert loaded.version is None
        assert any(problem.severity == "error" for problem in loaded.problems)


def test_every_code_that_stands_for_a_cause_or_an_echo_is_that_of_a_rule() -> None:
    known = {rule.code.code for rule in RULES} | {code.code for code in (*LANGUAGE_CODES, *allowances.CODES)}
    known |= set(FORMULA_RULES) | set(YAML_RULES)
    named: set[str] = set()
    for module in (echoes, namesakes):
        named |= set(re.findall(r'"([A-Z][0-9]{3})"', Path(module.__file__).read_text(encoding="utf-8")))

    assert named - known == set()


def test_thousands_of_wrong_names_are_told_in_a_moment() -> None:
    states = "".join(f"  state_{number}: {{then: stat_{number}}}\n" for number in range(3000))
    started = time.process_time()

    problems = check_files({"small.flow.yaml": (HEAD + "start: state_0\nstates:\n" + states).encode()})

    assert len(problems) >= 3000
    assert time.process_time() - started < 10
