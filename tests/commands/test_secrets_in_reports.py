"""What a test tells of a call that fails has no secret in it, though the test gives it one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main

SECRET = "door-Zq7-marker"
FLOW = """\
flow: door
starts_when: {calls_to: any}
remember:
  pin: {type: text, secret: true}
anywhere: {on_error: hangup}
start: ask
states:
  ask:
    do: [answer, {set: {pin: "{{ secret.door }}"}}, {speak: "Hello."}]
    then:
      - if: pin == secret.door
        then: hangup
      - then: ask
"""
TEST = f"""\
test: door.flow.yaml
given: {{secrets: {{door: {SECRET}}}}}
scenarios:
  - name: nobody opens
    steps:
      - caller: calls
      - caller: {{hears: "Come in."}}
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_reports_of_a_test_that_fails_hold_no_secret(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "door.flow.yaml").write_text(FLOW)
    (tmp_path / "project.yaml").write_text("secrets: [door]\n")
    (tmp_path / "door.test.yaml").write_text(TEST)

    code = main(["test", str(tmp_path), "--junit", str(tmp_path / "report.xml"), "--format", form])

    told = capsys.readouterr()
    assert code == 1
    assert "nobody opens" in told.out
    assert "Come in." in (tmp_path / "report.xml").read_text()
    assert SECRET not in told.out + told.err + (tmp_path / "report.xml").read_text()
