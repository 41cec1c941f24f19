"""What must never happen: silence, endless work, and what the author forbids."""

import time

import pytest
from rehearsals import OFFICE, message_of, passes, report_of

_QUIET = """
    - caller: calls
    - caller: presses 4
    - wait: {wait}
"""


def test_ten_seconds_of_silence_are_allowed_and_no_more():
    passes(_QUIET.format(wait="10s"))
    assert message_of(_QUIET.format(wait="11s")) == ("at 0:10.9: the caller sits in silence for longer than 10s")


def test_a_shorter_silence_can_be_forbidden():
    never = "- silence longer than 3s"
    passes(_QUIET.format(wait="2s"), never=never)
    assert message_of(_QUIET.format(wait="4s"), never=never).endswith("in silence for longer than 3s")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param("- caller: presses 3\n- wait: 4m", id="music"),
        pytest.param("- caller: presses 1\n- sales: does not answer\n- wait: 19s", id="ringing"),
        pytest.param("- caller: presses 1\n- sales: answers\n- wait: 30m", id="bridge"),
        pytest.param("- caller: presses 3\n- is_in: line\n- helper: calls\n- is_in: talk\n- wait: 30m", id="room"),
    ],
)
def test_this_is_no_silence(steps):
    passes(f"- caller: calls\n{steps}")


_PROJECT = {"project.yaml": b'telnyx: {connection_id: "1"}\n'}
_LISTENS = """\
flow: listens
starts_when: {outgoing_call: true}
settings: {call_from: "+15551230001", call_attempts: {tries: 1, detect_machine: greeting_end}}
anywhere: {on_error: hangup}
start: listen
states:
  listen:
    on: {call.machine.greeting.ended: silent}
    after: {1m: hangup}
  silent:
    after: {1m: hangup}
"""


@pytest.mark.parametrize(
    ("who", "problem"),
    [("answers", "at 0:10.0: the caller sits in silence for longer than 10s"), ("answers as a machine", "")],
    ids=["person", "machine"],
)
def test_a_machine_sits_in_no_silence(who, problem):
    steps = f"""
        - telnyx: {{delays: call.machine.greeting.ended, by: 34s}}
        - caller: is called
        - caller: {who}
        - wait: 55s
    """

    [result] = report_of(steps, files={"listens.flow.yaml": _LISTENS.encode(), **_PROJECT}).results

    assert bool(result.problem) == bool(problem)
    assert problem in result.problem


def test_a_forbidden_text_is_noticed_in_the_middle_of_a_wait():
    never = "- hears: Good bye"
    assert message_of("- caller: calls\n- wait: 1m", never=never) == (
        "at 0:13.9: this must never happen: hears: Good bye (line 9)"
    )
    passes("- caller: calls\n- wait: 10s", never=never)


@pytest.mark.parametrize(
    "never", ["- is_in: code", "- does: {gather: {digits: 3}}", "- remembers: {choice: 2}", "- caller: {is_in: code}"]
)
def test_any_check_can_be_forbidden(never):
    steps = "- caller: calls\n- caller: presses {key}\n- wait: 5s"
    assert "this must never happen" in message_of(steps.format(key=2), never=never)
    passes(steps.format(key=3), never=never)


def test_commands_without_an_event_are_counted():
    assert report_of("- caller: calls\n- wait: 10s", never="- more than 2 commands without an event").is_good

    steps = "- telnyx: {fails: speak, with: 422, times: 900}\n- caller: calls\n- wait: 1m"
    report = report_of(steps, never="- more than 12 commands without an event", files=_endless("speak: Once more."))

    assert "more than 12 commands without an event" in report.results[0].problem


def test_a_flow_that_goes_round_and_round_fails():
    report = report_of("- caller: calls\n- wait: 1m", files=_endless("count: n"))

    assert "the flow did 100 steps without anything from outside, in round" in report.results[0].problem


def _endless(step: str) -> dict[str, bytes]:
    """Return a flow that does *step* for ever, and again when it fails."""
    text = f"""
flow: endless
starts_when: {{calls_to: any}}
remember: {{n: {{type: number}}}}
anywhere: {{on_error: round}}
start: first
states:
  first:
    do: [answer]
    then: round
  round:
    do:
      - {step}
    then:
      - if: n < 100000
        then: round
      - then: hangup
    on_error: round
"""
    return {"endless.flow.yaml": text.encode()}


def test_a_quarter_of_an_hour_costs_milliseconds():
    steps = "- caller: calls\n- caller: presses 3\n- wait: {wait}"
    report_of(steps.format(wait="1s"))
    short = _cpu_s(steps.format(wait="1s"))
    long = _cpu_s(steps.format(wait="299s"))

    assert long - short < 0.25


def _cpu_s(steps: str) -> float:
    begun = time.process_time()
    assert report_of(steps, files=None).is_good
    return time.process_time() - begun


def test_the_office_has_no_error():
    assert report_of("- caller: calls", files=dict(OFFICE)).problems == ()
