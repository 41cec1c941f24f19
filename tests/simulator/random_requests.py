"""Random requests for any operation of the catalogue, mostly right ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from engine.tables import catalogue

OPERATIONS = sorted(catalogue().operations)
# What changes most comes up most.
BUSY = [
    name
    for name in OPERATIONS
    if name.startswith(("conference_", "speak", "playback", "gather", "enqueue", "leave_queue", "bridge", "record"))
]
# Good values for parameters whose shape says too little.
_TEXTS: Mapping[str, Sequence[Any]] = {
    "queue_name": ["q", "r"],
    "queue": ["q", "r"],
    "name": ["room", "other"],
    "client_state": ["b25l", "dHdv"],
    "target_leg_client_state": ["b25l"],
    "to": ["+15550001111", "sip:a@example.com", ["+15550001111", "+15550002222"], "nowhere"],
    "from": ["+15552223333"],
    "sip_address": ["sip:a@example.com", "sip:gone@example.com"],
    "loop": ["infinity", 2, 1],
    "stop": ["all", "current"],
    "audio_url": ["https://a.example/b.mp3", "https://gone.example/b.mp3"],
    "media_name": ["music", "gone"],
    "webhook_url": ["https://a.example/hook", "nowhere"],
    "webhook_retries_policies": [
        {},
        {"call.hangup": {"retries_ms": [1, 2]}},
        {"call.hangup": {"retries_ms": [70_000]}},
    ],
    "webhook_urls": [{}, {"call.hangup": ["https://b.example"]}],
    "valid_digits": ["0123456789#*", "12"],
    "terminating_digit": ["#", "*"],
    "park_after_unbridge": ["self"],
    "connection_id": ["1"],
    "max_size": [1, 2, 9],
    "max_wait_time_secs": [3, 60],
    "timeout_secs": [5, 9, 30],
    "timeout_millis": [1000, 9000],
    "inter_digit_timeout_millis": [500, 3000],
    "initial_timeout_millis": [1000, 5000],
    "maximum_digits": [1, 3],
    "minimum_digits": [1, 2],
    "maximum_tries": [1, 2],
    "max_length": [0, 3],
    "duration_minutes": [1, 240],
    "max_participants": [2, 250],
    "time_limit_secs": [30, 14400],
    "record_timeout_secs": [0, 3],
    "payment_method": ["credit-card", "ach-debit"],
    "messages": [[], [{"role": "user", "content": "x"}]],
}
_LEGS = {"call_control_id", "link_to", "supervise_call_control_id"}


def a_body(chance: Random, operation: str, legs: Sequence[str]) -> dict[str, Any]:
    """Return a body for *operation*: what it needs, some of what it takes, now and then something wrong."""
    row = catalogue().operations[operation]
    needed = {*row.required, *(chance.choice(group) for group in row.one_of_required)}
    body = {
        name: _value(chance, name, shape, legs)
        for name, shape in row.parameters.items()
        if name in needed or chance.random() < 0.15
    }
    for one, other in row.conflicts:
        if one in body and other in body and chance.random() < 0.9:
            del body[other if one in needed else one]
    if body and chance.random() < 0.05:
        body[chance.choice(sorted(body))] = chance.choice([None, -1, "", [], {}, True, 1.5])
    if row.takes_command_id and chance.random() < 0.2:
        body["command_id"] = chance.choice(["one", "two"])
    return body


def _value(chance: Random, name: str, shape: Mapping[str, Any], legs: Sequence[str]) -> Any:
    if name in _LEGS:
        return chance.choice([*legs, "v3:none"])
    if name.endswith("call_control_ids"):
        return chance.sample(list(legs), min(len(legs), chance.randrange(3)))
    if name == "participant":
        return {"id": chance.choice(legs), "role": "user"}
    if name == "conversation_id":
        return "unknown"
    return chance.choice(_TEXTS[name]) if name in _TEXTS else _of_shape(chance, shape, 3)


def _of_shape(chance: Random, shape: Mapping[str, Any], depth: int) -> Any:
    shape = catalogue().shape(shape)
    if "any_of" in shape:
        return _of_shape(chance, chance.choice(shape["any_of"]), depth)
    if "enum" in shape:
        return chance.choice(shape["enum"])
    match shape.get("type"):
        case "boolean":
            return chance.random() < 0.5
        case "integer" | "number":
            least = int(shape.get("minimum", 0))
            return chance.randint(least, min(int(shape.get("maximum", least + 9)), least + 9))
        case "array":
            return [_of_shape(chance, shape.get("items", {}), depth - 1)] if depth and chance.random() < 0.5 else []
        case "object":
            parts, needed = shape.get("properties", {}), shape.get("required", ())
            return {
                name: _of_shape(chance, part, depth - 1)
                for name, part in parts.items()
                if name in needed or (depth and chance.random() < 0.3)
            }
    return chance.choice(["x", "1"])
