"""language.md, section 3, the table: what finishes each step."""

from __future__ import annotations

import pytest
from telling import AGENTS, comes_true, desk, faults


def test_answer_is_finished_by_call_answered():
    """answer is finished by `call.answered`; on a call already answered or dialled by us it does nothing."""
    late = """
        - telnyx: {delays: call.answered, by: 4s}
        - caller: calls
        - does: answer
        - does_not: {speak: One.}
          within: 3s
        - hears: One.
          within: 2s
        """
    comes_true(desk("a:\n  do: [answer, {speak: One.}]\n  then: hangup\n"), late)
    again = desk("a:\n  do: [answer, {speak: One.}, answer, {speak: Two.}]\n  then: hangup\n")
    comes_true(
        again,
        """
        - caller: calls
        - does: answer
        - hears: Two.
        - does_not: answer
        """,
    )
    role = """
        roles:
          agent:
            anywhere: {on_error: hangup}
            start: hello
            states:
              hello:
                do: [answer, {speak: Hello agent.}]
                then: hangup
        """
    dials = (
        'a:\n  do: [answer, {dial: {to: "+15557770001", as: agent}}]\n  on: {agent.call.hangup: over}\n  then: over\n'
    )
    comes_true(
        desk(dials, roles=role),
        """
        - caller: calls
        - agent: answers
        - agent: {hears: Hello agent.}
        - agent: {does_not: answer}
        """,
    )


AUDIBLE = {"speak": "speak: One.", "prompt": "prompt: hello", "play": "play: tune"}
PROMPTS = "prompts:\n  hello: {en-US: Hello.}\n"


@pytest.mark.parametrize("verb", AUDIBLE)
def test_speech(verb: str):
    """
    speak, prompt, play are finished by `call.speak.ended`, `call.playback.ended`; file_not_found, failed = error.
    """
    event = "call.playback.ended" if verb == "play" else "call.speak.ended"
    flow = desk(f"a:\n  do: [answer, {{{AUDIBLE[verb]}}}]\n  then: over\n", top=PROMPTS if verb == "prompt" else "")
    comes_true(
        flow,
        f"""
        - telnyx: {{delays: {event}, by: 5s}}
        - caller: calls
        - wait: 5s
        - is_in: a
        - hears: This is the end.
          within: 6s
        """,
    )
    for status in ("file_not_found", "failed"):
        failing = f"- caller: calls\n- wait: 0.2s\n- telnyx: {{sends: {event}, status: {status}}}\n- hears: Sorry."
        comes_true(flow, failing)


def test_music_whose_file_is_not_there():
    """'file_not_found, failed = error', also for what plays in the background."""
    comes_true(
        desk("a:\n  do: [answer, {play: {audio: tune, repeat: forever}}]\n  after: {1h: over}\n"),
        "- caller: calls\n- hears: Sorry.\n",
        missing_audio=frozenset({"https://example.com/tune.mp3"}),
    )


def test_music():
    """`play: {repeat: forever}` is finished when accepted: it is the state's music, last of `do`."""
    states = """\
a:
  do: [answer, {speak: One.}, {play: {audio: tune, repeat: forever}}]
  on:
    call.dtmf.received: {do: [{log: heard}]}
  after: {5m: over}
"""
    comes_true(
        desk(states),
        """
        - caller: calls
        - hears: {audio: tune}
        - wait: 1m
        - caller: presses 5
        - does: {log: heard}
          within: 1s
        - wait: 3m
        - is_in: a
        """,
    )
    assert faults(desk(states)) == []
    assert faults(desk(states.replace("forever}}]", "forever}}, {log: after}]"))) == ["T004"]


def test_audible_steps_and_music():
    """An audible step stops the music, speaks, and the music starts again; leaving the state stops it."""
    states = """\
a:
  do: [answer, {play: {audio: tune, repeat: forever}}]
  on:
    call.dtmf.received:
      - if: event.digit == "1"
        do: [{speak: One.}]
      - if: event.digit == "2"
        do: [{log: silent}]
      - then: b
  after: {5m: over}
b:
  after: {4s: over}
"""
    comes_true(
        desk(states),
        """
        - caller: calls
        - hears: {audio: tune}
        - does: {playback_start: {loop: infinity}}
        - caller: presses 2
        - does: {log: silent}
        - does_not: playback_stop
          within: 20s
        - caller: presses 1
        - does: playback_stop
        - hears: One.
        - hears: {audio: tune}
        - does: {playback_start: {loop: infinity}}
        - caller: presses 3
        - does: playback_stop
          within: 1s
        - is_in: b
        - does_not: playback_start
          within: 3s
        - hears: This is the end.
        """,
    )


