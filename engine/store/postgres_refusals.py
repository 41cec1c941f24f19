"""What stands between us and a PostgreSQL server: certificates, host names, options, rules; in plain words."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from engine.errors import StoreUnavailable

OLDEST = 12  # the oldest PostgreSQL on which the tests have passed
SETTING = "RINGFLOW_DATABASE"
POOLED = f"is behind a connection pooler; name PostgreSQL itself in {SETTING}"
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
_ENCODING = "UTF8"
_EXPIRED = 10  # OpenSSL's numbers, X509_V_ERR_...
_OF_NO_CA = (2, 18, 19, 20, 21)
_OF_ANOTHER_NAME = (62, 64)


def refusal(error: BaseException) -> str | None:
    """Return why a connection did not come about, as the end of a sentence; None for what has nothing to do with it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error)
    if isinstance(error, ssl.SSLError):
        what = (error.reason or "no reason given").replace("_", " ").lower()
        return f"cannot be reached over SSL ({what}); check sslmode and the files that {SETTING} names for it"
    if isinstance(error, socket.gaierror):
        return f"cannot be found under this host name; mend it in {SETTING}"
    if isinstance(error, asyncpg.ClientConfigurationError):
        return _of_options(str(error).splitlines()[0])
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError) and "pg_hba.conf" in str(error):
        return (
            "lets this user in from here only with another sslmode, or not at all; mend sslmode in "
            f"{SETTING}, or add a line to the server's pg_hba.conf"
        )
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return f"has no server as target_session_attrs in {SETTING} asks for; mend it, or name more servers"
    if isinstance(error, ConnectionError) and "rejected SSL upgrade" in str(error):
        return f"takes no SSL connections, or is no PostgreSQL; turn ssl on there, or mend sslmode in {SETTING}"
    return None


def require_files(url: str, *, database: str) -> None:
    """Raises StoreUnavailable: a file that an option of *url* names cannot be read."""
    for name, file in parse_qsl(urlsplit(url).query):
        if name in _FILES and not os.access(file, os.R_OK):
            raise StoreUnavailable(f"{database} needs the file {file}, which cannot be read; mend {name} in {SETTING}")


async def require_fit(connection: asyncpg.Connection, session: Mapping[str, str], *, database: str) -> None:
    """
    Return when *connection* can be relied on, with the settings *session* that were asked for at the login.

    Raises StoreUnavailable: the server is too old, would not take every letter, or is behind a pooler.
    """
    problem = unfit(connection.get_server_version().major, connection.get_settings().server_encoding)
    for name in ("search_path", "synchronous_commit"):
        if problem is None and await connection.fetchval("select current_setting($1)", name) != session[name]:
            problem = POOLED
    if problem is not None:
        raise StoreUnavailable(f"{database} {problem}")


def unfit(major: int, encoding: str) -> str | None:
    """Return why a database of this version of PostgreSQL and with this encoding is of no use, None when it is."""
    if major < OLDEST:
        return f"is on PostgreSQL {major}, and ringflow needs {OLDEST} or later; upgrade it, or name another server"
    if encoding != _ENCODING:
        advice = "createdb --encoding=UTF8 --template=template0 makes one"
        return f"stores text as {encoding}, and ringflow needs a database with {_ENCODING}; {advice}"
    return None


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _OF_ANOTHER_NAME:
        return f"shows a certificate for another name; name the server in {SETTING} as its certificate does"
    if error.verify_code in _OF_NO_CA:
        return f"shows a certificate of an unknown CA; name the file of that CA with sslrootcert=FILE in {SETTING}"
    if error.verify_code == _EXPIRED:
        return "shows a certificate that has expired; renew it"
    return f"shows a certificate that is not accepted ({error.verify_message}); mend it, or sslmode in {SETTING}"


def _of_options(problem: str) -> str:
    if "root certificate" in problem:
        return f"needs the certificate of its CA for this sslmode; name the file with sslrootcert=FILE in {SETTING}"
    if "target_session_attrs" in problem:
        problem = "target_session_attrs is not one that there is"
    return f"cannot be reached as {SETTING} says ({problem.replace('`', '')}); mend the options in it"
