"""What is written from the engine's own tables: docs/verbs.md, rules.md, events.md, telnyx.md, schemas/rules.json."""

from __future__ import annotations

import difflib
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from event_page import events_page
from telnyx_page import telnyx_page

from engine import reference
from engine.check import allowances, explain
from engine.check.explain import LAYERS, RulePage
from engine.check.report import as_text
from engine.check.rule import Rule
from engine.check.run import RULES
from engine.core.kinds import RULES as FORMULA_RULES
from engine.core.verbs import VERBS, Option, Verb
from engine.language.codes import LANGUAGE_CODES, Code
from engine.language.yaml_rules import RULES as YAML_RULES
from engine.scenario.codes import SCENARIO_CODES
from engine.scenario.file import run_file

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "tests/golden"

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


def verbs_page() -> str:
    """Return docs/verbs.md."""
    index = " · ".join(f"[{name}](#{name})" for name in VERBS)
    return "\n".join([_VERBS_HEAD, index, "", *(line for verb in VERBS.values() for line in _verb(verb))])


def _verb(verb: Verb) -> Iterator[str]:
    yield from (f"## {verb.name}", "", reference.about(verb), "")
    sample = yaml.safe_load((SAMPLES / f"verbs/{verb.name}.yaml").read_text(encoding="utf-8"))
    yield from (f"*{sample['sentence']}*", "", "```yaml fragment", sample["good"].rstrip(), "```", "")
    if verb.options:
        yield from ("| option | what it takes | default | limits |", "|---|---|---|---|")
        yield from (_option(verb, option) for option in verb.options)
        yield ""
    yield f"- Finished by: {reference.finished_by(verb)}"
    if reference.sends(verb):
        yield f"- Sends: {reference.sends(verb)}"
    if verb.audible:
        yield "- Needs an answered call that is in no room."
    yield ""


def _option(verb: Verb, option: Option) -> str:
    name = f"`{option.name}`" + (" (main)" if option.name == verb.main else "")
    return f"| {name} | {reference.takes(option)} | {reference.default(option)} | {reference.limits(option)} |"


# -- rules.json and rules.md -----------------------------------------------------------------------------------

_RULES_HEAD = """\
# Rules

Everything that `ringflow check` and `ringflow test` can say about your files. Each message ends with a code and a
name, such as `[R001 unknown-state]`; here is what it means, with a real report of a bad file, and its lines put right.
`ringflow explain R001` shows the same with the whole files, also where there is no internet.

An *error* stops `check` (exit code 1), `test` and `serve`. A *warning* is printed and stops nothing.

A rule marked *can be allowed* can be silenced for the next line, when you know better. The reason is required, and an
allowance that nothing needs is reported:

```yaml fragment
# check: allow G010 because the new menu comes next week
```
"""
_NO_SAMPLE = "No example here: it would fill the page."

# One bad test for each N rule: the steps of a scenario about the shipped front desk.
_BAD_STEPS = {
    "N001": "- heers: Welcome to Acme",
    "N002": "- caler: calls",
    "N003": "- is_in: team_rom",
    "N004": "- caller: hangs it up",
    "N005": "- is_in: menu",
    "N006": "- caller: calls\n      - wait: 5s",
}
# A flow that looks something up, for the rule about lookups.
_LOOKUP = """\
flow: front_desk
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: ask
states:
  ask:
    do: [answer, {http: {get: "https://crm.example.com/news", if_fails: hangup}}]
    then: hangup
"""


@functools.cache
def all_rules() -> tuple[RulePage, ...]:
    """Return every rule that the checker and the scenario reader know, by layer and code."""
    written = [Code(code, *text) for code, text in (YAML_RULES | FORMULA_RULES).items()]
    codes = [*written, *LANGUAGE_CODES, *allowances.CODES, *SCENARIO_CODES]
    pages = [_rule_page(code) for code in codes]
    pages += [_rule_page(rule.code, _more(rule), allowances.can_be_allowed(rule.code)) for rule in RULES]
    return tuple(sorted(pages, key=lambda page: ([*LAYERS].index(page.code[0]), page.code)))


def _more(rule: Rule) -> str:
    """Return what stands in the docstring of the rule's file, below its first line; a paragraph is one line."""
    paragraphs = (sys.modules[rule.check.__module__].__doc__ or "").strip().split("\n\n")
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph) for paragraph in paragraphs[1:])


