"""Runs a scenario in virtual time."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.program import Library
from engine.scenario.cast import Cast
from engine.scenario.guard import Broken, Guard
from engine.scenario.matching import Checker
from engine.scenario.rehearsal import Failed, Rehearsal
from engine.scenario.script import Scenario, ScenarioFile, Step
from engine.scenario.stage import Stage
from engine.scenario.story import Story
from engine.scenario.timeline import Timeline
from engine.simulator.options import Options
from engine.simulator.world import World

INSTALL = "test"  # the mark of this installation in client_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one scenario went: *problem* is "" when it passed. *stage* and *timeline* are for coverage and traces."""

    scenario: Scenario
    problem: str
    stage: Stage
    timeline: Timeline


def rehearsal_of(file: ScenarioFile, library: Library, *, options: Options) -> Rehearsal:
    """Return the stage of one scenario of *file*, on which nothing has happened yet."""
    world = World(library.catalogue, options=options, start=file.start)
    stage = Stage(library=library, world=world, now=file.start)
    stage.outbox.outside.put(file.replies)
    timeline = Timeline(stage=stage)
    cast = Cast(stage=stage, flow=file.flow)
    return Rehearsal(
        stage=stage,
        cast=cast,
        timeline=timeline,
        guard=Guard(cast=cast, timeline=timeline, rules=file.never),
        story=Story(cast=cast, timeline=timeline, start=file.start),
        checker=Checker(cast=cast, timeline=timeline),
    )


def run_scenario(scenario: Scenario, file: ScenarioFile, library: Library, *, options: Options) -> Outcome:
    """Return how *scenario* went; the same arguments give the same outcome. *library* has the secrets of *file*."""
    rehearsal = rehearsal_of(file, library, options=options)
    return Outcome(
        scenario=scenario,
        problem=play(scenario, file.path, rehearsal),
        stage=rehearsal.stage,
        timeline=rehearsal.timeline,
    )


def play(scenario: Scenario, path: str, rehearsal: Rehearsal) -> str:
    """Do all steps of *scenario*; returns "" when it passed, else what to tell its author."""
    try:
        for step in scenario.steps:
            rehearsal.perform(step)
        rehearsal.finish()
    except (Failed, Broken) as failure:
        return explain(path, rehearsal.current or scenario.steps[-1], str(failure), rehearsal.story)
    return ""


def explain(path: str, step: Step, message: str, story: Story) -> str:
    told = story.lines()
    lines = [
        f"{path}:{step.line}: {step.text}",
        f"  at {story.now}: {message}",
        *(f"  {place}" for place in story.places()),
    ]
    lines += ["  since the last check:", *(f"    {line}" for line in told)] if told else []
    return "\n".join(lines)
