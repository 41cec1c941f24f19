"""What ``ringflow listen`` says of a request: what it is, and why ``serve`` would not take it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from engine.listen.seen import Seen, see
from engine.tables import catalogue

KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(b"o" * 32)
NOW = 1_700_000_000.0
PAYLOAD = {
    "call_control_id": "v3:abcdefghijkl",
    "call_leg_id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
    "client_state": None,
    "direction": "incoming",
    "from": "+34600111222",
    "state": "parked",
    "to": "+15551230000",
}


def body(event_type: str = "call.initiated", payload: Any = PAYLOAD, **envelope: Any) -> bytes:
    data = {"event_type": event_type, "id": "one", "payload": payload, "record_type": "event"}
    return json.dumps({"data": data, **envelope}, separators=(",", ":"), ensure_ascii=False).encode()


def signed(raw: bytes, *, at: int = int(NOW), key: SigningKey = KEY) -> dict[str, str]:
    signature = key.sign(f"{at}|".encode() + raw).signature
    return {"Telnyx-Signature-Ed25519": b64encode(signature).decode(), "Telnyx-Timestamp": str(at)}


def seen(raw: bytes, headers: dict[str, str] | None = None, *, has_key: bool = True) -> Seen:
    keys = (KEY.verify_key,) if has_key else ()
    return see(raw, signed(raw) if headers is None else headers, keys=keys, now=NOW, catalogue=catalogue())


FIELDS = {"direction": "incoming", "state": "parked", "from": "+34600111222", "to": "+15551230000"}


def test_a_genuine_webhook_is_verified_and_told():
    assert seen(body(meta={"attempt": 2, "delivered_to": "https://calls.example.com"})) == Seen(
        verdict="verified", type="call.initiated", leg="b0e6224c", fields=FIELDS, attempt=2
    )


def test_an_event_of_a_room_is_told_by_the_room():
    raw = json.dumps(
        {"event_type": "conference.floor.changed", "id": "one", "payload": {"conference_id": "428c31b6-0000"}}
    ).encode()

    assert seen(raw) == Seen(verdict="verified", type="conference.floor.changed", room="428c31b6")


def test_long_values_are_cut_and_those_that_are_no_texts_are_written_as_json():
    raw = body("call.hangup", {"hangup_cause": "x" * 100, "sip_hangup_cause": 603, "from": {"a": 1}})

    assert seen(raw).fields == {"from": '{"a": 1}', "hangup_cause": "x" * 59 + "…", "sip_hangup_cause": "603"}


def test_without_a_key_nothing_is_verified_and_all_else_is_said():
    version_1 = json.dumps({"event_type": "call_initiated", "id": "one", "payload": {}}).encode()

    assert seen(body(), has_key=False) == Seen(
        verdict="unverified", type="call.initiated", leg="b0e6224c", fields=FIELDS
    )
    assert seen(version_1, has_key=False) == seen(version_1)


REFUSED = {
    "the signature is of another key: TELNYX_PUBLIC_KEY is not this account's, or the body was changed": (
        body(), signed(body(), key=OTHER),
    ),
    "the body was changed on the way: let the web server in front pass it on byte for byte": (
        json.dumps(json.loads(body()), indent=2).encode(), signed(body()),
    ),
    "it was signed 412 seconds ago, more than 300: set this machine's clock, or it is an old one sent again": (
        body(), signed(body(), at=int(NOW) - 412),
    ),
    "it was signed 500 seconds ahead of this machine, more than 300: set this machine's clock, or it is an old one "
    "sent again": (
        body(), signed(body(), at=int(NOW) + 500),
    ),
    "it carries no signature: Telnyx did not send it, or the web server in front drops its headers": (body(), {}),
    "telnyx-timestamp is not a number of seconds": (body(), {**signed(body()), "Telnyx-Timestamp": "today"}),
}  # fmt: skip


@pytest.mark.parametrize("problem", REFUSED)
def test_each_reason_why_a_signature_is_not_good_is_said_with_what_to_do(problem):
    raw, headers = REFUSED[problem]

    assert seen(raw, headers) == Seen(
        verdict="refused", problem=problem, type="call.initiated", leg="b0e6224c", fields=FIELDS
    )


def test_a_body_that_was_written_anew_with_escapes_is_known_as_changed():
    raw = body(payload={**PAYLOAD, "caller_id_name": "Zoë"})
    rewritten = json.dumps(json.loads(raw)).encode()

    assert seen(rewritten, signed(raw)).problem.startswith("the body was changed on the way")


def test_version_1_is_told_with_where_to_change_it():
    raw = json.dumps({"event_type": "call_initiated", "id": "one", "payload": {}}).encode()

    assert seen(raw) == Seen(
        verdict="refused",
        problem='this webhook has API version 1; set webhook_api_version to "2" in the Telnyx application '
        "(portal.telnyx.com, Voice, Programmable Voice, your application)",
        type="call_initiated",
    )


def test_an_unknown_type_is_verified_and_said_to_be_unknown():
    raw = body("call.teleported", {})

    assert seen(raw) == Seen(
        verdict="verified",
        problem="a type that this version of ringflow does not know; flows may handle it nevertheless",
        type="call.teleported",
    )


def test_what_is_no_event_says_why():
    assert seen(b"hello") == Seen(verdict="refused", problem="the body is not JSON")


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["data", "meta", "attempt", "payload", "event_type", "id", "to"]), inner),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_body_is_told_in_some_way(raw):
    assert seen(raw).verdict in ("verified", "refused")
