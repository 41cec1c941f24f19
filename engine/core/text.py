"""Texts with ``{{ formula }}`` in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from engine.core.expression import MAX_SOURCE, Formula, compile_formula
from engine.core.formula_functions import MAX_RESULT
from engine.core.kinds import FormulaError, FormulaProblem, Kind, MissingValue

_SINGLE_BRACE = re.compile(r"\{[^{}]*\}\}")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  # of SSML
# The end of a formula, or a quoted text, which may hold braces itself.
_END_OR_QUOTED = re.compile(r"""\}\}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """
    A text with formulas in it; exactly one ``{{ }}`` keeps its value's type (*kind*), else it is a text.

    *names*: every name it reads. *secrets*: those whose value becomes part of the result.
    """

    source: str
    kind: Kind
    names: frozenset[str]
    secrets: frozenset[str]
    _parts: tuple[str | Formula, ...]

    def evaluate(self, env: Mapping[str, object]) -> object:
        """
        Return the text filled in with the values of *env*; a value that is missing is an empty text, a time None.

        Braces inside a value are text. Raises FormulaError: a value has the wrong kind, or the text is over 4 kB.
        """
        parts = self._parts
        if len(parts) == 1 and isinstance(parts[0], Formula):
            value = _value(parts[0], env)
            return "" if value is None and self.kind is not Kind.TIME else value
        text = "".join(part if isinstance(part, str) else self._said(_value(part, env)) for part in parts)
        if len(text) > MAX_RESULT:
            raise FormulaError(f"a text gets over {MAX_RESULT} characters long")
        return text

    def encoded(self, env: Mapping[str, object]) -> str:
        """Return an address filled in: what comes from a value is percent-encoded, so that it stays one part of it."""
        parts = self._parts
        return "".join(part if isinstance(part, str) else quote(as_words(_value(part, env)), safe="") for part in parts)

    @property
    def is_ssml(self) -> bool:
        return is_ssml(self.source)

    def _said(self, value: object) -> str:
        """Return *value* in words; inside SSML it is escaped, so that nobody's name becomes markup."""
        return as_words(value).translate(_MARKUP) if self.is_ssml else as_words(value)


def unsayable_time(source: str) -> str:
    """Return the advice to somebody who put a time into a text as it is; *source* is the formula."""
    return f"a time alone cannot be said; write {{{{ spoken_time({source}) }}}}"


def is_ssml(source: str) -> bool:
    """Tell whether an author's text is SSML: it then begins with <speak>."""
    return source.lstrip().startswith("<speak")


def compile_text(source: str, names: Mapping[str, Kind], *, secret_names: frozenset[str] = frozenset()) -> Text | str:
    """
    Return *source* compiled, or *source* itself when there is no ``{{ }}`` in it.

    *names* and *secret_names* as in compile_formula; a secret may be filled in, and whoever speaks or logs the
    text looks at *secrets*. Raises FormulaProblem, with columns that count in *source*.
    """
    if "{{" not in source and "}}" not in source:
        return source
    parts = tuple(_split(source, names, secret_names))
    formulas = [part for part in parts if isinstance(part, Formula)]
    if not formulas:
        return source
    kind = formulas[0].kind if len(parts) == 1 else Kind.TEXT
    return Text(
        source, kind, frozenset().union(*(formula.names for formula in formulas)),
        frozenset().union(*(formula.secrets for formula in formulas)), parts,
    )  # fmt: skip


def _value(formula: Formula, env: Mapping[str, object]) -> object:
    try:
        return formula.evaluate(env)
    except MissingValue:
        return None


def _split(source: str, names: Mapping[str, Kind], secret_names: frozenset[str]) -> Iterator[str | Formula]:
    """Yield the texts and formulas of *source*; space around a lone formula does not count."""
    alone = source.strip()
    lone = alone.startswith("{{") and _end_of(alone, 2) == len(alone) - 2
    position = 0
    while (start := source.find("{{", position)) >= 0:
        if start > position and not lone:
            yield _plain(source, position, start)
        end = _end_of(source, start + 2)
        if end < 0:
            raise FormulaProblem("the {{ that opens here is never closed with }}", column=start, length=2, rule="X001")
        formula = _formula(source, start + 2, end, names, secret_names)
        if formula.kind is Kind.TIME and not lone:
            inside = source[start + 2 : end].strip()
            raise FormulaProblem(unsayable_time(inside), column=start, length=end + 2 - start, rule="X004")
        yield formula
        position = end + 2
    if position < len(source) and not lone:
        yield _plain(source, position, len(source))


def _end_of(source: str, start: int) -> int:
    """Return where the ``}}`` is that ends the formula from *start*, or -1."""
    for match in _END_OR_QUOTED.finditer(source, start, start + 2 * MAX_SOURCE):
        if match[0] == "}}":
            return match.start()
    return source.find("}}", start)  # a quote is not closed, or it is too long: the formula says so itself


def _plain(source: str, start: int, end: int) -> str:
    if match := _SINGLE_BRACE.search(source, start, end):
        raise FormulaProblem(
            "a formula in a text opens with two braces: {{", column=match.start(), length=1, rule="X001"
        )
    return source[start:end]


def _formula(source: str, start: int, end: int, names: Mapping[str, Kind], secret_names: frozenset[str]) -> Formula:
    inside = source[start:end]
    if not inside.strip():
        raise FormulaProblem("there is nothing between {{ and }}; write a name there", column=start - 2,
                             length=end - start + 4, rule="X001")  # fmt: skip
    try:
        return compile_formula(inside, names, secret_names=secret_names)
    except FormulaProblem as problem:
        raise FormulaProblem(problem.message, column=start + problem.column, length=problem.length,
                             rule=problem.rule) from None  # fmt: skip


def as_words(value: object) -> str:
    """Return *value* as it is said in a text: 3 not 3.0, yes and no, lists with commas, nothing for None."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{round(value, 10) + 0.0:.10f}".rstrip("0").rstrip(".")
    if isinstance(value, int) and abs(value) < 10**100:  # Python refuses to write out an endless one
        return str(value)
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (list, tuple, dict)) for item in value):
        return ", ".join(as_words(item) for item in value)
    raise FormulaError("a value is too complex to be part of a text; use one of its fields")
