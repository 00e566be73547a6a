"""The arithmetic workflow, run from end to end on an SWF of this process.

An execution's input is a list of operations. The decider has a worker perform each of them, and completes the
execution with all results. It is written the plain way, over the history; see it as an example, too.
"""

import inspect
import math
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from textwrap import dedent
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from swf import payload
from swf.actors import ActivityWorker, Actor, Decider
from swf.connection import Connection
from swf.constants import CLOSED
from swf.models import ActivityTask, ActivityType, DecisionTask, Domain, WorkflowExecution, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, Decision, ScheduleActivityTask
from swf.models.event import Event
from swf.models.history import CompiledEvent, History

DOMAIN = "math"
VERSION = "1.0"

# Three executions: what each operation is called, what it does, and with which numbers.
INPUTS = {
    "homework": [["mult_id", "multiply", [1, 2, 3]], ["sum_id", "sum", [1, 2, 3, 4]]],
    "shopping": [["apples", "multiply", [4, 25]], ["pears", "multiply", [3, 40]], ["bags", "sum", [10, 10]]],
    "factorial": [["five", "multiply", [1, 2, 3, 4, 5]]],
}


def domain(connection: Connection) -> Domain:
    """Declare the domain."""
    return Domain(DOMAIN, description="Arithmetic, for a demonstration", retention_period=7, connection=connection)


def types(math_domain: Domain) -> tuple[WorkflowType, ActivityType, ActivityType]:
    """Declare the workflow type and the two activity types."""
    workflow = WorkflowType(
        math_domain, "Arithmetic", VERSION, task_list="arithmetic", execution_timeout=600, decision_tasks_timeout=5
    )
    multiply, add = (
        ActivityType(
            math_domain,
            name,
            VERSION,
            task_list=task_list,
            task_heartbeat_timeout=5,
            task_schedule_to_close_timeout=60,
            task_schedule_to_start_timeout=60,
            task_start_to_close_timeout=5,
        )
        for name, task_list in (("Multiply", "multiply"), ("Sum", "sum"))
    )
    return workflow, multiply, add


class ArithmeticDecider(Decider):
    """Has every operation performed, again if it was not done in time; completes the execution when all are done."""

    def decide(self, task: DecisionTask) -> Iterable[Decision]:
        """Say what is next, given all that happened."""
        operations = payload.decode(task.history.input)
        activities = task.history.activities
        done = results(activities.values())
        if len(done) == len(operations):
            return [CompleteWorkflowExecution(result=done)]
        under_way = {name for name, each in activities.items() if each.is_open}
        left = [each for each in operations if each[0] not in {*done, *under_way}]
        return [schedule(*operation) for operation in left]


def results(activities: Iterable[CompiledEvent]) -> dict[str, Any]:
    """Give the results of the operations that are done."""
    return dict(payload.decode(each.result) for each in activities if each.state == "completed")


def schedule(operation_id: str, operation: str, numbers: list[int]) -> Decision:
    """Have the right worker perform an operation."""
    name = {"multiply": "Multiply", "sum": "Sum"}[operation]
    return ScheduleActivityTask(activity_type=(name, VERSION), activity_id=operation_id, input=[operation_id, numbers])


class MultiplyWorker(ActivityWorker):
    """Performs multiplications."""

    def perform(self, task: ActivityTask) -> list[object]:
        """Multiply the numbers."""
        operation_id, numbers = payload.decode(task.input)
        time.sleep(0.05)
        return [operation_id, math.prod(numbers)]


class SumWorker(ActivityWorker):
    """Performs additions."""

    def perform(self, task: ActivityTask) -> list[object]:
        """Add up the numbers."""
        operation_id, numbers = payload.decode(task.input)
        time.sleep(0.05)
        return [operation_id, sum(numbers)]


