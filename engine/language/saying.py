"""What a person is told when a file does not have the shape of its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.nearest import did_you_mean, nearest
from engine.core.problem import Problem
from engine.core.verbs import SYNONYMS, VERBS
from engine.language import codes, words
from engine.language.codes import Code
from engine.language.nodes import List, Map, Node, Scalar, Span
from engine.language.wanted import example, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One place that has not the shape of the schema.

    *key* is the key or verb before *node* (None for an item of a list), *section* the nearest key around it, *word*
    the schema's keyword that it breaks, *missing* the names that must be there.
    """

    node: Node
    key: Scalar | None
    section: str
    word: str
    schema: Mapping[str, Any]
    missing: list[str]

    @property
    def what(self) -> str:
        """What the schema says the value is."""
        return str(self.schema["x-is"])

    @property
    def verb(self) -> str:
        """The verb whose value this is, or an empty text."""
        return self.what.removeprefix("verb:") if self.what.startswith("verb:") else ""

    @property
    def wanted(self) -> str:
        return wanted(self.what, self.schema)

    @property
    def is_outer(self) -> bool:
        """True for a whole file or role, of which the rest is worth checking when something is missing."""
        return self.what in ("flow", "role", "project")

    @property
    def label(self) -> str:
        return f"'{self.key.text}'" if self.key is not None else f"an entry of '{self.section}'"

    @property
    def span(self) -> Span:
        """The place to point at: the value, but the key of a value of several lines."""
        return self.node.span if self.key is None or isinstance(self.node, Scalar) else self.key.span


_PLACES: Mapping[str, tuple[Code, str]] = {
    "flow": (codes.UNKNOWN_SECTION, "a flow file"),
    "project": (codes.UNKNOWN_SECTION, "project.yaml"),
    "role": (codes.UNKNOWN_SECTION, "a role"),
    "state": (codes.UNKNOWN_STATE_KEY, "a state"),
    "exits": (codes.UNKNOWN_OPTION, "a rule"),
    "rule": (codes.UNKNOWN_OPTION, "a rule"),
}
_MOST_LISTED = 8  # words that a sentence can hold
_USUAL = (
    "answer", "speak", "prompt", "play", "gather", "record", "enqueue", "connect", "join_conference", "transfer",
    "dial", "notify", "set", "hangup",
)  # fmt: skip
_KEY_HINT = "A key is one or more of 0 to 9, * and # in quotes, or one of the words digits, anything_else and nothing."


def unknown_word(path: str, fault: Fault, key: Scalar) -> Problem:
    """Say that *key* does not belong here, and which word is meant."""
    known, word = list(fault.schema["properties"]), key.text
    what = "rule" if fault.what == "exits" else fault.verb or fault.what
    if what == "step":
        return _unknown_verb(path, key)
    code, place = _PLACES.get(what, (codes.UNKNOWN_OPTION, f"'{fault.section or what}'"))
    meant = SYNONYMS.get(word, "") if what in ("state", "rule") else words.OPTION_SYNONYMS.get(word, "")
    synonym = next((option for option in meant.split() if option in known), None)
    if synonym is not None:
        return code.at(path, key.span, f"{place} has no '{word}'; the word is '{synonym}'")
    if what in ("state", "rule") and word in VERBS and (what, word) not in words.INSTEAD:
        return code.at(path, key.span, f"'{word}' is a step; it belongs under 'do', behind a dash")
    near, instead = did_you_mean(word, known), words.INSTEAD.get((what, word), "")
    if what in ("run", "call_later") and not near and not instead:
        instead = f"what the flow needs stands under give: {{{word}: ...}}"
    if instead:
        return code.at(path, key.span, f"{place} has no '{word}'; {instead}")
    return code.at(path, key.span, f"{place} has no '{word}'{near}", hint=f"Possible here: {', '.join(known)}.")


