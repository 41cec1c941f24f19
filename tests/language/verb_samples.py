"""
The samples of the verbs: tests/golden/verbs/<verb>.yaml, one file each.

*sentence* is how somebody would say it; *good* is a state as they would write it; *refused* one with a slip. Below the
mark stands what the engine makes of them: *says*, the message that the slip gets, and *requests*, what is sent to
Telnyx or elsewhere when a call is in the good state. UPDATE_GOLDEN=1 writes that part anew.

A sample may need more: *scene* (who is there before the call), *beside* (another flow in the folder), *watched_s* (for
how long what is sent is written down, in seconds), *agent_hears* (a word that the agent waits for),
*from_the_start* (nobody has answered before the state).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from engine.check.run import check_files, load
from engine.core.command import HTTP, NOTIFY
from engine.core.program import Library
from engine.core.verbs import VERBS
from engine.scenario.outside import Reply
from engine.scenario.stage import Stage
from engine.simulator.options import Options
from engine.simulator.world import World
from engine.tables import catalogue

FOLDER = Path(__file__).parent.parent / "golden/verbs"
MARK = "# -- written by the engine (UPDATE_GOLDEN=1) --\n"
START = 1_800_000_000.0
OFFICE, AGENT, WAITING = "+15550000001", "+15550000002", "+15550000003"
PERSON = "+34600111222"
CRM = Reply(beginning="https://crm.example.com/", body={"customer": {"name": "Ann", "open_cases": 2}})

PROJECT = f"""\
telnyx: {{connection_id: "2811212257810187875", caller_id: "{OFFICE}"}}
audio:
  hold_music: {{url: "https://example.com/hold.mp3"}}
  question: {{media: question}}
notify:
  inbox: {{url: "https://example.com/inbox"}}
http_hosts: [crm.example.com]
secrets: [door]
may_call: ["+1555", "+34"]
"""
_SAMPLE = f"""\
flow: sample
about: Shows one verb.
starts_when: {{calls_to: ["{OFFICE}"]}}
remember:
  name: {{type: text}}
  account: {{type: digits}}
  tries: {{type: number}}
  names: {{type: list}}
  door: {{type: text, secret: true}}
hours:
  office: {{timezone: Europe/Madrid, open: {{monday to friday: 09:00 to 17:00}}}}
prompts:
  hello: {{en-US: "Hello. This call is recorded."}}
anywhere: {{on_error: sorry}}
start: begin
states:
  begin:
    do: [answer, {{prompt: hello}}]
    then: sample
  sample:
{{state}}
  sorry:
    do:
      - log: "{{{{ name }}}} {{{{ account }}}} {{{{ tries }}}} {{{{ length(names) }}}} {{{{ is_open(office) }}}}"
    then:
      - if: door == secret.door
        then: hangup
      - then: hangup
roles:
  agent:
    starts_when: {{calls_to: ["{AGENT}"]}}
    anywhere: {{on_error: hangup}}
    start: ready
    states:
      ready:
        do: [answer, {{join_conference: {{room: team, as: agent}}}}]
        on: {{conference.ended: hangup{{hears}}}}
        after: {{1h: hangup}}
  waiting:
    about: Somebody waits in the queue support.
    starts_when: {{calls_to: ["{WAITING}"]}}
    anywhere: {{on_error: hangup}}
    start: line
    states:
      line:
        do: [answer, {{enqueue: {{queue: support, max_wait: 1h}}}}, {{play: {{audio: hold_music, repeat: forever}}}}]
        on: {{call.dequeued: hangup, call.bridged: end, caller.joined: talking}}
      talking:
        on: {{caller.left: hangup}}
        after: {{1h: hangup}}
"""
_CALLBACK = """\
flow: callback
about: Calls somebody back.
starts_when: {another_flow_calls: {needs: {name: text}}}
anywhere: {on_error: hangup}
start: greet
states:
  greet:
    do: [{speak: "Hello {{ name }}, we call you back."}]
    then: hangup
"""
_SURVEY = """\
flow: survey
about: Asks how it was.
starts_when: {another_flow_calls: {needs: {name: text}, answers: {score: number}}}
anywhere: {on_error: hangup}
start: ask
states:
  ask:
    do: [{speak: "How was it, {{ name }}?"}, {set: {score: 3}}]
    then: end
