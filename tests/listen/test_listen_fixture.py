"""Saved webhooks are read again byte for byte, and never fill a disk."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_listen_seen import KEY, NOW, body, signed

from engine.errors import SettingsError
from engine.listen.fixture import Saver, from_bytes, to_bytes
from engine.telnyx.signature import verify
from engine.telnyx.webhook import decode


def test_a_saved_webhook_is_verified_and_decoded_again(tmp_path):
    raw = body()
    headers = {**signed(raw), "User-Agent": "telnyx-webhooks", "Authorization": "Bearer x", "Host": "calls.example.com"}

    path = Saver(tmp_path / "seen").save("call.initiated", headers, raw)

    assert path is not None
    found, again = from_bytes(path.read_bytes())
    verify(again, found, keys=(KEY.verify_key,), now=NOW)
    assert (path.name, again, decode(again).type) == ("0001-call.initiated.webhook", raw, "call.initiated")
    assert list(found) == ["user-agent", "telnyx-timestamp", "telnyx-signature-ed25519"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(st.binary())
def test_any_body_is_kept_byte_for_byte(raw):
    assert from_bytes(to_bytes({"Telnyx-Timestamp": "17"}, raw)) == ({"telnyx-timestamp": "17"}, raw)


def test_a_request_without_headers_is_kept_too():
    assert from_bytes(to_bytes({}, b"\n\nx")) == ({}, b"\n\nx")


@pytest.mark.parametrize("file", [b"", b"hello", b"hello\n\nworld"])
def test_another_file_is_no_webhook(file):
    with pytest.raises(ValueError, match="no webhook"):
        from_bytes(file)


def test_a_folder_is_gone_on_with_and_never_holds_more_than_its_number(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    first = Saver(tmp_path, most=3)
    names = [first.save("call.answered", {}, b"{}") for _ in range(2)]
    second = Saver(tmp_path, most=3)
    names += [second.save("call.hangup", {}, b"{}") for _ in range(2)]

    assert [path and path.name for path in names] == [
        "0001-call.answered.webhook",
        "0002-call.answered.webhook",
        "0003-call.hangup.webhook",
        None,
    ]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(SettingsError) as refused:
        Saver(tmp_path / "file")

    assert str(refused.value) == f"{tmp_path}/file cannot hold webhooks (File exists); name another folder"
