"""What the engine does on each error of Telnyx: the table of facts.md, section 3, row by row."""

from __future__ import annotations

import pytest
from core_stage import OFFICE, Phone, flow

from engine.simulator.trouble import Copy, Mishap
from engine.tables import catalogue

MOBILE = "+15557770001"
THROTTLED = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2"}
# What a step that Telnyx refuses for good leads to; the log tells what the flow knows about it.
ERRS = """\
    on_error:
      do: [{log: "{{ event.error.code }} {{ event.error.status }} {{ event.error.step }}"}]
      then: waits
  waits:
    after: {20m: hangup}
"""
AGENT = """\
roles:
  agent:
    anywhere: {on_error: hangup}
    start: b
    states:
      b:
        after: {2h: hangup}
"""


def office(step: str, *, before: str = "answer", **options: object) -> Phone:
    """A flow that answers, does *step*, logs that it is done, and waits."""
    top = "\nremember:\n  state: {type: text}\n"
    text = flow(f"  a:\n    do: [{before}, {step}, {{log: done}}]\n    then: waits\n{ERRS}", top=top)
    return Phone(text, **options)


def requests(phone: Phone, operation: str) -> list[float]:
    """When Telnyx got requests for *operation*, in seconds after the first one."""
    times = [entry.at for entry in phone.world.record if entry.kind == "request" and entry.what == operation]
    return [round(at - times[0], 2) for at in times]


# -- refused for good ------------------------------------------------------------------------------------------

FOR_GOOD = [
    # facts: permanent, flow bug: catch in `check`
    ("10004", 422, "{speak: Hello}"),
    ("10015", 422, "{speak: Hello}"),
    ("10015", 400, "{speak: Hello}"),
    ("10028", 400, "{speak: Hello}"),
    ("10016", 422, "{refer: 'sip:a@example.com'}"),
    ("10032", 422, "{speak: Hello}"),
    ("10033", 422, "{play: tune}"),
    # facts: 404 not found / conference does not exist: permanent
    ("10005", 404, "{play: tune}"),
    ("10007", 404, "record_stop"),
    ("90058", 404, "{telnyx: {operation: call_retrieve, into: {state: call_control_id}}}"),
    # facts: 422 "SRTP not supported": same code, other title
    ("10011", 422, "{speak: Hello}"),
    # facts: Invalid Call Control ID: permanent
    ("90015", 422, "{speak: Hello}"),
    # facts: the step's `on_error`
    ("90036", 422, "{enqueue: support}"),
    # facts: flow branch
    ("90040", 400, "{play: tune}"),
    # facts: only empty queues can be deleted
    ("90050", 400, "{queue_delete: support}"),
    # facts: mostly "already so"; but what is there may be another one than what was asked for
    ("90045", 422, "{telnyx: {operation: streaming_start}}"),
    ("90061", 422, "{ai_assistant_start: abc}"),
]


@pytest.mark.parametrize(("code", "status", "step"), FOR_GOOD)
def test_refused_for_good_leads_to_on_error_with_the_code_after_one_request(code: str, status: int, step: str):
    phone = office(step)
    operation = _operation_of(step)
    phone.fail(operation, code, status)

    call = phone.calls(wait=10)

    verb = step.strip("{").split(":")[0]
    assert phone.logged() == [f"{code} {status} {verb}"]
    assert phone.state(call) == "waits"
    assert requests(phone, operation) == [0]


def _operation_of(step: str) -> str:
    names = {"speak": "speak", "play": "playback_start", "refer": "refer"}
    verb = step.strip("{").split(":")[0]
    return step.split("operation: ")[1].split("}")[0].split(",")[0] if verb == "telnyx" else names.get(verb, verb)


def test_a_room_that_is_full_leads_to_the_steps_on_error():
    """90032, 422, Maximum number of participants reached: the step's `on_error`."""
    phone = office("{join_conference: team}")
    phone.calls(wait=3)
    phone.fail("conference_join", "90032")

    phone.calls(from_="+34600111333", wait=3)

    assert phone.logged() == ["done", "90032 422 join_conference"]


# -- already so ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "step", "operation"),
    [
        ("90031", "{telnyx: {operation: fork_stop}}", "fork_stop"),
        ("90054", "transcription_start", "transcription_start"),
        ("90038", "{enqueue: support}", "enqueue"),
    ],
)
def test_already_so_is_done(code: str, step: str, operation: str):
    """90031 / 90054: "already so"; 90038 already in queue: idempotent success."""
    phone = office(step)
    phone.fail(operation, code)

    phone.calls(wait=3)

    assert phone.logged() == ["done"]
    assert requests(phone, operation) == [0]


