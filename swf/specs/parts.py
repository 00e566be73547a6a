"""What is known of a task while an execution runs: of it as a whole, and of each thing that is opened for it."""

import hashlib
from collections import deque
from typing import Any, Final, Literal

import attrs

from swf import payload
from swf.exceptions import SpecInputError
from swf.specs.paths import NOTHING
from swf.specs.tasks import Activity, ChildWorkflow, LambdaFunction, Retry, Signal, Task, Timer, Work

# What begins like this is named here and not in the document.
RESERVED: Final = "swf."

LONGEST_ID = 256
LONGEST_TIMER_SECONDS = 99_999_999

Kind = Literal["activity", "lambda", "child", "timer"]
State = Literal["waiting", "ready", "open", "completed", "failed", "skipped", "canceled"]

_DONE: Final = ("completed", "failed", "canceled")


@attrs.define(eq=False)
class Part:
    """A task, or its part for one item of a list; or what undoes it.

    Attributes:
        key: Its name: the activity id, if it is an activity.
        owner: The task that it belongs to.
        work: What is done.
        retry: How often it is tried.
        text: The input, as it is sent.
        seconds: How long a timer is to run.
        index: Which item it is about.
        item: The item.
        undoes: The part that it undoes.
        state: How far it is.
        failures: How many attempts failed.
        is_cancel_asked: Whether SWF was told to cancel it.
        has_started: Whether a child runs.
        has_heard: Whether a child was told that it is canceled, or cannot be told.
    """

    key: str
    owner: "TaskProgress"
    work: Work
    retry: Retry
    text: str | None = None
    seconds: int = 0
    index: int | None = None
    item: Any = NOTHING
    undoes: "Part | None" = None
    state: State = "waiting"
    failures: int = 0
    is_cancel_asked: bool = False
    has_started: bool = False
    has_heard: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in _DONE

    @property
    def kind(self) -> Kind:
        """What SWF has open while it is done. What waits for a signal is not open there."""
        match self.work:
            case Activity():
                return "activity"
            case LambdaFunction():
                return "lambda"
            case ChildWorkflow():
                return "child"
            case Timer() | Signal():
                return "timer"


@attrs.define(eq=False)
class TaskProgress:
    """How far a task is.

    Attributes:
        task: The task.
        missing: How many dependencies are not done.
        state: How far it is.
        left: The numbers and the values of the items that nothing was begun with.
        active: How many parts are begun and not done.
        undone: How many parts are not done.
        has_failed: Whether a part failed that may.
        results: The results of its parts, as SWF holds them.
        result: Its result, once it was asked for.
    """

    task: Task
    missing: int
    state: State = "waiting"
    left: deque[tuple[int | None, Any]] = attrs.field(factory=deque)
    active: int = 0
    undone: int = 0
    has_failed: bool = False
    results: dict[int | None, str | None] = attrs.field(factory=dict)
    result: Any = None
    is_read: bool = False

    def read(self) -> Any:
        """Give its result, a list if it is done for each item; `NOTHING` if it has none."""
        if self.state not in ("completed", "failed"):
            return NOTHING
        if not self.is_read:
            self.result, self.is_read = self._result(), True
        return self.result

    def shown(self, is_closed: bool) -> State:
        """Tell how far it is, to somebody who looks at the execution."""
        if self.state == "ready" and not is_closed:
            return "open"
        return "canceled" if is_closed and self.state in ("ready", "waiting") else self.state

    def _result(self) -> Any:
        if self.task.for_each is None:
            text = self.results.get(None)
            return NOTHING if text is None else read(text)
        if self.state == "failed" and not self.results:
            # There was no list.
            return NOTHING
        return [read(self.results[index]) for index in sorted(self.results, key=lambda index: index or 0)]


@attrs.frozen
class TimerOf:
    """What a timer is for: a part's own time, another attempt, or an end to waiting for a signal."""

    part: Part
    why: Literal["work", "retry", "timeout"]
    seconds: int


def named(prefix: str, key: str = "") -> str:
    """Give an id that SWF takes: one that is too long is cut, and stays its own.

    >>> len(named("swf.specs.undo-", "x" * 256))
    256
    """
    name = prefix + key
    if len(name) <= LONGEST_ID:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_ID - 17]}-{digest}"


def read(text: str | None) -> Any:
    """Give the value of an input or a result; what is no JSON is a text, and so is what is too deep to be read.

    >>> read('[1]'), read("no JSON")
    ([1], 'no JSON')
    """
    try:
        return payload.decode(text)
    except RecursionError:
        return text


def seconds_of(value: Any) -> int:
    """Give the whole seconds that a timer runs.

    >>> seconds_of(1.5)
    2

    Raises:
        SpecInputError: No timer runs so long.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LONGEST_TIMER_SECONDS:
        raise SpecInputError(f"is to wait for {value!r:.80} seconds. Have that be a number from 0 to 99,999,999.")
    return -int(-value // 1)


def items_of(value: Any) -> list[Any]:
    """Give the items for each of which a task is done.

    Raises:
        SpecInputError: It is no list.
    """
    if not isinstance(value, list):
        raise SpecInputError(
            f"is to be done for each item of a list, and {value!r:.80} is none. Have it be one, or give a default."
        )
    return value
