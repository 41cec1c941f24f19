"""What the language can do, in the real service over HTTP: other flows, several legs, rooms, calls of our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from language_world import Elsewhere, People, elsewhere, shipped
from service_world import CALLER, place_in

from engine import service as service_module
from engine.simulator.values import Entry

SUPPORT, AGENTS, SUPERVISORS, MAIN = "+15551231111", "+15551231112", "+15551232222", "+15551233333"
AGENT, SUPERVISOR, MOBILE, BOSS = "+15552220001", "+15552220009", "+15557770001", "+15557770002"
PROJECT = b'telnyx: {connection_id: "77", caller_id: "+15559990000"}\nmay_call: ["+34"]\n'


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0, recording_saved_after_s=0.05) as place:
        place.set(secrets={"team_room_pin": "4821", "notify": "a long random text"})
        yield place


@pytest.fixture
def people(place) -> People:
    return People(place.simulator)


def with_inboxes(files: dict[str, bytes], server: Elsewhere) -> dict[str, bytes]:
    """Let the project's messages go to *server*."""
    project = files["project.yaml"].replace(b"https://example.com/hooks", f"http://127.0.0.1:{server.port}".encode())
    return files | {"project.yaml": project}


def opened(main_number: bytes, *, is_open: bool) -> bytes:
    """Return the flow with hours in which it is open all week, or closed until the day after tomorrow."""
    day = f"{datetime.now(UTC) + timedelta(days=3):%A}".lower()
    hours = b"monday to sunday: 00:00 to 24:00" if is_open else f"{day}: 00:00 to 24:00".encode()
    lines = [b"      " + hours if b"monday to friday" in line else line for line in main_number.splitlines()]
    return b"\n".join(line for line in lines if b"saturday:" not in line and b"closed_on" not in line)


def whats(entries: list[Entry]) -> list[str]:
    return [entry.what for entry in entries]


def wrong(place) -> list[dict[str, object]]:
    """Return what the log warns of; a webhook may still come while the service stops."""
    return [row for row in place.log.rows if row["level"] != "info" and row.get("reason") != "shed"]


# -- the shipped flows --------------------------------------------------------------------------------------------


async def test_main_number_hands_over_to_support_where_an_agent_takes_the_caller(place, people):
    place.files = shipped("main_number", "support_desk", "callback")
    place.files["main_number.flow.yaml"] = opened(place.files["main_number.flow.yaml"], is_open=True)
    async with place.serving():
        caller = people.call(MAIN)
        await people.hears(caller, "You are number 1 in line")
        agent = people.call(AGENTS, AGENT)
        await people.asked_for(agent)
        people.press(agent, "1")
        await place.log.line("state", state="talking", role="caller")
        await place.log.line("state", state="talking", role="agent")
        assert place.simulator.world.look(caller).room_name == place.simulator.world.look(agent).room_name
        place.hang_up(agent)
        await people.asked_for(caller)
        people.press(caller, "5")
        rating = await place.log.line("log", text="rating 5")
        await people.over(caller)

    assert rating["text"] == "rating 5"
    assert len(people.requests("enqueue")) == len(people.requests("conference_create")) == 1
    assert wrong(place) == []


async def test_outside_opening_hours_the_caller_hears_when_it_opens_and_is_booked_for_then(place, people):
    place.files = shipped("main_number", "support_desk", "callback")
    place.files["main_number.flow.yaml"] = opened(place.files["main_number.flow.yaml"], is_open=False)
    place.files["project.yaml"] = place.files["project.yaml"].replace(b'["+1555"]', b'["+34"]')
    async with place.serving():
        caller = people.call(MAIN)
        await people.hears(caller, "We are closed. We open again on ")
        await people.asked_for(caller)
        people.press(caller, "1")
        planned = await place.log.line("call", what="planned")
        await people.hears(caller, "We will call you on 3 4 6 0 0 1 1 1 2 2 2")
        await people.over(caller)

    due = datetime.fromtimestamp(planned["at"], UTC)
    assert timedelta(days=1) < due - datetime.now(UTC) < timedelta(days=4)
    assert (planned["flow"], planned["to"]) == ("callback", "+…1222")
    assert wrong(place) == []


