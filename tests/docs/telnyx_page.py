"""docs/telnyx.md: each operation and webhook of Telnyx, how a flow uses it, and the test that proves it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import seed_operations
import seed_webhooks
from seed_proofs import Row

from engine.core.verbs import VERBS
from engine.tables import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
_SHIPPED = sorted([*(ROOT / "flows").glob("*.flow.yaml"), *(ROOT / "examples").rglob("*.flow.yaml")])

_HEAD = """\
# Telnyx

What of Telnyx's call control a flow can use: all {operations} operations and all {events} webhooks. The tables begin
with those of conferences and queues, each with a flow that shows it (a shipped one, else a line of its test) and the
test that proves it: it plays that operation or webhook, and fails when its verb or its handler is taken away
([test_seed_operations.py](../tests/proofs/test_seed_operations.py),
[test_seed_webhooks.py](../tests/proofs/test_seed_webhooks.py) take it away, too).

What is sent for each operation is held against Telnyx's own SDK and against the simulated Telnyx, with every parameter
([test_operations.py](../tests/proofs/test_operations.py)) and every option of every verb
([test_verb_requests.py](../tests/proofs/test_verb_requests.py)). Every webhook is read as it is documented, and without
what Telnyx may leave out ([test_events.py](../tests/proofs/test_events.py)). What goes wrong in real life has tests of
its own: [Telnyx's errors](../tests/proofs/test_error_table.py), and
[its fifteen traps](../tests/telnyx/test_telnyx_traps.py).
"""
_OTHERS = """\
## The other operations

Where no verb stands, `telnyx: {operation: NAME, ...}` does it ([verbs.md](verbs.md#telnyx)).
"""
_OTHER_EVENTS = """\
## The other webhooks

All stand in [events.md](events.md), each with its fields.
"""


def telnyx_page() -> str:
    """Return docs/telnyx.md."""
    table = catalogue()
    return "\n".join(
        [
            _HEAD.format(operations=len(table.operations), events=len(table.events)),
            "## Conferences and queues: operations\n",
            *_table(("operation", "request", "verb", "shown in", "proven by"), _operations()),
            "\n## Conferences and queues: webhooks\n",
            *_table(("webhook", "handled as", "shown in", "proven by"), _webhooks()),
            "",
            _OTHERS,
            *_table(("operation", "request", "verb"), _other_operations()),
            "",
            _OTHER_EVENTS,
            ", ".join(f"`{name}`" for name, row in sorted(table.events.items()) if not row.in_seeds) + ".",
            "",
        ]
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        assert all(row), f"an empty cell: {row}"
        yield f"| {' | '.join(row)} |"


def _operations() -> Iterator[tuple[str, ...]]:
    for operation in sorted(catalogue().seed_operations(), key=lambda row: (row.group, row.name)):
        row = seed_operations.ROWS[operation.name]
        yield (
            f"`{operation.name}`",
            f"`{operation.method} {operation.path}`",
            _verb(row.word),
            _shown(rf"(?:- |\{{|\[|, ){row.word}\b", row, "seed_operations"),
            f"`test_seed_operation[{operation.name}]`",
        )


def _webhooks() -> Iterator[tuple[str, ...]]:
    for name in sorted(name for name, row in catalogue().events.items() if row.in_seeds):
        row = seed_webhooks.ROWS[name]
        shown = _shown(rf"(?<![\w.]){re.escape(name)}:", row, "seed_webhooks")
        yield f"`{name}`", f"`on: {{{row.word}: ...}}`", shown, f"`test_seed_webhook[{name}]`"


def _other_operations() -> Iterator[tuple[str, ...]]:
    for name, row in sorted(catalogue().operations.items()):
        if not row.in_seeds:
            verbs = [verb.name for verb in VERBS.values() if name in verb.operations]
            yield f"`{name}`", f"`{row.method} {row.path}`", ", ".join(map(_verb, verbs)) or _verb("telnyx")


def _verb(name: str) -> str:
    return f"[`{name}`](verbs.md#{name})"


def _shown(pattern: str, row: Row, proofs: str) -> str:
    """Return links to the shipped flows in which *pattern* stands, two at most; else to the line of its proof."""
    found = [path for path in _SHIPPED if re.search(pattern, path.read_text(encoding="utf-8"))]
    links = [f"[{path.name.split('.')[0]}](../{path.relative_to(ROOT)})" for path in found[:2]]
    return ", ".join(links) or f"[`{row.line}`](../tests/proofs/{proofs}.py)"
