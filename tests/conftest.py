"""
What all tests share: a PostgreSQL server, and tables at the end of the run.

A test shows a table, in quiet and parallel runs too, by recording it as the property "table".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from postgres_server import PostgresServer, programs

# How fast examples are made says something of the machine, not of what is tested.
settings.register_profile("ringflow", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringflow")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for text in (value for name, value in getattr(report, "user_properties", ()) if name == "table"):
                terminalreporter.write_sep("-", report.nodeid.rpartition("::")[2])
                terminalreporter.write_line(text)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of a worker. Those who stop it start it again."""
    binaries = programs()
    if binaries is None:
        pytest.skip("SKIPPED: the tests of PostgreSQL need a server; on Debian and Ubuntu: apt-get install postgresql")
    server = PostgresServer(binaries)
    yield server
    server.remove()


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of an empty database."""
    return await postgres_server.new_database()
