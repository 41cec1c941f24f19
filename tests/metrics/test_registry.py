"""What is counted, and that nothing from outside makes it grow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metered import counted, samples

from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED
from engine.metrics import labels
from engine.metrics.registry import Metrics
from engine.resources import load_schema
from engine.tables import catalogue


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_webhooks_are_counted_by_type_and_result(metrics):
    metrics.webhook("call.answered", "committed")
    metrics.webhook("call.answered", "committed")
    metrics.webhook("call.answered", "not-committed")
    metrics.webhook("", "forged")

    assert counted(metrics, "ringflow_webhooks_total") == {
        ("call.answered", "committed"): 2,
        ("call.answered", "not-committed"): 1,
        ("unread", "forged"): 1,
    }


def test_commands_are_counted_by_operation_and_outcome(metrics):
    for outcome in (ACCEPTED, REFUSED, IN_DOUBT):
        metrics.settled("speak", outcome)
    metrics.settled("notify", ACCEPTED)

    assert counted(metrics, "ringflow_commands_total") == {
        ("speak", "accepted"): 1,
        ("speak", "refused"): 1,
        ("speak", "in_doubt"): 1,
        ("notify", "accepted"): 1,
    }


def test_refusals_of_telnyx_are_counted_by_code_and_every_request_by_its_time(metrics):
    for error in ("90018", "http_503", "silent", "99999", None):
        metrics.requested(0.2, error)

    assert counted(metrics, "ringflow_telnyx_errors_total") == {
        ("90018",): 1,
        ("http_503",): 1,
        ("silent",): 1,
        ("other",): 1,
    }
    assert counted(metrics, "ringflow_telnyx_request_seconds_count") == {(): 5}


def test_timer_is_late_when_it_is_over_a_second_late(metrics):
    for late_s in (0.0, 1.0, 1.5):
        metrics.timer_fired(late_s)

    assert counted(metrics, "ringflow_timers_late_total") == {(): 1}
    assert counted(metrics, "ringflow_timer_lateness_seconds_bucket")[("1.0",)] == 2


def test_only_trouble_is_a_problem(metrics):
    for kind in ("state", "error", "ended"):
        metrics.problem(kind)

    assert counted(metrics, "ringflow_call_problems_total") == {("error",): 1}


def test_it_says_which_ringflow_it_is(metrics):
    assert re.search(r'^ringflow_build_info\{version="[^"]+"\} 1.0$', metrics.text().decode(), re.MULTILINE)


def test_nothing_from_outside_becomes_a_label(metrics):
    lines = len(samples(metrics.text().decode(), without_nought=False))

    @given(text=st.text())
    def tell(text: str) -> None:
        metrics.webhook(f"{text}!", f"{text}!")
        metrics.settled(f"{text}!", ACCEPTED)
        metrics.requested(0.0, f"{text}!")
        metrics.defect(f"{text}!")

    tell()
    grown = set(samples(metrics.text().decode(), without_nought=False))

    assert len(grown) == lines + 4  # "other", once in each


def test_there_are_62_events_and_what_alarms_look_at_begins_at_nought(metrics):
    shown = samples(metrics.text().decode(), without_nought=False)

    events = {dict(names)["event"] for name, names in shown if name == "ringflow_webhooks_total"}
    assert events == {*load_schema("telnyx/events.json")["events"], "unread"}
    assert len(events) == 63
    assert shown["ringflow_webhooks_total", (("event", "unread"), ("result", "forged"))] == 0
    assert shown["ringflow_defects_total", (("where", "event"),)] == 0


def test_labels_are_those_that_the_engine_uses(engine_source):
    reasons = set(re.findall(r'reason="([\w-]+)"', engine_source))
    reasons |= set(re.findall(r'_again\([^\n]+, "([\w-]+)"\)', engine_source))

    assert reasons | {"committed", "failed"} == labels.RESULTS
    assert set(re.findall(r'meter\.defect\("(\w+)"\)', engine_source)) == labels.PLACES
    assert {str(error["code"]) for error in catalogue().errors} <= labels.ERRORS
    for kind in labels.PROBLEMS:
        assert re.search(rf'(kind=|note\()"{kind}"', engine_source), kind


@pytest.fixture
def engine_source() -> str:
    from pathlib import Path

    import engine

    [root] = engine.__path__
    return "\n".join(path.read_text(encoding="utf-8") for path in Path(root).rglob("*.py"))
