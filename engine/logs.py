"""The service's log, on stderr: JSON, or coloured lines on a terminal; and the one redaction for every line of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog

from engine.ports import Log

_PHONE_NUMBER = re.compile(r"\+\d{3,11}(\d{4})(?!\d)")
# Controls but tab and newline, and marks that turn the direction of writing: a caller's name may hold any.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Redact = Callable[[Any], Any]


def call_name(run: str) -> str:
    """Return what people see of a run's id: 8 letters, or a room or queue by its name (interfaces.md, "Identity")."""
    return run if ":" in run else run[:8]


def redaction(secrets: Iterable[str], *, full_numbers: bool) -> Redact:
    """
    Return a function that makes any JSON-able value fit to be shown.

    Each of *secrets* becomes ``***``, a phone number ``+…1234`` unless *full_numbers*, and unprintable characters
    are written as escapes.
    """
    hidden = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def show(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, "***")
        if not full_numbers:
            text = _PHONE_NUMBER.sub(r"+…\1", text)
        return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)

    def redact(value: Any) -> Any:
        if isinstance(value, str):
            return show(value)
        if isinstance(value, Mapping):
            return {show(str(name)): redact(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [redact(inner) for inner in value]
        return value if value is None or isinstance(value, (bool, int, float)) else show(str(value))

    return redact


def open_log(stream: TextIO, *, level: str, redact: Redact, **always: str) -> Log:
    """Return a log that writes to *stream* from *level* on; *always* is in each line."""
    renderer: Any = structlog.processors.JSONRenderer()
    if stream.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)

    def redact_line(_: Any, __: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
        if "run" in line:
            line["call"] = call_name(line.pop("run"))
        return cast("Mapping[str, Any]", redact(line))

    log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
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
