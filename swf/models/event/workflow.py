"""Events of the execution itself."""

from typing import ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    Arn,
    CancelWorkflowExecutionFailedCause,
    ChildPolicy,
    CompleteWorkflowExecutionFailedCause,
    ContinueAsNewWorkflowExecutionFailedCause,
    Data,
    DurationInSecondsOptional,
    EventId,
    FailureReason,
    FailWorkflowExecutionFailedCause,
    SignalName,
    TagList,
    TaskList,
    TaskPriority,
    TerminateReason,
    WorkflowExecution,
    WorkflowExecutionCancelRequestedCause,
    WorkflowExecutionTerminatedCause,
    WorkflowExecutionTimeoutType,
    WorkflowRunId,
    WorkflowRunIdOptional,
    WorkflowType,
)


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionEvent(Event):
    """The execution itself: its start, its end, what reached it from outside."""

    type: ClassVar[str] = "WorkflowExecution"


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionStarted(WorkflowExecutionEvent):
    """An execution began: its settings, each as resolved from the call and the type's defaults.

    ``parent_initiated_event_id`` is 0 unless another execution started this one.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionStartedEventAttributes.html
    """

    child_policy: ChildPolicy
    task_list: TaskList
    workflow_type: WorkflowType
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    tag_list: TagList | None = None
    continued_execution_run_id: WorkflowRunIdOptional | None = None
    parent_workflow_execution: WorkflowExecution | None = None
    parent_initiated_event_id: EventId | None = None
    lambda_role: Arn | None = None


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionCancelRequested(WorkflowExecutionEvent):
    """Somebody asked for the execution to be canceled; nothing stops by itself.

    ``external_initiated_event_id`` is 0 unless another execution asked.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionCancelRequestedEventAttributes.html
    """

    external_workflow_execution: WorkflowExecution | None = None
    external_initiated_event_id: EventId | None = None
    cause: WorkflowExecutionCancelRequestedCause | None = None


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionCompleted(WorkflowExecutionEvent):
    """The execution closed, by a ``CompleteWorkflowExecution`` decision.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionCompletedEventAttributes.html
    """

    decision_task_completed_event_id: EventId
    result: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class CompleteWorkflowExecutionFailed(WorkflowExecutionEvent):
    """A ``CompleteWorkflowExecution`` decision was refused: the execution goes on.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CompleteWorkflowExecutionFailedEventAttributes.html
    """

    cause: CompleteWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionFailed(WorkflowExecutionEvent):
    """The execution closed, by a ``FailWorkflowExecution`` decision.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionFailedEventAttributes.html
    """

    decision_task_completed_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class FailWorkflowExecutionFailed(WorkflowExecutionEvent):
    """A ``FailWorkflowExecution`` decision was refused: the execution goes on.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_FailWorkflowExecutionFailedEventAttributes.html
    """

    cause: FailWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionTimedOut(WorkflowExecutionEvent):
    """The execution closed, because it was open longer than its ``execution_start_to_close_timeout``.

    ``child_policy`` was applied to its open children.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionTimedOutEventAttributes.html
    """

    timeout_type: WorkflowExecutionTimeoutType
    child_policy: ChildPolicy


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionCanceled(WorkflowExecutionEvent):
    """The execution closed, by a ``CancelWorkflowExecution`` decision.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionCanceledEventAttributes.html
    """

    decision_task_completed_event_id: EventId
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class CancelWorkflowExecutionFailed(WorkflowExecutionEvent):
    """A ``CancelWorkflowExecution`` decision was refused: the execution goes on.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CancelWorkflowExecutionFailedEventAttributes.html
    """

    cause: CancelWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionContinuedAsNew(WorkflowExecutionEvent):
    """The execution closed, and a new run with the same workflow id goes on from here.

    ``child_policy`` is that of the new run; to the open children of this one its own was applied.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionContinuedAsNewEventAttributes.html
    """

    decision_task_completed_event_id: EventId
    new_execution_run_id: WorkflowRunId
    task_list: TaskList
    child_policy: ChildPolicy
    workflow_type: WorkflowType
    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    tag_list: TagList | None = None
    lambda_role: Arn | None = None


@attrs.frozen(kw_only=True, repr=False)
class ContinueAsNewWorkflowExecutionFailed(WorkflowExecutionEvent):
    """A ``ContinueAsNewWorkflowExecution`` decision was refused: the execution goes on.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ContinueAsNewWorkflowExecutionFailedEventAttributes.html
    """

    cause: ContinueAsNewWorkflowExecutionFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionTerminated(WorkflowExecutionEvent):
    """The execution was closed from outside, without asking its decider.

    ``child_policy`` was applied to its open children. With the cause ``CHILD_POLICY_APPLIED`` its parent had closed.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionTerminatedEventAttributes.html
    """

    child_policy: ChildPolicy
    reason: TerminateReason | None = None
    details: Data | None = None
    cause: WorkflowExecutionTerminatedCause | None = None


@attrs.frozen(kw_only=True, repr=False)
class WorkflowExecutionSignaled(WorkflowExecutionEvent):
    """A signal reached the execution.

    ``external_initiated_event_id`` is 0 unless another execution sent it.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_WorkflowExecutionSignaledEventAttributes.html
    """

    signal_name: SignalName
    input: Data | None = None
    external_workflow_execution: WorkflowExecution | None = None
    external_initiated_event_id: EventId | None = None
