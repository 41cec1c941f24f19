"""
``step``: what one event makes of one leg. Pure: no clock, no I/O, no randomness; the same input gives the same output.

Events that no state expects change nothing (runtime.md, "Events"): an answer to an earlier command, a key pressed
before the state's first command, the second ``call.bridged`` of one bridge, anything late.
"""

from __future__ import annotations

from engine.core import agenda, due, ending, far_legs, leg_messages, links, media, messages, rules, states
from engine.core.acts import queueing, rooms
from engine.core.acts.act import Failure
from engine.core.event import ACCEPTED, DEFECT, IN_DOUBT, LOOK, REFUSED, TIMER, Event
from engine.core.leg import Sent
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
        far_legs.hang_up_late(turn, event)
    elif event.type == TIMER:
        due.fall_due(turn)
    elif event.type == DEFECT:
        _defect(turn)
    elif event.type == LOOK:
        turn.send("call_retrieve", use="look")
    elif event.run is not None and event.type in messages.MESSAGES:
        messages.MESSAGES[event.type](turn, event)
    elif event.run is not None and event.type in leg_messages.MESSAGES:
        leg_messages.MESSAGES[event.type](turn, event)
    else:
        leg.spent = 0
        _webhook(turn, event)
    settle(turn)


def settle(turn: Turn) -> None:
    """Let what follows from an event happen: the steps that can run, events that were kept, what linked legs hear."""
    agenda.proceed(turn)
    _offer_parked(turn)
    leg_messages.tidy(turn)
    agenda.proceed(turn)
    states.limit(turn)


def begin(turn: Turn, state: str, event: Event) -> None:
    """
    Let a new leg enter its first state, and offer it *event*, which began the call, before anything is done.

    Events that came before it are offered then.
    """
    states.enter(turn, state)
    for row in turn.leg.parked:
        _take_note(turn, row["name"], Event(id=row["id"], type=row["type"], payload=row["payload"]))
    rules.offer(turn, event.type, event.payload)
    settle(turn)


# -- webhooks --------------------------------------------------------------------------------------------------


def _webhook(turn: Turn, event: Event) -> None:
    name = far_legs.name_of(turn, event)
    if name is None or _is_early_key(turn, event):
        return
    if _is_told_again(turn, name, event):
        turn.note("stray", type=event.type, why="it was known already")
        return
    is_hidden = _is_hidden(turn, name, event)
    if name == event.type:
        links.forward(turn, event)
    _take_note(turn, name, event)
    if turn.leg.status == "leaving":
        ending.late(turn, event)
        _while_leaving(turn)
    elif turn.leg.status == "live" and not is_hidden:
        _hand_on(turn, name, event)


def _is_early_key(turn: Turn, event: Event) -> bool:
    """Tell whether a key was pressed before the state's first command was accepted (runtime.md, "Stale", d)."""
    token = event.client_state
    return (
        event.type == "call.dtmf.received"
        and token is not None
        and token.run == turn.leg.run
        and token.n < turn.leg.first_n
    )


def _is_told_again(turn: Turn, name: str, event: Event) -> bool:
    """
    Tell whether an event reports once more, under another id, that the leg came to where it is.

    Webhooks come at least once (facts.md, section 0, 1), and nobody promises that a repetition keeps its id.
    """
    leg = turn.leg
    is_there, place = {
        "call.enqueued": (bool(leg.queue) and event.payload.get("queue") == leg.queue, "queue"),
        "conference.participant.joined": (leg.is_in_room and event.conference_id == leg.conference_id, "room"),
    }.get(name, (False, ""))
    return is_there and event.occurred_at is not None and event.occurred_at == leg.newest.get(place)


def _take_note(turn: Turn, name: str, event: Event) -> None:
    """Keep the leg's own record in line with what Telnyx says, whatever the state makes of it."""
    leg = turn.leg
    rooms.pass_on(turn, name, event)
    if name == "call.answered":
        leg.is_answered = True
    elif name == "call.hangup":
        ending.hung_up(turn, event)
    elif name in ("call.enqueued", "call.dequeued"):
        _note_queue(turn, name, event)
    elif name in ("conference.participant.joined", "conference.participant.left"):
        _note_room(turn, name, event)
    else:
        media.note_start(turn, event)
        _note_end(turn, event)


def _note_queue(turn: Turn, name: str, event: Event) -> None:
    leg, queue = turn.leg, event.payload.get("queue")
    if _is_overtaken(turn, event, "queue"):
        return
    if name == "call.enqueued":
        queueing.entered(turn, str(queue or leg.enqueued.get("queue_name") or ""))
        leg_messages.left_bridge(turn)
    elif queue in (leg.queue, None):
        queueing.left(turn, reason=str(event.payload.get("reason") or ""))


def _note_room(turn: Turn, name: str, event: Event) -> None:
    leg = turn.leg
    if _is_overtaken(turn, event, "room"):
        return
    if name == "conference.participant.joined" and leg.room:
        leg.is_in_room, leg.conference_id = True, event.conference_id or ""
        if leg.connecting is not None:
            leg.hidden_id = leg.conference_id
        turn.out.tell(room_run(leg.room), "room.joined", run=leg.run, stay=leg.stay, conference_id=leg.conference_id)
        leg_messages.left_bridge(turn)
    elif name == "conference.participant.left" and leg.is_in_room and event.conference_id in (leg.conference_id, None):
        rooms.taken_out(turn)


