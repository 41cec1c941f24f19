"""log, set, count, notify: steps that nobody hears and that never hold a call up."""

from __future__ import annotations

from engine.core.acts.act import Act, Result, Verdict
from engine.core.command import NOTIFY, Command
from engine.core.leg import Running
from engine.core.turn import Turn

LANGUAGE = "language"


def _log(turn: Turn, running: Running) -> Result:
    text = str(turn.option(running.frame, "text"))
    turn.note("log", text=turn.out.recall.masked(text))
    return Verdict.DONE


def _set(turn: Turn, running: Running) -> Result:
    for name, value in turn.option(running.frame, "values").items():
        if name == LANGUAGE:
            turn.leg.language = str(value)
        else:
            turn.leg.variables[name] = value
    return Verdict.DONE


def _count(turn: Turn, running: Running) -> Result:
    name = turn.option(running.frame, "variable")
    turn.leg.variables[name] = (turn.leg.variables[name] or 0) + 1
    return Verdict.DONE


def _notify(turn: Turn, running: Running) -> Result:
    # A chain of its own for each: an address that does not answer must not hold up the next.
    turn.out.put(
        Command(
            operation=NOTIFY,
            path={"to": turn.option(running.frame, "to")},
            parameters=turn.option(running.frame, "body") or {},
        ),
        chain=f"{turn.leg.run}!{turn.leg.ver}.{len(turn.out.rows)}",
    )
    return Verdict.DONE


ACTS = {"log": Act(begin=_log), "set": Act(begin=_set), "count": Act(begin=_count), "notify": Act(begin=_notify)}
