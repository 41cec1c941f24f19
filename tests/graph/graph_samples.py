"""Flows to draw, as sheets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.check.run import load
from engine.graph.build import Sheet, build
from engine.graph.diagram import Diagram, Edge, Group, Node

GOLDEN = Path(__file__).parent.parent / "golden/graph"


def sheets(files: dict[str, str | bytes], *, with_problems: bool = True) -> list[Sheet]:
    """Return the flows of *files*, read by the checker's own door."""
    loaded = load({name: text.encode() if isinstance(text, str) else text for name, text in files.items()})
    trees = {tree.path: tree for tree in loaded.folder.trees}
    problems = loaded.problems if with_problems else ()
    return [
        Sheet(
            path=name,
            tree=trees.get(name),
            root=document.root,
            problems=tuple(problem for problem in problems if problem.path == name),
        )
        for name, document in loaded.folder.documents.items()
        if name.endswith(".flow.yaml")
    ]


def drawn(text: str | bytes, *, with_problems: bool = False) -> Diagram:
    return build(sheets({"sample.flow.yaml": text}, with_problems=with_problems))


def nodes(diagram: Diagram) -> list[Node]:
    return [node for group in diagram.groups for inner in group.all_groups() for node in inner.nodes]


def node(diagram: Diagram, title: str) -> Node:
    """Return the only box with this title."""
    [found] = [node for node in nodes(diagram) if node.title == title]
    return found


def arrows(diagram: Diagram, kind: str = "") -> list[tuple[str, str, tuple[str, ...]]]:
    """Return every arrow with the titles of its ends."""
    titles = {node.id: node.title for node in nodes(diagram)}
    edges = [edge for edge in diagram.edges if not kind or edge.kind == kind]
    return [(titles[edge.source], titles[edge.target], edge.labels) for edge in edges]


def one_box(text: str) -> Diagram:
    """Return a diagram in which *text* stands in every place that can hold one."""
    box = Node(id="s1", kind="state", title=text, lines=(text, text), faults=(text,))
    edge = Edge(source="s1", target="s1", kind="way", labels=(text, text))
    return Diagram((Group(id="g1", title=text, nodes=(box, replace(box, id="b1", kind="start"))),), (edge,))
