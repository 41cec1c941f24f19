"""R008: an event that Telnyx is not known to send."""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.rules.r006_unknown_event import known_events, unknown_events
from engine.check.rules.r007_unknown_leg import names_a_leg
from engine.core.nearest import nearest
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R008", "strange-event", "An event that Telnyx is not known to send.", "warning")


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one warning for each event that the catalogue lacks and that is no slip of a known one."""
    for flow, role, branch in unknown_events(folder):
        name = branch.name
        if "." not in name or names_a_leg(name, folder) or name.partition(".")[0] in {*role.legs, *flow.role_names}:
            continue  # R006 and R007 tell of these
        if nearest(name, known_events(folder, flow, role)) is None:
            message = f"Telnyx is not known to send '{name}'; this may never happen"
            yield CODE.at(flow.path, branch.key.span, message)
