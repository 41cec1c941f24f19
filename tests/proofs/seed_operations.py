"""The 34 operations of the seed documents: the flow that does each, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core_stage import Phone
from seed_proofs import AGENT_CALL, Desk, Row, flow_of, play

from engine.simulator.state import Recording

ROWS: dict[str, Row] = {}
ROOM, LINE = "join_conference: team", "enqueue: {queue: support, max_wait: 1h}"
Check = Callable[[Desk], None]


def shows(
    name: str, word: str, *steps: str, end: str = "after: {20m: broken}", **played: Any
) -> Callable[[Check], Check]:
    """Register the check below as the proof of operation *name*, in a flow that does *steps*, *word* among them."""

    def register(check: Check) -> Check:
        def proof(text: str) -> None:
            check(play(text, **played))

        ROWS[name] = Row(name=name, word=word, text=flow_of(*steps, end=end), proof=proof)
        return check

    return register


# -- queues ----------------------------------------------------------------------------------------------------


@shows("enqueue", "enqueue", LINE)
def _enqueue(desk: Desk) -> None:
    assert desk.phone.world.state()["queues"] == {"support": [desk.call]}


@shows("leave_queue", "leave_queue", LINE, "leave_queue")
def _leave_queue(desk: Desk) -> None:
    assert desk.phone.world.state()["queues"] == {"support": []}


@shows("queue_create", "queue_create", "queue_create: {queue: vip, max_callers: 7}")
def _queue_create(desk: Desk) -> None:
    assert desk.phone.world.state()["queues"] == {"vip": []}


@shows("queue_update", "queue_update", "queue_create: vip", "queue_update: {queue: vip, max_callers: 7}")
def _queue_update(desk: Desk) -> None:
    row = desk.phone.world.request("GET", "/queues/vip", query={}, body={}, now=desk.phone.now).body["data"]
    assert row["max_size"] == 7


@shows("queue_delete", "queue_delete", "queue_create: vip", "queue_delete: vip")
def _queue_delete(desk: Desk) -> None:
    assert desk.phone.world.state()["queues"] == {}


@shows("queue_list", "queue_list", "queue_create: vip", "queue_create: all", "queue_list: names")
def _queue_list(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).variables["names"] == ["vip", "all"]


@shows("queue_retrieve", "check_queue", LINE, "check_queue: support")
def _queue_retrieve(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).place["size"] == 1


@shows("queued_call_retrieve", "check_queue", LINE, "check_queue: support")
def _queued_call_retrieve(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).place["position"] == 1


@shows("queued_call_list", "queued_call_list", LINE, "queued_call_list: {queue: support, into: names}")
def _queued_call_list(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).variables["names"] == [desk.call]


@shows(
    "queued_call_update", "queued_call_update", LINE, "queued_call_update: {queue: support, keep_after_hangup: true}"
)
def _queued_call_update(desk: Desk) -> None:
    desk.phone.hang_up(desk.call)
    assert desk.phone.world.state()["queues"] == {"support": [desk.call]}  # as an entry that is no longer alive


def _leaves_a_dead_entry(phone: Phone, agent: str) -> None:
    """The agent goes into the queue, to stay in its list, and hangs up."""
    body = {"queue_name": "support", "keep_after_hangup": True}
    phone.world.request("POST", f"/calls/{agent}/actions/enqueue", query={}, body=body, now=phone.now)
    phone.hang_up(agent)
    assert phone.world.state()["queues"] == {"support": [AGENT_CALL]}


@shows(
    "queued_call_remove", "queued_call_remove", f'queued_call_remove: {{queue: support, call: "{AGENT_CALL}"}}',
    before=_leaves_a_dead_entry,
)  # fmt: skip
def _queued_call_remove(desk: Desk) -> None:
    assert desk.phone.world.state()["queues"] == {"support": []}


# -- coming and going ------------------------------------------------------------------------------------------


@shows("conference_create", "join_conference", "join_conference: own")
def _conference_create(desk: Desk) -> None:
    assert desk.phone.world.look(desk.call).room_name
    assert desk.requests("conference_create")[-1] == desk.call


@shows("conference_join", "join_conference", ROOM)
def _conference_join(desk: Desk) -> None:
    assert desk.phone.world.look(desk.call).room == desk.phone.world.look(desk.agent).room


@shows("conference_leave", "leave_conference", ROOM, "leave_conference")
def _conference_leave(desk: Desk) -> None:
    assert desk.phone.world.look(desk.call).room is None
    assert desk.phone.world.look(desk.call).state == "answered"


@shows("conference_end", "conference_end", ROOM, "conference_end")
def _conference_end(desk: Desk) -> None:
    assert desk.room() == ""


@shows("conference_update", "conference_role", ROOM, "conference_role: monitor")
def _conference_update(desk: Desk) -> None:
    assert desk.phone.world.look(desk.call).role == "monitor"


# -- reading ---------------------------------------------------------------------------------------------------


@shows("conference_list", "conference_list", "conference_list: names")
def _conference_list(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).variables["names"] == ["team"]


@shows("conference_retrieve", "check_conference", ROOM, "check_conference")
def _conference_retrieve(desk: Desk) -> None:
    seen = desk.phone.leg(desk.call).room_seen
    assert seen["ends_at"] - seen["started_at"] == 4 * 3600


@shows("participant_list", "participant_list", ROOM, "participant_list: names")
def _participant_list(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).variables["names"] == ["agent", "caller"]


@shows("participant_retrieve", "participant_retrieve", ROOM, "conference_mute: agent", "participant_retrieve: agent")
def _participant_retrieve(desk: Desk) -> None:
    assert desk.phone.leg(desk.call).participant_seen == {"muted": True, "on_hold": False, "status": "joined"}


@shows("participant_update", "participant_update", ROOM, "participant_update: {to: me, end_room_on_exit: true}")
def _participant_update(desk: Desk) -> None:
    desk.phone.hang_up(desk.call)
    assert desk.phone.world.look(desk.agent).state == "ended"


# -- what people hear and say ----------------------------------------------------------------------------------


@shows("conference_speak", "conference_speak", ROOM, "conference_speak: Good morning")
def _conference_speak(desk: Desk) -> None:
    assert desk.phone.heard(desk.call) == desk.phone.heard(desk.agent) == ["Good morning"]


@shows("conference_play", "conference_play", ROOM, "conference_play: {audio: tune, to: agent}")
def _conference_play(desk: Desk) -> None:
    assert (desk.phone.heard(desk.call), desk.phone.heard(desk.agent)) == ([], ["tune"])


@shows("conference_stop", "conference_stop", ROOM, "conference_play: {audio: tune, repeat: forever}", "conference_stop")
def _conference_stop(desk: Desk) -> None:
    assert (desk.phone.heard(desk.agent), desk.phone.world.look(desk.agent).hears) == (["tune"], ())


@shows("conference_mute", "conference_mute", ROOM, "conference_mute: agent")
def _conference_mute(desk: Desk) -> None:
    assert [desk.phone.world.look(leg).muted for leg in (desk.call, desk.agent)] == [False, True]


@shows("conference_unmute", "conference_unmute", ROOM, "conference_mute: agent", "conference_unmute: agent")
def _conference_unmute(desk: Desk) -> None:
    assert desk.requests("conference_mute")
    assert desk.phone.world.look(desk.agent).muted is False


@shows("conference_hold", "conference_hold", ROOM, "conference_hold: {to: agent, audio: tune}")
def _conference_hold(desk: Desk) -> None:
    assert [desk.phone.world.look(leg).on_hold for leg in (desk.call, desk.agent)] == [False, True]
    assert desk.phone.heard(desk.agent)[-1] == "tune"


@shows("conference_unhold", "conference_unhold", ROOM, "conference_hold: agent", "conference_unhold: agent")
def _conference_unhold(desk: Desk) -> None:
    assert desk.requests("conference_hold")
    assert desk.phone.world.look(desk.agent).on_hold is False


@shows("conference_send_dtmf", "conference_send_dtmf", ROOM, "conference_send_dtmf: {digits: '12#', to: agent}")
def _conference_send_dtmf(desk: Desk) -> None:
    assert desk.phone.heard(desk.agent) == ["12#"]


@shows(
    "conference_gather_using_audio", "conference_gather", ROOM, "conference_gather: {play: tune, to: me, digits: 2}",
    end="keys: {nothing: broken, digits: got, anything_else: broken}\n  got:\n    do: [{log: got}]\n"
    "    after: {20m: hangup}", wait_s=3.0,
)  # fmt: skip
def _conference_gather(desk: Desk) -> None:
    desk.phone.press(desk.call, "42", wait=3)
    assert (desk.phone.logged(), desk.phone.leg(desk.call).digits) == (["got"], "42")


# -- recording the room ----------------------------------------------------------------------------------------


def _recordings(desk: Desk) -> list[Recording]:
    """Return the recordings of the room that are not over."""
    return list(desk.phone.world._exchange.open_rooms["team"].recordings)


@shows("conference_record_start", "conference_record_start", ROOM, "conference_record_start")
def _conference_record_start(desk: Desk) -> None:
    assert len(_recordings(desk)) == 1


@shows("conference_record_stop", "conference_record_stop", ROOM, "conference_record_start", "conference_record_stop")
def _conference_record_stop(desk: Desk) -> None:
    assert desk.requests("conference_record_start")
    assert _recordings(desk) == []


@shows("conference_record_pause", "conference_record_pause", ROOM, "conference_record_start", "conference_record_pause")
def _conference_record_pause(desk: Desk) -> None:
    assert [recording.is_paused for recording in _recordings(desk)] == [True]


@shows(
    "conference_record_resume", "conference_record_resume", ROOM, "conference_record_start",
    "conference_record_pause", "conference_record_resume",
)  # fmt: skip
def _conference_record_resume(desk: Desk) -> None:
    assert desk.requests("conference_record_pause")
    assert [recording.is_paused for recording in _recordings(desk)] == [False]
