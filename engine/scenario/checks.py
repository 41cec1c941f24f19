"""The checks of a scenario file: hears, does, does_not, is_in, remembers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.core.flow import Prompt
from engine.core.program import audio_parameters
from engine.core.text import Text
from engine.core.verbs import SYNONYMS, VERBS, Verb
from engine.language import codes
from engine.language.nodes import Entry, Map, Node, Scalar, plain
from engine.language.values import read_option
from engine.language.variables import fits_type, saying_of
from engine.scenario.codes import BAD_STEP, UNKNOWN_NAME
from engine.scenario.reading import Script
from engine.scenario.script import GAP, Check, Does, Hears, IsIn, Remembers
from engine.simulator.sounds import spoken

CHECKS = ("hears", "does", "does_not", "is_in", "remembers")


def read_check(script: Script, word: Scalar, node: Node, leg: str) -> Check | None:
    """Return the check *word* about *leg* ("" = anybody), or None after a report."""
    match word.text:
        case "hears":
            return _hears(script, node, leg)
        case "is_in":
            return _is_in(script, node, leg)
        case "remembers":
            return _remembers(script, node, leg)
    return _does(script, word, node, leg)


# -- hears -----------------------------------------------------------------------------------------------------


def _hears(script: Script, node: Node, leg: str) -> Hears | None:
    if isinstance(node, Map):
        return _hears_entry(script, node, leg)
    text = script.text(node, "what is heard")
    return None if text is None else Hears(leg=leg, said=f'"{text.text}"', sounds=(text.text,))


def _hears_entry(script: Script, node: Map, leg: str) -> Hears | None:
    entry = node.entries[0] if len(node.entries) == 1 else None
    if entry is None or entry.key.text not in ("prompt", "audio") or not isinstance(entry.value, Scalar):
        script.report(BAD_STEP, node, "'hears' needs a part of a text, {prompt: NAME} or {audio: NAME}")
        return None
    name = entry.value
    if entry.key.text == "audio":
        if name.text not in script.project.audio:
            script.unknown("audio", name, script.project.audio)
            return None
        return Hears(leg=leg, said=f"the audio {name.text}", sounds=(_file(script, name.text),), is_part=False)
    prompts = script.flow_of(leg).prompts
    if name.text not in prompts:
        script.unknown("prompt", name, prompts)
        return None
    sounds = tuple(_prompt(script, prompt) for prompt in prompts[name.text].values())
    return Hears(leg=leg, said=f"the prompt {name.text}", sounds=sounds, is_part=False)


def _prompt(script: Script, prompt: Prompt) -> str:
    """Return what is heard of *prompt*, with GAP where a formula is filled in."""
    if prompt.audio:
        return _file(script, prompt.audio)
    text = prompt.text
    return spoken(re.sub(r"\{\{.*?\}\}", GAP, text.source) if isinstance(text, Text) else text)


def _file(script: Script, name: str) -> str:
    source: dict[str, str] = audio_parameters(script.project, name)
    return next(iter(source.values()))


# -- is_in, remembers ------------------------------------------------------------------------------------------


def _is_in(script: Script, node: Node, leg: str) -> IsIn | None:
    state = script.text(node, "the state")
    if state is None:
        return None
    role = script.role(leg)
    roles = [role] if role is not None else [] if leg else list(script.flow.roles.values())
    names = {name for role in roles for name in role.states}
    if state.text not in names:
        script.unknown("state", state, names)
        return None
    return IsIn(leg, state.text)


def _remembers(script: Script, node: Node, leg: str) -> Remembers | None:
    if not isinstance(node, Map) or not node.entries:
        script.report(BAD_STEP, node, "'remembers' needs variables and their values, for example {tries: 2}")
        return None
    values = {}
    for entry in node:
        name, value = entry.key.text, plain(entry.value)
        variables = script.flow_of(leg).variables
        if name not in variables:
            script.unknown("variable", entry.key, variables)
            continue
        kind = variables[name].type
        if kind in ("digits", "text") and isinstance(entry.value, Scalar):
            value = entry.value.text
        if kind in ("number", "yes_no", "digits", "text") and not fits_type(value, kind):
            script.report(codes.WRONG_VALUE, entry.value, f"'{name}' is always {saying_of(kind)}")
        values[name] = value
    return Remembers(leg, values)


# -- does ------------------------------------------------------------------------------------------------------


def _does(script: Script, word: Scalar, node: Node, leg: str) -> Does | None:
    is_forbidden = word.text == "does_not"
    name, value = _command(node)
    if name is None:
        script.report(BAD_STEP, node, f"'{word.text}' needs one command, for example hangup or {{speak: text}}")
        return None
    verb, operation = VERBS.get(name.text), script.catalogue.operations.get(name.text)
    if verb is None and operation is None:
        _unknown_command(script, name)
        return None
    options: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for entry in _entries(script, name, verb, value):
        option = verb.option(entry.key.text) if verb else None
        if option is not None and isinstance(entry.value, Scalar):
            options[option.name] = read_option(script.reading, option, entry.value, f"'{option.name}'")
        elif option is not None or (verb is not None and verb.takes_rest):
            options[entry.key.text] = plain(entry.value)
        elif entry.key.text in _telnyx_names(script, name.text, verb):
            parameters[entry.key.text] = plain(entry.value)
        else:
            names = {o.name for o in verb.options} if verb else set()
            script.unknown(
                f"option of {name.text}", entry.key, names or _telnyx_names(script, name.text, verb), code=UNKNOWN_NAME
            )
    return Does(leg=leg, name=name.text, options=options, parameters=parameters, is_forbidden=is_forbidden)


def _command(node: Node) -> tuple[Scalar | None, Node | None]:
    if isinstance(node, Scalar) and node.text:
        return node, None
    if isinstance(node, Map) and len(node.entries) == 1:
        return node.entries[0].key, node.entries[0].value
    return None, None


def _entries(script: Script, name: Scalar, verb: Verb | None, value: Node | None) -> Iterable[Entry]:
    """Return the options that are given; a single value stands for the verb's main option."""
    if isinstance(value, Map):
        return value.entries
    if value is None or (isinstance(value, Scalar) and value.value is None):
        return ()
    if isinstance(value, Scalar) and verb is not None and verb.main:
        return (Entry(Scalar(verb.main, verb.main, "plain", name.span), value),)
    script.report(BAD_STEP, value, f"'{name.text}' needs its options in {{ }}")
    return ()


def _telnyx_names(script: Script, name: str, verb: Verb | None) -> set[str]:
    """Return the parameters that a command may have in Telnyx's spelling."""
    rows = [script.catalogue.operations[name]] if name in script.catalogue.operations else []
    rows += [script.catalogue.operations[operation] for operation in (verb.operations if verb else ())]
    return {parameter for row in rows for parameter in (*row.parameters, *row.path_parameters)}


def _unknown_command(script: Script, name: Scalar) -> None:
    if name.text in SYNONYMS and SYNONYMS[name.text] in VERBS:
        script.report(UNKNOWN_NAME, name, f"there is no command '{name.text}'; the word is '{SYNONYMS[name.text]}'")
    else:
        script.unknown("command", name, {*VERBS, *script.catalogue.operations})


def operations_of(word: str, operations: Mapping[str, object]) -> tuple[str, ...]:
    """Return the operations of Telnyx that *word* means, a verb or an operation; empty for neither."""
    verb = VERBS.get(word)
    own = (word,) if word in operations else ()
    return tuple(dict.fromkeys((*own, *(verb.operations if verb else ()))))
