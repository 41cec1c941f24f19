"""A small support desk: a caller in line, an agent who takes one caller after another."""

from __future__ import annotations

from core_stage import AGENTS, flow

DESK = flow(
    """\
  line:
    do:
      - answer
      - enqueue: {queue: support, max_wait: 15m}
      - play: {audio: hold_music, repeat: forever}
    on:
      call.dequeued:
        - if: event.reason == "timeout"
          then: late
  talking:
    on:
      agent.call.hangup:
        do:
          - log: agent hung up
      agent.left: rating
    after:
      2h: hangup
  rating:
    do:
      - gather: {speak: "How did we do?", digits: 1, wait: 6s, tries: 2}
    keys:
      digits: hangup
      nothing: hangup
  late:
    do:
      - leave_queue
      - speak: "Nobody has time."
    then: hangup
""",
    top="anywhere:\n  on:\n    agent.joined: talking\n  on_error: late\n",
    roles=f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: sorry
    start: ready
    states:
      ready:
        do:
          - answer
          - gather: {{speak: "Press 1.", digits: 1, wait: 9s, tries: 33}}
        keys:
          "1": take
          anything_else: ready
          nothing: hangup
      take:
        do:
          - connect: {{queue: support}}
        then: talking
        on_error: nobody
      talking:
        on:
          caller.call.hangup:
            do:
              - log: caller hung up
          caller.left: ready
        after:
          2h: hangup
      nobody:
        do:
          - speak: "Nobody is waiting."
        then: ready
      sorry:
        do:
          - speak: "Sorry."
        then: hangup
""",
)
