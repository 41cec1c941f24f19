"""Telnyx's API: what is checked before a command, the 60 s window of command_id, and the errors asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.simulator import (
    assistants,
    audio,
    bridges,
    calls,
    conferences,
    dialling,
    gathers,
    participants,
    payments,
    queues,
    recordings,
    room_audio,
    supervision,
    taps,
    voices,
)
from engine.simulator.exchange import Exchange
from engine.simulator.limits import RateLimit
from engine.simulator.options import Options
from engine.simulator.refusals import TITLES, Refusal, unable
from engine.simulator.requests import Deed, Request, Router, done
from engine.simulator.trouble import Mishap
from engine.simulator.validation import check_request
from engine.simulator.values import Response

_DEEDS: Mapping[str, Deed] = {
    **calls.DEEDS,
    **audio.DEEDS,
    **gathers.DEEDS,
    **recordings.DEEDS,
    **queues.DEEDS,
    **conferences.DEEDS,
    **participants.DEEDS,
    **room_audio.DEEDS,
    **bridges.DEEDS,
    **dialling.DEEDS,
    **assistants.DEEDS,
    **taps.DEEDS,
    **voices.DEEDS,
    **payments.DEEDS,
    **supervision.DEEDS,
}


@dataclass(slots=True)
class _Fault:
    response: Response
    times: int


class Api:
    """Answers requests by changing the exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._router = Router(exchange.catalogue)
        self._faults: dict[str, _Fault] = {}
        self._limit = RateLimit(exchange.options.requests_per_second)
        self._accepted: dict[tuple[str, str], tuple[float, Response]] = {}

    def fail_next(self, operation: str, status: int, code: str, times: int, headers: Mapping[str, str] | None) -> None:
        """Refuse the next *times* requests for *operation*. Raises ValueError for an unknown operation."""
        if operation not in self._exchange.catalogue.operations:
            raise ValueError(f"there is no operation {operation}")
        self._faults[operation] = _Fault(_refusal(status, code, headers).response(), times)

    def request(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> Response:
        """Return the answer to one request, and note it in the record."""
        try:
            headers = self._limit.take(self._exchange.now)
            request = self._router.find(method, path, query, body)
        except Refusal as refusal:
            return refusal.response()
        response = self._noted(request)
        return replace(response, headers={**headers, **response.headers}) if headers else response

    def _noted(self, request: Request) -> Response:
        leg = request.leg_id if request.leg_id in self._exchange.calls else None
        # Noted before its effects, filled in after them.
        entry = self._exchange.note("request", leg, request.operation.name)
        fault = self._take_fault(request)
        mishap = self._mishap(request) if fault is None else None
        response, is_repeated = self._answer(request, mishap) if fault is None else (fault, False)
        entry.details = {
            "target": request.target,
            "path": dict(request.path),
            "parameters": dict(request.body),
            "query": dict(request.query),
            "status": response.status,
            "code": response.code,
            "repeated": is_repeated,
            "mishap": mishap.kind if mishap else "",
        }
        if mishap is not None and mishap.kind in ("slow", "reset"):
            return replace(response, late_s=mishap.late_s, is_cut=mishap.kind == "reset")
        return response

    def _answer(self, request: Request, mishap: Mishap | None) -> tuple[Response, bool]:
        if mishap is not None and mishap.kind == "refused":
            return _refusal(mishap.status, mishap.code, mishap.headers).response(), False
        now, options = self._exchange.now, self._exchange.options
        key = _window(request) if options.command_window == "kept" else None
        try:
            check_request(
                self._exchange.catalogue,
                request.operation,
                request.query,
                request.body,
                refuse_unknown=options.unknown_parameters == "refused",
            )
            if request.is_about_call:
                self._exchange.call(request.path["call_control_id"])
            accepted = self._accepted.get(key) if key else None
            if accepted is not None and now - accepted[0] < options.command_window_s:
                return _again(options, accepted[1]), True
            response = self._carry_out(request, is_ignored=mishap is not None and mishap.kind == "ignored")
        except Refusal as refusal:
            return refusal.response(), False
        if key:
            self._accepted[key] = (now, response)
        return response, False

    def _mishap(self, request: Request) -> Mishap | None:
        name = request.operation.name
        content = json.dumps([name, dict(request.path), dict(request.body)], sort_keys=True)
        number, attempt = self._exchange.count("request"), self._exchange.count(content)
        return self._exchange.trouble.request(name, number, attempt)

    def _carry_out(self, request: Request, *, is_ignored: bool) -> Response:
        exchange, operation = self._exchange, request.operation
        if request.is_about_call and not operation.is_read:
            call = exchange.call(request.path["call_control_id"])
            exchange.refuse_ended(call)
            if operation.name not in exchange.options.before_answer:
                exchange.live_call(call.id)
            if call.patience_alarm is not None:
                call.patience_alarm.cancel()
        if is_ignored and "/actions/" in operation.path:
            return Response(200, done())
        body = _DEEDS[operation.name](exchange, request)
        state, owner = request.body.get("client_state"), exchange.calls.get(request.leg_id or "")
        if operation.takes_client_state and state is not None and owner is not None:
            owner.client_state = state
        return Response(200 if body else 204, body)

    def _take_fault(self, request: Request) -> Response | None:
        name = request.operation.name
        fault = self._faults.get(name)
        if fault is None:
            return None
        fault.times -= 1
        if fault.times <= 0:
            del self._faults[name]
        if name == "bridge":
            bridges.lose_first(self._exchange, request)
        return fault.response


def _refusal(status: int, code: str, headers: Mapping[str, str] | None) -> Refusal:
    return Refusal(status, code, TITLES.get(code, "The command was refused on purpose."), headers=headers)


def _again(options: Options, first: Response) -> Response:
    """Return the answer to a repeated command whose first answer was *first* (facts.md, section 9: not found)."""
    if options.repeated_command == "refused":
        return unable("This command was already executed.").response()
    return first if options.repeated_command == "same" else Response(200, done())


def _window(request: Request) -> tuple[str, str] | None:
    """Return where a repeated command_id is ignored: the same call, all dials, or all rooms (facts.md, section 3)."""
    command_id = request.body.get("command_id")
    if not request.operation.takes_command_id or not isinstance(command_id, str) or not command_id:
        return None
    scope = request.path.get("call_control_id") or ("dial" if request.operation.name == "dial" else "conference")
    return scope, command_id
