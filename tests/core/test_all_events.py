"""Events of legs that a transfer rings, and the event that begins a call: as any other of Telnyx's 62."""

from __future__ import annotations

import pytest
from core_stage import CALLER, OFFICE, Phone, flow

from engine.tables import catalogue

OF_A_LEG = [name for name in sorted(catalogue().events) if not name.startswith("conference.")]
SALES = "+15550001111"


@pytest.mark.parametrize("event", OF_A_LEG)
def test_event_of_a_leg_that_a_transfer_rings_bears_its_name(event: str) -> None:
    """Unprefixed = about this call; a transfer names its far leg."""
    busy = "" if event == "call.hangup" else "      sales.call.hangup: busy\n"
    # Of a bridge, either leg's event counts as this call's own.
    name = event if event == "call.bridged" else f"sales.{event}"
    text = f"""\
  a:
    do: [answer, {{transfer: {{to: "{SALES}", as: sales}}}}]
    on:
      {name}: got
{busy}    after: {{40s: busy}}
  got:
    after: {{8s: hangup}}
  busy:
    after: {{8s: hangup}}
"""
    phone = Phone(flow(text))
    call = phone.calls(wait=1)
    (far,) = [leg.call_control_id for leg in phone.world.legs if leg.to == SALES]

    if event not in phone.states(call):
        phone.webhook(event, far)
    phone.wait(1)

    assert "got" in phone.states(call)


SCREEN = """\
  a:
    do: [answer, {speak: "Welcome."}]
    then: menu
    on:
      call.initiated:
        - if: event.caller_id_name == "SPAM"
          then: refuse
        - do: [{log: "called by {{ event.caller_id_name }}"}]
  refuse:
    do: [reject]
  menu:
    after: {8s: hangup}
"""


def test_the_event_that_begins_a_call_is_offered_to_its_first_state_before_anything_is_done() -> None:
    """`on` is in force from entering the state, also while `do` runs."""
    phone = Phone(flow(SCREEN))
    spam = phone.world.call(from_=CALLER, to=OFFICE, caller_id_name="SPAM", now=phone.now)
    phone.wait(1)

    assert phone.did(spam.call_control_id) == ["reject"]


def test_a_handler_of_the_first_event_comes_before_the_first_step() -> None:
    phone = Phone(flow(SCREEN))
    call = phone.world.call(from_=CALLER, to=OFFICE, caller_id_name="ANNA", now=phone.now)
    phone.wait(3)

    assert phone.logged() == ["called by ANNA"]
    assert phone.states(call.call_control_id) == ["a", "menu"]


def test_the_first_event_is_offered_once() -> None:
    phone = Phone(flow(SCREEN))
    call = phone.world.call(from_=CALLER, to=OFFICE, caller_id_name="ANNA", now=phone.now)
    phone.wait(0.5)
    phone.world.repeat_last(phone.now)
    phone.wait(2)

    assert phone.logged() == ["called by ANNA"]
    assert call.call_control_id
