"""Recorded calls are decided again: exactly as they were, whatever happened in them and whatever is masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from core_stage import CALLER, OFFICE, Phone, flow
from hypothesis import given, settings
from hypothesis import strategies as st
from test_properties import HOUSES, evening

from engine.calls.replay import Replay, replay
from engine.core.change import JournalEntry
from engine.core.event import ACCEPTED, Event
from engine.core.names import is_leg
from engine.errors import CommandRefused
from engine.flows_folder import read_folder, read_tests
from engine.scenario.bench import Bench, Material
from engine.scenario.outside import Reply
from engine.scenario.stage import Stage
from engine.store.rows import json_text
from engine.tables import catalogue

ROOT = Path(__file__).parents[2]
SECRET = "remember:\n  pin: {type: digits, secret: true}\n  name: {type: text}\n  vip: {type: yes_no}\n"


def kept(stage: Stage, run: str) -> list[JournalEntry]:
    """The history of a run as a store gives it back."""
    lines = (entry for entry in stage.journal if entry.run == run)
    return [replace(entry, record=orjson.loads(json_text(entry.record))) for entry in lines]


def replays(stage: Stage) -> Iterator[tuple[list[JournalEntry], Replay]]:
    """Replay every leg that a flow had."""
    for run, row in stage.rows.items():
        if is_leg(run) and row.version:
            journal = kept(stage, run)
            yield journal, replay(journal, stage.library.current, stage.library.catalogue)


def assert_exact(stage: Stage) -> int:
    """Every leg comes out as it was recorded; returns how many."""
    found = list(replays(stage))
    for journal, result in found:
        assert result.difference is None
        assert list(result.journal) == [line for line in journal if "id" not in line.record or line.kind != "stray"]
    return len(found)


@pytest.mark.parametrize("folder", ["flows", "examples/first_flow"])
def test_every_leg_of_the_shipped_scenarios_replays_exactly(folder: str):
    tests = {str(path): text for path, text in read_tests(ROOT / folder).items()}
    bench = Bench(Material(tests=tests, folders={str(ROOT / folder): read_folder(ROOT / folder)}))

    assert sum(assert_exact(bench.outcome(work).stage) for work in bench.works) >= len(bench.works) > 0


@pytest.mark.parametrize("house", HOUSES)
@given(seed=st.integers(0, 10**9))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_whatever_happens_in_an_evening_every_leg_replays_exactly(house: str, seed: int):
    """Webhooks late, twice and swapped, refusals, people who press anything: see test_properties."""
    phone = evening(house, seed, refusals=True)

    assert assert_exact(phone.stage) > 0


ASKS = """\
  ask:
    do: [answer, {gather: {speak: PIN, digits: 4, into: pin, tries: 2}}]
    keys:
      "0000": hangup
      digits: compare
      anything_else: ask
      nothing: lost
  compare:
    then:
      - {if: pin == secret.pin, then: right}
      - {then: ask}
  right:
    do: [{speak: Right}]
    then: hangup
  lost:
    do: [{speak: Bye}]
    then: hangup
"""


@pytest.mark.parametrize("keys", ["4821", "1111", "0000", ""])
def test_keys_of_a_secret_lead_where_they_led_though_the_history_masks_them(keys: str):
    phone = Phone(flow(ASKS, top=SECRET), secrets={"pin": "4821"})
    call = phone.calls(wait=3)
    phone.press(call, keys or "12", wait=60 if not keys else 2)
    phone.hang_up(call)

    journal = str(kept(phone.stage, phone.stage.run_of(call)))
    assert_exact(phone.stage)
    assert "4821" not in journal
    assert "1111" not in journal
    assert "secret" not in journal


@pytest.mark.parametrize("pin", ["4821", "0000", 4821, "no digits", None])
def test_a_part_of_an_answer_for_a_plain_variable_is_kept_and_the_one_for_a_secret_is_not(pin: object):
    lookup = """\
  ask:
    do:
      - answer
      - http: {get: "https://crm.example.com/", into: {pin: customer.pin, name: customer.name}, if_fails: lost}
      - speak: "Hello {{ name }}"
    then:
      - {if: pin == secret.pin, then: right}
      - {then: lost}
  right:
    do: [{speak: Right}]
    then: hangup
  lost:
    do: [{speak: Bye}]
    then: hangup
