"""Why a call ends: every ``hangup_cause``, who hung up, and what SIP says."""

from __future__ import annotations

import pytest
from simulated_line import OFFICE

from engine.tables import catalogue

DIAL = {"connection_id": "1", "to": "+15559990000", "from": OFFICE}


def rung(line, **body):
    line.ok("dial", None, **DIAL, **body)
    return line.far_leg()


def rejected(cause):
    return lambda line: line.ok("reject", line.rings(), cause=cause)


def refused(cause):
    return lambda line: line.world.refuse(rung(line), line.now, cause)


def times_out(line):
    rung(line, timeout_secs=5)
    line.wait(6)


def limited(line):
    line.world.pick_up(rung(line, time_limit_secs=30), line.now)
    line.wait(31)


CASES = [
    (lambda line: line.world.hang_up(line.caller(), line.now), ("normal_clearing", "caller", "200")),
    (lambda line: line.ok("hangup", line.caller()), ("normal_clearing", "callee", "200")),
    (lambda line: line.world.hang_up(line.rings(), line.now), ("originator_cancel", "caller", "487")),
    (lambda line: line.ok("hangup", rung(line)), ("originator_cancel", "caller", "487")),
    (rejected("CALL_REJECTED"), ("call_rejected", "callee", "603")),
    (rejected("USER_BUSY"), ("user_busy", "callee", "486")),
    (rejected("NOT_FOUND"), ("not_found", "callee", "404")),
    (rejected("TEMPORARILY_UNAVAILABLE"), ("unspecified", "callee", "480")),
    (refused("no_answer"), ("no_answer", "callee", "480")),
    (refused("user_busy"), ("user_busy", "callee", "486")),
    (times_out, ("timeout", "unknown", "487")),
    (limited, ("time_limit", "unknown", "200")),
]


@pytest.mark.parametrize(("act", "expected"), CASES)
def test_a_call_says_why_it_ended(line, act, expected):
    act(line)
    line.wait()

    last = line.last("call.hangup")
    assert (last["hangup_cause"], last["hangup_source"], last["sip_hangup_cause"]) == expected
    assert {value for side in last["call_quality_stats"].values() for value in map(type, side.values())} == {str}
    assert line.types().count("call.hangup") == 1


def test_every_documented_cause_is_among_these():
    causes = catalogue().events["call.hangup"].fields["hangup_cause"]["enum"]

    assert {cause for _, (cause, _, _) in CASES} == set(causes)


@pytest.mark.parametrize(("limit_s", "state"), [(None, "answered"), (60, "ended")])
def test_a_transferred_leg_has_a_time_limit_of_its_own(line, limit_s, state):
    leg = line.caller()
    body = {} if limit_s is None else {"time_limit_secs": limit_s}
    line.ok("transfer", leg, to="+15559990000", **body)
    far = line.far_leg()
    line.world.pick_up(far, line.now)
    line.wait(90)

    assert line.world.look(far).state == state
