"""What is accepted as Telnyx's, and that nothing else is."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from engine.errors import SettingsError, WebhookRejected
from engine.telnyx.signature import parse_public_keys, verify

SIGNING_KEY = SigningKey(bytes(range(32)))
KEYS = (SIGNING_KEY.verify_key,)
NOW = 1_700_000_000.0
BODY = b'{"data":{"event_type":"call.answered","id":"6513c729","payload":{}}}'


def signed(body: bytes = BODY, at: object = int(NOW), key: SigningKey = SIGNING_KEY) -> dict[str, str]:
    signature = key.sign(f"{at}|".encode() + body).signature
    return {"telnyx-signature-ed25519": b64encode(signature).decode(), "telnyx-timestamp": str(at)}


def reason_of(headers: dict[str, str], body: bytes = BODY, **changes) -> tuple[int, str]:
    with pytest.raises(WebhookRejected) as caught:
        verify(body, headers, **{"keys": KEYS, "now": NOW, **changes})
    return caught.value.status, caught.value.reason


def test_a_genuine_request_is_accepted():
    verify(BODY, signed(), keys=KEYS, now=NOW)


def test_header_names_are_found_in_any_spelling():
    headers = {name.title(): value for name, value in signed().items()}

    verify(BODY, headers, keys=KEYS, now=NOW)


@pytest.mark.parametrize("at", [int(NOW) - 300, int(NOW) + 300])
def test_a_request_300_seconds_off_is_accepted(at):
    verify(BODY, signed(at=at), keys=KEYS, now=NOW)


@pytest.mark.parametrize("at", [int(NOW) - 301, int(NOW) + 301, 0, 999_999_999_999])
def test_a_request_301_seconds_off_is_stale(at):
    assert reason_of(signed(at=at)) == (401, "stale")


def test_both_keys_count_while_one_replaces_the_other():
    old = SigningKey(b"o" * 32)
    keys = (old.verify_key, SIGNING_KEY.verify_key)

    verify(BODY, signed(key=old), keys=keys, now=NOW)
    verify(BODY, signed(), keys=keys, now=NOW)


def test_a_foreign_key_is_forged():
    assert reason_of(signed(key=SigningKey(b"x" * 32))) == (401, "forged")


def test_without_any_key_everything_is_refused():
    assert reason_of(signed(), keys=()) == (401, "forged")


def test_a_signature_over_the_body_alone_is_forged():
    headers = signed() | {"telnyx-signature-ed25519": b64encode(SIGNING_KEY.sign(BODY).signature).decode()}

    assert reason_of(headers) == (401, "forged")


@pytest.mark.parametrize("name", ["telnyx-signature-ed25519", "telnyx-timestamp"])
def test_a_missing_header_is_unsigned(name):
    headers = signed()
    del headers[name]

    assert reason_of(headers) == (401, "unsigned")


@pytest.mark.parametrize("at", ["", "now", "-1700000000", "1_700_000_000", " 1700000000", "1.7e9", "١٧", "1" * 13])
def test_a_time_that_is_no_number_is_malformed_even_when_signed(at):
    assert reason_of(signed(at=at)) == (400, "malformed-time")


@pytest.mark.parametrize("text", ["", "abc", "A" * 88, "é" * 88, b64encode(bytes(63)).decode(), "-" * 86 + "=="])
def test_a_signature_of_another_shape_is_malformed(text):
    assert reason_of(signed() | {"telnyx-signature-ed25519": text}) == (400, "malformed-signature")


def test_the_same_timestamp_in_other_digits_is_forged():
    assert reason_of(signed() | {"telnyx-timestamp": f"0{int(NOW)}"}) == (401, "forged")


@given(place=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_forged(place, flip):
    body = bytearray(BODY)
    body[place] ^= flip

    assert reason_of(signed(), bytes(body)) == (401, "forged")


@given(place=st.integers(0, 63), flip=st.integers(1, 255))
def test_any_changed_byte_of_the_signature_is_forged(place, flip):
    headers = signed()
    signature = bytearray(b64decode(headers["telnyx-signature-ed25519"]))
    signature[place] ^= flip

    assert reason_of(headers | {"telnyx-signature-ed25519": b64encode(signature).decode()}) == (401, "forged")


@given(place=st.integers(0, 87), letter=st.characters())
def test_any_changed_character_of_the_signature_header_is_refused(place, letter):
    headers = signed()
    text = headers["telnyx-signature-ed25519"]
    changed = text[:place] + letter + text[place + 1 :]

    if changed == text:
        verify(BODY, headers, keys=KEYS, now=NOW)
    else:
        reason_of(headers | {"telnyx-signature-ed25519": changed})


@given(body=st.binary(), headers=st.dictionaries(st.sampled_from(sorted(signed())), st.text()))
def test_nothing_but_a_rejection_comes_out_of_noise(body, headers):
    with pytest.raises(WebhookRejected):
        verify(body, headers, keys=KEYS, now=NOW)


def test_the_official_library_accepts_what_is_accepted_here_and_refuses_what_is_refused():
    telnyx = pytest.importorskip("telnyx")
    unwrap = telnyx.Telnyx(api_key="KEY").webhooks.unwrap
    key = b64encode(bytes(SIGNING_KEY.verify_key)).decode()
    now = time.time()
    genuine = signed(at=int(now))

    verify(BODY, genuine, keys=parse_public_keys(key), now=now)
    assert unwrap(BODY.decode(), headers=genuine, key=key).data.id == "6513c729"

    forged = signed(at=int(now), key=SigningKey(b"x" * 32))
    assert reason_of(forged, now=now) == (401, "forged")
    with pytest.raises(ValueError, match="verification failed"):
        unwrap(BODY.decode(), headers=forged, key=key)


def test_public_keys_are_read_from_one_or_two_texts():
    text = b64encode(bytes(SIGNING_KEY.verify_key)).decode()

    assert parse_public_keys(text) == KEYS
    assert parse_public_keys(f" {text} ,\n{text}") == KEYS * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "TELNYX_PUBLIC_KEY holds 0 keys; give one, or two with a comma between them"),
        ("a,b,c", "TELNYX_PUBLIC_KEY holds 3 keys; give one, or two with a comma between them"),
        ("?", "TELNYX_PUBLIC_KEY is not base64; copy it from portal.telnyx.com, Keys & Credentials, Public Key"),
        ("é", "TELNYX_PUBLIC_KEY is not base64; copy it from portal.telnyx.com, Keys & Credentials, Public Key"),
        (
            "QUJD",
            "TELNYX_PUBLIC_KEY has 3 bytes instead of 32; "
            "copy it from portal.telnyx.com, Keys & Credentials, Public Key",
        ),
    ],
)
def test_a_public_key_that_cannot_be_one_is_explained(text, message):
    with pytest.raises(SettingsError) as caught:
        parse_public_keys(text)

    assert str(caught.value) == message
