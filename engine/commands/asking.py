"""What every command that acts shares: it asks the running service, over the admin listener."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import CommandRefused, ServiceAway, SettingsError

if TYPE_CHECKING:
    import httpx

    from engine.config import Settings

_ANSWER_WITHIN_S = 10.0
_UNKNOWN = "the service broke off, and may have done it or not"
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "*": "127.0.0.1"}  # where it listens -> where to find it


def ask_service(found: Settings, command: str, wanted: Mapping[str, Any], *, again: str) -> dict[str, Any]:
    """
    Return the running service's answer to *command*. *again* says what to do when it is not known what became of it.

    Raises:
        CommandRefused: the service says no; the message is its sentence.
        SettingsError: the token is missing or wrong, or the socket belongs to another user.
        ServiceAway: no service runs there, it did not answer, or it cannot act right now.
    """
    import httpx

    where = found.admin_socket or _reachable(found.admin_listen)
    headers = {} if found.admin_socket else {"Authorization": f"Bearer {_token(found)}"}
    if found.admin_socket and os.path.exists(where) and not os.access(where, os.W_OK):
        raise SettingsError(f"the socket {where} belongs to another user; give the command as the user of the service")
    transport = httpx.HTTPTransport(uds=found.admin_socket) if found.admin_socket else None
    root = "http://localhost" if found.admin_socket else f"http://{where}"
    try:
        with httpx.Client(transport=transport, timeout=_ANSWER_WITHIN_S, trust_env=False, headers=headers) as client:
            answer = client.post(f"{root}/{command}", json=wanted)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise ServiceAway(_nobody_there(found, where)) from None
    except httpx.HTTPError:
        raise ServiceAway(f"{_UNKNOWN}; {again}") from None
    if answer.status_code == 504:
        raise ServiceAway(f"{_UNKNOWN}; {again}")
    return _read(answer, where)


def _read(answer: httpx.Response, where: str) -> dict[str, Any]:
    if answer.status_code == 401:
        raise SettingsError("the service refuses RINGFLOW_ADMIN_TOKEN; set it as the service has it")
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ServiceAway(f"what listens at {where} is no service of this version of ringflow")
    if answer.is_success:
        return body
    problem = str(body.get("problem"))
    raise (CommandRefused if answer.is_client_error else ServiceAway)(problem)


def _reachable(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    return f"{_ANYWHERE.get(host, host)}:{port}"


def _token(found: Settings) -> str:
    if not found.admin_token:
        raise SettingsError("RINGFLOW_ADMIN_TOKEN is not set; RINGFLOW_ADMIN_LISTEN names a port, which needs it")
    return found.admin_token


def _nobody_there(found: Settings, where: str) -> str:
    is_beside = found.database_path is not None and where == f"{found.database_path}.sock"
    setting = "RINGFLOW_DATABASE" if is_beside else "RINGFLOW_ADMIN_LISTEN"
    return f"no service runs at {where}; start ringflow serve, or set {setting} as the service has it"
