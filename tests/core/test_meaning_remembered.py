"""language.md, section 3: what a call remembers, and what a secret may be used for."""

from __future__ import annotations

import pytest
from core_stage import AGENTS, CALLER, OFFICE, PROJECT, Phone, flow
from legs_flow import answer, office

from engine.check.run import check_files, load
from engine.core.expression import compile_formula
from engine.core.kinds import Kind
from engine.graph.build import Sheet, build
from engine.graph.mermaid import as_mermaid


class Wary(str):
    """A text that notices when it is compared letter by letter, which takes the longer the more is right."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared in a time that tells how much is right")

    __ne__ = __eq__


GUARDED = """\
  a:
    do: [answer, {gather: {speak: PIN, digits: 4, into: typed}}, STEP]
    keys: {digits: check, nothing: hangup}
  check:
    do: [{set: {kept: "{{ secret.pin }}"}}, {run: {flow: inner, give: {code: "{{ secret.pin }}"}}}]
    then:
      - if: typed == kept and typed == secret.pin
        then: right
      - then: hangup
  right:
    do: [{speak: That is right}]
    then: hangup
"""
TOP = "remember:\n  typed: {type: digits, secret: true}\n  kept: {type: text, secret: true}\n  open: {type: text}\n"
INNER = """\
flow: inner
starts_when:
  another_flow_calls: {needs: {code: {type: text, secret: true}}}
anywhere: {on_error: hangup}
start: a
states:
  a:
    then:
      - if: code == "4821"
        then: b
      - then: hangup
  b:
    do: [{speak: Inside}]
    then: end
"""
TELLS = {
    "speak: 'It is {{ secret.pin }}'": "T006",
    "speak: 'You said {{ typed }}'": "T006",
    "log: '{{ kept }}'": "T006",
    "notify: {to: inbox, pin: '{{ secret.pin }}'}": "T006",
    "set: {open: '{{ secret.pin }}'}": "T006",
}


def _files(step: str, condition: str = "") -> dict[str, bytes]:
    text = flow(
        GUARDED.replace(", STEP", "").replace("[{set:", f"[{{{step}}}, {{set:")
        if step
        else GUARDED.replace(", STEP", ""),
        top=TOP,
    )
    if condition:
        text = text.replace("typed == kept", condition)
    return {"desk.flow.yaml": text.encode(), "inner.flow.yaml": INNER.encode(), "project.yaml": PROJECT}


def test_secrets():
    """
    Secrets are only compared (constant time), put into secret variables or given to `run`; never spoken, logged, drawn.
    """
    files = _files("")
    assert [str(problem) for problem in check_files(files) if problem.severity == "error"] == []
    for step, code in TELLS.items():
        assert code in {problem.rule for problem in check_files(_files(step))}, step
    for condition in (
        "length(secret.pin) > 3",
        "starts_with(typed, secret.pin)",
        "typed in secret.pin",
        "secret.pin > '1'",
    ):
        assert "X003" in {problem.rule for problem in check_files(_files("", condition))}, condition
    public = INNER.replace("{type: text, secret: true}", "text").encode()
    assert "R024" in {problem.rule for problem in check_files({**files, "inner.flow.yaml": public})}

    phone = Phone(files["desk.flow.yaml"].decode(), INNER, secrets={"pin": "4821"})
    call = phone.calls(wait=2)
    phone.press(call, "4821", wait=5)

    assert phone.heard(call) == ["PIN", "Inside", "That is right"]
    assert "4821" not in str(phone.stage.journal)
    trees = {tree.path: tree for tree in load(files).folder.trees}
    roots = load(files).folder.documents
    drawn = as_mermaid(
        build([Sheet(path=name, tree=trees[name], root=roots[name].root, problems=()) for name in trees])
    )
    assert "4821" not in drawn


def test_secrets_are_compared_in_constant_time():
    """'Secrets are only compared (constant time)'"""
    for source in ("typed == secret.pin", "typed != secret.pin", "secret.pin == typed"):
        kinds = {"typed": Kind.DIGITS, "secret.pin": Kind.DIGITS}
        formula = compile_formula(source, kinds, secret_names=frozenset({"secret.pin"}))

        found = formula.evaluate({"typed": Wary("4821"), "secret.pin": Wary("4821")})

        assert found is ("==" in source)


def test_language():
    """`settings.language` chooses the prompt, `set: {language: ...}` changes it."""
    states = "  a:\n    do: [answer, {prompt: hello}, {set: {language: en-US}}, {prompt: hello}]\n    then: b\n"
    states += "  b:\n    do: [{gather: {prompt: hello, digits: 1}}]\n    keys: {digits: hangup, nothing: hangup}\n"
    top = "settings: {language: LANGUAGE}\nprompts:\n  hello: {en-US: Hello, es-ES: Hola, fr-FR: Bonjour}\n"
    for language, first in (("es-ES", "Hola"), ("fr-FR", "Bonjour")):
        phone = Phone(flow(states, top=top.replace("LANGUAGE", language)))
        call = phone.calls(wait=4)

        assert phone.heard(call) == [first, "Hello", "Hello"]
        assert [row.command.parameters["language"] for _, row in phone.rows(call, "speak")] == [language, "en-US"]
        assert phone.parameters("gather_using_speak", call)["language"] == "en-US"


# -- numbers -----------------------------------------------------------------------------------------------------

NUMBERS = '{log: "{{ ROLE.number }} calls {{ called.number }}"}'


@pytest.mark.parametrize(("shown", "number"), [(CALLER, CALLER), ("anonymous", ""), ("sip:someone@example.com", "")])
def test_numbers(shown: str, number: str):
    """
    `caller.number` is the person's number (`from` when they called, `to` when we did, `""` when withheld),
    `called.number` ours.
    """
    roles = f"""\
