"""POST /webhooks/telnyx: bytes, then signature, then event, then commit, then 200."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from engine.core.event import Event
from engine.core.fault import traced
from engine.errors import StoreUnavailable, WebhookRejected
from engine.ports import Meter
from engine.web.limits import connection_of

Verify = Callable[[bytes, Mapping[str, str]], None]
Decode = Callable[[bytes], Event]
Submit = Callable[[Event], Awaitable[bool]]


class Log(Protocol):
    """The part of structlog's bound logger that is used here."""

    def warning(self, event: str, /, **fields: Any) -> Any: ...

    def error(self, event: str, /, **fields: Any) -> Any: ...


class WebhookEndpoint:
    """
    Answers webhooks: 200 when the event is committed, 4xx when it is refused for good, 503 when Telnyx should
    send it again. Each request that is not committed is one log line and one count, never with its body.

    *sheds* looks at the raw body, before the signature is checked, and says whether there is no room for it.
    """

    def __init__(
        self,
        *,
        verify: Verify,
        decode: Decode,
        submit: Submit,
        sheds: Callable[[bytes], bool],
        max_body_bytes: int,
        log: Log,
        meter: Meter,
    ) -> None:
        self._verify = verify
        self._decode = decode
        self._submit = submit
        self._sheds = sheds
        self._max_body_bytes = max_body_bytes
        self._log = log
        self._meter = meter

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one webhook. A sender that goes away meanwhile changes nothing: a complete request is committed."""
        event_type = ""
        try:
            event = await self._event(request)
            event_type = event.type
            if not await self._submit(event):
                raise _again("the service is stopping or has too many events waiting", "shed")
        except WebhookRejected as rejected:
            return self._refuse(request, rejected, event_type)
        except StoreUnavailable as error:
            return self._refuse(request, _again(str(error), "store-unavailable"), event_type)
        except TimeoutError:
            return self._refuse(request, _again("the event is not committed yet", "not-committed"), event_type)
        except Exception as error:
            self._log.error("webhook_failed", remote=request.remote, exception=traced(error))
            self._meter.webhook(event_type, "failed")
            self._meter.defect("webhook")
            return web.Response(status=500, text="the engine failed\n")
        self._meter.webhook(event_type, "committed")
        return web.Response(text="ok\n")

    async def _event(self, request: web.Request) -> Event:
        """Return the event that *request* brings. Raises WebhookRejected."""
        raw = await self._body(request)
        connection = connection_of(request)
        if connection is not None:
            connection.request_is_complete()
        if self._sheds(raw):
            raise _again("too many events are waiting", "shed")
        self._verify(raw, request.headers)
        return self._decode(raw)

    async def _body(self, request: web.Request) -> bytes:
        if "Content-Encoding" in request.headers:
            raise WebhookRejected("compressed bodies are not accepted", status=415, reason="compressed")
        if (request.content_length or 0) > self._max_body_bytes:
            raise self._too_large()
        body = bytearray()
        try:
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > self._max_body_bytes:
                    raise self._too_large()
        except (ConnectionError, web.RequestPayloadError):
            message = "the request broke off, or was not complete in time"
            raise WebhookRejected(message, status=400, reason="incomplete") from None
        return bytes(body)

    def _too_large(self) -> WebhookRejected:
        return WebhookRejected(f"the body is over {self._max_body_bytes} bytes", status=413, reason="too-large")

    def _refuse(self, request: web.Request, rejected: WebhookRejected, event_type: str) -> web.Response:
        status, reason = rejected.status, rejected.reason
        self._log.warning("webhook_refused", reason=reason, status=status, problem=str(rejected), remote=request.remote)
        self._meter.webhook(event_type, reason)
        is_ours = status >= 500  # what is wrong with our database is nobody's business
        response = web.Response(status=status, text="send it again later\n" if is_ours else f"{rejected}\n")
        if not request.content.is_eof():
            response.force_close()
        return response


def _again(message: str, reason: str) -> WebhookRejected:
    """A refusal for now: Telnyx sends the webhook again after a 503."""
    return WebhookRejected(message, status=503, reason=reason)