def _unknown_verb(path: str, key: Scalar) -> Problem:
    word = key.text
    if word in ("then", "keys", "on", "after", "every", "on_error", "about"):
        message = f"'{word}' is not a step; write it without a dash, beside 'do'"
        return codes.UNKNOWN_VERB.at(path, key.span, message)
    synonym = SYNONYMS.get(word)
    if synonym in VERBS:
        return codes.UNKNOWN_VERB.at(path, key.span, f"there is no verb '{word}'; the word is '{synonym}'")
    if synonym is not None:
        message = f"there is no verb '{word}'; write '{synonym}' beside 'do', without a dash"
        return codes.UNKNOWN_VERB.at(path, key.span, message)
    near = did_you_mean(word, VERBS)
    hint = "" if near else f"The usual ones: {', '.join(_USUAL)}. All of them: ringflow verbs."
    return codes.UNKNOWN_VERB.at(path, key.span, f"there is no verb '{word}'{near}", hint=hint)


def not_a_map(path: str, root: Node, kind: str) -> Problem:
    """Say that a file is not made of sections."""
    first = "flow: NAME" if kind == "flow" else "audio:"
    message = f"this file must be made of sections, each a word and a colon, such as {first}"
    span = Span(root.span.line, root.span.column, root.span.line, root.span.column + 1)
    return codes.WRONG_TYPE.at(path, span, message)


def missing(path: str, fault: Fault, names: list[str]) -> Problem:
    """Say which words must be there and are not."""
    listed = " and ".join(f"'{name}'" for name in names)
    for entry in fault.node if isinstance(fault.node, Map) else ():
        if (meant := nearest(entry.key.text, names)) is not None:  # where any further word is allowed
            message = f"there is '{entry.key.text}' here, and no '{meant}'; did you mean '{meant}'?"
            return codes.UNKNOWN_OPTION.at(path, entry.key.span, message)
    owner = f"'{fault.key.text}'" if fault.key is not None else "this flow" if fault.what == "flow" else "this"
    place = fault.key or (fault.node.entries[0].key if isinstance(fault.node, Map) else fault.node)
    return codes.MISSING.at(path, place.span, f"{owner} needs {listed}")


def broken_rule(path: str, fault: Fault) -> Problem:
    """Say what is wrong with a value, or with the name of an entry."""
    node, label = fault.node, fault.label
    if isinstance(node, Scalar) and node.value is None and not node.is_quoted:
        return _empty(path, fault)
    match fault.word:
        case "type":
            return _wrong_type(path, fault)
        case "maxProperties":
            return _too_many(path, fault)
        case "minProperties" | "minItems":
            return codes.MISSING.at(path, fault.span, f"{label} is empty; it must be {fault.wanted}")
        case "minimum" | "maximum":
            low, high = fault.schema["minimum"], fault.schema["maximum"]
            message = f"{label} must be from {low} to {high}, and {_text_of(node)} is not"
            return codes.OUT_OF_RANGE.at(path, fault.span, message)
        case "enum" if fault.what == "language":
            return language(path, node, list(fault.schema["enum"]))
        case "enum":
            return choice(path, node, label, list(fault.schema["enum"]))
    return _bad_text(path, fault)


def choice(path: str, node: Node, label: str, values: list[str]) -> Problem:
    """Say that the text of *node* is none of *values*."""
    word = _text_of(node)
    if len(values) > _MOST_LISTED:
        near = did_you_mean(word, [value for value in values if value.startswith(word)] or values)
        message = f"{label} cannot be '{word}'{near}"
        return codes.BAD_CHOICE.at(path, node.span, message, hint=f"Possible: {', '.join(values)}.")
    listed = ", ".join(values[:-1]) + f" or {values[-1]}" if len(values) > 1 else values[0]
    return codes.BAD_CHOICE.at(path, node.span, f"{label} must be {listed}, not '{word}'{did_you_mean(word, values)}")


