"""Webhook bodies as events. The samples are those of Telnyx's documentation and of a published log, masked."""

from __future__ import annotations

import contextlib
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.event import Event
from engine.errors import WebhookRejected
from engine.tables import catalogue
from engine.telnyx.webhook import decode

CALL_INITIATED = {
    "data": {
        "event_type": "call.initiated",
        "id": "b97d4d5e-6fe7-4432-911f-79637bf6ebb7",
        "occurred_at": "2025-11-23T03:30:00.076316Z",
        "payload": {
            "call_control_id": "v3:2EC-70CTEjlUq3tDM0CxKXIt5-5N4iP4wo7_-PfH-qub97Sk4EqO5w",
            "call_leg_id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
            "call_session_id": "b0e6141e-c81c-11f0-abac-02420aef93a0",
            "calling_party_type": "pstn",
            "client_state": None,
            "connection_id": "2811212257810187875",
            "direction": "incoming",
            "from": "+1812555xxxx",
            "state": "parked",
            "to": "+1305555xxxx",
        },
        "record_type": "event",
    },
    "meta": {"attempt": 1, "delivered_to": "https://example.invalid/telnyx-webhook"},
}
FLOOR_CHANGED = {
    "record_type": "event",
    "event_type": "conference.floor.changed",
    "id": "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
    "payload": {"conference_id": "428c31b6", "occurred_at": "2025-11-23T03:30:00Z"},
}


def body(**envelope) -> bytes:
    return json.dumps({"data": {"id": "e1", "event_type": "call.answered", "payload": {}, **envelope}}).encode()


def reason_of(raw: bytes) -> str:
    with pytest.raises(WebhookRejected) as caught:
        decode(raw)
    assert caught.value.status == 400
    return caught.value.reason


def test_a_wrapped_event_is_read():
    envelope = CALL_INITIATED["data"]

    event = decode(json.dumps(CALL_INITIATED).encode())

    assert event == Event(
        id=envelope["id"], type="call.initiated", payload=envelope["payload"], occurred_at=1763868600.076316
    )
    assert (event.call_leg_id, event.client_state, event.run) == (envelope["payload"]["call_leg_id"], None, None)


def test_floor_changed_is_read_although_it_is_not_wrapped():
    assert decode(json.dumps(FLOOR_CHANGED).encode()) == Event(
        id=FLOOR_CHANGED["id"],
        type="conference.floor.changed",
        payload=FLOOR_CHANGED["payload"],
        occurred_at=1763868600.0,
    )


@pytest.mark.parametrize("row", catalogue().events.values(), ids=lambda row: row.name)
def test_every_event_type_of_the_catalogue_is_read(row):
    envelope = {"record_type": "event", "event_type": row.name, "id": "e1", "payload": {"client_state": None}}

    event = decode(json.dumps({"data": envelope} if row.wrapped_in_data else envelope).encode())

    assert event == Event(id="e1", type=row.name, payload={"client_state": None})


def test_unknown_types_and_fields_pass():
    assert decode(body(event_type="call.teleported", payload={"new": [1, {"deep": None}]}, extra=1)) == Event(
        id="e1", type="call.teleported", payload={"new": [1, {"deep": None}]}
    )


@pytest.mark.parametrize("payload", [{}, None])
def test_an_event_without_payload_is_an_event(payload):
    assert decode(body(payload=payload)) == Event(id="e1", type="call.answered")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2025-11-23T03:30:00Z", 1763868600.0),
        ("2025-11-23T04:30:00+01:00", 1763868600.0),
        ("2025-11-23T03:30:00", 1763868600.0),
        ("0001-01-01T00:00:00+14:00", -62135647200.0),
        ("yesterday", None),
        ("", None),
        (12, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_time_is_read_where_it_can_be(text, seconds):
    assert decode(body(occurred_at=text)).occurred_at == seconds


def test_a_malformed_time_gives_way_to_that_of_the_payload():
    raw = body(occurred_at="?", payload={"occurred_at": "2025-11-23T03:30:00Z"})

    assert decode(raw).occurred_at == 1763868600.0


@pytest.mark.parametrize(
    "flat",
    [
        {"event_type": "call_initiated", "id": "e1", "payload": {"call_control_id": "v2:x"}, "record_type": "event"},
        {"event_type": "call_initiated", "call_control_id": "v2:x"},
    ],
)
def test_version_1_is_refused_with_advice(flat):
    with pytest.raises(WebhookRejected) as caught:
        decode(json.dumps(flat).encode())

    assert caught.value.reason == "api-version-1"
    assert str(caught.value) == (
        'this webhook has API version 1; set webhook_api_version to "2" in the Telnyx application'
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not-json"),
        (b"CallSid=1&From=%2B1", "not-json"),
        (b'{"data":', "not-json"),
        (b"\xff\xfe{}", "not-json"),
        (b'{"data":{"id":"\\ud800"', "not-json"),
        (b"[]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'{"data":[]}', "not-an-object"),
        (b'{"data":null}', "not-an-object"),
        (b"{}", "no-event-type"),
        (body(event_type=None), "no-event-type"),
        (body(event_type=""), "no-event-type"),
        (body(event_type=7), "bad-event-type"),
        (body(event_type="call.\nanswered"), "bad-event-type"),
        (body(event_type="timer"), "bad-event-type"),
        (body(event_type="action.accepted"), "bad-event-type"),
        (body(id=None), "no-id"),
        (body(id=""), "no-id"),
        (body(id=7), "bad-id"),
        (body(id="x" * 256), "bad-id"),
        (body(id="a\x00b"), "bad-id"),
        (body(payload=[]), "bad-payload"),
        (body(payload="x"), "bad-payload"),
    ],
)
def test_each_malformed_body_has_its_own_reason(raw, reason):
    assert reason_of(raw) == reason


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [70, 1_000, 100_000])
def test_deep_nesting_is_refused(opening, depth):
    closing = b"]" if opening == b"[" else b"}"
    raw = b'{"data":{"id":"e1","event_type":"x.y","payload":{"p":' + opening * depth + b"1" + closing * depth + b"}}}"

    assert reason_of(raw) in ("too-deep", "not-json")


def test_a_wide_body_is_not_taken_for_a_deep_one():
    payload = {"legs": [{"codecs": []} for _ in range(500)]}

    assert decode(body(payload=payload)).payload == payload


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"Anna \ud83d"', "Anna ?"),
        (rb'"\ud83d\ude00 \ude00"', "😀 ?"),
        (b'"Jos\xe9"', "Jos\ufffd"),
        (b"NaN", None),
        (b"-Infinity", None),
        (b"1e999", None),
        (b"[1e999, 7, -7, 1.5, " + b"9" * 5000 + b"]", [None, 7, -7, 1.5, None]),
        (b"1" + b"0" * 40, 1e40),
    ],
)
def test_a_call_is_not_lost_for_a_value_that_strict_json_does_not_know(written, read):
    raw = b'{"data":{"id":"e1","event_type":"call.initiated","payload":{"name":' + written + b"}}}"

    event = decode(raw)

    assert event == Event(id="e1", type="call.initiated", payload={"name": read})
    assert orjson.dumps(event.payload)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["data", "id", "event_type", "payload", "occurred_at"]), inner)
        ),
    )
)
def test_any_json_is_an_event_or_a_rejection(value):
    try:
        event = decode(json.dumps(value).encode())
    except WebhookRejected:
        return
    assert event.id
    assert event.type


@given(st.binary())
def test_any_bytes_are_an_event_or_a_rejection(raw):
    with contextlib.suppress(WebhookRejected):
        assert decode(raw).id
