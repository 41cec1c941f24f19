"""How the flows of a folder use each other: who hands over to, runs or calls somebody with whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.formulas import Gift
from engine.language.loader import Folder
from engine.language.nodes import Map, Scalar
from engine.language.tree import FlowTree

RUN = "run"


@dataclass(frozen=True, slots=True)
class Use:
    """Flow *by* uses flow *of*, as *gift* says."""

    by: FlowTree
    of: FlowTree
    gift: Gift


def uses(folder: Folder) -> Iterator[Use]:
    """Yield every use of a flow that exists, in the order of the files."""
    named: dict[str, FlowTree] = {}
    for tree in folder.trees:
        named.setdefault(tree.name.text, tree)
    for compiled in folder.flows:
        for gift in compiled.gifts:
            if gift.flow.text in named:
                yield Use(compiled.tree, named[gift.flow.text], gift)


def is_sound(tree: FlowTree) -> bool:
    """Tell whether what *tree* needs and answers could be read."""
    return tree.is_sound and not tree.doubtful


def taken(use: Use) -> list[tuple[Scalar, Scalar]]:
    """Return what an ``into`` with several answers takes: my variable and the answer, as written."""
    into = use.gift.step.nested.get("into") if use.gift.step is not None else None
    entries = into if isinstance(into, Map) else ()
    return [(entry.key, entry.value) for entry in entries if isinstance(entry.value, Scalar)]
