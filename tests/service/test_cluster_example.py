"""examples/cluster/cluster.py: replicas as programs of their own, one killed and one replaced, and nobody notices."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from service_world import ROOT

FOLDER = ROOT / "examples/cluster"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
CALLS = 12  # one a second: a busy machine takes a minute for the plan, and makes so many more
SENTENCES = 4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


def cluster(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, FOLDER / "cluster.py", "--calls", str(CALLS), "--seconds", "12", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def table(text: str) -> dict[str, str]:
    """Return the rows of the table in *text*, by their labels."""
    return dict(re.findall(r"^( *\S.*?)  +([\d.]+)$", text, re.MULTILINE))


def left_of(database: str) -> list[str]:
    """Return the programs that were started on *database* and still run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            environ, command = (place / "environ").read_bytes(), (place / "cmdline").read_text()
        except OSError:
            continue
        if f"RINGFLOW_DATABASE={database}\0".encode() in environ:
            found.append(command)
    return found


@pytest.mark.parametrize("balancer", ["haproxy", "own"])
def test_every_call_is_served_right_though_one_replica_dies_and_one_is_replaced(postgres_url, balancer):
    if balancer == "haproxy" and shutil.which("haproxy") is None:
        pytest.skip("SKIPPED: the cluster's usual balancer is HAProxy; on Debian and Ubuntu: apt-get install haproxy")

    with cluster("--database", postgres_url, "--balancer", balancer) as program:
        said, problem = program.communicate()

    rows = table(said.partition("\n\n")[2])
    assert (program.returncode, problem) == (0, ""), said
    calls = int(rows["calls"])
    assert calls >= CALLS
    assert {name: int(rows[name]) for name in list(rows)[1:5]} == {
        "  served right": calls,
        "sentences heard once": calls * SENTENCES,
        "  twice": 0,
        "  never": 0,
    }
    answered = [int(rows[f"  by ringflow{number}"]) for number in (1, 2, 3, 4)]
    assert all(answered)
    assert sum(answered) == int(rows["webhooks answered 200"]) >= calls * SENTENCES
    assert list(rows) == list(table(README))
    assert [event for event in ("killed", "told to stop", "has ended", "started again") if event not in said] == []
    assert left_of(postgres_url) == []


def test_ctrl_c_ends_everything(postgres_url):
    with cluster("--database", postgres_url) as program:
        assert program.stdout is not None
        assert any("people call" in line for line in program.stdout)
        assert len(left_of(postgres_url)) == 3
        program.send_signal(signal.SIGINT)
        _, problem = program.communicate()

    assert (program.returncode, problem) == (130, "Stopped; everything that was started has ended.\n")
    assert left_of(postgres_url) == []


def test_database_that_is_not_there_is_said(postgres_server):
    with cluster("--database", postgres_server.url("nowhere")) as program:
        said, problem = program.communicate()

    assert (program.returncode, said) == (1, "")
    assert re.match(r"The cluster failed: ringflow1 ended with exit code 3: .*nowhere.* is in /\S+\n$", problem), (
        problem
    )
    shutil.rmtree(problem.split()[-1])


def test_nothing_is_said_twice_when_its_own_postgresql_has_been_away():
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and shutil.which("initdb") is None:
        pytest.skip("SKIPPED: this needs an installed PostgreSQL; on Debian and Ubuntu: apt-get install postgresql")

    with cluster("--plan", "database") as program:
        said, problem = program.communicate()

    rows = table(said.partition("\n\n")[2])
    assert problem == ""
    assert "PostgreSQL is there again" in said
    assert rows["  twice"] == "0"
    assert float(rows["seconds without a 200, at most"]) > 2
    # A machine so busy that PostgreSQL is away for more than six seconds may have callers hear of an error.
    assert program.returncode == (rows["  served right"] != rows["calls"])
    if program.returncode:
        shutil.rmtree(said.split()[-1])


def test_call_that_heard_a_sentence_twice_or_never_is_not_right(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    from callers import SENTENCES, Call
    from report import Report

    right = Call(began_at=0.0, heard=list(SENTENCES), ended_at=9.0)
    twice = Call(began_at=0.0, heard=[*SENTENCES, SENTENCES[-1]], ended_at=9.0)
    never = Call(began_at=0.0, heard=list(SENTENCES[:-1]), ended_at=9.0)
    goes_on = Call(began_at=0.0, heard=list(SENTENCES))
    told = {"answered": [], "victim": "ringflow1", "struck_at": 1.0, "until": 10.0}

    assert [call.is_right for call in (right, twice, never, goes_on)] == [True, False, False, False]
    assert Report(calls=[right, right], made=2, **told).is_right
    assert not Report(calls=[right], made=2, **told).is_right
    rows = table(Report(calls=[right, twice, never, goes_on], made=5, **told).table())
    assert [rows[name] for name in ("calls", "  served right", "sentences heard once", "  twice", "  never")] == [
        "5", "1", "14", "1", "5",
    ]  # fmt: skip