def language(path: str, node: Node, values: Sequence[str]) -> Problem:
    """Say that *node* is none of the languages of Telnyx's voices; a country that is left out is added."""
    word = _text_of(node)
    start = word[:2].lower()
    whole = [f"{start}-{start.upper()}", f"{start}-US", *(value for value in values if value.startswith(start))]
    meant = nearest(word, values) or next((value for value in whole if value in values), None)
    near = f"; did you mean '{meant}'?" if meant else ""
    message = f"'{word}' is no language that Telnyx speaks{near}"
    listed = [value for value in values if value.startswith(f"{start}-")] or values
    return codes.BAD_CHOICE.at(path, node.span, message, hint=f"Possible: {', '.join(listed)}.")


def duration(path: str, node: Node, label: str) -> Problem:
    """Say that *node* is not a time."""
    text = _text_of(node)
    if text.isascii() and text.isdigit():
        message = f"{label} needs a unit: {text}s for seconds, {text}m for minutes or {text}h for hours"
        hint = "A bare number could mean seconds, milliseconds or minutes."
        return codes.BAD_DURATION.at(path, node.span, message, hint=hint)
    message = f"{label} must be a number and its unit, for example 30s, 15m or 2h, not '{text}'"
    long = re.fullmatch(r"([0-9]+) *([smh])[a-z]*", text.lower())
    if long is not None:
        message = f"{label} cannot be '{text}'; write {long[1]}{long[2]}"
    return codes.BAD_DURATION.at(path, node.span, message)


def phone(path: str, node: Node, label: str) -> Problem:
    """Say that *node* is not a phone number."""
    text = _text_of(node)
    bare = re.sub(r"^(\+|00)|[ ().-]", "", text)
    is_whole = re.fullmatch(r"[1-9][0-9]{6,14}", bare) and (text.startswith(("+", "00")) or len(bare) > 10)
    better = f'; write "+{bare}"' if is_whole else ""
    return codes.BAD_PHONE.at(path, node.span, f"{label} must be {wanted('phone', {})}, not '{text}'{better}")


def _bad_name(path: str, node: Node) -> Problem:
    """Say that *node* cannot be a name."""
    word = _text_of(node)
    if "://" in word or "@" in word:
        message = f"only a name may stand here, not '{word}'; write the address into project.yaml, and its name here"
        return codes.BAD_NAME.at(path, node.span, message)
    better = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in word.lower()).strip("_")
    hint = f"For example: {better}." if better[:1].isalpha() and better != word else ""
    message = f"'{word}' cannot be a name here; use small letters, digits and _, with a letter first"
    return codes.BAD_NAME.at(path, node.span, message, hint=hint)


def _empty(path: str, fault: Fault) -> Problem:
    if fault.key is None:
        message = "nothing stands behind this dash; write something there, or remove the dash"
        return codes.MISSING.at(path, fault.node.span, message)
    message = f"nothing stands behind '{fault.key.text}:'; it must be {fault.wanted}"
    if fault.verb:
        message = f"'{fault.key.text}' needs something behind the colon; write {example(fault.verb)}"
    return codes.MISSING.at(path, fault.key.span, message)


def _wrong_type(path: str, fault: Fault) -> Problem:
    node, label, text = fault.node, fault.label, _text_of(fault.node).lower()
    if fault.what == "steps":
        return _no_dash(path, node, fault.section)
    if fault.what == "duration":
        return duration(path, node, label)
    if fault.what == "nothing":
        message = f"{label} takes nothing behind it; write only - {fault.section}"
        return codes.WRONG_TYPE.at(path, fault.span, message)
    if fault.what == "yes_no" and text in ("yes", "no", "on", "off", "y", "n"):
        better = "true" if text in ("yes", "on", "y") else "false"
        return codes.WRONG_TYPE.at(path, node.span, f"{label} must be true or false; write {better}")
    if fault.verb and not VERBS[fault.verb].main:
        return codes.WRONG_TYPE.at(path, fault.span, f"{label} takes options in {{ }}; write {example(fault.verb)}")
    if fault.what == "rule" and isinstance(node, Scalar):
        message = f"each dash of '{fault.section}' must be a rule; write - then: {node.text}"
        return codes.WRONG_TYPE.at(path, fault.span, message)
    written = {Scalar: "a text", Map: "a block of names and values", List: "a list"}[type(node)]
    if isinstance(node, Scalar) and isinstance(node.value, int | float):
        written = "true or false" if isinstance(node.value, bool) else "a number"
    return codes.WRONG_TYPE.at(path, fault.span, f"{label} must be {fault.wanted}, not {written}")


