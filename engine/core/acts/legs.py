"""dial, bridge, tell, call_later: other legs of the interaction, and calls that the flow makes later."""

from __future__ import annotations

from engine.core import links
from engine.core.acts.act import Act, Failure, Result, Verdict, failure_from, is_stale, waits_for_webhook
from engine.core.acts.calls import forbidden
from engine.core.answer import answer_in
from engine.core.command import command_id, run_id
from engine.core.event import Event
from engine.core.leg import Bridging, Link, Rung, Running, Sent
from engine.core.names import plan_run, queue_run
from engine.core.planned import MADE
from engine.core.ringing import Ring, ring
from engine.core.turn import Turn

PARTNER_WITHIN_S = 10.0
_TURN_WITHIN_S = 30.0  # how long a bridge waits for those before it at the same queue
_SELF = "self"  # park this leg when the bridge ends: else Telnyx hangs this leg up when the other one goes


# -- dial ------------------------------------------------------------------------------------------------------


def _dial(turn: Turn, running: Running) -> Result:
    leg, frame = turn.leg, running.frame
    project, settings = turn.program.project, turn.program.flow.settings
    _drop_refused(turn, running)
    to, role = str(turn.option(frame, "to")), str(turn.option(frame, "as"))
    if (refusal := forbidden(turn, turn.action(frame).options["to"], to)) is not None:
        return refusal
    is_free = role not in leg.links and all(rung.role != role for rung in leg.rung.values())
    wish = Ring(
        version=turn.program.version,
        flow=turn.program.flow.name,
        role=role,
        to=to,
        from_=str(turn.option(frame, "from") or settings.call_from or project.caller_id or leg.our_number),
        connection_id=project.connection_id or leg.connection_id,
        ring_for_s=float(turn.option(frame, "ring_for")),
        longest_s=float(turn.option(frame, "longest") or settings.longest_call_s),
        detect_machine=str(turn.option(frame, "detect_machine") or ""),
        beside=leg.call_control_id,
        origin={"run": leg.run, "role": leg.role, "links": is_free, "person": links.introduction(turn)},
    )
    run, identity = ring(turn.out, turn.program.install, wish)
    leg.rung[run] = Rung(role, running.serial, is_free)
    leg.sent[identity] = Sent("dial", "step", leg.serial)
    running.note["run"] = run
    return waits_for_webhook(running)


def _placed(turn: Turn, running: Running, event: Event) -> Result:
    """Telnyx has taken the call: the leg hears what it is called there, should its webhooks come late."""
    found = answer_in(event.payload).result
    ids = {name: found.get(name) for name in ("call_control_id", "call_leg_id", "call_session_id")}
    turn.out.tell(running.note["run"], links.PLACED, **ids)
    return Verdict.WAITS


def _not_placed(turn: Turn, running: Running, event: Event) -> Result:
    _drop_refused(turn, running)
    return failure_from(event.payload)


def _drop_refused(turn: Turn, running: Running) -> None:
    """Telnyx has refused to ring the leg of this step's first try: nobody waits for it any more."""
    run = str(running.note.get("run") or "")
    if turn.leg.rung.pop(run, None) is not None:
        links.tell(turn, run, links.DROP, never=True)


