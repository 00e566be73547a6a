"""The command line: thin sentences over the library.

- `demo`: see executions run to their end.
- `server`: an SWF of your own, over HTTP.
- `actors`: deciders and workers in the foreground. `running`: how. `loading`: by which names. `reloading`: again when
  code changes.
- `options`: what several commands have. `log_lines`: log records on stderr.
- `exit_codes`: what a command's exit code tells.

Results go to stdout, everything else to stderr. A command holds no rule of its own.
"""

from collections.abc import Sequence

import click

from swf import __version__
from swf.cli.actors import decider, run, worker
from swf.cli.demo import demo
from swf.cli.exit_codes import FAILED, USAGE, exit_code
from swf.cli.server import server
from swf.exceptions import SWFError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="swf")
def cli() -> None:
    """Amazon Simple Workflow, on AWS and on your own machine.

    New here? Try: swf demo
    """


cli.add_command(demo)
cli.add_command(server)
for command in (decider, worker, run):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code; an error of ours is told in a sentence, without a traceback."""
    try:
        result = cli.main(args=arguments, prog_name="swf", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return FAILED
    except SWFError as error:
        click.echo(f"Error: {error}", err=True)
        return exit_code(error)
    return result if isinstance(result, int) else 0
