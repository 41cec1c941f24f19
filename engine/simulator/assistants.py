"""What talks by itself: AI gathers, AI assistants and conversation relays, and who takes part in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.simulator import sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.refusals import Refusal, unable
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Sound, Talk

_TALKING = "an AI that asks and answers"
_MODEL = "Qwen/Qwen3-235B-A22B"  # the default of gather_using_ai
_ANALYSED_AFTER_S = 3.0
_PARTY = "pstn"


def begin(
    exchange: Exchange, call: Call, kind: Literal["gather", "assistant", "relay"], wishes: Mapping[str, Any]
) -> Talk:
    """
    Let an AI talk with the person on *call* until it is stopped; *wishes* are the command's parameters.

    Raises Refusal 90061 when one talks there already. One that cannot be reached reports
    ``call.conversation.start_failed`` and does not talk.
    """
    if call.talk is not None:
        raise Refusal(422, "90061", "An AI assistant is active on this call already.")
    assistant = wishes.get("assistant") or {}
    talk = Talk(
        id=exchange.new_id("conversation"),
        kind=kind,
        owner=call,
        assistant_id=assistant.get("id") or "",
        started_at=exchange.now,
        reports_history=bool(wishes.get("send_message_history_updates")),
        reports_parts=bool(wishes.get("send_partial_results")),
        messages=list(wishes.get("message_history") or []),
    )
    if reason := _failure(exchange, talk, wishes):
        exchange.emit(
            "call.conversation.start_failed",
            call,
            assistant_id=talk.assistant_id,
            reason=reason,
            calling_party_type=_PARTY,
        )
    else:
        _talk(exchange, talk, wishes.get("greeting") or assistant.get("greeting") or "")
    return talk


def _talk(exchange: Exchange, talk: Talk, greeting: str) -> None:
    call = talk.owner
    call.talk = talk
    exchange.emit("call.conversation.created", call, conversation_id=talk.id, calling_party_type=_PARTY)
    if greeting:
        _say(exchange, talk, greeting)
    talk.sound = Sound(
        kind="speech",
        what=_TALKING,
        length_s=None,
        listeners=lambda: [call, *talk.guests],
        on_start=lambda: None,
        on_end=lambda _status: None,
    )
    sounds.play(exchange, call.channel, talk.sound)


def _failure(exchange: Exchange, talk: Talk, wishes: Mapping[str, Any]) -> str:
    """Return why the conversation cannot begin, "" when it can."""
    if talk.kind != "relay":
        return "service_error" if talk.assistant_id in exchange.options.unreachable else ""
    url = wishes.get("conversation_relay_url") or wishes.get("url")
    if not url:
        return "invalid_request"
    return "service_error" if url in exchange.options.unreachable else ""


def _say(exchange: Exchange, talk: Talk, text: str) -> None:
    speech = sounds.speech(exchange, text, lambda: [talk.owner, *talk.guests])
    sounds.play(exchange, talk.owner.channel, speech)
    _add(exchange, talk, {"role": "assistant", "content": text})


def _add(exchange: Exchange, talk: Talk, *messages: Mapping[str, Any]) -> None:
    talk.messages.extend(messages)
    if talk.reports_history:
        exchange.emit(
            "call.ai_gather.message_history_updated", talk.owner, message_history=[dict(one) for one in talk.messages]
        )


def end(
    exchange: Exchange, talk: Talk, reason: str, *, result: Mapping[str, Any] | None = None, reports_result: bool = True
) -> None:
    """End the AI's talk; a gather brings its *result*, None where it found out nothing."""
    call = talk.owner
    call.talk = None
    for guest in talk.guests:
        guest.talk = None
    if talk.sound in call.channel.sounds:
        sounds.drop(exchange, call.channel, talk.sound)
    history = [dict(one) for one in talk.messages]
    if talk.kind == "gather" and reports_result:
        status = "invalid" if result is None else "valid"
        exchange.emit("call.ai_gather.ended", call, status=status, result=dict(result or {}), message_history=history)
    duration_s = int(exchange.now - talk.started_at)
    about: dict[str, Any] = {"assistant_id": talk.assistant_id, "conversation_id": talk.id, "duration_sec": duration_s}
    exchange.emit(
        "call.conversation.ended",
        call,
        **about,
        reason=reason,
        messages=history,
        llm_model=_MODEL,
        calling_party_type=_PARTY,
    )
    if talk.kind == "assistant":
        exchange.after(_ANALYSED_AFTER_S, lambda: _analyse(exchange, call, about, reason))


