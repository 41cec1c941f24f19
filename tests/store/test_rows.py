"""Values as the columns of a database hold them, also those of earlier versions."""

from __future__ import annotations

import orjson

from engine.core.command import Command, OutboxRow
from engine.store.rows import outbox_row, outbox_values

SPEAK = OutboxRow(
    command_id="c1", run="anna", chain="anna", seq=1, command=Command(operation="speak"), created_at=1.0, flow="desk"
)  # fmt: skip


def test_a_command_is_read_as_it_was_written():
    assert outbox_row(outbox_values(SPEAK)) == SPEAK


def test_a_command_written_by_an_earlier_version_is_of_no_flow():
    values = list(outbox_values(SPEAK))
    body = orjson.loads(values[4])
    del body["flow"]
    values[4] = orjson.dumps(body).decode()

    row = outbox_row(values)

    assert (row.flow, row.command) == ("", SPEAK.command)
