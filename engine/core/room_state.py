"""What the run of a room remembers between two events, and the working paper of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.core.command import Command
from engine.core.turn import Outgoing

NOT_YET = "not yet"  # a leave that must wait until the conference has an id
_MOST_OVER = 8


@dataclass(slots=True)
class Member:
    """
    A leg that asked to come in, for its *stay*-th stay in a room.

    *linked* maps the roles it has a link to, to their runs here. *conference_id*: where it was sent. *is_asked*: its
    join is on its way or accepted. *leaving*: the command that takes it out, or NOT_YET. *partner*: in a private
    room, the one it is to be linked with. *partner_left*: what it is told when it is out itself.
    """

    run: str
    call_control_id: str
    flow: str
    role: str
    stay: int
    number: str = ""
    partner: str = ""
    listens: list[str] = field(default_factory=list)
    wishes: dict[str, Any] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    conference_id: str = ""
    is_in: bool = False
    is_asked: bool = False
    leaving: str = ""
    starts: int = 0
    partner_left: dict[str, Any] | None = None


@dataclass(slots=True)
class Request:
    """A command of the room that Telnyx has not answered yet: for which stay of which leg, about which conference."""

    operation: str
    run: str
    stay: int
    conference_id: str
    status: str = ""


@dataclass(slots=True)
class Former:
    """Who was in a conference lately, and still hears of its end and its recording."""

    run: str
    conference_id: str
    left_at: float
    listens: list[str]


@dataclass(slots=True, kw_only=True)
class Room:
    """
    One room by its name. *stage*: none (no conference), creating, finding (its name is taken: by which id?), open.

    *queue* is set for a private room that ``connect`` made. *over* are its latest conferences that have ended.
    """

    run: str
    ver: int = 0
    stage: str = "none"
    conference_id: str = ""
    queue: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    sent: dict[str, Request] = field(default_factory=dict)
    former: list[Former] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.run.removeprefix("room:")

    @property
    def is_needed(self) -> bool:
        return bool(self.members or self.sent or self.conference_id)

    def member(self, run: str, stay: int) -> Member | None:
        """Return the member *run*, None when it is not here or for another stay."""
        member = self.members.get(run)
        return member if member is not None and member.stay == stay else None

    def has_ended(self, conference_id: str) -> None:
        """Note that a conference is over: nothing that is said about it later counts."""
        self.over = [*self.over, conference_id][-_MOST_OVER:]
        if self.conference_id == conference_id:
            self.conference_id, self.stage = "", "none"

    def is_joining(self, member: Member) -> bool:
        """Tell whether Telnyx has yet to answer the member's join."""
        return any(
            sent.operation == "conference_join" and (sent.run, sent.stay) == (member.run, member.stay)
            for sent in self.sent.values()
        )

    @classmethod
    def decode(cls, text: str) -> Room:
        raw = orjson.loads(text)
        raw["members"] = {run: Member(**member) for run, member in raw["members"].items()}
        raw["sent"] = {identity: Request(**sent) for identity, sent in raw["sent"].items()}
        raw["former"] = [Former(**former) for former in raw["former"]]
        return cls(**raw)


@dataclass(slots=True)
class RoomTurn:
    """One event's work on a room."""

    room: Room
    out: Outgoing
    now: float
    keys: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    def send(
        self,
        operation: str,
        member: Member,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        status: str = "",
        **parameters: Any,
    ) -> str:
        """Issue an operation about the room for *member*; parameters that are None are left out."""
        room = self.room
        body = {name: value for name, value in parameters.items() if value is not None}
        where = {"id": room.conference_id} if path is None else path
        identity = self.out.put(Command(operation=operation, path=where, parameters=body, query=query or {}))
        room.sent[identity] = Request(operation, member.run, member.stay, room.conference_id, status)
        return identity

    def tell(self, member: Member, event_type: str, **payload: Any) -> None:
        """Tell a member something about its stay."""
        self.out.tell(member.run, event_type, room=self.room.name, stay=member.stay, **payload)
