"""
'Every command needs a watchdog' (facts.md, section 0, 3): Telnyx accepts and does nothing, acts and does not tell, or
tells late. Each for every step that waits for a webhook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from core_stage import Phone, flow

from engine.simulator.trouble import Copy, Mishap

# The step, the operation behind it, the webhook that finishes it.
STEPS = {
    "speak": ("speak: Hello", "speak", "call.speak.ended"),
    "play": ("play: {audio: tune, repeat: 2}", "playback_start", "call.playback.ended"),
    "enqueue": ("enqueue: {queue: team, max_wait: 30m}", "enqueue", "call.enqueued"),
    "join": ("join_conference: {room: team}", "conference_create", "conference.participant.joined"),
    "record": ("record: {longest: 5s}", "record_start", "call.recording.saved"),
}
DONE = """\
  a:
    do:
      - answer
      - {step}
      - log: done
    then: b
    after: {{40m: hangup}}
    on: {{call.bridged: hangup, call.dequeued: hangup, conference.ended: hangup}}
  b:
    do: [leave_queue, leave_conference, {{log: in b}}]
    after: {{20m: hangup}}
  broken:
    do: [leave_queue, leave_conference, {{log: sorry}}]
    then: hangup
"""
LONGEST_S = 950.0  # audio of unknown length; all else is given up much sooner


@dataclass
class Fate:
    """What becomes of the requests for *operation*, and of the webhooks of *event*, each time."""

    operation: str = ""
    event: str = ""
    copies: Sequence[Copy] = (Copy(),)

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        return self.copies if event_type == self.event else (Copy(),)

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        return Mishap(kind="ignored") if operation == self.operation else None


def phone_with(step: str, fate: Fate) -> Phone:
    phone = Phone(flow(DONE.format(step=step)))
    phone.world.trouble = fate
    return phone


@pytest.mark.parametrize("name", [name for name in STEPS if name != "join"])  # a room that is made has an id to tell
def test_telnyx_accepts_and_does_nothing(name: str) -> None:
    step, operation, _ = STEPS[name]
    phone = phone_with(step, Fate(operation=operation))

    call = phone.calls(wait=LONGEST_S)

    assert phone.errors()[0] == "no_answer"
    assert phone.reads().count("call_retrieve") >= 1
    assert phone.states(call)[:2] == ["a", "broken"]


@pytest.mark.parametrize("name", STEPS)
def test_telnyx_acts_and_does_not_tell(name: str) -> None:
    step, operation, event = STEPS[name]
    phone = phone_with(step, Fate(event=event, copies=()))

    call = phone.calls(wait=LONGEST_S)

    assert phone.errors()[0] == "no_answer"
    assert phone.states(call)[:2] == ["a", "broken"]
    assert phone.did().count(operation) == 1
    phone.wait(600)
    assert phone.world.look(call).state == "ended"


@pytest.mark.parametrize("name", STEPS)
def test_telnyx_tells_late(name: str) -> None:
    step, operation, event = STEPS[name]
    phone = phone_with(step, Fate(event=event, copies=(Copy(late_s=6.0),)))

    call = phone.calls(wait=60)

    assert phone.errors() == []
    assert phone.logged() == ["done", "in b"]
    assert phone.states(call) == ["a", "b"]
    assert [done for done in phone.did() if done == operation] == [operation]
