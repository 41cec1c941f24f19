"""``ringflow schema``: the JSON Schemas of the files, for editors."""

from __future__ import annotations

import click

from engine.commands.terminal import OK, say
from engine.resources import schema_path


@click.command(epilog="Example: ringflow schema flow > flow.schema.json")
@click.argument("kind", type=click.Choice(["flow", "project"]), default="flow", metavar="[flow|project]")
def schema(kind: str) -> int:
    """Print the JSON Schema of flows, or of project.yaml, for an editor that completes while you write."""
    say(schema_path(f"{kind}.schema.json").read_text(encoding="utf-8"))
    return OK
