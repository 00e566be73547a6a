"""Decisions that reach other executions."""

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import (
    Data,
    SignalName,
    WorkflowId,
    WorkflowRunIdOptional,
)


@attrs.frozen(kw_only=True, repr=False)
class SignalExternalWorkflowExecution(Decision):
    """Send a signal to another execution: the open one with the workflow id, or the run named.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_SignalExternalWorkflowExecutionDecisionAttributes.html
    """

    workflow_id: WorkflowId
    signal_name: SignalName
    run_id: WorkflowRunIdOptional | None = None
    input: Data | None = attrs.field(default=None, converter=payload.encode)
    control: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True, repr=False)
class RequestCancelExternalWorkflowExecution(Decision):
    """Ask another execution to cancel itself: the open one with the workflow id, or the run named.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelExternalWorkflowExecutionDecisionAttributes.html
    """

    workflow_id: WorkflowId
    run_id: WorkflowRunIdOptional | None = None
    control: Data | None = attrs.field(default=None, converter=payload.encode)
