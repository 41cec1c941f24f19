"""A whole house in two files and a quiz: lines, rooms, people who are rung, flows inside flows; keys lead anywhere."""

from __future__ import annotations

from core_stage import AGENTS, flow

BOSS = "+15550000003"
OTHER_NUMBER = "+15550000009"

_KEYS = """\
      call.dtmf.received:
        - {if: event.digit == "1", then: line}
        - {if: event.digit == "2", then: ring}
        - {if: event.digit == "3", then: quiz}
        - {if: event.digit == "4", then: team}
        - {if: event.digit == "5", then: bridge}
        - {if: event.digit == "6", do: [{tell: {agent: hello}}]}
        - {if: event.digit == "7", do: [{run: {flow: quiz, into: {tries: tries}}}]}
        - {if: event.digit == "8", then: page}
        - {if: event.digit == "9", then: {flow: other}}
        - {if: event.digit == "0", then: hangup}
        - then: menu
"""
_STATES = f"""\
  menu:
    do: [answer, leave_queue, leave_conference, {{speak: Menu}}]
    on:
{_KEYS}    after:
      20m: hangup
  line:
    do:
      - leave_conference
      - enqueue: {{queue: support, max_wait: 5m}}
      - play: {{audio: hold_music, repeat: forever}}
    on:
      call.dequeued: {{if: event.reason == "timeout", then: menu}}
{_KEYS}    every:
      20s: {{do: [{{check_queue: support}}, {{speak: You wait}}]}}
    after:
      15m: hangup
  ring:
    do:
      - dial: {{to: "+15557770001", as: agent, ring_for: 20s}}
      - log: rung
    then: talk
    on:
      agent.call.hangup: menu
{_KEYS}    after:
      1m: menu
  bridge:
    do: [{{bridge: {{to: agent}}}}]
    then: talk
    on:
      agent.call.hangup: menu
    after:
      2m: menu
  talk:
    on:
      agent.left: menu
      agent.says.hello: {{do: [{{count: tries}}]}}
{_KEYS}    after:
      30m: hangup
  quiz:
    do:
      - run: {{flow: quiz, into: {{tries: tries}}}}
      - log: "took {{{{ tries }}}}"
    then: menu
    after:
      90s: menu
  team:
    do: [{{join_conference: {{room: team, muted: true}}}}, {{conference_speak: {{text: Somebody comes}}}}]
    on:
      conference.ended: menu
      anyone.conference.participant.left: {{do: [{{log: somebody went}}]}}
{_KEYS}    after:
      20m: hangup
  page:
    do:
      - join_conference: {{room: team}}
      - conference_play: {{audio: hold_music, repeat: forever}}
      - check_conference: team
    on:
{_KEYS}    after:
      2m: menu
"""
_TOP = """
remember:
  tries: {type: number}
anywhere:
  on:
    agent.joined: talk
    boss.joined: {do: [{log: boss}]}
    call.bridged: talk
    action.in_doubt: {do: [{log: in doubt}]}
  on_error: broken
"""
_ROLE = """\
  ROLE:
    starts_when:
      calls_to: ["NUMBER"]
    anywhere:
      on:
        caller.says.hello: {do: [{tell: {caller: hello}}]}
        caller.joined: {do: [{log: "ROLE has {{ caller.number }}, {{ caller.tries }}"}]}
      on_error: {do: [{log: ROLE failed}], then: ready}
    start: ready
    states:
      ready:
        do: [answer, leave_conference, {speak: Ready}]
        on:
          call.dtmf.received:
            - {if: event.digit == "1", then: connect}
            - {if: event.digit == "2", then: take}
            - {if: event.digit == "3", then: quiz}
            - {if: event.digit == "4", then: team}
            - {if: event.digit == "6", do: [{tell: {caller: hello}}]}
            - {if: event.digit == "0", then: hangup}
            - then: ready
        after:
          20m: hangup
      connect:
        do: [{connect: {queue: support}}]
        then: talk
        after: {3m: ready}
      take:
        do: [{bridge: {queue: support}}]
        then: talk
        after: {3m: ready}
      talk:
        on:
          caller.left: ready
          caller.call.dtmf.received: {do: [{log: "the caller pressed {{ event.digit }}"}]}
          call.dtmf.received:
            - {if: event.digit == "1", then: connect}
            - {if: event.digit == "2", then: take}
            - then: ready
        after:
          20m: hangup
      quiz:
        do: [{run: {flow: quiz}}]
        then: ready
        on:
          caller.left: {do: [{log: while asking}]}
        after: {2m: ready}
      team:
        do: [{join_conference: {room: team}}, {conference_mute: {to: caller}}, {conference_unmute: {to: caller}}]
        on:
          call.dtmf.received: ready
        after:
          20m: hangup
"""
_QUIZ = """\
flow: quiz
starts_when:
  another_flow_calls: {answers: {tries: number}}
remember:
  tries: {type: number, start: 0}
anywhere:
  on_error: end
start: ask
states:
  ask:
    do:
      - count: tries
      - gather: {speak: Yes or no, digits: 1, tries: 2}
    keys:
      "1": end
      "2": deeper
      digits: ask
      anything_else: ask
      nothing: end
    every:
      15s: {do: [{log: still asking}]}
    after: {40s: end}
  deeper:
    do: [{run: {flow: pause}}]
    then: ask
    after: {30s: end}
"""
_PAUSE = """\
flow: pause
starts_when:
  another_flow_calls: {}
anywhere:
  on_error: end
start: wait
states:
  wait:
    do: [{speak: A pause}]
    on:
      call.dtmf.received: [{if: event.digit == "9", then: hangup}, {then: end}]
    after: {20s: end}
"""


def _role(name: str, number: str) -> str:
    return _ROLE.replace("ROLE", name).replace("NUMBER", number)


DESK = flow(_STATES, top=_TOP, roles="roles:\n" + _role("agent", AGENTS) + _role("boss", BOSS)).replace(
    "starts_when:\n", "starts_when:\n  another_flow_calls: {}\n", 1
)
OTHER = flow(
    """\
  line:
    do: [answer, {enqueue: {queue: support, max_wait: 2m}}]
    on:
      call.dequeued: {if: event.reason == "timeout", then: {flow: desk}}
      call.bridged: gone
      call.dtmf.received: [{if: event.digit == "1", then: {flow: desk}}, {if: event.digit == "0", then: hangup}]
    after:
      4m: {flow: desk}
  gone:
    after: {10m: hangup}
""",
    name="other",
    number=OTHER_NUMBER,
).replace("starts_when:\n", "starts_when:\n  another_flow_calls: {}\n", 1)
HOUSE = (DESK, OTHER, _QUIZ, _PAUSE)
