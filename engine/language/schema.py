"""The JSON Schemas of flow and project files, generated from the verb table."""

from __future__ import annotations

from typing import Any

from engine.core.verb_table.shared import LANGUAGES, MACHINE_DETECTION
from engine.core.verbs import VERBS, Option, Verb
from engine.language import words

# "x-is" names what a value is, for the plain message in shape.py; validators and editors ignore it.
Schema = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


# What stands behind the free keys of a verb, where it is more than a text.
_REST: dict[str, Schema] = {
    "set": {"type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number"]}, "x-is": "value"},
    "tell": {"type": ["string", "object"], "pattern": words.NAME, "minProperties": 1, "maxProperties": 1,
             "additionalProperties": {"type": ["string", "number", "boolean"], "x-is": "value"},
             "propertyNames": {"pattern": words.NAME, "x-is": "name"}, "x-is": "word"},
    "telnyx": {"x-is": "anything"},
}  # fmt: skip


def flow_schema() -> Schema:
    """Return the schema of a ``*.flow.yaml`` file."""
    properties: Schema = {
        "flow": _name(),
        "about": _text("text"),
        "starts_when": _ref("starts_when"),
        "settings": _object(
            "settings",
            {
                "language": _choice(LANGUAGES) | {"x-is": "language"},
                "voice": _text("text"),
                "longest_call": _duration(),
                "call_from": _text("phone"),
                "call_attempts": _call_attempts(),
            },
        ),
        "remember": _named(_variable()),
        "hours": _named(_hours()),
        "prompts": _named(_ref("prompt")),
        "anywhere": _ref("anywhere"),
        "start": _exit(),
        "states": _ref("states"),
        "roles": _named(_ref("role")),
    }
    return {
        "$schema": _DIALECT,
        "$id": "flow.schema.json",
        "title": "ringflow flow",
        **_object("flow", properties, required=["flow", "start", "states"]),
        "$defs": _flow_definitions(),
    }


def _variable() -> Schema:
    start: Schema = {"type": ["string", "number", "boolean", "array"], "items": _text("text"), "x-is": "value"}
    parts = {"type": _choice(words.VARIABLE_TYPES), "start": start, "secret": _yes_no()}
    return _object("remember", parts, required=["type"])


def project_schema() -> Schema:
    """Return the schema of ``project.yaml``."""
    audio = {"url": _pattern(words.URL, "url"), "media": _text("text"), "file": _pattern(words.SOUND, "sound")}
    properties: Schema = {
        "numbers": _named(_phone()),
        "telnyx": _object("telnyx", {"connection_id": _text("text"), "caller_id": _phone()}),
        "audio": _named(_object("audio", audio) | {"minProperties": 1, "maxProperties": 1}),
        "notify": _named(_object("notify", {"url": _pattern(words.URL, "url")}, required=["url"])),
        "lists": _named({"type": "array", "items": _text("text"), "x-is": "list"}),
        "secrets": {"type": "array", "items": _name(), "x-is": "list"},
        "http_hosts": {"type": "array", "items": _pattern(words.HOST, "host"), "x-is": "list"},
        "may_call": {"type": "array", "items": _pattern(words.PREFIX, "prefix"), "x-is": "prefixes"},
        "unrouted": {
            "type": ["string", "object"],
            "pattern": "^(leave|reject)$",
            "properties": {"flow": _name()},
            "required": ["flow"],
            "additionalProperties": False,
            "x-is": "unrouted",
        },
    }
    return {
        "$schema": _DIALECT,
        "$id": "project.schema.json",
        "title": "ringflow project",
        **_object("project", properties),
    }


