"""What legs tell each other, and what a leg makes of it: links begin and end, words, events and variables arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.core import agenda, links, rules, states
from engine.core.event import Event
from engine.core.leg import Bridging, Link
from engine.core.names import queue_run
from engine.core.turn import Turn

EARLY_FOR_S = 5.0
MOST_EARLY = 8


def begin(turn: Turn, role: str, link: Link) -> None:
    """A link begins: the flow hears ``<role>.joined``, then what the other one has told already."""
    leg = turn.leg
    leg.links[role] = link
    if leg.status == "live":
        rules.offer(turn, f"{role}.joined", {})
    early, leg.early = leg.early, []
    for row in early:
        if row["payload"]["run"] == link.run and row["until"] >= turn.now:
            MESSAGES[row["type"]](turn, Event(id="", type=row["type"], run=leg.run, payload=row["payload"]))


def meet(turn: Turn, role: str, link: Link, name: str, event: Event) -> None:
    """
    A queue has brought this leg and another one together, as the message *name* says: it leaves all others.

    Who was linked with it in the same role hears so; this leg itself hears only that the new one has joined. Two that
    are linked already go on with the link they have.
    """
    turn.keeps = link.run
    before = turn.leg.links.get(role)
    if before is not None and before.run == link.run:
        before.via = link.via
    elif before is not None:
        del turn.leg.links[role]
        if before.via != "room":
            links.tell(turn, before.run, links.UNLINKED, hangup=None)
    _leave_others(turn)
    agenda.finished_by(turn, name, event)
    if turn.leg.status == "live" and role not in turn.leg.links:
        begin(turn, role, link)


def end(turn: Turn, role: str, *, hangup: Mapping[str, object] | None = None) -> None:
    """A link ends: *hangup* has the fields of the other leg's call.hangup, where that is why."""
    leg = turn.leg
    del leg.links[role]
    agenda.finished_by(turn, links.UNLINKED, Event(id="", type=links.UNLINKED, payload={"role": role}))
    if hangup is not None and leg.status == "live":
        rules.offer(turn, f"{role}.call.hangup", hangup)
        agenda.proceed(turn)  # its steps run before `left` may lead elsewhere
    if leg.status == "live":
        rules.offer(turn, f"{role}.left", {})


def tidy(turn: Turn) -> None:
    """At the end of a turn: give up what no step waits for, leave those one is no longer connected with, share."""
    leg = turn.leg
    _leave_others(turn)
    serial = leg.running.serial if leg.running is not None else -1
    for run, rung in list(leg.rung.items()):
        if rung.serial != serial:
            del leg.rung[run]
            links.tell(turn, run, links.DROP)
    if leg.bridging is not None and leg.bridging.serial != serial:
        _end_bridging(turn, leg.bridging)
    links.share(turn)


def _end_bridging(turn: Turn, bridging: Bridging) -> None:
    """The next may have their turn; a caller whom Telnyx could not connect after all is left."""
    turn.leg.bridging = None
    turn.out.tell(queue_run(bridging.queue), "queue.bridged", run=turn.leg.run)
    for role, link in list(turn.leg.links.items()):
        if link.run == bridging.partner and not bridging.is_bridged:
            links.tell(turn, link.run, links.UNLINKED, hangup=None)
            end(turn, role)


def _leave_others(turn: Turn) -> None:
    """The leg has been connected elsewhere: of its links only the one with that leg goes on, and those of a room."""
    keeps, turn.keeps = turn.keeps, None
    if keeps is None or turn.leg.status == "ended":
        return
    for role, link in list(turn.leg.links.items()):
        if link.via != "room" and link.run != keeps and turn.leg.links.get(role) is link:
            links.tell(turn, link.run, links.UNLINKED, hangup=None)
            end(turn, role)
            agenda.proceed(turn)


def left_bridge(turn: Turn) -> None:
    """This leg has gone into a queue or a room: what a bridge linked it with is left behind."""
    for role, link in list(turn.leg.links.items()):
        if link.via == "bridge" and turn.leg.links.get(role) is link:
            links.tell(turn, link.run, links.UNLINKED, hangup=None)
            end(turn, role)


def _role(turn: Turn, event: Event) -> str:
    """Return as what the sender of a message is linked, "" when it is not (any more)."""
    return next((role for role, link in turn.leg.links.items() if link.run == event.payload["run"]), "")


def _keep(turn: Turn, event: Event) -> None:
    """The other leg was quicker than the room that links the two: its message is kept for a moment."""
    if turn.leg.room and turn.leg.status == "live":
        row = {"type": event.type, "payload": dict(event.payload), "until": turn.now + EARLY_FOR_S}
        turn.leg.early = [*turn.leg.early, row][-MOST_EARLY:]


