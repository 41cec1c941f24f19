"""A leg that leaves the state in which it joins a room, and joins the same room in the next one."""

from __future__ import annotations

import pytest
from core_stage import Phone, flow

AGAIN = flow(
    """\
  a:
    do: [answer, {join_conference: {room: team, muted: true}}]
    on:
      call.dtmf.received: b
    after: {1h: hangup}
  b:
    do: [{join_conference: {room: team}}, {log: in}]
    on:
      call.dtmf.received: c
    after: {1h: hangup}
  c:
    do: [leave_conference, {log: out}]
    after: {1h: hangup}
"""
)


@pytest.mark.parametrize("company", [False, True])
@pytest.mark.parametrize("after_s", [0.01, 0.06, 0.3])
def test_who_asks_again_while_on_the_way_into_a_room_comes_in_once(company: bool, after_s: float):
    phone = Phone(AGAIN)
    if company:
        phone.calls(from_="+15552220001", wait=3)
    phone.world.delay("conference.participant.joined", 1.0, 1)
    call = phone.calls()
    while "join_conference" not in [
        line.record.get("verb") for line in phone.stage.journal if line.run == phone.stage.run_of(call)
    ]:
        phone.wait(0.01)
    phone.wait(after_s)
    phone.press(call, "1", wait=4)

    assert phone.logged() == ["in"]
    assert phone.errors() == []
    assert phone.did(call).count("conference_join") + phone.did().count("conference_create") <= 2
    assert not phone.world.look(call).muted
    assert phone.problems() == []
    phone.press(call, "2", wait=2)
    assert phone.world.look(call).room_name is None
    assert phone.problems() == []
