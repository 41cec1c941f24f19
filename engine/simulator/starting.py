"""How a simulated Telnyx is started, from what people wrote on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from engine.errors import SettingsError
from engine.simulator.addresses import host_of, is_this_machine, listening_host
from engine.simulator.chaos import parse_chaos
from engine.simulator.deliveries import Destination
from engine.simulator.options import Options
from engine.simulator.switches import options_from
from engine.simulator.trouble import Chaos
from engine.simulator.world import World
from engine.tables import catalogue

S = TypeVar("S")
T = TypeVar("T")

_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)?")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}
_TOKEN = re.compile(r"[!-~]+")  # what an HTTP header can carry


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """
    What a simulated Telnyx is started with; for what is not explained here see ``SimulatorServer``.

    *is_manual*: time stands still but for ``/sim/time``.
    """

    listen: str = "127.0.0.1:0"
    token: str | None = None
    webhooks: Destination = field(default_factory=Destination)
    seed: int = 0
    options: Options = field(default_factory=Options)
    chaos: Chaos = field(default_factory=Chaos)
    answer_after_s: float | None = None
    is_manual: bool = False

    def world(self, now: float) -> World:
        """Return the world as it is at the start, at *now* (epoch seconds)."""
        world = World(catalogue(), seed=self.seed, options=self.options, start=now)
        world.trouble = self.chaos
        return world


def start_from(
    *,
    listen: str,
    token: str | None,
    webhook_url: str | None,
    failover_url: str | None,
    answer_after: str,
    chaos: str,
    clock: str,
    switches: Sequence[str],
    seed: int,
    speed: float,
) -> Start:
    """
    Return how to start with these options. In time that stands still webhooks come at once.

    Raises SettingsError, in one sentence, for an option that is wrong, or does not go with the others.
    """
    _check_listen(listen, token)
    for name, url in (("--webhook-url", webhook_url), ("--failover-url", failover_url)):
        if url is not None:
            _read(name, host_of, url)
    if failover_url is not None and webhook_url is None:
        raise SettingsError("--failover-url takes the webhooks that --webhook-url does not take; give both")
    is_manual = clock == "manual"
    options = Options(webhook_url=webhook_url or "", speed=speed)
    if is_manual:
        options = replace(options, webhook_delay_s=0.0)
    return Start(
        listen=listen,
        token=token,
        webhooks=Destination(url=webhook_url, failover_url=failover_url),
        seed=seed,
        options=_read("--switch", lambda given: _switched(given, options), switches),
        chaos=_read("--chaos", lambda text: parse_chaos(text, seed=seed), chaos),
        answer_after_s=_read("--answer-after", _seconds, answer_after),
        is_manual=is_manual,
    )


def _check_listen(listen: str, token: str | None) -> None:
    host = _read("--listen", listening_host, listen)
    if token is not None and not _TOKEN.fullmatch(token):
        raise SettingsError("--token must be letters, digits and signs without spaces, so that a header can carry it")
    if token is None and not is_this_machine(host):
        raise SettingsError(
            f"--listen {listen} lets other machines in; give a --token that they must show, or listen on 127.0.0.1"
        )


def _switched(given: Sequence[str], options: Options) -> Options:
    wanted: dict[str, str] = {}
    for text in given:
        name, equals, position = text.partition("=")
        if not equals:
            raise ValueError(f"'{text}' must say its position, such as retry_id=new")
        if name == "answer_after_s":
            raise ValueError("who picks up is said with --answer-after")
        wanted[name] = position
    return options_from(wanted, options)


def _read(option: str, read: Callable[[S], T], given: S) -> T:
    try:
        return read(given)
    except ValueError as error:
        raise SettingsError(f"{option}: {error}") from None


def _seconds(text: str) -> float | None:
    if text == "never":
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a time, such as 1s or 500ms, or never")
    return float(match[1]) * _UNIT_S[match[2]]
