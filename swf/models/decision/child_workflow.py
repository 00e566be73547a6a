"""Decisions about executions to start from this one."""

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import (
    Arn,
    ChildPolicy,
    Data,
    DurationInSecondsOptional,
    TagList,
    TaskList,
    TaskPriority,
    WorkflowId,
    WorkflowType,
    tags,
    type_id,
)


@attrs.frozen(kw_only=True, repr=False)
class StartChildWorkflowExecution(Decision):
    """Start another execution, whose end this one will hear of.

    What is left out comes from the workflow type's defaults. ``control`` stays in this history. ``child_policy`` is
    applied to the children of the child. What is done to the child when this execution closes is this one's policy.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartChildWorkflowExecutionDecisionAttributes.html
    """

    workflow_type: WorkflowType = attrs.field(converter=type_id)
    workflow_id: WorkflowId
    control: Data | None = attrs.field(default=None, converter=payload.encode)
    input: Data | None = attrs.field(default=None, converter=payload.encode)
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    child_policy: ChildPolicy | None = None
    tag_list: TagList | None = attrs.field(default=None, converter=tags)
    lambda_role: Arn | None = None
