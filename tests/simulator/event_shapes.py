"""Whether a webhook looks as the catalogue says."""

from __future__ import annotations

from collections.abc import Iterator

from engine.simulator.refusals import Refusal
from engine.simulator.validation import check_value
from engine.simulator.values import Webhook
from engine.tables import catalogue

# What the API says of a room that it ended, and the reason of its event may be (facts.md, section 4).
_ALSO = {("conference.ended", "reason"): ["ended_via_api"], ("call.speak.ended", "status"): ["cancelled"]}
_EXTRA = {"calling_party_type", "from_sip_uri", "to_sip_uri", "codec", "sampling_rate"}  # facts.md, section 5


def misfits(hook: Webhook) -> list[str]:
    """Return what of *hook* the catalogue would not have: its envelope, unknown fields, values of another shape."""
    return list(_misfits(hook))


def _misfits(hook: Webhook) -> Iterator[str]:
    row = catalogue().events.get(hook.event_type)
    if row is None:  # documented on a command, and typed nowhere (facts.md, section 6)
        if hook.event_type != "call.sip_info.received":
            yield f"{hook.event_type} is no event"
        return
    envelope = hook.body["data"] if row.wrapped_in_data else hook.body
    if (envelope["id"], envelope["record_type"], "data" in hook.body) != (hook.id, "event", row.wrapped_in_data):
        yield "another envelope"
    if ("occurred_at" in envelope, "occurred_at" in hook.payload) != (
        row.occurred_at == "envelope",
        row.occurred_at == "payload",
    ):
        yield "occurred_at is somewhere else"
    for name, value in hook.payload.items():
        if name in _EXTRA:
            continue
        if name not in row.fields:
            yield f"{name} is no field"
        elif value is not None and value not in _ALSO.get((hook.event_type, name), []):
            try:
                check_value(catalogue(), value, row.fields[name], name)
            except Refusal as refusal:
                yield f"{name}: {refusal.detail}"
