"""A room for callers and agents of one file, and the people who go there."""

from __future__ import annotations

from core_stage import AGENTS, Phone, flow

# A room for callers and agents of one file; key * leaves it, key # goes to another one.
TEAM = flow(
    """\
  a:
    do: [answer, {join_conference: {room: team}}, {log: caller in}]
    on:
      agent.joined:
        do: [{log: "agent joined {{ agent.number }}"}]
      agent.call.hangup:
        do: [{log: agent hung up}]
      agent.left:
        do: [{log: agent left}]
      call.dtmf.received:
        - if: event.digit == "*"
          then: out
        - then: other
      conference.ended:
        do: [{log: room ended}]
        then: out
    after:
      3h: hangup
  out:
    do: [leave_conference, {log: caller out}, {speak: Bye}]
    then: hangup
  other:
    do: [{join_conference: {room: other}}, {log: in other}]
    after:
      1h: hangup
""",
    roles=f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: sorry
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: team, muted: true, on_hold: true, end_room_on_exit: true}}}}]
        on:
          caller.joined:
            do: [{{log: "caller joined"}}]
          caller.left:
            do: [{{log: caller left}}]
          call.dtmf.received: out
        after:
          3h: hangup
      out:
        do: [leave_conference, {{log: agent out}}]
        after:
          1h: hangup
      sorry:
        do: [{{speak: Sorry}}]
        then: hangup
""",
)


def team(**options) -> Phone:
    return Phone(TEAM, **options)


def agent(phone: Phone, wait: float = 1.0) -> str:
    return phone.calls(to=AGENTS, from_="+15552220001", wait=wait)
