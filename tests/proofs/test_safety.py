"""
Safe by default: each line of interfaces.md, quoted, with its proof.

What another file proves already is named in ELSEWHERE; a test there that goes away or is renamed fails here.
"""

from __future__ import annotations

import ast
import asyncio
import io
import json
import os
import re
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from core_stage import CALLER, Phone, flow
from nacl.signing import SigningKey

from engine.check.report import as_github, as_json, as_text
from engine.check.run import check_files
from engine.config import Settings
from engine.core.catalogue import Catalogue
from engine.core.change import Change, Row
from engine.core.command import Command
from engine.core.event import Event
from engine.core.problem import Problem
from engine.errors import CarrierSilent, SettingsError, WebhookRejected
from engine.graph.dot import escaped as in_dot
from engine.graph.mermaid import escaped as in_mermaid
from engine.logs import open_log, redaction
from engine.runtime.outside import HttpOutside
from engine.scenario.file import run_file
from engine.scenario.report import as_text as as_scenario_text
from engine.store.sqlite import SqliteStore
from engine.tables import catalogue
from engine.telnyx.signature import parse_public_keys, verify
from engine.testing import FakeClock

TESTS = Path(__file__).parents[1]
# The line of interfaces.md, and the tests that prove it in the files of its part.
ELSEWHERE = {
    "A webhook with a body over 1 MB is refused by length and while streaming": [
        "web/test_webhook_endpoint.py::test_a_length_over_the_limit_is_refused_before_the_body_is_sent",
        "web/test_webhook_endpoint.py::test_a_streamed_body_over_the_limit_is_refused_while_it_streams",
        "web/test_webhook_endpoint.py::test_a_body_of_the_largest_size_is_read",
    ],
    "slow headers or body: 10 s": [
        "web/test_webhook_endpoint.py::test_a_request_that_does_not_become_complete_is_cut_off",
        "web/test_webhook_endpoint.py::test_a_trickling_request_is_cut_off_although_its_bytes_keep_coming",
    ],
    "Numbers dialled from data only inside `may_call`: the checker says so, the runtime refuses again": [
        "core/test_meaning_remembered.py::test_may_call",
        "check/test_golden.py::test_bad_sample_gets_exactly_this_report",
    ],
    "Values put into SSML are escaped": ["core/test_text.py::test_values_inside_ssml_are_escaped"],
    "into URLs percent-encoded": [
        "core/test_acts_web.py::test_what_comes_from_a_value_is_percent_encoded",
        "core/test_acts_web.py::test_a_value_cannot_lead_the_address_elsewhere",
        "runtime/test_outside_lookups.py::test_a_value_with_a_slash_stays_one_part_of_the_address",
        "proofs/test_operations.py::test_every_parameter_of_an_operation_arrives_as_telnyx_documents_it",
    ],
    "Control characters and escapes of a caller's name are shown escaped in terminal": [
        "check/test_report.py::test_control_characters_are_shown_escaped",
        "service/test_logs.py::test_callers_name_cannot_write_a_line_of_its_own",
        "graph/test_graph_notations.py::test_every_line_of_mermaid_is_one_of_ours",
        "graph/test_graph_notations.py::test_labels_of_dot_are_sound_xml",
        "check/test_github_report.py::test_no_text_ends_its_command_or_begins_another",
    ],
    "`http`, `notify`: only hosts of the project file, https": [
        "runtime/test_outside_lookups.py::test_a_host_that_the_project_does_not_name_is_never_asked",
        "runtime/test_outside.py::test_addresses_that_notify_may_not_reach",
        "runtime/test_outside.py::test_unknown_name_and_oversized_message_are_not_sent",
    ],
    "no redirects": [
        "runtime/test_outside.py::test_redirect_is_not_followed",
        "runtime/test_outside_lookups.py::test_errors_and_redirects_come_back_as_they_are",
    ],
    "`notify` is signed (HMAC, time, id)": [
        "runtime/test_outside.py::test_message_arrives_signed_with_its_time_and_id"
    ],
    "Database, WAL, backups, socket: 0600": [
        "store/test_sqlite.py::test_files_belong_to_their_owner_alone",
        "service/test_service.py::test_ready_service_says_so_and_shows_details_to_its_owner_only",
    ],
    "One redaction step for all sinks: keys, secrets": [
        "service/test_logs.py::test_redaction_goes_into_everything_and_keeps_what_is_no_text",
        "service/test_logs.py::test_traceback_is_redacted_too",
        "test_config.py::test_no_secret_shows_in_the_settings",
        "telnyx/test_client.py::test_the_key_shows_nowhere",
    ],
    "digits gathered into a secret (both event types)": [
        "core/test_secrecy.py::test_keys_that_are_reported_after_the_question_do_not_get_into_the_history",
        "core/test_secrecy.py::test_what_was_keyed_before_the_hang_up_does_not_get_into_the_history",
    ],
    "Every queue, table per call, and connection count has a bound": [
        "runtime/test_inbox.py::test_new_calls_are_shed_first_then_everything",
        "web/test_webhook_endpoint.py::test_a_thousand_idle_connections_do_no_harm",
        "core/test_intake.py::test_no_more_than_sixteen_are_kept",
    ],
}


