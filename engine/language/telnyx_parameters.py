"""The parameters of ``telnyx: {operation: NAME, ...}``, held against the catalogue as strictly as a verb's options."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from engine.core.catalogue import ROOM_IDS, THIS_CALL, Operation
from engine.core.kinds import Kind
from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.core.text import Text
from engine.core.verbs import VERBS
from engine.language import codes, saying
from engine.language.formulas import Formulas, Names
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.telnyx_answer import check_into, example, lacks_into
from engine.language.tree import StepTree

Shape = Mapping[str, Any]

_OURS = frozenset({"client_state", "command_id"})
_TEXT: Shape = {"type": "string", "minLength": 1}
_BASE64: Shape = {"type": "string", "format": "base64"}  # the catalogue says so in words only (facts.md, section 3)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PHRASES = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list in [ ]", "object": "names and values in { }",
}  # fmt: skip
_KINDS = {
    "string": (Kind.TEXT, Kind.DIGITS), "integer": (Kind.NUMBER,), "number": (Kind.NUMBER,),
    "boolean": (Kind.YES_NO,), "array": (Kind.LIST,), "object": (),
}  # fmt: skip
_MOST_LISTED = 15


class TelnyxParameters:
    """Reads the parameters of one step: what they are, and what Telnyx would refuse."""

    def __init__(self, work: Formulas, step: StepTree, names: Names) -> None:
        self._work = work
        self._step = step
        self._names = names
        self._texts: dict[int, Any] = {}

    def read(self) -> dict[str, Any]:
        """Return the parameters with their texts compiled; problems are reported to the formulas' working paper."""
        word = self._step.given.get("operation")
        operations = self._work.catalogue.operations
        if word is None:
            return {}
        if word.text not in operations:
            message = f"Telnyx has no operation '{word.text}'{did_you_mean(word.text, operations)}"
            self._report(codes.BAD_CHOICE.at(self._path, word.span, message, hint=_hint_for(word.text)))
            return {}
        operation = operations[word.text]
        shapes = _shapes(operation)
        values = {}
        problems: list[Problem] = []
        for key, node in self._step.rest:
            if key.text in shapes:
                values[key.text] = self._value(node, shapes[key.text], f"'{key.text}'", problems)
            else:
                problems.append(self._unknown(operation, key, shapes))
        problems += self._together(operation, values)
        problems += check_into(self._path, self._step, operation)
        for problem in problems:
            self._report(problem)
        return values

    @property
    def _path(self) -> str:
        return self._work.tree.path

    def _report(self, problem: Problem) -> None:
        self._work.report(problem)

    # -- all of them together ------------------------------------------------------------------------------------

    def _unknown(self, operation: Operation, key: Scalar, shapes: Mapping[str, Shape]) -> Problem:
        if key.text in _OURS:
            message = f"'{key.text}' is ringflow's own, by which it knows its calls and commands; leave it out"
            return codes.UNKNOWN_OPTION.at(self._path, key.span, message)
        message = f"the operation {operation.name} has no '{key.text}'{did_you_mean(key.text, shapes)}"
        return codes.UNKNOWN_OPTION.at(self._path, key.span, message, hint=_hint(operation, shapes))

    def _together(self, operation: Operation, values: Mapping[str, Any]) -> Iterable[Problem]:
        """Yield what is missing, and what excludes each other."""
        key, name = self._step.key, operation.name
        given = {word.text: word for word, _ in self._step.rest}
        misspelt = any(word not in values for word in given)  # it may be the missing one
        missing = [word for word in _needed(operation) if word not in given]
        lacks = lacks_into(self._step, operation)
        if (missing or lacks) and not misspelt:
            listed = " and ".join(f"'{word}'" for word in [*missing, *(["into"] if lacks else [])])
            hint = example(operation) if lacks else ""
            yield codes.MISSING.at(self._path, key.span, f"the operation {name} needs {listed}", hint=hint)
        for group in operation.one_of_required:
            if not misspelt and not any(word in given for word in group):
                listed = f"{', '.join(group[:-1])} or {group[-1]}"
                yield codes.MISSING.at(self._path, key.span, f"the operation {name} needs {listed}")
        for one, other in operation.conflicts:
            if one in given and other in given:
                message = f"the operation {name} takes '{one}' or '{other}', not both"
                yield codes.ONE_OF.at(self._path, given[other].span, message)
        for one, other in operation.requires:
            if one in given and values.get(one) is not False and other not in given:
                yield codes.MISSING.at(self._path, given[one].span, f"'{one}' needs '{other}' beside it")

    # -- one of them ---------------------------------------------------------------------------------------------

    def _value(self, node: Node, shape: Shape, label: str, problems: list[Problem]) -> Any:
        """Return what *node* says, as Telnyx wants it."""
        shape = self._work.catalogue.shape(shape)
        if "any_of" in shape:
            return self._any_of(node, shape["any_of"], label, problems)
        match node:
            case Scalar():
                return self._scalar(node, shape, label, problems)
            case List() if shape.get("type", "array") == "array":
                return [self._value(item, shape.get("items", {}), f"an entry of {label}", problems) for item in node]
            case Map() if shape.get("type", "object") == "object":
                return self._object(node, shape, label, problems)
        problems.append(self._wrong(node, shape, label))
        return None

    def _any_of(self, node: Node, shapes: list[Shape], label: str, problems: list[Problem]) -> Any:
        """Take the first shape that fits; where none does, tell about the one that comes closest."""
        tries = []
        for shape in self._possible(node, shapes):
            found: list[Problem] = []
            value = self._value(node, shape, label, found)
            if not found:
                return value
            is_far = _is_other(node, self._work.catalogue.shape(shape))
            tries.append((is_far, len(found), found))
        tries.sort(key=lambda one: one[:2])
        if len(tries) > 1 and tries[0][0]:
            kinds = [_PHRASES.get(self._work.catalogue.shape(shape).get("type", ""), "") for shape in shapes]
            listed = " or ".join(dict.fromkeys(filter(None, kinds)))
            problems.append(codes.WRONG_TYPE.at(self._path, node.span, f"{label} must be {listed}"))
        else:
            problems += tries[0][2]
        return None

    def _possible(self, node: Node, shapes: list[Shape]) -> list[Shape]:
        """Return *shapes* in the order to try: a number that is no number here may be a text, where no number is."""
        if not isinstance(node, Scalar) or isinstance(node.value, str):
            return shapes
        kinds = [self._work.catalogue.shape(shape).get("type") for shape in shapes]
        others = [shape for shape, kind in zip(shapes, kinds, strict=True) if kind != "string"]
        texts = [shape for shape, kind in zip(shapes, kinds, strict=True) if kind == "string"]
        return others if {"integer", "number"} & {*kinds} else others + texts

    def _object(self, node: Map, shape: Shape, label: str, problems: list[Problem]) -> dict[str, Any]:
        parts, other = shape.get("properties"), shape.get("additional")
        values = {}
        for entry in node:
            name = entry.key.text
            part = (parts or {}).get(name, {} if parts is None else other)
            if part is None:
                message = f"{label} has no '{name}'{did_you_mean(name, parts or ())}"
                hint = f"Possible here: {', '.join(parts)}." if parts and len(parts) <= _MOST_LISTED else ""
                problems.append(codes.UNKNOWN_OPTION.at(self._path, entry.key.span, message, hint=hint))
            else:
                values[name] = self._value(entry.value, part, f"'{name}'", problems)
        missing = [name for name in shape.get("required", ()) if node.get(name) is None]
        if missing and len(values) == len(node.entries):  # else a word that is not known may be the missing one
            listed = " and ".join(f"'{name}'" for name in missing)
            problems.append(codes.MISSING.at(self._path, node.span, f"{label} needs {listed}"))
        return values

    def _scalar(self, node: Scalar, shape: Shape, label: str, problems: list[Problem]) -> Any:
        value = self._compiled(node)
        kind = shape.get("type", "")
        if isinstance(value, Text):
            if kind and value.kind is not Kind.ANY and value.kind not in _KINDS[kind]:
                message = f"{label} must be {_PHRASES[kind]}, and this is {value.kind.phrase}"
                problems.append(codes.WRONG_TYPE.at(self._path, node.span, message))
            return value
        if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
            value = node.text  # an unquoted 12 is a text here
        if kind and not _is_of(value, kind):
            problems.append(self._wrong(node, shape, label))
        else:
            problems += self._limits(node, value, shape, label)
        return value

    def _compiled(self, node: Scalar) -> Any:
        """Return the scalar's value with its formulas compiled, once however many shapes are tried."""
        if id(node) not in self._texts:
            value = self._texts[id(node)] = self._work.value(node, self._names)
            self._work.keep_secret(value, node, "telnyx")
        return self._texts[id(node)]

    def _wrong(self, node: Node, shape: Shape, label: str) -> Problem:
        kind = shape.get("type", "")
        message = f"{label} must be {_PHRASES.get(kind, 'something else')}"
        if isinstance(node, Scalar) and node.value is None:
            return codes.MISSING.at(
                self._path, node.span, f"nothing stands behind {label}; it must be {_PHRASES[kind]}"
            )
        if isinstance(node, Scalar) and node.is_quoted and kind in ("integer", "number", "boolean"):
            message += ", without quotes"
        if isinstance(node, Scalar) and isinstance(node.value, bool) and kind == "string":
            message += ", in quotes"
        return codes.WRONG_TYPE.at(self._path, node.span, message)

    def _limits(self, node: Scalar, value: Any, shape: Shape, label: str) -> Iterable[Problem]:
        words = [str(word) for word in shape.get("enum", ())]
        if words and str(value) not in words:
            yield self._choice(node, words, label)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            low, high = shape.get("minimum"), shape.get("maximum")
            if (low is not None and value < low) or (high is not None and value > high):
                message = f"{label} must be {_between(low, high)}, and {node.text} is not"
                yield codes.OUT_OF_RANGE.at(self._path, node.span, message)
        elif isinstance(value, str):
            yield from self._text(node, value, shape, label)

    def _text(self, node: Scalar, value: str, shape: Shape, label: str) -> Iterable[Problem]:
        most = shape.get("maxLength")
        if len(value) < shape.get("minLength", 0):
            yield codes.MISSING.at(self._path, node.span, f"{label} is empty")
        elif most is not None and len(value) > most:
            message = f"{label} has {len(value)} characters; Telnyx takes at most {most}"
            yield codes.TOO_LONG.at(self._path, node.span, message)
        elif shape.get("format") == "uuid" and not _UUID.fullmatch(value):
            message = f"{label} must be an id such as 6a09cdc3-8948-47f0-aa62-74ac943d6c58"
            yield codes.WRONG_TYPE.at(self._path, node.span, message)
        elif shape.get("format") == "base64" and not _is_base64(value):
            yield codes.WRONG_TYPE.at(self._path, node.span, f"{label} must be base64, such as aGVsbG8=")
        elif "pattern" in shape and not re.search(shape["pattern"], value):
            message = f"{label} must have the form {shape['pattern']}, and '{value}' has not"
            yield codes.WRONG_TYPE.at(self._path, node.span, message)

    def _choice(self, node: Scalar, words: list[str], label: str) -> Problem:
        if len(words) <= _MOST_LISTED:
            return saying.choice(self._path, node, label, words)
        message = f"{label} cannot be '{node.text}'{did_you_mean(node.text, words)}"
        return codes.BAD_CHOICE.at(self._path, node.span, message)


