"""What an operator reads when PostgreSQL cannot be used as RINGFLOW_DATABASE says: one sentence, and what to change."""

from __future__ import annotations

import os
import socket
import struct

import asyncpg
import pytest
from certificates import Authority
from postgres_server import PostgresServer, programs

from engine.errors import StoreUnavailable
from engine.store.postgres import PostgresStore
from engine.store.postgres_opening import connect, hang_up
from engine.store.postgres_refusals import unfit


async def refused(url: str) -> str:
    """Return why the store cannot be opened, without the name of the database."""
    store = PostgresStore(url, lock_wait_s=0)
    with pytest.raises(StoreUnavailable) as raised:
        await store.open()
    sentence = str(raised.value)
    assert sentence.startswith("the PostgreSQL database ")
    assert "\n" not in sentence
    assert "geheim" not in sentence
    return sentence.partition(f"127.0.0.1:{url.rpartition(':')[2].partition('/')[0]} ")[2] or sentence


# -- options of the address -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            "sslmode=require",
            "takes no SSL connections, or is no PostgreSQL; turn ssl on there, or mend sslmode in RINGFLOW_DATABASE",
        ),
        (
            "sslmode=verify-full",
            "needs the certificate of its CA for this sslmode; name the file with sslrootcert=FILE in "
            "RINGFLOW_DATABASE",
        ),
        (
            "sslmode=verify-ca&sslrootcert=/nowhere.crt",
            "needs the file /nowhere.crt, which cannot be read; mend sslrootcert in RINGFLOW_DATABASE",
        ),
        (
            f"sslmode=require&sslrootcert={__file__}",
            "cannot be reached over SSL (no certificate or crl found); check sslmode and the files that "
            "RINGFLOW_DATABASE names for it",
        ),
        (
            "sslmod=require",
            "does not take an option that RINGFLOW_DATABASE has behind the '?' (unrecognized configuration parameter "
            '"sslmod"); mend it or leave it out',
        ),
        (
            "statement_timeout=long",
            "does not take an option that RINGFLOW_DATABASE has behind the '?' (invalid value for parameter "
            '"statement_timeout": "long"); mend it or leave it out',
        ),
        (
            "target_session_attrs=best",
            "cannot be reached as RINGFLOW_DATABASE says (target_session_attrs is not one that there is); mend the "
            "options in it",
        ),
        (
            "target_session_attrs=standby",
            "has no server as target_session_attrs in RINGFLOW_DATABASE asks for; mend it, or name more servers",
        ),
    ],
)
async def test_option_that_cannot_be_is_one_sentence(postgres_server, monkeypatch, tmp_path, options, sentence):
    monkeypatch.setenv("HOME", str(tmp_path))  # where no root.crt is

    assert await refused(f"{postgres_server.url('postgres')}?{options}") == sentence


async def test_unknown_host_name_is_one_sentence():
    sentence = await refused("postgresql://anna:geheim@no-such-host.invalid/calls")

    assert sentence == (
        "the PostgreSQL database calls at no-such-host.invalid cannot be found under this host name; mend it in "
        "RINGFLOW_DATABASE"
    )


@pytest.mark.slow
async def test_server_that_does_not_answer_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sentence = await refused(f"postgresql://127.0.0.1:{silent.getsockname()[1]}/calls")

    assert sentence == "does not answer; check that PostgreSQL runs, and that RINGFLOW_DATABASE names it"


# -- certificates ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def ssl_server(authority):
    binaries = programs()
    if binaries is None:
        pytest.skip("SKIPPED: the tests of PostgreSQL need a server; on Debian and Ubuntu: apt-get install postgresql")
    server = PostgresServer(binaries)
    yield server
    server.remove()


def show(server: PostgresServer, authority: Authority, names: str = "IP:127.0.0.1", *, days: int = 2) -> str:
    """Let the server show a certificate for *names*; return its URL."""
    signed = authority.sign(names, days=days)
    files = {"ssl_cert_file": server.put("crt", signed.certificate), "ssl_key_file": server.put("key", signed.key)}
    server.stop()
    server.start(ssl="on", **files)
    return server.url("postgres")


