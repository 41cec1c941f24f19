"""Two courses of the same call side by side: what people would notice, and from where on it is a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

from engine.compare.deeds import Course
from engine.compare.noticed import ASKED, Notice
from engine.compare.play import Played

_SAME_WAIT_S = 5.0  # nobody minds when something comes so much earlier or later


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    Something that *who* would notice: what came *before* and what comes *now* instead, either may be nothing.

    *after_s*: when, in seconds since the beginning. *is_guess*: it rests on what nobody has recorded.
    """

    after_s: float
    who: str
    before: tuple[str, ...]
    now: tuple[str, ...]
    is_guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All *changes* in a call, as they come. *guess*: why what comes last is one, "" where nothing is."""

    changes: tuple[Change, ...]
    guess: str = ""


@dataclass(frozen=True, slots=True)
class _Gap:
    """Where two courses go apart for somebody; the two sides hold what only one of them has."""

    before: Sequence[Notice]
    now: Sequence[Notice]

    @property
    def first(self) -> Notice:
        return min((*self.before, *self.now), key=_place)

    def split(self, is_guess: Callable[[Notice], bool]) -> Iterator[Change]:
        """Yield what is certain of it, and what is a guess."""
        for wanted in (False, True):
            before, now = (
                [notice for notice in side if is_guess(notice) == wanted] for side in (self.before, self.now)
            )
            if before or now:
                yield _change(_Gap(before, now), is_guess=wanted)


def compare(course: Course, before: Played, now: Played) -> Comparison:
    """Return what people would notice of a call that went as *before*, and goes as *now* with other flows."""
    gaps = list(_gaps(before.notices, now.notices))
    if not gaps:
        return Comparison(changes=())
    first = min((gap.first for gap in gaps), key=_place)
    asked = next((one for one in now.notices if one.text == ASKED and _place(one) >= _place(first)), None)

    def is_guess(notice: Notice) -> bool:
        return notice.after > first.after or (asked is not None and notice.after_s > asked.after_s)

    changes = [change for gap in gaps for change in gap.split(is_guess)]
    changes.sort(key=lambda change: (change.is_guess, change.after_s, change.who))
    is_new = any(asked in gap.now for gap in gaps)
    has_guess = is_new or any(change.is_guess for change in changes)
    return Comparison(
        changes=tuple(changes), guess=_why(course, now, first.after, asked, is_new=is_new) if has_guess else ""
    )


def _place(notice: Notice) -> tuple[int, float]:
    return notice.after, notice.after_s


def _change(gap: _Gap, *, is_guess: bool) -> Change:
    return Change(
        after_s=gap.first.after_s,
        who=gap.first.who,
        before=tuple(notice.text for notice in gap.before),
        now=tuple(notice.text for notice in gap.now),
        is_guess=is_guess,
    )


def _why(course: Course, now: Played, done: int, asked: Notice | None, *, is_new: bool) -> str:
    """Return what the record does not know that matters from the first guess on; *is_new*: *asked* is no old one."""
    deed = course.deeds[done].step.text if done < len(course.deeds) else ""
    if deed and done in now.left_out:
        return f'"{deed}" is what came next, and nothing waits for it any more'
    if deed and not is_new:
        return f'"{deed}" is what came next, and nobody knows whether it still would'
    assert asked is not None
    return f"{asked.who} is asked for keys, and the record has none for that"


def _gaps(before: Sequence[Notice], now: Sequence[Notice]) -> Iterator[_Gap]:
    for who in dict.fromkeys(notice.who for notice in (*before, *now)):
        was = [notice for notice in before if notice.who == who]
        comes = [notice for notice in now if notice.who == who]
        matcher = SequenceMatcher(None, [n.text for n in was], [n.text for n in comes], autojunk=False)
        for what, i, i_end, j, j_end in matcher.get_opcodes():
            if what == "equal":
                yield from _waits(was[i:i_end], comes[j:j_end])
            else:
                yield _Gap(was[i:i_end], comes[j:j_end])


def _waits(was: Sequence[Notice], comes: Sequence[Notice]) -> Iterator[_Gap]:
    """Yield where people wait noticeably longer, or less long, for the same thing."""
    for (earlier, later), (earlier_now, later_now) in zip(pairwise(was), pairwise(comes), strict=True):
        wait_s, wait_now_s = later.after_s - earlier.after_s, later_now.after_s - earlier_now.after_s
        if abs(wait_s - wait_now_s) >= _SAME_WAIT_S:
            yield _Gap([_waited(later, wait_s)], [_waited(later_now, wait_now_s)])


def _waited(notice: Notice, wait_s: float) -> Notice:
    return replace(notice, text=f"waits {wait_s:.0f} s, then {notice.text}")
