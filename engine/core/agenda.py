"""
What runs next in a state: steps one after another, handlers in between, exits.

A state's own ``do`` runs step by step. Blocks of handlers wait until the running step has finished, and go before
the rest of ``do``, in order of arrival, eight at most. ``then`` and ``keys`` come when nothing is left.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.core import levels, media, rules
from engine.core.acts.act import Failure, Leaves, Result, Verdict
from engine.core.acts.table import ACTS
from engine.core.command import HTTP
from engine.core.event import IN_DOUBT, REFUSED, Event
from engine.core.expression import FormulaError
from engine.core.flow import Action, Rules, State
from engine.core.leg import Frame, Running, Sent
from engine.core.states import apologise, drop_running, go_on, hang_up
from engine.core.turn import AUDIO_OPERATIONS, HANGUPS, Turn
from engine.core.verbs import GATHERS, VERBS

STEPS_WITHOUT_EVENT = 100
STEPS_IN_A_CALL = 10_000

# Telnyx says "too early" (facts.md, section 3): the step begins again, twice at most and half a second later, as Telnyx
# advises for a bridge right after call.answered. That one may bear any code but those that say what is wrong for good.
_TOO_EARLY = frozenset({"90034", "90020"})  # call not answered yet; recording before its audio has started
_FOR_GOOD = frozenset({"10004", "10011", "10015", "10016", "10032", "10033", "90015", "90018"})
_DIGITS = frozenset({"digits"})
_MOST_REPEATS = 2
_REPEATED_AFTER_S = 0.5
_ANSWER_WITHIN_S = 10.0


# -- steps -----------------------------------------------------------------------------------------------------


def proceed(turn: Turn) -> None:
    """Run what can run now: until a step waits for Telnyx, or nothing is left to do."""
    while turn.leg.status == "live" and turn.leg.running is None:
        frame = _next_frame(turn)
        if frame is None:
            if not _finish_do(turn):
                return
        elif frame.number < 0:
            _leave_block(turn, frame)
        elif _is_held_back(turn, frame):
            if not _pass_over(turn, frame):
                return
        elif not _spend(turn):
            return
        else:
            levels.within(turn, frame.depth, partial(_begin, turn, frame))


def _next_frame(turn: Turn) -> Frame | None:
    leg = turn.leg
    if leg.waiting:
        return leg.waiting.pop(0)
    if leg.main:
        return Frame(leg.state, leg.main, {}, True, turn.depth)
    return None


def _leave_block(turn: Turn, frame: Frame) -> None:
    """Go where a block leads whose steps have all finished."""
    exit_ = turn.role_at(frame.depth).block(frame.block).action(-frame.number).exit
    assert exit_ is not None
    levels.within(turn, frame.depth, lambda: rules.take(turn, exit_, frame.fields))


def _is_held_back(turn: Turn, frame: Frame) -> bool:
    """While two legs are being put together only silent steps run: all else would be said or done in their room."""
    verb = turn.action(frame).verb
    return turn.leg.connecting is not None and not VERBS[verb].silent and verb not in HANGUPS


def _pass_over(turn: Turn, frame: Frame) -> bool:
    """Leave out what a handler wants to say meanwhile, and return True; any other step waits."""
    if not frame.is_main and _is_audible(turn.action(frame)):
        go_on(turn, frame)
        return True
    if not frame.is_main:
        turn.leg.waiting.insert(0, frame)
    return False


def interrupt(turn: Turn) -> None:
    """
    Cut the running step if somebody hears it or is rung by it: who takes this leg comes first.

    The state's own begins again later, should nothing come of it; a handler's is passed over.
    """
    leg, running = turn.leg, turn.leg.running
    if running is None or not (_is_audible(turn.action(running.frame)) or runs(turn, "dial")):
        return
    drop_running(turn)
    turn.drop_timers("step")
    if running.frame.is_main:
        leg.main = running.frame.number
    else:
        go_on(turn, running.frame)


def runs(turn: Turn, *verbs: str) -> bool:
    """Tell whether a step with one of *verbs* is being waited for."""
    return turn.leg.running is not None and turn.action(turn.leg.running.frame).verb in verbs


def is_under_way(turn: Turn, use: str) -> bool:
    """Tell whether a command with this use has not been answered yet."""
    return any(sent.use == use for sent in turn.leg.sent.values())


def _spend(turn: Turn) -> bool:
    """Count a step; a flow that goes round without anything coming from outside is ended with an apology."""
    leg = turn.leg
    leg.spent += 1
    leg.spent_in_all += 1
    if leg.spent <= STEPS_WITHOUT_EVENT and leg.spent_in_all <= STEPS_IN_A_CALL:
        return True
    turn.note("budget", state=leg.state, steps=leg.spent)
    apologise(turn)
    return False


def _is_audible(action: Action) -> bool:
    """Tell whether somebody hears the step, which a recording in the background is not."""
    return VERBS[action.verb].audible and "during" not in action.options


def _begin(turn: Turn, frame: Frame) -> None:
    leg = turn.leg
    action = turn.action(frame)
    if frame.is_main:
        leg.main = action.next
    leg.serial += 1
    leg.running = Running(frame, leg.serial)
    turn.begin_step(frame)
    if (_is_audible(action) or action.verb in GATHERS) and not media.hush(turn):
        leg.running.stage = "held"
        return
    start(turn)


def start(turn: Turn) -> None:
    """Issue the running step's commands, now that the leg is quiet."""
    running = turn.leg.running
    assert running is not None
    running.stage = "sent"
    result = levels.within(turn, running.frame.depth, lambda: _issue(turn, running))
    running.n = turn.leg.n
    if turn.leg.running is not running:
        return  # another flow runs now
    if result is Verdict.WAITS and not _awaits_answer(turn, running):
        turn.set_timer("step", _limit(turn, running))
    settle(turn, result)


