"""What becomes of SWF's answers here, beside a bare client that makes dicts of them; and what an import costs."""

import subprocess
import sys
from collections.abc import Iterator

from measuring import Sample, Work, both
from services import attached, engine_alone, start, work_through

from swf.connection import Connection
from swf.models import Domain, WorkflowExecution


def listing() -> Iterator[Sample]:
    """10,000 open executions: into models, and into dicts."""
    with engine_alone() as engine, Connection.over(engine) as connection:
        for number in range(10_000):
            start(engine, f"order-{number}", tagList=["benchmark", str(number)])
        domain = Domain("d", connection=connection)
        paginator = attached(engine).get_paginator("list_open_workflow_executions")

        def ours() -> None:
            executions = list(domain.executions.filter(start_oldest_date=1))
            assert len(executions) == 10_000
            assert isinstance(executions[0], WorkflowExecution)

        def theirs() -> None:
            pages = paginator.paginate(domain="d", startTimeFilter={"oldestDate": 0})
            assert len([info for page in pages for info in page["executionInfos"]]) == 10_000

        yield both(ours, theirs)


def history() -> Iterator[Sample]:
    """A history of 24,000 events, of activities mostly: into typed events, and into dicts."""
    with engine_alone() as engine, Connection.over(engine) as connection:
        run_id = start(engine, "long")
        while work_through(engine, 100) < 23_500:
            pass
        execution = WorkflowExecution(Domain("d", connection=connection), "long", run_id)
        paginator = attached(engine).get_paginator("get_workflow_execution_history")

        def ours() -> None:
            assert len(execution.history()) >= 23_500

        def theirs() -> None:
            pages = paginator.paginate(domain="d", execution={"workflowId": "long", "runId": run_id})
            assert len([event for page in pages for event in page["events"]]) >= 23_500

        yield both(ours, theirs)


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
