"""SWF's shapes: what a member may hold, and how it stands in SWF's JSON.

Every alias below has the name AWS gives the shape, so the annotation of an attribute says all there is to know about
it: ``timer_id: TimerId`` is text of 1 to 256 characters. The objects in ``Annotated[...]`` read a value from SWF's
JSON, write it back, and tell what is wrong with one, by the rules of `swf.rules`.

See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_Types.html
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, TypeGuard, runtime_checkable

import attrs

from swf import rules
from swf.exceptions import ValidationError

NONE: Literal["NONE"] = "NONE"


class TypeId(NamedTuple):
    """What tells one workflow or activity type of a domain from another; equal to the pair ``(name, version)``.

    >>> str(TypeId("Order", "1.0"))
    'Order 1.0'
    """

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ExecutionId(NamedTuple):
    """What tells one run of a workflow execution from another; equal to the pair ``(workflow_id, run_id)``."""

    workflow_id: str
    run_id: str


@runtime_checkable
class HasNameAndVersion(Protocol):
    """A model, a declared workflow, a `TypeId`: anything that names a type."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...


def type_id(value: HasNameAndVersion | tuple[str, str]) -> TypeId:
    """Give the name and version of a type, wherever they come from: a model, a pair, anything with both attributes."""
    if _is_pair(value):
        return TypeId(*value)
    if isinstance(value, HasNameAndVersion):
        return TypeId(value.name, value.version)
    raise ValidationError(
        f"{value!r} is no type of SWF. Give something with a name and a version, or the pair (name, version)."
    )


class HasWorkflowIdAndRunId(Protocol):
    """A model, an `ExecutionId`: anything that names an execution."""

    @property
    def workflow_id(self) -> str: ...

    @property
    def run_id(self) -> str | None: ...


def execution_id(value: HasWorkflowIdAndRunId | tuple[str, str]) -> ExecutionId:
    """Give the workflow id and run id of an execution: of a model, a pair, anything with both attributes."""
    if _is_pair(value):
        return ExecutionId(*value)
    workflow_id, run_id = getattr(value, "workflow_id", None), getattr(value, "run_id", None)
    if isinstance(workflow_id, str) and isinstance(run_id, str):
        return ExecutionId(workflow_id, run_id)
    raise ValidationError(
        f"{value!r} does not name a run of an execution. Give one with its run id, or the pair (workflow_id, run_id)."
    )


def _is_pair(value: object) -> TypeGuard[tuple[str, str]]:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)


def tags(value: Iterable[str] | None) -> tuple[str, ...] | None:
    """Give the tags as a tuple, refusing the lone text that would be taken for a list of letters."""
    if value is None:
        return None
    if isinstance(value, str):
        raise ValidationError(f"A tag list is a list of texts, not the text {value!r}. Write [{value!r}].")
    if not isinstance(value, Iterable):
        raise ValidationError(f"A tag list is a list of texts, not {value!r}. Write ['urgent'], say.")
    return tuple(value)


@attrs.frozen
class Shape:
    """What is common to all shapes: a name in AWS's API description, and a value that JSON holds as it is.

    Attributes:
        reads_as_is: Whether `read` and `write` change nothing.
        members: The members of a value that is an object in SWF's JSON; none of any other.
    """

    name: str
    reads_as_is: ClassVar[bool] = True
    members: ClassVar[frozenset[str]] = frozenset()

    def read(self, value: Any) -> Any:
        """Turn what stands in SWF's JSON into the attribute's value."""
        return value

    def write(self, value: Any) -> Any:
        """Turn the attribute's value into what stands in SWF's JSON."""
        return value

    def problem(self, value: Any) -> str | None:
        """Return what SWF would refuse about the value, if anything: in the words of a rule of `swf.rules`."""
        return None

    def problem_when_registered(self, value: Any) -> str | None:
        """Return what SWF would refuse about the value where a domain or a type is registered with it."""
        return self.problem(value)


@attrs.frozen
class Text(Shape):
    """Text between ``min`` and ``max`` characters."""

    max: int | None = None
    min: int = 0

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return _wrong_type("text", value)
        if len(value) < self.min:
            return rules.TOO_SHORT(size=len(value), least=self.min)
        if self.max is not None and len(value) > self.max:
            return rules.TOO_LONG(size=len(value), most=self.max)
        if not value.isascii() and _SURROGATE.search(value):
            return rules.NOT_SENDABLE()
        return None


def _wrong_type(wanted: str, value: Any) -> str:
    return rules.WRONG_TYPE(wanted=wanted, given=type(value).__name__)


# Names of files that are no UTF-8 have such halves, and texts that were cut in two.
_SURROGATE = re.compile("[\ud800-\udfff]")


