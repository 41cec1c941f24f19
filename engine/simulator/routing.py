"""Where a leg's webhooks go and how often they are tried: what dial, transfer and answer ask for."""

from __future__ import annotations

from typing import Any

from engine.simulator.refusals import Refusal
from engine.simulator.requests import Request
from engine.simulator.state import Routing

MOST_RETRIES = 5  # facts.md, section 2: at most 5 retries, at most 60 s together
LONGEST_RETRIES_MS = 60_000


def routing_of(request: Request) -> Routing:
    """
    Return what the request says about its leg's webhooks.

    Raises Refusal 10015 for an address that is no http(s) URL and for retries beyond what Telnyx allows.
    """
    urls = {event: tuple(addresses) for event, addresses in (request["webhook_urls"] or {}).items()}
    for pointer, address in _addresses(request["webhook_url"], urls):
        if not address.startswith(("http://", "https://")):
            raise Refusal(422, "10015", f"'{address}' is not an http or https URL.", pointer=pointer)
    policies = request["webhook_retries_policies"] or {}
    return Routing(
        url=request["webhook_url"] or "",
        method=request["webhook_url_method"],
        urls=urls,
        urls_method=request["webhook_urls_method"],
        retries_ms={event: _retries(event, policy) for event, policy in policies.items()},
    )


def _addresses(url: str | None, urls: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    own = [("/webhook_url", url)] if url else []
    return own + [(f"/webhook_urls/{event}", address) for event, addresses in urls.items() for address in addresses]


def _retries(event: str, policy: dict[str, Any]) -> tuple[int, ...]:
    waits, pointer = tuple(policy.get("retries_ms") or ()), f"/webhook_retries_policies/{event}/retries_ms"
    if len(waits) > MOST_RETRIES:
        raise Refusal(422, "10015", f"There can be at most {MOST_RETRIES} retries.", pointer=pointer)
    if any(wait < 0 for wait in waits) or sum(waits) > LONGEST_RETRIES_MS:
        raise Refusal(422, "10015", f"All retries together can wait {LONGEST_RETRIES_MS} ms.", pointer=pointer)
    return waits
