"""
``step``: what one event makes of one leg. Pure: no clock, no I/O, no randomness; the same input gives the same output.

Events that no state expects change nothing (runtime.md, "Events"): an answer to an earlier command, a key pressed
before the state's first command, the second ``call.bridged`` of one bridge, anything late.
"""

from __future__ import annotations

from engine.core import agenda, due, ending, media, messages, states
from engine.core.acts import queueing
from engine.core.acts.act import Failure
from engine.core.event import ACCEPTED, DEFECT, IN_DOUBT, REFUSED, TIMER, Event
from engine.core.leg import FarLeg, Sent
from engine.core.names import room_run
from engine.core.turn import Turn

PARKED_FOR_S = 5.0
MOST_PARKED = 16
KEPT = frozenset({"call.answered", "call.initiated", "call.bridged", "call.enqueued", "conference.participant.joined"})
_HAS_ENDED = "90018"


def step(turn: Turn, event: Event) -> None:
    """Let *event* work on the turn's leg: changes its private copy and collects commands, timers and history."""
    leg = turn.leg
    if event.type in (ACCEPTED, REFUSED, IN_DOUBT):
        _outcome(turn, event)
    elif leg.status == "ended":
        ending.late(turn, event)
    elif event.type == TIMER:
        due.fall_due(turn)
    elif event.type == DEFECT:
        _defect(turn)
    elif event.run is not None and event.type in messages.MESSAGES:
        messages.MESSAGES[event.type](turn, event)
    else:
        leg.spent = 0
        _webhook(turn, event)
    agenda.proceed(turn)
    _offer_parked(turn)


def begin(turn: Turn, state: str) -> None:
    """Let a new leg enter its first state; events that came before its call.initiated are offered then."""
    states.enter(turn, state)
    agenda.proceed(turn)
    _offer_parked(turn)


# -- webhooks --------------------------------------------------------------------------------------------------


def _webhook(turn: Turn, event: Event) -> None:
    name = _name_of(turn, event)
    if name is None or _is_early_key(turn, event):
        return
    _take_note(turn, name, event)
    if turn.leg.status == "leaving":
        _while_leaving(turn, event)
    elif turn.leg.status == "live" and not _is_hidden(turn, name):
        _hand_on(turn, name, event)


def _name_of(turn: Turn, event: Event) -> str | None:
    """Return the name under which handlers know *event*; None when it says nothing new."""
    token = event.client_state
    if token is None or not token.word or token.run != turn.leg.run:
        return event.type
    if event.call_control_id == turn.leg.call_control_id:
        return event.type
    far = turn.leg.far_legs.setdefault(token.word, FarLeg())
    far.call_control_id = event.call_control_id or far.call_control_id
    return event.type if event.type == "call.bridged" else f"{token.word}.{event.type}"


def _is_early_key(turn: Turn, event: Event) -> bool:
    """Tell whether a key was pressed before the state's first command was accepted (runtime.md, "Stale", d)."""
    token = event.client_state
    return (
        event.type == "call.dtmf.received"
        and token is not None
        and token.run == turn.leg.run
        and token.n < turn.leg.first_n
    )


def _take_note(turn: Turn, name: str, event: Event) -> None:
    """Keep the leg's own record in line with what Telnyx says, whatever the state makes of it."""
    leg = turn.leg
    if name == "call.answered":
        leg.is_answered = True
    elif name == "call.enqueued":
        queueing.entered(turn, str(event.payload.get("queue") or leg.enqueued.get("queue_name") or ""))
    elif name == "call.dequeued" and event.payload.get("queue") in (leg.queue, None):
        queueing.left(turn)
    elif name == "conference.participant.joined" and leg.room:
        leg.is_in_room, leg.conference_id = True, event.conference_id or ""
        turn.out.tell(room_run(leg.room), "room.joined", run=leg.run, conference_id=leg.conference_id)
    elif name == "conference.participant.left" and leg.room and event.conference_id in (leg.conference_id, None):
        turn.out.tell(room_run(leg.room), "room.left", run=leg.run, hangup=False)
        if leg.is_in_room:
            leg.room, leg.is_in_room = "", False
    elif name == "call.hangup":
        ending.hung_up(turn, event)
    if media.note_end(turn, event):
        agenda.release(turn)


def _is_hidden(turn: Turn, name: str) -> bool:
    """Tell whether an event belongs to the manoeuvre of ``connect``, which flows do not see."""
    hidden = ("call.dequeued", "conference.participant.joined", "conference.participant.left")
    return name in hidden and (turn.leg.connecting is not None or turn.leg.is_private)


