"""
One call that is being played: at each moment somebody does something, or time passes until the next moment.

A moment is when nothing is under way: no command is on its way to Telnyx, no webhook back, and nothing happens by
itself for a quarter of a second. Who acts faster than that is not walked (docs/explore.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType
from typing import Any, Literal

from engine.core.catalogue import Catalogue
from engine.core.event import ClientState
from engine.core.leg import Leg
from engine.core.names import is_leg
from engine.core.program import Library
from engine.explore.copying import copied
from engine.explore.fingerprint import Fingerprint, fingerprint
from engine.explore.material import Material
from engine.explore.view import Places, View, view_of
from engine.scenario.guard import Broken
from engine.scenario.rehearsal import KEY_GAP_S, Failed, Rehearsal
from engine.scenario.run import rehearsal_of
from engine.scenario.script import SILENCE_S, Calls, Deed, Fails, IsCalled, ScenarioFile, Step, Waits
from engine.simulator.options import Options
from engine.simulator.requests import Router
from engine.simulator.values import Entry

# What no call changes.
_SHARED = (Library, Material, Catalogue, Router, Entry, BuiltinFunctionType)
PAUSE_S = 0.25  # longer than an answer and its webhook take, shorter than the shortest word that is spoken
FORGOTTEN_S = 10.0  # how long a leg may still ring once whoever had it rung has gone
_ROUNDING_S = 1e-6

Kind = Literal["silence", "last resort", "round", "longest", "forgotten", "stuck", "impossible"]
Deeds = tuple[Deed, ...]  # what happens at one moment; () and refusals alone: everybody stays silent


class Trouble(Exception):
    """
    Something that must not happen in any call.

    *person*: to whom, "" for nobody in particular; *where*: in which states; *at*: when, in epoch seconds.
    """

    def __init__(self, message: str, *, person: str, at: float, kind: Kind, where: tuple[str, ...]) -> None:
        super().__init__(message)
        self.person, self.at, self.kind, self.where = person, at, kind, where

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for two calls in which the same is wrong at the same place."""
        return self.kind, self.person, *self.where