"""


def path_of(verb: str) -> Path:
    return FOLDER / f"{verb}.yaml"


def sample_of(verb: str) -> Mapping[str, Any]:
    """Return the sample of *verb*."""
    return yaml.safe_load(path_of(verb).read_text(encoding="utf-8"))


def files_with(state: str, sample: Mapping[str, Any]) -> dict[str, bytes]:
    """Return a flows folder whose one interesting state is *state*."""
    text = _SAMPLE.replace("{state}", indent(state.rstrip(), "    "))
    hears = sample.get("agent_hears")
    text = text.replace("{hears}", f", caller.says.{hears}: hangup" if hears else "")
    if sample.get("from_the_start"):
        text = text.replace("do: [answer, {prompt: hello}]", "do: [{log: new}]")
        text = text.replace('prompts:\n  hello: {en-US: "Hello. This call is recorded."}\n', "")
    others = {"survey": _SURVEY, "callback": _CALLBACK}
    files = {"sample.flow.yaml": text, "project.yaml": PROJECT}
    files |= {f"{name}.flow.yaml": others[name] for name in others if name == sample.get("beside")}
    return {name: content.encode() for name, content in files.items()}


def says(verb: str) -> list[str]:
    """Return the messages about the state with the slip."""
    sample = sample_of(verb)
    return [_message(problem) for problem in check_files(files_with(sample["refused"], sample))]


def complaints(verb: str) -> list[str]:
    """Return the messages about the good state; there must be none."""
    sample = sample_of(verb)
    return [_message(problem) for problem in check_files(files_with(sample["good"], sample))]


def _message(problem: Any) -> str:
    return f"{problem.message} [{problem.rule} {problem.name}]"


# -- what is sent ------------------------------------------------------------------------------------------------


def requests(verb: str) -> list[dict[str, Any]]:
    """Return what is sent for *verb* while a call is in its good state, ids by name."""
    sample = sample_of(verb)
    version = load(files_with(sample["good"], sample)).version
    assert version is not None
    world = World(catalogue(), seed=1, options=Options(), start=START)
    library = Library(install="test", catalogue=catalogue(), current=version, secrets={"door": "1"})
    stage = Stage(library=library, world=world, now=START)
    stage.outbox.outside.put([CRM])
    names = {}
    if sample.get("scene") == "somebody waits in support":
        names["{waiting}"] = _call(stage, WAITING)
    elif sample.get("scene") == "an agent is in the room team":
        names["{agent}"] = _call(stage, AGENT)
    else:
        assert "scene" not in sample, sample["scene"]
    before = len(stage.outbox.sent)
    names["{call}"] = _call(stage, OFFICE)
    stage.run_until(stage.now + sample.get("watched_s", 20.0))
    for room in world._exchange.conferences.values():
        names[f"{{room {room.name}}}"] = room.id
        names |= {f"{{participant {number}}}": stay.id for number, stay in enumerate(room.stays, 1)}
    wanted = _operations(verb, sample["good"])
    begins = min(line.at for line in stage.journal if line.kind == "state" and line.record["state"] == "sample")
    rows = [row for at, row in stage.outbox.sent[before:] if row.command.operation in wanted and at >= begins]
    by_id = {value: name for name, value in names.items()}
    found = [_named(_request(row.command), by_id) for row in rows]
    return [request for index, request in enumerate(found) if request not in found[:index]]


def _call(stage: Stage, number: str) -> str:
    leg = stage.world.call(from_=PERSON, to=number, now=stage.now)
    stage.run_until(stage.now + 3.0)
    return leg.call_control_id


def _operations(verb: str, state: str) -> set[str]:
    if verb == "telnyx":
        words = yaml.safe_load(state)["do"]
        return {step["telnyx"]["operation"] for step in words if "telnyx" in step}
    return {*VERBS[verb].operations, *({verb} & {HTTP, NOTIFY})}


def _request(command: Any) -> dict[str, Any]:
    if command.operation == NOTIFY:
        return {"notify": command.path["to"], "body": dict(command.parameters)}
    if command.operation == HTTP:
        asked = command.parameters
        sent = {"body": dict(asked["send"])} if asked["method"] == "POST" else {}
        return {"method": asked["method"], "url": command.path["url"], **sent}
    row = catalogue().operations[command.operation]
    path = row.path
    for name, value in command.path.items():
        path = path.replace(f"{{{name}}}", value)
    request: dict[str, Any] = {"method": row.method, "path": path}
    if command.query:
        request["query"] = dict(command.query)
    ours = ("client_state", "target_leg_client_state", "webhook_retries_policies", "command_id")
    body = {name: value for name, value in command.parameters.items() if name not in ours}
    return request | ({"body": body} if body else {})


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """Return *value* with ids replaced by names."""
    match value:
        case dict():
            return {key: _named(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [_named(inner, names) for inner in value]
        case str():
            for found, name in names.items():
                value = value.replace(found, name)
    return value


def update(verb: str) -> None:
    """Write the engine's part of the sample anew."""
    head = path_of(verb).read_text(encoding="utf-8").partition(MARK)[0]
    made = {"says": says(verb), "requests": requests(verb)}
    tail = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=118)
    path_of(verb).write_text(head + MARK + tail, encoding="utf-8")
