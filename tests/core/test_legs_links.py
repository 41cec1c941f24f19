"""What linked legs tell each other, who hears of whose end, and which leg stays when the other one leaves."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, Phone, flow
from legs_flow import CALLER_STATES, DIAL, ROLE, TOP, answer, office


def linked(phone: Phone) -> tuple[str, str]:
    call = phone.calls(wait=2)
    agent = answer(phone)
    assert phone.state(call) == "talk"
    return call, agent


# -- words, events, variables --------------------------------------------------------------------------------------


def test_words_are_told_both_ways_with_their_values():
    phone = office()
    call, agent = linked(phone)
    phone.press(agent, "12")
    phone.press(call, "5")

    assert phone.logged()[-3:] == ["agent is ready", "costs 42", "agent hears to Acme"]


def test_a_word_without_a_link_is_dropped():
    states = "  a:\n    do: [answer, {tell: {agent: hello}}, {log: told}]\n    after:\n      1h: hangup\n"
    phone = office(flow(states, top=TOP, roles=ROLE))
    call = phone.calls(wait=2)

    assert phone.logged() == ["told"]
    assert phone.errors() == []
    assert phone.state(call) == "a"


LISTENS = CALLER_STATES.replace(
    "agent.left: alone", 'agent.left: alone\n      agent.call.dtmf.received: {do: [{log: "key {{ event.digit }}"}]}'
)


def test_events_reach_the_linked_leg_that_listens():
    phone = office(flow(LISTENS, top=TOP, roles=ROLE))
    _, agent = linked(phone)
    phone.press(agent, "7")

    assert phone.logged()[-1] == "key 7"


def test_events_that_nobody_listens_to_stay_where_they_are():
    phone = office()
    call, agent = linked(phone)
    before = phone.leg(call).ver
    phone.press(agent, "7")

    assert phone.leg(call).ver == before


def test_keys_of_a_secret_are_never_told():
    roles = ROLE.replace("          - speak: Hello\n", "          - gather: {speak: PIN, digits: 4, into: pin}\n")
    top = "remember:\n  pin: {type: digits, secret: true}\n" + TOP
    states = LISTENS.replace(
        "agent.call.dtmf.received", "agent.call.gather.ended: {do: [{log: gathered}]}\n      agent.call.dtmf.received"
    )
    phone = office(flow(states, top=top, roles=roles))
    _, agent = linked(phone)
    phone.press(agent, "4821", wait=3)

    assert not any(text.startswith(("key", "gathered")) for text in phone.logged())
    told = [line.record for line in phone.stage.journal if line.kind == "event" and line.record["type"] == "leg.event"]
    assert told == []


READS = """\
remember:
  account: {type: digits}
  visits: {type: number}
  code: {type: digits, secret: true}
"""


def test_a_variable_of_the_linked_leg_can_be_read_and_follows_its_changes():
    roles = ROLE.replace(
        '- if: event.digit == "1"\n              do: [{tell: {caller: ready}}]',
        '- if: event.digit == "1"\n              do: [{set: {account: "77", visits: 3}}, {tell: {caller: ready}}]',
    )
    states = CALLER_STATES.replace(
        "agent.says.ready: {do: [{log: agent is ready}]}",
        "agent.says.ready: {do: [{log: \"now '{{ agent.account }}' {{ agent.visits }}\"}]}",
    ).replace('- log: "talks to {{ agent.number }}"', "- log: \"first '{{ agent.account }}' {{ agent.visits }}\"")
    phone = office(flow(states, top=READS + TOP, roles=roles))
    _, agent = linked(phone)
    assert "first '' 0" in phone.logged()
    phone.press(agent, "1")

    assert phone.logged()[-1] == "now '77' 3"


def test_the_variables_of_the_one_who_rings_are_known_at_the_answer():
    roles = ROLE.replace("rung by {{ caller.number }}", "account {{ caller.account }}")
    states = CALLER_STATES.replace("- answer\n", '- answer\n      - set: {account: "123"}\n', 1)
    phone = office(flow(states, top=READS + TOP, roles=roles))
    linked(phone)

    assert "account 123" in phone.logged()


# -- ends ----------------------------------------------------------------------------------------------------------


def test_the_other_ones_hangup_is_heard_with_its_fields_and_before_left():
    phone = office()
    call, agent = linked(phone)
    phone.hang_up(agent, wait=2)

    assert phone.logged()[-1] == "caller hears normal_clearing"
    assert phone.states(call)[-1] == "alone"
    assert phone.problems() == []


def test_the_one_who_was_rung_hears_of_the_end_too():
    phone = office()
    call, agent = linked(phone)
    phone.hang_up(call, wait=2)

    assert phone.logged()[-2:] == ["agent hears normal_clearing", "agent left alone"]
    assert phone.state(agent) == "hello"
    assert phone.problems() == []


def test_a_flow_that_ends_and_leaves_its_leg_has_left():
    states = CALLER_STATES.replace(
        'call.dtmf.received: {do: [{tell: {agent: {welcome: "to Acme"}}}]}', "call.dtmf.received: end"
    )
    phone = office(flow(states, top=TOP, roles=ROLE))
    call, _ = linked(phone)
    phone.press(call, "1")

    assert phone.logged()[-1] == "agent left alone"


ELSEWHERE = """\
  elsewhere:
    do:
      - transfer: {to: "+15557770009", as: boss}
    on:
      agent.left: {do: [{log: agent gone}]}
    after:
      1h: hangup