@attrs.frozen
class TypeName(Text):
    """The name of a workflow type or an activity type, which SWF registers only without ``:``."""

    def problem_when_registered(self, value: Any) -> str | None:
        return self.problem(value) or (rules.INVALID_NAME(name=value) if ":" in value else None)


@attrs.frozen
class Choice(Shape):
    """One of the words AWS lists for the shape."""

    values: tuple[str, ...] = ()

    def problem(self, value: Any) -> str | None:
        return None if value in self.values else rules.NOT_A_WORD(words=", ".join(self.values))


@attrs.frozen
class Number(Shape):
    """A whole number."""

    min: int | None = None
    max: int | None = None

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return _wrong_type("a whole number", value)
        if self.min is not None and value < self.min:
            return rules.TOO_SMALL(least=self.min)
        if self.max is not None and value > self.max:
            return rules.TOO_GREAT(most=self.max)
        return None


@attrs.frozen
class NumberText(Number):
    """A whole number that SWF writes as text, such as a task priority."""

    reads_as_is = False

    def read(self, value: str) -> int | str | None:
        return int(value) if value else None

    def write(self, value: int) -> str:
        return str(value)


@attrs.frozen
class Duration(NumberText):
    """A number of seconds or days that SWF writes as text, or ``"NONE"`` for no limit."""

    max: int | None = 99_999_999
    min: int | None = 0
    has_none: bool = True

    def read(self, value: str) -> int | str | None:
        if value == NONE:
            return NONE
        return int(value) if value else None

    def problem(self, value: Any) -> str | None:
        if value != NONE:
            return super().problem(value)
        return None if self.has_none else rules.NO_LIMIT()


@attrs.frozen
class Flag(Shape):
    """True or false."""

    def problem(self, value: Any) -> str | None:
        return None if isinstance(value, bool) else _wrong_type("True or False", value)


# Every event has a time: the class method is looked up once.
_from_timestamp = datetime.fromtimestamp


@attrs.frozen
class Time(Shape):
    """An instant: seconds since 1970 with milliseconds in SWF's JSON, an aware UTC `datetime` here.

    What other clients make of SWF's JSON is read too: the `datetime` of boto3, and the ISO 8601 text that AWS CLI 2 and
    the SDK for JavaScript write. It is written as SWF does, whatever was read.
    """

    reads_as_is = False

    def read(self, value: float | str | datetime) -> datetime:
        """Return the instant.

        Raises:
            ValidationError: The value is not a time, or a text that does not say its time zone.
        """
        try:
            # SWF's own form is tried first: every event has one. Anything that is not a number raises TypeError.
            return _from_timestamp(value, UTC)  # type: ignore[arg-type]
        except TypeError:
            return _instant(value)
        except (ValueError, OverflowError, OSError):
            # Of a number that is too great, each in its range.
            raise _no_time(value) from None

    def write(self, value: datetime) -> float:
        return value.timestamp()

    def seconds(self, value: float | str | datetime) -> float:
        """Return the time in SWF's own form, in whichever form it stands.

        Raises:
            ValidationError: The value is not a time, or a text that does not say its time zone.
        """
        instant = self.read(value)
        return value if isinstance(value, int | float) else self.write(instant)

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, datetime):
            return _wrong_type("a datetime", value)
        if value.tzinfo is None:
            return rules.NO_TIME_ZONE()
        return None


def _instant(value: Any) -> datetime:
    """Return the instant of a `datetime` or an ISO 8601 text.

    Without a time zone it is refused: AWS always writes one, and a guess would be hours off for somebody.
    """
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(found, datetime) and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _no_time(value)


def _no_time(value: object) -> ValidationError:
    return ValidationError(
        f"{repr(value)[:60]} is not a time of SWF. Write seconds since 1970, such as 1437245777.048, or ISO 8601 with "
        "the time zone, such as 2015-07-18T18:56:17.048Z."
    )


@attrs.frozen
class TaskListText(Text):
    """A task list, which is its name here and an object with a name in SWF's JSON."""

    reads_as_is = False
    members = frozenset({"name"})

    def read(self, value: Mapping[str, str]) -> str:
        return value["name"]

    def write(self, value: str) -> dict[str, str]:
        return {"name": value}


@attrs.frozen
class TypeReference(Shape):
    """A `TypeId`, an object of name and version in SWF's JSON."""

    reads_as_is = False
    members = frozenset({"name", "version"})

    def read(self, value: Mapping[str, str]) -> TypeId:
        return TypeId(value["name"], value["version"])

    def write(self, value: TypeId) -> dict[str, str]:
        return {"name": value.name, "version": value.version}

    def problem(self, value: Any) -> str | None:
        for part, shape in (("name", _NAME), ("version", _VERSION)):
            if problem := shape.problem(getattr(value, part, None)):
                return f"has a {part} that {problem}"
        return None


