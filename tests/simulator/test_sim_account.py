"""Telnyx's own SDK reads the simulated account: applications, numbers, profiles."""

from __future__ import annotations

import contextlib

import pytest
import telnyx

from engine.simulator.server import SimulatorServer
from engine.simulator.world import World
from engine.tables import catalogue

CONNECTION = "2811212257810187875"


@contextlib.asynccontextmanager
async def sdk():
    """The SDK's client, and the simulator that it takes for Telnyx."""
    async with SimulatorServer(World(catalogue())) as server:
        client = telnyx.AsyncTelnyx(
            api_key=server.api_key, base_url=server.url, public_key=server.public_key, max_retries=0
        )
        async with client:
            yield client, server


async def test_the_application_and_its_profile_are_read():
    async with sdk() as (client, _):
        application = (await client.call_control_applications.retrieve(CONNECTION)).data
        profile = (await client.outbound_voice_profiles.retrieve(application.outbound.outbound_voice_profile_id)).data

    assert (application.id, application.webhook_api_version, application.first_command_timeout) == (
        CONNECTION,
        "2",
        True,
    )
    assert (profile.enabled, profile.whitelisted_destinations) == (True, ["US", "CA"])


async def test_a_number_is_found_by_its_digits_only():
    async with sdk() as (client, server):
        server.account.unknown.add("+15550000000")
        pages = [
            await client.phone_numbers.list(filter={"phone_number": asked})
            for asked in ("15551230000", "+15551230000", "15550000000")
        ]

    assert [[row.phone_number for row in page.data] for page in pages] == [["+15551230000"], [], []]
    assert pages[0].data[0].connection_id == CONNECTION


async def test_what_is_not_there_or_may_not_be_read_is_refused_as_by_telnyx():
    async with sdk() as (client, server):
        server.account.unknown.add(CONNECTION)
        with pytest.raises(telnyx.NotFoundError):
            await client.call_control_applications.retrieve(CONNECTION)
        server.account.refused["call_control_applications"] = 403
        with pytest.raises(telnyx.PermissionDeniedError):
            await client.call_control_applications.retrieve(CONNECTION)
