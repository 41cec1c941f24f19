"""What is read from Telnyx's answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.answer import Answer, Rate, answer_from

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def read(status: int, body: object = None, **headers: str) -> Answer:
    raw = b"" if body is None else json.dumps(body).encode()
    return answer_from(status, {name.replace("_", "-"): text for name, text in headers.items()}, raw, now=NOW)


def test_an_accepted_command_is_ok():
    answer = read(200, {"data": {"result": "ok"}})

    assert answer == Answer(status=200, body={"data": {"result": "ok"}})
    assert answer.ok
    assert answer.result == {"result": "ok"}
    assert answer.items == ()


def test_the_first_error_is_read():
    errors = [{"code": "90018", "title": "Call has already ended", "detail": "too late"}, {"code": "1"}]

    answer = read(422, {"errors": errors})

    assert answer == Answer(
        status=422, body={"errors": errors}, code="90018", title="Call has already ended", detail="too late"
    )
    assert (answer.ok, answer.is_throttled, answer.is_server_error) == (False, False, False)


def test_a_code_that_is_a_number_becomes_a_text():
    assert read(422, {"errors": [{"code": 90018}]}).code == "90018"


@pytest.mark.parametrize("body", [None, [], "x", {"errors": None}, {"errors": []}, {"errors": ["x"]}, {"errors": {}}])
def test_an_error_without_a_readable_body_bears_the_name_of_its_status(body):
    answer = read(503, body)

    assert (answer.code, answer.title, answer.detail) == (None, "Service Unavailable", "")
    assert answer.is_server_error


def test_html_is_no_error():
    answer = answer_from(500, {}, b"<html>" + b"\xff" * 10, now=NOW)

    assert answer == Answer(status=500, title="Internal Server Error")


def test_a_status_without_a_name_is_named_by_its_number():
    assert read(599).title == "HTTP status 599"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7.0),
        ({"retry_after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"retry_after": "Tue, 14 Nov 2023 22:13:00 GMT"}, 0.0),
        ({"retry_after": "soon", "x_ratelimit_reset": "3"}, 3.0),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "nan"}, None),
        ({"x_ratelimit_reset": "3"}, 3.0),
    ],
)
def test_the_server_says_how_long_to_wait(headers, seconds):
    answer = read(429, {"errors": [{"code": "10011", "title": "Too many requests"}]}, **headers)

    assert answer.is_throttled
    assert answer.retry_after_s == seconds


def test_the_reset_of_an_accepted_command_asks_for_nothing():
    assert read(200, {}, x_ratelimit_reset="3").retry_after_s is None


@pytest.mark.parametrize(
    ("meta", "is_last"),
    [
        ({"page_number": 1, "total_pages": 2}, False),
        ({"page_number": 2, "total_pages": 2}, True),
        ({"page_number": "1", "total_pages": 2}, True),
        (None, True),
    ],
)
def test_a_listing_knows_its_last_page(meta, is_last):
    answer = read(200, {"data": [{"id": "a"}, "x"], "meta": meta})

    assert answer.items == ({"id": "a"},)
    assert answer.result == {}
    assert answer.is_last_page is is_last


@given(status=st.integers(100, 999), raw=st.binary(), text=st.text())
def test_no_answer_breaks_the_reader(status, raw, text):
    assert answer_from(status, {"retry-after": text}, raw, now=NOW).status == status


@pytest.mark.parametrize(
    ("headers", "rate"),
    [
        ({}, None),
        (
            {"x_ratelimit_limit": "20", "x_ratelimit_remaining": "3", "x_ratelimit_reset": "1"},
            Rate(limit=20, remaining=3, reset_s=1.0),
        ),
        ({"x_ratelimit_remaining": "0"}, Rate(remaining=0)),
        ({"x_ratelimit_limit": "many", "x_ratelimit_reset": "0.5"}, Rate(reset_s=0.5)),
        ({"x_ratelimit_limit": "-1", "x_ratelimit_remaining": "nan", "x_ratelimit_reset": ""}, None),
    ],
)
@pytest.mark.parametrize("status", [200, 422, 429])
def test_every_answer_may_tell_of_the_rate_window(headers, rate, status):
    assert read(status, {}, **headers).rate == rate
