"""What a run's history keeps of the commands: enough to read it, nothing that is a secret."""

from __future__ import annotations

from engine.core.command import HTTP, NOTIFY, TELL, Command
from engine.core.told import told


def test_what_was_said_and_to_whom_is_kept():
    command = Command(
        operation="speak",
        path={"call_control_id": "v3:abc"},
        parameters={"payload": "Hello.", "voice": "x", "client_state": "y"},
    )

    assert told(command, "id-1") == {"id": "id-1", "operation": "speak", "payload": "Hello."}


def test_passwords_and_headers_stay_out():
    parameters = {"to": "+15550111222", "sip_auth_password": "4821", "custom_headers": [{"name": "K", "value": "4821"}]}

    record = told(Command(operation="transfer", parameters=parameters), "id-1")

    assert record == {"id": "id-1", "operation": "transfer", "to": "+15550111222"}


def test_a_link_to_a_recording_stays_out():
    link = "https://s3.example.com/recordings/1.mp3?X-Amz-Signature=abc"

    record = told(Command(operation="playback_start", parameters={"audio_url": link}), "id-1")

    assert record == {"id": "id-1", "operation": "playback_start", "audio_url": "***"}


def test_a_long_text_is_cut():
    record = told(Command(operation="speak", parameters={"payload": "a" * 5000}), "id-1")

    assert record is not None
    assert record["payload"] == "a" * 1000


def test_messages_and_lookups_are_told_by_their_steps_alone():
    assert [told(Command(operation=name), "id-1") for name in (TELL, HTTP, NOTIFY)] == [None, None, None]