"""


def test_a_leg_that_is_connected_elsewhere_has_left():
    told = 'call.dtmf.received: {do: [{tell: {agent: {welcome: "to Acme"}}}]}'
    states = CALLER_STATES.replace(told, "call.dtmf.received: elsewhere") + ELSEWHERE
    phone = office(flow(states, top=TOP, roles=ROLE))
    call, agent = linked(phone)
    phone.press(call, "1")
    assert phone.leg(agent).links
    answer(phone)

    assert sorted(phone.logged()[-2:]) == ["agent gone", "agent left alone"]
    assert phone.leg(call).links == phone.leg(agent).links == {}


# -- rooms ---------------------------------------------------------------------------------------------------------

ROOM = flow(
    """\
  a:
    do: [answer, {set: {account: "5"}}, {join_conference: {room: team}}]
    on:
      agent.joined: {do: [{tell: {agent: {welcome: home}}}]}
      agent.call.hangup: {do: [{log: "caller hears {{ event.hangup_cause }}"}]}
      agent.left: {do: [{log: agent left}]}
      agent.call.dtmf.received: {do: [{log: "key {{ event.digit }}"}]}
    after:
      3h: hangup
""",
    top=READS + TOP,
    roles=f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: hangup
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: team}}}}]
        on:
          caller.says.welcome: {{do: [{{log: "welcome {{{{ event.value }}}}, {{{{ caller.account }}}}"}}]}}
        after:
          3h: hangup
""",
)


@pytest.mark.parametrize("first", ["caller", "agent"])
def test_legs_that_a_room_links_talk_like_any_others(first):
    phone = office(ROOM)
    numbers = {"caller": {}, "agent": {"to": AGENTS, "from_": "+15552220001"}}
    calls = {name: phone.calls(wait=1, **numbers[name]) for name in sorted(numbers, key=lambda name: name != first)}
    phone.press(calls["agent"], "3")
    phone.hang_up(calls["agent"], wait=2)

    assert phone.logged() == ["welcome home, 5", "key 3", "caller hears normal_clearing", "agent left"]
    assert phone.problems() == []


# -- bridge --------------------------------------------------------------------------------------------------------

BRIDGE_STATES = CALLER_STATES.replace(
    '    do:\n      - log: "talks to {{ agent.number }}"\n',
    "    do:\n      - bridge: {to: agent}\n      - log: bridged\n",
)


def bridged(phone: Phone) -> tuple[str, str]:
    call, agent = linked(phone)
    assert phone.world.look(call).bridged_with == agent
    return call, agent


def test_a_bridge_names_the_other_leg_and_parks_this_one_afterwards():
    phone = office(flow(BRIDGE_STATES, top=TOP, roles=ROLE))
    call, agent = bridged(phone)
    sent = phone.parameters("bridge")

    assert (sent["call_control_id"], sent["park_after_unbridge"]) == (agent, "self")
    assert phone.logged().count("bridged") == phone.logged().count("caller joined") == 1
    assert phone.leg(call).links["agent"].via == phone.leg(agent).links["caller"].via == "bridge"


