"""What a rule of the checker is: a code with a name, and a function that yields problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder


@dataclass(frozen=True, slots=True)
class Rule:
    """One file of ``engine/check/rules``."""

    code: Code
    check: Callable[[Folder], Iterator[Problem]]

    @classmethod
    def of(cls, module: ModuleType) -> Rule:
        """Return the rule that *module* holds as CODE and check()."""
        return cls(module.CODE, module.check)
