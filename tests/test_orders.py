"""What people may order with ``ringflow call``, and the sentence for each thing that they may not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.check.run import load
from engine.core.event import Event
from engine.core.flow import Version
from engine.core.planned import plan_change
from engine.core.program import Library
from engine.errors import CommandRefused, DefectError, StoreUnavailable
from engine.orders import Order, Orders, read_order
from engine.tables import catalogue
from engine.testing import MemoryStore

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
FLOW = """\
flow: callback
starts_when:
  outgoing_call: true
  another_flow_calls: {needs: {reason: text, tries: number, is_urgent: yes_no, code: digits, since: time, names: list}}
settings: {call_from: "+15551233333"}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [{speak: "{{ reason }} {{ tries }} {{ code }} {{ spoken_time(since) }} {{ last(code, 1) }}"}], then: more}
  more:
    then:
      - if: is_urgent and "a" in names
        then: hangup
      - then: hangup
hours: {office: {timezone: UTC, open: {monday: "09:00 to 17:00"}}}
"""
PLAIN = """\
flow: survey
starts_when: {outgoing_call: true}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [{speak: "Hello."}], then: hangup}
"""
DESK = """\
flow: front_desk
starts_when: {calls_to: ["+15551230000"]}
anywhere: {on_error: hangup}
start: hello
states:
  hello: {do: [answer, {speak: "Hello."}], then: hangup}
