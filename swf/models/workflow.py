"""Workflow types, and workflow executions."""

import math
import random
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import attrs

from swf import payload, shapes, wire
from swf.checks import of_seconds
from swf.constants import (
    CANCELED,
    CLOSED,
    COMPLETED,
    CONTINUED_AS_NEW,
    FAILED,
    OPEN,
    REGISTERED,
    TERMINATE,
    TERMINATED,
    TIMED_OUT,
)
from swf.exceptions import (
    AlreadyExistsError,
    DoesNotExistError,
    ExecutionNotCompletedError,
    SWFError,
    WaitTimeoutError,
    WorkflowExecutionAlreadyStarted,
    WorkflowExecutionDoesNotExist,
    WorkflowTypeAlreadyExists,
    WorkflowTypeDoesNotExist,
    narrowed,
)
from swf.models.base import Calls, Request, number
from swf.models.domain import InDomain
from swf.models.event import Event, EventFactory, WorkflowExecutionCompleted
from swf.models.event.base import EPOCH
from swf.models.history.base import History
from swf.models.history.pages import whole_history
from swf.models.history.state import CLOSE_STATUS_OF
from swf.shapes import (
    Arn,
    ChildPolicy,
    CloseStatus,
    Data,
    Description,
    Duration,
    DurationInSecondsOptional,
    ExecutionStatus,
    Name,
    RegistrationStatus,
    Shape,
    SignalName,
    TagList,
    TaskList,
    TaskPriority,
    TerminateReason,
    Timestamp,
    Version,
    WorkflowId,
    WorkflowRunId,
    execution_id,
    tags,
    type_id,
)
from swf.wire import At

if TYPE_CHECKING:
    from swf.querysets import HistoryQuerySet

# No execution is open for longer than a year. What SWF makes of a greater number is for SWF to say.
ExecutionTimeout = Annotated[int | Literal["NONE"], Duration("DurationInSecondsOptional", has_none=False)]

# How long wait() sleeps between two looks: at first, and at most.
SHORTEST_SLEEP_SECONDS = 0.02
LONGEST_SLEEP_SECONDS = 5.0