def test_two_bridged_events_of_one_bridge_count_once():
    states = BRIDGE_STATES.replace("agent.left: alone", "agent.left: alone\n      call.bridged: {do: [{log: event}]}")
    phone = office(flow(states, top=TOP, roles=ROLE))
    bridged(phone)

    assert phone.logged().count("event") == 1


def test_bridges_after_a_transfer_that_nobody_answered_are_not_mistaken_for_it():
    head = '  first:\n    do: [answer, {transfer: {to: "+15557770009", as: boss}}]\n    on: {boss.call.hangup: ring}\n'
    again = BRIDGE_STATES.replace("agent.left: alone", "agent.left: ring")
    phone = office(flow(head + "    after: {1m: ring}\n" + again, top=TOP, roles=ROLE))
    call = phone.calls(wait=2)
    phone.world.refuse(phone.world.ringing[0].call_control_id, phone.now)
    phone.wait(1)
    for _ in range(2):
        agent = answer(phone)
        assert phone.world.look(call).bridged_with == agent
        phone.hang_up(agent, wait=2)

    assert phone.logged().count("bridged") == 2
    assert phone.errors() == []


def test_a_bridge_without_a_link_is_an_error():
    states = (
        "  a:\n    do: [answer, {bridge: {to: agent}}]\n    on_error: gone\n    after:\n      1m: gone\n"
        "  gone:\n    do: [{speak: Gone}]\n    then: hangup\n"
    )
    phone = office(flow(states, top=TOP, roles=ROLE))
    call = phone.calls(wait=4)

    assert phone.errors() == ["no_link"]
    assert phone.heard(call) == ["Gone"]
    assert "bridge" not in phone.did()


def test_a_bridge_that_telnyx_refuses_leaves_the_link():
    phone = office(flow(BRIDGE_STATES, top=TOP, roles=ROLE))
    phone.fail("bridge", "90041", times=3)  # the first two count as "too early"
    call = phone.calls(wait=2)
    agent = answer(phone, wait=1.5)

    assert phone.errors() == ["90041"]
    assert phone.leg(call).links["agent"].via == phone.leg(agent).links["caller"].via == "dial"


def test_a_hangup_during_the_bridge_decides():
    phone = office(flow(BRIDGE_STATES, top=TOP, roles=ROLE))
    phone.world.delay("call.bridged", 3.0, 2)
    call = phone.calls(wait=2)
    agent = answer(phone, wait=0.3)
    phone.hang_up(agent, wait=5)

    assert "bridged" not in phone.logged()
    assert phone.errors() == []
    assert phone.heard(call) == ["You are alone"]


def test_who_leaves_the_bridge_for_a_room_has_left():
    roles = ROLE.replace("then: hangup\n        after", "then: room\n        after") + (
        "      room:\n        do: [{join_conference: {room: r}}]\n        after:\n          1h: hangup\n"
    )
    phone = office(flow(BRIDGE_STATES, top=TOP, roles=roles))
    call, agent = bridged(phone)
    phone.press(agent, "9", wait=3)

    assert phone.heard(call) == ["You are alone"]
    assert phone.leg(agent).links == {}


def test_legs_that_a_room_linked_keep_their_link_when_one_bridges_the_two():
    text = ROOM.replace(
        "      agent.call.dtmf.received:", "      call.dtmf.received: talk\n      agent.call.dtmf.received:"
    )
    talk = "  talk:\n    do: [{bridge: {to: agent}}]\n    on: {agent.left: {do: [{log: agent left}]}}\n"
    talk += "    after: {1h: hangup}\n"
    phone = office(text.replace("  broken:\n", talk + "  broken:\n", 1))
    call, agent = in_a_room(phone)
    phone.press(call, "1", wait=3)
    assert phone.world.look(call).bridged_with == agent
    assert "agent left" not in phone.logged()
    assert phone.problems() == []
    phone.hang_up(agent, wait=2)

    assert phone.logged().count("agent left") == 1
    assert phone.state(call) == "talk"


