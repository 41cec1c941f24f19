"""The command line: arguments in, exit code out; no logic of its own. Each command is a file of ``commands/``."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Sequence

import click

from engine.commands.call import call
from engine.commands.calls import calls
from engine.commands.check import check
from engine.commands.db import db
from engine.commands.diff import diff
from engine.commands.doctor import doctor
from engine.commands.explain import explain
from engine.commands.explore import explore
from engine.commands.flows import flows
from engine.commands.forget import forget
from engine.commands.graph import graph
from engine.commands.group import Commands
from engine.commands.listen import listen
from engine.commands.replay import replay
from engine.commands.route import route
from engine.commands.schema import schema
from engine.commands.serve import serve
from engine.commands.show import show
from engine.commands.simulate import simulate
from engine.commands.starting import init, new
from engine.commands.terminal import ENGINE, OK, PROBLEMS, USAGE
from engine.commands.test import test
from engine.commands.trigger import trigger
from engine.commands.verbs import verbs
from engine.core.nearest import did_you_mean
from engine.errors import CommandRefused, FlowError, RingflowError, SettingsError


def run() -> None:
    """The ``ringflow`` command."""
    code = main(sys.argv[1:])
    gc.freeze()  # the process ends: looking once more for garbage took half a second for a hundred flows
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; every expected error is one sentence on stderr."""
    try:
        result = cli.main(args=list(arguments), prog_name="ringflow", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.UsageError as error:
        click.echo(f"ringflow: {_sentence(error)}", err=True)
        click.echo(f"Try: {error.ctx.command_path if error.ctx else 'ringflow'} --help", err=True)
        return USAGE
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (SettingsError, CommandRefused) as error:
        for problem in getattr(error, "problems", ()) or (str(error),):
            click.echo(f"ringflow: {problem}", err=True)
        return USAGE
    except FlowError as error:
        click.echo(f"ringflow: {error}", err=True)
        return PROBLEMS
    except RingflowError as error:
        click.echo(f"ringflow: {error}", err=True)
        return ENGINE
    except BrokenPipeError:
        _close_quietly()
        return OK
    except Exception:
        traceback.print_exc()
        click.echo("ringflow: this is a defect of ringflow; please report it with the lines above", err=True)
        return ENGINE
    return result if isinstance(result, int) else OK


def _sentence(error: click.UsageError) -> str:
    """Return what is wrong with the arguments, with the nearest name for an option that does not exist."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error.format_message()
    known = [name for option in error.ctx.command.get_params(error.ctx) for name in option.opts if name[0] == "-"]
    where = error.ctx.command_path
    return f"{where} has no option '{error.option_name}'{did_you_mean(error.option_name, known)}"


def _close_quietly() -> None:
    """The reader of our output has gone (``| head``): nothing more can be said, not even at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ringflow", prog_name="ringflow")
def cli() -> None:
    """Phone calls written as YAML state machines: check them, test them, run them on Telnyx."""


_COMMANDS = (
    init, new, check, test, explore, graph, route, explain, verbs, schema, doctor, listen, serve, call, calls, show,
    replay, diff, flows, db, forget, simulate, trigger,
)  # fmt: skip
for command in _COMMANDS:
    cli.add_command(command)
