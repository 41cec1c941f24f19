"""The acts of ``/sim`` over HTTP: JSON in, JSON out, and a sentence for what is wrong."""

from __future__ import annotations

import hmac
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson
from aiohttp import web

from engine.core.nearest import did_you_mean
from engine.simulator.acts import ACTS, Act
from engine.simulator.forms import as_number, filled_in
from engine.simulator.running import RunningWorld

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Control:
    """The routes under ``/sim``. *token*: what the header ``Authorization: Bearer`` must hold; None: nothing."""

    def __init__(self, running: RunningWorld, *, token: str | None) -> None:
        self._running = running
        self._token = token

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes: one for each act, and one for everything else under ``/sim``."""
        acts = [web.route(act.method, act.path, self._guarded(self._answer_of(act))) for act in ACTS]
        return [*acts, web.route("*", "/sim{rest:.*}", self._guarded(_no_such_act))]

    def _guarded(self, answer: Answer) -> Answer:
        async def ask_for_token(request: web.Request) -> web.Response:
            if self._token is None or is_bearer(request, self._token):
                return await answer(request)
            return _said("/sim wants the token that the simulator was started with: Authorization: Bearer TOKEN", 401)

        return ask_for_token

    def _answer_of(self, act: Act) -> Answer:
        async def answer(request: web.Request) -> web.Response:
            try:
                want = filled_in(act.fields, await _given(request))
                result = act.do(self._running, want | dict(request.match_info))
                if inspect.isawaitable(result):
                    result = await result
            except ValueError as error:
                return _said(str(error), 400)
            if act.method != "GET":
                self._running.settle()
            return _json(result or {}, 200)

        return answer


def is_bearer(request: web.Request, token: str) -> bool:
    """Tell whether the request shows *token*."""
    shown = request.headers.get("Authorization", "")
    return hmac.compare_digest(shown.encode(errors="replace"), f"Bearer {token}".encode())


async def _given(request: web.Request) -> Mapping[str, Any]:
    """Return the fields of a request: of its query for GET, else of its body. Raises ValueError."""
    if request.method == "GET":
        return {name: as_number(text) for name, text in request.query.items()}
    raw = await request.read()
    try:
        given = orjson.loads(raw) if raw else {}
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object, such as {}")
    return given


async def _no_such_act(request: web.Request) -> web.Response:
    wanted, known = f"{request.method} {request.path}", [f"{act.method} {act.path}" for act in ACTS]
    return _said(f"there is no {wanted}{did_you_mean(wanted, known) or '; GET /sim lists what there is'}", 404)


def _said(sentence: str, status: int) -> web.Response:
    return _json({"error": sentence}, status)


def _json(value: object, status: int) -> web.Response:
    """Answer with JSON that people can read in a terminal."""
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return web.Response(body=body, status=status, content_type="application/json")
