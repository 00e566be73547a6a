"""``swf types``."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar

import attrs
import click

from swf import wire
from swf.cli import completers
from swf.cli.groups import Group
from swf.cli.options import all_of, in_domain, listing_options, none_of_status, status_option
from swf.cli.output import NARROWEST, Column, Fact, Output, attributes, confirmed, note, output_option
from swf.constants import CHILD_POLICIES
from swf.models import ActivityType, Domain, WorkflowType

F = TypeVar("F", bound=Callable[..., Any])
Kind = Literal["workflow", "activity"]
Type = WorkflowType | ActivityType

MODELS: dict[Kind, type[WorkflowType] | type[ActivityType]] = {"workflow": WorkflowType, "activity": ActivityType}


def kind_of(each: Type) -> Kind:
    """Tell which kind of type it is."""
    return "workflow" if isinstance(each, WorkflowType) else "activity"


COLUMNS: tuple[Column[Type], ...] = (
    Column("KIND", kind_of, is_fixed=True),
    Column("NAME", lambda each: each.name, least=NARROWEST),
    Column("VERSION", lambda each: each.version),
    Column("STATUS", lambda each: each.status, is_fixed=True),
    Column("CREATED (UTC)", lambda each: each.creation_date, is_fixed=True, is_extra=True),
    Column("DESCRIPTION", lambda each: each.description, is_extra=True),
)

_KINDS = click.Choice(["workflow", "activity"], case_sensitive=False)


def named(command: F) -> F:
    """Add the arguments that tell one type from the others."""
    for option in (
        click.argument("version", metavar="VERSION", shell_complete=completers.versions),
        click.argument("name", metavar="NAME", shell_complete=completers.type_names),
        click.option("--kind", type=_KINDS, required=True, is_eager=True, help="Which kind of type it is."),
    ):
        command = option(command)
    return command


@click.group(cls=Group)
def types() -> None:
    """Workflow types and activity types."""


@types.command(
    epilog="""Examples:

    \b
    swf types ls --domain shop

    \b
    swf types ls --kind workflow --status DEPRECATED -o jsonl
    """
)
@in_domain
@click.option("--kind", type=_KINDS, help="Left out, workflow types come first, then activity types.")
@status_option("types")
@click.option("--name", metavar="NAME", shell_complete=completers.type_names, help="All versions of this name.")
@click.option("--version", metavar="VERSION", help="Types of this version.")
@listing_options
@click.option("--explain", is_flag=True, help="Only tell which calls would be made, and what is filtered here.")
@output_option
def ls(
    domain: Domain,
    kind: Kind | None,
    status: str | None,
    name: str | None,
    version: str | None,
    limit: int | None,
    reverse: bool,
    explain: bool,
    output: Output,
) -> None:
    """List types by name. Their defaults are no part of SWF's lists: see swf types show."""
    querysets: dict[Kind, Any] = {"workflow": domain.workflow_types, "activity": domain.activity_types}
    found = [
        querysets[each].filter(status=status, name=name, version=version) for each in querysets if kind in (None, each)
    ]
    found = [each.reverse() if reverse else each for each in found]
    if explain:
        click.echo("\n".join(str(each.explain()) for each in found))
        return
    pages = itertools.chain.from_iterable(each.pages() for each in found)
    none = none_of_status(_described(kind, name, version), status)
    output.rows(_first(pages, limit), COLUMNS, _as_json, none=none, is_of_several=kind is None)


def _described(kind: Kind | None, name: str | None, version: str | None) -> str:
    """Return which types some filters describe, in words."""
    filters = (("name", name), ("version", version))
    given = " and ".join(f"the {what} {value!r}" for what, value in filters if value is not None)
    return f"{f'{kind} ' if kind else ''}types{f' with {given}' if given else ''}"


def _first(pages: Iterator[list[Type]], limit: int | None) -> Iterator[list[Type]]:
    """Give pages until there are so many rows, and ask for no more."""
    left = limit
    for page in pages:
        yield page[:left]
        if left is not None:
            left -= len(page)
            if left <= 0:
                return


def _as_json(each: Type) -> dict[str, Any]:
    return {"kind": kind_of(each)} | attributes(each)


@types.command(
    epilog="""Example:

    swf types show Order 1.0 --kind workflow --domain shop
    """
)
@in_domain
@named
@output_option
def show(domain: Domain, kind: Kind, name: str, version: str, output: Output) -> None:
    """Tell all about a type, with the defaults that it was registered with."""
    held = MODELS[kind](domain, name, version).upstream()
    output.facts(_facts(held), _as_json(held))


