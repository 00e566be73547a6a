"""``swf decider run``, ``swf worker run``, ``swf run``: actors in the foreground."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from swf.cli.groups import Command, Group
from swf.cli.options import Where, all_of, connection_options

F = TypeVar("F", bound=Callable[..., Any])


# What the commands that run actors have in common; the command gets a `Where`, and its own options by name.
running_options = all_of(
    click.argument("names", metavar="MODULE[:NAME][@TASKLIST]...", nargs=-1, required=True),
    connection_options,
    click.option(
        "--task-list",
        metavar="NAME",
        help="The task list of classes and functions that take one and have none behind an @. "
        "Not one list for both deciders and workers.",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(1),
        metavar="N",
        help="How many tasks each actor works on at the same time, in each process. Left out, as the actor says.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(1),
        metavar="N",
        help="Run so many processes, and replace those that die.",
    ),
    click.option("--reload", is_flag=True, help="Start again when a Python file changes: for development."),
    click.option("--one-task", is_flag=True, help="End when one task is answered."),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="With --one-task: poll no more after so long without a task; the exit code is then 6.",
    ),
    click.option(
        "--stop-timeout",
        type=click.FloatRange(0),
        metavar="SECONDS",
        help="How long tasks in hand may take when the program is to end. Left out, as long as it takes.",
    ),
    click.option("--check", is_flag=True, help="Only import what is named, and say whether it can run."),
    click.option(
        "--health-port",
        type=click.IntRange(0, 65535),
        metavar="PORT",
        help="Answer GET /health here: 200 while all is well, else 503. 0 picks a free one.",
    ),
    click.option("--health-host", default="127.0.0.1", show_default=True, help="Where --health-port is."),
    click.option("--json-logs", is_flag=True, help="Log in JSON, one object in a line."),
    click.option("-v", "--verbose", count=True, help="Log more; twice, all that libraries say."),
    click.option("--supervised", type=click.Choice(["alone", "one-of-many"]), hidden=True),
)


_executor_option = click.option(
    "--executor",
    type=click.Choice(["thread", "process"]),
    help="Where workers call handlers: in the threads that poll, or each in a process of its own.",
)


@click.group(cls=Group)
def decider() -> None:
    """Deciders: what takes decision tasks."""


@click.group(cls=Group)
def worker() -> None:
    """Activity workers: what takes activity tasks."""


@decider.command(
    "run",
    epilog="""Examples:

    \b
    swf decider run shop:OrderDecider --domain shop --task-list orders

    \b
    swf decider run shop.deciders --processes 2 --health-port 8080
    """,
)
@running_options
@click.pass_context
def run_deciders(context: click.Context, /, where: Where, **options: Any) -> int:
    """Run deciders until SIGINT or SIGTERM comes.

    MODULE:NAME is a Decider, a class of such, which is called with --domain and --task-list, or a function that gives
    one or several. MODULE alone is all deciders among its variables. @TASKLIST behind a name is the task list of that
    one. Modules are looked for in the current folder first.

    When it is to end, polls under way and tasks in hand come to their end first. That may take a minute. A second
    signal ends it at once.
    """
    return _run(context, "decider", where, options)


@worker.command(
    "run",
    epilog="""Examples:

    \b
    swf worker run shop:Cashier --domain shop --task-list payments --concurrency 10

    \b
    swf worker run shop.workers --processes 4 --executor process --json-logs

    \b
    swf worker run shop:cashier --one-task --timeout 300     # a container for a task
    """,
)
@running_options
@_executor_option
@click.pass_context
def run_workers(context: click.Context, /, where: Where, **options: Any) -> int:
    """Run activity workers until SIGINT or SIGTERM comes.

    MODULE:NAME is an ActivityWorker, a class of such, which is called with --domain and --task-list, or a function
    that gives one or several. MODULE alone is all workers among its variables. @TASKLIST behind a name is the task list
    of that one. Modules are looked for in the current folder first.

    When it is to end, polls under way and tasks in hand come to their end first. That may take a minute. A second
    signal ends it at once.
    """
    return _run(context, "worker", where, options)


@click.command(
    cls=Command,
    epilog="""Examples:

    \b
    swf run shop

    \b
    swf run video:VideoDecider@videos video:Encoder@encoding --domain shop

    \b
    swf run shop --endpoint local: --reload -v     # with an SWF of the process itself
    """,
)
@running_options
@_executor_option
@click.pass_context
def run(context: click.Context, /, where: Where, **options: Any) -> int:
    """Run deciders and workers together until SIGINT or SIGTERM comes.

    MODULE alone is all actors among its variables. MODULE:NAME is an actor, a class of such, which is called with
    --domain and --task-list, or a function that gives one or several. @TASKLIST behind a name is the task list of that
    one. Modules are looked for in the current folder first.

    When it is to end, polls under way and tasks in hand come to their end first. That may take a minute. A second
    signal ends it at once.
    """
    return _run(context, "actor", where, options)


def _run(context: click.Context, kind: str, where: Where, options: dict[str, Any]) -> int:
    # Commands that run no actors begin sooner without this.
    from swf.cli.running import Options, run_named

    return run_named(context, kind, where, Options(**options))
