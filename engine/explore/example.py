"""A counter-example: the shortest scenario in which the trouble that was found happens again, as a file to run."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.explore.beginnings import Given
from engine.explore.play import FORGOTTEN_S, Play, Trouble
from engine.explore.silence import Moment, moments, raise_if_round
from engine.explore.walk import Way
from engine.scenario.script import Calls, Deed, Fails, HangsUp, IsCalled, Presses, Reacts, TellsAi, Waits

_GRIDS_S = (1.0, 0.1, 0.01, 0.001)  # in which a wait is told: as round as the trouble allows
_END = "30m"  # by then somebody who does nothing is off the line in a flow that ends

Begin = Callable[[], Play]
Steps = tuple[Deed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """*steps* lead to *trouble* when everybody stays silent for *rest_s* seconds afterwards."""

    steps: Steps
    trouble: Trouble
    rest_s: float


def shortest(way: Way, trouble: Trouble, begin: Begin) -> Example:
    """Return the shortest example of *trouble*, which was found on *way*; *begin* gives the beginning of that way."""
    steps = next(
        steps for grid_s in _GRIDS_S if _is_same(trouble, judged(steps := tuple(_told(way, begin(), grid_s)), begin()))
    )
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
    """Yield the deeds of *way* as steps, with waits between them that end at the next full *grid_s*."""
    told, start = play.copy(), play.now
    for deeds in way.moments:
        try:
            yield from deeds
            for deed in deeds:
                told.perform(deed)
            play.do(deeds)
            until = start + math.ceil((play.now - start) / grid_s - 1e-6) * grid_s
            wait_s = round(until - told.now, 3)
            if wait_s > 0:
                yield Waits(wait_s)
                told.perform(Waits(wait_s))
        except Trouble:
            return


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
    if trouble.kind == "forgotten":
        return f"{trouble.person}: {{does: hangup, within: {FORGOTTEN_S:g}s}}"
    if trouble.kind in ("round", "longest"):
        return f"{trouble.person}: {{does: hangup, within: {_END}}}"
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
            return f"{deed.leg}: {{tells_ai: {'nothing' if deed.result is None else dict(deed.result)}}}"
        case Fails():
            times = f", times: {deed.times}" if deed.times > 1 else ""
            return f"telnyx: {{fails: {deed.word}, with: {deed.status}{times}}}"
    raise TypeError(f"no way is told with {deed}")


def _duration(seconds: float) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g}m"
    return f"{round(seconds, 3):.10g}s"
