"""R030: something is looked up at a host that project.yaml does not name."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from engine.check.suggest import did_you_mean
from engine.core.problem import Problem
from engine.language.codes import Code
from engine.language.loader import Folder

CODE = Code("R030", "unknown-host", "A lookup at a host that is not among http_hosts of project.yaml.")
_HERE = "localhost"  # asked only by a service whose Telnyx is simulated, for trying a flow out


def check(folder: Folder) -> Iterator[Problem]:
    """Yield one problem for each address whose host may not be asked."""
    hosts = folder.project.project.http_hosts
    if not folder.project.is_sound:
        return
    for flow, _, _, step in folder.steps():
        for option in ("get", "post"):
            place = step.given.get(option)
            if place is None or option not in step.values:
                continue
            address = urlsplit(place.text.partition("{{")[0])
            host = address.hostname or ""
            if address.scheme != "https" and host != _HERE:
                message = "an address must begin with https://, so that nobody can listen in"
                yield CODE.at(flow.path, place.part(0, len(address.scheme)), message)
            elif host not in hosts:
                span = place.part(place.text.find(host), len(host))
                guess = did_you_mean(host, hosts)
                hint = "" if guess else f"Write it there: http_hosts: [{host}]."
                message = f"'{host}' is not among http_hosts of project.yaml{guess}"
                yield CODE.at(flow.path, span, message, hint=hint)
