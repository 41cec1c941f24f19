"""Signals reach the service while it runs, and nothing of it stays behind."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from engine.signals import signals

STOPPING = (signal.SIGTERM, signal.SIGINT)


@pytest.mark.parametrize("number", STOPPING)
async def test_first_signal_stops_the_second_is_left_to_the_system_and_afterwards_all_is_as_before(number):
    before = [signal.getsignal(each) for each in STOPPING]
    stopping = asyncio.Event()

    with signals(stop=stopping.set, reload=None):
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stopping.wait(), 10)
        meanwhile = [signal.getsignal(each) for each in STOPPING]

    assert meanwhile == [signal.SIG_DFL, signal.SIG_DFL]
    assert [signal.getsignal(each) for each in STOPPING] == before


async def test_reload_that_fails_hinders_no_later_one():
    first, second = asyncio.Event(), asyncio.Event()

    async def reload() -> None:
        if not first.is_set():
            first.set()
            raise RuntimeError("the log has told it")
        second.set()

    with signals(stop=lambda: None, reload=reload):
        for tried in (first, second):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.wait_for(tried.wait(), 10)
