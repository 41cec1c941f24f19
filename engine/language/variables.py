"""What a flow remembers: ``remember``, and what other flows give it (``needs``) and get back (``answers``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.core.flow import Variable
from engine.language import codes, words
from engine.language.nodes import Entry, List, Map, Scalar
from engine.language.values import Reading


@dataclass(slots=True)
class Variables:
    """All variables of a flow with the places of their names. *doubtful*: their entries could not be read."""

    all: dict[str, Variable] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    doubtful: frozenset[str] = frozenset()


def read_variables(reading: Reading, root: Map) -> Variables:
    """Return the variables of the flow *root*."""
    found = Variables()
    written = reading.written(root, "remember")
    for entry in reading.entries(root, "remember"):
        _add(reading, found, entry)
    starts = root.get("starts_when")
    another = starts.get("another_flow_calls") if isinstance(starts, Map) and reading.usable(starts) else None
    if isinstance(another, Map) and reading.usable(another):
        written |= reading.written(another, "needs") | reading.written(another, "answers")
        needs = [_add(reading, found, entry) for entry in reading.entries(another, "needs")]
        answers = [_answer(reading, found, entry) for entry in reading.entries(another, "answers")]
        found.needs, found.answers = tuple(filter(None, needs)), tuple(filter(None, answers))
    found.doubtful = written - found.all.keys()
    return found


def _add(reading: Reading, found: Variables, entry: Entry) -> str:
    """Read one variable and return its name, "" where it cannot be used."""
    key, variable = entry.key, _variable(reading, entry)
    if variable is None:
        return ""
    if key.text in found.all:
        message = f"'{key.text}' is in 'remember' already; a value that another flow gives stands only under 'needs'"
        reading.report(codes.TWICE.at(reading.path, key.span, message))
        return ""
    found.all[key.text], found.keys[key.text] = variable, key
    return key.text


def _answer(reading: Reading, found: Variables, entry: Entry) -> str:
    """Read one answer: a variable of its own, or one that the flow remembers anyway, of the same type."""
    known = found.all.get(entry.key.text)
    variable = _variable(reading, entry)
    if known is None:
        return _add(reading, found, entry) if variable is not None else ""
    if variable is not None and variable.type != known.type:
        message = f"'{entry.key.text}' is {known.type} elsewhere in this flow, and {variable.type} here; write one type"
        reading.report(codes.TWICE.at(reading.path, entry.key.span, message))
    return entry.key.text


def _variable(reading: Reading, entry: Entry) -> Variable | None:
    node, key = entry.value, entry.key
    if not reading.good_name(key, words.VARIABLE_RESERVED, "variable"):
        return None
    if isinstance(node, Scalar):
        return Variable(name=key.text, type=node.text, start=_EMPTY.get(node.text))
    if not isinstance(node, Map):
        return None
    kind, secret = reading.scalar(node, "type"), reading.scalar(node, "secret")
    if kind is None:
        return None
    is_secret = secret is not None and secret.value is True
    return Variable(name=key.text, type=kind.text, start=_start(reading, node, kind.text), is_secret=is_secret)


_EMPTY = {"number": 0, "yes_no": False, "list": (), "digits": "", "text": ""}


def _start(reading: Reading, node: Map, kind: str) -> Any:
    start = node.get("start")
    if not reading.usable(start):
        return _EMPTY.get(kind)
    if isinstance(start, List):
        value: Any = tuple(item.text for item in start if isinstance(item, Scalar))
        fits = kind == "list"
    else:
        assert isinstance(start, Scalar)
        value = start.value if kind in ("number", "yes_no") else start.text
        if kind == "digits":
            reading.doubt_number(start)
        fits = fits_type(value, kind)
    if fits:
        return value
    message = f"'start' must be {saying_of(kind)}, because the variable's type is {kind}"
    if kind == "time":
        message = "a time has no 'start'; remove it, and - set the time in a state"
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