@pytest.mark.parametrize(
    ("code", "step", "operation"),
    [
        ("90038", "{enqueue: support}", "enqueue"),
        ("90045", "{telnyx: {operation: streaming_start}}", "streaming_start"),
        ("90061", "{ai_assistant_start: abc}", "ai_assistant_start"),
        ("90054", "transcription_start", "transcription_start"),
    ],
)
def test_already_so_after_a_resend_is_its_own_doing(code: str, step: str, operation: str):
    phone = office(step)
    phone.world.trouble = First(operation, Mishap(kind="reset"), Mishap(kind="refused", status=422, code=code))

    phone.calls(wait=5)

    assert phone.logged() == ["done"]
    assert len(requests(phone, operation)) == 2


class First:
    """A Telnyx that meets the first requests for one operation with *mishaps*, one after another."""

    def __init__(self, operation: str, *mishaps: Mishap) -> None:
        self.operation, self.mishaps = operation, list(mishaps)

    def webhook(self, event_type: str, number: int) -> list[Copy]:
        return [Copy()]

    def request(self, operation: str, number: int, attempt: int) -> Mishap | None:
        return self.mishaps.pop(0) if operation == self.operation and self.mishaps else None


# -- benign races ----------------------------------------------------------------------------------------------


def test_90018_waits_for_the_hang_up():
    """90018, 422, Call has already ended: benign race: treat as hangup."""
    phone = office("{speak: Hello}")
    phone.fail("speak", "90018")
    call = phone.calls(wait=2)
    assert (phone.state(call), phone.logged()) == ("a", [])

    phone.hang_up(call)

    assert (phone.state(call), phone.logged()) == ("ended", [])


@pytest.mark.parametrize("code", ["90019", "90058"])
def test_90019_is_no_error_of_a_step_in_the_room(code: str):
    """90019, 422, Conference has already ended: benign race."""
    phone = office("{conference_speak: Hello}", before="answer, {join_conference: team}")
    phone.fail("conference_speak", code, 422 if code == "90019" else 404)

    phone.calls(wait=3)

    assert phone.logged() == ["done"]


def test_90019_lets_a_join_start_over():
    phone = office("{join_conference: team}")
    phone.calls(wait=3)
    phone.fail("conference_join", "90019")

    second = phone.calls(from_="+34600111333", wait=3)

    assert phone.logged() == ["done", "done"]
    assert phone.leg(second).is_in_room


def test_90033_joins_the_conference_that_has_the_name():
    """90033, 422, conference name exists and is active: create-or-join: find by name, join."""
    phone = office("{join_conference: team}")
    stranger = phone.calls(to="+15558887777")
    phone.world.request("POST", f"/calls/{stranger}/actions/answer", query={}, body={}, now=phone.now)
    body = {"call_control_id": stranger, "name": "team"}
    phone.world.request("POST", "/conferences", query={}, body=body, now=phone.now)

    call = phone.calls(wait=3)

    assert phone.world.look(call).room == phone.world.look(stranger).room
    assert phone.logged() == ["done"]


# -- too early -------------------------------------------------------------------------------------------------


def test_90034_waits_for_call_answered():
    """90034, 422, Call not answered yet: wait for `call.answered`."""
    phone = office("{telnyx: {operation: send_dtmf, digits: '1'}}", before="log: begins")
    call = phone.calls(wait=5)
    assert phone.logged() == ["begins"]

    phone.world.request("POST", f"/calls/{call}/actions/answer", query={}, body={}, now=phone.now)
    phone.wait(1)

    assert phone.logged() == ["begins", "done"]
    assert requests(phone, "send_dtmf") == [0, 5.0]


def test_90020_before_the_answer_waits_for_it_and_retries():
    """90020, 422, recording before audio started: wait for answered, retry."""
    phone = office("{telnyx: {operation: record_start, format: mp3, channels: single}}", before="log: begins")
    phone.fail("record_start", "90020")
    call = phone.calls(wait=5)
    assert phone.logged() == ["begins"]

    phone.world.request("POST", f"/calls/{call}/actions/answer", query={}, body={}, now=phone.now)
    phone.wait(1)

    assert phone.logged() == ["begins", "done"]


