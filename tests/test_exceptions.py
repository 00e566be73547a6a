import copy
import inspect
import pickle

import pytest

from swf import exceptions
from swf.exceptions import (
    FAULTS,
    AlreadyExistsError,
    DoesNotExistError,
    ExecutionNotCompletedError,
    InvalidRequestError,
    MissingExtraError,
    ResponseError,
    SWFError,
    ThrottledError,
    from_fault,
)

ERRORS = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_descends_from_one(kind):
    assert issubclass(kind, SWFError)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_says_what_it_means(kind):
    assert kind.__doc__


@pytest.mark.parametrize(
    ("kind", "also"),
    [
        (exceptions.ValidationError, ValueError),
        (exceptions.InvalidKeywordArgumentError, TypeError),
        (exceptions.WaitTimeoutError, TimeoutError),
        (exceptions.MissingExtraError, ImportError),
        (exceptions.NotSupportedError, NotImplementedError),
        (exceptions.DomainDoesNotExist, DoesNotExistError),
        (exceptions.WorkflowTypeDoesNotExist, DoesNotExistError),
        (exceptions.ActivityTypeDoesNotExist, DoesNotExistError),
        (exceptions.WorkflowExecutionDoesNotExist, DoesNotExistError),
        (exceptions.DomainAlreadyExists, AlreadyExistsError),
        (exceptions.WorkflowExecutionAlreadyStarted, AlreadyExistsError),
        (exceptions.TooManyTagsError, exceptions.LimitExceededError),
    ],
)
def test_an_error_is_caught_as_what_it_also_is(kind, also):
    assert issubclass(kind, also)


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_of_swf_becomes_its_error_with_all_that_swf_said(code):
    error = from_fault("DescribeDomain", code, "Unknown domain: shop", "request-7")

    assert type(error) is FAULTS[code]
    assert (error.operation, error.code, error.fault, error.request_id) == (
        "DescribeDomain",
        code,
        "Unknown domain: shop",
        "request-7",
    )


def test_an_error_says_what_happened_and_then_what_to_do():
    error = from_fault("ListDomains", "ThrottlingException", "Rate exceeded")

    assert isinstance(error, ThrottledError)
    assert str(error) == "ListDomains was refused with ThrottlingException: Rate exceeded. Ask less often."


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", "SignalWorkflowExecution was refused with ValidationException."),
        ("Invalid token", "SignalWorkflowExecution was refused with ValidationException: Invalid token."),
        ("Invalid token.", "SignalWorkflowExecution was refused with ValidationException: Invalid token."),
    ],
)
def test_a_fault_without_a_remedy_ends_with_one_full_stop(message, text):
    error = from_fault("SignalWorkflowExecution", "ValidationException", message)

    assert isinstance(error, InvalidRequestError)
    assert str(error) == text


def test_a_fault_that_is_not_known_here_is_a_response_error_with_its_code():
    error = from_fault("ListDomains", "TeapotFault", "short and stout")

    assert type(error) is ResponseError
    assert error.code == "TeapotFault"


def test_the_wording_of_a_fault_does_not_change_its_error():
    error = from_fault("DescribeDomain", "OperationNotPermittedFault", "UnknownResourceFault: Unknown domain")

    assert type(error) is exceptions.OperationNotPermittedError


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_response_error_can_be_copied_and_sent_to_another_process(clone):
    error = from_fault("DescribeDomain", "UnknownResourceFault", "Unknown domain: shop", "request-7")

    again = clone(error)

    assert type(again) is DoesNotExistError
    assert str(again) == str(error)
    assert (again.code, again.fault, again.request_id) == ("UnknownResourceFault", "Unknown domain: shop", "request-7")


@pytest.mark.parametrize("clone", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize(
    "error",
    [MissingExtraError("The console", "server"), ExecutionNotCompletedError("order-7", "FAILED", "no money", "0 EUR")],
)
def test_an_error_that_writes_its_own_message_can_be_copied_too(clone, error):
    again = clone(error)

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_missing_extra_says_which_install_brings_it():
    error = MissingExtraError("The console", "server")

    assert str(error) == "The console needs the extra 'server'. Install it: pip install 'simple-workflow[server]'"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            ("order-7", None),
            "Execution 'order-7' is open and has no result yet. Wait for its end: execution.wait()",
        ),
        (
            ("order-7", "TIMED_OUT"),
            "Execution 'order-7' closed as TIMED_OUT and has no result. See its history().",
        ),
        (
            ("order-7", "FAILED", "no money", "0 EUR"),
            "Execution 'order-7' closed as FAILED and has no result. Reason: no money. Details: 0 EUR. "
            "See its history().",
        ),
    ],
)
def test_an_execution_without_a_result_says_why(given, text):
    error = ExecutionNotCompletedError(*given)

    assert str(error) == text
    assert (error.workflow_id, error.close_status) == given[:2]


def test_an_error_can_be_narrowed_once_it_is_known_what_was_asked_for():
    error = from_fault("DescribeDomain", "UnknownResourceFault", "Unknown domain: shop", "request-7")

    narrow = exceptions.narrowed(error, exceptions.DomainDoesNotExist)

    assert type(narrow) is exceptions.DomainDoesNotExist
    assert str(narrow) == (
        "DescribeDomain was refused with UnknownResourceFault: Unknown domain: shop. "
        "save() it first, or check its name, the region and the endpoint."
    )
    assert vars(narrow) == vars(error)
