"""What people would notice, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.compare.comparing import Change, Comparison
from engine.compare.run import Verdict

NOTHING = "nothing that a caller would notice"
_MOST_LINES = 6  # of one side, at one place
_MOST_CALLS = 10  # that are named, of those with the same changes


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowReport:
    """All *verdicts* about the calls of one flow."""

    flow: str
    verdicts: Sequence[Verdict]

    @property
    def groups(self) -> list[list[Verdict]]:
        """Calls in which the same would be noticed, as far as it is certain; most calls first."""
        found: dict[tuple[Any, ...], list[Verdict]] = {}
        for verdict in self.verdicts:
            if verdict.comparison.changes:
                certain = (change for change in verdict.comparison.changes if not change.is_guess)
                key = tuple((change.who, change.before, change.now) for change in certain)
                found.setdefault(key, []).append(verdict)
        return sorted(found.values(), key=lambda group: -len(group))

    @property
    def left_out(self) -> list[Verdict]:
        """Calls that could not be played."""
        return [verdict for verdict in self.verdicts if verdict.problem]


def lines_of(comparison: Comparison) -> Iterator[str]:
    """Yield the changes of one call, side by side."""
    certain = [change for change in comparison.changes if not change.is_guess]
    yield from (line for change in certain for line in _lines(change))
    if comparison.guess:
        yield f"from here on a guess: {comparison.guess}"
    yield from (line for change in comparison.changes[len(certain) :] for line in _lines(change))


def _lines(change: Change) -> Iterator[str]:
    yield f"{_clock(change.after_s)}  {change.who}"
    yield from _side("before", change.before)
    yield from _side("now", change.now)


def _side(name: str, lines: Sequence[str]) -> Iterator[str]:
    shown = [*lines[:_MOST_LINES], *([f"... and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else [])]
    for first, line in zip([name, *[""] * len(shown)], shown or ["-"], strict=False):
        yield f"  {first:<6}  {line}"


def _clock(after_s: float) -> str:
    tenths = round(after_s * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def text_of(reports: Sequence[FlowReport]) -> Iterator[str]:
    """Yield what is different, flow by flow."""
    for report in reports:
        played, differ = len(report.verdicts) - len(report.left_out), sum(map(len, report.groups))
        told = f"{differ} of {_calls(played)} would go otherwise" if differ else f"{NOTHING}, in {_calls(played)}"
        yield f"{report.flow}: {told}"
        for group in report.groups:
            yield f"  {group[0].call}"
            yield from (f"    {line}" for line in lines_of(group[0].comparison))
            yield from _likewise([verdict.call for verdict in group[1:]])
        for verdict in report.left_out:
            yield f"  left out, as it cannot be played again: {verdict.call}: {verdict.problem}"


def _likewise(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"    likewise in {'1 more call' if len(names) == 1 else f'{len(names)} more calls'}:"
        yield from (f"      {name}" for name in names[:_MOST_CALLS])
        yield from ["      ..."] if len(names) > _MOST_CALLS else []


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def as_json(reports: Sequence[FlowReport]) -> list[dict[str, Any]]:
    """Return the same for programs."""
    return [
        {
            "flow": report.flow,
            "calls": len(report.verdicts) - len(report.left_out),
            "groups": [
                {"calls": [verdict.call for verdict in group], **comparison_json(group[0].comparison)}
                for group in report.groups
            ],
            "left_out": [{"call": verdict.call, "why": verdict.problem} for verdict in report.left_out],
        }
        for report in reports
    ]


def comparison_json(comparison: Comparison) -> Mapping[str, Any]:
    """Return what would be noticed of one call, for programs."""
    return {"changes": [_change(change) for change in comparison.changes], "guess": comparison.guess or None}


def _change(change: Change) -> dict[str, Any]:
    return {
        "after_s": round(change.after_s, 1), "who": change.who, "before": list(change.before),
        "now": list(change.now), "guess": change.is_guess,
    }  # fmt: skip
