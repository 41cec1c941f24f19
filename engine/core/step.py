"""
``step``: what one event makes of one leg. Pure: no clock, no I/O, no randomness; the same input gives the same output.

Events that no state expects change nothing (runtime.md, "Events"): an answer to an earlier command, a key pressed
before the state's first command, the second ``call.bridged`` of one bridge, anything late.
"""

from __future__ import annotations

from typing import Any

from engine.core import agenda, media
from engine.core.acts import queueing, rooms
from engine.core.acts.act import Failure, Verdict
from engine.core.acts.table import ACTS
from engine.core.event import ACCEPTED, DEFECT, IN_DOUBT, REFUSED, TIMER, Event
from engine.core.leg import Connecting, FarLeg, Frame, Link, Running, Sent
from engine.core.names import queue_run, room_run
from engine.core.scope import field_of
from engine.core.turn import Turn
from engine.core.verbs import VERBS

PARKED_FOR_S = 5.0
MOST_PARKED = 16
LATE_FOR_S = 3600.0
KEPT = frozenset({
    "call.answered", "call.initiated", "call.bridged", "call.enqueued", "conference.participant.joined",
})
_LATE = ("call.recording.", "call.cost", "conference.recording.saved", "call.transcription", "call.conversation_insights",
         "call.recording.transcription")
_HAS_ENDED = "90018"


def step(turn: Turn, event: Event) -> None:
    """Let *event* work on the turn's leg: changes its private copy and collects commands, timers and history."""
    leg = turn.leg
    if event.type in (ACCEPTED, REFUSED, IN_DOUBT):
        _outcome(turn, event)
    elif leg.status == "ended":
        _late(turn, event)
    elif event.type == TIMER:
        _timers(turn)
    elif event.type == DEFECT:
        _defect(turn)
    elif event.run is not None and event.type in _MESSAGES:
        _MESSAGES[event.type](turn, event)
    else:
        leg.spent = 0
        _webhook(turn, event)
    agenda.proceed(turn)
    _offer_parked(turn)


def begin(turn: Turn, state: str) -> None:
    """Let a new leg enter its first state; events that came before its call.initiated are offered then."""
    agenda.enter(turn, state)
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
    return (event.type == "call.dtmf.received" and token is not None and token.run == turn.leg.run
            and token.n < turn.leg.first_n)


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
        _hung_up(turn, event)
    if media.note_end(turn, event):
        _release(turn)


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
    return (not is_taken and event.type in ("call.gather.ended", "call.speak.ended", "call.playback.ended")
            and token is not None and token.run == turn.leg.run and token.n < turn.leg.first_n)


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
    leg.parked.append({"id": event.id, "type": event.type, "payload": dict(event.payload), "name": name,
                       "until": turn.now + PARKED_FOR_S})


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


def _release(turn: Turn) -> None:
    """The leg is quiet: the step that waited for it begins."""
    running = turn.leg.running
    if running is not None and running.stage == "held":
        agenda.start(turn)


# -- the end ---------------------------------------------------------------------------------------------------


def _hung_up(turn: Turn, event: Event) -> None:
    """This leg's hang-up ends the run, whatever arrives later; silent steps of its handlers may follow."""
    leg = turn.leg
    if leg.status == "live":
        blocks = [block for block in (turn.state, turn.role.anywhere) if event.type in block.on][:1]
        last_state = leg.state
        agenda.end(turn, why="hangup")
        for block in blocks:
            _run_silently(turn, block.name, event.payload, event.type)
        _freeze(turn, last_state)
    else:
        agenda.end(turn, why="hangup")
        _freeze(turn, leg.last_state)


def _freeze(turn: Turn, last_state: str) -> None:
    turn.leg.last_state = last_state
    if turn.leg.at != "ended":
        turn.trigger("end")


def _late(turn: Turn, event: Event) -> None:
    """For an hour after the end a few kinds of events still reach the handlers: silent verbs only, no moves."""
    leg = turn.leg
    is_late_kind = event.type.startswith(_LATE)
    if not is_late_kind or not leg.flow or leg.ended_at is None or turn.now > leg.ended_at + LATE_FOR_S:
        return
    role = turn.role
    blocks = [role.states[leg.last_state]] if leg.last_state in role.states else []
    for block in (*blocks, role.anywhere):
        if event.type in block.on:
            _run_silently(turn, block.name, event.payload, event.type)
            return


def _run_silently(turn: Turn, block_name: str, payload: Any, event_type: str) -> None:
    """Run the silent steps of the handler that takes *event_type*, up to the first that is not silent."""
    block, scope = turn.role.block(block_name), turn.scope(payload)
    rule = next((r for r in block.on[event_type] if r.condition is None or r.condition.evaluate(scope)), None)
    number = rule.do if rule is not None else 0
    while number:
        action = block.action(number)
        if not VERBS[action.verb].silent:
            return
        fields = {name: field_of(payload, name.removeprefix("event.")) for name in action.fields}
        ACTS[action.verb].begin(turn, Running(Frame(block_name, number, fields), 0))
        number = action.next


