"""Values as authors write them, converted and held against the limits of the verb table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from engine.core.problem import Problem
from engine.core.verbs import Option
from engine.language import codes, saying, words
from engine.language.nodes import Entry, List, Map, Node, Scalar, Span, plain
from engine.language.wanted import wanted
from engine.language.yaml_rules import Finding

# A formula may stand for all of it, in an address for a part behind the host.
_LONE = r"^\s*\{\{.*\}\}\s*$"
_FORMS = {
    "sip": f"{words.SIP}|{_LONE}",
    "tones": f"{words.TONES}|{_LONE}",
    "moment": _LONE,
    "url": r"^https?://[A-Za-z0-9.:-]+(/[^\s]*|/.*\{\{.*)?$",
}


@dataclass(slots=True)
class Reading:
    """The reading of one file: where it is, what its shape ruled out, and what was found so far."""

    path: str
    broken: set[int]
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0  # how often a part could not be used; a part during which it rises is not sound

    def usable(self, node: Node | None) -> bool:
        """Return whether *node* is there and has its shape; a broken one is counted."""
        if node is None:
            return False
        if id(node) in self.broken:
            self.skipped += 1
            return False
        return True

    def scalar(self, node: Map, name: str) -> Scalar | None:
        """Return the single value behind *name*."""
        found = node.get(name)
        return found if self.usable(found) and isinstance(found, Scalar) else None

    def text(self, node: Map, name: str) -> str:
        """Return the text behind *name*, "" where there is none."""
        scalar = self.scalar(node, name)
        return "" if scalar is None else scalar.text

    def entries(self, node: Map, section: str) -> list[Entry]:
        """Return the usable entries of a section that maps names to something."""
        found = node.get(section)
        if not isinstance(found, Map) or not self.usable(found):
            return []
        return [entry for entry in found if self.usable(entry.key) and self.usable(entry.value)]

    def written(self, node: Map, section: str) -> frozenset[str]:
        """Return the names of all entries of a section, also of those that could not be read."""
        found = node.get(section)
        return frozenset(found.keys()) if isinstance(found, Map) else frozenset()

    def good_name(self, key: Scalar, reserved: frozenset[str], what: str) -> bool:
        """Return whether *key* may name a *what*, and report where the word means something else."""
        if key.text not in reserved:
            return True
        message = f"a {what} cannot be called '{key.text}': the word has a meaning of its own"
        self.report(codes.BAD_NAME.at(self.path, key.span, message))
        return False

    def doubt_number(self, node: Scalar) -> None:
        """Warn of a phone number, PIN or key without quotes; what it says is read all the same."""
        if node.style == "plain" and re.fullmatch(r"\+?[0-9]+", node.text):
            message = f"put {node.text} in quotes: a phone number, PIN or key is not a number to count with"
            better = f'"{node.text}"'
            fix = {"hint": f"write {better}", "fix_text": better}
            finding = Finding(rule="Y016", span=node.span, severity="warning", message=message, **fix)
            self.problems.append(finding.at(self.path))

    def report(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.skipped += 1


def seconds(text: str) -> float | None:
    """Return how many seconds "30s", "15m" or "2h" is, None for anything else."""
    if not re.fullmatch(words.DURATION, text):
        return None
    return float(text[:-1]) * words.UNIT_S[text[-1]]


def read_duration(reading: Reading, node: Scalar, label: str, low: float, high: float) -> float | None:
    """Return the seconds of *node*, or None after a report."""
    value = seconds(node.text)
    assert value is not None, "the schema lets only durations through"
    if low <= value <= high:
        return value
    message = f"{label} must be from {spoken(low)} to {spoken(high)}, and {node.text} is not"
    reading.report(codes.OUT_OF_RANGE.at(reading.path, node.span, message))
    return None


def spoken(value_s: float) -> str:
    """Return *value_s* seconds as an author would write them: "90s", "15m", "4h"."""
    for unit in ("h", "m"):
        if value_s >= words.UNIT_S[unit] and value_s % words.UNIT_S[unit] == 0:
            return f"{value_s / words.UNIT_S[unit]:g}{unit}"
    return f"{value_s:g}s"


def read_option(reading: Reading, option: Option, node: Scalar, label: str) -> Any:
    """Return the value of *option* as the compiled flow holds it (texts as written), or None after a report."""
    match option.type:
        case "duration":
            return read_duration(reading, node, label, option.minimum or 0, option.maximum or words.LONGEST_CALL_S)
        case "digits":
            return _digit_counts(reading, option, node, label)
        case "count" | "yes_no":
            return node.value
        case "forever":
            return node.value if isinstance(node.value, int) else node.text
        case "keys" | "key":
            return _pressed(reading, node, label, single=option.type == "key")
        case "phone":
            return _read_phone(reading, node, label)
        case "legs":
            return (node.text,)
        case "sip" | "tones" | "url" | "moment":
            return _patterned(reading, node, label, option.type)
        case "state" if node.text in ("stay", "end"):
            message = (
                f"{label} must be the name of a state, or hangup; the call cannot go on as if nothing had happened"
            )
            reading.report(codes.BAD_CHOICE.at(reading.path, node.span, message))
            return None
    if option.type == "text" and not node.text.strip():
        reading.report(codes.MISSING.at(reading.path, node.span, f"{label} is empty"))
        return None
    if option.type == "text" and option.maximum is not None and len(node.text) > option.maximum:
        message = f"this text has {len(node.text)} characters; Telnyx takes at most {option.maximum:g}"
        reading.report(codes.TOO_LONG.at(reading.path, _beginning(node), message))
        return None
    return node.text


def read_nested(reading: Reading, option: Option, node: List | Map) -> Any:
    """Return the value of an option that is written as a list or a block: names, or names and values as written."""
    if isinstance(node, List):
        return tuple(item.text for item in node if reading.usable(item) and isinstance(item, Scalar))
    if option.type == "tree":
        return plain(node)
    return {
        entry.key.text: entry.value.text
        for entry in node
        if reading.usable(entry.key) and reading.usable(entry.value) and isinstance(entry.value, Scalar)
    }


def _read_phone(reading: Reading, node: Scalar, label: str) -> str | None:
    """Return an E.164 number, or a text with a formula, or None after a report."""
    if re.fullmatch(words.PHONE, node.text) or "{{" in node.text:
        reading.doubt_number(node)
        return node.text
    reading.report(saying.phone(reading.path, node, label))
    return None


def read_number(reading: Reading, node: Scalar, label: str) -> str | None:
    """Return an E.164 number, or a name from ``numbers`` of project.yaml, or None after a report."""
    if re.fullmatch(words.PHONE, node.text) or re.fullmatch(words.NAME, node.text):
        reading.doubt_number(node)
        return node.text
    reading.report(saying.phone(reading.path, node, label))
    return None


def _patterned(reading: Reading, node: Scalar, label: str, what: str) -> str | None:
    """Return a text of a certain form, or one with a formula, whose form is seen when it is filled in."""
    if re.match(_FORMS[what], node.text):
        return node.text
    message = f"{label} must be {wanted(what, {})}, not '{node.text}'"
    if what == "url" and "{{" in node.text:
        message = f"the host in {label} must be written out; a {{{{ }}}} can stand only behind the / that follows it"
    reading.report(codes.WRONG_TYPE.at(reading.path, node.span, message))
    return None


def _digit_counts(reading: Reading, option: Option, node: Scalar, label: str) -> tuple[int, int] | None:
    least, _, most = node.text.partition(" to ")
    low, high = int(least), int(most or least)
    if low > high:
        message = f"{label} must be from the smaller to the larger number: {high} to {low}"
        reading.report(codes.OUT_OF_RANGE.at(reading.path, node.span, message))
        return None
    if low < (option.minimum or 0) or high > (option.maximum or high):
        message = f"{label} must be from {option.minimum:g} to {option.maximum:g}, and {node.text} is not"
        reading.report(codes.OUT_OF_RANGE.at(reading.path, node.span, message))
        return None
    return low, high


def _pressed(reading: Reading, node: Scalar, label: str, *, single: bool) -> str | None:
    if re.fullmatch(words.PRESSED, node.text) and (not single or len(node.text) == 1):
        reading.doubt_number(node)
        return node.text
    what = wanted("key" if single else "keys that count", {})
    message = f"{label} must be {what}, not '{node.text}'"
    reading.report(codes.WRONG_TYPE.at(reading.path, node.span, message))
    return None


def _beginning(node: Scalar) -> Span:
    """Return the first line of a long text, so that the report does not quote all of it."""
    span = node.span
    return span if span.line == span.end_line else Span(span.line, span.column, span.line, span.column + 1)
