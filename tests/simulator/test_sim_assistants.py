"""What talks by itself: AI gathers and assistants, conversation relays, and who takes part in them."""

from __future__ import annotations

import pytest

from engine.simulator.api import _DEEDS
from engine.tables import catalogue

NAME = {"type": "object", "properties": {"name": {"type": "string"}}}
ASK = {"parameters": NAME, "greeting": "Who are you?"}
ASSISTANT = {"assistant": {"id": "assistant-1"}}


def test_an_ai_gather_brings_what_the_person_tells_it(line):
    leg = line.caller()
    conversation = line.ok("gather_using_ai", leg, **ASK)["conversation_id"]
    assert line.wait(5) == ["call.conversation.created"]
    assert line.last("call.conversation.created")["conversation_id"] == conversation
    assert line.world.look(leg).ai_asks

    line.world.tell_ai(leg, {"name": "Ann"}, line.now)

    assert line.wait() == ["call.ai_gather.ended", "call.conversation.ended"]
    ended = line.last("call.ai_gather.ended")
    assert (ended["status"], ended["result"]) == ("valid", {"name": "Ann"})
    assert ended["message_history"] == [
        {"role": "assistant", "content": "Who are you?"},
        {"role": "user", "content": "name: Ann"},
    ]
    over = line.last("call.conversation.ended")
    assert (over["conversation_id"], over["duration_sec"], over["reason"]) == (conversation, 5, "completed")
    assert not line.world.look(leg).ai_asks


@pytest.mark.parametrize("end", ["nothing is told", "it is stopped"])
def test_an_ai_gather_that_finds_out_nothing_is_invalid(line, end):
    leg = line.caller()
    line.ok("gather_using_ai", leg, **ASK)

    if end == "nothing is told":
        line.world.tell_ai(leg, None, line.now)
    else:
        line.ok("ai_assistant_stop", leg)
    line.wait()

    assert line.last("call.ai_gather.ended")["status"] == "invalid"
    assert line.last("call.ai_gather.ended")["result"] == {}


def test_an_ai_gather_reports_parts_and_messages_only_when_asked(line):
    quiet, told = line.caller(), line.caller()
    line.ok("gather_using_ai", quiet, **ASK)
    line.ok("gather_using_ai", told, **ASK, send_partial_results=True, send_message_history_updates=True)
    line.wait()
    for leg in (quiet, told):
        line.world.tell_ai(leg, {"name": "Ann"}, line.now, is_partial=True)
        line.world.speak_into(leg, "Well.", line.now)
    line.wait()

    assert line.types(quiet)[2:] == ["call.conversation.created"]
    assert line.types(told)[2:] == [
        "call.conversation.created",
        "call.ai_gather.message_history_updated",
        "call.ai_gather.message_history_updated",
        "call.ai_gather.partial_results",
        "call.ai_gather.message_history_updated",
    ]
    assert line.last("call.ai_gather.partial_results")["partial_results"] == {"name": "Ann"}
    assert line.world.look(told).ai_asks


def test_nobody_can_tell_an_ai_that_does_not_ask(line):
    leg = line.caller()
    line.ok("ai_assistant_start", leg, **ASSISTANT)

    with pytest.raises(ValueError, match="no AI asks"):
        line.world.tell_ai(leg, {}, line.now)


def test_an_assistant_talks_until_it_is_stopped_and_is_analysed(line):
    leg = line.caller()
    line.ok("ai_assistant_start", leg, **ASSISTANT, greeting="Hello")
    assert line.do("ai_assistant_start", leg, **ASSISTANT).code == "90061"
    line.wait(60)
    assert line.world.look(leg).hears

    line.ok("ai_assistant_stop", leg)

    assert line.wait(10) == ["call.conversation.ended", "call.conversation_insights.generated", "call.analyzed"]
    assert not line.world.look(leg).hears
    assert line.last("call.analyzed")["assistant_id"] == "assistant-1"


def test_a_hang_up_ends_an_assistant_which_is_analysed_after_it(line):
    leg = line.caller()
    line.ok("ai_assistant_start", leg, **ASSISTANT)
    line.wait()

    line.world.hang_up(leg, line.now)

    assert line.wait(10) == [
        "call.conversation.ended",
        "call.hangup",
        "call.conversation_insights.generated",
        "call.analyzed",
    ]
    assert line.last("call.conversation.ended")["reason"] == "hangup"


