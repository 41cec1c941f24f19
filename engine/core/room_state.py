"""What the run of a room remembers between two events, and the working paper of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.core.command import Command
from engine.core.state_format import STATE_FORMAT, readable
from engine.core.turn import Outgoing

NOT_YET = "not yet"  # a leave that must wait until the conference has an id
NEVER_ENDED = ("in_progress", "init")  # "init": it waits, with music, for somebody to start it
ALSO_TO_FORMER = frozenset({"conference.ended", "conference.recording.saved"})  # heard of by who was there lately
_MOST_OVER = 8
# Where a region goes (facts.md, section 3, "Pagination": a conference lives in one region).
_REGION_IN_BODY = frozenset(
    {f"conference_{word}" for word in ("create", "join", "leave", "update", "speak", "play", "stop", "record_start",
     "record_pause", "record_resume", "record_stop", "mute", "unmute", "hold", "unhold")}
)  # fmt: skip
_REGION_IN_QUERY = frozenset({"conference_list", "conference_retrieve", "participant_list"})


@dataclass(slots=True)
class Member:
    """
    A leg that asked to come in, for its *stay*-th stay in a room.

    *linked* maps the roles it has a link to, to their runs here. *conference_id*: where it was sent. *is_asked*: its
    join is on its way or accepted. *ids*: what Telnyx's events say of the leg. *label*: what ``to:`` calls it in every
    flow. *leaving*: the command that takes it out, or NOT_YET. *partner*: in a private room, the one it is to be linked
    with. *person*: how it introduced itself. *partner_left*: what it is told when it is out itself.
    """

    run: str
    call_control_id: str
    flow: str
    role: str
    stay: int
    number: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    label: str = ""
    partner: str = ""
    person: dict[str, Any] = field(default_factory=dict)
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
    """
    A command of the room that Telnyx has not answered yet: for which stay of which leg, about which conference.

    *work* is the id of the work that it is part of, "" for none.
    """

    operation: str
    run: str
    stay: int
    conference_id: str
    status: str = ""
    work: str = ""


@dataclass(slots=True, kw_only=True)
class Work:
    """
    What a step of leg *run* asks of the room: an *operation* with its *parameters*, about the legs labelled *to*.

    *is_named*: the leg named the room, which it need not be in. *ends_by*: what finishes it after Telnyx's answer,
    "speak", "playback", "gather" or "end"; "" for nothing. *seconds*: how long that may take. *is_music*: it has no end
    of its own, and is kept to know whose end it is that comes; *is_stopped*: that end is on its way. *stage*: new,
    sent, accepted. *legs*: those who have yet to hear it out or to answer (call_control_ids; none where it is for the
    whole room). *unanswered* counts commands, *until* is epoch seconds. *page*, *rows* and *found*: what the reading of
    lists has found so far.
    """

    run: str
    serial: int
    flow: str
    call_control_id: str
    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)
    to: list[str] = field(default_factory=list)
    is_named: bool = False
    ends_by: str = ""
    seconds: float = 0.0
    is_music: bool = False
    stage: str = "new"
    conference_id: str = ""
    legs: list[str] = field(default_factory=list)
    is_stopped: bool = False
    unanswered: int = 0
    until: float | None = None
    page: int = 1
    rows: list[dict[str, str]] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.run}#{self.serial}"


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
    *region* is where it lives, "" for Telnyx's choice. *waits_for_start*: all hear music until a second one joins.
    *due* and *gen* belong to its one timer row.
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
    works: list[Work] = field(default_factory=list)
    region: str = ""
    waits_for_start: bool = False
    due: float | None = None
    gen: int = 0
    format: int = STATE_FORMAT

    @property
    def name(self) -> str:
        return self.run.removeprefix("room:")

    @property
    def is_needed(self) -> bool:
        return bool(self.members or self.sent or self.conference_id or self.is_at_work)

    @property
    def is_at_work(self) -> bool:
        """Tell whether a step of some leg is not finished yet."""
        return any(work.stage != "accepted" or not work.is_music for work in self.works)

    def work(self, identity: str) -> Work | None:
        return next((work for work in self.works if work.id == identity), None)

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
        raw = readable(orjson.loads(text))
        raw["members"] = {run: Member(**member) for run, member in raw["members"].items()}
        raw["sent"] = {identity: Request(**sent) for identity, sent in raw["sent"].items()}
        raw["former"] = [Former(**former) for former in raw["former"]]
        raw["works"] = [Work(**work) for work in raw.get("works", ())]
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
        member: Member | None = None,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        status: str = "",
        work: Work | None = None,
        **parameters: Any,
    ) -> str:
        """Issue an operation about the room for *member* or *work*; parameters that are None are left out."""
        room = self.room
        body = {name: value for name, value in parameters.items() if value is not None}
        asked = dict(query or {})
        if room.region and operation in _REGION_IN_BODY:
            body["region"] = room.region
        if room.region and operation in _REGION_IN_QUERY:
            asked["region"] = room.region
        conference_id = work.conference_id if work is not None else room.conference_id
        where = {"id": conference_id} if path is None else path
        asker = member or work or next(iter(room.members.values()), None)
        command = Command(operation=operation, path=where, parameters=body, query=asked)
        identity = self.out.put(command, flow=asker.flow if asker is not None else "")
        run, stay = (member.run, member.stay) if member is not None else ("", 0)
        room.sent[identity] = Request(operation, run, stay, conference_id, status, work.id if work is not None else "")
        return identity

    def find(self, status: str, member: Member | None = None) -> None:
        """Ask Telnyx which conference of this name there is with *status*."""
        query = {"filter": {"name": self.room.name, "status": status}, "page[size]": 250}
        self.room.stage = "finding"
        self.send("conference_list", member, path={}, query=query, status=status)

    def tell(self, member: Member, event_type: str, **payload: Any) -> None:
        """Tell a member something about its stay."""
        self.out.tell(member.run, event_type, room=self.room.name, stay=member.stay, **payload)
