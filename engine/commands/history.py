"""What the commands that look at calls share: the database, how numbers are shown, and which call a name means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.commands.folders import settings
from engine.core.names import PLAN
from engine.core.nearest import nearest
from engine.errors import CommandRefused

if TYPE_CHECKING:
    from engine.logs import Redact
    from engine.store.reading import History

_MOST_CANDIDATES = 10
_MOST_NAMES = 1000  # calls among which the nearest name is looked for


@contextmanager
def history_and_redaction(*, full_numbers: bool = False) -> Iterator[tuple[History, Redact]]:
    """Give the history in the database of the settings, and what makes anything of it fit to be shown."""
    from engine.logs import redaction
    from engine.store.choosing import history_at

    found = settings()
    with history_at(found.database) as history:
        yield history, redaction(found.secret_values, full_numbers=full_numbers or found.log_full_numbers)


def run_named(history: History, name: str) -> str:
    """
    Return the run that *name* means.

    Raises:
        CommandRefused: there is none, or there are several; the message names them.
    """
    from engine.calls.summary import summary_of

    runs = history.named(name, limit=_MOST_CANDIDATES + 1)
    if len(runs) == 1:
        return runs[0]
    if runs:
        more = ", and more" if len(runs) > _MOST_CANDIDATES else ""
        some = ", ".join(run.removeprefix(PLAN)[: max(8, len(name) + 4)] for run in runs[:_MOST_CANDIDATES])
        raise CommandRefused(f"several calls begin with '{name}': {some}{more}; write more letters")
    rows = (row for row, _ in zip(history.calls(), range(_MOST_NAMES), strict=False))
    known = [found.call for row in rows if (found := summary_of(row)) is not None]
    guess = nearest(name, known)
    raise CommandRefused(
        f"there is no call '{name}'{f'; did you mean {guess!r}?' if guess else ''}"
        + ("" if guess else "; ringflow calls lists those that are kept")
    )


def iso(at: float | None) -> str | None:
    """Return an instant as programs read it: ISO 8601, UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def local(at: float | None) -> str:
    """Return an instant as people read it, by this machine's clock."""
    return "-" if at is None else datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
