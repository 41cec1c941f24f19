"""R024: a secret is given away, or taken, where it would not be kept secret."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.reuse import uses
from engine.core.problem import Problem
from engine.core.text import Text
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R024", "secret-given", "A secret given to a flow that would not keep it secret.")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each secret in a value for a need without ``secret: true``."""
    for use in uses(folder):
        for key, written, value in use.gift.give:
            need = use.of.variables.get(key.text)
            if need is not None and not need.is_secret and isinstance(value, Text) and value.secrets:
                name = min(value.secrets)
                offset = max(written.text.find(name), 0)
                message = f"'{name}' is secret, and the flow '{use.of.name.text}' would not keep it so"
                hint = f"Let that flow say needs: {{{key.text}: {{type: {need.type}, secret: true}}}}."
                yield CODE.at(use.by.path, written.part(offset, len(name)), message, hint=hint)
