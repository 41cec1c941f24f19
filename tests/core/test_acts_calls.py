"""transfer (language.md, section 2; runtime.md, "What is serial")."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_stage import OFFICE, Phone, flow

SALES = """\
  a:
    do:
      - answer
      - transfer: {to: "+15551239999", ring_for: 20s, as: sales}
      - log: after
    on:
      call.bridged:
        do: [{log: bridged}]
        then: talking
      sales.call.hangup: failed
    then: failed
  talking:
    on:
      sales.call.hangup: over
    after:
      2h: hangup
  failed:
    do: [{speak: Nobody there}]
    then: hangup
  over:
    do: [{speak: Over}]
    then: hangup
"""


def transferring(text: str = SALES, **options) -> tuple[Phone, str, str]:
    phone = Phone(flow(text), **options)
    call = phone.calls(wait=2)
    return phone, call, phone.world.ringing[0].call_control_id


def test_two_call_bridged_count_as_one():
    """'the first call.bridged of either leg counts as call.bridged of this one, the second is ignored'"""
    phone, call, far = transferring()

    phone.world.pick_up(far, phone.now)
    phone.wait(2)

    assert phone.states(call) == ["a", "talking"]
    assert phone.logged() == ["bridged"]
    bridged = [line for line in phone.stage.journal if line.kind == "event" and line.record["type"] == "call.bridged"]
    assert len(bridged) == 2


@pytest.mark.parametrize("cause", ["user_busy", "call_rejected"])
def test_a_refused_transfer_is_the_far_legs_hangup(cause: str):
    """'its failure is sales.call.hangup'; 'ends the step without error ... neither the rest of do nor then follows'"""
    phone, call, far = transferring()

    phone.world.refuse(far, phone.now, cause)
    phone.wait(5)

    assert phone.states(call) == ["a", "failed"]
    assert phone.logged() == []
    assert phone.errors() == []


def test_nobody_answers_a_transfer():
    phone, call, _ = transferring()

    phone.wait(25)

    assert phone.states(call) == ["a", "failed"]
    assert phone.errors() == []


def test_a_transferred_legs_hangup_never_ends_its_caller():
    """'its events reach A with the leg's name as prefix, never as A's own hangup'"""
    phone, call, far = transferring()

    phone.world.refuse(far, phone.now)
    phone.wait(0.1)

    assert phone.state(call) == "failed"
    assert phone.leg(call).status == "live"


def test_the_far_legs_events_are_known_by_their_ids_alone():
    """facts.md: client_state is 'absent on some events: never the only correlation key'"""
    phone, call, far = transferring()
    leg = phone.world.ringing[0]

    phone.webhook("call.hangup", far, hangup_cause="user_busy")

    assert phone.stage.run_of(far) == phone.stage.run_of(call)
    assert phone.stage.keys[f"leg:{leg.call_leg_id}"] == phone.stage.run_of(call)
    assert phone.state(call) == "failed"


def test_the_caller_who_hangs_up_takes_the_ringing_leg_along():
    """'ringing legs are hung up'"""
    phone, call, far = transferring()

    phone.webhook("call.hangup", call)
    phone.wait(1)

    hung = [row.command.path["call_control_id"] for _, row in phone.rows(operation="hangup")]
    assert hung == [far]
    assert phone.world.look(far).state == "ended"
    assert phone.left_over() == []


def test_a_far_leg_that_is_over_is_not_hung_up_again():
    phone, call, far = transferring()
    phone.world.refuse(far, phone.now)
    phone.wait(0.1)

    phone.hang_up(call)

    assert phone.did(call).count("hangup") == 0


def test_a_far_leg_that_rings_only_after_the_caller_has_gone_is_hung_up():
    phone = Phone(flow(SALES))
    call = phone.calls(wait=0.03)
    phone.world.delay("call.initiated", 2.0)
    phone.wait(0.2)
    assert phone.did(call)[-1] == "transfer"

    phone.webhook("call.hangup", call)
    phone.wait(5)

    [ringing] = [leg for leg in phone.world.legs if leg.direction == "outgoing"]
    assert phone.world.look(ringing.call_control_id).state == "ended"
    assert phone.did(call)[-1] == "hangup"
    assert phone.left_over() == []


def test_a_second_transfer_may_be_bridged_after_a_first_one_was():
    states = """\
  a:
    do:
      - answer
      - transfer: {to: "+15551239999", ring_for: 20s, as: sales}
    on:
      call.bridged: talking
      sales.call.hangup: backup
  talking:
    on:
      sales.call.hangup: backup
    after:
      2h: hangup
  backup:
    do:
      - transfer: {to: "+15551238888", ring_for: 20s, as: backup}
    on:
      call.bridged: done
      backup.call.hangup: failed
  done:
    after:
      1h: hangup
  failed:
    do: [{speak: Nobody}]
    then: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=2)
    first = phone.world.ringing[0].call_control_id
    phone.webhook("call.bridged", call, n=phone.leg(call).n)
    assert phone.state(call) == "talking"
    phone.world.refuse(first, phone.now)
    phone.wait(1)
    assert phone.state(call) == "backup"

    phone.world.pick_up(phone.world.ringing[0].call_control_id, phone.now)
    phone.wait(1)

    assert phone.state(call) == "done"


