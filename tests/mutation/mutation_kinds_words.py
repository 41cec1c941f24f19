"""Misspelt words: keys, verbs, options, names, events, fields."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mutation_places import Entry, Source, Value, lines_told
from mutation_slips import slips
from mutation_table import Mutant

_KIND_OF_KEY = {
    "section": "section misspelt", "state key": "key of a state misspelt", "verb": "verb misspelt",
    "option": "option misspelt", "key": "other key misspelt", "pressed key": "word among keys misspelt",
    "event": "event misspelt", "language": "language misspelt",
}  # fmt: skip
_DECLARED = {"state": "state's own name misspelt", "prompt": "prompt's own name misspelt",
             "variable": "variable's own name misspelt", "role": "role or leg misspelt"}  # fmt: skip
_KIND_OF_VALUE = {
    "bare verb": "verb misspelt", "state": "state misspelt", "prompt": "prompt misspelt",
    "variable": "variable misspelt", "into": "variable misspelt", "choice": "word of a choice misspelt",
    "audio": "audio, address, list, secret misspelt", "notify": "audio, address, list, secret misspelt",
    "leg": "role or leg misspelt", "legs": "role or leg misspelt", "flow": "flow misspelt",
}  # fmt: skip
_KIND_OF_FORMULA_NAME = {
    "event": "event field misspelt", "list": "audio, address, list, secret misspelt",
    "secret": "audio, address, list, secret misspelt",
}  # fmt: skip
_EXITS = ("hangup", "end", "stay")


def misspelt(source: Source, rng: Random) -> Iterator[Mutant]:
    """Yield each word that means something, with each slip once."""
    for entry in source.entries:
        yield from _key(source, entry, rng)
    for value in source.values:
        yield from _value(source, value, rng)
    yield from _in_formulas(source, rng)


def _key(source: Source, entry: Entry, rng: Random) -> Iterator[Mutant]:
    is_declared = entry.parent == "names" and entry.what in _DECLARED
    kind = _DECLARED[entry.what] if is_declared else _KIND_OF_KEY.get(entry.what, "")
    if entry.what == "variable" and not is_declared:
        kind = "variable misspelt"
    if entry.what == "free" or not kind or not any(letter.isalpha() for letter in entry.word):
        return
    taken = {str(key.value) for key in entry.siblings} | set(source.names(entry.what))
    lines = {entry.line}
    if entry.what == "event":
        places = lines_told(source, entry)
        lines |= places if len(places) == 1 else set()
    if is_declared:
        places = _uses(source, entry)
        lines |= places if len(places) == 1 else set()
    start, end = source.start(entry.key), source.end(entry.key)
    for how, word in slips(entry.word, rng):
        if word not in taken and word != entry.word:
            yield _mutant(source, kind, start, end, word, lines, how)


def _value(source: Source, value: Value, rng: Random) -> Iterator[Mutant]:
    kind = _KIND_OF_VALUE.get(value.what, "")
    word = str(value.node.value)
    if value.owner == "language" and value.what == "text":
        kind = "language misspelt"
    if not kind or not word.replace("_", "").replace("-", "").isalnum() or word.isdigit():
        return
    if value.what == "legs" and word == "me":
        return
    taken = {*source.names(value.what), *value.values, *(_EXITS if value.what == "state" else ())}
    lines = {value.line}
    if value.what == "leg":
        uses = _prefixed(source, word) - {value.line}
        if not uses and word not in source.names("role"):
            return  # nothing else mentions it: any name will do
        lines |= uses if len(uses) == 1 else set()
    for how, slip in slips(word, rng):
        if slip not in taken and slip != word:
            yield _mutant(source, kind, source.start(value.node), source.end(value.node), slip, lines, how)


def _in_formulas(source: Source, rng: Random) -> Iterator[Mutant]:
    variables = source.names("variable")
    for value, start, name in source.formula_names():
        first, dot, rest = name.partition(".")
        kind = _KIND_OF_FORMULA_NAME.get(first, "other name in a formula misspelt")
        kind = "variable misspelt" if name in variables else kind
        line = source.line_of(start)
        for how, word in slips(rest if dot else name, rng):
            if word not in variables and " " not in word and "-" not in word:
                at = start + len(first) + 1 if dot else start
                yield _mutant(source, kind, at, start + len(name), word, {line, value.line}, how)


def _mutant(source: Source, kind: str, start: int, end: int, word: str, lines: set[int], how: str) -> Mutant:
    old = source.text[start:end]
    quote = old[0] if old[:1] in ("'", '"') else ""
    new = f"{quote}{word}{quote}"
    return Mutant(
        kind=kind, path=source.path, text=source.replaced(start, end, new), lines=frozenset(lines),
        what=f"{old} -> {new} ({how})",
    )  # fmt: skip


def _uses(source: Source, entry: Entry) -> set[int]:
    """Return the lines of all places that mention what *entry* declares."""
    word = entry.word
    if entry.what == "role":
        return _prefixed(source, word)
    found = {value.line for value in source.uses(word, entry.what, entry.around.role if entry.what == "state" else "")}
    if entry.what == "variable":
        found |= {value.line for value in source.uses(word, "into")}
        found |= {other.line for other in source.entries if other.word == word and other.parent == "verb:set"}
        found |= {source.line_of(start) for _, start, name in source.formula_names() if name == word}
    return found


def _prefixed(source: Source, word: str) -> set[int]:
    """Return the lines with events and formula names that begin with the leg *word*."""
    found = {entry.line for entry in source.entries if entry.what == "event" and entry.word.startswith(f"{word}.")}
    found |= {value.line for value in source.values if value.what in ("legs", "leg") and value.node.value == word}
    found |= {entry.line for entry in source.entries if entry.parent == "verb:tell" and entry.word == word}
    return found | {source.line_of(start) for _, start, name in source.formula_names() if name.startswith(f"{word}.")}
