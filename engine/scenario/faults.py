"""
The same scenario again, while Telnyx misbehaves: what must still work, and what must at least not leave anybody alone.

Two kinds of trial. In a *calm* one nothing is lost for good (webhooks that come twice, late or out of order; 429, 500,
slow and broken answers), so the scenario must pass as it stands. In a *harsh* one a webhook never comes, or a command
is refused or not carried out: nobody can say what the caller hears then, but nobody may sit in silence, go round for
ever or be forgotten. Source: language.md, section 7 (``--faults``); facts.md, sections 0, 2 and 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from engine.core.catalogue import Catalogue
from engine.core.names import is_leg
from engine.core.program import Library
from engine.scenario.guard import Broken
from engine.scenario.rehearsal import Failed, Rehearsal
from engine.scenario.run import explain, play, rehearsal_of
from engine.scenario.script import Scenario, ScenarioFile, flat
from engine.simulator.options import Options
from engine.simulator.trouble import THROTTLED, Copy, Mishap

# How long people stay on the line when the scenario is over, where that is no trouble without faults either.
_AFTERMATH_S = 600.0
_SLACK_S = 30.0  # how much longer a check may take
_ALL_OVER_S = 120.0  # and when the last one has hung up, every leg must be over after so long

Expectation = Literal["passes", "nothing twice", "nobody is left alone"]
Meets = Callable[[str, int, int], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    One way in which Telnyx misbehaves during a scenario; *name* ends the sentence "with ...".

    *meets* gets an event type or an operation, its number in the scenario, and which attempt it is; it says which ones
    meet *copies* (of a webhook) or *mishap* (of a request). *expects*: "passes" as written; "nothing twice": that, and
    nobody hears more than without; "nobody is left alone".
    """

    name: str
    meets: Meets
    copies: Sequence[Copy] | None = None
    mishap: Mishap | None = None
    expects: Expectation = "passes"

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        return self.copies if self.copies is not None and self.meets(event_type, number, 1) else (Copy(),)

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        return self.mishap if self.mishap is not None and self.meets(operation, number, attempt) else None


@dataclass(slots=True)
class Witness:
    """
    Trouble that makes none, and writes down what there is to go wrong: each event type and each operation with its
    number, once for every *place* that the calls can be in at that moment.
    """

    place: Callable[[], str]
    webhooks: dict[tuple[str, str], int] = field(default_factory=dict)
    requests: dict[tuple[str, str], int] = field(default_factory=dict)

    def webhook(self, event_type: str, number: int) -> Sequence[Copy]:
        self.webhooks.setdefault((event_type, self.place()), number)
        return (Copy(),)

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        self.requests.setdefault((operation, self.place()), number)
        return None


def faults_of(
    scenario: Scenario, file: ScenarioFile, library: Library, *, options: Options
) -> Iterator[tuple[str, str]]:
    """
    Yield each trial of *scenario* by its name, with what to tell the author; "" where all went well.

    *scenario* itself must pass.
    """
    calm = rehearsal_of(file, library, options=options)
    witness = Witness(place=partial(_place, calm))
    calm.stage.world.trouble = witness
    play(scenario, file.path, calm)
    usual = _heard_and_done(calm)
    lingering = rehearsal_of(file, library, options=options)
    wait_s = 0.0 if _endure(scenario, file.path, lingering, _AFTERMATH_S) else _AFTERMATH_S
    for trial in _trials(witness, library.catalogue):
        rehearsal = rehearsal_of(file, library, options=options)
        rehearsal.stage.world.trouble = trial
        rehearsal.guard.is_patient, rehearsal.slack_s = True, _SLACK_S
        if trial.expects == "nobody is left alone":
            problem = _endure(scenario, file.path, rehearsal, wait_s)
        else:
            problem = play(scenario, file.path, rehearsal)
        if not problem and trial.expects == "nothing twice":
            problem = _doubled(scenario, file.path, rehearsal, usual)
        yield trial.name, problem.replace("\n", f"   [with {trial.name}]\n", 1)


def _place(rehearsal: Rehearsal) -> str:
    """Return where all calls are: each one's state, and the step that is being done."""
    legs = [rehearsal.stage.leg(run) for run in rehearsal.stage.rows if is_leg(run)]
    return " ".join(f"{leg.flow} {leg.at}" for leg in legs if leg is not None and leg.status != "ended")


