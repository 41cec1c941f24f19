"""Connections to PostgreSQL that notice when the server's machine is gone."""

from __future__ import annotations

import os
import socket
from typing import Any

import asyncpg

_GONE_AFTER_S = 5
_ASK_AFTER_S = 5  # of silence; so a machine that vanished is noticed within ten seconds in any case
_ASK_EVERY_S = 1


class WatchedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """
    A connection that breaks when the server's machine does not acknowledge what is sent for five seconds.

    The connection that holds the lock is silent for hours: the kernel asks on it whether the other side is there.
    """

    def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        watch(transport.get_extra_info("socket").fileno())


def watch(number: int) -> None:
    """Set the time limits on the TCP socket with the file descriptor *number*; other sockets stay as they are."""
    with socket.socket(fileno=os.dup(number)) as line:  # uvloop's own object cannot set options
        if line.family == socket.AF_UNIX:
            return
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", _ASK_AFTER_S),
            ("TCP_KEEPINTVL", _ASK_EVERY_S),
            ("TCP_USER_TIMEOUT", _GONE_AFTER_S * 1000),
        ):
            if hasattr(socket, name):  # each system has some of them
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
