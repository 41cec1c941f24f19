"""What connects the legs of two roles: a queue, a room, a call, a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from engine.core.flow import ANYWHERE, CALLER
from engine.graph.diagram import Key
from engine.graph.phrases import first_text
from engine.graph.texts import clean, shortened, without_braces
from engine.language.tree import FlowTree, RoleTree, StateTree, StepTree

_TAKING = ("connect", "bridge")  # the verbs that take somebody out of a queue
_OWN_ROOM = "own"


@dataclass(frozen=True, slots=True)
class Link:
    """A connection between what two roles do."""

    source: Key
    target: Key
    label: str
    is_mutual: bool = False

    @property
    def roles(self) -> tuple[tuple[str, ...], ...]:
        """The two roles, each with its flow."""
        pair = (self.source[:2], self.target[:2])
        return tuple(sorted(pair)) if self.is_mutual else pair


@dataclass(frozen=True, slots=True)
class _Act:
    """A step with its place."""

    flow: FlowTree
    role: RoleTree
    block: StateTree
    step: StepTree

    @property
    def key(self) -> Key:
        """The block it stands in."""
        return _key(self.flow, self.role, self.block)

    def given(self, option: str) -> str:
        """Return what is written for *option*, "" where nothing is."""
        return self.step.given[option].text if option in self.step.given else ""


def links(flows: Sequence[FlowTree]) -> Iterator[Link]:
    """Yield what connects two different roles, once for each pair and label, at its first place in the files."""
    acts = [_Act(flow, role, block, step) for flow in flows for role, block, step in flow.steps()]
    seen = set()
    for link in (*_queues(acts), *_rooms(acts), *_calls(acts), *_flows(acts, flows), *_words(acts)):
        if link.source[:2] != link.target[:2] and (link.roles, link.label) not in seen:
            seen.add((link.roles, link.label))
            yield link


def _queues(acts: Sequence[_Act]) -> Iterator[Link]:
    takings = [act for act in acts if act.step.name in _TAKING and act.given("queue")]
    waitings = [act for act in acts if act.step.name == "enqueue"]
    for taking, waiting in product(takings, waitings):
        if waiting.given("queue") == taking.given("queue"):
            yield Link(waiting.key, taking.key, f"queue {_short(taking.given('queue'))}", is_mutual=True)


def _rooms(acts: Sequence[_Act]) -> Iterator[Link]:
    joins = [act for act in acts if act.step.name == "join_conference" and act.given("room") not in ("", _OWN_ROOM)]
    for one, other in combinations(joins, 2):
        if one.given("room") == other.given("room"):
            yield Link(one.key, other.key, f"room {_short(one.given('room'))}", is_mutual=True)


def _calls(acts: Sequence[_Act]) -> Iterator[Link]:
    """Yield a link from where a role is rung to where it begins, and from where it is bridged to where that rang it."""
    for act in acts:
        option = {"dial": "as", "bridge": "to"}.get(act.step.name, "")
        role = act.given(option)
        if any(role == other.name for other in act.flow.roles):
            begin: Key = (act.flow.path, role, "start", "")
            if act.step.name == "dial":
                yield Link(act.key, begin, f"dial {_short(act.given('to'))}")
            else:
                rang = (other.key for other in acts if other.flow is act.flow and other.given("as") == act.role.name)
                yield Link(act.key, next(rang, begin), "bridge")


def _flows(acts: Sequence[_Act], flows: Sequence[FlowTree]) -> Iterator[Link]:
    """Yield a link from where another flow is used to where that begins."""
    for act in acts:
        options = [option.name for option in act.step.verb.options if option.type == "flow"]
        for flow in flows:
            if any(act.given(option) == flow.name.text for option in options):
                yield Link(act.key, (flow.path, CALLER, "start", ""), act.step.name.replace("_", " "))


def _words(acts: Sequence[_Act]) -> Iterator[Link]:
    """Yield a link from where a word is told to where it is heard."""
    for act in acts:
        for listener, value in act.step.rest if act.step.name == "tell" else ():
            word = first_text(value)
            listening = ((role, block) for role, block in act.flow.blocks() if role.name == listener.text)
            hears = (place for place in listening if place[1].handler(f"{act.role.name}.says.{word}") is not None)
            yield from (Link(act.key, _key(act.flow, *place), f"tell {clean(word)}") for place in hears)


def _key(flow: FlowTree, role: RoleTree, block: StateTree) -> Key:
    if block.name == ANYWHERE:
        return (flow.path, role.name, "anywhere", "")
    return (flow.path, role.name, "state", block.name)


def _short(text: str) -> str:
    return shortened(without_braces(text))