"""
    project = b"http_hosts: [crm.example.com]\nsecrets: [pin]\n"
    phone = Phone(flow(lookup, top=SECRET), project=project, secrets={"pin": "4821"})
    answer = {"customer": {"name": "Ann", "pin": pin}}
    phone.stage.outbox.outside.put([Reply(beginning="https://crm.example.com/", body=answer)])
    call = phone.calls(wait=30)

    journal = str(kept(phone.stage, phone.stage.run_of(call)))
    assert_exact(phone.stage)
    assert ("Hello Ann" in journal) == (pin in ("4821", "0000", 4821))
    assert "4821" not in journal
    assert "no digits" not in journal


def test_what_an_ai_heard_for_a_plain_variable_is_kept_and_for_a_secret_is_not():
    asks = """\
  ask:
    do:
      - answer
      - gather_using_ai: {parameters: {type: object}, longest: 1m, into: {pin: pin, name: name}}
      - speak: "Hello {{ name }}"
    then: {if: pin == secret.pin, then: right}
"""
    asks = asks.replace("    then: {if: pin == secret.pin, then: right}\n", ASKS[ASKS.index("    then:\n") :])
    asks = asks.replace("ask}", "lost}")
    phone = Phone(flow(asks, top=SECRET), secrets={"pin": "4821"})
    call = phone.calls(wait=3)
    phone.world.tell_ai(call, {"pin": "4821", "name": "Ann"}, phone.now)
    phone.wait(30)

    journal = str(kept(phone.stage, phone.stage.run_of(call)))
    assert_exact(phone.stage)
    assert "Hello Ann" in journal
    assert "'right'" in journal
    assert "4821" not in journal


def test_keys_that_a_flow_says_aloud_while_it_asks_for_a_secret_are_masked_in_every_line():
    asks = """\
  ask:
    do: [answer, {gather: {speak: PIN, digits: 4, into: pin}}]
    on:
      call.dtmf.received:
        - if: event.digit == "8"
          do: [{log: "key {{ event.digit }}"}]
      call.gather.ended:
        do: [{speak: "You typed {{ event.digits }}, {{ length(event.digits) }} keys"}]
    keys: {digits: done, nothing: done}
  done:
    then: hangup