def _analyse(exchange: Exchange, call: Call, about: dict[str, Any], reason: str) -> None:
    insights = [{"insight_id": exchange.new_id("insight"), "result": "A conversation."}]
    exchange.emit(
        "call.conversation_insights.generated",
        call,
        insight_group_id=exchange.new_id("insight group"),
        results=insights,
        calling_party_type=_PARTY,
    )
    exchange.emit(
        "call.analyzed",
        call,
        **about,
        reason=reason,
        conversation_insights=[{"status": "completed", "conversation_insights": insights}],
        recordings=[],
        llm_model=_MODEL,
    )


def answer(exchange: Exchange, call: Call, result: Mapping[str, Any] | None, *, is_partial: bool = False) -> None:
    """
    The person has told the AI what it asks for (None: nothing of it), or a part of it.

    Raises ValueError where no AI asks.
    """
    talk = call.talk
    if talk is None or talk.kind != "gather":
        raise ValueError("no AI asks this person for anything")
    if result is not None:
        text = ", ".join(f"{name}: {value}" for name, value in result.items())
        exchange.note("says", call.id, text, seconds=0.0)
        _add(exchange, talk, {"role": "user", "content": text})
    if not is_partial:
        end(exchange, talk, "completed", result=result)
    elif talk.reports_parts:
        history = [dict(one) for one in talk.messages]
        exchange.emit(
            "call.ai_gather.partial_results", call, partial_results=dict(result or {}), message_history=history
        )


def hear(exchange: Exchange, call: Call, text: str) -> None:
    """Somebody has said *text* on *call*: the AI that talks there hears it."""
    if call.talk is not None:
        _add(exchange, call.talk, {"role": "user", "content": text})


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A call that is hung up talks with no AI any more; the AI talks on with the others unless this one ends it."""
    talk = call.talk
    if because != "hangup" or talk is None:
        return
    if call is talk.owner or talk.guests[call]:
        end(exchange, talk, "hangup", reports_result=False)
        return
    del talk.guests[call]
    call.talk = None
    if talk.sound is not None:
        sounds.end_hearing(exchange, talk.sound, call)


def _of(exchange: Exchange, request: Request) -> Call:
    return exchange.call(request.path["call_control_id"])


def _start(kind: Literal["gather", "assistant", "relay"], answers: str) -> Deed:
    def deed(exchange: Exchange, request: Request) -> dict[str, Any]:
        call, guests = _of(exchange, request), request["participants"] or ()
        for guest in guests:
            _free(exchange, call, guest)
        talk = begin(exchange, call, kind, request.body)
        for guest in guests if call.talk is talk else ():
            _join(exchange, talk, guest)
        return {"data": {"result": "ok", answers: talk.id}}

    return deed


def _stop(*kinds: str) -> Deed:
    def deed(exchange: Exchange, request: Request) -> dict[str, Any]:
        talk = _of(exchange, request).talk
        if talk is not None and talk.kind in kinds:
            end(exchange, talk, "stopped")
        return done()

    return deed


def _free(exchange: Exchange, owner: Call, participant: Mapping[str, Any]) -> Call:
    """Return the leg that is to take part, which talks with no AI yet. Raises Refusal."""
    guest = exchange.live_call(participant["id"], pointer="/participant/id")
    if guest is not owner and guest.talk is not None:
        raise Refusal(422, "90061", "An AI assistant is active on that call already.")
    return guest


def _join(exchange: Exchange, talk: Talk, participant: Mapping[str, Any]) -> None:
    guest = _free(exchange, talk.owner, participant)
    if guest is talk.owner:
        return
    talk.guests[guest] = participant.get("on_hangup") == "end_conversation"
    guest.talk = talk
    if talk.sound is not None and talk.sound.has_started:
        sounds.begin_hearing(exchange, talk.sound, guest)


def _join_deed(exchange: Exchange, request: Request) -> dict[str, Any]:
    """Bring the participant into the conversation, which goes on at this call or another one."""
    wanted = request["conversation_id"]
    talk = next((call.talk for call in exchange.calls.values() if call.talk and call.talk.id == wanted), None)
    if talk is None:
        raise Refusal(404, "10005", "There is no such conversation.", pointer="/conversation_id")
    _join(exchange, talk, request["participant"])
    return {"data": {"result": "ok", "conversation_id": talk.id}}


def _add_messages(exchange: Exchange, request: Request) -> dict[str, Any]:
    talk = _of(exchange, request).talk
    if talk is None:
        raise unable("No AI assistant is active on this call.")
    _add(exchange, talk, *(request["messages"] or ()))
    return done()


DEEDS: dict[str, Deed] = {
    "gather_using_ai": _start("gather", "conversation_id"),
    "ai_assistant_start": _start("assistant", "conversation_id"),
    "ai_assistant_stop": _stop("gather", "assistant"),
    "ai_assistant_join": _join_deed,
    "ai_assistant_add_messages": _add_messages,
    "conversation_relay_start": _start("relay", "conversation_relay_id"),
    "conversation_relay_stop": _stop("relay"),
}
