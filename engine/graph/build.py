"""Flows as written to a diagram: as far as they can be read, with what the checker says about the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from engine.core.flow import ANYWHERE, CALLER
from engine.core.problem import Problem
from engine.graph.diagram import Diagram, Edge, EdgeKind, Group, Key, Node, NodeKind
from engine.graph.links import links
from engine.graph.phrases import Phrases, beginnings
from engine.graph.texts import clean, fault, shortened
from engine.language.nodes import Entry, Map
from engine.language.nodes import Node as YamlNode
from engine.language.tree import ExitTree, FlowTree, RoleTree, Rules, StateTree, StepTree

_MOST_LINES = 7  # of what a state does
_MOST_FAULTS = 4
_PREFIXES: dict[NodeKind, str] = {
    "start": "b", "state": "s", "anywhere": "a", "final": "z", "flow": "f", "missing": "m", "faults": "p",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One flow file: its tree and root (None where it could not be read), and what is wrong with it."""

    path: str
    tree: FlowTree | None
    root: YamlNode | None
    problems: tuple[Problem, ...] = ()


def build(sheets: Sequence[Sheet]) -> Diagram:
    """Return the diagram of *sheets*, a group for each; errors are drawn at their state, warnings are not."""
    drawing = _Drawing({sheet.tree.name.text: sheet.tree for sheet in sheets if sheet.tree is not None})
    groups = tuple(_flow_group(drawing, sheet) for sheet in sheets)
    for link in links([sheet.tree for sheet in sheets if sheet.tree is not None]):
        source, target = drawing.ids.get(link.source), drawing.ids.get(link.target)
        if source and target:
            drawing.join(source, target, "link", link.label, is_mutual=link.is_mutual)
    return Diagram(groups, drawing.all_edges())


