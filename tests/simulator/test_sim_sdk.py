"""Telnyx's own SDK takes a real ``ringflow simulate`` for Telnyx, in every seed operation and every seed event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
import telnyx
from sdk_line import SdkLine, sdk_line
from sdk_misuses import MISUSES
from sdk_uses import USES
from simulated_line import OFFICE

from engine.tables import catalogue

SEEDS = {row.name: row for row in catalogue().seed_operations()}


@pytest.fixture(scope="module")
def program():
    with sdk_line() as line:
        yield line


@pytest.fixture
def line(program):
    program.reset()
    return program


def test_every_seed_operation_has_its_cases():
    assert len(SEEDS) == 34
    assert SEEDS.keys() == USES.keys() == MISUSES.keys()


@pytest.mark.parametrize("operation", SEEDS)
def test_the_typed_answer_holds_what_telnyx_promises(line, operation):
    USES[operation](line)

    asked = [(entry["what"], entry["details"]["status"]) for entry in line.record("request")]
    assert asked.count((operation, 200)) + asked.count((operation, 204)) >= 1
    assert all(status < 300 for _, status in asked)


@pytest.mark.parametrize("operation", SEEDS)
def test_a_wrong_use_becomes_the_sdks_own_error(line, operation):
    misuse, row = MISUSES[operation], SEEDS[operation]
    given = misuse.prepare(line)

    with pytest.raises(telnyx.APIStatusError) as told:
        misuse.call(line.client, given)

    error = told.value
    assert (type(error), error.body["errors"][0]["code"]) == (misuse.error, misuse.code)
    assert error.body["errors"][0]["title"]
    assert error.request.method == row.method
    assert re.fullmatch("/v2" + re.sub(r"\{\w+\}", "[^/]+", row.path), error.request.url.path)


def conferences(line: SdkLine) -> tuple[list[str], Iterable[Any]]:
    return [line.room(f"room {number}")[0] for number in range(7)], line.client.conferences.list(page_size=2)


def participants(line: SdkLine) -> tuple[list[str], Iterable[Any]]:
    room, host = line.room()
    guests = [line.caller() for _ in range(6)]
    for guest in guests:
        line.client.conferences.actions.join(room, call_control_id=guest)
    return [host, *guests], line.client.conferences.list_participants(room, page_size=2)


def queues(line: SdkLine) -> tuple[list[str], Iterable[Any]]:
    made = [line.client.queues.create(queue_name=f"queue {number}").data.id for number in range(7)]
    return made, line.client.queues.list(page_size=2)


def queued_calls(line: SdkLine) -> tuple[list[str], Iterable[Any]]:
    return [line.queued() for _ in range(7)], line.client.queues.calls.list("support", page_size=2)


@pytest.mark.parametrize(
    ("fill", "operation"),
    [
        (conferences, "conference_list"),
        (participants, "participant_list"),
        (queues, "queue_list"),
        (queued_calls, "queued_call_list"),
    ],
)
def test_a_listing_is_read_page_by_page_to_its_end(line, fill, operation):
    expected, pages = fill(line)

    found = [getattr(one, "call_control_id", None) or one.id for one in pages]

    assert found == expected
    asked = [entry["details"]["query"] for entry in line.record("request") if entry["what"] == operation]
    assert [query.get("page[number]", "1") for query in asked] == ["1", "2", "3", "4"]


def everything_happens(line: SdkLine) -> None:
    """A room and a queue in which all that the seeds have events for happens."""
    actions = line.client.conferences.actions
    room, host = line.room()
    guest = line.caller()
    actions.join(room, call_control_id=guest)
    for wishes in ({}, {"call_control_ids": [guest]}):
        actions.speak(room, payload="Hello", voice="AWS.Polly.Joanna", **wishes)
        line.wait(2)
        actions.play(room, audio_url="https://example.com/hold.mp3", **wishes)
        line.wait(6)
    line.sim(f"/calls/{guest}/speak", text="Good morning")
    actions.record_start(room, format="mp3")
    line.wait(1)
    actions.record_stop(room)
    line.wait(3)
    actions.leave(room, call_control_id=guest)
    line.client.calls.actions.enqueue(guest, queue_name="support")
    line.client.calls.actions.leave_queue(guest)
    actions.leave(room, call_control_id=host)
    line.wait(1)


def test_every_seed_event_arrives_signed_and_typed(line):
    everything_happens(line)

    events = [line.client.webhooks.unwrap(body, headers=headers) for body, headers in line.receiver.received]

    types = {getattr(event, "data", event).event_type: type(event) for event in events}
    seeds = {name: row for name, row in catalogue().events.items() if row.in_seeds}
    assert len(seeds) == 16
    assert {name: types[name].__name__ for name in seeds} == {name: _class_of(name) for name in seeds}
    for event in events:
        type(event).model_validate(event.to_dict())  # each value is of the type that the SDK declares


def _class_of(event_type: str) -> str:
    """The SDK's class: that of the only bare event has another ending, and one has a name of its own."""
    if event_type == "conference.floor.changed":
        return "ConferenceFloorChanged"
    name = "call.left.queue" if event_type == "call.dequeued" else event_type
    return "".join(word.capitalize() for word in name.split(".")) + "WebhookEvent"


def test_a_call_is_dialled_answered_and_bridged(line):
    host = line.caller()
    far = line.client.calls.dial(connection_id="1", from_=OFFICE, to="+15550001111").data
    line.sim(f"/calls/{far.call_control_id}/answer")
    bridged = line.client.calls.actions.bridge(host, call_control_id_to_bridge_with=far.call_control_id)
    line.wait()

    assert (far.is_alive, bridged.data.result) == (False, "ok")
    assert {event.payload.call_control_id for event in line.events("call.bridged")} == {host, far.call_control_id}


def test_a_tampered_webhook_is_refused_by_the_sdk(line):
    line.rings()
    line.wait()
    [(body, headers)] = line.receiver.received

    with pytest.raises(ValueError, match="Signature"):
        line.client.webhooks.unwrap(body.replace("parked", "packed"), headers=headers)


def test_the_sdk_waits_and_tries_again_when_it_is_throttled(line):
    line.sim("/fail", operation="queue_create", status=429, code="10011", headers={"retry-after-ms": "1"})

    queue = line.client.with_options(max_retries=1).queues.create(queue_name="support")

    assert queue.data.name == "support"
    assert [entry["details"]["status"] for entry in line.record("request")] == [429, 200]


def test_a_broken_connection_is_the_sdks_own_error_although_the_command_was_done(line):
    line.sim("/chaos", reset=1)
    with pytest.raises(telnyx.APIConnectionError):
        line.client.queues.create(queue_name="support")
    line.sim("/chaos")

    assert line.client.queues.retrieve("support").data.name == "support"
