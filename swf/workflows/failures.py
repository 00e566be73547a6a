"""What a workflow catches: how that failed which it waited for."""

import json
from typing import Any

from swf import payload
from swf.exceptions import SWFError
from swf.failure import Failure, ToldError
from swf.shapes import TypeId


class WorkflowFailed(SWFError):
    """Raised in a workflow to fail its execution with just this reason and these details.

    Any other exception fails it too, with the exception's type and message as reason.

    Args:
        reason: 256 characters at most.
        details: A JSON value, or text sent as it stands; 32,768 characters at most.
    """

    def __init__(self, reason: str, details: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


class Failed(SWFError):
    """Something that a workflow waited for failed.

    Attributes:
        failure: Why, in the words of whoever met it. The exception's ``__cause__`` tells the same as an exception,
            with the causes of that in turn.
        retry: Whether trying again may help.
    """

    def __init__(self, message: str, failure: Failure) -> None:
        super().__init__(message)
        self.failure = failure
        self.retry = failure.retry
        self.__cause__ = told(failure)

    @property
    def type(self) -> str:
        """What the failure is called: the type of the exception that an activity raised, say."""
        return self.failure.type

    @property
    def message(self) -> str:
        """The failure's own words."""
        return self.failure.message


class ActivityFailed(Failed):
    """An activity task failed."""

    def __init__(self, activity_type: TypeId, activity_id: str, failure: Failure) -> None:
        super().__init__(f"Activity {activity_type}, id {activity_id!r}, failed: {failure.reason}", failure)
        self.activity_type = activity_type
        self.activity_id = activity_id


class ActivityTimedOut(Failed):
    """An activity task timed out.

    Attributes:
        timeout_type: Which of SWF's timeouts: ``START_TO_CLOSE``, ``HEARTBEAT``…
        details: What its last heartbeat told, decoded.
    """

    def __init__(self, activity_type: TypeId, activity_id: str, timeout_type: str, details: str | None) -> None:
        message = f"Activity {activity_type}, id {activity_id!r}, timed out: {timeout_type}"
        super().__init__(message, Failure(type="ActivityTimedOut", message=timeout_type))
        self.activity_type = activity_type
        self.activity_id = activity_id
        self.timeout_type = timeout_type
        self.details = payload.decode(details)


class ActivityCanceled(Failed):
    """A worker answered that an activity task was canceled, which nobody here had asked for.

    Attributes:
        details: What the worker told, decoded.
    """

    def __init__(self, activity_type: TypeId, activity_id: str, details: str | None) -> None:
        message = f"Activity {activity_type}, id {activity_id!r}, was canceled by its worker"
        super().__init__(message, Failure(type="ActivityCanceled", message=details or "", retry=False))
        self.activity_type = activity_type
        self.activity_id = activity_id
        self.details = payload.decode(details)


class ChildWorkflowFailed(Failed):
    """A child closed as failed."""

    def __init__(self, workflow_type: TypeId, workflow_id: str, failure: Failure) -> None:
        super().__init__(f"Child {workflow_type}, {workflow_id!r}, failed: {failure.reason}", failure)
        self.workflow_type = workflow_type
        self.workflow_id = workflow_id


class _ChildClosed(Failed):
    how = ""

    def __init__(self, workflow_type: TypeId, workflow_id: str, details: str | None = None) -> None:
        kind = type(self).__name__
        message = f"Child {workflow_type}, {workflow_id!r}, {self.how}"
        super().__init__(message, Failure(type=kind, message=details or "", retry=kind != "ChildWorkflowCanceled"))
        self.workflow_type = workflow_type
        self.workflow_id = workflow_id
        self.details = payload.decode(details)


class ChildWorkflowTimedOut(_ChildClosed):
    """A child timed out."""

    how = "timed out"


class ChildWorkflowCanceled(_ChildClosed):
    """A child closed as canceled, which nobody here had asked for."""

    how = "was canceled"


class ChildWorkflowTerminated(_ChildClosed):
    """A child was terminated."""

    how = "was terminated"


class LambdaFunctionFailed(Failed):
    """A Lambda function failed, or could not be called."""

    def __init__(self, name: str, failure: Failure) -> None:
        super().__init__(f"Lambda function {name!r} failed: {failure.reason}", failure)
        self.name = name


class LambdaFunctionTimedOut(Failed):
    """A Lambda function did not end in time."""

    def __init__(self, name: str) -> None:
        message = f"Lambda function {name!r} timed out"
        super().__init__(message, Failure(type="LambdaFunctionTimedOut", message=message))
        self.name = name


class SideEffectFailed(Failed):
    """A function that was called once, for its result to be kept in the history, raised an exception.

    The same is raised on each replay: its result was kept in that way.
    """

    def __init__(self, name: str, failure: Failure) -> None:
        super().__init__(f"The side effect {name} failed: {failure.reason}", failure)


class DecisionRefused(Failed):
    """SWF did not carry out a decision.

    Attributes:
        decision: The decision's type, such as ``ScheduleActivityTask``.
        cause: Why, in one of SWF's words, such as ``ACTIVITY_TYPE_DOES_NOT_EXIST``.
    """

    def __init__(self, decision: str, what: str, cause: str, *, retry: bool = False) -> None:
        message = f"SWF refused {decision}{' of ' * bool(what)}{what}: {cause}"
        super().__init__(message, Failure(type=cause, message=message, retry=retry))
        self.decision = decision
        self.cause = cause


def told(failure: Failure) -> ToldError:
    """Give a failure as an exception, with those that led to it as causes."""
    error = ToldError(failure)
    if failure.cause is not None:
        error.__cause__ = told(failure.cause)
    return error


def lambda_failure(reason: str | None, details: str | None) -> Failure:
    """Read what AWS Lambda tells of a function that failed: its error's type and message."""
    try:
        error = json.loads(details or "")
    except ValueError:
        error = None
    if isinstance(error, dict) and isinstance(error.get("errorType"), str):
        return Failure(type=error["errorType"], message=str(error.get("errorMessage", "")))
    return Failure.read(reason, details)
