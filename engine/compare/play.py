"""A call's deeds played on any flows: people do what they did, as far as anybody lets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.compare.deeds import Course, Timed, lets
from engine.compare.noticed import Notice, words
from engine.compare.witness import Witness, patient
from engine.core.program import Library
from engine.scenario.reading import role_name
from engine.scenario.rehearsal import Failed, Rehearsal
from engine.scenario.run import rehearsal_of
from engine.scenario.script import SILENCE_S, WITHIN_S, Calls, IsCalled, ScenarioFile, Step
from engine.simulator.options import Options

_SHORTEST_PATIENCE_S = 2.0  # somebody whose next deed follows at once waits so long to be asked
_AFTERMATH_S = 120.0  # how much longer than the record people stay on the line


@dataclass(frozen=True, slots=True)
class Played:
    """What was noticed in a call. *left_out* are the deeds, counted from 0, that nobody let people do."""

    notices: tuple[Notice, ...]
    left_out: frozenset[int]


def play(course: Course, file: ScenarioFile, library: Library) -> Played:
    """Return what people notice when the deeds of *course* are done with the flow of *file* and those of *library*."""
    player = _Player(rehearsal=patient(rehearsal_of(file, library, options=Options())), start=file.start)
    for index, deed in enumerate(course.deeds):
        following = course.deeds[index + 1 :]
        next_s = following[0].after_s if following else deed.after_s + WITHIN_S
        player.do(index, deed, patience_s=min(WITHIN_S, max(_SHORTEST_PATIENCE_S, next_s - deed.after_s)))
    player.run_until(max(player.now, file.start + course.lasts_s + player.late_s))
    player.let_it_end(player.now + _AFTERMATH_S)
    return Played(tuple(player.notices), frozenset(player.left_out))


@dataclass(slots=True, kw_only=True)
class _Player:
    """*late_s*: how much later than in the record the latest deed was done, as nobody asked for it before."""

    rehearsal: Rehearsal
    start: float
    late_s: float = 0.0
    notices: list[Notice] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    _done: int = 0
    _seen: int = 0
    _silences: int = 0

    @property
    def now(self) -> float:
        return self.rehearsal.stage.now

    def do(self, index: int, deed: Timed, *, patience_s: float) -> None:
        """Let time run to a deed, and do it once somebody lets people do it."""
        at = self.start + deed.after_s + self.late_s
        self.run_until(at)
        is_ready = self.rehearsal.let_run(self.now + patience_s, lets(self.rehearsal.cast, deed.step))
        self._look()
        self._done = index + 1
        self.late_s += self.now - at if is_ready and self.now > at else 0.0
        try:
            if not is_ready or not self._is_known(deed.step):
                raise Failed
            self.rehearsal.perform(deed.step)
        except Failed:
            self.left_out.append(index)
        self._look()

    def run_until(self, until: float) -> None:
        self.rehearsal.let_run(until)
        self._look()

    def let_it_end(self, until: float) -> None:
        """Let time run until everybody has hung up, at most until then."""
        cast = self.rehearsal.cast
        looks = (cast.look(name) for name in list(cast.legs))
        if any(look is not None and look.state != "ended" for look in looks):
            self.rehearsal.let_run(until, self._all_over)
        self._look()

    def _all_over(self) -> bool:
        world = self.rehearsal.stage.world
        return all(world.look(leg.call_control_id).state == "ended" for leg in world.legs)

    def _is_known(self, step: Step) -> bool:
        """Tell whether the flow has the role of somebody who calls in or is called."""
        what = step.what
        return not isinstance(what, Calls | IsCalled) or bool(role_name(what.leg, self.rehearsal.cast.flow.roles))

    # -- what is noticed ---------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Note what happened since the last look."""
        self.notices += sorted([*self._heard(), *self._silent()], key=lambda notice: notice.after_s)

    def _heard(self) -> Iterator[Notice]:
        record, cast = self.rehearsal.stage.world.record, self.rehearsal.cast
        entries, self._seen = record[self._seen :], len(record)
        for entry in entries:
            text = words(entry, cast)
            if text:
                yield Notice(entry.at - self.start, cast.name_of(str(entry.leg)), text, self._done)

    def _silent(self) -> Iterator[Notice]:
        guard, cast = self.rehearsal.guard, self.rehearsal.cast
        assert isinstance(guard, Witness)
        silences, self._silences = guard.silences[self._silences :], len(guard.silences)
        for leg, since in silences:
            text = f"sits in silence for more than {SILENCE_S:g} s"
            yield Notice(since - self.start, cast.name_of(leg), text, self._done)