@attrs.frozen
class ExecutionReference(Shape):
    """An `ExecutionId`, an object of workflowId and runId in SWF's JSON."""

    reads_as_is = False
    members = frozenset({"workflowId", "runId"})

    def read(self, value: Mapping[str, str]) -> ExecutionId:
        return ExecutionId(value["workflowId"], value["runId"])

    def write(self, value: ExecutionId) -> dict[str, str]:
        return {"workflowId": value.workflow_id, "runId": value.run_id}

    def problem(self, value: Any) -> str | None:
        return None if isinstance(value, ExecutionId) else _wrong_type("an ExecutionId", value)


@attrs.frozen
class TagTexts(Shape):
    """Up to five tags of 256 characters at most, a tuple here."""

    reads_as_is = False
    max: int = 5
    longest: int = 256

    def read(self, value: Iterable[str | None]) -> tuple[str, ...]:
        # SWF once accepted and echoed [null]: a tag that is not there.
        return tuple(tag for tag in value if tag is not None)

    def write(self, value: Iterable[str]) -> list[str]:
        return list(value)

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, tuple | list):
            return _wrong_type("a list of texts", value)
        if len(value) > self.max:
            return rules.TOO_MANY_TAGS(count=len(value), most=self.max)
        for tag in value:
            if problem := Text("Tag", self.longest).problem(tag):
                return f"has the tag {str(tag)[:40]!r}, which {problem}"
        return None


TIME = Time("Timestamp")

_NAME = TypeName("Name", max=256, min=1)
_VERSION = Text("Version", max=64, min=1)

# Names and identifiers.
DomainName = Annotated[str, Text("DomainName", max=256, min=1)]
Name = Annotated[str, _NAME]
Version = Annotated[str, _VERSION]
WorkflowId = Annotated[str, Text("WorkflowId", max=256, min=1)]
WorkflowRunId = Annotated[str, Text("WorkflowRunId", max=64, min=1)]
WorkflowRunIdOptional = Annotated[str, Text("WorkflowRunIdOptional", max=64)]
ActivityId = Annotated[str, Text("ActivityId", max=256, min=1)]
TimerId = Annotated[str, Text("TimerId", max=256, min=1)]
SignalName = Annotated[str, Text("SignalName", max=256, min=1)]
MarkerName = Annotated[str, Text("MarkerName", max=256, min=1)]
FunctionId = Annotated[str, Text("FunctionId", max=256, min=1)]
FunctionName = Annotated[str, Text("FunctionName", max=64, min=1)]
Arn = Annotated[str, Text("Arn", max=1600, min=1)]
TaskToken = Annotated[str, Text("TaskToken", max=1024, min=1)]
Identity = Annotated[str, Text("Identity", max=256)]
TaskList = Annotated[str, TaskListText("TaskList", max=256, min=1)]
WorkflowType = Annotated[TypeId, TypeReference("WorkflowType")]
ActivityType = Annotated[TypeId, TypeReference("ActivityType")]
WorkflowExecution = Annotated[ExecutionId, ExecutionReference("WorkflowExecution")]

# Texts.
Data = Annotated[str, Text("Data", max=32768)]
LimitedData = Annotated[str, Text("LimitedData", max=2048)]
FunctionInput = Annotated[str, Text("FunctionInput", max=32768)]
FailureReason = Annotated[str, Text("FailureReason", max=256)]
TerminateReason = Annotated[str, Text("TerminateReason", max=256)]
CauseMessage = Annotated[str, Text("CauseMessage", max=1728)]
Description = Annotated[str, Text("Description", max=1024)]
TagList = Annotated[tuple[str, ...], TagTexts("TagList")]
ResourceTagKey = Annotated[str, Text("ResourceTagKey", max=128, min=1)]
ResourceTagValue = Annotated[str, Text("ResourceTagValue", max=256)]

# Numbers and times.
EventId = Annotated[int, Number("EventId")]
Count = Annotated[int, Number("Count", min=0)]
OpenDecisionTasksCount = Annotated[int, Number("OpenDecisionTasksCount", min=0, max=1)]
PageSize = Annotated[int, Number("PageSize", min=0, max=1000)]
TaskPriority = Annotated[int, NumberText("TaskPriority", min=-(2**31), max=2**31 - 1)]
DurationInSeconds = Annotated[int | Literal["NONE"], Duration("DurationInSeconds")]
DurationInSecondsOptional = Annotated[int | Literal["NONE"], Duration("DurationInSecondsOptional")]
DurationInDays = Annotated[int | Literal["NONE"], Duration("DurationInDays", max=90)]
Timestamp = Annotated[datetime, TIME]
Canceled = Annotated[bool, Flag("Canceled")]
StartAtPreviousStartedEvent = Annotated[bool, Flag("StartAtPreviousStartedEvent")]

