"""http: something looked up outside. Whatever goes wrong leads to the state of ``if_fails``, never to ``on_error``."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine.core.acts.act import Act, Leaves, Result, Verdict
from engine.core.command import HTTP, Command
from engine.core.event import Event
from engine.core.expression import FormulaError
from engine.core.leg import Running, Sent
from engine.core.scope import resolve
from engine.core.taking import TEXT, UnfitAnswerError, fitted
from engine.core.text import Text
from engine.core.turn import Turn

_DOTS = (".", "..")  # as a part of an address they would lead elsewhere


def _ask(turn: Turn, running: Running) -> Result:
    leg, options = turn.leg, turn.action(running.frame).options
    scope = turn.scope(running.frame.fields)
    try:
        url = _address(options.get("get") or options.get("post"), scope)
        sent = resolve(options.get("send") or {}, scope)
    except FormulaError as error:
        return _failed(turn, running, str(error))
    if any(part in _DOTS for part in url.partition("?")[0].split("/")):
        return _failed(turn, running, "a value makes the address lead elsewhere")
    into = options.get("into")
    command = Command(
        operation=HTTP,
        path={"url": url},
        parameters={
            "method": "GET" if "get" in options else "POST",
            "send": sent,
            "take": TEXT if isinstance(into, str) else sorted(set((into or {}).values())),
            "timeout_s": options["timeout"],
        },
    )
    # A chain of its own: nothing but this step waits for an address outside.
    identity = turn.out.put(command, chain=f"{leg.run}?{leg.ver}.{len(turn.out.rows)}")
    leg.sent[identity] = Sent(HTTP, "step", leg.serial)
    return Verdict.WAITS


def _address(written: Any, scope: Any) -> str:
    return written.encoded(scope) if isinstance(written, Text) else str(written)


def _answered(turn: Turn, running: Running, event: Event) -> Result:
    into = turn.action(running.frame).options.get("into") or {}
    wanted = {into: TEXT} if isinstance(into, str) else into
    found = event.payload.get("body") or {}
    variables = turn.program.flow.variables
    try:
        values = {
            name: turn.recalled(frozenset({name}), partial(_value, found, path, variables[name].type))
            for name, path in wanted.items()
        }
    except UnfitAnswerError as error:
        return _failed(turn, running, str(error))
    turn.leg.variables |= values
    return Verdict.DONE


def _value(found: Any, path: str, kind: str) -> Any:
    return fitted(_part(found, path), kind, path)


def _part(found: Any, path: str) -> Any:
    if path not in found:
        raise UnfitAnswerError(f"the answer has no '{path}'")
    return found[path]


def _refused(turn: Turn, running: Running, event: Event) -> Result:
    payload = event.payload
    why = str(payload.get("detail") or payload.get("title") or "no answer came, or only errors")
    return _failed(turn, running, why, code=str(payload.get("code") or ""))


def _failed(turn: Turn, running: Running, why: str, **more: str) -> Result:
    exit_ = turn.action(running.frame).options["if_fails"]
    turn.note("lookup_failed", why=why, state=exit_.state or exit_.kind, **more)
    return Leaves(exit_)


ACTS = {"http": Act(begin=_ask, accepted=_answered, refused=_refused)}
