"""Lists to their last page, their filters, and the limit of requests."""

from __future__ import annotations

import pytest


def pages(line, operation, path=None, **query):
    """Every page of a list: rows, and the ``meta`` of each page."""
    rows, metas, number = [], [], 1
    while not metas or number <= metas[-1]["total_pages"]:
        asked = {"page[number]": str(number), "page[size]": "2"} | query
        body = line.do(operation, path, query=asked).body
        rows += body["data"]
        metas.append(body["meta"])
        number += 1
    return rows, metas


def metas_of(total):
    count = -(-total // 2)
    return [
        {"page_number": number, "page_size": 2, "total_pages": count, "total_results": total}
        for number in range(1, count + 1)
    ]


def test_queues_are_listed_to_the_last_page(line):
    names = [f"queue {number}" for number in range(5)]
    for name in names:
        line.ok("queue_create", None, queue_name=name)

    rows, metas = pages(line, "queue_list")

    assert [row["name"] for row in rows] == names
    assert metas == metas_of(5)


def test_queued_calls_are_listed_in_their_order(line):
    legs = [line.caller() for _ in range(4)]
    for leg in legs:
        line.ok("enqueue", leg, queue_name="q")

    rows, metas = pages(line, "queued_call_list", "q")

    assert [(row["call_control_id"], row["queue_position"]) for row in rows] == [
        (leg, n) for n, leg in enumerate(legs, 1)
    ]
    assert metas == metas_of(4)


def test_participants_are_listed_to_the_last_page(line):
    room, host = line.room()
    legs = [host, *(line.caller() for _ in range(4))]
    for leg in legs[1:]:
        line.ok("conference_join", room, call_control_id=leg)

    rows, metas = pages(line, "participant_list", room)

    assert [row["call_control_id"] for row in rows] == legs
    assert metas == metas_of(5)


def test_a_page_behind_the_last_is_empty(line):
    line.ok("queue_create", None, queue_name="q")
    body = line.do("queue_list", query={"page[number]": "9"}).body

    assert body == {"data": [], "meta": {"page_number": 9, "page_size": 20, "total_pages": 1, "total_results": 1}}


@pytest.mark.parametrize(
    "query", [{"page[number]": "0"}, {"page[size]": "0"}, {"page[size]": "251"}, {"page[number]": "one"}]
)
def test_pages_have_limits(line, query):
    answer = line.do("queue_list", query=query)

    assert (answer.status, answer.code) == (422, "10033")
    assert answer.body["errors"][0]["source"] == {"parameter": next(iter(query))}


def rooms(line):
    """Four rooms of different states: names to ids."""
    first, leg = line.room("over")
    line.world.hang_up(leg, line.now)
    line.wait(60)
    ids = {"over": first}
    ids["waits"], _ = line.room("waits", start_conference_on_create=False, duration_minutes=5)
    ids["europe"], _ = line.room("europe", region="Europe", duration_minutes=6)
    ids["open"], _ = line.room("open", duration_minutes=7)
    return ids


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # "The list is sorted by expires_at, the latest first."
        ({}, ["over", "open", "europe", "waits"]),
        ({"filter[name]": "open"}, ["open"]),
        ({"filter[name]": "nobody"}, []),
        ({"filter[status]": "init"}, ["waits"]),
        ({"filter[status]": "in_progress"}, ["open", "europe"]),
        ({"filter[status]": "completed"}, ["over"]),
        ({"region": "Europe"}, ["europe"]),
        ({"filter[product]": "fax"}, []),
        ({"filter[failed]": "true"}, []),
        ({"filter[from]": "+34600111222", "filter[name]": "over"}, ["over"]),
        ({"filter[to]": "+1"}, []),
        ({"filter[occurred_at][lt]": "2023-11-14T22:14:00.000000Z"}, ["over"]),
        ({"filter[occurred_at][gte]": "2023-11-14T22:14:00.000000Z"}, ["open", "europe", "waits"]),
    ],
)
def test_rooms_are_filtered(line, query, found):
    ids = rooms(line)
    rows, _ = pages(line, "conference_list", **query)

    assert [row["id"] for row in rows] == [ids[name] for name in found]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter[muted]": "true"}, [1]),
        ({"filter[muted]": "false"}, [0, 2, 3]),
        ({"filter[on_hold]": "true"}, [2]),
        ({"filter[whispering]": "true"}, [3]),
        ({"filter[whispering]": "false", "filter[muted]": "false"}, [0, 2]),
    ],
)
def test_participants_are_filtered(line, query, found):
    room, host = line.room()
    legs = [host]
    for wishes in ({"mute": True}, {"hold": True}, {"supervisor_role": "whisper", "whisper_call_control_ids": [host]}):
        legs.append(line.caller())
        line.ok("conference_join", room, call_control_id=legs[-1], **wishes)

    rows, _ = pages(line, "participant_list", room, **query)

    assert [legs.index(row["call_control_id"]) for row in rows] == found


@pytest.mark.parametrize(
    ("operation", "query"),
    [
        ("conference_list", {"filter[status]": "sleeping"}),
        ("conference_list", {"region": "Moon"}),
        ("participant_list", {"filter[muted]": "maybe"}),
    ],
)
def test_a_filter_has_only_its_words(line, operation, query):
    room, _ = line.room()
    answer = line.do(operation, room if operation == "participant_list" else None, query=query)

    assert (answer.status, answer.code) == (422, "10032")


def test_answers_say_how_many_requests_are_left(line_with):
    line = line_with(requests_per_second=3)

    answers = [line.do("queue_list") for _ in range(5)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
    assert (answers[-1].code, answers[-1].headers["x-ratelimit-reset"]) == ("10011", "1")


def test_who_waits_as_long_as_told_is_answered_again(line_with):
    line = line_with(requests_per_second=2)
    for _ in range(2):
        line.ok("queue_list")
        line.wait(0.4)
    refused = line.do("queue_create", None, queue_name="q")
    assert refused.status == 429

    line.wait(float(refused.headers["x-ratelimit-reset"]))

    assert line.do("queue_create", None, queue_name="q").status == 200


def test_an_error_has_the_headers_too(line_with):
    line = line_with(requests_per_second=2)

    answer = line.do("queue_retrieve", "none")

    assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (404, "1")


def test_without_a_limit_there_are_no_headers(line):
    assert line.do("queue_list").headers == {}
