"""What an execution or a task is run with: what was asked for, else what its type was registered with.

See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DefaultUndefinedFault.html
"""

from typing import Any, TypeVar

import attrs

from swf.models.decision import ContinueAsNewWorkflowExecution, ScheduleActivityTask, StartChildWorkflowExecution
from swf.models.event import (
    ActivityTaskScheduled,
    StartChildWorkflowExecutionInitiated,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionStarted,
)
from swf.shapes import (
    Arn,
    ChildPolicy,
    Data,
    DurationInSecondsOptional,
    RegistrationStatus,
    TagList,
    TaskList,
    TaskPriority,
    TypeId,
)

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class WorkflowDefaults:
    """What a workflow type was registered with."""

    default_task_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_task_list: TaskList | None = None
    default_task_priority: TaskPriority | None = None
    default_child_policy: ChildPolicy | None = None
    default_lambda_role: Arn | None = None


@attrs.frozen(kw_only=True)
class ActivityDefaults:
    """What an activity type was registered with."""

    default_task_start_to_close_timeout: DurationInSecondsOptional | None = None
    default_task_heartbeat_timeout: DurationInSecondsOptional | None = None
    default_task_list: TaskList | None = None
    default_task_priority: TaskPriority | None = None
    default_task_schedule_to_start_timeout: DurationInSecondsOptional | None = None
    default_task_schedule_to_close_timeout: DurationInSecondsOptional | None = None


@attrs.frozen
class RegisteredActivity:
    """An activity type as a decision finds it."""

    status: RegistrationStatus
    defaults: ActivityDefaults


@attrs.frozen
class RegisteredWorkflow:
    """A workflow type as a decision finds it."""

    status: RegistrationStatus
    defaults: WorkflowDefaults


@attrs.frozen(kw_only=True)
class StartRequest:
    """What a call to start an execution says about it."""

    input: Data | None = None
    execution_start_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    task_start_to_close_timeout: DurationInSecondsOptional | None = None
    child_policy: ChildPolicy | None = None
    tag_list: TagList | None = None
    lambda_role: Arn | None = None


Asked = StartRequest | StartChildWorkflowExecution | ContinueAsNewWorkflowExecution


class MissingDefault(Exception):
    """Neither the request nor the type says a value that is needed."""

    def __init__(self, default: str) -> None:
        super().__init__(default)
        self.default = default


def started(workflow_type: TypeId, asked: Asked, defaults: WorkflowDefaults) -> WorkflowExecutionStarted:
    """Give the first event of an execution, with all settings resolved.

    Raises:
        MissingDefault: The first setting that is given nowhere, in the order in which SWF looks for them.
    """
    return WorkflowExecutionStarted(
        workflow_type=workflow_type,
        execution_start_to_close_timeout=_given(
            asked.execution_start_to_close_timeout, defaults, "default_execution_start_to_close_timeout"
        ),
        task_list=_given(asked.task_list, defaults, "default_task_list"),
        task_start_to_close_timeout=_given(
            asked.task_start_to_close_timeout, defaults, "default_task_start_to_close_timeout"
        ),
        child_policy=_given(asked.child_policy, defaults, "default_child_policy"),
        task_priority=_either(asked.task_priority, defaults.default_task_priority),
        lambda_role=_either(asked.lambda_role, defaults.default_lambda_role),
        input=asked.input,
        tag_list=asked.tag_list or None,
        parent_initiated_event_id=0,
    )


Starting = WorkflowExecutionStarted | WorkflowExecutionContinuedAsNew | StartChildWorkflowExecutionInitiated

_CARRIED = (
    "workflow_type",
    "child_policy",
    "task_list",
    "execution_start_to_close_timeout",
    "task_start_to_close_timeout",
    "task_priority",
    "lambda_role",
    "input",
    "tag_list",
)


def carried(event: Starting) -> dict[str, Any]:
    """Give what the events around the start of an execution hand on to each other."""
    return {name: getattr(event, name) for name in _CARRIED}


def scheduled(decision: ScheduleActivityTask, defaults: ActivityDefaults, completed: int) -> ActivityTaskScheduled:
    """Give the event that schedules an activity task, with all settings resolved.

    Raises:
        MissingDefault: The first setting that is given nowhere, in the order in which SWF looks for them.
    """
    return ActivityTaskScheduled(
        activity_type=decision.activity_type,
        activity_id=decision.activity_id,
        task_list=_given(decision.task_list, defaults, "default_task_list"),
        schedule_to_start_timeout=_given(
            decision.schedule_to_start_timeout, defaults, "default_task_schedule_to_start_timeout"
        ),
        schedule_to_close_timeout=_given(
            decision.schedule_to_close_timeout, defaults, "default_task_schedule_to_close_timeout"
        ),
        start_to_close_timeout=_given(decision.start_to_close_timeout, defaults, "default_task_start_to_close_timeout"),
        heartbeat_timeout=_given(decision.heartbeat_timeout, defaults, "default_task_heartbeat_timeout"),
        task_priority=_either(decision.task_priority, defaults.default_task_priority),
        input=decision.input,
        control=decision.control,
        decision_task_completed_event_id=completed,
    )


def _either(asked: T | None, default: T | None) -> T | None:
    return default if asked is None else asked


def _given(asked: Any, defaults: WorkflowDefaults | ActivityDefaults, name: str) -> Any:
    value = _either(asked, getattr(defaults, name))
    if value is None:
        raise MissingDefault(name)
    return value
