"""The pages of docs/ that are written from the engine's own tables: verbs.md and rules.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.check import allowances
from engine.check.report import as_text
from engine.check.run import RULES
from engine.core.catalogue import Operation
from engine.core.delivery import NOTIFY_TERMS, Terms
from engine.core.kinds import RULES as FORMULA_RULES
from engine.core.verbs import VERBS, Option, Verb
from engine.language.codes import LANGUAGE_CODES
from engine.language.values import spoken
from engine.language.wanted import example
from engine.language.yaml_rules import RULES as YAML_RULES
from engine.scenario.codes import SCENARIO_CODES
from engine.scenario.file import run_file
from engine.tables import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "tests/golden/err"

# -- verbs.md --------------------------------------------------------------------------------------------------

_VERBS_HEAD = """\
# Verbs

Every verb that may stand behind a dash. This page is written from the table that the checker and the service use.

- The short form `- verb: VALUE` sets the option marked *main*. The long form is `- verb: {option: VALUE, ...}`.
- A time is written with its unit: `30s`, `15m`, `2h`. Numbers for counts have none.
- A *text* may hold formulas: `"Hello {{ caller.number }}"`. A *name* may not.
- *Finished by* is what the next step waits for. You never write the waiting.
- *Sends* lists Telnyx's own operations, and why each may be sent again when no answer comes. *id*: the command carries
  a `command_id`, and for 60 seconds Telnyx ignores a second one with the same id. *harmless*: doing it twice changes
  nothing. Either way the last attempt begins 45 seconds after the first; after a restart a command with an *id* that
  is older than that is not sent any more ([operating.md](operating.md#what-is-promised-and-what-is-not)).

What happens when a step fails stands in [flows.md](flows.md#errors).
"""
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
    "leg": "a name for the far leg",
    "digits": "how many digits: `4`, or `2 to 4`",
    "phone": 'a phone number such as `"+15551230000"`, or one `{{ }}`',
    "keys": 'the keys that count, such as `"12345"`',
    "key": "one key: 0 to 9, * or #",
    "forever": "a number of times, or `forever`",
}
# What the table cannot say in one sentence; each must be true of engine/core/acts.
_NOTES = {
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
    "record": "A hang-up ends the recording. Where the file is, `call.recording.saved` tells.",
    "enqueue": "A call that is in this queue already stays where it is. Leaving the state does not leave the queue.",
    "check_queue": "When the call is not in the queue any more, the rest of its block is dropped, without an error.",
    "connect": "Finished when the two are together. Nobody waiting is an error of the step. Both hear "
    "`<role>.joined` and, at the end, `<role>.left`.",
    "join_conference": "`room: own` is a room of this call alone. With `must_exist: true` the room is never created. "
    "`max_people` and `lasts` count only for the call that creates the room; with `music_until_joined` that call hears "
    "music until somebody else joins.",
    "transfer": "The far leg needs a name (`as`). When it is busy, does not answer or refuses, "
    "`<name>.call.hangup` decides, and neither the rest of `do` nor `then` follows. `from` is the number shown; "
    "without it the project's `caller_id`, else Telnyx's own choice.",
    "notify": "Every other key becomes a field of the JSON body. It may also run after the call has ended.",
    "log": "It may also run after the call has ended.",
    "set": "`language` chooses the language of the prompts. It may also run after the call has ended.",
    "count": "It may also run after the call has ended.",
}  # fmt: skip
# Where the shortest form would not pass the checker, or says too little.
_EXAMPLES = {
    "gather": '- gather: {speak: "Press 1 for sales.", digits: 1}',
    "play": "- play: {audio: hold_music, repeat: forever}",
    "record": "- record: {longest: 3m, beep: true, stop_on_silence: 5s}",
    "enqueue": "- enqueue: {queue: support, max_wait: 15m}",
    "transfer": '- transfer: {to: "+15551239999", as: sales, ring_for: 25s}',
    "notify": '- notify: {to: inbox, number: "{{ caller.number }}"}',
    "set": "- set: {tries: 0, language: es-ES}",
}


def verbs_page() -> str:
    """Return docs/verbs.md."""
    index = " · ".join(f"[{name}](#{name})" for name in VERBS)
    return "\n".join([_VERBS_HEAD, index, "", *(line for verb in VERBS.values() for line in _verb(verb))])


def _verb(verb: Verb) -> Iterator[str]:
    yield from (f"## {verb.name}", "", f"{verb.about} {_NOTES.get(verb.name, '')}".strip(), "")
    written = _EXAMPLES.get(verb.name) or (f"- {verb.name}" if verb.bare else example(verb.name))
    yield from ("```yaml fragment", written, "```", "")
    if verb.options:
        yield from ("| option | what it takes | default | limits |", "|---|---|---|---|")
        yield from (_option(verb, option) for option in verb.options)
        yield ""
    yield f"- Finished by: {_finish(verb)}"
    yield from (f"- Sends: {line}" for line in _sends(verb))
    if verb.audible:
        yield "- Needs an answered call that is in no room."
    yield ""


def _option(verb: Verb, option: Option) -> str:
    takes = ", ".join(f"`{value}`" for value in option.values) or _TAKES[option.type]
    name = f"`{option.name}`" + (" (main)" if option.name == verb.main else "")
    default = "required" if option.required else _default(option)
    return f"| {name} | {takes} | {default} | {_limits(option)} |"


def _default(option: Option) -> str:
    value = option.default
    if value is None:
        return ""
    if option.type == "duration":
        return f"`{spoken(value)}`"
    if option.type == "digits":
        return f"`{value[0]} to {value[1]}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _limits(option: Option) -> str:
    if option.type == "text" and option.maximum is not None:
        return f"at most {option.maximum:g} characters"
    if option.minimum is None or option.maximum is None:
        return ""
    low, high = (spoken(option.minimum), spoken(option.maximum)) if option.type == "duration" else ("", "")
    return f"{low or format(option.minimum, 'g')} to {high or format(option.maximum, 'g')}"


def _finish(verb: Verb) -> str:
    if verb.events:
        return " or ".join(f"`{event}`" for event in verb.events)
    return "Telnyx's answer" if verb.operations else "at once"


def _sends(verb: Verb) -> Iterator[str]:
    rows = catalogue().operations
    if verb.name == "notify":
        yield f"nothing to Telnyx; the message is tried {NOTIFY_TERMS.max_attempts} times within 10 minutes"
    elif verb.operations:
        yield ", ".join(f"`{name}` ({_resend(rows[name])})" for name in verb.operations)


def _resend(operation: Operation) -> str:
    words = {"always": "harmless", "while_remembered": "id", "never": "at most once"}
    return words[Terms.of(operation).repeats]


# -- rules.md --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule, as far as the page needs it."""

    code: str
    name: str
    about: str
    can_be_allowed: bool


_RULES_HEAD = """\
# Rules

Everything that `ringflow check` and `ringflow test` can say about your files. Each message ends with a code and a
name, such as `[R001 unknown-state]`; here is what it means, with a real report of a bad file.

An *error* stops `check` (exit code 1), `test` and `serve`. A *warning* is printed and stops nothing.

A rule marked *can be allowed* can be silenced for the next line, when you know better. The reason is required, and an
allowance that nothing needs is reported:

```yaml fragment
# check: allow G010 because the new menu comes next week
```
"""
_LAYERS = (
    ("Y", "Reading the file"),
    ("S", "Words and values"),
    ("R", "Names"),
    ("X", "Formulas"),
    ("G", "Ways through the flow"),
    ("T", "Telephony"),
    ("W", "Leftovers"),
    ("C", "Allowances"),
    ("N", "Tests (`*.test.yaml`)"),
)
_NO_SAMPLE = "No example here: it would fill the page."

# One bad test for each N rule: the steps of a scenario about the shipped front desk.
_BAD_STEPS = {
    "N001": "- heers: Welcome to Acme",
    "N002": "- caler: calls",
    "N003": "- is_in: team_rom",
    "N004": "- caller: hangs it up",
    "N005": "- is_in: menu",
}


def all_rules() -> list[RuleLine]:
    """Return every rule that the checker and the scenario reader know, sorted by code."""
    written = [(code, *text) for code, text in (YAML_RULES | FORMULA_RULES).items()]
    fixed = (*LANGUAGE_CODES, *allowances.CODES, *SCENARIO_CODES)
    lines = [RuleLine(code, name, about, False) for code, name, about in written]
    lines += [RuleLine(code.code, code.name, code.about, False) for code in fixed]
    lines += [RuleLine(rule.code.code, rule.code.name, rule.code.about, rule.code.code[0] in "GTW") for rule in RULES]
    return sorted(lines, key=lambda line: line.code)


def rules_page() -> str:
    """Return docs/rules.md."""
    parts = [_RULES_HEAD]
    for letter, title in _LAYERS:
        parts.append(f"## {title}\n")
        parts += [_rule(line) for line in all_rules() if line.code[0] == letter]
    return "\n".join(parts)


def _rule(line: RuleLine) -> str:
    allowed = " *Can be allowed.*" if line.can_be_allowed else ""
    report = sample_report(line)
    shown = f"```text\n{report}\n```" if report else _NO_SAMPLE
    return f"### {line.code} {line.name}\n\n{line.about}{allowed}\n\n{shown}\n"


def sample_report(line: RuleLine) -> str:
    """Return the first problem of this rule in the reports of the bad samples, "" where there is none."""
    if line.code in _BAD_STEPS:
        return _test_report(_BAD_STEPS[line.code])
    plain = f"{line.code.lower()}_{line.name.replace('-', '_')}.out"
    found = sorted(SAMPLES.glob(f"{line.code.lower()}_*.out"), key=lambda path: (path.name != plain, path.name))
    for path in found:
        for problem in path.read_text(encoding="utf-8").split("\n\n"):
            if f"[{line.code} {line.name}]" in problem.partition("\n")[0]:
                return problem.strip("\n")
    return ""


def _test_report(step: str) -> str:
    """Return what `ringflow test` says about a scenario whose only step is *step*."""
    flows = {name: (ROOT / "flows" / name).read_bytes() for name in ("front_desk.flow.yaml", "project.yaml")}
    text = f"test: front_desk.flow.yaml\nscenarios:\n  - name: A bad step\n    steps:\n      {step}\n".encode()
    problems = run_file("bad.test.yaml", text, flows).problems
    return as_text(problems, {"bad.test.yaml": text}).split("\n\n")[0].strip("\n")


PAGES = {"verbs.md": verbs_page, "rules.md": rules_page}