def test_90020_after_the_answer_is_tried_twice_more():
    phone = office("{record: {longest: 5s}}", audio_starts_after_s=0.7)
    call = phone.calls(wait=20)

    assert requests(phone, "record_start") == [0, 0.55, 1.1]
    assert (phone.logged(), phone.state(call)) == (["done"], "waits")


def bridging() -> Phone:
    """A caller who is connected with a leg that was rung for them."""
    steps = (
        f'answer, {{dial: {{to: "{MOBILE}", as: agent, from: "{OFFICE}"}}}}, {{bridge: {{to: agent}}}}, {{log: done}}'
    )
    on = "    on: {agent.call.hangup: waits, agent.left: waits}\n"
    return Phone(flow(f"  a:\n    do: [{steps}]\n{on}    then: waits\n{ERRS}", roles=AGENT), answer_after_s=1.0)


@pytest.mark.parametrize("code", ["90033", "90034", "99999"])
def test_a_transient_422_on_bridge_right_after_call_answered_is_tried_twice_more(code: str):
    """Transient 422 on bridge right after `call.answered`: Telnyx advises max 2 retries 500 ms apart."""
    phone = bridging()
    phone.fail("bridge", code, times=2)

    call = phone.calls(wait=5)

    assert requests(phone, "bridge") == [0, 0.55, 1.1]
    assert phone.logged() == ["done"]
    assert phone.world.look(call).bridged_with is not None


@pytest.mark.parametrize(("code", "times"), [("90033", 3), ("10015", 1)])
def test_a_422_that_stays_or_says_what_is_wrong_is_an_error(code: str, times: int):
    phone = bridging()
    phone.fail("bridge", code, times=times)

    phone.calls(wait=5)

    assert len(requests(phone, "bridge")) == times
    assert phone.logged() == [f"{code} 422 bridge"]


def test_a_bridge_with_a_queue_is_never_repeated_because_each_one_takes_a_caller():
    phone = office("{bridge: {queue: support}}")

    phone.calls(wait=15)

    assert requests(phone, "bridge") == [0]
    assert phone.logged() == ["90033 422 bridge"]


# -- later -----------------------------------------------------------------------------------------------------


def test_10011_backs_off_as_long_as_telnyx_says():
    """10011, 429, too many requests: back off."""
    phone = office("{speak: Hello}")
    phone.world.trouble = First("speak", *[Mishap(kind="refused", status=429, code="10011", headers=THROTTLED)] * 2)

    phone.calls(wait=8)

    assert requests(phone, "speak") == [0, 2.05, 4.1]
    assert phone.logged() == ["done"]


def test_90103_backs_off_and_rings_in_the_end():
    """90103, 429, dials per second: back off, pace."""
    phone = bridging()
    phone.fail("dial", "90103", 429, times=2)

    phone.calls(wait=8)

    gaps = requests(phone, "dial")
    assert (len(gaps), gaps[1] > 0.3, gaps[2] > gaps[1] + 0.7) == (3, True, True)
    assert phone.logged() == ["done"]


@pytest.mark.parametrize("status", [500, 503])
def test_10007_resends_the_same_command_id(status: int):
    """10007, 500/503, internal / unavailable: resend same command_id."""
    phone = office("{speak: Hello}")
    phone.fail("speak", "10007", status, times=2)

    phone.calls(wait=8)

    sent = [entry.details for entry in phone.world.record if entry.kind == "request" and entry.what == "speak"]
    assert [one["status"] for one in sent] == [status, status, 200]
    assert len({one["parameters"]["command_id"] for one in sent}) == 1
    assert phone.logged() == ["done"]


def test_10009_keeps_the_state_until_the_key_is_right_again():
    """10009, 401, authentication failed: permanent, page the operator; the call waits meanwhile."""
    phone = office("{speak: Hello}")
    phone.fail("speak", "10009", 401, times=4)
    call = phone.calls(wait=15)
    assert (phone.state(call), phone.logged()) == ("a", [])

    phone.wait(10)

    assert phone.logged() == ["done"]


def test_10009_is_the_steps_error_in_the_end():
    phone = office("{speak: Hello}")
    phone.fail("speak", "10009", 401, times=100)

    phone.calls(wait=60)

    assert phone.logged() == ["10009 401 speak"]


# -- the table is whole ----------------------------------------------------------------------------------------


def test_every_error_of_the_catalogue_has_its_row_here():
    here = {code for code, _, _ in FOR_GOOD} | {
        "90032", "90031", "90054", "90038", "90018", "90019", "90033", "90034", "90020", "10009",
    }  # fmt: skip

    assert {str(row["code"]) for row in catalogue().errors} <= here