# Words.
ActivityTaskTimeoutType = Literal["START_TO_CLOSE", "SCHEDULE_TO_START", "SCHEDULE_TO_CLOSE", "HEARTBEAT"]
CancelTimerFailedCause = Literal["TIMER_ID_UNKNOWN", "OPERATION_NOT_PERMITTED"]
CancelWorkflowExecutionFailedCause = Literal["UNHANDLED_DECISION", "OPERATION_NOT_PERMITTED"]
ChildPolicy = Literal["TERMINATE", "REQUEST_CANCEL", "ABANDON"]
CloseStatus = Literal["COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT"]
CompleteWorkflowExecutionFailedCause = Literal["UNHANDLED_DECISION", "OPERATION_NOT_PERMITTED"]
ContinueAsNewWorkflowExecutionFailedCause = Literal[
    "UNHANDLED_DECISION",
    "WORKFLOW_TYPE_DEPRECATED",
    "WORKFLOW_TYPE_DOES_NOT_EXIST",
    "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_TASK_LIST_UNDEFINED",
    "DEFAULT_CHILD_POLICY_UNDEFINED",
    "CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED",
    "OPERATION_NOT_PERMITTED",
]
DecisionTaskTimeoutType = Literal["START_TO_CLOSE", "SCHEDULE_TO_START"]
ExecutionStatus = Literal["OPEN", "CLOSED"]
FailWorkflowExecutionFailedCause = Literal["UNHANDLED_DECISION", "OPERATION_NOT_PERMITTED"]
LambdaFunctionTimeoutType = Literal["START_TO_CLOSE"]
RecordMarkerFailedCause = Literal["OPERATION_NOT_PERMITTED"]
RegistrationStatus = Literal["REGISTERED", "DEPRECATED"]
RequestCancelActivityTaskFailedCause = Literal["ACTIVITY_ID_UNKNOWN", "OPERATION_NOT_PERMITTED"]
RequestCancelExternalWorkflowExecutionFailedCause = Literal[
    "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
    "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED",
    "OPERATION_NOT_PERMITTED",
]
ScheduleActivityTaskFailedCause = Literal[
    "ACTIVITY_TYPE_DEPRECATED",
    "ACTIVITY_TYPE_DOES_NOT_EXIST",
    "ACTIVITY_ID_ALREADY_IN_USE",
    "OPEN_ACTIVITIES_LIMIT_EXCEEDED",
    "ACTIVITY_CREATION_RATE_EXCEEDED",
    "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_TASK_LIST_UNDEFINED",
    "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
    "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED",
    "OPERATION_NOT_PERMITTED",
]
ScheduleLambdaFunctionFailedCause = Literal[
    "ID_ALREADY_IN_USE",
    "OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED",
    "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED",
    "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION",
]
SignalExternalWorkflowExecutionFailedCause = Literal[
    "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION", "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED", "OPERATION_NOT_PERMITTED"
]
StartChildWorkflowExecutionFailedCause = Literal[
    "WORKFLOW_TYPE_DOES_NOT_EXIST",
    "WORKFLOW_TYPE_DEPRECATED",
    "OPEN_CHILDREN_LIMIT_EXCEEDED",
    "OPEN_WORKFLOWS_LIMIT_EXCEEDED",
    "CHILD_CREATION_RATE_EXCEEDED",
    "WORKFLOW_ALREADY_RUNNING",
    "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_TASK_LIST_UNDEFINED",
    "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_CHILD_POLICY_UNDEFINED",
    "OPERATION_NOT_PERMITTED",
]
StartLambdaFunctionFailedCause = Literal["ASSUME_ROLE_FAILED"]
StartTimerFailedCause = Literal[
    "TIMER_ID_ALREADY_IN_USE", "OPEN_TIMERS_LIMIT_EXCEEDED", "TIMER_CREATION_RATE_EXCEEDED", "OPERATION_NOT_PERMITTED"
]
WorkflowExecutionCancelRequestedCause = Literal["CHILD_POLICY_APPLIED"]
WorkflowExecutionTerminatedCause = Literal["CHILD_POLICY_APPLIED", "EVENT_LIMIT_EXCEEDED", "OPERATOR_INITIATED"]
WorkflowExecutionTimeoutType = Literal["START_TO_CLOSE"]
