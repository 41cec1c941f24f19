"""The reference of the verbs, from the table that the checker and the service use: as text, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from engine.core.catalogue import Operation
from engine.core.delivery import NOTIFY_TERMS, Terms
from engine.core.verbs import Option, Verb
from engine.language.values import spoken
from engine.language.wanted import example
from engine.tables import catalogue

# From what does no harm to what is done once or not at all; a verb is as careful as its most careful operation.
_RESENDS = ("harmless", "asks_first", "at_most_once")
_UNITS = {"duration": "seconds", "text": "characters", "digits": "digits", "keys": "keys", "tones": "keys"}
_TAKES = {
    "text": "a text",
    "name": "a name",
    "duration": "a time",
    "count": "a whole number",
    "yes_no": "`true` or `false`",
    "audio": "a name from `audio` in project.yaml",
    "prompt": "a name from `prompts`",
    "notify": "a name from `notify` in project.yaml",
    "variable": "a name from `remember`",
    "leg": "the name of a leg",
    "legs": "one leg or several in `[ ]`, or `me`",
    "digits": "how many digits: `4`, or `2 to 4`",
    "phone": 'a phone number such as `"+15551230000"`, or one `{{ }}`',
    "sip": "an address such as `sip:anna@example.com`",
    "keys": 'the keys that count, such as `"12345"`',
    "key": "one key: 0 to 9, * or #",
    "tones": "keys to press: 0 to 9, A to D, * and #; `w` waits half a second",
    "forever": "a number of times, or `forever`",
    "flow": "the name of another flow",
    "state": "the name of a state",
    "give": "names and values, such as `{reason: callback}`",
    "into": "a name from `remember`, or several, each with its part of the result",
    "moment": "one `{{ }}` that gives a time",
    "url": "an address that begins with https://",
    "tree": "names and values in `{ }`",
}
_WIDTH = 100
# What the table cannot say in one sentence; each must be true of engine/core/acts.
NOTES = {
    "answer": "On a call that is answered already it does nothing.",
    "hangup": "Nothing can follow it.",
    "reject": "Nothing can follow it.",
    "speak": "Without `voice` and `language` the flow's settings hold. A text that begins with `<speak>` is SSML.",
    "prompt": "The language is the one that `set: {language: ...}` chose, else the flow's, else the prompt's first.",
    "play": "With `repeat: forever` it must be the last step of `do`. It is then the state's music: a step that is "
    "heard interrupts it, and leaving the state stops it.",
    "gather": "It must be the last step of `do`, and the state needs `keys`. One of `prompt`, `speak` and `play` may "
    "ask the question. `tries` is 3 with a question and 1 without; only silence uses up a try. Keys pressed go into "
    "`digits`, and into the variable of `into`.",
    "stop": "The state's music does not begin again.",
    "gather_using_ai": "`parameters` is a JSON Schema of what the AI asks for; `into` says which part of the result "
    "each variable takes. When the AI does not find it out, the step is an error with the code `invalid`. Leaving "
    "the state stops the AI.",
    "record": "A hang-up ends the recording. Where the file is, `call.recording.saved` tells. With `during: call` it "
    "is finished when Telnyx accepts it and goes on in later states, until `record_stop`, `longest` or the end.",
    "record_stop": "It ends a recording with `during: call`; without one it is an error.",
    "record_pause": "Without a recording it is an error.",
    "record_resume": "Without a recording it is an error.",
    "send_dtmf": "`w` waits half a second, `W` a second. `each` is how long a key is held, a quarter of a second "
    "unless given.",
    "refer": "When the other side does not take the call, the step is an error with the code `refer_failed`.",
    "switch_supervisor_role": "Only for a call that Telnyx lets listen to another one. In a room it is "
    "`conference_role`.",
    "transcription_start": "It goes on in later states, until `transcription_stop` or the end.",
    "ai_assistant_start": "`assistant` is its id in the portal of Telnyx. It talks on in later states, until "
    "`ai_assistant_stop` or the end; let the state wait meanwhile.",
    "queue_create": "A queue that exists already is an error; `enqueue` makes the queue where there is none.",
    "queue_delete": "A queue in which somebody waits is an error.",
    "queue_list": "All of the account, at most 10,000.",
    "queued_call_list": "By their call_control_ids, at most 10,000; also those that have hung up and were kept.",
    "queued_call_update": "Without `call` it is this call.",
    "queued_call_remove": "`call` is a call_control_id. A call that is still on the line is an error; it leaves by "
    "`leave_queue`.",
    "enqueue": "A call that is in this queue already stays where it is. Leaving the state does not leave the queue.",
    "check_queue": "When the call is not in the queue any more, the rest of its block is dropped, without an error.",
    "connect": "Finished when the two are together. Nobody waiting is an error of the step. Both hear "
    "`<role>.joined` and, at the end, `<role>.left`.",
    "join_conference": "`room: own` is a room of this call alone. With `must_exist: true` the room is never created; "
    "the roles monitor (only hears) and whisper (heard only by those in `to`) need it. `as` is the name by which "
    "every flow finds this leg in the room. `max_people`, `lasts` and `region` count only for the call that creates "
    "the room; with `music_until_joined` that call hears music until somebody else joins.",
    "conference_speak": "With `to` it is finished when the last of them has heard it. A text that begins with "
    "`<speak>` is SSML.",
    "conference_play": "With `repeat: forever` it is finished at once, and ends when something else is said or "
    "played.",
    "conference_stop": "Where there is nothing to stop, it is done; it may stand anywhere.",
    "conference_record_stop": "Where there is no recording, it is done; it may stand anywhere. Where the file is, "
    "`conference.recording.saved` tells.",
    "conference_mute": "Without `to` everybody is muted.",
    "conference_unmute": "Without `to` everybody.",
    "conference_hold": "Without `to` everybody is held.",
    "conference_unhold": "Without `to` all whose calls ringflow runs.",
    "conference_gather": "It asks one person: this call, unless `to` names somebody else; of several the first. It "
    "must be the last step of `do`, and the state needs `keys`. `tries` is 3.",
    "conference_role": "monitor only hears, whisper is heard only by those in `to`, barge is heard by all.",
    "conference_end": "It hangs everybody up.",
    "check_conference": "A room that does not exist has no people, and no times.",
    "participant_list": "Each by the word that `to` takes, else by the number, or by the call_control_id of a call "
    "that ringflow does not run.",
    "transfer": "The far leg needs a name (`as`). When it is busy, does not answer or refuses, `<name>.call.hangup` "
    "decides, and neither the rest of `do` nor `then` follows. `from` is the number shown; without it "
    "`call_from` of the settings, the project's `caller_id`, else Telnyx's own choice.",
    "dial": "The role of `as` begins when the other one answers, and both are linked. When that one is busy, does not "
    "answer or refuses, `<role>.call.hangup` decides, and neither the rest of `do` nor `then` follows. It makes no "
    "sound; music right before it plays while it rings.",
    "bridge": "`to` names the role of a linked leg, `queue` takes the first in line.",
    "run": "`give` is what that flow needs, `into` takes what it answers.",
    "tell": "With a value it is `tell: {caller: {price: 42}}`, which the other leg reads as `event.value`. Without a "
    "link nobody hears it.",
    "call_later": "It needs `at` or `in`. What number is shown and how often it is tried stands in the settings of "
    "that flow.",
    "http": "The host must be among `http_hosts` of project.yaml. A `{{ }}` may stand behind the host, and is "
    "percent-encoded. `send` is the JSON body of a `post`. `into: {name: customer.name}` takes a part of a JSON "
    "answer by the type of the variable, `into: note` a whole text. Whatever goes wrong leads to the state of "
    "`if_fails`: no answer within `timeout`, a status other than 2xx, a part that is missing or of another type. The "
    "message is signed like that of [notify](#notify).",
    "telnyx": "`operation` is a name from Telnyx's API, the other keys are its parameters in Telnyx's spelling; they "
    "are checked. This call, and the room that it is in, are meant unless another is named. What waits for an answer "
    "elsewhere, such as `speak`, is finished here when Telnyx accepts it; its events come to `on`. An operation that "
    "reads needs `into`: `into: {size: current_size}` takes a part of the answer by the type of the variable. Of an "
    "operation that lists, `into: {names: name}` takes that part of every entry into a list, page after page, and "
    "`into: {first: 0.name}` that of the first entry. A part that is missing or of another type is an error, `unfit`.",
    "notify": "Every other key becomes a field of the JSON body. It may also run after the call has ended.",
    "log": "It may also run after the call has ended.",
    "set": "`language` chooses the language of the prompts. It may also run after the call has ended.",
    "count": "It may also run after the call has ended.",
}  # fmt: skip
# Where the shortest form would not pass the checker, or says too little.
_EXAMPLES = {
    "gather": '- gather: {speak: "Press 1 for sales.", digits: 1}',
    "play": "- play: {audio: hold_music, repeat: forever}",
    "enqueue": "- enqueue: {queue: support, max_wait: 15m}",
    "join_conference": "- join_conference: {room: team, as: guest}",
    "conference_speak": '- conference_speak: {text: "Somebody has left.", to: me}',
    "conference_gather": "- conference_gather: {play: menu, digits: 1}",
    "conference_role": "- conference_role: {role: whisper, to: agent}",
    "participant_update": "- participant_update: {to: guest, beep: on_exit}",
}

# -- in words (of Markdown) ------------------------------------------------------------------------------------


def about(verb: Verb) -> str:
    """Return what *verb* does, with what the table cannot say."""
    return f"{verb.about} {NOTES.get(verb.name, '')}".strip()


def written(verb: Verb) -> str:
    """Return *verb* as a step."""
    return _EXAMPLES.get(verb.name) or (f"- {verb.name}" if verb.bare else example(verb.name))


def takes(option: Option) -> str:
    """Return what may stand behind *option*."""
    return ", ".join(f"`{value}`" for value in option.values) or _TAKES[option.type]


def default(option: Option) -> str:
    """Return what counts when *option* is not written, "" for nothing."""
    value = option.default
    if option.required or value is None:
        return "required" if option.required else ""
    if option.type == "duration":
        return f"`{spoken(value)}`"
    if option.type == "digits":
        return f"`{value[0]} to {value[1]}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def limits(option: Option) -> str:
    """Return how large and small *option* may be, "" for anything."""
    if option.type == "text" and option.maximum is not None:
        return f"at most {option.maximum:g} characters"
    if option.minimum is None or option.maximum is None:
        return ""
    low, high = (spoken(option.minimum), spoken(option.maximum)) if option.type == "duration" else ("", "")
    return f"{low or format(option.minimum, 'g')} to {high or format(option.maximum, 'g')}"


def finished_by(verb: Verb) -> str:
    """Return what the step after *verb* waits for."""
    if verb.name == "telnyx":
        return "Telnyx's answer"
    if verb.name == "http":
        return "the answer of that address"
    if verb.name == "run":
        return "the end of that flow"
    if verb.events:
        return " or ".join(f"`{event}`" for event in verb.events)
    return "Telnyx's answer" if verb.operations else "at once"


def sends(verb: Verb) -> str:
    """Return Telnyx's operations, and why each may be sent again; "" for a verb that sends nothing."""
    if verb.name == "notify":
        return f"nothing to Telnyx; the message is tried {NOTIFY_TERMS.max_attempts} times within 10 minutes"
    if verb.name == "http":
        return "nothing to Telnyx; a `get` that fails within a second is tried once more, a `post` never"
    if verb.name == "telnyx":
        return "the operation that it names"
    return ", ".join(f"`{operation.name}` ({_why_again(operation)})" for operation in _operations(verb))