def _while_leaving(turn: Turn, event: Event) -> None:
    if event.type == "call.speak.ended" and "goodbye" in turn.leg.timers:
        _really_hang_up(turn)


def _really_hang_up(turn: Turn) -> None:
    turn.drop_timers("goodbye", "hangup")
    turn.send("hangup", use="hangup")
    turn.set_timer("hangup", 5.0)


# -- time ------------------------------------------------------------------------------------------------------


def _timers(turn: Turn) -> None:
    """Let everything that is due happen, in the order in which it fell due."""
    leg = turn.leg
    leg.due = None   # the timer row has fired: whatever is next needs a new one
    for name, due in sorted(leg.timers.items(), key=lambda item: item[1]):
        if due <= turn.now and leg.timers.get(name) == due and leg.status != "ended":
            del leg.timers[name]
            _fire(turn, name)
            agenda.proceed(turn)


def _fire(turn: Turn, name: str) -> None:
    kind, _, index = name.partition(":")
    if kind == "after":
        turn.leg.spent = 0
        agenda.apply(turn, turn.state.after[int(index)].rules, block=turn.state.name, payload={})
    elif kind == "every":
        turn.leg.spent = 0
        _every(turn, int(index))
    else:
        _FIRES[kind](turn)


def _every(turn: Turn, index: int) -> None:
    """Run an ``every`` block, unless a step still speaks or waits; music does not count."""
    leg = turn.leg
    wait = turn.state.every[index]
    turn.set_timer(f"every:{index}", wait.delay_s)
    is_busy = leg.running is not None or leg.waiting or leg.connecting is not None
    if not is_busy and (leg.media is None or leg.media.kind == "music"):
        agenda.apply(turn, wait.rules, block=turn.state.name, payload={})


def _quiet(turn: Turn) -> None:
    media.quiet(turn)
    _release(turn)


def _ask_whether_alive(turn: Turn) -> None:
    """A step took too long, or a hang-up did not come: ask Telnyx before anything else is decided."""
    turn.send("call_retrieve", use="watch")


def _last_after(turn: Turn) -> None:
    turn.note("budget", state=turn.leg.state, why="ten minutes in a state without a limit")
    agenda.apologise(turn)


def _longest_call(turn: Turn) -> None:
    if turn.leg.status == "live":
        turn.note("aside", text="the longest call of the flow's settings is over")
        agenda.hang_up(turn)


def _unborn_expired(turn: Turn) -> None:
    turn.leg.status, turn.leg.ended_at = "ended", turn.now


_FIRES = {
    "step": _ask_whether_alive, "watch": _ask_whether_alive, "hangup": _ask_whether_alive, "quiet": _quiet,
    "last": _last_after, "longest": _longest_call, "goodbye": _really_hang_up, "unborn": _unborn_expired,
}


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
        _left_line(turn)
    elif sent.use == "put back":
        _put_back(turn, event)
    elif sent.use == "hangup":
        if event.type == REFUSED and event.payload.get("code") != _HAS_ENDED:
            _ask_whether_alive(turn)
    elif leg.running is not None and leg.running.serial == sent.serial and leg.status == "live":
        agenda.answered(turn, sent, event)


def _seen(turn: Turn, sent: Sent, event: Event) -> None:
    """Telnyx says whether the call lives: an ended one ends the run, a live one fails its step or hangs up again."""
    leg = turn.leg
    body = (event.payload.get("body") or {}).get("data") or {}
    is_gone = event.payload.get("status") == 404 or body.get("is_alive") is False
    if is_gone:
        state = leg.state
        agenda.end(turn, why="hangup")
        _freeze(turn, state or leg.last_state)
    elif leg.status == "leaving":
        _really_hang_up(turn)
    elif leg.running is not None and leg.running.serial == sent.serial and "step" not in leg.timers:
        agenda.settle(turn, Failure("no_answer", title="Telnyx accepted the step and then reported nothing"))


def _defect(turn: Turn) -> None:
    """A defect of ours: the call goes to its error exit."""
    if turn.leg.status == "live":
        agenda.drop_running(turn)
        agenda.fail(turn, Failure("engine", title="ringflow met a defect of its own"), verb="engine")


# -- messages from rooms and queues ----------------------------------------------------------------------------


def _link_began(turn: Turn, event: Event) -> None:
    leg, role = turn.leg, str(event.payload["role"])
    if role in leg.links:
        return   # a leg has one link per role name, the earliest
    leg.links[role] = Link(str(event.payload["run"]), str(event.payload.get("number") or ""))
    leg.is_private = bool(event.payload.get("queue"))
    leg.connecting = None
    agenda.finished_by(turn, "link.began", event)
    if leg.status == "live":
        agenda.offer(turn, f"{role}.joined", {})


