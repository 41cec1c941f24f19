"""What people do in a scenario: the phrases behind somebody's name, and the checks about them."""

from __future__ import annotations

import re

from engine.core.flow import CALLER
from engine.core.nearest import did_you_mean, nearest
from engine.language.nodes import Map, Node, Scalar, plain
from engine.language.saying import duration
from engine.language.values import seconds
from engine.language.words import DURATION
from engine.scenario.checks import CHECKS, read_check
from engine.scenario.codes import BAD_STEP
from engine.scenario.reading import Script
from engine.scenario.script import REACTIONS, Calls, Check, Deed, HangsUp, IsCalled, Presses, Reacts, TellsAi, Waits

PHRASES = (
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
# The first word of what people write, and of the phrase that exists.
_HABITS = {
    **dict.fromkeys(("enters", "types", "dials", "keys", "press"), "presses"),
    **dict.fromkeys(("picks", "accepts", "takes"), "answers"),
    **dict.fromkeys(("waits", "silent"), "stays"),
    **dict.fromkeys(("disconnects", "leaves", "ends"), "hangs"),
    **dict.fromkeys(("rings", "dials_in"), "calls"),
}
_USED_BY_OTHERS = "Other flows use it: test it in one that does, or write 'caller: is called' and 'caller: answers'."
_TELLS = "tells_ai"
NOTHING = "nothing"  # what somebody tells an AI who does not answer its question
_NUMBER = r"""["']?(\+[1-9][0-9]{6,14})["']?"""
_CALLS = re.compile(rf"""calls(?: {_NUMBER})?(?: from (?:{_NUMBER}|["']?(anonymous)["']?))?""")
_CALLED = re.compile(r"""is called(?: at ["']?(\+[1-9][0-9]{6,14})["']?)?""")
_PRESSES = re.compile(r"presses ([0-9A-D*#]{1,64})")
_SILENT = re.compile(r"stays silent (\S+)")
# All that people can do, as a regular expression of the kind that JSON Schema knows.
PHRASE = "|".join(
    (_CALLS.pattern, _CALLED.pattern, _PRESSES.pattern, f"stays silent {DURATION.strip('^$')}", "hangs up", *REACTIONS)
)
_BARE_NUMBER = re.compile(r"""["']?([1-9][0-9]{7,14})["']?$""")


def read_person(script: Script, word: Scalar, node: Node) -> Deed | Check | None:
    """Return what the person called *word* does, or the check about them; None after a report."""
    if isinstance(node, Map):
        return _tells_ai(script, word.text, node) if node.get(_TELLS) is not None else _check(script, word, node)
    text = node.text if isinstance(node, Scalar) else ""
    phrase = _phrase(word.text, text)
    if phrase is None:
        _bad_phrase(script, word, node, text)
        return None
    return phrase if _fits(script, word.text, phrase, node) else None


def is_phrase(node: Node) -> bool:
    """Tell whether only a person can do this."""
    return isinstance(node, Scalar) and _phrase("", node.text) is not None


def _check(script: Script, word: Scalar, node: Map) -> Check | None:
    checks = [entry for entry in node if entry.key.text != "within"]
    strange = next((entry.key for entry in checks if entry.key.text not in CHECKS), None)
    if strange is not None:
        guess = did_you_mean(strange.text, CHECKS)
        hint = "" if guess else f"The checks are: {', '.join(CHECKS)}."
        script.report(BAD_STEP, strange, f"there is no check '{strange.text}'{guess}", hint=hint)
    elif not checks:
        script.report(BAD_STEP, node, f"'{word.text}' needs a check: {', '.join(CHECKS)}")
    elif len(checks) > 1:
        second = checks[1].key
        message = f"one check for each dash; write a second step - {word.text}: {{{second.text}: ...}}"
        script.report(BAD_STEP, second, message)
    else:
        return read_check(script, checks[0].key, checks[0].value, word.text)
    return None


def _tells_ai(script: Script, leg: str, node: Map) -> TellsAi | None:
    told = node.get(_TELLS)
    if len(node.entries) == 1 and isinstance(told, Map):
        return TellsAi(leg, plain(told))
    if len(node.entries) == 1 and isinstance(told, Scalar) and told.text == NOTHING:
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


# -- what is no phrase -----------------------------------------------------------------------------------------


def _bad_phrase(script: Script, word: Scalar, node: Node, text: str) -> None:
    leg, first = word.text, text.split(" ")[0]
    who, rest = script.called(leg), text.removeprefix(first).strip()
    if not text:
        script.report(BAD_STEP, word, f"nothing stands behind '{leg}:'; write what happens, such as '{leg}: calls'")
    elif first in CHECKS:
        told = rest or "..."
        script.report(BAD_STEP, node, f"a check about {who} needs braces and a colon; write {leg}: {{{first}: {told}}}")
    elif number := _BARE_NUMBER.search(rest):
        better = f'{text[: -len(number[0])]}"+{number[1]}"'
        script.report(BAD_STEP, node, f"a phone number begins with + and its country; write {leg}: {better}")
    elif first == "presses":
        hint = "" if rest else 'Behind a space, # begins a comment: to press only that, write "presses #" in quotes.'
        script.report(BAD_STEP, node, f"{who} presses keys: 0 to 9, * and #; write {leg}: presses 4821#", hint=hint)
    elif match := _SILENT.fullmatch(text):
        place = Scalar(match[1], match[1], "plain", node.span)
        script.reading.report(duration(script.path, place, "the time behind 'stays silent'"))
    else:
        guess = _meant(first)
        told = f"; it is written '{leg}: {guess}'" if guess else ""
        hint = "" if guess else f"People can: {'; '.join(PHRASES)}."
        script.report(BAD_STEP, node, f"{who} cannot '{text}'{told}", hint=hint)


def _meant(first: str) -> str | None:
    """Return the phrase that somebody meant who wrote another *first* word."""
    if first in ("says", "tells", _TELLS):
        return f"{{{_TELLS}: {{name: Ann}}}}"
    known = {phrase.split(" ")[0]: phrase for phrase in reversed(PHRASES)}
    stem = next((word for word in known if len(first) > 2 and word.startswith(first)), None)
    return known.get(_HABITS.get(first, first)) or known.get(stem or nearest(first, known) or "")


def _fits(script: Script, leg: str, phrase: Deed, node: Node) -> bool:
    """Tell whether somebody can do that: only roles call in, only rung legs answer."""
    role = script.role(leg)
    if isinstance(phrase, Calls):
        starts = role.starts_when if role else None
        is_answered = starts is not None and (starts.numbers or starts.any_number or starts.connection)
        if not (is_answered or phrase.to_number):
            message = f"{script.called(leg)} does not call in: no 'starts_when' of the flow says so"
            if role is None:
                message = f"{script.called(leg)} does not call in, but is rung by the flow; write {leg}: answers"
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
