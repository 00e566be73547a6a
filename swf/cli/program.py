"""The whole program: every command, and how each of them ends."""

import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

import click

from swf import __version__
from swf.cli import COMMANDS
from swf.cli.exit_codes import FAILED, INTERRUPTED, USAGE, exit_code
from swf.cli.groups import LazyGroup
from swf.cli.remedies import sentences
from swf.cli.streams import while_read
from swf.exceptions import SWFError


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="swf")
def cli() -> None:
    """Amazon Simple Workflow, on AWS and on your own machine."""


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and give its exit code; an error of ours is told in a sentence, without a traceback."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            result = cli.main(args=arguments, prog_name="swf", standalone_mode=False)
    except (click.ClickException, click.Abort, KeyboardInterrupt, SWFError) as error:
        with while_read(sys.stderr):
            _tell(error)
        return _code(error)
    return result if isinstance(result, int) else 0


def _tell(error: BaseException) -> None:
    match error:
        case click.ClickException():
            error.show()
        case SWFError():
            click.echo(sentences(error), err=True)
        case _:
            click.echo("Interrupted.", err=True)


def _code(error: BaseException) -> int:
    match error:
        case click.UsageError():
            return USAGE
        case click.ClickException():
            return FAILED
        case SWFError():
            return exit_code(error)
        case _:
            return INTERRUPTED


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Say what is odd in a sentence, without the line of code that found it."""
    click.echo(f"Warning: {message}", err=True)
