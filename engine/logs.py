"""The service's log, on stderr: JSON, or coloured lines on a terminal; and the one redaction for every line of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog

from engine.core.names import PLAN
from engine.core.told import RECORDING_LINK
from engine.ports import Log

# Seven digits or more, as people and programs write them: +34600111222, +1 (555) 123-0000, %2B34600111222.
_PHONE_NUMBER = re.compile(r"(?:\+|%2B)\d(?:[ ().\-/]{0,2}\d){6,}", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"\d{7,}")
_NUMBER_FIELDS = ("from", "to", "number")  # where a number may come without a plus
# Controls but tab and newline, and marks that turn the direction of writing: a caller's name may hold any.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Redact = Callable[[Any], Any]


def call_name(run: str) -> str:
    """Return what people see of a run's id: 8 letters, or a room or queue by its name (interfaces.md, "Identity")."""
    name = run.removeprefix(PLAN)
    return name if ":" in name else name[:8]


def redaction(secrets: Iterable[str], *, full_numbers: bool) -> Redact:
    """
    Return a function that makes any JSON-able value fit to be shown.

    Each of *secrets* and each link to a recording becomes ``***``, a phone number ``+…1234`` unless *full_numbers*,
    and unprintable characters are written as escapes.
    """
    hidden = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def show(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, "***")
        if "://" in text:
            text = RECORDING_LINK.sub("***", text)
        if not full_numbers:
            text = _PHONE_NUMBER.sub(_shorten, text)
        return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)

    def redact(value: Any) -> Any:
        if isinstance(value, str):
            return show(value)
        if isinstance(value, Mapping):
            return {show(str(name)): redact_field(name, inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [redact(inner) for inner in value]
        return value if value is None or isinstance(value, (bool, int, float)) else show(str(value))

    def redact_field(name: object, value: Any) -> Any:
        if name in _NUMBER_FIELDS and isinstance(value, str) and not full_numbers:
            value = _PLAIN_NUMBER.sub(lambda match: f"…{match[0][-4:]}", value)
        return redact(value)

    return redact


def _shorten(match: re.Match[str]) -> str:
    return "+…" + "".join(filter(str.isdigit, match[0]))[-4:]


class _Patient:
    """A stream that nobody suffers from: calls go on while the log's disk is full, or its reader has gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def open_log(stream: TextIO, *, level: str, redact: Redact, **always: str) -> Log:
    """Return a log that writes to *stream* from *level* on; *always* is in each line."""
    renderer: Any = structlog.processors.JSONRenderer()
    is_terminal = stream.isatty()
    if is_terminal:
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)

    def redact_line(_: Any, __: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
        if "run" in line:
            line["call"] = call_name(line.pop("run"))
        shown = cast("MutableMapping[str, Any]", redact(line))
        for name, value in shown.items():
            if is_terminal and name != "exception" and isinstance(value, str):
                shown[name] = value.replace("\n", "\\n")  # or a caller's name could write lines of its own
        return shown

    log = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Patient(stream))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact_line,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    return cast("Log", log.bind(**always))
