"""connect: an agent takes the first caller of a queue (language.md, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from core_stage import AGENTS, Phone, flow
from desk_flow import DESK

from engine.core.event import Event
from engine.scenario.stage import Stage

ELSEWHERE = "+19998887777"


@dataclass(slots=True, kw_only=True)
class CountingStage(Stage):
    """Lets *injection* happen just before the *at*-th event from now."""

    count: int = 0
    at: int = -1
    injection: Callable[[], None] | None = None

    def receive(self, event: Event) -> None:
        self.count += 1
        if self.count == self.at and self.injection is not None:
            self.injection()
        Stage.receive(self, event)


def desk(**options) -> Phone:
    return Phone(DESK, **options)


def agent(phone: Phone, number: str = "+15552220001", wait: float = 1.0) -> str:
    return phone.calls(to=AGENTS, from_=number, wait=wait)


def room_of(phone: Phone, call: str) -> str | None:
    return phone.world.look(call).room_name


# -- the manoeuvre -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("from_queue", ["allowed", "refused"])
def test_connect_puts_both_into_a_private_room(from_queue: str):
    """'takes the first live caller of the queue ..., takes it out of the queue and puts both legs into a private room';
    'Whether a queued leg may be joined directly is not documented: both ways are simulated and work.'"""
    phone = desk(join_from_queue=from_queue)
    caller, person = phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=2)

    assert phone.states(caller) == ["line", "talking"]
    assert phone.states(person) == ["ready", "take", "talking"]
    assert room_of(phone, caller) == room_of(phone, person) == "support 10"
    assert phone.problems() == []


def test_the_first_caller_is_taken_first():
    phone = desk()
    first, second, person = phone.calls(wait=1), phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=2)

    assert (phone.state(first), phone.state(second)) == ("talking", "line")


def test_two_agents_at_one_instant_get_two_callers():
    """'(two agents at one instant get two callers)'"""
    phone = desk()
    callers = [phone.calls(wait=1), phone.calls(wait=1)]
    agents = [agent(phone), agent(phone)]
    for person in agents:
        phone.world.press(person, "1", phone.now)

    phone.wait(3)

    assert [phone.state(call) for call in callers + agents] == ["talking"] * 4
    partners = [phone.leg(call).links["agent"].run for call in callers]
    assert sorted(partners) == sorted(phone.stage.run_of(person) for person in agents)
    assert {room_of(phone, call) for call in callers} == {"support 10", "support 11"}
    assert phone.problems() == []


def test_the_link_is_exact():
    """'the link is exact': of two pairs each is linked with its own partner"""
    phone = desk()
    callers = [phone.calls(wait=1), phone.calls(wait=1)]
    agents = [agent(phone), agent(phone)]
    for person in agents:
        phone.press(person, "1", wait=2)

    for call, person in zip(callers, agents, strict=True):
        assert phone.leg(call).links["agent"].run == phone.stage.run_of(person)
        assert phone.leg(person).links["caller"].run == phone.stage.run_of(call)


def test_nobody_waiting_is_an_error_of_the_step():
    """'Nobody waiting is an error of the step'"""
    phone = desk()
    person = agent(phone)

    phone.press(person, "1")

    assert phone.errors() == ["nobody_waiting"]
    assert phone.states(person)[:3] == ["ready", "take", "nobody"]


def test_nobody_waiting_any_more_is_an_error_too():
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.hang_up(caller)

    phone.press(person, "1")

    assert phone.errors() == ["nobody_waiting"]


def test_foreign_calls_are_passed_over():
    """Calls of another application in the same queue are nobody that this engine could connect."""
    phone = desk()
    foreign = phone.world.call(from_="+34", to=ELSEWHERE, now=phone.now).call_control_id
    for operation, body in (("answer", {}), ("enqueue", {"queue_name": "support"})):
        path = f"/calls/{foreign}/actions/{operation}"
        assert phone.world.request("POST", path, query={}, body=body, now=phone.now).status == 200
    phone.wait(1)
    caller, person = phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=2)

    assert phone.state(caller) == "talking"
    assert phone.world.look(foreign).queue == "support"


def test_rooms_are_numbered_from_ten_and_numbers_come_back():
    """The room is called `QUEUE NUMBER`: the lowest free number from 10."""
    phone = desk()
    callers = [phone.calls(wait=1), phone.calls(wait=1), phone.calls(wait=1)]
    agents = [agent(phone), agent(phone)]
    phone.press(agents[0], "1", wait=2)
    phone.press(agents[1], "1", wait=2)
    assert [room_of(phone, call) for call in callers] == ["support 10", "support 11", None]

    phone.hang_up(callers[0], wait=2)
    phone.press(agents[0], "1", wait=2)

    assert room_of(phone, callers[2]) == "support 10"
    assert phone.problems() == []


def test_the_webhooks_of_the_manoeuvre_are_not_shown_to_the_flow():
    """The webhooks of this manoeuvre are not shown to the flow."""
    watched = DESK.replace(
        "anywhere:\n  on:\n",
        "anywhere:\n  on:\n    call.dequeued:\n      do: [{log: dequeued}]\n"
        "    conference.participant.joined: late\n    conference.participant.left: late\n",
        1,
    )
    phone = Phone(watched, webhook_delay_s=0.2)
    caller, person = phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=2)
    phone.hang_up(person, wait=2)

    assert phone.states(caller) == ["line", "talking", "rating"]
    assert phone.logged() == ["agent hung up"]


def test_the_music_stops_while_they_are_put_together():
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=2)

    assert phone.did(caller)[-2:] == ["playback_stop", "leave_queue"]


# -- the end of it -----------------------------------------------------------------------------------------------


def test_the_one_who_stays_is_taken_out_before_it_is_told():
    """'Both survive the other's leaving: when the link ends the engine takes the one who stays out of that room.'"""
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.press(person, "1", wait=2)

    phone.hang_up(person, wait=2)

    assert phone.states(caller) == ["line", "talking", "rating"]
    assert phone.logged() == ["agent hung up"]
    assert room_of(phone, caller) is None
    assert phone.heard(caller)[-1] == "How did we do?"
    left_at = next(e.at for e in phone.world.record if e.what == "left" and e.leg == caller)
    asked_at = next(e.at for e in phone.world.record if e.kind == "hears" and e.what == "How did we do?")
    assert asked_at > left_at


