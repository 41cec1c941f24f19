"""Commands of which nobody knows whether they were done: Telnyx is asked before anything is sent again."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

from engine.core.answer import Answer
from engine.core.command import Command, OutboxRow
from engine.core.delivery import Ask, Attempt, Send, Settle, Step, Terms, Wait, next_step
from engine.core.event import ACCEPTED, IN_DOUBT
from engine.core.read_back import is_done, question
from engine.simulator.trouble import Copy, Mishap
from engine.tables import catalogue

T0 = 1_800_000_000.0
ENQUEUE = Command(operation="enqueue", path={"call_control_id": "v3:a"}, parameters={"queue_name": "a b"})
JOIN = Command(operation="conference_join", path={"id": "c 1"}, parameters={"call_control_id": "v3:a", "region": "US"})
LEAVE = Command(operation="conference_leave", path={"id": "c 1"}, parameters={"call_control_id": "v3:a"})
IN_LINE = Command(operation="queued_call_retrieve", path={"queue_name": "a b", "call_control_id": "v3:a"})
FOUND, MISSING, BROKEN = Answer(status=200, body={"data": {}}), Answer(status=404), Answer(status=503)


def people(*rows: tuple[str, str], pages: int = 1) -> Answer:
    data = [{"call_control_id": call, "status": status} for call, status in rows]
    return Answer(status=200, body={"data": data, "meta": {"page_number": 1, "total_pages": pages}})


def step(*attempts: Attempt, questions: tuple[Attempt, ...] = (), now: float, of: Command = ENQUEUE) -> Step:
    row = OutboxRow(command_id="c1", run="anna", chain="anna", seq=1, command=of, created_at=T0, first_attempt_at=T0)
    terms = Terms.of(catalogue().operations[of.operation])
    return next_step(row, terms, attempts, questions=questions, restarted=True, now=now)


def asked(answer: Answer | None, *, at: float) -> Attempt:
    return Attempt(at=at, ended_at=at + 0.1, answer=answer, failure=None if answer else "silent")


def outcome_of(result: Step) -> str:
    assert isinstance(result, Settle), result
    return result.outcome.type


def test_each_command_that_leaves_a_trace_has_its_question() -> None:
    assert question(ENQUEUE) == IN_LINE
    assert question(JOIN) == Command(
        operation="participant_list", path={"conference_id": "c 1"}, query={"page[size]": 250, "region": "US"}
    )
    assert question(Command(operation="queue_create", parameters={"queue_name": "q"})) == Command(
        operation="queue_retrieve", path={"queue_name": "q"}
    )
    assert question(Command(operation="speak", path={"call_control_id": "v3:a"})) is None


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        (ENQUEUE, FOUND, True),
        (ENQUEUE, MISSING, False),
        (ENQUEUE, BROKEN, None),
        (JOIN, people(("v3:b", "joined"), ("v3:a", "joined")), True),
        (JOIN, people(("v3:a", "left")), False),
        (JOIN, people(("v3:b", "joined"), pages=2), None),
        (JOIN, MISSING, False),
        (LEAVE, people(("v3:a", "joined")), False),
        (LEAVE, people(("v3:b", "joined")), True),
        (LEAVE, MISSING, True),
    ],
)
def test_the_answer_says_whether_it_was_done(command: Command, answer: Answer, expected: bool | None) -> None:
    assert is_done(command, answer) is expected


def test_an_old_command_is_asked_for_before_it_is_sent_again() -> None:
    """'read-back (join, leave, create, enqueue, leave_queue) asks first' (runtime.md, "Commands", 3)"""
    assert step(now=T0 + 10) == Send()  # Telnyx still ignores a second one
    assert step(now=T0 + 100) == Ask(IN_LINE)


def test_what_was_done_is_accepted_and_what_was_not_is_sent() -> None:
    assert outcome_of(step(questions=(asked(FOUND, at=T0 + 100),), now=T0 + 101)) == ACCEPTED
    assert step(questions=(asked(MISSING, at=T0 + 100),), now=T0 + 101) == Send()


def test_an_attempt_after_the_question_makes_the_answer_old() -> None:
    attempt = Attempt(at=T0 + 101, ended_at=T0 + 102, failure="silent")

    assert step(attempt, questions=(asked(MISSING, at=T0 + 100),), now=T0 + 103) == Ask(IN_LINE)


def test_questions_without_an_answer_are_repeated_twice_and_then_it_is_in_doubt() -> None:
    first, second, third = (asked(None, at=T0 + 100 + 3 * n) for n in range(3))

    assert step(questions=(first,), now=T0 + 100.2) == Wait(T0 + 102)
    assert step(questions=(first,), now=T0 + 102) == Ask(IN_LINE)
    assert outcome_of(step(questions=(first, second, third), now=T0 + 110)) == IN_DOUBT


def test_while_a_question_is_under_way_nothing_is_done() -> None:
    assert step(questions=(Attempt(at=T0 + 100),), now=T0 + 101) == Wait(T0 + 115)


class Cut:
    """A Telnyx whose answers to *operation* never come; *carries_out* says whether it does what it is asked."""

    def __init__(self, operation: str, *, carries_out: bool, times: int) -> None:
        self.operation, self.left = operation, times
        self.mishap = Mishap(kind="reset") if carries_out else Mishap(kind="refused", status=503)

    def webhook(self, event_type: str, number: int) -> tuple[Copy, ...]:
        return () if event_type == "call.enqueued" else (Copy(),)

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        if operation != self.operation or not self.left:
            return None
        self.left -= 1
        return self.mishap


LINE = """\
  a:
    do: [answer, {enqueue: {queue: team, max_wait: 9m}}, {play: {audio: hold_music, repeat: forever}}]
    on:
      call.dequeued: hangup
"""


@pytest.mark.parametrize("carries_out", [True, False])
def test_an_enqueue_without_any_answer_is_read_back(carries_out: bool) -> None:
    phone = Phone(flow(LINE))
    phone.stage.world.trouble = Cut("enqueue", carries_out=carries_out, times=1000)

    phone.calls(wait=70)

    requests = [entry.what for entry in phone.stage.world.record if entry.kind == "request"]
    asked_at = requests.index("queued_call_retrieve")
    assert ("enqueue" in requests[asked_at:]) is not carries_out
