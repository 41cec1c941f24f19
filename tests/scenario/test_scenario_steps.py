"""Every kind of step, against the office flow: what it does, and that it can fail."""

from rehearsals import message_of, passes, problem_of


def test_a_caller_hears_texts_prompts_and_audio_in_order():
    passes("""
        - caller: calls from "+34600111222"
        - hears: Good
        - hears: {prompt: menu}
        - caller: presses 3
        - hears: {audio: tune}
    """)


def test_a_text_is_heard_whatever_its_spaces_but_as_written():
    passes("""
        - caller: calls
        - hears: "For  sales,   press 1. For the code"
    """)
    assert "did not hear" in message_of("""
        - caller: calls
        - hears: good morning
          within: 5s
    """)


def test_what_was_heard_once_is_not_heard_again():
    assert message_of("""
        - caller: calls
        - hears: Good morning
        - hears: Good morning
          within: 5s
    """).endswith('the caller did not hear "Good morning" within 5s')


def test_a_prompt_must_be_heard_whole():
    assert "the prompt menu" in message_of("""
        - caller: calls
        - caller: presses 2
        - hears: Please enter the code
        - hears: {prompt: menu}
          within: 3s
    """)


def test_pressing_waits_until_the_flow_listens():
    passes("""
        - caller: calls
        - caller: presses 2
        - is_in: code
    """)


def test_keys_are_taken_by_a_handler_while_music_plays():
    passes("""
        - caller: calls
        - caller: presses 3
        - wait: 30s
        - caller: presses *
        - is_in: menu
    """)


def test_two_presses_in_a_row_are_two_decisions():
    passes("""
        - caller: calls
        - caller: presses 2
        - caller: presses 482
        - does: {log: "the code was right, from +12025550101"}
        - does: hangup
    """)


def test_a_repeated_step_is_done_so_many_times():
    passes("""
        - caller: calls
        - caller: presses 2
        - repeat: 3
          steps:
            - caller: presses 111
            - hears: That is wrong
        - remembers: {tries: 3, choice: 2}
    """)


def test_a_silent_caller_lets_time_pass():
    passes("""
        - caller: calls
        - caller: stays silent 15s
        - does: hangup
    """)


def test_a_rung_leg_answers_and_the_two_talk():
    passes("""
        - caller: calls
        - caller: presses 1
        - does: {transfer: {to: "+15551230009", ring_for: 20s}}
        - sales: answers
        - wait: 10m
        - sales: hangs up
    """)


def test_a_rung_leg_is_busy():
    passes("""
        - caller: calls
        - caller: presses 1
        - sales: is busy
        - is_in: bye
          within: 1s
    """)


def test_a_rung_leg_does_not_answer():
    passes("""
        - caller: calls
        - caller: presses 1
        - sales: does not answer
        - wait: 19s
        - is_in: sales
        - is_in: bye
          within: 2s
    """)


def test_nobody_rings_who_is_not_rung():
    assert message_of("""
        - caller: calls
        - sales: answers
    """).endswith("the flow did not ring sales within 60s")


def test_two_roles_and_two_callers_take_part():
    passes("""
        - caller: calls
        - caller: presses 3
        - hears: You are number 1, after key 3
        - caller_2: calls
        - caller_2: presses 3
        - caller_2: {hears: You are number 2}
        - helper: calls
        - helper: {does: {connect: {queue: help}}}
        - helper: {is_in: talking}
        - is_in: talk
        - caller_2: {is_in: line}
        - helper: hangs up
        - is_in: bye
    """)


def test_somebody_calls_again_after_hanging_up_but_not_before():
    passes("""
        - caller: calls
        - caller: hangs up
        - caller: calls
        - hears: Good morning
    """)
    assert message_of("""
        - caller: calls
        - caller: calls
    """).endswith("the caller is on the phone already")


def test_does_compares_in_the_authors_spelling_and_in_telnyxs():
    passes("""
        - caller: calls
        - does: answer
        - does: {gather: {prompt: menu, digits: 1, wait: 4s, tries: 2, into: choice}}
        - caller: presses 3
        - does: {enqueue: {queue_name: help, max_wait_time_secs: 300}}
        - does: {speak: "You are number 1, after key 3."}
        - does: {playback_start: {loop: infinity}}
    """)