def _hand_on(turn: Turn, name: str, event: Event) -> None:
    """Offer an event to the running step, then to the handlers; keep it a while if nobody takes it."""
    if name == "call.bridged" and not _is_first_bridge(turn):
        return
    is_taken = agenda.finished_by(turn, name, event)
    if turn.leg.status != "live":
        return
    if _is_late_answer(turn, event, is_taken):
        return
    is_handled = agenda.offer(turn, name, event.payload)
    if not (is_taken or is_handled) and name in KEPT:
        _park(turn, name, event)


def _is_late_answer(turn: Turn, event: Event, is_taken: bool) -> bool:
    """Tell whether an ``ended`` belongs to nothing that runs now: handlers must not take it for a new one."""
    token = event.client_state
    return (
        not is_taken
        and event.type in ("call.gather.ended", "call.speak.ended", "call.playback.ended")
        and token is not None
        and token.run == turn.leg.run
        and token.n < turn.leg.first_n
    )


def _is_first_bridge(turn: Turn) -> bool:
    """The first call.bridged of either leg counts, the second says nothing new (language.md, section 2)."""
    for far in turn.leg.far_legs.values():
        if far.is_bridged:
            return False
        far.is_bridged = True
    return True


def _park(turn: Turn, name: str, event: Event) -> None:
    leg = turn.leg
    if len(leg.parked) >= MOST_PARKED:
        dropped = leg.parked.pop(0)
        turn.note("stray", type=dropped["type"], why="too many events wait")
    leg.parked.append(
        {
            "id": event.id,
            "type": event.type,
            "payload": dict(event.payload),
            "name": name,
            "until": turn.now + PARKED_FOR_S,
        }
    )


def _offer_parked(turn: Turn) -> None:
    """After each move the kept events are offered again; those older than five seconds are dropped."""
    rounds = 0
    while turn.moved and turn.leg.status == "live" and rounds < MOST_PARKED:
        turn.moved, rounds = False, rounds + 1
        kept, turn.leg.parked = turn.leg.parked, []
        for row in kept:
            if row["until"] >= turn.now and turn.leg.status == "live":
                _hand_on(turn, row["name"], Event(id=row["id"], type=row["type"], payload=row["payload"]))
        agenda.proceed(turn)


def _while_leaving(turn: Turn, event: Event) -> None:
    if event.type == "call.speak.ended" and "goodbye" in turn.leg.timers:
        states.hang_up_at_last(turn)


# -- answers to commands ---------------------------------------------------------------------------------------


def _outcome(turn: Turn, event: Event) -> None:
    leg = turn.leg
    identity = str(event.payload["command_id"])
    turn.settled.append(identity)
    sent = leg.sent.pop(identity, None)
    if sent is None or leg.status == "ended":
        return
    if sent.use == "stop":
        media.stop_answered(turn)
    elif sent.use == "watch":
        _seen(turn, sent, event)
    elif sent.use == "connect":
        messages.left_line(turn)
    elif sent.use == "put back":
        messages.put_back(turn, event)
    elif sent.use == "hangup":
        if event.type == REFUSED and event.payload.get("code") != _HAS_ENDED:
            due.ask_whether_alive(turn)
    elif leg.running is not None and leg.running.serial == sent.serial and leg.status == "live":
        agenda.answered(turn, sent, event)


def _seen(turn: Turn, sent: Sent, event: Event) -> None:
    """Telnyx says whether the call lives: an ended one ends the run, a live one fails its step or hangs up again."""
    leg = turn.leg
    body = (event.payload.get("body") or {}).get("data") or {}
    is_gone = event.payload.get("status") == 404 or body.get("is_alive") is False
    if is_gone:
        state = leg.state
        states.end(turn, why="hangup")
        states.freeze(turn, state or leg.last_state)
    elif leg.status == "leaving":
        states.hang_up_at_last(turn)
    elif leg.running is not None and leg.running.serial == sent.serial and "step" not in leg.timers:
        agenda.settle(turn, Failure("no_answer", title="Telnyx accepted the step and then reported nothing"))


def _defect(turn: Turn) -> None:
    """A defect of ours: the call goes to its error exit."""
    if turn.leg.status == "live":
        states.drop_running(turn)
        agenda.fail(turn, Failure("engine", title="ringflow met a defect of its own"), verb="engine")
