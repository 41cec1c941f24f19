"""
The JSON Schema of scenario files, for editors; generated from the verb table, Telnyx's tables and the phrases.

It knows no flow: which people, states, prompts and variables there are is checked where the file is read. Flat as the
schema of flows: no ``oneOf`` and the like, so that an editor says what is wrong and not what else might be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.core.catalogue import Catalogue
from engine.core.verbs import VERBS, Option
from engine.language import words
from engine.scenario import never, people
from engine.scenario.checks import CHECKS
from engine.scenario.does import telnyx_names
from engine.scenario.reading import MOST_TIMES
from engine.tables import catalogue

Schema = dict[str, Any]
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?( ?(UTC|Z|[+-][0-9]{2}:?[0-9]{2}))?$"
_SCALAR = ["string", "number", "boolean"]


def scenario_schema() -> Schema:
    """Return the schema of a ``*.test.yaml`` file."""
    tables = catalogue()
    given = {
        "time": _pattern(_TIME, "When each scenario begins, such as 2026-11-20 10:00."),
        "secrets": _named({"type": _SCALAR}, "Values for the secrets of project.yaml."),
        "http": _ref("replies", "What addresses outside answer."),
    }
    properties = {
        "test": _pattern(r"^.+\.flow\.yaml$", "The file of the flow under test, in the same folder."),
        "about": _text("For people."),
        "given": _object(given, about="What is true for every scenario."),
        "scenarios": {"type": "array", "minItems": 1, "items": _ref("scenario", "")},
        "never": {"type": "array", "items": _ref("never", ""), "description": "What must not happen in any scenario."},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "scenario.schema.json",
        "title": "ringflow test",
        **_object(properties, required=["test", "scenarios"]),
        "$defs": {
            "scenario": _scenario(),
            "steps": {"type": "array", "minItems": 1, "items": _ref("step", "")},
            "step": _step(),
            "person": _person(),
            "never": _never(),
            "telnyx": _telnyx(tables),
            "replies": _replies(),
            **_checks(tables),
            **{f"done_{name}": _done(name, tables) for name in _commands(tables)},
        },
    }


def _scenario() -> Schema:
    parts = {"name": _text("What this scenario shows."), "about": _text("For people."), "steps": _ref("steps", "")}
    return _object(parts, required=["name", "steps"])


def _step() -> Schema:
    """Return the schema of what stands behind a dash; a key that is no word of the language is somebody's name."""
    checks = _check_refs(CHECKS)
    properties: Schema = {
        "wait": _duration("So much time passes."),
        "telnyx": _ref("telnyx", "Telnyx misbehaves."),
        "http": _ref("replies", "What addresses outside answer from now on."),
        "repeat": {"type": "integer", "minimum": 1, "maximum": MOST_TIMES},
        "steps": _ref("steps", "What is repeated."),
        **checks,
        "within": _duration("How long the check may take to become true, 60s unless given."),
    }
    return {
        **_object(properties),
        "propertyNames": {"pattern": words.NAME},
        "additionalProperties": _ref("person", "What somebody does, or a check about them."),
        "minProperties": 1,
        "maxProperties": 2,
        "dependentRequired": {"repeat": ["steps"], "steps": ["repeat"]},
        # Two words behind one dash: a check and its limit, or a repetition and its steps.
        "if": {"minProperties": 2, "properties": {"repeat": False}},
        "then": {"required": ["within"]},
        "dependentSchemas": {
            "within": {
                "minProperties": 2,
                "properties": {"within": True, **dict.fromkeys(checks, True)},
                "additionalProperties": {"type": "object", "properties": {"tells_ai": False}},
            }
        },
    }


def _person() -> Schema:
    told = {"type": ["string", "object"], "pattern": f"^{people.NOTHING}$", "description": "What an AI finds out."}
    properties = {**_check_refs(CHECKS), "tells_ai": told, "within": _duration("The limit of the check.")}
    return {
        **_object(properties),
        "type": ["string", "object"],
        "pattern": f"^({people.PHRASE})$",
        "examples": list(people.PHRASES),
        "minProperties": 1,
        "maxProperties": 2,
        "if": {"minProperties": 2},
        "then": {"required": ["within"]},
        "dependentSchemas": {"within": {"minProperties": 2, "properties": {"tells_ai": False}}},
    }


def _never() -> Schema:
    checks = _check_refs(never.CHECKS)
    one: Schema = {"minProperties": 1, "maxProperties": 1}
    return {
        **_object(checks),
        "type": ["string", "object"],
        "pattern": f"^({never.PHRASE})$",
        "propertyNames": {"pattern": words.NAME},
        "additionalProperties": _object(checks, about="A check about somebody.") | one,
        **one,
    }


# -- checks ----------------------------------------------------------------------------------------------------


