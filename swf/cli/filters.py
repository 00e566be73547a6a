"""Which executions are meant: every filter of `swf.querysets.WorkflowExecutionQuerySet` as an option."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from swf.cli import completers
from swf.cli.options import all_of

if TYPE_CHECKING:
    from swf.querysets import WorkflowExecutionQuerySet
    from swf.querysets.words import Spelling

F = TypeVar("F", bound=Callable[..., Any])

ANY = "ANY"

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d+(?:\.\d+)?)([mhdw]?)")


def date(context: click.Context, parameter: click.Parameter, value: str | None) -> str | timedelta | None:
    """Give a date as filters take it: ISO text, or how long ago, as days or with a unit: ``90m``, ``12h``, ``7d``."""
    found = None if value is None else _AGO.fullmatch(value)
    # A year alone is no number of days that anybody counts back.
    if found is None or (not found[2] and len(found[1]) == 4 and found[1].isdecimal()):
        return value
    try:
        return timedelta(**{_UNITS[found[2] or "d"]: float(found[1])})
    except OverflowError as error:
        raise click.BadParameter(f"{value} is longer ago than any calendar goes back. Write a date.") from error


# The filters of open executions.
open_filters = all_of(
    click.option(
        "--workflow-id", metavar="ID", shell_complete=completers.workflow_ids, help="All runs of this workflow id."
    ),
    click.option("--run-id", metavar="ID", help="The run of this run id."),
    click.option(
        "--tag",
        metavar="TAG",
        multiple=True,
        help="Executions that carry this tag; may be repeated: those that carry all of them.",
    ),
    click.option(
        "--type",
        "workflow_type_name",
        metavar="NAME",
        shell_complete=completers.workflow_type_names,
        help="Executions of the workflow types of this name.",
    ),
    click.option(
        "--type-version",
        "workflow_type_version",
        metavar="VERSION",
        shell_complete=completers.versions,
        help="Executions of workflow types of this version.",
    ),
    click.option(
        "--since",
        "--started-since",
        "--start-oldest-date",
        "start_oldest_date",
        callback=date,
        metavar="DATE",
        help="Started since: 2030-01-31, 2030-01-31T08:00Z, or so long ago: 90m, 12h, 7d. Left out, from the "
        "beginning.",
    ),
    click.option(
        "--until",
        "--started-until",
        "--start-latest-date",
        "start_latest_date",
        callback=date,
        metavar="DATE",
        help="Started until.",
    ),
    click.option("--parent", nargs=2, default=None, metavar="WORKFLOW_ID RUN_ID", help="Children of this execution."),
    click.option(
        "--cancel-requested/--no-cancel-requested",
        default=None,
        help="Executions that somebody asked to cancel, or nobody.",
    ),
)

# The filters of open and closed executions; `keywords` reads them.
all_filters = all_of(
    click.option(
        "--status",
        type=click.Choice(["OPEN", "CLOSED", ANY], case_sensitive=False),
        help="Left out, OPEN, unless a filter of closed ones is given.",
    ),
    open_filters,
    click.option(
        "--close-status",
        type=click.Choice(
            ["COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT"], case_sensitive=False
        ),
        help="Executions that closed in this way.",
    ),
    click.option(
        "--closed-since",
        "--close-oldest-date",
        "close_oldest_date",
        callback=date,
        metavar="DATE",
        help="Closed since.",
    ),
    click.option(
        "--closed-until",
        "--close-latest-date",
        "close_latest_date",
        callback=date,
        metavar="DATE",
        help="Closed until.",
    ),
)


def keywords(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was given as `narrowed` takes it: keywords of the queryset's ``filter``, but all tags as ``tag``."""
    said = {name: value for name, value in given.items() if value not in (None, ())}
    if said.get("status") == ANY:
        said["status"] = None
    return said


def narrowed(executions: "WorkflowExecutionQuerySet", keywords: Mapping[str, Any]) -> "WorkflowExecutionQuerySet":
    """Return the executions that carry all tags and answer the other keywords."""
    found = executions.filter(**{name: value for name, value in keywords.items() if name != "tag"})
    for tag in keywords.get("tag", ()):
        found = found.filter(tag=tag)
    return found


def spelling(*, closed: bool) -> "Spelling":
    """Return how the filters are written here, where closed executions can be asked for too or not."""
    from swf.querysets.words import Spelling

    ends = {
        "start_oldest_date": "--since",
        "start_latest_date": "--until",
        "close_oldest_date": "--closed-since",
        "close_latest_date": "--closed-until",
    }
    return Spelling(ends, f"--status {ANY}" if closed else None)


def lists_closed(keywords: dict[str, Any]) -> bool:
    """Tell whether closed executions are among those that are meant."""
    return keywords.get("status", "OPEN") != "OPEN" or any(name.startswith("close_") for name in keywords)