def test_the_agent_survives_the_caller():
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.press(person, "1", wait=2)

    phone.hang_up(caller, wait=2)

    assert phone.states(person) == ["ready", "take", "talking", "ready"]
    assert phone.logged() == ["caller hung up"]
    assert phone.heard(person)[-1] == "Press 1."


def test_an_agent_who_takes_somebody_else_leaves_the_one_before():
    """'agent.left (hung up, left the bridge or room, or was connected elsewhere)'"""
    impatient = (
        DESK.replace("          caller.left: ready\n", "          caller.cost: ready\n")
        .replace(
            "          caller.call.hangup:\n            do:\n              - log: caller hung up\n",
            "          call.dtmf.received: take\n",
        )
        .replace("          caller.cost: ready\n", "")
    )
    phone = Phone(impatient)
    first, second, person = phone.calls(wait=1), phone.calls(wait=1), agent(phone)
    phone.press(person, "1", wait=2)
    assert phone.state(first) == "talking"

    phone.press(person, "2", wait=3)

    assert phone.states(first) == ["line", "talking", "rating"]
    assert phone.state(second) == "talking"
    assert phone.leg(person).links["caller"].run == phone.stage.run_of(second)
    assert "agent hung up" not in phone.logged()
    assert phone.problems() == []


def test_a_join_that_is_refused_half_way_puts_the_caller_back_in_line():
    """'when it fails half-way the caller is put back in line and neither leg is lost'"""
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.fail("conference_join", "90032")

    phone.press(person, "1", wait=3)

    assert phone.states(caller) == ["line"]
    assert phone.world.look(caller).queue == "support"
    assert phone.did(caller)[-3:] == ["leave_queue", "enqueue", "playback_start"]
    assert phone.parameters("enqueue", caller)["max_wait_time_secs"] == 900
    assert phone.states(person)[:3] == ["ready", "take", "nobody"]
    assert phone.errors() == ["90032"]
    phone.wait(5)
    assert phone.problems() == []