def test_what_comes_late_of_a_try_under_the_same_name_is_not_the_new_ones():
    """The state is entered again while the first far leg is not quite over: its hang-up is not the second one's."""
    states = SALES.replace("    then: failed\n  talking", "    after:\n      5s: a\n  talking")
    phone, call, first = transferring(states)
    phone.wait(4)  # entered anew: two legs ring
    assert len(phone.world.ringing) == 2

    phone.world.refuse(first, phone.now)
    phone.wait(0.2)

    assert phone.state(call) == "a"


def test_call_bridged_is_kept_for_the_state_that_expects_it():
    """'Of the events that nobody takes only answered, initiated, bridged ... are kept, for 5 s, and offered again'"""
    states = """\
  a:
    do: [answer]
    on:
      call.dtmf.received: b
    after:
      60s: hangup
  b:
    on:
      call.bridged: c
    after:
      60s: hangup
  c:
    after:
      60s: hangup
"""
    phone = Phone(flow(states))
    call = phone.calls(wait=1)
    phone.webhook("call.bridged", call)
    assert phone.state(call) == "a"

    phone.webhook("call.dtmf.received", call, digit="1")

    assert phone.state(call) == "c"


def test_a_bridge_of_a_transfer_is_kept_as_well():
    states = """\
  a:
    do:
      - answer
      - transfer: {to: "+15551239999", ring_for: 20s, as: sales}
    on:
      call.dtmf.received: b
      sales.call.hangup: b
    after:
      60s: hangup
  b:
    on:
      call.bridged: c
    after:
      60s: hangup
  c:
    after:
      60s: hangup
"""
    phone, call, _ = transferring(states)
    leg = phone.leg(call)
    leg.running = None  # the step has been given up, and nothing waits for the bridge
    leg.at = "caller:a#0"
    run = phone.stage.run_of(call)
    phone.stage.rows[run] = replace(phone.stage.rows[run], state=leg.encode())
    phone.webhook("call.bridged", call, n=leg.n)

    phone.webhook("call.dtmf.received", call, digit="1")

    assert phone.state(call) == "c"


def test_a_conversation_has_no_last_after():
    """A transferred call ends when one of the two hangs up: ten minutes are no limit for people who talk."""
    states = SALES.replace("        then: talking\n", "")
    phone, call, far = transferring(states.replace("      - log: after\n", "").replace("    then: failed\n  t", "  t"))
    phone.world.pick_up(far, phone.now)

    phone.wait(1800)

    assert phone.state(call) == "a"
    assert phone.world.look(call).bridged_with == far


def test_transfer_says_how_long_to_ring_and_from_whom():
    phone, call, _ = transferring(SALES.replace("as: sales", 'as: sales, from: "+15550000001"'))

    parameters = phone.parameters("transfer", call)

    assert parameters["timeout_secs"] == 20
    assert parameters["from"] == OFFICE
    assert parameters["to"] == "+15551239999"


@pytest.mark.parametrize(
    ("number", "may"),
    [("+15557654321", True), ("+34600111222", False), ("anonymous", False), ("+1555٣٣٣٣٣٣٣", False), ("", False)],
)
def test_a_number_from_data_is_called_only_inside_may_call(number: str, may: bool):
    """'Numbers dialled from data only inside may_call: ... the runtime refuses again' (interfaces.md)"""
    states = """\
  a:
    do: [answer, {transfer: {to: "{{ caller.number }}", as: back}}]
    on:
      back.call.hangup: hangup
    after:
      60s: hangup
"""
    phone = Phone(flow(states))

    call = phone.calls(from_=number, wait=2)

    assert ("transfer" in phone.did(call)) is may
    assert phone.errors() == ([] if may else ["may_call"])


@pytest.mark.parametrize(
    "step",
    ['refer: "{{ address }}"', 'telnyx: {operation: refer, sip_address: "{{ address }}"}'],
    ids=["refer", "telnyx"],
)
@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("sip:+15557654321@example.com", True),
        ("sips:+15557654321@example.com:5061", True),
        ("sip:+34600111222@example.com", False),
        ("sip:anna@example.com", False),
        ("sip:+15557654321@example.com?Replaces=x", False),
        ("sip:+15557654321;phone-context=+1@example.com", False),
        ("sip:+1555\u0663\u0663\u0663\u0663\u0663\u0663\u0663@example.com", False),
        ("", False),
    ],
)
def test_an_address_from_data_is_called_only_where_it_holds_a_number_inside_may_call(
    step: str, address: str, may: bool
):
    """refer rings somebody as well: whose address comes from data is somebody may_call allows."""
    states = f"  a:\n    do: [answer, {{set: {{address: '{address}'}}}}, {{{step}}}]\n    after: {{60s: hangup}}\n"
    phone = Phone(flow(states, top='remember:\n  address: {type: text, start: ""}\n'))

    call = phone.calls(wait=2)

    assert ("refer" in phone.did(call)) is may
    assert phone.errors() == ([] if may else ["may_call"])


def test_a_transfer_that_is_never_heard_of_ends_in_the_error_exit():
    """facts.md: 'Telnyx's own FreeSWITCH PR #654 records 3 transfers that returned OK and produced no leg and no
    webhook. Every command needs a watchdog timer.'"""
    phone = Phone(flow(SALES))
    phone.fail("transfer", "10007", status=200)
    call = phone.calls(wait=29)
    assert phone.state(call) == "a"

    phone.wait(3)

    assert phone.errors() == ["no_answer"]
    assert phone.reads() == ["call_retrieve"]
