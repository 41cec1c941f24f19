"""Flows in which legs ring, connect and talk to each other, and short words for their tests."""

from __future__ import annotations

from core_stage import OFFICE, Phone, flow

PROJECT = b"""\
telnyx: {connection_id: "77", caller_id: "+15559990000"}
audio:
  hold_music: {url: "https://example.com/hold.mp3"}
may_call: ["+1555"]
"""
MOBILE = "+15557770001"

ROLE = """\
roles:
  agent:
    anywhere:
      on_error: hangup
    start: hello
    states:
      hello:
        do:
          - log: "rung by {{ caller.number }}"
          - speak: Hello
        on:
          caller.joined: {do: [{log: agent joined}]}
          caller.call.hangup: {do: [{log: "agent hears {{ event.hangup_cause }}"}]}
          caller.left: {do: [{log: agent left alone}]}
          caller.says.welcome: {do: [{log: "agent hears {{ event.value }}"}]}
          call.dtmf.received:
            - if: event.digit == "1"
              do: [{tell: {caller: ready}}]
            - if: event.digit == "2"
              do: [{tell: {caller: {price: 42}}}]
            - if: event.digit == "9"
              then: hangup
        after:
          2h: hangup
"""

CALLER_STATES = """\
  ring:
    do:
      - answer
      - dial: {to: "+15557770001", as: agent, ring_for: 20s}
      - log: dialled
    then: talk
    on:
      agent.call.answered: {do: [{log: "answered {{ event.to }}"}]}
      agent.call.hangup: nobody
    after:
      40s: nobody
  talk:
    do:
      - log: "talks to {{ agent.number }}"
    on:
      agent.says.ready: {do: [{log: agent is ready}]}
      agent.says.price: {do: [{log: "costs {{ event.value }}"}]}
      agent.call.hangup: {do: [{log: "caller hears {{ event.hangup_cause }}"}]}
      agent.left: alone
      call.dtmf.received: {do: [{tell: {agent: {welcome: "to Acme"}}}]}
    after:
      2h: hangup
  alone:
    do: [{speak: You are alone}]
    then: hangup
  nobody:
    do: [{speak: Nobody}]
    then: hangup
"""
TOP = "\nanywhere:\n  on:\n    agent.joined: {do: [{log: caller joined}]}\n  on_error: broken\n"
DIAL = flow(CALLER_STATES, top=TOP, roles=ROLE)


def office(*flows: str, **options) -> Phone:
    """A stage with *flows*; Telnyx's ringing is answered by hand."""
    options.setdefault("answer_after_s", None)
    return Phone(*(flows or (DIAL,)), project=PROJECT, **options)


def rung(phone: Phone, place: int = -1) -> str:
    """The call_control_id of a leg that rings, the latest one."""
    return phone.world.ringing[place].call_control_id


def answer(phone: Phone, wait: float = 1.0, *, machine: bool = False) -> str:
    call = rung(phone)
    phone.world.pick_up(call, phone.now, machine=machine)
    phone.wait(wait)
    return call


def run_of(phone: Phone, call: str) -> str:
    """The run of a leg, also of one that has not been answered."""
    return phone.stage.run_of(call)


__all__ = [
    "CALLER_STATES",
    "DIAL",
    "MOBILE",
    "OFFICE",
    "PROJECT",
    "ROLE",
    "TOP",
    "answer",
    "flow",
    "office",
    "run_of",
    "rung",
]
