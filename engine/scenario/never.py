"""The section ``never`` of a scenario file: what must not be true after any step."""

from __future__ import annotations

import re

from engine.core.nearest import did_you_mean
from engine.language import codes
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.words import DURATION
from engine.scenario.checks import CHECKS as EVERY_CHECK
from engine.scenario.checks import read_check
from engine.scenario.codes import BAD_STEP
from engine.scenario.reading import Script
from engine.scenario.script import SILENCE_S, CommandsWithoutEvent, Never, Rule, SilenceLongerThan

CHECKS = tuple(check for check in EVERY_CHECK if check != "does_not")
_SILENCE = re.compile(r"silence longer than (\S+)")
_COMMANDS = re.compile(r"more than ([1-9][0-9]{0,5}) commands without an event")
# Both, as a regular expression of the kind that JSON Schema knows.
PHRASE = f"silence longer than {DURATION.strip('^$')}|{_COMMANDS.pattern}"
_WRITTEN = "'silence longer than 10s', 'more than 30 commands without an event', or a check such as 'hears: text'"


def read_never(script: Script, node: Node | None) -> tuple[Rule, ...]:
    """Return the rules of ``never``; what is wrong is reported."""
    if node is None:
        return ()
    if not isinstance(node, List):
        script.report(codes.WRONG_TYPE, node, "'never' must be a list, each entry with a dash")
        return ()
    found = [(item, _never(script, item)) for item in node]
    return tuple(
        Rule(what=what, text=script.quote(item), line=item.span.line) for item, what in found if what is not None
    )


def _never(script: Script, node: Node) -> Never | None:
    if isinstance(node, Map) and len(node.entries) == 1:
        return _check(script, node)
    text = node.text if isinstance(node, Scalar) else ""
    if match := _COMMANDS.fullmatch(text):
        return CommandsWithoutEvent(int(match[1]))
    match = _SILENCE.fullmatch(text)
    if match is None:
        script.report(BAD_STEP, node, f"an entry of 'never' is {_WRITTEN}")
        return None
    length_s = script.duration(Scalar(match[1], match[1], "plain", node.span), "the time behind 'silence longer than'")
    if length_s is None:
        return None
    if length_s > SILENCE_S:
        message = f"silence longer than {SILENCE_S:g}s always fails; a longer time here would change nothing"
        script.report(codes.OUT_OF_RANGE, node, message)
        return None
    return SilenceLongerThan(length_s)


def _check(script: Script, node: Map) -> Never | None:
    entry = node.entries[0]
    word, value, leg = entry.key, entry.value, ""
    if script.is_leg(word.text) and isinstance(value, Map) and len(value.entries) == 1:
        leg, word, value = word.text, value.entries[0].key, value.entries[0].value
    if word.text not in CHECKS:
        guess = did_you_mean(word.text, CHECKS)
        script.report(BAD_STEP, word, f"'never' cannot have '{word.text}'{guess}", hint=f"It may have {_WRITTEN}.")
        return None
    return read_check(script, word, value, leg)