def test_an_assistant_that_cannot_be_reached_does_not_talk(line_with):
    line = line_with(unreachable=frozenset({"assistant-1"}))
    leg = line.caller()
    line.ok("ai_assistant_start", leg, **ASSISTANT)

    assert line.wait() == ["call.conversation.start_failed"]
    assert line.last("call.conversation.start_failed")["reason"] == "service_error"
    assert not line.world.look(leg).hears


def test_messages_are_added_to_a_conversation_that_goes_on(line):
    leg = line.caller()
    message = {"role": "system", "content": "The caller is a member."}
    assert line.do("ai_assistant_add_messages", leg, messages=[message]).code == "90033"
    line.ok("ai_assistant_start", leg, **ASSISTANT, send_message_history_updates=True)
    line.wait()

    line.ok("ai_assistant_add_messages", leg, messages=[message])

    assert line.wait() == ["call.ai_gather.message_history_updated"]
    assert line.last("call.ai_gather.message_history_updated")["message_history"] == [message]


@pytest.mark.parametrize(("on_hangup", "goes_on"), [("continue_conversation", True), ("end_conversation", False)])
def test_another_leg_joins_the_conversation_and_may_end_it(line, on_hangup, goes_on):
    host, guest = line.caller(), line.caller()
    conversation = line.ok("ai_assistant_start", host, **ASSISTANT)["conversation_id"]
    who = {"id": guest, "role": "user", "on_hangup": on_hangup}
    line.ok("ai_assistant_join", guest, conversation_id=conversation, participant=who)
    assert line.world.look(guest).hears

    line.world.hang_up(guest, line.now)

    assert bool(line.world.look(host).hears) is goes_on
    assert not line.world.look(guest).hears


def test_a_conversation_begins_with_its_participants_or_not_at_all(line_with):
    line = line_with(unreachable=frozenset({"gone"}))
    host, guest, busy = line.caller(), line.caller(), line.caller()
    line.ok("ai_assistant_start", busy, **ASSISTANT)
    people = [{"id": leg, "role": "user"} for leg in (host, guest)]
    line.ok("ai_assistant_start", host, assistant={"id": "gone"}, participants=people)
    assert not line.world.look(guest).hears
    taken = [{"id": busy, "role": "user"}]
    assert line.do("ai_assistant_start", host, **ASSISTANT, participants=taken).code == "90061"
    assert not line.world.look(host).hears

    line.ok("ai_assistant_start", host, **ASSISTANT, participants=people)

    assert line.world.look(host).hears
    assert line.world.look(guest).hears


def test_only_a_running_conversation_can_be_joined(line):
    leg = line.caller()
    participant = {"id": leg, "role": "user"}

    assert line.do("ai_assistant_join", leg, conversation_id="x", participant=participant).code == "10005"


@pytest.mark.parametrize(
    ("body", "events"),
    [
        ({"url": "wss://relay.example"}, ["call.conversation.created", "call.conversation.ended", "call.hangup"]),
        ({"url": "wss://gone.example"}, ["call.conversation.start_failed", "call.hangup"]),
        ({}, ["call.conversation.start_failed", "call.hangup"]),
    ],
)
def test_a_conversation_relay_ends_with_its_call(line_with, body, events):
    line = line_with(unreachable=frozenset({"wss://gone.example"}))
    leg = line.caller()
    assert set(line.ok("conversation_relay_start", leg, **body)) == {"result", "conversation_relay_id"}
    line.wait()

    line.world.hang_up(leg, line.now)
    line.wait(10)

    assert line.types(leg)[2:] == events


def test_a_conversation_relay_is_stopped_by_its_own_command_alone(line):
    leg = line.caller()
    line.ok("conversation_relay_start", leg, url="wss://relay.example")
    line.wait()
    line.ok("ai_assistant_stop", leg)
    assert line.wait() == []

    line.ok("conversation_relay_stop", leg)

    assert line.wait(10) == ["call.conversation.ended"]


def test_every_operation_is_carried_out():
    assert set(_DEEDS) == set(catalogue().operations)


@pytest.mark.parametrize("name", sorted(catalogue().operations))
def test_every_operation_answers_with_json_and_never_fails_by_itself(line, name):
    operation, leg = catalogue().operations[name], line.caller()
    path = {word: leg if word == "call_control_id" else "x" for word in operation.path_parameters}

    answer = line.do(name, path)

    assert answer.status in (200, 204, 404, 422)
    assert answer.status >= 400 or not answer.body or "data" in answer.body
