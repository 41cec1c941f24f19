"""Addresses as people write them on the command line, checked."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")


def listening_host(text: str) -> str:
    """Return the host of "host:port". Raises ValueError, in one sentence, when it is not written like that."""
    match = _LISTEN.fullmatch(text)
    if match is None or int(match[2]) > 65535:
        raise ValueError(f"'{text}' is not HOST:PORT, such as 127.0.0.1:8400")
    return match[1].strip("[]")


def host_of(url: str) -> str:
    """Return the host of a web address. Raises ValueError, in one sentence, when it is none."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError(f"'{url}' is not a web address, such as http://127.0.0.1:8080/webhooks/telnyx")
    return parts.hostname


def is_this_machine(host: str) -> bool:
    """Tell whether only programs of this machine can be, or be reached, at *host*."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