@attrs.frozen(repr=False)
class WorkflowType(InDomain):
    """A kind of workflow, registered with the defaults of its executions. What is None has no default.

    Timeouts are whole seconds; ``decision_tasks_timeout`` may be ``"NONE"``.

    >>> WorkflowType("shop", "Order", "1.0", task_list="orders", execution_timeout=3600)
    WorkflowType('Order', '1.0')

    Attributes:
        child_policy: What SWF does to open children when an execution closes, in whatever way.
        execution_timeout: Seconds that an execution may last, a year at most.
        decision_tasks_timeout: Seconds that a decider may take for an answer.
        lambda_role: The IAM role with which executions call Lambda functions.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowTypeInfo.html
    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowTypeConfiguration.html
    """

    calls: ClassVar[Calls] = Calls(
        register="register_workflow_type",
        describe="describe_workflow_type",
        deprecate="deprecate_workflow_type",
        undeprecate="undeprecate_workflow_type",
        delete="delete_workflow_type",
    )
    DoesNotExist: ClassVar[type[DoesNotExistError]] = WorkflowTypeDoesNotExist
    AlreadyExists: ClassVar[type[AlreadyExistsError]] = WorkflowTypeAlreadyExists

    name: Annotated[Name, At("typeInfo.workflowType.name")]
    version: Annotated[Version, At("typeInfo.workflowType.version")]
    status: Annotated[RegistrationStatus, At("typeInfo.status", read_only=True)] = REGISTERED
    creation_date: Annotated[Timestamp | None, At("typeInfo.creationDate", read_only=True)] = attrs.field(
        default=None, eq=False
    )
    deprecation_date: Annotated[Timestamp | None, At("typeInfo.deprecationDate", read_only=True)] = attrs.field(
        default=None, eq=False
    )
    task_list: Annotated[TaskList | None, At("configuration.defaultTaskList")] = None
    child_policy: Annotated[ChildPolicy | None, At("configuration.defaultChildPolicy")] = TERMINATE
    execution_timeout: Annotated[ExecutionTimeout | None, At("configuration.defaultExecutionStartToCloseTimeout")] = (
        attrs.field(default=300, converter=number)
    )
    decision_tasks_timeout: Annotated[
        DurationInSecondsOptional | None, At("configuration.defaultTaskStartToCloseTimeout")
    ] = attrs.field(default=300, converter=number)
    description: Annotated[Description | None, At("typeInfo.description")] = None
    task_priority: Annotated[TaskPriority | None, At("configuration.defaultTaskPriority")] = attrs.field(
        default=None, converter=number
    )
    lambda_role: Annotated[Arn | None, At("configuration.defaultLambdaRole")] = None

    def start_execution(
        self,
        workflow_id: str | None = None,
        task_list: str | None = None,
        child_policy: ChildPolicy | None = None,
        execution_timeout: int | str | None = None,
        input: Any = None,
        tag_list: Iterable[str] | None = None,
        decision_tasks_timeout: int | str | None = None,
        task_priority: int | None = None,
        lambda_role: str | None = None,
    ) -> "WorkflowExecution":
        """Start an execution of this type and return it, open.

        Only what is given here is sent. For the rest the defaults rule with which the type was registered, and not
        what this instance says; the returned execution tells them after `upstream`.

        Args:
            workflow_id: Unique among the domain's open executions. Left out, one is made from the type's name, its
                version and a random suffix.
            task_list: Where its decision tasks go.
            child_policy: What SWF does to its open children when it closes, in whatever way.
            execution_timeout: Seconds for the whole execution.
            input: A JSON value, or text sent as it stands; 32,768 characters at most.
            tag_list: Up to five tags.
            decision_tasks_timeout: Seconds that a decider may take for an answer.
            task_priority: Of its decision tasks; higher ones come first.
            lambda_role: The IAM role with which it calls Lambda functions.

        Raises:
            AlreadyExistsError: An execution with this workflow id is open.
            DefaultUndefinedError: A setting is given neither here nor by the type.
            DeprecatedError: The type is deprecated.
            DoesNotExistError: The type or the domain is not there.
            ValidationError: A value breaks a limit of SWF; nothing was sent.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartWorkflowExecution.html
        """
        execution = WorkflowExecution(
            self.domain,
            self._new_workflow_id() if workflow_id is None else workflow_id,
            workflow_type=type_id(self),
            task_list=task_list,
            child_policy=child_policy,
            execution_timeout=execution_timeout,
            input=payload.encode(input),
            tag_list=tag_list,
            decision_tasks_timeout=decision_tasks_timeout,
            task_priority=task_priority,
            lambda_role=lambda_role,
            connection=self.connection,
        )
        return execution._started(self.DoesNotExist)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.version!r})"

    def __str__(self) -> str:
        return str(type_id(self))

    def _identity(self) -> dict[str, Any]:
        return {**self._scope(), "workflowType": {"name": self.name, "version": self.version}}

    def _new_workflow_id(self) -> str:
        suffix = f"-{uuid.uuid4().hex}"
        return f"{self.name}-{self.version}"[: 256 - len(suffix)] + suffix


@attrs.frozen(kw_only=True)
class OpenCounts:
    """How much of each kind is open in an execution.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionOpenCounts.html
    """

    open_activity_tasks: shapes.Count = 0
    open_decision_tasks: shapes.OpenDecisionTasksCount = 0
    open_timers: shapes.Count = 0
    open_child_workflow_executions: shapes.Count = 0
    open_lambda_functions: shapes.Count | None = None


def _counted(counts: OpenCounts) -> Iterator[str]:
    """Say how much of each kind is open, where anything is."""
    for field in attrs.fields(OpenCounts):
        count = getattr(counts, field.name)
        if count:
            kind = field.name.removeprefix("open_").replace("_", " ")
            yield f"{count} {kind.removesuffix('s') if count == 1 else kind}"


