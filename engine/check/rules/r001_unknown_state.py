"""R001: a rule leads to a state that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.words import EXIT_WORDS

CODE = Code("R001", "unknown-state", "A rule or start names a state that does not exist.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each target that no state of the role bears."""
    for flow in folder.trees:
        for role in flow.roles:
            known = [*role.written, *EXIT_WORDS]
            targets = [target.word for block in role.blocks() for _, target in block.exits() if target.kind == "state"]
            for word in [*targets, *([role.start] if role.start is not None else [])]:
                if word.text not in role.written:
                    hint = _elsewhere(word.text, [other.name for other in flow.roles if word.text in other.written])
                    message = f"there is no state '{word.text}'{did_you_mean(word.text, known)}"
                    yield CODE.at(flow.path, word.span, message, hint=hint)


def _elsewhere(word: str, roles: list[str]) -> str:
    return f"'{word}' is a state of {' and '.join(roles)}; a leg moves only among its own states." if roles else ""
