"""What is heard: sounds that are played one after another on a channel, by those who listen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from engine.simulator.exchange import Exchange
from engine.simulator.state import Call, Channel, Sound

_TAGS = re.compile(r"<[^>]*>")


def play(exchange: Exchange, channel: Channel, sound: Sound) -> None:
    """Play *sound*, now or behind what is playing on *channel*."""
    channel.sounds.append(sound)
    if len(channel.sounds) == 1:
        _start(exchange, channel)


def _start(exchange: Exchange, channel: Channel) -> None:
    sound = channel.sounds[0]
    sound.has_started = True
    for call in sound.listeners():
        begin_hearing(exchange, sound, call)
    sound.on_start()
    if sound.length_s is not None:
        sound.alarm = exchange.after(sound.length_s, lambda: finish(exchange, channel, sound.outcome))


def begin_hearing(exchange: Exchange, sound: Sound, call: Call) -> None:
    """Note that *call* hears *sound* from now on."""
    if call.ended_at is None:
        sound.entries[call.id] = exchange.note(
            "hears", call.id, sound.what, sound=sound.kind, seconds=sound.length_s, room=sound.room
        )
        call.hears.append(sound)


def end_hearing(exchange: Exchange, sound: Sound, call: Call, *, cut: bool = True) -> None:
    """Note that *call* no longer hears *sound*."""
    entry = sound.entries.pop(call.id, None)
    if entry is not None:
        call.hears.remove(sound)
        entry.ended_at, entry.cut = exchange.now, cut
        exchange.note("stops", entry.leg, entry.what, hears=entry.index, cut=cut)


def finish(exchange: Exchange, channel: Channel, status: str) -> None:
    """End what is playing on *channel* with *status* and start the next sound."""
    sound = channel.sounds.pop(0)
    if sound.alarm is not None:
        sound.alarm.cancel()
    for leg in list(sound.entries):
        end_hearing(exchange, sound, exchange.calls[leg], cut=status != "completed")
    sound.on_end(status)
    # on_end may have started something itself, when nothing else was waiting.
    if channel.sounds and not channel.sounds[0].has_started:
        _start(exchange, channel)


def stop(exchange: Exchange, channel: Channel, which: str = "all", status: str = "cancelled") -> None:
    """Stop what is playing; "all" also forgets what waits behind it, without webhooks."""
    forgotten = channel.sounds[1:] if which == "all" else []
    if forgotten:
        del channel.sounds[1:]
    if channel.sounds:
        finish(exchange, channel, status)
    for sound in forgotten:
        sound.on_forgotten()


def drop(exchange: Exchange, channel: Channel, sound: Sound) -> None:
    """Take *sound* off *channel*, playing or waiting."""
    if channel.sounds[0] is sound:
        finish(exchange, channel, "cancelled")
    else:
        channel.sounds.remove(sound)


def beep(exchange: Exchange, calls: list[Call], room: str | None = None) -> None:
    """Let *calls* hear a beep, which takes no time."""
    for call in calls:
        entry = exchange.note("hears", call.id, "beep", sound="beep", seconds=0.0, room=room)
        entry.ended_at = exchange.now


def hear_tones(exchange: Exchange, call: Call, digits: str, room: str | None = None) -> None:
    """Let the person on *call* hear *digits* as tones."""
    entry = exchange.note("hears", call.id, digits, sound="tones", seconds=0.0, room=room)
    entry.ended_at = exchange.now


def times(loop: Any) -> float | None:
    """Return how often to play, None for ever. Source: facts.md, section 6 ("infinity" or a count)."""
    if loop == "infinity":
        return None
    return max(1, int(loop)) if isinstance(loop, int) or str(loop or "").isdigit() else 1


def spoken(text: str) -> str:
    """Return *text* as it is heard: without SSML's tags."""
    return " ".join(_TAGS.sub(" ", text).split()) if "<" in text else text


def speech(
    exchange: Exchange,
    text: str,
    listeners: Callable[[], list[Call]],
    *,
    loop: Any = None,
    on_start: Callable[[], None] = lambda: None,
    on_end: Callable[[str], None] = lambda status: None,
    room: str | None = None,
) -> Sound:
    """Return *text* as a sound."""
    heard, count = spoken(text), times(loop)
    length_s = None if count is None else exchange.options.speech_s(heard) * count
    return Sound(
        kind="speech", what=heard, length_s=length_s, listeners=listeners, on_start=on_start, on_end=on_end, room=room
    )


def file(
    exchange: Exchange,
    name: str,
    listeners: Callable[[], list[Call]],
    *,
    loop: Any = None,
    on_start: Callable[[], None] = lambda: None,
    on_end: Callable[[str], None] = lambda status: None,
    room: str | None = None,
    kind: str = "audio",
) -> Sound:
    """Return the audio file *name* (a media name or URL) as a sound; a bad one ends at once."""
    count, bad = times(loop), fault(exchange, name)
    length_s = None if count is None else exchange.options.file_s(name) * count
    return Sound(
        kind="music" if count is None else kind,
        what=name,
        length_s=0.0 if bad else length_s,
        listeners=(list if bad else listeners),
        on_start=on_start,
        on_end=on_end,
        room=room,
        outcome=bad or "completed",
    )


def fault(exchange: Exchange, name: str) -> str:
    """Return the status with which the audio *name* ends at once, "" when it can be played."""
    if name in exchange.options.missing_audio:
        return "file_not_found"
    return "failed" if name in exchange.options.unreachable else ""
