"""Payments by keys: what is asked for, what goes wrong, and how it ends."""

from __future__ import annotations

import pytest

CARD = "4242424242424242"


def paying(line, **body):
    leg = line.caller()
    line.ok("pay", leg, **body)
    line.wait(4)
    return leg


def enter(line, leg, *numbers):
    """Press the keys of each of *numbers* and wait for the next question."""
    for keys in numbers:
        line.world.press(leg, keys, line.now, gap_s=0.1)
        line.wait(6)


def progress(line):
    """What the progress webhooks said: step, status, error."""
    hooks = [hook.payload for hook in line.webhooks if hook.event_type == "call.payment.progress"]
    return [(one["payment_step"], one["payment_status"], one.get("error_type")) for one in hooks]


def test_a_card_is_asked_for_and_charged(line):
    leg = paying(line, connector_name="stripe", amount=12.5, transaction_type="charge")

    enter(line, leg, CARD + "#", "0929", "123#", "28001#")

    assert progress(line) == [
        ("payment-card-number", "completed", None),
        ("expiration-date", "completed", None),
        ("security-code", "completed", None),
        ("postal-code", "completed", None),
        ("payment-processing", "processing", None),
    ]
    done = line.last("call.payment.completed")
    assert {name: done[name] for name in ("result", "payment_method", "payment_card_number", "payment_card_type")} == {
        "result": "success",
        "payment_method": "credit-card",
        "payment_card_number": "************4242",
        "payment_card_type": "visa",
    }
    assert done["charge_id"]
    assert "token_id" not in done


def test_the_keys_of_a_payment_are_in_no_other_webhook(line):
    leg = paying(line)
    enter(line, leg, CARD + "#")

    assert "call.dtmf.received" not in line.types()
    assert CARD not in str([hook.body for hook in line.webhooks])


def test_a_bank_account_is_tokenized(line):
    leg = paying(line, payment_method="ach-debit", transaction_type="tokenize")

    enter(line, leg, "021000021", "123456789#")

    done = line.last("call.payment.completed")
    assert (done["result"], done["bank_routing_number"], done["bank_account_number"]) == (
        "success",
        "*****0021",
        "*****6789",
    )
    assert done["token_id"]


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ("4242424242424241#", "invalid-card-number"),
        ("12#", "invalid-card-number"),
        ("#", "timeout"),
        ("", "timeout"),
        ("378282246310005#", "invalid-card-type"),
    ],
)
def test_what_is_wrong_with_a_card_is_said_and_ends_it(line, keys, error):
    leg = paying(line, valid_card_types=["visa"])

    enter(line, leg, keys)

    assert progress(line) == [("payment-card-number", "failed", error)]
    assert line.last("call.payment.completed")["result"] == "too-many-failed-attempts"


def test_a_mistake_is_asked_for_again(line):
    leg = paying(line, max_attempts=2, postal_code=False)

    enter(line, leg, "1#", CARD + "#", "1329", "1229", "1234#")

    assert progress(line) == [
        ("payment-card-number", "failed", "invalid-card-number"),
        ("payment-card-number", "completed", None),
        ("expiration-date", "failed", "invalid-date"),
        ("expiration-date", "completed", None),
        ("security-code", "completed", None),
        ("payment-processing", "processing", None),
    ]
    assert line.last("call.payment.completed")["result"] == "success"
    assert line.hears(leg).count("Please enter your payment card number.") == 2


def test_a_pause_ends_a_number(line):
    leg = paying(line, postal_code="28001")
    line.world.press(leg, CARD, line.now, gap_s=0.1)
    line.wait(7)

    assert progress(line) == [("payment-card-number", "completed", None)]


def test_a_token_needs_no_keys_and_a_connector_may_fail(line_with):
    line = line_with(unreachable=frozenset({"stripe"}))
    paying(line, payment_token="tok", connector_name="stripe")

    assert progress(line) == [("payment-processing", "processing", None)]
    assert line.last("call.payment.completed")["result"] == "payment-connector-error"


def test_a_hang_up_cancels_a_payment(line):
    leg = paying(line)
    line.world.hang_up(leg, line.now)

    assert line.wait() == ["call.payment.completed", "call.hangup"]
    assert line.last("call.payment.completed")["result"] == "cancelled"


def test_keys_while_a_payment_is_processed_do_nothing(line):
    leg = line.caller()
    line.ok("pay", leg, payment_token="tok")
    line.world.press(leg, "1", line.now)
    line.wait(5)

    assert line.last("call.payment.completed")["result"] == "success"


def test_one_payment_at_a_time(line):
    assert line.do("pay", paying(line)).code == "90033"
