"""``ringflow trigger``: one signed webhook for a service on this machine."""

from __future__ import annotations

import base64
import binascii
import json
import time
from pathlib import Path
from typing import Any

import click

from engine.commands.terminal import OK, PROBLEMS, say
from engine.errors import SettingsError

_ANSWER_CHARACTERS = 200  # of what the service said: more is a page, not a sentence
_TIMEOUT_S = 10.0


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from engine.tables import catalogue

    return [name for name in catalogue().events if name.startswith(incomplete)]


@click.command(epilog="Example: ringflow trigger call.gather.ended --call v3:abc digits=42 status=valid")
@click.argument("event", required=False, shell_complete=_complete)
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--call", default="v3:made-up-call", show_default=True, metavar="ID", help="The call_control_id.")
@click.option(
    "--url",
    default="http://127.0.0.1:8080/webhooks/telnyx",
    show_default=True,
    metavar="URL",
    help="The service, on this machine.",
)
@click.option("--key-file", type=click.Path(), help="A file with a private key: base64 of 32 bytes.")
@click.option("--print", "only_print", is_flag=True, help="Show the body, and send nothing.")
@click.option("--public-key", "only_key", is_flag=True, help="Show the key that the service must be started with.")
def trigger(
    event: str | None,
    fields: tuple[str, ...],
    call: str,
    url: str,
    key_file: str | None,
    only_print: bool,
    only_key: bool,
) -> int:
    """
    Send one signed webhook, EVENT with its FIELDs, to a service on this machine.

    It is signed with the key of ringflow simulate. What is not given is filled in plausibly.
    """
    from engine.simulator.addresses import host_of, is_this_machine
    from engine.simulator.signing import SIGNING_SEED, Signer

    signer = Signer(_read_key(Path(key_file)) if key_file else SIGNING_SEED)
    if only_key:
        say(signer.public_key)
        return OK
    if event is None:
        raise click.UsageError("which event? Such as ringflow trigger call.answered", click.get_current_context())
    webhook = _webhook(event, fields, call, url)
    if only_print:
        say(json.dumps(webhook.body, indent=2, ensure_ascii=False))
        return OK
    try:
        is_here = is_this_machine(host_of(url))
    except ValueError as error:
        raise SettingsError(f"--url: {error}") from None
    if not is_here:
        raise SettingsError(f"--url: made-up webhooks go to this machine only, such as 127.0.0.1, and not to {url}")
    raw = json.dumps(webhook.body, ensure_ascii=False, separators=(",", ":")).encode()
    return _send(url, raw, signer.headers(raw, time.time()), signer.public_key, f"{event} ({webhook.id})")


def _webhook(event: str, fields: tuple[str, ...], call: str, url: str) -> Any:
    from engine.simulator.samples import sample
    from engine.tables import catalogue

    try:
        return sample(catalogue(), event, fields, call_control_id=call, url=url, now=time.time(), seed=time.time_ns())
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _read_key(path: Path) -> bytes:
    try:
        seed = base64.b64decode(path.read_text(encoding="utf-8").strip(), validate=True)
    except OSError as error:
        raise SettingsError(f"--key-file: {path} cannot be read: {error.strerror}") from None
    except (binascii.Error, ValueError):
        raise SettingsError(f"--key-file: {path} does not hold base64") from None
    if len(seed) != 32:
        raise SettingsError(f"--key-file: {path} holds {len(seed)} bytes in base64; a private key has 32")
    return seed


def _send(url: str, raw: bytes, headers: dict[str, str], public_key: str, what: str) -> int:
    """Deliver a webhook once and say what became of it."""
    import httpx

    try:
        with httpx.Client(trust_env=False, timeout=_TIMEOUT_S) as client:
            answer = client.post(url, content=raw, headers=headers)
    except httpx.ConnectError:
        say(f"Nobody listens on {url}: start the service, or say with --url where it is")
        return PROBLEMS
    except httpx.HTTPError as error:
        say(f"{url} gave no answer: {error or type(error).__name__}")
        return PROBLEMS
    if answer.is_success:
        say(f"{answer.status_code}: {what} was taken")
        return OK
    first_line = (answer.text.strip().splitlines() or [answer.reason_phrase])[0][:_ANSWER_CHARACTERS]
    said = "".join(letter if letter.isprintable() else "?" for letter in first_line)
    say(f"{answer.status_code}: {what} was not taken: {said}")
    if answer.status_code in (400, 401, 403):
        say(f"The service must know the key that signs here: TELNYX_PUBLIC_KEY={public_key}")
    elif answer.status_code == 404:
        say("Is the path right? ringflow serve takes webhooks at /webhooks/telnyx")
    return PROBLEMS
