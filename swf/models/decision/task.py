"""Decisions about activity tasks."""

from typing import ClassVar

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import (
    ActivityId,
    ActivityType,
    Data,
    DurationInSecondsOptional,
    TaskList,
    TaskPriority,
    type_id,
)


@attrs.frozen(kw_only=True, repr=False)
class ScheduleActivityTask(Decision):
    """Have a worker perform an activity.

    What is left out comes from the activity type's defaults. ``input`` reaches the worker; ``control`` stays in the
    history. Both take a JSON value, or text that is sent as it stands. SWF refuses it in one answer with a decision
    that closes the execution.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ScheduleActivityTaskDecisionAttributes.html
    """

    goes_with_close: ClassVar[bool] = False

    activity_type: ActivityType = attrs.field(converter=type_id)
    activity_id: ActivityId
    control: Data | None = attrs.field(default=None, converter=payload.encode)
    input: Data | None = attrs.field(default=None, converter=payload.encode)
    schedule_to_close_timeout: DurationInSecondsOptional | None = None
    task_list: TaskList | None = None
    task_priority: TaskPriority | None = None
    schedule_to_start_timeout: DurationInSecondsOptional | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None
    heartbeat_timeout: DurationInSecondsOptional | None = None


@attrs.frozen(kw_only=True, repr=False)
class RequestCancelActivityTask(Decision):
    """Ask for an activity task to be canceled: at once if no worker has it, else at its next heartbeat.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelActivityTaskDecisionAttributes.html
    """

    activity_id: ActivityId
