"""``ringflow trigger``: one signed webhook for a service on this machine, and a sentence for what is wrong."""

from __future__ import annotations

import base64
import json

import pytest
import telnyx
from sdk_line import Receiver

from engine.cli import main
from engine.simulator.samples import sample
from engine.simulator.signing import Signer
from engine.simulator.validation import check_value
from engine.tables import catalogue

NOW = 1_800_000_000.0


@pytest.fixture
def receiver():
    receiver = Receiver()
    with receiver.listening():
        yield receiver


def made_up(event_type: str, *assignments: str):
    return sample(catalogue(), event_type, assignments, call_control_id="v3:abc", url="http://x", now=NOW, seed=1)


def payload_of(event_type: str, *assignments: str) -> dict:
    return dict(made_up(event_type, *assignments).payload)


def test_a_webhook_arrives_signed_and_typed(receiver, capsys):
    code = main(["trigger", "call.enqueued", "--call", "v3:abc", "current_position=3", "--url", receiver.url])

    [(body, headers)] = receiver.received
    with telnyx.Telnyx(api_key="x", public_key=Signer().public_key) as client:
        event = client.webhooks.unwrap(body, headers=headers)
    assert type(event).__name__ == "CallEnqueuedWebhookEvent"
    assert (event.data.payload.call_control_id, event.data.payload.current_position) == ("v3:abc", 3)
    assert json.loads(body)["meta"] == {"attempt": 1, "delivered_to": receiver.url}
    assert (code, capsys.readouterr().out) == (0, f"200: call.enqueued ({event.data.id}) was taken\n")


def test_two_webhooks_are_two_events(receiver):
    for _ in range(2):
        main(["trigger", "call.answered", "--url", receiver.url])

    first, second = (json.loads(body)["data"] for body, _ in receiver.received)
    assert first["id"] != second["id"]
    assert first["payload"]["call_leg_id"] == second["payload"]["call_leg_id"]


@pytest.mark.parametrize("event_type", catalogue().events)
def test_what_is_filled_in_is_what_telnyx_could_send(event_type):
    row, payload = catalogue().events[event_type], payload_of(event_type)

    assert payload.keys() <= row.fields.keys()
    assert ("call_control_id" in payload) == ("call_control_id" in row.fields)
    for name, value in payload.items():
        if value is not None:
            check_value(catalogue(), value, row.fields[name], f"/{name}")


def test_the_envelope_is_that_of_the_event():
    wrapped, bare = made_up("call.hangup").body, made_up("conference.floor.changed").body

    assert wrapped["data"].keys() == {"record_type", "event_type", "id", "occurred_at", "payload"}
    assert bare.keys() == {"record_type", "event_type", "id", "payload"}
    assert bare["payload"]["occurred_at"] == "2027-01-15T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("event_type", "assignment", "name", "value"),
    [
        ("call.enqueued", "current_position=7", "current_position", 7),
        ("call.gather.ended", "digits=007", "digits", "007"),
        ("call.gather.ended", "from=null", "from", None),
        ("call.gather.ended", "status=timeout", "status", "timeout"),
        ("call.playback.ended", "overlay=true", "overlay", True),
        ("call.deepfake_detection.result", "score=0.5", "score", 0.5),
        ("call.hangup", "call_quality_stats.inbound.mos=4.5", "call_quality_stats", {"inbound": {"mos": "4.5"}}),
        ("call.ai_gather.ended", "result.name=Ann", "result", {"name": "Ann"}),
        ("call.ai_gather.ended", 'result={"age": 7}', "result", {"age": 7}),
        ("call.ai_gather.ended", "result.age=7", "result", {"age": 7}),
        ("call.initiated", "client_state=a=b", "client_state", "a=b"),
        ("call.initiated", 'custom_headers=[{"name": "X", "value": "1"}]', "custom_headers",
         [{"name": "X", "value": "1"}]),
    ],
)  # fmt: skip
def test_values_have_the_type_of_their_field(event_type, assignment, name, value):
    assert payload_of(event_type, assignment)[name] == value


def test_parts_of_one_field_come_together():
    payload = payload_of(
        "call.hangup", "call_quality_stats.inbound.mos=4", "call_quality_stats.outbound.packet_count=9"
    )

    assert payload["call_quality_stats"] == {"inbound": {"mos": "4"}, "outbound": {"packet_count": "9"}}


