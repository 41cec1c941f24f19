"""
The long form of the laboratory, ``make crash``: 20,000 webhooks and a hundred kills, on each kind of database.

With ``--write`` its table replaces the one of docs/crash.md. It exits with 1 when something was found.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.append(str(_HERE.parent))

from crash_report import Report, table  # noqa: E402
from crash_time import SCALE  # noqa: E402

_PAGE = _HERE.parent.parent / "docs" / "crash.md"
_TABLE = re.compile(r"(?<=<!-- the last long run -->\n)(.*?)(?=<!-- until here -->)", re.DOTALL)
_STORES = (("sqlite", 1), ("postgres", 3))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--crowd", type=int, default=40, help="calls at once")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--write", action="store_true", help="write the table into docs/crash.md")
    given = parser.parse_args()
    reports = [_report(store, engines, given) for store, engines in _STORES]
    text = table(reports)
    print(text)
    if given.write:
        _write(text, given.seed)
    return 1 if any(report.broken for report in reports) else 0


def _report(store: str, engines: int, given: argparse.Namespace) -> Report:
    options = {
        "--store": store, "--engines": engines, "--events": given.events, "--kills": given.kills,
        "--crowd": given.crowd, "--seed": given.seed,
    }  # fmt: skip
    arguments = [str(part) for option in options.items() for part in option]
    program = [sys.executable, str(_HERE / "laboratory.py"), "--json", *arguments]
    done = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        sys.exit("the laboratory itself failed; what it said stands above")
    return Report(**json.loads(done.stdout))


def _write(text: str, seed: int) -> None:
    day = time.strftime("%Y-%m-%d")
    told = f"{day}, seed {seed}, time {SCALE:g} times as fast.\n\n{text}\n\n"
    _PAGE.write_text(_TABLE.sub(lambda _: told, _PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
