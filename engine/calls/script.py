"""A call as a test: what people did, with the waits between, and checks of what the flow did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.calls.deeds import MASK, Item, items_of
from engine.core.change import JournalEntry
from engine.core.flow import CALLER, StartsWhen
from engine.core.leg import Leg

_SHORTEST_WAIT_S = 0.3
_PATIENCE_S = 50.0  # a check waits for 60 seconds by itself
_RIGHT, _WRONG = "1", "2"  # the digits of made-up secrets, and of those that are not right


@dataclass(frozen=True, slots=True)
class Told:
    """A leg with its history."""

    leg: Leg
    journal: tuple[JournalEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """
    The call that becomes a test: its legs, the call itself first, and the flow that it began with.

    *starts* says for each role of that flow which calls it answers; *secrets* are the names in project.yaml, *known*
    the numbers that stand in the flows.
    """

    name: str
    flow: str
    legs: Sequence[Told]
    starts: Mapping[str, StartsWhen]
    secrets: Sequence[str]
    known: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """
    How to write it. *full_numbers*: those of the people; else they are made up.

    *right* says of each time that somebody pressed secret keys whether they were the right ones. *has_waits*: with the
    silences; *has_refusals*: with what Telnyx refused, which the simulated one may refuse by itself.
    """

    full_numbers: bool = False
    right: tuple[bool, ...] = ()
    has_waits: bool = True
    has_refusals: bool = True


def timeline(original: Original, *, full_numbers: bool) -> list[Item]:
    """Return the steps of all legs in the order in which they came."""
    found: list[Item] = []
    names: dict[str, int] = {}
    for told in original.legs:
        role = told.leg.role or CALLER
        names[role] = names.get(role, 0) + 1
        who = role if names[role] == 1 else f"{role}_{names[role]}"
        items = items_of(
            told.leg, who, told.journal, flow=original.flow, known=original.known, full_numbers=full_numbers
        )
        found += (_with_number(item, told.leg, original.starts.get(role)) for item in items)
    end = max(entry.at for entry in original.legs[0].journal)
    # What people did comes before what it led to, also in the same instant.
    return sorted((item for item in found if item.at <= end), key=lambda item: (item.at, item.kind == "check"))


def secret_presses(items: Iterable[Item]) -> int:
    """Return how often somebody pressed secret keys."""
    return sum(MASK in item.keys for item in items)


def as_test(original: Original, style: Style) -> str:
    """Return the text of a ``*.test.yaml`` that plays the call again."""
    items = timeline(original, full_numbers=style.full_numbers)
    began = datetime.fromtimestamp(items[0].at, UTC)
    length = max((len(item.keys) - (item.keys[-1] == "#") for item in items if MASK in item.keys), default=4)
    given = [f"  time: {began:%Y-%m-%d %H:%M} UTC"]
    if original.secrets and secret_presses(items):
        values = ", ".join(f'{name}: "{_RIGHT * length}"' for name in original.secrets)
        given.append(f"  secrets: {{{values}}}    # made up, as are the secret keys below")
    return (
        "\n".join(
            [
                f"# ringflow show {original.name} --as-scenario",
                f"test: {original.flow}.flow.yaml",
                "given:",
                *given,
                "",
                "scenarios:",
                f"  - name: The call {original.name}",
                "    steps:",
                *(f"      - {step}" for step in _steps(_early_refusals(items), style)),
            ]
        )
        + "\n"
    )


def _with_number(item: Item, leg: Leg, starts: StartsWhen | None) -> Item:
    """Add which number was called, where it is not the first that the role answers."""
    if not item.text.startswith("calls") or starts is None or leg.to not in starts.numbers[1:]:
        return item
    return Item(item.at, item.who, item.kind, item.text.replace("calls", f'calls "{leg.to}"', 1))


def _early_refusals(items: Sequence[Item]) -> list[Item]:
    """Put each refusal before the last thing that people did before it: that is what caused the command."""
    found: list[Item] = []
    for item in items:
        if item.kind != "telnyx":
            found.append(item)
            continue
        deeds = [place for place, other in enumerate(found) if other.kind == "deed"]
        place = deeds[-1] if deeds else 0
        found.insert(place, Item(found[place].at if found else item.at, item.who, item.kind, item.text))
    return found


def _steps(items: Sequence[Item], style: Style) -> Iterator[str]:
    now = items[0].at
    right = iter(style.right)
    for item in items:
        if item.kind == "telnyx" and not style.has_refusals:
            continue
        wait_s = item.at - now - (_PATIENCE_S if item.kind == "check" else 0.0)
        if wait_s >= _SHORTEST_WAIT_S and style.has_waits:
            yield f"wait: {round(wait_s, 1):g}s"
        now = max(now, item.at)
        if item.keys:
            is_right = next(right, True) if MASK in item.keys else True
            typed = _typed(item.keys, _RIGHT if is_right else _WRONG)
            yield f"{item.who}: presses {typed}" if typed[0] != "#" else f'{item.who}: "presses {typed}"'
        elif item.kind == "telnyx":
            yield f"telnyx: {item.text}"
        elif item.kind == "check" and item.who != CALLER:
            yield f"{item.who}: {{{item.text}}}"
        elif item.kind == "check":
            yield item.text
        else:
            yield f"{item.who}: {item.text}"


def _typed(keys: Sequence[str], secret: str) -> str:
    return "".join(secret if key == MASK else key for key in keys)
