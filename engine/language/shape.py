"""Whether a file has the shape of its JSON Schema, and where it has not, in plain words."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from engine.core.nearest import nearest
from engine.core.problem import Problem
from engine.language import saying
from engine.language.fits import Fits, fits
from engine.language.nodes import List, Map, Node, plain
from engine.language.saying import Fault
from engine.language.schema import flow_schema, project_schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

# When one place breaks several rules of the schema, the first of these is the cause; the others follow from it.
_CAUSES = (
    "type",
    "maxProperties",
    "additionalProperties",
    "pattern",
    "enum",
    "minimum",
    "maximum",
    "minProperties",
    "minItems",
    "required",
)


@dataclass(slots=True)
class Shape:
    """*broken* holds the ids of nodes (keys of unknown entries too) that later stages must pass over."""

    problems: list[Problem] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)


def check_shape(root: Node, path: str, kind: str) -> Shape:
    """Return what is wrong with the shape of a file; *kind* is "flow" or "project"."""
    shape = Shape()
    value = plain(root)
    if _fits(kind)(value):
        return shape
    faults: dict[tuple[Any, ...], list[ValidationError]] = {}
    for error in _validator(kind).iter_errors(value):
        faults.setdefault(_path_of(error), []).append(error)
    for where, errors in faults.items():
        for problem, broken in _problems(_fault(root, where, errors), path):
            shape.problems.append(problem)
            if broken is not None:
                shape.broken.add(id(broken))
    return shape


def has_shape(root: Node, kind: str) -> bool:
    """Tell whether ``check_shape`` would find nothing."""
    return _fits(kind)(plain(root))


def has_path(kind: str, path: Sequence[str | None]) -> bool:
    """Tell whether such keys may stand inside each other, from the outside in; None is an item of a list."""
    whole = _schema(kind)
    schema: Any = whole
    for step in path:
        while isinstance(schema, Mapping) and "$ref" in schema:
            schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        if not isinstance(schema, Mapping):
            return schema is True
        if step is None:
            schema = schema.get("items", False)
        elif step in schema.get("properties", {}):
            schema = schema["properties"][step]
        elif not re.search(schema.get("propertyNames", {}).get("pattern", ""), step):
            return False
        else:
            schema = schema.get("additionalProperties", schema.get("type") is None)
    return schema is not False


def section_words(kind: str) -> Collection[str]:
    """Return the words that may stand at the very left of a file."""
    return cast("Collection[str]", _schema(kind)["properties"].keys())


@functools.cache
def _fits(kind: str) -> Fits:
    return fits(_schema(kind))


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # 0.1 s that only a file with a fault is worth

    return Draft202012Validator(_schema(kind))


@functools.cache
def _schema(kind: str) -> Mapping[str, Any]:
    return flow_schema() if kind == "flow" else project_schema()


def _path_of(error: ValidationError) -> tuple[Any, ...]:
    """Return where the error is; a bad name of an entry counts as a place of its own, behind a None."""
    where = tuple(error.absolute_path)
    return (*where, None, error.instance) if "propertyNames" in error.absolute_schema_path else where


def _fault(root: Node, where: tuple[Any, ...], errors: list[ValidationError]) -> Fault:
    """Return the cause among the errors of one place."""
    cause = min(errors, key=lambda error: _CAUSES.index(str(error.validator)))
    node, key, section = root, None, ""
    for step in where:
        if isinstance(node, Map) and step is not None:
            entry = node.entry(str(step))
            assert entry is not None, where
            node, key, section = entry.value, entry.key, entry.key.text
        elif isinstance(node, List):
            node, key = node.items[step], None
    if len(where) > 1 and where[-2] is None and key is not None:
        node = key
    missing = [str(error.message).split("'")[1] for error in errors if error.validator == "required"]
    return Fault(
        node=node,
        key=key,
        section=section,
        word=str(cause.validator),
        missing=missing,
        schema=cast("Mapping[str, Any]", cause.schema),
    )


def _problems(fault: Fault, path: str) -> Iterator[tuple[Problem, Node | None]]:
    """Yield the problems of one place, each with the node that it makes unusable."""
    missing = fault.missing
    if fault.word == "additionalProperties" and isinstance(fault.node, Map):
        unknown = [entry.key for entry in fault.node if entry.key.text not in fault.schema["properties"]]
        for key in unknown:
            yield saying.unknown_word(path, fault, key), key
        # One of the unknown words may be the missing one; among a few options it surely is.
        missing = [name for name in missing if fault.is_outer and nearest(name, [key.text for key in unknown]) is None]
    elif fault.word != "required":
        yield saying.broken_rule(path, fault), fault.node
        return
    if missing:
        yield saying.missing(path, fault, missing), None if fault.is_outer else fault.node
