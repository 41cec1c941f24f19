"""R028: a word is told, and nobody hears it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.nearest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Map, Node, Scalar
from engine.language.tree import FlowTree

CODE = Code("R028", "word-not-heard", "A word that one leg tells another and that the other never hears.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each word that a leg is told without a handler for it."""
    for flow in folder.trees:
        if not flow.is_sound:
            continue
        for teller, listener, word in told(flow):
            known = heard(flow, teller, listener)
            if listener in flow.role_names and word.text not in known:
                guess = did_you_mean(word.text, known)
                message = f"nothing in '{listener}' hears the word '{word.text}'{guess}"
                hint = "" if guess else f"Write in '{listener}', under on: {teller}.says.{word.text}: STATE."
                yield CODE.at(flow.path, word.span, message, hint=hint)


def heard(flow: FlowTree, teller: str, listener: str) -> set[str]:
    """Return the words of *teller* that some handler of *listener* takes."""
    prefix = f"{teller}.says."
    names = (branch.name for role, branch in flow.handlers() if role.name == listener)
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def told(flow: FlowTree) -> Iterator[tuple[str, str, Scalar]]:
    """Yield who tells whom which word."""
    for role, _, step in flow.steps():
        for leg, node in step.rest if step.name == "tell" else ():
            if (word := _word(node)) is not None:
                yield role.name, leg.text, word


def _word(node: Node) -> Scalar | None:
    if isinstance(node, Map) and node.entries:
        return node.entries[0].key
    return node if isinstance(node, Scalar) else None
