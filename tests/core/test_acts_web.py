"""http: something looked up outside, and what becomes of it when that does not work."""

from __future__ import annotations

import pytest
from core_stage import PROJECT, Phone, flow

from engine.core.command import HTTP
from engine.scenario.outside import Reply

HOSTS = PROJECT + b"http_hosts: [crm.example.com]\n"
TOP = """
remember:
  customer: {type: text}
  pin: {type: digits}
  open: {type: number}
  vip: {type: yes_no}
  tags: {type: list}
  hidden: {type: text, secret: true}
"""
CRM = "https://crm.example.com/"
GET = f'{{get: "{CRM}customers/{{{{ caller.number }}}}?all=yes", if_fails: sorry'
INTO = "into: {customer: person.name, pin: person.pin, open: cases.0.number, vip: vip, tags: tags}"
GOOD = {"person": {"name": "Ann", "pin": 42}, "cases": [{"number": 7}], "vip": True, "tags": ["a", 1], "more": "secret"}
SORRY = "  sorry:\n    do:\n      - speak: Sorry\n    then: hangup\n"


def desk(step: str, *replies: Reply, from_: str = "+34600111222", log: str = "{{ customer }}") -> tuple[Phone, str]:
    steps = f'      - answer\n      - http: {step}\n      - log: "{log}"\n'
    states = f"  desk:\n    do:\n{steps}    after: {{1h: hangup}}\n{SORRY}"
    phone = Phone(flow(states, top=TOP), project=HOSTS)
    phone.stage.outbox.outside.put(replies)
    return phone, phone.calls(from_=from_, wait=8)


def asked(phone: Phone) -> list[tuple[str, str]]:
    return [
        (row.command.parameters["method"], row.command.path["url"])
        for _, row in phone.stage.outbox.sent
        if row.command.operation == HTTP
    ]


def why(phone: Phone) -> list[str]:
    return [line.record["why"] for line in phone.stage.journal if line.kind == "lookup_failed"]


def test_parts_of_the_answer_come_into_variables_by_their_types():
    phone, call = desk(f"{GET}, {INTO}}}", Reply(beginning=CRM, body=GOOD))

    found = phone.leg(call).variables
    assert {name: found[name] for name in ("customer", "pin", "open", "vip", "tags")} == {
        "customer": "Ann", "pin": "42", "open": 7, "vip": True, "tags": ["a", "1"],
    }  # fmt: skip
    assert phone.logged() == ["Ann"]
    assert phone.state(call) == "desk"


def test_what_comes_from_a_value_is_percent_encoded():
    phone, _ = desk(f"{GET}, into: {{customer: person.name}}}}", Reply(beginning=CRM, body=GOOD))

    assert asked(phone) == [("GET", f"{CRM}customers/%2B34600111222?all=yes")]


def test_the_history_has_only_what_is_taken():
    phone, _ = desk(f"{GET}, into: {{customer: person.name}}}}", Reply(beginning=CRM, body=GOOD))

    history = str(phone.stage.journal)
    assert "Ann" in history
    assert "cases" not in history
    assert "'secret'" not in history


def test_the_history_does_not_have_what_goes_into_a_secret_variable():
    phone, call = desk(f"{GET}, into: {{hidden: person.name}}}}", Reply(beginning=CRM, body=GOOD), log="done")

    assert phone.leg(call).variables["hidden"] == "Ann"
    assert "Ann" not in str(phone.stage.journal)


def test_a_plain_text_comes_into_one_variable():
    phone, _ = desk(f"{GET}, into: customer}}", Reply(beginning=CRM, body="  We close at noon.\n"))

    assert phone.logged() == ["We close at noon."]


def test_a_post_sends_values_and_needs_no_answer():
    step = f'{{post: "{CRM}calls", send: {{from: "{{{{ caller.number }}}}", copies: 2}}, if_fails: sorry}}'

    phone, _ = desk(step, Reply(beginning=CRM, status=204), log="done")

    [row] = [row for _, row in phone.stage.outbox.sent if row.command.operation == HTTP]
    assert row.command.parameters["send"] == {"from": "+34600111222", "copies": 2}
    assert phone.logged() == ["done"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(beginning=CRM, status=404), "Not Found"),
        (Reply(beginning=CRM, status=503), "no answer came, or only errors"),
        (Reply(beginning=CRM, status=302), "Found"),
        (Reply(beginning=CRM, status=429), "Too Many Requests"),
        (Reply(beginning=CRM, is_silent=True), "no answer came, or only errors"),
        (Reply(beginning=CRM, body="<html>"), "the answer is no JSON object"),
        (Reply(beginning=CRM, body=[1]), "the answer is no JSON object"),
        (Reply(beginning=CRM, body={"person": {}}), "the answer has no 'person.name'"),
        (Reply(beginning=CRM, body={"person": {"name": None}}), "the answer has no 'person.name'"),
        (
            Reply(beginning=CRM, body={"person": {"name": ["Ann"]}}),
            "'person.name' of the answer is not of the type text",
        ),
        (Reply(beginning="https://other.example.com/"), "the test gives no answer for this address"),
    ],
)
def test_whatever_goes_wrong_leads_to_the_state_of_if_fails(reply, reason):
    phone, call = desk(f"{GET}, into: {{customer: person.name}}}}", reply)

    assert phone.states(call) == ["desk", "sorry"]
    assert why(phone) == [reason]
    assert phone.errors() == []
    assert phone.logged() == []
    assert phone.leg(call).variables["customer"] == ""


def test_a_get_that_fails_at_once_is_tried_once_more_and_a_post_never():
    failing = Reply(beginning=CRM, status=503)

    read, _ = desk(f"{GET}}}", failing)
    written, _ = desk(f'{{post: "{CRM}calls", if_fails: sorry}}', failing)

    assert len(asked(read)) == 2
    assert len(asked(written)) == 1


def test_a_value_cannot_lead_the_address_elsewhere():
    phone, call = desk(
        f"{{get: \"{CRM}people/{{{{ customer + '..' }}}}/x\", if_fails: sorry}}", Reply(beginning=CRM, body={})
    )

    assert asked(phone) == []
    assert phone.states(call) == ["desk", "sorry"]
    assert why(phone) == ["a value makes the address lead elsewhere"]


def test_if_fails_may_hang_up():
    phone, call = desk(f"{GET}}}".replace("sorry", "hangup"), Reply(beginning=CRM, status=404))

    assert phone.did(call)[-1] == "hangup"
    assert phone.state(call) == "ended"


def test_a_call_that_hangs_up_meanwhile_is_over_and_the_answer_changes_nothing():
    states = f"  desk:\n    do:\n      - answer\n      - http: {GET}}}\n    after: {{1h: hangup}}\n{SORRY}"
    phone = Phone(flow(states, top=TOP), project=HOSTS)
    phone.stage.outbox.outside.put([Reply(beginning=CRM, is_silent=True)])
    call = phone.calls(wait=1)

    phone.hang_up(call, wait=30)

    assert phone.states(call) == ["desk"]
    assert phone.left_over() == []


def test_a_lookup_holds_up_no_other_command_of_the_call():
    states = (
        f"  desk:\n    do:\n      - answer\n      - http: {GET}}}\n    after: {{1s: bye}}\n{SORRY}"
        "  bye:\n    do:\n      - speak: Bye\n    then: hangup\n"
    )
    phone = Phone(flow(states, top=TOP), project=HOSTS)
    phone.stage.outbox.outside.put([Reply(beginning=CRM, is_silent=True)])

    call = phone.calls(wait=1.5)

    assert phone.heard(call) == ["Bye"]
