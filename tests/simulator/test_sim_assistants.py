"""What listens and talks by itself: AI gathers and assistants, transcriptions, referrals, supervisors."""

from __future__ import annotations

import pytest

from engine.simulator.options import Options
from engine.simulator.world import World
from engine.tables import catalogue

START = 1_800_000_000.0
ASK = {"parameters": {"type": "object", "properties": {"name": {"type": "string"}}}, "greeting": "Who are you?"}


class Line:
    """One answered call of a simulated Telnyx."""

    def __init__(self, **options) -> None:
        self.world = World(catalogue(), options=Options(**options), start=START)
        leg = self.world.call(from_="+34600111222", to="+15550000001", now=START)
        self.call = leg.call_control_id
        assert self.do("answer") == 200
        self.pass_time(1)

    def do(self, action: str, **body) -> int:
        path = f"/v2/calls/{self.call}/actions/{action}"
        return self.world.request("POST", path, query={}, body=body, now=self.world.now).status

    def pass_time(self, seconds: float) -> list[tuple[str, dict]]:
        """Let time pass; returns the webhooks that came, with what they say beside ids."""
        return [(hook.event_type, dict(hook.payload)) for hook in self.world.advance(self.world.now + seconds)]

    def events(self, seconds: float = 1.0) -> list[str]:
        return [name for name, _ in self.pass_time(seconds)]


def test_an_ai_gather_brings_what_the_person_tells_it():
    line = Line()
    assert line.do("gather_using_ai", **ASK) == 200
    assert line.events(5) == []
    assert line.world.look(line.call).ai_asks

    line.world.tell_ai(line.call, {"name": "Ann"}, line.world.now)

    (name, payload), (last, _) = line.pass_time(1)
    assert (name, payload["status"], payload["result"]) == ("call.ai_gather.ended", "valid", {"name": "Ann"})
    assert last == "call.conversation.ended"
    assert not line.world.look(line.call).ai_asks


@pytest.mark.parametrize("end", ["nothing is told", "it is stopped"])
def test_an_ai_gather_that_finds_out_nothing_is_invalid(end):
    line = Line()
    line.do("gather_using_ai", **ASK)

    if end == "nothing is told":
        line.world.tell_ai(line.call, None, line.world.now)
    else:
        assert line.do("ai_assistant_stop") == 200

    name, payload = line.pass_time(1)[0]
    assert (name, payload["status"], payload["result"]) == ("call.ai_gather.ended", "invalid", {})


def test_nobody_can_tell_an_ai_that_does_not_ask():
    line = Line()
    line.do("ai_assistant_start", assistant={"id": "a"})

    with pytest.raises(ValueError, match="no AI asks"):
        line.world.tell_ai(line.call, {}, line.world.now)


def test_an_assistant_talks_until_it_is_stopped():
    line = Line()
    assert line.do("ai_assistant_start", assistant={"id": "a"}, greeting="Hello") == 200
    assert line.do("ai_assistant_start", assistant={"id": "a"}) == 422
    line.pass_time(60)
    assert line.world.look(line.call).hears

    assert line.do("ai_assistant_stop") == 200

    assert line.events() == ["call.conversation.ended"]
    assert not line.world.look(line.call).hears


def test_a_hang_up_ends_an_assistant():
    line = Line()
    line.do("ai_assistant_start", assistant={"id": "a"})

    line.world.hang_up(line.call, line.world.now)

    assert line.events() == ["call.conversation.ended", "call.hangup"]


def test_a_transcription_writes_down_what_is_said_until_it_is_stopped():
    line = Line()
    line.do("transcription_start")
    line.world.speak_into(line.call, "I have a question.", line.world.now)
    [(name, payload)] = line.pass_time(1)
    assert (name, payload["transcription_data"]["transcript"]) == ("call.transcription", "I have a question.")

    line.do("transcription_stop")
    line.world.speak_into(line.call, "Hello?", line.world.now)

    assert line.events() == []


@pytest.mark.parametrize(
    ("address", "ends_with"), [("sip:a@example.com", "completed"), ("sip:b@example.com", "failed")]
)
def test_a_referral_is_taken_or_refused(address, ends_with):
    line = Line(unreachable=frozenset({"sip:b@example.com"}))

    assert line.do("refer", sip_address=address) == 200

    assert line.events(5) == ["call.refer.started", f"call.refer.{ends_with}"]


def test_a_supervisors_part_is_noted():
    line = Line()

    assert line.do("switch_supervisor_role", role="whisper") == 200

    assert [entry.details for entry in line.world.record if entry.what == "supervises"] == [{"role": "whisper"}]


@pytest.mark.parametrize("name", sorted(catalogue().operations))
def test_every_operation_answers_with_json_and_never_fails_by_itself(name):
    line, operation = Line(), catalogue().operations[name]
    path = operation.url_path(
        {word: line.call if word == "call_control_id" else "x" for word in operation.path_parameters}
    )

    answer = line.world.request(operation.method, path, query={}, body={}, now=line.world.now)

    assert answer.status in (200, 204, 404, 422)
    assert answer.status >= 400 or not answer.body or "data" in answer.body