@dataclass(slots=True, kw_only=True)
class Play:
    """A call in progress. *refusals* counts what Telnyx has refused on the way, *callers* who has called in."""

    material: Material
    rehearsal: Rehearsal
    refusals: int = 0
    callers: tuple[str, ...] = ()
    _sent: int = 0
    _before: Places = ()
    _view: View | None = None

    @classmethod
    def begin(cls, material: Material, file: ScenarioFile, library: Library) -> Play:
        """Return the moment before anybody has called."""
        return cls(material=material, rehearsal=rehearsal_of(file, library, options=Options()))

    def copy(self) -> Play:
        """Return the same moment of the same call; what happens in one of the two is unknown to the other."""
        return copied(self, shared=_SHARED)

    # -- what happens ------------------------------------------------------------------------------------------

    def do(self, deeds: Deeds) -> bool:
        """
        Let *deeds* happen and time run to the next moment; False when nothing will ever happen by itself any more.

        Raises:
            Trouble: something happened on the way that must not.
        """
        self._sent, self._before = len(self.rehearsal.stage.outbox.sent), self.view.places
        for deed in deeds:
            self.perform(deed)
        is_silent = all(isinstance(deed, Fails) for deed in deeds)
        due = self.rehearsal.stage.next_due()
        if is_silent and due is not None:
            self.run_until(due)
        self._settle()
        return not is_silent or due is not None

    def perform(self, deed: Deed) -> None:
        """Let one thing happen, as a scenario's step does, and no time pass after it. Raises Trouble."""
        self._view = None
        if isinstance(deed, Fails):
            self.refusals += 1
        elif isinstance(deed, Calls | IsCalled):
            self.callers += (deed.leg,)
        if isinstance(deed, Waits):
            self.run_until(self.now + deed.seconds)
            return
        try:
            self.rehearsal.perform(Step(what=deed, text="", line=len(self.rehearsal.faults)))
        except Broken as broken:
            raise self._told(broken) from None
        except Failed as failed:
            raise self.trouble("impossible", str(failed)) from None

    def _settle(self) -> None:
        stage = self.rehearsal.stage
        fingers_free = max(self.rehearsal.pressed_at.values(), default=0.0) + KEY_GAP_S
        if fingers_free > self.now:
            self.run_until(fingers_free)
        while (due := stage.next_due()) is not None and due <= stage.now + PAUSE_S:
            self.run_until(due)

    def run_until(self, until: float) -> None:
        """Let time run. Raises Trouble."""
        self._view = None
        try:
            self._run_until(until)
        except Broken as broken:
            raise self._told(broken) from None

    def _run_until(self, until: float) -> None:
        forgotten = self._forgotten()
        if forgotten and until > min(forgotten.values()) + _ROUNDING_S:
            name, at = min(forgotten.items(), key=lambda item: item[1])
            self.rehearsal.let_run(max(at, self.now))
            message = f"{self.called(name)} still rings {FORGOTTEN_S:g}s after whoever had it rung has gone"
            raise self.trouble("forgotten", message, name)
        self.rehearsal.let_run(until)

    def _forgotten(self) -> Mapping[str, float]:
        """Return until when legs may ring whose call is over for whoever had them rung, by name."""
        found = {}
        for leg in self.rehearsal.stage.world.ringing:
            origin = self._rang(leg.call_control_id)
            if origin is not None and origin.ended_at is not None:
                found[self.rehearsal.cast.name_of(leg.call_control_id)] = origin.ended_at + FORGOTTEN_S
        return found

    def _rang(self, call_control_id: str) -> Leg | None:
        """Return the session of the leg that had this one rung; None for a call that was planned or ordered."""
        stage = self.rehearsal.stage
        token = ClientState.decode(stage.world.look(call_control_id).client_state)
        session = stage.leg(token.run) if token is not None and is_leg(token.run) else None
        if session is None or session.call_control_id != call_control_id:
            return session
        return stage.leg(session.origin.run) if session.origin is not None and is_leg(session.origin.run) else None

    def _told(self, broken: Broken) -> Trouble:
        longest = self.rehearsal.guard.silence.longest()
        is_silence = longest is not None and self.now - longest[1] >= SILENCE_S - _ROUNDING_S
        if longest is None or not is_silence:
            return self.trouble("last resort", str(broken))
        return self.trouble("silence", str(broken), self.rehearsal.cast.name_of(longest[0]))

    def trouble(self, kind: Kind, message: str, person: str = "") -> Trouble:
        """Return what is wrong at this moment, with *person*'s state."""
        where = tuple(state for name, state in self.view.places if state and (name == person or not person))
        if person and where:
            message = f"{message}, in {where[0]}"
        return Trouble(message, person=person, at=self.now, kind=kind, where=where)

    # -- what one can see --------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        return self.rehearsal.stage.now

    @property
    def view(self) -> View:
        """Who is on the phone, and how."""
        if self._view is None:
            self._view = view_of(self.rehearsal)
        return self._view

    @property
    def commands(self) -> tuple[str, ...]:
        """The operations that Telnyx was asked for since the moment before, each once, in order."""
        catalogue = self.rehearsal.stage.library.catalogue
        sent = (row.command.operation for _, row in self.rehearsal.stage.outbox.sent[self._sent :])
        return tuple(dict.fromkeys(operation for operation in sent if operation in catalogue.operations))

    @property
    def is_refused_for_good(self) -> bool:
        """Tell whether Telnyx goes on refusing a command."""
        return any(fault.times > 1 for fault in self.rehearsal.stage.outbox.faults)

    def called(self, name: str) -> str:
        return self.rehearsal.cast.called(name)

    def session(self, name: str) -> Leg | None:
        return self.rehearsal.cast.session(name)

    @property
    def has_changed(self) -> bool:
        """Tell whether somebody is in another state than at the moment before."""
        return self.view.places != self._before

    def fingerprint(self) -> Fingerprint:
        """Return what tells this moment from others."""
        looks = self.view.looks
        others: Any = (
            self.has_changed and bool(self.material.flow.roles.keys() - set(self.callers)),
            sorted(self.callers),
            self.refusals,
            list(looks),
            [hours.is_open(self.now) for hours in self.material.hours],
        )
        return fingerprint(
            self.rehearsal.stage,
            names={look.leg.call_control_id: name for name, look in looks.items()},
            silent_since=self.rehearsal.guard.silence.since,
            read=self.material.read,
            others=others,
        )
