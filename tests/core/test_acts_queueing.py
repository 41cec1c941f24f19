"""enqueue, leave_queue, check_queue: waiting in line (language.md, section 3)."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

LINE = """\
  a:
    do:
      - answer
      - enqueue: {queue: support, max_wait: 5m, max_callers: 7}
      - log: in line
    on:
      call.enqueued:
        do: [{log: "at {{ event.current_position }}"}]
      call.dtmf.received:
        - if: event.digit == "1"
          then: b
        - if: event.digit == "2"
          do:
            - check_queue: support
            - log: "{{ queue.position }} of {{ queue.size }}, {{ queue.waited }} s"
        - then: again
      call.dequeued:
        - if: event.reason == "timeout"
          then: late
  again:
    do: [{enqueue: support}, {log: again}]
    after:
      60s: hangup
  b:
    do: [leave_queue, {log: out}, leave_queue]
    then: c
  c:
    do: [{speak: Bye}]
    then: hangup
  late:
    do: [{speak: Late}]
    then: hangup
"""


def key(phone: Phone, call: str, digit: str, wait: float = 1.0) -> None:
    phone.webhook("call.dtmf.received", call, digit=digit)
    phone.wait(wait)


def test_enqueue_is_finished_by_call_enqueued():
    """'enqueue | call.enqueued' - and the event is offered to on before the next step"""
    phone = Phone(flow(LINE))

    call = phone.calls(wait=1)

    assert phone.logged() == ["at 1", "in line"]
    parameters = phone.parameters("enqueue", call)
    assert (parameters["queue_name"], parameters["max_size"], parameters["max_wait_time_secs"]) == ("support", 7, 300)


def test_leave_queue_is_finished_by_its_answer_and_nothing_to_leave_is_done():
    """'HTTP 200 or the webhook (nothing to leave = done)'"""
    phone = Phone(flow(LINE))
    call = phone.calls(wait=1)

    key(phone, call, "1", wait=3)

    assert phone.did(call) == ["answer", "enqueue", "leave_queue", "speak", "hangup"]
    assert phone.logged()[-1] == "out"


def test_a_leave_that_telnyx_refuses_is_done_too():
    phone = Phone(flow(LINE))
    call = phone.calls(wait=1)
    phone.fail("leave_queue", "90033")

    key(phone, call, "1", wait=3)

    assert phone.errors() == []
    assert phone.states(call)[-1] == "c"


def test_leaving_a_state_does_not_leave_the_queue_and_asking_again_is_done():
    """'Leaving a state does not leave the queue'"""
    phone = Phone(flow(LINE))
    call = phone.calls(wait=1)

    key(phone, call, "3")

    assert phone.did(call) == ["answer", "enqueue"]
    assert phone.leg(call).queue == "support"
    assert phone.logged()[-1] == "again"


def test_timeout_leaves_a_live_call():
    """'call.dequeued with timeout leaves a live call'"""
    phone = Phone(flow(LINE))

    call = phone.calls(wait=303)

    assert phone.states(call) == ["a", "late"]
    assert phone.heard(call) == ["Late"]


def test_check_queue_reads_the_place_in_line():
    """'check_queue: q sets queue.position/size/average_wait/waited'"""
    phone = Phone(flow(LINE))
    phone.calls(wait=1)
    call = phone.calls(wait=10)

    key(phone, call, "2")

    assert phone.logged()[-1] == "2 of 2, 9 s"


def test_check_queue_of_a_call_that_is_no_longer_there_drops_the_handlers_rest():
    """'if the call is no longer there, the handler's rest is dropped, no error'"""
    phone = Phone(flow(LINE))
    call = phone.calls(wait=1)
    phone.fail("queued_call_retrieve", "10005", status=404)

    key(phone, call, "2")

    assert phone.logged() == ["at 1", "in line"]
    assert (phone.errors(), phone.state(call)) == ([], "a")


def test_check_queue_as_a_states_own_step_leaves_nobody_in_silence():
    """'Nobody sits in silence' - also where the dropped rest is the state's whole do."""
    phone = Phone(
        flow("  a:\n    do: [answer, {check_queue: support}, {speak: Here}]\n    then: b\n  b:\n    then: hangup\n")
    )

    call = phone.calls(wait=700)

    assert phone.state(call) == "ended"


def test_any_other_refusal_of_check_queue_is_an_error():
    phone = Phone(flow(LINE))
    call = phone.calls(wait=1)
    phone.fail("queued_call_retrieve", "10015")

    key(phone, call, "2")

    assert phone.errors() == ["10015"]


def test_queue_full_is_an_error_with_its_code():
    """'90036 = on_error with event.error.code "90036"' (runtime.md, Commands, 6)"""
    states = """\
  a:
    do: [answer, {enqueue: {queue: support, max_wait: 5m}}]
    on:
      call.dequeued: hangup
    on_error:
      - if: event.error.code == "90036"
        then: full
      - then: hangup
  full:
    do: [{speak: Full}]
    then: hangup
"""
    phone = Phone(flow(states))
    phone.fail("enqueue", "90036")

    call = phone.calls(wait=2)

    assert phone.states(call) == ["a", "full"]


def test_90038_is_success():
    """'90038 = already in queue: idempotent success' (facts.md, section 3)"""
    phone = Phone(flow(LINE))
    phone.fail("enqueue", "90038")

    call = phone.calls(wait=2)

    assert phone.errors() == []
    assert phone.logged() == ["in line"]
    assert phone.state(call) == "a"


def test_90038_while_in_another_queue_is_an_error():
    """The call would wait in a line that nobody expects it in."""
    states = """\
  a:
    do: [answer, {enqueue: {queue: support, max_wait: 5m}}, {enqueue: {queue: sales, max_wait: 5m}}]
    on:
      call.dequeued: hangup
"""
    phone = Phone(flow(states))

    call = phone.calls(wait=2)

    assert phone.errors() == ["90038"]
    assert phone.states(call) == ["a", "broken"]


def test_a_dequeued_that_was_overtaken_changes_nothing():
    """Webhooks are unordered: call.dequeued of the first wait after call.enqueued of the second."""
    states = """\
  a:
    do: [answer, {enqueue: {queue: support, max_wait: 5m}}, leave_queue, {enqueue: {queue: support, max_wait: 5m}}]
    on:
      call.cost: hangup
"""
    phone = Phone(flow(states))
    phone.world.delay("call.dequeued", 1.0)

    call = phone.calls(wait=3)

    assert phone.did(call) == ["answer", "enqueue", "leave_queue", "enqueue"]
    assert phone.leg(call).queue == "support"
    assert phone.problems() == []


@pytest.mark.parametrize("queue", ["support", "sales"])
def test_an_enqueued_of_another_queue_does_not_finish_the_step(queue: str):
    """Stale (c): 'other media, queue or conference_id: not c's'"""
    phone = Phone(flow(LINE))
    phone.world.delay("call.enqueued", 5.0)
    call = phone.calls(wait=1)

    phone.webhook("call.enqueued", call, queue=queue, current_position=1)

    assert ("in line" in phone.logged()) is (queue == "support")
