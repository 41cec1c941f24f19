"""What people did in a call, and what is to be checked of the flow: the steps of a scenario, out of a history."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.calls.words import far_leg
from engine.core.change import JournalEntry
from engine.core.event import REFUSED
from engine.core.leg import Leg
from engine.core.machine import LEAVING
from engine.core.names import is_leg

KEY = "call.dtmf.received"
MASK = "***"
_ONE_HAND_S = 2.0  # between two keys that are pressed as one
_LASTS_S = 0.5  # a state or a text that is over sooner is not waited for
_LONGEST_TEXT = 60  # characters of what is heard
_PHONE_NUMBER = re.compile(r"\d{7}")
_SAYING = frozenset({"speak", "gather_using_speak"})
_BUSY = frozenset({"user_busy", "call_rejected", "busy"})


@dataclass(frozen=True, slots=True)
class Item:
    """
    One step of a scenario, at a time in epoch seconds. *text* is what stands behind the name, of a check in braces.

    *keys* are those that somebody pressed, MASK for each that is secret.
    """

    at: float
    who: str
    kind: Literal["deed", "check", "telnyx"]
    text: str = ""
    keys: tuple[str, ...] = ()


def items_of(
    leg: Leg, who: str, journal: Sequence[JournalEntry], *, flow: str, known: Collection[str], full_numbers: bool
) -> Iterator[Item]:
    """
    Yield the steps of one leg, called *who*, as they came. *flow* is the flow under test.

    Numbers of people are left out unless *full_numbers*; but for those *known*, which stand in the flows anyway.
    """
    yield from _beginnings(leg, who, journal, has_number=full_numbers or leg.number in known)
    yield from _presses(who, journal)
    yield from _far_legs(journal)
    yield from _refusals(who, journal)
    yield from reversed(list(_checks(who, journal, flow=flow, full_numbers=full_numbers)))
    yield from _end(leg, who, journal)


def _events(journal: Sequence[JournalEntry], *, far: bool = False) -> Iterator[tuple[JournalEntry, Mapping[str, Any]]]:
    """Yield the events of the leg itself, or with *far* those of legs that it transferred to."""
    for entry in journal:
        payload = entry.record.get("payload")
        if entry.kind == "event" and isinstance(payload, Mapping) and bool(far_leg(payload)) == far:
            yield entry, payload


def _first(journal: Sequence[JournalEntry], name: str) -> JournalEntry | None:
    return next((entry for entry, _ in _events(journal) if entry.record["type"] == name), None)


def _beginnings(leg: Leg, who: str, journal: Sequence[JournalEntry], *, has_number: bool) -> Iterator[Item]:
    """Somebody calls, or is called and answers or not."""
    began = journal[0].at
    if leg.direction == "incoming":
        source = f' from "{leg.from_}"' if has_number and leg.number else ""
        yield Item(began, who, "deed", "calls" + (source or ("" if leg.number else " from anonymous")))
        return
    if leg.origin is not None and not is_leg(leg.origin.run):
        yield Item(began, who, "deed", "is called" + (f' at "{leg.to}"' if has_number else ""))
    answered, over = _first(journal, "call.answered"), _first(journal, "call.hangup")
    detected = _first(journal, "call.machine.detection.ended")
    is_machine = detected is not None and "machine" in str(detected.record["payload"].get("result"))
    yield from _reaction(who, began, answered, over, is_machine=is_machine)


def _reaction(
    who: str, began: float, answered: JournalEntry | None, over: JournalEntry | None, *, is_machine: bool = False
) -> Iterator[Item]:
    if answered is not None:
        yield Item(answered.at, who, "deed", "answers as a machine" if is_machine else "answers")
    elif over is not None and over.record["payload"].get("hangup_cause") in _BUSY:
        yield Item(over.at, who, "deed", "is busy")
    elif over is not None:
        yield Item(began, who, "deed", "does not answer")


def _far_legs(journal: Sequence[JournalEntry]) -> Iterator[Item]:
    """What those did whom the leg was transferred to."""
    words: dict[str, list[JournalEntry]] = {}
    for entry, payload in _events(journal, far=True):
        words.setdefault(far_leg(payload).removesuffix("."), []).append(entry)
    for who, entries in words.items():
        by_type = {entry.record["type"]: entry for entry in reversed(entries)}
        answered, over = by_type.get("call.answered"), by_type.get("call.hangup")
        yield from _reaction(who, entries[0].at, answered, over)
        if answered is not None and over is not None and over.record["payload"].get("hangup_source") == "callee":
            yield Item(over.at, who, "deed", "hangs up")


def _presses(who: str, journal: Sequence[JournalEntry]) -> Iterator[Item]:
    """Keys of one hand are one step; a # that comes late belongs to those before it."""
    last, last_at, has_moved = None, 0.0, False
    for entry in journal:
        has_moved = has_moved or entry.kind == "state"
        if entry.kind != "event" or entry.record["type"] != KEY:
            continue
        key = str(entry.record["payload"].get("digit"))
        is_one = last is not None and entry.at - last_at <= _ONE_HAND_S and (not has_moved or key == "#")
        if last is not None and not is_one:
            yield last
        last = replace(last, keys=(*last.keys, key)) if last and is_one else Item(entry.at, who, "deed", keys=(key,))
        last_at, has_moved = entry.at, False
    if last is not None:
        yield last


