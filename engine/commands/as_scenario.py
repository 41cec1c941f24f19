"""A call of the database as a test that passes: written in several ways, and tried on the flows that it ran on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from engine.core.names import is_leg
from engine.errors import CommandRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.calls.script import Original, Style, Told
    from engine.scenario.bench import Load
    from engine.store.reading import History

_NUMBER = re.compile(r"\+\d{7,15}")
_MOST_LEGS = 20
_MOST_LINES = 20_000
_MOST_GUESSES = 3  # secret keys of which it is tried whether they were right
_MOST_DROPPED = 10  # checks that are not true when the call is played again, such as one that was late
_PATH = "call.test.yaml"
_CHECK = re.compile(r" +- (?:is_in|hears|does|(?!telnyx)\w+: \{)")
UNTRUE = """\
# This test fails as it stands: the call depended on something that is not in it, such as callers ahead in line, or a
# room that another flow opened. Add what is missing.
"""


def scenario_of(history: History, run: str, *, full_numbers: bool, load: Load | None = None) -> str:
    """
    Return the text of a ``*.test.yaml`` of a call. *load* compiles a folder, and may remember what it has compiled.

    Raises:
        CommandRefused: nothing can be tested of it, and the message says why.
    """
    from engine.calls.script import as_test

    original, files = _original(history, run)
    texts = [as_test(original, style) for style in _styles(original, full_numbers=full_numbers)]
    for most_dropped in (0, _MOST_DROPPED):
        for text in texts:
            found = _true_part(text, files, load, most_dropped=most_dropped)
            if found is not None:
                return found
    return UNTRUE + texts[0]


def _styles(original: Original, *, full_numbers: bool) -> Iterator[Style]:
    """Yield ways of writing it, the one that says most first."""
    from engine.calls.script import Style, secret_presses, timeline

    presses = secret_presses(timeline(original, full_numbers=full_numbers))
    guessed = min(presses, _MOST_GUESSES)
    for has_waits, has_refusals, *right in product((True, False), repeat=2 + guessed):
        yield Style(full_numbers=full_numbers, right=tuple(right), has_waits=has_waits, has_refusals=has_refusals)


def _true_part(text: str, files: Mapping[str, bytes], load: Load | None, *, most_dropped: int) -> str | None:
    """Return *text* without the checks that are not true, at most *most_dropped*; None where it fails otherwise."""
    lines = text.splitlines(keepends=True)
    for _ in range(most_dropped + 1):
        failed_at = _failed_at("".join(lines), files, load)
        if failed_at == 0:
            return "".join(lines)
        if failed_at is None or not _CHECK.match(lines[failed_at - 1]):
            return None
        del lines[failed_at - 1]
    return None


def _failed_at(text: str, files: Mapping[str, bytes], load: Load | None) -> int | None:
    """Return the line at which a test fails, 0 when it passes, None when it cannot be run."""
    from engine.check import run
    from engine.scenario.file import run_file

    report = run_file(_PATH, text, files, load=load or run.load)
    if len(report.results) != 1 or any(problem.severity == "error" for problem in report.problems):
        return None
    problem = report.results[0].problem
    return int(problem.removeprefix(f"{_PATH}:").partition(":")[0]) if problem else 0


def _original(history: History, run: str) -> tuple[Original, Mapping[str, bytes]]:
    from engine.calls.script import Original
    from engine.calls.summary import NAME_LENGTH
    from engine.language.loader import load_version
    from engine.logs import call_name

    row = history.row(run)
    if row is None or not is_leg(run):
        raise CommandRefused(f"only a call that has rung can become a test, and {call_name(run)} is none")
    files = history.files(row.version)
    version = load_version(files).version if files is not None else None
    if version is None or files is None:
        raise CommandRefused(f"no flow had the call {run[:NAME_LENGTH]}, or its flows are not kept any more")
    legs = _legs(history, run)
    flow = next((str(e.record["flow"]) for e in legs[0].journal if e.kind == "state"), "")
    if flow not in version.flows:
        raise CommandRefused(f"the call {run[:NAME_LENGTH]} was over before a flow did anything, so there is no test")
    roles = version.flows[flow].roles
    original = Original(
        name=run[:NAME_LENGTH],
        flow=flow,
        legs=[legs[0], *(told for told in legs[1:] if told.leg.flow == flow and told.leg.role in roles)],
        starts={name: role.starts_when for name, role in roles.items()},
        secrets=version.project.secrets,
        known=frozenset(_NUMBER.findall(b"\n".join(files[name] for name in files if name.endswith(".yaml")).decode())),
    )
    return original, files


def _legs(history: History, run: str) -> Sequence[Told]:
    """Return the call, and the other legs that it had to do with."""
    from engine.calls.script import Told
    from engine.calls.story import linked
    from engine.core.leg import Leg

    def told(one: str) -> Told | None:
        row, journal = history.row(one), history.journal(one, limit=_MOST_LINES)
        return Told(Leg.decode(row.state), journal) if row is not None and journal else None

    first = told(run)
    if first is None:
        raise CommandRefused(f"nothing is kept of the call {run[:8]}")
    rung = [Leg.decode(row.state) for row in history.rung_by(run, limit=_MOST_LEGS)]
    others = [other.run for other in linked(first.leg, first.journal, rung) if is_leg(other.run)]
    return [first, *(found for one in others[:_MOST_LEGS] if (found := told(one)) is not None)]