def _flow_definitions() -> Schema:
    anywhere = {"on": _ref("on"), "on_error": _ref("exits")}
    role: Schema = {
        "about": _text("text"),
        "starts_when": _ref("starts_when"),
        "anywhere": _ref("anywhere"),
        "start": _exit(),
        "states": _ref("states"),
    }
    return {
        "starts_when": _starts_when(),
        "prompt": _prompt(),
        "anywhere": _object("anywhere", anywhere),
        "states": _named(_object("state", _state())),
        "role": _object("role", role, required=["start", "states"]),
        "on": {"type": "object", "minProperties": 1, "additionalProperties": _ref("exits"), "x-is": "on"},
        "waits": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _ref("exits"),
            "x-is": "waits",
            "propertyNames": {"pattern": words.DURATION, "x-is": "duration"},
        },
        "exits": _exits(),
        "steps": {"type": "array", "minItems": 1, "items": _step(), "x-is": "steps"},
        **{f"verb_{verb.name}": _verb(verb) for verb in VERBS.values()},
    }


def _state() -> Schema:
    return {
        "about": _text("text"),
        "do": _ref("steps"),
        "then": _ref("exits"),
        "keys": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _ref("exits"),
            "x-is": "keys",
            "propertyNames": {"pattern": "^([0-9*#]{1,128}|digits|anything_else|nothing)$", "x-is": "pressed key"},
        },
        "on": _ref("on"),
        "after": _ref("waits"),
        "every": _ref("waits"),
        "on_error": _ref("exits"),
    }


def _starts_when() -> Schema:
    return _object(
        "starts_when",
        {
            "calls_to": {
                "type": ["string", "array"],
                "pattern": "^any$",
                "items": _text("phone"),
                "minItems": 1,
                "x-is": "calls_to",
            },
            "connection": _text("text"),
            "another_flow_calls": _object("another_flow_calls", {"needs": _typed(), "answers": _typed()})
            | {"type": ["object", "boolean"]},
            "outgoing_call": {"type": "boolean", "x-is": "yes"},
        },
    ) | {"minProperties": 1}


def _typed() -> Schema:
    """Return the schema of ``needs`` and ``answers``: names, each with its type."""
    long = _object("need", {"type": _choice(words.VARIABLE_TYPES), "secret": _yes_no()}, required=["type"])
    short = {"type": ["object", "string"], "pattern": f"^({'|'.join(words.VARIABLE_TYPES)})$", "x-is": "need"}
    return _named(long | short)


def _hours() -> Schema:
    """Return the schema of an entry of ``hours``; days, times and dates are checked where they are read."""
    times = {"type": "object", "minProperties": 1, "additionalProperties": _text("times"), "x-is": "days"}
    dates = {"type": "array", "items": _text("date"), "x-is": "dates"}
    parts = {"timezone": _text("timezone"), "open": times, "closed_on": dates}
    return _object("hours", parts, required=["timezone", "open"])


def _call_attempts() -> Schema:
    return _object(
        "call_attempts",
        {
            "tries": {"type": "integer", "minimum": 1, "maximum": 20, "x-is": "count"},
            "wait_between": _duration(),
            "ring_for": _duration(),
            "detect_machine": _choice(MACHINE_DETECTION),
        },
    )


def _prompt() -> Schema:
    return {
        "type": "object",
        "minProperties": 1,
        "x-is": "prompt",
        "additionalProperties": {
            "type": ["string", "number", "object"],
            "properties": {"audio": _name()},
            "required": ["audio"],
            "additionalProperties": False,
            "x-is": "prompt text",
        },
        "propertyNames": {"enum": list(LANGUAGES), "x-is": "language"},
    }


def _exits() -> Schema:
    other = {"flow": _name(), "give": _give()}
    then = _object("then", other, required=["flow"]) | {"type": ["string", "object"]}
    rule: Schema = {"if": _text("formula"), "do": _ref("steps"), "then": then}
    return {
        **_object("exits", {**rule, **other}),
        "type": ["string", "object", "array"],
        "items": _object("rule", rule),
        "minItems": 1,
        "minProperties": 1,
        "x-is": "exits",
    }


def _step() -> Schema:
    bare = "|".join(verb.name for verb in VERBS.values() if verb.bare)
    return {
        "type": ["string", "object"],
        "pattern": f"^({bare})$",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {name: _ref(f"verb_{name}") for name in VERBS},
        "additionalProperties": False,
        "x-is": "step",
    }