def _issue(turn: Turn, running: Running) -> Result:
    action = turn.action(running.frame)
    turn.note(
        "step", flow=turn.leg.flow, role=turn.leg.role, verb=action.verb, block=running.frame.block,
        number=action.number, line=action.line,
    )  # fmt: skip
    try:
        return ACTS[action.verb].begin(turn, running)
    except FormulaError as error:
        return Failure("formula", title=str(error))


def _awaits_answer(turn: Turn, running: Running) -> bool:
    return any(sent.serial == running.serial and sent.use == "step" for sent in turn.leg.sent.values())


def _limit(turn: Turn, running: Running) -> float:
    return ACTS[turn.action(running.frame).verb].limit_s(turn, running)


def settle(turn: Turn, result: Result | None) -> None:
    """Take what became of the running step; what comes next is decided by :func:`proceed`."""
    running = turn.leg.running
    if running is not None and result is not None and result is not Verdict.WAITS:
        levels.within(turn, running.frame.depth, lambda: _settle(turn, running.frame, result))


def _settle(turn: Turn, frame: Frame, result: Result) -> None:
    leg = turn.leg
    if result is Verdict.HANG_UP:
        hang_up(turn, command=not is_under_way(turn, "hangup"))
        return
    drop_running(turn)
    turn.drop_timers("step")
    if isinstance(result, Failure):
        _fail(turn, frame, result)
    elif isinstance(result, Leaves):
        rules.take(turn, result.exit, {})
    elif result is Verdict.AGAIN and frame.is_main:
        leg.main = frame.number  # handlers that wait go first
    elif result is Verdict.AGAIN:
        leg.waiting.insert(0, frame)
    elif result is Verdict.DROP:
        if frame.is_main:
            leg.main, leg.is_done = 0, True
    else:
        go_on(turn, frame)


def _fail(turn: Turn, frame: Frame, failure: Failure) -> None:
    """What the engine refused to do is offered to ``on`` first; neither the rest of the block nor ``then`` follows."""
    leg, verb = turn.leg, turn.action(frame).verb
    if failure.is_forbidden:
        if frame.is_main:
            leg.main, leg.is_done = 0, True
        if rules.offer(turn, REFUSED, {"step": verb, "reason": failure.title}):
            return
    rules.fail(turn, failure, verb=verb)


def _finish_do(turn: Turn) -> bool:
    """Follow ``keys`` or ``then`` once all steps have finished; False when the state just waits."""
    leg, state = turn.leg, turn.state
    if leg.is_done:
        _play_music(turn)
        return False
    leg.is_done = True
    exits = _rules_for_keys(turn, state) if state.keys else state.then
    if exits:
        if not _spend(turn):
            return True
        rules.apply(turn, exits, block=state.name, payload={})
        return True
    _play_music(turn)
    return False


