"""Settings: what is read, what is refused, and the sentence that says so."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Settings
from engine.errors import SettingsError

PUBLIC_KEY = b64encode(bytes(range(32))).decode()
SERVE = {"TELNYX_API_KEY": "KEY01", "TELNYX_PUBLIC_KEY": PUBLIC_KEY}
FILES = {"/run/key": "KEY02\n", "/run/empty": "\n"}


def read_file(path: str) -> str:
    if path == "/run/binary":
        return b"\xff".decode()
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory", path)
    return FILES[path]


def read(environ: Mapping[str, str], for_serve: bool = False) -> Settings:
    return Settings.from_environment(environ, read_file=read_file, for_serve=for_serve)


def problems(environ: Mapping[str, str], for_serve: bool = False) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(environ, for_serve)
    assert str(caught.value) == caught.value.problems[0]
    return caught.value.problems


def test_an_empty_environment_gives_the_defaults():
    settings = read({"PATH": "/bin"})

    assert settings == Settings()
    assert (settings.database_path, settings.admin_socket) == ("ringflow.db", "ringflow.db.sock")


def test_every_setting_is_read():
    settings = read(
        {
            **SERVE,
            "TELNYX_API_URL": "http://127.0.0.1:9000/v2/",
            "RINGFLOW_FLOWS": "/srv/flows",
            "RINGFLOW_DATABASE": "sqlite:////var/lib/ringflow.db",
            "RINGFLOW_LISTEN": "[::]:80",
            "RINGFLOW_ADMIN_LISTEN": "10.0.0.1:9001",
            "RINGFLOW_ADMIN_TOKEN": "t0ken",
            "RINGFLOW_STAGE": "test",
            "RINGFLOW_PUBLIC_URL": "https://calls.example.com/",
            "RINGFLOW_SECRET_TEAM_ROOM_PIN": "4821",
            "RINGFLOW_LOG_LEVEL": "Debug",
            "RINGFLOW_LOG_NUMBERS": "full",
            "RINGFLOW_RELOAD": "Off",
            "RINGFLOW_KEEP_CALLS": "12h",
            "RINGFLOW_KEEP_FAILED_CALLS": "90d",
        },
        for_serve=True,
    )

    assert settings == Settings(
        telnyx_api_key="KEY01",
        telnyx_public_key=PUBLIC_KEY,
        telnyx_api_url="http://127.0.0.1:9000/v2",
        flows="/srv/flows",
        database="sqlite:////var/lib/ringflow.db",
        listen="[::]:80",
        admin_listen="10.0.0.1:9001",
        admin_token="t0ken",
        stage="test",
        public_url="https://calls.example.com",
        secrets={"team_room_pin": "4821"},
        log_level="debug",
        log_full_numbers=True,
        reload_on_change=False,
        keep_calls_s=12 * 3600,
        keep_failed_calls_s=90 * 86400,
    )
    assert (settings.database_path, settings.admin_socket) == ("/var/lib/ringflow.db", None)


def test_calls_that_failed_are_kept_as_long_as_others_at_least_unless_set():
    assert read({"RINGFLOW_KEEP_CALLS": "60d"}).keep_failed_calls_s == 60 * 86400
    assert read({"RINGFLOW_KEEP_CALLS": "60d", "RINGFLOW_KEEP_FAILED_CALLS": "1d"}).keep_failed_calls_s == 86400


def test_the_admin_socket_lies_beside_the_database_unless_set():
    assert read({"RINGFLOW_DATABASE": "sqlite:///calls/a.db"}).admin_socket == "calls/a.db.sock"
    assert read({"RINGFLOW_ADMIN_LISTEN": "unix:/run/rf.sock"}).admin_socket == "/run/rf.sock"


def test_postgresql_has_no_file_and_its_password_is_a_secret():
    settings = read({"RINGFLOW_DATABASE": "postgresql://anna:hide%40me@db.example.com:5433/calls?sslmode=require"})

    assert (settings.database_path, settings.admin_socket) == (None, "ringflow.sock")
    assert settings.secret_values == ("hide%40me", "hide@me")
    assert "hide" not in repr(settings)


@pytest.mark.parametrize(
    "address",
    [
        "postgres://db/calls",
        "postgresql:///calls?host=/run/postgresql",
        "postgresql://anna@/calls?host=a,b&target_session_attrs=primary",
        "postgresql://db/calls?sslmode=verify-full&sslrootcert=/etc/ca.pem&port=5433",
    ],
)
def test_addresses_of_postgresql_may_have_options(address):
    assert read({"RINGFLOW_DATABASE": address}).database == address


def test_password_among_the_options_of_postgresql_is_a_secret_too():
    settings = read({"RINGFLOW_DATABASE": "postgresql://db/calls?user=anna&password=hide%40me&sslpassword=hidden"})

    assert settings.secret_values == ("hide@me", "hidden")


@pytest.mark.parametrize("end", ["", "/", "/a/b", "/a#b", ":0/a", ":x/a", "..x/a"])
def test_address_of_postgresql_that_is_not_whole_is_refused_unseen(end):
    [problem] = problems({"RINGFLOW_DATABASE": f"postgresql://anna:hidden@host{end}"})

    assert problem.startswith("RINGFLOW_DATABASE is not a database address; write it as postgresql://")
    assert "hidden" not in problem


def test_values_come_from_files_too():
    settings = read({"TELNYX_API_KEY_FILE": "/run/key", "RINGFLOW_SECRET_PIN_FILE": "/run/key", "RINGFLOW_STAGE": ""})

    assert (settings.telnyx_api_key, settings.secrets, settings.stage) == ("KEY02", {"pin": "KEY02"}, None)


def test_no_secret_shows_in_the_settings():
    settings = read({"TELNYX_API_KEY": "hide1", "RINGFLOW_ADMIN_TOKEN": "hide2", "RINGFLOW_SECRET_PIN": "hide3"})

    assert "hide" not in repr(settings)
    assert settings.secret_values == ("hide1", "hide2", "hide3")


GOLDEN = {
    "RINGFLOW_LISTEN is 'localhost'; write it as HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080": {
        "RINGFLOW_LISTEN": "localhost"
    },
    "RINGFLOW_LISTEN is '127.0.0.1:70000'; write it as HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080": {
        "RINGFLOW_LISTEN": "127.0.0.1:70000"
    },
    "RINGFLOW_LISTEN is ':8080'; write it as HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080": {
        "RINGFLOW_LISTEN": ":8080"
    },
    "RINGFLOW_LISTEN is '::1:80'; write it as HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080": {
        "RINGFLOW_LISTEN": "::1:80"
    },
    "RINGFLOW_ADMIN_LISTEN names no file; write it as unix:/run/ringflow.sock": {"RINGFLOW_ADMIN_LISTEN": "unix:"},
    "RINGFLOW_DATABASE is not a database address; write it as postgresql://USER:PASSWORD@HOST/NAME, and in the "
    "password %40 for @, %2F for / and %23 for #": {"RINGFLOW_DATABASE": "postgresql://user:hid/den@host/calls"},
    "RINGFLOW_DATABASE is not a database address; write it as sqlite:///ringflow.db, or "
    "sqlite:////var/lib/ringflow.db (four slashes) for a path from the root, or "
    "postgresql://USER:PASSWORD@HOST/NAME": {"RINGFLOW_DATABASE": "calls.db"},
    "RINGFLOW_DATABASE has the unknown sslmode 'verify-ful'; did you mean 'verify-full'?": {
        "RINGFLOW_DATABASE": "postgresql://host/calls?sslmode=verify-ful"
    },
    "RINGFLOW_DATABASE has the unknown sslmode 'yes'; choose one of disable, allow, prefer, require, verify-ca, "
    "verify-full": {"RINGFLOW_DATABASE": "postgresql://host/calls?sslmode=yes"},
    "RINGFLOW_DATABASE has the port 'abc'; write a number, such as 5432": {
        "RINGFLOW_DATABASE": "postgresql:///calls?host=db&port=abc"
    },
    "TELNYX_API_URL is not a web address; write it as https://example.com": {"TELNYX_API_URL": "api.telnyx.com"},
    "TELNYX_API_URL may not hold a user, a password, '?' or '#'; write it as https://example.com": {
        "TELNYX_API_URL": "https://user:hidden@api.telnyx.com"
    },
    "RINGFLOW_PUBLIC_URL is not a web address; write it as https://example.com": {
        "RINGFLOW_PUBLIC_URL": "https://[::1"
    },
    "RINGFLOW_STAGE is '../prod'; use letters, digits, '-' and '_' only, such as test": {"RINGFLOW_STAGE": "../prod"},
    "RINGFLOW_LOG_LEVEL is 'warn'; choose one of debug, info, warning, error": {"RINGFLOW_LOG_LEVEL": "warn"},
    "RINGFLOW_LOG_LEVEL is 'eror'; did you mean 'error'?": {"RINGFLOW_LOG_LEVEL": "eror"},
    "RINGFLOW_RELOAD is 'never'; set it to on or off": {"RINGFLOW_RELOAD": "never"},
    "RINGFLOW_KEEP_CALLS is '0h'; write hours or days, such as 12h or 30d, one hour at least": {
        "RINGFLOW_KEEP_CALLS": "0h"
    },
    "RINGFLOW_KEEP_FAILED_CALLS is '30'; write hours or days, such as 12h or 30d, one hour at least": {
        "RINGFLOW_KEEP_FAILED_CALLS": "30"
    },
    "RINGFLOW_LOG_NUMBERS is 'yes'; set it to full, or leave it out to show four digits only": {
        "RINGFLOW_LOG_NUMBERS": "yes"
    },
    "RINGFLOW_FLOWS holds a line break or another invisible character; write it again": {"RINGFLOW_FLOWS": "a\nb"},
    "TELNYX_API_KEY holds a space or a character that does not belong into a key; copy it again": {
        "TELNYX_API_KEY": "hidden hidden"
    },
    "TELNYX_PUBLIC_KEY has 3 bytes instead of 32; copy it from portal.telnyx.com, Keys & Credentials, Public Key": {
        "TELNYX_PUBLIC_KEY": "QUJD"
    },
    "TELNYX_PUBLIC_KEY is not base64; copy it from portal.telnyx.com, Keys & Credentials, Public Key": {
        "TELNYX_PUBLIC_KEY": "-----BEGIN PUBLIC KEY-----"
    },
    "TELNYX_API_KEY and TELNYX_API_KEY_FILE are both set; keep one of them": {
        "TELNYX_API_KEY": "hidden",
        "TELNYX_API_KEY_FILE": "/run/key",
    },
    "TELNYX_API_KEY_FILE names '/run/none', which cannot be read (No such file or directory)": {
        "TELNYX_API_KEY_FILE": "/run/none"
    },
    "RINGFLOW_SECRET_PIN_FILE names '/run/binary', which is not a text file": {
        "RINGFLOW_SECRET_PIN_FILE": "/run/binary"
    },
}


@pytest.mark.parametrize("sentence", GOLDEN)
def test_each_malformed_setting_has_its_sentence(sentence):
    assert problems(GOLDEN[sentence]) == (sentence,)
    assert "hidden" not in sentence


def test_the_service_names_everything_it_lacks():
    assert problems({"RINGFLOW_ADMIN_LISTEN": "0.0.0.0:9001"}, for_serve=True) == (
        "TELNYX_API_KEY is not set; copy a key from portal.telnyx.com, Keys & Credentials, API Keys",
        "TELNYX_PUBLIC_KEY is not set; copy it from portal.telnyx.com, Keys & Credentials, Public Key",
        "RINGFLOW_ADMIN_TOKEN is not set; RINGFLOW_ADMIN_LISTEN opens a port, which needs a long random token, "
        "or leave both out",
    )


def test_a_malformed_key_is_not_called_missing_as_well():
    sentences = problems({"TELNYX_API_KEY_FILE": "/run/none", "TELNYX_PUBLIC_KEY": "QUJD"}, for_serve=True)

    assert [sentence.split()[0] for sentence in sentences] == ["TELNYX_API_KEY_FILE", "TELNYX_PUBLIC_KEY"]


def test_an_empty_file_is_a_missing_key():
    [sentence] = problems({**SERVE, "TELNYX_API_KEY": "", "TELNYX_API_KEY_FILE": "/run/empty"}, for_serve=True)

    assert sentence.startswith("TELNYX_API_KEY is not set")


def test_a_socket_path_that_no_system_takes_is_refused_for_the_service_only():
    environ = {**SERVE, "RINGFLOW_DATABASE": f"sqlite:////{'x' * 100}"}

    assert read(environ).database_path == f"/{'x' * 100}"
    assert problems(environ, for_serve=True) == (
        f"the path of the admin socket, '/{'x' * 100}.sock', is longer than 103 bytes; "
        "set RINGFLOW_ADMIN_LISTEN to a shorter one, such as unix:/tmp/ringflow.sock",
    )


def test_an_unknown_setting_is_a_warning_with_the_nearest_name():
    settings = read(
        {"RINGFLOW_LISTN": "x", "RINGFLOW_STAGE_FIEL": "x", "RINGFLOW_COLOUR": "x", "RINGFLOW_SECRET_": "x"}
    )

    assert settings.warnings == (
        "RINGFLOW_COLOUR is not a setting of ringflow",
        "RINGFLOW_LISTN is not a setting of ringflow; did you mean 'RINGFLOW_LISTEN'?",
        "RINGFLOW_SECRET_ is not a setting of ringflow",
        "RINGFLOW_STAGE_FIEL is not a setting of ringflow; did you mean 'RINGFLOW_STAGE_FILE'?",
    )


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost", "[::1]:9000"])
def test_a_key_may_travel_readable_on_this_machine(host):
    assert read({"TELNYX_API_URL": f"http://{host}/v2"}).warnings == ()


def test_a_key_that_travels_readable_is_a_warning():
    warnings = read({"TELNYX_API_URL": "http://simulator:9000/v2"}).warnings

    assert warnings == ("TELNYX_API_URL is not https: everyone on the way can read the API key",)


def test_secrets_of_the_project_without_a_value_are_named():
    settings = read({"RINGFLOW_SECRET_TEAM_ROOM_PIN": "4821"})

    settings.require_secrets(["team_room_pin"])
    with pytest.raises(SettingsError) as caught:
        settings.require_secrets(["team_room_pin", "door_code", "alarm"])

    assert caught.value.problems == (
        "the secret door_code of project.yaml has no value; set RINGFLOW_SECRET_DOOR_CODE",
        "the secret alarm of project.yaml has no value; set RINGFLOW_SECRET_ALARM",
    )


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "TELNYX_API_KEY",
                "TELNYX_PUBLIC_KEY",
                "TELNYX_API_URL",
                "RINGFLOW_DATABASE",
                "RINGFLOW_LISTEN",
                "RINGFLOW_ADMIN_LISTEN",
                "RINGFLOW_STAGE",
                "RINGFLOW_PUBLIC_URL",
                "RINGFLOW_LOG_LEVEL",
                "RINGFLOW_SECRET_X",
            ]
        ),
        st.text() | st.from_regex(r"https?://[\[\]:@/a-z0-9.]*", fullmatch=True),
    ),
    st.booleans(),
)
def test_any_environment_is_read_or_explained_in_single_lines(environ, for_serve):
    try:
        read(environ, for_serve)
    except SettingsError as error:
        sentences = error.problems
    else:
        sentences = ()
    assert all(len(sentence.splitlines()) == 1 for sentence in sentences)
