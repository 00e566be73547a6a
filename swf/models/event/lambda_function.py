"""Events of AWS Lambda functions."""

from typing import Annotated, ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    CauseMessage,
    Data,
    DurationInSecondsOptional,
    EventId,
    FailureReason,
    FunctionId,
    FunctionInput,
    FunctionName,
    LambdaFunctionTimeoutType,
    ScheduleLambdaFunctionFailedCause,
    StartLambdaFunctionFailedCause,
)
from swf.wire import At


@attrs.frozen(kw_only=True, repr=False)
class LambdaFunctionEvent(Event):
    """A call of an AWS Lambda function."""

    type: ClassVar[str] = "LambdaFunction"
    opened_by: ClassVar[str | None] = "scheduled_event_id"


@attrs.frozen(kw_only=True, repr=False)
class LambdaFunctionScheduled(LambdaFunctionEvent):
    """A ``ScheduleLambdaFunction`` decision was accepted.

    SWF's members ``id`` and ``name`` are `function_id` and `function_name` here: an event has an id and a name itself.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_LambdaFunctionScheduledEventAttributes.html
    """

    function_id: Annotated[FunctionId, At("id")]
    function_name: Annotated[FunctionName, At("name")]
    decision_task_completed_event_id: EventId
    control: Data | None = None
    input: FunctionInput | None = None
    start_to_close_timeout: DurationInSecondsOptional | None = None


@attrs.frozen(kw_only=True, repr=False)
class ScheduleLambdaFunctionFailed(LambdaFunctionEvent):
    """A ``ScheduleLambdaFunction`` decision was refused: nothing is called.

    SWF's members ``id`` and ``name`` are `function_id` and `function_name` here: an event has an id and a name itself.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ScheduleLambdaFunctionFailedEventAttributes.html
    """

    function_id: Annotated[FunctionId, At("id")]
    function_name: Annotated[FunctionName, At("name")]
    cause: ScheduleLambdaFunctionFailedCause
    decision_task_completed_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class LambdaFunctionStarted(LambdaFunctionEvent):
    """SWF called the function.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_LambdaFunctionStartedEventAttributes.html
    """

    scheduled_event_id: EventId


@attrs.frozen(kw_only=True, repr=False)
class StartLambdaFunctionFailed(LambdaFunctionEvent):
    """SWF could not call the function.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartLambdaFunctionFailedEventAttributes.html
    """

    scheduled_event_id: EventId | None = None
    cause: StartLambdaFunctionFailedCause | None = None
    message: CauseMessage | None = None


@attrs.frozen(kw_only=True, repr=False)
class LambdaFunctionCompleted(LambdaFunctionEvent):
    """The function gave its result.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_LambdaFunctionCompletedEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    result: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class LambdaFunctionFailed(LambdaFunctionEvent):
    """The function failed.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_LambdaFunctionFailedEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    reason: FailureReason | None = None
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class LambdaFunctionTimedOut(LambdaFunctionEvent):
    """The function took longer than its ``start_to_close_timeout``.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_LambdaFunctionTimedOutEventAttributes.html
    """

    scheduled_event_id: EventId
    started_event_id: EventId
    timeout_type: LambdaFunctionTimeoutType | None = None
