"""``swf specs``: workflows from documents."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from swf.cli.exit_codes import NOT_COMPLETED
from swf.cli.groups import Group
from swf.cli.options import Where, by_key, connection_options, in_domain, the_domain
from swf.cli.output import Output, note, output_option, plain
from swf.cli.payloads import METAVAR, json_text

if TYPE_CHECKING:
    from swf.connection import Connection
    from swf.models import Domain, WorkflowExecution
    from swf.shapes import TypeId
    from swf.specs import Dag, Document
    from swf.specs.parts import State

F = TypeVar("F", bound=Callable[..., Any])

_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))

# What names a Python function, and no shell command.
_PYTHON = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@click.group(cls=Group)
def specs() -> None:
    """Workflows from documents: JSON or YAML."""


@specs.command(
    epilog="""Examples:

    \b
    swf specs validate workflows.json

    \b
    swf specs validate workflows.yaml && swf specs register workflows.yaml --domain shop
    """
)
@_file
def validate(file: Path) -> None:
    """Tell whether a document is good, and all that is wrong with it; asks nobody."""
    from swf.specs import Dag, load

    document = load(file)
    for spec in document:
        tasks = f" with {len(spec.tasks)} task{'' if len(spec.tasks) == 1 else 's'}" if isinstance(spec, Dag) else ""
        click.echo(f"{spec.name} {spec.version}{tasks}")
    _tell_undefined(document)


def _tell_undefined(document: "Document") -> None:
    """Tell which types will be registered for good without a default that SWF demands."""
    for spec in document:
        if spec.registration.active and (names := spec.registration.undefined):
            note(
                f"{spec.name} {spec.version} says no {', '.join(names)} in its registration: whoever starts an "
                "execution has to."
            )


@specs.command(
    epilog="""Example:

    swf specs schema > workflows.schema.json
    """
)
def schema() -> None:
    """Print the JSON Schema of documents, for editors."""
    from swf.cli.output import dumped
    from swf.specs.checking import schema as held

    click.echo(dumped(held(), indent=2))


@specs.command(
    epilog="""Examples:

    \b
    swf specs register workflows.json --domain shop --dry-run

    \b
    swf specs register workflows.json --domain shop --skip-existing
    """
)
@_file
@in_domain
@click.option(
    "--skip-existing", is_flag=True, help="Leave types as they are that are registered otherwise; exit with 2."
)
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
def register(domain: "Domain", file: Path, skip_existing: bool, dry_run: bool) -> int:
    """Register the workflow types of a document, and deprecate those that are not active."""
    from swf.cli.exit_codes import DRIFT
    from swf.cli.plans import carried_out, show
    from swf.specs import load
    from swf.specs.registering import planned
    from swf.sync.sentences import conflict

    document = load(file)
    plan = planned(document, domain)
    show(plan, "table")
    _tell_undefined(document)
    if dry_run:
        return 0
    if plan.conflicts and not skip_existing:
        raise conflict(plan.conflicts)
    return DRIFT if carried_out(plan, [], skip_conflicts=skip_existing).skipped else 0


@specs.command(
    epilog="""Examples:

    \b
    swf specs decider workflows.json --domain shop --task-list coffee

    \b
    swf specs decider a.json b.yaml --domain shop --task-list coffee --concurrency 10 --json-logs
    """
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@in_domain
@click.option("--task-list", metavar="NAME", required=True, help="The task list to watch.")
@click.option("--identity", metavar="NAME", help="Who polls, as histories tell it.")
@click.option(
    "--concurrency", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="So many at a time."
)
@click.option("--stop-timeout", type=click.FloatRange(0), metavar="SECONDS", help="How long its end may take.")
@click.option("--json-logs", is_flag=True, help="Log in JSON, one object in a line.")
@click.option("-v", "--verbose", count=True, help="Log more; twice, all that libraries say.")
def decider(
    domain: "Domain",
    files: tuple[Path, ...],
    task_list: str,
    identity: str | None,
    concurrency: int,
    stop_timeout: float | None,
    json_logs: bool,
    verbose: int,
) -> None:
    """Decide on the executions of documents until SIGINT or SIGTERM comes.

    A file that changes is read again; one with a mistake is told of, and what it said before holds on.
    """
    from swf.actors import run as run_actors
    from swf.cli.log_lines import log_to_stderr
    from swf.specs import SpecDecider

    log_to_stderr(json=json_logs, verbosity=verbose)
    actor = SpecDecider(files, domain, task_list, identity=identity, concurrency=concurrency)
    note(f"Deciding on {', '.join(map(str, actor.types))}. Stop it with Ctrl-C.")
    run_actors(actor, stop_timeout=stop_timeout)


@specs.command(
    epilog="""Examples:

    \b
    swf specs graph workflows.json spam -o svg > spam.svg

    \b
    swf specs graph workflows.json spam --execution order-7 --domain shop     # with its states in colours
    """
)
@_file
@click.argument("name", metavar="[NAME]", required=False)
@connection_options
@click.option("--version", metavar="VERSION", help="Of a workflow with several.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["mermaid", "dot", "svg"]),
    default="mermaid",
    show_default=True,
    help="For Mermaid, for Graphviz, or as a picture.",
)
@click.option("--execution", "workflow_id", metavar="WORKFLOW-ID", help="Show how far this execution is.")
@click.option("--run-id", metavar="RUN-ID", help="Of an execution with several runs; left out, the newest.")
def graph(
    where: Where,
    file: Path,
    name: str | None,
    version: str | None,
    form: str,
    workflow_id: str | None,
    run_id: str | None,
) -> None:
    """Draw the tasks of a workflow."""
    from swf.specs import load
    from swf.specs.drawing import FORMATS

    spec = _dag(load(file), name, version)
    states = None
    if workflow_id is not None:
        with where.in_force():
            states = _states(spec, workflow_id, run_id)
    click.echo(FORMATS[form](spec, states), nl=False)


def _dag(document: "Document", name: str | None, version: str | None) -> "Dag":
    from swf.exceptions import SpecError
    from swf.specs import Dag

    if name is None and len({spec.name for spec in document}) > 1:
        raise click.UsageError(
            f"Which workflow? There are: {', '.join(dict.fromkeys(spec.name for spec in document))}."
        )
    named = name or document.specs[0].name
    spec = document.spec(named) if version is None else document.spec(named, version)
    if not isinstance(spec, Dag):
        raise SpecError(f"The workflow {spec.name} is of the spec_type {spec.spec_type!r}: only a dag can be drawn.")
    return spec


def _states(spec: "Dag", workflow_id: str, run_id: str | None) -> "dict[str, State]":
    from swf.models import WorkflowExecution

    domain = the_domain()
    found = WorkflowExecution(domain, workflow_id, run_id) if run_id else domain.executions.get(workflow_id)
    followed = spec.follow()
    for event in found.history():
        followed.apply(event)
    return followed.progress.states


def _signals(
    context: click.Context, parameter: click.Parameter, options: tuple[str, ...]
) -> list[tuple[str, str | None]]:
    """Read NAME, or NAME=JSON."""
    read = []
    for option in options:
        name, equals, text = option.partition("=")
        if not name:
            raise click.BadParameter(f"{option!r} names no signal. Write NAME, or NAME=JSON.")
        read.append((name, json_text(context, parameter, text) if equals else None))
    return read


@specs.command(
    "run",
    epilog="""Examples:

    \b
    swf specs run workflows.json spam --activity spam-foo=shop:cook --input '{"eggs": 2}'

    \b
    swf specs run workflows.yaml resize --activity 'resize=convert - -resize 50% -'

    \b
    swf specs run workflows.json spam --activity spam-foo=shop:cook --endpoint http://127.0.0.1:8042 --domain shop
    """,
)
@_file
@click.argument("name", metavar="[NAME]", required=False)
@connection_options
@click.option("--version", metavar="VERSION", help="Of a workflow with several.")
@click.option("--input", "given", metavar=METAVAR, callback=json_text, help="What it is started with.")
@click.option(
    "--activity",
    "activities",
    metavar="NAME=WORK",
    multiple=True,
    help="What performs an activity type: module:function, which gets the input, or a shell command, which reads it "
    "from stdin. NAME may be NAME@VERSION.",
)
@click.option("--lambda", "functions", metavar="NAME=WORK", multiple=True, help="The same for a Lambda function.")
@click.option(
    "--signal",
    "signals",
    metavar=f"NAME[={METAVAR}]",
    multiple=True,
    callback=_signals,
    help="Send a signal at its beginning.",
)
@click.option("--timeout", type=click.FloatRange(0), metavar="SECONDS", help="Wait no longer; the exit code is then 6.")
@click.option("--real-time", is_flag=True, help="Wait for timers as long as they take.")
@output_option
def run(
    where: Where,
    file: Path,
    name: str | None,
    version: str | None,
    given: str | None,
    activities: tuple[str, ...],
    functions: tuple[str, ...],
    signals: list[tuple[str, str | None]],
    timeout: float | None,
    real_time: bool,
    output: Output,
) -> int:
    """Try a workflow out: one execution, with a decider and workers in this process.

    It runs on an SWF of the process, where timers take no time, unless --endpoint names another one: there the domain
    and the types have to be registered.
    """
    from swf.specs import load
    from swf.specs.trying import Trial, domain_of

    document = load(file)
    spec = _dag(document, name, version)
    works = {_type(key): work for key, work in by_key(map(_work, activities), "--activity").items()}
    lambdas = by_key(map(_work, functions), "--lambda")
    with _connected(where, lambdas, is_real_time=real_time) as connection:
        domain = the_domain() if where.endpoint_url is not None else domain_of(connection, where.domain)
        known = None if where.endpoint_url is not None else lambdas
        trial = Trial(document=document, spec=spec, domain=domain, functions=works, lambdas=known)
        trial.check()
        if where.endpoint_url is None:
            trial.register()
        with trial.running(input=given, signals=signals) as execution:
            code = _tell(execution.wait(timeout=timeout), output)
            if where.endpoint_url is not None:
                note("Polls under way come to their end. That may take a minute.")
        return code


def _tell(closed: "WorkflowExecution", output: Output) -> int:
    from swf.cli.output import attributes
    from swf.models.event import WorkflowExecutionFailed

    told = attributes(closed)
    event = closed.history().close_event
    if closed.close_status == "COMPLETED":
        told["result"] = plain(closed.result)
    elif isinstance(event, WorkflowExecutionFailed):
        told |= {"reason": event.reason, "details": event.details}
    shown = ("workflow_id", "close_status", "result", "reason", "details")
    facts = [(key.capitalize().replace("_", " "), told[key]) for key in shown if key in told]
    output.facts(facts, told)
    return 0 if closed.close_status == "COMPLETED" else NOT_COMPLETED


@contextmanager
def _connected(where: Where, functions: dict[str, Any], *, is_real_time: bool) -> "Iterator[Connection]":
    """Make the SWF that is meant the default of the block: one of this process, unless another is named."""
    from swf.connection import Connection, current, use

    if where.endpoint_url is not None:
        if functions or is_real_time:
            raise click.UsageError("--lambda and --real-time are for an SWF of this process. Leave out --endpoint.")
        with where.in_force():
            yield current()
        return
    from swf.engine import Engine, RealClock, VirtualClock

    clock = RealClock() if is_real_time else VirtualClock(auto_advance=True)
    with Engine(clock=clock, functions=functions) as engine, use(Connection.over(engine)) as connection:
        yield connection


def _work(option: str) -> tuple[str, Any]:
    """Read NAME=WORK."""
    name, equals, work = option.partition("=")
    if not (name and equals and work.strip()):
        raise click.UsageError(f"{option!r} says not what performs what. Write NAME=module:function, or NAME=COMMAND.")
    return name, _function(work.strip())


def _function(work: str) -> Any:
    from swf.cli.loading import imported
    from swf.exceptions import ValidationError
    from swf.specs.trying import command

    if not _PYTHON.fullmatch(work):
        return command(work)
    module_name, _, path = work.partition(":")
    found: Any = imported(module_name)
    for step in path.split("."):
        found = getattr(found, step, None)
    if not callable(found):
        raise ValidationError(f"The module {module_name} has no function {path!r}. Name one of it, or a shell command.")
    return _of_input(found)


def _of_input(function: Any) -> Any:
    """Give a function of the input alone: that of an activity of durable workflows may be several arguments."""
    # Whatever is one has imported it.
    if "swf.workflows" not in sys.modules:
        return function
    from swf.workflows.activities import DeclaredActivity

    if not isinstance(function, DeclaredActivity):
        return function
    activity: DeclaredActivity[..., Any] = function

    def perform(value: Any) -> Any:
        arguments, named = activity.parameters.unpacked(value)
        return activity.perform(*arguments, **named)

    return perform


def _type(name: str) -> "str | TypeId":
    from swf.shapes import TypeId

    name, at, version = name.partition("@")
    return TypeId(name, version) if at else name
