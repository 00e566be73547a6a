"""``swf completion``."""

import click
from click.shell_completion import get_completion_class

from swf.cli.groups import Command


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    eval "$(swf completion bash)"        # in ~/.bashrc

    \b
    eval "$(swf completion zsh)"         # in ~/.zshrc

    \b
    swf completion fish > ~/.config/fish/completions/swf.fish
    """,
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes the Tab key complete, for a shell.

    It completes commands and options, and asks SWF for domains, types and open workflow ids: for three seconds at most,
    and up to 200 names, of executions the newest.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"This click completes nothing for {shell}. Upgrade it: pip install -U click")
    click.echo(kind(context.find_root().command, {}, "swf", "_SWF_COMPLETE").source())
