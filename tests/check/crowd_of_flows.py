"""Many flows, each as long as a large real one: the shipped front desk with more wings, and numbers of its own."""

from __future__ import annotations

import random
import re
from pathlib import Path

FLOWS = Path(__file__).resolve().parent.parent.parent / "flows"
_SHARED = ("welcome", "goodbye", "apologise")  # once in each flow; the other states once in each wing
_TEAMS = ("sales", "parts", "returns", "billing", "repairs", "rentals", "tickets", "deliveries", "claims", "news")


def write_crowd(folder: Path, *, flows: int, lines: int, seed: int = 1) -> None:
    """Write *flows* flows of at least *lines* lines each, and their project file, into *folder*."""
    chance = random.Random(seed)
    head, _, body = (FLOWS / "front_desk.flow.yaml").read_text(encoding="utf-8").partition("states:\n")
    states = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n(?=    ))+)", body, re.MULTILINE))
    for number in range(flows):
        (folder / f"desk_{number:03}.flow.yaml").write_text(_flow(head, states, number, lines, chance), "utf-8")
    (folder / "project.yaml").write_bytes((FLOWS / "project.yaml").read_bytes())


def _flow(head: str, states: dict[str, str], number: int, lines: int, chance: random.Random) -> str:
    head = head.replace("flow: front_desk", f"flow: desk_{number:03}").replace(
        "+15551230000", f"+1555{2_000_000 + number}"
    )
    text = head + "states:\n" + "".join(f"  {name}:\n{states[name]}\n" for name in _SHARED)
    wings = 0
    while text.count("\n") < lines:
        text += _wing(states, wings, chance)
        wings += 1
    text = text.replace(" press 2.", " press 2. For another team, press 9.")
    text = text.replace(" pulse 2.", " pulse 2. Para otro equipo, pulse 9.")
    return text.replace("then: menu\n", "then: menu_0\n").replace(f": menu_{wings}\n", ": menu_0\n")


def _wing(states: dict[str, str], index: int, chance: random.Random) -> str:
    """Return the states of one wing, which has its own team; 9 leads from its menu to the next wing's."""
    names = "|".join(name for name in states if name not in _SHARED)
    wing = "".join(f"  {name}:\n{text}\n" for name, text in states.items() if name not in _SHARED)
    wing = re.sub(rf"(^  |: )({names})(?=:?$|:? +#)", rf"\1\2_{index}", wing, flags=re.MULTILINE)
    wing = wing.replace(f'"2": ask_pin_{index}\n', f'"2": ask_pin_{index}\n      "9": menu_{index + 1}\n')
    wing = wing.replace("the team room", f"the room of {chance.choice(_TEAMS)}")
    return re.sub(r"\b(\d)s,", lambda match: f"{int(match[1]) + chance.randrange(3)}s,", wing)
