"""Where a leg's webhooks go and how often they are tried, as dial, transfer and answer ask for it."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

from engine.simulator.values import Route

OWN = {
    "webhook_url": "https://one.example/hook",
    "webhook_urls": {"call.hangup": ["https://two.example/a", "https://two.example/b"]},
    "webhook_retries_policies": {"call.hangup": {"retries_ms": [500, 1500]}, "call.answered": {"retries_ms": []}},
}
DIAL = {"to": "+15559990000", "from": OFFICE, "connection_id": "1"}


def routes(line, leg):
    return {hook.event_type: hook.route for hook in line.webhooks if hook.call_control_id == leg}


def test_without_a_wish_webhooks_go_the_servers_own_way(line):
    leg = line.caller()

    assert routes(line, leg)["call.answered"] == Route(urls=(), retries_ms=None, method="POST")


def test_answer_routes_the_webhooks_of_its_call(line):
    leg = line.rings()
    line.ok("answer", leg, **OWN, webhook_url_method="GET")
    line.world.hang_up(leg, line.now)
    line.wait()

    assert routes(line, leg) == {
        "call.initiated": Route(),
        "call.answered": Route(("https://one.example/hook",), (), "GET"),
        "call.hangup": Route(("https://two.example/a", "https://two.example/b"), (500, 1500), "POST"),
    }


def test_a_dialled_leg_is_routed_from_its_first_webhook_on(line):
    leg = line.ok("dial", None, **DIAL, **OWN)["call_control_id"]
    line.wait()

    assert routes(line, leg) == {"call.initiated": Route(("https://one.example/hook",))}


def test_transfer_routes_the_far_leg_alone(line):
    leg = line.caller()
    line.ok("transfer", leg, to="+15559990000", **OWN)
    far = line.far_leg()
    line.world.pick_up(far, line.now)
    line.wait()

    assert routes(line, leg)["call.bridged"] == Route()
    assert routes(line, far)["call.bridged"] == Route(("https://one.example/hook",))


def test_the_webhooks_of_a_room_are_not_those_of_a_leg(line):
    leg = line.rings()
    line.ok("answer", leg, **OWN)
    line.ok("conference_create", None, call_control_id=leg, name="team")
    line.wait()

    assert routes(line, leg)["conference.created"] == Route()
    assert routes(line, leg)["conference.participant.joined"] == Route(("https://one.example/hook",))


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"webhook_url": "ftp://x"}, "/webhook_url"),
        ({"webhook_urls": {"call.hangup": ["nowhere"]}}, "/webhook_urls/call.hangup"),
        ({"webhook_urls": {"call.hangup": "https://x"}}, "/webhook_urls/call.hangup"),
        (
            {"webhook_retries_policies": {"call.hangup": {"retries_ms": [1, 2, 3, 4, 5, 6]}}},
            "/webhook_retries_policies/call.hangup/retries_ms",
        ),
        (
            {"webhook_retries_policies": {"call.hangup": {"retries_ms": [30_000, 30_001]}}},
            "/webhook_retries_policies/call.hangup/retries_ms",
        ),
        (
            {"webhook_retries_policies": {"call.hangup": {"retries_ms": [-1]}}},
            "/webhook_retries_policies/call.hangup/retries_ms",
        ),
    ],
)
@pytest.mark.parametrize("operation", ["dial", "transfer", "answer"])
def test_what_telnyx_does_not_allow_is_refused_and_nothing_happens(line, operation, wish, pointer):
    leg = line.rings() if operation == "answer" else line.caller()
    body = {"dial": DIAL, "transfer": {"to": "+15559990000"}, "answer": {}}[operation]

    response = line.do(operation, None if operation == "dial" else leg, **body, **wish)

    assert (response.status, response.code) == (422, "10015")
    assert response.body["errors"][0]["source"] == {"pointer": pointer}
    assert line.world.ringing == ()
    assert line.wait() == []


def test_retries_that_wait_just_sixty_seconds_are_allowed(line):
    policy = {"call.initiated": {"retries_ms": [12_000] * 5}}

    leg = line.ok("dial", None, **DIAL, webhook_retries_policies=policy)["call_control_id"]
    line.wait()

    assert routes(line, leg)["call.initiated"] == Route(retries_ms=(12_000,) * 5)


@pytest.mark.parametrize(("retry_id", "same"), [("kept", True), ("new", False)])
def test_an_attempt_says_its_number_and_address_and_may_have_an_id_of_its_own(line_with, retry_id, same):
    line = line_with(retry_id=retry_id)
    line.rings()
    hook = line.webhooks[-1]

    first, second = (line.world.attempt(hook, number, "https://x") for number in (1, 2))

    assert first.body["meta"] == {"attempt": 1, "delivered_to": "https://x"}
    assert second.body["meta"] == {"attempt": 2, "delivered_to": "https://x"}
    assert first.id == hook.id
    assert (second.id == hook.id) is same
    assert second.body["data"] == hook.body["data"] | {"id": second.id}
    assert second == line.world.attempt(hook, 2, "https://x")


def test_a_webhook_without_wrapping_has_no_attempt_number_and_may_have_an_id_of_its_own(line_with):
    line = line_with(retry_id="new")
    _, leg = line.room()
    line.world.speak_into(leg, "Hello", line.now)
    line.wait()
    hook = line.webhooks[-1]

    again = line.world.attempt(hook, 2, "https://x")

    assert again.body == {**hook.body, "id": again.id}
    assert again.id != hook.id
