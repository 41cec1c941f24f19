"""The 16 webhooks of the seed documents: the flow that handles each, and what must come of it. As raw bytes."""

from __future__ import annotations

from collections.abc import Callable

from seed_proofs import Desk, Row, flow_of, play

ROWS: dict[str, Row] = {}
ROOM, LINE = "join_conference: team", "enqueue: {queue: support, max_wait: 30s}"
Check = Callable[[Desk], None]


def handles(name: str, handler: str, *steps: str, word: str = "", **played: object) -> Callable[[Check], Check]:
    """Register the check below as the proof of the webhook *name*, in a flow that does *steps* and has *handler*."""

    def register(check: Check) -> Check:
        def proof(text: str) -> None:
            check(play(text, **played))  # type: ignore[arg-type]

        text = flow_of(*steps, on=f"{word or name}: {handler}")
        ROWS[name] = Row(name=name, word=word or name, text=text, proof=proof)
        return check

    return register


# -- queues ----------------------------------------------------------------------------------------------------


@handles("call.enqueued", '{do: [{speak: "You are number {{ event.current_position }} in line."}]}', LINE)
def _enqueued(desk: Desk) -> None:
    """The caller hears the place in line."""
    assert desk.phone.heard(desk.call) == ["You are number 1 in line."]


@handles("call.dequeued", '{if: event.reason == "timeout", then: broken}', LINE, wait_s=40.0)
def _dequeued(desk: Desk) -> None:
    """Nobody came within half a minute: the flow goes elsewhere, with a live call."""
    assert (desk.phone.state(desk.call), desk.phone.logged()) == ("broken", ["broken"])
    assert desk.phone.world.look(desk.call).state == "answered"


# -- the room begins and ends ----------------------------------------------------------------------------------


@handles("conference.created", '{do: [{log: "room {{ event.conference_id }}"}]}', "join_conference: own")
def _created(desk: Desk) -> None:
    """Whoever made the room hears that it is there, and its id."""
    assert desk.phone.logged() == [f"room {desk.phone.leg(desk.call).conference_id}"]


@handles(
    "conference.ended", '{do: [{log: "{{ event.reason }}"}], then: broken}',
    "join_conference: {room: own, lasts: 1m}", wait_s=70.0,
)  # fmt: skip
def _ended(desk: Desk) -> None:
    """The room's time is over: the flow hears why, and goes elsewhere."""
    assert desk.phone.logged() == ["time_exceeded", "broken"]


@handles("conference.floor.changed", '{do: [{log: "{{ event.call_control_id }} speaks"}]}', ROOM)
def _floor_changed(desk: Desk) -> None:
    """The floor changes hands: the one event that is not wrapped in data."""
    desk.phone.world.speak_into(desk.agent, "Good morning", desk.phone.now)
    desk.phone.wait(1)
    assert desk.phone.logged() == [f"{desk.agent} speaks"]


@handles(
    "conference.recording.saved", '{do: [{notify: {to: inbox, url: "{{ event.recording_urls.mp3 }}"}}]}',
    ROOM, "conference_record_start: {format: mp3}", "conference_record_stop", wait_s=10.0,
)  # fmt: skip
def _recording_saved(desk: Desk) -> None:
    """The recording of the room is handed over."""
    (told,) = desk.phone.notified()
    assert told["url"].startswith("https://recordings.invalid/")


# -- people come and go ----------------------------------------------------------------------------------------


@handles("conference.participant.joined", '{do: [{conference_speak: "Welcome to the room."}]}', ROOM)
def _joined(desk: Desk) -> None:
    """Whoever comes in is greeted."""
    assert desk.phone.heard(desk.agent) == ["Welcome to the room."]


@handles("conference.participant.left", "{do: [{log: left}], then: broken}", ROOM, "leave_conference")
def _left(desk: Desk) -> None:
    """The leg is out of the room and lives on: the flow goes elsewhere."""
    assert (desk.phone.logged(), desk.phone.state(desk.call)) == (["left", "broken"], "broken")


# -- what is said and played -----------------------------------------------------------------------------------

SPEAKS_TO_ME, PLAYS_TO_ME = "conference_speak: {text: Hello, to: me}", "conference_play: {audio: tune, to: me}"
LOGS = {
    "conference.speak.started": "conference_speak: Hello",
    "conference.speak.ended": "conference_speak: Hello",
    "conference.playback.started": "conference_play: tune",
    "conference.playback.ended": "conference_play: tune",
    "conference.participant.speak.started": SPEAKS_TO_ME,
    "conference.participant.speak.ended": SPEAKS_TO_ME,
    "conference.participant.playback.started": PLAYS_TO_ME,
    "conference.participant.playback.ended": PLAYS_TO_ME,
}


def _sound(event: str, step: str) -> None:
    """Register the proof that the flow hears of a sound in the room: when it begins, when it has ended."""
    audio = "{{ event.media_name }}{{ event.media_url }}" if "playback" in event else "{{ event.conference_id }}"

    @handles(event, f'{{do: [{{log: "{audio}"}}]}}', ROOM, step, "log: done", wait_s=10.0)
    def _told(desk: Desk) -> None:
        wanted = "tune" if "playback" in event else desk.room()
        assert desk.phone.logged() == [wanted, "done"]
        assert desk.phone.heard(desk.call) == ["tune" if "playback" in event else "Hello"]


for _event, _step in LOGS.items():
    _sound(_event, _step)
