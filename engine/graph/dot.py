"""A diagram in the notation of Graphviz. Source: graphviz.org/doc/info/shapes.html#html."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from engine.graph.diagram import Diagram, Edge, Group, Node
from engine.graph.texts import clean

_BAD = 'color="#c92a2a" fillcolor="#ffe3e3" penwidth=2'
_LOOKS = {
    "start": 'shape=box style="rounded,filled" color="#2b8a3e" fillcolor="#e6f4ea"',
    "state": 'shape=box style="rounded,filled" color="#495057" fillcolor="#ffffff"',
    "anywhere": 'shape=box style="dashed,filled" color="#868e96" fillcolor="#f8f9fa"',
    "final": 'shape=box style="rounded,filled" color="#343a40" fillcolor="#343a40" fontcolor="#ffffff"',
    "flow": 'shape=component style=filled color="#495057" fillcolor="#f1f3f5"',
    "missing": f"shape=box style=filled {_BAD}",
    "faults": f"shape=box style=filled {_BAD}",
}
_EDGES = {
    "way": 'color="#495057"',
    "on_error": 'color="#adb5bd" fontcolor="#868e96"',
    "link": 'style=dashed color="#1971c2" fontcolor="#1971c2" constraint=false',
}
_RED = "#a51111"
_SPACE = "&#160;"  # keeps a label off its line


def as_dot(diagram: Diagram) -> str:
    """Return the text of a DOT file; it ends with a line end."""
    lines = [
        "digraph ringflow {",
        '  graph [fontname="Helvetica" fontsize=14 nodesep=0.35 ranksep=0.55 pad=0.3 bgcolor="#ffffff"]',
        '  node [fontname="Helvetica" fontsize=11 margin="0.14,0.08"]',
        '  edge [fontname="Helvetica" fontsize=10 arrowsize=0.8]',
    ]
    for group in diagram.groups:
        lines += (f"  {line}" for line in _group(group))
    lines += (f"  {_edge(edge)}" for edge in diagram.edges)
    return "\n".join([*lines, "}"]) + "\n"


def escaped(text: str) -> str:
    """Return *text* as it may stand in a label in angle brackets."""
    return escape(clean(text))


def _group(group: Group) -> Iterator[str]:
    yield f"subgraph cluster_{group.id} {{"
    yield f'  label=<<b>{escaped(group.title) or " "}</b>> labeljust=l margin=16 style=rounded color="#ced4da"'
    for node in group.nodes:
        yield f"  {node.id} [label=<{_label(node)}> {_LOOKS[node.kind]}{f' {_BAD}' if node.is_bad else ''}]"
    for inner in group.groups:
        yield from (f"  {line}" for line in _group(inner))
    yield "}"


def _label(node: Node) -> str:
    title = escaped(node.title)
    red = (f'<font color="{_RED}">{escaped(fault)}</font>' for fault in node.faults)
    return "<br/>".join([f"<b>{title}</b>" if title else " ", *map(escaped, node.lines), *red])


def _edge(edge: Edge) -> str:
    looks = _EDGES[edge.kind] + (" dir=none" if edge.is_mutual else "")
    label = "<br/>".join(f"{_SPACE}{escaped(label)}{_SPACE}" for label in edge.labels)
    return f"{edge.source} -> {edge.target} [{f'label=<{label}> ' if label else ''}{looks}]"
