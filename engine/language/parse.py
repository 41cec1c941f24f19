"""Nodes of a flow file to its typed tree; parts that have no sound shape are left out."""

from __future__ import annotations

from typing import Any

from engine.core.flow import ANYWHERE, CALLER, Prompt, Settings, Variable
from engine.language import codes, words
from engine.language.blocks import parse_states, read_anywhere
from engine.language.nodes import Entry, List, Map, Scalar, Span
from engine.language.tree import FlowTree, RoleTree, StartsTree, StateTree
from engine.language.values import Reading, read_duration

_NOTHING = Span(1, 1, 1, 1)


def parse_flow(root: Map, reading: Reading) -> FlowTree:
    """Return the tree of one file; what is wrong with single values is reported to *reading*."""
    name = _scalar(reading, root, "flow") or Scalar("", "", "plain", root.entries[0].key.span)
    variables, variable_keys = _variables(reading, root)
    prompts, prompt_keys, prompt_parts = _prompts(reading, root)
    caller = _role(reading, CALLER, name, root)
    roles = [caller] + [
        _role(reading, entry.key.text, entry.key, entry.value)
        for entry in _entries(reading, root, "roles")
        if isinstance(entry.value, Map) and _good_name(reading, entry.key, words.ROLE_RESERVED, "role")
    ]
    settings = _settings(reading, root)
    return FlowTree(
        path=reading.path,
        name=name,
        about=_text(reading, root, "about"),
        settings=settings,
        variables=variables,
        variable_keys=variable_keys,
        prompts=prompts,
        prompt_keys=prompt_keys,
        prompt_parts=prompt_parts,
        roles=tuple(roles),
        doubtful=_written(root, "remember") - variables.keys(),
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
        about=_text(reading, node, "about"),
        start=_scalar(reading, node, "start"),
        states=states,
        anywhere=anywhere,
        starts=starts,
        written=_written(node, "states"),
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
    return StartsTree(
        numbers=tuple(numbers),
        any_number=any_number,
        connection=_scalar(reading, found.value, "connection"),
        line=found.key.span.line,
    )


def _settings(reading: Reading, root: Map) -> Settings:
    node = root.get("settings")
    values: dict[str, Any] = {}
    if isinstance(node, Map) and reading.usable(node):
        for name in ("language", "voice"):
            scalar = _scalar(reading, node, name)
            if scalar is not None:
                values[name] = scalar.text
        longest = _scalar(reading, node, "longest_call")
        if longest is not None:
            value = read_duration(reading, longest, "'longest_call'", 10, words.LONGEST_CALL_S)
            values |= {"longest_call_s": value} if value is not None else {}
    return Settings(**values)


def _variables(reading: Reading, root: Map) -> tuple[dict[str, Variable], dict[str, Scalar]]:
    variables: dict[str, Variable] = {}
    keys: dict[str, Scalar] = {}
    for entry in _entries(reading, root, "remember"):
        node, key = entry.value, entry.key
        if not isinstance(node, Map) or not _good_name(reading, key, words.VARIABLE_RESERVED, "variable"):
            continue
        kind = _scalar(reading, node, "type")
        if kind is None:
            continue
        secret = _scalar(reading, node, "secret")
        start = _start_value(reading, node, kind.text)
        is_secret = secret is not None and secret.value is True
        variables[key.text] = Variable(name=key.text, type=kind.text, start=start, is_secret=is_secret)
        keys[key.text] = key
    return variables, keys


def _start_value(reading: Reading, node: Map, kind: str) -> Any:
    start = node.get("start")
    if not reading.usable(start):
        return {"number": 0, "yes_no": False, "list": (), "digits": "", "text": ""}.get(kind)
    if isinstance(start, List):
        value: Any = tuple(item.text for item in start if isinstance(item, Scalar))
        fits = kind == "list"
    else:
        assert isinstance(start, Scalar)
        value = start.value if kind in ("number", "yes_no") else start.text
        fits = fits_type(value, kind)
    if fits:
        return value
    message = f"'start' must be {saying_of(kind)}, because the variable's type is {kind}"
    reading.report(codes.WRONG_VALUE.at(reading.path, start.span, message))
    return None


def fits_type(value: Any, kind: str) -> bool:
    """Return whether a value as written may go into a variable of type *kind*."""
    match kind:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "yes_no":
            return isinstance(value, bool)
        case "digits":
            return isinstance(value, str) and all(letter in "0123456789*#" for letter in value)
        case "text":
            return isinstance(value, str)
    return False


def saying_of(kind: str) -> str:
    """Return *kind* as the end of "must be"."""
    return {
        "number": "a number",
        "yes_no": "true or false",
        "digits": "digits (0 to 9, * and #)",
        "text": "a text",
        "list": "a list in [ ]",
        "time": "a time from a formula",
    }[kind]


def _prompts(
    reading: Reading, root: Map
) -> tuple[dict[str, dict[str, Prompt]], dict[str, Scalar], dict[tuple[str, str], Scalar]]:
    prompts: dict[str, dict[str, Prompt]] = {}
    keys: dict[str, Scalar] = {}
    parts: dict[tuple[str, str], Scalar] = {}
    for entry in _entries(reading, root, "prompts"):
        if not isinstance(entry.value, Map):
            continue
        name = entry.key.text
        keys[name] = entry.key
        prompts[name] = {}
        for language in entry.value:
            if not (reading.usable(language.key) and reading.usable(language.value)):
                continue
            if isinstance(language.value, Scalar):
                _no_formula(reading, language.value)
                prompts[name][language.key.text] = Prompt(text=language.value.text)
                parts[name, language.key.text] = language.value
            elif isinstance(language.value, Map):
                audio = _scalar(reading, language.value, "audio")
                if audio is not None:
                    prompts[name][language.key.text] = Prompt(audio=audio.text)
                    parts[name, language.key.text] = audio
    return prompts, keys, parts


def _no_formula(reading: Reading, text: Scalar) -> None:
    if "{{" in text.text:
        span = text.part(text.text.find("{{"), 2)
        message = "{{ }} in a prompt is not supported in this version of ringflow yet; use speak"
        reading.report(codes.NOT_YET.at(reading.path, span, message))


def _entries(reading: Reading, root: Map, section: str) -> list[Entry]:
    """Return the usable entries of a section that maps names to something."""
    node = root.get(section)
    if not isinstance(node, Map) or not reading.usable(node):
        return []
    return [entry for entry in node if reading.usable(entry.key) and reading.usable(entry.value)]


def _good_name(reading: Reading, key: Scalar, reserved: frozenset[str], what: str) -> bool:
    if key.text not in reserved:
        return True
    message = f"a {what} cannot be called '{key.text}': the word has a meaning of its own"
    reading.report(codes.BAD_NAME.at(reading.path, key.span, message))
    return False


def _written(node: Map, section: str) -> frozenset[str]:
    found = node.get(section)
    return frozenset(found.keys()) if isinstance(found, Map) else frozenset()


def _scalar(reading: Reading, node: Map, name: str) -> Scalar | None:
    found = node.get(name)
    return found if reading.usable(found) and isinstance(found, Scalar) else None


def _text(reading: Reading, node: Map, name: str) -> str:
    scalar = _scalar(reading, node, name)
    return "" if scalar is None else scalar.text
