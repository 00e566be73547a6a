"""Groups of commands: one that imports them when they are called, and those that say what each of theirs does."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from swf.cli.overview import Named, overview


class _Named(click.Group):
    """A group that says what was meant where something is none of its words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options of the group itself; those of its commands stand behind the command."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            where = f"Options stand behind the command: {ctx.command_path} COMMAND [OPTIONS]"
            raise click.UsageError(f"{error.format_message()} {where}", ctx) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a name; of a name that none has, say which may have been meant."""
        name, known = args[0], self.list_commands(ctx)
        # What begins with a dash is an option, of which click says the same.
        if name in known or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from swf.checks import meant

        others = f"Run {ctx.command_path} --help to see all of them."
        raise click.UsageError(f"No such command {name!r}. {meant(name, known)}{others}", ctx)


class Group(_Named):
    """A group whose help has the whole first sentence of each command, in the order they were declared."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their sentences, on as many lines as those take."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(limit=500)) for name, each in self.commands.items()])


class LazyGroup(_Named):
    """A group that knows its commands by name, and imports the one that is called."""

    def __init__(self, *args: Any, lazy: Mapping[str, Named], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in the order they were declared."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        named = self.lazy.get(cmd_name)
        if named is None:
            return None
        command: click.Command = getattr(importlib.import_module(named.module), named.attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Call a command; a reader that has gone, as ``head`` does, is no failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(0) from None

    def get_help(self, ctx: click.Context) -> str:
        """Give the help, with no command imported."""
        return overview(self.lazy)
