"""``swf executions``."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from swf.cli import completers
from swf.cli.batch import DEFAULT_RATE, Action, Verb, to_many, to_one
from swf.cli.exit_codes import NOT_COMPLETED
from swf.cli.filters import all_filters, keywords, lists_closed, narrowed, open_filters, spelling
from swf.cli.groups import Group
from swf.cli.options import all_of, in_domain
from swf.cli.output import Column, Output, attributes, console, dumped, note, note_line, one_line, output_option
from swf.cli.payloads import METAVAR, json_text
from swf.connection import current
from swf.constants import CHILD_POLICIES, COMPLETED, OPEN
from swf.models import Domain, WorkflowExecution, WorkflowType
from swf.models.event import Event
from swf.models.history import History
from swf.shapes import ChildPolicy

F = TypeVar("F", bound=Callable[..., Any])

_workflow_id = click.argument("workflow_id", metavar="WORKFLOW_ID", shell_complete=completers.workflow_ids)
_run_id = click.option(
    "--run-id", metavar="ID", help="Which run of the workflow id. Left out, the open one, else the newest."
)
_seconds = click.FloatRange(0, min_open=True)

_BEGUN: tuple[Column[WorkflowExecution], ...] = (
    Column("WORKFLOW ID", lambda run: run.workflow_id),
    Column("TYPE", lambda run: run.workflow_type),
    Column("STATUS", lambda run: run.close_status or run.status, is_fixed=True, least=len("TERMINATED")),
    Column("STARTED (UTC)", lambda run: run.start_timestamp, is_fixed=True),
)
_ENDED: tuple[Column[WorkflowExecution], ...] = (
    Column(
        "CLOSED (UTC)",
        lambda run: run.close_timestamp,
        is_fixed=True,
        is_extra=True,
        least=len("2030-01-31 08:00:00"),
    ),
)
_MORE: tuple[Column[WorkflowExecution], ...] = (
    Column("RUN ID", lambda run: run.run_id, is_fixed=True, is_extra=True),
    Column("TAGS", lambda run: run.tag_list, is_extra=True),
)


@click.group(cls=Group)
def executions() -> None:
    """Workflow executions: what runs, and what has run."""


# Many


@executions.command(
    epilog="""Examples:

    \b
    swf executions ls --domain shop --type Order --since 2h

    \b
    swf executions ls --close-status FAILED --closed-since 1d -o jsonl | jq -r .workflow_id

    \b
    swf executions ls --tag urgent --type Order --explain     # which calls that makes; sends nothing
    """
)
@in_domain
@all_filters
@click.option("--limit", type=click.IntRange(1), metavar="N", help="So many at most.")
@click.option("--reverse", is_flag=True, help="Oldest first.")
@click.option("--explain", is_flag=True, help="Only tell which calls would be made, and what is filtered here.")
@output_option
def ls(domain: Domain, limit: int | None, reverse: bool, explain: bool, output: Output, **filters: Any) -> None:
    """List executions, newest first; open ones, unless filters say otherwise.

    Rows are printed as they come, page by page.
    """
    wanted = keywords(filters)
    found = narrowed(domain.executions, wanted)
    if reverse:
        found = found.reverse()
    if limit is not None:
        found = found[:limit]
    if explain:
        click.echo(found.explain())
        return
    found = found.as_of(current().now())
    columns = (*_BEGUN, *(_ENDED if lists_closed(wanted) else ()), *_MORE)
    output.rows(
        found.pages(),
        columns,
        attributes,
        none=found.explain_empty(spelling(closed=True)),
        is_of_several=wanted.get("status", OPEN) is None,
    )


@executions.command(
    epilog="""Examples:

    \b
    swf executions count --domain shop

    \b
    swf executions count --status CLOSED --close-status FAILED --closed-since 1d
    """
)
@in_domain
@all_filters
@click.option("--explain", is_flag=True, help="Only tell which calls would be made, and what is filtered here.")
@click.option("-o", "--output", type=click.Choice(["json", "jsonl"]), help="As JSON. Left out, as a number.")
def count(domain: Domain, explain: bool, output: str | None, **filters: Any) -> None:
    """Count executions. SWF stops counting early: "1000+" is 1000 at least."""
    found = narrowed(domain.executions, keywords(filters))
    if explain:
        click.echo(found.explain())
        return
    found = found.as_of(current().now())
    number = found.count()
    if not number:
        note(found.explain_empty(spelling(closed=True)))
    if output is None:
        click.echo(repr(number))
    else:
        click.echo(dumped({"count": int(number), "truncated": number.truncated}))


# One


@executions.command(
    epilog="""Example:

    swf executions show order-7 --domain shop
    """
)
@in_domain
@_workflow_id
@_run_id
@output_option
def show(domain: Domain, workflow_id: str, run_id: str | None, output: Output) -> None:
    """Tell all about an execution: status, input, result or failure, what is open, how many events it has used."""
    from swf.cli.describing import Described, chosen

    described = Described.of(chosen(domain, workflow_id, run_id))
    output.facts(described.facts(), described.as_json)


@executions.command(
    epilog="""Examples:

    \b
    swf executions history order-7 --domain shop

    \b
    swf executions history order-7 --follow -o jsonl | jq .eventType

    \b
    swf executions history order-7 --event ActivityTaskFailed --event ActivityTaskTimedOut
    """
)
@in_domain
@_workflow_id
@_run_id
@click.option("--event", "kinds", multiple=True, metavar="TYPE", help="Only events of this type; may be repeated.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="So many at most.")
@click.option("--reverse", is_flag=True, help="Newest first.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what happens, until the execution has closed.")
@output_option
def history(
    domain: Domain,
    workflow_id: str,
    run_id: str | None,
    kinds: tuple[str, ...],
    limit: int | None,
    reverse: bool,
    follow: bool,
    output: Output,
) -> None:
    """Print what happened to an execution; as JSON, the events as SWF gives them."""
    from swf.cli.describing import chosen
    from swf.cli.history import Lines
    from swf.cli.history import follow as follow_events

    if follow and (limit is not None or reverse):
        raise click.UsageError("--follow prints all that happens, in order. Leave out --limit and --reverse.")
    execution = chosen(domain, workflow_id, run_id)
    events = execution.events.filter(*kinds)
    pages: Iterator[list[Event]]
    if follow:
        pages = (list(History(page).filter(*kinds)) for page in follow_events(execution))
    else:
        events = events.reverse() if reverse else events
        pages = (events if limit is None else events[:limit]).pages()
    output.rows(pages, Lines(execution.start_timestamp).columns, lambda event: event.raw, none="No such event.")


@executions.command(
    epilog="""Examples:

    \b
    swf executions trace order-7 --domain shop

    \b
    swf executions trace order-7 --once -o json
    """
)
@in_domain
@_workflow_id
@_run_id
@click.option("--once", is_flag=True, help="Draw it once. Left out, an open execution is followed on a terminal.")
@click.option(
    "--depth",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    metavar="N",
    help="Read children, and their children, so many levels deep.",
)
@output_option
def trace(domain: Domain, workflow_id: str, run_id: str | None, once: bool, depth: int, output: Output) -> None:
    """Draw what an execution did and does, as a tree: activities, children, timers, with states and durations."""
    from swf.cli.describing import chosen
    from swf.cli.trace import Trace, draw, live

    read = Trace(chosen(domain, workflow_id, run_id), depth)
    if output.format == "table" and not once and console().room is not None:
        live(read)
        return
    # Each level tells of the children below it.
    while read.read():
        pass
    if output.format == "table":
        console().print(draw(read))
    else:
        output.facts((), read.as_json(current().now()))


# Start


# What an execution may be started with.
start_options = all_of(
    click.argument("name", metavar="TYPE", shell_complete=completers.workflow_type_names),
    click.argument("version", metavar="VERSION", shell_complete=completers.versions),
    click.option("--workflow-id", metavar="ID", help="Left out, one is made from the type and a random suffix."),
    click.option(
        "--input",
        metavar=METAVAR,
        callback=json_text,
        help="What it is started with, as JSON; @FILE, or @- for stdin.",
    ),
    click.option("--input-text", metavar="TEXT", help="The same as text that is no JSON."),
    click.option("--tag", "tag_list", multiple=True, metavar="TAG", help="A tag; up to five."),
    click.option("--task-list", metavar="NAME", help="Where its decision tasks go. Left out, as its type says."),
    click.option("--execution-timeout", metavar="SECONDS", help="How long it may last. Left out, as its type says."),
    click.option("--decision-tasks-timeout", metavar="SECONDS", help="How long a decider may take; or NONE."),
    click.option(
        "--child-policy",
        type=click.Choice(CHILD_POLICIES),
        help="What SWF does to its open children when it closes, in whatever way.",
    ),
    click.option("--task-priority", type=int, metavar="N", help="Of its decision tasks."),
    click.option("--lambda-role", metavar="ARN", help="With which it calls Lambda functions."),
)


@executions.command(
    epilog="""Examples:

    \b
    swf executions start Order 1.0 --domain shop --workflow-id order-7 --input '{"total": 30}'

    \b
    swf executions start Order 1.0 --input @order.json --tag urgent --execution-timeout 3600
    """
)
@in_domain
@start_options
@output_option
def start(domain: Domain, output: Output, **options: Any) -> None:
    """Start an execution, and tell its workflow id and run id."""
    started = _started(domain, **options)
    ids = {"workflow_id": started.workflow_id, "run_id": started.run_id}
    output.facts([("Workflow id", started.workflow_id), ("Run id", started.run_id)], ids)


@executions.command(
    epilog="""Examples:

    \b
    swf executions run Order 1.0 --domain shop --input '{"total": 30}' > result.json

    \b
    swf executions run Nightly 1.0 --quiet --timeout 3600 || alert
    """
)
@in_domain
@start_options
@click.option("--timeout", type=_seconds, metavar="SECONDS", help="Wait no longer; the exit code is then 6.")
@click.option("-q", "--quiet", is_flag=True, help="Do not tell what happens meanwhile.")
def run(domain: Domain, timeout: float | None, quiet: bool, **options: Any) -> int:
    """Start an execution, tell on stderr what happens, and print its result as JSON.

    The exit code is 0 when it was completed, and 4 when it closed in another way. A run that continues as new is
    followed into the next one. Whoever interrupts this command does not end the execution.
    """
    started = _started(domain, **options)
    note(f"Started {started.workflow_id}, run {started.run_id}.")
    try:
        closed = _followed(started, timeout, quiet)
    except KeyboardInterrupt:
        note(f"{started.workflow_id} goes on. To end it: swf executions cancel {started.workflow_id}")
        raise
    # Raises what tells how it closed and why, unless it was completed.
    click.echo(dumped(closed.result))
    return 0


def _started(
    domain: Domain,
    name: str,
    version: str,
    input: str | None,
    input_text: str | None,
    tag_list: tuple[str, ...],
    **how: Any,
) -> WorkflowExecution:
    kind = WorkflowType(domain, name, version)
    return kind.start_execution(input=_one_input(input, input_text), tag_list=tag_list or None, **how)


def _followed(run: WorkflowExecution, timeout: float | None, quiet: bool) -> WorkflowExecution:
    """Follow an execution, from run to run, to its end."""
    from swf.cli.history import Lines, continued, follow

    until = math.inf if timeout is None else time.monotonic() + timeout
    lines = Lines(None)
    while True:
        last: Event | None = None
        for page in follow(run, until):
            for event in page:
                if not quiet:
                    about = one_line(lines.about(event))
                    note_line(f"{event.id:>6}  {event.timestamp:%H:%M:%S}  {event.name}  {about}".rstrip())
                last = event
        following = continued(last)
        if following is None:
            return run
        run = WorkflowExecution(run.domain, run.workflow_id, following)
        note(f"Goes on as new, in run {following}.")


@executions.command(
    epilog="""Example:

    swf executions wait order-7 --domain shop --timeout 600 && echo done
    """
)
@in_domain
@_workflow_id
@_run_id
@click.option("--timeout", type=_seconds, metavar="SECONDS", help="Wait no longer; the exit code is then 6.")
@output_option
def wait(domain: Domain, workflow_id: str, run_id: str | None, timeout: float | None, output: Output) -> int:
    """Wait until an execution has closed, and tell how; the exit code is 4 unless it was completed."""
    from swf.cli.describing import Described, chosen

    closed = chosen(domain, workflow_id, run_id).wait(timeout)
    described = Described.of(closed)
    output.facts(described.facts(), described.as_json)
    return 0 if closed.close_status == COMPLETED else NOT_COMPLETED


# Signal, cancel, terminate


# The filters that choose many open executions, and how they are then acted on.
batch_options = all_of(
    open_filters,
    click.option("--all", "every", is_flag=True, help="All open executions of the domain."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option(
        "--rate",
        type=_seconds,
        default=DEFAULT_RATE,
        show_default=True,
        metavar="N",
        help="So many executions a second at most.",
    ),
)


_one = click.argument("named", metavar="[WORKFLOW_ID]", required=False, shell_complete=completers.workflow_ids)


@executions.command(
    epilog="""Examples:

    \b
    swf executions signal order-7 paid --domain shop --input '{"by": "card"}'

    \b
    swf executions signal stop --type Order --tag sandbox --rate 5     # all that are open and like that
    """
)
@in_domain
@click.argument("words", metavar="[WORKFLOW_ID] SIGNAL", nargs=-1, shell_complete=completers.workflow_ids)
@click.option(
    "--input", metavar=METAVAR, callback=json_text, help="What the signal brings, as JSON; @FILE, or @- for stdin."
)
@click.option("--input-text", metavar="TEXT", help="The same as text that is no JSON.")
@batch_options
def signal(domain: Domain, words: tuple[str, ...], input: str | None, input_text: str | None, **how: Any) -> None:
    """Send a signal to an execution, or to all open ones that filters describe."""
    if not 1 <= len(words) <= 2:
        raise click.UsageError("Give the WORKFLOW_ID and the name of the SIGNAL; with filters, the SIGNAL alone.")
    *ids, signal_name = words
    said = _one_input(input, input_text)
    _acted(domain, ids[0] if ids else None, lambda run: run.signal(signal_name, said), "signal", **how)


@executions.command(
    epilog="""Examples:

    \b
    swf executions cancel order-7 --domain shop

    \b
    swf executions cancel --type Order --until 30d --yes
    """
)
@in_domain
@_one
@batch_options
def cancel(domain: Domain, named: str | None, **how: Any) -> None:
    """Ask deciders to cancel an execution, or all open ones that filters describe; nothing stops by itself."""
    _acted(domain, named, WorkflowExecution.request_cancel, "cancel", **how)


@executions.command(
    epilog="""Examples:

    \b
    swf executions terminate order-7 --domain shop --reason "wrong price"

    \b
    swf executions terminate --tag sandbox --child-policy ABANDON
    """
)
@in_domain
@_one
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@click.option("--details", metavar=METAVAR, callback=json_text, help="More of it, as JSON; @FILE, or @- for stdin.")
@click.option(
    "--child-policy",
    type=click.Choice(CHILD_POLICIES),
    help="What becomes of open children. Left out, as was said at the start.",
)
@batch_options
def terminate(
    domain: Domain,
    named: str | None,
    reason: str | None,
    details: str | None,
    child_policy: ChildPolicy | None,
    **how: Any,
) -> None:
    """Close an execution at once, or all open ones that filters describe, without asking deciders."""
    _acted(domain, named, lambda run: run.terminate(reason, details, child_policy), "terminate", **how)


def _acted(
    domain: Domain,
    named: str | None,
    act: Action,
    verb: Verb,
    *,
    every: bool,
    yes: bool,
    rate: float,
    **filters: Any,
) -> None:
    if named is None:
        to_many(domain, keywords(filters), act, verb, every=every, yes=yes, rate=rate)
    else:
        to_one(domain, named, keywords(filters), act, verb, every=every)


def _one_input(input: str | None, input_text: str | None) -> str | None:
    if input is not None and input_text is not None:
        raise click.UsageError("--input is JSON, and --input-text is text. Give either.")
    return input if input_text is None else input_text
