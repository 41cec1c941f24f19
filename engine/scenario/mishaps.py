"""How Telnyx misbehaves in a scenario: the step ``telnyx``."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.flow import CALLER
from engine.core.nearest import did_you_mean
from engine.language import codes
from engine.language.nodes import Map, Node, Scalar, plain
from engine.scenario.codes import BAD_STEP, UNKNOWN_LEG
from engine.scenario.does import operations_of
from engine.scenario.reading import MOST_TIMES, Script
from engine.scenario.script import Deed, Delays, Fails, Loses, Repeats, Sends

# The error code that Telnyx would give, where the author names only the status (facts.md, "Errors").
_CODES = {401: "10009", 404: "10005", 429: "10011"}
_WRITTEN = {
    "fails": "{fails: speak, with: 422}",
    "loses": "{loses: call.speak.ended}",
    "repeats": "{repeats: last event}",
    "delays": "{delays: call.speak.ended, by: 5s}",
    "sends": "{sends: call.cost}",
}


def read_mishap(script: Script, node: Node) -> Deed | None:
    """Return what Telnyx does, or None after a report."""
    readers: dict[str, Callable[[Script, Map], Deed | None]] = {
        "fails": _fails,
        "repeats": _repeats,
        "delays": _delays,
        "loses": _loses,
        "sends": _sends,
    }
    found = [name for name in readers if isinstance(node, Map) and node.get(name) is not None]
    if isinstance(node, Map) and len(found) == 1:
        return readers[found[0]](script, node)
    first = node.entries[0].key if isinstance(node, Map) and node.entries else None
    guess = did_you_mean(first.text, readers) if first is not None else ""
    if first is not None and guess:
        script.report(BAD_STEP, first, f"'telnyx' has no '{first.text}'{guess}")
    else:
        forms = "; ".join(f"telnyx: {form}" for form in _WRITTEN.values())
        script.report(BAD_STEP, node, "this is nothing that Telnyx does", hint=f"It is written: {forms}.")
    return None


def _fails(script: Script, node: Map) -> Fails | None:
    if not (_has_only(script, node, ("fails", "with", "times", "code")) and _has(script, node, "with", "fails")):
        return None
    word = script.text(node.get("fails"), "'fails'")
    status = script.count(node.get("with") or node, "'with' (the HTTP status)", 400, 599)
    times = _times(script, node)
    if word is None or status is None or times is None:
        return None
    operations = operations_of(word.text, script.catalogue.operations)
    if not operations:
        script.unknown("command to Telnyx", word, script.catalogue.operations)
        return None
    given = node.get("code")
    code = given.text if isinstance(given, Scalar) else _CODES.get(status, "10007" if status >= 500 else "10015")
    return Fails(word=word.text, operations=operations, status=status, code=code, times=times)


def _has(script: Script, node: Map, option: str, word: str) -> bool:
    """Tell whether *option* is there, without which *word* says too little."""
    if node.get(option) is not None:
        return True
    entry = node.entry(word)
    assert entry is not None
    script.report(codes.MISSING, entry.key, f"'{word}' needs '{option}' beside it: telnyx: {_WRITTEN[word]}")
    return False


def _has_only(script: Script, node: Map, options: tuple[str, ...]) -> bool:
    return script.options(node, options, f"'telnyx: {{{options[0]}: ...}}'")


def _times(script: Script, node: Map) -> int | None:
    given = node.get("times")
    return 1 if given is None else script.count(given, "'times'", 1, MOST_TIMES)


def _repeats(script: Script, node: Map) -> Repeats | None:
    given = node.get("repeats")
    if len(node.entries) == 1 and isinstance(given, Scalar) and given.text == "last event":
        return Repeats()
    script.report(BAD_STEP, node, f"it is written 'telnyx: {_WRITTEN['repeats']}'")
    return None


def _delays(script: Script, node: Map) -> Delays | None:
    if not (_has_only(script, node, ("delays", "by", "times")) and _has(script, node, "by", "delays")):
        return None
    event = _event(script, node.get("delays"))
    by_s = script.duration(node.get("by") or node, "'by'")
    times = _times(script, node)
    return None if event is None or by_s is None or times is None else Delays(event.text, by_s, times)


def _loses(script: Script, node: Map) -> Loses | None:
    if not _has_only(script, node, ("loses", "times")):
        return None
    event, times = _event(script, node.get("loses")), _times(script, node)
    return None if event is None or times is None else Loses(event.text, times)


def _sends(script: Script, node: Map) -> Sends | None:
    event = _event(script, node.get("sends"))
    given = node.get("for")
    leg = CALLER if given is None else given.text if isinstance(given, Scalar) else ""
    if event is None:
        return None
    if not script.is_leg(leg):
        script.unknown("leg", given if isinstance(given, Scalar) else event, script.legs, code=UNKNOWN_LEG)
        return None
    fields = {entry.key.text: plain(entry.value) for entry in node if entry.key.text not in ("sends", "for")}
    known = script.catalogue.events[event.text].fields
    if not script.options(node, {"sends", "for", *known}, f"the event {event.text}"):
        return None
    return Sends(event.text, leg, fields)


def _event(script: Script, node: Node | None) -> Scalar | None:
    event = script.text(node, "the event")
    if event is not None and event.text not in script.catalogue.events:
        script.unknown("event", event, script.catalogue.events)
        return None
    return event
