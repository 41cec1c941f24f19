"""Commands and other values as the columns of every database hold them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.core.command import Command, OutboxRow

ROWS_OF_A_CALL = 4  # ids and lines that go at once where one call would: they lie all over the file


def outbox_values(row: OutboxRow) -> tuple[Any, ...]:
    """Return the columns of the table ``outbox``, in the order of ``outbox_row``."""
    command = row.command
    body = {
        "operation": command.operation,
        "path": command.path,
        "parameters": command.parameters,
        "query": command.query,
        "flow": row.flow,
    }
    return (
        row.command_id,
        row.run,
        row.chain,
        row.seq,
        json_text(body),
        row.urgent,
        row.created_at,
        row.first_attempt_at,
    )


def outbox_row(values: Sequence[Any]) -> OutboxRow:
    """Return what ``outbox_values`` was given."""
    command_id, run, chain, seq, body, urgent, created_at, first_attempt_at = values
    content = orjson.loads(body)
    flow = content.pop("flow", "")  # rows of earlier versions have none
    return OutboxRow(
        command_id=command_id,
        run=run,
        chain=chain,
        seq=seq,
        command=Command(**content),
        created_at=created_at,
        first_attempt_at=first_attempt_at,
        urgent=bool(urgent),
        flow=flow,
    )


def packed(files: Mapping[str, bytes]) -> str:
    """Return *files* as text."""
    return json_text({name: base64.b64encode(content).decode() for name, content in files.items()})


def unpacked(text: str) -> dict[str, bytes]:
    """Return the files that ``packed`` was given."""
    return {name: base64.b64decode(content) for name, content in orjson.loads(text).items()}


def json_text(value: Any) -> str:
    """Return *value* as JSON; what JSON does not know becomes text."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: object) -> Any:
    """A value that JSON does not know must not keep a call's event from being committed."""
    return dict(value) if isinstance(value, Mapping) else str(value)
