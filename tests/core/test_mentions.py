"""One phone number is found in every spelling that is stored, and nothing else is taken for it."""

from __future__ import annotations

import orjson
import pytest
from core_stage import CALLER, OFFICE, Phone, flow
from hypothesis import given
from hypothesis import strategies as st

from engine.core.change import Row
from engine.core.leg import Leg
from engine.core.mentions import LATE_FOR_S, Number, fate_of, masked_row, tombstone
from engine.core.planned import Plan
from engine.core.queue import Queue
from engine.errors import CommandRefused

NUMBER = Number.read("+34600111222")
OTHER = "+15550000009"
NOW = 1_800_000_000.0
WAITS = "  waiting:\n    do: [answer]\n    after: {1h: hangup}\n"


@pytest.mark.parametrize(
    "text",
    [
        "+34600111222", "34600111222", "0034600111222", "%2B34600111222", "+34 600 111 222", "+34 (600) 111-222",
        "sip:+34600111222@sip.example.com", "tel:+34-600-111-222;ext=1", "34.600.111.222", '"34600111222"',
    ],
)  # fmt: skip
def test_every_spelling_is_found_and_masked(text):
    assert NUMBER.is_in(f"call {text} back")
    assert "600" not in NUMBER.masked(f"call {text} back").replace("call", "")


@pytest.mark.parametrize("text", ["+346001112223", "134600111222", "+3460011122", "600111222", "34600 111 x222", ""])
def test_other_numbers_are_left(text):
    assert not NUMBER.is_in(text)
    assert NUMBER.masked(text) == text


@pytest.mark.parametrize("text", ["+34600111222", "0034 600 111 222", "+34 (600) 111-222", "+34.600.111.222"])
def test_people_may_write_a_number_as_they_like(text):
    assert Number.read(text) == NUMBER


@pytest.mark.parametrize("text", ["600111222", "+0600111222", "+346", "", "anonymous", "+1234567890123456", "+34 600x"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(CommandRefused, match="is no phone number; write it with"):
        Number.read(text)


def test_masking_reaches_every_corner_of_a_value():
    value = {"a": ["+34600111222", {"34600111222": 34600111222}], "b": (1, None, True, 34600111222.5, "x")}

    assert NUMBER.masked(value) == {"a": ["***", {"***": "***"}], "b": [1, None, True, 34600111222.5, "x"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["+34600111222", "x 34 600 111 222 y"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_masking_twice_is_masking_once_and_leaves_no_number(value):
    once = NUMBER.masked(value)

    assert NUMBER.masked(once) == once
    assert not NUMBER.is_in(str(once))


def leg(**fields) -> Row:
    made = Leg(run="anna", ver=3, **{"status": "ended", "from_": CALLER, "to": OFFICE, **fields})
    return Row(run="anna", ver=3, state=made.encode(), version="v1", ended_at=made.ended_at)


def plan(stage, to=CALLER) -> Row:
    made = Plan(run="plan:a", stage=stage, to=to, called=CALLER)
    return Row(run="plan:a", ver=1, state=orjson.dumps(made).decode(), ended_at=NOW if stage == "over" else None)


def queue(ended_at: float | None, run: str = "queue:q") -> Row:
    made = Queue(run=run, waiting={CALLER: "anna"})
    return Row(run=run, ver=1, state=orjson.dumps(made).decode(), ended_at=ended_at)


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (leg(ended_at=NOW - LATE_FOR_S), "theirs"),
        (leg(ended_at=NOW - 60), "recent"),
        (leg(status="live"), "live"),
        (leg(from_=OTHER, to=CALLER, ended_at=1.0), "theirs"),
        (leg(from_=OTHER, to=f"sip:{CALLER}@example.com", ended_at=1.0), "theirs"),
        (leg(from_=OTHER, variables={"who": CALLER}, ended_at=NOW), "mention"),
        (leg(from_=OTHER, variables={"who": CALLER}, status="live"), "live"),
        (leg(from_=OTHER, ended_at=1.0), "other"),
        (plan("waiting"), "theirs"),
        (plan("over"), "theirs"),
        (plan("ringing"), "live"),
        (plan("waiting", OTHER), "live"),
        (plan("over", OTHER), "mention"),
        (queue(NOW), "mention"),
        (queue(None), "other"),
        (queue(NOW, f"queue:{CALLER}"), "theirs"),
        (queue(None, f"queue:{CALLER}"), "live"),
    ],
)
def test_what_becomes_of_a_run(row, fate):
    assert fate_of(row, NUMBER, now=NOW) == fate


def test_a_masked_row_is_read_again_by_whoever_works_on_it():
    masked = masked_row(leg(from_=OTHER, variables={"who": CALLER}, ended_at=NOW), NUMBER)

    assert (masked.ver, Leg.decode(masked.state).ver) == (4, 4)
    assert Leg.decode(masked.state).variables == {"who": "***"}
    assert (masked.version, masked.ended_at) == ("v1", NOW)


def test_events_that_come_late_for_a_forgotten_call_do_nothing():
    phone = Phone(flow(WAITS))
    call = phone.calls(wait=1)
    run = phone.stage.run_of(call)
    phone.hang_up(call)
    phone.stage.rows[run] = tombstone(phone.stage.rows[run])
    sent = len(phone.rows())
    for name in ("call.recording.saved", "call.answered", "call.initiated", "call.hangup", "call.bridged"):
        phone.webhook(name, call, n=1, direction="incoming")
    phone.wait(200)

    assert len(phone.rows()) == sent
    assert not NUMBER.is_in(phone.stage.rows[run].state)
    assert phone.leg(call) == Leg(run=run, ver=phone.leg(call).ver, status="ended", ended_at=phone.leg(call).ended_at)
