"""One account for all: no busy flow starves another, and few requests are refused (runtime.md, "Commands", 1)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import pairwise

from simulated_account import Account
from test_outbox import NOW, Service

from engine.core.command import Command, OutboxRow
from engine.core.event import ACCEPTED
from engine.testing import FakeClock

LIMIT = 20  # requests a second


def row(leg: str, number: int, *, flow: str, now: float = NOW, operation: str = "client_state_update") -> OutboxRow:
    command = Command(operation=operation, path={"call_control_id": leg}, parameters={"client_state": "eA=="})
    return OutboxRow(
        command_id=f"{leg}:{number}", run=leg, chain=leg, seq=number, command=command, created_at=now, flow=flow,
        urgent=operation == "hangup",
    )  # fmt: skip


def accepted(account: Account) -> dict[str, float]:
    """Return when each command was accepted, counted from NOW, in seconds."""
    return {sending.command_id: sending.at - NOW for sending in account.sent if sending not in account.refused}


def most_a_second(account: Account) -> int:
    """Return how many requests went in the fullest second."""
    times = [sending.at for sending in account.sent]
    return max(sum(1 for at in times if first <= at < first + 1) for first in times)


async def test_a_flow_with_two_thousand_commands_waiting_starves_no_other():
    account = Account(FakeClock(NOW), requests_per_second=LIMIT)
    busy, quiet = [account.call() for _ in range(1_000)], [account.call() for _ in range(15)]
    service = Service(clock=account.clock, carrier=account)
    async with service.alive():
        await service.commit(*(row(leg, number, flow="busy") for leg in busy for number in (1, 2)))
        for second, leg in enumerate(quiet):
            rows = [row(leg, number, flow="quiet", now=account.clock.now()) for number in (1, 2)]
            await service.commit(*rows, event_id=f"quiet {second}")
            await account.clock.advance(1)

        went = accepted(account)
        late = [went[f"{leg}:{number}"] - second for second, leg in enumerate(quiet) for number in (1, 2)]

    assert max(late) < 1.5  # at first the account's limit is not known
    assert max(late[6:]) < 0.5
    assert len(went) > 15 * LIMIT * 0.85
    assert [sending for sending in account.refused if sending.at > NOW] == []
    for leg in (*busy, *quiet):
        assert all(one.command_id <= two.command_id for one, two in pairwise(account.requests_of(leg)))


async def test_what_waited_for_a_pause_to_end_goes_out_without_being_refused_again():
    account = Account(FakeClock(NOW), requests_per_second=LIMIT)
    legs = [account.call() for _ in range(200)]
    service = Service(clock=account.clock, carrier=account)
    async with service.alive():
        service.outbox.turnstile.paused_until = NOW + 10
        await service.commit(*(row(leg, 1, flow="f") for leg in legs))
        await account.clock.advance(9.9)
        assert account.sent == []

        await account.clock.advance(20)

        assert account.refused == []
        assert len(account.sent) == 200
        assert most_a_second(account) <= LIMIT


async def test_hang_ups_go_though_the_account_is_busy():
    account = Account(FakeClock(NOW), requests_per_second=LIMIT)
    busy, gone = [account.call() for _ in range(500)], [account.call() for _ in range(5)]
    service = Service(clock=account.clock, carrier=account)
    async with service.alive():
        await service.commit(*(row(leg, 1, flow="busy") for leg in busy))
        for second, leg in enumerate(gone):
            await account.clock.advance(2)
            bye = row(leg, 1, flow="quiet", now=account.clock.now(), operation="hangup")
            await service.commit(bye, event_id=f"bye {second}")

        went = accepted(account)
        assert [went[f"{leg}:1"] for leg in gone] == [2.0, 4.0, 6.0, 8.0, 10.0]


async def test_a_mass_of_dials_keeps_no_other_command_waiting_and_is_hardly_refused():
    account = Account(FakeClock(NOW), dials_per_second=10)
    service = Service(clock=account.clock, carrier=account)
    body = {"connection_id": "1", "from": "+15551230000"}
    dials = [
        OutboxRow(
            command_id=f"d{number}", run=f"d{number}", chain=f"d{number}", seq=1, created_at=NOW, flow="campaign",
            command=Command(operation="dial", parameters={**body, "to": f"+346001{number:05d}"}),
        )
        for number in range(400)
    ]  # fmt: skip
    legs = [account.call() for _ in range(20)]
    async with service.alive():
        await service.commit(*dials)
        for second, leg in enumerate(legs):
            one = row(leg, 1, flow="quiet", now=account.clock.now())
            await service.commit(one, event_id=f"quiet {second}")
            await account.clock.advance(1)

        went = accepted(account)
        assert [went[f"{leg}:1"] for leg in legs] == [float(second) for second in range(20)]
        assert sum(1 for name in went if name.startswith("d")) > 100
        assert len(account.refused) < 60
        assert service.outbox.turnstile.paused_until == 0.0


async def test_two_processes_share_one_account():
    account = Account(FakeClock(NOW), requests_per_second=LIMIT)
    services = [Service(clock=account.clock, carrier=account) for _ in range(2)]
    async with AsyncExitStack() as stack:
        for service in services:
            await stack.enter_async_context(service.alive())
            service.outbox.turnstile.share = 2
            legs = [account.call() for _ in range(300)]
            await service.commit(*(row(leg, 1, flow="f") for leg in legs))
        for _ in range(20):
            await account.clock.advance(1)
            latest = max(service.outbox.turnstile.paused_until for service in services)
            for service in services:  # as the database tells them, once a second
                service.outbox.turnstile.paused_until = latest

        done = [sum(outcome == ACCEPTED for _, outcome in service.outcomes) for service in services]

    assert min(done) > 130
    assert sum(done) > 20 * LIMIT * 0.75
    assert [sending for sending in account.refused if sending.at > NOW + 2] == []