@pytest.mark.parametrize(
    ("line", "test"), [(line, test) for line, tests in ELSEWHERE.items() for test in tests], ids=lambda text: text[-60:]
)
def test_what_is_proven_elsewhere_is_there(line: str, test: str):
    path, _, name = test.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    assert name in functions, line


# -- webhooks --------------------------------------------------------------------------------------------------


class UntouchedKey:
    """A public key that must not be asked: Ed25519 is the dearest check."""

    def verify(self, signed: bytes, signature: bytes) -> None:
        raise AssertionError("Ed25519 was asked")


SIGNATURE = b64encode(bytes(64)).decode()


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "unsigned"),
        ({"telnyx-timestamp": "1800000000"}, "unsigned"),
        ({"telnyx-timestamp": "1799999699", "telnyx-signature-ed25519": SIGNATURE}, "stale"),
        ({"telnyx-timestamp": "1800000301", "telnyx-signature-ed25519": SIGNATURE}, "stale"),
        ({"telnyx-timestamp": "now", "telnyx-signature-ed25519": SIGNATURE}, "malformed-time"),
        ({"telnyx-timestamp": "1800000000", "telnyx-signature-ed25519": "x" * 88}, "malformed-signature"),
        ({"telnyx-timestamp": "1800000000", "telnyx-signature-ed25519": SIGNATURE[:-4]}, "malformed-signature"),
    ],
)
def test_cheap_checks_header_shape_time_before_ed25519(headers: dict[str, str], reason: str):
    with pytest.raises(WebhookRejected) as refused:
        verify(b"{}", headers, keys=(UntouchedKey(),), now=1_800_000_000.0)  # type: ignore[arg-type]

    assert refused.value.reason == reason


def test_no_setting_turns_verification_off():
    words = re.compile("verif|sign|insecure|skip|trust|check", re.IGNORECASE)

    assert [field.name for field in fields(Settings) if words.search(field.name)] == []
    with pytest.raises(SettingsError):
        parse_public_keys("")
    signed = {"telnyx-timestamp": "1800000000", "telnyx-signature-ed25519": SIGNATURE}
    for keys in ((), (SigningKey(bytes(32)).verify_key,)):
        with pytest.raises(WebhookRejected, match="does not fit"):
            verify(b"{}", signed, keys=keys, now=1_800_000_000.0)


# -- numbers from data -----------------------------------------------------------------------------------------

RINGS = {
    "dial": '{dial: {to: "{{ caller.number }}", as: agent}}',
    "transfer": '{transfer: {to: "{{ caller.number }}", as: sales}}',
    "call_later": '{call_later: {flow: desk, to: "{{ caller.number }}", in: 1s}}',
    "telnyx dial": '{telnyx: {operation: dial, connection_id: "1", from: "+15550000001", to: "{{ caller.number }}"}}',
    "telnyx transfer": '{telnyx: {operation: transfer, to: "{{ caller.number }}"}}',
    "telnyx dial several": '{telnyx: {operation: dial, connection_id: "1", from: "+15550000001",'
    ' to: ["+15550000002", "{{ caller.number }}"]}}',
}
AGENT = """\
roles:
  agent:
    anywhere: {on_error: hangup}
    start: b
    states:
      b:
        after: {1h: hangup}
"""


