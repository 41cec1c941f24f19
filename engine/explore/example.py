"""A counter-example: the shortest scenario in which the trouble that was found happens again, as a file to run."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.errors import DefectError
from engine.explore.beginnings import Given
from engine.explore.play import FORGOTTEN_S, Play, Trouble
from engine.explore.silence import Moment, moments, raise_if_round
from engine.explore.walk import Way
from engine.scenario.script import Calls, Deed, Fails, HangsUp, IsCalled, Presses, Reacts, TellsAi, Waits

_GRIDS_S = (1.0, 0.1, 0.01, 0.001)  # in which a wait is told: as round as the trouble allows
_ROUNDING = 1e-4  # of a grid
_END_S = 1800.0  # by then somebody who does nothing is off the line in a flow that ends
_END_REFUSED_S = 600.0  # the same, before Telnyx has refused a command as often as a scenario can say

Begin = Callable[[], Play]
Steps = tuple[Deed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """*steps* lead to *trouble* when everybody stays silent for *rest_s* seconds afterwards."""

    steps: Steps
    trouble: Trouble
    rest_s: float


def shortest(way: Way, trouble: Trouble, begin: Begin) -> Example:
    """
    Return the shortest example of *trouble*, which was found on *way*; *begin* gives the beginning of that way.

    Raises:
        DefectError: what happened on the way does not happen again when it is told in steps.
    """
    told = (tuple(_told(way, begin(), grid_s)) for grid_s in _GRIDS_S)
    steps = next((steps for steps in told if _is_same(trouble, judged(steps, begin()))), None)
    if steps is None:
        raise DefectError(f"explore found that {trouble}, but no test shows it")
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for fewer in _shorter(steps):
            if _is_same(trouble, judged(fewer, begin())):
                steps, is_shorter = fewer, True
                break
    found = judged(steps, begin())
    assert found is not None, "each of them was judged"
    return Example(steps=steps, trouble=found, rest_s=found.at - _end_of(steps, begin()))


def _end_of(steps: Steps, play: Play) -> float:
    with contextlib.suppress(Trouble):
        for deed in steps:
            play.perform(deed)
    return play.now


def judged(steps: Steps, play: Play) -> Trouble | None:
    """Return what goes wrong when *steps* are done and everybody stays silent afterwards; None when nothing does."""
    try:
        for deed in steps:
            play.perform(deed)
        play.do((Waits(0.0),))
        passed: dict[bytes, Moment] = {}
        for moment in moments(play):
            if moment.key.whole in passed:
                turn = list(passed)
                raise_if_round(play, [passed[key] for key in turn[turn.index(moment.key.whole) :]])
                return None
            passed[moment.key.whole] = moment
    except Trouble as trouble:
        return trouble
    return None


def _is_same(trouble: Trouble, other: Trouble | None) -> bool:
    return other is not None and trouble.identity == other.identity


def _told(way: Way, play: Play, grid_s: float) -> Iterator[Deed]:
    """Yield the deeds of *way* as steps, *grid_s* or a multiple of it between them; no wait at the end."""
    told, at, told_at = play.copy(), play.now, play.now
    with contextlib.suppress(Trouble):
        for deeds in way.moments:
            if deeds and play.now > at:
                wait_s = math.ceil((play.now - at) / grid_s - _ROUNDING) * grid_s - (told.now - told_at)
                yield Waits(round(wait_s, 3))
                told.perform(Waits(round(wait_s, 3)))
            if deeds:
                at, told_at = play.now, told.now
            for deed in deeds:
                yield deed
                told.perform(deed)
            play.do(deeds)


def _shorter(steps: Steps) -> Iterator[Steps]:
    """Yield *steps* with one left out, or with two waits made one; the later ones first."""
    for place in reversed(range(len(steps))):
        yield steps[:place] + steps[place + 1 :]
    for place in range(len(steps) - 1):
        one, other = steps[place : place + 2]
        if isinstance(one, Waits) and isinstance(other, Waits):
            yield (*steps[:place], Waits(round(one.seconds + other.seconds, 3)), *steps[place + 2 :])


# -- as text ---------------------------------------------------------------------------------------------------


def as_scenario(example: Example, given: Given, *, flow_file: str) -> str:
    """Return the example as a scenario file beside the flow; ``ringflow test`` of it fails with the same trouble."""
    sentence = str(example.trouble)
    lines = [
        f"# ringflow explore: {sentence}.",
        "# This test fails until the flow is mended.",
        f"test: {flow_file}",
        *given.line().splitlines(),
        "scenarios:",
        f"  - name: {json.dumps(sentence[0].upper() + sentence[1:], ensure_ascii=False)}",
        "    steps:",
        *(f"      - {_line(deed)}" for deed in example.steps),
        f"      - {_end(example)}",
    ]
    return "\n".join(lines) + "\n"


def _end(example: Example) -> str:
    """Return the step at which the scenario fails: a silence that is too long, or a check that does not come true."""
    trouble = example.trouble
    if trouble.person.startswith("+"):
        return f"wait: {FORGOTTEN_S:g}s  # no check can name the leg that rings, so this test passes"
    if trouble.kind == "forgotten":
        return f"{trouble.person}: {{does: hangup, within: {FORGOTTEN_S:g}s}}"
    if trouble.kind == "longest":  # before it ends the call
        return f"{trouble.person}: {{does: hangup, within: {_duration(min(math.floor(example.rest_s) - 1.0, _END_S))}}}"
    if trouble.kind in ("round", "stuck"):
        is_refused = any(isinstance(deed, Fails) and deed.times > 1 for deed in example.steps)
        return f"{trouble.person}: {{does: hangup, within: {_duration(_END_REFUSED_S if is_refused else _END_S)}}}"
    return f"wait: {_duration(math.ceil(max(example.rest_s, 0.0)) + 1.0)}"


def _line(deed: Deed) -> str:
    match deed:
        case Waits():
            return f"wait: {_duration(deed.seconds)}"
        case Calls():
            number = deed.from_number if deed.from_number == "anonymous" else f'"{deed.from_number}"'
            return f"{deed.leg}: calls" + (f" from {number}" if deed.from_number else "")
        case IsCalled():
            return f"{deed.leg}: is called"
        case Presses():
            return f"{deed.leg}: presses {deed.keys}" if deed.keys != "#" else f'{deed.leg}: "presses #"'
        case HangsUp():
            return f"{deed.leg}: hangs up"
        case Reacts():
            return f"{deed.leg}: {deed.how}"
        case TellsAi():
            told = "nothing" if deed.result is None else json.dumps(deed.result, ensure_ascii=False)
            return f"{deed.leg}: {{tells_ai: {told}}}"
        case Fails():
            times = f", times: {deed.times}" if deed.times > 1 else ""
            return f"telnyx: {{fails: {deed.word}, with: {deed.status}{times}}}"
    raise TypeError(f"no way is told with {deed}")


def _duration(seconds: float) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g}m"
    return f"{round(seconds, 3):.10g}s"
