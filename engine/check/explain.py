"""What each rule means, with samples: the reference that ships with ringflow (``schemas/rules.json``, generated)."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from textwrap import fill

from engine.check.report import escaped
from engine.core.nearest import nearest
from engine.resources import load_schema

FILE = "rules.json"
# The first letter of a code, and what its rules are about; in the order in which a file is checked.
LAYERS: Mapping[str, str] = {
    "Y": "Reading the file", "S": "Words and values", "R": "Names", "X": "Formulas", "G": "Ways through the flow",
    "T": "Telephony", "W": "Leftovers", "C": "Allowances", "N": "Tests (`*.test.yaml`)",
}  # fmt: skip
_WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """
    One rule: *about* in one sentence, *more* in several or "", *allowance*: how to allow it, or why that is refused.

    *bad* maps the names of a sample's files to their texts, *report* is what the checker says about it; *good* is a
    sample that has no problem. All three are empty where there is no sample.
    """

    code: str
    name: str
    severity: str
    about: str
    more: str
    can_be_allowed: bool
    allowance: str
    bad: Mapping[str, str]
    report: str
    good: Mapping[str, str]

    @property
    def layer(self) -> str:
        """What rules of its kind are about."""
        return LAYERS[self.code[0]]


@functools.cache
def rule_pages() -> tuple[RulePage, ...]:
    """Return every rule of the checker and of tests, in the order of the reference."""
    return tuple(RulePage(**row) for row in load_schema(FILE))


def find(word: str) -> RulePage | None:
    """Return the rule with that code or name; upper and lower case, ``-`` and ``_`` count as the same."""
    folded = _fold(word)
    return next((page for page in rule_pages() if folded in (_fold(page.code), _fold(page.name))), None)


def near(word: str) -> list[str]:
    """Return up to three codes or names that *word* may be a slip of, the nearest first."""
    names = {_fold(name): name for page in rule_pages() for name in (page.code, page.name)}
    slip = nearest(word, names.values())
    found = [names[folded] for folded in difflib.get_close_matches(_fold(word), names, n=3)]
    return [*dict.fromkeys([slip, *found] if slip else found)][:3]


def as_json(pages: RulePage | Sequence[RulePage]) -> str:
    """Return one rule as an object, or several as a list of objects."""
    rows = asdict(pages) if isinstance(pages, RulePage) else [asdict(page) for page in pages]
    return json.dumps(rows, indent=2) + "\n"


def as_text(page: RulePage) -> str:
    """Return the page of one rule for a terminal."""
    return "\n".join(_page(page)) + "\n"


def _page(page: RulePage) -> Iterator[str]:
    yield f"{page.code} {page.name} ({page.severity}; {_plain(page.layer)})"
    for text in (page.about, *page.more.split("\n\n"), page.allowance):
        if text:
            yield from ("", fill(_plain(text), _WIDTH))
    yield from _files("Not like this:", page.bad)
    if page.report:
        yield from ("", "The report:", "", *_indented(page.report))
    yield from _files("But like this:", page.good)


def _files(title: str, files: Mapping[str, str]) -> Iterator[str]:
    for name, text in files.items():
        yield from ("", f"{title} {escaped(name)}", "", *_indented(text))


def _indented(text: str) -> Iterator[str]:
    return (f"    {escaped(line)}".rstrip() for line in text.splitlines())


def index(pages: Sequence[RulePage]) -> str:
    """Return all rules by layer, each with its sentence."""
    lines: list[str] = []
    width = max(len(page.name) for page in pages)
    for layer, rules in groupby(pages, key=lambda page: page.layer):
        lines += [_plain(layer), *(f"  {page.code} {page.name:{width}}  {_plain(page.about)}" for page in rules), ""]
    return "\n".join([*lines, "ringflow explain RULE says more about one."]) + "\n"


def _fold(word: str) -> str:
    return word.casefold().replace("_", "-").replace(" ", "-")


def _plain(text: str) -> str:
    """Return *text* without the marks of Markdown."""
    return text.replace("`", "")
