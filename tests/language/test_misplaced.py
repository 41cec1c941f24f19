"""The one line in the wrong place is found, also where YAML stumbles over another."""

from __future__ import annotations

import random
import time

import pytest

from engine.check.run import check_files

FLOW = """flow: small
starts_when:
  calls_to: any
anywhere:
  on_error: hangup
start: one
states:
  one:
    do:
      - answer
      - speak: "Hello."
    then: two

  # a comment
  two:
    do:
      - gather: {digits: 1}
    keys:
      "1": two
      anything_else: two
      nothing:
        - if: caller.number == ""
          then: hangup
        - then: two
"""
LINES = FLOW.split("\n")


def problems(lines: list[str]) -> list[tuple[str, int]]:
    found = check_files({"small.flow.yaml": "\n".join(lines).encode()})
    return [(problem.rule, problem.line) for problem in found]


def test_flow_is_good_as_it_is() -> None:
    assert problems(LINES) == []


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (9, "  do:"), (9, "do:"), (9, "     do:"), (11, '    - speak: "Hello."'), (12, "      then: two"),
        (12, "  then: two"), (12, "then: two"), (15, "two:"), (15, "    two:"), (18, "      keys:"), (18, "keys:"),
        (19, '    "1": two'), (22, '          - if: caller.number == ""'), (24, "      - then: two"),
    ],
)  # fmt: skip
def test_line_that_stands_too_far_to_one_side_is_named(number: int, line: str) -> None:
    assert problems([*LINES[: number - 1], line, *LINES[number:]]) == [("Y017", number)]


@pytest.mark.parametrize(("first", "last", "by"), [(9, 11, 2), (9, 11, 4), (15, 24, 2), (18, 24, 4), (22, 23, 4)])
def test_block_that_lost_its_indentation_is_named_by_its_first_line(first: int, last: int, by: int) -> None:
    block = [line[by:] for line in LINES[first - 1 : last]]

    assert problems([*LINES[: first - 1], *block, *LINES[last:]]) == [("Y017", first)]


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (11, '        speak: "Hello."'), (11, '      speak: "Hello."'), (11, '      -speak: "Hello."'),
        (10, "      answer"), (24, "          then: two"),
    ],
)  # fmt: skip
def test_line_without_its_dash_is_named(number: int, line: str) -> None:
    ((_, found),) = problems([*LINES[: number - 1], line, *LINES[number:]])

    assert found == number


def test_message_tells_what_to_do() -> None:
    (problem,) = check_files({"small.flow.yaml": FLOW.replace("    then: two", "  then: two", 1).encode()})

    assert problem.message == "this line stands too far to the left; put 4 spaces before it"


def test_another_mistake_elsewhere_is_not_blamed_on_a_line() -> None:
    lines = [*LINES[:8], "    dp:", *LINES[9:]]

    assert ("S002", 9) in problems(lines)


ATTACKS = {
    "ten megabytes": b"a: b\n" * 2_000_000,
    "open brackets": b"[" * 100_000,
    "alias bomb": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "rubbish": random.Random(1).randbytes(900_000),
    "nothing": b"",
    "a megabyte of stairs": "".join(" " * (i % 30) + "a:\n" for i in range(60_000)).encode(),
    "long lines out of line": b"".join(b" " * (i % 7) + b"a: " + b"x" * 300 + b"\n" for i in range(2900)),
    "short lines out of line": b"".join(b" " * (i % 7) + b"a: 1\n" for i in range(2900)),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_whole_check_of_an_attack_takes_less_than_a_second(name: str) -> None:
    check_files({"small.flow.yaml": FLOW.encode()})  # what is imported and cached at first use
    started = time.process_time()

    found = check_files({"small.flow.yaml": ATTACKS[name]})

    assert time.process_time() - started < 1
    assert [problem.severity for problem in found] == ["error"]