async def test_supervisor_whispers_and_joins_in_and_the_recording_is_handed_over(place, people):
    async with elsewhere() as server:
        place.files = with_inboxes(shipped("support_desk", "supervise"), server)
        async with place.serving():
            caller = people.call(SUPPORT)
            await people.hears(caller, "You are number 1 in line")
            agent = people.call(AGENTS, AGENT)
            await people.asked_for(agent)
            people.press(agent, "1")
            await place.log.line("state", state="talking", role="agent")
            supervisor = people.call(SUPERVISORS, SUPERVISOR)
            await people.asked_for(supervisor)
            people.press(supervisor, "10#")
            await people.hears(caller, "This conversation is now recorded.")
            await place.log.line("state", state="controls")
            world = place.simulator.world
            assert world.look(supervisor).role == "monitor"
            people.press(supervisor, "2")
            await people.requested("conference_update")
            assert world.look(supervisor).whispers_to == (agent,)
            people.press(supervisor, "3")
            await people.hears(agent, "A supervisor has joined the call.")
            people.press(supervisor, "7")
            await people.requested("conference_record_pause")
            people.press(supervisor, "8")
            await people.requested("conference_record_resume")
            world.delay("call.hangup", 0.5)  # the recording is ready while the call is being hung up
            people.press(supervisor, "9")
            method, _, headers, body = await server.asked("/recordings")
            await people.over(supervisor)

    assert (method, set(body) >= {"recording"}) == ("POST", True)
    assert headers["webhook-signature"].startswith("v1,")
    assert world.look(caller).room_name == world.look(agent).room_name == "support 10"
    assert wrong(place) == []


# -- other flows ---------------------------------------------------------------------------------------------------

ASKER = b"""\
flow: ask_account
starts_when:
  another_flow_calls: {needs: {greeting: text}, answers: {account: digits}}
anywhere: {on_error: hangup}
start: ask
states:
  ask:
    do:
      - gather: {speak: "{{ greeting }} Type your account number.", digits: 4, wait: 8s, into: account}
    keys:
      digits: end
      anything_else: ask
      nothing: hangup
"""
DESK = b"""\
flow: desk
starts_when: {calls_to: any}
remember: {account: {type: digits}}
anywhere: {on_error: hangup}
start: who
states:
  who:
    do:
      - answer
      - run: {flow: ask_account, give: {greeting: "Good morning."}, into: account}
      - speak: "Your account is {{ account }}."
    then: hangup
"""


async def test_flow_that_is_run_gives_the_call_back_with_its_answer_also_over_a_restart(place, people):
    place.files = {"ask_account.flow.yaml": ASKER, "desk.flow.yaml": DESK}
    async with place.serving():
        caller = people.call("+15551230000")
        await people.asked_for(caller)
    async with place.serving():
        people.press(caller, "4711")
        await people.hears(caller, "Your account is 4711.")
        await people.over(caller)

    assert [entry.what for entry in place.simulator.world.record if entry.kind == "hears"] == [
        "Good morning. Type your account number.",
        "Your account is 4711.",
    ]
    assert wrong(place) == []


# -- several legs --------------------------------------------------------------------------------------------------

OFFICE_FLOW = b"""\
flow: ring_an_agent
starts_when: {calls_to: any}
remember: {account: {type: digits}}
anywhere: {on_error: sorry}
start: ring
states:
  ring:
    do:
      - answer
      - set: {account: "4711"}
      - dial: {to: "+15557770001", as: agent, ring_for: 25s}
    then: connect
    on: {agent.call.hangup: sorry}
  connect:
    do: [{bridge: {to: agent}}]
    then: talking
    on: {agent.left: sorry}
  talking:
    on:
      agent.says.transfer_me: other_office
      agent.left: sorry
    after: {2h: hangup}
  other_office:
    do: [{transfer: {to: "+15557770002", as: office}}]
    on:
      call.bridged: end
      office.call.hangup: sorry
    after: {40s: sorry}
  sorry:
    do: [{speak: "Sorry, nobody is there."}]
    then: hangup
roles:
  agent:
    anywhere: {on_error: hangup}
    start: hello
    states:
      hello:
        do: [{speak: "A call from account {{ caller.account }}."}]
        on: {call.bridged: talking}
        after: {10s: hangup}
      talking:
        on:
          call.dtmf.received: {do: [{tell: {caller: transfer_me}}]}
          caller.left: hangup
        after: {2h: hangup}
"""


