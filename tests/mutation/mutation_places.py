"""
Where things stand in the text of a flow: keys, values, list items, each with what it is.

Built on PyYAML's own tree and on the words of the published schema; the engine's reader and rules are not used, so that
the program that makes mistakes knows nothing of the one that finds them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.core.verbs import VERBS
from engine.language.schema import flow_schema

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAMES_IN = {"states": "state", "prompts": "prompt", "remember": "variable", "roles": "role", "hours": "hours",
             "needs": "variable"}  # fmt: skip
_KEYS_OF = {"flow": "section", "role": "section", "state": "state key", "anywhere": "state key", "step": "verb"}
_FREE_KEYS = {"keys": "pressed key", "on": "event", "waits": "time", "prompt": "language", "verb:set": "variable"}
_BRANCHES = ("event", "pressed key", "time")
_FORMULA_NAME = re.compile(r"[A-Za-z_][\w.]*")
_TEXT_IN_FORMULA = re.compile(r"""\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'""")
_FORMULA_WORDS = frozenset({"and", "or", "not", "in", "true", "false"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a place stands in; lines count from 1, 0 where there is none. *section* is the nearest key around."""

    state: int = 0
    section: int = 0
    role: str = ""  # the states of this role
    state_name: str = ""
    steps: tuple[int, ...] = ()  # lines of the steps of the state's do
    last_verb: str = ""  # of these, the verb of the last
    keys_are_limited: bool = False  # its last step says which keys count
    branch: str = ""  # what the nearest entry of on, keys, after or every is: event, pressed key, time, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``key: value``. *what*: section, state key, verb, option, key, or the sort of name or event that the key is."""

    key: yaml.ScalarNode
    value: yaml.Node
    what: str
    parent: str  # what the schema calls the map around it
    around: Around
    siblings: tuple[yaml.Node, ...]  # all keys of the map
    map: yaml.MappingNode

    @property
    def word(self) -> str:
        return str(self.key.value)

    @property
    def line(self) -> int:
        return int(self.key.start_mark.line) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A scalar and *what* belongs there; *values* of a choice."""

    node: yaml.ScalarNode
    what: str
    around: Around
    values: tuple[str, ...] = ()
    owner: str = ""  # its key

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One dash, or one element of ``[ ]``."""

    node: yaml.Node
    what: str  # what the schema calls the list
    around: Around
    list: yaml.SequenceNode
    owner: str  # the key of the list


@dataclass(slots=True)
class Source:
    """One flow file and its places."""

    path: str
    text: str
    root: yaml.Node = field(init=False)
    entries: list[Entry] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = yaml.compose(self.text, Loader=_LOADER)
        _Walk(self).visit(self.root, _schema(), Around(role="caller"), "")

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def raw(self, node: yaml.Node) -> str:
        """Return the text of *node* as written, quotes included."""
        return self.text[self.start(node) : self.end(node)]

    def start(self, node: yaml.Node) -> int:
        return int(node.start_mark.index)

    def end(self, node: yaml.Node) -> int:
        """Return the offset behind the last character of *node*; a block ends with its last value."""
        if isinstance(node, yaml.ScalarNode) or node.flow_style:
            return int(node.end_mark.index)
        last = node.value[-1]
        return self.end(last[1] if isinstance(last, tuple) else last)

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def last_line(self, node: yaml.Node) -> int:
        return self.line_of(self.end(node))

    def replaced(self, start: int, end: int, new: str) -> str:
        return self.text[:start] + new + self.text[end:]

    def with_lines(self, first: int, last: int, new: list[str]) -> str:
        """Return the text with the lines from *first* to *last* (from 1, inclusive) replaced."""
        lines = self.lines
        return "\n".join([*lines[: first - 1], *new, *lines[last:]])

    def without_entry(self, entry: Entry) -> str:
        """Return the text without one ``key: value``, tidily: with its comma or its lines."""
        pairs = entry.map.value
        index = next(i for i, (key, _) in enumerate(pairs) if key is entry.key)
        if index + 1 < len(pairs):
            return self.replaced(self.start(entry.key), self.start(pairs[index + 1][0]), "")
        if index:
            return self.replaced(self.end(pairs[index - 1][1]), self.end(entry.value), "")
        if entry.map.flow_style:
            return self.replaced(self.start(entry.key), self.end(entry.value), "")
        return self.with_lines(entry.line, self.last_line(entry.value), [])

    def without_item(self, item: Item) -> str:
        """Return the text without one dash or element."""
        nodes = item.list.value
        index = next(i for i, node in enumerate(nodes) if node is item.node)
        if not item.list.flow_style:
            return self.with_lines(item.node.start_mark.line + 1, self.last_line(item.node), [])
        if index + 1 < len(nodes):
            return self.replaced(self.start(item.node), self.start(nodes[index + 1]), "")
        before = self.end(nodes[index - 1]) if index else self.start(item.node)
        return self.replaced(before, self.end(item.node), "")

    def names(self, what: str) -> list[str]:
        """Return all names of one sort: states, prompts, variables, roles."""
        return [entry.word for entry in self.entries if entry.what == what and entry.parent == "names"]

    def uses(self, word: str, what: str, role: str = "") -> list[Value]:
        """Return the values of one sort that say *word* (of one role's states)."""
        found = [value for value in self.values if value.what == what and value.node.value == word]
        return [value for value in found if not role or value.around.role == role]

    def formula_names(self) -> Iterator[tuple[Value, int, str]]:
        """Yield each name in a formula: the value, the name's offset in the text, the name."""
        for value in self.values:
            raw, start = self.raw(value.node), self.start(value.node)
            spans = [(0, len(raw))] if value.what == "formula" else []
            if value.what != "formula":
                spans = [match.span(1) for match in re.finditer(r"\{\{(.*?)\}\}", raw)]
            for first, last in spans:
                inside = _TEXT_IN_FORMULA.sub(lambda match: "?" * len(match[0]), raw[first:last])
                for match in _FORMULA_NAME.finditer(inside):
                    if match[0] not in _FORMULA_WORDS and not inside[match.end() :].lstrip().startswith("("):
                        yield value, start + first + match.start(), match[0]


class _Walk:
    """Goes through the tree and the schema side by side."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def visit(self, node: yaml.Node, schema: Mapping[str, Any], around: Around, owner: str) -> None:
        schema = _resolved(schema)
        if isinstance(node, yaml.MappingNode):
            self._map(node, schema, around, owner)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                what = schema.get("x-is", "")
                self.source.items.append(Item(node=item, what=what, around=around, list=node, owner=owner))
                self.visit(item, schema.get("items", {}), around, owner)
        elif isinstance(node, yaml.ScalarNode) and node.value:
            what = _sort_of(schema, owner)
            values = tuple(_choices(schema))
            self.source.values.append(Value(node=node, what=what, around=around, values=values, owner=owner))

    def _map(self, node: yaml.MappingNode, schema: Mapping[str, Any], around: Around, owner: str) -> None:
        parent = schema.get("x-is", "")
        properties = schema.get("properties", {})
        keys = tuple(key for key, _ in node.value)
        for key, value in node.value:
            inner = properties.get(key.value, schema.get("additionalProperties") or {})
            if key.value in properties:
                what = _KEYS_OF.get(parent, "option" if parent.startswith("verb:") else "key")
            elif parent == "names":
                what = _NAMES_IN.get(owner, "name")
            else:
                what = _FREE_KEYS.get(parent, "free")
            line = key.start_mark.line + 1
            branch = "turn" if what == "time" and owner == "every" else what if what in _BRANCHES else around.branch
            here = replace(around, section=line, branch=branch)
            if what == "state" or key.value == "anywhere":
                here = _state(key, value, around.role)
            elif what == "role":
                here = Around(section=line, role=key.value)
            entry_around = here if what == "state" else around
            self.source.entries.append(
                Entry(key=key, value=value, what=what, parent=parent, around=entry_around, siblings=keys, map=node)
            )
            self.visit(value, inner, here, f"{parent}.{key.value}" if parent.startswith("verb:") else key.value)


def lines_told(source: Source, entry: Entry) -> set[int]:
    """Return the lines of the steps that tell the word which the event *entry*, or an event below it, hears."""
    first, last = entry.line, source.last_line(entry.value)
    words = {
        other.word.rpartition(".says.")[2]
        for other in source.entries
        if other.what == "event" and ".says." in other.word and first <= other.line <= last
    }
    lines = {value.line for value in source.values if value.node.value in words and value.owner.startswith("verb:tell")}
    return lines | {other.line for other in source.entries if other.word in words and other.parent == "word"}


def _state(key: yaml.ScalarNode, value: yaml.Node, role: str) -> Around:
    """Return what is around everything in a state, or in ``anywhere``."""
    line = key.start_mark.line + 1
    pairs = value.value if isinstance(value, yaml.MappingNode) else []
    found = next((steps for word, steps in pairs if word.value == "do"), None)
    steps = found.value if isinstance(found, yaml.SequenceNode) else []
    last = steps[-1] if steps else None
    verb = last.value[0][0].value if isinstance(last, yaml.MappingNode) else last.value if last is not None else ""
    lines = tuple(step.start_mark.line + 1 for step in steps)
    options = last.value[0][1].value if isinstance(last, yaml.MappingNode) else ()
    is_limited = any(isinstance(each, tuple) and each[0].value == "only" for each in options)
    return Around(
        state=line, section=line, role=role, state_name=key.value, steps=lines, last_verb=verb,
        keys_are_limited=is_limited,
    )  # fmt: skip


@cache
def _schema() -> Mapping[str, Any]:
    return json.loads(json.dumps(flow_schema()))


def _resolved(schema: Any) -> Mapping[str, Any]:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = _schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema if isinstance(schema, dict) else {}


def _choices(schema: Mapping[str, Any]) -> list[str]:
    if "enum" in schema:
        return list(schema["enum"])
    found = re.fullmatch(r"\^\(([\w|]+)\)\$", str(schema.get("pattern", "")))
    return found[1].split("|") if found and not str(schema.get("x-is")).startswith("step") else []


def _sort_of(schema: Mapping[str, Any], owner: str) -> str:
    """Return what a scalar is: for a name the sort of what it names."""
    what = str(schema.get("x-is", ""))
    verb_name, _, option_name = owner.rpartition(".")
    verb = VERBS.get(verb_name.removeprefix("verb:") if verb_name else owner)
    if what.startswith("verb:") or verb_name or what == "name":
        option = verb.option(option_name if verb_name else verb.main) if verb is not None else None
        if option is not None:
            return option.type
    if what in ("exit", "exits", "then"):
        return "state"
    if what == "step":
        return "bare verb"
    return "choice" if _choices(schema) else what


def sources(folder: Path) -> list[Source]:
    """Return every flow of *folder*, in the order of the names."""
    return [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.flow.yaml"))]
