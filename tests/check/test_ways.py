"""What may be true of a call that comes from another flow, and of one that comes back."""

from __future__ import annotations

import pytest

from engine.check.run import check_files

HEAD = "anywhere: {on_error: hangup}\nstart: begin\nstates:\n"
OTHER = "  another_flow_calls: true\n"


def flow(name: str, starts: str, states: str) -> str:
    return f"flow: {name}\nstarts_when:\n{starts}{HEAD}{states}"


def main(states: str) -> str:
    return flow("main", '  calls_to: ["+15551230000"]\n', states)


def rules(*flows: str) -> list[str]:
    files = {f"{text.split()[1]}.flow.yaml": text.encode() for text in flows}
    return [f"{problem.rule} {problem.path.split('.')[0]}:{problem.line}" for problem in check_files(files)]


SPEAKS = flow("speaks", OTHER, "  begin:\n    do: [{speak: Hello.}]\n    then: hangup\n")
SPEAKS_AND_ENDS = flow("speaks", OTHER, "  begin:\n    do: [{speak: Hello.}]\n    then: end\n")
ANSWERS = flow("answers", OTHER, "  begin:\n    do: [answer]\n    then: end\n")
HANDS_ON = flow("hands_on", OTHER, "  begin:\n    do: [{log: on}]\n    then: {flow: speaks}\n")
JOINS = flow("joins", OTHER, "  begin:\n    do: [{join_conference: {room: team}}]\n    then: end\n")


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        pytest.param([main("  begin:\n    then: {flow: speaks}\n"), SPEAKS], ["T002 speaks:8"], id="not answered"),
        pytest.param([main("  begin:\n    do: [answer]\n    then: {flow: speaks}\n"), SPEAKS], [], id="answered"),
        pytest.param(
            [main("  begin:\n    then: {flow: hands_on}\n"), HANDS_ON, SPEAKS], ["T002 speaks:8"], id="two hand-overs"
        ),
        pytest.param([SPEAKS], ["W005 speaks:3"], id="no known caller: answered"),
        pytest.param(
            [main("  begin:\n    do: [{run: speaks}]\n    then: hangup\n"), SPEAKS_AND_ENDS],
            ["T002 speaks:8"],
            id="run",
        ),
        pytest.param(
            [main("  begin:\n    do: [{run: answers}, {speak: Hello.}]\n    then: hangup\n"), ANSWERS],
            [],
            id="the flow that is run answers",
        ),
        pytest.param(
            [main("  begin:\n    do: [answer, {run: joins}, {speak: Hello.}]\n    then: hangup\n"), JOINS],
            ["T003 main:8"],
            id="the flow that is run leaves the call in a room",
        ),
        pytest.param(
            [main("  begin:\n    do: [{run: hands_on}, {speak: Never.}]\n    then: hangup\n"), HANDS_ON, SPEAKS],
            ["T002 speaks:8"],
            id="a flow that is run hands over and never comes back",
        ),
        pytest.param(
            [
                main(
                    "  begin:\n    do: [answer, {call_later: {flow: speaks, to: '+15551230009', in: 5m}}]\n"
                    "    then: hangup\n"
                ),
                SPEAKS,
            ],
            [],
            id="whoever is called has answered",
        ),
    ],
)
def test_situation_goes_along_with_the_call(flows: list[str], expected: list[str]) -> None:
    assert [found for found in rules(*flows) if not found.startswith("G015")] == expected


def test_flows_that_hand_a_call_round_in_a_circle_are_walked_to_an_end() -> None:
    one = main("  begin:\n    do: [answer, {speak: One.}]\n    then: {flow: two}\n")
    two = flow("two", OTHER, "  begin:\n    do: [{speak: Two.}]\n    then: {flow: main}\n")

    assert rules(one, two) == []


def test_flow_that_runs_itself_is_told_of_once() -> None:
    one = main("  begin:\n    do: [answer, {run: two}]\n    then: hangup\n")
    two = flow("two", OTHER, "  begin:\n    do: [{speak: Two.}, {run: two}]\n    then: end\n")

    assert rules(one, two) == ["R026 two:8"]


def test_more_than_eight_flows_one_inside_the_other_are_refused() -> None:
    chain = [
        flow(f"f{n}", OTHER, f"  begin:\n    do: [{{speak: Down.}}, {{run: f{n + 1}}}]\n    then: end\n")
        for n in range(1, 9)
    ]
    last = flow("f9", OTHER, "  begin:\n    do: [{speak: Deep.}]\n    then: end\n")
    one = main("  begin:\n    do: [answer, {run: f1}]\n    then: hangup\n")

    assert rules(one, *chain, last) == ["R026 main:8"]
    assert rules(one.replace("f1", "f2"), *chain[1:], last) == []
