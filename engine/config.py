"""The settings: the only reader of the environment. The table is in the documentation's page on settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from engine.core.nearest import did_you_mean
from engine.errors import SettingsError

T = TypeVar("T")

SECRET_PREFIX = "RINGFLOW_SECRET_"
_NAMELESS = (SECRET_PREFIX, f"{SECRET_PREFIX}FILE")
LOG_LEVELS = ("debug", "info", "warning", "error")

_NAMES = (
    "TELNYX_API_KEY",
    "TELNYX_PUBLIC_KEY",
    "TELNYX_API_URL",
    "RINGFLOW_FLOWS",
    "RINGFLOW_DATABASE",
    "RINGFLOW_LISTEN",
    "RINGFLOW_ADMIN_LISTEN",
    "RINGFLOW_ADMIN_TOKEN",
    "RINGFLOW_STAGE",
    "RINGFLOW_RELOAD",
    "RINGFLOW_PUBLIC_URL",
    "RINGFLOW_LOG_LEVEL",
    "RINGFLOW_LOG_NUMBERS",
    "RINGFLOW_KEEP_CALLS",
    "RINGFLOW_KEEP_FAILED_CALLS",
)
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # becomes part of a file name
_SOCKET_BYTES = 103  # the shortest limit of the common systems (macOS; Linux allows 107)
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_DAY_S = 86400.0
_AGE = re.compile(r"([0-9]{1,5})([hd])")
_PORTAL = "portal.telnyx.com, Keys & Credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What the environment says, checked. URLs end without a slash; *warnings* are sentences for the start.

    *admin_listen* is "host:port" or "unix:PATH". *secrets* maps names in lower case to values.
    """

    telnyx_api_key: str = field(default="", repr=False)
    telnyx_public_key: str = ""
    telnyx_api_url: str = "https://api.telnyx.com/v2"
    flows: str = "flows"
    database: str = field(default="sqlite:///ringflow.db", repr=False)  # its address may hold a password
    listen: str = "127.0.0.1:8080"
    admin_listen: str = "unix:ringflow.db.sock"
    admin_token: str = field(default="", repr=False)
    stage: str | None = None
    reload_on_change: bool = True
    public_url: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    log_level: str = "info"
    log_full_numbers: bool = False
    keep_calls_s: float = 7 * _DAY_S
    keep_failed_calls_s: float = 30 * _DAY_S
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, read_file: Callable[[str], str], for_serve: bool = False
    ) -> Settings:
        """
        Return the settings in *environ*; *read_file* returns the text of the file that a ``NAME_FILE`` names.

        *for_serve* asks for what only the service needs: Telnyx's keys, and a token for an admin port.

        Raises:
            SettingsError: with one sentence for each setting that is missing or malformed.
        """
        source = _Source(environ, read_file)
        settings = _read(source)
        if for_serve:
            source.problems += _missing(settings, source.problems)
        if source.problems:
            raise SettingsError(source.problems[0], problems=tuple(source.problems))
        return settings

    @property
    def database_path(self) -> str | None:
        """
        The file of the SQLite database; None for PostgreSQL.

        It is relative to where ringflow was started unless it begins with a slash.
        """
        return self.database.removeprefix(_SQLITE) if self.database.startswith(_SQLITE) else None

    def sqlite_file(self, what: str) -> str:
        """
        Return ``database_path`` for the command *what*, which works on a file.

        Raises:
            SettingsError: the database is in PostgreSQL.
        """
        if self.database_path is None:
            raise SettingsError(
                f"'{what}' works on an SQLite file, and RINGFLOW_DATABASE names a PostgreSQL database; "
                "use PostgreSQL's own tools there, such as pg_dump and psql"
            )
        return self.database_path

    @property
    def admin_socket(self) -> str | None:
        """The path of the admin listener's Unix socket; None when it listens on a port."""
        return self.admin_listen.removeprefix("unix:") if self.admin_listen.startswith("unix:") else None

    @property
    def secret_values(self) -> tuple[str, ...]:
        """Everything that no log, file or answer may show."""
        passwords = () if self.database_path is not None else _passwords(self.database)
        values = (self.telnyx_api_key, self.admin_token, *passwords, *self.secrets.values())
        return tuple(dict.fromkeys(value for value in values if value))

    def require_secrets(self, names: Iterable[str]) -> None:
        """Raises SettingsError with one sentence for each of *names*, from ``project.yaml``, that has no value."""
        problems = tuple(
            f"the secret {name} of project.yaml has no value; set {SECRET_PREFIX}{name.upper()}"
            for name in names
            if name.lower() not in self.secrets
        )
        if problems:
            raise SettingsError(problems[0], problems=problems)

    def require_public_url(self, files: Iterable[str]) -> None:
        """Raises SettingsError when *files*, the audio that this service is to serve, cannot be reached by Telnyx."""
        file = next(iter(files), None)
        if file is not None and self.public_url is None:
            raise SettingsError(
                f"project.yaml plays the file {file}, and Telnyx must be able to fetch it; set RINGFLOW_PUBLIC_URL to "
                "the address under which this service is reached from outside, such as https://calls.example.com"
            )


