"""``ringflow schema``: the JSON Schemas of the files, for editors."""

from __future__ import annotations

import click

from engine.commands.terminal import OK, say
from engine.resources import schema_path

_KINDS = ("flow", "scenario", "project")


@click.command(epilog="Example: ringflow schema flow > flow.schema.json")
@click.argument("kind", type=click.Choice(_KINDS), default="flow", metavar=f"[{'|'.join(_KINDS)}]")
def schema(kind: str) -> int:
    """Print the JSON Schema of flows, of tests, or of project.yaml, for an editor that completes while you write."""
    say(schema_path(f"{kind}.schema.json").read_text(encoding="utf-8"))
    return OK
