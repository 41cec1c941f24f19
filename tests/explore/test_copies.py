"""A copy of a call goes on by itself: what happens in one of the two is unknown to the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from engine.explore.copying import copied
from engine.flows_folder import read_folder
from engine.scenario.script import Calls, Presses
from tests.explore.planted import ROOT, walk_of


@dataclass(slots=True, eq=False)
class Bell:
    """Something that closures and methods change."""

    rung: int = 0
    others: list[Bell] = field(default_factory=list)

    def ring(self) -> None:
        self.rung += 1


def test_copy_of_a_call_goes_on_as_the_call_does() -> None:
    play = walk_of(read_folder(ROOT / "flows"), "support_desk").play(0)
    play.do((Calls(leg="caller"),))
    play.do(())
    copy = play.copy()
    before = play.fingerprint()

    told = []
    for deeds in ((), (Calls(leg="agent", from_number="+15552220001"),), (), (Presses("agent", "1"),), ()):
        copy.do(deeds)
        told.append((copy.fingerprint(), copy.view.places, copy.now))

    assert play.fingerprint() == before
    assert told[-1][1] == (("agent", "talking"), ("caller", "talking"))
    for deeds, what in zip(
        ((), (Calls(leg="agent", from_number="+15552220001"),), (), (Presses("agent", "1"),), ()), told, strict=True
    ):
        play.do(deeds)
        assert (play.fingerprint(), play.view.places, play.now) == what


def test_function_is_copied_with_what_it_closes_over() -> None:
    bell = Bell()

    new_bell, ring = copied((bell, lambda: bell.ring()), shared=())
    ring()

    assert (bell.rung, new_bell.rung) == (0, 1)


def test_functions_that_share_a_variable_still_share_it() -> None:
    count, add = copied(_counter(), shared=())

    add()
    add()

    assert count() == 2


def test_function_that_closes_over_itself_is_copied() -> None:
    def again(times: int) -> int:
        return times and 1 + again(times - 1)

    assert copied(again, shared=())(3) == 3
    assert copied(again, shared=()) is not again


def test_methods_and_partials_keep_to_the_copy() -> None:
    bell = Bell()

    new_bell, ring, by_hand = copied((bell, bell.ring, partial(Bell.ring, bell)), shared=())
    ring()
    by_hand()

    assert (bell.rung, new_bell.rung) == (0, 2)


def test_things_that_hold_each_other_are_copied_once() -> None:
    bell = Bell()
    bell.others.append(bell)

    new = copied(bell, shared=())

    assert new is not bell
    assert new.others == [new]


def test_what_is_shared_is_not_copied() -> None:
    bell = Bell()

    assert copied([bell], shared=(Bell,)) == [bell]


def _counter() -> tuple[Callable[[], int], Callable[[], None]]:
    count = 0

    def add() -> None:
        nonlocal count
        count += 1

    return lambda: count, add