def _dialled(_turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if name not in (links.ANSWERED, links.GONE) or event.payload["run"] != running.note.get("run"):
        return None
    return Verdict.DONE if name == links.ANSWERED else Verdict.DROP


def _ring_time(turn: Turn, running: Running) -> float:
    return float(turn.option(running.frame, "ring_for")) + 10.0


# -- bridge ----------------------------------------------------------------------------------------------------


def _bridge(turn: Turn, running: Running) -> Result:
    leg, queue = turn.leg, turn.option(running.frame, "queue")
    if leg.bridging is not None and leg.bridging.serial == running.serial:
        return _bridge_again(turn, leg.bridging)
    if queue:
        leg.bridging = Bridging(str(queue), running.serial)
        person = links.introduction(turn)
        turn.out.tell(queue_run(str(queue)), "queue.bridge", run=leg.run, serial=running.serial, person=person)
        return Verdict.WAITS
    role = str(turn.option(running.frame, "to"))
    link = leg.links.get(role)
    if link is None or not link.call_control_id:
        return Failure("no_link", title=f"there is no call with '{role}' to connect with")
    running.note.setdefault("via", link.via)  # what it was before the first try
    running.note["to"] = role
    _change_via(turn, link, "bridge")
    turn.send("bridge", {"call_control_id": link.call_control_id}, park_after_unbridge=_SELF)
    return waits_for_webhook(running)


def _bridge_again(turn: Turn, bridging: Bridging) -> Result:
    """Telnyx wanted this call answered first; it is still its turn, unless Telnyx has taken a caller nevertheless."""
    if bridging.partner:
        return Failure("90034", 422, "Telnyx took the caller out of the queue and wanted this call answered first")
    turn.send("bridge", {"queue": bridging.queue}, park_after_unbridge=_SELF)
    return Verdict.WAITS


def _change_via(turn: Turn, link: Link, via: str) -> None:
    link.via = via  # type: ignore[assignment]
    links.tell(turn, link.run, links.VIA, via=via)


def _bridged(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    if turn.leg.bridging is not None:
        return _bridged_with_queue(turn, running, name, event)
    role = running.note.get("to", "")
    if name == links.UNLINKED and event.payload["role"] == role:
        return Verdict.DROP
    if name != "call.bridged" or is_stale(turn, running, event):
        return None
    link = turn.leg.links.get(role)
    turn.keeps = link.run if link is not None else ""
    return Verdict.DONE


def _bridged_with_queue(turn: Turn, running: Running, name: str, event: Event) -> Result | None:
    """It takes two to finish: this leg's call.bridged, and the caller who introduces itself."""
    bridging = turn.leg.bridging
    assert bridging is not None
    if name == links.GO and event.payload["serial"] == running.serial and not bridging.is_sent:
        bridging.is_sent = True
        turn.send("bridge", {"queue": bridging.queue}, park_after_unbridge=_SELF)
        running.n = turn.leg.n
        return waits_for_webhook(running)
    if name == "call.bridged" and bridging.is_sent and not is_stale(turn, running, event):
        bridging.is_bridged = True
        turn.set_timer("step", PARTNER_WITHIN_S)
    elif name != links.LINKED:
        return None
    elif not links.may_link(turn, event.payload):
        return Failure("not_linked", title="the caller who was taken belongs to another flow")
    return Verdict.DONE if bridging.is_bridged and bridging.partner else Verdict.WAITS


def _not_bridged(turn: Turn, running: Running, event: Event) -> Result:
    link = turn.leg.links.get(running.note.get("to", ""))
    if link is not None and link.via == "bridge":
        _change_via(turn, link, running.note["via"])
    return failure_from(event.payload)


def _bridge_time(turn: Turn, running: Running) -> float:
    bridging = turn.leg.bridging
    return PARTNER_WITHIN_S if bridging is None or bridging.is_sent else _TURN_WITHIN_S


# -- words and plans -------------------------------------------------------------------------------------------


def _tell(turn: Turn, running: Running) -> Result:
    links.share(turn)  # who hears the word may read what this leg has remembered before it
    for role, (word, value) in turn.option(running.frame, "words").items():
        link = turn.leg.links.get(role)
        if link is not None:
            links.tell(turn, link.run, links.SAYS, word=word, value=value)
        else:
            turn.note("aside", text=f"nobody is told '{word}': this call is not linked with '{role}'")
    return Verdict.DONE


def _call_later(turn: Turn, running: Running) -> Result:
    leg, frame = turn.leg, running.frame
    to, at, in_s = str(turn.option(frame, "to")), turn.option(frame, "at"), turn.option(frame, "in")
    if (refusal := forbidden(turn, turn.action(frame).options["to"], to)) is not None:
        return refusal
    if at is None and in_s is None:
        return Failure("no_time", title="the time to call at is not known")
    plan = plan_run(run_id(command_id(leg.run, leg.ver, len(turn.out.rows))))
    flow, due = str(turn.option(frame, "flow")), float(turn.now + in_s if at is None else at)
    turn.out.tell(
        plan,
        MADE,
        version=turn.program.version,
        flow=flow,
        to=to,
        at=due,
        give=turn.option(frame, "give") or {},
        connection_id=leg.connection_id,
        called=leg.our_number,
    )
    turn.note("planned", run=plan, flow=flow, to=to, due=due)
    return Verdict.DONE


def _still_waits(_turn: Turn, _running: Running, _event: Event) -> Result:
    return Verdict.WAITS


ACTS = {
    "dial": Act(
        begin=_dial,
        finish=_dialled,
        accepted=_placed,
        refused=_not_placed,
        in_doubt=_still_waits,  # the other leg says whether it rings
        limit_s=_ring_time,
    ),
    "bridge": Act(begin=_bridge, finish=_bridged, refused=_not_bridged, in_doubt=_still_waits, limit_s=_bridge_time),
    "tell": Act(begin=_tell),
    "call_later": Act(begin=_call_later),
}
