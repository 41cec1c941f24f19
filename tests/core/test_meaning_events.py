"""language.md, section 3: events that come late, early, twice, or for nobody; and limits that no clock could show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_stage import START, Phone, flow, version

HELLO = "  a:\n    do: [answer, {join_conference: {room: team}}]\n    after: {2h: hangup}\n"
LATE = [
    "call.recording.saved", "call.recording.error", "call.recording.transcription.saved", "call.cost",
    "conference.recording.saved", "call.transcription", "call.conversation_insights.generated",
]  # fmt: skip


def handler(event: str, where: str) -> str:
    return (
        f"    on:\n      {event}:\n"
        f"        do: [{{log: {where}}}, {{notify: {{to: inbox, x: y}}}}, {{speak: Hi}}, {{log: no}}]\n"
        "        then: b\n"
    )


def happens(phone: Phone, call: str, event: str, room_id: str) -> None:
    """The event comes: one about the room with the room's id, any other with the call's."""
    if event.startswith("conference."):
        phone.world.send(event, None, {"conference_id": room_id}, phone.now)
    else:
        phone.webhook(event, call)
    phone.wait(0.2)


@pytest.mark.parametrize("event", LATE)
@pytest.mark.parametrize("places", [["state"], ["anywhere"], ["state", "anywhere"]], ids=" and ".join)
def test_late_events(event: str, places: list[str]):
    """
    For 1 h after the end the handlers of the state it ended in, then `anywhere`, still run for `call.recording.*`,
    `call.cost`, `conference.recording.saved`, transcriptions and insights: silent verbs only, `then` ignored.
    """
    states = HELLO + (handler(event, "state") if "state" in places else "") + "  b:\n    do: [{log: b}]\n    then: a\n"
    anywhere = handler(event, "anywhere").replace("\n    ", "\n  ").replace("    on", "  on", 1)
    top = "anywhere:\n  on_error: broken\n" + (anywhere if "anywhere" in places else "")
    phone = Phone(flow(states, top=top))
    call = phone.calls(wait=5)
    room_id = phone.leg(call).conference_id
    phone.hang_up(call)
    before = phone.did(call)

    phone.wait(3590)
    happens(phone, call, event, room_id)
    assert (phone.logged(), len(phone.notified())) == ([places[0]], 1)
    assert (phone.did(call), phone.states(call)) == (before, ["a"])

    phone.wait(30)
    happens(phone, call, event, room_id)
    assert phone.logged() == [places[0]]


def test_other_events_do_not_reach_a_call_that_is_over():
    phone = Phone(flow(HELLO + handler("call.dtmf.received", "key") + "  b:\n    then: a\n"))
    call = phone.calls(wait=5)
    phone.hang_up(call)

    phone.webhook("call.dtmf.received", call, digit="1")

    assert phone.logged() == []


# -- stale, parked -----------------------------------------------------------------------------------------------

ASKS = """\
  a:
    do: [answer, {gather: {speak: One, digits: 1}}]
    keys: {digits: b, nothing: hangup}
  b:
    do: [{gather: {speak: Two, digits: 1, wait: 30s}}]
    on:
      call.gather.ended: {do: [{log: heard}]}
      call.speak.ended: {do: [{log: spoken}]}
      call.dtmf.received: {do: [{log: "key {{ event.digit }}"}]}
    keys: {digits: c, nothing: hangup}
  c:
    do: [{speak: Three}]
    then: hangup