"""
PROJECT = 'telnyx: {connection_id: "77", caller_id: "+15559990000"}\n'
GIVE = {
    "reason": "a bill", "tries": "3", "is_urgent": "yes", "code": "012#",
    "since": "2027-01-01T10:00+01:00", "names": "a, b",
}  # fmt: skip
TO = "+34600111222"


def version(project: str = PROJECT, *flows: str) -> Version:
    texts = flows or (FLOW, PLAIN, DESK)
    files = {f"{text.split()[1]}.flow.yaml": text.encode() for text in texts}
    loaded = load({**files, "project.yaml": project.encode()})
    assert loaded.version is not None, loaded.problems
    return loaded.version


def wanted(**changes: Any) -> dict[str, Any]:
    return {"order": "one", "flow": "callback", "to": TO, "give": GIVE} | changes


def test_texts_are_read_as_the_flow_s_types_say():
    order = read_order(version(), wanted(), now=NOW)

    assert order == Order(
        name="one",
        flow="callback",
        to=TO,
        give={
            "reason": "a bill", "tries": 3, "is_urgent": True, "code": "012#",
            "since": 1798794000.0, "names": ["a", "b"],
        },
        at=None,
    )  # fmt: skip


def test_values_of_the_right_type_stay_as_they_are():
    given = {**GIVE, "tries": 2.5, "is_urgent": False, "names": []}

    order = read_order(version(), wanted(give=given), now=NOW)

    assert {name: order.give[name] for name in ("tries", "is_urgent", "names")} == {
        "tries": 2.5,
        "is_urgent": False,
        "names": [],
    }


@pytest.mark.parametrize("text", ["2027-01-15T09:00:00Z", "2027-01-15T10:00+01:00", "2027-01-15T04:00-05:00"])
def test_a_time_counts_with_its_offset(text):
    assert read_order(version(), wanted(at=text), now=NOW).at == NOW + 3600


def test_a_time_that_has_just_passed_is_taken():
    assert read_order(version(), wanted(at="2027-01-15T07:59:30Z"), now=NOW).at == NOW - 30


REFUSED: dict[str, dict[str, Any]] = {
    "the service has no flow 'calback'; did you mean 'callback'?": {"flow": "calback"},
    "the service has no flow 'nightly'; it can call with callback, survey": {"flow": "nightly"},
    "the service has no flow 'None'; it can call with callback, survey": {"flow": None},
    "the flow 'front_desk' is not made for calls of ours; write outgoing_call: true under its starts_when": {
        "flow": "front_desk"
    },
    "'600111222' is not a phone number; write it with + and the country's code, such as +15551230000": {
        "to": "600111222"
    },
    "'+34 600 111 222' is not a phone number; write it with + and the country's code, such as +15551230000": {
        "to": "+34 600 111 222"
    },
    "'34' is not a phone number; write it with + and the country's code, such as +15551230000": {"to": 34},
    "the flow 'callback' needs no 'reasn'; did you mean 'reason'?": {"give": {"reasn": "x"}},
    "the flow 'callback' needs no 'colour'; it needs reason, tries, is_urgent, code, since, names": {
        "give": {"colour": "red"}
    },
    "the flow 'survey' needs no 'reason'; it needs nothing": {"flow": "survey", "give": {"reason": "x"}},
    "the flow 'callback' needs 'tries' and 'names'; add --give tries=... --give names=...": {
        "give": {name: value for name, value in GIVE.items() if name not in ("tries", "names")}
    },
    "'give' is an object of names and values": {"give": ["reason"]},
    "'tries' must be a number, because the flow 'callback' needs it so": {"give": {**GIVE, "tries": "many"}},
    "'is_urgent' must be true or false, because the flow 'callback' needs it so": {"give": {**GIVE, "is_urgent": "1"}},
    "'code' must be digits (0 to 9, * and #), because the flow 'callback' needs it so": {
        "give": {**GIVE, "code": "12a"}
    },
    "'reason' must be a text, because the flow 'callback' needs it so": {"give": {**GIVE, "reason": 5}},
    "'since' must be a time with its offset, such as 2026-12-25T09:00+01:00, because the flow 'callback' needs it so": {
        "give": {**GIVE, "since": "yesterday"}
    },
    "'names' must be texts with a comma between them, because the flow 'callback' needs it so": {
        "give": {**GIVE, "names": [1]}
    },
    "'tomorrow' is not a time; write it with its offset, such as 2026-12-25T09:00+01:00": {"at": "tomorrow"},
    "'2027-01-16T09:00' is not a time; write it with its offset, such as 2026-12-25T09:00+01:00": {
        "at": "2027-01-16T09:00"
    },
    "0001-01-01T00:00+14:00 has passed; leave the time out to call at once": {"at": "0001-01-01T00:00+14:00"},
    "2027-01-15T07:00Z has passed; leave the time out to call at once": {"at": "2027-01-15T07:00Z"},
    "2027-03-15T07:00Z is more than 31 days away; order the call later": {"at": "2027-03-15T07:00Z"},
    "the name of an order is a text of 1 to 100 characters in one line": {"order": "a\nb"},
    "an order has no 'when'; it has order, flow, to, give, at": {"when": "now"},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_each_order_that_cannot_be_carried_out_has_its_sentence(sentence):
    with pytest.raises(CommandRefused) as refused:
        read_order(version(), wanted(**REFUSED[sentence]), now=NOW)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("project", "sentence"),
    [
        (
            'telnyx: {connection_id: "77"}\n',
            "the flow 'survey' has no number to call from; write call_from under its settings, or telnyx.caller_id "
            "in project.yaml",
        ),
        (
            'telnyx: {caller_id: "+15559990000"}\n',
            "project.yaml has no telnyx.connection_id; without it Telnyx cannot place calls of ours",
        ),
    ],
)
def test_a_flow_without_a_number_or_a_connection_cannot_call(project, sentence):
    allowed = "# check: allow T011 because this test wants it so\n  outgoing_call: true"
    flow = PLAIN.replace("starts_when: {outgoing_call: true}", f"starts_when:\n  {allowed}")

    with pytest.raises(CommandRefused) as refused:
        read_order(version(project, flow), {"order": "one", "flow": "survey", "to": TO}, now=NOW)

    assert str(refused.value) == sentence


def test_flows_that_call_nobody_are_said_to_be_so():
    with pytest.raises(CommandRefused) as refused:
        read_order(version(PROJECT, DESK), wanted(flow="other"), now=NOW)

    assert str(refused.value) == "the service has no flow 'other'; none of its flows has outgoing_call"


# -- the order is stored before it is answered ------------------------------------------------------------------------


class Desk:
    """Orders with a store in memory. *takes*: whether the inbox takes events; *keeps*: whether they reach the store."""

    def __init__(self, *, takes: bool = True, keeps: bool = True) -> None:
        self.store = MemoryStore()
        self._library = Library(install="test", catalogue=catalogue(), current=version())
        self._takes, self._keeps = takes, keeps
        self.orders = Orders(library=self._library, store=self.store, submit=self._submit, clock=lambda: NOW)

    async def _submit(self, event: Event) -> bool:
        run = event.run or ""
        if self._takes and self._keeps and run not in self.store.rows:
            await self.store.apply([plan_change(event, None, self._library, run=run, now=NOW)])
        return self._takes


async def test_an_order_is_answered_once_it_is_in_the_store():
    desk = Desk()

    answer = await desk.orders.call({"flow": "survey", "to": TO, "at": "2027-01-15T10:30:00+01:00"})

    [run] = desk.store.rows
    assert answer == {
        "call": run.removeprefix("plan:")[:8],
        "order": answer["order"],
        "flow": "survey",
        "to": TO,
        "at": "2027-01-15T09:30:00Z",
    }


async def test_an_inbox_that_takes_nothing_is_said_to_have_done_nothing():
    with pytest.raises(StoreUnavailable, match="is stopping"):
        await Desk(takes=False).orders.call({"flow": "survey", "to": TO})


async def test_an_order_that_is_lost_to_a_defect_is_never_promised():
    with pytest.raises(DefectError, match="is not there"):
        await Desk(keeps=False).orders.call({"flow": "survey", "to": TO})


async def test_an_order_that_cannot_be_read_back_may_have_been_taken():
    desk = Desk(keeps=False)
    desk.store.is_away = True

    with pytest.raises(TimeoutError):
        await desk.orders.call({"flow": "survey", "to": TO})