def _why_again(operation: Operation) -> str:
    words = {"always": "harmless", "while_remembered": "id", "never": "at most once"}
    return words[Terms.of(operation).repeats]


def _operations(verb: Verb) -> list[Operation]:
    return [catalogue().operations[name] for name in verb.operations]


# -- for a terminal --------------------------------------------------------------------------------------------


def index(verbs: Sequence[Verb]) -> str:
    """Return a line for each verb."""
    lines = _columns((verb.name, verb.about) for verb in verbs)
    return "\n".join([*lines, "", "ringflow verbs VERB says more about one."]) + "\n"


def page(verb: Verb) -> str:
    """Return all there is to know about one verb."""
    return "\n".join(line.replace("`", "") for line in _page(verb)) + "\n"


def _page(verb: Verb) -> Iterator[str]:
    text = re.sub(r"\[([^]]+)\]\(#\w+\)", r"\1", about(verb))
    yield from (*wrap(f"{verb.name}: {text}", _WIDTH), "", f"    {written(verb)}", "")
    if verb.options:
        head = ("option", "what it takes", "default", "limits")
        yield from _columns([head, *(_row(verb, option) for option in verb.options)])
        yield ""
    yield f"Finished by: {finished_by(verb)}"
    if sends(verb):
        yield f"Sends: {sends(verb)}"
    if verb.audible:
        yield "Needs an answered call that is in no room."