def listen_address(name: str, text: str) -> str:
    """Return *text*, the HOST:PORT that the option *name* gives. Raises SettingsError."""
    try:
        return _address(text)
    except SettingsError as error:
        raise SettingsError(f"{name} {error}") from None


class _Source:
    """The environment, with what was wrong in it so far."""

    def __init__(self, environ: Mapping[str, str], read_file: Callable[[str], str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self._read_file = read_file

    def text(self, name: str) -> str | None:
        """Return the value of *name*, or of the file that NAME_FILE names; empty counts as not set."""
        value, path = self.environ.get(name, "").strip(), self.environ.get(f"{name}_FILE", "").strip()
        if value and path:
            self.problems.append(f"{name} and {name}_FILE are both set; keep one of them")
        if value or not path:
            return value or None
        try:
            return self._read_file(path).strip() or None
        except OSError as error:
            why = error.strerror or type(error).__name__
            self.problems.append(f"{name}_FILE names {path!r}, which cannot be read ({why})")
        except UnicodeDecodeError:
            self.problems.append(f"{name}_FILE names {path!r}, which is not a text file")
        return None

    def get(self, name: str, check: Callable[[str], T], default: T) -> T:
        """Return the checked value; a problem is noted, and *default* returned in its place."""
        text = self.text(name)
        if text is None:
            return default
        try:
            return check(_printable(text))
        except SettingsError as error:
            self.problems.append(f"{name} {error}")
            return default


def _read(source: _Source) -> Settings:
    database = source.get("RINGFLOW_DATABASE", _database, "sqlite:///ringflow.db")
    api_url = source.get("TELNYX_API_URL", _url, "https://api.telnyx.com/v2")
    public_url = source.get("RINGFLOW_PUBLIC_URL", _url, None)
    keep_calls_s = source.get("RINGFLOW_KEEP_CALLS", _age, 7 * _DAY_S)
    return Settings(
        telnyx_api_key=source.get("TELNYX_API_KEY", _token, ""),
        telnyx_public_key=source.get("TELNYX_PUBLIC_KEY", _public_key, ""),
        telnyx_api_url=api_url,
        flows=source.get("RINGFLOW_FLOWS", str, "flows"),
        database=database,
        listen=source.get("RINGFLOW_LISTEN", _address, "127.0.0.1:8080"),
        admin_listen=source.get("RINGFLOW_ADMIN_LISTEN", _admin_address, _admin_socket(database)),
        admin_token=source.get("RINGFLOW_ADMIN_TOKEN", _token, ""),
        stage=source.get("RINGFLOW_STAGE", _stage, None),
        reload_on_change=source.get("RINGFLOW_RELOAD", _on_or_off, True),
        public_url=public_url,
        secrets=_secrets(source),
        log_level=source.get("RINGFLOW_LOG_LEVEL", _log_level, "info"),
        log_full_numbers=source.get("RINGFLOW_LOG_NUMBERS", _log_numbers, False),
        keep_calls_s=keep_calls_s,
        keep_failed_calls_s=source.get("RINGFLOW_KEEP_FAILED_CALLS", _age, max(30 * _DAY_S, keep_calls_s)),
        warnings=(*_unknown(source.environ), *_readable_key(api_url)),
    )


def _admin_socket(database: str) -> str:
    """Beside the file of the database; where ringflow was started when there is none."""
    return f"unix:{database.removeprefix(_SQLITE)}.sock" if database.startswith(_SQLITE) else "unix:ringflow.sock"


def _missing(settings: Settings, known: Iterable[str]) -> list[str]:
    """Return what the service lacks; not again what is *known* to be malformed."""
    lacking = {
        "TELNYX_API_KEY": "" if settings.telnyx_api_key else f"; copy a key from {_PORTAL}, API Keys",
        "TELNYX_PUBLIC_KEY": "" if settings.telnyx_public_key else f"; copy it from {_PORTAL}, Public Key",
    }
    if settings.admin_socket is None and not settings.admin_token:
        advice = "; RINGFLOW_ADMIN_LISTEN opens a port, which needs a long random token, or leave both out"
        lacking["RINGFLOW_ADMIN_TOKEN"] = advice
    problems = [
        f"{name} is not set{advice}"
        for name, advice in lacking.items()
        if advice and not any(problem.startswith((f"{name} ", f"{name}_FILE ")) for problem in known)
    ]
    if settings.admin_socket is not None and len(settings.admin_socket.encode()) > _SOCKET_BYTES:
        problems.append(
            f"the path of the admin socket, '{settings.admin_socket}', is longer than {_SOCKET_BYTES} bytes; "
            "set RINGFLOW_ADMIN_LISTEN to a shorter one, such as unix:/tmp/ringflow.sock"
        )
    return problems


def _secrets(source: _Source) -> dict[str, str]:
    names = {
        name.removesuffix("_FILE")
        for name in source.environ
        if name.startswith(SECRET_PREFIX) and name not in _NAMELESS
    }
    values = {name: source.text(name) for name in sorted(names)}
    return {name.removeprefix(SECRET_PREFIX).lower(): value for name, value in values.items() if value is not None}


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = [name for name in _NAMES if name.startswith("RINGFLOW_")]
    known += [f"{name}_FILE" for name in known]
    return [
        f"{name} is not a setting of ringflow{did_you_mean(name, known)}"
        for name in sorted(environ)
        if name.startswith("RINGFLOW_")
        and name not in known
        and (not name.startswith(SECRET_PREFIX) or name in _NAMELESS)
    ]


def _readable_key(api_url: str) -> list[str]:
    parts = urlsplit(api_url)
    if parts.scheme == "https" or _is_loopback(parts.hostname or ""):
        return []
    return ["TELNYX_API_URL is not https: everyone on the way can read the API key"]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _printable(text: str) -> str:
    if not text.isprintable():
        raise SettingsError("holds a line break or another invisible character; write it again")
    return text


def _token(text: str) -> str:
    if not text.isascii() or " " in text:
        raise SettingsError("holds a space or a character that does not belong into a key; copy it again")
    return text


def _public_key(text: str) -> str:
    from engine.telnyx.signature import parse_public_keys  # nacl is slow to load, and few commands need it

    try:
        parse_public_keys(text)
    except SettingsError as error:
        raise SettingsError(str(error).removeprefix("TELNYX_PUBLIC_KEY ")) from None
    return text


def _url(text: str) -> str:
    """Messages do not repeat the text: people put passwords into URLs."""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or " " in text:
        raise SettingsError("is not a web address; write it as https://example.com")
    if "@" in parts.netloc or "?" in text or "#" in text:
        raise SettingsError("may not hold a user, a password, '?' or '#'; write it as https://example.com")
    return text.rstrip("/")


def _database(text: str) -> str:
    if text.startswith(_POSTGRES):
        return _postgres(text)
    path = text.removeprefix(_SQLITE)
    if path == text or not path or path.endswith("/") or "?" in path or path == ":memory:":
        raise SettingsError(
            "is not a database address; write it as sqlite:///ringflow.db, or sqlite:////var/lib/ringflow.db "
            "(four slashes) for a path from the root, or postgresql://USER:PASSWORD@HOST/NAME"
        )
    return text


def _postgres(text: str) -> str:
    """Messages do not repeat the text: people put passwords into URLs."""
    try:
        parts = urlsplit(text)
        (parts.hostname or "").encode("idna")
        is_whole = bool(parts.path.strip("/")) and "/" not in parts.path.strip("/") and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or parts.fragment or " " in text:
        raise SettingsError(
            "is not a database address; write it as postgresql://USER:PASSWORD@HOST/NAME, and in the password %40 for "
            "@, %2F for / and %23 for #"
        )
    _check_options(dict(parse_qsl(parts.query)))
    return text


def _passwords(address: str) -> tuple[str, ...]:
    """Return every password in the address of a PostgreSQL database, as it is written there and as it is."""
    parts = urlsplit(address)
    password = parts.password or ""
    in_options = (value for name, value in parse_qsl(parts.query) if name in ("password", "sslpassword"))
    return (password, unquote(password), *in_options)


def _check_options(options: Mapping[str, str]) -> None:
    mode, port = options.get("sslmode", _SSL_MODES[0]), options.get("port", "1")
    if mode not in _SSL_MODES:
        advice = did_you_mean(mode, _SSL_MODES) or f"; choose one of {', '.join(_SSL_MODES)}"
        raise SettingsError(f"has the unknown sslmode '{mode}'{advice}")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"has the port '{port}'; write a number, such as 5432")


def _address(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[2]) > 65535:
        raise SettingsError(f"is '{text}'; write it as HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080")
    return text


def _admin_address(text: str) -> str:
    if text.startswith("unix:"):
        if text == "unix:":
            raise SettingsError("names no file; write it as unix:/run/ringflow.sock")
        return text
    return _address(text)


def _stage(text: str) -> str:
    if not _STAGE.fullmatch(text):
        raise SettingsError(f"is '{text}'; use letters, digits, '-' and '_' only, such as test")
    return text


def _on_or_off(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise SettingsError(f"is '{text}'; set it to on or off")
    return text.lower() == "on"


def _log_level(text: str) -> str:
    level = text.lower()
    if level not in LOG_LEVELS:
        advice = did_you_mean(level, LOG_LEVELS) or f"; choose one of {', '.join(LOG_LEVELS)}"
        raise SettingsError(f"is '{text}'{advice}")
    return level


def _log_numbers(text: str) -> bool:
    if text.lower() != "full":
        raise SettingsError(f"is '{text}'; set it to full, or leave it out to show four digits only")
    return True


def _age(text: str) -> float:
    found = _AGE.fullmatch(text)
    if found is None or not int(found[1]):
        raise SettingsError(f"is '{text}'; write hours or days, such as 12h or 30d, one hour at least")
    return int(found[1]) * {"h": 3600.0, "d": _DAY_S}[found[2]]
