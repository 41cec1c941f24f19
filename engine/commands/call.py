"""``ringflow call``: have the running service call somebody with a flow."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Sequence
from datetime import datetime

import click

from engine.commands.asking import ask_service
from engine.commands.folders import settings
from engine.commands.terminal import OK, format_option, say


@click.command(epilog='Example: ringflow call callback --to "+15551230000" --give reason=order')
@click.argument("flow")
@click.option("--to", required=True, metavar="NUMBER", help="Whom to call, such as +15551230000.")
@click.option("--give", multiple=True, metavar="NAME=VALUE", help="A value that the flow needs; once for each.")
@click.option("--at", default=None, metavar="TIME", help="When, such as 2026-12-25T09:00, in this machine's time zone.")
@click.option("--order", default=None, metavar="NAME", help="A name of your own: the same order never rings twice.")
@format_option()
def call(flow: str, to: str, give: Sequence[str], at: str | None, order: str | None, form: str) -> int:
    """Have the running service call somebody with FLOW, now or later. The order is kept over a restart."""
    name = order or uuid.uuid4().hex
    wanted = {"order": name, "flow": flow, "to": to, "give": _gifts(give)}
    if at is not None:
        wanted["at"] = _with_offset(at)
    again = f"give the command once more with --order {shlex.quote(name)}, and it never rings twice"
    answer = ask_service(settings(), "call", wanted, again=again)
    if form == "json":
        say(json.dumps(answer))
    else:
        when = "now" if answer["at"] is None else f"at {answer['at']}"
        say(f"{answer['call']}: calls {answer['to']} with {answer['flow']} {when}")
    return OK


def _gifts(pairs: Sequence[str]) -> dict[str, str]:
    gifts: dict[str, str] = {}
    for pair in pairs:
        name, is_pair, value = pair.partition("=")
        if not is_pair or not name:
            raise click.UsageError(f"--give {pair}: write NAME=VALUE, such as --give reason=order")
        if name in gifts:
            raise click.UsageError(f"--give {name} stands twice; keep one of them")
        gifts[name] = value
    return gifts


def _with_offset(text: str) -> str:
    """Return *text*, a time without an offset, as one of this machine's time zone."""
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        return text  # the service says what is wrong with it
