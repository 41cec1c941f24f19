"""Webhooks in files, byte for byte, for tests: the headers that count, an empty line, the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from engine.errors import SettingsError

MOST_FILES = 1000
_KEPT = ("content-type", "user-agent", "telnyx-timestamp", "telnyx-signature-ed25519")
_NAME = re.compile(r"([0-9]{4,})-[a-z0-9._]+\.webhook")


def to_bytes(headers: Mapping[str, str], raw: bytes) -> bytes:
    """Return the file for one request; only headers that Telnyx sets are kept."""
    found = {name.lower(): value for name, value in headers.items()}
    lines = [f"{name}: {found[name]}\n" for name in _KEPT if name in found]
    return "".join(lines).encode("utf-8", "surrogateescape") + b"\n" + raw


def from_bytes(file: bytes) -> tuple[dict[str, str], bytes]:
    """
    Return the headers and the body of a saved webhook, for ``signature.verify`` and ``webhook.decode``.

    Raises:
        ValueError: it is no such file.
    """
    head, is_there, raw = (b"\n" + file).partition(b"\n\n")
    pairs = [line.partition(": ") for line in head.decode("utf-8", "surrogateescape").split("\n")[1:]]
    if not is_there or not all(colon for _, colon, _ in pairs):
        raise ValueError("this is no webhook that ringflow listen saved")
    return {name: value for name, _, value in pairs}, raw


class Saver:
    """Writes webhooks into *folder*, 0001-call.initiated.webhook and on, until it holds ``MOST_FILES``."""

    def __init__(self, folder: str | Path, *, most: int = MOST_FILES) -> None:
        self._folder = Path(folder)
        self._most = most
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = [match for path in self._folder.iterdir() if (match := _NAME.fullmatch(path.name))]
        except OSError as error:
            raise SettingsError(
                f"{self._folder} cannot hold webhooks ({error.strerror}); name another folder"
            ) from None
        self._count = len(names)
        self._last = max((int(match[1]) for match in names), default=0)

    def save(self, event_type: str, headers: Mapping[str, str], raw: bytes) -> Path | None:
        """
        Write one webhook, readable by its owner only, and return its file; None when the folder is full.

        *event_type* becomes part of the name: it must be one of Telnyx's.

        Raises:
            SettingsError: the file cannot be written.
        """
        if self._count >= self._most:
            return None
        path = self._folder / f"{self._last + 1:04}-{event_type}.webhook"
        try:
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(to_bytes(headers, raw))
        except OSError as error:
            raise SettingsError(f"{path} cannot be written ({error.strerror}); name another folder") from None
        self._count, self._last = self._count + 1, self._last + 1
        return path
