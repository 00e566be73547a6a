"""Speed, side by side with peers: ``tox -e benchmarks``.

Each line measures two things in the same run, several times over in turns, and tells the median of the ratios. Machines
are noisy; ratios are less so.
"""

import argparse
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import boto3
from botocore import UNSIGNED
from botocore.config import Config
from rich.console import Console
from rich.table import Table

from swf.connection import Connection
from swf.engine import Engine
from swf.models import Domain, WorkflowExecution

Work = Callable[[], Any]
# One run of both sides: how many seconds each took.
Sample = Callable[[], tuple[float, float]]


@attrs.frozen
class Benchmark:
    """Two pieces of work, and how long the first may take at most, told as a part of the second.

    Attributes:
        prepare: Makes what both need, and gives what takes one sample of them.
        is_difference: Told as the milliseconds that come on top, and not as a part.
    """

    what: str
    against: str
    limit: float
    prepare: Callable[[], Iterator[Sample]]
    is_difference: bool = False


@attrs.frozen
class Measured:
    """The medians of a benchmark."""

    ours: float
    theirs: float
    figure: float


def seconds(work: Work) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(benchmark: Benchmark, runs: int) -> Measured:
    with contextmanager(benchmark.prepare)() as sample:
        sample()
        pairs = [sample() for _ in range(runs)]
    figures = [1000 * (a - b) if benchmark.is_difference else a / b for a, b in pairs]
    return Measured(
        statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), statistics.median(figures)
    )


def both(ours: Work, theirs: Work) -> Sample:
    return lambda: (seconds(ours), seconds(theirs))


def bare_client(engine: Engine) -> Any:
    """Give a boto3 client as anyone would make it, answered by the same engine."""
    client = boto3.client("swf", region_name="us-east-1", config=Config(signature_version=UNSIGNED))
    engine.attach(client)
    return client


def ask(engine: Engine, operation: str, **request: Any) -> Any:
    """Ask the engine without a client, to prepare things quickly."""
    answer = engine.handle(operation, json.dumps(request).encode())
    assert answer.status == 200, answer
    return json.loads(answer.body or b"{}")


W = {"name": "W", "version": "1"}
A = {"name": "A", "version": "1"}


def register(engine: Engine) -> None:
    ask(engine, "RegisterDomain", name="d", workflowExecutionRetentionPeriodInDays="7")
    ask(
        engine,
        "RegisterWorkflowType",
        domain="d",
        **W,
        defaultTaskList={"name": "dl"},
        defaultExecutionStartToCloseTimeout="3600",
        defaultTaskStartToCloseTimeout="NONE",
        defaultChildPolicy="TERMINATE",
    )
    unlimited = ("ScheduleToStart", "ScheduleToClose", "StartToClose", "Heartbeat")
    ask(
        engine,
        "RegisterActivityType",
        domain="d",
        **A,
        defaultTaskList={"name": "al"},
        **{f"defaultTask{timeout}Timeout": "NONE" for timeout in unlimited},
    )


def start(engine: Engine, workflow_id: str, **more: Any) -> str:
    run_id: str = ask(engine, "StartWorkflowExecution", domain="d", workflowId=workflow_id, workflowType=W, **more)[
        "runId"
    ]
    return run_id


def listing() -> Iterator[Sample]:
    """10,000 open executions: into models, and into dicts."""
    with Engine() as engine, Connection.over(engine) as connection:
        register(engine)
        for number in range(10_000):
            start(engine, f"order-{number}", tagList=["benchmark", str(number)])
        domain = Domain("d", connection=connection)
        paginator = bare_client(engine).get_paginator("list_open_workflow_executions")

        def ours() -> None:
            executions = list(domain.executions.filter(start_oldest_date=1))
            assert len(executions) == 10_000
            assert isinstance(executions[0], WorkflowExecution)

        def theirs() -> None:
            pages = paginator.paginate(domain="d", startTimeFilter={"oldestDate": 0})
            assert len([info for page in pages for info in page["executionInfos"]]) == 10_000

        yield both(ours, theirs)


def history() -> Iterator[Sample]:
    """A history of 25,000 events, of activities mostly: into typed events, and into dicts."""
    with Engine() as engine, Connection.over(engine) as connection:
        register(engine)
        run_id = start(engine, "long")
        last = 0
        while last < 25_000:
            last = work_through(engine, 100)
        execution = WorkflowExecution(Domain("d", connection=connection), "long", run_id)
        paginator = bare_client(engine).get_paginator("get_workflow_execution_history")

        def ours() -> None:
            assert len(execution.history()) >= 25_000

        def theirs() -> None:
            pages = paginator.paginate(domain="d", execution={"workflowId": "long", "runId": run_id})
            assert len([event for page in pages for event in page["events"]]) >= 25_000

        yield both(ours, theirs)


