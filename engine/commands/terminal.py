"""What every command shares: exit codes, ``--format``, colour, and writing to a pipe that may close."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

OK = 0  # nothing to report
PROBLEMS = 1  # problems were found in flows or scenarios
USAGE = 2  # wrong arguments or settings
ENGINE = 3  # the engine itself failed

F = TypeVar("F", bound=Callable[..., Any])


def format_option(*more: str) -> Callable[[F], F]:
    """Return the option ``--format``, with the forms text, json and *more*; the command gets it as ``form``."""
    forms = click.Choice(["text", "json", *more])
    return click.option("--format", "form", type=forms, default="text", help="How to print the result.")


def has_colour() -> bool:
    """Tell whether the reader wants colours: a terminal, and NO_COLOR (no-color.org) is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def say(text: str) -> None:
    """Print *text* and a line end, if it has none. A reader that has gone (``| head``) changes nothing else."""
    try:
        click.echo(text, nl=not text.endswith("\n"))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
