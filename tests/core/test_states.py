"""What a state sees and leaves behind: variables, numbers, places (language.md, sections 2 and 3)."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow


def test_variables_begin_as_they_are_declared():
    """'remember: name, type, start'"""
    top = 'remember:\n  n: {type: number, start: 7}\n  word: {type: text, start: "hi"}\n'
    phone = Phone(flow('  a:\n    do: [answer, {log: "{{ word }} {{ n }}"}]\n    then: hangup\n', top=top))

    phone.calls(wait=1)

    assert phone.logged() == ["hi 7"]


def test_variables_belong_to_their_run():
    """'Scope: this run.'"""
    states = '  a:\n    do: [answer, {count: n}, {log: "{{ n }}"}]\n    then: hangup\n'
    phone = Phone(flow(states, top="remember:\n  n: {type: number, start: 0}\n"))

    phone.calls(wait=1)
    phone.calls(wait=1)

    assert phone.logged() == ["1", "1"]


@pytest.mark.parametrize(("number", "said"), [("+34600111222", "+34600111222"), ("anonymous", ""), ("sip:x@y", "")])
def test_caller_number_is_the_persons(number: str, said: str):
    """'caller.number is the person's number (from when they called ..., "" when withheld), called.number ours'"""
    states = '  a:\n    do: [answer, {log: "<{{ caller.number }}> <{{ called.number }}>"}]\n    then: hangup\n'
    phone = Phone(flow(states))

    phone.calls(from_=number, wait=1)

    assert phone.logged() == [f"<{said}> <+15550000001>"]


def test_lists_come_from_the_project():
    """'list.NAME come from project.yaml'"""
    states = """\
  a:
    do: [answer]
    then:
      - if: caller.number in list.members
        then: b
      - then: hangup
  b:
    do: [{log: member}]
    then: hangup
"""
    phone = Phone(flow(states))

    phone.calls(wait=1)
    phone.calls(from_="+34999", wait=1)

    assert phone.logged() == ["member"]


def test_secrets_are_compared():
    """'secrets are read live; secrets are only compared'"""
    states = """\
  a:
    do: [answer, {gather: {speak: PIN, digits: 4, into: pin}}]
    keys: {digits: check, nothing: hangup}
  check:
    then:
      - if: pin == secret.pin
        then: good
      - then: hangup
  good:
    do: [{log: good}]
    then: hangup
"""
    phone = Phone(flow(states, top="remember:\n  pin: {type: digits, secret: true}\n"), secrets={"pin": "4821"})

    for digits in ("0000", "4821"):
        call = phone.calls(wait=2)
        phone.press(call, digits, wait=3)

    assert phone.logged() == ["good"]


def test_room_name_is_readable():
    """'readable by both as room.name'"""
    states = '  a:\n    do: [answer, {join_conference: team}, {log: "{{ room.name }}"}]\n    after:\n      1h: hangup\n'
    phone = Phone(flow(states))

    phone.calls(wait=1)

    assert phone.logged() == ["team"]


def test_leaving_a_state_forgets_its_clocks():
    states = """\
  a:
    do: [answer]
    on:
      call.dtmf.received: b
    every:
      5s:
        do: [{log: tick}]
    after:
      8s: hangup
  b:
    after:
      1h: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=1)
    phone.webhook("call.dtmf.received", call, digit="1")

    phone.wait(60)

    assert (phone.logged(), phone.state(call)) == ([], "b")
    assert sorted(phone.leg(call).timers) == ["after:0", "longest"]


def test_a_handler_that_waits_does_not_outlive_its_state():
    states = """\
  a:
    do: [answer, {speak: A long sentence of many words}]
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          do: [{log: one}]
        - then: b
    then: hangup
  b:
    after:
      1h: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.5)

    phone.webhook("call.dtmf.received", call, digit="1")
    phone.webhook("call.dtmf.received", call, digit="2")
    phone.wait(5)

    assert phone.logged() == []


def test_the_hangup_overtakes_everything():
    """'hangup overtakes all: unsent ones deleted, one in flight not waited for'"""
    states = """\
  a:
    do: [answer, {speak: A long sentence of many words}]
    on:
      call.dtmf.received: hangup
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=0.08)
    assert phone.did(call)[-1] == "speak"  # not yet answered by Telnyx

    phone.webhook("call.dtmf.received", call, digit="1")
    phone.stage.run_until(phone.now)

    assert phone.did(call)[-1] == "hangup"