def rings(step: str) -> str:
    on = "agent.call.hangup: waits, sales.call.hangup: waits, call.bridged: waits, action.refused: refused"
    for leg in ("agent", "sales"):
        on = on if f"as: {leg}" in step else on.replace(f"{leg}.call.hangup: waits, ", "")
    states = f"  a:\n    do: [answer, {step}]\n    on: {{{on}}}\n    then: waits\n"
    states += "  refused:\n    do: [{log: refused}]\n    then: waits\n  waits:\n    after: {20m: hangup}\n"
    text = flow(states, roles=AGENT if "as: agent" in step else "")
    return (
        text.replace("starts_when:\n", "starts_when:\n  another_flow_calls: true\n") if "flow: desk" in step else text
    )


@pytest.mark.parametrize("how", RINGS)
def test_numbers_dialled_from_data_only_inside_may_call_the_runtime_refuses_again(how: str):
    """Numbers dialled from data only inside `may_call`: the runtime refuses again (`action.refused`)."""
    phone = Phone(rings(RINGS[how]))
    phone.calls(from_="+19005550000", wait=3)
    assert (phone.logged(), phone.world.ringing) == (["refused"], ())

    phone.calls(from_="+15557770009", wait=3)

    assert phone.logged() == ["refused"]
    assert phone.world.ringing[-1].to == "+15557770009"


@pytest.mark.parametrize("how", RINGS)
def test_numbers_dialled_from_data_only_inside_may_call_the_checker_says_so(how: str):
    found = check_files({"desk.flow.yaml": rings(RINGS[how]).encode()})

    assert [problem.rule for problem in found if problem.severity == "error"] == ["T009"]


# -- values are text -------------------------------------------------------------------------------------------

NASTY = '"><break time="9s"/> {{ secret.pin }} {{ now() }} \'; drop table runs;-- ../../etc/passwd %00'


def test_values_put_into_ssml_are_escaped_and_formulas_inside_a_value_are_text():
    """Values put into SSML are escaped, never into formulas; `{{ }}` inside a value is text."""
    states = """\
  a:
    do: [answer]
    on:
      call.hold: {do: [{speak: "<speak>Hello {{ event.from }}</speak>"}, {log: "{{ event.from }}"}]}
    after: {20m: hangup}
"""
    phone = Phone(flow(states), secrets={"pin": "4821"})
    call = phone.calls(wait=1)

    phone.webhook("call.hold", call, **{"from": NASTY})
    phone.wait(20)

    spoken = phone.parameters("speak")["payload"]
    assert spoken.count("<") == 2
    assert "{{ secret.pin }}" in spoken
    assert phone.logged() == [NASTY]
    assert "4821" not in spoken + phone.logged()[0]


async def test_values_never_get_into_file_names_or_sql(tmp_path: Path):
    async def written(name: str) -> Row:
        row = Row(run=f"room:{name}", ver=1, state=json.dumps(name), version="v1")
        await store.apply([Change(event_id=name, at=1.0, row=row, keys=(name,))])
        return row

    store = SqliteStore(tmp_path / "ringflow.db", lock_wait_s=0)
    await store.open()
    before = sorted(os.listdir(tmp_path))
    names = [NASTY, "x'); delete from inbox; --", "../up", "a\\b", "%s ? :run"]
    try:
        rows = [await written(name) for name in names]
        loaded = await store.load(event_ids=names, keys=names, runs=[])
    finally:
        after = sorted(os.listdir(tmp_path))
        await store.close()

    assert loaded.seen == set(names)
    assert loaded.rows == {row.run: row for row in rows}
    assert before == after


# -- what people are shown -------------------------------------------------------------------------------------

ESCAPES = "Ann\x1b[2J\x1b]0;x\x07\u202e\u2066\x00\x9b31m\r\n::error::forged"


