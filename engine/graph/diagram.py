"""A diagram as values: boxes in groups, and the arrows between them. What it looks like is the writers' business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# How a leg begins; an author's state; the handlers of every state; hangup or end; another flow; a state that is
# missing; what is wrong elsewhere in the file.
NodeKind = Literal["start", "state", "anywhere", "final", "flow", "missing", "faults"]
# A way from state to state; one that only errors take; what connects the legs of two roles.
EdgeKind = Literal["way", "on_error", "link"]
# What a box stands for: the path of its flow, the role, the kind, the name.
Key = tuple[str, str, NodeKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One box: *title*, below it *lines*, below them, in red, *faults*. *id* is safe in every notation."""

    id: str
    kind: NodeKind
    title: str
    lines: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        return bool(self.faults) or self.kind in ("missing", "faults")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """All that leads from the node *source* to the node *target*, a label for each. *is_mutual*: no arrow head."""

    source: str
    target: str
    kind: EdgeKind
    labels: tuple[str, ...] = ()
    is_mutual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A flow or a role: its own *nodes*, and the *groups* inside it."""

    id: str
    title: str
    nodes: tuple[Node, ...] = ()
    groups: tuple[Group, ...] = ()

    def all_groups(self) -> Iterator[Group]:
        """Yield this group and those inside it."""
        yield self
        for group in self.groups:
            yield from group.all_groups()


@dataclass(frozen=True, slots=True)
class Diagram:
    """One group for each flow, all in the order of the files."""

    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]