"""
    phone = Phone(flow(asks, top=SECRET))
    call = phone.calls(wait=3)
    phone.press(call, "4821", wait=20)

    journal = kept(phone.stage, phone.stage.run_of(call))
    assert_exact(phone.stage)
    assert [line.record["text"] for line in journal if line.kind == "log"] == ["key ***"]
    assert "You typed ***, *** keys" in [line.record.get("payload") for line in journal]
    assert "4821" not in str(journal)


def test_the_first_line_that_differs_is_told():
    phone = Phone(flow(ASKS, top=SECRET), secrets={"pin": "4821"})
    run = phone.stage.run_of(phone.calls(wait=3))
    journal = kept(phone.stage, run)
    place = next(index for index, line in enumerate(journal) if line.kind == "state")
    wrong = replace(journal[place], record={**journal[place].record, "state": "right"})

    result = replay([*journal[:place], wrong, *journal[place + 1 :]], phone.stage.library.current, catalogue())

    assert result.difference is not None
    assert (result.difference.recorded, result.difference.replayed) == (wrong, journal[place])


@pytest.mark.parametrize(("first", "message"), [("old", "did not keep enough"), ("new", "newer version")])
def test_a_history_that_another_version_wrote_is_refused(first: str, message: str):
    phone = Phone(flow(ASKS, top=SECRET))
    journal = kept(phone.stage, phone.stage.run_of(phone.calls(wait=3)))
    newer = replace(journal[0], record={**journal[0].record, "format": 99})

    with pytest.raises(CommandRefused, match=message):
        replay(journal[1:] if first == "old" else [newer, *journal[1:]], phone.stage.library.current, catalogue())


def test_a_defect_of_ours_happens_again_where_the_record_has_it():
    phone = Phone(flow(ASKS, top=SECRET))
    call = phone.calls(wait=3)
    phone.before = None
    broken = Event(id="broken", type=ACCEPTED, run=phone.stage.run_of(call), payload={})
    phone.stage.receive(broken)
    phone.wait(30)

    assert "failed" in [line.kind for line in phone.stage.journal]
    assert_exact(phone.stage)


def test_what_came_before_the_call_was_known_is_no_part_of_it():
    """A webhook of a leg that nobody knows yet changes nothing, and stands before the beginning."""
    phone = Phone(flow(ASKS, top=SECRET))
    leg = phone.world.call(from_=CALLER, to=OFFICE, now=phone.now)
    ids = {"call_control_id": leg.call_control_id, "call_leg_id": leg.call_leg_id}
    phone.stage.receive(Event(id="stray", type="call.speak.ended", payload=ids))
    phone.wait(3)

    run = phone.stage.run_of(leg.call_control_id)
    assert [line.kind for line in kept(phone.stage, run)][:2] == ["stray", "recorded"]
    assert_exact(phone.stage)


def test_webhooks_that_come_before_call_initiated_are_part_of_it():
    phone = Phone(flow(ASKS, top=SECRET))
    leg = phone.world.call(from_=CALLER, to=OFFICE, now=phone.now)
    ids = {"call_control_id": leg.call_control_id, "call_leg_id": leg.call_leg_id}
    phone.stage.receive(Event(id="early", type="call.bridged", payload=ids))
    phone.wait(3)

    kinds = [line.kind for line in kept(phone.stage, phone.stage.run_of(leg.call_control_id))]
    assert kinds[:4] == ["recorded", "event", "stray", "event"]
    assert_exact(phone.stage)


def test_an_event_that_ringflow_can_no_longer_take_is_a_difference():
    phone = Phone(flow(ASKS, top=SECRET))
    journal = kept(phone.stage, phone.stage.run_of(phone.calls(wait=3)))
    place = next(index for index, line in enumerate(journal) if line.record.get("type") == ACCEPTED)
    payload = {name: value for name, value in journal[place].record["payload"].items() if name != "command_id"}
    journal[place] = replace(journal[place], record={**journal[place].record, "payload": payload})

    result = replay(journal, phone.stage.library.current, catalogue())

    assert result.difference is not None
    assert result.difference.replayed is not None
    assert "KeyError" in result.difference.replayed.record["error"]


def test_what_a_called_person_is_given_in_secret_is_masked_and_replays():
    orders = """\
  order:
    do: [answer, {call_later: {in: 5s, to: "+15557770001", flow: remind, give: {pin: "{{ secret.pin }}", name: Ann}}}]
    then: hangup
"""
    remind = """\
flow: remind
starts_when:
  another_flow_calls: {needs: {pin: {type: digits, secret: true}, name: text}}
settings: {call_from: "+15559990000"}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [{speak: "Hello {{ name }}"}]
    then:
      - {if: pin == secret.pin, then: right}
      - {then: hangup}
  right:
    do: [{speak: Right}]
    then: hangup
"""
    phone = Phone(flow(orders, top=SECRET), remind, secrets={"pin": "4821"}, answer_after_s=2.0)
    phone.calls(wait=60)

    assert assert_exact(phone.stage) == 2
    assert "Right" in str(phone.stage.journal)
    assert "Hello Ann" in str(phone.stage.journal)
    assert "4821" not in str(phone.stage.journal)


def test_a_list_that_an_ai_heard_for_a_secret_is_masked_too():
    asks = """\
  ask:
    do:
      - answer
      - gather_using_ai: {parameters: {type: object}, longest: 1m, into: {pin: pin, name: name}}
    then: hangup
"""
    phone = Phone(flow(asks, top=SECRET))
    call = phone.calls(wait=3)
    phone.world.tell_ai(call, {"pin": ["48", "21"], "name": "Ann"}, phone.now)
    phone.wait(30)

    journal = str(kept(phone.stage, phone.stage.run_of(call)))
    assert_exact(phone.stage)
    assert "['***', '***']" in journal
