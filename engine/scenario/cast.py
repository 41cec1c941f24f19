"""Who is who in a scenario: the people's names, their legs in the world and their runs in the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.event import ClientState
from engine.core.flow import Flow
from engine.core.leg import Leg, Level
from engine.core.names import is_leg
from engine.core.planned import ordered
from engine.core.program import Program
from engine.scenario.reading import called, role_name
from engine.scenario.stage import Stage
from engine.simulator.values import Look

# Numbers that nobody has (the 555-01xx block of the North American plan), one for each person of a scenario.
_OWN_NUMBERS = "+120255501{:02d}"
_ANY_NUMBER = "+12025550199"  # what is called where a flow answers every number


@dataclass(slots=True, kw_only=True)
class Cast:
    """
    The people of one scenario; *legs* maps their names to the call_control_id of their latest call.

    *ordered* maps the runs of calls that somebody ordered to who is called.
    """

    stage: Stage
    flow: Flow
    ordered: dict[str, str] = field(default_factory=dict)
    legs: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def call(self, name: str, from_number: str, to_number: str) -> None:
        """Let *name* call a number of the role that they play, or *to_number*, which may be another flow's."""
        starts = self.flow.roles[role_name(name, self.flow.roles)].starts_when
        leg = self.stage.world.call(
            from_=from_number or _OWN_NUMBERS.format(len(self.legs) + 1),
            to=to_number or (starts.numbers[0] if starts.numbers else _ANY_NUMBER),
            connection_id=starts.connection,
            now=self.stage.now,
        )
        self._meet(name, leg.call_control_id)

    def order(self, name: str, number: str) -> None:
        """Have the flow call *name*, as somebody does with ``ringflow call``."""
        stage, version = self.stage, self.stage.library.current.hash
        number = number or _OWN_NUMBERS.format(len(self.legs) + 1)
        order = ordered(version, self.flow.name, number, {}, order=f"{name} {stage.now}", at=stage.now)
        assert order.run is not None
        self.ordered[order.run] = name
        stage.receive(order)

    def look(self, name: str) -> Look | None:
        """Return how the leg of *name* stands; None when there is none yet."""
        if name not in self.legs:
            self._find_rung(name)
        return self.stage.world.look(self.legs[name]) if name in self.legs else None

    def ringing(self, name: str) -> str:
        """Return the call_control_id of the leg of *name* while it rings, else ""."""
        self._find_rung(name)
        found = self.legs.get(name, "")
        return found if found in {leg.call_control_id for leg in self.stage.world.ringing} else ""

    def session(self, name: str) -> Leg | None:
        """Return the engine's session of the leg of *name*; None for a leg without a run."""
        call = self.legs.get(name, "")
        found = self.stage.leg(self.stage.run_of(call))
        # The events of a leg that a transfer rang find the run of the leg that rang it.
        return found if found is not None and found.call_control_id == call else None

    def level(self, session: Leg) -> Leg | Level:
        """Return where the session stands in the flow under test, also while that one runs another flow."""
        return next((level for level in session.levels if level.flow == self.flow.name), session)

    def program_of(self, session: Leg) -> Program:
        """Return the flow that a session runs, as compiled."""
        return self.stage.library.program(self.stage.rows[session.run].version, session.flow)

    def called(self, name: str) -> str:
        """Return how a message calls *name*."""
        return called(name, self.flow.roles)

    def name_of(self, call_control_id: str) -> str:
        """Return whose leg this is; a leg of nobody in particular is called by its number."""
        if call_control_id not in self.names:
            for leg in self.stage.world.legs:
                if leg.call_control_id == call_control_id:
                    return self._rung_as(call_control_id) or leg.to
        return self.names.get(call_control_id, "")

    def _find_rung(self, name: str) -> None:
        """A leg that rings is known by what rang it; the latest one counts that is not known as somebody else."""
        for leg in reversed(self.stage.world.ringing):
            rung_as, known = self._rung_as(leg.call_control_id), self.names.get(leg.call_control_id, name)
            if known == name and rung_as and role_name(name, (rung_as,)):
                self._meet(name, leg.call_control_id)
                return

    def _rung_as(self, call_control_id: str) -> str:
        """Return what a leg was rung as: a transfer's word, a role, a flow that calls later; "" for one that called."""
        token = ClientState.decode(self.stage.world.look(call_control_id).client_state)
        session = self.stage.leg(token.run) if token is not None and not token.word else None
        if session is None or session.origin is None:
            return token.word if token is not None else ""
        if is_leg(session.origin.run):
            return session.role
        return self.ordered.get(session.origin.run, session.flow)

    def _meet(self, name: str, call_control_id: str) -> None:
        self.legs[name] = call_control_id
        self.names[call_control_id] = name
