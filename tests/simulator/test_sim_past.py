"""Telnyx's own SDK lists the webhooks of the past from the simulated account."""

from __future__ import annotations

import pytest
import telnyx
from telnyx.types import CallEventListResponse
from test_sim_account import sdk

OFFICE, CALLER = "+15551230000", "+34600111222"


def called(server, count: int = 1) -> list[str]:
    """Somebody calls and hangs up, *count* times; returns the call_leg_ids."""
    legs = []
    for _ in range(count):
        leg = server.world.call(from_=CALLER, to=OFFICE, now=server.clock())
        server.world.hang_up(leg.call_control_id, server.clock())
        legs.append(leg.call_leg_id)
    server.world.advance(server.clock() + 1)
    return legs


async def test_the_sdk_reads_each_webhook_with_its_raw_event():
    async with sdk() as (client, server):
        (leg,) = called(server)
        rows = (await client.call_events.list(filter={"type": "webhook"})).data

    for row in rows:
        CallEventListResponse.model_validate(row.to_dict(mode="json"), strict=True)
    assert [(row.name, row.type, row.record_type, row.call_leg_id) for row in rows] == [
        (name, "webhook", "call_event", leg) for name in ("call.initiated", "call.hangup")
    ]
    raw = rows[1].metadata["event"]["data"]
    assert (raw["event_type"], raw["payload"]["hangup_cause"]) == ("call.hangup", "originator_cancel")
    assert raw["id"]


async def test_lost_webhooks_are_among_them_and_copies_are_not():
    async with sdk() as (client, server):
        server.world.lose("call.initiated")
        called(server)
        (again,) = [entry for entry in server.world.record if entry.kind == "webhook"]
        server.world.record.append(again)
        rows = (await client.call_events.list()).data

    assert [row.name for row in rows] == ["call.initiated", "call.hangup"]


async def test_pages_end():
    async with sdk() as (client, server):
        legs = called(server, 5)
        rows = [row async for row in client.call_events.list(page_size=3)]

    assert len(rows) == 10
    assert {row.call_leg_id for row in rows} == set(legs)


async def test_filters_of_time_leg_and_number():
    async with sdk() as (client, server):
        first, second = called(server, 2)
        moment = (await client.call_events.list()).data[-1].event_timestamp

        async def found(**asked):
            return [row.call_leg_id async for row in client.call_events.list(filter=asked)]

        assert await found(leg_id=second) == [second, second]
        assert await found(to="+1") == []
        assert await found(type="command") == []
        assert await found(occurred_at={"gt": moment}) == []
        assert second in await found(occurred_at={"gte": moment})
        assert first in await found(occurred_at={"lte": moment}, to=OFFICE, product="call_control")


@pytest.mark.parametrize(
    "wrong", [{"page_size": 0}, {"page_size": 251}, {"filter": {"occurred_at": {"gt": "2026", "lt": "2027"}}}]
)
async def test_wrong_questions_are_refused(wrong):
    async with sdk() as (client, _):
        with pytest.raises(telnyx.UnprocessableEntityError):
            await client.call_events.list(**wrong)


async def test_it_can_be_refused_on_purpose():
    async with sdk() as (client, server):
        server.account.refused["call_events"] = 403
        with pytest.raises(telnyx.PermissionDeniedError):
            await client.call_events.list()
