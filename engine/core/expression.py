"""
The formulas of ``if:`` and ``{{ }}``, compiled once to closures and evaluated in under a microsecond.

Source: language.md, section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.core.formula_functions import MAX_RESULT
from engine.core.formula_operators import Env, Part, Run, truth
from engine.core.formula_parser import Parser
from engine.core.kinds import FormulaError, FormulaProblem, Kind, MissingValue

__all__ = [
    "Formula", "FormulaError", "FormulaProblem", "Kind", "MissingValue", "compile_condition", "compile_formula",
]  # fmt: skip

MAX_SOURCE = 300  # characters
_WATCHED = ("secret.", "event.", "digits")  # how names begin whose values histories may mask


@dataclass(frozen=True, slots=True)
class Formula:
    """
    A compiled formula.

    *names*: every name it reads (``now()`` for the clock). *secrets*: those whose value is the result; one that is
    only compared is not among them. *is_watched*: it may read something that histories mask.
    """

    source: str
    kind: Kind
    names: frozenset[str]
    secrets: frozenset[str]
    _run: Run = field(repr=False, compare=False)
    is_watched: bool = False

    @property
    def is_constant(self) -> bool:
        """True when it reads nothing: an ``if`` with it is always true or always false (X006)."""
        return not self.names

    def evaluate(self, env: Env) -> object:
        """
        Return the value; *env* maps names with their dots ("event.digit") to values. None counts as an empty text.

        An *env* that is ``recalled`` from (engine.core.scope) notes what a history masks, or has it from a record.

        Raises:
            MissingValue: *env* lacks a name.
            FormulaError: a value is not of the kind that was declared, or the result is a text of over 4 kB.
        """
        recalled = getattr(env, "recalled", None) if self.is_watched else None
        return self._evaluate(env) if recalled is None else recalled(self.names, lambda: self._evaluate(env))

    def _evaluate(self, env: Env) -> object:
        try:
            value = self._run(env)
        except KeyError as error:
            raise MissingValue(f"'{error.args[0]}' has no value at this moment") from None
        except (TypeError, ValueError, OverflowError, RecursionError):
            raise FormulaError(f"the formula {self.source} met a value of an unexpected kind") from None
        if type(value) is str and len(value) > MAX_RESULT:
            raise FormulaError(f"the formula {self.source} gives a text of over {MAX_RESULT} characters")
        return value


def compile_formula(source: str, names: Mapping[str, Kind], *, secret_names: frozenset[str] = frozenset()) -> Formula:
    """
    Return *source* compiled.

    *names* maps every name that may be used, with its dots, to its kind; ``event.recording_urls.*`` stands for all
    names that begin so, ``now()`` allows the clock. What begins with ``secret.`` or is in *secret_names* may only be
    compared with == and !=, in constant time, or stand alone.

    Raises:
        FormulaProblem: it cannot be read, uses what is not declared or not allowed, or mixes kinds.
    """
    if len(source) > MAX_SOURCE:
        raise FormulaProblem(
            f"a formula has at most {MAX_SOURCE} characters, this one has {len(source)}; divide it into several rules",
            column=0, length=len(source), rule="X005",
        )  # fmt: skip
    parser = Parser(source, names, secret_names)
    part = parser.whole()
    used = frozenset(parser.used)
    watched = any(name.startswith(_WATCHED) or name in secret_names for name in used)
    return Formula(source, part.kind, used, used if part.is_secret else frozenset(), part.run, watched)


def compile_condition(source: str, names: Mapping[str, Kind], *, secret_names: frozenset[str] = frozenset()) -> Formula:
    """Return *source* compiled for an ``if``, where it must be true or false. Raises FormulaProblem."""
    formula = compile_formula(source, names, secret_names=secret_names)
    text = source.strip()
    whole = Part(formula.kind, formula._run, source.index(text), text, is_secret=bool(formula.secrets))
    return replace(formula, kind=Kind.YES_NO, _run=truth(whole))
