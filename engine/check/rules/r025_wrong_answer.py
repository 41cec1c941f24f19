"""R025: into takes an answer that a flow does not give, or into a variable that cannot hold it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import RUN, Use, is_sound, taken, uses
from engine.check.suggest import did_you_mean
from engine.core.kinds import Kind
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar

CODE = Code("R025", "wrong-answer", "An into that does not fit what the flow answers.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield what is wrong with each ``into`` of run."""
    for use in uses(folder):
        if use.gift.verb == RUN and use.gift.step is not None and is_sound(use.of):
            plain = use.gift.step.given.get("into")
            if plain is not None:
                yield from _plain(use, plain)
            for mine, theirs in taken(use):
                yield from _one(use, mine, theirs)


def _plain(use: Use, into: Scalar) -> Iterator[Problem]:
    """Yield what is wrong with ``into: variable``, which takes the one answer that there is."""
    name, answers = use.of.name.text, use.of.answers
    if not answers:
        message = f"the flow '{name}' answers nothing; take 'into' out, or add answers to its another_flow_calls"
        yield CODE.at(use.by.path, into.span, message)
    elif len(answers) > 1:
        message = f"the flow '{name}' has several answers ({', '.join(answers)}); say which one '{into.text}' takes"
        hint = f"Write into: {{{into.text}: {answers[0]}}}."
        yield CODE.at(use.by.path, into.span, message, hint=hint)
    else:
        yield from _fits(use, into, answers[0])


def _one(use: Use, mine: Scalar, theirs: Scalar) -> Iterator[Problem]:
    name, answers = use.of.name.text, use.of.answers
    if not theirs.text:
        return  # S013 tells that nothing stands behind it
    if theirs.text not in answers:
        what = f"it answers {', '.join(answers)}" if answers else "it answers nothing"
        meant = did_you_mean(theirs.text, answers) or f"; {what}"
        yield CODE.at(use.by.path, theirs.span, f"the flow '{name}' has no answer '{theirs.text}'{meant}")
    elif mine.text not in use.by.variables:
        if mine.text not in use.by.doubtful:
            meant = did_you_mean(mine.text, list(use.by.variables))
            message = f"there is no variable '{mine.text}'{meant or '; add it under remember'}"
            yield CODE.at(use.by.path, mine.span, message)
    else:
        yield from _fits(use, mine, theirs.text)


def _fits(use: Use, mine: Scalar, answer: str) -> Iterator[Problem]:
    """Yield a problem where the answer cannot go into my variable; one that does not exist is another rule's."""
    variable, theirs = use.by.variables.get(mine.text), use.of.variables[answer]
    if variable is None:
        return
    if not Kind(variable.type).fits(Kind(theirs.type)):
        message = f"'{mine.text}' is of type {variable.type}, and the answer '{answer}' is of type {theirs.type}"
        yield CODE.at(use.by.path, mine.span, message)
    elif theirs.is_secret and not variable.is_secret:
        message = f"the answer '{answer}' is secret, so only a variable with secret: true may take it"
        yield CODE.at(use.by.path, mine.span, message)
