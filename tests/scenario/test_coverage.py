"""What counts as used of a flow: every state, exit and rule by itself, and nothing that no call can reach."""

from __future__ import annotations

import textwrap

import pytest
from telling import PROJECT, desk

from engine.scenario.bench import Bench, Material
from engine.scenario.coverage import Coverage, Tally
from engine.scenario.report import Report, as_text, shortfall

LOOKUPS = PROJECT + b"http_hosts: [crm.example.com]\n"
MENU = desk("""
    ask:
      do: [answer, {gather: {speak: Press a key., digits: 1}}]
      keys: {"1": over, "2": hangup, anything_else: ask, nothing: broken}
""")


def coverage(flow: str, *scenarios: str, **others: str) -> Coverage:
    return report(flow, *scenarios, **others).coverage


def report(flow: str, *scenarios: str, whole: bool = False, **others: str) -> Report:
    """Run *scenarios* against *flow*, the file ``desk.flow.yaml``; *others* are flows beside it, by their names."""
    steps = [textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ") for steps in scenarios]
    told = "".join(f"  - name: story {index}\n    steps:\n{body}\n" for index, body in enumerate(steps))
    flows = {f"{name}.flow.yaml": text.encode() for name, text in {"desk": flow, **others}.items()}
    test = f"test: desk.flow.yaml\nscenarios:\n{told}"
    bench = Bench(Material(tests={"f/x.test.yaml": test}, folders={"f": {**flows, "project.yaml": LOOKUPS}}))
    results = [bench.run(work) for work in bench.works]
    found = bench.report(results, whole={"f"} if whole else ())
    assert found.is_good, as_text(found, {}, seconds=0.0)
    return found


def used(tally: Tally) -> list[str]:
    return [place.what for place in sorted(tally.used)]


def missed(tally: Tally) -> list[str]:
    return [place.what for place in tally.missed]


def test_places_that_share_a_line_are_counted_apart() -> None:
    found = coverage(MENU, "- caller: calls\n- caller: presses 1\n- does: hangup")

    assert used(found.states) == ["ask", "over"]
    assert missed(found.states) == ["broken"]
    assert used(found.exits) == ["ask, keys 1 -> over", "over, then -> hangup"]
    assert missed(found.exits) == [
        "anywhere, on_error -> broken",
        "ask, keys 2 -> hangup",
        "ask, keys anything_else -> ask",
        "ask, keys nothing -> broken",
        "broken, then -> hangup",
    ]
    assert (found.rules.hit, found.rules.total) == (2, 7)


def test_rules_that_share_a_line_are_counted_apart() -> None:
    flow = desk("""
        ask:
          do: [answer, {play: {audio: tune, repeat: forever}}]
          on: {call.dtmf.received: [{if: event.digit == "1", do: [log: one]}, {if: event.digit == "2", then: over}]}
          after: {1m: hangup}
    """)

    found = coverage(flow, "- caller: calls\n- caller: presses 1\n- does: {log: one}")

    assert used(found.rules) == ['ask, on call.dtmf.received, if event.digit == "1"']
    assert missed(found.rules) == [
        "anywhere, on_error",
        'ask, on call.dtmf.received, if event.digit == "2"',
        "ask, after 1m",
        "over, then",
        "broken, then",
    ]


def test_an_exit_counts_when_it_is_taken_and_not_when_its_rule_is_true() -> None:
    flow = desk("""
        talk:
          do: [answer]
          then:
            - do: [speak: A long goodbye that takes a while.]
              then: over
    """)

    cut_short = coverage(flow, "- caller: calls\n- hears: A long goodbye\n- caller: hangs up")
    whole = coverage(flow, "- caller: calls\n- hears: This is the end")

    assert used(cut_short.rules) == ["talk, then"]
    assert used(cut_short.exits) == []
    assert used(whole.exits) == ["talk, then -> over"]


def test_the_exit_of_a_step_counts_too() -> None:
    flow = desk("""
        look:
          do: [answer, {http: {get: "https://crm.example.com/", if_fails: broken}}]
          then: over
    """)
    down = '- http: {"https://crm.example.com/": {status: 503}}\n- caller: calls\n- hears: Sorry'

    found = coverage(flow, down)

    assert "look, http, if_fails -> broken" in used(found.exits)
    assert "look, then -> over" in missed(found.exits)


def test_to_stay_is_a_rule_and_no_exit() -> None:
    flow = desk("""
        wait:
          do: [answer, {play: {audio: tune, repeat: forever}}]
          on: {call.dtmf.received: stay}
          after: {1m: hangup}
    """)

    found = coverage(flow, "- caller: calls\n- caller: presses 1\n- wait: 1s")

    assert used(found.rules) == ["wait, on call.dtmf.received"]
    assert used(found.exits) == []
    assert not any("stay" in what for what in missed(found.exits))


def test_what_no_call_can_reach_does_not_count() -> None:
    flow = """
flow: desk
starts_when: {calls_to: any}
anywhere:
  on: {call.hangup: {do: [log: gone], then: hangup}}
  on_error: hangup
start: greet
states:
  greet:
    do: [answer, speak: Hello.]
    then: hangup
    on_error: hangup
"""

    found = coverage(
        flow,
        "- caller: calls\n- hears: Hello\n- does: hangup\n- wait: 1s",
        "- telnyx: {fails: answer, with: 422}\n- caller: calls\n- does: hangup",
    )

    assert used(found.exits) == ["greet, then -> hangup", "greet, on_error -> hangup"]
    assert missed(found.exits) == []
    assert used(found.rules) == ["anywhere, on call.hangup", "greet, then", "greet, on_error"]
    assert missed(found.rules) == []


def test_places_of_a_role_name_it() -> None:
    roles = """
roles:
  agent:
    starts_when: {calls_to: ["+15550000002"]}
    anywhere: {on_error: sorry}
    start: hello
    states:
      hello: {do: [answer], then: sorry}
      sorry: {do: [speak: Sorry.], then: hangup}
"""
    flow = desk("talk: {do: [answer], then: over}", roles=roles)

    found = coverage(flow, "- agent: calls\n- agent: {hears: Sorry}")

    assert used(found.states) == ["hello of agent", "sorry of agent"]
    assert "hello of agent, then -> sorry" in used(found.exits)
    assert "anywhere of agent, on_error -> sorry" in missed(found.exits)


BEGINS = desk("pass: {do: [answer], then: {flow: second}}")
SECOND = desk("greet: {do: [answer, speak: Second.], then: over}", name="second", number="+15550000007")
THIRD = desk("greet: {do: [answer, speak: Third.], then: over}", name="third", number="+15550000008")


def test_a_flow_that_took_a_call_over_is_counted_where_all_flows_are() -> None:
    story = "- caller: calls\n- hears: Second\n- does: hangup"

    own = report(BEGINS, story, second=SECOND, third=THIRD).coverage
    every = report(BEGINS, story, whole=True, second=SECOND, third=THIRD).coverage

    assert used(own.states) == ["pass"]
    assert used(own.exits) == ["pass, then -> second"]
    assert used(every.states) == ["pass", "greet", "over"]
    assert {place.path for place in every.states.used} == {"f/desk.flow.yaml", "f/second.flow.yaml"}
    assert {place.path for place in every.states.missed} == {
        "f/desk.flow.yaml", "f/second.flow.yaml", "f/third.flow.yaml",
    }  # fmt: skip


def test_a_flow_that_is_tested_and_taken_over_to_is_counted_with_both() -> None:
    texts = {
        "f/a.test.yaml": "test: desk.flow.yaml\nscenarios:\n  - name: a\n    steps: [caller: calls, hears: Second]\n",
        "f/b.test.yaml": "test: second.flow.yaml\nscenarios:\n  - name: b\n    steps: [caller: calls, wait: 1s]\n",
    }
    files = {"desk.flow.yaml": BEGINS.encode(), "second.flow.yaml": SECOND.encode(), "project.yaml": LOOKUPS}
    bench = Bench(Material(tests=texts, folders={"f": files}))

    found = bench.report([bench.run(work) for work in bench.works]).coverage

    assert {place.path for place in found.states.every} == {"f/desk.flow.yaml", "f/second.flow.yaml"}
    assert ("f/second.flow.yaml", "greet") in {(place.path, place.what) for place in found.states.used}


def test_flows_with_the_same_name_in_two_folders_are_not_mixed_up() -> None:
    steps = "[caller: calls, caller: presses {key}, does: hangup]"
    test = f"test: desk.flow.yaml\nscenarios:\n  - name: a\n    steps: {steps}\n"
    files = {"desk.flow.yaml": MENU.encode(), "project.yaml": LOOKUPS}
    texts = {f"{folder}/x.test.yaml": test.replace("{key}", key) for folder, key in (("a", "1"), ("b", "2"))}
    bench = Bench(Material(tests=texts, folders={"a": files, "b": files}))

    found = bench.report([bench.run(work) for work in bench.works]).coverage

    assert [(place.path, place.what) for place in sorted(found.exits.used)] == [
        ("a/desk.flow.yaml", "ask, keys 1 -> over"),
        ("a/desk.flow.yaml", "over, then -> hangup"),
        ("b/desk.flow.yaml", "ask, keys 2 -> hangup"),
    ]


@pytest.mark.parametrize(("hit", "total", "percent"), [(0, 0, 100.0), (0, 3, 0.0), (2, 3, 66.6), (999, 1000, 99.9)])
def test_percent_is_rounded_down(hit: int, total: int, percent: float) -> None:
    places = sorted(coverage(MENU, "- caller: calls").exits.every)
    every = frozenset(type(places[0])("f", line, 1, "x") for line in range(total))

    tally = Tally(every, frozenset(sorted(every)[:hit]))

    assert tally.percent == percent


@pytest.mark.parametrize(
    ("percent", "sentence"),
    [
        (100, "too little is tested: the scenarios use 66.6 % of the states, 28.5 % of the exits and 28.5 % of the "
              "rules, and --fail-under asks for 100 %"),
        (50, "too little is tested: the scenarios use 28.5 % of the exits and 28.5 % of the rules, "
             "and --fail-under asks for 50 %"),
        (28.5, ""),
    ],
)  # fmt: skip
def test_each_kind_is_held_against_the_percentage(percent: float, sentence: str) -> None:
    found = report(MENU, "- caller: calls\n- caller: presses 1\n- does: hangup")

    assert shortfall(found, percent) == sentence


def test_twenty_places_of_a_kind_are_listed_unless_all_are_asked_for() -> None:
    states = "\n".join(f"s{n}: {{do: [answer], then: s{n + 1}}}" for n in range(25)) + "\ns25: {then: over}"
    found = report(desk(states), "- caller: calls\n- caller: hangs up")

    some, every, none = (
        as_text(found, {}, seconds=0.0, unused=unused).splitlines() for unused in ("some", "all", "none")
    )

    assert [line for line in some[2:] if "/desk.flow.yaml:" not in line] == [
        "1 passed, 0 failed in 0.00 s",
        "used: 0 of 28 states, 0 of 29 exits, 0 of 29 rules",
        "states that were never entered:",
        "  and 8 more; --fail-under 100 lists them all",
        "exits that were never taken:",
        "  and 9 more; --fail-under 100 lists them all",
    ]
    assert len([line for line in every if "/desk.flow.yaml:" in line]) == 28 + 29
    assert none[-1] == "1 passed, 0 failed in 0.00 s"
