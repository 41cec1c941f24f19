"""Two moments are the same when everything goes on alike from them, and only then."""

from __future__ import annotations

from collections import deque

import pytest

from engine.explore.fingerprint import Fingerprint
from engine.explore.people import deeds
from engine.explore.play import Deeds, Play, Trouble
from engine.explore.walk import REFUSED, Walk
from engine.flows_folder import read_folder
from engine.scenario.script import Calls, Fails, Presses
from tests.explore.planted import ROOT, files_of, walk_of

FLOWS = read_folder(ROOT / "flows")
CALLS: Deeds = (Calls(leg="caller"),)
SILENCE: Deeds = ()
MENU = """
flow: menu
starts_when: {calls_to: any}
remember:
  turns: {type: number, start: 0}
anywhere: {on_error: hangup}
start: menu
states:
  menu:
    do:
      - answer
      - count: turns
      - gather: {speak: "Press 1.", digits: 1, wait: 5s, tries: 1}
    keys: {"1": hangup, anything_else: menu, nothing: hangup}
"""


def pressed(keys: str) -> Deeds:
    return (Presses("caller", keys),)


def after(walk: Walk, *moments: Deeds, beginning: int = 0) -> Play:
    """Return the call after these moments."""
    play = walk.play(beginning)
    for what in moments:
        play.do(what)
    return play


def print_of(walk: Walk, *moments: Deeds, beginning: int = 0) -> Fingerprint:
    return after(walk, *moments, beginning=beginning).fingerprint()


def test_two_ways_to_the_same_place_are_one() -> None:
    walk = walk_of(files_of("asks_for_ever"), "asks_for_ever")

    once = print_of(walk, CALLS, pressed("9"))
    later = print_of(walk, CALLS, SILENCE, pressed("9"), pressed("8"))

    assert once == later


def test_time_that_is_left_tells_moments_apart() -> None:
    walk = walk_of(FLOWS, "support_desk")
    to_the_first_minute, to_the_second = [SILENCE] * 3, [SILENCE] * 5

    first = print_of(walk, CALLS, *to_the_first_minute)
    second = print_of(walk, CALLS, *to_the_second)

    assert first.whole != second.whole
    assert first.timeless == second.timeless


def test_counter_that_is_read_tells_moments_apart() -> None:
    walk = walk_of(FLOWS, "front_desk")
    wrong: tuple[Deeds, ...] = (pressed("7777#"), SILENCE)

    once = print_of(walk, CALLS, SILENCE, pressed("2"), *wrong)
    twice = print_of(walk, CALLS, SILENCE, pressed("2"), *wrong, *wrong)

    assert once.timeless != twice.timeless


def test_counter_that_nothing_reads_is_no_difference() -> None:
    walk = walk_of({"menu.flow.yaml": MENU.encode()}, "menu")

    assert print_of(walk, CALLS, pressed("9")) == print_of(walk, CALLS, pressed("9"), pressed("9"))


def test_who_called_first_is_no_difference() -> None:
    walk = walk_of(FLOWS, "support_desk")
    agent: Deeds = (Calls(leg="agent", from_number="+15552220001"),)
    caller: Deeds = (Calls(leg="caller", from_number="+34600111222"),)

    caller_first = {print_of(walk, caller, agent, *[SILENCE] * count).timeless for count in range(9)}
    agent_first = {print_of(walk, agent, caller, *[SILENCE] * count).timeless for count in range(9)}

    assert caller_first & agent_first


def test_what_telnyx_has_refused_is_a_difference() -> None:
    walk = walk_of(FLOWS, "support_desk")
    fails = Fails(word="speak", operations=("speak",), status=REFUSED, code="10015")

    refused = after(walk, (fails, *CALLS))

    assert refused.refusals == 1
    assert not refused.is_refused_for_good


def test_what_addresses_answer_is_a_difference() -> None:
    walk = walk_of(files_of("lookup_answers"), "lookup_answers")

    found = {print_of(walk, beginning=place).whole for place in range(len(walk.beginnings))}

    assert len(found) == len(walk.beginnings) == 5


def test_being_open_or_closed_is_a_difference() -> None:
    walk = walk_of(files_of("closed"), "closed")

    assert print_of(walk, beginning=0).timeless != print_of(walk, beginning=1).timeless


@pytest.mark.parametrize(("name", "least"), [("supervise", 60), ("agent_leaves", 5)])
def test_moments_that_are_one_go_on_alike(name: str, least: int) -> None:
    """Whatever is done at two moments that are taken for one leads to moments that are taken for one, and so on."""
    walk = walk_of(FLOWS if name == "supervise" else files_of(name), name)
    known: dict[bytes, dict[Deeds, object]] = {}
    waiting, compared = deque([walk.play(0)]), 0

    while waiting and compared < 60:
        play = waiting.popleft()
        offered = [SILENCE, *deeds(play, has_changed=play.has_changed)]
        following = {what: _following(play, what) for what in offered}
        results = {what: result for what, (result, _) in following.items()}
        key = play.fingerprint().whole
        compared += key in known
        assert known.setdefault(key, results) == results
        waiting.extend(play for _, play in following.values() if play is not None)

    assert compared >= least


def _following(play: Play, what: Deeds) -> tuple[object, Play | None]:
    """Return what comes of *what* is done at a moment, and the call after them where it goes on."""
    play = play.copy()
    try:
        goes_on = play.do(what)
    except Trouble as trouble:
        return trouble.identity, None
    return (play.fingerprint().whole, play.commands, play.view.places), play if goes_on else None
