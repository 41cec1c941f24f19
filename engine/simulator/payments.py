"""Taking a payment by keys: card or bank numbers are asked for one after another, then charged or tokenized."""

from __future__ import annotations

from typing import Any

from engine.simulator import sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Payment

_CARD = ("payment-card-number", "expiration-date", "security-code", "postal-code")
_BANK = ("bank-routing-number", "bank-account-number")
# When no more keys are needed; all others end with # or after a pause.
_LENGTHS = {"expiration-date": 4, "bank-routing-number": 9}
_LONGEST = 19
_FIELDS = {
    "payment-card-number": "payment_card_number",
    "expiration-date": "expiration_date",
    "security-code": "security_code",
    "postal-code": "payment_card_postal_code",
    "bank-routing-number": "bank_routing_number",
    "bank-account-number": "bank_account_number",
}
_ERRORS = {
    "payment-card-number": "invalid-card-number",
    "expiration-date": "invalid-date",
    "security-code": "invalid-security-code",
    "postal-code": "invalid-postal-code",
    "bank-routing-number": "invalid-bank-routing-number",
    "bank-account-number": "invalid-bank-account-number",
}
_PROCESSED_AFTER_S = 1.0
_ATTEMPTS = 1
_PAUSE_MS = 5000


def press(exchange: Exchange, call: Call, payment: Payment, digit: str) -> None:
    """Take one key for the number that is asked for; such keys are in no webhook."""
    if not payment.steps:
        return
    _silence(exchange, call, payment)
    if digit != "#":
        payment.digits += digit
        if len(payment.digits) < _LENGTHS.get(payment.steps[0], _LONGEST):
            _wait(exchange, call, payment, payment.between_s)
            return
    _judge(exchange, call, payment)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A call that is hung up pays nothing."""
    if because == "hangup" and call.payment is not None:
        _complete(exchange, call, call.payment, "cancelled")


def _ask(exchange: Exchange, call: Call, payment: Payment) -> None:
    payment.digits = ""
    if not payment.steps:
        _process(exchange, call, payment)
        return
    asked = payment.steps[0].replace("-", " ")
    payment.prompt = sounds.speech(exchange, f"Please enter your {asked}.", lambda: [call])
    payment.prompt.on_end = lambda _status: _wait(exchange, call, payment, payment.timeout_s)
    sounds.play(exchange, call.channel, payment.prompt)


def _silence(exchange: Exchange, call: Call, payment: Payment) -> None:
    prompt, payment.prompt = payment.prompt, None
    if prompt is not None and prompt in call.channel.sounds:
        prompt.on_end = lambda _status: None
        sounds.drop(exchange, call.channel, prompt)


def _wait(exchange: Exchange, call: Call, payment: Payment, seconds: float) -> None:
    _hush(payment)
    payment.alarm = exchange.after(seconds, lambda: _judge(exchange, call, payment))


def _hush(payment: Payment) -> None:
    if payment.alarm is not None:
        payment.alarm.cancel()


def _judge(exchange: Exchange, call: Call, payment: Payment) -> None:
    _hush(payment)
    step = payment.steps[0]
    error = _mistake(payment, step)
    masked = "*" * max(0, len(payment.digits) - 4) + payment.digits[-4:]
    if not error:
        payment.known[_FIELDS[step]] = payment.digits if step in ("expiration-date", "postal-code") else masked
        if step == "payment-card-number":
            payment.known["payment_card_type"] = _card_type(payment.digits)
        _report(exchange, call, payment, step, "completed")
        payment.steps.pop(0)
        payment.attempt = 1
    else:
        _report(exchange, call, payment, step, "failed", error_type=error)
        if payment.attempt >= payment.attempts:
            _complete(exchange, call, payment, "too-many-failed-attempts")
            return
        payment.attempt += 1
    _ask(exchange, call, payment)


def _mistake(payment: Payment, step: str) -> str:
    """Return what is wrong with the keys that were pressed for *step*, "" when nothing is."""
    digits = payment.digits
    if not digits:
        return "timeout"
    lengths = {"payment-card-number": (13, 19), "security-code": (3, 4), "postal-code": (3, 10)}
    least, most = lengths.get(step, (_LENGTHS.get(step, 4), _LENGTHS.get(step, 17)))
    if not digits.isdigit() or not least <= len(digits) <= most:
        return _ERRORS[step]
    if step == "payment-card-number":
        if not _adds_up(digits):
            return _ERRORS[step]
        return "" if _card_type(digits) in payment.card_types else "invalid-card-type"
    return _ERRORS[step] if step == "expiration-date" and not "01" <= digits[:2] <= "12" else ""


def _adds_up(digits: str) -> bool:
    """Tell whether the check digit of a card number is right (ISO/IEC 7812, Luhn)."""
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _card_type(digits: str) -> str:
    kinds = {
        "4": "visa",
        "5": "mastercard",
        "34": "amex",
        "37": "amex",
        "6": "discover",
        "35": "jcb",
        "36": "diners-club",
    }
    return kinds.get(digits[:2]) or kinds.get(digits[:1]) or "maestro"


def _process(exchange: Exchange, call: Call, payment: Payment) -> None:
    _report(exchange, call, payment, "payment-processing", "processing")
    works = payment.connector not in exchange.options.unreachable
    result = "success" if works else "payment-connector-error"
    payment.alarm = exchange.after(_PROCESSED_AFTER_S, lambda: _complete(exchange, call, payment, result))


def _report(exchange: Exchange, call: Call, payment: Payment, step: str, status: str, **more: Any) -> None:
    exchange.emit(
        "call.payment.progress",
        call,
        payment_step=step,
        payment_status=status,
        payment_method=payment.method,
        payment_connector=payment.connector,
        attempt=payment.attempt,
        **(payment.known | more),
    )


def _complete(exchange: Exchange, call: Call, payment: Payment, result: str) -> None:
    call.payment = None
    _hush(payment)
    _silence(exchange, call, payment)
    payment.steps.clear()
    ids: dict[str, Any] = {}
    if result == "success":
        kind = "charge_id" if payment.charges else "token_id"
        ids = {kind: exchange.new_id("payment"), "payment_confirmation_code": str(exchange.count("confirmation"))}
    exchange.emit(
        "call.payment.completed",
        call,
        result=result,
        payment_method=payment.method,
        payment_connector=payment.connector,
        **(payment.known | ids),
    )


def _pay(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    if call.payment is not None:
        raise unable("A payment is being taken on this call already.")
    method = request["payment_method"] or "credit-card"
    steps = list(_CARD if method == "credit-card" else _BANK)
    # A postal code that is given or not wanted is not asked for.
    if method == "credit-card" and request["postal_code"] not in (None, True):
        steps.remove("postal-code")
    types = request["valid_card_types"] or [
        "visa", "mastercard", "amex", "maestro", "discover", "jcb", "diners-club",
    ]  # fmt: skip
    call.payment = Payment(
        steps=[] if request["payment_token"] else steps,
        method=method,
        connector=request["connector_name"] or "",
        charges=request["transaction_type"] != "tokenize",
        attempts=request["max_attempts"] or _ATTEMPTS,
        timeout_s=(request["timeout_millis"] or _PAUSE_MS) / 1000,
        between_s=(request["inter_digit_timeout_millis"] or _PAUSE_MS) / 1000,
        card_types=frozenset(types),
    )
    _ask(exchange, call, call.payment)
    return done()


DEEDS: dict[str, Deed] = {"pay": _pay}
