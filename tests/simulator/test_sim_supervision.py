"""Who hears whom: in bridges, in rooms by their roles, and in supervised calls."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

BOSS = "+15557770000"


def supervisor(line, leg, role=None):
    body = {"supervisor_role": role} if role else {}
    wish = {"supervise_call_control_id": leg, "connection_id": "1", "to": BOSS, "from": OFFICE}
    line.ok("dial", None, **wish, **body)
    far = line.far_leg()
    line.world.pick_up(far, line.now)
    line.wait()
    return far


def bridged(line):
    caller, agent = line.caller(), line.caller()
    line.ok("bridge", agent, call_control_id=caller)
    line.wait()
    return caller, agent


def voices(line, *legs):
    """Whom each of *legs* hears, by their places in *legs*."""
    return [sorted(legs.index(other) for other in line.world.look(leg).voices) for leg in legs]


@pytest.mark.parametrize(
    ("role", "caller_hears", "agent_hears"),
    [(None, [1, 2], [0, 2]), ("barge", [1, 2], [0, 2]), ("whisper", [1], [0, 2]), ("monitor", [1], [0])],
)
def test_a_supervisor_hears_both_and_is_heard_by_role(line, role, caller_hears, agent_hears):
    caller, agent = bridged(line)
    boss = supervisor(line, agent, role)

    assert voices(line, caller, agent, boss) == [caller_hears, agent_hears, [0, 1]]
    look = line.world.look(boss)
    assert (look.supervises, look.supervisor_role) == (agent, role or "barge")


def test_the_role_is_switched_while_the_call_goes_on(line):
    caller, agent = bridged(line)
    boss = supervisor(line, agent, "monitor")
    line.ok("switch_supervisor_role", boss, role="whisper")

    assert voices(line, caller, agent, boss) == [[1], [0, 2], [0, 1]]


def test_only_a_supervisor_has_a_role_to_switch(line):
    assert line.do("switch_supervisor_role", line.caller(), role="barge").code == "90033"


def test_supervision_ends_with_the_call_and_leaves_the_supervisor_on_the_line(line):
    caller, agent = bridged(line)
    boss = supervisor(line, agent)
    line.world.hang_up(agent, line.now)

    look = line.world.look(boss)
    assert (look.state, look.supervises, look.supervisor_role, look.voices) == ("answered", None, "none", ())
    assert line.world.look(caller).state == "ended"


def test_a_supervisor_who_leaves_changes_nothing(line):
    caller, agent = bridged(line)
    line.world.hang_up(supervisor(line, agent), line.now)

    assert voices(line, caller, agent) == [[1], [0]]


def room(line, *guests):
    """A room with a host and *guests*, each joined with these wishes; numbers in lists are legs."""
    id_, host = line.room()
    legs = [host]
    for wishes in guests:
        leg = line.caller()
        body = {k: [legs[one] for one in value] if isinstance(value, list) else value for k, value in wishes.items()}
        line.ok("conference_join", id_, call_control_id=leg, **body)
        legs.append(leg)
    line.wait()
    return id_, legs


@pytest.mark.parametrize(
    ("third", "hears"),
    [
        ({}, [[1, 2], [0, 2], [0, 1]]),
        ({"mute": True}, [[1], [0], [0, 1]]),
        ({"hold": True}, [[1], [0], []]),
        ({"supervisor_role": "barge"}, [[1, 2], [0, 2], [0, 1]]),
        ({"supervisor_role": "monitor"}, [[1], [0], [0, 1]]),
        ({"supervisor_role": "whisper", "whisper_call_control_ids": [1]}, [[1], [0, 2], [0, 1]]),
        ({"supervisor_role": "whisper", "whisper_call_control_ids": []}, [[1], [0], [0, 1]]),
        ({"supervisor_role": "whisper"}, [[1], [0], [0, 1]]),
    ],
)
def test_a_room_is_heard_by_role(line, third, hears):
    _, legs = room(line, {}, third)

    assert voices(line, *legs) == hears


def test_a_role_changes_who_hears_whom(line):
    id_, legs = room(line, {}, {"supervisor_role": "monitor"})
    whisper = {"supervisor_role": "whisper", "whisper_call_control_ids": [legs[0]]}
    line.ok("conference_update", id_, call_control_id=legs[2], **whisper)
    assert voices(line, *legs) == [[1, 2], [0], [0, 1]]

    line.ok("conference_update", id_, call_control_id=legs[2], supervisor_role="none")

    assert voices(line, *legs) == [[1, 2], [0, 2], [0, 1]]


@pytest.mark.parametrize(
    ("wishes", "takes_it"),
    [
        ({}, True),
        ({"supervisor_role": "barge"}, True),
        ({"mute": True}, False),
        ({"hold": True}, False),
        ({"supervisor_role": "monitor"}, False),
        ({"supervisor_role": "whisper"}, False),
    ],
)
def test_only_who_is_heard_by_all_takes_the_floor(line, wishes, takes_it):
    _, legs = room(line, wishes)

    line.world.speak_into(legs[1], "Well,", line.now)

    assert line.wait() == (["conference.floor.changed"] if takes_it else [])


def test_the_floor_changes_hands_and_not_with_every_word(line):
    _, legs = room(line, {})
    for speaker in (0, 0, 1, 1, 0):
        line.world.speak_into(legs[speaker], "Well,", line.now)
    line.wait()

    floors = [hook.payload["call_control_id"] for hook in line.webhooks if "floor" in hook.event_type]
    assert floors == [legs[0], legs[1], legs[0]]


def test_who_comes_back_takes_the_floor_anew(line):
    id_, legs = room(line, {})
    line.world.speak_into(legs[1], "Well,", line.now)
    line.ok("conference_leave", id_, call_control_id=legs[1])
    line.ok("conference_join", id_, call_control_id=legs[1])
    line.world.speak_into(legs[1], "Again,", line.now)
    line.wait()

    assert line.types().count("conference.floor.changed") == 2


def test_who_is_put_on_hold_by_their_telephone_hears_and_says_nothing(line):
    caller, agent = bridged(line)
    line.world.hold(caller, line.now)

    assert voices(line, caller, agent) == [[], []]