def work_through(engine: Engine, activities: int) -> int:
    """Schedule activities and complete them; give the id of the decision's event."""
    task = ask(engine, "PollForDecisionTask", domain="d", taskList={"name": "dl"}, maximumPageSize=1)
    decisions = [
        {
            "decisionType": "ScheduleActivityTask",
            "scheduleActivityTaskDecisionAttributes": {
                "activityType": A,
                "activityId": f"a{number}",
                "input": '{"numbers":[1,2,3]}',
            },
        }
        for number in range(activities)
    ]
    ask(engine, "RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=decisions)
    for _ in range(activities):
        activity = ask(engine, "PollForActivityTask", domain="d", taskList={"name": "al"}, identity="worker")
        ask(engine, "RespondActivityTaskCompleted", taskToken=activity["taskToken"], result='{"product":6}')
    started: int = task["startedEventId"]
    return started


def signals() -> Iterator[Sample]:
    """2,000 signals to one execution: here, and to moto."""
    from moto import mock_aws

    with mock_aws():
        theirs_client = boto3.client("swf", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        theirs_client.register_domain(name="d", workflowExecutionRetentionPeriodInDays="7")
        theirs_client.register_workflow_type(
            domain="d",
            **W,
            defaultTaskList={"name": "dl"},
            defaultExecutionStartToCloseTimeout="3600",
            defaultTaskStartToCloseTimeout="60",
            defaultChildPolicy="TERMINATE",
        )

        def theirs() -> None:
            workflow_id = f"moto-{time.perf_counter_ns()}"
            theirs_client.start_workflow_execution(domain="d", workflowId=workflow_id, workflowType=W)
            for number in range(2_000):
                theirs_client.signal_workflow_execution(
                    domain="d", workflowId=workflow_id, signalName="tick", input=str(number)
                )

        with Engine() as engine, Connection.over(engine) as connection:
            register(engine)
            domain = Domain("d", connection=connection)

            def ours() -> None:
                workflow_id = f"ours-{time.perf_counter_ns()}"
                execution = WorkflowExecution(domain, workflow_id, start(engine, workflow_id))
                for number in range(2_000):
                    execution.signal("tick", str(number))

            yield both(ours, theirs)


def decisions() -> Iterator[Sample]:
    """200 decisions on one execution: the last 20, and the first 20."""
    with Engine() as engine:
        register(engine)
        client = bare_client(engine)

        def decide(workflow_id: str, times: int) -> None:
            for _ in range(times):
                client.signal_workflow_execution(domain="d", workflowId=workflow_id, signalName="tick")
                task = client.poll_for_decision_task(
                    domain="d", taskList={"name": "dl"}, startAtPreviousStartedEvent=True
                )
                client.respond_decision_task_completed(
                    taskToken=task["taskToken"],
                    decisions=[{"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m"}}],
                )

        def sample() -> tuple[float, float]:
            workflow_id = f"w-{time.perf_counter_ns()}"
            start(engine, workflow_id)
            first = seconds(lambda: decide(workflow_id, 20))
            decide(workflow_id, 160)
            last = seconds(lambda: decide(workflow_id, 20))
            ask(engine, "TerminateWorkflowExecution", domain="d", workflowId=workflow_id)
            return last, first

        yield sample


def importing() -> Iterator[Sample]:
    """A new Python that imports swf, and one that imports nothing."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import swf, sys; print('boto3' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert loaded.stdout.strip() == "False", "import swf loads boto3"

    def python(code: str) -> Work:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    yield both(python("import swf"), python("pass"))


BENCHMARKS = {
    "list": Benchmark("10,000 open executions into models", "a bare boto3 client, into dicts", 0.6, listing),
    "history": Benchmark("25,000 events into typed events", "a bare boto3 client, into dicts", 0.5, history),
    "signals": Benchmark("2,000 signals to one execution, in process", "moto's mock_aws", 0.4, signals),
    "decisions": Benchmark("the last 20 of 200 decisions on one execution", "the first 20", 1.3, decisions),
    "import": Benchmark("import swf", "python -c pass", 30, importing, is_difference=True),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; none is all")
    parser.add_argument("--runs", type=int, default=5, help="how many samples of each")
    arguments = parser.parse_args()
    table = Table("what", "against", "ours", "theirs", "median", "at most", "")
    console = Console(width=150)
    missed = 0
    for name in arguments.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        with console.status(benchmark.what):
            measured = measure(benchmark, arguments.runs)
        held = measured.figure <= benchmark.limit
        missed += not held
        unit = " ms on top" if benchmark.is_difference else ""
        table.add_row(
            benchmark.what,
            benchmark.against,
            f"{1000 * measured.ours:,.0f} ms",
            f"{1000 * measured.theirs:,.0f} ms",
            f"{measured.figure:.2f}{unit}",
            f"{benchmark.limit:g}{unit}",
            "" if held else "missed",
        )
    console.print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