async def test_certificate_is_checked(ssl_server, authority, tmp_path_factory):
    url = show(ssl_server, authority)
    other = Authority(tmp_path_factory.mktemp("other"))

    good = await connect(f"{url}?sslmode=verify-full&sslrootcert={authority.file}")
    await hang_up(good)
    unknown = await refused(f"{url}?sslmode=verify-ca&sslrootcert={other.file}")

    assert unknown == (
        "shows a certificate of an unknown CA; name the file of that CA with sslrootcert=FILE in RINGFLOW_DATABASE"
    )


async def test_certificate_for_another_name_is_one_sentence(ssl_server, authority):
    url = show(ssl_server, authority, "DNS:db.example.com")

    assert await refused(f"{url}?sslmode=verify-full&sslrootcert={authority.file}") == (
        "shows a certificate for another name; name the server in RINGFLOW_DATABASE as its certificate does"
    )
    await hang_up(await connect(f"{url}?sslmode=verify-ca&sslrootcert={authority.file}"))


async def test_certificate_that_has_expired_is_one_sentence(ssl_server, authority):
    url = show(ssl_server, authority, days=-1)

    assert await refused(f"{url}?sslmode=verify-full&sslrootcert={authority.file}") == (
        "shows a certificate that has expired; renew it"
    )


async def test_user_who_may_come_with_ssl_only_is_one_sentence(ssl_server, authority):
    url = show(ssl_server, authority)
    await ssl_server.ask("create role with_ssl login superuser")
    url = url.replace("postgres@", "with_ssl@")

    assert await refused(f"{url}?sslmode=disable") == (
        "lets this user in from here only with another sslmode, or not at all; mend sslmode in RINGFLOW_DATABASE, or "
        "add a line to the server's pg_hba.conf"
    )
    await hang_up(await connect(f"{url}?sslmode=require"))


# -- rights and limits ----------------------------------------------------------------------------------------


async def test_user_who_may_not_connect_is_one_sentence(postgres_server, postgres_url):
    name = postgres_url.rpartition("/")[2]
    await postgres_server.ask("create role carl login")
    await postgres_server.ask(f"revoke connect on database {name} from public")

    assert await refused(postgres_url.replace("postgres@", "carl@")) == (
        "does not let this user in; grant it CONNECT on the database"
    )


async def test_no_connection_left_is_one_sentence(postgres_server, postgres_url):
    name = postgres_url.rpartition("/")[2]
    await postgres_server.ask("create role dora login")
    await postgres_server.ask(f"alter database {name} connection limit 1")
    url = postgres_url.replace("postgres@", "dora@")

    only = await asyncpg.connect(url)
    sentence = await refused(url)
    await only.close()

    assert sentence == "has no connection left; raise max_connections or stop other programs"


async def test_database_that_cannot_hold_every_letter_is_refused(postgres_server):
    await postgres_server.ask("create database latin encoding 'LATIN1' template template0")

    assert await refused(postgres_server.url("latin")) == (
        "stores text as LATIN1, and ringflow needs a database with UTF8; createdb --encoding=UTF8 "
        "--template=template0 makes one"
    )


def test_server_that_is_too_old_is_refused():
    assert unfit(12, "UTF8") is None
    assert unfit(18, "UTF8") is None
    assert unfit(11, "UTF8") == (
        "is on PostgreSQL 11, and ringflow needs 12 or later; upgrade it, or name another server"
    )


# -- the line -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="SKIPPED: this system has no TCP_USER_TIMEOUT")
@pytest.mark.parametrize("options", ["sslmode=disable", "sslmode=require"])
async def test_a_machine_that_vanishes_is_noticed_by_every_connection(ssl_server, authority, options):
    connection = await connect(f"{show(ssl_server, authority)}?{options}")
    line = socket.socket(fileno=os.dup(connection._transport.get_extra_info("socket").fileno()))
    try:
        found = {
            name: struct.unpack("i", line.getsockopt(level, getattr(socket, name), 4))[0]
            for level, name in (
                (socket.SOL_SOCKET, "SO_KEEPALIVE"),
                (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT"),
                (socket.IPPROTO_TCP, "TCP_KEEPIDLE"),
                (socket.IPPROTO_TCP, "TCP_KEEPINTVL"),
            )
        }
    finally:
        line.close()
        await hang_up(connection)

    assert found == {"SO_KEEPALIVE": 1, "TCP_USER_TIMEOUT": 5000, "TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 1}
