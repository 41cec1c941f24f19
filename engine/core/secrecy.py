"""What may hold a secret: it stays out of the run's history, and other legs are not told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core import levels
from engine.core.command import HTTP
from engine.core.event import ACCEPTED, Event
from engine.core.flow import Action, Flow
from engine.core.recall import MASK
from engine.core.turn import Turn
from engine.core.verbs import ANSWERED, GATHERS

_KEYS = ("digit", "digits")
_LINKS = ("recording_urls", "public_recording_urls")  # whoever has one can listen (facts.md, section 4)
_END_KEYS = ("#", "*")  # people close with them what they keyed before; by itself it tells nothing
_PRESSED = "call.dtmf.received"
_ANSWERS = ("body", "result", "message_history", "messages", "partial_results")
_LINK_NAMES = tuple(f"event.{name}" for name in _LINKS)
_ROW = re.compile(r"^[0-9]+\.")  # of a listing
_PAGING = "meta"  # of a listing: no secret, and what says whether more follows
# Fields that may hold a secret, each with the paths in it that hold none: those of parts for plain variables.
Parts = dict[str, frozenset[str]]


def shown(turn: Turn, event: Event) -> dict[str, Any]:
    """Return the payload of *event* as the run's history may keep it."""
    is_digit = event.type == _PRESSED and event.payload.get("digit") not in _END_KEYS
    early: Parts = dict.fromkeys(_KEYS, frozenset()) if is_digit and _may_be_early(turn) else {}
    return _masked(event.payload, secret_parts(turn, event) | early)


def _may_be_early(turn: Turn) -> bool:
    """Tell whether a key may belong to a secret that is asked for in a state to come: nobody asks for one here."""
    has_secret = False
    for depth in levels.chain(turn):
        level, role = turn.level(depth), turn.role_at(depth)
        state = role.states.get(level.state or turn.leg.last_state)
        asks = state is not None and (_PRESSED in state.on or any(action.verb in GATHERS for action in state.actions))
        if asks or _PRESSED in role.anywhere.on:
            return False
        flow, blocks = turn.programs(level.flow).flow, (role.anywhere, *role.states.values())
        gathers = (action for block in blocks for action in block.actions if action.verb in GATHERS)
        has_secret = has_secret or any(_into(flow, action, is_secret=True) for action in gathers)
    return has_secret


def shown_unasked(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload as the history of a leg may keep it of which nobody knows what it was asked for."""
    return _masked(payload, dict.fromkeys((*_KEYS, *_ANSWERS), frozenset()))


def _masked(payload: Mapping[str, Any], secret: Parts) -> dict[str, Any]:
    """
    Mask the *secret* fields, and the links to recordings, also in the payload that a room or a leg passes on.

    What is empty stays so: a replay must know that somebody pressed nothing.
    """
    kept = {}
    for name, value in payload.items():
        if name in secret and isinstance(value, Mapping):
            kept[name] = _only(value, secret[name])
        elif value and (name in secret or name in _LINKS):
            kept[name] = MASK
        else:
            kept[name] = _masked(value, secret) if name == "payload" and isinstance(value, Mapping) else value
    return kept


def _only(value: Any, plain: frozenset[str], path: str = "") -> Any:
    """Mask all of an answer but what stands at the *plain* paths; its shape stays."""
    if path in plain:
        return value
    if isinstance(value, Mapping):
        return {name: _only(part, plain, _below(path, str(name))) for name, part in value.items()}
    if isinstance(value, list):
        is_listing = path in ("", "data")  # the author's paths count in each of its rows
        return [
            _only(part, plain, path if is_listing else _below(path, str(index))) for index, part in enumerate(value)
        ]
    return value if value is None else MASK


def _below(path: str, name: str) -> str:
    return name if path in ("", "data") else f"{path}.{name}"


def secret_parts(turn: Turn, event: Event) -> Parts:
    """
    Return the fields of *event* that may hold what goes into a secret variable.

    That is so in every state that asks for one, also when the step is over or to come (webhooks have no order), and
    for keys and answers that an earlier state asked for.
    """
    token = event.client_state
    if event.type == ACCEPTED:
        sent = turn.leg.sent.get(str(event.payload.get("command_id")))
        return dict.fromkeys(_ANSWERS, frozenset()) if sent is None else _asked(turn, sent.operation)
    is_early = token is not None and token.run == turn.leg.run and token.n < turn.leg.first_n
    return _asked(turn) | (dict.fromkeys(_KEYS, frozenset()) if is_early else {})


def _asked(turn: Turn, operation: str = "") -> Parts:
    """Return what events tell of what the states ask for; with *operation* what the answer to such a command tells."""
    found: Parts = {}
    for depth in levels.chain(turn):
        level = turn.level(depth)
        flow = turn.programs(level.flow).flow
        if not any(variable.is_secret for variable in flow.variables.values()):
            continue
        for action in _asking(turn, depth, level.state or turn.leg.last_state):
            if _into(flow, action, is_secret=True) and operation in ("", _operation(action)):
                plain = _plain(flow, action)
                names = _KEYS if action.verb in GATHERS else _ANSWERS
                found |= {name: plain & found.get(name, plain) for name in names}
    return found


def holds_secret(turn: Turn, event: Event) -> bool:
    """Tell whether *event* may hold what goes into a secret variable."""
    return any(event.payload.get(name) for name in secret_parts(turn, event))


def hides(turn: Turn, names: frozenset[str]) -> bool:
    """Tell whether the history masks the value of one of *names*, as the flow at work reads them at this moment."""
    variables = turn.program.flow.variables
    asked: Parts | None = None
    for name in names:
        if name.startswith(("secret.", *_LINK_NAMES)) or (name in variables and variables[name].is_secret):
            return True
        if name == "digits" or name.startswith("event."):
            asked = _asked(turn) if asked is None else asked
            if name.removeprefix("event.").partition(".")[0] in asked:
                return True
    return False


def _asking(turn: Turn, depth: int, state: str) -> Iterator[Action]:
    """Yield the steps of a state and of its role's ``anywhere`` that put an answer into variables."""
    role = turn.role_at(depth)
    for block in (role.states.get(state), role.anywhere):
        for action in block.actions if block is not None else ():
            if action.verb in GATHERS or action.verb in ANSWERED:
                yield action


def _operation(action: Action) -> str:
    return str(action.options.get("operation") or (HTTP if action.verb == "http" else action.verb))


def _plain(flow: Flow, action: Action) -> frozenset[str]:
    """Return the paths of an answer that the history may keep: of parts that go into plain variables only."""
    secret = _into(flow, action, is_secret=True)
    found = (path for path in _into(flow, action, is_secret=False) if not any(_overlap(path, one) for one in secret))
    return frozenset(found) | {_PAGING}


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _into(flow: Flow, action: Action, *, is_secret: bool) -> list[str]:
    """Return the parts of an answer, "" for all of it, that go into secret variables, or into plain ones."""
    into = action.options.get("into")
    wanted: Mapping[str, str] = {into: ""} if isinstance(into, str) else into or {}
    variables = flow.variables
    return [
        _ROW.sub("", path)
        for name, path in wanted.items()
        if name in variables and variables[name].is_secret == is_secret
    ]