def run(connection: Connection, console: Console | None = None) -> None:
    """Run the demonstration and print what happens.

    Args:
        connection: An SWF of this process, such as ``connect("local:")``.
        console: Where to print. None is the terminal.
    """
    console = console or Console(highlight=False)
    began = time.monotonic()
    path = connection.endpoint_url.removeprefix("local:")
    _tell(console, "1. An SWF of your own", _OWN_SWF.format(where=f"the file {path}" if path else "memory"))
    math_domain = domain(connection)
    _show_earlier(console, math_domain)
    workflow, *activities = types(math_domain)
    _register(console, [math_domain, workflow, *activities])
    with ExitStack() as running:
        _start_actors(console, math_domain, running)
        executions = _run_executions(console, workflow)
    _show_queries(console, math_domain)
    _show_history(console, executions[0])
    console.print(Rule(style="dim"))
    console.print(f"Done in {time.monotonic() - began:.1f} seconds.")
    console.print(_NEXT[bool(path)], soft_wrap=True)
    console.print(_LOOK[bool(path)].format(path=path), soft_wrap=True)


_OWN_SWF = (
    "An engine in this process answers as Amazon SWF does; it keeps its data in {where}. The same program talks to AWS "
    "once its endpoint is AWS."
)
_REGISTERED = "Types are registered once, by name and version, in a domain. Declare them, save them, compare."
_ACTORS = (
    "Workers do the work. The decider reads what happened and answers what comes next. They never talk to each other: "
    "each polls SWF for tasks. How this decider decides:"
)
_EXECUTIONS = "An execution is one run of a workflow type. SWF keeps it, whatever becomes of the processes here."
_QUERIES = "Querysets ask SWF when you look at them."
_HISTORY = "All that happened to an execution is an event of its history, the only memory a decider needs."

_NEXT = {
    False: "Keep what happened, and look again:  swf demo --db demo.db",
    True: "Run it again on the same file: the earlier executions are still there.",
}
_LOOK = {
    False: "Build one yourself, step by step:    docs/guide/getting-started.md",
    True: "Look into it from Python: connect('local:{path}'), then\nDomain('math').executions.filter(status='CLOSED')",
}


def _tell(console: Console, title: str, text: str) -> None:
    console.print()
    console.print(Rule(Text(title, style="bold"), align="left", style="dim"))
    console.print(text, style="dim")


def _show_earlier(console: Console, math_domain: Domain) -> None:
    if not math_domain.exists:
        return
    earlier = math_domain.executions.filter(status=CLOSED)
    console.print(f"\nThis file holds {earlier.count()} closed executions of earlier runs, the latest first:")
    for execution in earlier[:5]:
        console.print(
            f"  {execution.workflow_id:<12} {execution.close_status:<10} {execution.start_timestamp:%F %T} UTC"
        )


def _register(console: Console, models: Iterable[Domain | WorkflowType | ActivityType]) -> None:
    _tell(console, "2. Declared here, registered there", _REGISTERED)
    table = Table("model", "exists", "save()", "is_synced", box=box.SIMPLE_HEAD)
    for model in models:
        existed = model.exists
        if not existed:
            model.save()
        saved = "was there" if existed else "saved"
        table.add_row(repr(model), str(existed), saved, str(model.is_synced))
    console.print(table)


def _start_actors(console: Console, math_domain: Domain, running: ExitStack) -> None:
    _tell(console, "3. A decider and two workers", _ACTORS)
    console.print(Padding(_code(ArithmeticDecider.decide), (1, 0, 1, 2)))
    actors: list[Actor[Any]] = [
        ArithmeticDecider(math_domain, "arithmetic"),
        MultiplyWorker(math_domain, "multiply"),
        SumWorker(math_domain, "sum"),
    ]
    for actor in actors:
        running.enter_context(actor)
        console.print(f"  {actor!r}")


def _code(function: Callable[..., object]) -> Syntax:
    return Syntax(dedent(inspect.getsource(function)).rstrip(), "python", theme="ansi_dark", background_color="default")


