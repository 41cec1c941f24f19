"""The public web application: Telnyx's webhooks, two signs of life, audio files, nothing else."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.ports import Meter
from engine.web.limits import Limits, connection_of
from engine.web.webhook import Decode, Log, Submit, Verify, WebhookEndpoint

WEBHOOK_PATH = "/webhooks/telnyx"


def build_app(
    *,
    verify: Verify,
    decode: Decode,
    submit: Submit,
    is_ready: Callable[[], bool],
    log: Log,
    meter: Meter = Meter(),  # noqa: B008 (it has no state)
    sheds: Callable[[bytes], bool] = lambda raw: False,
    audio: Callable[[str], bytes | None] = lambda address: None,
    limits: Limits = Limits(),  # noqa: B008 (a frozen value)
) -> web.Application:
    """
    Return the application behind the public listener.

    *verify* and *decode* raise WebhookRejected. *submit* returns True when the event is committed, False when it
    was not taken; it raises StoreUnavailable, or TimeoutError when the commit takes too long (both: 503).
    *sheds* may refuse a raw body before its signature is checked. *audio* returns the file that is served under an
    address, None for any other.
    """
    endpoint = WebhookEndpoint(
        verify=verify,
        decode=decode,
        submit=submit,
        sheds=sheds,
        max_body_bytes=limits.max_body_bytes,
        log=log,
        meter=meter,
    )

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="true\n")

    async def readyz(request: web.Request) -> web.Response:
        ready = is_ready()
        return web.Response(status=200 if ready else 503, text="true\n" if ready else "false\n")

    async def sound(request: web.Request) -> web.Response:
        address = request.match_info["address"]
        content = audio(address)
        if content is None:
            raise web.HTTPNotFound
        # The address is the hash of the content, so whoever fetched it need never ask again.
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        kind = "audio/wav" if address.endswith(".wav") else "audio/mpeg"
        return web.Response(body=content, content_type=kind, headers=headers)

    app = web.Application(middlewares=[tell_connection])
    app.router.add_post(WEBHOOK_PATH, endpoint.receive)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/audio/{address}", sound)
    return app


@web.middleware
async def tell_connection(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the connection know when its request is done, so that it may rest between two."""
    connection = connection_of(request)
    try:
        return await handler(request)
    finally:
        if connection is not None:
            connection.request_is_done()
