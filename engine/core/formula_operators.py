"""What the operators of a formula do with each kind of value, decided when the formula is compiled."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest

from engine.core.formula_functions import MAX_RESULT, as_number, as_text
from engine.core.kinds import FormulaError, FormulaProblem, Kind

Env = Mapping[str, object]
Run = Callable[[Env], object]
Test = Callable[[object, object], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """
    A piece of a formula. *text* is its source, *start* the offset; *is_secret*: a secret standing alone. *hours*: the
    name of the hours whose opening it is, or "".
    """

    kind: Kind
    run: Run
    start: int
    text: str
    is_literal: bool = False
    is_secret: bool = False
    hours: str = ""

    def problem(self, message: str, rule: str = "X004") -> FormulaProblem:
        """Return a problem at this place."""
        return FormulaProblem(message, column=self.start, length=len(self.text), rule=rule)

    def refuse_secret(self) -> None:
        """Raise FormulaProblem when this is a secret: only == and != may see one."""
        if self.is_secret:
            raise self.problem(f"'{self.text}' is secret: it can only be compared with == or !=", "X003")


def comparison(sign: str, left: Part, right: Part) -> Test:
    """Return the test that *sign* stands for. Raises FormulaProblem when the two cannot be compared so."""
    if sign in ("==", "!="):
        return _equality(sign, left, right)
    left.refuse_secret()
    right.refuse_secret()
    if sign in ("in", "not in"):
        is_in = _membership(left, right)
        return is_in if sign == "in" else lambda one, other: not is_in(one, other)
    return _order(sign, left, right)


def chain(first: Part, links: list[tuple[Test, Part]]) -> Run:
    """Return what ``first < second <= third`` does; one link, the common case, as directly as possible."""
    if len(links) > 1:
        return lambda env: _holds(env, first.run, links)
    test, second = links[0]
    left, right = first.run, second.run
    if not second.is_literal:
        return lambda env: test(left(env), right(env))
    value = right({})
    return lambda env: test(left(env), value)


def _holds(env: Env, first: Run, links: list[tuple[Test, Part]]) -> bool:
    left = first(env)
    for test, part in links:
        right = part.run(env)
        if not test(left, right):
            return False
        left = right
    return True


def _equality(sign: str, left: Part, right: Part) -> Test:
    if not left.kind.fits(right.kind):
        raise _mismatch(sign, left, right)
    if left.is_secret or right.is_secret:
        return _same_secret if sign == "==" else lambda one, other: not _same_secret(one, other)
    return operator.eq if sign == "==" else operator.ne


def _same_secret(one: object, other: object) -> bool:
    """Compare without telling by the time taken how much is right."""
    return compare_digest(_bytes(one), _bytes(other))


def _bytes(value: object) -> bytes:
    return (value if isinstance(value, str) else str(as_number(value))).encode("utf-8", "surrogatepass")


def _order(sign: str, left: Part, right: Part) -> Test:
    if not left.kind.fits(right.kind):
        raise _mismatch(sign, left, right)
    if not {left.kind, right.kind} <= {Kind.NUMBER, Kind.TIME, Kind.ANY}:
        raise left.problem(f"{sign} compares numbers, and {_both(left, right)}; "
                           f"write {_as_number(left)} {sign} {_as_number(right)}")  # fmt: skip
    test = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[sign]
    return lambda one, other: test(as_number(one), as_number(other))


def _membership(left: Part, right: Part) -> Test:
    if right.kind is Kind.LIST and left.kind.is_text:
        return lambda one, other: one in _as_list(other)
    if right.kind is Kind.ANY and left.kind.is_text:
        return lambda one, other: as_text(one) in (other if isinstance(other, str) else _as_list(other))
    if right.kind.is_text and left.kind.is_text:
        return lambda one, other: as_text(one) in as_text(other)
    if right.kind is Kind.LIST:
        raise left.problem(f"lists hold texts, and '{left.text}' is {left.kind.phrase}; put it in quotes")
    raise right.problem(f"'in' needs a list or a text behind it, and '{right.text}' is {right.kind.phrase}")


def _as_list(value: object) -> list[object] | tuple[object, ...]:
    if isinstance(value, (list, tuple)):
        return value
    raise FormulaError("'in' needs a list or a text behind it, and the value is neither")


def added(left: Part, right: Part) -> tuple[Kind, Run]:
    """Return kind and work of ``left + right``: numbers are added, texts joined. Raises FormulaProblem."""
    left.refuse_secret()
    right.refuse_secret()
    one, other = left.run, right.run
    kinds = {left.kind, right.kind}
    if kinds <= {Kind.NUMBER, Kind.ANY} and Kind.NUMBER in kinds:
        return Kind.NUMBER, lambda env: _rounded(as_number(one(env)) + as_number(other(env)))
    if kinds == {Kind.ANY}:
        return Kind.ANY, lambda env: _sum(one(env), other(env))
    if left.kind.is_text and right.kind.is_text:
        return Kind.TEXT, lambda env: _joined(one(env), other(env))
    if Kind.NUMBER in kinds and (left.kind.is_text or right.kind.is_text):
        raise left.problem(f"{_both(left, right)}; write {_as_number(left)} + {_as_number(right)} to add them, "
                           "or join them in a text with two {{ }}")  # fmt: skip
    raise left.problem(f"+ adds numbers and joins texts, and {_both(left, right)}")


def subtracted(left: Part, right: Part) -> tuple[Kind, Run]:
    """Return kind and work of ``left - right``. Raises FormulaProblem."""
    left.refuse_secret()
    right.refuse_secret()
    if not {left.kind, right.kind} <= {Kind.NUMBER, Kind.ANY}:
        times = Kind.TIME in (left.kind, right.kind)
        advice = "; minutes_since(t) tells how long ago a time was" if times else ""
        raise left.problem(f"- subtracts numbers, and {_both(left, right)}{advice}")
    one, other = left.run, right.run
    return Kind.NUMBER, lambda env: _rounded(as_number(one(env)) - as_number(other(env)))


def negated(part: Part) -> Run:
    """Return the work of ``-part``. Raises FormulaProblem."""
    part.refuse_secret()
    if part.kind not in (Kind.NUMBER, Kind.ANY):
        raise part.problem(f"- stands before a number, and '{part.text}' is {part.kind.phrase}")
    run = part.run
    return lambda env: -as_number(run(env))


def truth(part: Part) -> Run:
    """Return the work of *part* as an operand of and, or, not. Raises FormulaProblem unless it can be true or false."""
    part.refuse_secret()
    run = part.run
    if part.kind is Kind.YES_NO:
        return run
    if part.kind is Kind.ANY:
        return lambda env: as_yes_no(run(env))
    raise part.problem(f"a condition is true or false, and '{part.text}' is {part.kind.phrase}; "
                       f"compare it, such as: {example_condition(part.text, part.kind)}")  # fmt: skip


def as_yes_no(value: object) -> bool:
    """Return *value*, which must be true or false already. Raises FormulaError."""
    if isinstance(value, bool):
        return value
    raise FormulaError("a condition must be true or false, and the value is neither")


def example_condition(text: str, kind: Kind) -> str:
    """Return a condition about *text*, to show a person how."""
    if kind is Kind.NUMBER:
        return f"{text} > 0"
    if kind is Kind.LIST:
        return f"caller.number in {text}"
    return f"minutes_since({text}) > 5" if kind is Kind.TIME else f'{text} != ""'


def _rounded(value: int | float) -> int | float:
    """Return *value* without the noise of binary fractions: 0.1 + 0.2 is 0.3."""
    return round(value, 10) if isinstance(value, float) else value


def _joined(one: object, other: object) -> str:
    left, right = as_text(one), as_text(other)
    if len(left) + len(right) > MAX_RESULT:
        raise FormulaError(f"joining two texts gives over {MAX_RESULT} characters")
    return left + right


def _sum(one: object, other: object) -> object:
    return _joined(one, other) if isinstance(one, str) else _rounded(as_number(one) + as_number(other))


def _both(left: Part, right: Part) -> str:
    if left.kind is right.kind:
        return f"'{left.text}' and '{right.text}' are both {left.kind.phrase}"
    return f"'{left.text}' is {left.kind.phrase} and '{right.text}' is {right.kind.phrase}"


def _as_number(part: Part) -> str:
    if part.kind is Kind.NUMBER or not part.kind.is_text:
        return part.text
    bare = part.text[1:-1]
    return bare if part.is_literal and bare.isdecimal() and bare.isascii() else f"number({part.text})"


def _mismatch(sign: str, left: Part, right: Part) -> FormulaProblem:
    kinds = {left.kind, right.kind}
    advice = ""
    if Kind.NUMBER in kinds and (left.kind.is_text or right.kind.is_text):
        advice = f"; write {_as_number(left)} {sign} {_as_number(right)}"
        number, text = (left, right) if left.kind is Kind.NUMBER else (right, left)
        if number.is_literal and not text.is_literal and sign in ("==", "!="):
            quoted = f'"{number.text}"'
            sides = (quoted, text.text) if number is left else (text.text, quoted)
            advice = f"; write {sides[0]} {sign} {sides[1]}, or {_as_number(left)} {sign} {_as_number(right)}"
    elif kinds == {Kind.TIME, Kind.NUMBER}:
        advice = "; minutes_since(t) makes a number of a time"
    elif Kind.YES_NO in kinds and sign in ("==", "!="):
        name = left.text if left.kind is Kind.YES_NO else right.text
        advice = f"; write {name}, or not {name}"
    return left.problem(f"{_both(left, right)}, so {sign} cannot compare them{advice}")