def _verb(verb: Verb) -> Schema:
    if not verb.options and not verb.takes_rest:
        return {"type": "null", "description": verb.about, "x-is": "nothing"}
    schema = _object(f"verb:{verb.name}", {option.name: _option(option) for option in verb.options})
    required = [option.name for option in verb.options if option.required]
    if required:
        schema["required"] = required
    if verb.takes_rest:
        schema["additionalProperties"] = _REST.get(verb.name, _text("value"))
        schema["minProperties"] = 1
    main = verb.option(verb.main)
    if main is not None:
        short = _short_form(main)
        schema = {**short, **schema, "type": ["object", *short["type"]]}
    return schema | {"description": verb.about}


def _short_form(main: Option) -> Schema:
    """Return what ``- verb: value`` allows; words as a pattern, since an enum would refuse the long form."""
    schema = _option(main)
    types = schema["type"]
    schema["type"] = [types] if isinstance(types, str) else types
    if "enum" in schema:
        schema["pattern"] = f"^({'|'.join(schema.pop('enum'))})$"
    schema.pop("default", None)
    return schema


def _give() -> Schema:
    return {"type": "object", "additionalProperties": _text("value"), "minProperties": 1, "x-is": "give"}


def _option(option: Option) -> Schema:
    """Return the schema of an option's value; ranges of durations and the like are checked where they are read."""
    schema: Schema
    match option.type:
        case "duration":
            schema = _duration()
        case "count":
            schema = {"type": "integer", "x-is": "count"} | _range(option)
        case "yes_no":
            schema = _yes_no()
        case "choice":
            schema = _choice(option.values)
            if option.values == LANGUAGES:
                schema["x-is"] = "language"
        case "prompt" | "audio" | "notify" | "variable" | "leg" | "name" | "flow":
            schema = _name()
        case "state":
            schema = _exit()
        case "legs":
            schema = {"type": ["string", "array"], "pattern": words.NAME, "items": _name(), "x-is": "legs"}
        case "give":
            schema = _give()
        case "into":
            schema = _named(_text("text")) | {"type": ["string", "object"], "pattern": words.NAME, "x-is": "into"}
        case "tree":
            schema = {"type": "object", "minProperties": 1, "x-is": "tree"}
        case "digits" | "forever":
            pattern = words.DIGITS if option.type == "digits" else "^forever$"
            schema = {"type": ["integer", "string"], "pattern": pattern, "x-is": option.type} | _range(option)
        case "keys" | "key":
            schema = {"type": ["string", "integer"], "x-is": "keys that count" if option.type == "keys" else "key"}
        case _:
            schema = _text(option.type)
    return (
        schema
        if option.default is None or option.type in ("duration", "digits")
        else (schema | {"default": option.default})
    )


def _range(option: Option) -> Schema:
    found: Schema = {"minimum": option.minimum, "maximum": option.maximum}
    return {word: value for word, value in found.items() if value is not None}


def _object(what: str, properties: Schema, *, required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False, "x-is": what}
    return schema | ({"required": required} if required else {})


def _named(value: Schema) -> Schema:
    """Return the schema of a map from names to *value*."""
    names = {"pattern": words.NAME, "x-is": "name"}
    schema: Schema = {"type": "object", "additionalProperties": value, "propertyNames": names, "minProperties": 1}
    return schema | {"x-is": "names"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _text(what: str) -> Schema:
    return {"type": ["string", "number", "boolean"], "x-is": what}


def _pattern(pattern: str, what: str) -> Schema:
    return {"type": "string", "pattern": pattern, "x-is": what}


def _name() -> Schema:
    return _pattern(words.NAME, "name")


def _phone() -> Schema:
    return {"type": ["string", "integer"], "pattern": words.PHONE, "x-is": "phone"}


def _duration() -> Schema:
    return _pattern(words.DURATION, "duration")


def _yes_no() -> Schema:
    return {"type": "boolean", "x-is": "yes_no"}


def _choice(values: tuple[str, ...]) -> Schema:
    return {"type": "string", "enum": list(values), "x-is": "choice"}


def _exit() -> Schema:
    return {"type": "string", "x-is": "exit"}
