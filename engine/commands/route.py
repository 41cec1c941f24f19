"""``ringflow route``: which flow would answer a call."""

from __future__ import annotations

import json

import click

from engine.commands.folders import load_folder, settings
from engine.commands.terminal import OK, PROBLEMS, format_option, say


@click.command(epilog='Example: ringflow route --to "+15551230000"')
@click.option("--to", required=True, metavar="NUMBER", help="The number that is called, such as +15551230000.")
@click.option("--connection", default="", metavar="ID", help="The connection_id that Telnyx reports with the call.")
@click.option("--flows", "folder", default=None, type=click.Path(), help="The folder of flows [RINGFLOW_FLOWS].")
@format_option()
def route(to: str, connection: str, folder: str | None, form: str) -> int:
    """Say which flow would answer a call, and why."""
    from engine.core.routing import answering

    found = settings()
    version, _ = load_folder(folder or found.flows, found.stage)
    answer = answering(version, to=to, connection_id=connection)
    if form == "json":
        row = {"flow": answer.flow.name, "role": answer.role.name, "why": answer.why} if answer else None
        say(json.dumps(row))
    elif answer is None:
        end = "rejected" if version.project.unrouted.kind == "reject" else "left alone"
        say(f"{to}: no flow answers; such calls are {end} (unrouted in project.yaml)")
    else:
        say(f"{to}: flow {answer.flow.name}, role {answer.role.name}, because {answer.why}")
    return OK if answer else PROBLEMS
