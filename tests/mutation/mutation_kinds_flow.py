"""Slips of sense: exits, limits and answers left out, rules that match nothing, states that nobody comes to."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import yaml
from mutation_places import Around, Entry, Item, Source, lines_told
from mutation_table import Mutant

_KIND_OF_DELETED = {"nothing": "deleted nothing", "after": "deleted after", "then": "deleted then"}
_NEEDED = ("call.dequeued", "call.bridged")  # what ends a wait or begins a talk
_AUDIBLE = ("speak", "prompt", "play", "gather", "record")


def wrong_sense(source: Source, rng: Random) -> Iterator[Mutant]:
    """Yield each slip of sense in each place where it can happen."""
    for entry in source.entries:
        yield from _deleted(source, entry)
        if entry.what == "state":
            yield from _nobody_comes(source, entry, rng)
    for item in source.items:
        yield from _match_nothing(source, item)
        yield from _audio_first(source, item)


def _lines_of_targets(source: Source, entry: Entry) -> set[int]:
    """Return the lines of the states that *entry* leads to and nothing else does, as they are once it is gone."""
    first, last = entry.line, source.last_line(entry.value)
    targets = [value for value in source.values if value.what == "state" and first <= value.line <= last]
    alone = {
        value.node.value
        for value in targets
        if all(first <= use.line <= last for use in source.uses(value.node.value, "state", value.around.role))
    }
    role = entry.around.role
    lines = {
        other.line
        for other in source.entries
        if other.what == "state" and other.word in alone and other.around.role == role
    }
    gone = source.text.count("\n") - source.without_entry(entry).count("\n")
    return {line - gone if line > last else line for line in lines}


def _lines_of_menu(source: Source, around: Around) -> set[int]:
    """Return the lines of the prompts that the state speaks: a menu that names the key is the other place to mend."""
    spoken = {value.node.value for value in source.values if value.what == "prompt" and value.line in around.steps}
    return {
        line
        for entry in source.entries
        if entry.what == "prompt" and entry.word in spoken
        for line in range(entry.line, source.last_line(entry.value) + 1)
    }


def _lines_of_unused(source: Source, entry: Entry) -> set[int]:
    """Return the lines of the variables and prompts that only *entry* mentions; they stand above all states."""
    first, last = entry.line, source.last_line(entry.value)
    mentioned = {name: source.line_of(at) for _, at, name in source.formula_names()}
    mentioned |= {value.node.value: value.line for value in source.values if value.what == "prompt"}
    within = {name for name, line in mentioned.items() if first <= line <= last}
    return {other.line for other in source.entries if other.parent == "names" and other.word in within}


def _deleted(source: Source, entry: Entry) -> Iterator[Mutant]:
    word = entry.word
    is_exit = entry.what in ("pressed key", "event", "time") or word in ("keys", "on", "every", "on_error", "anywhere")
    kind = _KIND_OF_DELETED.get(word, "deleted exit" if is_exit else "")
    is_whole_rule = entry.parent == "rule" and len(entry.siblings) == 1
    if not kind or is_whole_rule or (word == "nothing" and entry.what != "pressed key"):
        return
    lines = frozenset(_lines_of_deleted(source, entry, kind))
    yield Mutant(
        kind=kind, path=source.path, text=source.without_entry(entry), lines=lines, what=f"{word} in line {entry.line}",
        excuse=_excuse(entry),
    )  # fmt: skip


def _lines_of_deleted(source: Source, entry: Entry, kind: str) -> set[int]:
    """
    Return where a report is right when *entry* is gone: around it, or where it is missed.

    Around it are the state, the section and the rule that it stood in; for an exit of ``anywhere`` that is every state
    of the role. It is missed at the steps whose outcome it handled, and at a state that nothing leads to any more.
    """
    word, around = entry.word, entry.around
    lines = {around.state, around.section}
    if entry.parent in ("rule", "exits"):
        lines.add(entry.map.start_mark.line + 1)
    if entry.what in ("event", "pressed key") or word in ("on", "after", "keys"):
        lines.update(around.steps)
    if entry.what == "pressed key":
        lines |= _lines_of_menu(source, around)
    lines |= lines_told(source, entry)
    if kind in ("deleted exit", "deleted then"):
        lines |= _lines_of_targets(source, entry) | _lines_of_unused(source, entry)
    if around.state_name == "anywhere" or word == "anywhere":
        gone = source.text.count("\n") - source.without_entry(entry).count("\n")
        states = [other for other in source.entries if other.what == "state" and other.around.role == around.role]
        lines |= {line - gone * (line > entry.line) for each in states for line in (each.line, *each.around.steps)}
        lines |= _owner(source, around.role)
    return lines - {0}


def _owner(source: Source, role: str) -> set[int]:
    """Return the line of the role, for the caller that of the flow's name."""
    return {
        entry.line
        for entry in source.entries
        if (entry.what == "role" and entry.word == role) or (role == "caller" and entry.word == "flow")
    }