WRONG = {
    ("call.anwsered",): "Telnyx has no event 'call.anwsered'; did you mean 'call.answered'?",
    ("dance",): "Telnyx has no event 'dance'; docs/events.md lists them",
    ("call.gather.ended", "digts=1"): "call.gather.ended has no field 'digts'; did you mean 'digits'?",
    ("call.dequeued", "colour=red"): "call.dequeued has no field 'colour'; it has call_control_id, call_leg_id, "
    "call_session_id, client_state, connection_id, queue, queue_position, reason, wait_time_secs",
    ("call.gather.ended", "digits"): "'digits' says no value; write it as digits=VALUE",
    ("call.gather.ended", "status=vald"): "call.gather.ended: status cannot be 'vald'; did you mean 'valid'?",
    ("call.initiated", "direction=up"): "call.initiated: direction cannot be 'up'; it can be incoming, outgoing",
    ("call.enqueued", "current_position=x"): "call.enqueued: current_position must be a whole number, not 'x'",
    ("call.enqueued", "current_position=1.5"): "call.enqueued: current_position must be a whole number, not '1.5'",
    ("call.playback.ended", "overlay=yes"): "call.playback.ended: overlay must be true or false, not 'yes'",
    ("call.initiated", "custom_headers=X"): "call.initiated: custom_headers must be a list in JSON, such as "
    "[\"a\"], not 'X'",
    ("call.hangup", "call_quality_stats=4"): "call.hangup: call_quality_stats must be an object in JSON, such as "
    "{\"a\": 1}, not '4'",
    ("call.hangup", "call_quality_stats.inbond.mos=4"): "call.hangup: call_quality_stats has no field 'inbond'; "
    "did you mean 'inbound'?",
    ("call.hangup", "from.name=Ann"): "call.hangup: from has no parts, so from.name cannot be",
    ("call.answered", "--url", "https://example.com/hook"): "--url: made-up webhooks go to this machine only, such as "
    "127.0.0.1, and not to https://example.com/hook",
    ("call.answered", "--url", "127.0.0.1:8080"): "--url: '127.0.0.1:8080' is not a web address, such as "
    "http://127.0.0.1:8080/webhooks/telnyx",
    ("--public-key", "--key-file", "/nowhere/key"): "--key-file: /nowhere/key cannot be read: "
    "No such file or directory",
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), WRONG.items(), ids=lambda value: " ".join(value)[:50])
def test_what_is_wrong_is_said_in_one_sentence(arguments, sentence, capsys):
    assert main(["trigger", *arguments]) == 2

    assert capsys.readouterr().err == f"ringflow: {sentence}\n"


def test_an_event_must_be_named(capsys):
    assert main(["trigger"]) == 2

    assert capsys.readouterr().err.startswith("ringflow: which event? Such as ringflow trigger call.answered\n")


def test_print_shows_the_body_and_sends_nothing(receiver, capsys):
    assert main(["trigger", "call.answered", "--print", "--url", receiver.url]) == 0

    assert json.loads(capsys.readouterr().out)["data"]["event_type"] == "call.answered"
    assert receiver.received == []


def test_the_public_key_is_the_simulators_or_that_of_the_key_file(tmp_path, capsys):
    seed = bytes(range(32))
    key = tmp_path / "key"
    key.write_text(base64.b64encode(seed).decode() + "\n")

    assert main(["trigger", "--public-key"]) == 0
    assert main(["trigger", "--public-key", "--key-file", str(key)]) == 0

    assert capsys.readouterr().out == f"{Signer().public_key}\n{Signer(seed).public_key}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [("not base64!", "does not hold base64"), ("AAAA", "holds 3 bytes in base64; a private key has 32")],
)
def test_a_key_that_is_none_is_said(tmp_path, text, why, capsys):
    key = tmp_path / "key"
    key.write_text(text)

    assert main(["trigger", "--public-key", "--key-file", str(key)]) == 2
    assert capsys.readouterr().err == f"ringflow: --key-file: {key} {why}\n"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_signature_is_said_with_the_key_that_the_service_needs(receiver, status, capsys):
    receiver.status, receiver.text = status, "the signature does \x1bnot fit\nand more\n"

    assert main(["trigger", "call.answered", "--url", receiver.url]) == 1

    answer, hint = capsys.readouterr().out.splitlines()
    assert answer.startswith(f"{status}: call.answered (")
    assert answer.endswith(") was not taken: the signature does ?not fit")
    assert hint == f"The service must know the key that signs here: TELNYX_PUBLIC_KEY={Signer().public_key}"


def test_a_path_that_does_not_exist_is_told_from_a_key_that_is_wrong(receiver, capsys):
    receiver.status, receiver.text = 404, "404: Not Found"

    assert main(["trigger", "call.answered", "--url", receiver.url]) == 1

    assert capsys.readouterr().out.endswith("Is the path right? ringflow serve takes webhooks at /webhooks/telnyx\n")


def test_another_refusal_is_said_in_the_services_words(receiver, capsys):
    receiver.status = 503

    assert main(["trigger", "call.answered", "--url", receiver.url]) == 1

    assert capsys.readouterr().out.endswith(") was not taken: Service Unavailable\n")


def test_nobody_who_listens_is_said(capsys):
    assert main(["trigger", "call.answered", "--url", "http://127.0.0.1:1/"]) == 1

    assert capsys.readouterr().out == (
        "Nobody listens on http://127.0.0.1:1/: start the service, or say with --url where it is\n"
    )
