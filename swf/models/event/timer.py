"""Events of timers."""

from typing import ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    CancelTimerFailedCause,
    Data,
    DurationInSeconds,
    EventId,
    StartTimerFailedCause,
    TimerId,
)


@attrs.frozen(kw_only=True, repr=False)
class TimerEvent(Event):
    """A timer of the execution."""

    type: ClassVar[str] = "Timer"
    opened_by: ClassVar[str | None] = "started_event_id"


@attrs.frozen(kw_only=True, repr=False)
class TimerStarted(TimerEvent):
    """A ``StartTimer`` decision was accepted: the timer runs from this event's timestamp.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_TimerStartedEventAttributes.html
    """

    timer_id: TimerId
    start_to_fire_timeout: DurationInSeconds
    decision_task_completed_event_id: EventId
    control: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class StartTimerFailed(TimerEvent):
    """A ``StartTimer`` decision was refused: no timer runs for it.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartTimerFailedEventAttributes.html
    """

    timer_id: TimerId
    cause: StartTimerFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class TimerFired(TimerEvent):
    """The timer's time is over.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_TimerFiredEventAttributes.html
    """

    timer_id: TimerId
    started_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class TimerCanceled(TimerEvent):
    """A ``CancelTimer`` decision was accepted: the timer will not fire.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_TimerCanceledEventAttributes.html
    """

    timer_id: TimerId
    started_event_id: EventId
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class CancelTimerFailed(TimerEvent):
    """A ``CancelTimer`` decision was refused: no open timer has this id.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CancelTimerFailedEventAttributes.html
    """

    timer_id: TimerId
    cause: CancelTimerFailedCause
    decision_task_completed_event_id: EventId