def sinks() -> Iterator[tuple[str, str]]:
    """Yield every way in which a text of somebody else is shown, with what is shown of ESCAPES."""
    problem = Problem(
        path=f"{ESCAPES}.flow.yaml", line=1, column=1, end_line=1, end_column=2, severity="error",
        rule="S011", name="wrong-value", message=f"'{ESCAPES}' is odd", hint=ESCAPES,
    )  # fmt: skip
    yield "terminal", as_text([problem], {problem.path: ESCAPES.encode()})
    yield "CI annotations", as_github([problem], 1)
    yield "JSON", as_json([problem])
    for name, is_terminal in (("log as JSON", False), ("log on a terminal", True)):
        stream = Terminal() if is_terminal else io.StringIO()
        log = open_log(stream, level="info", redact=redaction([], full_numbers=False))
        log.info("log", text=ESCAPES, caller=ESCAPES)
        yield name, re.sub(r"\x1b\[\d*m", "", stream.getvalue())  # the colours are the log's own
    yield "diagrams in Mermaid", in_mermaid(ESCAPES)
    yield "diagrams in DOT and HTML labels", in_dot(ESCAPES)
    yield "reports of tests", scenario_report()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def scenario_report() -> str:
    """The report of a scenario that fails: it shows what was said, and by whom."""
    said = json.dumps(ESCAPES)
    text = flow(f"  a:\n    do: [answer, {{speak: {said}}}]\n    then: hangup\n")
    test = f'test: desk.flow.yaml\nscenarios:\n  - name: {said}\n    steps:\n      - caller: calls from "{CALLER}"\n'
    test += "      - hears: nothing of that\n        within: 3s\n"
    report = run_file("x.test.yaml", test, {"desk.flow.yaml": text.encode()})
    return as_scenario_text(report, {"x.test.yaml": test.encode()}, seconds=0.0)


@pytest.mark.parametrize(("sink", "shown"), list(sinks()), ids=[name for name, _ in sinks()])
def test_control_characters_and_escapes_are_shown_escaped_in_every_sink(sink: str, shown: str):
    """Control characters and escapes of a caller's name are shown escaped in terminal, logs, diagrams, HTML, CI
    annotations."""
    assert "Ann" in shown
    assert not set(shown) & set("\x1b\x07\u202e\u2066\x00\x9b\r"), sink
    assert not [line for line in shown.splitlines()[1:] if line.startswith("::error::")]


# -- the world outside -----------------------------------------------------------------------------------------


