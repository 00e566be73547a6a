"""What a command's exit code tells, for scripts."""

from swf.exceptions import (
    ConfigurationError,
    DoesNotExistError,
    ExecutionNotCompletedError,
    InvalidCredentialsError,
    InvalidKeywordArgumentError,
    InvalidRequestError,
    NonDeterminismError,
    OperationNotPermittedError,
    PollTimeout,
    SWFError,
    ValidationError,
    WaitTimeoutError,
)

FAILED = 1
DRIFT = 2
NON_DETERMINISM = 3
NOT_COMPLETED = 4
NOT_FOUND = 5
TIMED_OUT = 6
USAGE = 64
NO_PERMISSION = 77
# As shells tell it of a program that SIGINT ended.
INTERRUPTED = 130

_CODES: dict[type[SWFError], int] = {
    ValidationError: USAGE,
    ConfigurationError: USAGE,
    InvalidKeywordArgumentError: USAGE,
    InvalidRequestError: USAGE,
    NonDeterminismError: NON_DETERMINISM,
    ExecutionNotCompletedError: NOT_COMPLETED,
    DoesNotExistError: NOT_FOUND,
    PollTimeout: TIMED_OUT,
    WaitTimeoutError: TIMED_OUT,
    InvalidCredentialsError: NO_PERMISSION,
    OperationNotPermittedError: NO_PERMISSION,
}


def exit_code(error: SWFError) -> int:
    """Give the exit code for an error."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), FAILED)
