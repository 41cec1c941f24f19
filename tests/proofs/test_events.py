"""Each of Telnyx's 62 events in a flow: handled, its fields read and typed, however its envelope looks."""

from __future__ import annotations

from typing import Any

import pytest
from core_stage import Phone, flow
from mail import letter
from parameter_samples import good

from engine.check.run import check_files
from engine.core.catalogue import EventType
from engine.core.event import ClientState
from engine.core.kinds import Kind
from engine.core.scope import field_of
from engine.language.scope import event_names
from engine.tables import catalogue
from engine.telnyx.webhook import decode

EVENTS = catalogue().events
_IDS = ("call_control_id", "call_leg_id", "call_session_id", "conference_id")
# For each kind of field: a comparison that fits it, and one that does not.
_FITS = {Kind.TEXT: '{} == "x"', Kind.NUMBER: "{} > 1", Kind.YES_NO: "{} == true", Kind.LIST: "length({}) > 1"}
_DOES_NOT = {Kind.TEXT: "{} > 5", Kind.NUMBER: '{} == "x"', Kind.YES_NO: "{} == 5", Kind.LIST: "{} == 5"}


def handles(event: str, handler: str) -> str:
    """A flow whose callers are all in one room; *handler* is what their state does on *event*."""
    head = "  a:\n    do: [answer, {join_conference: team}]\n    on:\n"
    return flow(f"{head}      {event}:\n{handler}    after: {{2h: hangup}}\n")


def reads_all(event: str) -> str:
    """A flow that hands over every field of *event*, each under a name of its own."""
    fields = "".join(f', f{index}: "{{{{ {name} }}}}"' for index, name in enumerate(event_names(event, catalogue())))
    return handles(event, f"        do: [{{notify: {{to: inbox{fields}}}}}]\n")


def payload_of(row: EventType, phone: Phone, call: str) -> dict[str, Any]:
    """Return a payload with every field of the catalogue, about *call* and its room."""
    leg = phone.leg(call)
    ids = {
        "call_control_id": call, "call_leg_id": leg.call_leg_id, "call_session_id": leg.call_session_id,
        "conference_id": leg.conference_id, "client_state": ClientState("test", leg.run, leg.n).encode(),
    }  # fmt: skip
    fields = {name: good(shape, name)[0] for name, shape in row.fields.items()}
    return fields | {name: value for name, value in ids.items() if name in row.fields}


def in_the_room(text: str) -> tuple[Phone, str]:
    phone = Phone(text)
    call = phone.calls(wait=3)
    assert phone.leg(call).is_in_room
    return phone, call


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_every_field_of_an_event_can_be_read_and_gives_its_value(event: str):
    text = reads_all(event)
    assert not [p for p in check_files({"desk.flow.yaml": text.encode(), "project.yaml": NOTIFY}) if _is_error(p)]
    phone, call = in_the_room(text)
    payload = payload_of(EVENTS[event], phone, call)
    before = len(phone.notified())

    phone.stage.receive(decode(letter(event, "e-1", payload, is_wrapped=EVENTS[event].wrapped_in_data)))
    phone.wait(0.5)

    names = [name.removeprefix("event.") for name in event_names(event, catalogue())]
    (told,) = phone.notified()[before:]
    assert told == {f"f{index}": field_of(payload, name) for index, name in enumerate(names)}
    assert all(value is not None for value in told.values())


NOTIFY = b'notify:\n  inbox: {url: "https://example.com/hooks"}\n'


def _is_error(problem: Any) -> bool:
    return bool(problem.severity == "error")


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_the_fields_of_an_event_are_typed(event: str):
    for name, kind in event_names(event, catalogue()).items():
        if kind is Kind.ANY:
            continue
        for forms, rules in ((_FITS, []), (_DOES_NOT, ["X004"])):
            handler = f"        - if: '{forms[kind].format(name)}'\n          do: [{{log: x}}]\n"
            found = check_files({"desk.flow.yaml": handles(event, handler).encode()})
            assert [problem.rule for problem in found if _is_error(problem)] == rules, name
    misspelt = handles(event, "        - if: event.no_such_field == event.no_such_field\n          do: [{log: x}]\n")
    found = check_files({"desk.flow.yaml": misspelt.encode()})
    assert {problem.rule for problem in found if _is_error(problem)} == {"X007"}


def _without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}


# What Telnyx leaves out, or adds: the payload, and how its envelope is written.
ODDITIES: dict[str, Any] = {
    "without occurred_at": lambda payload: (_without(payload, "occurred_at"), {"occurred_at": ""}),
    "with a time that nobody can read": lambda payload: (payload, {"occurred_at": "soon"}),
    "without client_state": lambda payload: (_without(payload, "client_state"), {}),
    "with client_state null": lambda payload: ({**payload, "client_state": None}, {}),
    "with a foreign client_state": lambda payload: ({**payload, "client_state": "aGVsbG8="}, {}),
    "without call_control_id": lambda payload: (_without(payload, "call_control_id"), {}),
    "unwrapped": lambda payload: (payload, {"is_wrapped": False}),
    "wrapped": lambda payload: (payload, {"is_wrapped": True}),
    "with fields that nobody knows": lambda payload: ({**payload, "calling_party_type": "pstn", "codec": {}}, {}),
    "with its ids only": lambda payload: ({name: payload[name] for name in _IDS if name in payload}, {}),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_event_is_handled_however_it_looks(oddity: str):
    for event, row in EVENTS.items():
        phone, call = in_the_room(handles(event, "        do: [{log: handled}]\n"))
        payload, envelope = ODDITIES[oddity](payload_of(row, phone, call))
        before = phone.logged().count("handled")

        phone.stage.receive(decode(letter(event, "e-1", payload, **{"is_wrapped": row.wrapped_in_data, **envelope})))
        phone.wait(0.5)

        assert phone.logged().count("handled") == before + 1, event
