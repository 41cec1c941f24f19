"""
Reads a formula and compiles it to closures, typed, in one pass.

A checked subset of Python expressions with a parser of its own: Python's would refuse names such as ``event.from``,
count columns in bytes, and say "invalid syntax" where a person needs a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import itemgetter

from engine.core import formula_operators as operators
from engine.core.formula_functions import FIRST_HOURS, FUNCTIONS, SYNONYMS, Function
from engine.core.formula_operators import Env, Part, Run
from engine.core.formula_tokens import FORBIDDEN_WORDS, WORD_HINTS, Token, tokenize
from engine.core.kinds import FormulaProblem, Kind
from engine.core.nearest import did_you_mean

MAX_LEVELS = 30  # brackets, calls, not, minus

_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">=", "in", "not"))
_RESERVED = frozenset(("and", "or", "not", "in"))
_CONSTANTS = {"true": True, "false": False}
_MOST_LISTED = 10  # fields that a sentence can hold
_ALL_FUNCTIONS = ", ".join(f"{name}()" for name in FUNCTIONS)


class Parser:
    """Reads left to right: or, and, not, comparisons, sums, then values, names, calls and brackets."""

    def __init__(self, source: str, names: Mapping[str, Kind], secret_names: frozenset[str]) -> None:
        self.used: set[str] = set()
        self._source = source
        self._names = names
        self._secret_names = secret_names
        self._tokens = tokenize(source)
        self._at = 0
        self._level = 0

    def whole(self) -> Part:
        """Return all of the source as one part. Raises FormulaProblem."""
        if self._is_at_end:
            raise self._problem(self._token, "the formula is empty")
        part = self._either()
        if not self._is_at_end:
            raise self._left_over(self._token)
        return part

    # --- reading tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    @property
    def _is_at_end(self) -> bool:
        return self._token.type == "end"

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.type != "end"
        return token

    def _take(self, *texts: str) -> Token | None:
        """Return the next token and go on when it is one of *texts* (a word or a sign, not quoted)."""
        token = self._token
        return self._next() if token.type in ("name", "sign") and token.text in texts else None

    def _problem(self, token: Token, message: str, rule: str = "X001") -> FormulaProblem:
        return FormulaProblem(message, column=token.start, length=token.end - token.start, rule=rule)

    def _deeper(self, token: Token) -> None:
        self._level += 1
        if self._level > MAX_LEVELS:
            raise self._problem(
                token, f"this formula is more than {MAX_LEVELS} levels deep; use fewer brackets", "X005"
            )

    def _part(self, kind: Kind, run: Run, start: int) -> Part:
        """Return a part that reaches from *start* to the last token read."""
        return Part(kind, run, start, self._source[start : self._tokens[self._at - 1].end])

    # --- grammar, from the loosest operator to the tightest

    def _either(self) -> Part:
        return self._joined("or", self._both)

    def _both(self) -> Part:
        return self._joined("and", self._negation)

    def _joined(self, word: str, inner: Callable[[], Part]) -> Part:
        first = inner()
        if not self._is_next(word):
            return first
        runs = [operators.truth(first)]
        while self._take(word):
            runs.append(operators.truth(inner()))
        return self._part(Kind.YES_NO, _any_of(runs) if word == "or" else _all_of(runs), first.start)

    def _is_next(self, word: str) -> bool:
        return self._token.type == "name" and self._token.text == word

    def _negation(self) -> Part:
        token = self._take("not")
        if token is None:
            return self._comparison()
        self._deeper(token)
        run = operators.truth(self._negation())
        self._level -= 1
        return self._part(Kind.YES_NO, lambda env: not run(env), token.start)

    def _comparison(self) -> Part:
        first = left = self._sum()
        links: list[tuple[operators.Test, Part]] = []
        while token := self._take(*_COMPARISONS):
            sign = token.text
            if sign == "not":
                if not self._take("in"):
                    raise self._problem(token, "write 'not in', or put 'and' or 'or' before this 'not'")
                sign = "not in"
            right = self._sum()
            links.append((operators.comparison(sign, left, right), right))
            left = right
        return self._part(Kind.YES_NO, operators.chain(first, links), first.start) if links else first

    def _sum(self) -> Part:
        left = self._signed()
        while token := self._take("+", "-"):
            right = self._signed()
            work = operators.added if token.text == "+" else operators.subtracted
            kind, run = work(left, right)
            left = self._part(kind, run, left.start)
        return left

    def _signed(self) -> Part:
        token = self._take("-", "+")
        if token is None:
            return self._atom()
        if token.text == "+":
            raise self._problem(token, "a + stands between two values; put a phone number in quotes")
        self._deeper(token)
        part = self._signed()
        self._level -= 1
        run = operators.negated(part)
        if not part.is_literal:
            return self._part(Kind.NUMBER, run, token.start)
        value = run({})
        return replace(self._part(Kind.NUMBER, lambda env: value, token.start), is_literal=True)

    def _atom(self) -> Part:
        token = self._next()
        if token.type in ("number", "text"):
            kind = Kind.NUMBER if token.type == "number" else Kind.TEXT
            return self._literal(kind, token.value, token)
        if token.text == "(":
            return self._bracket(token)
        if token.type == "name" and token.text not in _RESERVED:
            if self._token.type == "text" and self._token.start == token.end:
                raise self._problem(token, f"letters before a quote have no meaning; remove '{token.text}'", "X003")
            if token.text in _CONSTANTS:
                return self._literal(Kind.YES_NO, _CONSTANTS[token.text], token)
            return self._call(token) if self._take("(") else self._name(token)
        if token.type == "end":
            raise self._problem(token, "the formula ends too early; a value is missing at its end")
        raise self._problem(token, f"a value is missing before '{token.text}'")

    def _literal(self, kind: Kind, value: object, token: Token) -> Part:
        return Part(kind, lambda env: value, token.start, token.text, is_literal=True)

    def _bracket(self, opening: Token) -> Part:
        self._deeper(opening)
        part = self._either()
        self._close(opening)
        self._level -= 1
        inside = self._part(part.kind, part.run, opening.start)
        return replace(inside, is_secret=part.is_secret, hours=part.hours)

    def _close(self, opening: Token) -> None:
        if not self._take(")"):
            if self._is_at_end:
                raise self._problem(opening, "the bracket that opens here is never closed")
            raise self._left_over(self._token)

    # --- names and functions

    def _name(self, token: Token) -> Part:
        name = token.text
        kind = self._kind_of(name)
        if kind is None:
            raise self._unknown_name(token)
        if kind is Kind.HOURS:
            message = f"'{name}' names opening hours; write is_open({name}) or next_opening({name})"
            raise self._problem(token, message, "X004")
        self.used.add(name)
        is_secret = name.startswith("secret.") or name in self._secret_names
        return Part(kind, _reader(name, kind), token.start, name, is_secret=is_secret)

    def _kind_of(self, name: str) -> Kind | None:
        if name in self._names:
            return self._names[name]
        family = name
        while "." in family:
            family = family.rpartition(".")[0]
            if f"{family}.*" in self._names:
                return self._names[f"{family}.*"]
        return None

    def _unknown_name(self, token: Token) -> FormulaProblem:
        name = token.text
        if name in FORBIDDEN_WORDS:
            return self._problem(token, FORBIDDEN_WORDS[name], "X003")
        if name in WORD_HINTS:
            return self._problem(token, f"'{name}' has no meaning here; {WORD_HINTS[name]}", "X002")
        known = [known for known in self._names if not known.endswith(("*", ")"))]
        first, dot, rest = name.partition(".")
        family = [other.partition(".")[2] for other in known if other.startswith(f"{first}.")]
        if dot and first == "event" and family:
            has = f"; it has {', '.join(sorted(family))}" if len(family) <= _MOST_LISTED else ""
            meant = did_you_mean(rest, family) or has
            return self._problem(token, f"this event has no field '{rest}'{meant}", "X007")
        if not dot and family:
            return self._problem(
                token, f"'{name}' needs a dot and a word behind it, such as {name}.{min(family)}", "X002"
            )
        advice = did_you_mean(name, known) or ("" if dot else f'; if it is a text, write "{name}" in quotes')
        whole = [other for other in known if other in (f"event.{name}", f"list.{name}", f"secret.{name}")]
        if name in FUNCTIONS:
            advice = f"; as a function it has brackets, such as {FUNCTIONS[name].example}"
        elif rest in FUNCTIONS:
            advice = f"; write {rest}({first})"
        elif whole:
            advice = f"; write {whole[0]}"
        return self._problem(token, f"there is no '{name}' here{advice}", "X002")

    def _call(self, token: Token) -> Part:
        function = self._function(token)
        if function.takes == ((Kind.HOURS,),):
            return self._about_hours(token, function)
        self._deeper(token)
        arguments = [] if self._take(")") else self._arguments(self._tokens[self._at - 1])
        self._level -= 1
        if len(arguments) != len(function.takes):
            takes = _count(len(function.takes))
            raise self._problem(token, f"{token.text}() takes {takes}, such as {function.example}", "X004")
        for argument, kinds in zip(arguments, function.takes, strict=True):
            argument.refuse_secret()
            if argument.kind not in (*kinds, Kind.ANY):
                raise argument.problem(f"'{argument.text}' is {argument.kind.phrase}, and {token.text}() needs "
                                       f"{kinds[0].phrase}, such as {function.example}")  # fmt: skip
        kind = function.gives or (arguments[0].kind if arguments[0].kind is not Kind.ANY else Kind.TEXT)
        reads = self._read_by(function, arguments, token)
        return self._part(kind, _caller(function.run, reads, [argument.run for argument in arguments]), token.start)

    def _read_by(self, function: Function, arguments: list[Part], token: Token) -> tuple[str, ...]:
        """Return the names that *function* reads unasked; an opening is spoken of in the zone of its own hours."""
        own = next((argument.hours for argument in arguments if argument.hours), FIRST_HOURS)
        reads = tuple(own if name == FIRST_HOURS else name for name in function.reads)
        if FIRST_HOURS in reads and FIRST_HOURS not in self._names:
            message = f"{token.text}() needs a time zone; add hours with a timezone to this flow"
            raise self._problem(token, message, "X002")
        self.used.update(reads)
        return reads

    def _about_hours(self, token: Token, function: Function) -> Part:
        """Return ``is_open(h)`` or ``next_opening(h)``: in the brackets stands a name of hours and nothing else."""
        opening, name = self._tokens[self._at - 1], self._next()
        if name.type != "name" or self._token.text not in (")", ""):
            message = f"{token.text}() takes one name from hours, without quotes, such as {function.example}"
            raise self._problem(token, message, "X004")
        self._close(opening)
        kind = self._names.get(name.text)
        if kind is None:
            known = [known for known, kind in self._names.items() if kind is Kind.HOURS and known != FIRST_HOURS]
            some = did_you_mean(name.text, known) or (f"; this flow has {', '.join(known)}" if known else "")
            message = f"there are no hours '{name.text}'{some or '; this flow has no section hours'}"
            raise self._problem(name, message, "R019")
        if kind is not Kind.HOURS:
            message = f"'{name.text}' is {kind.phrase}, and {token.text}() needs the name of hours"
            raise self._problem(name, message, "X004")
        reads = (*function.reads, name.text)
        self.used.update(reads)
        part = self._part(function.gives or Kind.ANY, _caller(function.run, reads, []), token.start)
        return replace(part, hours=name.text if part.kind is Kind.TIME else "")

    def _function(self, token: Token) -> Function:
        name = token.text
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if "." in name:
            raise self._problem(token, f"methods such as .{name.rpartition('.')[2]}() are not part of formulas; "
                                f"there are {_ALL_FUNCTIONS}", "X003")  # fmt: skip
        if name in SYNONYMS:
            raise self._problem(token, f"there is no {name}(); write {SYNONYMS[name]}()", "X002")
        advice = did_you_mean(name, FUNCTIONS) or f"; there are {_ALL_FUNCTIONS}"
        raise self._problem(token, f"there is no function {name}(){advice}", "X002")

    def _arguments(self, opening: Token) -> list[Part]:
        arguments = [self._either()]
        while self._take(","):
            arguments.append(self._either())
        self._close(opening)
        return arguments

    def _left_over(self, token: Token) -> FormulaProblem:
        if token.text in FORBIDDEN_WORDS:
            return self._problem(token, FORBIDDEN_WORDS[token.text], "X003")
        if token.text in WORD_HINTS:
            return self._problem(token, f"'{token.text}' has no meaning here; {WORD_HINTS[token.text]}")
        if token.text == ")":
            return self._problem(token, "this bracket closes nothing; remove it")
        if token.text == "(":
            return self._problem(token, "a bracket cannot follow here; an operator such as == or 'and' is missing")
        return self._problem(token, f"an operator such as == or 'and' is missing before {token.text}")


def _reader(name: str, kind: Kind) -> Run:
    if kind is Kind.YES_NO:
        return lambda env: env[name] is True
    if not kind.is_text:
        return lambda env: env[name]

    def read(env: Env) -> object:
        value = env[name]
        return "" if value is None else value

    return read


def _all_of(runs: list[Run]) -> Run:
    return lambda env: all(run(env) for run in runs)


def _any_of(runs: list[Run]) -> Run:
    return lambda env: any(run(env) for run in runs)


def _caller(call: Callable[..., object], reads: tuple[str, ...], runs: list[Run]) -> Run:
    parts: list[Run] = [*map(itemgetter, reads), *runs]
    if len(parts) == 1:
        only = parts[0]
        return lambda env: call(only(env))
    if len(parts) == 2:
        first, second = parts
        return lambda env: call(first(env), second(env))
    return lambda env: call(*[part(env) for part in parts])


def _count(number: int) -> str:
    return {0: "nothing", 1: "one value"}.get(number, f"{number} values")
