"""Tables that tests record as the property "table" are shown at the end of the run, in quiet and parallel runs too."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for text in (value for name, value in getattr(report, "user_properties", ()) if name == "table"):
                terminalreporter.write_sep("-", report.nodeid.rpartition("::")[2])
                terminalreporter.write_line(text)
