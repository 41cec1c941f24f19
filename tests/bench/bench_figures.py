"""What the benchmarks print: percentiles, and whether everything that had to come came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_calls import ACTIONS
from bench_sender import Sent

_PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Spread:
    """A set of times in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, times_ms: Iterable[float]) -> Spread:
        ordered = sorted(times_ms)

        def at(share: float) -> float:
            return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")

        return cls(len(ordered), at(0.50), at(0.95), at(0.99), at(1.0))

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f}, p99 {self.p99:.2f}, most {self.most:.2f} ms"


Arrivals = Mapping[str, Sequence[tuple[int, str]]]  # of each call: when, and which action; each once


def arrivals(requests: Iterable[Sequence]) -> tuple[Arrivals, int]:
    """Return the actions of each call as Telnyx got them, and how many were sent again."""
    came: dict[str, list[tuple[int, str]]] = {}
    known: set[str] = set()
    again = 0
    for at_ns, call, action, command_id in requests:
        if command_id in known:
            again += 1
            continue
        known.update([command_id] if command_id else ())  # a question has none
        came.setdefault(call, []).append((at_ns, action))
    return came, again


def problems(sent: Sequence[Sent], came: Arrivals) -> list[str]:
    """Return what is wrong with a run, one line each: every webhook has 200, every action came, and none besides."""
    found = [f"{one.planned.name} was answered with {one.status or 'nothing'}" for one in sent if one.status != 200]
    wanted: dict[str, int] = {}
    for one in sent:
        wanted[one.planned.call] = max(wanted.get(one.planned.call, 0), one.planned.number + 1)
    for call, number in wanted.items():
        actions = [action for _, action in came.get(call, ())]
        if actions != list(ACTIONS[:number]):
            found.append(
                f"{call} should have got {' '.join(ACTIONS[:number])}; it got {' '.join(actions) or 'nothing'}"
            )
    found += [f"{call} was not called, but got actions" for call in came.keys() - wanted.keys()]
    shown = found[:_PROBLEMS_SHOWN]
    return shown + ([f"and {len(found) - len(shown)} more"] if len(found) > len(shown) else [])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def write_into(page: Path, tables: dict[str, str]) -> None:
    """Put *tables* into *page*, each between the marks that bear its name."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        start, end = f"<!-- bench: {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}{table}\n{end}{rest.partition(end)[2]}" if rest else text
    page.write_text(text, encoding="utf-8")
