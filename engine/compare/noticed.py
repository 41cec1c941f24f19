"""What people notice of a call: what they hear, are asked and do, where they come to, and how it ends for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.scenario.cast import Cast
from engine.simulator.values import Entry

_SOUNDS = {"music": "hears the music {}", "audio": "hears {}", "beep": "hears a beep", "ringing": "hears it ring"}
ASKED = "is asked for keys"
_ASKS = "gather"  # how the operations begin that ask for keys


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that *who* notices, in words. *after* counts what was done in the call before."""

    after_s: float
    who: str
    text: str
    after: int


def words(entry: Entry, cast: Cast) -> str:
    """Return what a line of the world's record means to the person whose leg it is about, "" for nothing."""
    details: dict[str, Any] = dict(entry.details)
    match entry.kind:
        case "hears" if details["sound"] == "speech":
            return f'hears "{" ".join(entry.what.split())}"'
        case "hears":
            return _SOUNDS.get(details["sound"], "hears tones").format(entry.what)
        case "presses":
            return f"presses {entry.what}"
        case "request" if entry.what.startswith(_ASKS) and entry.what != "gather_stop" and details["status"] < 300:
            return ASKED
        case "state":
            return _came_to(entry, details, cast)
    return ""


def _came_to(entry: Entry, details: dict[str, Any], cast: Cast) -> str:
    look = cast.stage.world.look(str(entry.leg)) if entry.leg else None
    if look is None:
        return ""
    is_rung = look.leg.direction == "outgoing"
    match entry.what:
        case "calls":
            return "calls"
        case "rung":
            return "is rung"
        case "answered":
            return "answers" if is_rung else "is answered"
        case "enqueued":
            return f"waits in the line {details['queue']}"
        case "joined" | "left":
            return f"{'comes into' if entry.what == 'joined' else 'leaves'} the room {details['name']}"
        case "bridged":
            return f"talks with {cast.name_of(details['with'])}"
        case "hung up":
            return _end(details, is_rung=is_rung)
    return ""


def _end(details: dict[str, Any], *, is_rung: bool) -> str:
    if details["source"] == ("callee" if is_rung else "caller"):
        return "hangs up" if details["cause"] == "normal_clearing" else f"does not take the call ({details['cause']})"
    return "is hung up" if details["cause"] == "normal_clearing" else f"is hung up ({details['cause']})"
