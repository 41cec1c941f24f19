"""What addresses outside answer in a scenario: ``given: {http: ...}``, and the step ``http`` from then on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from engine.core.answer import Answer, answer_from, not_sent
from engine.core.command import Command
from engine.core.nearest import did_you_mean
from engine.core.taking import UnfitAnswerError, taken
from engine.language import codes
from engine.language.nodes import Map, Node, Scalar, plain
from engine.scenario.codes import BAD_STEP, UNKNOWN_NAME
from engine.scenario.reading import Script

TIMES_OUT = "times out"
_WRITTEN = f"{{status: 200, body: {{...}}}} or {TIMES_OUT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What every address that begins with *beginning* answers; *is_silent*: nothing, until the lookup's timeout."""

    beginning: str
    status: int = 200
    body: Any = field(default_factory=dict)
    is_silent: bool = False


@dataclass(slots=True, kw_only=True)
class Outside:
    """The world outside of one scenario. *unanswered* are the addresses that were asked and have no reply."""

    replies: dict[str, Reply] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)

    def put(self, replies: Iterable[Reply]) -> None:
        """Let *replies* count from now on, in place of those with the same beginning."""
        self.replies |= {reply.beginning: reply for reply in replies}

    def ask(self, command: Command, *, now: float) -> Answer | None:
        """Return the answer to a lookup, as the service would get it; None for silence. The longest beginning wins."""
        url, asked = command.path["url"], command.parameters
        found = [reply for reply in self.replies.values() if url.startswith(reply.beginning)]
        if not found:
            self.unanswered.add(f"{asked['method']} {url}")
            return not_sent("the test gives no answer for this address")
        reply = max(found, key=lambda reply: len(reply.beginning))
        if reply.is_silent:
            return None
        answer = answer_from(reply.status, {}, b"", now=now)
        if not answer.ok:
            return answer
        raw = reply.body.encode() if isinstance(reply.body, str) else orjson.dumps(reply.body, default=str)
        try:
            return Answer(status=reply.status, body=taken(raw, asked["take"]))
        except UnfitAnswerError as error:
            return Answer(status=400, code="unfit", title="An answer that does not fit", detail=str(error))


def read_replies(script: Script, node: Node | None, where: str) -> tuple[Reply, ...]:
    """Return the replies in *node*; what is wrong is reported."""
    if node is None:
        return ()
    if not isinstance(node, Map) or not node.entries:
        example = '{"https://crm.example.com/": {status: 200, body: {...}}}'
        script.report(codes.WRONG_TYPE, node, f"{where} needs addresses and what each answers, for example {example}")
        return ()
    found = [_reply(script, entry.key, entry.value) for entry in node]
    return tuple(reply for reply in found if reply is not None)


def _reply(script: Script, key: Scalar, node: Node) -> Reply | None:
    host, hosts = urlsplit(key.text).hostname or "", script.project.http_hosts
    if not key.text.startswith("https://") or host not in hosts:
        message = f"'{host or key.text}' is not among http_hosts of project.yaml{did_you_mean(host, hosts)}"
        hint = f"Write http_hosts: [{host}] into project.yaml." if host and not hosts else ""
        script.report(UNKNOWN_NAME, key, message, hint=hint)
        return None
    if isinstance(node, Scalar) and node.text == TIMES_OUT:
        return Reply(beginning=key.text, is_silent=True)
    if not isinstance(node, Map):
        script.report(BAD_STEP, node, f"an address answers with {_WRITTEN}")
        return None
    if not script.options(node, ("status", "body"), "an answer"):
        return None
    status = node.get("status")
    number = 200 if status is None else script.count(status, "'status'", 100, 599)
    body = node.get("body")
    return (
        None if number is None else Reply(beginning=key.text, status=number, body={} if body is None else plain(body))
    )
