"""The checks of a scenario file: hears, does, does_not, is_in, remembers."""

from __future__ import annotations

import re

from engine.core.flow import Prompt
from engine.core.program import audio_parameters
from engine.core.text import Text
from engine.language import codes
from engine.language.nodes import Map, Node, Scalar, plain
from engine.language.variables import fits_type, saying_of
from engine.scenario.codes import BAD_STEP, UNKNOWN_NAME
from engine.scenario.does import read_does
from engine.scenario.reading import Script
from engine.scenario.script import GAP, Check, Hears, IsIn, Remembers
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
    return read_does(script, word, node, leg)


# -- hears -----------------------------------------------------------------------------------------------------


def _hears(script: Script, node: Node, leg: str) -> Hears | None:
    if isinstance(node, Map):
        return _hears_entry(script, node, leg)
    text = script.text(node, "what is heard")
    return None if text is None else Hears(leg=leg, said=f'"{text.text}"', sounds=(text.text,))


def _hears_entry(script: Script, node: Map, leg: str) -> Hears | None:
    if not script.options(node, ("prompt", "audio"), "'hears'"):
        return None
    entry = node.entries[0] if len(node.entries) == 1 else None
    if entry is None or not isinstance(entry.value, Scalar):
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
        others = script.flow.roles.values() if script.flow_of(leg) is script.flow else ()
        owner = next((role.name for role in others if state.text in role.states), None)
        if owner is None:
            script.unknown("state", state, names)
        else:
            message = f"'{state.text}' is a state of the {owner}; write {owner}: {{is_in: {state.text}}}"
            script.report(UNKNOWN_NAME, state, message)
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
