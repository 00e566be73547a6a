"""Every error that `swf` raises on purpose, and the one table from SWF's faults to them.

All descend from `SWFError`. A message says what happened, with the values, and then what to do.
"""

from typing import Any, ClassVar


class SWFError(Exception):
    """Whatever `swf` raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Some errors write their message themselves, from other arguments than the message.
        return _restored, (type(self), self.args, vars(self))


class ValidationError(SWFError, ValueError):
    """A value breaks a rule of SWF; nothing was sent."""


class DocumentError(ValidationError):
    """A document cannot be read, or says what cannot be used.

    Attributes:
        problems: What is wrong, each with its place.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class ManifestError(DocumentError):
    """A manifest cannot be read, or says what cannot be registered."""


class SpecError(DocumentError):
    """A document of workflows cannot be read, or says what cannot be run."""


class SpecInputError(SWFError):
    """What a document reads from an input or a result is not there, or of no use."""


class InvalidKeywordArgumentError(SWFError, TypeError):
    """A filter or an attribute was named that does not exist, or that cannot be asked for here."""


class ConfigurationError(SWFError):
    """Settings, a region or an endpoint cannot be used as they stand."""


class MissingExtraError(SWFError, ImportError):
    """A feature needs packages that an extra of the distribution brings."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra {extra!r}. Install it: pip install 'simple-workflow[{extra}]'")


class EngineError(SWFError):
    """The embedded engine cannot open or keep its database."""


class PollTimeout(SWFError):
    """A poll ended and there was no task. Poll again."""


class WaitTimeoutError(SWFError, TimeoutError):
    """An execution was still open when the time to wait for it was over."""


class NotSupportedError(SWFError, NotImplementedError):
    """SWF has no such operation for this kind of object."""


class MultipleObjectsReturned(SWFError):
    """One object was asked for, and several answer the description."""


class StuckError(SWFError):
    """An execution under test cannot go on.

    Attributes:
        workflow_id: Which execution.
        why: What keeps it, and what to do.
        told: What is open in it, and what happened last.
    """

    def __init__(self, workflow_id: str, why: str, told: str) -> None:
        super().__init__(f"Execution {workflow_id!r} cannot go on: {why}\n{told}")
        self.workflow_id = workflow_id
        self.why = why
        self.told = told


class ProgramError(SWFError):
    """A workflow's program cannot go on as it stands: its decision task is not answered, and comes again.

    The execution is left as it is. Repair the program, and it goes on where it stopped.
    """


class NonDeterminismError(ProgramError):
    """On replay a workflow asked for something other than its history records.

    Attributes:
        event: The id of the first event that differs.
        recorded: What the history records there.
        asked: What the workflow asked for.
        line: Where it asked, as ``file:line``; None where that is not known.
    """

    def __init__(self, event: int, recorded: str, asked: str, line: str | None = None) -> None:
        at = f" ({line})" if line else ""
        super().__init__(
            f"Event {event} is {recorded}, but on replay the workflow asked for {asked}{at}. Keep the old path for "
            "executions that are open already, by patched(), or register a new version."
        )
        self.event = event
        self.recorded = recorded
        self.asked = asked
        self.line = line


class ForbiddenCallError(ProgramError):
    """A workflow called what gives something else on each replay, or waits outside of SWF."""


class OutsideWorkflowError(SWFError):
    """Something was called that makes sense inside a workflow only."""


class SyncConflictError(SWFError):
    """What a manifest declares is registered otherwise, and cannot be changed in SWF."""


class PlanTargetError(SWFError):
    """A plan was made for another SWF: another endpoint, region or account."""


class StalePlanError(SWFError):
    """SWF has changed since a plan was made."""


class ExecutionNotCompletedError(SWFError):
    """A result was asked of an execution that has none: it is open, or closed in another way."""

    def __init__(
        self, workflow_id: str, close_status: str | None, reason: str | None = None, details: str | None = None
    ) -> None:
        if close_status is None:
            message = f"Execution {workflow_id!r} is open and has no result yet. Wait for its end: execution.wait()"
        else:
            why = "".join(f" {name}: {text}." for name, text in (("Reason", reason), ("Details", details)) if text)
            message = f"Execution {workflow_id!r} closed as {close_status} and has no result.{why} See its history()."
        super().__init__(message)
        self.workflow_id = workflow_id
        self.close_status = close_status
        self.reason = reason
        self.details = details


class EndpointUnreachableError(SWFError):
    """No answer came: nothing listens at the endpoint, or the network is down."""


class IncompleteAnswerError(EndpointUnreachableError):
    """An answer came, and lacks what SWF always gives; nothing of it is used.

    Attributes:
        what: What is wrong with it.
        missing: What is missing: the ``rows`` of a list, such as the events of a page of a history; of a history the
            ``beginning``, the ``end``, or an event between, which is a ``gap``.
    """

    remedy: ClassVar[str] = "Ask again; if that does not help, look for a proxy that changes answers of SWF."

    def __init__(self, what: str, missing: str, *, of: str = "An answer of SWF") -> None:
        super().__init__(f"{of} came in part: {what}. {self.remedy}")
        self.what = what
        self.missing = missing


class IncompleteTaskError(IncompleteAnswerError, PollTimeout):
    """A decision task came without all events of its history. It is not decided on; poll again."""

    remedy = (
        "It is not decided on, and SWF gives it again after its timeout; if that does not help, look for a proxy that "
        "changes answers of SWF."
    )


class ResponseError(SWFError):
    """SWF refused a request.

    Attributes:
        code: The fault's name, such as ``UnknownResourceFault``. None when no request was needed to know.
        fault: SWF's own message, which may be empty.
        request_id: What AWS support asks for.
        operation: The operation that was refused, such as ``RegisterDomain``.
    """

    remedy: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fault: str | None = None,
        request_id: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.fault = fault
        self.request_id = request_id
        self.operation = operation


class DoesNotExistError(ResponseError):
    """What was named is not there, or no longer open."""

    remedy = "Check the names, the region and the endpoint; an execution or a task may have closed meanwhile."


class DomainDoesNotExist(DoesNotExistError):
    """No domain has this name in this region."""

    remedy = "save() it first, or check its name, the region and the endpoint."


class WorkflowTypeDoesNotExist(DoesNotExistError):
    """The domain has no workflow type of this name and version."""

    remedy = "save() the type and its domain first, or check name, version, domain, region and endpoint."


class ActivityTypeDoesNotExist(DoesNotExistError):
    """The domain has no activity type of this name and version."""

    remedy = "save() the type and its domain first, or check name, version, domain, region and endpoint."


class WorkflowExecutionDoesNotExist(DoesNotExistError):
    """The domain has no execution of this workflow id and run id, or its retention is over."""

    remedy = (
        "It may have closed meanwhile, or its retention may be over; or check its ids, domain, region and endpoint."
    )


class ActivityTaskDoesNotExist(DoesNotExistError):
    """SWF no longer waits for the answer to this activity task."""

    remedy = "It was answered already, or timed out, or its execution has closed. Poll for the next one."


class DecisionTaskDoesNotExist(DoesNotExistError):
    """SWF no longer waits for the answer to this decision task."""

    remedy = "It was answered already, or timed out, or its execution has closed. Poll for the next one."


class AlreadyExistsError(ResponseError):
    """What should be made is there already."""

    remedy = "Use another name or version, or get() what is there."


class DomainAlreadyExists(AlreadyExistsError):
    """A domain of this name is there already, registered or deprecated."""


class WorkflowTypeAlreadyExists(AlreadyExistsError):
    """The domain has a workflow type of this name and version already, registered or deprecated."""


class ActivityTypeAlreadyExists(AlreadyExistsError):
    """The domain has an activity type of this name and version already, registered or deprecated."""


class WorkflowExecutionAlreadyStarted(AlreadyExistsError):
    """The domain has an open execution with this workflow id."""

    remedy = "Use another workflow id, or wait until the open execution has closed."


class DeprecatedError(ResponseError):
    """The domain or the type is deprecated."""

    remedy = "Call its undeprecate() to use it again."


class NotDeprecatedError(ResponseError):
    """A type can be deleted only once it is deprecated."""

    remedy = "Call its delete(), which deprecates it, before purge()."


class DefaultUndefinedError(ResponseError):
    """A setting was given neither with the call nor by the type."""

    remedy = "Give it with the call, or register a version of the type that has a default for it."


class LimitExceededError(ResponseError):
    """A quota of the account, the domain or the task list is used up."""

    remedy = "Wait, close or deprecate what is not needed, or ask AWS for a higher quota."


class TooManyTagsError(LimitExceededError):
    """A resource may have 50 tags at most."""

    remedy = "Remove tags first: a resource may have 50."


class OperationNotPermittedError(ResponseError):
    """The credentials are good, and do not allow this."""

    remedy = "Allow the operation for this domain in the caller's IAM policy."


class InvalidCredentialsError(ResponseError):
    """There are no credentials, or AWS does not accept them."""

    remedy = "See swf.settings.explain() for where they come from; temporary ones may have expired."


class ExpiredCredentialsError(InvalidCredentialsError):
    """The credentials were good, and are no longer, or could not be fetched: the next ones may be good."""

    remedy = "Renew them, with aws sso login for example; see swf.settings.explain() for where they come from."


class ServiceError(ResponseError):
    """SWF itself failed, or was not there for a moment, also after retries."""

    remedy = "Try again later."


class ThrottledError(ResponseError):
    """Requests came faster than AWS allows, also after retries."""

    remedy = "Ask less often."


class InvalidRequestError(ResponseError):
    """SWF found a value, a combination or a token in the request that it does not accept."""


class UnknownOperationError(ResponseError):
    """The endpoint does not know this operation."""

    remedy = "Check that the endpoint is Amazon SWF, or an engine that offers the operation."


FAULTS: dict[str, type[ResponseError]] = {
    "UnknownResourceFault": DoesNotExistError,
    "DomainAlreadyExistsFault": DomainAlreadyExists,
    "TypeAlreadyExistsFault": AlreadyExistsError,
    "WorkflowExecutionAlreadyStartedFault": WorkflowExecutionAlreadyStarted,
    "DomainDeprecatedFault": DeprecatedError,
    "TypeDeprecatedFault": DeprecatedError,
    "TypeNotDeprecatedFault": NotDeprecatedError,
    "DefaultUndefinedFault": DefaultUndefinedError,
    "LimitExceededFault": LimitExceededError,
    "TooManyTagsFault": TooManyTagsError,
    "OperationNotPermittedFault": OperationNotPermittedError,
    "AccessDeniedException": OperationNotPermittedError,
    "NotAuthorizedException": OperationNotPermittedError,
    "UnrecognizedClientException": InvalidCredentialsError,
    "InvalidClientTokenId": InvalidCredentialsError,
    "InvalidSignatureException": InvalidCredentialsError,
    "IncompleteSignature": InvalidCredentialsError,
    "IncompleteSignatureException": InvalidCredentialsError,
    "MissingAuthenticationToken": InvalidCredentialsError,
    "MissingAuthenticationTokenException": InvalidCredentialsError,
    "ExpiredToken": ExpiredCredentialsError,
    "ExpiredTokenException": ExpiredCredentialsError,
    "RequestExpired": ExpiredCredentialsError,
    "OptInRequired": InvalidCredentialsError,
    "ThrottlingException": ThrottledError,
    "Throttling": ThrottledError,
    "InternalFailure": ServiceError,
    "InternalServiceError": ServiceError,
    "ServiceUnavailable": ServiceError,
    "ServiceUnavailableException": ServiceError,
    "RequestTimeoutException": ServiceError,
    # An answer that is not SWF's, of a proxy say, is known by its status only.
    **dict.fromkeys(("500", "502", "503", "504"), ServiceError),
    "ValidationException": InvalidRequestError,
    "ValidationError": InvalidRequestError,
    "SerializationException": InvalidRequestError,
    "UnknownOperationException": UnknownOperationError,
}

_ALREADY_REGISTERED = "It is registered already: nothing needs to be done."


def from_fault(operation: str, code: str, message: str, request_id: str | None = None) -> ResponseError:
    """Give our error for a fault of SWF, told by its code and never by the wording of its message."""
    error = FAULTS.get(code, ResponseError)
    was_registered = operation.startswith("Undeprecate") and issubclass(error, AlreadyExistsError)
    remedy = _ALREADY_REGISTERED if was_registered else error.remedy
    said = f": {message.rstrip('.')}" if message else ""
    return error(
        f"{operation} was refused with {code}{said}. {remedy}".strip(),
        code=code,
        fault=message,
        request_id=request_id,
        operation=operation,
    )


def narrowed(error: ResponseError, kind: type[ResponseError]) -> ResponseError:
    """Give the same error as one of a narrower kind, once it is known what was asked for."""
    message = str(error)
    if error.remedy and message.endswith(error.remedy):
        message = message.removesuffix(error.remedy) + kind.remedy
    return kind(message, code=error.code, fault=error.fault, request_id=error.request_id, operation=error.operation)


def _restored(kind: type[SWFError], args: tuple[Any, ...], attributes: dict[str, Any]) -> SWFError:
    """Make an error again that was copied or came from another process."""
    error = kind.__new__(kind, *args)
    vars(error).update(attributes)
    return error
