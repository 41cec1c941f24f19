"""The call itself: answering it, ending it, ringing and connecting others, what listens in on it."""

from __future__ import annotations

from engine.core.verb import Option, Verb
from engine.core.verb_table.shared import LONGEST_CALL_S, MACHINE_DETECTION, RING_FOR

_CAUSES = ("CALL_REJECTED", "USER_BUSY", "NOT_FOUND", "TEMPORARILY_UNAVAILABLE")
_LISTENERS = (
    "Google", "Telnyx", "Deepgram", "Azure", "xAI", "AssemblyAI", "Speechmatics", "Soniox", "Parakeet", "Humain",
    "Reson8", "Cohere", "A", "B",
)  # fmt: skip

VERBS = (
    Verb(name="answer", about="Answers the call.", operations=("answer",), bare=True, events=("call.answered",)),
    Verb(
        name="reject",
        about="Refuses the call before it is answered.",
        operations=("reject",),
        bare=True,
        main="cause",
        options=(Option(name="cause", type="choice", values=_CAUSES, default="CALL_REJECTED"),),
        events=("call.hangup",),
    ),
    Verb(name="hangup", about="Hangs this call up.", operations=("hangup",), bare=True, events=("call.hangup",)),
    Verb(
        name="dial",
        about="Rings another person, who becomes a role of this flow.",
        operations=("dial",),
        options=(
            Option(name="to", type="phone", required=True),
            Option(name="as", type="leg", required=True),
            RING_FOR,
            Option(name="from", type="phone"),
            Option(name="detect_machine", type="choice", values=MACHINE_DETECTION),
            Option(name="longest", type="duration", minimum=30, maximum=LONGEST_CALL_S),
        ),
        events=("call.answered",),
    ),
    Verb(
        name="transfer",
        about="Rings another number and connects the caller to it.",
        operations=("transfer",),
        main="to",
        options=(
            Option(name="to", type="phone", required=True),
            Option(name="as", type="leg"),
            RING_FOR,
            Option(name="from", type="phone"),
            Option(name="longest", type="duration", minimum=30, maximum=LONGEST_CALL_S),
        ),
        events=("call.bridged",),
    ),
    Verb(
        name="bridge",
        about="Connects this call with another one, without a room.",
        operations=("bridge",),
        options=(Option(name="to", type="leg"), Option(name="queue", type="text")),
        one_of=(("to", "queue"),),
        events=("call.bridged",),
    ),
    Verb(
        name="refer",
        about="Hands the call over to a SIP address outside Telnyx.",
        operations=("refer",),
        main="to",
        options=(Option(name="to", type="sip", required=True),),
        events=("call.refer.completed", "call.refer.failed"),
    ),
    Verb(
        name="send_dtmf",
        about="Presses keys on this call, as if on the phone.",
        operations=("send_dtmf",),
        main="digits",
        options=(
            Option(name="digits", type="tones", required=True),
            Option(name="each", type="duration", minimum=0.1, maximum=0.5),
        ),
    ),
    Verb(
        name="switch_supervisor_role",
        about="Changes what a supervisor who listens to another call may do: listen, whisper or talk.",
        operations=("switch_supervisor_role",),
        main="role",
        options=(Option(name="role", type="choice", required=True, values=("barge", "whisper", "monitor")),),
    ),
    Verb(
        name="transcription_start",
        about="Writes down what is said from now on; call.transcription brings each piece.",
        operations=("transcription_start",),
        bare=True,
        options=(
            Option(name="engine", type="choice", values=_LISTENERS),
            Option(name="tracks", type="choice", values=("inbound", "outbound", "both"), default="inbound"),
        ),
    ),
    Verb(name="transcription_stop", about="Ends the writing down.", operations=("transcription_stop",), bare=True),
    Verb(
        name="ai_assistant_start",
        about="Lets an AI assistant of your Telnyx account talk with the caller.",
        operations=("ai_assistant_start",),
        main="assistant",
        audible=True,
        options=(
            Option(name="assistant", type="text", required=True),
            Option(name="greeting", type="text", maximum=3000),
        ),
    ),
    Verb(name="ai_assistant_stop", about="Ends the AI assistant.", operations=("ai_assistant_stop",), bare=True),
)
