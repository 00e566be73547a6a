"""Options that several commands have."""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

from swf.cli import completers
from swf.constants import DEPRECATED, REGISTERED

if TYPE_CHECKING:
    from swf.models import Domain

F = TypeVar("F", bound=Callable[..., Any])
K = TypeVar("K")
V = TypeVar("V")


@attrs.frozen
class Where:
    """Which SWF a command is about, as far as its options say so; the settings say the rest."""

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    domain: str | None = None

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Make it the default connection, and the default domain, of the block."""
        from swf import settings
        from swf.connection import connect

        with ExitStack() as undo:
            if self.domain is not None:
                settings.set(domain=self.domain)
                undo.callback(settings.set, domain=None)
            if self.endpoint_url or self.region or self.profile:
                undo.enter_context(connect(self.endpoint_url, region=self.region, profile=self.profile))
            yield


def connection_options(command: F) -> F:
    """Add the options that say which SWF; the command gets a `Where` as its first argument."""

    @_reach_options
    @click.option(
        "--domain",
        metavar="NAME",
        shell_complete=completers.domains,
        help="The domain. Left out, the one of the settings.",
    )
    @functools.wraps(command)
    def with_where(
        *arguments: Any,
        endpoint_url: str | None,
        region: str | None,
        profile: str | None,
        domain: str | None,
        **options: Any,
    ) -> Any:
        return command(Where(endpoint_url, region, profile, domain), *arguments, **options)

    return with_where  # type: ignore[return-value]


def connected(command: F) -> F:
    """Add the options that say which SWF, and not which domain; the command runs with that connection in force."""

    @_reach_options
    @functools.wraps(command)
    def in_force(
        *arguments: Any, endpoint_url: str | None, region: str | None, profile: str | None, **options: Any
    ) -> Any:
        with Where(endpoint_url, region, profile).in_force():
            return command(*arguments, **options)

    return in_force  # type: ignore[return-value]


def in_domain(command: F) -> F:
    """Add the options that say which SWF and which domain; the command gets the `Domain` as its first argument."""

    @connection_options
    @functools.wraps(command)
    def with_domain(where: Where, *arguments: Any, **options: Any) -> Any:
        with where.in_force():
            return command(the_domain(), *arguments, **options)

    return with_domain  # type: ignore[return-value]


def the_domain() -> "Domain":
    """Give the domain in force.

    Raises:
        ConfigurationError: There is none.
    """
    from swf import settings
    from swf.exceptions import ConfigurationError
    from swf.models import Domain

    name = settings.get("domain")
    if name is None:
        raise ConfigurationError(
            "No domain is given. Name one with --domain NAME, set SWF_DOMAIN, or write domain under [defaults] in the "
            "file ~/.swf. To see which there are: swf domains ls"
        )
    return Domain(name)


def _reach_options(command: F) -> F:
    for option in (
        click.option("--profile", metavar="NAME", help="The profile of the AWS configuration."),
        click.option("--region", metavar="NAME", help="The AWS region."),
        click.option(
            "--endpoint",
            "--endpoint-url",
            "endpoint_url",
            metavar="URL",
            help="An SWF elsewhere than on AWS: http://… or, for one of this process, local: or local:PATH.",
        ),
    ):
        command = option(command)
    return command


def all_of(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Return what adds options and arguments to a command, whose help then has them in this order."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def listing_options(command: F) -> F:
    """Add the options that say how much of a list by name is wanted, and from which end."""
    limit = click.option("--limit", type=click.IntRange(1), metavar="N", help="So many at most.")
    return limit(click.option("--reverse", is_flag=True, help="From the last name to the first.")(command))


def status_option(what: str) -> Callable[[F], F]:
    """Add ``--status``; the command gets REGISTERED or DEPRECATED, or None for both."""
    return click.option(
        "--status",
        type=click.Choice([REGISTERED, DEPRECATED, "ANY"], case_sensitive=False),
        default=REGISTERED,
        show_default=True,
        callback=lambda context, parameter, value: None if value == "ANY" else value,
        help=f"Which {what}.",
    )


def by_key(pairs: Iterable[tuple[K, V]], what: str) -> dict[K, V]:
    """Return pairs by their keys, which an option or an argument gives.

    Raises:
        UsageError: A key is given twice: one of its values would be lost.
    """
    found: dict[K, V] = {}
    for key, value in pairs:
        if key in found:
            raise click.UsageError(f"{what} gives {key!r} twice. Give it once.")
        found[key] = value
    return found


def none_of_status(what: str, status: str | None) -> str:
    """Return the message for an empty list of a status that `status_option` gave.

    >>> none_of_status("domains", "REGISTERED")
    'There are no registered domains. Deprecated ones too: --status ANY.'
    """
    if status is None:
        return f"There are no {what}, registered or deprecated."
    more = " Deprecated ones too: --status ANY." if status == REGISTERED else ""
    return f"There are no {status.lower()} {what}.{more}"


def as_given(context: click.Context, *without: str) -> list[str]:
    """Give the arguments of a command as they were given, but for some options, named as its parameters are."""
    arguments: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in without or context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
            continue
        arguments.extend(_written(parameter, context.params[name]))
    return arguments


def _written(parameter: click.Parameter, value: Any) -> list[str]:
    if isinstance(parameter, click.Argument):
        return list(map(str, value)) if parameter.nargs != 1 else [str(value)]
    option = parameter.opts[0]
    if isinstance(parameter, click.Option) and parameter.count:
        return [option] * value
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return [option] if value else list(parameter.secondary_opts[:1])
    # As one word, so that a value may begin with a dash.
    return [f"{option}={each}" for each in (value if parameter.multiple else [value])]
