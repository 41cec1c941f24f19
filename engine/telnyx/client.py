"""Telnyx's REST API: one HTTP attempt for each call. When to try again is decided in ``core.delivery``."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, cast
from urllib.parse import quote, urlencode

import aiohttp
import httpx
import orjson
from aiohttp.connector import AddrInfoType
from httpx_aiohttp import AiohttpTransport

from engine.core.answer import Answer, answer_from, not_sent
from engine.core.catalogue import Catalogue, Operation
from engine.core.command import Command
from engine.errors import CarrierSilent, CarrierUnreached, DefectError

_MAX_ANSWER_BYTES = 8_000_000  # a page of 250 items is below 1 MB; more is not Telnyx
_MAX_ID = 2_000  # characters of an id or a name in a path; longer lines are refused by servers anyway
_CONNECT_SHARE = 0.6  # of the time of an attempt: so a connection that never came about is told from silence
_KEEPALIVE_S = 15.0  # shorter than common servers': a POST on a connection just closed would be in doubt

# What aiohttp raises before it has written anything. All else may have reached Telnyx.
_UNREACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class TelnyxClient:
    """
    The carrier over HTTP. Use it in one event loop and close it with ``aclose``.

    *api_url* may end with a slash. *attempt_s* bounds one attempt as a whole, in seconds. *begins* is told the path of
    each request with a body just before its first byte is written.
    """

    def __init__(
        self,
        *,
        api_url: str,
        api_key: str,
        catalogue: Catalogue,
        attempt_s: float = 5.0,
        max_connections: int = 100,
        wall_clock: Callable[[], float] = time.time,
        begins: Callable[[str], None] | None = None,
    ) -> None:
        self._root = api_url.rstrip("/")
        self._catalogue = catalogue
        self._attempt_s = attempt_s
        self._wall_clock = wall_clock
        self._max_connections = max_connections
        self._traces = [] if begins is None else [_trace(begins)]
        # httpx hides this header in its repr.
        self._headers = httpx.Headers({"authorization": f"Bearer {api_key}"})
        # The transport alone: httpx's client adds cookies, redirects and proxies, which have no place here.
        self._ssl_context = httpx.create_ssl_context(trust_env=False)
        self._transport = AiohttpTransport(verify=self._ssl_context, client=self._session)

    async def send(self, command: Command, *, command_id: str) -> Answer:
        """
        Ask Telnyx once to do *command* and return its answer, whatever the status.

        A command that cannot be written as a request (an empty id in the path) is answered with status 400 and
        code ``not_sent``.

        Raises:
            CarrierUnreached: no byte of the request left this machine.
            CarrierSilent: it may have arrived; no answer came within the time of an attempt.
            DefectError: *command* is no operation of Telnyx, or lacks a value of its path.
        """
        operation = self._operation(command)
        if any(value in ("", ".", "..") or len(value) > _MAX_ID for value in command.path.values()):
            return not_sent(f"{operation.name} needs an id or a name, and got an empty or unusable one")
        try:
            request = self._request(operation, command, _content(operation, command, command_id))
        except (TypeError, UnicodeEncodeError):
            return not_sent(f"a value given to {operation.name} cannot be written into a request")
        return await self._attempt(request)

    async def read(
        self, operation: str, path: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None
    ) -> Answer:
        """Return the answer to a GET. Raises as ``send`` does."""
        return await self.send(Command(operation=operation, path=path or {}, query=query or {}), command_id="")

    async def get(self, path: str, query: Mapping[str, Any]) -> Answer:
        """Return the answer to a GET of *path*, which is no operation of the catalogue. Raises as ``send`` does."""
        return await self._attempt(self._http("GET", f"/{path}", query))

    async def pages(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        max_pages: int = 100,
    ) -> AsyncIterator[Answer]:
        """Yield the pages of a listing, at most *max_pages*; one that is refused is the last. Raises as ``send``."""
        for number in range(1, max_pages + 1):
            answer = await self.read(operation, path, {"page[size]": 250, **(query or {}), "page[number]": number})
            yield answer
            if not answer.ok or not answer.items or answer.is_last_page:
                return

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _session(self) -> aiohttp.ClientSession:
        """Called by the transport at the first request. What is the same in all requests is cheaper here."""
        connector = aiohttp.TCPConnector(
            limit=self._max_connections, keepalive_timeout=_KEEPALIVE_S, ssl=self._ssl_context,
            socket_factory=self._socket,
        )  # fmt: skip
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "ringflow",
        }
        return aiohttp.ClientSession(
            connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=self._traces
        )

    def _socket(self, address: AddrInfoType) -> socket.socket:
        """Make a socket on which nothing of a request that was given up is transmitted any more."""
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # of Linux
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(self._attempt_s * 1000))
        return made

    def _operation(self, command: Command) -> Operation:
        operation = self._catalogue.operations.get(command.operation)
        if operation is None:
            raise DefectError(f"'{command.operation}' is not an operation of Telnyx")
        missing = [name for name in operation.path_parameters if name not in command.path]
        if missing:
            raise DefectError(f"{operation.name} was sent without {', '.join(missing)}")
        return operation

    def _request(self, operation: Operation, command: Command, content: bytes | None) -> httpx.Request:
        return self._http(operation.method, operation.url_path(command.path), command.query, content)

    def _http(self, method: str, path: str, query: Mapping[str, Any], content: bytes | None = None) -> httpx.Request:
        asked = urlencode(list(_flat(query)), quote_via=quote)
        url = self._root + path + (f"?{asked}" if asked else "")
        connect_s = self._attempt_s * _CONNECT_SHARE
        limits = {"connect": connect_s, "pool": connect_s}
        extensions = {"timeout": limits}
        return httpx.Request(method, url, headers=self._headers, content=content, extensions=extensions)

    async def _attempt(self, request: httpx.Request) -> Answer:
        where = request.url.host
        try:
            async with asyncio.timeout(self._attempt_s):
                response = await self._transport.handle_async_request(request)
                raw = await _read(response)
        except TimeoutError:
            raise CarrierSilent(f"{where} did not answer within {self._attempt_s:g} seconds") from None
        except (httpx.RequestError, aiohttp.ClientError, OSError) as error:
            # The transport names a reset "ConnectTimeout"; only the aiohttp error behind it tells what happened.
            cause = error.__cause__ if isinstance(error, httpx.RequestError) else error
            if isinstance(cause, _UNREACHED):
                raise CarrierUnreached(f"{where} cannot be reached ({type(cause).__name__})") from None
            raise CarrierSilent(f"{where} broke off without an answer ({type(cause).__name__})") from None
        # httpx looks through all headers for each one that is asked for.
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        return answer_from(response.status_code, headers, raw, now=self._wall_clock())


def _trace(begins: Callable[[str], None]) -> aiohttp.TraceConfig:
    async def tell(_: object, __: object, chunk: aiohttp.TraceRequestChunkSentParams) -> None:
        begins(chunk.url.path)  # aiohttp writes the headers together with the first chunk

    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(tell)
    return trace


async def _read(response: httpx.Response) -> bytes:
    """Return the body; empty when it is larger than any answer of Telnyx."""
    chunks, size = [], 0
    # We asked for no compression, and httpx's way through its decoders costs 30 us.
    assert isinstance(response.stream, httpx.AsyncByteStream)
    body = response.aiter_bytes() if "content-encoding" in response.headers else aiter(response.stream)
    try:
        async with aclosing(cast("AsyncGenerator[bytes, None]", body)) as stream:
            async for chunk in stream:
                size += len(chunk)
                if size > _MAX_ANSWER_BYTES:
                    return b""
                chunks.append(chunk)
    finally:
        await response.aclose()
    return b"".join(chunks)


def _content(operation: Operation, command: Command, command_id: str) -> bytes | None:
    """Return the JSON body: none for a GET or DELETE. Raises TypeError for a value that JSON does not know."""
    if operation.method in ("GET", "DELETE"):
        return None
    body = dict(command.parameters)
    if operation.takes_command_id:
        body["command_id"] = command_id
    return orjson.dumps(body, default=_plain)


def _plain(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def _flat(query: Mapping[str, Any], around: str = "") -> Iterator[tuple[str, str]]:
    """Yield ``("filter[name]", "x")`` for ``{"filter": {"name": "x"}}``; booleans in JSON's spelling."""
    for name, value in query.items():
        key = f"{around}[{name}]" if around else name
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        elif value is not None:
            yield key, str(value).lower() if isinstance(value, bool) else str(value)