class Fickle(AbstractResolver):
    """A resolver that answers differently each time it is asked (DNS rebinding)."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in addresses
        ]

    async def close(self) -> None: ...


@asynccontextmanager
async def receiver(answer: Callable[[], Awaitable[None]]) -> AsyncIterator[tuple[int, list[web.Request]]]:
    """A web server on this machine that waits for *answer*; yields its port and the requests that came."""
    came: list[web.Request] = []

    async def receive(request: web.Request) -> web.Response:
        came.append(request)
        await answer()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1], came
    finally:
        await runner.cleanup()


async def at_once() -> None: ...


async def _notified(resolver: Fickle, *, allow_loopback: bool = True) -> tuple[int, str | None, int]:
    """Return the status and the code of a message to 'localhost', and how many requests reached this machine."""
    scheme = "http" if allow_loopback else "https"
    async with receiver(at_once) as (port, came):
        urls = {"crm": f"{scheme}://localhost:{port}/"}
        outside = HttpOutside(urls=urls, key=b"k", clock=FakeClock(), allow_loopback=allow_loopback, resolver=resolver)
        try:
            answer = await outside.notify(Command(operation="notify", path={"to": "crm"}), command_id="c1")
        finally:
            await outside.aclose()
        return answer.status, answer.code, len(came)


@pytest.mark.parametrize(
    ("answers", "expected", "asked"),
    [
        # The address that was checked is the one that is used: nobody asks a second time.
        ([["127.0.0.1"], ["10.0.0.7"]], (202, None, 1), 1),
        # What is not allowed at first is not reached, whatever a second answer would say.
        ([["10.0.0.7"], ["127.0.0.1"]], (400, "not_sent", 0), 1),
        # Of several addresses only the allowed ones are used.
        ([["169.254.169.254", "10.0.0.7", "127.0.0.1"]], (202, None, 1), 1),
    ],
)
async def test_the_resolved_address_is_checked_and_then_used(answers, expected, asked: int):
    """`http`, `notify`: the resolved address is checked and then used."""
    resolver = Fickle(*answers)

    assert await _notified(resolver) == expected
    assert resolver.asked == asked


async def test_outside_the_trial_this_machine_is_no_address_at_all():
    """Https (loopback in `try`)."""
    assert await _notified(Fickle(["127.0.0.1"]), allow_loopback=False) == (400, "not_sent", 0)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


@pytest.mark.slow
async def test_nobody_is_waited_for_longer_than_five_seconds():
    """64 KB, 5 s."""

    loop, enough = asyncio.get_running_loop(), asyncio.Event()
    async with receiver(lambda: _wait(enough)) as (port, came):
        urls = {"crm": f"http://127.0.0.1:{port}/"}
        outside = HttpOutside(urls=urls, key=None, clock=FakeClock(), allow_loopback=True)
        began = loop.time()
        with pytest.raises(CarrierSilent, match="gave no answer"):
            await outside.notify(Command(operation="notify", path={"to": "crm"}), command_id="c1")
        took_s = loop.time() - began
        enough.set()
        await outside.aclose()

    assert len(came) == 1
    assert 4.5 < took_s < 8


# -- what is kept ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["call.recording.saved", "conference.recording.saved"])
def test_one_redaction_for_all_sinks_recording_links(event: str):
    """One redaction step for all sinks: recording links. They are handed over, and stay in no history."""
    handler = (
        f"    on:\n      {event}: {{do: [{{notify: {{to: inbox, url: '{{{{ event.recording_urls.mp3 }}}}'}}}}]}}\n"
    )
    phone = Phone(flow(f"  a:\n    do: [answer, {{join_conference: team}}]\n{handler}    after: {{2h: hangup}}\n"))
    call = phone.calls(wait=3)
    links = {"mp3": "https://s3.example.com/recorder/a.mp3?X-Amz-Signature=1234"}
    payload = {"recording_urls": links, "public_recording_urls": links, "conference_id": phone.leg(call).conference_id}
    about = {} if event.startswith("conference.") else {"call_leg_id": phone.leg(call).call_leg_id}

    phone.stage.receive(Event(id="e-1", type=event, payload=payload | about))
    phone.wait(1)

    assert [message["url"] for message in phone.notified()] == [links["mp3"]]
    assert "X-Amz-Signature" not in "".join(str(dict(line.record)) for line in phone.stage.journal)
    assert redaction([], full_numbers=True)(f"at {links['mp3']} now") == "at *** now"


@pytest.mark.parametrize("event", ["call.dtmf.received", "call.gather.ended"])
def test_digits_gathered_into_a_secret_both_event_types(event: str):
    """Digits gathered into a secret (both event types)."""
    states = """\
  a:
    do: [answer, {gather: {speak: "Your PIN?", digits: 4, into: code}}]
    keys: {digits: b, nothing: hangup, anything_else: hangup}
  b:
    after: {20m: hangup}
"""
    phone = Phone(flow(states, top="\nremember:\n  code: {type: digits, secret: true}\n"))
    call = phone.calls(wait=2)

    phone.press(call, "4821", wait=5)

    kept = [line.record for line in phone.stage.journal if line.record.get("type") == event]
    assert phone.leg(call).variables["code"] == "4821"
    assert kept
    assert {record["payload"]["digit" if "dtmf" in event else "digits"] for record in kept} == {"***"}


# -- bounds ----------------------------------------------------------------------------------------------------


def test_a_flood_of_events_about_one_call_is_bounded():
    """Every queue, table per call, and connection count has a bound."""
    table: Catalogue = catalogue()
    phone = Phone(flow("  a:\n    do: [answer, {join_conference: team}]\n    after: {2h: hangup}\n"))
    call = phone.calls(wait=3)
    room = phone.leg(call).conference_id
    before = len(phone.stage.rows[phone.stage.run_of(call)].state)
    types = [name for name in table.events if name not in ("call.hangup", "conference.ended")] + ["call.brand_new"]

    for number in range(60):
        for name in types:
            far = {"call_control_id": f"v3:far-{number}"} if name == "call.answered" else {}
            phone.webhook(name, call, conference_id=room, queue=f"q{number}", digits="1" * 4000, **far)
        phone.wait(0.1)

    states = {run: len(row.state) for run, row in phone.stage.rows.items()}
    assert states[phone.stage.run_of(call)] < before + 100_000
    assert states["room:team"] < 20_000
    assert len(phone.stage.outbox.rows) < 100