def _trials(witness: Witness, catalogue: Catalogue) -> Iterator[Trial]:
    yield from _calm_trials(catalogue)
    twice = (Copy(), Copy(late_s=0.2, is_twin=True))
    for (event_type, _), number in witness.webhooks.items():
        meets, name = _only(event_type, number), f"{event_type} (webhook {number})"
        yield Trial(name=f"{name} reported twice, under two ids", meets=meets, copies=twice, expects="nothing twice")
        yield Trial(name=f"{name} lost", meets=meets, copies=(), expects="nobody is left alone")
    refused, ignored = Mishap(kind="refused", status=422, code="10015"), Mishap(kind="ignored")
    for (operation, _), number in witness.requests.items():
        meets, name = _only(operation, number), f"{operation} (request {number})"
        yield Trial(name=f"{name} refused", meets=meets, mishap=refused, expects="nobody is left alone")
        yield Trial(name=f"{name} accepted and not done", meets=meets, mishap=ignored, expects="nobody is left alone")


def _calm_trials(catalogue: Catalogue) -> Iterator[Trial]:
    def always(what: str, number: int, attempt: int) -> bool:
        return True

    def every_second(what: str, number: int, attempt: int) -> bool:
        return number % 2 == 1

    def first(operation: str, number: int, attempt: int) -> bool:
        return attempt == 1

    def repeatable(operation: str, number: int, attempt: int) -> bool:
        row = catalogue.operations[operation]
        return attempt == 1 and (row.takes_command_id or row.resend == "harmless")

    again, soon = (Copy(), Copy(late_s=0.3)), (Copy(late_s=0.3),)
    refused, cut = Mishap(kind="refused"), Mishap(kind="reset")
    yield Trial(name="every webhook delivered twice", meets=always, copies=again, expects="nothing twice")
    yield Trial(name="every second webhook overtaken by others", meets=every_second, copies=soon)
    yield Trial(name="every webhook a second late", meets=always, copies=(Copy(late_s=1.0),))
    yield Trial(name="429 to the first attempt of every request", meets=first, mishap=THROTTLED)
    yield Trial(name="500 to the first attempt of every request that may be repeated", meets=repeatable, mishap=refused)
    yield Trial(name="slow answers", meets=always, mishap=Mishap(kind="slow", late_s=0.8))
    yield Trial(
        name="no answer to the first attempt of every request that may be repeated", meets=repeatable, mishap=cut
    )


def _only(what: str, number: int) -> Meets:
    return lambda other, n, attempt: (other, n) == (what, number)


# -- what must hold ------------------------------------------------------------------------------------------------


def _endure(scenario: Scenario, path: str, rehearsal: Rehearsal, wait_s: float) -> str:
    """Do what can still be done of *scenario*, let everybody wait *wait_s*, then hang up: nobody may be left alone."""
    try:
        for step in flat(scenario.steps):
            try:
                rehearsal.perform(step)
            except Failed:
                continue
        _wait_and_part(rehearsal, wait_s)
    except (Broken, Failed) as failure:
        return explain(path, rehearsal.current or scenario.steps[-1], str(failure), rehearsal.story)
    return ""


def _wait_and_part(rehearsal: Rehearsal, wait_s: float) -> None:
    """Raises Broken or Failed when somebody is left alone."""
    stage, world = rehearsal.stage, rehearsal.stage.world
    rehearsal.let_run(stage.now + wait_s)
    for leg in world.legs:
        if leg.direction == "incoming" or world.look(leg.call_control_id).state == "answered":
            world.hang_up(leg.call_control_id, stage.now)
    there = world.legs
    rehearsal.let_run(stage.now + _ALL_OVER_S)
    for leg in there:
        look = world.look(leg.call_control_id)
        if look.state != "ended":
            name = rehearsal.cast.called(rehearsal.cast.name_of(leg.call_control_id))
            doing = "rings" if look.state == "ringing" else "is on the line"
            raise Failed(f"everybody else has hung up, and {name} still {doing} two minutes later")


def _heard_and_done(rehearsal: Rehearsal) -> Counter[str]:
    """Return how often each person heard each text, and how often what is not harmless was done for them."""
    timeline, operations = rehearsal.timeline, rehearsal.stage.library.catalogue.operations

    def who(leg: str) -> str:
        return rehearsal.cast.called(rehearsal.cast.name_of(leg))

    heard = [f'{who(line.leg or "")} hears "{line.what}"' for line in timeline.heard]
    done = [
        f"{done.operation} is done for {who(done.leg)}"
        for done in timeline.done
        if done.operation in operations and operations[done.operation].resend != "harmless"
    ]
    return Counter([*heard, *done])


def _doubled(scenario: Scenario, path: str, rehearsal: Rehearsal, usual: Counter[str]) -> str:
    more = _heard_and_done(rehearsal) - usual
    if not more:
        return ""
    what = next(iter(more))
    message = f"{what} {_often(usual[what] + more[what])}, and without this fault {_often(usual[what])}"
    return explain(path, scenario.steps[-1], message, rehearsal.story)


def _often(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
