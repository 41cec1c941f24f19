"""One redaction for every line of the log, and its two forms."""

from __future__ import annotations

import io
import json

import pytest

from engine.logs import call_name, open_log, redaction


def written(redact=None, *, level: str = "info", stream=None, **always: str):
    """Return a log and a function that returns what it wrote, line by line."""
    stream = stream or io.StringIO()
    log = open_log(stream, level=level, redact=redact or redaction([], full_numbers=False), **always)
    return log, lambda: stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+34600111222", "+…1222"),
        ("from +15551230000 to +15551239999.", "from +…0000 to +…9999."),
        ("sip:+15551230000@example.com", "sip:+…0000@example.com"),
        ("+1 (555) 123-0000, %2b34600111222", "+…0000, +…1222"),
        ("+1234567890123456789", "+…6789"),
        ("2026-11-21T07:08:09+00:00", "2026-11-21T07:08:09+00:00"),
        ("the key KEY_1_LONG and KEY_1", "the key *** and ***"),
        ("Anna\x1b[31m\x00\u202eb", "Anna\\x1b[31m\\x00\\u202eb"),
        ("Zoë says: ¡hola!\n", "Zoë says: ¡hola!\n"),
        ("room 1234567890", "room 1234567890"),
        ("at https://s3.amazonaws.com/telephony-recorder-prod/a.mp3?X-Amz-Signature=b now", "at *** now"),
        ("https://example.com/hold.mp3", "https://example.com/hold.mp3"),
    ],
)
def test_redaction_of_a_text(text, shown):
    assert redaction(["KEY_1", "KEY_1_LONG", ""], full_numbers=False)(text) == shown


def test_redaction_goes_into_everything_and_keeps_what_is_no_text():
    value = {"to": ["+15551230000", None, 1.5, True], "+15551230000": {"n": 15551230000}, "odd": ValueError("hush")}

    shown = redaction(["hush"], full_numbers=False)(value)

    assert shown == {"to": ["+…0000", None, 1.5, True], "+…0000": {"n": 15551230000}, "odd": "***"}


def test_numbers_without_a_plus_are_shortened_where_numbers_stand():
    line = {"from": "34600111222", "to": "sip:15551230000@x", "number": "anonymous", "connection_id": "16846411232360"}

    assert redaction([], full_numbers=False)(line) == {**line, "from": "…1222", "to": "sip:…0000@x"}
    assert redaction([], full_numbers=True)(line) == line


def test_whole_numbers_are_shown_on_request_but_secrets_never():
    assert redaction(["hush"], full_numbers=True)("+15551230000 hush") == "+15551230000 ***"


def test_line_is_json_with_time_level_and_what_is_always_there():
    log, lines = written(stage="blue")

    log.info("state", run="abcdefghijkl", to="+15551230000")
    log.info("state", run="room:sales")

    first, second = map(json.loads, lines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {"event": "state", "level": "info", "stage": "blue", "call": "abcdefgh", "to": "+…0000"}
    assert second["call"] == "room:sales"


def test_level_leaves_out_what_is_below_it():
    log, lines = written(level="error")

    log.warning("hidden")
    log.error("shown")

    assert [json.loads(line)["event"] for line in lines()] == ["shown"]


def test_traceback_is_redacted_too():
    log, lines = written(redaction(["hush"], full_numbers=False))
    try:
        raise ValueError("hush +15551230000")
    except ValueError as error:
        log.error("failed", exc_info=error)

    [line] = lines()
    assert "ValueError: *** +…0000" in json.loads(line)["exception"]


def test_terminal_gets_lines_for_people():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    log, lines = written(stream=Terminal())
    log.warning("state", state="menu")

    [line] = lines()
    assert "menu" in line
    assert not line.startswith("{")


def test_callers_name_cannot_write_a_line_of_its_own():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream in (Terminal(), io.StringIO()):
        log, lines = written(stream=stream)
        log.info("log", text="Anna\n2026-01-01 [error] the house burns\x85\u2028")
        assert len(lines()) == 1


@pytest.mark.parametrize("error", [OSError("No space left on device"), BrokenPipeError(), ValueError("closed file")])
def test_log_that_cannot_be_written_harms_nobody(error):
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise error

        def flush(self) -> None:
            raise error

    log, _ = written(stream=Full())
    log.error("shown")


def test_name_of_a_call_is_short_and_a_room_keeps_its_own():
    assert [call_name(run) for run in ("abcdefghijkl", "plan:abcdefghijkl", "queue:support")] == [
        "abcdefgh",
        "abcdefgh",
        "queue:support",
    ]
