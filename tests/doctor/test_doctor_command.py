"""``ringflow doctor`` as the operator meets it: lines, JSON, exit codes; and what it finds on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from test_doctor_account import APPLICATION, DESK, PROJECT, telnyx

from engine.config import Settings
from engine.doctor.finding import Finding, hint, not_checked, ok, wrong
from engine.doctor.here import database_finding, flows_findings, settings_findings
from engine.simulator.server import SimulatorServer
from engine.store.postgres import PostgresStore

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "desk.flow.yaml").write_text(DESK)
    (folder / "project.yaml").write_text(PROJECT)
    return folder


async def doctor(flows: Path, simulator: SimulatorServer | None, *arguments: str) -> tuple[int, str, str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("RINGFLOW_", "TELNYX_"))}
    base |= {"RINGFLOW_FLOWS": str(flows), "RINGFLOW_DATABASE": f"sqlite:///{flows.parent}/ringflow.db"}
    if simulator is not None:
        base |= {
            "TELNYX_API_KEY": simulator.api_key,
            "TELNYX_PUBLIC_KEY": simulator.public_key,
            "TELNYX_API_URL": simulator.url,
        }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", "doctor", *arguments,
        cwd=ROOT, env=base, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode(), err.decode()


async def test_all_is_well_in_one_line_a_check(flows):
    async with telnyx() as simulator:
        result = await doctor(flows, simulator)

    lines = f"""\
