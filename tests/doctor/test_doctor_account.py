"""``ringflow doctor`` looks at a Telnyx account over HTTP: each thing that can be wrong there, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from engine.check.run import load
from engine.config import Settings
from engine.core.flow import Version
from engine.doctor.account import look
from engine.doctor.finding import Finding, hint, not_checked, ok, wrong
from engine.simulator.account import Account
from engine.simulator.options import Options
from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

APPLICATION, NUMBER, CALL_FROM = "2811212257810187875", "+15551230000", "+15551233333"
DESK = """\
flow: desk
starts_when: {calls_to: ["+15551230000"]}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [answer, {speak: "Hello."}], then: hangup}
"""
SURVEY = """\
flow: survey
starts_when: {outgoing_call: true}
settings: {call_from: "+15551233333"}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [{speak: "Hello."}], then: hangup}
"""
ANY = DESK.replace('["+15551230000"]', "any")
PROJECT = f'telnyx: {{connection_id: "{APPLICATION}"}}\n'
NO_CONNECTION = 'numbers: {main: "+15551230000"}\n'
PORTAL = "portal.telnyx.com"
VOICE = f"{PORTAL}, Voice, Programmable Voice"
ASSIGN = f"at {PORTAL}, Numbers, My Numbers, give it the connection of your Voice API application"
OUTGOING = f"outgoing calls of {APPLICATION}"
WELL = [
    ok("api key", "Telnyx accepts it"),
    ok("clock", "right"),
    ok("public key", "it is the account's"),
    ok(f"application {APPLICATION}", "'simulated' sends its webhooks as they are wanted"),
    ok(OUTGOING, "allowed to US, CA; calls elsewhere are dropped (D13)"),
    ok(f"number {NUMBER}", f"its calls go to connection {APPLICATION} (calls_to of desk)"),
    ok(f"number {CALL_FROM}", f"its calls go to connection {APPLICATION} (call_from of survey)"),
]


def compiled(*flows: str, project: str = PROJECT) -> Version:
    files = {f"{text.split()[1]}.flow.yaml": text.encode() for text in flows}
    loaded = load({**files, "project.yaml": project.encode()})
    assert loaded.version is not None, loaded.problems
    return loaded.version


@asynccontextmanager
async def telnyx(clock: Callable[[], float] = time.time):
    world = World(catalogue(), seed=1, options=Options(), start=clock())
    async with SimulatorServer(world, clock=clock) as simulator:
        yield simulator


def settings_for(simulator: SimulatorServer) -> Settings:
    return Settings(
        telnyx_api_key=simulator.api_key, telnyx_public_key=simulator.public_key, telnyx_api_url=simulator.url
    )


async def looked(settings: Settings, version: Version | None) -> list[Finding]:
    return await asyncio.to_thread(lambda: list(look(settings, version, now=time.time())))


async def test_an_account_that_fits_has_only_good_lines():
    async with telnyx() as simulator:
        findings = await looked(settings_for(simulator), compiled(DESK, SURVEY))

    assert findings == WELL


def change(**fields: object) -> Callable[[Account], None]:
    return lambda account: account.application.update(fields)


def profile(**fields: object) -> Callable[[Account], None]:
    return lambda account: account.profile.update(fields)


def unknown(name: str) -> Callable[[Account], None]:
    return lambda account: account.unknown.add(name)


def refuse(status: int, what: str) -> Callable[[Account], None]:
    return lambda account: account.refused.update({what: status})


def connect(connection: str) -> Callable[[Account], None]:
    return lambda account: setattr(account, "connection_id", connection)


CASES: dict[str, tuple[Callable[[Account], None], list[Finding]]] = {
    "the application is switched off": (
        change(active=False),
        [wrong(f"application {APPLICATION}", "it is switched off", f"switch it on at {VOICE}")],
    ),
    "webhooks go nowhere": (
        change(webhook_event_url=None),
        [
            wrong(
                f"application {APPLICATION}",
                "it has no webhook URL",
                f"set it to https://your.host/webhooks/telnyx at {VOICE}",
            )
        ],
    ),
    "webhooks travel readable": (
        change(webhook_event_url="http://calls.example.com/webhooks/telnyx"),
        [
            wrong(
                f"application {APPLICATION}",
                "its webhook URL, http://calls.example.com/webhooks/telnyx, is not https",
                "set it to https://your.host/webhooks/telnyx",
            )
        ],
    ),
    "webhooks go to another path": (
        change(webhook_event_url="https://calls.example.com/telnyx"),
        [
            wrong(
                f"application {APPLICATION}",
                "its webhook URL, https://calls.example.com/telnyx, does not end in /webhooks/telnyx",
                "set it to https://your.host/webhooks/telnyx",
            )
        ],
    ),
    "the failover goes to another path": (
        change(webhook_event_failover_url="https://spare.example.com/"),
        [
            wrong(
                f"application {APPLICATION}",
                "its failover URL, https://spare.example.com/, does not end in /webhooks/telnyx",
                "set it to https://other.host/webhooks/telnyx, or remove it",
            )
        ],
    ),
    "webhooks have version 1": (
        change(webhook_api_version="1"),
        [
            wrong(
                f"application {APPLICATION}",
                "its webhook API version is 1, which ringflow does not read",
                f"set it to 2 at {VOICE}",
            )
        ],
    ),
    "no failover": (
        change(webhook_event_failover_url=""),
        [
            hint(
                f"application {APPLICATION}",
                "it has no failover URL",
                "name a second address of this service, if it has one; without it Telnyx only tries again",
            )
        ],
    ),
    "no first_command_timeout": (
        change(first_command_timeout=False),
        [
            hint(
                f"application {APPLICATION}",
                "first_command_timeout is off: while this service is down, callers hear it ring without end",
                "switch it on, with 30 seconds",
            )
        ],
    ),
    "no such application": (
        unknown(APPLICATION),
        [
            wrong(
                f"application {APPLICATION}",
                "there is no such Voice API application in this account (telnyx.connection_id in project.yaml)",
                f"take the id of a Voice API application from {VOICE}",
            )
        ],
    ),
    "no outbound voice profile": (
        change(outbound={}),
        [
            wrong(
                OUTGOING,
                "the application has no outbound voice profile, and these flows ring somebody: survey",
                f"give it one at {VOICE}, Outbound; else Telnyx drops such calls (D38)",
            )
        ],
    ),
    "a disabled outbound voice profile": (
        profile(enabled=False),
        [wrong(OUTGOING, "the outbound voice profile is disabled", f"enable it at {PORTAL}, Outbound Voice Profiles")],
    ),
    "a number of somebody else": (
        unknown(NUMBER),
        [
            wrong(
                f"number {NUMBER}",
                "it is not one of this account's (calls_to of desk)",
                f"mend calls_to of desk, or get the number at {PORTAL}, Numbers",
            )
        ],
    ),
    "numbers without a connection": (
        connect(""),
        [
            wrong(f"number {NUMBER}", "it has no connection, so its calls reach nobody (calls_to of desk)", ASSIGN),
            wrong(
                f"number {CALL_FROM}", "it has no connection, so its calls reach nobody (call_from of survey)", ASSIGN
            ),
        ],
    ),
    "another public key": (
        lambda account: None,  # the settings have another one
        [
            wrong(
                "public key",
                "TELNYX_PUBLIC_KEY is not this account's, and every webhook would be refused",
                "set it to KEY",
            )
        ],
    ),
    "a public key that is not told": (
        refuse(404, "public_key"),
        [
            not_checked(
                "public key", "Telnyx did not tell it", f"compare it with {PORTAL}, Keys & Credentials, Public Key"
            )
        ],
    ),
    "a key that may not read the public key": (
        refuse(403, "public_key"),
        [
            not_checked(
                "public key",
                "the API key may not read it (403)",
                f"compare it with {PORTAL}, Keys & Credentials, Public Key",
            )
        ],
    ),
    "profiles that Telnyx cannot tell now": (
        refuse(503, "outbound_voice_profiles"),
        [not_checked(OUTGOING, "Telnyx answered 503", "try again later")],
    ),
    "a webhook URL that is none": (
        change(webhook_event_url="https://[::1"),
        [
            wrong(
                f"application {APPLICATION}",
                "its webhook URL, https://[::1, is no address",
                "set it to https://your.host/webhooks/telnyx",
            )
        ],
    ),
    "a key that may not read numbers": (
        refuse(403, "phone_numbers"),
        [
            not_checked(f"number {NUMBER}", "the API key may not read it (403)", f"look at it at {PORTAL}"),
            not_checked(f"number {CALL_FROM}", "the API key may not read it (403)", f"look at it at {PORTAL}"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_each_fault_of_the_account_is_said_with_what_to_do(case):
    spoil, expected = CASES[case]
    async with telnyx() as simulator:
        spoil(simulator.account)
        settings = settings_for(simulator)
        if case == "another public key":
            settings = replace(settings, telnyx_public_key="A" * 43 + "=")
        findings = await looked(settings, compiled(DESK, SURVEY))

    shown = [replace(line, fix=line.fix.replace(simulator.public_key, "KEY")) for line in findings]
    assert [line for line in shown if line not in WELL] == expected


async def test_a_number_of_another_connection_is_wrong_and_that_one_is_looked_at():
    async with telnyx() as simulator:
        simulator.account.connection_id = "99"
        findings = await looked(settings_for(simulator), compiled(DESK))

    assert findings[3:] == [
        ok(f"application {APPLICATION}", "'simulated' sends its webhooks as they are wanted"),
        ok("application 99", "'simulated' sends its webhooks as they are wanted"),
        wrong(f"number {NUMBER}", "its calls go to connection 99, which the flows do not name", ASSIGN),
    ]


async def test_the_application_of_the_numbers_is_looked_at_where_the_project_names_none():
    async with telnyx() as simulator:
        findings = await looked(settings_for(simulator), compiled(DESK, project=NO_CONNECTION))

    assert findings[3:] == WELL[3:4] + WELL[5:6]


async def test_flows_that_name_no_number_are_said_to_be_so():
    async with telnyx() as simulator:
        findings = await looked(settings_for(simulator), compiled(ANY, project=NO_CONNECTION))

    assert findings[3:] == [
        not_checked(
            "application",
            "nothing in the flows says which one is meant",
            "name a number (calls_to), or telnyx.connection_id in project.yaml",
        ),
        not_checked("number", "the flows name none (calls_to: any)"),
    ]


async def test_a_refused_key_ends_the_look():
    async with telnyx() as simulator:
        settings = replace(settings_for(simulator), telnyx_api_key="KEY_OF_ANOTHER")
        findings = await looked(settings, compiled(DESK))

    assert findings == [
        wrong(
            "api key",
            "Telnyx refuses it (401)",
            f"copy a key from {PORTAL}, Keys & Credentials, API Keys, into TELNYX_API_KEY",
        ),
        not_checked("account", "Telnyx shows nothing of it without a key that it accepts"),
    ]


async def test_a_key_that_may_not_read_applications_is_still_a_key():
    async with telnyx() as simulator:
        simulator.account.refused["call_control_applications"] = 403
        findings = await looked(settings_for(simulator), compiled(DESK))

    assert findings[0] == hint(
        "api key",
        "Telnyx accepts it, but it may not read applications (403)",
        "let ringflow doctor have a key with all rights",
    )
    assert findings[3] == not_checked(
        f"application {APPLICATION}", "the API key may not read it (403)", f"look at it at {PORTAL}"
    )


@pytest.mark.parametrize(
    ("ahead_s", "finding"),
    [
        (
            400.0,
            wrong(
                "clock",
                "this machine is 400 seconds behind Telnyx, and webhooks of more than 300 seconds are refused",
                "set the clock, best by a time service (NTP)",
            ),
        ),
        (
            -400.0,
            wrong(
                "clock",
                "this machine is 400 seconds ahead of Telnyx, and webhooks of more than 300 seconds are refused",
                "set the clock, best by a time service (NTP)",
            ),
        ),
        (
            100.0,
            hint("clock", "this machine is 100 seconds behind Telnyx", "set the clock, best by a time service (NTP)"),
        ),
    ],
)
async def test_a_clock_that_is_wrong_is_said_with_its_seconds(ahead_s, finding):
    now = float(int(time.time()))
    async with telnyx(clock=lambda: now + ahead_s) as simulator:
        findings = await asyncio.to_thread(lambda: list(look(settings_for(simulator), compiled(DESK), now=now)))

    assert findings[1] == finding


async def test_trouble_of_telnyx_is_not_called_a_fault_of_the_account():
    async with telnyx() as simulator:
        for what in ("call_control_applications", "phone_numbers", "public_key"):
            simulator.account.refused[what] = 503
        findings = await looked(settings_for(simulator), compiled(DESK))

    assert [(line.check, line.result, line.message) for line in findings] == [
        ("api key", "not_checked", "Telnyx answered 503"),
        ("clock", "ok", "right"),
        ("public key", "not_checked", "Telnyx did not tell it"),
        (f"application {APPLICATION}", "not_checked", "Telnyx answered 503"),
        (f"number {NUMBER}", "not_checked", "Telnyx answered 503"),
    ]


@pytest.mark.parametrize(("path", "status"), [("", 404), ("/v2", 200)])
async def test_an_address_that_is_not_telnyxs_api_is_named(path, status):
    async def welcome(request: web.Request) -> web.Response:
        return web.Response(text="Welcome!")

    app = web.Application()
    app.router.add_get("/v2/{path:.*}", welcome)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    settings = Settings(telnyx_api_key="KEY", telnyx_public_key="A" * 43 + "=", telnyx_api_url=url)

    findings = await looked(settings, compiled(DESK))

    await runner.cleanup()
    assert findings == [
        wrong(
            "telnyx",
            f"what answers at {url} is not Telnyx's API ({status})",
            "set TELNYX_API_URL to https://api.telnyx.com/v2, or leave it out",
        )
    ]


async def test_connections_that_flows_name_are_looked_at_and_caller_ids_too():
    desk = DESK.replace('{calls_to: ["+15551230000"]}', '{connection: "44"}')
    survey = SURVEY.replace('settings: {call_from: "+15551233333"}\n', "")
    project = 'telnyx: {connection_id: "44", caller_id: "+15559990000"}\n'
    async with telnyx() as simulator:
        simulator.account.connection_id = "44"
        findings = await looked(settings_for(simulator), compiled(desk, survey, project=project))

    assert [(line.check, line.result) for line in findings[3:]] == [
        ("application 44", "ok"),
        ("outgoing calls of 44", "ok"),
        ("number +15559990000", "ok"),
    ]
    assert findings[-1].message == "its calls go to connection 44 (telnyx.caller_id in project.yaml)"


async def test_without_telnyx_the_network_is_named():
    settings = Settings(telnyx_api_key="KEY", telnyx_public_key="A" * 43 + "=", telnyx_api_url="http://127.0.0.1:1/v2")

    findings = await looked(settings, compiled(DESK))

    assert findings == [
        wrong(
            "telnyx",
            "http://127.0.0.1:1/v2 cannot be reached (ConnectError)",
            "check the network and TELNYX_API_URL, and try again",
        )
    ]


async def test_flows_with_problems_leave_the_account_for_later():
    async with telnyx() as simulator:
        findings = await looked(settings_for(simulator), None)

    assert findings[3:] == [not_checked("account", "what the flows want of it is known once they have no problems")]
