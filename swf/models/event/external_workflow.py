"""Events of signals and cancel requests to other executions."""

from typing import ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    Data,
    EventId,
    RequestCancelExternalWorkflowExecutionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
    SignalName,
    WorkflowExecution,
    WorkflowId,
    WorkflowRunIdOptional,
)


@attrs.frozen(kw_only=True, repr=False)
class ExternalWorkflowExecutionEvent(Event):
    """A signal or a cancel request to another execution."""

    type: ClassVar[str] = "ExternalWorkflowExecution"
    opened_by: ClassVar[str | None] = "initiated_event_id"


@attrs.frozen(kw_only=True, repr=False)
class SignalExternalWorkflowExecutionInitiated(ExternalWorkflowExecutionEvent):
    """A ``SignalExternalWorkflowExecution`` decision was accepted; whether the signal arrived comes later.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_SignalExternalWorkflowExecutionInitiatedEventAttributes.html
    """

    workflow_id: WorkflowId
    signal_name: SignalName
    decision_task_completed_event_id: EventId
    run_id: WorkflowRunIdOptional | None = None
    input: Data | None = None
    control: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class SignalExternalWorkflowExecutionFailed(ExternalWorkflowExecutionEvent):
    """The signal could not be delivered.

    ``initiated_event_id`` is 0 when the decision was refused at once.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_SignalExternalWorkflowExecutionFailedEventAttributes.html
    """

    workflow_id: WorkflowId
    cause: SignalExternalWorkflowExecutionFailedCause
    initiated_event_id: EventId
    decision_task_completed_event_id: EventId
    run_id: WorkflowRunIdOptional | None = None
    control: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ExternalWorkflowExecutionSignaled(ExternalWorkflowExecutionEvent):
    """The signal reached the other execution.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ExternalWorkflowExecutionSignaledEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    initiated_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class RequestCancelExternalWorkflowExecutionInitiated(ExternalWorkflowExecutionEvent):
    """A ``RequestCancelExternalWorkflowExecution`` decision was accepted; whether the request arrived comes later.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelExternalWorkflowExecutionInitiatedEventAttributes.html
    """

    workflow_id: WorkflowId
    decision_task_completed_event_id: EventId
    run_id: WorkflowRunIdOptional | None = None
    control: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class RequestCancelExternalWorkflowExecutionFailed(ExternalWorkflowExecutionEvent):
    """The cancel request could not be delivered.

    ``initiated_event_id`` is 0 when the decision was refused at once.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelExternalWorkflowExecutionFailedEventAttributes.html
    """

    workflow_id: WorkflowId
    cause: RequestCancelExternalWorkflowExecutionFailedCause
    initiated_event_id: EventId
    decision_task_completed_event_id: EventId
    run_id: WorkflowRunIdOptional | None = None
    control: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ExternalWorkflowExecutionCancelRequested(ExternalWorkflowExecutionEvent):
    """The cancel request reached the other execution.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ExternalWorkflowExecutionCancelRequestedEventAttributes.html
    """

    workflow_execution: WorkflowExecution
    initiated_event_id: EventId