ok           settings: complete
ok           flows: no errors in 1 flow
not checked  database: {flows.parent}/ringflow.db is made at the first start
ok           api key: Telnyx accepts it
ok           clock: right
ok           public key: it is the account's
ok           application {APPLICATION}: 'simulated' sends its webhooks as they are wanted
ok           number +15551230000: its calls go to connection {APPLICATION} (calls_to of desk)
"""
    assert result == (0, lines, "")


async def test_something_to_mend_is_exit_code_1_and_shown_without_escapes(flows):
    async with telnyx() as simulator:
        simulator.account.application |= {"application_name": "a\x1b[31mb", "webhook_api_version": "1\x1b[2J"}
        code, out, _ = await doctor(flows, simulator)

    assert code == 1
    assert "webhook API version is 1\\x1b[2J, which ringflow does not read; set it to 2 at portal.telnyx.com" in out
    assert "\x1b" not in out


async def test_json_has_the_same_findings(flows):
    async with telnyx() as simulator:
        simulator.account.application["active"] = False
        code, out, _ = await doctor(flows, simulator, "--format", "json")

    rows = json.loads(out)
    assert code == 1
    assert [row for row in rows if row["result"] == "wrong"] == [
        {
            "check": f"application {APPLICATION}",
            "result": "wrong",
            "message": "it is switched off",
            "fix": "switch it on at portal.telnyx.com, Voice, Programmable Voice",
        }
    ]


async def test_missing_settings_are_exit_code_2_each_in_its_line(flows):
    result = await doctor(flows, None)

    keys = "portal.telnyx.com, Keys & Credentials"
    assert result == (
        2,
        f"wrong        settings: TELNYX_API_KEY is not set; copy a key from {keys}, API Keys\n"
        f"wrong        settings: TELNYX_PUBLIC_KEY is not set; copy it from {keys}, Public Key\n",
        "",
    )


def test_a_misspelt_setting_is_a_hint():
    settings = Settings(warnings=("RINGFLOW_LISTN is not a setting of ringflow; did you mean 'RINGFLOW_LISTEN'?",))

    assert list(settings_findings(settings)) == [
        ok("settings", "complete"),
        hint(
            "settings",
            "RINGFLOW_LISTN is not a setting of ringflow; did you mean 'RINGFLOW_LISTEN'?",
            "mend or remove it",
        ),
    ]


FLOWS: dict[str, tuple[dict[str, str], Finding]] = {
    "a mistake": (
        {"desk.flow.yaml": DESK.replace("start: hello", "start: helo")},
        wrong("flows", "1 error in them", "see: ringflow check FOLDER"),
    ),
    "a secret without a value": (
        {"project.yaml": "secrets: [pin]\n"},
        wrong("flows", "the secret pin of project.yaml has no value", "set RINGFLOW_SECRET_PIN"),
    ),
    "audio that Telnyx cannot fetch": (
        {"project.yaml": "audio: {tune: {file: tune.mp3}}\n", "tune.mp3": "x"},
        wrong(
            "flows",
            "project.yaml plays the file tune.mp3, and Telnyx must be able to fetch it",
            "set RINGFLOW_PUBLIC_URL to the address under which this service is reached from outside, such as "
            "https://calls.example.com",
        ),
    ),
}


@pytest.mark.parametrize("case", FLOWS)
def test_flows_that_serve_would_refuse_are_wrong(flows, case):
    files, expected = FLOWS[case]
    for name, text in files.items():
        (flows / name).write_text(text)

    _, findings = flows_findings(Settings(flows=str(flows)))

    shown = [
        Finding(line.check, line.result, line.message, line.fix.replace(str(flows), "FOLDER")) for line in findings
    ]
    assert [line for line in shown if line.result != "ok"] == [expected]


def test_a_folder_that_is_not_there_is_wrong(tmp_path):
    version, findings = flows_findings(Settings(flows=f"{tmp_path}/none"))

    assert version is None
    assert findings == [
        wrong("flows", f"there is no {tmp_path}/none", "name the folder of your flows, or set RINGFLOW_FLOWS to it")
    ]


def database(path: Path) -> Finding:
    return database_finding(Settings(database=f"sqlite:///{path}"))


def test_a_database_that_a_service_has_made_is_well_and_untouched(tmp_path):
    from engine.store.opening import connect
    from engine.store.sql import migrations

    path = tmp_path / "ringflow.db"
    connect(path, migrations()).close()
    before = path.read_bytes()

    assert database(path) == ok("database", str(path))
    assert path.read_bytes() == before


def test_no_database_yet_is_not_checked_and_none_is_made(tmp_path):
    path = tmp_path / "ringflow.db"

    assert database(path) == not_checked("database", f"{path} is made at the first start")
    assert not path.exists()


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table other (x)")


def of_a_newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table migrations (number integer primary key, name text, checksum text)")
        connection.execute("insert into migrations values (9999, 'x', 'y')")
        connection.commit()


BROKEN = {
    "belongs to another program": (of_another_program, "set RINGFLOW_DATABASE to another file"),
    "was written by a newer version of ringflow": (of_a_newer_version, "install that version again"),
    "is not a database, or is damaged": (
        lambda path: path.write_text("not a database " * 100),
        "restore it from a backup or choose another file",
    ),
    "cannot be created because its folder does not exist": (
        lambda path: path.parent.rmdir(),
        "create the folder or set RINGFLOW_DATABASE",
    ),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_a_database_that_cannot_be_used_is_wrong(tmp_path, problem):
    spoil, fix = BROKEN[problem]
    path = tmp_path / "data" / "ringflow.db"
    path.parent.mkdir()
    spoil(path)

    assert database(path) == wrong("database", f"the database {path} {problem}", fix)


async def test_a_database_in_postgresql_is_looked_at_and_not_made(postgres_server, postgres_url, unused_tcp_port):
    def finding(url: str):
        return asyncio.to_thread(database_finding, Settings(database=url))

    name = f"the PostgreSQL database {postgres_url.rpartition('/')[2]} at 127.0.0.1:{postgres_server.port}"
    gone = f"postgresql://anna:geheim@127.0.0.1:{unused_tcp_port}/calls"

    assert await finding(postgres_url) == not_checked("database", f"what it needs in {name} is made at the first start")
    store = PostgresStore(postgres_url)
    await store.open()
    await store.close()
    assert await finding(postgres_url) == ok("database", name)
    assert await finding(gone) == wrong(
        "database",
        f"the PostgreSQL database calls at 127.0.0.1:{unused_tcp_port} cannot be reached",
        "check that PostgreSQL runs, and that RINGFLOW_DATABASE names it",
    )
