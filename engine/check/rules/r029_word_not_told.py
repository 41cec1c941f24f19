"""R029: a leg waits for a word that nobody tells."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r028_word_not_heard import heard, told
from engine.core.nearest import did_you_mean, nearest
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.events import split_event
from engine.language.loader import Folder

CODE = Code("R029", "word-not-told", "A handler of a word that no leg ever tells.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each ``<role>.says.<word>`` that no tell of that role brings about."""
    for flow in folder.trees:
        if not flow.is_sound:
            continue
        every = list(told(flow))
        for role, branch in flow.handlers():
            event = split_event(branch.name, flow, role, folder.catalogue)
            teller, word = event.prefix, event.name.removeprefix("says.")
            words = {said.text for by, to, said in every if (by, to) == (teller, role.name)}
            if event.kind != "says" or word in words:
                continue
            if nearest(word, words - heard(flow, teller, role.name)):
                continue  # R028 tells of the slip where the word is told
            message = f"'{teller}' never tells '{role.name}' the word '{word}'{did_you_mean(word, words)}"
            hint = f"Write in '{teller}': - tell: {{{role.name}: {word}}}."
            yield CODE.at(flow.path, branch.key.span, message, hint=hint)
