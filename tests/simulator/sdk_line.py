"""Telnyx's own SDK in front of a real ``ringflow simulate`` whose time stands still, and a receiver of its webhooks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import telnyx
from simulated_line import CALLER, OFFICE

ROOT = Path(__file__).resolve().parent.parent.parent
TIMES = ("created_at", "updated_at", "expires_at", "enqueued_at", "date_created", "recording_started_at")


@dataclass
class Receiver:
    """Takes webhooks over HTTP: *received* are their bodies and headers. It answers *status* and *text*."""

    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    status: int = 200
    text: str = ""

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        receiver = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.received.append((body, dict(self.headers)))
                self.send_response(receiver.status)
                self.end_headers()
                self.wfile.write(receiver.text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
            self.url = f"http://127.0.0.1:{server.server_port}/webhooks"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


class SdkLine:
    """Short words for what the tests do: *client* is the SDK's, ``sim`` is people."""

    def __init__(self, ready: dict[str, str], receiver: Receiver) -> None:
        self.client = telnyx.Telnyx(
            api_key=ready["api_key"], base_url=ready["api_url"], public_key=ready["public_key"], max_retries=0
        )
        self.receiver = receiver
        self._people = httpx.Client(base_url=ready["api_url"].removesuffix("/v2") + "/sim", trust_env=False)

    def close(self) -> None:
        self.client.close()
        self._people.close()

    def reset(self) -> None:
        """Begin anew, with nobody on the line."""
        self.sim("/reset")
        self.receiver.received.clear()

    def sim(self, path: str, **body: Any) -> dict[str, Any]:
        return self._people.post(path, json=body).raise_for_status().json()

    def wait(self, seconds: float = 0) -> None:
        """Let time pass, and all webhooks of that time come."""
        self.sim("/time", advance_s=seconds)

    def record(self, kind: str) -> list[dict[str, Any]]:
        """What happened so far of this kind, oldest first."""
        return [entry for entry in self._people.get("/record").json()["entries"] if entry["kind"] == kind]

    def hears(self, leg: str) -> list[str]:
        """What the person on *leg* heard so far."""
        return [entry["what"] for entry in self.record("hears") if entry["leg"] == leg]

    def events(self, event_type: str) -> list[Any]:
        """The webhooks of this type that came so far, as the SDK reads them: verified and typed."""
        unwrapped = [self.client.webhooks.unwrap(body, headers=headers) for body, headers in self.receiver.received]
        envelopes = [getattr(event, "data", event) for event in unwrapped]
        return [envelope for envelope in envelopes if envelope.event_type == event_type]

    def rings(self) -> str:
        """Somebody calls; nobody has answered yet."""
        return self.sim("/calls", **{"from": CALLER, "to": OFFICE})["call_control_id"]

    def caller(self) -> str:
        """Somebody has called and was answered."""
        leg = self.rings()
        self.client.calls.actions.answer(leg)
        return leg

    def room(self, name: str = "team", **wishes: Any) -> tuple[str, str]:
        """A room with one leg in it: (conference id, leg)."""
        leg = self.caller()
        return self.client.conferences.create(call_control_id=leg, name=name, **wishes).data.id, leg

    def queued(self, name: str = "support", **wishes: Any) -> str:
        """A leg that waits in a queue."""
        leg = self.caller()
        self.client.calls.actions.enqueue(leg, queue_name=name, **wishes)
        return leg


@contextlib.contextmanager
def sdk_line() -> Iterator[SdkLine]:
    """A simulator of its own, as a program, that sends webhooks to a receiver, and the SDK in front of it."""
    receiver = Receiver()
    with receiver.listening():
        options = ["--listen", "127.0.0.1:0", "--format", "json", "--clock", "manual", "--answer-after", "never"]
        command = [sys.executable, "-m", "engine", "simulate", *options, "--webhook-url", receiver.url]
        program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert program.stdout is not None
            line = SdkLine(json.loads(program.stdout.readline()), receiver)
            yield line
            line.close()
        finally:
            program.terminate()
            program.communicate()


def values(model: Any) -> dict[str, Any]:
    """Return what a typed answer of the SDK holds, but for times. Raises where a value is not of the declared type."""
    type(model).model_validate(model.to_dict())
    return {name: value for name, value in model.to_dict().items() if name not in TIMES}
