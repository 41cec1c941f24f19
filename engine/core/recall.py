"""
What was made of secrets: noted as a call goes on, and in a replay taken from there, as its secrets are masked.

Of what was worked out with a secret only yes, no and nothing are noted as they are; all else is masked, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.core.kinds import FormulaError, MissingValue
from engine.core.taking import UnfitAnswerError
from engine.core.text import as_words

MASK = "***"
_ERRORS = {error.__name__: error for error in (MissingValue, FormulaError, UnfitAnswerError)}


@dataclass(slots=True)
class Recall:
    """
    The results of one turn, in the order in which they were worked out.

    *given*: in a replay those of the record. *noted* is what the history keeps, *spoken* the values among them that
    must not stand in any other line of it.
    """

    given: list[Any] = field(default_factory=list)
    noted: list[Any] = field(default_factory=list)
    spoken: set[str] = field(default_factory=set)

    def of(self, work: Callable[[], Any], *, is_plain: bool = False) -> Any:
        """
        Return what *work* returns, which reads a secret, or raise what it raises; in a replay what it was then.

        *is_plain*: the result tells nothing of the secret, and is noted as it is.
        """
        if self.given:
            return self._again(self.given.pop(0))
        try:
            value = work()
        except tuple(_ERRORS.values()) as error:
            self.noted.append({type(error).__name__: str(error)})
            raise
        is_open = is_plain or value is None or isinstance(value, bool) or value == ""
        self.noted.append(value if is_open else MASK)
        if not is_open:
            self._hide(value)
        return value

    def masked(self, text: str) -> str:
        """Return *text* without the values that were worked out with a secret."""
        if not self.spoken:
            return text
        longest_first = sorted(self.spoken, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), MASK, text)

    def _again(self, value: Any) -> Any:
        self.noted.append(value)
        if isinstance(value, dict):
            (name, message) = next(iter(value.items()))
            raise _ERRORS[name](message)
        return value

    def _hide(self, value: Any) -> None:
        try:
            self.spoken.add(as_words(value))
        except FormulaError:
            return  # it cannot be part of a text either
