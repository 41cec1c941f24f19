"""docs/events.md: every event that may stand under on, when it comes, and its fields by the checker's own table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.kinds import Kind
from engine.language.events import ANYONE, EventName
from engine.language.scope import error_names, event_names, own_event_names
from engine.tables import catalogue

_HEAD = """\
# Events

Every event that may stand under `on`. How handlers work is in [flows.md](flows.md#handlers-on); this page is written
from the tables that the checker and the service use.

- A field is read as `event.FIELD`: `event.digit`, `event.recording_urls.mp3`. It exists only under `on`, for its event.
- Each field is a text, unless its kind stands behind it: *number*, *yes or no*, *list*, or *any* where Telnyx does not
  say. A field that Telnyx leaves out is empty.
- Without a prefix an event is about this call. `LEG.` before any event of Telnyx makes it that of a linked role
  (`agent.call.hangup`) or of the leg that `transfer: {as: sales}` rings (`sales.call.hangup`).
- `anyone.` before an event that begins with `conference.participant.` makes it that of the others in this call's room.
- Nearly every event of Telnyx has ids besides, which no flow needs: COMMON.
"""
_COMMON = ("call_control_id", "call_leg_id", "call_session_id", "client_state", "connection_id")
_KINDS = {Kind.TEXT: "", Kind.NUMBER: "number", Kind.YES_NO: "yes or no", Kind.LIST: "list", Kind.ANY: "any"}

# When each event of Telnyx comes (telnyx/facts.md, sections 4 and 5).
GROUPS = {
    "The call": {
        "call.initiated": "A call begins: somebody calls, or a leg is rung.",
        "call.answered": "The call is answered.",
        "call.hangup": "The call is over. `hangup_cause`: normal_clearing, user_busy, no_answer, timeout, "
        "call_rejected, originator_cancel, not_found, time_limit or unspecified.",
        "call.bridged": "This call and another one are connected.",
        "call.hold": "The call is put on hold.",
        "call.unhold": "The call is taken off hold.",
        "call.cost": "What the call cost; only when switched on at Telnyx, and after its end.",
    },
    "Keys": {
        "call.dtmf.received": "The caller presses a key, also while `gather` asks.",
        "call.gather.ended": "`gather` is finished. `keys` is the usual way to go on. `status`: valid, invalid, "
        "timeout, call_hangup, cancelled or cancelled_amd.",
    },
    "Speech and audio": {
        "call.speak.started": "A text begins to be said.",
        "call.speak.ended": "A text is finished or was stopped. `status`: completed, cancelled_amd or call_hangup.",
        "call.playback.started": "Audio begins.",
        "call.playback.ended": "Audio is finished or was stopped. `status`: completed, cancelled, cancelled_amd, "
        "call_hangup, file_not_found, failed or unknown.",
    },
    "Queues": {
        "call.enqueued": "The caller is in the queue. `current_position` is 1 for the first in line.",
        "call.dequeued": "The caller is out of the queue. `reason`: bridged, bridging-in-process, hangup, leave or "
        "timeout. After timeout the call goes on.",
    },
    "Rooms": {
        "conference.created": "The room is there.",
        "conference.ended": "The room is over. `reason`: all_left, host_left, time_exceeded or ended_via_api.",
        "conference.floor.changed": "Somebody else speaks.",
        "conference.participant.joined": "This call is in the room; with `anyone.`, somebody else is.",
        "conference.participant.left": "This call has left the room; with `anyone.`, somebody else has.",
        "conference.speak.started": "A text begins to be said to the whole room.",
        "conference.speak.ended": "The whole room has heard it.",
        "conference.playback.started": "Audio begins for the whole room.",
        "conference.playback.ended": "Audio for the whole room is over.",
        "conference.participant.speak.started": "A text begins to be said to this one in the room.",
        "conference.participant.speak.ended": "This one has heard it.",
        "conference.participant.playback.started": "Audio begins for this one in the room.",
        "conference.participant.playback.ended": "Audio for this one is over.",
        "conference.recording.saved": "A recording of the room is ready; its addresses are good for ten minutes.",
    },
    "Recordings and what was said": {
        "call.recording.saved": "A recording is ready; its addresses are good for ten minutes.",
        "call.recording.error": "A recording failed.",
        "call.recording.transcription.saved": "The text of a recording is ready.",
        "call.transcription": "A piece of what is said, after `transcription_start`.",
    },
    "Is it a machine that answers": {
        "call.machine.detection.ended": "Telnyx has listened. `result`: human, machine or not_sure.",
        "call.machine.greeting.ended": "The greeting of the machine is over.",
        "call.machine.premium.detection.started": "The premium detection begins to listen.",
        "call.machine.premium.detection.ended": "The premium detection has listened.",
        "call.machine.premium.greeting.ended": "The greeting is over, by the premium detection.",
        "call.machine.premium.call_screening.detected": "A telephone asks who is calling before it rings.",
    },
    "AI": {
        "call.ai_gather.ended": "`gather_using_ai` is finished. `status`: valid or invalid.",
        "call.ai_gather.partial_results": "The AI knows a part of what it asks for.",
        "call.ai_gather.message_history_updated": "Something was said between the AI and the caller.",
        "call.conversation.created": "A conversation with an AI begins.",
        "call.conversation.ended": "A conversation with an AI is over.",
        "call.conversation.start_failed": "The AI could not begin.",
        "call.conversation_insights.generated": "What Telnyx makes of the conversation is ready.",
        "call.analyzed": "Telnyx has analysed the call.",
        "call.deepfake_detection.result": "Whether the voice is a made-up one.",
        "call.deepfake_detection.error": "That could not be found out.",
    },
    "Handing over with refer": {
        "call.refer.started": "`refer` begins.",
        "call.refer.completed": "The other side has taken the call.",
        "call.refer.failed": "The other side has not taken it.",
    },
    "Payments": {
        "call.payment.progress": "A payment has come one step further.",
        "call.payment.completed": "A payment is over, paid or not.",
    },
    "Copies of the sound": {
        "streaming.started": "The sound of the call is sent to an address.",
        "streaming.stopped": "It is not sent any more.",
        "streaming.failed": "It could not be sent.",
        "call.fork.started": "A copy of the sound is sent (fork).",
        "call.fork.stopped": "The copy is not sent any more.",
        "siprec.started": "Recording by SIPREC begins.",
        "siprec.stopped": "It has ended.",
        "siprec.failed": "It could not be done.",
    },
}
# The engine's own, as they are written under on, and what each means.
OWN = {
    "ROLE.joined": (EventName("engine", "joined", "agent"), "This call and one of the role are connected."),
    "ROLE.left": (EventName("engine", "left", "agent"), "They are connected no longer."),
    "ROLE.says.WORD": (EventName("says", "says.word", "agent"), "The linked one says the word with `tell`."),
    "action.in_doubt": (
        EventName("engine", "in_doubt", "action"),
        "Nobody knows whether Telnyx did a step; without a handler the flow goes on.",
    ),
    "action.refused": (
        EventName("engine", "refused", "action"),
        "A number from a formula is outside `may_call`, or a planned call was refused.",
    ),
}


def events_page() -> str:
    """Return docs/events.md."""
    common = ", ".join(f"`{name}`" for name in _COMMON)
    return "\n".join([_HEAD.replace("COMMON", common), *_own(), *_telnyx()])


def _own() -> Iterator[str]:
    yield from ("## ringflow's own", "", "| event | comes when | fields |", "|---|---|---|")
    for name, (event, when) in OWN.items():
        yield f"| `{name}` | {when} | {_fields(own_event_names(event))} |"
    yield f"| `{ANYONE}.conference.participant.joined` and its like | Somebody else in the room. | those of the event |"
    yield f"| none: under `on_error` | A step fails. | {_fields(error_names())} |"
    yield ""


def _telnyx() -> Iterator[str]:
    for title, events in GROUPS.items():
        yield from (f"## {title}", "", "| event | comes when | fields |", "|---|---|---|")
        for name, when in events.items():
            yield f"| `{name}` | {when} | {_fields(event_names(name, catalogue()))} |"
        yield ""


def _fields(names: Mapping[str, Kind]) -> str:
    shown = []
    for name, kind in names.items():
        field = name.removeprefix("event.")
        if field not in _COMMON:
            shown.append(f"`{field}`" + (f" *{_KINDS[kind]}*" if _KINDS[kind] else ""))
    return ", ".join(shown)