def test_the_callers_question_is_asked_again_when_nothing_comes_of_it():
    """A caller whose menu was cut for the manoeuvre does not wait in silence for keys that nobody asks for."""
    menu = flow(
        """\
  a:
    do:
      - answer
      - enqueue: {queue: support, max_wait: 10m}
    then: menu
  menu:
    do:
      - gather: {speak: "Press 1 to leave the line, please", digits: 1, wait: 30s}
    keys: {"1": out, anything_else: menu, nothing: menu}
    on:
      agent.joined: out
  out:
    do: [leave_queue, {speak: Bye}]
    then: hangup
""",
        roles=DESK[DESK.index("roles:") :],
    )
    phone = Phone(menu)
    caller, person = phone.calls(wait=1), agent(phone)
    phone.fail("conference_join", "90032")
    phone.press(person, "1", wait=5)
    assert phone.heard(caller) == ["Press 1 to leave the line, please"] * 2

    phone.press(caller, "1", wait=1)

    assert phone.states(caller) == ["a", "menu", "out"]


def test_a_caller_who_cannot_go_back_in_line_goes_to_the_error_exit():
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.fail("conference_join", "90032")
    phone.fail("enqueue", "90036")

    phone.press(person, "1", wait=3)

    assert phone.states(caller) == ["line", "late"]


def test_a_caller_whose_way_back_is_never_confirmed_is_not_left_in_silence():
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.fail("conference_join", "90032")
    phone.world.delay("call.enqueued", 3600.0)

    phone.press(person, "1", wait=15)

    assert phone.states(caller) == ["line", "late"]


def test_leaving_a_state_while_being_connected_does_not_break_it_off():
    """'an agent can take the caller at the very moment the caller presses star' (support_desk)"""
    star = DESK.replace(
        "    on:\n      call.dequeued:\n", "    on:\n      call.dtmf.received: late\n      call.dequeued:\n", 1
    )
    phone = Phone(star)
    caller, person = phone.calls(wait=1), agent(phone)
    phone.world.press(person, "1", phone.now)
    while phone.leg(caller).connecting is None:
        phone.stage.tick()

    phone.webhook("call.dtmf.received", caller, digit="*")
    phone.wait(3)

    assert phone.states(caller) == ["line", "late", "talking"]
    assert "Nobody has time." not in phone.heard(caller)
    assert phone.problems() == []


def test_an_agent_who_leaves_the_step_leaves_nobody_behind():
    """The agent's state has an `after` that strikes in the middle: the caller goes back in line."""
    hasty = DESK.replace("        then: talking\n        on_error: nobody\n", "        after:\n          1s: nobody\n")
    phone = Phone(hasty)
    phone.world.delay("conference.participant.joined", 5.0, times=2)
    caller, person = phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=20)

    assert phone.states(person)[:3] == ["ready", "take", "nobody"]
    assert phone.states(caller) == ["line"]
    assert phone.world.look(caller).queue == "support"
    assert phone.problems() == []


def test_webhooks_that_never_come_leave_nobody_behind():
    phone = desk()
    phone.world.delay("conference.participant.joined", 3600.0, times=2)
    caller, person = phone.calls(wait=1), agent(phone)

    phone.press(person, "1", wait=60)

    assert phone.states(person)[:3] == ["ready", "take", "nobody"]
    assert phone.states(caller) == ["line"]
    assert phone.problems() == []


# -- every point of the manoeuvre --------------------------------------------------------------------------------

