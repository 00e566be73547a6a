"""Commands and groups of them: what holds for the options of all, help with whole sentences, imports when called."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import click

from swf.cli.overview import Named, overview

_APPENDED = {"store": "append", "store_const": "append_const"}


class Command(click.Command):
    """A command that drops no value: an option that takes one and is given twice is refused.

    An option that takes several is declared with ``multiple=True``. A flag may be repeated, but not contradicted.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options, and refuse those of which click would keep the last value only."""
        if not ctx.resilient_parsing:
            try:
                _refuse_repeated(self, ctx, args)
            except click.NoSuchOption as error:
                said = f"No such option {error.option_name!r}. {self._meant(error.option_name, ctx)}".rstrip()
                raise click.NoSuchOption(error.option_name, said, ctx=ctx) from None
        return super().parse_args(ctx, args)

    def _meant(self, name: str, ctx: click.Context) -> str:
        """Return the question whether options were meant that take this word as a value, or the one that comes closest.

        click would name up to three that look like it, of whatever meaning.
        """
        from swf.checks import closest

        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option) and not each.hidden]
        known = [name for each in options for name in (*each.opts, *each.secondary_opts) if name.startswith("--")]
        likely = list(_options_with_value(options, name.removeprefix("--")))
        # Compared without the dashes, which would make any two look alike.
        if not likely and (close := closest(name.removeprefix("--"), [each.removeprefix("--") for each in known])):
            likely.append(f"--{close}")
        return f"Did you mean {' or '.join(map(repr, likely))}?" if likely else ""


def _options_with_value(options: Sequence[click.Option], word: str) -> Iterator[str]:
    """Yield how options are given a word that is one of their choices: ``--status CLOSED`` for ``closed``."""
    for option in options:
        if isinstance(option.type, click.Choice):
            yield from (f"{max(option.opts, key=len)} {each}" for each in option.type.choices if _is(each, word))


def _is(choice: str, word: str) -> bool:
    return choice.casefold() == word.replace("-", "_").casefold()


@attrs.frozen
class _EveryValue:
    """A parser of click's that keeps all values of an option, where click keeps the last."""

    parser: Any

    def add_option(self, *, action: str, **how: Any) -> None:
        self.parser.add_option(action=_APPENDED.get(action, action), **how)

    def add_argument(self, **how: Any) -> None:
        self.parser.add_argument(**how)


def _refuse_repeated(command: click.Command, ctx: click.Context, args: Sequence[str]) -> None:
    options = [each for each in command.get_params(ctx) if isinstance(each, click.Option)]
    given = _given(command, ctx, args)
    # Whoever asks for help gets it.
    if any(option.is_eager and option.is_flag and option.name in given for option in options):
        return
    for option in options:
        values = given.get(option.name or "")
        # A number counts how often a flag was given.
        if isinstance(values, list) and not option.multiple:
            _refuse_several(option, values, ctx)


def _given(command: click.Command, ctx: click.Context, args: Sequence[str]) -> Mapping[str, Any]:
    """Return all values of each option that is given, by the name of its parameter."""
    # A command without parameters makes a parser without options.
    parser = click.Command(None, add_help_option=False).make_parser(ctx)
    for parameter in command.get_params(ctx):
        parameter.add_to_parser(_EveryValue(parser), ctx)  # type: ignore[arg-type]
    return parser.parse_args(list(args))[0]


def _refuse_several(option: click.Option, values: Sequence[Any], ctx: click.Context) -> None:
    from swf.wire import shown

    spellings = [*option.opts, *option.secondary_opts]
    if option.is_flag and len(set(values)) > 1:
        raise click.UsageError(f"{' and '.join(spellings)} contradict each other. Give one.", ctx)
    if not option.is_flag and len(values) > 1:
        said = " and ".join(shown(" ".join(each) if isinstance(each, tuple) else each) for each in values)
        raise click.UsageError(
            f"{' or '.join(spellings)} takes one value, and was given {said}. Give one of them, or run the command "
            "once for each.",
            ctx,
        )


class _Named(Command, click.Group):
    """A group that says what was meant where something is none of its words."""

    command_class = Command

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
