"""What is checked at Telnyx: the key, the clock, the public key, applications, numbers, the right to ring somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from engine.config import Settings
from engine.core.flow import Version
from engine.doctor.finding import Finding, hint, not_checked, ok, wrong
from engine.doctor.wants import Wants, wants_of
from engine.errors import CarrierError
from engine.telnyx.account import AccountReader, Found
from engine.telnyx.signature import TOLERANCE_S

_PORTAL = "portal.telnyx.com"
_KEYS = f"{_PORTAL}, Keys & Credentials"
_APPLICATION = f"{_PORTAL}, Voice, Programmable Voice"
_PATH = "/webhooks/telnyx"
_NOTICEABLE_S = 60.0  # of the clock: nothing fails yet, and it will


def look(settings: Settings, version: Version | None, *, now: float) -> Iterator[Finding]:
    """
    Yield what is found at Telnyx, *now* being this machine's time in epoch seconds.

    Without a *version*, because the flows have problems, what they want of the account is not checked.
    """
    with AccountReader(api_url=settings.telnyx_api_url, api_key=settings.telnyx_api_key) as account:
        try:
            first = account.get("call_control_applications", {"page[size]": 1})
            if (first.status < 400 and not first.is_ok) or first.status == 404:
                message = f"what answers at {settings.telnyx_api_url} is not Telnyx's API ({first.status})"
                yield wrong("telnyx", message, "set TELNYX_API_URL to https://api.telnyx.com/v2, or leave it out")
                return
            yield _key(first)
            if first.status == 401:
                yield not_checked("account", "Telnyx shows nothing of it without a key that it accepts")
                return
            yield _clock(first, now)
            yield _public_key(account.get("public_key"), settings)
            if version is None:
                yield not_checked("account", "what the flows want of it is known once they have no problems")
                return
            yield from _account(account, wants_of(version))
        except CarrierError as error:
            yield wrong("telnyx", str(error), "check the network and TELNYX_API_URL, and try again")


def _key(first: Found) -> Finding:
    if first.is_ok:
        return ok("api key", "Telnyx accepts it")
    if first.status == 401:
        return wrong("api key", "Telnyx refuses it (401)", f"copy a key from {_KEYS}, API Keys, into TELNYX_API_KEY")
    if first.status == 403:
        message = "Telnyx accepts it, but it may not read applications (403)"
        return hint("api key", message, "let ringflow doctor have a key with all rights")
    return _unread("api key", first)


def _clock(first: Found, now: float) -> Finding:
    if first.sent_at is None:
        return not_checked("clock", "Telnyx did not say what time it is")
    away = now - first.sent_at
    said = f"this machine is {abs(away):.0f} seconds {'ahead of' if away > 0 else 'behind'} Telnyx"
    if abs(away) > TOLERANCE_S:
        message = f"{said}, and webhooks of more than {TOLERANCE_S} seconds are refused"
        return wrong("clock", message, "set the clock, best by a time service (NTP)")
    if abs(away) > _NOTICEABLE_S:
        return hint("clock", said, "set the clock, best by a time service (NTP)")
    return ok("clock", "right")


def _public_key(found: Found, settings: Settings) -> Finding:
    theirs = found.row.get("public")
    if found.status == 403:
        return not_checked("public key", "the API key may not read it (403)", f"compare it with {_KEYS}, Public Key")
    if not isinstance(theirs, str):
        return not_checked("public key", "Telnyx did not tell it", f"compare it with {_KEYS}, Public Key")
    if theirs in [part.strip() for part in settings.telnyx_public_key.split(",")]:
        return ok("public key", "it is the account's")
    message = "TELNYX_PUBLIC_KEY is not this account's, and every webhook would be refused"
    return wrong("public key", message, f"set it to {theirs}")


def _account(account: AccountReader, wants: Wants) -> Iterator[Finding]:
    connections = dict(wants.connections)
    findings = []
    for number, use in wants.numbers.items():
        found = account.get("phone_numbers", {"filter[phone_number]": number.removeprefix("+")})
        findings.append(_number(found, number, use, wants))
        for row in found.rows:
            if row.get("connection_id"):
                connections.setdefault(str(row["connection_id"]), f"connection of {number}")
    if not connections:
        fix = "name a number (calls_to), or telnyx.connection_id in project.yaml"
        yield not_checked("application", "nothing in the flows says which one is meant", fix)
    for identity, source in connections.items():
        found = account.get(f"call_control_applications/{quote(identity, safe='')}")
        yield from _application(found, identity, source)
        if wants.ringing and found.is_ok:
            yield _outgoing(account, found.row, wants)
    if not findings:
        yield not_checked("number", "the flows name none (calls_to: any)")
    yield from findings


def _number(found: Found, number: str, use: str, wants: Wants) -> Finding:
    check = f"number {number}"
    if not found.is_ok:
        return _unread(check, found)
    row = next((row for row in found.rows if row.get("phone_number") == number), None)
    if row is None:
        fix = f"mend {use}, or get the number at {_PORTAL}, Numbers"
        return wrong(check, f"it is not one of this account's ({use})", fix)
    connection, meant = str(row.get("connection_id") or ""), wants.connections
    assign = f"at {_PORTAL}, Numbers, My Numbers, give it the connection of your Voice API application"
    if not connection:
        return wrong(check, f"it has no connection, so its calls reach nobody ({use})", assign)
    if meant and connection not in meant:
        return wrong(check, f"its calls go to connection {connection}, which the flows do not name", assign)
    return ok(check, f"its calls go to connection {connection} ({use})")


def _application(found: Found, identity: str, source: str) -> Iterator[Finding]:
    check = f"application {identity}"
    if found.status == 404:
        fix = f"take the id of a Voice API application from {_APPLICATION}"
        yield wrong(check, f"there is no such Voice API application in this account ({source})", fix)
    elif not found.is_ok:
        yield _unread(check, found)
    else:
        findings = list(_faults(check, found.row))
        if not any(finding.result == "wrong" for finding in findings):
            yield ok(check, f"'{found.row.get('application_name')}' sends its webhooks as they are wanted")
        yield from findings


def _faults(check: str, row: Any) -> Iterator[Finding]:
    url, spare = str(row.get("webhook_event_url") or ""), str(row.get("webhook_event_failover_url") or "")
    if row.get("active") is False:
        yield wrong(check, "it is switched off", f"switch it on at {_APPLICATION}")
    if not url:
        yield wrong(check, "it has no webhook URL", f"set it to https://your.host{_PATH} at {_APPLICATION}")
    elif problem := _problem_of(url):
        yield wrong(check, f"its webhook URL, {url}, {problem}", f"set it to https://your.host{_PATH}")
    if str(row.get("webhook_api_version")) != "2":
        message = f"its webhook API version is {row.get('webhook_api_version')}, which ringflow does not read"
        yield wrong(check, message, f"set it to 2 at {_APPLICATION}")
    if not spare:
        fix = "name a second address of this service, if it has one; without it Telnyx only tries again"
        yield hint(check, "it has no failover URL", fix)
    elif problem := _problem_of(spare):
        yield wrong(
            check, f"its failover URL, {spare}, {problem}", f"set it to https://other.host{_PATH}, or remove it"
        )
    if not row.get("first_command_timeout"):
        message = "first_command_timeout is off: while this service is down, callers hear it ring without end"
        yield hint(check, message, "switch it on, with 30 seconds")


def _problem_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "is no address"
    if parts.scheme != "https":
        return "is not https"
    return "" if parts.path == _PATH else f"does not end in {_PATH}"


def _outgoing(account: AccountReader, application: Any, wants: Wants) -> Finding:
    outbound = application.get("outbound")
    profile = outbound.get("outbound_voice_profile_id") if isinstance(outbound, dict) else None
    check = f"outgoing calls of {application.get('id')}"
    rings = ", ".join(wants.ringing)
    if not profile:
        message = f"the application has no outbound voice profile, and these flows ring somebody: {rings}"
        return wrong(check, message, f"give it one at {_APPLICATION}, Outbound; else Telnyx drops such calls (D38)")
    found = account.get(f"outbound_voice_profiles/{quote(str(profile), safe='')}")
    if not found.is_ok:
        return _unread(check, found)
    if found.row.get("enabled") is False:
        return wrong(
            check, "the outbound voice profile is disabled", f"enable it at {_PORTAL}, Outbound Voice Profiles"
        )
    places = found.row.get("whitelisted_destinations")
    listed = ", ".join(map(str, places)) if isinstance(places, list) else ""
    return ok(check, f"allowed to {listed or 'all destinations'}; calls elsewhere are dropped (D13)")


def _unread(check: str, found: Found) -> Finding:
    if found.status == 403:
        return not_checked(check, "the API key may not read it (403)", f"look at it at {_PORTAL}")
    return not_checked(check, f"Telnyx answered {found.status}", "try again later")
