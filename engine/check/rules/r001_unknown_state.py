"""R001: a rule leads to a state that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.words import EXIT_WORDS

CODE = Code("R001", "unknown-state", "A rule or start names a state that does not exist.")
_ENDS = frozenset({"return", "back", "done", "finish", "finished", "exit", "quit", "stop"})


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each target that no state of the role bears."""
    for flow, role in folder.roles():
        known = [*role.written, *EXIT_WORDS]
        targets = [target.word for block in role.blocks() for _, target in block.exits() if target.kind == "state"]
        for word in [*targets, *([role.start] if role.start is not None else [])]:
            if word.text not in role.written:
                hint = _elsewhere(word.text, [other.name for other in flow.roles if word.text in other.written])
                meant = did_you_mean(word.text, known) or ("" if hint else _instead(word.text, folder))
                message = f"there is no state '{word.text}'{meant}"
                yield CODE.at(flow.path, word.span, message, hint=hint)


def _instead(word: str, folder: Folder) -> str:
    """Return what to write where *word* is no state, but something else that people lead to."""
    if word in _ENDS:
        return "; to give the call back to the flow that runs this one, write end; to hang up, write hangup"
    is_flow = any(flow.name.text == word for flow in folder.trees)
    return f"; to hand the call over to the flow of that name, write {{flow: {word}}}" if is_flow else ""


def _elsewhere(word: str, roles: list[str]) -> str:
    return f"'{word}' is a state of {' and '.join(roles)}; a leg moves only among its own states." if roles else ""
