"""A simulated Telnyx with short words for what the tests do in it."""

from __future__ import annotations

from typing import Any

from engine.simulator.options import Options
from engine.simulator.values import Response, Webhook
from engine.simulator.world import World
from engine.tables import catalogue

CALLER = "+34600111222"
OFFICE = "+15551230000"


class Line:
    """A world with a clock of its own, and short words for what the tests do in it."""

    def __init__(self, options: Options | None = None, *, seed: int = 1) -> None:
        self.catalogue = catalogue()
        self.world = World(self.catalogue, seed=seed, options=options or Options(), start=1_700_000_000.0)
        self.now = self.world.now
        self.webhooks: list[Webhook] = []

    def do(self, operation: str, path: dict[str, str] | str | None = None, **body: Any) -> Response:
        """Send one request; *path* is the path's only value, or all of them."""
        row = self.catalogue.operations[operation]
        values = {name: path for name in row.path_parameters} if isinstance(path, str) else path or {}
        query = body.pop("query", {})
        return self.world.request(row.method, row.url_path(values), query=query, body=body, now=self.now)

    def ok(self, operation: str, path: dict[str, str] | str | None = None, **body: Any) -> dict[str, Any]:
        """Send one request that must be accepted, and return the answer's ``data``."""
        response = self.do(operation, path, **body)
        assert response.status in (200, 204), response.body
        return response.body.get("data", {})

    def wait(self, seconds: float = 0.1) -> list[str]:
        """Let time pass; returns the types of the webhooks that came."""
        self.now += seconds
        new = self.world.advance(self.now)
        self.webhooks += new
        return [webhook.event_type for webhook in new]

    def rings(self) -> str:
        """Somebody calls; nobody has answered yet."""
        leg = self.world.call(from_=CALLER, to=OFFICE, now=self.now)
        self.wait()
        return leg.call_control_id

    def caller(self) -> str:
        """Somebody has called and was answered."""
        leg = self.rings()
        self.ok("answer", leg)
        self.wait()
        return leg

    def far_leg(self) -> str:
        """The leg that rings."""
        return self.world.ringing[-1].call_control_id

    def room(self, name: str = "team", **body: Any) -> tuple[str, str]:
        """A room with one leg in it: (conference id, leg)."""
        leg = self.caller()
        room = self.ok("conference_create", None, call_control_id=leg, name=name, **body)
        self.wait()
        return room["id"], leg

    def last(self, event_type: str) -> dict[str, Any]:
        """The payload of the last webhook of this type."""
        return dict(next(hook for hook in reversed(self.webhooks) if hook.event_type == event_type).payload)

    def types(self, leg: str | None = None) -> list[str]:
        """The types of all webhooks so far, of one leg."""
        return [hook.event_type for hook in self.webhooks if leg is None or hook.call_control_id == leg]

    def hears(self, leg: str) -> list[str]:
        """What the person on *leg* heard so far."""
        return [entry.what for entry in self.world.record if entry.kind == "hears" and entry.leg == leg]
