"""A diagram in Mermaid's notation. Source: mermaid.js.org/syntax/flowchart.html, "Entity codes to escape"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.graph.diagram import Diagram, Edge, Group, Node, NodeKind
from engine.graph.texts import clean

# All but letters, digits and these is written as a number: everything that has a meaning somewhere in Mermaid, in
# HTML, in its icons (fa:fa-phone), in its formulas ($$) or in the Markdown that it reads in some labels.
_PLAIN = frozenset(" ,?!…“”'/=()")
_OWN_CODES = "ﬂ°¶ß"  # with these Mermaid marks its own codes while it works
# What Mermaid looks for once more after it has read the numbers: icons, formulas, line breaks, its own codes.
_READ_TWICE = re.compile(r"(?<=:)(?=fa-)|(?<=\$)(?=\$)|(?<=\\)|(?<=[ﬂ¶])")
_APART = "\u2060"  # a joiner of no width
_NO_TITLE = "#160;"
_SHAPES: dict[NodeKind, tuple[str, str]] = {
    "start": ("([", "])"), "state": ("[", "]"), "anywhere": ("{{", "}}"), "final": ("([", "])"),
    "flow": ("[[", "]]"), "missing": ("[", "]"), "faults": ("[", "]"),
}  # fmt: skip
_CLASSES = (
    "classDef start fill:#e6f4ea,stroke:#2b8a3e,color:#14451f",
    "classDef final fill:#343a40,stroke:#343a40,color:#ffffff",
    "classDef quiet fill:#f1f3f5,stroke:#868e96,color:#343a40,stroke-dasharray:4 3",
    "classDef group fill:none,stroke:#adb5bd",
    "classDef bad fill:#ffe3e3,stroke:#c92a2a,color:#a51111,stroke-width:2px",
)
_ERROR_LINE = "stroke:#adb5bd"


def as_mermaid(diagram: Diagram) -> str:
    """Return the text of a Mermaid flowchart; it ends with a line end."""
    lines = ["flowchart TD"]
    for group in diagram.groups:
        lines += (f"  {line}" for line in _group(group))
    lines += (f"  {_edge(edge)}" for edge in diagram.edges)
    lines += (f"  {line}" for line in _styles(diagram))
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return *text* as it may stand between quotation marks."""
    padded = f" {_READ_TWICE.sub(_APART, clean(text))} "
    triples = zip(padded, padded[1:], padded[2:], strict=False)
    return "".join(letter if _is_plain(*near) else f"#{ord(letter)};" for near in triples for letter in near[1])


def _is_plain(before: str, letter: str, after: str) -> bool:
    if letter == ".":
        return not (before.isdigit() and after == " ")  # would begin a list
    if letter in "_+":
        return after.isalnum() and (before.isalnum() or letter == "+")
    return letter in _PLAIN or (letter.isalnum() and letter not in _OWN_CODES)


def _group(group: Group) -> Iterator[str]:
    yield f'subgraph {group.id}["{escaped(group.title) or _NO_TITLE}"]'
    yield "  direction TB"  # else Mermaid turns what is inside by 90 degrees
    for node in group.nodes:
        left, right = _SHAPES[node.kind]
        title = f"<b>{escaped(node.title)}</b>"
        yield f'  {node.id}{left}"{"<br/>".join([title, *map(escaped, (*node.lines, *node.faults))])}"{right}'
    for inner in group.groups:
        yield from (f"  {line}" for line in _group(inner))
    yield "end"


def _edge(edge: Edge) -> str:
    arrow = {"link": "-.-" if edge.is_mutual else "-.->"}.get(edge.kind, "-->")
    label = "<br/>".join(map(escaped, edge.labels))
    return f'{edge.source} {arrow}|"{label}"| {edge.target}' if label else f"{edge.source} {arrow} {edge.target}"


def _styles(diagram: Diagram) -> Iterator[str]:
    yield from _CLASSES
    groups = [inner for group in diagram.groups for inner in group.all_groups()]
    members = {"group": [group.id for group in groups]}
    for node in (node for group in groups for node in group.nodes):
        members.setdefault(_class(node), []).append(node.id)
    members.pop("", None)
    yield from (f"class {','.join(ids)} {name}" for name, ids in members.items())
    numbers = [str(number) for number, edge in enumerate(diagram.edges) if edge.kind == "on_error"]
    if numbers:
        yield f"linkStyle {','.join(numbers)} {_ERROR_LINE}"


def _class(node: Node) -> str:
    if node.is_bad:
        return "bad"
    return {"start": "start", "final": "final", "anywhere": "quiet", "flow": "quiet"}.get(node.kind, "")
