"""T020: a menu says one key, and `keys` has another."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.nodes import Scalar, Span
from engine.language.tree import FlowTree, StateTree, StepTree

CODE = Code("T020", "menu-disagrees", "A menu whose text and keys do not name the same keys.", "warning")

# "press", as menus say it in the languages of Telnyx's voices; behind it the key.
_PRESS = (
    r"press(?:ing)?|dial|hit|push|pulse|pulsa|marque|marca|oprima|presione|appuyez\s+sur|appuie\s+sur|tapez|composez|"
    r"dr[uü]cken\s+sie(?:\s+die)?|w[aä]hlen\s+sie(?:\s+die)?|prema|premi|premere|digiti|pressione|aperte|tecle|digite|"
    r"druk(?:\s+op)?|toets|kies|tryck|tryk|trykk|slå|wci[sś]nij|naci[sś]nij|wybierz|ap[aă]sa[tț]i|нажмите|tuşlayın"
)
_WORDS: Mapping[str, str] = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "star": "*", "asterisk": "*", "pound": "#", "hash": "#", "asterisco": "*", "almohadilla": "#",
    "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "eins": "1", "zwei": "2", "drei": "3",
    "un": "1", "deux": "2", "trois": "3", "raute": "#", "stern": "*", "dièse": "#", "étoile": "*",
}  # fmt: skip
_KEY = rf"[0-9*#]|{'|'.join(sorted(_WORDS, key=len, reverse=True))}"
_RANGE = r"to|a|à|bis|through|-|til|till|tot|al"
_SAID = re.compile(
    rf"\b(?:{_PRESS})\s+(?:the\s+|la\s+tecla\s+|el\s+|la\s+)?({_KEY})(?![\w])(?:\s*(?:{_RANGE})\s*([0-9])(?![\w]))?",
    re.IGNORECASE,
)

# A key by itself, with or without "press": "press 1 for sales, 2 for support". Not a time or a part of a number.
_NAMED = re.compile(rf"(?<![\w.:,])({_KEY})(?![\w]|[.:,][0-9])(?:\s*(?:{_RANGE})\s*([0-9])(?![\w]))?", re.IGNORECASE)


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one warning for each menu that says a key which is not there, or hides one that is.

    With ``digits`` any number may be typed, so that a key with an entry of its own is no choice to be told of.
    """
    for flow, _, state in folder.states():
        if state.gather is not None and state.keys and state.is_sound:
            yield from _menu(flow, state, state.gather)


def _menu(flow: FlowTree, state: StateTree, gather: StepTree) -> Iterator[Problem]:
    listed = {branch.name for branch in state.keys}
    takes_any = "digits" in listed
    told: set[str] = set()
    ends_with = str(gather.values.get("end_key", "#"))
    for text in _texts(flow, gather):
        said = _said_keys(text.text) - {ends_with}
        unheard = sorted(said - listed) if not takes_any else []
        named = said | _keys_in(_NAMED, text.text)
        hidden = sorted(key for key in listed if len(key) == 1 and key not in named) if said and not takes_any else []
        message = ""
        if unheard:
            it = "it" if len(unheard) == 1 else "them"
            message = f"this menu says to press {_listing(unheard)}, and 'keys' does not have {it}; add {it} there"
        elif hidden:
            message = f"'keys' has {_listing(hidden)}, and this menu does not say so; tell what it does, or remove it"
        if message and message not in told:  # in another language it is the same fault
            told.add(message)
            yield CODE.at(flow.path, _beginning(text), message)


def _said_keys(text: str) -> frozenset[str]:
    """Return the keys that a menu's text tells the caller to press."""
    return _keys_in(_SAID, text)


@functools.lru_cache(maxsize=1000)  # several menus ask with one prompt
def _keys_in(pattern: re.Pattern[str], text: str) -> frozenset[str]:
    found: set[str] = set()
    for match in pattern.finditer(text):
        first = _WORDS.get(match[1].lower(), match[1])
        last = match[2]
        found |= {str(key) for key in range(int(first), int(last) + 1)} if last and first.isdigit() else {first}
    return frozenset(found)


def _texts(flow: FlowTree, gather: StepTree) -> Iterator[Scalar]:
    """Yield what the gather says, in each language; texts with formulas may say anything."""
    if "speak" in gather.given:
        texts = [gather.given["speak"]]
    else:
        texts = [text for prompt, text in flow.prompt_texts() if prompt == gather.values.get("prompt")]
    yield from (text for text in texts if "{{" not in text.text)


def _listing(keys: list[str]) -> str:
    return " and ".join(f'"{key}"' for key in keys)


def _beginning(text: Scalar) -> Span:
    return text.part(0, min(len(text.text), 40))