def _excuse(entry: Entry) -> str:
    """Return why a flow can do without this exit, "" where it cannot."""
    others = {str(key.value) for key in entry.siblings if key is not entry.key}
    match entry.what, entry.word:
        case "pressed key", "anything_else" if "digits" in others:
            return "digits takes the keys"
        case "pressed key", "anything_else" if entry.around.keys_are_limited:
            return "gather lets no other key through"
        case "pressed key", "digits" if "anything_else" in others:
            return "anything_else takes the keys"
        case "pressed key", word if word not in ("digits", "anything_else", "nothing"):
            return "digits or anything_else takes this key" if others & {"digits", "anything_else"} else ""
        case "event", word if word not in _NEEDED and not _of_other_leg(word):
            return "an event that may pass unhandled"
        case "time", _:
            return "another time limits the state" if others else ""
        case "state key", "every":
            return "a turn that may be left out"
        case "state key", "on_error" if entry.parent == "state":
            return "anywhere says what happens when something fails"
        case "state key", "on" if others & {"then", "keys", "after"} and entry.around.last_verb != "transfer":
            return "events that may pass unhandled"
        case "state key", "after" if "on" in others and entry.around.last_verb == "transfer":
            return "every outcome of the last step leads on"
        case "key", "then" if "do" in others:
            return "a handler that may stay where it is" if entry.around.branch in ("event", "turn") else ""
    return ""


def _of_other_leg(event: str) -> bool:
    """Tell whether *event* says that somebody else is gone, or here: what then must be said."""
    first, _, rest = event.partition(".")
    return first not in ("call", "conference", "anyone") and rest in ("call.hangup", "joined", "left")


def _match_nothing(source: Source, item: Item) -> Iterator[Mutant]:
    """The last rule of a list, which has no if, is lost or gets one."""
    nodes = item.list.value
    if item.what != "exits" or item.node is not nodes[-1] or len(nodes) < 2 or item.around.branch in ("event", "turn"):
        return
    if not isinstance(item.node, yaml.MappingNode) or any(key.value == "if" for key, _ in item.node.value):
        return
    first = nodes[0].start_mark.line + 1
    lines = {item.around.state, item.around.section, item.node.start_mark.line + 1} - {0}
    lines |= {node.start_mark.line + 1 for node in nodes}
    condition = next((value for key, value in nodes[0].value if key.value == "if"), None)
    kind = "rules that match nothing"
    yield Mutant(
        kind=kind, path=source.path, text=source.without_item(item), lines=frozenset(lines), what=f"from line {first}"
    )
    if condition is not None:
        at, column = source.start(item.node), item.node.start_mark.column
        added = f"if: {source.raw(condition)}\n{' ' * column}"
        yield Mutant(
            kind=kind, path=source.path, text=source.replaced(at, at, added), lines=frozenset({*lines, max(lines) + 1}),
            what="the last rule gets an if",
        )  # fmt: skip


def _audio_first(source: Source, item: Item) -> Iterator[Mutant]:
    """The step answer is lost, or stands behind the first step that is heard."""
    nodes = item.list.value
    if item.what != "steps" or not isinstance(item.node, yaml.ScalarNode) or item.node.value != "answer":
        return
    index = next(i for i, node in enumerate(nodes) if node is item.node)
    lines = {item.around.state, item.around.section} - {0}
    heard = {node.start_mark.line + 1 for node in nodes[index + 1 :]}
    moved = 0 if item.list.flow_style else 1  # the lines below move up
    after = {line - moved for line in heard | _steps_to_come(source, item)}
    yield Mutant(
        kind="audio before answer", path=source.path, text=source.without_item(item),
        lines=frozenset(lines | after), what=f"no answer in line {item.node.start_mark.line + 1}",
    )  # fmt: skip
    following = nodes[index + 1] if index + 1 < len(nodes) else None
    if isinstance(following, yaml.MappingNode) and following.value[0][0].value in _AUDIBLE:
        first, second = source.raw(item.node), source.raw(following)
        text = source.text[: source.start(item.node)] + second
        text += source.text[source.end(item.node) : source.start(following)] + first
        text += source.text[source.end(following) :]
        yield Mutant(
            kind="audio before answer", path=source.path, text=text,
            lines=frozenset({item.node.start_mark.line + 1}), what=f"answer behind {second}",
        )  # fmt: skip


def _steps_to_come(source: Source, item: Item) -> set[int]:
    """Return the lines of the steps of handlers in the state of *item*, and in the states that it leads to."""
    here = (item.around.role, item.around.state_name)
    nexts = {
        value.node.value
        for value in source.values
        if value.what == "state"
        and value.around.role == item.around.role
        and value.around.state_name in (item.around.state_name, "anywhere")
    }
    found = {
        other.node.start_mark.line + 1
        for other in source.items
        if other.what == "steps" and (other.around.role, other.around.state_name) == here
    }
    states = [other for other in source.entries if other.what == "state" and other.word in nexts]
    return found | {line for other in states for line in other.around.steps}


def _nobody_comes(source: Source, entry: Entry, rng: Random) -> Iterator[Mutant]:
    """A state that nothing leads to: a new one, or an old one whose only exit leads elsewhere now."""
    last = source.last_line(entry.value)
    line_end = source.text.find("\n", source.end(entry.value))
    at = line_end if line_end >= 0 else len(source.text)
    column = entry.key.start_mark.column
    if not entry.map.flow_style:
        new = f"\n{' ' * column}left_over:\n{' ' * column}  then: hangup"
        yield Mutant(
            kind="unreachable state", path=source.path, text=source.replaced(at, at, new),
            lines=frozenset({last + 1}), what=f"a state that nobody leads to behind {entry.word}",
        )  # fmt: skip
    uses = source.uses(entry.word, "state", entry.around.role)
    if len(uses) == 1:
        others = [name for name in source.names("state") if name != entry.word] + ["hangup"]
        node = uses[0].node
        yield Mutant(
            kind="unreachable state", path=source.path,
            text=source.replaced(source.start(node), source.end(node), "hangup"),
            lines=frozenset({entry.line, uses[0].line}), what=f"{entry.word} loses its only way in for {others[-1]}",
        )  # fmt: skip
