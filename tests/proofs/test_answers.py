"""What Telnyx answers to a reading operation comes into variables: by their types, listings to their end."""

from __future__ import annotations

from typing import Any

import pytest
from core_stage import Phone, flow
from open_world import OPERATIONS, OpenWorld, requests_for

from engine.core.catalogue import Operation

READING = sorted(name for name, row in OPERATIONS.items() if row.is_read)
TYPES = {"string": "text", "integer": "number", "boolean": "yes_no", "array": "list"}
# What a part of the answer is, of a call that waits in the queue 'support' after a while in the room 'team'.
BEFORE = ["answer", "join_conference: team", "enqueue: {queue: support, max_wait: 1h}"]
IN_ROOM = ["answer", "join_conference: {room: team}"]
# Parts that Telnyx leaves out while there is nothing to say: the room goes on, nobody has set a label.
NOT_THERE = {"end_reason", "ended_by.call_control_id", "ended_by.call_session_id", "end_time", "label", "client_state"}


def phone_that(*steps: str, variables: dict[str, str], **options: Any) -> Phone:
    """A call that does *steps*; an error is logged."""
    remember = "".join(f"  {name}: {kind}\n" for name, kind in variables.items())
    do = "".join(f"      - {step}\n" for step in steps)
    fails = '    on_error: {do: [{log: "{{ event.error.code }}"}], then: waits}\n'
    end = "    after: {20m: hangup}\n  waits:\n    after: {20m: hangup}\n"
    text = flow(f"  a:\n    do:\n{do}{fails}{end}", top=f"\nremember:\n{remember}")
    return Phone(text, world=OpenWorld, **options)


def parts(operation: Operation) -> dict[str, str]:
    """Return every part of an answer that is there, with the type of variable that it fits."""
    found = {}
    for name, shape in operation.answer.items():
        inner = {f"{name}.{word}": part for word, part in shape.get("properties", {}).items()} or {name: shape}
        found |= {path: TYPES[part["type"]] for path, part in inner.items() if path not in NOT_THERE}
    return found


def step(operation: Operation, into: str) -> str:
    queue = "queue_name: support, " if "queue_name" in operation.path_parameters else ""
    return f"telnyx: {{operation: {operation.name}, {queue}into: {{{into}}}}}"


@pytest.mark.parametrize("name", [name for name in READING if name != "participant_retrieve"])
def test_every_part_of_an_answer_comes_into_a_variable_of_its_type(name: str):
    operation = OPERATIONS[name]
    wanted = parts(operation)
    front = "0." if operation.lists else ""
    variables = {f"v{index}": f"{{type: {kind}}}" for index, kind in enumerate(wanted.values())}
    into = ", ".join(f"v{index}: {front}{path}" for index, path in enumerate(wanted))
    before = BEFORE if "queue" in name else IN_ROOM
    phone = phone_that(*before, step(operation, into), "log: done", variables=variables)

    call = phone.calls(wait=5)

    assert phone.logged() == ["done"]
    (answer,) = [one.response.body["data"] for one in requests_for(operation, phone.world.requests)]  # type: ignore
    row = answer[0] if operation.lists else answer
    values = phone.leg(call).variables
    assert values == {f"v{index}": _part(row, path) for index, path in enumerate(wanted)}


def _part(row: Any, path: str) -> Any:
    for word in path.split("."):
        row = row[word]
    return row