def _refusals(who: str, journal: Sequence[JournalEntry]) -> Iterator[Item]:
    """What Telnyx refused; it must be written before what causes the command."""
    sent = {entry.record["id"]: entry.at for entry in journal if entry.kind == "command"}
    for entry, payload in _events(journal):
        at = sent.get(str(payload.get("command_id")))
        if entry.record["type"] == REFUSED and at is not None and payload.get("status"):
            code = f', code: "{payload["code"]}"' if payload.get("code") else ""
            yield Item(at, who, "telnyx", f"{{fails: {payload['operation']}, with: {payload['status']}{code}}}")


def _checks(who: str, journal: Sequence[JournalEntry], *, flow: str, full_numbers: bool) -> Iterator[Item]:
    """States and texts that last, the latest first."""
    refused = {str(payload.get("command_id")) for entry, payload in _events(journal) if entry.record["type"] == REFUSED}
    until = float("inf")  # when the call went on to another state
    for entry in reversed(journal):
        record, lasts = entry.record, until - entry.at >= _LASTS_S
        if entry.kind in ("state", "ended"):
            until = entry.at
        if entry.kind == "state" and record["flow"] == flow and lasts:
            yield Item(entry.at, who, "check", f"is_in: {record['state']}")
        elif entry.kind == "command" and record["operation"] in _SAYING and record["id"] not in refused and lasts:
            text = _audible(str(record.get("payload") or ""), full_numbers=full_numbers)
            if text:
                yield Item(entry.at, who, "check", f"hears: {json.dumps(text, ensure_ascii=False)}")


def _audible(text: str, *, full_numbers: bool) -> str:
    """Return the part of a text that a check can wait for, "" where there is none."""
    if "<" in text or MASK in text or (_PHONE_NUMBER.search(text) and not full_numbers):
        return ""
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_TEXT else words[:_LONGEST_TEXT].rpartition(" ")[0]


def _end(leg: Leg, who: str, journal: Sequence[JournalEntry]) -> Iterator[Item]:
    over = _first(journal, "call.hangup")
    if over is None:
        return
    person = "caller" if leg.direction == "incoming" else "callee"
    is_answered = _first(journal, "call.answered") is not None
    if over.record.get("at") == LEAVING:
        yield Item(over.at, who, "check", "does: hangup")
    elif over.record["payload"].get("hangup_source") == person and (is_answered or person == "caller"):
        yield Item(over.at, who, "deed", "hangs up")
