"""What happens when time has passed: ``after``, ``every``, watchdogs, the longest call."""

from __future__ import annotations

from engine.core import agenda, levels, media, messages, rules, states
from engine.core.acts import rooms
from engine.core.turn import Turn

POSTPONED_S = 1.0  # the clocks of a flow that stands still while an outer flow's handler runs another


def fall_due(turn: Turn) -> None:
    """Let everything that is due happen, in the order in which it fell due."""
    leg = turn.leg
    leg.due = None  # the timer row has fired: whatever is next needs a new one
    for name, due in sorted(leg.timers.items(), key=lambda item: item[1]):
        if due <= turn.now and leg.timers.get(name) == due and leg.status != "ended":
            del leg.timers[name]
            _fire(turn, name)
            agenda.proceed(turn)


def _fire(turn: Turn, name: str) -> None:
    depth, clock = levels.read_clock(name)
    kind, _, index = clock.partition(":")
    if kind not in _CLOCKS:
        _FIRES[kind](turn)
    elif depth in levels.chain(turn):
        turn.leg.spent = 0
        levels.within(turn, depth, lambda: _CLOCKS[kind](turn, int(index)))
    else:
        turn.set_timer(name, POSTPONED_S)


def _after(turn: Turn, index: int) -> None:
    """``after`` also cuts ``do`` short, where it does something or leads elsewhere."""
    rule = rules.judge(turn, turn.state.after[index].rules, {})
    if rule is None:
        return
    if rule.do:
        rules.cut(turn)
    rules.follow(turn, rule, block=turn.state.name, payload={})


def _every(turn: Turn, index: int) -> None:
    """Run an ``every`` block, unless a step still speaks or waits; music does not count."""
    leg = turn.leg
    wait = turn.state.every[index]
    turn.set_timer(levels.clock(turn, f"every:{index}"), wait.delay_s)
    is_busy = leg.running is not None or leg.waiting or leg.connecting is not None or levels.is_calling(turn)
    if not is_busy and (leg.media is None or leg.media.kind == "music"):
        rules.apply(turn, wait.rules, block=turn.state.name, payload={})


def _quiet(turn: Turn) -> None:
    media.quiet(turn)
    agenda.release(turn)


def ask_whether_alive(turn: Turn) -> None:
    """A step took too long, or a hang-up did not come: ask Telnyx before anything else is decided."""
    turn.send("call_retrieve", use="watch")


def _ask_whether_gone(turn: Turn) -> None:
    """Telnyx said that the call has ended (90018), and no call.hangup came."""
    turn.send("call_retrieve", use="gone")


def _longest_call(turn: Turn) -> None:
    if turn.leg.status == "live":
        turn.note("aside", text="the longest call of the flow's settings is over")
        states.hang_up(turn)


_CLOCKS = {"after": _after, "every": _every}
_FIRES = {
    "step": ask_whether_alive,
    "watch": _ask_whether_gone,
    "hangup": ask_whether_alive,
    "quiet": _quiet,
    "music": media.miss_music,
    "last": states.last_after,
    "departed": rooms.depart,
    "line": messages.not_back_in_line,
    "manoeuvre": messages.manoeuvre_is_late,
    "longest": _longest_call,
    "goodbye": states.hang_up_at_last,
}
