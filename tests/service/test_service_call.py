"""``ringflow call`` against a real service: over its socket, over a port, and when there is no service."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import aiohttp
import pytest
from language_world import People
from service_world import Place, place_in, ringflow

CUSTOMER = "+15550111222"
SURVEY = b"""\
flow: survey
starts_when:
  outgoing_call: true
  another_flow_calls: {needs: {reason: text, tries: number}}
settings: {call_attempts: {ring_for: 30s}}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [{speak: "About {{ reason }}, {{ tries }} times."}]
    then: hangup
"""
PROJECT = b'telnyx: {connection_id: "77", caller_id: "+15559990000"}\n'
GIVE = ("--give", "reason=a bill", "--give", "tries=3")


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place:
        place.files = {"survey.flow.yaml": SURVEY, "project.yaml": PROJECT}
        yield place


async def post(place: Place, path: str, body: bytes):
    connector = aiohttp.UnixConnector(str(place.folder / "admin.sock"))
    url = f"http://localhost{path}"
    async with aiohttp.ClientSession(connector=connector) as session, session.post(url, data=body) as answer:
        return answer.status, await answer.json()


async def test_a_person_is_called_and_hears_what_was_given(place):
    people = People(place.simulator)
    async with place.serving():
        code, out, err = await ringflow(place, "call", "survey", "--to", CUSTOMER, *GIVE)
        leg = (await people.rung(CUSTOMER)).call_control_id
        people.pick_up(leg)
        heard = await people.hears(leg, "About")
        told = await place.log.line("call", what="answered", call=out[:8])

    assert (code, out[8:], err) == (0, f": calls {CUSTOMER} with survey now\n", "")
    assert (heard.what, told["flow"]) == ("About a bill, 3 times.", "survey")


async def test_a_port_is_asked_with_its_token(place, unused_tcp_port):
    place.set(admin_listen=f"0.0.0.0:{unused_tcp_port}", admin_token="long-and-random")
    order = ("call", "survey", "--to", CUSTOMER, *GIVE)
    async with place.serving():
        without = await ringflow(place, *order)
        wrong = await ringflow(place, *order, RINGFLOW_ADMIN_TOKEN="other")
        taken = await ringflow(place, *order, RINGFLOW_ADMIN_TOKEN="long-and-random")

    assert without == (
        2, "", "ringflow: RINGFLOW_ADMIN_TOKEN is not set; RINGFLOW_ADMIN_LISTEN names a port, which needs it\n",
    )  # fmt: skip
    assert wrong == (2, "", "ringflow: the service refuses RINGFLOW_ADMIN_TOKEN; set it as the service has it\n")
    assert (taken[0], taken[2]) == (0, "")


async def test_what_the_service_refuses_is_one_sentence(place):
    async with place.serving():
        refused = await ringflow(place, "call", "survy", "--to", CUSTOMER)

    assert refused == (2, "", "ringflow: the service has no flow 'survy'; did you mean 'survey'?\n")
    assert [row for row in place.log.rows if row["event"] == "call"] == []


async def test_without_a_service_it_says_how_to_start_one(place):
    socket = f"{place.folder}/ringflow.db.sock"
    order = ("call", "survey", "--to", CUSTOMER)

    beside = await ringflow(place, *order, RINGFLOW_ADMIN_LISTEN="")
    port = await ringflow(place, *order, RINGFLOW_ADMIN_LISTEN="127.0.0.1:1", RINGFLOW_ADMIN_TOKEN="t")

    ask = "as the service has it"
    start = "start ringflow serve"
    assert beside == (3, "", f"ringflow: no service runs at {socket}; {start}, or set RINGFLOW_DATABASE {ask}\n")
    assert port == (3, "", f"ringflow: no service runs at 127.0.0.1:1; {start}, or set RINGFLOW_ADMIN_LISTEN {ask}\n")


async def test_json_says_the_time_of_a_later_call(place):
    at = "2099-01-01T00:00:00Z"
    async with place.serving():
        late = await ringflow(place, "call", "survey", "--to", CUSTOMER, *GIVE, "--at", at)
        code, out, _ = await ringflow(
            place, "call", "survey", "--to", CUSTOMER, *GIVE, "--order", "one", "--format", "json"
        )
        answer = json.loads(out)
        await place.log.line("call", what="planned", call=answer["call"])

    assert late == (2, "", f"ringflow: {at.replace('Z', '+00:00')} is more than 31 days away; order the call later\n")
    assert code == 0
    assert answer == {"call": answer["call"], "order": "one", "flow": "survey", "to": CUSTOMER, "at": None}


async def test_the_same_order_rings_once(place):
    people = People(place.simulator)
    order = ("call", "survey", "--to", CUSTOMER, *GIVE, "--order", "invoice 17")
    async with place.serving():
        first = await ringflow(place, *order)
        await people.requested("dial")
        second = await ringflow(place, *order)
        other = await ringflow(place, *order, "--to", "+15550111333")
    async with place.serving():
        third = await ringflow(place, *order)

    assert first == second == third
    assert other == (
        2,
        "",
        f"ringflow: there is an order 'invoice 17' already, which calls {CUSTOMER} with survey; "
        "give this one another name\n",
    )
    assert len(people.requests("dial")) == 1


async def test_the_next_attempt_is_made_by_the_service_that_is_started_again(place):
    people = People(place.simulator)
    place.files["survey.flow.yaml"] = SURVEY.replace(b"{ring_for: 30s}", b"{tries: 2, wait_between: 2s}")
    async with place.serving():
        await ringflow(place, "call", "survey", "--to", CUSTOMER, *GIVE)
        people.refuse((await people.rung(CUSTOMER)).call_control_id)
        await place.log.line("call", what="not answered")
    async with place.serving():
        leg = (await people.rung(CUSTOMER, number=2)).call_control_id
        people.pick_up(leg)
        heard = await people.hears(leg, "About")

    assert heard.what == "About a bill, 3 times."
    assert len(people.requests("dial")) == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "problem"),
    [
        ("/call", b"[]", 400, "the body is not a JSON object"),
        ("/call", b'{"flow": NaN}', 400, "the body is not a JSON object"),
        ("/call", b'{"x": "' + b"x" * 64_000 + b'"}', 413, "the body is over 64000 bytes"),
        ("/call", b"{}", 422, "the service has no flow 'None'; it can call with survey"),
    ],
)
async def test_what_is_no_order_changes_nothing(place, path, body, status, problem):
    async with place.serving():
        answer = await post(place, path, body)

    assert answer == (status, {"problem": problem})


async def test_an_order_that_cannot_be_stored_is_said_to_be_so(place):
    people = People(place.simulator)
    order = ("call", "survey", "--to", CUSTOMER, *GIVE, "--order", "one")
    async with place.serving():
        with closing(sqlite3.connect(place.folder / "ringflow.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            refused = await ringflow(place, *order)
        await place.log.line("database_away")
        while (taken := await ringflow(place, *order))[0] != 0:
            pass
        await people.rung(CUSTOMER)

    assert refused[0] == 3
    assert refused[2] == (
        f"ringflow: the database {place.folder}/ringflow.db is held by another program; close whatever else has "
        "opened it\n"
    )
    assert taken[1][8:] == f": calls {CUSTOMER} with survey now\n"
