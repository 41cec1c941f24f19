"""The counts of one laboratory as values and as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from count import (
    Ledger,
    Witnessed,
    done_twice,
    late_timers,
    lost_commands,
    lost_webhooks,
    out_of_order,
    stuck_calls,
    too_late,
)
from crash_faults import Faults
from crash_time import SCALE
from crash_witness import busyness

from engine.core.event import IN_DOUBT
from engine.simulator.world import World
from engine.tables import catalogue

_EXAMPLES = 5
_WORK_S = 0.3  # real, on a machine with nothing else to do: this does not shrink when time runs fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    *amounts* say how much happened. *counts* say what must not: name to number. *broken* are those that are not 0;
    *examples* name some of each. *shown* may be other than 0, *seconds* says how long some things took at most.
    """

    plan: Mapping[str, Any]
    amounts: Mapping[str, int]
    counts: Mapping[str, int]
    shown: Mapping[str, int]
    seconds: Mapping[str, float]
    examples: Mapping[str, Sequence[str]]

    @property
    def broken(self) -> dict[str, int]:
        return {name: number for name, number in self.counts.items() if number}


def report_of(
    seen: Witnessed, ledger: Ledger, *, plan: Mapping[str, Any], faults: Faults, world: World, calls: int
) -> Report:
    twice = done_twice(seen, ledger, catalogue())
    late = late_timers(seen, ledger)
    overtaken = out_of_order(seen, ledger)
    frozen = [one for one in twice if one.after_freeze]
    others = [one for one in twice if not one.after_freeze]
    found: dict[str, Sequence[Any]] = {
        "webhooks acknowledged and lost": lost_webhooks(seen, ledger),
        "commands without an outcome, or not carried out": lost_commands(seen, ledger),
        "done twice, with command_id": [one for one in others if one.policy == "command_id"],
        "done twice, at most once": [one for one in twice if one.policy == "at_most_once"],
        "out of order among sent commands": [one for one in overtaken if not one.after_freeze],
        "timers late": too_late(late, work_s=_WORK_S * SCALE * busyness()),
        "calls stuck": stuck_calls(seen, ledger),
    }
    kinds = Counter(entry.kind for entry in world.record)
    return Report(
        plan=plan,
        amounts={
            "webhooks": kinds["webhook"],
            "acknowledged": len(seen.acknowledged),
            "calls": calls,
            "requests": kinds["request"],
            "commands": len(ledger.commands),
            "timers": len(ledger.fired),
            **faults.done,
        },
        counts={name: len(what) for name, what in found.items()},
        shown={
            "done twice, harmless": sum(one.policy == "harmless" for one in others),
            "done twice, stopped between look and send": len(frozen),
            "out of order, stopped between look and send": sum(one.after_freeze for one in overtaken),
            "in doubt": sum(outcome == IN_DOUBT for outcome in ledger.outcomes.values()),
        },
        seconds={
            "latest timer, seconds": max((one.live_s for one in late if not one.after_take_over), default=0.0),
            "latest after a take-over": max((one.live_s for one in late if one.after_take_over), default=0.0),
            "longest drain": max(faults.drains_s, default=0.0),
            "granted for work": _WORK_S * SCALE * busyness(),
        },
        examples={name: [_text(one) for one in what[:_EXAMPLES]] for name, what in found.items() if what},
    )


def table(reports: Iterable[Report]) -> str:
    """Return the reports side by side, as a table of Markdown."""
    columns = list(reports)
    rows = [["", *(_name(report) for report in columns)], ["---", *("---:" for _ in columns)]]
    for part in ("amounts", "counts", "shown"):
        names = dict.fromkeys(name for report in columns for name in getattr(report, part))
        rows += [[name, *(f"{getattr(report, part).get(name, 0):,}" for report in columns)] for name in names]
    names = dict.fromkeys(name for report in columns for name in report.seconds)
    rows += [[name, *(f"{report.seconds.get(name, 0):.1f}" for report in columns)] for name in names]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    examples = [f"{name}: {what}" for report in columns for name, what in report.examples.items()]
    return "\n".join([*lines, *examples])


def _name(report: Report) -> str:
    engines = report.plan["engines"]
    store = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[report.plan["store"]]
    return store if engines == 1 else f"{store}, {engines} replicas"


def _text(what: Any) -> str:
    return what if isinstance(what, str) else str(asdict(what))
