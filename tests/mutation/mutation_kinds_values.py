"""Values of the wrong kind: units, types, choices, quotes, comparison signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import yaml
from mutation_places import Source, Value
from mutation_table import Mutant

from engine.core.verbs import VERBS

_DURATION = re.compile(r"([0-9.]+)([smh])")
_WORDS_OF_UNITS = {"s": ("sec", " seconds", "secs"), "m": ("min", " minutes", "mins"), "h": ("hr", " hours", "hrs")}
_WRONG_TYPES = {
    "count": ("three", "[{0}]", '"{0}"', "{0}.5"), "digits": ("four", "[{0}]", "{0} digits", "{{from: 1, to: 4}}"),
    "forever": ("always", "[{0}]", "true"), "yes_no": ("yes", "no", "1", '"{0}"', "[{0}]"),
    "text": ("[{0}]", "{{text: {0}}}"), "prompt text": ("[{0}]", "{{text: {0}}}"),
    "state": ("[{0}]", "{{state: {0}}}", "7", "true"), "prompt": ("[{0}]", "{{name: {0}}}", "7"),
    "variable": ("[{0}]", "7"), "audio": ("[{0}]", "{{name: {0}}}", "7"), "notify": ("[{0}]", "7"),
    "choice": ("[{0}]", "7", "true"), "formula": ("[{0}]", "7"), "duration": ("[{0}]", "true", "soon"),
    "phone": ("[{0}]", "555", "tomorrow"), "key": ("[{0}]", "pound", "true"), "keys": ("[{0}]", "any"),
    "leg": ("[{0}]", "7"), "name": ("[{0}]", "7"), "calls_to": ("all", "7"),
}  # fmt: skip
_WRONG_BLOCKS = {
    "do": ("answer", "{answer: now}"), "keys": ("menu", "[menu]"), "on": ("menu", "[call.hangup]"),
    "after": ("30s", "[30s]"), "every": ("60s",), "states": ("menu", "[menu]"), "anywhere": ("hangup", "[hangup]"),
    "settings": ("en-US", "[en-US]"), "starts_when": ("any", "[any]"), "prompts": ("welcome",),
    "remember": ("pin", "[pin]"), "roles": ("agent", "[agent]"),
}  # fmt: skip
_NO_CHOICE = ("always_on", "loud", "ogg", "stereo", "string", "integer", "boolean", "maybe")
_SIGNS = {"==": ("=", "===", "is"), "!=": ("=!", "<>"), ">=": ("=>",), "<=": ("=<",)}
_NUMERIC = re.compile(r"\+?[0-9]+")
_CURLY = {'"': "“”", "'": "‘’"}


def wrong_values(source: Source, rng: Random) -> Iterator[Mutant]:
    """Yield each value in each wrong way."""
    for value in source.values:
        yield from _units(source, value.node)
        yield from _types(source, value)
        yield from _choices(source, value, rng)
        if value.what == "formula":
            yield from _signs(source, value)
    for entry in source.entries:
        if entry.what == "time":
            yield from _units(source, entry.key)
        if not isinstance(entry.value, yaml.ScalarNode):
            yield from _blocks(source, entry.word, entry.value)
    for node in _scalars(source):
        yield from _quotes(source, node)


def _mutant(
    source: Source, kind: str, start: int, end: int, new: str, *, line: int | None = None, excuse: str = ""
) -> Mutant:
    lines = frozenset({line if line is not None else source.line_of(start)})
    old = source.text[start:end]
    return Mutant(
        kind=kind, path=source.path, text=source.replaced(start, end, new), lines=lines, what=f"{old} -> {new}",
        excuse=excuse,
    )  # fmt: skip


def _units(source: Source, node: yaml.ScalarNode) -> Iterator[Mutant]:
    match = _DURATION.fullmatch(str(node.value))
    if match is None:
        return
    number, unit = match[1], match[2]
    forms = (
        number, f'"{number}"', f"{number} {unit}", f"{number}{unit.upper()}", f"{number}ms", f"{number}d",
        f"{unit}{number}", f"{number}:00", *(number + word for word in _WORDS_OF_UNITS[unit]),
    )  # fmt: skip
    for form in forms:
        yield _mutant(source, "wrong unit", source.start(node), source.end(node), form)


def _types(source: Source, value: Value) -> Iterator[Mutant]:
    raw = source.raw(value.node)
    if "\n" in raw:
        return
    for form in _WRONG_TYPES.get(value.what, ()):
        if form.startswith("{{text:") and value.owner in VERBS:
            continue  # that is its long form
        new = form.format(raw)
        if new != raw and not new.startswith('""'):
            yield _mutant(source, "wrong type", source.start(value.node), source.end(value.node), new)


def _blocks(source: Source, word: str, node: yaml.Node) -> Iterator[Mutant]:
    """A block replaced by a word or a list behind its key."""
    for form in _WRONG_BLOCKS.get(word, ()):
        start = source.start(node)
        at = start if node.flow_style else source.text.rindex(":", 0, start) + 1
        yield _mutant(source, "wrong type", at, source.end(node), form if node.flow_style else f" {form}",
                      line=source.line_of(at))  # fmt: skip


def _choices(source: Source, value: Value, rng: Random) -> Iterator[Mutant]:
    if value.what == "choice":
        for word in rng.sample(_NO_CHOICE, 4):
            if word not in value.values:
                yield _mutant(source, "wrong word of a choice", source.start(value.node), source.end(value.node), word)


def _signs(source: Source, value: Value) -> Iterator[Mutant]:
    raw, start = source.raw(value.node), source.start(value.node)
    for sign, others in _SIGNS.items():
        for match in re.finditer(f"(?<![=!<>]){sign}", raw):
            for other in others:
                yield _mutant(source, "== written =", start + match.start(), start + match.end(), other)


def _scalars(source: Source) -> Iterator[yaml.ScalarNode]:
    todo = [source.root]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
        else:
            todo += [part for pair in node.value for part in pair]


def _quotes(source: Source, node: yaml.ScalarNode) -> Iterator[Mutant]:
    if node.style not in ("'", '"'):
        return
    start, end = source.start(node), source.end(node)
    inner = source.text[start + 1 : end - 1]
    mark = source.text[start]
    yield _mutant(source, "missing quote", start, start + 1, "")
    yield _mutant(source, "missing quote", end - 1, end, "", line=source.line_of(start))
    if _NUMERIC.fullmatch(inner):
        yield _mutant(source, "number unquoted", start, end, inner, excuse="an unquoted number keeps its digits")
    else:
        yield _mutant(source, "missing quote", start, end, inner)
    yield _mutant(source, "curly quotes", start, end, _CURLY[mark][0] + inner + _CURLY[mark][1])
    if _NUMERIC.fullmatch(inner) is None and "\n" not in inner:
        yield _mutant(source, "curly quotes", end - 1, end, _CURLY[mark][1])
