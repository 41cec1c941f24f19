"""Lookups on their way out: to the world outside and not to Telnyx, a POST once, never in anybody's way."""

from __future__ import annotations

from dataclasses import replace

from test_outbox import NOW, SILENT, Service, command

from engine.core.answer import Answer
from engine.core.command import HTTP, Command, OutboxRow
from engine.core.delivery import terms_of
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED
from engine.tables import catalogue

BUSY = Answer(status=429, code=None, title="Too many requests", retry_after_s=30.0)
DOWN = Answer(status=503, title="Unavailable")


def lookup(method: str = "GET", **fields) -> OutboxRow:
    asked = {"method": method, "send": {}, "take": [], "timeout_s": 3.0}
    found = Command(operation=HTTP, path={"url": "https://crm.example.com/"}, parameters=asked)
    return replace(command("h1", chain="run-1?2.0", seq=2), command=found, **fields)


def test_a_post_is_never_repeated_and_a_get_is_once_when_it_failed_at_once():
    get, post = (terms_of(lookup(method), catalogue()) for method in ("GET", "POST"))

    assert (get.repeats, get.max_attempts, get.stop_s, get.hedges) == ("always", 2, 1.0, False)
    assert (post.repeats, post.max_attempts, post.hedges) == ("never", 1, False)


async def test_an_answer_comes_to_the_run():
    answer = Answer(status=200, body={"name": "Ann"})
    async with Service(lambda sent, attempt: answer).alive() as service:
        await service.commit(lookup())

        assert service.carrier.operations == ["http"]
        assert service.events[-1].payload["body"] == {"name": "Ann"}
        assert service.outcomes == [("h1", ACCEPTED)]


async def test_a_host_that_wants_a_pause_does_not_pause_telnyx():
    def reply(sent, attempt):
        return BUSY if sent.operation == HTTP else Answer(status=200)

    async with Service(reply).alive() as service:
        await service.commit(lookup("POST"), command("c2", seq=3))

        assert sorted(service.outcomes) == [("c2", ACCEPTED), ("h1", REFUSED)]
        assert service.outbox.key_problem is None


async def test_a_post_without_an_answer_is_in_doubt_and_not_sent_again():
    async with Service(lambda sent, attempt: SILENT).alive() as service:
        await service.commit(lookup("POST"))

        assert service.outcomes == [("h1", IN_DOUBT)]
        assert len(service.sent) == 1


async def test_after_a_restart_a_get_is_asked_again_and_a_post_is_in_doubt():
    for method, sent, outcome in (("GET", 1, ACCEPTED), ("POST", 0, IN_DOUBT)):
        service = Service()
        row = lookup(method, first_attempt_at=NOW - 1)
        service.store.outbox[row.command_id] = row
        async with service.alive():
            assert len(service.sent) == sent
            assert service.outcomes == [("h1", outcome)]
