"""The switches of the simulated Telnyx as text: read from a command line, and described for help and docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from engine.core.nearest import did_you_mean
from engine.simulator.options import Options

OFF = "off"
NUMBER = "NUMBER"
NAMES = "NAME,NAME..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """
    One switch: what *positions* it has (words; NUMBER and NAMES stand for any), where it stands by itself.

    *group* sorts switches for people, *about* is one sentence.
    """

    name: str
    group: str
    positions: tuple[str, ...]
    default: str
    about: str


@cache
def describe_switches() -> tuple[Switch, ...]:
    """Return every switch, in the order in which people should read them."""
    hints = get_type_hints(Options)
    return tuple(
        Switch(
            name=each.name,
            group=each.metadata["group"],
            positions=_positions(hints[each.name]),
            default=_as_text(each.default),
            about=each.metadata["about"],
        )
        for each in fields(Options)
        if each.metadata
    )


def options_from(given: Mapping[str, str], base: Options = Options()) -> Options:  # noqa: B008 (frozen)
    """
    Return *base* with the switches of *given* (name to position) set.

    Raises ValueError, with a sentence for people, for an unknown switch or a position that it does not have.
    """
    switches = {switch.name: switch for switch in describe_switches()}
    hints = get_type_hints(Options)
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in switches:
            raise ValueError(f"there is no switch '{name}'{did_you_mean(name, switches) or _known(switches)}")
        values[name] = _read(switches[name], hints[name], text)
    return replace(base, **values)


def _known(switches: Mapping[str, Switch]) -> str:
    return f"; the switches are {', '.join(switches)}"


def _read(switch: Switch, hint: Any, text: str) -> Any:
    if text in switch.positions and text not in (NUMBER, NAMES):
        return None if text == OFF and NUMBER in switch.positions else text
    if NAMES in switch.positions:
        return frozenset(name.strip() for name in text.split(",") if name.strip())
    if NUMBER in switch.positions:
        return _number(switch, int if int in (hint, *get_args(hint)) else float, text)
    guess = did_you_mean(text, switch.positions) or f"; it can be {_listed(switch.positions)}"
    raise ValueError(f"the switch {switch.name} has no position '{text}'{guess}")


def _number(switch: Switch, kind: Callable[[str], float], text: str) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = -1
    least = 1 if kind is int else 0
    if not least <= value < 1e9:
        what = f"a whole number from {least} on" if kind is int else "a number, 0 or more"
        off = f", or {OFF}" if OFF in switch.positions else ""
        raise ValueError(f"the switch {switch.name} needs {what}{off}, not '{text}'")
    return value


def _positions(hint: Any) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) is frozenset:
        return (NAMES,)
    return (OFF, NUMBER) if type(None) in get_args(hint) else (NUMBER,)


def _as_text(value: object) -> str:
    if value is None:
        return OFF
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1]) if len(words) > 1 else words)
