"""Events of executions that this one started."""

from typing import ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    Arn,
    ChildPolicy,
    Data,
    DurationInSecondsOptional,
    EventId,
    FailureReason,
    StartChildWorkflowExecutionFailedCause,
    TagList,
    TaskList,
    TaskPriority,
    WorkflowExecution,
    WorkflowExecutionTimeoutType,
    WorkflowId,
    WorkflowType,
)


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionEvent(Event):
    """An execution that this one started."""

    type: ClassVar[str] = "ChildWorkflowExecution"
    opened_by: ClassVar[str | None] = "initiated_event_id"


@attrs.frozen(kw_only=True, repr=False)
class StartChildWorkflowExecutionInitiated(ChildWorkflowExecutionEvent):
    """A ``StartChildWorkflowExecution`` decision was accepted; whether the child started comes later.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartChildWorkflowExecutionInitiatedEventAttributes.html
    """

    workflow_id: WorkflowId
    workflow_type: WorkflowType
    task_list: TaskList
    decision_task_completed_event_id: EventId
    child_policy: ChildPolicy
    control: Data | None = None
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    tag_list: TagList | None = None
    lambda_role: Arn | None = None


@attrs.frozen(kw_only=True, repr=False)
class StartChildWorkflowExecutionFailed(ChildWorkflowExecutionEvent):
    """The child could not be started.

    ``initiated_event_id`` is 0 when the decision was refused at once.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartChildWorkflowExecutionFailedEventAttributes.html
    """

    workflow_type: WorkflowType
    cause: StartChildWorkflowExecutionFailedCause
    workflow_id: WorkflowId
    initiated_event_id: EventId
    decision_task_completed_event_id: EventId
    control: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionStarted(ChildWorkflowExecutionEvent):
    """The child runs.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ChildWorkflowExecutionStartedEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionCompleted(ChildWorkflowExecutionEvent):
    """The child completed.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ChildWorkflowExecutionCompletedEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
    result: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionFailed(ChildWorkflowExecutionEvent):
    """The child failed.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ChildWorkflowExecutionFailedEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionTimedOut(ChildWorkflowExecutionEvent):
    """The child was open longer than its ``execution_start_to_close_timeout``.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ChildWorkflowExecutionTimedOutEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    timeout_type: WorkflowExecutionTimeoutType
    initiated_event_id: EventId
    started_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionCanceled(ChildWorkflowExecutionEvent):
    """The child was canceled.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ChildWorkflowExecutionCanceledEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ChildWorkflowExecutionTerminated(ChildWorkflowExecutionEvent):
    """The child was terminated.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ChildWorkflowExecutionTerminatedEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    workflow_type: WorkflowType
    initiated_event_id: EventId
    started_event_id: EventId
