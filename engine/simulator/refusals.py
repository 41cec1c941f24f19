"""Telnyx's error answers. The codes and titles are those of facts.md, section 3."""

from __future__ import annotations

from collections.abc import Mapping

from engine.simulator.values import Response

TITLES = {
    "10004": "Missing required parameter",
    "10005": "Resource not found",
    "10007": "Internal server error",
    "10009": "Authentication failed",
    "10011": "Too many requests",
    "10015": "Invalid value",
    "10016": "Phone number must be in +E164 format",
    "10032": "Invalid enumerated value",
    "10033": "Value outside of range",
    "90015": "Invalid Call Control ID",
    "90018": "Call has already ended",
    "90019": "Conference has already ended",
    "90020": "Call recording triggered before audio started",
    "90031": "Call is not currently forked",
    "90032": "Maximum number of participants reached",
    "90033": "Unable to execute command",
    "90034": "Call not answered yet",
    "90036": "Queue full",
    "90038": "Call already in queue",
    "90040": "Downloading audio file failed",
    "90045": "Media Streaming is used",
    "90050": "Unable to delete queue",
    "90054": "Call transcription is already in progress",
    "90058": "Invalid conference_id",
    "90061": "AI Assistant is already in progress",
    "90103": "Dials per second limit exceeded",
}


class Refusal(Exception):
    """A request that Telnyx answers with an error; internal to the simulator."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        pointer: str = "",
        parameter: str = "",
        headers: Mapping[str, str] | None = None,
        title: str = "",
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.source = {"pointer": pointer} if pointer else {"parameter": parameter} if parameter else {}
        self.headers = headers or {}
        self.title = title or TITLES.get(code, "Unable to execute command")

    def response(self) -> Response:
        """Return the HTTP answer."""
        error: dict[str, object] = {"code": self.code, "title": self.title, "detail": self.detail}
        if self.source:
            error["source"] = self.source
        return Response(self.status, {"errors": [error]}, self.headers)


def refused(code: str, detail: str, *, pointer: str = "") -> Refusal:
    """Return the refusal with this code and the HTTP status that goes with it."""
    return Refusal(404 if code in ("10005", "10007", "90058") else 422, code, detail, pointer=pointer)


def unable(detail: str) -> Refusal:
    """Return the refusal for a command that the state does not allow, where no better code is known."""
    return Refusal(422, "90033", detail)
