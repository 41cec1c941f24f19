"""``ringflow doctor``: whether this machine, the flows and the Telnyx account fit together."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.commands.folders import settings
from engine.commands.terminal import OK, PROBLEMS, USAGE, format_option, say
from engine.errors import SettingsError

if TYPE_CHECKING:
    from engine.doctor.finding import Finding

_WORDS = {"ok": "ok", "hint": "hint", "wrong": "wrong", "not_checked": "not checked"}


@click.command(epilog="Example: ringflow doctor")
@format_option()
def doctor(form: str) -> int:
    """Check settings, flows, database and the Telnyx account, and say what to mend. Nothing is changed."""
    from engine.doctor.account import look
    from engine.doctor.finding import in_two, wrong
    from engine.doctor.here import database_finding, flows_findings, settings_findings
    from engine.logs import redaction

    try:
        found = settings(for_serve=True)
    except SettingsError as error:
        _report([wrong("settings", *in_two(problem)) for problem in error.problems], form)
        return USAGE
    findings = list(settings_findings(found))
    version, of_flows = flows_findings(found)
    findings += [*of_flows, database_finding(found), *look(found, version, now=time.time())]
    redact = redaction(found.secret_values, full_numbers=True)
    _report([type(finding)(**redact(asdict(finding))) for finding in findings], form)
    return PROBLEMS if any(finding.result == "wrong" for finding in findings) else OK


def _report(findings: Sequence[Finding], form: str) -> None:
    if form == "json":
        say(json.dumps([asdict(finding) for finding in findings]))
        return
    for finding in findings:
        fix = f"; {finding.fix}" if finding.fix else ""
        say(f"{_WORDS[finding.result]:<11}  {finding.check}: {finding.message}{fix}")