roles:
  agent:
    starts_when: {{calls_to: ["{AGENTS}"]}}
    anywhere: {{on_error: hangup}}
    start: a
    states:
      a:
        do: [answer, {NUMBERS.replace("ROLE", "agent")}]
        after: {{1h: hangup}}
"""
    states = (
        f'  a:\n    do: [answer, {NUMBERS.replace("ROLE", "caller")}, {{dial: {{to: "+15557770001", as: agent}}}}]\n'
    )
    states += "    on: {agent.call.hangup: hangup}\n    after: {1h: hangup}\n"
    phone = office(flow(states, roles=roles))
    phone.calls(from_=shown, wait=1)
    answer(phone)

    assert phone.logged() == [f"{number} calls {OFFICE}", "+15557770001 calls +15559990000"]


OUTGOING = {
    "dial": 'dial: {to: "+15557770001", as: agent}',
    "transfer": 'transfer: {to: "+15557770001", as: boss}',
    "call_later": 'call_later: {flow: callback, to: "+15557770001", in: 1s}',
}
CALLBACK = """\
flow: callback
starts_when: {outgoing_call: true}
SETTINGS
anywhere: {on_error: hangup}
start: a
states:
  a:
    do: [{speak: Hello}]
    then: hangup
"""
ROLE = "roles:\n  agent:\n    anywhere: {on_error: hangup}\n    start: a\n    states:\n      a:\n        then: hangup\n"


@pytest.mark.parametrize("verb", OUTGOING)
@pytest.mark.parametrize(
    ("settings", "shown"), [('settings: {call_from: "+15553334444"}\n', "+15553334444"), ("", "+15559990000")]
)
def test_call_from(verb: str, settings: str, shown: str):
    """Outgoing calls come from `settings.call_from` (else the project's `telnyx.caller_id`)."""
    states = (
        f"  a:\n    do: [answer, {{{OUTGOING[verb]}}}]\n"
        f"    on: {{agent.call.hangup: hangup, boss.call.hangup: hangup}}\n    after: {{1h: hangup}}\n"
    )
    states = states.replace("agent.call.hangup: hangup, " if verb == "transfer" else ", boss.call.hangup: hangup", "")
    phone = office(
        flow(states, top=settings, roles=ROLE if verb == "dial" else ""), CALLBACK.replace("SETTINGS", settings)
    )
    if verb == "call_later":
        phone = office(
            flow(states.replace("on: {agent.call.hangup: hangup}", "about: x")), CALLBACK.replace("SETTINGS", settings)
        )
    phone.calls(wait=5)

    assert phone.parameters("transfer" if verb == "transfer" else "dial")["from"] == shown


@pytest.mark.parametrize("verb", OUTGOING)
@pytest.mark.parametrize(("number", "may"), [("+15557654321", True), ("+34600111222", False), ("anonymous", False)])
def test_may_call(verb: str, number: str, may: bool):
    """Numbers from data are dialled only inside `may_call`."""
    step = OUTGOING[verb].replace('"+15557770001"', '"{{ caller.number }}"')
    legs = {
        "dial": "on: {agent.call.hangup: hangup}",
        "transfer": "on: {boss.call.hangup: hangup}",
        "call_later": "about: x",
    }
    states = f"  a:\n    do: [answer, {{{step}}}]\n    {legs[verb]}\n    after: {{1h: hangup}}\n"
    phone = office(flow(states, roles=ROLE if verb == "dial" else ""), CALLBACK.replace("SETTINGS", ""))
    phone.calls(from_=number, wait=5)

    assert bool(phone.rows(operation="transfer" if verb == "transfer" else "dial")) is may
    assert phone.errors() == ([] if may else ["may_call"])


@pytest.mark.parametrize("asked", [True, False])
def test_machines(asked: bool):
    """`call.machine.*` only where detection is asked for."""
    wish = ", detect_machine: greeting_end" if asked else ""
    states = f'  a:\n    do: [answer, {{dial: {{to: "+15557770001", as: agent{wish}}}}}]\n'
    states += "    on: {agent.call.hangup: hangup}\n    after: {1h: hangup}\n"
    roles = ROLE.replace(
        "        then: hangup\n",
        "        after: {1h: hangup}\n        on: {call.machine.detection.ended: {do: [{log: machine}]}}\n",
    )
    text = flow(states, roles=roles)
    phone = office(text)
    phone.calls(wait=2)
    answer(phone, wait=20, machine=True)

    assert phone.logged() == (["machine"] if asked else [])
    problems = check_files(
        {"desk.flow.yaml": text.encode(), "project.yaml": PROJECT + b'telnyx: {connection_id: "77"}\n'}
    )
    assert ("T012" in {problem.rule for problem in problems}) is not asked
