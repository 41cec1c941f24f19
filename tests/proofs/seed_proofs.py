"""
The proof of each operation and each webhook of the seed documents: a small flow, and what must come of it.

A proof is a function that plays its flow and asserts. It gets the flow as text, so that it can be given one without
the verb or the handler it is about (tests/proofs/test_seeds_removed.py): its assertion then must not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core_stage import AGENTS, Phone, flow
from mail import MailStage, MailWorld

from engine.simulator.world import World
from engine.tables import catalogue

Proof = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """*name* is the operation's or the webhook's, *word* the verb or event that stands in *text*, on a line alone."""

    name: str
    word: str
    text: str
    proof: Proof

    @property
    def without(self) -> str:
        """The flow without the line of the word."""
        lines = [line for line in self.text.splitlines(keepends=True) if line.strip() != self.line]
        assert len(lines) == len(self.text.splitlines()) - 1, f"'{self.line}' must stand on one line"
        return "".join(lines)

    @property
    def line(self) -> str:
        """The line that the proof is about."""
        mark = (f"- {self.word}:", f"- {self.word}", f"{self.word}:")
        found = [line.strip() for line in self.text.splitlines() if line.strip().startswith(mark)]
        assert len(found) == 1, f"{self.word}: {found}"
        return found[0]


TOP = """
remember:
  names: {type: list}
  call: {type: text}
anywhere:
  on_error: broken
"""
# The first call of a simulated Telnyx has always the same id: here it is the agent's.
AGENT_CALL = World(catalogue(), seed=1).call(from_="+15552220001", to=AGENTS, now=0.0).call_control_id
# The agent has called in before, with another number, and waits in the room.
ROLES = f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: ready
    states:
      ready:
        do: [answer, {{join_conference: {{room: team, as: agent}}}}]
        after: {{2h: hangup}}
"""


def flow_of(*steps: str, on: str = "", end: str = "after: {20m: broken}") -> str:
    """Return a flow whose callers do *steps*, one a line; *on* is a handler of that state, on one line."""
    do = "".join(f"      - {step}\n" for step in ("answer", *steps))
    handlers = f"    on:\n      call.hold: {{do: [{{log: held}}]}}\n      {on}\n" if on else ""
    broken = "  broken:\n    do: [{log: broken}]\n    after: {20m: hangup}\n"
    return flow(f"  a:\n    do:\n{do}{handlers}    {end}\n{broken}", top=TOP, roles=ROLES)


@dataclass(slots=True)
class Desk:
    """A call that the flow has, and the agent's."""

    phone: Phone
    call: str
    agent: str

    def room(self, name: str = "team") -> str:
        """The conference id of a room that is open, "" where none is."""
        return str(self.phone.world.state()["rooms"].get(name, {}).get("id", ""))

    def requests(self, operation: str) -> list[str]:
        """Whom the requests for an operation were about, those that Telnyx took."""
        entries = [entry for entry in self.phone.world.record if entry.kind == "request" and entry.what == operation]
        return [entry.details["target"] for entry in entries if entry.details["status"] < 300]


def play(text: str, *, wait_s: float = 5.0, before: Callable[[Phone, str], None] = lambda _phone, _agent: None) -> Desk:
    """
    Let the agent call and then the caller, every webhook as raw bytes; wait *wait_s* seconds of the call.

    *before*: what happens between the two, to the agent's call.
    """
    phone = Phone(text, world=MailWorld, stage=MailStage)
    agent = phone.calls(to=AGENTS, from_="+15552220001", wait=3)
    before(phone, agent)
    call = phone.calls(wait=wait_s)
    return Desk(phone, call, agent)