def _rule_page(code: Code, more: str = "", can_be_allowed: bool = False) -> RulePage:
    bad, report = _bad_test(code) if code.code in _BAD_STEPS else _bad_sample(code)
    severity = "warning" if ": warning: " in report.partition("\n")[0] else code.severity
    return RulePage(
        code=code.code,
        name=code.name,
        severity=severity,
        about=code.about,
        more=more,
        can_be_allowed=can_be_allowed,
        allowance=_allowance(code.code, severity, can_be_allowed),
        bad=bad,
        report=report,
        good=_good_sample(code),
    )


def _allowance(code: str, severity: str, can_be_allowed: bool) -> str:
    if can_be_allowed:
        return f"When you know better, write on the line above, with your reason: `# check: allow {code} because ...`"
    if severity == "warning":
        return "It cannot be allowed, but it stops nothing."
    return f"It cannot be allowed: a {'test' if code[0] == 'N' else 'flow'} with this fault cannot run."


def _samples(code: Code, folder: str) -> list[Path]:
    """Return the samples of a rule, first the one that bears its name."""
    plain = f"{code.code.lower()}_{code.name.replace('-', '_')}"
    found = (SAMPLES / folder).glob(f"{code.code.lower()}_*")
    samples = [path for path in found if path.is_dir() or path.name.endswith(".flow.yaml")]
    return sorted(samples, key=lambda path: (path.name.removesuffix(".flow.yaml") != plain, path.name))


def _files(sample: Path) -> dict[str, str]:
    files = sorted(sample.iterdir()) if sample.is_dir() else [sample]
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in files}


def _bad_sample(code: Code) -> tuple[dict[str, str], str]:
    """Return the first sample of the rule whose report has the rule, and the first such problem of the report."""
    for sample in _samples(code, "err"):
        report = sample.parent / f"{sample.name.removesuffix('.flow.yaml')}.out"
        problems = report.read_text(encoding="utf-8").split("\n\n") if report.exists() else []
        for problem in problems:
            if f"[{code.code} {code.name}]" in problem.partition("\n")[0]:
                return _files(sample), problem.strip("\n")
    return {}, ""


def _good_sample(code: Code) -> dict[str, str]:
    return next((_files(sample) for sample in _samples(code, "ok")), {})


def _bad_test(code: Code) -> tuple[dict[str, str], str]:
    """Return a test whose only step is bad, and what `ringflow test` says about it."""
    flows = {name: (ROOT / "flows" / name).read_bytes() for name in ("front_desk.flow.yaml", "project.yaml")}
    if code.code == "N006":
        flows = {"front_desk.flow.yaml": _LOOKUP.encode(), "project.yaml": b"http_hosts: [crm.example.com]\n"}
    step = _BAD_STEPS[code.code]
    text = f"test: front_desk.flow.yaml\nscenarios:\n  - name: A bad step\n    steps:\n      {step}\n"
    problems = run_file("bad.test.yaml", text.encode(), flows).problems
    report = as_text(problems, {"bad.test.yaml": text.encode()}).split("\n\n")[0].strip("\n")
    return {"bad.test.yaml": text}, report


def rules_page() -> str:
    """Return docs/rules.md."""
    parts = [_RULES_HEAD]
    for letter, title in LAYERS.items():
        parts.append(f"## {title}\n")
        parts += [_rule(page) for page in all_rules() if page.code[0] == letter]
    return "\n".join(parts)


def _rule(page: RulePage) -> str:
    allowed = " *Can be allowed.*" if page.can_be_allowed else ""
    more = f"\n\n{page.more}" if page.more else ""
    shown = f"```text\n{page.report}\n```" if page.report else _NO_SAMPLE
    good = "\n".join(_put_right(page))
    right = f"\n\nPut right:\n\n```yaml excerpt\n{good}\n```" if good else ""
    return f"### {page.code} {page.name}\n\n{page.about}{allowed}{more}\n\n{shown}{right}\n"


def _put_right(page: RulePage) -> Iterator[str]:
    """Yield the lines of the good sample that differ from the bad one, each with two lines around it."""
    for name, text in page.good.items():
        good = text.splitlines()
        edits = difflib.SequenceMatcher(None, page.bad.get(name, "").splitlines(), good, autojunk=False)
        hunks = list(edits.get_grouped_opcodes(2)) if page.bad.get(name) != text else []
        if hunks and len(page.good) > 1:
            yield f"# {name}"
        for number, hunk in enumerate(hunks):
            if number:
                yield "..."
            yield from good[hunk[0][3] : hunk[-1][4]]


PAGES = {
    "docs/verbs.md": verbs_page,
    "docs/events.md": events_page,
    "docs/rules.md": rules_page,
    "docs/telnyx.md": telnyx_page,
    "schemas/rules.json": lambda: explain.as_json(all_rules()),
}
