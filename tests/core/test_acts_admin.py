"""The lines themselves (queue_create to queued_call_remove), and telnyx: any operation with its own parameters."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, OFFICE, Phone, flow

TOP = "remember:\n  names: {type: list}\n  nothing: {type: text}\n"


def desk(*steps: str, top: str = TOP, **options: object) -> Phone:
    lines = "".join(f"      - {line}\n" for line in steps)
    return Phone(
        flow(f"  desk:\n    do:\n      - answer\n{lines}    after: {{1h: hangup}}\n", top=top),
        flow("  line:\n    do:\n      - answer\n      - enqueue: {queue: support, keep_after_hangup: true}\n"
             "    after: {1h: hangup}\n", name="line", number=AGENTS),
        **options,
    )  # fmt: skip


def requests(phone: Phone, operation: str) -> list[dict[str, object]]:
    return [
        {"path": dict(row.command.path), **dict(row.command.query), **dict(row.command.parameters)}
        for _, row in phone.stage.outbox.sent
        if row.command.operation == operation
    ]


# -- queues ----------------------------------------------------------------------------------------------------


def test_a_queue_is_made_changed_and_deleted():
    phone = desk(
        "queue_create: {queue: support, max_callers: 5}", "queue_update: {queue: support, max_callers: 9}",
        "queue_delete: support", "log: done",
    )  # fmt: skip

    phone.calls(wait=3)

    assert requests(phone, "queue_create") == [{"path": {}, "queue_name": "support", "max_size": 5}]
    assert requests(phone, "queue_update") == [{"path": {"queue_name": "support"}, "max_size": 9}]
    assert requests(phone, "queue_delete") == [{"path": {"queue_name": "support"}}]
    assert phone.logged() == ["done"]


def test_a_queue_with_callers_cannot_be_deleted():
    phone = desk("queue_delete: support")
    phone.calls(to=AGENTS, wait=2)

    call = phone.calls(to=OFFICE, wait=2)

    assert phone.errors() == ["90050"]
    assert phone.states(call) == ["desk", "broken"]


def test_the_names_of_all_queues_come_into_a_list_from_all_pages():
    phone = desk("queue_list: names", "log: '{{ length(names) }}'")
    for number in range(260):
        phone.world.request("POST", "/queues", query={}, body={"queue_name": f"q{number:03}"}, now=phone.now)

    call = phone.calls(wait=3)

    assert [page["page[number]"] for page in requests(phone, "queue_list")] == [1, 2]
    assert {page["page[size]"] for page in requests(phone, "queue_list")} == {250}
    assert phone.leg(call).variables["names"] == [f"q{number:03}" for number in range(260)]


def test_the_calls_of_a_queue_come_into_a_list_the_first_in_line_first():
    phone = desk("queued_call_list: {queue: support, into: names}")
    waiting = [phone.calls(to=AGENTS, wait=2) for _ in range(3)]

    call = phone.calls(to=OFFICE, wait=2)

    assert phone.leg(call).variables["names"] == waiting


def test_a_call_that_has_hung_up_stays_in_line_when_it_is_to_be_kept_and_is_taken_off_then():
    phone = desk(
        "queued_call_list: {queue: support, into: names}",
        'queued_call_remove: {queue: support, call: "{{ names }}{{ nothing }}"}',
        "queued_call_list: {queue: support, into: names}",
    )
    waiting = phone.calls(to=AGENTS, wait=2)
    phone.hang_up(waiting, wait=2)

    call = phone.calls(to=OFFICE, wait=2)

    assert phone.parameters("enqueue")["keep_after_hangup"] is True
    assert phone.leg(call).variables["names"] == []


def test_a_call_without_a_value_is_an_error_and_never_this_call():
    phone = desk('queued_call_remove: {queue: support, call: "{{ nothing }}"}')

    phone.calls(wait=2)

    assert phone.errors() == ["no_call"]
    assert requests(phone, "queued_call_remove") == []


def test_a_waiting_call_is_told_whether_it_stays():
    phone = Phone(
        flow("  desk:\n    do:\n      - answer\n      - enqueue: support\n"
             "      - queued_call_update: {queue: support, keep_after_hangup: true}\n    after: {1h: hangup}\n")
    )  # fmt: skip

    call = phone.calls(wait=3)

    path = {"queue_name": "support", "call_control_id": call}
    assert requests(phone, "queued_call_update") == [{"path": path, "keep_after_hangup": True}]
    assert phone.errors() == []


# -- telnyx ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "operation", "request_"),
    [
        ('{operation: speak, payload: "Hi {{ caller.number }}", voice: AWS.Polly.Joanna, loop: 2}', "speak",
         {"payload": "Hi +34600111222", "voice": "AWS.Polly.Joanna", "loop": 2}),
        ("{operation: suppression_start, direction: both}", "suppression_start", {"direction": "both"}),
        ("{operation: siprec_stop}", "siprec_stop", {}),
    ],
)  # fmt: skip
def test_any_operation_is_about_this_call_and_carries_its_own_parameters(step, operation, request_):
    phone = desk(f"telnyx: {step}", "log: done")

    call = phone.calls(wait=5)

    [sent] = requests(phone, operation)
    sent.pop("client_state", None)
    assert sent == {"path": {"call_control_id": call}, **request_}
    assert phone.logged() == ["done"]


def test_a_call_is_named_where_another_one_is_meant():
    phone = desk("telnyx: {operation: record_pause, call_control_id: v3:other}")

    phone.calls(wait=2)

    assert requests(phone, "record_pause")[0]["path"] == {"call_control_id": "v3:other"}
    assert phone.errors() == ["10005"]


def test_a_call_in_the_body_is_not_the_call_that_it_is_about():
    phone = desk("telnyx: {operation: bridge, call_control_id: v3:other}")

    call = phone.calls(wait=2)

    sent = requests(phone, "bridge")[0]
    assert (sent["path"], sent["call_control_id"]) == ({"call_control_id": call}, "v3:other")


def test_a_queue_is_asked_with_the_query_of_the_author():
    phone = desk('telnyx: {operation: queue_list, "page[size]": 7, into: {names: name}}')

    phone.calls(wait=2)

    assert requests(phone, "queue_list") == [{"path": {}, "page[size]": 7, "page[number]": 1}]


def test_a_room_is_the_one_that_the_call_is_in():
    phone = desk("join_conference: team", "telnyx: {operation: conference_mute}", "log: done")

    call = phone.calls(wait=3)

    assert requests(phone, "conference_mute") == [{"path": {"id": phone.leg(call).conference_id}}]
    assert phone.logged() == ["done"]


def test_without_a_room_an_operation_about_one_is_an_error():
    phone = desk("telnyx: {operation: conference_mute}")

    phone.calls(wait=3)

    assert phone.errors() == ["no_room"]
    assert requests(phone, "conference_mute") == []


def test_a_room_is_created_with_this_call_in_it():
    phone = desk("telnyx: {operation: conference_create, name: team}")

    call = phone.calls(wait=3)

    assert requests(phone, "conference_create")[0]["call_control_id"] == call


def test_a_leg_that_is_dialled_so_does_not_disturb_this_call():
    number = '"+15552220001"'
    phone = desk(f'telnyx: {{operation: dial, to: {number}, from: "+15550000001", connection_id: "1"}}', "log: done",
                 answer_after_s=2.0)  # fmt: skip

    call = phone.calls(wait=10)

    assert phone.logged() == ["done"]
    assert phone.state(call) == "desk"
    assert phone.errors() == []


def test_a_refused_operation_is_an_error_of_the_step_and_leaves_the_music_alone():
    phone = Phone(
        flow("  desk:\n    do:\n      - answer\n      - play: {audio: hold_music, repeat: forever}\n"
             "    on:\n      call.dtmf.received:\n        do: [{telnyx: {operation: speak, payload: Hi, voice: x}}]\n"
             "    on_error: stay\n    after: {1h: hangup}\n")
    )  # fmt: skip
    call = phone.calls(wait=5)
    phone.fail("speak", "10015")

    phone.press(call, "1", wait=5)

    assert phone.errors() == ["10015"]
    assert phone.did(call).count("playback_start") == 1
