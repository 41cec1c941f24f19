"""
Copies a simulated call with all that it waits for.

What the simulated Telnyx will do later are functions that close over calls and sounds; ``copy.deepcopy`` takes a
function for a constant, so that a copy's future would still happen to the original. Here a function is copied together
with what it closes over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache, partial
from types import CellType, FunctionType, MethodType
from typing import Any, TypeVar

T = TypeVar("T")
_Memo = dict[int, Any]
_CONSTANT = frozenset({type(None), bool, int, float, str, bytes, type, frozenset})


def copied(value: T, *, shared: tuple[type, ...]) -> T:
    """Return a copy of *value* that nothing joins with it but objects of *shared* and what cannot be changed."""
    memo: _Memo = {}

    def copy(part: Any) -> Any:
        kind: Any = type(part)
        if kind in _CONSTANT or is_value(kind) or isinstance(part, shared):
            return part
        known = memo.get(id(part))
        return known if known is not None else _COPIERS.get(kind, _object)(part, copy, memo)

    done: T = copy(value)
    return done


@cache
def is_value(kind: Any) -> bool:
    """Tell whether objects of a class are frozen: the house's values hold nothing that can be changed."""
    parameters = getattr(kind, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


_Copy = Callable[[Any], Any]


def _dict(value: dict[Any, Any], copy: _Copy, memo: _Memo) -> Any:
    memo[id(value)] = new = {}
    for key, part in value.items():
        new[copy(key)] = copy(part)
    return new


def _list(value: Any, copy: _Copy, memo: _Memo) -> Any:
    memo[id(value)] = new = type(value)()
    new.extend(map(copy, value))
    return new


def _tuple(value: tuple[Any, ...], copy: _Copy, memo: _Memo) -> Any:
    return tuple(map(copy, value))


def _set(value: set[Any], copy: _Copy, memo: _Memo) -> Any:
    return set(value)  # what is in a set can be hashed, and here that is text


def _function(value: FunctionType, copy: _Copy, memo: _Memo) -> Any:
    if not value.__closure__:
        return value
    cells = tuple(_cell(cell, memo) for cell in value.__closure__)
    new = FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, cells)
    new.__kwdefaults__ = value.__kwdefaults__
    memo[id(value)] = new  # before its cells are filled: a function may close over itself
    for old, cell in zip(value.__closure__, cells, strict=True):
        if _is_filled(old) and not _is_filled(cell):
            cell.cell_contents = copy(old.cell_contents)
    return new


def _cell(cell: CellType, memo: _Memo) -> CellType:
    """Return the copy of a variable that functions share."""
    new: CellType = memo.setdefault(id(cell), CellType())
    return new


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 (an empty cell raises)
    except ValueError:
        return False
    return True


def _method(value: MethodType, copy: _Copy, memo: _Memo) -> Any:
    return MethodType(value.__func__, copy(value.__self__))


def _partial(value: partial[Any], copy: _Copy, memo: _Memo) -> Any:
    return partial(
        copy(value.func), *map(copy, value.args), **{name: copy(part) for name, part in value.keywords.items()}
    )


def _object(value: Any, copy: _Copy, memo: _Memo) -> Any:
    kind: Any = type(value)
    new = memo[id(value)] = kind.__new__(kind)
    names = _names(kind) if is_dataclass(value) else tuple(vars(value))
    for name in names:
        object.__setattr__(new, name, copy(getattr(value, name)))
    return new


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))


_COPIERS: dict[type, Callable[[Any, _Copy, _Memo], Any]] = {
    dict: _dict,
    list: _list,
    deque: _list,
    tuple: _tuple,
    set: _set,
    FunctionType: _function,
    MethodType: _method,
    partial: _partial,
}
