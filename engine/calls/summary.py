"""One call as a row of a list: who called whom, which flow has it, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import orjson

from engine.core.change import Row
from engine.core.leg import Leg
from engine.core.names import PLAN
from engine.core.planned import Plan

NAME_LENGTH = 8  # letters of a run's id that people see (interfaces.md, "Identity")
Standing = Literal["planned", "ringing", "live", "leaving", "ended"]
_OF_LEGS: dict[str, Standing] = {"rung": "ringing", "live": "live", "leaving": "leaving", "ended": "ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    A leg, or a call that is planned and has no leg yet.

    *state* is the flow's, of a call that is over the last one. *flow* is "" for a call that no flow answers. Times
    are epoch seconds; *started_at* of a planned call is when it rings next.
    """

    run: str
    flow: str
    role: str
    version: str
    state: str
    from_: str
    to: str
    started_at: float | None
    ended_at: float | None
    status: Standing

    @property
    def call(self) -> str:
        """The name that people give it: 8 letters."""
        return self.run.removeprefix(PLAN)[:NAME_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which calls to list; None or "" for all. *since* is in epoch seconds, *number* the beginning of a number."""

    is_live: bool = False
    flow: str = ""
    since: float | None = None
    number: str = ""


def summary_of(row: Row) -> Summary | None:
    """Return the call in *row*; None where there is none yet, or where its legs tell all of it."""
    return _of_plan(row) if row.run.startswith(PLAN) else _of_leg(row)


def listed(rows: Iterable[Row], wanted: Wanted, *, limit: int) -> list[Summary]:
    """Return the first *limit* calls in *rows* that are *wanted*."""
    return list(islice(_wanted(rows, wanted), limit))


def _wanted(rows: Iterable[Row], wanted: Wanted) -> Iterator[Summary]:
    for row in rows:
        found = summary_of(row)
        if found is not None and _is_wanted(found, wanted):
            yield found


def _is_wanted(call: Summary, wanted: Wanted) -> bool:
    is_recent = wanted.since is None or (call.started_at or 0.0) >= wanted.since
    is_theirs = not wanted.number or call.from_.startswith(wanted.number) or call.to.startswith(wanted.number)
    is_live = call.status not in ("ended", "planned")
    return is_recent and is_theirs and wanted.flow in ("", call.flow) and (is_live or not wanted.is_live)


def _of_leg(row: Row) -> Summary | None:
    leg = Leg.decode(row.state)
    if leg.status == "unborn" or not (leg.flow or leg.from_ or leg.to):
        return None  # not a call yet, or one of which nothing is known (any more)
    return Summary(
        run=leg.run, flow=leg.flow, role=leg.role, version=row.version, state=leg.state or leg.last_state,
        from_=leg.from_, to=leg.to, started_at=leg.started_at or None, ended_at=row.ended_at,
        status=_OF_LEGS[leg.status],
    )  # fmt: skip


def _of_plan(row: Row) -> Summary | None:
    plan = Plan(**orjson.loads(row.state))
    if plan.stage != "waiting":
        return None
    return Summary(
        run=plan.run, flow=plan.flow, role="caller", version=row.version, state="", from_="", to=plan.to,
        started_at=plan.due, ended_at=None, status="planned",
    )  # fmt: skip
