"""What the Tab key gives for names that only SWF knows: nothing rather than an error, and not for long."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from swf.exceptions import SWFError

if TYPE_CHECKING:
    from swf.models import ActivityType, Domain, WorkflowType

# Who presses Tab does not wait for long, and does not read thousands of names.
PATIENCE_SECONDS = 3.0
MOST = 200

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def domains(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a domain."""

    def names() -> Iterable[str]:
        from swf.models import Domain

        return (domain.name for domain in Domain.objects.iterator())

    return _asked(context, incomplete, names)


def workflow_ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the workflow id of an open execution."""
    return _in_domain(context, incomplete, lambda domain: (run.workflow_id for run in domain.executions.iterator()))


def workflow_type_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a registered workflow type."""
    return _in_domain(context, incomplete, lambda domain: (kind.name for kind in domain.workflow_types.iterator()))


def type_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a registered type, of the kind that is given or of both."""
    return _in_domain(context, incomplete, lambda domain: (each.name for each in _types(context, domain)))


def versions(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the version of a registered type whose name is given."""
    name = context.params.get("name") or context.params.get("workflow_type_name")
    return _in_domain(context, incomplete, lambda domain: (each.version for each in _types(context, domain, name=name)))


def _types(context: click.Context, domain: "Domain", **keywords: str | None) -> "Iterator[WorkflowType | ActivityType]":
    kind = context.params.get("kind")
    if kind != "activity":
        yield from domain.workflow_types.filter(**keywords).iterator()
    if kind == "activity" or ("kind" in context.params and kind is None):
        yield from domain.activity_types.filter(**keywords).iterator()


def _in_domain(
    context: click.Context, incomplete: str, names: "Callable[[Domain], Iterable[str]]"
) -> list[CompletionItem]:
    def asked() -> Iterable[str]:
        from swf.cli.options import the_domain

        return names(the_domain())

    return _asked(context, incomplete, asked)


def _asked(context: click.Context, incomplete: str, names: Callable[[], Iterable[str]]) -> list[CompletionItem]:
    found: dict[str, None] = {}

    def ask() -> None:
        from swf.cli.options import Where

        given = {name: context.params.get(name) for name in ("endpoint_url", "region", "profile", "domain")}
        # A half-written line has nobody to tell what is wrong with it.
        try:
            with Where(**given).in_force():
                for name in names():
                    if name.startswith(incomplete):
                        found[name] = None
                    if len(found) >= MOST:
                        return
        except SWFError:
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_SECONDS)
    return [CompletionItem(name) for name in list(found)]
