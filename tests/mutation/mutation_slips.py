"""How people misspell a word: one slip each, without knowing what the word is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_BESIDE = {
    letter: row[max(index - 1, 0) : index] + row[index + 1 : index + 2]
    for row in _ROWS
    for index, letter in enumerate(row)
}
_OTHER_SIDE_OF_THE_SEA = (("ise", "ize"), ("our", "or"), ("tre", "ter"), ("ll", "l"), ("ce", "se"))


def slips(word: str, rng: Random) -> Iterator[tuple[str, str]]:
    """Yield (what happened, the word so misspelt): each way of slipping once, in places that *rng* chooses."""
    letters = [index for index, letter in enumerate(word) if letter.isalnum()]
    if len(letters) > 1:
        at = rng.choice(letters)
        yield "a letter dropped", word[:at] + word[at + 1 :]
    at = rng.choice(letters)
    yield "a letter doubled", word[:at] + word[at] + word[at:]
    yield "a letter missed", _beside(word, rng.choice(letters), rng)
    pairs = [index for index in letters if index + 1 in letters and word[index] != word[index + 1]]
    if pairs:
        at = rng.choice(pairs)
        yield "letters swapped", word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    yield "a capital letter", word[:1].upper() + word[1:]
    yield "all in capitals", word.upper()
    yield "plural or singular", word.removesuffix("s") if word.endswith("s") and len(word) > 2 else word + "s"
    for mark, others in (("_", ("-", "", " ")), (".", ("_", "-", ""))):
        places = [match.start() for match in re.finditer(re.escape(mark), word)]
        if places:
            at, other = rng.choice(places), rng.choice(others)
            yield f"{other or 'nothing'} for {mark}", word[:at] + other + word[at + 1 :]
    for here, there in _OTHER_SIDE_OF_THE_SEA:
        for old, new in ((here, there), (there, here)):
            if old in word:
                yield "the other English", word.replace(old, new, 1)


def _beside(word: str, at: int, rng: Random) -> str:
    """Return *word* with the key beside the right one pressed."""
    near = _BESIDE.get(word[at].lower()) or "x"
    return word[:at] + rng.choice(near) + word[at + 1 :]
