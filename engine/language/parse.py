"""Nodes of a flow file to its typed tree; parts that have no sound shape are left out."""

from __future__ import annotations

from typing import Any

from engine.core.flow import ANYWHERE, CALLER, CallAttempts, Prompt, Settings
from engine.language import words
from engine.language.blocks import parse_states, read_anywhere
from engine.language.hours import read_hours
from engine.language.nodes import List, Map, Scalar, Span
from engine.language.tree import FlowTree, RoleTree, StartsTree, StateTree
from engine.language.values import Reading, read_duration, read_number
from engine.language.variables import read_variables

_NOTHING = Span(1, 1, 1, 1)


def parse_flow(root: Map, reading: Reading) -> FlowTree:
    """Return the tree of one file; what is wrong with single values is reported to *reading*."""
    name = reading.scalar(root, "flow") or Scalar("", "", "plain", root.entries[0].key.span)
    variables = read_variables(reading, root)
    hours = read_hours(reading, root, variables.all)
    prompts, prompt_keys, prompt_parts = _prompts(reading, root)
    caller = _role(reading, CALLER, name, root)
    roles = [caller] + [
        _role(reading, entry.key.text, entry.key, entry.value)
        for entry in reading.entries(root, "roles")
        if isinstance(entry.value, Map) and reading.good_name(entry.key, words.ROLE_RESERVED, "role")
    ]
    settings = _settings(reading, root)
    return FlowTree(
        path=reading.path,
        name=name,
        about=reading.text(root, "about"),
        settings=settings,
        variables=variables.all,
        variable_keys=variables.keys,
        needs=variables.needs,
        answers=variables.answers,
        prompts=prompts,
        prompt_keys=prompt_keys,
        prompt_parts=prompt_parts,
        hours=hours,
        doubtful_hours=reading.written(root, "hours") - hours.keys(),
        roles=tuple(roles),
        doubtful=variables.doubtful,
        is_sound=not reading.skipped and not reading.broken,
    )


def _role(reading: Reading, name: str, key: Scalar, node: Map) -> RoleTree:
    skipped = reading.skipped
    states = parse_states(reading, node)
    anywhere_key = Scalar(ANYWHERE, ANYWHERE, "plain", key.span)
    anywhere = StateTree(key=anywhere_key)
    entry = node.entry(ANYWHERE)
    if entry is not None:
        anywhere = read_anywhere(reading, entry)
    starts = _starts_when(reading, node)
    return RoleTree(
        name=name,
        key=key,
        about=reading.text(node, "about"),
        start=reading.scalar(node, "start"),
        states=states,
        anywhere=anywhere,
        starts=starts,
        written=reading.written(node, "states"),
        is_sound=reading.skipped == skipped,
    )


def _starts_when(reading: Reading, node: Map) -> StartsTree:
    found = node.entry("starts_when")
    if found is None or not reading.usable(found.value) or not isinstance(found.value, Map):
        return StartsTree()
    calls_to = found.value.get("calls_to")
    numbers: list[Scalar] = []
    any_number = None
    if isinstance(calls_to, Scalar) and reading.usable(calls_to):
        any_number = calls_to
    if isinstance(calls_to, List) and reading.usable(calls_to):
        numbers = [item for item in calls_to if reading.usable(item) and isinstance(item, Scalar)]
        for number in numbers:
            reading.doubt_number(number)
    return StartsTree(
        numbers=tuple(numbers),
        any_number=any_number,
        connection=reading.scalar(found.value, "connection"),
        by_flows=_key_of(reading, found.value, "another_flow_calls"),
        outgoing=_key_of(reading, found.value, "outgoing_call"),
        line=found.key.span.line,
    )


def _key_of(reading: Reading, node: Map, word: str) -> Scalar | None:
    """Return the key *word* where it stands and does not say false."""
    entry = node.entry(word)
    if entry is None or not reading.usable(entry.value):
        return None
    return None if isinstance(entry.value, Scalar) and entry.value.value is False else entry.key


def _settings(reading: Reading, root: Map) -> Settings:
    node = root.get("settings")
    values: dict[str, Any] = {}
    if isinstance(node, Map) and reading.usable(node):
        for name in ("language", "voice"):
            scalar = reading.scalar(node, name)
            if scalar is not None:
                values[name] = scalar.text
        longest = reading.scalar(node, "longest_call")
        if longest is not None:
            value = read_duration(reading, longest, "'longest_call'", 10, words.LONGEST_CALL_S)
            values |= {"longest_call_s": value} if value is not None else {}
        call_from = reading.scalar(node, "call_from")
        if call_from is not None:
            values["call_from"] = read_number(reading, call_from, "'call_from'") or ""
        attempts = node.get("call_attempts")
        if isinstance(attempts, Map) and reading.usable(attempts):
            values["call_attempts"] = _call_attempts(reading, attempts)
    return Settings(**values)


def _call_attempts(reading: Reading, node: Map) -> CallAttempts:
    values: dict[str, Any] = {}
    for word, low, high in (("wait_between", 1.0, 86400.0), ("ring_for", 5.0, 600.0)):
        scalar = reading.scalar(node, word)
        value = None if scalar is None else read_duration(reading, scalar, f"'{word}'", low, high)
        values |= {f"{word}_s": value} if value is not None else {}
    tries, detect = reading.scalar(node, "tries"), reading.scalar(node, "detect_machine")
    values |= {"tries": tries.value} if tries is not None else {}
    values |= {"detect_machine": detect.text} if detect is not None and detect.text != "disabled" else {}
    return CallAttempts(**values)


def _prompts(
    reading: Reading, root: Map
) -> tuple[dict[str, dict[str, Prompt]], dict[str, Scalar], dict[tuple[str, str], Scalar]]:
    prompts: dict[str, dict[str, Prompt]] = {}
    keys: dict[str, Scalar] = {}
    parts: dict[tuple[str, str], Scalar] = {}
    for entry in reading.entries(root, "prompts"):
        if not isinstance(entry.value, Map):
            continue
        name = entry.key.text
        keys[name] = entry.key
        prompts[name] = {}
        for language in entry.value:
            is_usable = reading.usable(language.key) and reading.usable(language.value)
            audio = reading.scalar(language.value, "audio") if isinstance(language.value, Map) else None
            part = language.value if isinstance(language.value, Scalar) else audio
            if is_usable and part is not None:
                prompt = Prompt(text=part.text) if audio is None else Prompt(audio=part.text)
                prompts[name][language.key.text], parts[name, language.key.text] = prompt, part
    return prompts, keys, parts
