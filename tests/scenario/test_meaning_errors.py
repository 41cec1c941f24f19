"""language.md, section 3: `on_error`, limits, and calls that nothing else would end."""

from __future__ import annotations

import pytest
from telling import AGENTS, comes_true, desk, faults, story

SPEAKS = "a:\n  do: [answer, {speak: One.}, {speak: Two.}]\n  then: over\n"


def test_who_is_asked():
    """`on_error`: state, then the role's or flow's `anywhere` (required)."""
    fails = "- telnyx: {fails: speak, with: 422}\n"
    own = SPEAKS + "  on_error: mine\nmine: {do: [{speak: The state.}], then: hangup}\n"
    comes_true(desk(own), f"{fails}- caller: calls\n- hears: The state.\n  within: 2s")
    comes_true(desk(SPEAKS), f"{fails}- caller: calls\n- hears: Sorry.\n  within: 2s")
    roles = f"""
        roles:
          agent:
            starts_when: {{calls_to: ["{AGENTS}"]}}
            anywhere: {{on_error: agents}}
            start: a
            states:
              a:
                do: [answer, {{speak: Hello.}}]
                then: hangup
              agents:
                do: [{{speak: The role.}}]
                then: hangup
        """
    comes_true(desk(SPEAKS, roles=roles), f"{fails}- agent: calls\n- agent: {{hears: The role.}}\n")
    assert faults(desk(own, roles=roles)) == []
    assert faults(desk(own, top="anywhere: {on: {call.cost: {do: [{log: x}]}}}")) == ["R009"]
    assert faults(desk(own, roles=roles.replace("anywhere: {on_error: agents}", "about: x"))) == ["R009"]


def test_retries_come_first():
    """
    `on_error` comes only after the engine's own retries and drops all remaining steps;
    `event.error.code/status/step`.
    """
    states = (
        SPEAKS
        + """\
  on_error:
    - if: event.error.code == "10015" and event.error.status == 422 and event.error.step == "speak"
      do: [{log: "{{ event.error.step }}: {{ event.error.code }}, {{ event.error.status }}"}, {speak: Failed.}]
      then: over
    - then: hangup
"""
    )
    for trouble in ("503", "429", "500"):
        comes_true(
            desk(states),
            f"""
            - telnyx: {{fails: speak, with: {trouble}, times: 2}}
            - caller: calls
            - hears: One.
            - hears: Two.
            - is_in: over
            """,
        )
    comes_true(
        desk(states),
        """
        - telnyx: {fails: speak, with: 422, code: "10015"}
        - caller: calls
        - does: {log: "speak: 10015, 422"}
        - hears: Failed.
        - hears: This is the end.
        """,
    )
    waits = """\
a:
  do: [answer, {play: tune}, {log: rest of do}]
  on: {call.dtmf.received: {do: [{log: a handler that waits}]}}
  then: over
"""
    comes_true(
        desk(waits),
        """
        - caller: calls
        - hears: {audio: tune}
        - telnyx: {sends: call.dtmf.received, digit: "1"}
        - telnyx: {sends: call.playback.ended, status: failed}
        - hears: Sorry.
        - does_not: log
          within: 5s
        """,
    )


def test_an_error_after_an_error():
    """An error in the state that it led to hangs up, unless that state has an `on_error` of its own."""
    fails = "- telnyx: {fails: speak, with: 422, times: 2}\n- caller: calls\n"
    comes_true(desk(SPEAKS), fails + "- does: hangup\n  within: 2s\n- does_not: {speak: Two.}\n")
    assert "did not hear" in story(desk(SPEAKS), fails + "- hears: Sorry.\n  within: 5s\n")
    own = (
        SPEAKS
        + "broken:\n  do: [{speak: Sorry.}]\n  then: hangup\n  on_error: third\n"
        + "third: {do: [{speak: Third.}], then: hangup}\n"
    )
    comes_true(desk(own), fails + "- hears: Third.\n  within: 2s\n")


def test_90018():
    """90018 is no error: the hang-up is on its way."""
    states = SPEAKS + "  on: {call.hangup: {do: [{log: gone}]}}\n"
    comes_true(
        desk(states),
        """
        - telnyx: {fails: speak, with: 422, code: "90018"}
        - caller: calls
        - wait: 2s
        - caller: hangs up
        - does: {log: gone}
        - does_not: speak
        """,
    )


def test_90019():
    """90019 is none either: the room has ended (join starts over, every other room step counts as done)."""
    states = """\
a:
  do:
    - answer
    - join_conference: {room: team, music_until_joined: tune}
    - STEP
    - log: went on
  after: {20m: over}
"""
    for operation, step in {
        "conference_mute": "conference_mute",
        "conference_hold": "conference_hold: {audio: tune}",
        "conference_speak": "conference_speak: Hello.",
        "conference_play": "conference_play: tune",
        "conference_record_start": "conference_record_start: {format: mp3}",
        "conference_leave": "leave_conference",
    }.items():
        comes_true(
            desk(states.replace("STEP", step)),
            f"""
            - telnyx: {{fails: {operation}, with: 422, code: "90019"}}
            - caller: calls
            - does: {{log: went on}}
              within: 2s
            - is_in: a
            """,
        )
    comes_true(
        desk(states.replace("STEP", "log: joined")),
        """
        - caller: calls
        - does: {log: joined}
        - telnyx: {fails: conference_join, with: 422, code: "90019"}
        - caller_2: calls
        - caller_2: {does: {log: joined}}
        - caller_2: {is_in: a}
        """,
    )


@pytest.mark.parametrize("longest", ["", "settings: {longest_call: 30m}\n"])
def test_the_longest_call(longest: str):
    """`longest_call` (default and at most 4h); then the call is hung up."""
    limit = "30m" if longest else "4h"
    flow = desk("a:\n  do: [answer, {play: {audio: tune, repeat: forever}}]\n  after: {3h: a}\n", top=longest)
    before = "29m" if longest else "239m"
    comes_true(
        flow,
        f"""
        - caller: calls
        - wait: {before}
        - wait: 59s
        - does_not: hangup
        - is_in: a
        - does: hangup
          within: 2s
        - wait: {limit}
        - does_not: playback_start
        """,
    )
    assert faults(desk("a:\n  do: [answer]\n  then: over\n", top="settings: {longest_call: 4h}")) == []
    assert faults(desk("a:\n  do: [answer]\n  then: over\n", top="settings: {longest_call: 5h}")) == ["S008"]
