"""How a call finds its flow (interfaces.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.event import ClientState, Event
from engine.core.flow import Flow, Project, Role, StartsWhen, State, Unrouted, Version
from engine.core.intake import is_certainly_ours
from engine.core.program import Library
from engine.core.routing import answering
from engine.tables import catalogue


def flow(name: str, **starts_when) -> Flow:
    role = Role(
        name="caller",
        start="a",
        states={"a": State(name="a")},
        anywhere=State(name="anywhere"),
        starts_when=StartsWhen(**starts_when),
    )
    return Flow(name=name, about="", roles={"caller": role})


FLOWS = {
    "any": flow("any", any_number=True),
    "connection": flow("connection", connection="77"),
    "number": flow("number", numbers=("+1555",)),
}
VERSION = Version(hash="v", flows=FLOWS)


@pytest.mark.parametrize(
    ("to", "connection_id", "expected"),
    [("+1555", "77", "number"), ("+1444", "77", "connection"), ("+1444", "78", "any"), ("+1444", "", "any")],
)
def test_number_then_connection_then_any(to: str, connection_id: str, expected: str):
    """'exact called number, then starts_when.connection, then the one flow with calls_to: any'"""
    found = answering(VERSION, to=to, connection_id=connection_id)

    assert found is not None
    assert found.flow.name == expected
    assert found.why


def test_nobody():
    version = Version(hash="v", flows={"number": FLOWS["number"]})

    assert answering(version, to="+1444") is None


def test_a_flow_for_all_others():
    """'unrouted: leave | reject | {flow: NAME}'"""
    project = Project(unrouted=Unrouted(kind="flow", flow="number"))
    found = answering(Version(hash="v", flows={"number": FLOWS["number"]}, project=project), to="+1444")

    assert found is not None
    assert found.flow.name == "number"


def test_a_role_of_its_own_number():
    """'roles included'"""
    base = FLOWS["number"]
    agent = replace(base.roles["caller"], name="agent", starts_when=StartsWhen(numbers=("+1666",)))
    version = Version(hash="v", flows={"x": replace(base, roles={**base.roles, "agent": agent})})

    found = answering(version, to="+1666")

    assert found is not None
    assert found.role.name == "agent"


# -- what was heard in a list of the whole account ---------------------------------------------------------------


def heard(event_type: str = "call.initiated", **payload: object) -> Event:
    fields = {"direction": "incoming", "to": "+1555", "connection_id": "another", "call_leg_id": "x", **payload}
    return Event(id="e", type=event_type, payload=fields)


@pytest.mark.parametrize(
    ("event", "is_ours"),
    [
        (heard(), True),
        (heard(to="+1444"), False),  # though a flow takes any number: another program may have this one
        (heard(to="+1444", connection_id="77"), True),
        (heard(to="+1444", connection_id="88"), True),
        (heard(to="+1444", connection_id=""), False),
        (heard(direction="outgoing"), False),
        (heard("call.hangup"), False),
        (heard("call.hangup", client_state=ClientState("here", "run", 1).encode()), True),
        (heard(client_state=ClientState("there", "run", 1).encode()), False),
    ],
)
def test_a_call_that_nobody_knows_is_ours_only_where_flows_or_project_name_it(event: Event, is_ours: bool):
    library = Library(
        install="here", catalogue=catalogue(), current=replace(VERSION, project=Project(connection_id="88"))
    )

    assert is_certainly_ours(event, library) is is_ours
