"""``ringflow listen``: what webhooks come, and whether the service would take them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from engine.commands.folders import settings
from engine.commands.terminal import OK, format_option, say

if TYPE_CHECKING:
    from engine.listen.server import Arrival


@click.command(epilog="Example: ringflow listen --save webhooks")
@click.option("--listen", "address", default=None, metavar="HOST:PORT", help="Where to listen [RINGFLOW_LISTEN].")
@click.option("--save", "folder", default=None, type=click.Path(file_okay=False), help="Write each into this folder.")
@format_option()
def listen(address: str | None, folder: str | None, form: str) -> int:
    """Show each webhook that comes, in one line: what it is, and whether it is verified. Ctrl-C ends it."""
    import asyncio

    from engine.config import listen_address
    from engine.listen.fixture import Saver
    from engine.listen.server import Listener
    from engine.logs import redaction
    from engine.tables import catalogue
    from engine.telnyx.signature import parse_public_keys

    found = settings()
    where = listen_address("--listen", address) if address is not None else found.listen
    keys = parse_public_keys(found.telnyx_public_key) if found.telnyx_public_key else ()
    redact = redaction(found.secret_values, full_numbers=found.log_full_numbers)

    def show(arrival: Arrival) -> None:
        row = redact(_row(arrival))
        say(json.dumps(row) if form == "json" else _line(row, is_astray=arrival.is_astray).replace("\n", "\\n"))

    def ready(url: str) -> None:
        click.echo(f"ringflow: listens at {url}; Ctrl-C ends it", err=True)
        if not keys:
            click.echo("ringflow: nothing is verified, because TELNYX_PUBLIC_KEY is not set", err=True)

    saver = Saver(folder) if folder is not None else None
    listener = Listener(keys=keys, catalogue=catalogue(), show=show, saver=saver)
    asyncio.run(listener.run(where, ready=ready))
    return OK


def _row(arrival: Arrival) -> dict[str, Any]:
    at = datetime.fromtimestamp(arrival.at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"at": at, "path": arrival.path, **asdict(arrival.seen), "saved": arrival.saved}


def _line(row: dict[str, Any], *, is_astray: bool) -> str:
    parts = [row["at"][11:], f"{row['verdict']:<10}", row["type"] or "no event"]
    parts += [f"{what} {row[what]}" for what in ("leg", "room") if row[what]]
    parts += [f"{name}={value}" for name, value in row["fields"].items()]
    parts += [f"attempt {row['attempt']}"] if row["attempt"] != 1 else []
    notes = [row["problem"], row["saved"]]
    if is_astray:
        notes.append(f"it came to {row['path']}, and serve takes only /webhooks/telnyx")
    return " | ".join(["  ".join(parts), *filter(None, notes)])