def _rules_for_keys(turn: Turn, state: State) -> Rules:
    keyed, keys = turn.leg.keyed, state.keys
    if keyed == "digits":
        wanted: tuple[str, ...] = (turn.leg.digits, "digits", "anything_else", "nothing")
    elif keyed == "anything_else":
        wanted = ("anything_else", "nothing")
    else:
        wanted = ("nothing",)
    found = turn.recalled(_DIGITS, lambda: next((name for name in wanted if name in keys), ""), is_plain=True)
    return keys.get(found, ())


def _play_music(turn: Turn) -> None:
    """Let the state's music go on once nothing else is to be heard."""
    leg = turn.leg
    if leg.music and leg.media is None and leg.connecting is None and not leg.is_in_room and _spend(turn):
        _begin(turn, Frame(leg.state, leg.music, {}, depth=turn.depth))


# -- answers ---------------------------------------------------------------------------------------------------


def answered(turn: Turn, sent: Sent, event: Event) -> None:
    """Take Telnyx's answer to *sent*, a command of the running step."""
    running = turn.leg.running
    assert running is not None
    act = ACTS[turn.action(running.frame).verb]
    if event.type == REFUSED or (event.type == IN_DOUBT and sent.operation == HTTP):
        if sent.operation in AUDIO_OPERATIONS and _is_audible(turn.action(running.frame)):
            media.quiet(turn)
        if begins_again(turn, event):
            return
        settle(turn, levels.within(turn, running.frame.depth, lambda: act.refused(turn, running, event)))
    elif event.type == IN_DOUBT:
        rules.offer(turn, IN_DOUBT, event.payload)
        if turn.leg.running is running:
            _take_answer(turn, running, act.in_doubt, event)
    else:
        _take_answer(turn, running, act.accepted, event)


def _take_answer(turn: Turn, running: Running, ask: Callable[[Turn, Running, Event], Result], event: Event) -> None:
    """Ask the verb what the answer means; where it waits on, that has a limit."""
    act = ACTS[turn.action(running.frame).verb]
    result = levels.within(turn, running.frame.depth, lambda: ask(turn, running, event))
    if result is Verdict.WAITS and turn.leg.running is running and not _awaits_answer(turn, running):
        running.stage = "accepted"
        turn.set_timer("step", act.limit_s(turn, running))
    settle(turn, result)


def begins_again(turn: Turn, event: Event) -> bool:
    """Take a refusal of the running step that says no more than "too early", and tell whether it was one."""
    running = turn.leg.running
    repeats = running.note.get("repeats", 0) if running is not None else _MOST_REPEATS
    if running is None or repeats >= _MOST_REPEATS or not _is_too_early(turn.action(running.frame), event):
        return False
    running.note["repeats"] = repeats + 1
    if turn.leg.is_answered:
        running.stage = "early"
        turn.set_timer("step again", _REPEATED_AFTER_S)
    else:
        running.stage = "unanswered"
        turn.set_timer("step", _ANSWER_WITHIN_S)
    return True


def _is_too_early(action: Action, event: Event) -> bool:
    code, is_to_leg = str(event.payload.get("code")), action.verb == "bridge" and "to" in action.options
    if action.verb == HTTP:
        return False
    # A bridge that fails has taken a queue's first caller nevertheless: only one to a leg is repeated.
    return code in _TOO_EARLY or (is_to_leg and event.payload.get("status") == 422 and code not in _FOR_GOOD)


def begin_again(turn: Turn) -> None:
    """Half a second has passed since Telnyx said that it was too early."""
    running = turn.leg.running
    if running is not None and running.stage == "early":
        start(turn)


def finished_by(turn: Turn, name: str, event: Event) -> bool:
    """Let the running step look at an event; True when it was about that step."""
    running = turn.leg.running
    if running is None or running.stage in ("held", "early"):
        return False
    if running.stage == "unanswered":
        if name == "call.answered":
            turn.drop_timers("step")
            start(turn)
        return False
    act = ACTS[turn.action(running.frame).verb]
    result = levels.within(turn, running.frame.depth, lambda: act.finish(turn, running, name, event))
    settle(turn, result)
    return result is not None


def release(turn: Turn) -> None:
    """The leg is quiet: the step that waited for it begins."""
    running = turn.leg.running
    if running is not None and running.stage == "held":
        start(turn)