@dataclass(slots=True)
class _Drawing:
    """Boxes and arrows so far."""

    flows: dict[str, FlowTree]
    ids: dict[Key, str] = field(default_factory=dict)
    edges: dict[tuple[str, str, bool, bool], list[tuple[EdgeKind, str]]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def fresh(self, prefix: str) -> str:
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        return f"{prefix}{self._counts[prefix]}"

    def id_of(self, key: Key) -> str:
        """Return the id of what *key* stands for; ids are numbered as they are first asked for."""
        if key not in self.ids:
            self.ids[key] = self.fresh(_PREFIXES[key[2]])
        return self.ids[key]

    def join(self, source: str, target: str, kind: EdgeKind, label: str, *, is_mutual: bool = False) -> None:
        ways = self.edges.setdefault((source, target, kind == "link", is_mutual), [])
        if (kind, label) not in ways:
            ways.append((kind, label))

    def all_edges(self) -> tuple[Edge, ...]:
        return tuple(
            Edge(
                source=source,
                target=target,
                kind=ways[0][0] if len({kind for kind, _ in ways}) == 1 else "way",
                labels=tuple(label or "then" for _, label in ways if label or len(ways) > 1),
                is_mutual=is_mutual,
            )
            for (source, target, _, is_mutual), ways in self.edges.items()
        )


def _flow_group(drawing: _Drawing, sheet: Sheet) -> Group:
    left = [problem for problem in sheet.problems if problem.severity == "error"]
    root = sheet.root if isinstance(sheet.root, Map) else None
    roles = []
    if sheet.tree is not None and root is not None:
        for role in sheet.tree.roles:
            roles.append(_RoleDrawing(drawing, sheet.tree, role, _map_of_role(root, role.name), left).group())
    notes: tuple[Node, ...] = ()
    if left:
        key: Key = (sheet.path, "", "faults", "")
        notes = (Node(id=drawing.id_of(key), kind="faults", title="problems", faults=_faults(left)),)
    title = clean(sheet.tree.name.text if sheet.tree is not None else "") or clean(sheet.path)
    if len(roles) == 1:
        return replace(roles[0], title=title, nodes=(*notes, *roles[0].nodes))
    return Group(id=drawing.fresh("g"), title=title, nodes=notes, groups=tuple(roles))


def _map_of_role(root: Map, role: str) -> Map:
    if role == CALLER:
        return root
    roles = root.get("roles")
    found = roles.get(role) if isinstance(roles, Map) else None
    return found if isinstance(found, Map) else Map((), root.span)


def _faults(problems: Sequence[Problem]) -> tuple[str, ...]:
    shown = tuple(fault(problem.rule, problem.message) for problem in problems[:_MOST_FAULTS])
    return shown if len(problems) <= _MOST_FAULTS else (*shown, f"and {len(problems) - _MOST_FAULTS} more")


class _RoleDrawing:
    """Draws one role; *left* loses the problems that find a box."""

    def __init__(self, drawing: _Drawing, flow: FlowTree, role: RoleTree, written: Map, left: list[Problem]) -> None:
        self.drawing = drawing
        self.flow = flow
        self.role = role
        self.written = written
        self.left = left
        self.phrases = Phrases(flow)
        self.others: list[Node] = []  # finals, other flows and missing states, as they turn up

    def group(self) -> Group:
        nodes = [self._start()]
        anywhere = self.written.entry(ANYWHERE)
        states = self.written.get("states")
        entries = list(states.entries) if isinstance(states, Map) else []
        # First every state gets its id, so that they are numbered in the order of the file.
        for entry in entries:
            self._id("state", entry.key.text)
        if anywhere is not None:
            nodes.append(self._anywhere(anywhere))
        nodes += [self._state(entry) for entry in entries]
        return Group(id=self.drawing.fresh("g"), title=clean(self.role.name), nodes=(*nodes, *self.others))

    def _id(self, kind: NodeKind, name: str = "") -> str:
        return self.drawing.id_of((self.flow.path, self.role.name, kind, name))

    def _start(self) -> Node:
        title, *lines = beginnings(self.written.get("starts_when"))
        begin = self._id("start")
        if self.role.start is not None:
            self.drawing.join(begin, self._state_id(self.role.start.text), "way", "")
        entries = [entry for entry in (self.written.entry("starts_when"), self.written.entry("start")) if entry]
        return Node(id=begin, kind="start", title=title, lines=tuple(lines), faults=self._faults_in(entries))

    def _anywhere(self, entry: Entry) -> Node:
        found = self._id("anywhere")
        lines = tuple(self._ways(self.role.anywhere, found))
        return Node(id=found, kind="anywhere", title="anywhere", lines=lines, faults=self._faults_in([entry]))

    def _state(self, entry: Entry) -> Node:
        name = entry.key.text
        found = self._id("state", name)
        state = self.role.state(name) or StateTree(key=entry.key, is_sound=False)
        if _is_last(state.steps):
            self.drawing.join(found, self._final("hangup"), "way", "")
        lines = [*map(self.phrases.step, state.steps), *self._ways(state, found)]
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES - 1 :] = ["…"]
        return Node(
            id=found, kind="state", title=shortened(name, 60), lines=tuple(lines), faults=self._faults_in([entry])
        )

    def _faults_in(self, entries: Iterable[Entry]) -> tuple[str, ...]:
        """Return the problems between the first and the last line of *entries*, and strike them off."""
        ranges = [range(entry.key.span.line, entry.value.span.end_line + 1) for entry in entries]
        mine = [problem for problem in self.left if any(problem.line in lines for lines in ranges)]
        self.left[:] = [problem for problem in self.left if problem not in mine]
        return _faults(mine)

    def _ways(self, block: StateTree, source: str) -> Iterator[str]:
        """Draw every way out of *block*; yield what it does without leaving."""
        for section, head, rules in _rules(block):
            for rule, label in self.phrases.rules(head, rules):
                kind: EdgeKind = "on_error" if section == "on_error" else "way"
                if rule.then is not None and rule.leaves:
                    self.drawing.join(source, self._target(rule.then), kind, label)
                elif _is_last(rule.steps):
                    self.drawing.join(source, self._final("hangup"), kind, label)
                elif rule.steps:
                    yield label
        for step in block.all_steps():
            for name, node in step.given.items():
                option = step.verb.option(name)
                if option is not None and option.type == "state":
                    self.drawing.join(source, self._state_id(node.text), "way", f"{step.name} {name}".replace("_", " "))

    def _target(self, target: ExitTree) -> str:
        if target.kind == "state":
            return self._state_id(target.word.text)
        if target.kind == "flow":
            return self._flow_id(target.word.text)
        return self._final(target.kind)

    def _state_id(self, name: str) -> str:
        if name in self.role.written:
            return self._id("state", name)
        return self._other("missing", name, shortened(name, 60), ("there is no such state",))

    def _final(self, kind: str) -> str:
        return self._other("final", kind, kind)

    def _flow_id(self, name: str) -> str:
        flow = self.drawing.flows.get(name)
        if flow is None or flow is self.flow:
            return self._other("flow", name, f"flow {shortened(name, 60)}")
        return self.drawing.id_of((flow.path, CALLER, "start", ""))

    def _other(self, kind: NodeKind, name: str, title: str, faults: tuple[str, ...] = ()) -> str:
        found = self._id(kind, name)
        if all(node.id != found for node in self.others):
            self.others.append(Node(id=found, kind=kind, title=title, faults=faults))
        return found


def _rules(block: StateTree) -> Iterator[tuple[str, str, Rules]]:
    """Yield each list of rules of *block* with its section and the words for when it applies."""
    yield "then", "", block.then
    for section, branch in block.branches():
        name = clean(branch.name)
        yield section, f"{section} {name}" if section in ("after", "every") else name, branch.rules
    yield "on_error", "on_error", block.on_error


def _is_last(steps: Iterable[StepTree]) -> bool:
    """Tell whether the call is over after *steps*, whatever the state says."""
    return any(step.name in ("hangup", "reject") for step in steps)
