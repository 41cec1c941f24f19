"""Texts of authors made fit for a box: on one line, short, without characters that cannot be seen."""

from __future__ import annotations

import re
import unicodedata

_SPOKEN = 36  # characters of what is said
_VALUE = 32
_FAULT = 64

_GAPS = frozenset({"Cc", "Zl", "Zp", "Zs"})
# Directions and other characters that change the text around them without being seen, and half characters.
_UNSEEN = frozenset({"Cf", "Cs", "Co"})
_JOINERS = "\u200c\u200d"  # unseen as well, but Persian, Hindi and emoji are misspelt without them
_FORMULA = re.compile(r"\{\{(.*?)\}\}")
_TAG = re.compile(r"<[^<>]*>")


def clean(text: str) -> str:
    """Return *text* on one line, without characters that cannot be seen or that turn the writing around."""
    return " ".join("".join(_kept(letter) for letter in text).split())


def _kept(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in _GAPS:
        return " "
    code = ord(letter)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # XML refuses some of them
    return "" if is_noncharacter or (category in _UNSEEN and letter not in _JOINERS) else letter


def shortened(text: str, most: int = _VALUE) -> str:
    """Return the first words of *text*, cleaned, at most *most* characters with the ellipsis."""
    text = clean(text)
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    words = cut if text[most - 1] == " " else cut.rpartition(" ")[0]
    return (words if len(words) > most // 2 else cut).rstrip(" ,.;:") + "…"


def quoted(text: str) -> str:
    """Return the first words that a caller hears, in quotation marks."""
    if text.lstrip().startswith("<speak>"):  # SSML
        text = _TAG.sub(" ", text)
    return f"“{shortened(without_braces(text), _SPOKEN)}”"


def without_braces(text: str) -> str:
    """Return *text* with ``{{ name }}`` as ``[name]``."""
    return _FORMULA.sub(lambda found: f"[{found[1].strip()}]", text)


def fault(code: str, message: str) -> str:
    """Return a message of the checker without its advice."""
    return f"{code} {shortened(message.partition(';')[0], _FAULT)}"
