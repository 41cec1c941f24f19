"""language.md, section 3: `anywhere`, the end of a call, `every`."""

from __future__ import annotations

from telling import AGENTS, comes_true, desk


def test_anywhere():
    """`anywhere.on` applies unless the state handles the event."""
    states = """\
a:
  do: [answer, {play: {audio: tune, repeat: forever}}]
  on: {call.dtmf.received: {if: event.digit == "1", do: [{log: the state}]}}
  after: {20s: b}
b:
  do: [{play: {audio: tune, repeat: forever}}]
  after: {20s: over}
"""
    top = """
        anywhere:
          on: {call.dtmf.received: {do: [{log: anywhere}], then: over}}
          on_error: broken
        """
    comes_true(
        desk(states, top=top),
        """
        - caller: calls
        - caller: presses 1
        - does: {log: the state}
        - caller: presses 2
        - wait: 1s
        - is_in: a
        - is_in: b
        - wait: 1s
        - does_not: {log: anywhere}
        - caller: presses 1
        - does: {log: anywhere}
        - is_in: over
        """,
    )


def test_the_hangup():
    """`call.hangup` of this leg always ends the run; `do:` of silent verbs (notify, log, set, count) may follow."""
    states = """\
a:
  do: [answer, {play: {audio: tune, repeat: forever}}]
  on:
    call.hangup:
      do: [{count: n}, {set: {word: gone}}, {notify: {to: inbox, n: "{{ n }}"}}, {log: "{{ word }} {{ n }}"}]
  after: {20m: over}
"""
    comes_true(
        desk(states, top="remember:\n  n: {type: number, start: 4}\n  word: {type: text}\n"),
        """
        - caller: calls
        - caller: hangs up
        - does: {notify: {to: inbox, n: 5}}
        - does: {log: gone 5}
        - wait: 1h
        - does_not: playback_start
        - does_not: hangup
        """,
    )


def test_every():
    """`every` repeats and skips a turn while a step still speaks (music does not count)."""
    states = """\
a:
  do: [answer, {play: {audio: tune, repeat: 5}}, {play: {audio: tune, repeat: forever}}]
  every: {10s: {do: [{log: turn}, {speak: Still here.}]}}
  after: {48s: over}
"""
    comes_true(
        desk(states),
        """
        - caller: calls
        - wait: 29s
        - does_not: {log: turn}
        - does: {log: turn}
          within: 2s
        - hears: Still here.
        - does: {log: turn}
          within: 10.1s
        - hears: Still here.
        - is_in: over
        - does_not: {log: turn}
          within: 30s
        """,
    )


def test_a_role_has_its_own_anywhere():
    """A role has its own `anywhere` with `on_error`."""
    roles = f"""
        roles:
          agent:
            starts_when: {{calls_to: ["{AGENTS}"]}}
            anywhere: {{on: {{call.dtmf.received: {{do: [{{log: agent key}}]}}}}, on_error: sorry}}
            start: a
            states:
              a:
                do: [answer, {{play: {{audio: tune, repeat: forever}}}}]
                after: {{1h: hangup}}
              sorry:
                do: [{{speak: Agent sorry.}}]
                then: hangup
        """
    states = "a:\n  do: [answer, {play: {audio: tune, repeat: forever}}]\n  after: {1h: over}\n"
    top = "anywhere: {on: {call.dtmf.received: {do: [{log: caller key}]}}, on_error: broken}\n"
    comes_true(
        desk(states, top=top, roles=roles),
        """
        - agent: calls
        - agent: presses 1
        - agent: {does: {log: agent key}}
        - caller: calls
        - caller: presses 1
        - does: {log: caller key}
        - telnyx: {fails: playback_start, with: 422}
        - agent_2: calls
        - agent_2: {hears: Agent sorry.}
        """,
    )