def test_gather_is_finished_by_its_event():
    """gather is finished by `call.gather.ended`."""
    states = """\
a:
  do: [answer, {gather: {speak: Press., digits: 1}}]
  keys: {digits: over, nothing: hangup}
"""
    comes_true(
        desk(states),
        """
        - caller: calls
        - telnyx: {delays: call.gather.ended, by: 6s}
        - caller: presses 1
        - wait: 5s
        - is_in: a
        - is_in: over
          within: 2s
        """,
    )


RECORD = """\
a:
  do: [answer, {speak: You are recorded.}, {record: {longest: 30s}}, {speak: Thanks.}]
  then: over
"""


def test_record():
    """record is finished by `call.recording.saved`; `call.recording.error` is an error; `longest` is required."""
    comes_true(
        desk(RECORD),
        """
        - telnyx: {delays: call.recording.saved, by: 6s}
        - caller: calls
        - does: {record: {longest: 30s}}
        - wait: 35s
        - does_not: {speak: Thanks.}
        - hears: Thanks.
          within: 5s
        """,
    )
    comes_true(
        desk(RECORD),
        """
        - caller: calls
        - does: record
        - telnyx: {sends: call.recording.error, reason: disk full}
        - hears: Sorry.
        """,
    )
    assert faults(desk(RECORD)) == []
    assert faults(desk(RECORD.replace("{longest: 30s}", "{beep: true}"))) == ["S013"]


def test_record_in_the_background():
    """record with `during: call` is in the background, finished when accepted."""
    states = """\
a:
  do: [answer, {speak: You are recorded.}, {record: {longest: 1h, during: call}}, {speak: Here we go.}]
  then: b
b:
  do: [{play: {audio: tune, repeat: forever}}]
  on: {call.recording.saved: {do: [{log: saved}]}}
  after: {10m: over}
"""
    comes_true(
        desk(states),
        """
        - caller: calls
        - does: {record: {during: call}}
        - hears: Here we go.
          within: 2s
        - is_in: b
        - wait: 2m
        - does_not: {log: saved}
        - does_not: record_stop
        - caller: hangs up
        - does: {log: saved}
        """,
    )


LINE = """\
a:
  do:
    - answer
    - enqueue: {queue: support, max_wait: 10m}
    - speak: You are in line.
    - play: {audio: tune, repeat: forever}
  on:
    call.dequeued: over
    call.dtmf.received: b
b:
  do: [leave_queue, {speak: Out of it.}, leave_queue, {speak: Still out.}]
  then: hangup
"""


def test_enqueue_is_finished_by_its_event():
    """enqueue is finished by `call.enqueued`."""
    comes_true(
        desk(LINE),
        """
        - telnyx: {delays: call.enqueued, by: 5s}
        - caller: calls
        - does: enqueue
        - does_not: {speak: You are in line.}
          within: 4s
        - hears: You are in line.
          within: 2s
        """,
    )


def test_leaving():
    """leave_queue, leave_conference are finished by HTTP 200 or the webhook; nothing to leave = done."""
    comes_true(
        desk(LINE),
        """
        - caller: calls
        - hears: You are in line.
        - telnyx: {delays: call.dequeued, by: 50s}
        - caller: presses 1
        - hears: Out of it.
          within: 2s
        - hears: Still out.
          within: 2s
        - does: leave_queue
        """,
    )
    room = """\
a:
  do: [answer, leave_conference, {join_conference: {room: team, music_until_joined: tune}}, {log: in it}]
  on: {call.dtmf.received: b}
  after: {10m: over}
b:
  do: [leave_conference, {speak: Out of it.}, leave_conference, {speak: Still out.}]
  then: hangup
"""
    comes_true(
        desk(room),
        """
        - caller: calls
        - does: {log: in it}
        - telnyx: {delays: conference.participant.left, by: 50s}
        - caller: presses 1
        - hears: Out of it.
          within: 2s
        - hears: Still out.
          within: 2s
        """,
    )


CONNECTS = f"""
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: nobody}}
    start: take
    states:
      take:
        do: [answer, {{connect: support}}, {{log: connected}}]
        then: talk
      talk:
        on: {{caller.left: hangup}}
        after: {{1h: hangup}}
      nobody:
        do: [{{speak: Nobody.}}]
        then: hangup
"""
QUEUED = LINE.replace("    call.dequeued: over\n", "    call.dequeued: over\n    agent.joined: talk\n") + (
    "talk:\n  on: {agent.left: over}\n  after: {1h: over}\n"
)


def test_connect_is_finished_by_the_link():
    """connect is finished by the link."""
    comes_true(
        desk(QUEUED, roles=CONNECTS),
        """
        - caller: calls
        - hears: You are in line.
        - telnyx: {delays: conference.participant.joined, by: 4s, times: 2}
        - agent: calls
        - agent: {does_not: {log: connected}}
          within: 3s
        - is_in: a
        - agent: {does: {log: connected}}
          within: 6s
        - agent: {is_in: talk}
        - is_in: talk
        """,
    )
