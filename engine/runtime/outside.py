"""The world outside: ``notify`` and ``http``, signed, and only to addresses that may be reached."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from engine.core.answer import Answer, answer_from, not_sent
from engine.core.command import Command
from engine.core.taking import UnfitAnswerError, taken
from engine.errors import CarrierSilent, CarrierUnreached
from engine.ports import Clock

_MAX_BYTES = 64 * 1024
_ATTEMPT_S = 5.0
# Ways to write an IPv4 address as an IPv6 one, past which a check of the latter does not see.
_TRANSLATED = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class _Forbidden(OSError):
    """No address of the host may be reached."""


class HttpOutside:
    """
    POSTs messages to the addresses in *urls*, by name, and asks the hosts in *hosts* (project.yaml, ``http_hosts``).
    Use it in one event loop and close it with ``aclose``.

    Only https, no redirects, no proxies, and only addresses of the public internet; with *allow_loopback* also
    http and https on this machine. *resolver* finds the addresses of a host; without one the system does.

    Each message has the headers ``webhook-id``, ``webhook-timestamp`` and, when there is a *key*,
    ``webhook-signature`` (``v1,`` and the base64 HMAC-SHA256 of id, time and body, joined by dots).
    Source: standardwebhooks.com.
    """

    def __init__(
        self,
        *,
        urls: Mapping[str, str],
        key: bytes | None,
        clock: Clock,
        allow_loopback: bool = False,
        hosts: frozenset[str] = frozenset(),
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.urls = urls
        self.hosts = hosts
        self._key = key
        self._clock = clock
        self._allow_loopback = allow_loopback
        checked = _CheckedResolver(resolver or aiohttp.ThreadedResolver(), allow_loopback=allow_loopback)
        connector = aiohttp.TCPConnector(resolver=checked, limit=20)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_ATTEMPT_S, sock_connect=_ATTEMPT_S * 0.6),
        )

    async def notify(self, command: Command, *, command_id: str) -> Answer:
        """
        POST the command's parameters as JSON and return the status; what the receiver writes is not read.

        A message that may not go out is answered with status 400 and code ``not_sent``.

        Raises: CarrierUnreached, CarrierSilent.
        """
        name = command.path["to"]
        url = self.urls.get(name)
        problem = (
            f"'{name}' is no address of notify in project.yaml" if url is None else self._problem(URL(url), "notify")
        )
        body = orjson.dumps(command.parameters, default=str)
        if problem is None and len(body) > _MAX_BYTES:
            problem = f"the message to '{name}' is over 64 KB"
        if problem is not None or url is None:
            return not_sent(problem or "")
        return await self._ask("POST", URL(url), body, self._headers(body, command_id))

    async def http(self, command: Command, *, command_id: str) -> Answer:
        """
        Ask the command's address and return the status with the parts of the answer that the flow takes, no more.

        A question that may not be asked is answered with status 400 and code ``not_sent``; an answer that is over
        64 KB, or not what is taken, with status 400 and code ``unfit``.

        Raises: CarrierUnreached, CarrierSilent.
        """
        asked, url = command.parameters, URL(command.path["url"], encoded=True)
        body = orjson.dumps(asked["send"], default=str) if asked["method"] == "POST" else b""
        problem = self._problem(url, "http")
        if url.host not in self.hosts:
            problem = f"{url.host} is not among http_hosts of project.yaml"
        elif len(body) > _MAX_BYTES:
            problem = f"the question to {url.host} is over 64 KB"
        if problem is not None:
            return not_sent(problem)
        headers = self._headers(body, command_id)
        return await self._ask(
            asked["method"], url, body, headers, take=asked["take"], timeout_s=min(asked["timeout_s"], _ATTEMPT_S)
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _problem(self, url: URL, verb: str) -> str | None:
        """Return why *url* may not be reached, as far as its text tells."""
        address = _address(url.host or "")
        if address is not None and not _is_allowed(address, allow_loopback=self._allow_loopback):
            return f"{url.host} is an address that {verb} may not reach"
        is_here = url.host == "localhost" or (address is not None and address.is_loopback)
        if url.scheme == "https" or (url.scheme == "http" and is_here and self._allow_loopback):
            return None
        return f"{verb} needs an address that begins with https://"

    def _headers(self, body: bytes, command_id: str) -> dict[str, str]:
        at = str(int(self._clock.now()))
        headers = {
            "content-type": "application/json",
            "user-agent": "ringflow",
            "webhook-id": command_id,
            "webhook-timestamp": at,
        }
        if self._key is not None:
            signed = hmac.new(self._key, f"{command_id}.{at}.".encode() + body, sha256).digest()
            headers["webhook-signature"] = f"v1,{b64encode(signed).decode()}"
        return headers

    async def _ask(
        self,
        method: str,
        url: URL,
        body: bytes,
        headers: Mapping[str, str],
        *,
        take: Sequence[str] | str | None = None,
        timeout_s: float = _ATTEMPT_S,
    ) -> Answer:
        """Make one request; the answer is read only where something is to be taken out of it."""
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s * 0.6)
        try:
            async with self._session.request(
                method, url, data=body or None, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                answer = answer_from(response.status, response.headers, b"", now=self._clock.now())
                if take is None or not answer.ok:
                    return answer
                return _read(answer, await _beginning(response), take)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _Forbidden):
                return not_sent(str(error.os_error))
            raise CarrierUnreached(f"{url.host} cannot be reached") from None
        except aiohttp.ConnectionTimeoutError:
            raise CarrierUnreached(f"{url.host} cannot be reached") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise CarrierSilent(f"{url.host} gave no answer ({type(error).__name__})") from None


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """Return the answer's body as far as 64 KB and one byte."""
    raw = b""
    async for chunk in response.content.iter_chunked(_MAX_BYTES):
        raw += chunk
        if len(raw) > _MAX_BYTES:
            break
    return raw


def _read(answer: Answer, raw: bytes, take: Sequence[str] | str) -> Answer:
    try:
        if len(raw) > _MAX_BYTES:
            raise UnfitAnswerError("the answer is over 64 KB")
        return replace(answer, body=taken(raw, take))
    except UnfitAnswerError as error:
        return Answer(status=400, code="unfit", title="An answer that does not fit", detail=str(error))


class _CheckedResolver(AbstractResolver):
    """Finds the addresses of a host, and hands out only those that may be reached: checked, then used."""

    def __init__(self, inner: AbstractResolver, *, allow_loopback: bool) -> None:
        self._inner = inner
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [
            result
            for result in found
            if (address := _address(result["host"])) is not None
            and _is_allowed(address, allow_loopback=self._allow_loopback)
        ]
        if not allowed:
            raise _Forbidden(f"{host} leads to an address that may not be reached")
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _is_allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, allow_loopback: bool) -> bool:
    if address.is_loopback:
        return allow_loopback
    is_translated = any(address in network for network in _TRANSLATED if network.version == address.version)
    return address.is_global and not address.is_multicast and not is_translated
