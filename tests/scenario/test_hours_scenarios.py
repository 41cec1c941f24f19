"""A flow with opening hours, called when it is open and when it is closed."""

from __future__ import annotations

import textwrap

import pytest

from engine.check.run import load
from engine.scenario.file import run_file
from engine.scenario.parse import parse
from engine.scenario.report import Report
from engine.tables import catalogue

FLOW = """\
flow: main_number
about: In opening hours, callers hear that somebody comes. Outside them, when it opens again.
starts_when:
  calls_to: ["+15551233333"]
remember:
  asked_at: {type: time}
  opens_at: {type: time}
hours:
  office:
    timezone: Europe/Madrid
    open:
      monday to friday: 09:00 to 17:30
      saturday: 10:00 to 14:00
    closed_on: [2026-12-25, 2027-01-01]
  abroad:
    timezone: America/New_York
    open:
      monday to friday: 09:00 to 17:30
prompts:
  closed:
    en-US: "We open again {{ spoken_time(opens_at) }}."
    es-ES: "Abrimos de nuevo {{ spoken_time(opens_at) }}."
anywhere:
  on_error: hangup
start: open_or_closed
states:
  open_or_closed:
    do:
      - answer
      - set: {asked_at: "{{ now() }}", opens_at: "{{ next_opening(office) }}"}
    then:
      - if: is_open(office)
        then: open
      - then: closed
  open:
    do:
      - speak: "Somebody comes."
      - play: {audio: hold_music, repeat: forever}
    after:
      5m: still_here
  still_here:
    do:
      - speak: "You wait since {{ minutes_since(asked_at) }} minutes, {{ spoken_time(asked_at) }}."
    then: hangup
  closed:
    do:
      - gather: {prompt: closed, digits: 1, tries: 1}
    keys:
      "1": spanish
      "2": abroad
      anything_else: closed
      nothing: hangup
  spanish:
    do:
      - set: {language: es-ES}
    then: closed
  abroad:
    do:
      - speak: "New York opens {{ spoken_time(next_opening(abroad)) }}."
    then: hangup
"""
PLAIN = """\
flow: main_number
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [answer]
    then: hangup
"""
PROJECT = 'audio:\n  hold_music: {url: "https://example.com/hold.mp3"}\n'


def report_of(time: str, steps: str, *, flow: str = FLOW) -> Report:
    lines = ["test: main_number.flow.yaml", f"given: {{time: {time}}}" if time else "", "scenarios:"]
    lines += ["  - name: x", "    steps:", textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ")]
    files = {"main_number.flow.yaml": flow.encode(), "project.yaml": PROJECT.encode()}
    return run_file("x.test.yaml", "\n".join(lines) + "\n", files)


def passes(time: str, steps: str, *, flow: str = FLOW) -> None:
    report = report_of(time, steps, flow=flow)
    assert not report.problems, [str(problem) for problem in report.problems]
    assert not report.results[0].problem, report.results[0].problem


OPEN = "- caller: calls\n- hears: Somebody comes"


@pytest.mark.parametrize(
    "time",
    ["2026-11-20 09:00", "2026-11-20 17:29", "2026-07-20 09:00", "2026-11-20 08:00 UTC", "2026-11-20 08:00Z",
     "2026-11-20 03:00 -05:00", ""],
)  # fmt: skip
def test_caller_in_opening_hours_is_let_in(time):
    passes(time, OPEN)


@pytest.mark.parametrize(
    ("time", "opening"),
    [
        ("2026-11-20 08:59", "today at 9:00 AM"),
        ("2026-11-20 17:30", "tomorrow at 10:00 AM"),
        ("2026-11-20 07:59 UTC", "today at 9:00 AM"),
        ("2026-11-21 14:00", "on Monday at 9:00 AM"),
        ("2026-12-24 18:00", "on Saturday at 10:00 AM"),
    ],
)
def test_caller_outside_them_hears_when_it_opens(time, opening):
    passes(time, f'- caller: calls\n- hears: "We open again {opening}."')


def test_time_is_said_in_the_language_of_the_leg_and_by_the_clock_of_its_hours():
    passes(
        "2026-11-20 22:00",
        """
        - caller: calls
        - hears: tomorrow at 10:00 AM
        - caller: presses 1
        - hears: Abrimos de nuevo mañana a las 10:00.
        - caller: presses 2
        - hears: New York opens el lunes a las 9:00.
        """,
    )


def test_time_that_was_kept_is_still_there_after_a_while():
    passes(
        "2026-11-20 10:00",
        """
        - caller: calls
        - hears: Somebody comes
        - wait: 270s
        - hears: You wait since 5 minutes, today at 10:00 AM.
        """,
    )


def test_hours_that_close_during_the_call_are_closed_for_the_next_question():
    flow = FLOW.replace("5m: still_here", "5m: open_or_closed")
    passes("2026-11-20 17:28", OPEN + "\n- wait: 5m\n- hears: tomorrow at 10:00 AM", flow=flow)


@pytest.mark.parametrize(
    ("flow", "given", "start"),
    [
        (FLOW, "1970-01-01 01:10", 600.0),
        (FLOW, "1970-01-01 00:10 +00:00", 600.0),
        (PLAIN, "1970-01-01 00:10", 600.0),
        (PLAIN, "1970-01-01 01:10 +01:00", 600.0),
        (PLAIN, "", 1767607200.0),
        (FLOW, "", 1767603600.0),
    ],
)
def test_scenario_begins_by_the_clock_of_the_first_hours_else_in_utc(flow, given, start):
    text = f"test: f.yaml\n{f'given: {{time: {given}}}' if given else ''}\nscenarios:\n"
    text += "  - name: x\n    steps:\n      - caller: calls\n"
    version = load({"main_number.flow.yaml": flow.encode(), "project.yaml": PROJECT.encode()}).version
    assert version is not None

    parsed = parse(
        text, "x", flows={"f.yaml": version.flows["main_number"]}, project=version.project, catalogue=catalogue()
    )

    assert parsed.file is not None
    assert parsed.file.start == start


@pytest.mark.parametrize("time", ["tomorrow", "10:00", "2026-02-30 10:00", "2026-11-20 10:00 Madrid"])
def test_time_that_is_none_is_told(time):
    [problem] = report_of(time, OPEN).problems

    assert "'time' must be a date and a time" in problem.message
