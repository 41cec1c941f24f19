"""Is this request from Telnyx? The Ed25519 check on the raw bytes, before anything is parsed. Fails closed."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from engine.errors import SettingsError, WebhookRejected

SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"
TOLERANCE_S = 300  # both ways; facts.md, section 1

_SIGNATURE_BYTES = 64
_SIGNATURE_CHARACTERS = 88  # in base64
_KEY_BYTES = 32
_KEY_ADVICE = "copy it from portal.telnyx.com, Keys & Credentials, Public Key"


def verify(raw: bytes, headers: Mapping[str, str], *, keys: Sequence[VerifyKey], now: float) -> None:
    """
    Return when one of *keys* has signed the body *raw*, at most 300 s before or after *now* (epoch seconds).

    Raises:
        WebhookRejected: in every other case. Reasons: unsigned, malformed-signature, malformed-time, stale, forged.

    Source: telnyx-python, resources/webhooks.py: the signed bytes are the header's text, ``|``, the body.
    """
    signature_text, timestamp = _header(headers, SIGNATURE_HEADER), _header(headers, TIMESTAMP_HEADER)
    if signature_text is None or timestamp is None:
        raise WebhookRejected("the request carries no Telnyx signature", status=401, reason="unsigned")
    _check_age(timestamp, now)
    signature = _decode_signature(signature_text)
    signed = timestamp.encode() + b"|" + raw
    if not any(_has_signed(key, signed, signature) for key in keys):
        raise WebhookRejected("the signature does not fit the body and TELNYX_PUBLIC_KEY", status=401, reason="forged")


def parse_public_keys(text: str) -> tuple[VerifyKey, ...]:
    """
    Return the one or, while a key is replaced, two public keys in *text*: base64, separated by a comma.

    Raises:
        SettingsError: there is none, there are more than two, or one is not the base64 of 32 bytes.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not 1 <= len(parts) <= 2:
        raise SettingsError(f"TELNYX_PUBLIC_KEY holds {len(parts)} keys; give one, or two with a comma between them")
    return tuple(_parse_key(part) for part in parts)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Find *name* in any spelling: aiohttp's mapping ignores case, a plain dict does not."""
    found = headers.get(name)
    if found is not None:
        return found
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _check_age(timestamp: str, now: float) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise WebhookRejected("telnyx-timestamp is not a number of seconds", reason="malformed-time")
    if abs(now - int(timestamp)) > TOLERANCE_S:
        message = "the request was signed more than 300 seconds before or after this machine's time; check the clock"
        raise WebhookRejected(message, status=401, reason="stale")


def _decode_signature(text: str) -> bytes:
    if len(text) == _SIGNATURE_CHARACTERS and text.isascii():
        try:
            signature = b64decode(text, validate=True)
        except binascii.Error:
            signature = b""
        # Base64 has spare bits at its end; only one spelling of a signature is accepted.
        if len(signature) == _SIGNATURE_BYTES and b64encode(signature).decode() == text:
            return signature
    raise WebhookRejected("telnyx-signature-ed25519 is not the base64 of 64 bytes", reason="malformed-signature")


def _has_signed(key: VerifyKey, signed: bytes, signature: bytes) -> bool:
    try:
        key.verify(signed, signature)
    except BadSignatureError:
        return False
    return True


def _parse_key(text: str) -> VerifyKey:
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(f"TELNYX_PUBLIC_KEY is not base64; {_KEY_ADVICE}") from None
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"TELNYX_PUBLIC_KEY has {len(key)} bytes instead of {_KEY_BYTES}; {_KEY_ADVICE}")
    return VerifyKey(key)
