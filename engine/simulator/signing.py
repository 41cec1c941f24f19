"""The signature under a webhook, as Telnyx makes it."""

from __future__ import annotations

import base64
import hashlib

from nacl.signing import SigningKey

SIGNING_SEED = hashlib.sha256(b"ringflow simulator").digest()


class Signer:
    """Signs webhooks with the Ed25519 key that *seed*, 32 bytes, stands for."""

    def __init__(self, seed: bytes = SIGNING_SEED) -> None:
        self._key = SigningKey(seed)

    @property
    def public_key(self) -> str:
        """The key that verifies the webhooks, as Telnyx's portal shows it: base64 of 32 bytes."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

    def headers(self, raw: bytes, now: float) -> dict[str, str]:
        """
        Return the headers of a webhook with the body *raw* that is sent at *now*, epoch seconds.

        Source: telnyx-python, resources/webhooks.py: the signed bytes are the seconds, ``|``, the body.
        """
        timestamp = str(int(now))
        signature = self._key.sign(timestamp.encode() + b"|" + raw).signature
        return {
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            "telnyx-timestamp": timestamp,
            "User-Agent": "telnyx-webhooks",
            "Content-Type": "application/json",
        }