async def test_agent_is_rung_connected_says_a_word_and_the_caller_is_transferred(place, people):
    place.files = {"ring_an_agent.flow.yaml": OFFICE_FLOW, "project.yaml": PROJECT}
    world = place.simulator.world
    async with place.serving():
        caller = people.call("+15551230000")
        agent = (await people.rung(MOBILE)).call_control_id
        people.pick_up(agent)
        await people.hears(agent, "A call from account 4711.")
        await place.log.line("state", state="talking", role="caller")
        await place.log.line("state", state="talking", role="agent")
        assert world.look(caller).bridged_with == agent
        people.press(agent, "1")
        boss = (await people.rung(BOSS)).call_control_id
        people.pick_up(boss)
        await place.log.line("ended", why="end", state="other_office")
        await people.over(agent)
        assert world.look(caller).bridged_with == boss

    dialled = people.requests("dial")[0].details["parameters"]
    assert (dialled["to"], dialled["from"], dialled["connection_id"]) == (MOBILE, "+15559990000", "77")
    assert whats(people.requests()).count("dial") == whats(people.requests()).count("bridge") == 1


async def test_agent_who_is_busy_is_no_error_and_the_caller_is_told(place, people):
    place.files = {"ring_an_agent.flow.yaml": OFFICE_FLOW, "project.yaml": PROJECT}
    async with place.serving():
        caller = people.call("+15551230000")
        people.refuse((await people.rung(MOBILE)).call_control_id)
        await people.hears(caller, "Sorry, nobody is there.")
        await people.over(caller)

    assert wrong(place) == []


# -- calls of our own ----------------------------------------------------------------------------------------------

BOOKER = b"""\
flow: booker
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: book
states:
  book:
    do:
      - answer
      - call_later: {flow: callback, to: "{{ caller.number }}", in: 1s, give: {reason: why}}
    then: hangup
"""
CALLBACK = b"""\
flow: callback
starts_when: {another_flow_calls: {needs: {reason: text}}}
settings:
  call_attempts: {tries: 3, wait_between: 1s, ring_for: 5s}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [{speak: "Hello because of {{ reason }}."}]
    then: hangup
"""
BOOKING = {"booker.flow.yaml": BOOKER, "callback.flow.yaml": CALLBACK, "project.yaml": PROJECT}


async def test_call_that_was_planned_before_a_restart_rings_after_it(place, people):
    place.files = BOOKING
    async with place.serving():
        caller = people.call("+15551230000")
        await place.log.line("call", what="planned")
        await people.over(caller)
    place.log.rows.clear()
    async with place.serving():
        leg = (await people.rung(CALLER)).call_control_id
        people.pick_up(leg)
        await people.hears(leg, "Hello because of why.")
        await people.over(leg)
        rings = await place.log.line("call", what="rings")
        await place.log.line("call", what="answered")
        await place.log.line("ended", call=rings["leg"][:8])

    assert len(people.requests("dial")) == 1
    assert wrong(place) == []


async def test_call_of_ours_is_tried_again_after_a_busy_one_and_then_answered(place, people):
    place.files = BOOKING
    async with place.serving():
        people.call("+15551230000")
        people.refuse((await people.rung(CALLER)).call_control_id)
        again = await place.log.line("call", what="not answered")
        leg = (await people.rung(CALLER, number=2)).call_control_id
        people.pick_up(leg)
        await people.hears(leg, "Hello because of why.")
        await people.over(leg)
        await place.log.line("call", what="answered", attempt=2)

    assert (again["why"], again["attempt"]) == ("user_busy", 1)
    assert len(people.requests("dial")) == 2


# -- what a flow asks and tells outside ------------------------------------------------------------------------------

LOOKUP = """\
flow: lookup
starts_when: {{calls_to: any}}
remember: {{name: {{type: text}}, points: {{type: number}}}}
anywhere: {{on_error: hangup}}
start: ask
states:
  ask:
    do:
      - answer
      - http: {{{method}: "http://localhost:{port}/{path}", timeout: 0.5s, into: {into}, {more}if_fails: stranger}}
      - speak: "Hello {{{{ name }}}}, {{{{ points }}}}."
    then: hangup
  stranger:
    do: [{{speak: "We do not know you."}}]
    then: hangup
"""


def asking(server: Elsewhere, path: str, *, method: str = "get", into: str = "{name: name, points: rest.points}",
           more: str = "") -> dict[str, bytes]:  # fmt: skip
    text = LOOKUP.format(method=method, port=server.port, path=path, into=into, more=more)
    return {"lookup.flow.yaml": text.encode(), "project.yaml": b"http_hosts: [localhost]\n"}