def _is_overtaken(turn: Turn, event: Event, place: str) -> bool:
    """Tell whether a later event about the same place came first: what this one says is no longer so."""
    if event.occurred_at is None:
        return False
    newest = turn.leg.newest.get(place, event.occurred_at)
    turn.leg.newest[place] = max(newest, event.occurred_at)
    return event.occurred_at < newest


def _note_end(turn: Turn, event: Event) -> None:
    """What was to be heard has ended: the step that waited for the silence begins; broken music is an error."""
    was, status = turn.leg.media, event.payload.get("status")
    if not media.note_end(turn, event):
        return
    is_broken = status in ("file_not_found", "failed") and was is not None and was.kind == "music" and not was.stop_n
    if is_broken and turn.leg.status == "live" and turn.leg.running is None:
        rules.fail(turn, Failure(str(status), title=str(event.payload.get("status_detail") or "")), verb="play")
    agenda.release(turn)


def _is_hidden(turn: Turn, name: str, event: Event) -> bool:
    """Tell whether an event belongs to the manoeuvre of ``connect``, which flows do not see."""
    leg = turn.leg
    is_private = leg.connecting is not None or leg.is_private
    if name in ("conference.participant.joined", "conference.participant.left"):
        return is_private or bool(leg.hidden_id and event.conference_id == leg.hidden_id)
    return name == "call.dequeued" and is_private


def _hand_on(turn: Turn, name: str, event: Event, until: float | None = None) -> None:
    """
    Offer an event to the running step, then to the handlers of its state; keep it a while if nobody takes it.

    *until*: to when it was kept before; a move does not make it any younger.
    """
    moved, turn.moved = turn.moved, False
    is_taken = agenda.finished_by(turn, name, event)
    has_failed, turn.moved = turn.moved, turn.moved or moved
    if turn.leg.status != "live" or has_failed or _is_late_answer(turn, event, is_taken):
        return
    is_handled = rules.offer(turn, name, event.payload)
    if not (is_taken or is_handled) and name in KEPT:
        fresh = turn.now + PARKED_FOR_S
        _park(turn, name, event, fresh if until is None else min(until, fresh))


def _is_late_answer(turn: Turn, event: Event, is_taken: bool) -> bool:
    """Tell whether an ``ended`` belongs to nothing of this state: handlers must not take it for a new one."""
    token = event.client_state
    return (
        not is_taken
        and event.type in ("call.gather.ended", "call.speak.ended", "call.playback.ended")
        and token is not None
        and token.run == turn.leg.run
        and (not turn.leg.first_n or token.n < turn.leg.first_n)
    )


def _park(turn: Turn, name: str, event: Event, until: float) -> None:
    leg = turn.leg
    if len(leg.parked) >= MOST_PARKED:
        dropped = leg.parked.pop(0)
        turn.note("stray", type=dropped["type"], why="too many events wait")
    leg.parked.append(
        {"id": event.id, "type": event.type, "payload": dict(event.payload), "name": name, "until": until}
    )


def _offer_parked(turn: Turn) -> None:
    """After each move the kept events are offered again; those older than five seconds are dropped."""
    rounds = 0
    while turn.moved and turn.leg.status == "live" and rounds < MOST_PARKED:
        turn.moved, rounds = False, rounds + 1
        kept, turn.leg.parked = turn.leg.parked, []
        for row in kept:
            if row["until"] >= turn.now and turn.leg.status == "live":
                kept_event = Event(id=row["id"], type=row["type"], payload=row["payload"])
                _hand_on(turn, row["name"], kept_event, row["until"])
                agenda.proceed(turn)


def _while_leaving(turn: Turn) -> None:
    """Once the apology has been heard the call is hung up."""
    if turn.leg.media is None and "goodbye" in turn.leg.timers:
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
    elif sent.use in ("watch", "gone", "look"):
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
    found = (event.payload.get("body") or {}).get("data")
    is_gone = event.payload.get("status") == 404 or (isinstance(found, dict) and found.get("is_alive") is False)
    if is_gone:
        leg.last_state = leg.state or leg.last_state
        turn.hangup = {"hangup_cause": "unspecified"}
        states.end(turn, why="hangup")
        states.freeze(turn)
    elif sent.use == "look":
        return
    elif leg.status == "leaving":
        states.hang_up_at_last(turn)
    elif sent.use == "gone":
        if leg.running is None and leg.serial == sent.serial:
            rules.fail(turn, Failure("no_hangup", title="Telnyx said that the call had ended, and it lives"), verb="")
    elif leg.running is not None and leg.running.serial == sent.serial and "step" not in leg.timers:
        queueing.give_up(turn)
        agenda.settle(turn, Failure("no_answer", title="Telnyx accepted the step and then reported nothing"))


def _defect(turn: Turn) -> None:
    """A defect of ours: the call goes to its error exit."""
    if turn.leg.status == "live":
        states.drop_running(turn)
        rules.fail(turn, Failure("engine", title="ringflow met a defect of its own"), verb="engine")