def _row(verb: Verb, option: Option) -> tuple[str, ...]:
    name = f"{option.name} (main)" if option.name == verb.main else option.name
    return name, *(cell.replace("`", "") for cell in (takes(option), default(option), limits(option)))


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    table = [*rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


# -- for programs ----------------------------------------------------------------------------------------------


def as_json(verbs: Iterable[Verb]) -> str:
    """
    Return a list of ``{verb, operations, options, events, resend, in_seeds}`` (interfaces.md, "JSON").

    *resend* is that of the most careful of the operations, harmless where there is none; *in_seeds* is true when all
    operations are those of the conferencing and queue documentation that ringflow began with.
    """
    return json.dumps([_verb_row(verb) for verb in verbs], indent=2) + "\n"


def _verb_row(verb: Verb) -> dict[str, Any]:
    operations = _operations(verb)
    return {
        "verb": verb.name,
        "operations": [operation.name for operation in operations],
        "options": [_option_row(option) for option in verb.options],
        "events": [*verb.events],
        "resend": max((operation.resend for operation in operations), key=_RESENDS.index, default="harmless"),
        "in_seeds": bool(operations) and all(operation.in_seeds for operation in operations),
    }


def _option_row(option: Option) -> Mapping[str, Any]:
    return {
        "name": option.name,
        "type": option.type,
        "unit": _UNITS.get(option.type),
        "required": option.required,
        "default": option.default,
        "minimum": option.minimum,
        "maximum": option.maximum,
        "values": [*option.values],
    }
