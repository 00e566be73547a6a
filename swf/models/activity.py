"""Activity types, and activity tasks as workers get them."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

import attrs

from swf import payload, shapes, wire
from swf.connection import Connection
from swf.constants import REGISTERED
from swf.exceptions import (
    ActivityTaskDoesNotExist,
    ActivityTypeAlreadyExists,
    ActivityTypeDoesNotExist,
    AlreadyExistsError,
    DoesNotExistError,
    WorkflowExecutionDoesNotExist,
    narrowed,
)
from swf.models.base import Calls, Request, number
from swf.models.domain import Domain, InDomain, domain_of
from swf.models.event import ActivityTaskScheduled
from swf.models.task import Task
from swf.models.workflow import WorkflowExecution
from swf.shapes import (
    ActivityId,
    Data,
    Description,
    DurationInSecondsOptional,
    EventId,
    FailureReason,
    LimitedData,
    Name,
    RegistrationStatus,
    TaskList,
    TaskPriority,
    Timestamp,
    Version,
    execution_id,
    type_id,
)
from swf.wire import At


@attrs.frozen(repr=False)
class ActivityType(InDomain):
    """A kind of activity, registered with the defaults of its tasks. What is None has no default.

    Durations are whole seconds or ``"NONE"``.

    >>> ActivityType("shop", "Charge", "1.0", task_list="payments", task_start_to_close_timeout=60)
    ActivityType('Charge', '1.0')

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTypeInfo.html
    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTypeConfiguration.html
    """

    calls: ClassVar[Calls] = Calls(
        register="register_activity_type",
        describe="describe_activity_type",
        deprecate="deprecate_activity_type",
        undeprecate="undeprecate_activity_type",
        delete="delete_activity_type",
    )
    DoesNotExist: ClassVar[type[DoesNotExistError]] = ActivityTypeDoesNotExist
    AlreadyExists: ClassVar[type[AlreadyExistsError]] = ActivityTypeAlreadyExists

    name: Annotated[Name, At("typeInfo.activityType.name")]
    version: Annotated[Version, At("typeInfo.activityType.version")]
    status: Annotated[RegistrationStatus, At("typeInfo.status", read_only=True)] = REGISTERED
    description: Annotated[Description | None, At("typeInfo.description")] = None
    creation_date: Annotated[Timestamp | None, At("typeInfo.creationDate", read_only=True)] = attrs.field(
        default=None, eq=False
    )
    deprecation_date: Annotated[Timestamp | None, At("typeInfo.deprecationDate", read_only=True)] = attrs.field(
        default=None, eq=False
    )
    task_list: Annotated[TaskList | None, At("configuration.defaultTaskList")] = None
    task_heartbeat_timeout: Annotated[
        DurationInSecondsOptional | None, At("configuration.defaultTaskHeartbeatTimeout")
    ] = attrs.field(default=None, converter=number)
    task_schedule_to_close_timeout: Annotated[
        DurationInSecondsOptional | None, At("configuration.defaultTaskScheduleToCloseTimeout")
    ] = attrs.field(default=None, converter=number)
    task_schedule_to_start_timeout: Annotated[
        DurationInSecondsOptional | None, At("configuration.defaultTaskScheduleToStartTimeout")
    ] = attrs.field(default=None, converter=number)
    task_start_to_close_timeout: Annotated[
        DurationInSecondsOptional | None, At("configuration.defaultTaskStartToCloseTimeout")
    ] = attrs.field(default=None, converter=number)
    task_priority: Annotated[TaskPriority | None, At("configuration.defaultTaskPriority")] = attrs.field(
        default=None, converter=number
    )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.version!r})"

    def __str__(self) -> str:
        return str(type_id(self))

    def _identity(self) -> dict[str, Any]:
        return {**self._scope(), "activityType": {"name": self.name, "version": self.version}}


@attrs.frozen(repr=False)
class ActivityTask(Task):
    """One piece of work of an activity type, that a worker took and has to answer.

    Its texts stay as SWF holds them; `swf.payload.decode` reads ``input``.

    Attributes:
        task_list: Where the task was taken.
        task_token: What names the task in the answers to it.
        activity_type: Its type's name and version.
        workflow_execution: The workflow id and run id of the execution that wants it.
        started_event_id: The id of its ``ActivityTaskStarted`` event.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTask.html
    """

    DoesNotExist: ClassVar[type[DoesNotExistError]] = ActivityTaskDoesNotExist

    activity_type: shapes.ActivityType | None = attrs.field(default=None, converter=attrs.converters.optional(type_id))
    workflow_execution: shapes.WorkflowExecution | None = attrs.field(
        default=None, converter=attrs.converters.optional(execution_id)
    )
    input: Data | None = None
    activity_id: ActivityId | None = None
    started_event_id: EventId | None = None

    @classmethod
    def from_poll(
        cls, domain: Domain | str, task_list: str, data: Mapping[str, Any], *, connection: Connection | None = None
    ) -> Self:
        """Read the task from the answer of PollForActivityTask.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForActivityTask.html
        """
        return wire.read(cls, data, domain=domain_of(domain), task_list=task_list, connection=connection)

    @property
    def execution(self) -> WorkflowExecution:
        """The execution that wants the task; nothing is asked."""
        return self._execution(self.workflow_execution)

    def complete(self, result: Any = None) -> None:
        """Answer that the work is done.

        Args:
            result: A JSON value, or text sent as it stands; 32,768 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for the answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskCompleted.html
        """
        self._answer("respond_activity_task_completed", Completion(result=result))

    def fail(self, *, reason: str | None = None, details: Any = None) -> None:
        """Answer that the work failed.

        Args:
            reason: 256 characters at most.
            details: A JSON value, or text sent as it stands; 32,768 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for the answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskFailed.html
        """
        self._answer("respond_activity_task_failed", Failure(reason=reason, details=details))

    def cancel(self, details: Any = None) -> None:
        """Answer that the work was given up, as was asked for.

        Args:
            details: A JSON value, or text sent as it stands; 32,768 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for the answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskCanceled.html
        """
        self._answer("respond_activity_task_canceled", Cancellation(details=details))

    def heartbeat(self, details: Any = None) -> bool:
        """Tell SWF that the work goes on, and learn whether it should be given up.

        Args:
            details: A JSON value, or text sent as it stands; 2,048 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for the task: it timed out, or its execution has closed.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordActivityTaskHeartbeat.html
        """
        answer = self._answer("record_activity_task_heartbeat", Heartbeat(details=details))
        return bool(answer["cancelRequested"])

    def upstream(self) -> Self:
        """Give the task as the execution's history holds it; reads the whole history.

        Raises:
            ActivityTaskDoesNotExist: The task is closed, or its execution is.
        """
        scheduled = self._scheduled()
        return attrs.evolve(
            self,
            task_list=scheduled.task_list,
            activity_type=scheduled.activity_type,
            activity_id=scheduled.activity_id,
            input=scheduled.input,
        )

    @property
    def exists(self) -> bool:
        """Whether SWF still waits for the task's answer; reads the whole history."""
        try:
            self._scheduled()
        except self.DoesNotExist:
            return False
        return True

    def __repr__(self) -> str:
        kind = None if self.activity_type is None else self.activity_type.name
        return f"{type(self).__name__}({self.activity_id!r}, {kind!r})"

    def _scheduled(self) -> ActivityTaskScheduled:
        """Give the event that scheduled the task, if it is open."""
        try:
            state = self.execution.history().state
        except WorkflowExecutionDoesNotExist as error:
            raise narrowed(error, self.DoesNotExist) from error
        if state.closed is None:
            for activity in state.activities.values():
                if activity.started is not None and activity.started.id == self.started_event_id:
                    return activity.scheduled
        raise self.DoesNotExist(
            f"Activity task {self.activity_id!r} of {self.execution!r} is not open. It was answered or timed out, or "
            "the execution has closed: see the execution's history()."
        )


@attrs.frozen(kw_only=True)
class Completion(Request):
    """The answer that an activity task is done."""

    result: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True)
class Failure(Request):
    """The answer that an activity task failed."""

    reason: FailureReason | None = None
    details: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True)
class Cancellation(Request):
    """The answer that an activity task was given up."""

    details: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True)
class Heartbeat(Request):
    """Word that an activity task goes on."""

    details: LimitedData | None = attrs.field(default=None, converter=payload.encode)
