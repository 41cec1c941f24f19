"""Rooms (Telnyx's conferences): going in and out, and what happens to the room that one is in."""

from __future__ import annotations

from engine.core.verb import Option, Verb
from engine.core.verb_table.shared import BEEPS, CHANNELS, FORMAT, INTO_LIST, KEYS, LONGEST_CALL_S, REGIONS, TEXT, VOICE

_BEEP = Option(name="beep", type="choice", values=BEEPS)
_TO = Option(name="to", type="legs")
_TO_NEEDED = Option(name="to", type="legs", required=True)
_ROOM = Option(name="room", type="text")  # mine unless named
_AUDIO = Option(name="audio", type="audio", required=True)


def _on_room(name: str, about: str, *options: Option, main: str = "", events: tuple[str, ...] = ()) -> Verb:
    """Return a verb of the same name as its operation, about the room that the call is in unless another is named."""
    is_bare = not any(option.required for option in options)
    operation = {"conference_gather": "conference_gather_using_audio", "conference_role": "conference_update"}
    return Verb(
        name=name,
        about=about,
        operations=(operation.get(name, name),),
        main=main,
        bare=is_bare,
        options=(*options, _ROOM),
        events=events,
        in_room=True,
    )


VERBS = (
    Verb(
        name="join_conference",
        about="Joins a room; the first one in creates it.",
        operations=("conference_create", "conference_join", "conference_list"),
        main="room",
        options=(
            Option(name="room", type="text", required=True),
            Option(name="as", type="leg"),
            Option(name="role", type="choice", values=("barge", "monitor", "whisper")),
            _TO,
            Option(name="must_exist", type="yes_no", default=False),
            Option(name="muted", type="yes_no", default=False),
            Option(name="on_hold", type="yes_no", default=False),
            Option(name="end_room_on_exit", type="yes_no", default=False),
            _BEEP,
            Option(name="max_people", type="count", minimum=2, maximum=800),
            Option(name="music_until_joined", type="audio"),
            Option(name="lasts", type="duration", minimum=60, maximum=LONGEST_CALL_S),
            Option(name="region", type="choice", values=REGIONS),
        ),
        events=("conference.participant.joined",),
    ),
    Verb(
        name="leave_conference",
        about="Leaves the room; nothing happens when in none.",
        operations=("conference_leave",),
        bare=True,
    ),
    Verb(
        name="check_conference",
        about="Reads the room that this call is in into room.people, room.started_at and room.ends_at.",
        operations=("conference_retrieve", "participant_list"),
        bare=True,
        options=(_ROOM,),
        main="room",
        in_room=True,
    ),
    Verb(
        name="conference_list",
        about="Puts the names of all rooms that are open now into a list variable.",
        operations=("conference_list",),
        main="into",
        options=(INTO_LIST,),
    ),
    Verb(
        name="participant_list",
        about="Puts the labels of those in the room into a list variable.",
        operations=("participant_list",),
        options=(INTO_LIST, _ROOM),
        main="into",
        in_room=True,
    ),
    Verb(
        name="participant_retrieve",
        about="Reads how somebody is in the room into participant.muted, participant.on_hold and participant.status.",
        operations=("participant_retrieve",),
        options=(_TO_NEEDED, _ROOM),
        main="to",
        in_room=True,
    ),
    Verb(
        name="participant_update",
        about="Changes what happens when somebody leaves the room: a beep, or the end of the room.",
        operations=("participant_update",),
        options=(_TO_NEEDED, _BEEP, Option(name="end_room_on_exit", type="yes_no"), _ROOM),
        in_room=True,
    ),
    _on_room("conference_speak", "Says a text to everybody in the room, or to some.", TEXT, _TO, *VOICE, main="text",
             events=("conference.speak.ended", "conference.participant.speak.ended")),
    _on_room("conference_play", "Plays audio to everybody in the room, or to some.", _AUDIO, _TO,
             Option(name="repeat", type="forever", minimum=1, maximum=100), main="audio",
             events=("conference.playback.ended", "conference.participant.playback.ended")),
    _on_room("conference_stop", "Stops what is said or played in the room.", _TO, main="to"),
    _on_room("conference_record_start", "Records the room.", FORMAT, CHANNELS, Option(name="beep", type="yes_no")),
    _on_room("conference_record_pause", "Stops recording the room for a while."),
    _on_room("conference_record_resume", "Goes on recording the room."),
    _on_room("conference_record_stop", "Ends the recording of the room."),
    _on_room("conference_mute", "Nobody hears these any more.", _TO, main="to"),
    _on_room("conference_unmute", "These are heard again.", _TO, main="to"),
    _on_room("conference_hold", "These wait, with music, apart from the room.", _TO,
             Option(name="audio", type="audio"), main="to"),
    _on_room("conference_unhold", "These are back in the room.", _TO, main="to"),
    _on_room("conference_gather", "Plays a question to one in the room and waits for keys; keys: says what follows.",
             Option(name="play", type="audio", required=True), _TO, *KEYS, events=("call.gather.ended",)),
    _on_room("conference_send_dtmf", "Presses keys in the room.", Option(name="digits", type="tones", required=True),
             _TO, Option(name="each", type="duration", minimum=0.1, maximum=0.5), main="digits"),
    _on_room("conference_role", "Changes my own part: listen, whisper to some, or talk.",
             Option(name="role", type="choice", required=True, values=("barge", "monitor", "whisper")), _TO,
             main="role"),
    _on_room("conference_end", "Ends the room for everybody.", events=("conference.ended",)),
)  # fmt: skip
