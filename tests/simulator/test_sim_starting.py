"""``ringflow simulate`` as people start it: what it prints, what it refuses, and that it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from engine.cli import main
from engine.simulator.starting import start_from
from engine.simulator.trouble import Chaos

ROOT = Path(__file__).resolve().parent.parent.parent
PLAIN = {
    "listen": "127.0.0.1:8400",
    "token": None,
    "webhook_url": None,
    "failover_url": None,
    "answer_after": "1s",
    "chaos": "",
    "clock": "real",
    "switches": (),
    "seed": 0,
    "speed": 1.0,
}


@contextlib.contextmanager
def simulate(*arguments: str):
    """A running ``ringflow simulate`` that has printed its first line."""
    command = [sys.executable, "-m", "engine", "simulate", "--listen", "127.0.0.1:0", *arguments]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    alarm = threading.Timer(30, program.kill)
    alarm.start()
    try:
        assert program.stdout is not None
        yield program, program.stdout.readline()
    finally:
        program.kill()
        program.communicate()
        alarm.cancel()


def test_json_is_one_line_and_nothing_else():
    with simulate("--format", "json") as (program, line):
        program.send_signal(signal.SIGTERM)
        rest, errors = program.communicate()

    ready = json.loads(line)
    assert ready.keys() == {"api_url", "api_key", "public_key"}
    assert (rest, errors, program.returncode) == ("", "", 0)


def test_text_is_three_lines_to_copy_and_the_first_call():
    with simulate("--webhook-url", "http://127.0.0.1:8080/webhooks/telnyx") as (program, first):
        assert program.stdout is not None
        lines = [first.rstrip("\n"), *(program.stdout.readline().rstrip("\n") for _ in range(7))]
    url = lines[0].partition("=")[2].removesuffix("/v2")

    assert lines == [
        f"export    TELNYX_API_URL={url}/v2",
        "export    TELNYX_API_KEY=KEY_SIMULATED",
        "export TELNYX_PUBLIC_KEY=HIDa6J0OPlf2WhZXZpo2QJoaQWZ5eX4NbDgWiVMlL98=",
        "",
        "Webhooks go to http://127.0.0.1:8080/webhooks/telnyx",
        f"""Somebody calls:   curl -s {url}/sim/calls -d '{{"from": "+34600111222", "to": "+15551230000"}}'""",
        f"What happened:    curl -s {url}/sim/record",
        f"What else to do:  curl -s {url}/sim",
    ]


def test_a_token_stands_in_the_lines_to_copy():
    with simulate("--token", "quite'secret") as (program, _):
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(5)]

    assert lines[0] == """export    TELNYX_API_KEY='quite'"'"'secret'\n"""
    assert """/sim/calls -H 'Authorization: Bearer quite'"'"'secret' -d '""" in lines[4]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_at_once_whoever_waits(number, code):
    with simulate("--format", "json") as (program, line):
        root = json.loads(line)["api_url"].removesuffix("/v2")
        body = json.dumps({"slow": 1, "slow_s": 3600}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{root}/sim/chaos", data=body, method="POST")).close()
        address = root.removeprefix("http://").split(":")
        with (
            socket.create_connection((address[0], int(address[1]))) as slow,
            socket.create_connection((address[0], int(address[1]))) as waiting,
        ):
            slow.sendall(b"GET /v2/queues HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY_SIMULATED\r\n\r\n")
            waiting.sendall(b"GET /sim/record?wait_s=60 HTTP/1.1\r\nHost: x\r\n\r\n")
            urllib.request.urlopen(f"{root}/sim/state").close()
            os.kill(program.pid, number)

            assert program.wait(10) == code
        with pytest.raises(ConnectionError):
            socket.create_connection((address[0], int(address[1])))


def test_an_address_in_use_is_one_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"

        assert main(["simulate", "--listen", listen]) == 2
    assert capsys.readouterr().err == (
        f"ringflow: another program listens on {listen} already; choose another port, such as --listen 127.0.0.1:8401\n"
    )


WRONG = {
    ("--listen", "0.0.0.0:8400"): "--listen 0.0.0.0:8400 lets other machines in; give a --token that they must show, "
    "or listen on 127.0.0.1",
    ("--listen", "8400"): "--listen: '8400' is not HOST:PORT, such as 127.0.0.1:8400",
    ("--listen", "127.0.0.1:99999"): "--listen: '127.0.0.1:99999' is not HOST:PORT, such as 127.0.0.1:8400",
    ("--listen", "192.0.2.1:8400", "--token", "x"): "this machine does not have the address 192.0.2.1:8400; "
    "write it as 127.0.0.1:8400",
    ("--token", "two words"): "--token must be letters, digits and signs without spaces, so that a header can carry it",
    ("--webhook-url", "localhost:8080"): "--webhook-url: 'localhost:8080' is not a web address, such as "
    "http://127.0.0.1:8080/webhooks/telnyx",
    ("--failover-url", "http://127.0.0.1/x"): "--failover-url takes the webhooks that --webhook-url does not take; "
    "give both",
    ("--answer-after", "soon"): "--answer-after: 'soon' is not a time, such as 1s or 500ms, or never",
    ("--chaos", "dorp=0.1"): "--chaos: there is no 'dorp' here; did you mean 'drop'?",
    ("--chaos", "drop"): "--chaos: 'drop' must say how much, such as drop=0.1",
    ("--chaos", "drop=2"): "--chaos: drop must be a number from 0 to 1, not 2",
    ("--chaos", "drop=nan"): "--chaos: drop must be a number from 0 to 1, not NaN",
    ("--chaos", "drop=lots"): '--chaos: drop must be a number from 0 to 1, not "lots"',
    ("--switch", "retry_id"): "--switch: 'retry_id' must say its position, such as retry_id=new",
    ("--switch", "retry_idd=new"): "--switch: there is no switch 'retry_idd'; did you mean 'retry_id'?",
    ("--switch", "retry_id=never"): "--switch: the switch retry_id has no position 'never'; it can be kept or new",
    ("--switch", "answer_after_s=1"): "--switch: who picks up is said with --answer-after",
    ("--chaos", "drop=0.1,drop=0.2"): "--chaos: drop stands there twice",
}


@pytest.mark.parametrize(("arguments", "sentence"), WRONG.items(), ids=lambda value: " ".join(value)[:40])
def test_wrong_options_are_one_sentence(arguments, sentence, capsys):
    assert main(["simulate", *arguments]) == 2

    assert capsys.readouterr().err == f"ringflow: {sentence}\n"


def test_switches_are_set_and_the_last_one_counts():
    start = start_from(
        **PLAIN | {"clock": "manual", "switches": ("retry_id=new", "audio_s=1", "audio_s=9", "webhook_delay_s=0.5")}
    )

    assert (start.options.retry_id, start.options.audio_s, start.options.webhook_delay_s) == ("new", 9.0, 0.5)


def test_options_become_what_the_server_is_started_with():
    start = start_from(
        **PLAIN | {"chaos": " duplicate=0.1, late_s=2 ,", "seed": 5, "clock": "manual", "answer_after": "250ms"}
    )

    assert start.chaos == Chaos(duplicate=0.1, late_s=2, seed=5)
    assert (start.is_manual, start.options.webhook_delay_s, start.answer_after_s) == (True, 0.0, 0.25)
    assert start.world(7.0).trouble == start.chaos


@pytest.mark.parametrize(("text", "seconds"), [("never", None), ("2", 2.0), ("1.5s", 1.5), ("1m", 60.0), ("0s", 0.0)])
def test_times_are_read(text, seconds):
    assert start_from(**PLAIN | {"answer_after": text}).answer_after_s == seconds


@pytest.mark.parametrize("listen", ["localhost:0", "[::1]:8400", "127.8.0.1:80"])
def test_this_machine_needs_no_token(listen):
    assert start_from(**PLAIN | {"listen": listen}).listen == listen
