"""What is to be known of one execution, and which run is meant."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

from swf import payload
from swf.cli.output import Fact, attributes, dumped, lasted, note, plain, visible
from swf.connection import current
from swf.constants import CLOSED, OPEN
from swf.engine.limits import limits_of
from swf.failure import Failure
from swf.models import Domain, WorkflowExecution
from swf.models.event import (
    Event,
    WorkflowExecutionCompleted,
    WorkflowExecutionFailed,
    WorkflowExecutionStarted,
)
from swf.models.workflow import OpenCounts

MOST_EVENTS = int(limits_of("relaxed").events)


def chosen(domain: Domain, workflow_id: str, run_id: str | None) -> WorkflowExecution:
    """Give the run that is meant: without a run id the open one, else the newest; of several, says which.

    Raises:
        WorkflowExecutionDoesNotExist: There is none.
    """
    if run_id is not None:
        return WorkflowExecution(domain, workflow_id, run_id)
    runs = domain.executions.filter(workflow_id=workflow_id)
    found: list[WorkflowExecution] = [*runs.filter(status=OPEN)[:1], *runs.filter(status=CLOSED)[:2]]
    if not found:
        # Raises what says so.
        return WorkflowExecution(domain, workflow_id).upstream()
    if len(found) > 1:
        which = "the open one" if found[0].status == OPEN else "the newest"
        note(f"{workflow_id} has several runs. This is {which}, {found[0].run_id}. Choose another with --run-id.")
    return found[0]


@attrs.frozen
class Described:
    """An execution, with its first event and its last."""

    execution: WorkflowExecution
    first: Event | None
    last: Event | None

    @classmethod
    def of(cls, execution: WorkflowExecution) -> "Described":
        """Ask for them: three calls."""
        described = execution.upstream()
        return cls(described, described.events.first(), described.events.last())

    @property
    def events_used(self) -> int:
        """How many events there are: ids have no gaps."""
        return 0 if self.last is None else self.last.id

    @property
    def input(self) -> str | None:
        """What it was started with."""
        return self.first.input if isinstance(self.first, WorkflowExecutionStarted) else None

    @property
    def result(self) -> str | None:
        """What it ended with, when it was completed."""
        return self.last.result if isinstance(self.last, WorkflowExecutionCompleted) else None

    @property
    def failure(self) -> Failure | None:
        """Why it failed, when it did."""
        if not isinstance(self.last, WorkflowExecutionFailed):
            return None
        return Failure.read(self.last.reason, self.last.details)

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it as JSON; input and result decoded."""
        failure = self.failure
        end = None if self.last is None or self.execution.status == OPEN else self.last
        more = {
            "input": payload.decode(self.input),
            "result": payload.decode(self.result),
            "failure": None if failure is None else plain(failure),
            "reason": getattr(end, "reason", None),
            "details": None if failure else payload.decode(getattr(end, "details", None)),
            "cause": getattr(end, "cause", None),
            "events_used": self.events_used,
        }
        return attributes(self.execution) | {name: value for name, value in more.items() if value is not None}

    def facts(self) -> Iterator[Fact]:
        """Give all of it for people."""
        run = self.execution
        yield "Workflow id", run.workflow_id
        yield "Run id", run.run_id
        yield "Status", run.close_status or run.status
        yield "Type", run.workflow_type
        yield "Started", _time(run.start_timestamp)
        yield "Closed", _time(run.close_timestamp)
        yield "Lasted" if run.close_timestamp else "Runs for", self._duration()
        yield "Cancel requested", run.cancel_requested or None
        yield "Tags", run.tag_list
        yield "Parent", None if run.parent is None else f"{run.parent.workflow_id} {run.parent.run_id}"
        yield "Task list", run.task_list
        yield "Child policy", run.child_policy
        yield "Timeouts", self._timeouts()
        yield "Lambda role", run.lambda_role
        yield "Input", readable(self.input)
        yield from self._end()
        yield "Context", readable(run.latest_execution_context)
        yield "Open", self._open()
        yield "Events", f"{self.events_used:,} of {MOST_EVENTS:,}"

    def _end(self) -> Iterator[Fact]:
        yield "Result", readable(self.result)
        if self.execution.status == OPEN:
            return
        failure = self.failure
        if failure is not None:
            yield "Failure", _said(failure)
            yield "Traceback", failure.traceback
            yield from _causes(failure)
            return
        yield "Reason", getattr(self.last, "reason", None)
        yield "Cause", getattr(self.last, "cause", None)
        yield "Details", readable(getattr(self.last, "details", None))
        yield "Timeout", getattr(self.last, "timeout_type", None)
        yield "Goes on in", getattr(self.last, "new_execution_run_id", None)

    def _duration(self) -> str | None:
        begun = self.execution.start_timestamp
        if begun is None:
            return None
        return lasted(((self.execution.close_timestamp or current().now()) - begun).total_seconds())

    def _timeouts(self) -> str:
        run = self.execution
        return f"execution {_timeout(run.execution_timeout)}, decision task {_timeout(run.decision_tasks_timeout)}"

    def _open(self) -> str | None:
        if self.execution.status == CLOSED:
            return None
        counts = self.execution.open_counts or OpenCounts()
        named = (
            (counts.open_activity_tasks, "activity task", "activity tasks"),
            (counts.open_decision_tasks, "decision task", "decision tasks"),
            (counts.open_timers, "timer", "timers"),
            (counts.open_child_workflow_executions, "child", "children"),
            (counts.open_lambda_functions, "Lambda function", "Lambda functions"),
        )
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in named if count) or "nothing"


def _causes(failure: Failure) -> Iterator[Fact]:
    """Give what led to a failure: an activity that failed, say, whose traceback is the one to look at."""
    cause = failure.cause
    while cause is not None:
        yield "Caused by", _said(cause)
        yield "Traceback", cause.traceback
        cause = cause.cause


def _said(failure: Failure) -> str:
    return f"{failure.type}: {failure.message}" if failure.message else failure.type


def readable(text: str | None) -> str | None:
    """Give a text of SWF's as people read it: JSON of several parts on several lines."""
    if text is None:
        return None
    value = payload.decode(text)
    if not isinstance(value, dict | list):
        return visible(text)
    short = dumped(value)
    return visible(short if len(short) <= 60 else dumped(value, indent=2))


def _time(value: datetime | None) -> str | None:
    return None if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"


def _timeout(value: int | str | None) -> str:
    return lasted(value) if isinstance(value, int) else str(value)
