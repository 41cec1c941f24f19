"""R031: an AI is to bring a part of the answer that it is not asked for."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Map, Scalar
from engine.language.tree import StepTree

CODE = Code("R031", "unasked-part", "What gather_using_ai asks for, or a part of its result that nobody asks for.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each ``into`` of gather_using_ai without its counterpart in ``parameters``."""
    for flow, _, _, step in folder.steps():
        if step.name == "gather_using_ai":
            yield from _check(flow.path, step)


def _check(path: str, step: StepTree) -> Iterator[Problem]:
    asked, into = step.nested.get("parameters"), step.nested.get("into")
    properties = asked.get("properties") if isinstance(asked, Map) else None
    if "into" in step.given:
        message = "'into' of gather_using_ai needs { }: each variable, and the part of the result that it takes"
        yield CODE.at(path, step.given["into"].span, message, hint="For example into: {customer: name}.")
    if isinstance(asked, Map) and not isinstance(properties, Map):
        message = "'parameters' needs 'properties': what the AI asks for, each with its type and description"
        hint = 'For example {type: object, properties: {name: {type: string, description: "The name."}}}.'
        yield CODE.at(path, asked.entries[0].key.span, message, hint=hint)
    elif isinstance(properties, Map) and isinstance(into, Map):
        for entry in into:
            word = entry.value.text.partition(".")[0] if isinstance(entry.value, Scalar) else ""
            if word and properties.get(word) is None:
                message = f"the AI is not asked for '{word}'{did_you_mean(word, properties.keys())}"
                yield CODE.at(path, entry.value.span, message)
