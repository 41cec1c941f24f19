"""``ringflow call``, as the service hears it: an order is read in the terms of its flow, and stored."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.core.event import Event
from engine.core.flow import CALLER, Flow, Version
from engine.core.nearest import did_you_mean
from engine.core.planned import ordered, whom
from engine.core.program import Library
from engine.errors import CommandRefused, DefectError, StoreUnavailable
from engine.language import words
from engine.language.variables import fits_type, saying_of
from engine.logs import call_name
from engine.ports import Store

LATEST_S = 31 * 86400.0  # as `in` of call_later
_EARLIEST_S = 60.0  # a time as old as this counts as now: clocks differ, and people type
_MOST_CHARACTERS = 100  # of the name of an order
_KEYS = ("order", "flow", "to", "give", "at")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_YES_NO = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    Whom to call with which flow, checked. *at* is in epoch seconds, None: at once.

    *name* is the order's own: the same one never rings twice.
    """

    name: str
    flow: str
    to: str
    give: Mapping[str, Any]
    at: float | None


class Orders:
    """Takes the orders of people. *submit* stores an event, as ``Inbox.submit`` does, in *store*."""

    def __init__(
        self, *, library: Library, store: Store, submit: Callable[[Event], Awaitable[bool]], clock: Callable[[], float]
    ) -> None:
        self._library = library
        self._store = store
        self._submit = submit
        self._clock = clock

    async def call(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        Return ``{call, order, flow, to, at}`` once the order in *wanted* is stored; *call* is how people name it.

        Raises:
            CommandRefused: the order is not one, or its flow cannot carry it out.
            StoreUnavailable, TimeoutError: it is not stored, or not yet; the same order may come again.
        """
        now, version = self._clock(), self._library.current
        order = read_order(version, {"order": uuid.uuid4().hex, **wanted}, now=now)
        due = now if order.at is None else order.at
        event = ordered(version.hash, order.flow, order.to, order.give, order=order.name, at=due)
        if not await self._submit(event):
            raise StoreUnavailable("the service is stopping, or has too many events waiting")
        await self._check(order, event.run or "")
        at = None if order.at is None else datetime.fromtimestamp(order.at, UTC).isoformat(timespec="seconds")
        return {
            "call": call_name(event.run or ""),
            "order": order.name,
            "flow": order.flow,
            "to": order.to,
            "at": at and at.replace("+00:00", "Z"),
        }

    async def _check(self, order: Order, run: str) -> None:
        """Raises CommandRefused where an earlier order of this name calls somebody else."""
        try:
            row = (await self._store.load(event_ids=(), keys=(), runs=(run,))).rows.get(run)
        except StoreUnavailable as error:
            raise TimeoutError from error  # it is stored, and whose it is cannot be seen now
        if row is None:
            raise DefectError(f"the order '{order.name}' was taken and is not there")
        flow, to = whom(row)
        if (flow, to) != (order.flow, order.to):
            raise CommandRefused(
                f"there is an order '{order.name}' already, which calls {to} with {flow}; give this one another name"
            )


def read_order(version: Version, wanted: Mapping[str, Any], *, now: float) -> Order:
    """
    Return the order in *wanted*: ``{order, flow, to, give, at}``, the last two optional.

    *give* maps names to values, or to texts that are read as the flow's types say. *at* is ISO 8601 with an offset.

    Raises:
        CommandRefused: one sentence that says what to give instead.
    """
    strange = next((key for key in wanted if key not in _KEYS), None)
    if strange is not None:
        raise CommandRefused(f"an order has no '{strange}'; it has {', '.join(_KEYS)}")
    flow = _flow(version, wanted.get("flow"))
    return Order(
        name=_name(wanted.get("order")),
        flow=flow.name,
        to=_number(wanted.get("to")),
        give=_gifts(flow, wanted.get("give", {})),
        at=_time(wanted.get("at"), now),
    )


def _name(name: object) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= _MOST_CHARACTERS or not name.isprintable():
        raise CommandRefused(f"the name of an order is a text of 1 to {_MOST_CHARACTERS} characters in one line")
    return name


def _flow(version: Version, name: object) -> Flow:
    if not isinstance(name, str) or name not in version.flows:
        callable_flows = [flow.name for flow in version.flows.values() if flow.roles[CALLER].starts_when.outgoing]
        advice = did_you_mean(str(name), version.flows) or _choice(callable_flows)
        raise CommandRefused(f"the service has no flow '{name}'{advice}")
    flow, project = version.flows[name], version.project
    if not flow.roles[CALLER].starts_when.outgoing:
        raise CommandRefused(
            f"the flow '{name}' is not made for calls of ours; write outgoing_call: true under its starts_when"
        )
    if not (flow.settings.call_from or project.caller_id):
        raise CommandRefused(
            f"the flow '{name}' has no number to call from; write call_from under its settings, or telnyx.caller_id "
            "in project.yaml"
        )
    if not project.connection_id:
        raise CommandRefused("project.yaml has no telnyx.connection_id; without it Telnyx cannot place calls of ours")
    return flow


def _choice(names: list[str]) -> str:
    return f"; it can call with {', '.join(names)}" if names else "; none of its flows has outgoing_call"


def _number(number: object) -> str:
    if not isinstance(number, str) or re.fullmatch(words.PHONE, number) is None:
        raise CommandRefused(
            f"'{number}' is not a phone number; write it with + and the country's code, such as +15551230000"
        )
    return number


def _gifts(flow: Flow, gifts: object) -> dict[str, Any]:
    if not isinstance(gifts, Mapping):
        raise CommandRefused("'give' is an object of names and values")
    strange = next((name for name in gifts if name not in flow.needs), None)
    if strange is not None:
        advice = did_you_mean(strange, flow.needs) or (
            f"; it needs {', '.join(flow.needs)}" if flow.needs else "; it needs nothing"
        )
        raise CommandRefused(f"the flow '{flow.name}' needs no '{strange}'{advice}")
    missing = [name for name in flow.needs if name not in gifts]
    if missing:
        asked = " and ".join(f"'{name}'" for name in missing)
        advice = " ".join(f"--give {name}=..." for name in missing)
        raise CommandRefused(f"the flow '{flow.name}' needs {asked}; add {advice}")
    return {name: _gift(flow, name, value) for name, value in gifts.items()}


def _gift(flow: Flow, name: str, given: object) -> Any:
    kind = flow.variables[name].type
    value = _READERS[kind](given) if kind in _READERS and isinstance(given, str) else given
    if kind == "time":
        fits = isinstance(value, float)
    elif kind == "list":
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    else:
        fits = fits_type(value, kind)
    if not fits:
        saying = _SAYINGS.get(kind) or saying_of(kind)
        raise CommandRefused(f"'{name}' must be {saying}, because the flow '{flow.name}' needs it so")
    return value


def _as_number(text: str) -> float | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    return float(text) if "." in text else int(text)


def _as_time(text: str) -> float | None:
    try:
        when = datetime.fromisoformat(text)
        return when.timestamp() if when.tzinfo is not None else None
    except ValueError:
        return None


_SAYINGS = {"time": "a time with its offset, such as 2026-12-25T09:00+01:00", "list": "texts with a comma between them"}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "number": _as_number,
    "yes_no": lambda text: _YES_NO.get(text.lower()),
    "time": _as_time,
    "list": lambda text: [item.strip() for item in text.split(",") if item.strip()],
}


def _time(text: object, now: float) -> float | None:
    if text is None:
        return None
    at = _as_time(text) if isinstance(text, str) else None
    if at is None:
        raise CommandRefused(f"'{text}' is not a time; write it with its offset, such as 2026-12-25T09:00+01:00")
    if at < now - _EARLIEST_S:
        raise CommandRefused(f"{text} has passed; leave the time out to call at once")
    if at > now + LATEST_S:
        raise CommandRefused(f"{text} is more than {LATEST_S / 86400:.0f} days away; order the call later")
    return at
