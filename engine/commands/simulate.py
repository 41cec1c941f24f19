"""``ringflow simulate``: a simulated Telnyx."""

from __future__ import annotations

import json
from functools import partial
from shlex import quote
from typing import Any

import click

from engine.commands.terminal import OK, format_option, say

_TEXT = """\
export    TELNYX_API_URL={api_url}
export    TELNYX_API_KEY={api_key}
export TELNYX_PUBLIC_KEY={public_key}

{webhooks}
Somebody calls:   curl -s {root}/sim/calls{token} -d '{{"from": "+34600111222", "to": "+15551230000"}}'
What happened:    curl -s {root}/sim/record{token}
What else to do:  curl -s {root}/sim{token}
Ctrl-C ends it.
"""


@click.command(epilog="Example: ringflow simulate --webhook-url http://127.0.0.1:8080/webhooks/telnyx")
@click.option("--listen", default="127.0.0.1:8400", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--token", metavar="TOKEN", help="What /sim asks for, and the API key; others may come in with it.")
@click.option("--webhook-url", metavar="URL", help="Where webhooks are delivered.")
@click.option("--failover-url", metavar="URL", help="Where webhooks are delivered that nobody took there.")
@click.option(
    "--answer-after", default="1s", show_default=True, metavar="TIME", help="When far ends pick up; or never."
)
@click.option("--chaos", default="", metavar="NAME=SHARE,...", help="What goes wrong, such as drop=0.05,error=0.1.")
@click.option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default="real",
    show_default=True,
    help="manual: time stands still until POST /sim/time lets it pass.",
)
@click.option(
    "--switch", "switches", multiple=True, metavar="NAME=POSITION", help="What Telnyx leaves open; repeatable."
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same ids.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    help="How much faster than life voices speak.",
    type=click.FloatRange(min=0.1, max=100),
)
@format_option()
def simulate(form: str, **options: Any) -> int:
    """Run a simulated Telnyx: its API under /v2, its signed webhooks, people under /sim."""
    import asyncio

    from engine.simulator.main import run_simulator
    from engine.simulator.starting import start_from

    show = _show_json if form == "json" else partial(_show_text, options)
    asyncio.run(run_simulator(start_from(**options), show))
    return OK


def _show_json(api_url: str, api_key: str, public_key: str) -> None:
    say(json.dumps({"api_url": api_url, "api_key": api_key, "public_key": public_key}))


def _show_text(options: dict[str, Any], api_url: str, api_key: str, public_key: str) -> None:
    webhook_url, token = options["webhook_url"], options["token"]
    say(
        _TEXT.format(
            api_url=api_url,
            api_key=quote(api_key),
            public_key=public_key,
            root=api_url.removesuffix("/v2"),
            token=f" -H {quote(f'Authorization: Bearer {token}')}" if token else "",
            webhooks=f"Webhooks go to {webhook_url}"
            if webhook_url
            else "No webhooks are sent; --webhook-url says where.",
        )
    )