def _checks(tables: Catalogue) -> Schema:
    names = _commands(tables)
    sound = {"prompt": _name("A whole prompt, in any of its languages."), "audio": _name("An audio of project.yaml.")}
    command = {
        **_object({name: _ref(f"done_{name}", "") for name in names}),
        "type": ["string", "object"],
        "pattern": f"^({'|'.join(names)})$",
        "minProperties": 1,
        "maxProperties": 1,
    }
    value = {"type": [*_SCALAR, "array"]}
    return {
        "hears": {**_object(sound), "type": [*_SCALAR, "object"], "minProperties": 1, "maxProperties": 1},
        "does": command,
        "is_in": _name("A state of the flow."),
        "remembers": _named(value, "Variables and their values."),
    }


def _check_refs(checks: Iterable[str]) -> Schema:
    return {check: _ref(check.removesuffix("_not"), _ABOUT[check]) for check in checks}


_ABOUT = {
    "hears": "A text with these words is heard; or a whole prompt or audio.",
    "does": "The flow does this, with these options at least.",
    "does_not": "The flow has not done this; with 'within', nor does it in this time.",
    "is_in": "The call is in this state.",
    "remembers": "The variables have these values.",
}


def _commands(tables: Catalogue) -> list[str]:
    return sorted({*VERBS, *tables.operations})


def _done(name: str, tables: Catalogue) -> Schema:
    """Return what a command may be checked for: its options as authors write them, its parameters as Telnyx does."""
    verb = VERBS.get(name)
    options = {option.name: _option(option) for option in verb.options} if verb else {}
    parameters = dict.fromkeys(sorted(telnyx_names(tables, name, verb) - options.keys()), True)
    schema = _object({**options, **parameters}, about=verb.about if verb else "")
    schema["type"] = ["object", "null", *(_SCALAR if verb is not None and verb.main else ())]
    if verb is not None and verb.takes_rest:
        del schema["additionalProperties"]
    return schema


def _option(option: Option) -> Schema | bool:
    match option.type:
        case "duration":
            return _duration("")
        case "choice":
            return {"type": "string", "enum": list(option.values)}
        case "yes_no":
            return {"type": "boolean"}
        case "count":
            return {"type": "integer"}
    return True


# -- Telnyx and the world outside ------------------------------------------------------------------------------


def _telnyx(tables: Catalogue) -> Schema:
    sent = sorted({*tables.operations, *(verb.name for verb in VERBS.values() if verb.operations)})
    fields = sorted({field for event in tables.events.values() for field in event.fields})
    forms = {
        "fails": _form(["fails", "with", "code", "times"], ["with"]),
        "repeats": _form(["repeats"], []),
        "delays": _form(["delays", "by", "times"], ["by"]),
        "loses": _form(["loses", "times"], []),
        "sends": _form(["sends", "for", *fields], []),
    }
    own: Schema = {
        "fails": {"type": "string", "enum": sent, "description": "The next such command is refused."},
        "with": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
        "code": {"type": ["string", "integer"], "description": "Telnyx's error code."},
        "times": {"type": "integer", "minimum": 1, "maximum": MOST_TIMES},
        "repeats": {"type": "string", "enum": ["last event"]},
        "delays": {"type": "string", "enum": sorted(tables.events), "description": "The next such event comes later."},
        "loses": {"type": "string", "enum": sorted(tables.events), "description": "The next such event never comes."},
        "by": _duration("So much later."),
        "sends": {"type": "string", "enum": sorted(tables.events), "description": "An event that nothing caused."},
        "for": _name("Whose call it is about."),
    }
    properties = {**dict.fromkeys(fields, True), **own}
    # Without any of the four words it says nothing.
    return {**_object(properties), "dependentSchemas": forms, "if": _object_without(forms), "then": False}


def _form(names: list[str], required: list[str]) -> Schema:
    return {"propertyNames": {"enum": names}, "required": required}


def _object_without(names: Iterable[str]) -> Schema:
    return {"type": "object", "properties": dict.fromkeys(names, False)}


def _replies() -> Schema:
    status = {"type": "integer", "minimum": 100, "maximum": 599, "description": "200 unless given."}
    reply = {**_object({"status": status, "body": True}), "type": ["object", "string"], "pattern": "^times out$"}
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^https://"},
        "additionalProperties": reply,
    }


# -- parts -----------------------------------------------------------------------------------------------------


def _object(properties: Schema, *, required: list[str] | None = None, about: str = "") -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return _described(schema | ({"required": required} if required else {}), about)


def _named(value: Schema, about: str) -> Schema:
    names = {"pattern": words.NAME}
    return _described(
        {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": value}, about
    )


def _ref(name: str, about: str) -> Schema:
    return _described({"$ref": f"#/$defs/{name}"}, about)


def _text(about: str) -> Schema:
    return _described({"type": _SCALAR}, about)


def _pattern(pattern: str, about: str) -> Schema:
    return _described({"type": "string", "pattern": pattern}, about)


def _name(about: str) -> Schema:
    return _pattern(words.NAME, about)


def _duration(about: str) -> Schema:
    return _pattern(words.DURATION, about)


def _described(schema: Schema, about: str) -> Schema:
    return schema | ({"description": about} if about else {})
