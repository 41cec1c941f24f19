"""The steps of a scenario: what people and Telnyx do, and repetitions."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.core.flow import CALLER
from engine.core.nearest import did_you_mean, nearest
from engine.language import codes
from engine.language.nodes import List, Map, Node, Scalar, plain
from engine.language.values import seconds
from engine.scenario.checks import CHECKS, operations_of, read_check
from engine.scenario.codes import BAD_STEP, UNKNOWN_LEG, UNKNOWN_STEP
from engine.scenario.outside import read_replies
from engine.scenario.reading import Script
from engine.scenario.script import (
    REACTIONS,
    Answers,
    Calls,
    Check,
    Deed,
    Delays,
    Fails,
    HangsUp,
    IsCalled,
    Loses,
    Presses,
    Reacts,
    Repeat,
    Repeats,
    Sends,
    Step,
    TellsAi,
    Waits,
)

_WORDS = ("wait", "telnyx", "http", "repeat", *CHECKS)
_PHRASES = (
    "calls",
    'calls from "+15551230000"',
    'calls "+15551230001" from "+15551230000"',
    "presses 4821#",
    "stays silent 20s",
    "hangs up",
    "answers",
    "answers as a machine",
    "does not answer",
    "is busy",
    "is called",
    'is called at "+15551230000"',
)
_HABITS = {
    **dict.fromkeys(("enters", "types", "dials", "keys", "press"), "presses"),
    **dict.fromkeys(("picks", "accepts", "takes"), "answers"),
    **dict.fromkeys(("waits", "silent"), "stays"),
    **dict.fromkeys(("disconnects", "leaves", "ends"), "hangs"),
    **dict.fromkeys(("rings", "dials_in"), "calls"),
}  # the first word of what people write, and of the phrase that exists
_USED_BY_OTHERS = "Other flows use it: test it in one that does, or write 'caller: is called' and 'caller: answers'."
_TELLS = "tells_ai"
_NOTHING = "nothing"  # what somebody tells an AI who does not answer its question
_NUMBER = r"""["']?(\+[1-9][0-9]{6,14})["']?"""
_CALLS = re.compile(rf"""calls(?: {_NUMBER})?(?: from (?:{_NUMBER}|["']?(anonymous)["']?))?""")
_CALLED = re.compile(r"""is called(?: at ["']?(\+[1-9][0-9]{6,14})["']?)?""")
_PRESSES = re.compile(r"presses ([0-9A-D*#]{1,64})")
_SILENT = re.compile(r"stays silent (\S+)")
_MOST_TIMES = 1000
# The error code that Telnyx would give, where the author names only the status (facts.md, "Errors").
_CODES = {401: "10009", 404: "10005", 429: "10011"}


def read_steps(script: Script, node: List) -> tuple[Step, ...]:
    """Return the steps in *node*; those that cannot be understood are reported and left out."""
    found = [_step(script, item) for item in node]
    return tuple(step for step in found if step is not None)


def _step(script: Script, node: Node) -> Step | None:
    if not isinstance(node, Map) or not node.entries:
        _no_step(script, node)
        return None
    entry = next((entry for entry in node if entry.key.text not in ("within", "steps")), node.entries[0])
    is_repeat = entry.key.text == "repeat"
    if not script.options(node, {entry.key.text, "steps" if is_repeat else "within"}, f"the step '{entry.key.text}'"):
        return None
    inner = entry.value
    within = node.get("within")
    if isinstance(inner, Map) and script.is_leg(entry.key.text):
        within = inner.get("within") or within
    what = _repeat(script, node) if is_repeat else _what(script, entry.key, inner)
    if what is None:
        return None
    if within is not None and isinstance(what, Deed | Repeat):
        script.report(BAD_STEP, within, "only a check has 'within'; to let time pass, write 'wait: 9m'")
        return None
    within_s = None if within is None else script.duration(within, "'within'")
    return Step(what=what, text=script.quote(node), line=node.span.line, within_s=within_s)


def _no_step(script: Script, node: Node) -> None:
    word = node.text.split(" ")[0] if isinstance(node, Scalar) else ""
    guess = f"write '{word.rstrip(':')}: ...'" if script.is_leg(word) or word in _WORDS else "name who does what"
    script.report(BAD_STEP, node, f"a step is a word, a colon and what happens, for example 'caller: calls'; {guess}")


def _what(script: Script, word: Scalar, node: Node) -> Deed | Check | None:
    if word.text == "wait":
        length_s = script.duration(node, "'wait'")
        return None if length_s is None else Waits(length_s)
    if word.text == "telnyx":
        return _telnyx(script, node)
    if word.text == "http":
        replies = read_replies(script, node, "'http'")
        return Answers(replies) if replies else None
    if word.text in CHECKS:
        return read_check(script, word, node, CALLER)
    if script.is_leg(word.text):
        return _leg(script, word, node)
    guess = nearest(word.text, {*script.legs, *_WORDS})
    code, what = (UNKNOWN_LEG, "nobody called") if guess in script.legs else (UNKNOWN_STEP, "no step")
    hint = "" if guess else f"Steps begin with: {', '.join(sorted(script.legs))}, {', '.join(_WORDS)}."
    told = f"there is {what} '{word.text}'" + (f"; did you mean '{guess}'?" if guess else "")
    leg, _, deed = word.text.partition(" ")
    if script.is_leg(leg) and deed in CHECKS:
        told, hint = f"{told}; write {leg}: {{{deed}: ...}}", ""
    elif meant := next((phrase for phrase in _PHRASES if phrase.startswith(f"{word.text} ")), None):
        told, hint = f"{told}; it is somebody who does this: write {CALLER}: {meant}", ""
    elif word.text in ("state", "in"):
        told, hint = f"{told}; write is_in: STATE", ""
    script.report(code, word, told, hint=hint)
    return None


def _repeat(script: Script, node: Map) -> Repeat | None:
    times = script.count(node.get("repeat") or node, "'repeat'", 1, _MOST_TIMES)
    steps = node.get("steps")
    if not isinstance(steps, List) or not steps.items:
        script.report(codes.MISSING, node.entries[0].key, "'repeat' needs steps: below it, each with a dash")
        return None
    inner = read_steps(script, steps)
    return None if times is None else Repeat(times, inner)


# -- people ----------------------------------------------------------------------------------------------------


def _leg(script: Script, word: Scalar, node: Node) -> Deed | Check | None:
    leg = word.text
    if isinstance(node, Map) and node.get(_TELLS) is not None:
        return _tells_ai(script, leg, node)
    if isinstance(node, Map):
        checks = [entry for entry in node if entry.key.text != "within"]
        if len(checks) != 1 or checks[0].key.text not in CHECKS:
            strange = next((entry.key for entry in checks if entry.key.text not in CHECKS), word)
            guess = did_you_mean(strange.text, CHECKS)
            script.report(BAD_STEP, strange, f"'{leg}' needs one check: {', '.join(CHECKS)}{guess}")
            return None
        return read_check(script, checks[0].key, checks[0].value, leg)
    text = node.text if isinstance(node, Scalar) else ""
    phrase = _phrase(leg, text)
    if phrase is None:
        _bad_phrase(script, leg, node, text)
        return None
    return phrase if _fits(script, leg, phrase, node) else None


def _tells_ai(script: Script, leg: str, node: Map) -> TellsAi | None:
    told = node.get(_TELLS)
    if len(node.entries) == 1 and isinstance(told, Map):
        return TellsAi(leg, plain(told))
    if len(node.entries) == 1 and isinstance(told, Scalar) and told.text == _NOTHING:
        return TellsAi(leg, None)
    script.report(
        BAD_STEP, node, f"it is written '{leg}: {{{_TELLS}: {{name: Ann}}}}', or '{leg}: {{{_TELLS}: nothing}}'"
    )
    return None


def _phrase(leg: str, text: str) -> Deed | None:
    if match := _CALLS.fullmatch(text):
        return Calls(leg=leg, to_number=match[1] or "", from_number=match[2] or match[3] or "")
    if match := _CALLED.fullmatch(text):
        return IsCalled(leg, match[1] or "")
    if match := _PRESSES.fullmatch(text):
        return Presses(leg, match[1])
    if (match := _SILENT.fullmatch(text)) and (length_s := seconds(match[1])) is not None:
        return Waits(length_s, leg)
    if text == "hangs up":
        return HangsUp(leg)
    return next((Reacts(leg, how) for how in REACTIONS if how == text), None)


def _bad_phrase(script: Script, leg: str, node: Node, text: str) -> None:
    first = text.split(" ")[0]
    known = {phrase.split(" ")[0]: phrase for phrase in reversed(_PHRASES)}
    stem = next((word for word in known if len(first) > 2 and word.startswith(first)), nearest(first, known) or "")
    guess = known.get(_HABITS.get(first, first)) or known.get(stem)
    if first in ("says", "tells", _TELLS):
        guess = f"{{{_TELLS}: {{name: Ann}}}}"
    if guess is None and first in CHECKS:
        hint = f"A check about {script.called(leg)} is written '{leg}: {{{first}: ...}}'."
        script.report(BAD_STEP, node, f"'{first}' needs a colon", hint=hint)
        return
    told = f"; it is written '{leg}: {guess}'" if guess else ""
    hint = "" if guess else f"People can: {'; '.join(_PHRASES)}."
    script.report(BAD_STEP, node, f"{script.called(leg)} cannot '{text}'{told}", hint=hint)


def _fits(script: Script, leg: str, phrase: Deed, node: Node) -> bool:
    """Tell whether somebody can do that: only roles call in, only rung legs answer."""
    role = script.role(leg)
    if isinstance(phrase, Calls):
        starts = role.starts_when if role else None
        is_answered = starts is not None and (starts.numbers or starts.any_number or starts.connection)
        if not (is_answered or phrase.to_number):
            message = f"{script.called(leg)} does not call in: no 'starts_when' of the flow says so"
            script.report(BAD_STEP, node, message, hint=_USED_BY_OTHERS if script.may_be_ordered else "")
            return False
    elif isinstance(phrase, Reacts) and role is not None and not script.is_rung(leg):
        script.report(BAD_STEP, node, f"{script.called(leg)} calls in and is not rung, so there is nothing to answer")
        return False
    elif isinstance(phrase, IsCalled) and (leg != CALLER or not script.may_be_ordered):
        message = f"nobody can have this flow call {script.called(leg)}"
        script.report(BAD_STEP, node, message, hint="The flow needs starts_when: {outgoing_call: true}.")
        return False
    return True


# -- Telnyx ----------------------------------------------------------------------------------------------------


def _telnyx(script: Script, node: Node) -> Deed | None:
    readers: dict[str, Callable[[Script, Map], Deed | None]] = {
        "fails": _fails,
        "repeats": _repeats,
        "delays": _delays,
        "loses": _loses,
        "sends": _sends,
    }
    found = [name for name in readers if isinstance(node, Map) and node.get(name) is not None]
    if not isinstance(node, Map) or len(found) != 1:
        guess = did_you_mean(node.entries[0].key.text, readers) if isinstance(node, Map) and node.entries else ""
        script.report(BAD_STEP, node, f"'telnyx' needs one of {', '.join(readers)} in {{ }}{guess}")
        return None
    return readers[found[0]](script, node)


def _fails(script: Script, node: Map) -> Fails | None:
    if not script.options(node, ("fails", "with", "times", "code"), "'telnyx: {fails: ...}'"):
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


def _times(script: Script, node: Map) -> int | None:
    given = node.get("times")
    return 1 if given is None else script.count(given, "'times'", 1, _MOST_TIMES)


def _repeats(script: Script, node: Map) -> Repeats | None:
    given = node.get("repeats")
    if len(node.entries) == 1 and isinstance(given, Scalar) and given.text == "last event":
        return Repeats()
    script.report(BAD_STEP, node, "it is written 'telnyx: {repeats: last event}'")
    return None


def _delays(script: Script, node: Map) -> Delays | None:
    if not script.options(node, ("delays", "by", "times"), "'telnyx: {delays: ...}'"):
        return None
    event = _event(script, node.get("delays"))
    by_s = script.duration(node.get("by") or node, "'by'")
    times = _times(script, node)
    return None if event is None or by_s is None or times is None else Delays(event.text, by_s, times)


def _loses(script: Script, node: Map) -> Loses | None:
    if not script.options(node, ("loses", "times"), "'telnyx: {loses: ...}'"):
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
