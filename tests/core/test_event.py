"""Events and the token that comes back on them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.event import ClientState, Event

WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=30)


@given(WORDS, WORDS, st.integers(0, 10**9 - 1), st.one_of(st.just(""), WORDS))
def test_a_token_comes_back_as_it_went(install: str, run: str, n: int, word: str):
    token = ClientState(install, run, n, word)

    assert ClientState.decode(token.encode()) == token
    assert base64.b64decode(token.encode(), validate=True)


@given(st.one_of(st.none(), st.text(), st.integers(), st.binary(), st.dictionaries(st.text(), st.text())))
def test_anything_else_is_no_token(value: object):
    """'client_state is null on the first inbound webhook and absent on some events'"""
    assert ClientState.decode(value) is None


@pytest.mark.parametrize(
    "text",
    [
        "rf1|a|b",
        "rf1|a|b|c",
        "rf1|a|b|-1",
        "rf1|a|b|٣",
        "rf2|a|b|1",
        "rf1|a|b|1|c|d",
        "rf1|a|b|",
        "rf1|a|b|" + "9" * 5000,
    ],
)
def test_what_only_looks_like_a_token_is_none(text: str):
    assert ClientState.decode(base64.b64encode(text.encode()).decode()) is None


@pytest.mark.parametrize(
    ("event_type", "is_room"),
    [
        ("conference.ended", True),
        ("conference.speak.ended", True),
        ("conference.recording.saved", True),
        ("conference.participant.joined", False),
        ("conference.participant.speak.ended", False),
        ("call.hangup", False),
    ],
)
def test_which_events_are_about_a_room(event_type: str, is_room: bool):
    """'every conference.* but conference.participant.*'"""
    assert Event(id="x", type=event_type).is_about_room is is_room


@pytest.mark.parametrize("value", [None, "", 7, [], {}])
def test_ids_that_are_no_text_are_absent(value: object):
    event = Event(
        id="x", type="call.x", payload={"call_control_id": value, "call_leg_id": value, "conference_id": value}
    )

    assert (event.call_control_id, event.call_leg_id, event.conference_id) == (None, None, None)