def test_a_caller_of_another_flow_cannot_be_linked_and_that_is_an_error():
    states = CALLER_STATES.replace('- log: "talks to {{ agent.number }}"', "- bridge: {queue: support}")
    states = states.replace("agent.left: alone", "agent.left: {do: [{log: gone}]}")
    waiting = flow(
        "  line:\n    do: [answer, {enqueue: {queue: support, max_wait: 1h}}]\n    on: {call.bridged: over}\n"
        "  over:\n    after: {1h: hangup}\n",
        name="waiting",
        number="+15550000009",
    )
    phone = office(flow(states, top=TOP, roles=ROLE), waiting)
    phone.calls(to="+15550000009", from_="+34600111999", wait=2)
    call, agent = phone.calls(wait=2), answer(phone, wait=3)

    assert phone.errors() == ["not_linked"]
    assert "agent left alone" in phone.logged()  # this leg was connected elsewhere all the same
    assert phone.leg(call).links == phone.leg(agent).links == {}


# -- which leg stays when the other leaves -------------------------------------------------------------------------

QUEUE_STATES = """\
  line:
    do:
      - answer
      - enqueue: {queue: support, max_wait: 15m}
      - play: {audio: hold_music, repeat: forever}
    on:
      agent.joined: talk
      agent.left: alone
      call.dequeued: {do: [{log: "dequeued {{ event.reason }}"}]}
    after:
      1h: hangup
  talk:
    on:
      agent.left: alone
    after:
      1h: hangup
  alone:
    do: [{speak: You are alone}]
    then: hangup
"""
QUEUE_ROLE = f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: none
    start: take
    states:
      take:
        do:
          - answer
          - VERB: {{queue: support}}
          - log: "got {{{{ caller.number }}}}"
        on:
          caller.joined: {{do: [{{log: agent joined}}]}}
        then: talk
      talk:
        on:
          caller.left: alone
        after:
          1h: hangup
      alone:
        do: [{{speak: Alone}}]
        after:
          1h: hangup
      none:
        do: [{{speak: None}}]
        then: hangup
"""


def queue_flow(verb: str) -> str:
    return flow(QUEUE_STATES, roles=QUEUE_ROLE.replace("VERB", verb))


def taken(phone: Phone) -> tuple[str, str]:
    call = phone.calls(wait=3)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=3)
    assert (phone.state(call), phone.state(agent)) == ("talk", "talk"), phone.logged()
    return call, agent


def in_a_room(phone: Phone) -> tuple[str, str]:
    return phone.calls(wait=1), phone.calls(to=AGENTS, from_="+15552220001", wait=1)


def transferred(phone: Phone) -> tuple[str, str]:
    call = phone.calls(wait=2)
    return call, answer(phone)


TRANSFER = flow(
    '  a:\n    do: [answer, {transfer: {to: "+15557770009", as: boss}}]\n    on:\n      boss.call.hangup: hangup\n'
    "    after:\n      1h: hangup\n"
)
# How they are connected; the flow; who is there; does the first leg stay when the other goes, does the other one.
STAYS = [
    ("dial", DIAL, linked, True, True),
    ("bridge to", flow(BRIDGE_STATES, top=TOP, roles=ROLE), bridged, True, False),
    ("bridge queue", queue_flow("bridge"), taken, False, True),
    ("connect", queue_flow("connect"), taken, True, True),
    ("room", ROOM, in_a_room, True, True),
    ("transfer", TRANSFER, transferred, False, False),
]


@pytest.mark.parametrize(("how", "text", "meet", "first_stays", "other_stays"), STAYS, ids=[row[0] for row in STAYS])
def test_which_leg_stays_when_the_other_leaves(how, text, meet, first_stays, other_stays):
    for who_goes in (1, 0):
        phone = office(text)
        legs = meet(phone)
        phone.world.hang_up(legs[who_goes], phone.now)
        phone.wait(0.2)
        stays = first_stays if who_goes == 1 else other_stays
        assert (phone.world.look(legs[1 - who_goes]).state != "ended") is stays, how