"""


@pytest.mark.parametrize(
    "event", ["call.gather.ended", "call.speak.ended", "call.playback.ended", "call.dtmf.received"]
)
def test_stale_events(event: str):
    """Stale events never move a call."""
    phone = Phone(flow(ASKS))
    call = phone.calls(wait=2)
    before = phone.leg(call).n
    phone.press(call, "1", wait=2)
    assert phone.state(call) == "b"
    logged = phone.logged()

    for n in (before - 1, before):
        phone.webhook(event, call, n=n, status="valid", digits="7", digit="7")
        phone.webhook(event, call, n=n, status="completed", digits="7", digit="7")

    assert (phone.state(call), phone.logged()) == ("b", logged)
    phone.webhook("call.gather.ended", call, n=phone.leg(call).n, status="valid", digits="7")
    assert phone.state(call) == "c"


KEPT = ["call.answered", "call.initiated", "call.bridged", "call.enqueued", "conference.participant.joined"]
DROPPED = [
    "call.speak.ended",
    "call.playback.ended",
    "call.gather.ended",
    "call.dtmf.received",
    "call.dequeued",
    "call.cost",
]


@pytest.mark.parametrize("event", KEPT + DROPPED)
def test_events_that_nobody_takes(event: str):
    """
    Of the events that nobody takes only answered, initiated, bridged, enqueued and joined are kept, for 5 s, and
    offered again after each move; all others are dropped.
    """
    states = "  a:\n    do: [answer]\n    after: {10s: b}\n  b:\n    after: {3s: c}\n  c:\n    after: {1s: d}\n"
    states += f"  d:\n    on:\n      {event}: {{do: [{{log: taken}}]}}\n    after: {{1h: hangup}}\n"
    for before_s, is_taken in ((4.9, event in KEPT), (5.1, False)):
        phone = Phone(flow(states))
        call = phone.calls()
        phone.wait(14 - before_s)
        if event == "call.initiated":
            assert phone.state(call) in ("a", "b")
        phone.webhook(event, call, digit="1", queue="x", status="valid")
        phone.wait(before_s + 0.5)

        assert phone.state(call) == "d"
        assert phone.logged() == (["taken"] if is_taken else []), before_s


# -- budgets -----------------------------------------------------------------------------------------------------


def test_budgets():
    """100 steps without an event from outside, 10,000 in a call: an apology, and the call ends."""
    for steps, is_too_much in ((99, False), (101, True)):
        phone = Phone(
            flow("  a:\n    do: [answer" + ", {log: x}" * steps + "]\n    then: b\n  b:\n    after: {1h: hangup}\n")
        )
        call = phone.calls(wait=15)
        assert phone.heard(call) == (["Sorry, something went wrong. Goodbye."] if is_too_much else [])
        assert (phone.state(call), len(phone.logged())) == (("ended", 100) if is_too_much else ("b", 99))

    keys = "  a:\n    do: [answer]\n    on:\n      call.dtmf.received: {do: [{log: key}]}\n    after: {2h: hangup}\n"
    phone = Phone(flow(keys))
    call = phone.calls(wait=1)
    for _ in range(150):  # each is an event from outside
        phone.webhook("call.dtmf.received", call, digit="1")
    assert (phone.state(call), len(phone.logged())) == ("a", 150)

    leg, run = phone.leg(call), phone.stage.run_of(call)
    leg.spent_in_all = 9_999
    phone.stage.rows[run] = replace(phone.stage.rows[run], state=leg.encode())
    phone.webhook("call.dtmf.received", call, digit="1")
    assert phone.state(call) == "a"
    phone.webhook("call.dtmf.received", call, digit="1")
    phone.wait(10)
    assert phone.heard(call) == ["Sorry, something went wrong. Goodbye."]
    assert phone.state(call) == "ended"


# -- what is remembered ------------------------------------------------------------------------------------------


def test_lists_and_secrets():
    """Lists belong to the run's version, secrets are read live."""
    states = """\
  a:
    do: [answer, {gather: {speak: PIN, digits: 4, wait: 50s, into: typed}}]
    keys: {digits: check, nothing: hangup}
  check:
    then:
      - if: typed == secret.pin and caller.number in list.members
        then: good
      - then: a
  good:
    do: [{log: good}]
    then: hangup
"""
    text = flow(states, top="remember:\n  typed: {type: digits, secret: true}\n")
    secrets = {"pin": "1111"}
    phone = Phone(text, secrets=secrets)
    call = phone.calls(wait=2)
    project = b'secrets: [pin]\nlists:\n  members: []\nnotify: {inbox: {url: "https://example.com/hooks"}}\n'
    newer = version(text, project=project)
    phone.stage.library.use(newer)  # the project has no members any more
    secrets["pin"] = "2222"

    phone.press(call, "1111", wait=3)
    assert phone.logged() == []
    phone.press(call, "2222", wait=3)
    assert phone.logged() == ["good"]  # the old list, the new secret

    late = phone.calls(wait=2)
    phone.press(late, "2222", wait=3)
    assert phone.logged() == ["good"]  # a call of the new version
    assert phone.now > START