async def test_what_is_looked_up_is_heard(place, people):
    async with elsewhere() as server:
        server.answers["/+34600111222"] = lambda: web.json_response({"name": "Ann", "rest": {"points": 7}})
        place.files = asking(server, "{{ caller.number }}")
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "Hello Ann, 7.")
            await people.over(caller)

    assert [request[0] for request in server.came] == ["GET"]
    assert wrong(place) == []


async def test_what_is_posted_is_signed_and_sent_once(place, people):
    async with elsewhere() as server:
        server.answers["/calls"] = lambda: web.json_response({"name": "Ann", "rest": {"points": 7}})
        place.files = asking(server, "calls", method="post", more='send: {who: "{{ caller.number }}"}, ')
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "Hello Ann, 7.")
            await people.over(caller)

    [(method, _, headers, body)] = server.came
    assert (method, body) == ("POST", {"who": CALLER})
    assert headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: web.json_response({"name": "Ann", "rest": {"points": "many"}}), "'rest.points' of the answer is not"),
        (lambda: web.json_response({"name": "Ann"}), "the answer has no 'rest.points'"),
        (lambda: web.Response(text="x" * 70_000), "the answer is over 64 KB"),
        (lambda: web.Response(text="<html>"), "the answer is no JSON object"),
        (lambda: web.Response(status=302, headers={"location": "/other"}), ""),
        (lambda: web.Response(status=404), ""),
    ],
)
async def test_answer_that_does_not_fit_leads_to_if_fails_and_is_told(place, people, answer, why):
    async with elsewhere() as server:
        server.answers["/who"] = answer
        place.files = asking(server, "who")
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "We do not know you.")
            await people.over(caller)
            told = await place.log.line("lookup_failed", state="stranger")

    assert why in told["why"]
    assert {request[1] for request in server.came} == {"/who"}


async def test_answer_that_does_not_come_in_time_leads_to_if_fails(place, people):
    async with elsewhere() as server:
        server.slow.add("/who")
        place.files = asking(server, "who")
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "We do not know you.")
            await people.over(caller)

    assert [row["event"] for row in wrong(place)] == ["command_in_doubt", "lookup_failed"]


async def test_this_machine_is_asked_only_where_telnyx_is_simulated(place, people, monkeypatch):
    monkeypatch.setattr(service_module, "_is_simulated", lambda settings: False)
    async with elsewhere() as server:
        place.files = asking(server, "who")
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "We do not know you.")
            await people.over(caller)

    assert server.came == []


RECORDED = b"""\
flow: recorded
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: talk
states:
  talk:
    do:
      - answer
      - speak: "This call is recorded."
      - record: {during: call, longest: 1h}
      - telnyx: {operation: suppression_start, direction: inbound}
      - speak: "Go on."
    on:
      call.recording.saved:
        do: [{notify: {to: inbox, recording: "{{ event.recording_urls.mp3 }}", from: "{{ caller.number }}"}}]
    after: {1h: hangup}
"""


async def test_call_is_recorded_in_the_background_and_the_recording_is_handed_over_after_the_hang_up(place, people):
    async with elsewhere() as server:
        place.files = {
            "recorded.flow.yaml": RECORDED,
            "project.yaml": f"notify: {{inbox: {{url: 'http://127.0.0.1:{server.port}/inbox'}}}}\n".encode(),
        }
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "Go on.")
            assert place.simulator.world.look(caller).recording
            place.hang_up(caller)
            _, _, _, body = await server.asked("/inbox")

    assert body["from"] == CALLER
    assert body["recording"].startswith("http")
    assert people.requests("suppression_start")[0].details["parameters"]["direction"] == "inbound"


async def test_recording_that_is_ready_while_the_call_is_being_hung_up_is_handed_over(place, people):
    async with elsewhere() as server:
        place.files = {
            "recorded.flow.yaml": RECORDED.replace(b"after: {1h: hangup}", b"  call.dtmf.received: hangup"),
            "project.yaml": f"notify: {{inbox: {{url: 'http://127.0.0.1:{server.port}/inbox'}}}}\n".encode(),
        }
        place.files["recorded.flow.yaml"] += b"    after: {1h: hangup}\n"
        async with place.serving():
            caller = people.call("+15551230000")
            await people.hears(caller, "Go on.")
            place.simulator.world.delay("call.hangup", 0.5)
            people.press(caller, "1")
            _, _, _, body = await server.asked("/inbox")

    assert body["from"] == CALLER
