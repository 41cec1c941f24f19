"""Rooms that end while somebody is still being taken out of them."""

from rehearsals import passes, report_of

_TWO_ROOMS = b"""
flow: two_rooms
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: first
states:
  first:
    do:
      - answer
      - join_conference: {room: blue, music_until_joined: tune}
    after: {5s: second}
  second:
    do:
      - join_conference: {room: green, music_until_joined: tune}
    then: there
  there:
    after: {1h: hangup}
"""
_PROJECT = b'audio: {tune: {url: "https://example.com/tune.mp3"}}\n'


def test_an_agent_is_told_when_the_caller_cannot_join_and_the_caller_is_back_in_line():
    passes("""
        - caller: calls
        - caller: presses 3
        - hears: You are number 1
        - telnyx: {fails: conference_join, with: 422, code: "90033"}
        - helper: calls
        - helper: {hears: Nobody waits}
          within: 5s
        - hears: You are number 1
          within: 5s
    """)


def test_somebody_alone_in_a_room_goes_to_another_room():
    report = report_of(
        """
        - caller: calls
        - does: {join_conference: {room: blue}}
        - is_in: second
        - does: {join_conference: {room: green}}
          within: 2s
        - is_in: there
          within: 2s
        """,
        files={"two_rooms.flow.yaml": _TWO_ROOMS, "project.yaml": _PROJECT},
    )
    assert report.is_good, report


_MEETING = b"""
flow: meeting
starts_when: {calls_to: ["+15550000001"]}
anywhere: {on_error: hangup}
start: talking
states:
  talking:
    do:
      - answer
      - join_conference: {room: team}
      - conference_speak: Welcome to the meeting.
      - conference_record_start: {format: mp3}
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          do:
            - conference_mute: me
        - if: event.digit == "2"
          then: voting
      anyone.conference.participant.left:
        do:
          - conference_speak: {text: Somebody has left., to: caller}
    after: {1h: hangup}
  voting:
    do:
      - conference_gather: {play: tune, digits: 1, tries: 1}
    keys:
      "1": talking
      anything_else: talking
      nothing: hangup
roles:
  boss:
    starts_when: {calls_to: ["+15550000002"]}
    anywhere: {on_error: hangup}
    start: listening
    states:
      listening:
        do:
          - answer
          - join_conference: {room: team, role: monitor, must_exist: true}
        on:
          call.dtmf.received:
            - if: event.digit == "2"
              do:
                - conference_role: {role: whisper, to: caller}
            - if: event.digit == "3"
              do:
                - conference_role: barge
                - conference_speak: The boss is here.
        after: {1h: hangup}
"""
_MEETING_FILES = {"meeting.flow.yaml": _MEETING, "project.yaml": _PROJECT}


def test_people_meet_vote_and_are_listened_to():
    """'two callers in one instant' of language.md, and monitor, whisper and barge as in supervise.flow.yaml"""
    report = report_of(
        """
        - caller: calls
        - does: {join_conference: {room: team}}
        - hears: Welcome to the meeting.
        - does: {conference_record_start: {format: mp3}}
        - boss: calls
        - boss: {does: {join_conference: {role: monitor, must_exist: true}}}
        - boss: presses 2
        - boss: {does: {conference_role: {role: whisper, to: caller}}}
        - boss: presses 3
        - boss: {does: {conference_role: {role: barge}}}
        - hears: The boss is here.
        - caller: presses 1
        - does: {conference_mute: {to: me}}
        - caller: presses 2
        - hears: {audio: tune}
        - wait: 6s
        - caller: presses 1
        - is_in: talking
        - boss: hangs up
        - hears: Somebody has left.
        """,
        files=_MEETING_FILES,
    )
    assert report.is_good, report


def test_somebody_who_is_only_listened_to_by_a_monitor_sits_in_silence():
    report = report_of(
        """
        - caller: calls
        - boss: calls
        - wait: 20s
        """,
        files=_MEETING_FILES,
    )
    assert "silence" in report.results[0].problem
