"""Entering and leaving states, and the ways in which a run ends."""

from __future__ import annotations

from engine.core import media
from engine.core.acts import queueing, rooms
from engine.core.acts.speech import voice_parameters
from engine.core.flow import Exit
from engine.core.names import queue_run
from engine.core.turn import Turn

LAST_AFTER_S = 600.0
HANGUP_COMES_WITHIN_S = 5.0
APOLOGY = "Sorry, something went wrong. Goodbye."


def enter(turn: Turn, name: str) -> None:
    """Enter state *name* (anew, where the leg is in it already) and start its clocks."""
    leg = turn.leg
    turn.trigger(f"go {leg.role}:{name}")
    state = turn.state
    leg.main, leg.is_done, leg.keyed, leg.tries, leg.first_n = state.main, False, None, 0, 0
    leg.error_state, leg.is_failing = (name if leg.is_failing else ""), False
    for index, wait in enumerate(state.after):
        turn.set_timer(f"after:{index}", wait.delay_s)
    for index, wait in enumerate(state.every):
        turn.set_timer(f"every:{index}", wait.delay_s)
    turn.note("state", flow=leg.flow, role=leg.role, state=name)
    turn.moved = True


def limit(turn: Turn) -> None:
    """Nobody sits in silence: a leg that just waits, without any limit, gets a last ``after``."""
    leg = turn.leg
    is_busy = leg.running is not None or leg.waiting or leg.connecting is not None
    if leg.status == "live" and not is_busy and not _is_limited(turn):
        turn.set_timer("last", LAST_AFTER_S)


def _is_limited(turn: Turn) -> bool:
    leg = turn.leg
    is_timed = any(name == "last" or name.startswith("after:") for name in leg.timers)
    is_in_line = bool(leg.queue and leg.enqueued.get("max_wait_time_secs"))
    return is_timed or is_in_line or any(far.is_bridged and not far.is_over for far in leg.far_legs.values())


def last_after(turn: Turn) -> None:
    """Ten minutes have passed in a state without a limit."""
    if not _is_limited(turn):
        turn.note("budget", state=turn.leg.state, why="ten minutes in a state without a limit")
        apologise(turn)


def leave(turn: Turn, *, is_ending: bool = False) -> None:
    """Leave the state: nothing of it may still be said later, and what is to be heard is stopped."""
    leg = turn.leg
    queueing.give_up(turn)
    drop_running(turn)
    leg.waiting, leg.main, leg.music = [], 0, 0
    turn.drop_timers("after:", "every:", "last", "step")
    turn.withdraw()
    if not is_ending:
        media.hush(turn)
        leg.is_done = True


def drop_running(turn: Turn) -> None:
    """Forget the step that is being waited for."""
    if turn.leg.running is not None:
        turn.leg.running = None
        turn.trigger("done")


def go(turn: Turn, exit_: Exit) -> None:
    """Follow an exit."""
    if exit_.kind == "stay":
        turn.leg.is_failing = False
    elif exit_.kind == "state":
        leave(turn)
        enter(turn, exit_.state)
    elif exit_.kind == "hangup":
        hang_up(turn)
    else:
        turn.leg.last_state = turn.leg.state
        leave(turn, is_ending=True)
        end(turn, why="end")
        turn.trigger("end")


def hang_up(turn: Turn, *, command: bool = True) -> None:
    """Hang this leg up and wait for its call.hangup. *command*: False where a step has sent it (reject)."""
    _begin_to_leave(turn)
    if command:
        turn.send("hangup", use="hangup")
    turn.set_timer("hangup", HANGUP_COMES_WITHIN_S)


def _begin_to_leave(turn: Turn) -> None:
    turn.leg.last_state = turn.leg.state
    leave(turn, is_ending=True)
    turn.trigger("hang up")
    turn.leg.status = "leaving"


def end(turn: Turn, *, why: str) -> None:
    """End the run: timers and unsent commands die, ringing legs are hung up, rooms and queues are told."""
    leg = turn.leg
    for word, far in leg.far_legs.items():
        if far.call_control_id and not (far.is_bridged or far.is_over) and why == "hangup":
            turn.send("hangup", use="hangup", path={"call_control_id": far.call_control_id})
            turn.note("aside", text=f"the ringing leg '{word}' is hung up: its caller has gone")
    if leg.connecting is not None and not leg.connecting.takes:
        turn.out.tell(queue_run(leg.connecting.queue), "connect.failed", run=leg.run, code="left")
    leg.connecting = None
    queueing.give_up(turn)
    drop_running(turn)
    queueing.left(turn)
    if leg.room:
        rooms.taken_out(turn)
    rooms.depart(turn, hangup=why == "hangup")
    turn.withdraw(is_ending=True)
    leg.waiting, leg.timers, leg.parked, leg.links, leg.media = [], {}, [], {}, None
    leg.status, leg.ended_at = "ended", turn.now
    turn.note("ended", why=why, state=leg.state)


def apologise(turn: Turn) -> None:
    """Say that something went wrong, then hang up: nobody sits in silence."""
    if not turn.leg.is_answered:
        hang_up(turn)
        return
    is_asking = turn.leg.media is not None and turn.leg.media.kind == "gather"
    _begin_to_leave(turn)
    if is_asking:
        turn.send("gather_stop", use="stop")
    turn.send("speak", use="aside", stop="all", **voice_parameters(turn, APOLOGY))
    media.started(turn, "speak")
    turn.set_timer("goodbye", 6.0)


def freeze(turn: Turn) -> None:
    """Bring the machine to its end, wherever it is."""
    if turn.leg.at != "ended":
        turn.trigger("end")


def hang_up_at_last(turn: Turn) -> None:
    """Send the hang-up of a leg that is being left, for the first time or again."""
    turn.drop_timers("goodbye", "hangup")
    turn.send("hangup", use="hangup")
    turn.set_timer("hangup", HANGUP_COMES_WITHIN_S)