def _no_dash(path: str, node: Node, section: str) -> Problem:
    first = node.entries[0].key if isinstance(node, Map) and node.entries else node
    message = f"a dash is missing: each step of '{section}' begins with one, like - {_text_of(first) or 'answer'}"
    return codes.MISSING_DASH.at(path, first.span, message)


def _too_many(path: str, fault: Fault) -> Problem:
    node = fault.node
    if fault.what != "step" or not isinstance(node, Map):
        names = list(fault.schema["properties"])
        message = f"only one of {', '.join(names[:-1])} and {names[-1]} may stand here"
        return codes.ONE_OF.at(path, fault.span, message)
    first, second = node.entries[0].key, node.entries[1].key
    verb = VERBS.get(first.text)
    if verb is not None and verb.option(second.text) is not None:
        message = f"'{second.text}' belongs to '{first.text}'; write {first.text}: {{..., {second.text}: ...}}"
    elif second.text in VERBS:
        message = f"'{first.text}' and '{second.text}' are two steps; give '{second.text}' a dash of its own"
    else:
        message = f"'{second.text}' cannot stand beside the verb '{first.text}'; one dash, one verb"
    return codes.TWO_VERBS.at(path, second.span, message)


def _bad_text(path: str, fault: Fault) -> Problem:
    node, what, text = fault.node, fault.what, _text_of(fault.node)
    if what == "name":
        return _bad_name(path, node)
    if what == "duration":
        return duration(path, node, "the time" if node is fault.key else fault.label)
    if what == "phone":
        return phone(path, node, fault.label)
    if what == "pressed key":
        return _bad_key(path, node, text)
    if what == "step":
        return _bare(path, node)
    if fault.verb:
        return choice(path, node, fault.label, str(fault.schema["pattern"]).strip("^()$").split("|"))
    return codes.WRONG_TYPE.at(path, node.span, f"{fault.label} must be {fault.wanted}, not '{text}'")


def _bad_key(path: str, node: Node, text: str) -> Problem:
    meant = words.KEY_SYNONYMS.get(text.lower().replace(" ", "_"))
    near = f"; write {meant}" if meant else did_you_mean(text, words.KEY_WORDS)
    return codes.BAD_KEY.at(path, node.span, f"nobody can press '{text}'{near}", hint="" if meant else _KEY_HINT)


def _bare(path: str, node: Node) -> Problem:
    """Say what is wrong with a step that is one word."""
    assert isinstance(node, Scalar)  # only texts have a pattern to break
    if node.text in VERBS:
        message = f"'{node.text}' needs a colon and something behind it; write {example(node.text)}"
        return codes.MISSING.at(path, node.span, message)
    if node.span.end_line > node.span.line and all(word in VERBS for word in node.text.split()):
        span = Span(node.span.end_line, 1, node.span.end_line, node.span.end_column)
        message = f"a dash is missing: each step begins with one, like - {node.text.split()[-1]}"
        return codes.MISSING_DASH.at(path, span, message)
    if node.text.split(":")[0] in VERBS or " " in node.text.strip():
        hint = "A text with a colon or other marks in it needs quotes around it."
        message = "this is a text, not a step; a step begins with a verb and a colon, like - speak: ..."
        return codes.UNKNOWN_VERB.at(path, node.span, message, hint=hint)
    return _unknown_verb(path, node)


def _text_of(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""
