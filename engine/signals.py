"""What the service does on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_IMPOSSIBLE = (NotImplementedError, RuntimeError, ValueError)  # outside the main thread, or on this system


@contextlib.contextmanager
def signals(*, stop: Callable[[], None], reload: Callable[[], Awaitable[None]] | None) -> Iterator[None]:
    """
    Let SIGTERM and SIGINT call *stop*, and SIGHUP *reload*. A second SIGTERM or SIGINT ends the process at once.

    Outside the main thread there are no signals. Where *reload* raises, the log has told it.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _STOPPING}
    reloads: set[asyncio.Task[None]] = set()

    async def reload_quietly(again: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(Exception):
            await again()

    def hang_up() -> None:
        if reload is not None:
            task = loop.create_task(reload_quietly(reload))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

    def stop_once() -> None:
        for number in _STOPPING:  # the system itself ends us then, whatever the loop is busy with; nothing is lost
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        stop()

    with contextlib.suppress(*_IMPOSSIBLE):
        for number in _STOPPING:
            loop.add_signal_handler(number, stop_once)
        loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        with contextlib.suppress(*_IMPOSSIBLE):
            for number in (*_STOPPING, signal.SIGHUP):
                loop.remove_signal_handler(number)
            for number, handler in before.items():
                signal.signal(number, handler)
