"""language.md, section 3, "Queue"."""

from __future__ import annotations

from telling import AGENTS, comes_true, desk, faults

LINE = """\
a:
  do: [answer, {enqueue: {queue: support, max_wait: 5m}}, {play: {audio: tune, repeat: forever}}]
  on:
    call.dequeued: late
    agent.joined: talk
    call.dtmf.received:
      - if: event.digit == "1"
        then: b
      - if: event.digit == "2"
        do:
          - check_queue: support
          - log: "{{ queue.position }} of {{ queue.size }}, {{ queue.average_wait }} s, {{ queue.waited }} s"
b:
  do: [{speak: Elsewhere.}, {play: {audio: tune, repeat: forever}}]
  on:
    agent.joined: talk
    call.dequeued: late
late:
  do: [leave_queue, {speak: Nobody has time.}]
  then: hangup
talk:
  on: {agent.left: over}
  after: {2h: over}
"""
ROLES = f"""
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: take
    states:
      take:
        do: [answer, {{connect: support}}]
        then: talk
      talk:
        on: {{caller.left: hangup}}
        after: {{1h: hangup}}
"""
FLOW = desk(LINE, roles=ROLES)


def test_leaving_a_state():
    """Leaving a state does not leave the queue."""
    comes_true(
        FLOW,
        """
        - caller: calls
        - wait: 1s
        - caller: presses 1
        - hears: Elsewhere.
        - does_not: leave_queue
        - agent: calls
        - is_in: talk
        - agent: {is_in: talk}
        """,
    )
    comes_true(
        FLOW,
        "- caller: calls\n- wait: 1s\n- caller: presses 1\n- is_in: b\n- wait: 4m\n- is_in: b\n"
        "- is_in: late\n  within: 61s",
    )


def test_where_a_queued_call_can_go():
    """Wherever a queued call can go, `call.bridged`/`agent.joined` is handled or `leave_queue` is the first step."""
    leaves = LINE.replace("  on:\n    agent.joined: talk\n    call.dequeued: late\nlate", "  after: {4m: late}\nlate")
    expects = leaves.replace("  after: {4m: late}", "  on: {EVENT: talk}\n  after: {4m: late}")
    assert faults(FLOW) == []
    assert faults(desk(leaves, roles=ROLES)) == ["T008"]  # an agent can take the caller in b
    assert faults(desk(expects.replace("EVENT", "agent.joined"), roles=ROLES)) == []
    assert faults(desk(leaves.replace("[{speak: Elsewhere.}", "[leave_queue, {speak: Elsewhere.}"), roles=ROLES)) == []
    assert faults(desk(expects.replace("EVENT", "agent.joined").replace("[leave_queue, ", "["), roles=ROLES)) == [
        "T008"
    ]
    bridges = ROLES.replace("connect: support", "bridge: {queue: support}")
    assert "T008" in faults(desk(leaves, roles=bridges))
    assert "T008" not in faults(desk(expects.replace("EVENT", "call.bridged"), roles=bridges))


def test_the_timeout():
    """`call.dequeued` with `timeout` leaves a live call."""
    comes_true(
        FLOW,
        """
        - caller: calls
        - wait: 299s
        - is_in: a
        - hears: Nobody has time.
          within: 3s
        - does: {speak: Nobody has time.}
        - does: hangup
        """,
    )


def test_check_queue():
    """`check_queue: q` sets `queue.position/size/average_wait/waited`."""
    comes_true(
        FLOW,
        """
        - caller: calls
        - wait: 20s
        - caller_2: calls
        - wait: 10s
        - caller_2: presses 2
        - caller_2: {does: {log: "2 of 2, 0 s, 9 s"}}
        - caller: presses 2
        - does: {log: "1 of 2, 0 s, 30 s"}
        - wait: 10s
        - agent: calls
        - is_in: talk
        - caller_2: presses 2
        - caller_2: {does: {log: "1 of 1, 40 s, 20 s"}}
        """,
    )


def test_check_queue_after_the_end():
    """If the call is no longer in the queue, the rest of the handler with `check_queue` is dropped, no error."""
    comes_true(
        FLOW,
        """
        - caller: calls
        - wait: 10s
        - telnyx: {fails: queued_call_retrieve, with: 404}
        - caller: presses 2
        - does: check_queue
        - wait: 20s
        - does_not: log
        - is_in: a
        - caller: presses 2
        - does: {log: "1 of 1, 0 s, 29 s"}
        """,
    )