# -- dial ------------------------------------------------------------------------------------------------------


def _answered(turn: Turn, event: Event) -> None:
    """A leg that this one rings has answered."""
    leg, run, role = turn.leg, str(event.payload["run"]), str(event.payload["role"])
    rung = leg.rung.pop(run, None)
    if rung is None:
        links.tell(turn, run, links.DROP)
        return
    agenda.finished_by(turn, links.ANSWERED, event)
    if leg.status == "live":
        rules.offer(turn, f"{role}.call.answered", event.payload["payload"])
    if rung.links and leg.status == "live" and role not in leg.links:
        begin(turn, role, links.link_to(turn, event.payload, "dial"))
    elif rung.links:
        links.tell(turn, run, links.UNLINKED, hangup=None)  # a room has linked this leg with another one meanwhile


def _gone(turn: Turn, event: Event) -> None:
    """A leg that this one rings has ended without an answer: busy, refused, nobody there."""
    if turn.leg.rung.pop(str(event.payload["run"]), None) is None:
        return
    agenda.finished_by(turn, links.GONE, event)
    if turn.leg.status == "live":
        rules.offer(turn, f"{event.payload['role']}.call.hangup", event.payload["payload"])


def _dropped(turn: Turn, _event: Event) -> None:
    """The one that rang this leg had given up when it answered."""
    if turn.leg.status == "live":
        states.hang_up(turn)


# -- links -----------------------------------------------------------------------------------------------------


def _partner(turn: Turn, event: Event) -> None:
    """A queue says who took this caller with Telnyx's own bridge."""
    person = event.payload["person"]
    if turn.leg.status != "live":
        return
    turn.out.tell(str(person["run"]), links.LINKED, **links.introduction(turn))
    if links.may_link(turn, person):
        meet(turn, str(person["role"]), links.link_to(turn, person, "bridge"), links.PARTNER, event)
    else:
        turn.keeps = str(person["run"])
        _leave_others(turn)


def _introduced(turn: Turn, event: Event) -> None:
    """The caller that this leg's bridge took out of a queue introduces itself."""
    leg, run, role = turn.leg, str(event.payload["run"]), str(event.payload["role"])
    if leg.bridging is None or leg.status != "live":
        links.tell(turn, run, links.UNLINKED, hangup=None)
        return
    leg.bridging.partner = run
    if links.may_link(turn, event.payload):
        meet(turn, role, links.link_to(turn, event.payload, "bridge"), links.LINKED, event)
        return
    turn.keeps = run
    _leave_others(turn)
    agenda.finished_by(turn, links.LINKED, event)


def _unlinked(turn: Turn, event: Event) -> None:
    if role := _role(turn, event):
        end(turn, role, hangup=event.payload["hangup"])


def _via(turn: Turn, event: Event) -> None:
    """The other leg bridges the two, or could not."""
    if role := _role(turn, event):
        link = turn.leg.links[role]
        link.via = event.payload["via"]
        turn.keeps = link.run if link.via == "bridge" else None
    elif turn.leg.room and turn.leg.status == "live":
        _keep(turn, event)
    else:  # the room has ended the link before it heard of the bridge: it is over for both
        links.tell(turn, str(event.payload["run"]), links.UNLINKED, hangup=None)


# -- what linked legs tell -------------------------------------------------------------------------------------


def _event(turn: Turn, event: Event) -> None:
    role = _role(turn, event)
    if not role:
        _keep(turn, event)
    elif turn.leg.status == "live":
        rules.offer(turn, f"{role}.{event.payload['type']}", event.payload["payload"])


def _says(turn: Turn, event: Event) -> None:
    role = _role(turn, event)
    if not role:
        _keep(turn, event)
    elif turn.leg.status == "live":
        rules.offer(turn, f"{role}.says.{event.payload['word']}", {"value": event.payload["value"]})


def _variables(turn: Turn, event: Event) -> None:
    role = _role(turn, event)
    if not role:
        _keep(turn, event)
    else:
        turn.leg.links[role].variables = dict(event.payload["values"])


def _my_turn(turn: Turn, event: Event) -> None:
    agenda.finished_by(turn, links.GO, event)


MESSAGES: Mapping[str, Callable[[Turn, Event], None]] = {
    links.ANSWERED: _answered,
    links.GONE: _gone,
    links.DROP: _dropped,
    links.LINKED: _introduced,
    links.UNLINKED: _unlinked,
    links.VIA: _via,
    links.EVENT: _event,
    links.SAYS: _says,
    links.VARIABLES: _variables,
    links.PARTNER: _partner,
    links.GO: _my_turn,
    links.PLACED: lambda _turn, _event: None,  # it has answered meanwhile, and knows
}