def _run_executions(console: Console, workflow: WorkflowType) -> list[WorkflowExecution]:
    _tell(console, "4. Three executions", _EXECUTIONS)
    started = [_start(console, workflow, workflow_id, operations) for workflow_id, operations in INPUTS.items()]
    closed = [execution.wait(timeout=30) for execution in started]
    table = Table("workflow id", "input", "close status", "result", "took", box=box.SIMPLE_HEAD)
    for execution, operations in zip(closed, INPUTS.values(), strict=True):
        table.add_row(
            execution.workflow_id,
            "\n".join(f"{operation} {numbers}" for _, operation, numbers in operations),
            execution.close_status,
            "\n".join(f"{name}: {value}" for name, value in execution.result.items()),
            f"{_seconds_open(execution):.2f} s",
        )
    console.print(table)
    return closed


def _start(console: Console, workflow: WorkflowType, workflow_id: str, operations: object) -> WorkflowExecution:
    try:
        return workflow.start_execution(workflow_id, input=operations, tag_list=["demo"])
    except WorkflowExecution.AlreadyExists:
        console.print(f"  {workflow_id!r} was left open when an earlier run ended too soon: it goes on now.")
        return workflow.domain.executions.get(workflow_id)


def _seconds_open(execution: WorkflowExecution) -> float:
    assert execution.start_timestamp is not None
    assert execution.close_timestamp is not None
    return (execution.close_timestamp - execution.start_timestamp).total_seconds()


def _show_queries(console: Console, math_domain: Domain) -> None:
    _tell(console, "5. Ask what there is", _QUERIES)
    names = {"domain": math_domain, "CLOSED": CLOSED}
    for question in (
        "domain.activity_types.get('Multiply', '1.0').task_list",
        "domain.executions.filter(status=CLOSED, tag='demo').count()",
        "domain.executions.get('homework').result",
    ):
        console.print(Text(f">>> {question}", style="cyan"))
        # Printed and asked from the same text, so that it is what it says.
        console.print(Text(repr(eval(question, names))), soft_wrap=True)


def _show_history(console: Console, execution: WorkflowExecution) -> None:
    _tell(console, f"6. The history of {execution.workflow_id!r}", _HISTORY)
    history = execution.history()
    table = Table("id", "after", "event", "what it says", box=box.SIMPLE_HEAD)
    for event in history:
        after = f"{1000 * _seconds_after(history, event):4.0f} ms"
        table.add_row(str(event.id), after, Text(event.name, style=_COLOURS.get(event.type, "")), _gist(event))
    console.print(table)
    console.print(_timeline(history))


_COLOURS = {"ActivityTask": "green", "DecisionTask": "dim", "WorkflowExecution": "bold"}


def _gist(event: Event) -> str:
    """Give the attribute of an event that tells a newcomer most."""
    names = ("activity_id", "input", "result", "identity")
    told = ((name, getattr(event, name, None)) for name in names)
    return next((_cut(f"{name}={value}") for name, value in told if value is not None), "")


def _cut(text: str, length: int = 33) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _seconds_after(history: History, event: Event) -> float:
    return (event.timestamp - history[0].timestamp).total_seconds()


def _timeline(history: History, width: int = 50) -> Text:
    """Draw when each activity waited and when it was worked on."""
    whole = _seconds_after(history, history[-1]) or 1.0
    picture = Text()
    for activity_id, activity in history.activities.items():
        at = [round(width * _seconds_after(history, event) / whole) for event in activity.events]
        start, taken, end = at[0], at[1], at[-1]
        picture.append(f"  {activity_id:<10}{' ' * start}")
        picture.append("░" * (taken - start), style="yellow")
        picture.append("█" * max(1, end - taken) + "\n", style="green")
    picture.append(f"  {'':<10}░ waits for a worker  █ is worked on", style="dim")
    return picture
