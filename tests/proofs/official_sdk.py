"""What Telnyx's own Python SDK knows of each operation: the parameters' types, read out of its methods."""

from __future__ import annotations

import importlib
import re
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin

import telnyx
import typing_extensions
from pydantic import ConfigDict, TypeAdapter

from engine.core.catalogue import Operation

_RESOURCES = Path(telnyx.__file__).parent / "resources"
# In a method of the SDK: self._post(path_template("/calls/{x}/actions/answer", ...), ..., answer_params.AnswerParams)
_CALL = re.compile(
    r"self\._(get|post|put|patch|delete|get_api_list)\(\s*(?:path_template\(\s*)?\"(/[^\"]*)\"(.*?)\n    def ", re.S
)
_PARAMETERS = re.compile(r"\b(\w+_params)\.(\w+Params)\b")


@cache
def _methods() -> dict[tuple[str, str], tuple[str, str]]:
    """Return (method, path without names) -> (module of the parameters or "", name of their class)."""
    found = {}
    for file in sorted(_RESOURCES.rglob("*.py")):
        text = file.read_text(encoding="utf-8").split("class Async")[0] + "\n    def "
        for match in _CALL.finditer(text):
            verb, path, rest = match.groups()
            method = "GET" if verb.startswith("get") else verb.upper()
            parameters = _PARAMETERS.search(rest)
            where = ("", "")
            if parameters:
                where = (f"telnyx.{_package(text, parameters[1])}.{parameters[1]}", parameters[2])
            found[(method, _bare(path))] = where
    return found


def _package(text: str, module: str) -> str:
    """Return from which package ("types.calls") the file *text* imports *module*."""
    imports = re.findall(r"^from \.+(types[\w.]*) import (\([^)]*\)|[^(\n]*)$", text, re.M)
    return next(package for package, words in imports if re.search(rf"\b{module}\b", words))


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def knows(operation: Operation) -> bool:
    """Tell whether the SDK has a method with the operation's method and path."""
    return (operation.method, _bare(operation.path)) in _methods()


@cache
def adapter(method: str, path: str) -> TypeAdapter[Any] | None:
    """Return what validates the parameters of an operation as JSON, None where it has none."""
    module, name = _methods()[(method, _bare(path))]
    return TypeAdapter(strict(getattr(importlib.import_module(module), name))) if module else None


def accepts(operation: Operation, parameters: Mapping[str, Any]) -> None:
    """Raise pydantic's ValidationError for parameters that the SDK's types do not allow, unknown ones included."""
    found = adapter(operation.method, operation.path)
    if found is None:
        assert not parameters, f"the SDK's method for {operation.name} takes no parameters"
        return
    found.validate_python(dict(parameters), strict=True)


def names(operation: Operation) -> frozenset[str]:
    """Return the names of all parameters that the SDK has, as they are spelled in JSON."""
    module, name = _methods()[(operation.method, _bare(operation.path))]
    return frozenset(strict(getattr(importlib.import_module(module), name)).__annotations__) if module else frozenset()


# -- the SDK's types as pydantic takes them: JSON's spelling, nothing unknown ----------------------------------

_STRICT: dict[Any, Any] = {}


def strict(kind: Any) -> Any:
    """Return *kind* with every TypedDict in it spelled as in JSON, and closed to unknown keys."""
    if typing_extensions.is_typeddict(kind):
        return _closed(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Annotated, Required, NotRequired):
        return strict(inner[0])
    if origin in (Union, types.UnionType):
        return Union[tuple(strict(part) for part in inner)]  # noqa: UP007
    if getattr(origin, "__name__", "") in ("Iterable", "SequenceNotStr", "Sequence", "list"):
        return list[strict(inner[0])]
    if getattr(origin, "__name__", "") in ("Dict", "dict", "Mapping"):
        return dict[inner[0], strict(inner[1])]
    return kind


def _closed(kind: Any) -> Any:
    if kind in _STRICT:
        return _STRICT[kind]
    hints = typing.get_type_hints(kind, include_extras=True)
    members = {}
    for name, hint in hints.items():
        wrapper = Required if name in kind.__required_keys__ else NotRequired
        members[_spelled(name, hint)] = wrapper[strict(hint)]
    made = typing_extensions.TypedDict(kind.__name__, members)  # type: ignore[operator]
    made.__pydantic_config__ = ConfigDict(extra="forbid")
    _STRICT[kind] = made
    return made


def _spelled(name: str, hint: Any) -> str:
    """Return the JSON name: that of the SDK's PropertyInfo(alias=...)."""
    todo: list[Any] = [hint]
    while todo:
        part = todo.pop()
        alias = getattr(part, "alias", None)
        if isinstance(alias, str):
            return alias
        if get_origin(part) in (Required, NotRequired, Annotated):
            todo += [*_arguments(part)]
    return name


def _arguments(part: Any) -> Iterable[Any]:
    return (part.__origin__, *part.__metadata__) if get_origin(part) is Annotated else get_args(part)
