"""R013: calls_to names a number that project.yaml does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.words import PHONE

CODE = Code("R013", "unknown-number", "An entry of calls_to that is neither a phone number nor a name of one.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each entry of ``calls_to`` that means no number."""
    known = folder.project.project.numbers
    for flow, role in folder.roles():
        for number in role.starts.numbers:
            if re.fullmatch(PHONE, number.text) or number.text in known:
                continue
            if number.text[:1].isalpha() and not folder.project.is_sound:
                continue
            if number.text[:1].isalpha():
                message = f"there is no number '{number.text}' in project.yaml{did_you_mean(number.text, known)}"
            else:
                message = f"'{number.text}' is not a phone number with country code, such as +15551230000"
            yield CODE.at(flow.path, number.span, message)
