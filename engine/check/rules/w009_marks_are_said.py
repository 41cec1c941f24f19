"""
W009: marks in a text that nobody reads as marks.

A formula has two braces, `{{ name }}`; a single one is said. A text is SSML, whose marks such as `<break/>` are not
said, only when it begins with `<speak>`, and then it must end with `</speak>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.check.rules.w008_long_for_the_ear import spoken_texts
from engine.core.problem import Problem
from engine.core.text import is_ssml
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("W009", "marks-are-said", "A text with braces or marks that would be said as they are.", "warning")

_BRACES = re.compile(r"(?<!\{)\$?\{ ?([a-z][\w.]{0,60}) ?\}(?!\})")
_MARK = re.compile(r"</?(?:break|emphasis|prosody|say-as|sub|phoneme|voice|speak)\b[^<>]{0,80}>")
_END = "</speak>"


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each spoken text with a single brace, or with SSML that is none."""
    for flow in folder.trees:
        for text in spoken_texts(flow):
            if found := _BRACES.search(text.text):
                message = f"'{found[0]}' would be said as it is; a formula has two braces: {{{{ {found[1]} }}}}"
                yield CODE.at(flow.path, text.part(found.start(), len(found[0])), message)
            if is_ssml(text.text) and not text.text.rstrip().endswith(_END):
                message = f"a text that begins with <speak> must end with {_END}"
                yield CODE.at(flow.path, text.part(0, len("<speak>")), message)
            elif (found := _MARK.search(text.text)) and not is_ssml(text.text):
                message = f"'{found[0]}' would be said as it is; begin the text with <speak> and end it with {_END}"
                yield CODE.at(flow.path, text.part(found.start(), len(found[0])), message)
