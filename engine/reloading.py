"""
Notices that the files of the flows folder have changed, and has them loaded again.

It looks once a second, with a few stat calls. To be told by the system would be quicker, but misses a symbolic link
that is put in place of another one, a folder that goes away and comes back, and what happens on a network drive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.errors import StoreError
from engine.flows_folder import stamp

_LOOK_S = 1.0
_AGAIN_S = 10.0  # after the database was away


class WatchedFolder:
    """A folder of flows. Make it before the flows are read: whatever changes from then on is noticed."""

    def __init__(self, folder: str, *, look_s: float = _LOOK_S) -> None:
        self._folder = folder
        self._look_s = look_s
        self._seen = stamp(folder)

    async def reload_on_change(self, reload: Callable[[], Awaitable[None]]) -> None:
        """Call *reload* after each change, for ever; where it raises, the log has told it."""
        while True:
            await self._change()
            while not await _is_done(reload):  # noqa: ASYNC110
                await asyncio.sleep(_AGAIN_S)

    async def _change(self) -> None:
        """Return when the files have changed, and then stayed the same from one look to the next."""
        before = self._seen
        while True:
            await asyncio.sleep(self._look_s)
            found = await asyncio.to_thread(stamp, self._folder)
            if found == before and found != self._seen:
                self._seen = found
                return
            before = found


async def _is_done(reload: Callable[[], Awaitable[None]]) -> bool:
    """Return False when only the database was in the way."""
    try:
        await reload()
    except StoreError:
        return False
    except Exception:  # the log has told what is wrong with the files; the next change may mend it
        return True
    return True
