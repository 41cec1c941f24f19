"""The options of a step as step() gets them: defaults filled in, texts compiled, free keys under one name."""

from __future__ import annotations

from typing import Any

from engine.core.flow import Exit
from engine.core.kinds import Kind
from engine.core.nearest import did_you_mean
from engine.core.text import Text
from engine.core.verb_table.shared import LANGUAGES
from engine.language import codes, words
from engine.language.formulas import Formulas, Gift, Names
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.options import full_options
from engine.language.saying import language
from engine.language.telnyx_parameters import TelnyxParameters
from engine.language.tree import ExitTree, StepTree
from engine.language.variables import fits_type, saying_of

_TEXTS = ("text", "phone", "sip", "tones", "url", "moment")  # option types whose value may hold {{ }}


def step_options(work: Formulas, step: StepTree, names: Names) -> dict[str, Any]:
    """Return the options of *step*; those without value and default are left out."""
    values = full_options(step)
    for name, given in step.given.items():
        option = step.verb.option(name)
        if option is not None and option.type in _TEXTS and name in values:
            values[name] = work.text(given, names)
            work.keep_secret(values[name], given, step.name)
            work.check_moment(values[name], given, wanted=option.type == "moment")
    for name, node in step.nested.items():
        option = step.verb.option(name)
        if option is not None and option.type == "give" and isinstance(node, Map):
            values[name] = _given(work, step, node, names)
        elif option is not None and option.type == "tree":
            values[name] = _tree(work, step, node, names)
    if step.exit is not None:
        values["if_fails"] = plain_exit(step.exit)
    if step.verb.option("flow") is not None and "flow" in step.given:
        give = step.nested.get("give")
        pairs = _pairs(give) if isinstance(give, Map) else []
        gift = tuple((key, given, values.get("give", {}).get(key.text)) for key, given in pairs)
        work.gifts.append(Gift(flow=step.given["flow"], verb=step.name, give=gift, step=step))
    return values | _rest(work, step, names)


def plain_exit(tree: ExitTree) -> Exit:
    """Return the exit to a state, or hangup, end or stay."""
    state = tree.word.text if tree.kind == "state" else ""
    return Exit(tree.kind, state, line=tree.word.span.line, column=tree.word.span.column)


def _rest(work: Formulas, step: StepTree, names: Names) -> dict[str, Any]:
    """Return what stands behind the free keys, under the name that the verb's Act looks for."""
    match step.name:
        case "set":
            return {"values": {key.text: _new_value(work, key, node, names) for key, node in step.rest}}
        case "tell":
            return {"words": {key.text: _word(work, node, names) for key, node in step.rest}}
        case "telnyx":
            return {"parameters": TelnyxParameters(work, step, names).read()}
        case "notify":
            return {"body": {key.text: _tree(work, step, node, names) for key, node in step.rest}}
    return {}


def _given(work: Formulas, step: StepTree, node: Map, names: Names) -> dict[str, Any]:
    """Return the values of a ``give`` or ``send``; what another flow may get is judged where that flow is known."""
    values = {}
    for key, given in _pairs(node):
        values[key.text] = work.value(given, names)
        if step.verb.option("flow") is None:
            work.keep_secret(values[key.text], given, step.name)
    return values


def _pairs(node: Map) -> list[tuple[Scalar, Scalar]]:
    return [(entry.key, entry.value) for entry in node if isinstance(entry.value, Scalar)]


def _tree(work: Formulas, step: StepTree, node: Node, names: Names) -> Any:
    """Return lists and blocks as they are, with every text in them compiled."""
    match node:
        case Map():
            return {entry.key.text: _tree(work, step, entry.value, names) for entry in node}
        case List():
            return [_tree(work, step, item, names) for item in node]
        case Scalar():
            value = work.value(node, names)
            work.keep_secret(value, node, step.name)
            return value


def _word(work: Formulas, node: Node, names: Names) -> tuple[str, Any]:
    """Return the word that another leg is told, and its value (None without one)."""
    if isinstance(node, Scalar):
        return node.text, None
    assert isinstance(node, Map)
    word, given = node.entries[0].key, node.entries[0].value
    assert isinstance(given, Scalar)
    value = work.value(given, names)
    work.keep_secret(value, given, "tell")
    return word.text, value


def _new_value(work: Formulas, key: Scalar, node: Node, names: Names) -> Any:
    """Return what ``set`` puts into the variable *key*, held against the variable's type."""
    kind, is_secret = "text", False
    if key.text in work.tree.variables:
        variable = work.tree.variables[key.text]
        kind, is_secret = variable.type, variable.is_secret
    elif key.text != words.PSEUDO_VARIABLE:
        return None
    if isinstance(node, List):
        value: Any = tuple(item.text for item in node if isinstance(item, Scalar))
        fits = kind == "list"
    else:
        assert isinstance(node, Scalar)
        value = work.value(node, names)
        if key.text == words.PSEUDO_VARIABLE:
            _check_language(work, value, node)
        if not is_secret:
            work.keep_secret(value, node)
        value, fits = _fitting(value, node, kind)
    if not fits:
        message = f"'{key.text}' must be {saying_of(kind)}, because that is the variable's type"
        work.report(codes.WRONG_VALUE.at(work.tree.path, node.span, message))
    return value


def _fitting(value: Any, node: Scalar, kind: str) -> tuple[Any, bool]:
    if isinstance(value, Text):
        return value, Kind(kind).fits(value.kind)
    if "{{" in node.text:
        return value, True  # a formula that cannot be read, and is reported
    value = node.text if kind in ("digits", "text") else value
    return value, fits_type(value, kind)


def _check_language(work: Formulas, value: Any, given: Scalar) -> None:
    spoken = {language for _, language in work.tree.prompt_parts}
    if isinstance(value, Text) or not work.tree.is_sound:
        return
    if spoken and given.text not in spoken:
        meant = did_you_mean(given.text, spoken)
        hint = "" if meant else f"The prompts speak {' and '.join(sorted(spoken))}."
        message = f"no prompt speaks '{given.text}'{meant}"
        work.report(codes.WRONG_VALUE.at(work.tree.path, given.span, message, hint=hint))
    elif not spoken and given.text not in LANGUAGES:
        work.report(language(work.tree.path, given, LANGUAGES))
