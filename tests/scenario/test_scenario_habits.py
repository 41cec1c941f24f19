"""What people write instead of a step is answered with the step."""

from __future__ import annotations

import pytest
from rehearsals import report_of


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("caller hears: Hello", "write caller: {hears: ...}"),
        ("presses: 1", "write caller: presses 4821#"),
        ("state: menu", "write is_in: STATE"),
        ("caller: enters 1", "'caller: presses 4821#'"),
        ("caller: disconnects", "'caller: hangs up'"),
        ("caller: waits 20s", "'caller: stays silent 20s'"),
        ("caller: says Ann", "'caller: {tells_ai: {name: Ann}}'"),
    ],
)
def test_the_right_step_is_named(written: str, advice: str):
    [problem] = report_of(f"""
        - caller: calls
        - {written}
    """).problems

    assert problem.message.endswith(advice)
