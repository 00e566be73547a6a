"""Activity tasks: the work itself."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

import attrs

from swf.actors import observers
from swf.actors.core import Actor, Poll, is_of_the_task
from swf.actors.executors import Executor, TaskClosed, Threads
from swf.actors.handlers import Handler, Handlers, Type, mark, marked, named, shown
from swf.actors.heartbeat import Heart, Heartbeats, interval
from swf.actors.processes import ChildFailed, Processes
from swf.actors.running import RunningTask, TaskCanceled
from swf.actors.trouble import PASSING
from swf.connection import Connection
from swf.exceptions import (
    ConfigurationError,
    DoesNotExistError,
    OperationNotPermittedError,
    PollTimeout,
    ValidationError,
)
from swf.failure import Failure, TaskFailed, as_details, raised
from swf.logs import HarmlessLogger
from swf.models.activity import ActivityTask, ActivityType
from swf.models.domain import Domain
from swf.shapes import TypeId

F = TypeVar("F", bound=Callable[..., Any])

_log = HarmlessLogger(logging.getLogger(__name__))


@attrs.frozen
class ActivityOptions:
    """What is said of a handler beside its type.

    Attributes:
        heartbeat_timeout: The heartbeat timeout of the tasks, in seconds. None asks SWF for the type's default.
    """

    heartbeat_timeout: float | None = None


def activity(
    name: str | Type, version: str | None = None, *, heartbeat_timeout: float | None = None
) -> Callable[[F], F]:
    """Make a method of an `ActivityWorker` the handler of an activity type.

    >>> class Kitchen(ActivityWorker):
    ...     @activity("Chop", "1.0")
    ...     def chop(self, task):
    ...         return "chopped"

    Args:
        name: The type's name, or a type that has a name and a version.
        version: The type's version.
        heartbeat_timeout: The heartbeat timeout that its tasks are scheduled with, in seconds. Left out, SWF is asked
            for the type's default when a task takes longer.
    """
    options = ActivityOptions(heartbeat_timeout)
    return lambda function: mark(function, "activity", named(name, version), options)


class ActivityWorker(Actor[ActivityTask]):
    """Polls for activity tasks and performs them.

    Subclass it and say in `perform` what the work is:

    >>> from swf import payload
    >>> class Adder(ActivityWorker):
    ...     def perform(self, task):
    ...         return sum(payload.decode(task.input))

    Or give each activity type a handler of its own, by `activity`, as a function or a method. A handler gets a
    `RunningTask`. What it returns is the task's result. An error it raises fails the task, with the error's type and
    message as reason, and as details the JSON of `swf.failure.Failure`; `TaskCanceled` answers that the task was
    canceled. A handler may be a coroutine function.

    While a handler works, heartbeats are sent: at a third of the task's heartbeat timeout, or once a minute.

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        identity: Who polls, as histories tell it. Left out, it is made of host, process and a random suffix.
        connection: Which SWF. Left out, the domain's own connection.
        concurrency: How many tasks are worked on at the same time.
        pollers: How many polls may wait at the same time. Left out, 5, or as many as the concurrency if that is less.
        executor: ``"thread"`` calls handlers in the threads that poll, coroutines on an event loop. ``"process"`` calls
            each in a process of its own: if that dies, its task fails at once, and nothing else.
        heartbeats: Whether heartbeats are sent by themselves.
        interrupts: Whether a handler whose task is to be canceled is interrupted: `TaskCanceled` is raised in a thread,
            a coroutine is cancelled, a process is ended. Otherwise it looks at ``task.is_cancel_requested`` itself.

    See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-develop-activity.html
    """

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        *,
        identity: str | None = None,
        connection: Connection | None = None,
        concurrency: int = 1,
        pollers: int | None = None,
        executor: Literal["thread", "process"] = "thread",
        heartbeats: bool = True,
        interrupts: bool = False,
    ) -> None:
        if executor not in ("thread", "process"):
            raise ValidationError(f"There is no executor {executor!r}. Give 'thread' or 'process'.")
        self.executor = executor
        self.interrupts = interrupts
        self._has_heartbeats = heartbeats
        self._handlers: Handlers[ActivityOptions] = Handlers("activity", self)
        super().__init__(
            domain, task_list, identity=identity, connection=connection, concurrency=concurrency, pollers=pollers
        )

    def _rest(self) -> None:
        super()._rest()
        self._heartbeats = Heartbeats()
        self._executing: Executor | None = None
        self._executor_lock = threading.Lock()
        self._intervals: dict[TypeId | None, float] = {}
        self._intervals_lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        running = ("_heartbeats", "_executing", "_executor_lock", "_intervals", "_intervals_lock")
        return {name: value for name, value in super().__getstate__().items() if name not in running}

    def activity(
        self, name: str | Type, version: str | None = None, *, heartbeat_timeout: float | None = None
    ) -> Callable[[F], F]:
        """Make a function the handler of an activity type.

        >>> kitchen = ActivityWorker("restaurant", "kitchen")
        >>> @kitchen.activity("Chop", "1.0")
        ... def chop(task):
        ...     return "chopped"

        Args:
            name: The type's name, or a type that has a name and a version.
            version: The type's version.
            heartbeat_timeout: The heartbeat timeout that its tasks are scheduled with, in seconds. Left out, SWF is
                asked for the type's default when a task takes longer.

        Raises:
            ValidationError: The type has a handler already.
        """

        def register(function: F) -> F:
            self._handlers.add(Handler(named(name, version), function, ActivityOptions(heartbeat_timeout)))
            return function

        return register

    @classmethod
    def is_complete(cls) -> bool:
        """Return whether the class itself says how to perform a task: a class to be subclassed does not."""
        return cls._performs() or any(marked(cls, "activity"))

    def check(self) -> None:
        """Refuse to start without a handler.

        Raises:
            ConfigurationError: There is none, or the worker cannot be copied into processes.
        """
        if not (self._handlers or self.is_complete()):
            raise ConfigurationError(
                f"{self!r} does not say how to perform a task. Give it a perform(task), or handlers: "
                "@worker.activity('Name', '1.0')."
            )
        if self.executor == "process":
            self._executor()

    def handle(self, task: RunningTask) -> Any:
        """Call the handler of the task's type, else `perform`; gives what it gives."""
        handler = self._handlers.get(task.activity_type)
        if handler is not None:
            return handler.function(task)
        if self._performs():
            return self.perform(task)
        raise ConfigurationError(
            f"This worker has no handler for the activity type {shown(task.activity_type)}. "
            f"It has: {self._handlers.shown}."
        )

    def perform(self, task: RunningTask) -> Any:
        """Do the work of a task, and return its result: a JSON value, or text that is sent as it stands."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to perform a task. Give it a perform(task).")

    def stop(self, timeout: float | None = None) -> bool:
        """Stop polling, and wait until the tasks in hand are answered; see `Actor.stop`."""
        is_stopped = super().stop(timeout)
        if is_stopped:
            self._close_executor()
        return is_stopped

    def poll(self, task_list: str | None = None, identity: str | None = None) -> ActivityTask:
        """Ask SWF for an activity task, for a minute at most.

        Args:
            task_list: Another task list than the actor's own.
            identity: Another identity than the actor's own.

        Raises:
            PollTimeout: There was none.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForActivityTask.html
        """
        asked = Poll(
            task_list=self.task_list if task_list is None else task_list,
            identity=self.identity if identity is None else identity,
        )
        with self._in_domain():
            answer = self.connection.call("poll_for_activity_task", domain=self.domain.name, **asked.params)
        if not answer.get("taskToken"):
            raise PollTimeout(f"No activity task came on the task list {asked.task_list!r}. Poll again.")
        return ActivityTask.from_poll(self.domain, asked.task_list, answer, connection=self.connection)

    def complete(self, task_token: str, result: Any = None) -> None:
        """Answer that the task is done.

        Args:
            task_token: The task's token.
            result: A JSON value, or text that is sent as it stands; 32,768 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskCompleted.html
        """
        self._task(task_token).complete(result)

    def fail(self, task_token: str, details: Any = None, reason: str | None = None) -> None:
        """Answer that the task failed.

        Args:
            task_token: The task's token.
            details: A JSON value, or text that is sent as it stands; 32,768 characters at most.
            reason: Text of 256 characters at most.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskFailed.html
        """
        self._task(task_token).fail(reason=reason, details=details)

    def cancel(self, task_token: str, details: Any = None) -> None:
        """Answer that the task was canceled.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondActivityTaskCanceled.html
        """
        self._task(task_token).cancel(details)

    def heartbeat(self, task_token: str, details: Any = None) -> bool:
        """Tell SWF that the task is worked on; 2,048 characters of details at most.

        Returns:
            Whether the task should be canceled.

        Raises:
            DoesNotExistError: SWF no longer waits for this task: stop working on it.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordActivityTaskHeartbeat.html
        """
        return self._task(task_token).heartbeat(details)

    def poll_task(self) -> ActivityTask:
        """Ask SWF for an activity task."""
        return self.poll()

    def perform_task(self, task: ActivityTask) -> None:
        """Do the work, and answer the task."""
        heart = Heart(task, partial(self._interval, task.activity_type))
        running = RunningTask(**_members(task), heart=heart)
        if self._has_heartbeats:
            self._heartbeats.begin(heart)
        try:
            self._work_on(running)
        except DoesNotExistError:
            observers.tell("task_timed_out", self, task=task)
            _log.warning("The answer to %r of %r came too late: it is closed.", task, task.execution)
        finally:
            # Heartbeats go on while the answer is on its way, so that SWF goes on waiting for it.
            self._heartbeats.end(heart)

    def _work_on(self, task: RunningTask) -> None:
        began = time.monotonic()
        try:
            result = self._executor().call(task)
        except TaskClosed:
            observers.tell("task_timed_out", self, task=task)
            _log.warning("%r of %r was stopped: SWF closed it meanwhile.", task, task.execution)
        except TaskCanceled as canceled:
            details = as_details(str(canceled))
            cancel = _or_else(partial(task.cancel, details), task.cancel)
            self._answer(task, cancel, "task_canceled", began, details=details)
        except BaseException as error:
            if not is_of_the_task(error):
                raise
            self._fail(task, error, began)
        else:
            self._complete(task, result, began)

    def _complete(self, task: RunningTask, result: Any, began: float) -> None:
        try:
            self._answer(task, partial(task.complete, result), "task_completed", began, result=result)
        except DoesNotExistError:
            raise
        except Exception as error:
            # A result that is no JSON, or too long for SWF, or that the codec cannot store: the decider hears of it
            # now, and not by a timeout.
            self._fail(task, error, began)

    def _fail(self, task: RunningTask, error: BaseException, began: float) -> None:
        failure = error.failure if isinstance(error, ChildFailed) else Failure.of(error)
        # A handler that says itself that it failed has no mistake to be looked for.
        trace = None if isinstance(error, TaskFailed) else raised(error)
        _log.error("%r of %r failed: %s", task, task.execution, failure.reason, exc_info=trace)
        say_less = partial(task.fail, reason=failure.reason)
        fail = _or_else(partial(say_less, details=failure.details), say_less)
        self._answer(task, fail, "task_failed", began, error=error, failure=failure)

    def _answer(
        self, task: RunningTask, send: Callable[[], None], kind: observers.Kind, began: float, **facts: Any
    ) -> None:
        seconds = time.monotonic() - began
        self._persistently(send, f"{task!r} of {task.execution!r}")
        observers.tell(kind, self, task=task, seconds=seconds, **facts)

    def _about(self, task: ActivityTask) -> dict[str, str | None]:
        kind = task.activity_type
        return {
            **super()._about(task),
            "activity_id": task.activity_id,
            "activity_type": kind and kind.name,
            "version": kind and kind.version,
        }

    def _interval(self, type_id: TypeId | None) -> float:
        """Give the seconds between two heartbeats of tasks of a type; SWF is asked once."""
        with self._intervals_lock:
            if type_id not in self._intervals:
                self._intervals[type_id] = interval(self._heartbeat_timeout(type_id))
            return self._intervals[type_id]

    def _heartbeat_timeout(self, type_id: TypeId | None) -> float | str | None:
        handler = self._handlers.get(type_id)
        if handler is not None and handler.options.heartbeat_timeout is not None:
            return handler.options.heartbeat_timeout
        if type_id is None:
            return None
        try:
            known = ActivityType(self.domain, *type_id, connection=self.connection).upstream()
        except (DoesNotExistError, OperationNotPermittedError) as error:
            _log.warning("The heartbeat timeout of %s is not known, and taken to be long: %s", shown(type_id), error)
            return None
        return known.task_heartbeat_timeout

    def _executor(self) -> Executor:
        with self._executor_lock:
            if self._executing is None:
                processes = self.executor == "process"
                make = partial(Processes, self) if processes else partial(Threads, self.handle)
                self._executing = make(interrupts=self.interrupts)
            return self._executing

    def _close_executor(self) -> None:
        with self._executor_lock:
            executing, self._executing = self._executing, None
        if executing is not None:
            executing.close()

    @classmethod
    def _performs(cls) -> bool:
        return cls.perform is not ActivityWorker.perform

    def _task(self, task_token: str) -> ActivityTask:
        return ActivityTask(self.domain, self.task_list, task_token, connection=self.connection)


def _or_else(send: Callable[[], None], send_less: Callable[[], None]) -> Callable[[], None]:
    """Send an answer with details, or without them when they are what cannot be sent: the codec may fail."""

    def sent() -> None:
        try:
            send()
        except (*PASSING, DoesNotExistError):
            raise
        except Exception:
            _log.exception("The details of an answer could not be sent, and are left out.")
            send_less()

    return sent


def _members(task: ActivityTask) -> dict[str, Any]:
    return {field.name: getattr(task, field.name) for field in attrs.fields(ActivityTask)}
