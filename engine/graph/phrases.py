"""What an author wrote, in a few words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.graph.texts import quoted, shortened, without_braces
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.tree import FlowTree, Rules, RuleTree, StepTree

_CONDITION = 44  # characters
_RULE = 72
_MOST_NUMBERS = 4
_MOST_ACTS = 2
_PRESSED = re.compile(r"event\.digit *== *[\"']([0-9*#])[\"']")
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'|\b\d+(?:\.\d+)?\b")

# The verbs whose own word would say too little, and those whose main option is not what says most.
_WORDS = {
    "transfer": "transfer to",
    "join_conference": "join room",
    "leave_conference": "leave room",
    "connect": "connect with queue",
    "record": "record up to",
}
_TELLING = {"record": "longest", "dial": "to", "notify": "to"}
_ASKING = ("prompt", "gather", "conference_gather")


class Phrases:
    """The words for the parts of one flow; what a secret is set to or compared with is never among them."""

    def __init__(self, flow: FlowTree) -> None:
        self._flow = flow
        self._secrets = {"secret", *(name for name, variable in flow.variables.items() if variable.is_secret)}

    def rules(self, head: str, rules: Rules) -> Iterator[tuple[RuleTree, str]]:
        """
        Yield each rule with when it applies and what it does.

        *head* is the key, the event or the time that the rules belong to, "" for the ``then`` of a state.
        """
        is_choice = False
        for rule in rules:
            when = self._when(head, rule)
            if rule.condition is None and is_choice:
                when = f"{head} otherwise".strip()
            acts = [self.step(step) for step in rule.steps[:_MOST_ACTS]] + ["…"] * (len(rule.steps) > _MOST_ACTS)
            yield rule, shortened(": ".join(part for part in (when, ", ".join(acts)) if part), _RULE)
            is_choice = is_choice or rule.condition is not None

    def _when(self, head: str, rule: RuleTree) -> str:
        if rule.condition is None:
            return head
        text = rule.condition.text
        pressed = _PRESSED.fullmatch(text.strip())
        if pressed and head == "call.dtmf.received":
            return f"key {pressed[1]}"
        if self._secrets & set(re.findall(r"\w+", text)):
            text = _LITERAL.sub("…", text)
        return f"{head} if {shortened(text, _CONDITION)}".strip()

    def step(self, step: StepTree) -> str:
        """Return what *step* does; a verb that is not known here is its own word, with its main value."""
        if step.name in _ASKING:
            return self._asked(step)
        if step.name == "speak" and "text" in step.given:
            return quoted(step.given["text"].text)
        words = _WORDS.get(step.name, step.name.replace("_", " "))
        if step.verb.main == "text" and "text" in step.given:
            return f"{words} {quoted(step.given['text'].text)}"
        return f"{words} {shortened(without_braces(self._telling(step)))}".strip()

    def _asked(self, step: StepTree) -> str:
        is_question = step.name != "prompt"
        if "speak" in step.given:
            return f"ask {quoted(step.given['speak'].text)}"
        said, audio = self._prompt(step.given["prompt"].text) if "prompt" in step.given else ("", "")
        if said:
            return f"ask {quoted(said)}" if is_question else quoted(said)
        audio = audio or (step.given["play"].text if "play" in step.given else "")
        if audio:
            return f"{'ask with' if is_question else 'play'} {shortened(audio)}"
        return step.name.replace("_", " ")

    def _prompt(self, name: str) -> tuple[str, str]:
        """Return the text of a prompt in the flow's language, or else the name of what is played."""
        entries = self._flow.prompts.get(name, {})
        language = self._flow.settings.language
        if language not in entries:
            language = next(iter(entries), "")
        part = self._flow.prompt_parts.get((name, language))
        return ("", name) if part is None or entries[language].audio else (part.text, "")

    def _telling(self, step: StepTree) -> str:
        """Return what says most about *step*: its main option, else the first that was written."""
        given: dict[str, Node] = {**step.given, **step.nested}
        node = given.get(_TELLING.get(step.name, step.verb.main)) or next(iter(given.values()), None)
        if node is not None:
            return first_text(node)
        if not step.rest:
            return ""
        key, value = step.rest[0]
        return key.text if key.text in self._secrets else f"{key.text} {first_text(value)}"


def beginnings(starts: Node | None) -> tuple[str, ...]:
    """Return how a role begins, from its ``starts_when``: a title, then what belongs to it."""
    if not isinstance(starts, Map) or not starts.entries:
        return ("start",)
    lines: list[str] = []
    for entry in starts:
        values = [] if isinstance(entry.value, Map) else [shortened(text) for text in _texts(entry.value)]
        if entry.key.text == "calls_to":
            values = ["any number" if value == "any" else value for value in values]
        more = [f"and {len(values) - _MOST_NUMBERS} more"] if len(values) > _MOST_NUMBERS else []
        lines += [shortened(entry.key.text.replace("_", " ")), *values[:_MOST_NUMBERS], *more]
    return tuple(lines)


def first_text(node: Node) -> str:
    """Return the text of *node*; of a list its first, of a block its first key."""
    return next(_texts(node), "")


def _texts(node: Node) -> Iterator[str]:
    match node:
        case Scalar():
            yield node.text
        case List():
            for item in node:
                yield from _texts(item)
        case Map():
            yield from node.keys()
