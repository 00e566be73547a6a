"""``swf tasks``."""

from typing import Literal

import attrs
import click

from swf.cli.groups import Group
from swf.cli.options import connected, in_domain
from swf.cli.output import Column, Output, dumped, note, output_option
from swf.cli.payloads import METAVAR, given_text, json_text
from swf.models import ActivityTask, Domain, WorkflowType
from swf.models.base import Count


def _task(context: click.Context, parameter: click.Parameter, token: str) -> ActivityTask:
    """Give the task that has to be answered: its token says all that SWF needs."""
    return ActivityTask("any", "any", given_text(token).strip())


_token = click.argument("task", callback=_task, metavar="TOKEN|@FILE")


Kind = Literal["decision", "activity"]


@attrs.frozen
class Waiting:
    """How many tasks of a kind wait in a task list."""

    task_list: str
    kind: Kind
    count: Count


COLUMNS: tuple[Column[Waiting], ...] = (
    Column("TASK LIST", lambda row: row.task_list),
    Column("KIND", lambda row: row.kind, is_fixed=True),
    Column("WAITING", lambda row: repr(row.count), is_right=True, is_fixed=True),
)


@click.group(cls=Group)
def tasks() -> None:
    """Tasks: how many wait, and answers to them."""


@tasks.command(
    epilog="""Examples:

    \b
    swf tasks pending --domain shop     # all that registered types name

    \b
    swf tasks pending orders payments --domain shop

    \b
    swf tasks pending payments --kind activity -o jsonl | jq .count
    """
)
@in_domain
@click.argument("task_lists", metavar="[TASK_LIST]...", nargs=-1)
@click.option("--kind", type=click.Choice(["decision", "activity"]), help="Left out, both.")
@output_option
def pending(domain: Domain, task_lists: tuple[str, ...], kind: Kind | None, output: Output) -> None:
    """Count the tasks that wait in task lists. SWF gives an estimate.

    Without names, in those that registered types have as their default; SWF lists no others.
    """
    ask = {"decision": domain.pending_decision_tasks, "activity": domain.pending_activity_tasks}
    kinds: tuple[Kind, ...] = ("decision", "activity")
    wanted = [(name, each) for name in task_lists for each in kinds] or _defaults(domain)
    pages = ([Waiting(name, each, ask[each](name))] for name, each in wanted if kind in (None, each))
    none = "No registered type names a task list: swf tasks pending TASK_LIST"
    output.rows(pages, COLUMNS, _as_json, none=none, is_of_several=True)


def _defaults(domain: Domain) -> list[tuple[str, Kind]]:
    """Give the task lists that registered types name, with the kind of the tasks that go there."""
    from swf.sync.asking import upstream
    from swf.sync.patience import WORKERS, threads

    with threads(WORKERS) as pool:
        held = list(pool.map(upstream, [*domain.workflow_types, *domain.activity_types]))
    found: set[tuple[str, Kind]] = {
        (each.task_list, "decision" if isinstance(each, WorkflowType) else "activity")
        for each in held
        if each is not None and each.task_list is not None
    }
    return sorted(found, key=lambda row: (row[0], row[1] == "activity"))


def _as_json(row: Waiting) -> dict[str, object]:
    return {
        "task_list": row.task_list,
        "kind": row.kind,
        "count": int(row.count),
        "truncated": row.count.truncated,
    }


@tasks.command(
    epilog="""Examples:

    \b
    swf tasks complete "$TOKEN" --result '{"charged": 30}'

    \b
    swf tasks complete @token.txt
    """
)
@connected
@_token
@click.option("--result", metavar=METAVAR, callback=json_text, help="What came of it, as JSON; @FILE, or @- for stdin.")
def complete(task: ActivityTask, result: str | None) -> None:
    """Answer that the work of an activity task is done."""
    task.complete(result)
    note("Completed.")


@tasks.command(
    epilog="""Example:

    swf tasks fail "$TOKEN" --reason "no such card"
    """
)
@connected
@_token
@click.option("--reason", metavar="TEXT", help="Why, in 256 characters.")
@click.option("--details", metavar=METAVAR, callback=json_text, help="More of it, as JSON; @FILE, or @- for stdin.")
def fail(task: ActivityTask, reason: str | None, details: str | None) -> None:
    """Answer that the work of an activity task failed."""
    task.fail(reason=reason, details=details)
    note("Failed.")


@tasks.command(
    epilog="""Example:

    swf tasks cancel "$TOKEN"
    """
)
@connected
@_token
@click.option(
    "--details", metavar=METAVAR, callback=json_text, help="What was left undone, as JSON; @FILE, or @- for stdin."
)
def cancel(task: ActivityTask, details: str | None) -> None:
    """Answer that an activity task was given up, as was asked for."""
    task.cancel(details)
    note("Canceled.")


@tasks.command(
    epilog="""Example:

    swf tasks heartbeat "$TOKEN" --details '{"done": 0.5}'
    """
)
@connected
@_token
@click.option("--details", metavar=METAVAR, callback=json_text, help="How far it is, as JSON; @FILE, or @- for stdin.")
def heartbeat(task: ActivityTask, details: str | None) -> None:
    """Tell SWF that an activity task is still worked on, and learn whether it should be given up."""
    click.echo(dumped({"cancel_requested": task.heartbeat(details)}))
