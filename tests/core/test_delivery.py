"""What becomes of a command: the rules of runtime.md, "Commands", and their promises over all histories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.answer import Answer
from engine.core.command import Command, OutboxRow
from engine.core.delivery import NOTIFY_TERMS, Attempt, Send, Settle, Terms, Wait, blocked, in_doubt, next_step, refusal
from engine.core.event import ACCEPTED, IN_DOUBT, REFUSED, Event
from engine.tables import catalogue

T0 = 1_800_000_000.0
OPERATIONS = catalogue().operations
SPEAK, MUTE, PLAY = (Terms.of(OPERATIONS[name]) for name in ("speak", "conference_mute", "conference_play"))
OK = Answer(status=200, body={"data": {"result": "ok"}})
THROTTLED = Answer(status=429, code="10011", title="Too many requests")
BROKEN = Answer(status=503, code="10007", title="Unavailable")
ENDED = Answer(status=422, code="90018", title="Call has already ended", detail="It has.")


def row(operation: str = "speak", **fields) -> OutboxRow:
    return OutboxRow(
        command_id="c1",
        run="anna",
        chain="anna",
        seq=1,
        command=Command(operation=operation),
        created_at=fields.pop("created_at", T0),
        first_attempt_at=fields.pop("first_attempt_at", T0),
        **fields,
    )


def ended(answer: Answer | None = None, *, at: float = T0, failure=None, ended_at: float | None = None) -> Attempt:
    return Attempt(at=at, ended_at=at + 0.1 if ended_at is None else ended_at, answer=answer, failure=failure)


def step(terms: Terms, *attempts: Attempt, now: float, restarted: bool = False, of: OutboxRow | None = None):
    return next_step(of or row(), terms, attempts, restarted=restarted, now=now)


def outcome(event_type: str, **payload) -> Settle:
    payload = {"command_id": "c1", "operation": "speak", **payload}
    return Settle(Event(id="c1:outcome", type=event_type, run="anna", payload=payload))


def test_terms_follow_the_catalogue():
    assert (SPEAK.repeats, MUTE.repeats, PLAY.repeats) == ("while_remembered", "always", "never")
    assert Terms.of(OPERATIONS["queue_retrieve"]).repeats == "always"


def test_new_command_is_sent():
    assert step(SPEAK, now=T0, of=row(first_attempt_at=None)) == Send()


def test_acceptance_carries_the_answer():
    expected = outcome(ACCEPTED, status=200, body={"data": {"result": "ok"}})
    assert step(SPEAK, ended(OK), now=T0 + 0.1) == expected


def test_refusal_says_why():
    expected = outcome(REFUSED, status=422, code="90018", title="Call has already ended", detail="It has.")
    assert step(SPEAK, ended(ENDED), now=T0 + 0.1) == expected


def test_refusal_without_a_code_is_named_by_its_status():
    result = step(SPEAK, ended(Answer(status=404)), now=T0 + 0.1)
    assert result == outcome(REFUSED, status=404, code="http_404", title="", detail="")


def test_silence_of_500_ms_sends_the_identical_command_again_and_then_ever_more_rarely():
    first = Attempt(at=T0)
    assert step(SPEAK, first, now=T0 + 0.4) == Wait(T0 + 0.5)
    assert step(SPEAK, first, now=T0 + 0.5) == Send()
    assert step(SPEAK, first, Attempt(at=T0 + 0.5), now=T0 + 0.6) == Wait(T0 + 1.5)


def test_first_server_error_is_followed_by_the_identical_command_at_once():
    assert step(SPEAK, ended(BROKEN), now=T0 + 0.1) == Send()
    later = step(SPEAK, ended(BROKEN), ended(BROKEN, at=T0 + 0.2), now=T0 + 0.3)
    assert isinstance(later, Wait)
    assert T0 + 1.0 < later.until < T0 + 1.6


def test_first_answer_of_several_attempts_wins():
    assert step(SPEAK, Attempt(at=T0), ended(OK, at=T0 + 0.5), now=T0 + 0.6) == outcome(
        ACCEPTED, status=200, body=OK.body
    )
    assert step(SPEAK, ended(OK), ended(ENDED, at=T0 + 0.5), now=T0 + 0.6) == outcome(
        ACCEPTED, status=200, body=OK.body
    )


@pytest.mark.parametrize("terms", [SPEAK, MUTE, PLAY])
def test_throttled_command_waits_as_long_as_it_is_told(terms):
    told = ended(Answer(status=429, retry_after_s=3.0))
    assert step(terms, told, now=T0 + 1) == Wait(T0 + 3.1)
    assert step(terms, told, now=T0 + 3.1) == Send()


@pytest.mark.parametrize("attempt", [ended(THROTTLED), ended(failure="unreached")])
@pytest.mark.parametrize("terms", [SPEAK, MUTE, PLAY])
def test_command_that_certainly_was_not_done_is_sent_again_with_a_pause_that_varies(terms, attempt):
    result = step(terms, attempt, now=T0 + 0.1)
    assert isinstance(result, Wait)
    assert T0 + 0.45 < result.until < T0 + 0.75
    assert result == step(terms, attempt, now=T0 + 0.2)


@pytest.mark.parametrize("attempt", [ended(BROKEN), ended(failure="silent"), ended(Answer(status=408))])
def test_command_that_may_have_been_heard_is_not_sent_again_without_a_command_id(attempt):
    assert step(PLAY, attempt, now=T0 + 0.1) == outcome(IN_DOUBT)


def test_command_without_a_command_id_waits_for_its_only_answer():
    assert step(PLAY, Attempt(at=T0), now=T0 + 2) == Wait(T0 + 60)
    assert step(PLAY, Attempt(at=T0), now=T0 + 60) == outcome(IN_DOUBT)


def test_last_attempt_starts_45_seconds_after_the_first():
    history = (ended(failure="silent"), ended(failure="silent", at=T0 + 44.9))
    assert isinstance(step(SPEAK, ended(failure="silent"), now=T0 + 44), Send)
    assert step(SPEAK, *history, now=T0 + 45.1) == outcome(IN_DOUBT)


def test_command_that_never_got_through_is_refused_and_not_in_doubt():
    assert step(SPEAK, ended(THROTTLED, at=T0 + 44.9), now=T0 + 46) == outcome(
        REFUSED, status=429, code="10011", title="Too many requests", detail=""
    )
    unreached = step(SPEAK, ended(failure="unreached", at=T0 + 44.9), now=T0 + 46)
    assert unreached.outcome.payload["code"] == "unreached"


def test_wait_beyond_the_stop_is_given_up_at_once():
    result = step(SPEAK, ended(Answer(status=429, code="10011", retry_after_s=300.0)), now=T0 + 0.1)
    assert result.outcome.type == REFUSED


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_is_tried_again_slowly_and_then_refused_for_the_call(status):
    refused = ended(Answer(status=status, code="10009"))
    assert step(SPEAK, refused, now=T0 + 0.1) == Wait(T0 + 5.1)
    late = ended(Answer(status=status, code="10009"), at=T0 + 44)
    assert step(SPEAK, refused, late, now=T0 + 44.1).outcome.payload["code"] == "10009"


def test_already_in_the_queue_is_success_only_after_an_attempt_that_may_have_arrived():
    already = Answer(status=422, code="90038", title="already in queue")
    assert step(SPEAK, ended(already), now=T0 + 1).outcome.type == REFUSED
    assert step(SPEAK, ended(THROTTLED), ended(already, at=T0 + 1), now=T0 + 2).outcome.type == REFUSED
    assert step(SPEAK, ended(failure="silent"), ended(already, at=T0 + 1), now=T0 + 2).outcome.type == ACCEPTED
    assert step(SPEAK, ended(already), now=T0 + 1, restarted=True).outcome.type == ACCEPTED


def test_existing_room_is_for_the_room_to_look_into():
    exists = Answer(status=422, code="90033")
    assert step(SPEAK, ended(failure="silent"), ended(exists, at=T0 + 1), now=T0 + 2).outcome.type == REFUSED


# -- after a restart -------------------------------------------------------------------------------------------


def test_restarted_command_is_sent_again_identically_while_telnyx_remembers_it():
    assert step(SPEAK, now=T0 + 44, restarted=True) == Send()
    assert step(SPEAK, now=T0 + 46, restarted=True) == outcome(IN_DOUBT)


def test_restarted_attempts_stop_45_seconds_after_the_very_first():
    assert step(SPEAK, ended(BROKEN, at=T0 + 44), now=T0 + 46, restarted=True) == outcome(IN_DOUBT)


def test_restarted_command_without_a_command_id_is_in_doubt():
    assert step(PLAY, now=T0 + 1, restarted=True) == outcome(IN_DOUBT)


def test_restarted_harmless_command_is_sent_again_however_old():
    assert step(MUTE, now=T0 + 9999, restarted=True) == Send()


def test_clock_that_went_backwards_makes_an_attempt_doubtful():
    assert step(SPEAK, now=T0 - 30, restarted=True) == outcome(IN_DOUBT)


def test_speech_that_waited_out_an_outage_is_not_said():
    old = row(created_at=T0 - 46, first_attempt_at=None)
    assert step(SPEAK, now=T0, of=old).outcome.payload["code"] == "too_late"
    assert step(MUTE, now=T0, of=old) == Send()


# -- notify, outcomes ------------------------------------------------------------------------------------------


def test_notify_is_tried_five_times():
    attempts = [ended(failure="silent", at=T0 + 50 * number) for number in range(5)]
    assert step(NOTIFY_TERMS, *attempts[:4], now=T0 + 400) == Send()
    assert step(NOTIFY_TERMS, *attempts, now=T0 + 400) == outcome(IN_DOUBT)
    assert step(NOTIFY_TERMS, Attempt(at=T0), now=T0 + 10) == Wait(T0 + 615)


def test_notify_pauses_grow():
    first, second = ended(BROKEN), ended(BROKEN, at=T0 + 2)
    assert T0 + 1.5 < step(NOTIFY_TERMS, first, now=T0 + 0.1).until < T0 + 2.7
    assert T0 + 8 < step(NOTIFY_TERMS, first, second, now=T0 + 3).until < T0 + 12.2


def test_outcomes_of_our_own_are_refusals_with_a_code():
    assert Settle(blocked(row())).outcome.payload["code"] == "blocked"
    assert Settle(in_doubt(row())) == outcome(IN_DOUBT)
    assert Settle(refusal(row(), code="x", title="y")) == outcome(REFUSED, status=0, code="x", title="y", detail="")


# -- over all histories ----------------------------------------------------------------------------------------

ENDS = st.one_of(
    st.sampled_from([OK, THROTTLED, BROKEN, ENDED, Answer(status=401), Answer(status=408)]),
    st.builds(lambda s: Answer(status=429, retry_after_s=s), st.floats(0, 90)),
    st.sampled_from(["unreached", "silent"]),
)
# How each attempt ends, and how long that takes.
HISTORIES = st.lists(st.tuples(ENDS, st.floats(0.001, 5.0)), min_size=1, max_size=12)


def play(terms: Terms, history, *, restarted: bool, now: float = T0):
    """Run a command through its life; return its attempts and its outcome."""
    command = row(first_attempt_at=T0)
    attempts: list[Attempt] = []
    plans: list[tuple[float, object]] = []
    for _ in range(200):
        result = next_step(command, terms, attempts, restarted=restarted, now=now)
        if isinstance(result, Settle):
            return attempts, result.outcome, now
        if isinstance(result, Send):
            end, takes_s = history[min(len(attempts), len(history) - 1)]
            plans.append((now + takes_s, end))
            attempts.append(Attempt(at=now))
            continue
        due = [when for (when, _), attempt in zip(plans, attempts, strict=True) if attempt.ended_at is None]
        now = min([result.until, *due])
        for index, (when, end) in enumerate(plans):
            if attempts[index].ended_at is None and when <= now:
                how = {"answer": end} if isinstance(end, Answer) else {"failure": end}
                attempts[index] = Attempt(at=attempts[index].at, ended_at=when, **how)
    raise AssertionError("it never ends")


@given(HISTORIES, st.booleans())
def test_at_most_once_command_is_never_sent_after_it_may_have_arrived(history, restarted):
    attempts, _, _ = play(PLAY, history, restarted=restarted)

    assert sum(attempt.may_have_arrived for attempt in attempts) + restarted <= 1
    assert not any(attempt.may_have_arrived for attempt in attempts[:-1])
    assert not (restarted and attempts)


@given(HISTORIES, st.booleans(), st.floats(0, 100))
def test_no_attempt_starts_later_than_45_seconds_after_the_first(history, restarted, later_s):
    attempts, _, _ = play(SPEAK, history, restarted=restarted, now=T0 + later_s if restarted else T0)

    assert all(attempt.at <= T0 + 45 for attempt in attempts)


@given(HISTORIES, st.booleans(), st.sampled_from([SPEAK, MUTE, PLAY, NOTIFY_TERMS]))
def test_every_command_is_settled_in_time_and_truly(history, restarted, terms):
    attempts, event, now = play(terms, history, restarted=restarted)

    assert now <= T0 + terms.stop_s + 15
    assert (event.type == ACCEPTED) == any(attempt.answer is not None and attempt.answer.ok for attempt in attempts)
    assert event.id == "c1:outcome"
    if event.type == REFUSED and event.payload["code"] != "90018":
        assert not restarted
        assert not any(attempt.may_have_arrived for attempt in attempts)
