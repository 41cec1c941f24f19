"""Small flows, compiled, compared whole."""

from __future__ import annotations

from typing import Any

from engine.check.run import load
from engine.core.expression import Formula
from engine.core.flow import (
    Action,
    Audio,
    Exit,
    Project,
    Prompt,
    Role,
    Rule,
    Settings,
    StartsWhen,
    State,
    Unrouted,
    Variable,
    Wait,
)  # fmt: skip
from engine.core.text import Text
from engine.language.loader import Loaded, load_version, version_hash

HEAD = """
flow: small
about: Small.
starts_when: {calls_to: ["+15551230000"]}
anywhere: {on_error: hangup}
start: welcome"""


def loaded(text: str, **files: str) -> Loaded:
    sources = {"small.flow.yaml": text.encode(), **{name: content.encode() for name, content in files.items()}}
    return load_version(sources)


def caller(text: str, project: str = "") -> Role:
    result = loaded(HEAD + text, **({"project.yaml": project} if project else {}))
    assert result.version is not None, [str(problem) for problem in result.problems]
    return result.version.flows["small"].roles["caller"]


def plain(action: Action) -> dict[str, Any]:
    """Return the options with texts as their sources."""
    return {name: _plain(value) for name, value in action.options.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return ("text", value.source) if isinstance(value, Text) else value


def test_state_with_steps_and_then() -> None:
    role = caller("""
states:
  welcome:
    do:
      - answer
      - speak: "Hello."
    then: hangup
""")

    assert role == Role(
        name="caller", start="welcome", about="Small.",
        states={"welcome": State(
            name="welcome", line=8, main=1,
            actions=(
                Action(number=1, verb="answer", options={}, next=2, line=10),
                Action(number=2, verb="speak", options={"text": "Hello."}, line=11),
            ),
            then=(Rule(then=Exit("hangup"), line=12),),
        )},
        anywhere=State(name="anywhere", on_error=(Rule(then=Exit("hangup"), line=5),), line=5),
        starts_when=StartsWhen(numbers=("+15551230000",), line=4),
    )  # fmt: skip


def test_steps_are_numbered_do_first_then_handlers_in_the_order_of_the_file() -> None:
    state = caller("""
states:
  welcome:
    after:
      1m:
        do:
          - log: late
        then: hangup
    do:
      - answer
      - log: first
    on:
      call.dtmf.received:
        - if: event.digit == "1"
          do:
            - log: "pressed {{ event.digit }}"
            - log: "again {{ event.to }}"
            - answer
          then: welcome
        - then: stay
    every:
      30s:
        do:
          - log: tick
""").states["welcome"]

    assert [(action.number, action.verb, action.next, action.exit) for action in state.actions] == [
        (1, "answer", 2, None), (2, "log", 0, None), (3, "log", 0, Exit("hangup")), (4, "log", 5, None),
        (5, "log", 6, None), (6, "answer", 0, Exit("state", "welcome")), (7, "log", 0, None),
    ]  # fmt: skip
    assert [action.fields for action in state.actions[3:6]] == [("event.digit", "event.to"), ("event.to",), ()]
    assert state.main == 1
    assert state.after == (Wait(delay_s=60.0, rules=(Rule(do=3, then=Exit("hangup"), line=11),), line=10),)
    assert state.every == (Wait(delay_s=30.0, rules=(Rule(do=7, line=28),), line=27),)
    first, second = state.on["call.dtmf.received"]
    assert isinstance(first.condition, Formula)
    assert first.condition.evaluate({"event.digit": "1"}) is True
    assert (first.do, first.then, second) == (4, Exit("state", "welcome"), Rule(then=Exit("stay"), line=25))


def test_gather_gets_its_defaults() -> None:
    role = caller("""
states:
  welcome:
    do:
      - answer
      - gather: {speak: "Press a key.", digits: 1}
    keys: {"1": silent, digits: hangup, nothing: hangup}
  silent:
    do:
      - gather: {digits: 2 to 4, only: 123, end_key: "*", wait: 1m, between_digits: 2s}
    keys: {digits: hangup, anything_else: hangup, nothing: hangup}
""")

    assert role.states["welcome"].action(2).options == {
        "speak": "Press a key.", "digits": (1, 1), "wait": 5.0, "between_digits": 3.0, "end_key": "#", "tries": 3,
    }  # fmt: skip
    assert role.states["silent"].action(1).options == {
        "digits": (2, 4), "only": "123", "wait": 60.0, "between_digits": 2.0, "end_key": "*", "tries": 1,
    }  # fmt: skip
    assert role.states["welcome"].keys == {
        "1": (Rule(then=Exit("state", "silent"), line=12),), "digits": (Rule(then=Exit("hangup"), line=12),),
        "nothing": (Rule(then=Exit("hangup"), line=12),),
    }  # fmt: skip


def test_options_of_the_other_verbs() -> None:
    project = 'audio: {music: {url: "https://example.com/a.mp3"}}\nnotify: {inbox: {url: "https://example.com/n"}}\n'
    state = caller("""
remember: {name: {type: text}, tries: {type: number}}
states:
  welcome:
    do:
      - answer
      - play: {audio: music, repeat: 2}
      - transfer: {to: "+15551239999", as: sales}
      - transfer: "{{ caller.number }}"
      - record: {longest: 3m, stop_on_silence: 5s}
      - enqueue: {queue: "line {{ name }}", max_wait: 15m, max_callers: 50}
      - join_conference: {room: team, beep: on_enter, music_until_joined: music, lasts: 1h}
      - notify: {to: inbox, from: "{{ caller.number }}", copies: 2, paid: false, note: plain}
      - set: {name: "{{ called.number }}", tries: 2, language: es-ES}
      - count: tries
      - play: {audio: music, repeat: forever}
    after: {1h: hangup}
""", project).states["welcome"]  # fmt: skip

    assert [plain(action) for action in state.actions] == [
        {},
        {"audio": "music", "repeat": 2},
        {"to": "+15551239999", "as": "sales", "ring_for": 30.0},
        {"to": ("text", "{{ caller.number }}"), "as": "", "ring_for": 30.0},
        {"longest": 180.0, "stop_on_silence": 5.0, "beep": False, "format": "mp3", "channels": "single"},
        {"queue": ("text", "line {{ name }}"), "max_wait": 900.0, "max_callers": 50, "keep_after_hangup": False},
        {"room": "team", "beep": "on_enter", "music_until_joined": "music", "lasts": 3600.0, "must_exist": False,
         "muted": False, "on_hold": False, "end_room_on_exit": False},
        {"to": "inbox", "body": {"from": ("text", "{{ caller.number }}"), "copies": 2, "paid": False, "note": "plain"}},
        {"values": {"name": ("text", "{{ called.number }}"), "tries": 2, "language": "es-ES"}},
        {"variable": "tries"},
        {"audio": "music", "repeat": "forever"},
    ]  # fmt: skip


def test_settings_variables_and_prompts() -> None:
    text = (
        HEAD
        + """
settings: {language: es-ES, voice: female, longest_call: 90m}
remember:
  pin: {type: digits, secret: true}
  tries: {type: number, start: 2}
  names: {type: list, start: [a, b]}
  when: {type: time}
prompts:
  hello: {es-ES: "012", en-US: {audio: music}}
states:
  welcome: {do: [reject], on_error: stay}
"""
    )
    result = loaded(text, **{"project.yaml": "audio: {music: {media: hold}}"})
    assert result.version is not None
    flow = result.version.flows["small"]

    assert flow.settings == Settings(language="es-ES", voice="female", longest_call_s=5400.0)
    assert flow.variables == {
        "pin": Variable(name="pin", type="digits", start="", is_secret=True),
        "tries": Variable(name="tries", type="number", start=2),
        "names": Variable(name="names", type="list", start=("a", "b")),
        "when": Variable(name="when", type="time", start=None),
    }
    assert flow.prompts == {"hello": {"es-ES": Prompt(text="012"), "en-US": Prompt(audio="music")}}
    assert flow.path == "small.flow.yaml"


def test_project_file() -> None:
    result = loaded(
        HEAD + "\nstates: {welcome: {do: [reject]}}",
        **{
            "project.yaml": """
numbers: {desk: "+15551230009"}
telnyx: {caller_id: "+15551230001"}
audio: {music: {media: hold}}
notify: {inbox: {url: "https://example.com/n"}}
lists: {agents: ["+15552220001", 7]}
secrets: [door]
may_call: ["+1555"]
unrouted: {flow: small}
"""
        },
    )
    assert result.version is not None

    assert result.version.project == Project(
        numbers={"desk": "+15551230009"}, caller_id="+15551230001",
        audio={"music": Audio(media="hold")}, notify={"inbox": "https://example.com/n"},
        lists={"agents": ("+15552220001", "7")}, secrets=("door",), may_call=("+1555",),
        unrouted=Unrouted(kind="flow", flow="small"),
    )  # fmt: skip


def test_named_numbers_any_and_connection_start_a_flow() -> None:
    text = HEAD.replace('calls_to: ["+15551230000"]', 'calls_to: [desk], connection: "99"')
    text += """
states: {welcome: {do: [reject]}}
roles:
  agent:
    about: An agent.
    starts_when: {calls_to: any}
    anywhere: {on_error: hangup}
    start: ready
    states: {ready: {do: [reject]}}
"""
    result = loaded(text, **{"project.yaml": 'numbers: {desk: "+15551230009"}'})
    assert result.version is not None
    roles = result.version.flows["small"].roles

    assert list(roles) == ["caller", "agent"]
    assert roles["caller"].starts_when == StartsWhen(numbers=("+15551230009",), connection="99", line=4)
    assert roles["agent"].starts_when == StartsWhen(any_number=True, line=11)
    assert roles["agent"].about == "An agent."


def test_names_of_formulas_by_their_place() -> None:
    role = caller("""
states:
  welcome:
    do:
      - answer
      - gather: {speak: "Press a key.", digits: 1}
    keys:
      digits:
        - if: digits == "1" and agent.number == caller.number
          then: hangup
        - then: waiting
      nothing: hangup
  waiting:
    do:
      - enqueue: {queue: support, max_wait: 1m}
    on:
      call.recording.saved:
        do: [{log: "{{ event.recording_urls.mp3 }} {{ event.public_recording_urls.wav }}"}]
      call.dequeued: hangup
      call.teleported: {do: [{log: "{{ event.anything }}"}]}
    every:
      1m: {do: [{check_queue: support}, {log: "{{ queue.position }} {{ queue.waited }} in {{ room.name }}"}]}
    on_error:
      - if: event.error.code == "90018" and event.error.status == 422 and event.error.step == "enqueue"
        then: stay
      - then: hangup
roles:
  agent:
    starts_when: {calls_to: ["+15551230001"]}
    anywhere: {on_error: hangup}
    start: ready
    states: {ready: {do: [reject]}}
""")

    assert role.states["waiting"].action(2).fields == ("event.public_recording_urls.wav", "event.recording_urls.mp3")
    assert len(role.states["waiting"].on_error) == 2


def test_version_hash_covers_names_and_contents() -> None:
    files = {"a.flow.yaml": b"1", "project.yaml": b"2"}

    others = [{"a.flow.yaml": b"12", "project.yaml": b""}, {"b.flow.yaml": b"1", "project.yaml": b"2"},
              {"a.flow.yaml": b"1"}]  # fmt: skip

    assert version_hash(files) == version_hash(dict(reversed(files.items())))
    assert len({version_hash(files), *map(version_hash, others)}) == 4


def test_a_warning_leaves_the_version_and_an_error_does_not() -> None:
    sound = {"other.flow.yaml": (HEAD + "\nstates: {welcome: {do: [reject]}}").encode()}
    broken = {"small.flow.yaml": (HEAD + "\nstates: {welcome: {do: [refuse]}}").encode()}

    warned, failed = load(sound), load(broken)

    assert [problem.name for problem in warned.problems] == ["flow-name-differs"]
    assert warned.version is not None
    assert [problem.name for problem in failed.problems] == ["unknown-verb"]
    assert failed.version is None


def test_independent_mistakes_are_all_reported_at_once() -> None:
    text = (
        HEAD
        + """
settings: {longest_call: 5}
states:
  welcome:
    do:
      - answr
      - speak: "{{ callr.number }}"
    then: nowhere
  other:
    on: {call.anwered: hangup}
    after: {1s: hangup}
"""
    )

    problems = load({"small.flow.yaml": text.encode()}).problems

    assert [problem.rule for problem in problems] == ["S007", "S003", "X002", "R001", "R006"]


def test_a_broken_project_file_is_the_only_cause_told() -> None:
    text = (
        HEAD
        + """
states:
  welcome:
    do:
      - answer
      - play: music
      - notify: {to: inbox, note: hello}
    then:
      - if: caller.number in list.agents or caller.number == secret.code
        then: hangup
      - then: welcome
"""
    )

    problems = load({"small.flow.yaml": text.encode(), "project.yaml": b"audio: [music]\n"}).problems

    assert [(problem.path, problem.rule) for problem in problems] == [("project.yaml", "S011")]
