"""The checks ``does`` and ``does_not``: a verb or an operation of Telnyx, with options in either's spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.core.catalogue import Catalogue
from engine.core.verbs import SYNONYMS, VERBS, Verb
from engine.language import codes
from engine.language.nodes import Entry, List, Map, Node, Scalar, plain
from engine.language.shape import check_shape
from engine.language.values import read_option
from engine.scenario.codes import BAD_STEP, UNKNOWN_NAME
from engine.scenario.reading import Script
from engine.scenario.script import Does


def read_does(script: Script, word: Scalar, node: Node, leg: str) -> Does | None:
    """Return the check *word* about *leg*, or None after a report."""
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
    entries = _entries(script, name, verb, value)
    broken = _without_shape(script, name, verb, entries)
    for entry in entries:
        option = verb.option(entry.key.text) if verb else None
        if id(entry.value) in broken:
            continue
        if option is not None and isinstance(entry.value, Scalar):
            options[option.name] = read_option(script.reading, option, entry.value, f"'{option.name}'")
        elif option is not None or (verb is not None and verb.takes_rest):
            options[entry.key.text] = plain(entry.value)
        elif entry.key.text in telnyx_names(script.catalogue, name.text, verb):
            parameters[entry.key.text] = plain(entry.value)
        else:
            names = {o.name for o in verb.options} if verb else set()
            script.unknown(
                f"option of {name.text}",
                entry.key,
                names or telnyx_names(script.catalogue, name.text, verb),
                code=UNKNOWN_NAME,
            )
    return Does(leg=leg, name=name.text, options=options, parameters=parameters, is_forbidden=is_forbidden)


def _command(node: Node) -> tuple[Scalar | None, Node | None]:
    if isinstance(node, Scalar) and node.text:
        return node, None
    if isinstance(node, Map) and len(node.entries) == 1:
        return node.entries[0].key, node.entries[0].value
    return None, None


def _entries(script: Script, name: Scalar, verb: Verb | None, value: Node | None) -> tuple[Entry, ...]:
    """Return the options that are given; a single value stands for the verb's main option."""
    if isinstance(value, Map):
        return value.entries
    if value is None or (isinstance(value, Scalar) and value.value is None):
        return ()
    if isinstance(value, Scalar) and verb is not None and verb.main:
        return (Entry(Scalar(verb.main, verb.main, "plain", name.span), value),)
    script.report(BAD_STEP, value, f"'{name.text}' needs its options in {{ }}")
    return ()


def _without_shape(script: Script, name: Scalar, verb: Verb | None, entries: Iterable[Entry]) -> set[int]:
    """Report the options whose values no flow could have either, as the checker would; return the ids of the values."""
    own = tuple(entry for entry in entries if verb is not None and verb.option(entry.key.text))
    if not own:
        return set()
    step = Map((Entry(name, Map(own, name.span)),), name.span)
    state = _map(name, {"do": List((step,), name.span)})
    flow = _map(name, {"flow": name, "start": name, "states": _map(name, {"x": state})})
    shape = check_shape(flow, script.path, "flow")
    # Of the options that a verb needs, a check names those that matter to it.
    for problem in shape.problems:
        if problem.rule != codes.MISSING.code:
            script.reading.report(problem)
    return shape.broken


def _map(place: Scalar, values: Mapping[str, Node]) -> Map:
    keys = {key: Scalar(key, key, "plain", place.span) for key in values}
    return Map(tuple(Entry(keys[key], value) for key, value in values.items()), place.span)


def telnyx_names(catalogue: Catalogue, name: str, verb: Verb | None) -> set[str]:
    """Return the parameters that a command may have in Telnyx's spelling."""
    rows = [catalogue.operations[name]] if name in catalogue.operations else []
    rows += [catalogue.operations[operation] for operation in (verb.operations if verb else ())]
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
