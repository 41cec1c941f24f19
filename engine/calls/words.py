"""What one line of a call's history says, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from engine.core.event import ACCEPTED, DEFECT, IN_DOUBT, LOOK, REFUSED, TIMER, ClientState

Kind = Literal["came", "state", "says", "plays", "does", "log", "refused", "error", "note", "ignored", "ended"]
Told = tuple[Kind, str] | None
Record = Mapping[str, Any]

# What tells most about an event, in the order in which it is shown.
TELLING = (
    "direction", "from", "to", "digit", "digits", "status", "result", "reason", "hangup_cause", "hangup_source",
    "queue", "current_position", "name", "media_name", "duration_secs",
)  # fmt: skip
_MOST_CHARACTERS = 80  # of one field
_SAYING = frozenset({"speak", "gather_using_speak", "conference_speak"})
_PLAYING = frozenset({"playback_start", "gather_using_audio", "conference_play"})
_LINKS = {"link.began": "joined", "leg.linked": "joined", "link.ended": "left", "leg.unlinked": "left"}
_SAYS_NOTHING = frozenset({ACCEPTED, TIMER, LOOK, "call.speak.started", "call.playback.started"})
_BEGIN = "call.initiated"  # only there the numbers are news
# Words of Telnyx that begin its events; what legs, rooms and queues of ours tell each other begins otherwise.
_OF_TELNYX = ("call.", "conference.", "streaming.", "fax.")
_ENDS = {"hangup": "the other side hung up", "end": "the flow is over; it leaves the call as it is"}


def in_words(kind: str, record: Record) -> Told:
    """Return what a line of a history says, None where it says nothing to people."""
    speak = _WORDS.get(kind)
    return speak(record) if speak is not None else None


def event_in_words(record: Record) -> Told:
    """Return what came."""
    name, payload = str(record.get("type")), record.get("payload") or {}
    if name == REFUSED:
        why = f"{payload.get('title') or 'without a reason'}{_code(payload)}"
        return "refused", f"Telnyx refused {payload.get('operation')}: {why}"
    if name == IN_DOUBT:
        return "refused", f"nobody knows whether {payload.get('operation') or 'a command'} was done: no answer came"
    if name == DEFECT:
        return "error", "ringflow itself had a defect here"
    if name in _LINKS:
        return "note", f"{payload.get('role') or 'somebody'} {_LINKS[name]}"
    if name == "leg.says":
        return "came", f"somebody says {payload.get('word')}{_if_any(payload.get('value'))}"
    if name in _SAYS_NOTHING or not name.startswith(_OF_TELNYX):
        return None
    telling = TELLING if name == _BEGIN else [field for field in TELLING if field not in ("from", "to")]
    fields = " ".join(f"{field}={_short(payload[field])}" for field in telling if payload.get(field) not in (None, ""))
    return "came", f"{far_leg(payload)}{name} {fields}".rstrip()


def far_leg(payload: Record) -> str:
    """Return "sales." for an event of a leg that a transfer rang as sales, else ""."""
    token = ClientState.decode(payload.get("client_state"))
    return f"{token.word}." if token is not None and token.word else ""


def _command(record: Record) -> Told:
    operation = str(record["operation"])
    if operation in _SAYING and record.get("payload"):
        return "says", f'"{record["payload"]}"'
    sound = record.get("audio_url") or record.get("media_name")
    if operation in _PLAYING and sound:
        return "plays", str(sound)
    about = [f"{name}={record[name]}" for name in ("to", "from", "queue_name", "name", "cause") if record.get(name)]
    return "does", " ".join([operation, *about])


def _error(record: Record) -> Told:
    where = f" at {record['step']}" if record.get("step") else ""
    title, code = record.get("title"), str(record.get("code") or "")
    return "error", f"error{where}: {title or code}" + (f" ({code})" if title and code else "")


def _failed(record: Record) -> Told:
    return "error", f"ringflow could not take {record.get('type')}: {record.get('error')}"


def _flow(record: Record) -> Told:
    how, flow = str(record["how"]), record["flow"]
    sentence = {
        "runs": f"runs the flow {flow}",
        "comes back": f"the flow {flow} is done; {record.get('to')} goes on",
        "handed over": f"hands the call over to the flow {flow}",
        "abandoned": f"leaves the flow {flow}",
    }
    return "note", sentence.get(how, f"{how} {flow}")


def _plan(record: Record) -> Told:
    more = "".join(f", {name} {record[name]}" for name in ("why", "title", "code") if record.get(name))
    return "note", f"{record['what']}: {record['flow']} calls {record['to']}{more}"


_WORDS: Mapping[str, Callable[[Record], Told]] = {
    "event": event_in_words,
    "command": _command,
    "state": lambda record: ("state", str(record["state"])),
    "log": lambda record: ("log", str(record["text"])),
    "error": _error,
    "failed": _failed,
    "budget": lambda record: ("error", str(record.get("why") or "too many steps without an event")),
    "flow": _flow,
    "aside": lambda record: ("note", str(record["text"])),
    "lookup_failed": lambda record: ("error", f"the lookup failed: {record['why']}"),
    "planned": lambda record: ("note", f"plans a call to {record.get('to')} with {record.get('flow')}"),
    "unrouted": lambda _: ("note", "no flow answers this call"),
    "call": _plan,
    "stray": lambda record: ("ignored", f"{record.get('type')}: {record.get('why')}"),
    "ended": lambda record: ("ended", _ENDS.get(str(record["why"]), str(record["why"]))),
}


def _code(payload: Record) -> str:
    numbers = [str(payload["code"])] if payload.get("code") else []
    numbers += [f"HTTP {payload['status']}"] if payload.get("status") else []
    return f" ({', '.join(numbers)})" if numbers else ""


def _if_any(value: Any) -> str:
    return "" if value in (None, "") else f" {value}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
