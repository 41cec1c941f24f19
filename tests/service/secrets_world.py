"""A bank whose caller types a PIN, and everything that could go wrong with it; and all the places to look for it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from service_world import ROOT, Place, ringflow

from engine.core.flow import Version

PIN, SECRET, TOKEN, NOTIFY_KEY = "9183746", "crm-Zq7-marker", "token-Vk4-marker", "sign-Hw2-marker"
FRIEND = "+15550111333"
BANK = """\
flow: bank
starts_when: {calls_to: any}
remember:
  pin: {type: digits, secret: true}
  token: {type: text, secret: true}
  crm: {type: text, secret: true}
anywhere: {on_error: broken}
start: hello
states:
  hello:
    do: [answer, {speak: "Welcome to the bank, which takes a while."}]
    then: ask
  ask:
    do: [{gather: {speak: "Your PIN.", digits: 7, tries: 2, into: pin}}]
    keys:
      "0000000": hangup
      digits: look
      anything_else: ask
      nothing: hangup
  look:
    do:
      - set: {crm: "{{ secret.crm }}"}
      - http: {get: "http://localhost:PORT/token", into: {token: token}, if_fails: broken}
      - notify: {to: inbox, about: "{{ caller.number }}"}
      - run: {flow: verify, give: {pin: "{{ pin }}"}}
      - call_later: {flow: reminder, to: "+15550111333", in: 1s, give: {pin: "{{ pin }}", token: "{{ token }}"}}
    then:
      - if: pin == secret.crm
        then: hangup
      - then: wait
  wait:
    do: [{speak: "Please hold."}]
    on:
      call.dtmf.received: trouble
    after: {1h: hangup}
  trouble:
    do: [{send_dtmf: "1"}, {speak: "Fine."}]
    after: {1h: hangup}
  broken:
    do: [{log: "it broke"}, {speak: "Sorry."}]
    then: hangup
"""
VERIFY = """\
flow: verify
starts_when: {another_flow_calls: {needs: {pin: {type: digits, secret: true}}}}
remember:
  again: {type: digits, secret: true}
anywhere: {on_error: end}
start: twice
states:
  twice:
    do: [{gather: {speak: "Once more.", digits: 7, tries: 1, into: again}}]
    keys: {digits: end, anything_else: end, nothing: end}
"""
REMINDER = """\
flow: reminder
starts_when:
  outgoing_call: true
  another_flow_calls: {needs: {pin: {type: digits, secret: true}, token: {type: text, secret: true}}}
anywhere: {on_error: hangup}
start: remind
states:
  remind:
    do: [{gather: {speak: "Your PIN?", digits: 7, tries: 1, into: pin}}]
    keys: {digits: hangup, anything_else: hangup, nothing: hangup}
"""
PROJECT = """\
telnyx: {connection_id: "77", caller_id: "+15559990000"}
http_hosts: [localhost]
may_call: ["+1555"]
secrets: [crm, notify]
notify: {inbox: {url: "http://127.0.0.1:PORT/inbox"}}
"""


def bank(port: int) -> dict[str, bytes]:
    """Return the flows, which ask and tell a web server at *port* of this machine."""
    texts = {"bank": BANK, "verify": VERIFY, "reminder": REMINDER}
    files = {f"{name}.flow.yaml": text for name, text in texts.items()} | {"project.yaml": PROJECT}
    return {name: text.replace("PORT", str(port)).encode() for name, text in files.items()}


class Leak:
    """A formula with a defect, whose error says what it met."""

    def evaluate(self, env: Any) -> object:
        raise ValueError(f"invalid literal for int() with base 10: '{env['pin']}', {env['token']}")


def plant_leak(version: Version) -> Version:
    """Return *version* with a defect in the state ``broken`` of the bank."""
    flow = version.flows["bank"]
    role = flow.roles["caller"]
    state = role.states["broken"]
    actions = tuple(replace(one, options={"text": Leak()}) if one.verb == "log" else one for one in state.actions)
    roles = {"caller": replace(role, states={**role.states, "broken": replace(state, actions=actions)})}
    return replace(version, flows={**version.flows, "bank": replace(flow, roles=roles)})


@asynccontextmanager
async def killed_in_the_end(place: Place, said: list[bytes]):
    """Serve in a process of its own, which is ended by kill -9; what it logs goes into *said*."""
    flows = place.folder / "flows"
    flows.mkdir(exist_ok=True)
    for name, content in place.files.items():
        (flows / name).write_bytes(content)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place.set(listen=f"127.0.0.1:{probe.getsockname()[1]}")
    place.simulator.webhook_url = f"http://{place.settings.listen}/webhooks/telnyx"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", "serve", cwd=ROOT, env=environ(place), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None

    async def listen(stream: asyncio.StreamReader, until: bytes) -> None:
        while line := await stream.readline():
            said.append(line)
            if until and until in line:
                return

    try:
        await asyncio.wait_for(listen(process.stderr, b'"serving"'), 30)
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        await listen(process.stderr, b"")
        await process.wait()


def environ(place: Place) -> dict[str, str]:
    settings = place.settings
    return {
        "PATH": os.environ["PATH"],
        "TELNYX_API_KEY": settings.telnyx_api_key,
        "TELNYX_PUBLIC_KEY": settings.telnyx_public_key,
        "TELNYX_API_URL": settings.telnyx_api_url,
        "RINGFLOW_FLOWS": str(place.folder / "flows"),
        "RINGFLOW_DATABASE": settings.database,
        "RINGFLOW_LISTEN": settings.listen,
        "RINGFLOW_ADMIN_LISTEN": settings.admin_listen,
        "RINGFLOW_LOG_LEVEL": "debug",
        "RINGFLOW_LOG_NUMBERS": "full",
        "RINGFLOW_SECRET_CRM": SECRET,
        "RINGFLOW_SECRET_NOTIFY": NOTIFY_KEY,
    }


def tables(path: Path) -> dict[str, str]:
    """Return each table of an SQLite database as text; of ``runs`` the states stand apart, as "states"."""
    found = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
            found[name] = repr(database.execute(f"select * from {name}").fetchall())
        found["states"] = repr(database.execute("select run, state from runs").fetchall())
        found["runs"] = repr(database.execute("select run, ver, version, ended_at from runs").fetchall())
    return found


async def told_by_commands(place: Place) -> dict[str, str]:
    """Return what every command says that looks at the calls, the flows or the service."""
    settings = environ(place)
    _, listed, _ = await ringflow(place, "calls", "--format", "json")
    calls = [call["call"] for call in json.loads(listed)]
    commands = [
        ("calls",), ("db", "check"), ("flows", "list"), ("check", settings["RINGFLOW_FLOWS"]), ("doctor",),
        *(("show", call, "--format", "json") for call in calls), ("show", calls[-1]),
        ("show", calls[-1], "--as-scenario", "--numbers", "full"),
    ]  # fmt: skip
    told = {"calls --format json": listed}
    for command in commands:
        code, out, err = await ringflow(place, *command, **settings)
        assert code != 3, err
        told[" ".join(command)] = out + err
    return told
