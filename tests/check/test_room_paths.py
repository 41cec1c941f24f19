"""What may be true of a call about rooms: in one, out of it again, in a private one."""

from __future__ import annotations

import pytest

from engine.check.run import check_files

TWO = """flow: two
starts_when: {{calls_to: ["+15551230000"]}}
anywhere: {{on_error: hangup}}
start: talk
states:
  talk:
    do: [answer, {{join_conference: team}}{steps}]
    on: {{{on}, conference.ended: bye}}
    after: {{1h: hangup}}
  bye: {{do: [{bye}], then: hangup}}
roles:
  agent:
    starts_when: {{calls_to: ["+15551230001"]}}
    anywhere: {{on_error: hangup}}
    start: talk
    states:
      talk: {{do: [answer, {{join_conference: team}}], on: {{caller.left: hangup}}, after: {{1h: hangup}}}}
"""
LEFT = "agent.left: {do: [%s]}"
CASES = {
    "who stays in a plain room can speak in it": ("", LEFT % "{conference_speak: Gone.}", "{speak: Bye}", []),
    "who stays in a plain room cannot speak outside it": ("", LEFT % "{speak: Gone.}", "{speak: Bye}", ["T003"]),
    "a room that has ended is no place to speak": ("", LEFT % "{log: x}", "{conference_speak: Bye}", ["T014"]),
    "the two stops may stand anywhere": ("", LEFT % "{log: x}", "conference_stop, conference_record_stop", []),
    "another room can be named": ("", LEFT % "{log: x}", "{conference_speak: {text: Bye, room: hall}}", []),
    "whoever ends the room is in none": (
        ", conference_end, {conference_speak: Bye}", LEFT % "{log: x}", "{speak: Bye}", ["T014"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rooms_on_the_way(case: str) -> None:
    steps, on, bye, expected = CASES[case]
    text = TWO.format(steps=steps, on=on, bye=bye)

    problems = check_files({"two.flow.yaml": text.encode()})

    assert [problem.rule for problem in problems if problem.severity == "error"] == expected


def test_a_flow_that_others_use_may_get_a_call_that_is_in_a_room() -> None:
    text = TWO.format(steps="", on=LEFT % "{log: x}", bye="{conference_speak: Bye}")
    text = text.replace('{calls_to: ["+15551230000"]}', "{another_flow_calls: true}")

    assert "T014" not in {problem.rule for problem in check_files({"two.flow.yaml": text.encode()})}
