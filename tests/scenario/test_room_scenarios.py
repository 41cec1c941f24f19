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
