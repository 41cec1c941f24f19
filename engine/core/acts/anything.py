"""telnyx: any operation of the catalogue, with Telnyx's own parameters; the checker has held them against it."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine.core.acts.act import Act, Failure, Result, Verdict
from engine.core.acts.calls import forbidden, number_in
from engine.core.acts.paging import MOST_PAGES, PAGE_SIZE
from engine.core.answer import Answer, answer_in
from engine.core.catalogue import RINGING, ROOM_IDS, THIS_CALL, Operation
from engine.core.event import Event
from engine.core.leg import Running
from engine.core.taking import UnfitAnswerError, fitted, part
from engine.core.turn import Turn

_PAGE = "page[number]"


def _begin(turn: Turn, running: Running) -> Result:
    given: dict[str, Any] = dict(turn.option(running.frame, "parameters") or {})
    row = _operation(turn, running)
    if row.name in RINGING:
        name = RINGING[row.name]
        written, number = turn.action(running.frame).options["parameters"][name], given[name]
        if (refusal := forbidden(turn, written, number_in(str(number)) if name != "to" else number)) is not None:
            return refusal
    path = {}
    for name in row.path_parameters:
        value = given.pop(name) if name in given and name not in row.parameters else None
        path[name] = str(value or _default(turn, name) or "")
    if not all(path.values()):
        return Failure("no_room", title="The call is in no room")
    query = {name: given.pop(name) for name in row.query if name in given}
    if THIS_CALL in row.required and THIS_CALL not in row.path_parameters:
        given.setdefault(THIS_CALL, turn.leg.call_control_id)
    if row.lists and _PAGE not in query:  # all of it, unless the author wants one page
        query = {"page[size]": PAGE_SIZE, **query, _PAGE: 1}
        running.note["further"] = {"path": path, "query": query}
    turn.send(row.name, given, path=path, query=query)
    return Verdict.WAITS


def _operation(turn: Turn, running: Running) -> Operation:
    return turn.program.catalogue.operations[turn.action(running.frame).options["operation"]]


def _default(turn: Turn, name: str) -> str:
    if name == THIS_CALL:
        return turn.leg.call_control_id
    return turn.leg.conference_id if name in ROOM_IDS and turn.leg.is_in_room else ""


def _accepted(turn: Turn, running: Running, event: Event) -> Result:
    into: dict[str, str] = turn.option(running.frame, "into") or {}
    answer, row = answer_in(event.payload), _operation(turn, running)
    further = running.note.get("further")
    if row.lists:
        _take_page(running, into, answer)
    if further is not None and not answer.is_last_page and further["query"][_PAGE] < MOST_PAGES:
        further["query"][_PAGE] += 1
        turn.send(row.name, path=further["path"], query=dict(further["query"]))
        return Verdict.WAITS
    found = running.note.get("found", {}) if row.lists else {name: answer.result for name in into}
    variables = turn.program.flow.variables
    try:
        for name, path in into.items():
            value, kind = found.get(name), variables[name].type
            found[name] = turn.recalled(frozenset({name}), partial(_taken, value, path, kind, is_listed=row.lists))
    except UnfitAnswerError as error:
        return Failure("unfit", title=str(error))
    turn.leg.variables |= found
    return Verdict.DONE


def _take_page(running: Running, into: dict[str, str], answer: Answer) -> None:
    """Keep of this page what is wanted: of every row a part, or the one row whose number is written."""
    found, before = running.note.setdefault("found", {}), running.note.get("rows", 0)
    running.note["rows"] = before + len(answer.items)
    for name, path in into.items():
        number, _, rest = path.partition(".")
        if not number.isdigit():
            found.setdefault(name, []).extend(value for row in answer.items if (value := _part(row, path)) is not None)
        elif before <= int(number) < running.note["rows"]:
            found[name] = _part(answer.items[int(number) - before], rest)


def _part(row: Any, path: str) -> Any:
    try:
        return part(row, path)
    except UnfitAnswerError:
        return None


def _taken(value: Any, path: str, kind: str, *, is_listed: bool) -> Any:
    """Return what goes into a variable of type *kind*. Raises UnfitAnswerError, also for a part that is missing."""
    if not is_listed:
        return fitted(part(value, path), kind, path)
    if value is None:
        raise UnfitAnswerError(f"the answer has no '{path}'")
    is_of_every_row = not path.partition(".")[0].isdigit()
    return [fitted(item, "text", path) for item in value] if is_of_every_row else fitted(value, kind, path)


ACTS = {"telnyx": Act(begin=_begin, accepted=_accepted)}
