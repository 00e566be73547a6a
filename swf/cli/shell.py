"""``swf shell``."""

import code
import contextlib
import importlib.util
import traceback
from typing import Any

import click

from swf.cli.exit_codes import FAILED
from swf.cli.groups import Command
from swf.cli.options import Where, connection_options, the_domain
from swf.exceptions import ConfigurationError, SWFError


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    swf shell --domain shop

    \b
    swf shell -c "print(domain.executions.filter(tag='urgent').count())"
    """,
)
@connection_options
@click.option("--plain", is_flag=True, help="Python's own shell, also where IPython is installed.")
@click.option("-c", "--command", metavar="CODE", help="Run this, and end.")
def shell(where: Where, plain: bool, command: str | None) -> int:
    """Open a Python shell with models, querysets and the domain at hand.

    It is IPython where that is installed.
    """
    with where.in_force():
        names = namespace()
        if command is not None:
            return _ran(command, names)
        if plain or importlib.util.find_spec("IPython") is None:
            _plain(names)
        else:
            _ipython(names)
    return 0


def _ran(command: str, names: dict[str, Any]) -> int:
    """Run code; what goes wrong in it is told as Python tells it, and an error of ours in a sentence."""
    try:
        exec(compile(command, "<command>", "exec"), names)
    except (SWFError, BrokenPipeError):
        raise
    except Exception as error:
        traceback.print_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
        return FAILED
    return 0


def namespace() -> dict[str, Any]:
    """Give what the shell knows by name: the domain and connection in force, and all models and querysets."""
    import swf
    from swf import constants, models, payload, querysets, settings
    from swf.connection import current

    names: dict[str, Any] = {"swf": swf, "constants": constants, "payload": payload, "settings": settings}
    for module in (models, querysets):
        names |= {name: getattr(module, name) for name in module.__all__}
    names["connection"] = current()
    names["domain"] = None
    with contextlib.suppress(ConfigurationError):
        names["domain"] = the_domain()
    return names


def banner(names: dict[str, Any]) -> str:
    """Say what is at hand."""
    domain = names["domain"]
    said = "no domain: name one with --domain" if domain is None else f"domain = {domain!r}"
    return (
        f"swf {names['swf'].__version__}, {said}\n"
        "Try: Domain.objects.all(), domain.executions.filter(status='CLOSED'), domain.workflow_types.all()"
    )


def _plain(names: dict[str, Any]) -> None:
    # The Tab key and the arrow keys work only with these, which some systems lack.
    with contextlib.suppress(ImportError):
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    code.interact(banner=banner(names), local=names, exitmsg="")


def _ipython(names: dict[str, Any]) -> None:
    ipython = importlib.import_module("IPython")
    config = importlib.import_module("traitlets.config").Config()
    config.TerminalInteractiveShell.banner1 = f"{banner(names)}\n"
    ipython.start_ipython(argv=[], user_ns=names, config=config)
