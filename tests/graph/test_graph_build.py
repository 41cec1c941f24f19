"""What is in a diagram: boxes, arrows, links, problems."""

from __future__ import annotations

import re

import pytest
from graph_samples import GOLDEN, arrows, drawn, node, nodes, one_box, sheets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.check.run import load
from engine.core.verbs import VERBS
from engine.graph.build import build
from engine.graph.diagram import Diagram
from engine.graph.dot import as_dot
from engine.graph.mermaid import as_mermaid

LEGS = (GOLDEN / "legs.flow.yaml").read_text(encoding="utf-8")
DESK = (GOLDEN / "desk.flow.yaml").read_text(encoding="utf-8")
FRAME = """\
flow: {name}
starts_when: {starts}
remember:
  pin: {{type: digits, secret: true}}
anywhere:
  on_error: hangup
start: first
states:
{states}
"""


def flow(states: str, *, name: str = "sample", starts: str = "{calls_to: any}") -> str:
    lines = "\n".join(f"  {line}" for line in states.strip("\n").split("\n"))
    return FRAME.format(name=name, starts=starts, states=lines)


def test_one_box_for_each_state_with_what_is_said_and_done():
    line = node(drawn(DESK), "line")

    assert line.kind == "state"
    assert line.lines == (
        "enqueue support",
        "play hold_music",
        "call.enqueued: “You are number [event.current_posit…”",
        "every 60s: check queue support, “You are now number [queue.position]…”",
    )


def test_ways_between_the_same_two_states_are_one_arrow_with_several_labels():
    to_voicemail = [labels for start, end, labels in arrows(drawn(DESK)) if (start, end) == ("line", "voicemail")]

    assert to_voicemail == [("key *", 'call.dequeued if event.reason == "timeout"', "on_error")]


def test_a_plain_then_is_named_only_beside_other_ways():
    assert ("welcome", "line", ("",)) not in arrows(drawn(DESK))
    assert ("welcome", "line", ()) in arrows(drawn(DESK))
    assert ("look_up", "ring", ("then", "http if fails")) in arrows(drawn(LEGS))


def test_rules_in_a_row_say_if_and_otherwise():
    rules = """
first:
  then:
    - if: caller.number == ""
      then: hangup
    - do:
        - speak: "One moment."
      then: end
"""
    assert arrows(drawn(flow(rules)), "way")[1:] == [
        ("first", "hangup", ('if caller.number == ""',)),
        ("first", "end", ("otherwise: “One moment.”",)),
    ]


def test_stay_draws_no_arrow_and_what_is_done_stands_in_the_box():
    diagram = drawn(LEGS)

    assert "stay" not in [title for way in arrows(diagram) for title in way[:2]]
    assert node(diagram, "nobody").lines == ("ask with hold_music",)
    assert ("nobody", "nobody", ("digits otherwise",)) in arrows(diagram)


def test_a_hangup_among_the_steps_ends_at_the_hangup():
    assert ("nobody", "hangup", ("nothing: hangup",)) in arrows(drawn(LEGS))


def test_numbers_lead_to_the_start():
    many = ", ".join(f'"+1555000000{digit}"' for digit in range(6))
    begin = node(drawn(flow("first: {then: hangup}", starts=f"{{calls_to: [{many}], connection: '77'}}")), "calls to")

    assert begin.lines == (
        "+15550000000", "+15550000001", "+15550000002", "+15550000003", "and 2 more", "connection", "77",
    )  # fmt: skip


def test_a_flow_for_other_flows_says_so():
    starts = "{another_flow_calls: {needs: {reason: text}}}"

    begin = next(box for box in nodes(drawn(flow("first: {then: hangup}", starts=starts))) if box.kind == "start")

    assert (begin.title, begin.lines) == ("another flow calls", ())


def test_anywhere_is_one_box_for_each_role():
    diagram = drawn(DESK)

    assert [box.kind for box in nodes(diagram)].count("anywhere") == 2
    assert ("anywhere", "talking", ("agent.joined",)) in arrows(diagram)
    assert ("anywhere", "voicemail", ("on_error",)) in arrows(diagram, "on_error")


def test_roles_are_groups_in_the_group_of_their_flow():
    [group] = drawn(DESK).groups

    assert group.title == "desk"
    assert [inner.title for inner in group.groups] == ["caller", "agent"]
    assert [group.title for group in drawn(flow("first: {then: hangup}")).groups[0].all_groups()] == ["sample"]


def test_a_queue_links_who_waits_with_who_takes():
    assert arrows(drawn(DESK), "link") == [("line", "take_next", ("queue support",))]


def test_calls_bridges_and_words_link_two_roles():
    assert arrows(drawn(LEGS), "link") == [
        ("ring", "start", ("dial [caller.number]",)),
        ("talking", "ring", ("bridge", "tell busy")),
        ("ring", "waiting", ("tell from",)),
    ]