def test_does_wants_each_step_once():
    assert message_of("""
        - caller: calls
        - does: {gather: {prompt: menu}}
        - does: {gather: {prompt: menu}}
          within: 5s
    """).endswith("that was not done for the caller within 5s")
    passes("""
        - caller: calls
        - does: {gather: {prompt: menu}}
        - does: {gather: {prompt: menu}}
          within: 9s
    """)


def test_a_step_that_sent_nothing_was_not_done():
    assert "was not done" in message_of("""
        - caller: calls
        - is_in: bye
        - does: leave_queue
          within: 1s
    """)


def test_does_not_is_judged_now_or_for_a_while():
    passes("""
        - caller: calls
        - caller: presses 2
        - does_not: hangup
        - does_not: hangup
          within: 5s
    """)
    assert message_of("""
        - caller: calls
        - caller: presses 2
        - does_not: hangup
          within: 60s
    """).endswith("that was done")


def test_telnyx_refuses_the_next_command():
    passes("""
        - telnyx: {fails: speak, with: 422}
        - caller: calls
        - hears: Sorry.
        - does: hangup
    """)


def test_telnyx_refuses_as_often_as_it_is_told():
    passes("""
        - caller: calls
        - telnyx: {fails: gather, with: 422, times: 1, code: "90015"}
        - hears: Sorry.
    """)


def test_an_error_of_the_server_is_tried_again_as_the_service_does():
    passes("""
        - telnyx: {fails: speak, with: 503, times: 3}
        - caller: calls
        - hears: Good morning
        - does_not: hangup
    """)


def test_a_refused_connect_leaves_the_caller_in_line():
    passes("""
        - caller: calls
        - caller: presses 3
        - telnyx: {fails: queued_call_list, with: 422}
        - helper: calls
        - helper: {hears: Nobody waits}
        - is_in: line
    """)


def test_a_repeated_event_changes_nothing():
    passes("""
        - caller: calls
        - caller: presses 2
        - caller: presses 111
        - telnyx: {repeats: last event}
        - hears: That is wrong, 1 times
        - telnyx: {repeats: last event}
        - wait: 3s
        - remembers: {tries: 1}
    """)


def test_nothing_can_be_repeated_before_anything_came():
    assert message_of("""
        - telnyx: {repeats: last event}
        - caller: calls
    """).endswith("no webhook was sent yet")


def test_a_delayed_event_comes_later():
    passes("""
        - telnyx: {delays: call.speak.ended, by: 5s}
        - caller: calls
        - hears: Good morning
        - wait: 5s
        - is_in: welcome
        - is_in: menu
          within: 2s
    """)


def test_telnyx_sends_an_event_that_nothing_caused():
    passes("""
        - caller: calls
        - caller: presses 3
        - hears: You are number 1
        - telnyx: {sends: call.enqueued, queue: help, current_position: 4}
        - hears: You are number 4
    """)
    passes("""
        - caller: calls
        - helper: calls
        - helper: {hears: Nobody waits}
        - telnyx: {sends: call.hangup, for: helper}
        - caller: presses 2
    """)


def test_the_withheld_number_of_a_caller_is_empty():
    passes("""
        - caller: calls from anonymous
        - caller: presses 2
        - caller: presses 482
        - does: {log: "the code was right, from "}
    """)


def test_a_failure_inside_repeat_names_its_own_line():
    problem = problem_of("""
        - caller: calls
        - repeat: 2
          steps:
            - hears: Good morning
              within: 4s
    """)
    assert problem.startswith("x.test.yaml:9: hears: Good morning, within: 4s\n")


def test_telnyx_loses_an_event():
    steps = "- telnyx: {loses: call.answered}\n- caller: calls\n- hears: Good evening\n  within: 20s"

    assert message_of(steps) == "at 0:10.0: the caller sits in silence for longer than 10s"
