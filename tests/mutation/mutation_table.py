"""Mistakes, what becomes of them, and the table that says so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from engine.check.run import check_files

Outcome = Literal["right", "still good", "missed", "wrong line", "several", "crash"]
_OUTCOMES: tuple[Outcome, ...] = ("right", "still good", "missed", "wrong line", "several", "crash")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """
    A flow file with one mistake.

    *lines*: where a report is right (from 1). *excuse*: why a flow with this change may still be a good one, "" where
    it cannot be; it counts only when nothing is reported.
    """

    kind: str
    path: str
    text: str
    lines: frozenset[int]
    what: str
    excuse: str = ""

    @property
    def title(self) -> str:
        lines = ", ".join(map(str, sorted(self.lines)))
        return f"{self.path}, line {lines}: {self.kind}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker made of a mutant."""

    mutant: Mutant
    outcome: Outcome
    report: tuple[str, ...] = ()


def judge(mutant: Mutant, folder: Mapping[str, bytes]) -> Verdict:
    """Return what is reported about *mutant* among the other files of its folder."""
    try:
        problems = check_files({**folder, mutant.path: mutant.text.encode()})
    except Exception as error:
        return Verdict(mutant, "crash", (repr(error),))
    report = tuple(map(str, problems))
    if not problems:
        return Verdict(mutant, "still good" if mutant.excuse else "missed")
    if len(problems) > 1:
        return Verdict(mutant, "several", report)
    is_right = problems[0].path == mutant.path and problems[0].line in mutant.lines
    return Verdict(mutant, "right" if is_right else "wrong line", report)


@dataclass(slots=True)
class Table:
    """Verdicts by kind."""

    verdicts: list[Verdict] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(verdict.outcome == outcome for verdict in self.verdicts)

    @property
    def share_right(self) -> float:
        return self.count("right") / len(self.verdicts)

    @property
    def share_good(self) -> float:
        return self.count("still good") / len(self.verdicts)

    def lines(self) -> Iterator[str]:
        """Yield the table: a line for each kind, then the sum, then why some are still good."""
        by_kind: dict[str, Counter[Outcome]] = defaultdict(Counter)
        for verdict in self.verdicts:
            by_kind[verdict.mutant.kind][verdict.outcome] += 1
        yield f"{'kind of mistake':40}{'made':>6}" + "".join(f"{outcome:>12}" for outcome in _OUTCOMES) + f"{'rate':>9}"
        for kind, counts in sorted(by_kind.items()):
            yield _row(kind, counts)
        yield _row("all", Counter(verdict.outcome for verdict in self.verdicts))
        reasons = Counter(v.mutant.excuse for v in self.verdicts if v.outcome == "still good")
        for reason, number in reasons.most_common():
            yield f"still good, {number}: {reason}"


def _row(kind: str, counts: Counter[Outcome]) -> str:
    made = counts.total()
    cells = "".join(f"{counts[outcome]:>12}" for outcome in _OUTCOMES)
    return f"{kind:40}{made:>6}{cells}{counts['right'] / made:>9.1%}"


def meaning(text: str) -> object:
    """Return what the YAML of *text* says, places, comments and needless quotes aside; None if it is no YAML."""
    try:
        return _plain(yaml.compose(text, Loader=_LOADER))
    except yaml.YAMLError:
        return None


def _plain(node: yaml.Node | None) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return tuple((_plain(key), _plain(value)) for key, value in node.value)
    return None