@attrs.frozen
class OpenCountsObject(Shape):
    """`OpenCounts`, an object of numbers in SWF's JSON."""

    reads_as_is: ClassVar[bool] = False

    def read(self, value: Mapping[str, int]) -> OpenCounts:
        """Turn what stands in SWF's JSON into the value."""
        return wire.read(OpenCounts, value)

    def write(self, value: OpenCounts) -> dict[str, Any]:
        """Turn the value into what stands in SWF's JSON."""
        return wire.write(value)


@attrs.frozen(repr=False)
class WorkflowExecution(InDomain):
    """One run of a workflow.

    Built by hand it is a handle: ``WorkflowExecution("shop", "order-7").signal("paid")``. Without a run id it stands
    for the open run of its workflow id, else for the newest closed one; `upstream` finds which that is. What is None
    is not known here, so it never counts as a change.

    Attributes:
        status: ``OPEN`` or ``CLOSED``.
        workflow_type: Its type's name and version.
        close_status: How it closed: ``COMPLETED``, ``FAILED``, ``CANCELED``, ``TERMINATED``, ``CONTINUED_AS_NEW`` or
            ``TIMED_OUT``.
        execution_timeout: Seconds that it may last.
        input: What it was started with, as text. Only its history tells it: it is known where the execution was
            started, and takes no part in equality.
        decision_tasks_timeout: Seconds that a decider may take for an answer.
        latest_execution_context: What a decider last said it is at.
        open_counts: How many activities, timers, children… are open.
        parent: The workflow id and run id of the execution that started it, if one did.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionInfo.html
    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionConfiguration.html
    """

    STATUS_OPEN: ClassVar = OPEN
    STATUS_CLOSED: ClassVar = CLOSED
    CLOSE_STATUS_COMPLETED: ClassVar = COMPLETED
    CLOSE_STATUS_FAILED: ClassVar = FAILED
    CLOSE_STATUS_CANCELED: ClassVar = CANCELED
    CLOSE_STATUS_TERMINATED: ClassVar = TERMINATED
    CLOSE_STATUS_CONTINUED_AS_NEW: ClassVar = CONTINUED_AS_NEW
    CLOSE_STATUS_TIMED_OUT: ClassVar = TIMED_OUT
    CLOSE_TIMED_OUT: ClassVar = TIMED_OUT

    calls: ClassVar[Calls] = Calls(describe="describe_workflow_execution")
    DoesNotExist: ClassVar[type[DoesNotExistError]] = WorkflowExecutionDoesNotExist
    AlreadyExists: ClassVar[type[AlreadyExistsError]] = WorkflowExecutionAlreadyStarted
    untold: ClassVar[tuple[str, ...]] = ("input",)

    workflow_id: Annotated[WorkflowId, At("executionInfo.execution.workflowId")]
    run_id: Annotated[WorkflowRunId | None, At("executionInfo.execution.runId", read_only=True)] = None
    status: Annotated[ExecutionStatus, At("executionInfo.executionStatus", read_only=True)] = OPEN
    workflow_type: Annotated[shapes.WorkflowType | None, At("executionInfo.workflowType")] = attrs.field(
        default=None, converter=attrs.converters.optional(type_id)
    )
    task_list: Annotated[TaskList | None, At("executionConfiguration.taskList")] = None
    child_policy: Annotated[ChildPolicy | None, At("executionConfiguration.childPolicy")] = None
    close_status: Annotated[CloseStatus | None, At("executionInfo.closeStatus", read_only=True)] = None
    execution_timeout: Annotated[ExecutionTimeout | None, At("executionConfiguration.executionStartToCloseTimeout")] = (
        attrs.field(default=None, converter=number)
    )
    input: Data | None = attrs.field(default=None, eq=False)
    tag_list: Annotated[TagList | None, At("executionInfo.tagList")] = attrs.field(default=None, converter=tags)
    decision_tasks_timeout: Annotated[
        DurationInSecondsOptional | None, At("executionConfiguration.taskStartToCloseTimeout")
    ] = attrs.field(default=None, converter=number)
    close_timestamp: Annotated[Timestamp | None, At("executionInfo.closeTimestamp", read_only=True)] = None
    start_timestamp: Annotated[Timestamp | None, At("executionInfo.startTimestamp", read_only=True)] = None
    cancel_requested: Annotated[shapes.Canceled | None, At("executionInfo.cancelRequested", read_only=True)] = None
    latest_execution_context: Annotated[Data | None, At("latestExecutionContext", read_only=True)] = None
    latest_activity_task_timestamp: Annotated[Timestamp | None, At("latestActivityTaskTimestamp", read_only=True)] = (
        None
    )
    open_counts: Annotated[
        OpenCounts | None, OpenCountsObject("WorkflowExecutionOpenCounts"), At("openCounts", read_only=True)
    ] = None
    parent: Annotated[shapes.WorkflowExecution | None, At("executionInfo.parent", read_only=True)] = attrs.field(
        default=None, converter=attrs.converters.optional(execution_id)
    )
    task_priority: Annotated[TaskPriority | None, At("executionConfiguration.taskPriority")] = attrs.field(
        default=None, converter=number
    )
    lambda_role: Annotated[Arn | None, At("executionConfiguration.lambdaRole")] = None

    def upstream(self) -> Self:
        """Give what SWF holds now; one Describe.

        Without a run id the open run is looked for first, then the newest closed one: one or two calls more.

        Raises:
            WorkflowExecutionDoesNotExist: There is no such run, or its retention is over.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DescribeWorkflowExecution.html
        """
        return super().upstream()

    def history(self) -> History:
        """Give the complete history, all its pages read.

        Raises:
            IncompleteAnswerError: Events are missing in what was answered.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_GetWorkflowExecutionHistory.html
        """
        return History.from_event_list(self._raw_events())

    @property
    def events(self) -> "HistoryQuerySet":
        """The queryset of the history's events, read page by page; without a run id, the run is looked for now."""
        from swf.querysets import HistoryQuerySet

        return HistoryQuerySet(
            self.domain, workflow_id=self.workflow_id, run_id=self._known_run_id(), connection=self.connection
        )

    @property
    def result(self) -> Any:
        """The result of a completed execution, decoded; one call, for its last event.

        Raises:
            ExecutionNotCompletedError: It is open, or closed in another way; tells how and why.
        """
        last = self._last_event()
        if isinstance(last, WorkflowExecutionCompleted):
            return payload.decode(last.result)
        raise ExecutionNotCompletedError(
            self.workflow_id,
            CLOSE_STATUS_OF.get(type(last)),
            getattr(last, "reason", None),
            getattr(last, "details", None),
        )

    def signal(self, signal_name: str, input: Any = None) -> None:
        """Send a signal: it is recorded in the history, and the decider hears of it.

        Args:
            signal_name: Whatever the decider knows it by; 256 characters at most.
            input: A JSON value, or text sent as it stands; 32,768 characters at most.

        Raises:
            DoesNotExistError: There is no such execution, or it is no longer open.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_SignalWorkflowExecution.html
        """
        self._tell("signal_workflow_execution", Signal(signal_name=signal_name, input=input).params)

    def request_cancel(self) -> None:
        """Ask the decider to cancel the execution; nothing stops by itself.

        Raises:
            DoesNotExistError: There is no such execution, or it is no longer open.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelWorkflowExecution.html
        """
        self._tell("request_cancel_workflow_execution", {})

    def terminate(
        self, reason: str | None = None, details: Any = None, child_policy: ChildPolicy | None = None
    ) -> None:
        """Close the execution at once, without asking its decider.

        Args:
            reason: 256 characters at most.
            details: A JSON value, or text sent as it stands; 32,768 characters at most.
            child_policy: What SWF does to open children. Left out, what was said at the start.

        Raises:
            DoesNotExistError: There is no such execution, or it is no longer open.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_TerminateWorkflowExecution.html
        """
        termination = Termination(reason=reason, details=details, child_policy=child_policy)
        self._tell("terminate_workflow_execution", termination.params)

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until this run has closed, and give it closed; a run that continues as new has closed.

        SWF is asked with Describe, first often and then every 5 seconds.

        Args:
            timeout: Seconds to wait at most. None waits for ever.

        Raises:
            WaitTimeoutError: It was still open then; tells what happened last, and what is open.
        """
        until = math.inf if timeout is None else time.monotonic() + of_seconds(timeout, "timeout")
        run, sleeps = self, _sleeps()
        while (run := run.upstream()).status == OPEN:
            left = until - time.monotonic()
            if left <= 0:
                raise WaitTimeoutError(
                    f"{run!r} was still open after {timeout:g} seconds. {run._last_seen()} Wait longer, or see its "
                    "history()."
                )
            time.sleep(min(next(sleeps), left))
        return run

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.workflow_id!r}, {self.run_id!r}, {self.close_status or self.status!r})"

    def _started(self, no_type: type[DoesNotExistError]) -> Self:
        """Start an execution as this one says."""
        try:
            answer = self._call("start_workflow_execution", **self._scope(), **wire.write(self))
        except self.DoesNotExist as error:
            raise narrowed(error, no_type) from error.__cause__
        return attrs.evolve(self, run_id=answer["runId"])

    def _identity(self) -> dict[str, Any]:
        return {**self._scope(), "execution": {"workflowId": self.workflow_id, "runId": self._known_run_id()}}

    def _known_run_id(self) -> str:
        return self.run_id or self._newest_run_id()

    def _newest_run_id(self) -> str:
        """Find the open run of the workflow id, else the one that began last."""
        for operation in ("list_open_workflow_executions", "list_closed_workflow_executions"):
            pages = self._rows(
                operation,
                "executionInfos",
                **self._scope(),
                startTimeFilter={"oldestDate": EPOCH},
                executionFilter={"workflowId": self.workflow_id},
                maximumPageSize=1,
            )
            for info in chain.from_iterable(pages):
                run_id: str = info["execution"]["runId"]
                return run_id
        raise self.DoesNotExist(
            f"Domain {self.domain.name!r} has no execution {self.workflow_id!r}, open or closed. "
            "Check the names and the region; a closed one is gone after the domain's retention."
        )

    def _last_event(self) -> Event:
        return EventFactory(next(self._raw_events(reverseOrder=True, maximumPageSize=1)))

    def _last_seen(self) -> str:
        """Tell what happened last, and what was open when the execution was described."""
        open_now = ", ".join(_counted(self.open_counts or OpenCounts())) or "nothing"
        try:
            last = self._last_event()
        except SWFError as error:
            return f"Open: {open_now}. Its last event is not known: {error}"
        return f"Its last event is {last.id}, {last.name}, at {last.timestamp:%F %T} UTC. Open: {open_now}."

    def _raw_events(self, **params: Any) -> Iterator[dict[str, Any]]:
        pages = self._rows("get_workflow_execution_history", "events", **self._identity(), **params)
        return chain.from_iterable(
            whole_history(pages, self.workflow_id, newest_first=params.get("reverseOrder", False))
        )

    def _tell(self, operation: str, params: dict[str, Any]) -> None:
        self._call(operation, **self._scope(), workflowId=self.workflow_id, runId=self.run_id, **params)

    def _knows(self, member: wire.Member) -> bool:
        return getattr(self, member.name) is not None

    def _instead(self, action: str) -> str:
        if action == "register":
            return "Start one: workflow_type.start_execution()."
        return "Close it: request_cancel() or terminate()."


@attrs.frozen(kw_only=True)
class Signal(Request):
    """What a signal says."""

    signal_name: SignalName
    input: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True)
class Termination(Request):
    """Why an execution is terminated, and what becomes of its children."""

    reason: TerminateReason | None = None
    details: Data | None = attrs.field(default=None, converter=payload.encode)
    child_policy: ChildPolicy | None = None


def _sleeps() -> Iterator[float]:
    """Give the seconds between two looks: doubling, and a little uneven so that many waiters spread."""
    sleep = SHORTEST_SLEEP_SECONDS
    while True:
        yield sleep * random.uniform(0.75, 1)
        sleep = min(2 * sleep, LONGEST_SLEEP_SECONDS)