def _shapes(operation: Operation) -> dict[str, Shape]:
    """Return what an author may give: the body's parameters, the path's and the query's; not what is ringflow's."""
    found = {**dict.fromkeys(operation.path_parameters, _TEXT), **operation.query, **operation.parameters}
    found |= {name: _BASE64 for name in found if name.endswith("client_state")}
    return {name: shape for name, shape in found.items() if name not in _OURS}


def _needed(operation: Operation) -> list[str]:
    """Return what must be given; the call and the room are this one's unless given, and some is ringflow's own."""
    path = [name for name in operation.path_parameters if name not in ROOM_IDS]
    return [name for name in dict.fromkeys((*path, *operation.required)) if name not in (THIS_CALL, *_OURS)]


def _hint(operation: Operation, shapes: Mapping[str, Shape]) -> str:
    return f"Possible here: {', '.join(shapes)}." if len(shapes) <= _MOST_LISTED else _hint_for(operation.name)


def _hint_for(operation: str) -> str:
    verb = next((verb for verb in VERBS.values() if operation in (verb.name, *verb.operations[:1])), None)
    return f"The verb '{verb.name}' does this in plain words." if verb is not None else ""


def _is_other(node: Node, shape: Shape) -> bool:
    """Tell whether *node* cannot even be of the shape's type, or names another variant of it."""
    if not isinstance(node, Map):
        return isinstance(node, Scalar) == (shape.get("type") in ("array", "object"))
    variant, said = shape.get("properties", {}).get("type", {}).get("enum"), node.get("type")
    is_variant = variant is None or (isinstance(said, Scalar) and said.text in variant)
    return shape.get("type") != "object" or not is_variant


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    types = {"string": str, "integer": int, "number": (int, float)}
    return kind in types and isinstance(value, types[kind])  # type: ignore[arg-type]


def _between(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"from {low:g} to {high:g}"
