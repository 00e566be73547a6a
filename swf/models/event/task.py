"""Events of decision tasks and activity tasks."""

from typing import ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    ActivityId,
    ActivityTaskTimeoutType,
    ActivityType,
    Data,
    DecisionTaskTimeoutType,
    DurationInSecondsOptional,
    EventId,
    FailureReason,
    Identity,
    LimitedData,
    RequestCancelActivityTaskFailedCause,
    ScheduleActivityTaskFailedCause,
    TaskList,
    TaskPriority,
)


@attrs.frozen(kw_only=True, repr=False)
class DecisionTaskEvent(Event):
    """A decision task, from scheduled to answered."""

    type: ClassVar[str] = "DecisionTask"
    opened_by: ClassVar[str | None] = "scheduled_event_id"


@attrs.frozen(kw_only=True, repr=False)
class DecisionTaskScheduled(DecisionTaskEvent):
    """Something happened that the decider has to know: a decision task waits in its task list.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DecisionTaskScheduledEventAttributes.html
    """

    task_list: TaskList
    task_priority: TaskPriority | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None
    schedule_to_start_timeout: DurationInSecondsOptional | None = None


@attrs.frozen(kw_only=True, repr=False)
class DecisionTaskStarted(DecisionTaskEvent):
    """A decider took the decision task.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DecisionTaskStartedEventAttributes.html
    """

    scheduled_event_id: EventId
    identity: Identity | None = None


@attrs.frozen(kw_only=True, repr=False)
class DecisionTaskCompleted(DecisionTaskEvent):
    """The decider answered the decision task; what its decisions did follows.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DecisionTaskCompletedEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    execution_context: Data | None = None
    task_list: TaskList | None = None
    task_list_schedule_to_start_timeout: DurationInSecondsOptional | None = None


@attrs.frozen(kw_only=True, repr=False)
class DecisionTaskTimedOut(DecisionTaskEvent):
    """No decider answered, or took, the decision task in time; another one is scheduled.

    ``started_event_id`` is 0 when it was never taken.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DecisionTaskTimedOutEventAttributes.html
    """

    timeout_type: DecisionTaskTimeoutType
    scheduled_event_id: EventId
    started_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskEvent(Event):
    """An activity task, from scheduled to closed."""

    type: ClassVar[str] = "ActivityTask"
    opened_by: ClassVar[str | None] = "scheduled_event_id"


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskScheduled(ActivityTaskEvent):
    """A ``ScheduleActivityTask`` decision was accepted: the task waits in its task list, with the timeouts shown.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskScheduledEventAttributes.html
    """

    activity_type: ActivityType
    activity_id: ActivityId
    task_list: TaskList
    decision_task_completed_event_id: EventId
    input: Data | None = None
    control: Data | None = None
    schedule_to_start_timeout: DurationInSecondsOptional | None = None
    schedule_to_close_timeout: DurationInSecondsOptional | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None
    task_priority: TaskPriority | None = None
    heartbeat_timeout: DurationInSecondsOptional | None = None


@attrs.frozen(kw_only=True, repr=False)
class ScheduleActivityTaskFailed(ActivityTaskEvent):
    """A ``ScheduleActivityTask`` decision was refused: there is no such task.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ScheduleActivityTaskFailedEventAttributes.html
    """

    activity_type: ActivityType
    activity_id: ActivityId
    cause: ScheduleActivityTaskFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskStarted(ActivityTaskEvent):
    """A worker took the activity task.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskStartedEventAttributes.html
    """

    scheduled_event_id: EventId
    identity: Identity | None = None


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskCompleted(ActivityTaskEvent):
    """The worker completed the activity task.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskCompletedEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    result: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskFailed(ActivityTaskEvent):
    """The worker failed the activity task.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskFailedEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskTimedOut(ActivityTaskEvent):
    """The activity task was not taken, answered or heard of in time.

    ``started_event_id`` is 0 when it was never taken; ``details`` are those of its last heartbeat.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskTimedOutEventAttributes.html
    """

    timeout_type: ActivityTaskTimeoutType
    scheduled_event_id: EventId
    started_event_id: EventId
    details: LimitedData | None = None


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskCanceled(ActivityTaskEvent):
    """The activity task was canceled, by its worker or before one took it.

    ``started_event_id`` is 0 when it was never taken.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskCanceledEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    details: Data | None = None
    latest_cancel_requested_event_id: EventId | None = None


@attrs.frozen(kw_only=True, repr=False)
class ActivityTaskCancelRequested(ActivityTaskEvent):
    """A ``RequestCancelActivityTask`` decision was accepted: the worker hears of it at its next heartbeat.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ActivityTaskCancelRequestedEventAttributes.html
    """

    decision_task_completed_event_id: EventId
    activity_id: ActivityId


@attrs.frozen(kw_only=True, repr=False)
class RequestCancelActivityTaskFailed(ActivityTaskEvent):
    """A ``RequestCancelActivityTask`` decision was refused: no open task has this activity id.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelActivityTaskFailedEventAttributes.html
    """

    activity_id: ActivityId
    cause: RequestCancelActivityTaskFailedCause
    decision_task_completed_event_id: EventId
