"""The steps of a scenario: which word begins each, what is behind it, and repetitions."""

from __future__ import annotations

import re

from engine.core.flow import CALLER
from engine.core.nearest import nearest
from engine.core.verbs import VERBS
from engine.language import codes
from engine.language.nodes import List, Map, Node, Scalar
from engine.scenario.checks import CHECKS, read_check
from engine.scenario.codes import BAD_STEP, UNKNOWN_LEG, UNKNOWN_STEP
from engine.scenario.mishaps import read_mishap
from engine.scenario.outside import read_replies
from engine.scenario.people import PHRASES, is_phrase, read_person
from engine.scenario.reading import MOST_TIMES, Script
from engine.scenario.script import Answers, Check, Deed, Repeat, Step, Waits

_WORDS = ("wait", "telnyx", "http", "repeat", *CHECKS)
# What people write for a check, and the check.
_HABITS = {
    **dict.fromkeys(("expect", "expects", "hear", "says", "say", "listen", "listens", "text"), "hears: ..."),
    **dict.fromkeys(("state", "in", "goes_to", "reaches"), "is_in: STATE"),
    **dict.fromkeys(("sleep", "waits", "pause"), "wait: 5s"),
    **dict.fromkeys(("remember", "variable", "variables"), "remembers: {NAME: VALUE}"),
}


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
    if not _has_one_word(script, node, entry.key, "steps" if is_repeat else "within"):
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
    """Report a step that is no word with a colon."""
    text = node.text if isinstance(node, Scalar) else ""
    word, mark, rest = re.match(r"(\w*)([: ]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if rest and (script.is_leg(word) or word in _WORDS):
        missing = "a space is missing behind the colon" if mark == ":" else f"a colon is missing behind '{word}'"
        script.report(BAD_STEP, node, f"{missing}; write {word}: {rest.strip()}")
    elif text in VERBS:
        script.report(BAD_STEP, node, f"to check that the flow does this, write does: {text}")
    else:
        message = "a step is a word, a colon and what happens, for example 'caller: calls'; name who does what"
        script.report(BAD_STEP, node, message)


def _has_one_word(script: Script, node: Map, word: Scalar, beside: str) -> bool:
    """Tell whether behind this dash stand only *word* and *beside*; a second step has lost its dash."""
    for entry in node:
        key = entry.key
        if key.text not in (word.text, beside) and (key.text in _WORDS or script.is_leg(key.text)):
            script.report(codes.MISSING_DASH, key, f"a dash is missing: each step has its own; write - {key.text}: ...")
            return False
    return script.options(node, {word.text, beside}, f"the step '{word.text}'")


def _what(script: Script, word: Scalar, node: Node) -> Deed | Check | None:
    if word.text == "wait":
        length_s = script.duration(node, "'wait'")
        return None if length_s is None else Waits(length_s)
    if word.text == "telnyx":
        return read_mishap(script, node)
    if word.text == "http":
        replies = read_replies(script, node, "'http'")
        return Answers(replies) if replies else None
    if word.text in CHECKS:
        return read_check(script, word, node, CALLER)
    if script.is_leg(word.text):
        return read_person(script, word, node)
    _unknown(script, word, node)
    return None


def _unknown(script: Script, word: Scalar, node: Node) -> None:
    """Report a word that begins no step."""
    guess = nearest(word.text, {*script.legs, *_WORDS})
    is_person = guess in script.legs or (guess is None and is_phrase(node))
    code, what = (UNKNOWN_LEG, "there is nobody called") if is_person else (UNKNOWN_STEP, "there is no step")
    told, hint = f"{what} '{word.text}'" + (f"; did you mean '{guess}'?" if guess else ""), ""
    leg, _, deed = word.text.partition(" ")
    if script.is_leg(leg) and deed in CHECKS:
        told = f"{told}; write {leg}: {{{deed}: ...}}"
    elif meant := next((phrase for phrase in PHRASES if phrase.startswith(f"{word.text} ")), None):
        told = f"{told}; it is somebody who does this: write {CALLER}: {meant}"
    elif word.text in _HABITS:
        told = f"{told}; write {_HABITS[word.text]}"
    elif word.text in VERBS:
        told = f"{told}; to check that the flow does this, write does: {{{word.text}: ...}}"
    elif word.text == "within":
        told = "'within' stands below a check, without a dash of its own"
    elif is_person and not guess:
        hint = f"There are: {', '.join(sorted(script.legs))}."
    elif not guess:
        hint = f"Steps begin with: {', '.join(sorted(script.legs))}, {', '.join(_WORDS)}."
    script.report(code, word, told, hint=hint)


def _repeat(script: Script, node: Map) -> Repeat | None:
    times = script.count(node.get("repeat") or node, "'repeat'", 1, MOST_TIMES)
    steps = node.get("steps")
    if not isinstance(steps, List) or not steps.items:
        script.report(codes.MISSING, node.entries[0].key, "'repeat' needs steps: below it, each with a dash")
        return None
    inner = read_steps(script, steps)
    return None if times is None else Repeat(times, inner)