def _link_ended(turn: Turn, event: Event) -> None:
    leg, role = turn.leg, str(event.payload["role"])
    link = leg.links.get(role)
    if link is None or link.run != event.payload["run"]:
        return
    if event.payload.get("out"):
        leg.room, leg.is_in_room, leg.is_private = "", False, False
    if event.payload.get("hangup"):
        agenda.offer(turn, f"{role}.call.hangup", {})
    del leg.links[role]
    if leg.status == "live":
        agenda.offer(turn, f"{role}.left", {})


def _room_refused(turn: Turn, event: Event) -> None:
    leg = turn.leg
    if leg.room != event.payload.get("room") or leg.is_in_room:
        return
    leg.room = ""
    if leg.connecting is not None:
        turn.out.tell(queue_run(leg.connecting.queue), "connect.failed", run=leg.run,
                      code=str(event.payload.get("code")))
    else:
        agenda.finished_by(turn, "room.refused", event)


def _room_out(turn: Turn, event: Event) -> None:
    leg = turn.leg
    if leg.room == event.payload.get("room"):
        leg.room, leg.is_in_room, leg.is_private = "", False, False
    if leg.connecting is not None and leg.connecting.is_off:
        _enqueue_again(turn)
    agenda.finished_by(turn, "room.out", event)


def _room_event(turn: Turn, event: Event) -> None:
    """A room event that this leg's flow listens to, told by the room's run."""
    leg, name = turn.leg, str(event.payload["type"])
    if name == "conference.ended" and leg.room == event.payload.get("room"):
        leg.room, leg.is_in_room, leg.is_private = "", False, False
    if leg.status == "live":
        agenda.offer(turn, name, event.payload["payload"])


def _claimed(turn: Turn, event: Event) -> None:
    """An agent takes this leg out of the queue: leave the line, then go into the private room."""
    leg, queue, agent = turn.leg, str(event.payload["queue"]), str(event.payload["agent"])
    if leg.queue != queue or leg.connecting is not None or leg.status != "live":
        turn.out.tell(queue_run(queue), "claim.refused", run=leg.run, agent=agent)
        return
    turn.out.tell(queue_run(queue), "claim.accepted", run=leg.run, agent=agent)
    leg.connecting = Connecting(queue, agent, str(event.payload["room"]))
    running = leg.running
    if running is not None and VERBS[turn.action(running.frame).verb].audible:
        agenda.settle(turn, Verdict.DONE)
    media.hush(turn)
    turn.send("leave_queue", use="connect")


def _left_line(turn: Turn) -> None:
    """Out of the line, or never in it: both are good enough to join the room."""
    leg = turn.leg
    if leg.connecting is None:
        return
    queueing.left(turn)
    if leg.connecting.is_off:
        _enqueue_again(turn)
    else:
        rooms.ask_to_join(turn, leg.connecting.room, queue=leg.connecting.queue)


def _invited(turn: Turn, event: Event) -> None:
    """The agent's side: the caller is being taken out of the line, go into the room."""
    leg = turn.leg
    if leg.running is None or turn.action(leg.running.frame).verb != "connect":
        turn.out.tell(queue_run(str(event.payload["queue"])), "connect.failed", run=leg.run, code="left")
        return
    leg.connecting = Connecting(str(event.payload["queue"]), str(event.payload["caller"]), str(event.payload["room"]))
    rooms.ask_to_join(turn, leg.connecting.room, queue=leg.connecting.queue)


def _connect_refused(turn: Turn, event: Event) -> None:
    """The agent gets nobody: out of the private room first, where it was sent there already."""
    leg = turn.leg
    leg.connecting = None
    if leg.room and leg.running is not None:
        leg.running.note["refused"] = str(event.payload.get("code"))
        turn.out.tell(room_run(leg.room), "room.leave", run=leg.run)
    else:
        agenda.finished_by(turn, "connect.refused", event)


def _back_in_line(turn: Turn, _event: Event) -> None:
    """The manoeuvre failed half-way: the caller goes back into the queue, and neither leg is lost."""
    leg = turn.leg
    if leg.connecting is None:
        return
    leg.connecting.is_off = True
    if leg.room:
        turn.out.tell(room_run(leg.room), "room.leave", run=leg.run)
    elif not leg.queue:
        _enqueue_again(turn)


def _enqueue_again(turn: Turn) -> None:
    turn.leg.connecting = None
    turn.send("enqueue", turn.leg.enqueued, use="put back")


def _put_back(turn: Turn, event: Event) -> None:
    if event.type == REFUSED and turn.leg.status == "live":
        agenda.fail(turn, Failure(str(event.payload.get("code")), int(event.payload.get("status") or 0)),
                    verb="enqueue")


_MESSAGES = {
    "link.began": _link_began, "link.ended": _link_ended, "room.refused": _room_refused, "room.out": _room_out,
    "room.event": _room_event, "connect.claim": _claimed, "connect.invite": _invited,
    "connect.refused": _connect_refused, "connect.back": _back_in_line,
}
