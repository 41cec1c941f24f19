"""Collecting digits: the three gather commands of a call, the one of a room, and what a key press does to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.simulator import audio, payments, sounds
from engine.simulator.exchange import Because, Exchange
from engine.simulator.requests import Deed, Request, done
from engine.simulator.state import Call, Channel, Conference, Gather, Sound


def press(exchange: Exchange, call: Call, digit: str) -> None:
    """Let the person on *call* press one key."""
    if not call.is_live:
        return
    exchange.note("presses", call.id, digit)
    if call.payment is not None:
        payments.press(exchange, call, call.payment, digit)
        return
    exchange.emit("call.dtmf.received", call, digit=digit)
    gather = call.gather
    if gather is None:
        return
    _silence_prompt(exchange, gather)
    _cancel(gather.digit_alarm)
    if digit == gather.terminator:
        _judge(exchange, call, gather)
        return
    gather.digits += digit
    if len(gather.digits) >= gather.maximum:
        _judge(exchange, call, gather)
        return
    if gather.total_alarm is None:
        gather.total_alarm = exchange.after(gather.timeout_s, lambda: _time_is_up(exchange, call, gather))
    gather.digit_alarm = exchange.after(gather.between_s, lambda: _judge(exchange, call, gather))


def begin(exchange: Exchange, call: Call, gather: Gather) -> None:
    """Start *gather*; one that is running on the call ends as cancelled."""
    if call.gather is not None:
        end(exchange, call, "cancelled")
    call.gather = gather
    _prompt(exchange, call, gather)


def end(exchange: Exchange, call: Call, status: str) -> None:
    """End the running gather with *status*."""
    gather = call.gather
    if gather is None:
        return
    call.gather = None
    _cancel(gather.digit_alarm)
    _cancel(gather.total_alarm)
    prompt, gather.prompt = gather.prompt, None
    if prompt is not None:
        sounds.drop(exchange, gather.channel, prompt)
    if gather.reports:
        exchange.emit("call.gather.ended", call, digits=gather.digits, status=status)


def depart(exchange: Exchange, call: Call, because: Because) -> None:
    """A call that is hung up or connected elsewhere collects no more digits."""
    if because in ("hangup", "bridged", "room"):
        end(exchange, call, "call_hangup" if because == "hangup" else "cancelled")


def _prompt(exchange: Exchange, call: Call, gather: Gather, make: Callable[[], Sound] | None = None) -> None:
    make = make or gather.prompt_sound
    gather.digits = ""
    if make is None:
        _listen(exchange, call, gather)
        return
    sound = make()
    report = sound.on_end

    def go_on() -> None:
        if gather.prompt is sound:
            gather.prompt = None
            if make is gather.prompt_sound:
                _listen(exchange, call, gather)
            else:
                _prompt(exchange, call, gather)

    def ended(status: str) -> None:
        report(status)
        go_on()

    sound.on_end, sound.on_forgotten = ended, go_on
    gather.prompt = sound
    sounds.play(exchange, gather.channel, sound)


def _listen(exchange: Exchange, call: Call, gather: Gather) -> None:
    if gather.total_alarm is None:
        gather.total_alarm = exchange.after(gather.timeout_s, lambda: _time_is_up(exchange, call, gather))
    if gather.first_digit_s is not None and not gather.digits:
        gather.digit_alarm = exchange.after(gather.first_digit_s, lambda: _time_is_up(exchange, call, gather))


def _silence_prompt(exchange: Exchange, gather: Gather) -> None:
    prompt = gather.prompt
    if prompt is not None and gather.interrupts:
        gather.prompt = None
        sounds.drop(exchange, gather.channel, prompt)


def _is_valid(gather: Gather) -> bool:
    return len(gather.digits) >= gather.minimum and all(digit in gather.valid for digit in gather.digits)


def _judge(exchange: Exchange, call: Call, gather: Gather) -> None:
    if _is_valid(gather):
        end(exchange, call, "valid")
    elif gather.invalid_sound is not None and gather.tries > 1:
        _again(exchange, call, gather, gather.invalid_sound)
    else:
        end(exchange, call, "invalid")


def _time_is_up(exchange: Exchange, call: Call, gather: Gather) -> None:
    if gather.digits:
        end(exchange, call, "valid" if _is_valid(gather) else "timeout")
    elif gather.prompt_sound is not None and gather.tries > 1:
        _again(exchange, call, gather, None)
    else:
        end(exchange, call, "timeout")


def _again(exchange: Exchange, call: Call, gather: Gather, first: Callable[[], Sound] | None) -> None:
    gather.tries -= 1
    _cancel(gather.digit_alarm)
    _cancel(gather.total_alarm)
    gather.digit_alarm = gather.total_alarm = None
    _prompt(exchange, call, gather, first)


def _cancel(alarm: Any) -> None:
    if alarm is not None:
        alarm.cancel()


def _gather(
    request: Request,
    channel: Channel,
    *,
    prompt: Callable[[], Sound] | None = None,
    invalid: Callable[[], Sound] | None = None,
    reports: bool = True,
) -> Gather:
    first_ms = request["initial_timeout_millis"]
    return Gather(
        minimum=request["minimum_digits"],
        maximum=request["maximum_digits"],
        terminator=request["terminating_digit"],
        valid=request["valid_digits"],
        timeout_s=request["timeout_millis"] / 1000,
        between_s=request["inter_digit_timeout_millis"] / 1000,
        first_digit_s=None if first_ms is None else first_ms / 1000,
        tries=request["maximum_tries"] or 1,
        interrupts=request["stop_playback_on_dtmf"] is not False,
        reports=reports,
        prompt_sound=prompt,
        invalid_sound=invalid,
        channel=channel,
    )


def _plain(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    begin(exchange, call, _gather(request, call.channel))
    return done()


def _using_speak(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])

    def ask() -> Sound:
        if exchange.options.gather_speech == "reported":
            return audio.reported_speech(exchange, call, request, lambda: [call])
        return sounds.speech(exchange, request["payload"], lambda: [call])

    wrong = request["invalid_payload"]
    complain = (lambda: sounds.speech(exchange, wrong, lambda: [call])) if wrong else None
    begin(exchange, call, _gather(request, call.channel, prompt=ask, invalid=complain))
    return done()


def _using_audio(exchange: Exchange, request: Request) -> dict[str, Any]:
    call = exchange.call(request.path["call_control_id"])
    audio.refuse_bad(exchange, request)
    begin(
        exchange,
        call,
        _gather(
            request,
            call.channel,
            prompt=lambda: audio.playback(exchange, call, request, lambda: [call]),
            invalid=invalid_audio(exchange, call, request),
        ),
    )
    return done()


def invalid_audio(
    exchange: Exchange, call: Call, request: Request, room: str | None = None
) -> Callable[[], Sound] | None:
    """Return what makes the sound for wrong digits, or None when the request names none."""
    name = next(iter(audio.media(request, "invalid_").values()), None)
    return (lambda: sounds.file(exchange, name, lambda: [call], room=room)) if name else None


def in_room(exchange: Exchange, call: Call, request: Request, channel: Channel, room: Conference) -> None:
    """Collect digits from one participant of a room; what that sends is not documented (Options.room_gather)."""
    fields = audio.media(request)
    audio.refuse_bad(exchange, request)

    def report(what: str) -> None:
        if exchange.options.room_gather == "with-playback":
            exchange.emit(f"conference.participant.playback.{what}", call, room, **fields)

    def ask() -> Sound:
        return sounds.file(
            exchange,
            next(iter(fields.values())),
            lambda: [call],
            on_start=lambda: report("started"),
            on_end=lambda _status: report("ended"),
            room=room.id,
        )

    begin(
        exchange,
        call,
        _gather(
            request,
            channel,
            prompt=ask,
            invalid=invalid_audio(exchange, call, request, room.id),
            reports=exchange.options.room_gather != "silent",
        ),
    )


def _stop(exchange: Exchange, request: Request) -> dict[str, Any]:
    end(exchange, exchange.call(request.path["call_control_id"]), "cancelled")
    return done()


DEEDS: dict[str, Deed] = {
    "gather": _plain,
    "gather_using_speak": _using_speak,
    "gather_using_audio": _using_audio,
    "gather_stop": _stop,
}