def _facts(held: Type) -> Iterator[Fact]:
    yield "Kind", kind_of(held)
    for member in wire.members(type(held)):
        value = getattr(held, member.name)
        is_seconds = member.name.endswith("_timeout") and isinstance(value, int)
        yield member.name.capitalize().replace("_", " "), f"{value} s" if is_seconds else value


_SECONDS = "SECONDS"

# By kind, the options that say what a type is registered with: those of the model's attributes, by name.
_declaring = all_of(
    click.option("--description", metavar="TEXT", help="What it is for."),
    click.option("--task-list", metavar="NAME", help="Where its tasks go."),
    click.option("--task-priority", type=int, metavar="N", help="Of its tasks; higher ones come first."),
    click.option(
        "--execution-timeout", metavar=_SECONDS, help="Workflow types: how long an execution may last. Left out, 300."
    ),
    click.option(
        "--decision-tasks-timeout",
        metavar=_SECONDS,
        help="Workflow types: how long a decider may take, or NONE. Left out, 300.",
    ),
    click.option(
        "--child-policy",
        type=click.Choice(CHILD_POLICIES),
        help="Workflow types: what SWF does to open children when an execution closes. Left out, TERMINATE.",
    ),
    click.option("--lambda-role", metavar="ARN", help="Workflow types: with which executions call Lambda functions."),
    click.option(
        "--task-heartbeat-timeout", metavar=_SECONDS, help="Activity types: how long between heartbeats, or NONE."
    ),
    click.option(
        "--task-schedule-to-start-timeout", metavar=_SECONDS, help="Activity types: how long a task may wait, or NONE."
    ),
    click.option(
        "--task-start-to-close-timeout", metavar=_SECONDS, help="Activity types: how long the work may take, or NONE."
    ),
    click.option(
        "--task-schedule-to-close-timeout", metavar=_SECONDS, help="Activity types: how long both may take, or NONE."
    ),
)


@types.command(
    epilog="""Examples:

    \b
    swf types register Order 1.0 --kind workflow --domain shop --task-list orders --execution-timeout 3600

    \b
    swf types register Charge 1.0 --kind activity --domain shop --task-list payments \\
        --task-start-to-close-timeout 60 --task-schedule-to-start-timeout 300 \\
        --task-schedule-to-close-timeout 360 --task-heartbeat-timeout NONE
    """
)
@in_domain
@named
@_declaring
def register(domain: Domain, kind: Kind, name: str, version: str, **defaults: Any) -> None:
    """Register a type with the defaults of its executions or tasks. It can never be changed, only deprecated."""
    model = MODELS[kind]
    given = {attribute: value for attribute, value in defaults.items() if value is not None}
    for attribute in given.keys() - {field.name for field in attrs.fields(model)}:
        option = f"--{attribute.replace('_', '-')}"
        other = "activity" if kind == "workflow" else "workflow"
        raise click.UsageError(f"{option} is for {other} types, and {name} is of the other kind. Leave it out.")
    model(domain, name, version, **given).save()
    note(f"Registered: {name} {version}")


@types.command(
    epilog="""Example:

    swf types deprecate Order 1.0 --kind workflow --domain shop
    """
)
@in_domain
@named
def deprecate(domain: Domain, kind: Kind, name: str, version: str) -> None:
    """Deprecate a type: what runs goes on, and nothing new of it starts."""
    MODELS[kind](domain, name, version).delete()
    note(f"Deprecated: {name} {version}")


@types.command(
    epilog="""Example:

    swf types undeprecate Order 1.0 --kind workflow --domain shop
    """
)
@in_domain
@named
def undeprecate(domain: Domain, kind: Kind, name: str, version: str) -> None:
    """Register a deprecated type again."""
    MODELS[kind](domain, name, version).undeprecate()
    note(f"Registered again: {name} {version}")


@types.command(
    epilog="""Example:

    swf types delete Order 1.0 --kind workflow --domain shop --yes
    """
)
@in_domain
@named
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(domain: Domain, kind: Kind, name: str, version: str, yes: bool) -> None:
    """Delete a deprecated type for good."""
    if not confirmed(f"Delete the {kind} type {name} {version} of the domain {domain.name} for good?", yes=yes):
        note("Nothing was done.")
        return
    MODELS[kind](domain, name, version).purge()
    note(f"Deleted: {name} {version}")