Injection = Callable[[Phone, str, str], None]


def hang_up_caller(phone: Phone, caller: str, person: str) -> None:
    phone.world.hang_up(caller, phone.now)


def hang_up_agent(phone: Phone, caller: str, person: str) -> None:
    phone.world.hang_up(person, phone.now)


def hang_up_both(phone: Phone, caller: str, person: str) -> None:
    phone.world.hang_up(caller, phone.now)
    phone.world.hang_up(person, phone.now)


def refuse(operation: str, code: str) -> Injection:
    def injection(phone: Phone, caller: str, person: str) -> None:
        phone.fail(operation, code)

    return injection


INJECTIONS: dict[str, Injection] = {
    "the caller hangs up": hang_up_caller,
    "the agent hangs up": hang_up_agent,
    "both hang up": hang_up_both,
    "leave_queue is refused": refuse("leave_queue", "90033"),
    "the list is refused": refuse("queued_call_list", "10015"),
    "create is refused": refuse("conference_create", "10015"),
    "the name is taken": refuse("conference_create", "90033"),
    "the room is full": refuse("conference_join", "90032"),
    "the room has gone": refuse("conference_join", "90019"),
    "the stop is refused": refuse("playback_stop", "10015"),
}
WORLDS = {"a quick world": {}, "a slow world": {"join_from_queue": "refused", "stamp": "late", "webhook_delay_s": 0.3}}


def manoeuvre(injection: Injection | None, at: int, options: dict[str, object]) -> tuple[Phone, str, str, int]:
    """Run it with something happening just before its *at*-th event; returns how many events it had."""
    phone = Phone(DESK, stage=CountingStage, **options)
    caller, person = phone.calls(wait=2), agent(phone, wait=2)
    stage = phone.stage
    assert isinstance(stage, CountingStage)
    begun = stage.count
    if injection is not None:
        stage.at = begun + at
        stage.injection = lambda: injection(phone, caller, person)
    phone.press(person, "1", wait=6)
    return phone, caller, person, stage.count - begun


@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("options", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("injection", INJECTIONS.values(), ids=INJECTIONS)
def test_whatever_happens_at_any_point_nobody_is_stuck(injection: Injection, options: dict[str, object], stride: int):
    """'neither leg is lost': each live leg is where engine and Telnyx agree that it is, and nothing hangs."""
    *_, events = manoeuvre(None, 0, options)
    assert events > 15

    for at in range(1, events + 2, stride):
        phone, caller, person, _ = manoeuvre(injection, at, options)
        phone.wait(60)
        assert phone.problems() == [], at
        for call in (caller, person):
            if phone.world.look(call).state != "ended":
                assert phone.state(call) in ("line", "talking", "ready", "rating"), at
        hang_up_both(phone, caller, person)
        phone.wait(5 * 3600)
        assert phone.left_over() == [], at


def test_the_next_caller_is_taken_when_the_first_hangs_up_at_any_point():
    """An agent whose caller has gone gets the next one, or ends up in line for another press of 1: never in limbo."""
    for at in range(1, 24):
        phone = Phone(DESK, stage=CountingStage)
        first, second, person = phone.calls(wait=1), phone.calls(wait=1), agent(phone, wait=2)
        stage = phone.stage
        assert isinstance(stage, CountingStage)
        stage.at = stage.count + at
        stage.injection = lambda phone=phone, first=first: phone.world.hang_up(first, phone.now)
        phone.press(person, "1", wait=6)

        assert phone.problems() == [], at
        states = (phone.state(second), phone.state(person))
        assert states in (("talking", "talking"), ("line", "ready")), (at, states)


def test_an_idle_queue_leaves_nothing_behind():
    phone = desk()
    caller, person = phone.calls(wait=1), agent(phone)
    phone.press(person, "1", wait=2)

    phone.hang_up(caller)
    phone.hang_up(person)

    assert phone.left_over() == []
    assert phone.queue("support")["rooms"] == []
