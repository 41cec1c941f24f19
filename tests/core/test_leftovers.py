"""A leg that has ended keeps what late events need, and nothing that was secret."""

from __future__ import annotations

from core_stage import Phone, flow
from test_subflows import used

from engine.core.event import Event

PIN = "4821"
TOP = "remember:\n  pin: {type: digits, secret: true}\n  name: {type: text, start: Ann}\n"
ASKS = """\
  ask:
    do: [answer, {gather: {speak: PIN, digits: 4, into: pin}}]
    keys: {digits: waits, nothing: hangup}
  waits:
    on:
      call.hangup: [{if: pin == "4821", do: [{log: it is still known}]}]
      call.recording.saved:
        - if: pin == "4821"
          do: [{log: it is known too late}]
        - do: [{log: "recorded for {{ name }}"}]
    after: {1h: hangup}
"""


def all_states(phone: Phone) -> str:
    return "\n".join(row.state for row in phone.stage.rows.values())


def with_pin(*flows: str) -> tuple[Phone, str]:
    phone = Phone(*flows)
    call = phone.calls(wait=3)
    phone.press(call, PIN, wait=2)
    assert phone.leg(call).variables["pin"] == PIN
    return phone, call


def test_secret_variables_and_keys_go_when_the_call_ends_and_the_rest_serves_late_events():
    phone, call = with_pin(flow(ASKS, top=TOP))
    phone.hang_up(call)
    phone.webhook("call.recording.saved", call, recording_id="r1")

    assert PIN not in all_states(phone)
    assert phone.leg(call).variables == {"pin": "", "name": "Ann"}
    assert phone.logged() == ["it is still known", "recorded for Ann"]


def test_secrets_of_flows_that_waited_go_too():
    inner = used(ASKS.replace("hangup}}", "end}}"), name="inner", top=TOP)
    phone = Phone(flow("  first:\n    do: [{run: {flow: inner}}]\n    then: hangup\n", top=TOP), inner)
    call = phone.calls(wait=3)
    phone.press(call, PIN, wait=2)
    assert PIN in all_states(phone)
    phone.hang_up(call)

    assert PIN not in all_states(phone)
    assert phone.leg(call).levels[0].variables["name"] == "Ann"


def test_a_call_that_no_program_can_read_keeps_no_variable_at_all():
    phone, call = with_pin(flow(ASKS, top=TOP))
    phone.stage.library._versions.clear()
    phone.stage.receive(Event(id="e", type="call.hangup", payload={"call_control_id": call}))

    assert phone.leg(call).status == "ended"
    assert PIN not in all_states(phone)
