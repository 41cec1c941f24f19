"""A room whose people press a key to do one thing to it, and what the room was asked to do."""

from __future__ import annotations

import textwrap
from typing import Any

from core_stage import AGENTS, Phone, flow

_STATES = """\
  a:
    do: [answer, {join_conference: {room: team}}]
    on:
      call.dtmf.received: act
    after:
      3h: hangup
  act:
    do:
STEPS
      - log: done
    on: ON
    after:
      3h: hangup
    on_error:
      do: [{log: "error {{ event.error.code }} of {{ event.error.step }}"}]
      then: stay
"""
_AGENT = f"""\
roles:
  agent:
    starts_when:
      calls_to: ["{AGENTS}"]
    anywhere:
      on_error: stuck
    start: a
    states:
      a:
        do: [answer, {{join_conference: {{room: team, as: helper}}}}]
        on:
          call.dtmf.received: act
        after:
          3h: hangup
      act:
        do:
STEPS
          - log: agent done
        after:
          3h: hangup
      stuck:
        do: [{{log: agent failed}}]
        after:
          3h: hangup
"""


def people(*steps: str, on: str = "{action.in_doubt: {do: [{log: in doubt}]}}", top: str = "", agent: str = "") -> str:
    """Return a flow: callers in the room team; a key makes them do *steps*. An agent's key leads to *agent*."""
    states = _STATES.replace("STEPS", _dashes(steps, 6)).replace("ON", on)
    return flow(states, top=top, roles=_AGENT.replace("STEPS", _dashes([agent or "log: nothing"], 10)))


def _dashes(steps: Any, columns: int) -> str:
    return textwrap.indent("\n".join(f"- {step}" for step in steps), " " * columns)


class Team(Phone):
    """Two callers and an agent in the room team."""

    def __init__(self, *steps: str, text: str = "", **parts: str) -> None:
        super().__init__(text or people(*steps, **parts))
        self.one = self.calls(from_="+15551110001", wait=1)
        self.two = self.calls(from_="+15551110002", wait=1)
        self.agent = self.calls(to=AGENTS, from_="+15552220001", wait=1)

    def act(self, wait: float = 1.0) -> None:
        """The first caller presses the key."""
        self.press(self.one, "1", wait)

    def sent(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of every command of this operation."""
        return [dict(row.command.parameters) for _, row in self.rows(operation=operation)]
