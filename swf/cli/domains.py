"""``swf domains``."""

import click

from swf.cli import completers
from swf.cli.groups import Group
from swf.cli.options import by_key, connected, listing_options, none_of_status, status_option, the_domain
from swf.cli.output import Column, Output, attributes, note, output_option
from swf.models import Domain

_name = click.argument("name", metavar="NAME", shell_complete=completers.domains)

COLUMNS: tuple[Column[Domain], ...] = (
    Column("NAME", lambda domain: domain.name),
    Column("STATUS", lambda domain: domain.status, is_fixed=True),
    Column("DESCRIPTION", lambda domain: domain.description),
    Column("ARN", lambda domain: domain.arn, is_extra=True, is_fixed=True),
)


@click.group(cls=Group)
def domains() -> None:
    """Domains: what types and executions live in."""


@domains.command(
    epilog="""Examples:

    \b
    swf domains ls

    \b
    swf domains ls --status ANY -o jsonl | jq -r .name
    """
)
@connected
@status_option("domains")
@listing_options
@output_option
def ls(status: str | None, limit: int | None, reverse: bool, output: Output) -> None:
    """List domains by name."""
    found = Domain.objects.filter(status=status)
    found = found.reverse() if reverse else found
    pages = (found if limit is None else found[:limit]).pages()
    none = f"{none_of_status('domains', status)} To register one: swf domains register NAME"
    output.rows(pages, COLUMNS, attributes, none=none)


@domains.command(
    epilog="""Example:

    swf domains show shop
    """
)
@connected
@click.argument("name", metavar="[NAME]", required=False, shell_complete=completers.domains)
@output_option
def show(name: str | None, output: Output) -> None:
    """Tell all about a domain, with its tags; without a name, about the one of the settings."""
    domain = (the_domain() if name is None else Domain(name)).upstream()
    tags = domain.tags
    days = domain.retention_period
    output.facts(
        [
            ("Name", domain.name),
            ("Status", domain.status),
            ("Description", domain.description),
            ("Retention", f"{days} day{'' if days == 1 else 's'}" if isinstance(days, int) else days),
            ("ARN", domain.arn),
            ("Tags", "\n".join(f"{key}={value}" for key, value in sorted(tags.items())) or None),
        ],
        attributes(domain) | {"tags": tags},
    )


def _tags(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    return by_key(map(_tag, given), "--tag" if isinstance(parameter, click.Option) else "KEY=VALUE")


def _tag(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (key and sign):
        raise click.BadParameter(f"{text!r} is no tag. Write it like team=orders.")
    return key, value


@domains.command(
    epilog="""Example:

    swf domains register shop --retention-period 30 --tag team=orders
    """
)
@connected
@_name
@click.option(
    "--retention-period",
    metavar="DAYS",
    default="30",
    show_default=True,
    help="How long SWF keeps executions after they have closed, 90 days at most.",
)
@click.option("--description", metavar="TEXT", help="What it is for.")
@click.option("--tag", "tags", callback=_tags, metavar="KEY=VALUE", multiple=True, help="A tag; up to 50.")
def register(name: str, retention_period: str, description: str | None, tags: dict[str, str]) -> None:
    """Register a domain."""
    Domain(name, description=description, retention_period=retention_period).save(tags)
    note(f"Registered: {name}")


@domains.command(
    epilog="""Example:

    swf domains deprecate shop
    """
)
@connected
@_name
def deprecate(name: str) -> None:
    """Deprecate a domain: what runs goes on, and nothing new can be started in it."""
    Domain(name).delete()
    note(f"Deprecated: {name}. To take it back: swf domains undeprecate {name}")


@domains.command(
    epilog="""Example:

    swf domains undeprecate shop
    """
)
@connected
@_name
def undeprecate(name: str) -> None:
    """Register a deprecated domain again."""
    Domain(name).undeprecate()
    note(f"Registered again: {name}")


@domains.command(
    epilog="""Examples:

    \b
    swf domains tag shop team=orders stage=test

    \b
    swf domains tag shop --remove stage
    """
)
@connected
@_name
@click.argument("tags", callback=_tags, nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--remove", "keys", multiple=True, metavar="KEY", help="Remove the tag of this key; may be repeated.")
@output_option
def tag(name: str, tags: dict[str, str], keys: tuple[str, ...], output: Output) -> None:
    """Add tags to a domain, or remove some, and tell those that it has."""
    if both := [key for key in keys if key in tags]:
        raise click.UsageError(f"The tag {both[0]!r} is to be added and removed. Give either.")
    domain = Domain(name).upstream()
    if tags:
        domain.tag(tags)
    if keys:
        domain.untag(*keys)
    held = domain.tags
    output.facts(sorted(held.items()), held)
