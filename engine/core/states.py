"""Entering and leaving states, and the ways in which a run ends."""

from __future__ import annotations

from engine.core import media
from engine.core.acts import queueing
from engine.core.acts.speech import voice_parameters
from engine.core.flow import Exit, State
from engine.core.names import queue_run, room_run
from engine.core.turn import Turn

LAST_AFTER_S = 600.0
HANGUP_COMES_WITHIN_S = 5.0
APOLOGY = "Sorry, something went wrong. Goodbye."
_LIMITED_BY_THEMSELVES = frozenset({"gather", "record", "transfer"})


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
    if not state.after and not _limits_itself(state):
        turn.set_timer("last", LAST_AFTER_S)
    turn.note("state", flow=leg.flow, role=leg.role, state=name)
    turn.moved = True


def _limits_itself(state: State) -> bool:
    """Tell whether a state that waits has a limit of its own, so that it needs no last ``after``."""
    if state.then or state.keys:
        return True  # it goes on when its steps have finished, and each step has its own watchdog
    return any(
        action.verb in _LIMITED_BY_THEMSELVES or (action.verb == "enqueue" and action.options.get("max_wait"))
        for action in state.actions
    )


def leave(turn: Turn, *, is_ending: bool = False) -> None:
    """Leave the state: nothing of it may still be said later, and what is to be heard is stopped."""
    leg = turn.leg
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
        return
    if exit_.kind == "state":
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
        if far.call_control_id and not far.is_bridged and why == "hangup":
            turn.send("hangup", use="hangup", path={"call_control_id": far.call_control_id})
            turn.note("aside", text=f"the ringing leg '{word}' is hung up: its caller has gone")
    if leg.connecting is not None:
        turn.out.tell(queue_run(leg.connecting.queue), "connect.failed", run=leg.run, code="left")
        leg.connecting = None
    if leg.running is not None and turn.action(leg.running.frame).verb == "connect":
        turn.out.tell(queue_run(leg.running.note["queue"]), "connect.failed", run=leg.run, code="left")
    drop_running(turn)
    queueing.left(turn)
    if leg.room:
        turn.out.tell(room_run(leg.room), "room.left", run=leg.run, hangup=why == "hangup")
        leg.room, leg.is_in_room = "", False
    turn.withdraw()
    leg.waiting, leg.timers, leg.parked, leg.links, leg.media = [], {}, [], {}, None
    leg.status, leg.ended_at = "ended", turn.now
    turn.note("ended", why=why, state=leg.state)


def apologise(turn: Turn) -> None:
    """Say that something went wrong, then hang up: nobody sits in silence."""
    _begin_to_leave(turn)
    turn.send("speak", use="aside", **voice_parameters(turn, APOLOGY))
    turn.set_timer("goodbye", 6.0)


def freeze(turn: Turn, last_state: str) -> None:
    """Keep the state in which a run ended: its handlers still take what comes late."""
    turn.leg.last_state = last_state
    if turn.leg.at != "ended":
        turn.trigger("end")


def hang_up_at_last(turn: Turn) -> None:
    """Send the hang-up of a leg that is being left, for the first time or again."""
    turn.drop_timers("goodbye", "hangup")
    turn.send("hangup", use="hangup")
    turn.set_timer("hangup", HANGUP_COMES_WITHIN_S)
