"""What may be true of a call on its way: answered, in a room, in a queue."""

from __future__ import annotations

import pytest

from engine.check.run import check_files

HEAD = """flow: small
starts_when: {calls_to: ["+15551230000"]}
anywhere:
  on_error: bye
start: welcome
states:
  bye: {then: hangup}
"""
AGENT = """
roles:
  agent:
    starts_when: {calls_to: ["+15551230001"]}
    anywhere: {on_error: hangup}
    start: ready
    states:
      ready:
        do: [answer, {connect: support}]
        then: talking
      talking:
        on: {caller.left: {do: [{speak: Done.}], then: hangup}, caller.joined: stay}
        after: {1h: hangup}
"""
QUEUED = """
  welcome:
    do: [answer, {enqueue: {queue: support, max_wait: 5m}}]
    on: {agent.joined: talking, call.dequeued: voicemail, call.dtmf.received: voicemail}
    every: {9s: {do: [{speak: Please wait.}]}}
  talking:
    on: {agent.left: thanks}
    after: {1h: %s}
  thanks: {do: [{speak: Thanks.}], then: hangup}
  voicemail: {do: [%s {speak: Sorry.}], then: hangup}
"""
CASES = {
    "a_speaker_behind_an_answer_is_fine": ("  welcome: {do: [answer, {speak: Hello.}], then: hangup}", []),
    "an_answer_in_an_earlier_state_counts": (
        "  welcome: {do: [answer], then: talk}\n  talk: {do: [{speak: Hello.}], then: hangup}",
        [],
    ),
    "one_way_without_answer_is_enough": (
        """  welcome:
    then:
      - {if: caller.number == "", then: talk}
      - {do: [answer], then: talk}
  talk: {do: [{speak: Hello.}], then: hangup}""",
        ["T002"],
    ),
    "call_answered_is_an_answer": (
        "  welcome: {on: {call.answered: talk}, after: {1m: hangup}}\n  talk: {do: [{speak: Hi.}], then: hangup}",
        [],
    ),
    "a_room_needs_an_answer": ("  welcome: {do: [{join_conference: team}], after: {1m: hangup}}", ["T002"]),
    "a_room_that_has_ended_is_left": (
        """  welcome: {do: [answer, {join_conference: team}], on: {conference.ended: talk}, after: {1h: hangup}}
  talk: {do: [{speak: Goodbye.}], then: hangup}""",
        [],
    ),
    "a_room_that_was_never_joined_is_no_obstacle_to_on_error": (
        """  welcome: {do: [answer, {join_conference: team}], after: {1h: hangup}, on_error: talk}
  talk: {do: [{speak: Goodbye.}], then: hangup}""",
        [],
    ),
    "a_handler_cannot_speak_in_the_room": (
        """  welcome:
    do: [answer, {join_conference: team}]
    every: {1m: {do: [{speak: Hello.}]}}
    after: {1h: hangup}""",
        ["T003"],
    ),
    "leaving_the_room_first_is_fine": (
        """  welcome:
    do: [answer, {join_conference: team}]
    after: {1h: {do: [leave_conference, {speak: Goodbye.}], then: hangup}}""",
        [],
    ),
    "the_private_room_ends_with_the_link": (QUEUED % ("hangup", "leave_queue,") + AGENT, []),
    "the_private_room_lasts_as_long_as_the_link": (QUEUED % ("thanks", "leave_queue,") + AGENT, ["T003"]),
    "whoever_is_still_in_line_may_be_taken": (QUEUED % ("hangup", "") + AGENT, ["T008"]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_may_be_true_on_the_way(case: str) -> None:
    states, expected = CASES[case]

    problems = check_files({"small.flow.yaml": f"{HEAD}{states}\n".encode()})

    assert [problem.rule for problem in problems] == expected
