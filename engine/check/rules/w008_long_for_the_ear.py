"""W008: a text that nobody can listen to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.problem import Problem
from engine.core.verb_table.shared import LONGEST_TEXT
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar
from engine.language.tree import FlowTree

CODE = Code("W008", "long-for-the-ear", "A text that takes more than half a minute to say.", "warning")

_MOST_CHARACTERS = 400  # voices say about 14 characters a second
_SPOKEN = ("text", "speak", "greeting")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each spoken text that is too long to be listened to."""
    for flow in folder.trees:
        for text in spoken_texts(flow):
            if _MOST_CHARACTERS < len(text.text) <= LONGEST_TEXT:  # what Telnyx refuses is told already
                seconds = round(len(text.text) / 14)
                message = f"it takes about {seconds} seconds to say this; people listen for half a minute at most"
                yield CODE.at(flow.path, text.part(0, 40), message, hint="Say less, or divide it between two states.")


def spoken_texts(flow: FlowTree) -> Iterator[Scalar]:
    """Yield every text of *flow* that somebody hears."""
    for _, _, step in flow.steps():
        yield from (given for name, given in step.given.items() if name in _SPOKEN and step.name != "log")
    yield from (text for _, text in flow.prompt_texts())
