"""Decisions that close the execution."""

from typing import ClassVar

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import (
    Arn,
    ChildPolicy,
    Data,
    DurationInSecondsOptional,
    FailureReason,
    TagList,
    TaskList,
    TaskPriority,
    Version,
    tags,
)


@attrs.frozen(kw_only=True, repr=False)
class CompleteWorkflowExecution(Decision):
    """Close the execution as completed; ``result`` takes a JSON value, or text that is sent as it stands.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CompleteWorkflowExecutionDecisionAttributes.html
    """

    closes: ClassVar[bool] = True

    result: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True, repr=False)
class FailWorkflowExecution(Decision):
    """Close the execution as failed; ``details`` takes a JSON value, or text that is sent as it stands.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_FailWorkflowExecutionDecisionAttributes.html
    """

    closes: ClassVar[bool] = True

    reason: FailureReason | None = None
    details: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True, repr=False)
class CancelWorkflowExecution(Decision):
    """Close the execution as canceled; ``details`` takes a JSON value, or text that is sent as it stands.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CancelWorkflowExecutionDecisionAttributes.html
    """

    closes: ClassVar[bool] = True

    details: Data | None = attrs.field(default=None, converter=payload.encode)


@attrs.frozen(kw_only=True, repr=False)
class ContinueAsNewWorkflowExecution(Decision):
    """Close this run and start a new one with the same workflow id and an empty history.

    What is left out comes from the type's defaults, not from this run; tags and input only from here.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ContinueAsNewWorkflowExecutionDecisionAttributes.html
    """

    closes: ClassVar[bool] = True

    input: Data | None = attrs.field(default=None, converter=payload.encode)
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    child_policy: ChildPolicy | None = None
    tag_list: TagList | None = attrs.field(default=None, converter=tags)
    workflow_type_version: Version | None = None
    lambda_role: Arn | None = None
