"""Entering and leaving states, and the ways in which a run ends."""

from __future__ import annotations

from dataclasses import replace

from engine.core import levels, links, media
from engine.core.acts import queueing, rooms
from engine.core.acts.speech import voice_parameters
from engine.core.leg import Frame
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
        turn.set_timer(levels.clock(turn, f"after:{index}"), wait.delay_s)
    for index, wait in enumerate(state.every):
        turn.set_timer(levels.clock(turn, f"every:{index}"), wait.delay_s)
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
    is_timed = any(name == "last" or "after:" in name for name in leg.timers)
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
    drop_steps(turn, is_ending=is_ending)
    leg.waiting = [] if is_ending else [frame for frame in leg.waiting if frame.depth < turn.depth]
    leg.main, leg.music, leg.restarts = 0, 0, 0
    levels.drop_clocks(turn, 0 if is_ending else turn.depth)
    turn.drop_timers("last")
    if not is_ending:
        if leg.media is not None and leg.media.depth >= turn.depth:
            media.hush(turn)
        leg.is_done = True


def drop_steps(turn: Turn, *, is_ending: bool = False) -> None:
    """Give up the running step and the flows inside; a step of an outer flow's handler goes on, unless all ends."""
    running = turn.leg.running
    if is_ending or running is None or running.frame.depth >= turn.depth:
        queueing.give_up(turn)
        drop_running(turn)
        turn.drop_timers("step")
        turn.withdraw()
    levels.abandon(turn)


def drop_running(turn: Turn) -> None:
    """Forget the step that is being waited for."""
    running = turn.leg.running
    if running is not None:
        turn.leg.running = None
        levels.within(turn, running.frame.depth, lambda: levels.finish_step(turn))


def go_on(turn: Turn, frame: Frame) -> None:
    """The step at *frame* has finished: the next one of its block, or where the block leads."""
    action = turn.action(frame)
    if frame.is_main:
        return  # leg.main points at the next one already
    if action.next:
        turn.leg.waiting.insert(0, replace(frame, number=action.next))
    elif action.exit is not None:
        # In line, not taken yet: the event that finished the step may have a handler, whose `then` wins.
        turn.leg.waiting.insert(0, replace(frame, number=-action.number))


def end_run(turn: Turn) -> None:
    """The flow is over and leaves the leg as it is."""
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
    links.let_go(turn)
    queueing.give_up(turn)
    drop_running(turn)
    queueing.left(turn)
    if leg.room:
        rooms.taken_out(turn)
    rooms.depart(turn)
    turn.withdraw(is_ending=True)
    leg.waiting, leg.timers, leg.parked, leg.links, leg.media = [], {}, [], {}, None
    leg.status, leg.ended_at = "ended", turn.now
    turn.note("ended", why=why, state=leg.state)


def apologise(turn: Turn) -> None:
    """Say that something went wrong, then hang up: nobody sits in silence."""
    if not turn.leg.is_answered:
        hang_up(turn)
        return
    asking = media.QUESTIONS.get(turn.leg.media.kind) if turn.leg.media is not None else None
    _begin_to_leave(turn)
    if asking is not None:
        turn.send(asking, use="stop")
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
