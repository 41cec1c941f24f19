"""Commands that work on a file say so where the database is in PostgreSQL."""

from __future__ import annotations

import pytest

from engine.cli import main


@pytest.mark.parametrize("command", ["db backup copy.db"])
def test_a_command_for_files_says_what_to_use_instead(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFLOW_DATABASE", "postgresql://anna:marker@127.0.0.1:1/calls")

    code = main(command.split())

    words = " ".join(command.split()[:2]).removesuffix(" copy.db")
    assert code == 2
    assert capsys.readouterr().err == (
        f"ringflow: '{words}' works on an SQLite file, and RINGFLOW_DATABASE names a PostgreSQL database; "
        "use PostgreSQL's own tools there, such as pg_dump and psql\n"
    )
