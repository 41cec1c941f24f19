"""The section ``never`` of a scenario file: what must not be true after any step."""

from __future__ import annotations

import re

from engine.core.nearest import did_you_mean
from engine.language import codes
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.values import seconds
from engine.scenario.checks import CHECKS, read_check
from engine.scenario.codes import BAD_STEP
from engine.scenario.reading import Script
from engine.scenario.script import SILENCE_S, CommandsWithoutEvent, Never, Rule, SilenceLongerThan

_SILENCE = re.compile(r"silence longer than (\S+)")
_COMMANDS = re.compile(r"more than ([1-9][0-9]{0,5}) commands without an event")
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
    length_s = seconds(match[1]) if match else None
    if length_s is None:
        script.report(BAD_STEP, node, f"an entry of 'never' is {_WRITTEN}")
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
    allowed = [check for check in CHECKS if check != "does_not"]
    if word.text not in allowed:
        guess = did_you_mean(word.text, allowed)
        script.report(BAD_STEP, word, f"'never' cannot have '{word.text}'{guess}", hint=f"It may have {_WRITTEN}.")
        return None
    return read_check(script, word, value, leg)
