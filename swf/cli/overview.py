"""What ``swf --help`` prints, from what is known of the commands while none of them is imported."""

from collections.abc import Mapping
from typing import NamedTuple

_ABOUT = """Usage: swf [OPTIONS] COMMAND [ARGS]...

  Amazon Simple Workflow, on AWS and on your own machine.

  New here? Try: swf demo
  What runs:     swf executions ls --domain NAME
  In the way:    swf doctor

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit; every command has it, with examples.

Commands:
"""


class Named(NamedTuple):
    """Where a command is, and the first sentence of its help."""

    module: str
    attribute: str
    help: str


def overview(commands: Mapping[str, Named]) -> str:
    """Give the help of the whole program."""
    width = max(map(len, commands)) + 2
    return _ABOUT + "\n".join(f"  {name:<{width}}{named.help}" for name, named in commands.items())