@pytest.mark.parametrize("count", [0, 1, 250, 251, 777])
def test_a_listing_is_read_page_after_page_to_its_end(count: int):
    variables = {"names": "{type: list}", "ids": "{type: list}"}
    phone = phone_that("answer", "telnyx: {operation: queue_list, into: {names: name, ids: id}}", variables=variables)
    for number in range(count):
        body = {"queue_name": f"q{number}"}
        phone.world.request("POST", "/queues", query={}, body=body, now=phone.now)

    call = phone.calls(wait=5)

    assert phone.leg(call).variables["names"] == [f"q{number}" for number in range(count)]
    assert len(phone.leg(call).variables["ids"]) == count
    assert phone.reads() == ["queue_list"] * max(1, -(-count // 250))


def test_one_page_is_read_where_the_author_wants_one():
    word = 'telnyx: {operation: queue_list, "page[number]": 2, "page[size]": 2, into: {names: name, one: 1.name}}'
    phone = phone_that("answer", word, variables={"names": "{type: list}", "one": "{type: text}"})
    for number in range(7):
        phone.world.request("POST", "/queues", query={}, body={"queue_name": f"q{number}"}, now=phone.now)

    call = phone.calls(wait=5)

    assert phone.leg(call).variables == {"names": ["q2", "q3"], "one": "q3"}
    assert phone.reads() == ["queue_list"]


def test_an_entry_far_down_the_list_is_found():
    phone = phone_that(
        "answer", "telnyx: {operation: queue_list, into: {one: 299.name}}", variables={"one": "{type: text}"}
    )
    for number in range(300):
        phone.world.request("POST", "/queues", query={}, body={"queue_name": f"q{number}"}, now=phone.now)

    assert phone.leg(phone.calls(wait=5)).variables["one"] == "q299"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("telnyx: {operation: queue_list, into: {one: 0.name}}", "text"),  # there is no queue
        ("telnyx: {operation: call_retrieve, into: {one: end_time}}", "text"),  # it has not ended
        ("telnyx: {operation: call_retrieve, into: {one: call_control_id}}", "digits"),  # v3:...
    ],
)
def test_a_part_that_is_missing_or_of_another_type_is_an_error(word: str, kind: str):
    phone = phone_that("answer", word, "log: not here", variables={"one": f"{{type: {kind}}}"})

    call = phone.calls(wait=3)

    assert (phone.logged(), phone.state(call)) == (["unfit"], "waits")


def test_what_is_not_there_is_telnyxs_own_error():
    word = "telnyx: {operation: queue_retrieve, queue_name: nowhere, into: {one: name}}"
    phone = phone_that("answer", word, variables={"one": "{type: text}"})

    phone.calls(wait=3)

    assert phone.logged() == ["10005"]


def test_nothing_is_taken_when_one_part_does_not_fit():
    word = "telnyx: {operation: call_retrieve, into: {mine: call_leg_id, one: end_time}}"
    phone = phone_that("answer", word, variables={"mine": "{type: text}", "one": "{type: text}"})

    call = phone.calls(wait=3)

    assert phone.leg(call).variables == {"mine": "", "one": ""}


def test_what_goes_into_a_secret_stays_out_of_the_history():
    word = "telnyx: {operation: call_retrieve, into: {hidden: call_session_id}}"
    phone = phone_that("answer", word, variables={"hidden": "{type: text, secret: true}"})

    call = phone.calls(wait=3)

    hidden = phone.leg(call).variables["hidden"]
    kept = [dict(line.record) for line in phone.stage.journal if line.record.get("type") == "action.accepted"]
    assert hidden == phone.leg(call).call_session_id
    assert hidden not in str(kept)
    assert "***" in str(kept)


def test_the_room_that_the_call_is_in_is_meant():
    phone = phone_that(
        *IN_ROOM,
        "telnyx: {operation: participant_list, into: {ids: id, legs: call_control_id}}",
        variables={"ids": "{type: list}", "legs": "{type: list}"},
    )
    phone.calls(from_="+34600111333", wait=3)

    call = phone.calls(wait=3)

    assert phone.leg(call).variables["legs"][-1] == call
    assert len(phone.leg(call).variables["ids"]) == 2


def test_what_one_answer_gave_is_asked_about_next():
    phone = phone_that(
        *IN_ROOM,
        "telnyx: {operation: participant_list, into: {who: 0.id}}",
        'telnyx: {operation: participant_retrieve, participant_id: "{{ who }}", into: {state: status, quiet: muted}}',
        variables={"who": "{type: text}", "state": "{type: text}", "quiet": "{type: yes_no}"},
    )

    call = phone.calls(wait=3)

    found = phone.leg(call).variables
    assert (found["state"], found["quiet"]) == ("joined", False)