def test_a_shared_room_links_two_flows_of_one_diagram():
    room = "first:\n  do:\n    - answer\n    - join_conference: {join}\n  after: {{2h: hangup}}\n"
    files = {
        f"{name}.flow.yaml": flow(room.format(join=join), name=name)
        for name, join in (("a", "team"), ("b", "team"), ("c", "own"), ("d", "own"))
    }

    diagram = build(sheets(files, with_problems=False))

    assert arrows(diagram, "link") == [("first", "first", ("room team",))]
    assert [edge.is_mutual for edge in diagram.edges if edge.kind == "link"] == [True]


def test_another_flow_is_a_box_or_itself_when_it_is_drawn_too():
    files = {
        "a.flow.yaml": flow("first: {then: {flow: b}}", name="a"),
        "b.flow.yaml": flow("first: {then: hangup}", name="b", starts="{calls_to: ['+15550000001']}"),
    }

    alone, together = build(sheets(files, with_problems=False)[:1]), build(sheets(files, with_problems=False))

    assert ("first", "flow b", ()) in arrows(alone)
    entry = next(box for box in nodes(together) if box.lines == ("+15550000001",))
    assert entry.id in {edge.target for edge in together.edges}
    assert "flow b" not in {box.title for box in nodes(together)}


def test_what_a_secret_is_set_to_or_compared_with_is_not_drawn():
    secrets = """
first:
  do:
    - set: {pin: "4711"}
    - run: {flow: pay, give: {pin: "4711"}}
  then:
    - if: pin == "4711" or pin == 4711
      then: hangup
    - if: secret.door == "4711" and caller.number == "+15551234567"
      then: hangup
    - then: end
"""
    diagram = drawn(flow(secrets))

    assert "4711" not in as_mermaid(diagram) + as_dot(diagram)
    assert node(diagram, "first").lines == ("set pin", "run pay")
    assert ("first", "hangup", ("if pin == … or pin == …", "if secret.door == … and caller.number == …")) in arrows(
        diagram
    )


def test_a_prompt_is_shown_in_the_language_of_the_flow():
    lines = node(drawn(LEGS), "ring").lines

    assert lines[1:3] == ("“Welcome, and hold the line.”", "play jingle")


@pytest.mark.parametrize("verb", sorted(verb.name for verb in VERBS.values() if verb.bare))
def test_every_verb_has_words(verb: str):
    [line] = node(drawn(flow(f"first:\n  do:\n    - {verb}\n  then: hangup")), "first").lines

    assert line


def test_errors_are_red_where_they_are_and_warnings_are_not():
    diagram = drawn((GOLDEN / "broken.flow.yaml").read_bytes(), with_problems=True)

    assert [fault[:4] for fault in node(diagram, "menu").faults] == ["G007", "R001"]
    assert node(diagram, "welcome").faults == ("S003 there is no verb 'say'",)
    assert node(diagram, "calls to").faults[-1] == "R001 there is no state 'welcom'"
    assert node(diagram, "problems").faults == ("S004 'settings' has no 'colour'",)
    assert node(diagram, "sale").kind == "missing"
    assert node(diagram, "unreadable").is_bad
    assert not node(diagram, "anywhere").is_bad
    warned = flow("first: {then: hangup}\nunused: {then: hangup}")
    assert [problem.severity for problem in load({"sample.flow.yaml": warned.encode()}).problems].count("warning") >= 1
    assert not any(box.is_bad for box in nodes(drawn(warned, with_problems=True)))


def test_a_file_that_cannot_be_read_is_drawn_as_its_problem():
    diagram = drawn("flow: x\nstates: [", with_problems=True)

    [box] = nodes(diagram)
    assert (box.kind, len(box.faults)) == ("faults", 1)
    assert diagram.groups[0].title == "sample.flow.yaml"


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A sample with a few lines lost, doubled, shifted, replaced or ended early."""
    lines = draw(st.sampled_from([LEGS, DESK])).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        other = lines[draw(st.integers(0, len(lines) - 1))]
        lines[at : at + 1] = draw(
            st.sampled_from(
                [[], [lines[at]] * 2, [other], ["  " + lines[at]], [lines[at][2:]], [lines[at].partition(":")[0] + ":"]]
            )
        )
        lines = lines or [""]
    return "\n".join(lines)


def assert_hangs_together(diagram: Diagram) -> None:
    ids = [box.id for box in nodes(diagram)]
    assert len(set(ids)) == len(ids)
    assert {end for edge in diagram.edges for end in (edge.source, edge.target)} <= set(ids)
    assert all(re.fullmatch(r"[a-z][0-9]+", name) for name in ids)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=mangled())
def test_a_mangled_flow_is_drawn_as_far_as_it_goes(text: str):
    pages = sheets({"sample.flow.yaml": text})

    diagram = build(pages)

    assert_hangs_together(diagram)
    assert build(pages) == diagram
    assert as_mermaid(diagram).startswith("flowchart TD")
    assert as_dot(diagram).endswith("}\n")


def test_the_samples_hang_together():
    for sample in GOLDEN.glob("*.flow.yaml"):
        assert_hangs_together(drawn(sample.read_bytes(), with_problems=True))
    assert as_mermaid(one_box("x")).endswith("\n")
