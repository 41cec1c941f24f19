"""T021: somebody is recorded and was not told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.check.reuse import uses
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder
from engine.language.tree import FlowTree, RoleTree, StepTree

CODE = Code("T021", "recording-untold", "A recording that the people on the line are not told of.", "warning")

_RECORDS = frozenset({"record", "conference_record_start"})
# "record" in the languages of Telnyx's voices.
_TELLS = re.compile(
    r"record|grab|enregist|aufgezeichnet|aufnahme|aufgenommen|registr|grava|opgenomen|opname|inspel|spelas in|optag|"
    r"nagr|[iî]nregistr|запис|tekið upp|kayded|recordio|录音|錄音|録音|녹음|रिकॉर्ड|تسجيل",
    re.IGNORECASE,
)


def check(folder: Folder) -> Iterator[Problem]:
    """
    Yield one warning for each recording that some way leads to on which no text announces it.

    Ways of trouble do not count. Audio says so when its name does; a prompt that is played counts as telling. A flow
    that others use may leave the telling to them.
    """
    for flow, role in folder.roles():
        recordings = [step for step in role.steps() if step.name in _RECORDS]
        if recordings and role.is_sound and not _is_told_by_others(folder, flow):
            for step in _untold_recordings(flow, role):
                message = "nothing tells the people on the line that they are recorded"
                hint = 'In many countries they must be told, for example - speak: "This call is recorded."'
                yield CODE.at(flow.path, step.key.span, message, hint=hint)


def _is_told_by_others(folder: Folder, flow: FlowTree) -> bool:
    users = [use.by for use in uses(folder) if use.of is flow]
    return bool(users) and all(any(_tells(user, step) for _, _, step in user.steps()) for user in users)


def _untold_recordings(flow: FlowTree, role: RoleTree) -> Iterator[StepTree]:
    untold = _untold(flow, role)
    for block in role.blocks():
        if block.name in untold:
            steps = list(block.all_steps())
            for index, step in enumerate(steps):
                if step.name in _RECORDS and not any(_tells(flow, earlier) for earlier in steps[:index]):
                    yield step


def _untold(flow: FlowTree, role: RoleTree) -> set[str]:
    """Return the states that some way leads to on which nobody is told, and ``anywhere`` where there is one at all."""
    todo = [role.start.text] if role.start is not None else []
    found: set[str] = set()
    while todo:
        name = todo.pop()
        state = role.state(name)
        if state is None or name in found:
            continue
        found.add(name)
        if not any(_tells(flow, step) for step in state.steps):
            found.add(role.anywhere.name)
            for section, rules in (*state.all_rules(), *role.anywhere.all_rules()):
                untold = (rule for rule in rules if not any(_tells(flow, step) for step in rule.steps))
                todo += [rule.then.word.text for rule in untold if rule.then is not None and section != "on_error"]
    return found


def _tells(flow: FlowTree, step: StepTree) -> bool:
    if any(_TELLS.search(step.given[name].text) for name in ("text", "speak", "audio") if name in step.given):
        return True
    says = flow.prompts.get(str(step.values.get("prompt", "")), {})
    return any(prompt.audio or _TELLS.search(str(prompt.text)) for prompt in says.values())
