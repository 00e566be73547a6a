"""Why something failed, as one program tells it to another: the JSON in the details of a failed activity task.

>>> failure = Failure.of(ValueError("3000 is too much"))
>>> failure.reason
'ValueError: 3000 is too much'
>>> Failure.read(failure.reason, failure.details) == failure
True
"""

import json
import math
import traceback
from types import TracebackType
from typing import Any, Self, TypeGuard

import attrs

from swf.exceptions import SWFError

# What SWF keeps of a failure, in characters.
# https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskFailed.html
LONGEST_REASON = 256
LONGEST_DETAILS = 32_768

# A cause of a cause and so on, so many deep.
_CAUSES = 10


class TaskFailed(SWFError):
    """Raised inside a handler to fail its task in so many words.

    Args:
        message: What happened.
        retry: Whether trying again may help.
        retry_after: In how many seconds, if that is known; what is negative or no number is not told.
        type: What to call it, in place of ``TaskFailed``.
    """

    def __init__(
        self, message: str = "", *, retry: bool = True, retry_after: float | None = None, type: str | None = None
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after = retry_after
        self.type = type


class ToldError(SWFError):
    """An error that another program met, as its `Failure` tells it; a traceback it tells of is a note.

    Attributes:
        failure: The failure, which telling this error tells again.
    """

    def __init__(self, failure: "Failure") -> None:
        super().__init__(f"{failure.type}: {failure.message}" if failure.message else failure.type)
        self.failure = failure
        if failure.traceback:
            self.add_note(failure.traceback.rstrip())


@attrs.frozen(kw_only=True)
class Failure:
    """An error, in the words of whoever met it.

    As JSON it is an object of these members, without those that are None; ``retry`` is ``true`` when it is left out.
    Other members are passed over.

    Attributes:
        type: The error's class, or another name for what went wrong.
        message: The error's own words.
        traceback: Where it happened, the innermost call last.
        retry: Whether trying again may help.
        retry_after: In how many seconds, if that is known.
        cause: What led to it.
    """

    type: str
    message: str = ""
    traceback: str | None = None
    retry: bool = True
    retry_after: float | None = None
    cause: "Failure | None" = None

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Tell an error. An error whose ``retry`` is False says that trying again does not help."""
        return cls._of(error, _CAUSES)

    @classmethod
    def _of(cls, error: BaseException, causes: int) -> Self:
        if isinstance(error, ToldError) and isinstance(error.failure, cls):
            return error.failure
        cause = error.__context__ if error.__cause__ is None and not error.__suppress_context__ else error.__cause__
        return cls(
            type=(isinstance(error, TaskFailed) and error.type) or type(error).__name__,
            message=_said(error),
            traceback="".join(traceback.format_exception(*raised(error), chain=False)),
            retry=getattr(error, "retry", True) is not False,
            retry_after=_seconds(getattr(error, "retry_after", None)),
            cause=None if cause is None or not causes else cls._of(cause, causes - 1),
        )

    @classmethod
    def read(cls, reason: str | None, details: str | None) -> Self:
        """Read what the event of a failure holds, also of workers that write something else: their text is the message.

        >>> Failure.read("no purse", None)
        Failure(type='no purse', message='', traceback=None, retry=True, retry_after=None, cause=None)
        """
        told = _object(details)
        if told is None:
            return cls(type=reason or "Failure", message=details or "")
        return cls._told(told, _CAUSES)

    @classmethod
    def _told(cls, told: dict[str, Any], causes: int) -> Self:
        cause = told.get("cause")
        return cls(
            type=told["type"],
            message=_text(told.get("message")) or "",
            traceback=_text(told.get("traceback")),
            retry=told.get("retry", True) is not False,
            retry_after=_seconds(told.get("retry_after")),
            cause=cls._told(cause, causes - 1) if causes and _is_failure(cause) else None,
        )

    @property
    def reason(self) -> str:
        """The type and the message, cut to what SWF takes as a reason."""
        return _sendable(f"{self.type}: {self.message}" if self.message else self.type)[:LONGEST_REASON]

    @property
    def details(self) -> str:
        """All of it as JSON, cut to what SWF takes as details: causes go first, then the outer end of the traceback."""
        for told in (self, attrs.evolve(self, cause=None)):
            text = told.json
            if len(text) <= LONGEST_DETAILS:
                return text
        return _cut(attrs.evolve(self, cause=None))

    @property
    def json(self) -> str:
        """All of it as JSON, however long."""
        return _sendable(json.dumps(self._members(), ensure_ascii=False, separators=(",", ":")))

    def _members(self) -> dict[str, Any]:
        members = {
            "type": self.type,
            "message": self.message or None,
            "retry": None if self.retry else False,
            "retry_after": self.retry_after,
            "traceback": self.traceback,
            "cause": None if self.cause is None else self.cause._members(),
        }
        return {name: value for name, value in members.items() if value is not None}


def _cut(failure: Failure) -> str:
    """Give JSON that is not too long. A character takes up to six there: the last room does for all."""
    for room in (LONGEST_DETAILS // 2, LONGEST_DETAILS // 4, LONGEST_DETAILS // 16):
        text = _shortened(failure, room).json
        if len(text) <= LONGEST_DETAILS:
            break
    return text


def _shortened(failure: Failure, room: int) -> Failure:
    return attrs.evolve(
        failure,
        type=failure.type[:LONGEST_REASON],
        message=failure.message[: room // 2],
        traceback=None if failure.traceback is None else failure.traceback[-room:],
    )


def as_details(text: str) -> str | None:
    """Give a text as SWF takes it for details: not too long, and nothing in it that cannot be sent."""
    return _sendable(text)[:LONGEST_DETAILS] or None


def _sendable(text: str) -> str:
    # Half of a surrogate pair, as in the name of a file, is no text that can be sent. As an escape it is good JSON too.
    return text.encode("utf-8", "backslashreplace").decode()


def _seconds(value: Any) -> float | None:
    """Give the number of seconds, if it is one that JSON can hold and somebody can wait."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return value if math.isfinite(value) and value >= 0 else None
    except OverflowError:
        return None


# What calls a handler: this package, and what has its threads and coroutines run.
_CALLERS = ("swf.", "asyncio.", "concurrent.futures.")


def raised(error: BaseException) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    """Give an error as `logging` and `traceback` take it, from the handler on: what called that is not told."""
    whole = place = error.__traceback__
    while place is not None and place.tb_frame.f_globals.get("__name__", "").startswith(_CALLERS):
        place = place.tb_next
    return type(error), error, place or whole


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be read)"


def _object(details: str | None) -> dict[str, Any] | None:
    try:
        told = json.loads(details or "")
    except (ValueError, RecursionError):
        return None
    return told if _is_failure(told) else None


def _is_failure(told: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(told, dict) and isinstance(told.get("type"), str)
