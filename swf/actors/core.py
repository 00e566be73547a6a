"""Polling in threads, starting, stopping without losing a task."""

import enum
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType, TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs

from swf import connection as connections
from swf import logs
from swf.actors import observers
from swf.actors.trouble import Trouble, is_fatal, persistently
from swf.connection import Connection
from swf.exceptions import (
    DoesNotExistError,
    IncompleteTaskError,
    PollTimeout,
    SWFError,
    ThrottledError,
    ValidationError,
    narrowed,
)
from swf.logs import HarmlessLogger
from swf.models.base import Request
from swf.models.domain import Domain, domain_of
from swf.shapes import Identity, PageSize, StartAtPreviousStartedEvent, TaskList

Task = TypeVar("Task")

_log = HarmlessLogger(logging.getLogger(__name__))

# Which actor the code that runs works on a task for, in threads and coroutines.
_at_work_for: ContextVar["Actor[Any] | None"] = ContextVar("swf.actors at work for", default=None)

# So many of an actor's threads poll at the same time, unless it says otherwise: enough for hundreds of tasks a second.
POLLERS = 5


class State(enum.Enum):
    """Whether an actor polls."""

    STOPPED = "stopped"
    RUNNING = "running"
    STOPPING = "stopping"


@attrs.frozen(kw_only=True)
class Poll(Request):
    """What a poll asks for."""

    task_list: TaskList
    identity: Identity
    maximum_page_size: PageSize | None = None
    start_at_previous_started_event: StartAtPreviousStartedEvent | None = None


class Actor(Generic[Task]):
    """Something that polls a task list of a domain and works on the tasks it is given.

    `start` polls in background threads and `stop` ends that; `run` does both in the foreground, until the process is
    interrupted; ``with actor:`` starts and stops it. Subclass `Decider` or `ActivityWorker`, or give your own
    `poll_task` and `perform_task`. A subclass that has another way of running (gevent) replaces `start` and `stop`.

    Each of its threads polls for a task and works on it itself, so no task is taken that nobody is free for.

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        identity: Who polls, as histories tell it, 256 characters at most. Left out, it is made of the host's name,
            the process id and a random suffix.
        connection: Which SWF. Left out, the domain's own connection.
        concurrency: How many tasks are worked on at the same time.
        pollers: How many polls may wait at the same time. Left out, 5, or as many as the concurrency if that is less.

    Raises:
        ValidationError: One of these cannot be.
    """

    STATES: ClassVar[type[State]] = State

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        *,
        identity: str | None = None,
        connection: Connection | None = None,
        concurrency: int = 1,
        pollers: int | None = None,
    ) -> None:
        self.domain = domain_of(domain)
        self.task_list = task_list
        self.identity = identity or f"{socket.gethostname()[:200]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.concurrency = _at_least_one("concurrency", concurrency)
        self._pollers = POLLERS if pollers is None else _at_least_one("pollers", pollers)
        self._connection = connections.checked(connection)
        self._rest()
        Poll(task_list=task_list, identity=self.identity)

    def _rest(self) -> None:
        """Be at rest: hold nothing that belongs to running."""
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._may_poll = threading.Semaphore(self.pollers)
        self._trouble = Trouble(self)
        self._in_hand: dict[int, Task] = {}
        self._may_end = threading.Lock()
        self._ended_by: Exception | None = None
        # A running actor stays with the SWF it began with, whatever becomes the default meanwhile.
        self._pinned: Connection | None = None

    def __getstate__(self) -> dict[str, Any]:
        running = ("_stopping", "_threads", "_may_poll", "_trouble", "_in_hand", "_may_end", "_ended_by", "_pinned")
        return {name: value for name, value in vars(self).items() if name not in running}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._rest()

    @property
    def connection(self) -> Connection:
        """The connection that is polled: the actor's own, the domain's, or the process-wide one."""
        return self._pinned or self._connection or self.domain.connection or connections.current()

    @property
    def state(self) -> State:
        """Whether the actor polls: one of `Actor.STATES`."""
        if not any(thread.is_alive() for thread in self._threads):
            return State.STOPPED
        return State.STOPPING if self._stopping.is_set() else State.RUNNING

    @property
    def pollers(self) -> int:
        """How many polls may wait at the same time."""
        return min(self._pollers, self.concurrency)

    @property
    def in_hand(self) -> tuple[Task, ...]:
        """The tasks that are worked on now."""
        return tuple(self._in_hand.values())

    @property
    def failures(self) -> int:
        """How many polls in a row failed; 0 when the last one was answered."""
        return self._trouble.failures

    @property
    def ended_by(self) -> Exception | None:
        """The error that ended the actor, if it did not end because it was stopped."""
        return self._ended_by

    def poll_task(self) -> Task:
        """Ask SWF for a task, for a minute at most.

        Raises:
            PollTimeout: There was none.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how to poll. Give it a poll_task().")

    def perform_task(self, task: Task) -> None:
        """Work on a task, and answer it. What is raised here is logged, and polling goes on."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to do. Give it a perform_task(task).")

    @classmethod
    def is_complete(cls) -> bool:
        """Return whether the class itself says what to do with a task: a class to be subclassed does not."""
        return cls.poll_task is not Actor.poll_task and cls.perform_task is not Actor.perform_task

    def check(self) -> None:
        """Refuse to start what cannot work; called by `start`. Sends nothing.

        Raises:
            ConfigurationError: What is missing, and what to do.
        """

    def register(self) -> None:
        """Register what the actor needs in SWF; called by `start`. Nothing, unless a subclass says so."""

    def tasks(self) -> Iterator[Task]:
        """Give task after task, each to be answered by its taker; ends when the actor is stopped."""
        while not self._stopping.is_set():
            try:
                task = self.poll_task()
            except IncompleteTaskError as error:
                self._trouble.met(error, is_logged=True)
                self._trouble.wait(self._stopping)
            except PollTimeout:
                self._trouble.is_over()
            else:
                self._trouble.is_over()
                yield task

    def start(self) -> None:
        """Poll in background threads from now on; an actor that polls already goes on.

        Raises:
            ConfigurationError: It could not work on what it would be given.
        """
        if self.state is not State.STOPPED:
            return
        self.check()
        self.register()
        self._rest()
        self._pinned = self.connection
        name = f"{type(self).__name__} {self.task_list}"
        self._threads = [
            threading.Thread(target=self._work, name=f"{name} {number}", daemon=True)
            for number in range(self.concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Stop polling, and wait until the tasks in hand are answered.

        A poll under way is not cut off: SWF may just be handing out a task on it, which would be lost until it times
        out. On AWS that can take a minute; an engine of this process answers it at once.

        Called by the work on a task, it does not wait: the actor stops once that task too is answered.

        Args:
            timeout: How many seconds to wait. Left out, as long as it takes.

        Returns:
            Whether the actor has stopped. If not, the log says which tasks are in hand (`in_hand`): it stops as soon
            as they are answered.
        """
        self._stopping.set()
        # Whoever takes tasks from `tasks` polls in a thread of their own.
        self.connection.end_polls(self.identity)
        if _at_work_for.get() is self or threading.current_thread() in self._threads:
            # Two tasks that stop their actor would wait for each other.
            return False
        until = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            while thread.is_alive():
                self.connection.end_polls(self.identity)
                thread.join(0.02)
                if until is not None and time.monotonic() >= until:
                    return self._stopped_in_time()
        return True

    def _stopped_in_time(self) -> bool:
        if self.state is State.STOPPED:
            return True
        held = ", ".join(map(repr, self.in_hand)) or "none; a poll is under way"
        _log.warning("%r did not stop in time. Tasks in hand: %s", self, held)
        return False

    def run(self) -> None:
        """Poll in the foreground until SIGINT or SIGTERM comes; see `swf.actors.run`, which does so for several."""
        run(self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.domain.name!r}, {self.task_list!r}, {self.state.value})"

    @contextmanager
    def _in_domain(self) -> Iterator[None]:
        """Say that it is the domain, when a poll finds that something is not there: a task list always is."""
        try:
            yield
        except DoesNotExistError as error:
            raise narrowed(error, self.domain.DoesNotExist) from error.__cause__

    def _work(self) -> None:
        with logs.about(domain=self.domain.name, task_list=self.task_list):
            self._poll_and_perform()

    def _poll_and_perform(self) -> None:
        while not self._stopping.is_set():
            # Whoever has the place to poll keeps it until there is a task for it to work on.
            with self._may_poll:
                task = self._next_task()
            if task is not None:
                self._perform(task)

    def _next_task(self) -> Task | None:
        """Poll until there is a task, whatever is in the way; None when it is time to stop."""
        while not self._stopping.is_set():
            self._trouble.wait(self._stopping)
            if self._stopping.is_set():
                return None
            began = time.monotonic()
            try:
                task = self.poll_task()
            except IncompleteTaskError as error:
                # Each poll may cost a task its time until its timeout, so they become fewer.
                self._trouble.met(error, is_logged=True)
            except PollTimeout:
                self._trouble.is_over()
                observers.tell("poll_empty", self, seconds=time.monotonic() - began)
            except SWFError as error:
                self._failed_to_poll(error)
            except Exception as error:
                _log.exception("%r ends: its poll_task() failed", self)
                self._end(error)
            else:
                self._trouble.is_over()
                observers.tell("task_polled", self, task=task, seconds=time.monotonic() - began)
                return task
        return None

    def _persistently(self, send: Callable[[], None], what: str, *, seconds: float | None = None) -> None:
        """Send an answer until SWF has it, or no longer waits for it."""
        persistently(send, what, seconds=seconds, hear=self._tell_throttled)

    def _tell_throttled(self, error: SWFError) -> None:
        if isinstance(error, ThrottledError):
            observers.tell("throttled", self, error=error)

    def _failed_to_poll(self, error: SWFError) -> None:
        self._tell_throttled(error)
        if not is_fatal(error):
            self._trouble.met(error)
        elif self._end(error):
            _log.error("%r has ended: %s", self, error)

    def _end(self, error: Exception) -> bool:
        """End because of an error; tells whether this is the first that does so, of several pollers that meet it."""
        if not self._may_end.acquire(blocking=False):
            return False
        self._ended_by = error
        self._stopping.set()
        return True

    def _perform(self, task: Task) -> None:
        me = threading.get_ident()
        self._in_hand[me] = task
        token = _at_work_for.set(self)
        try:
            with logs.about(**self._about(task)), observers.working(self, task):
                self.perform_task(task)
        except BaseException as error:
            if not is_of_the_task(error):
                raise
            _log.exception("%r could not finish %r: it is open until its timeout.", self, task)
        finally:
            _at_work_for.reset(token)
            del self._in_hand[me]

    def _about(self, task: Task) -> dict[str, str | None]:
        """Give what log records say of a task."""
        execution = getattr(task, "workflow_execution", None)
        return {
            "domain": self.domain.name,
            "task_list": self.task_list,
            "workflow_id": execution and execution.workflow_id,
            "run_id": execution and execution.run_id,
        }


def is_of_the_task(error: BaseException) -> bool:
    """Tell whether an error is the work's own. What ends a program, or a test, is raised in the main thread alone."""
    return isinstance(error, Exception | SystemExit) or threading.current_thread() is not threading.main_thread()


def run(*actors: Actor[Any], stop_timeout: float | None = None) -> None:
    """Have actors poll in the foreground until SIGINT or SIGTERM comes, then stop them without losing a task.

    All are told to stop before the first is waited for. A second signal ends the process now: the tasks in hand are
    left to their timeouts, and the log says which. In another thread than the main one, where Python delivers no
    signals, it ends when each of them was stopped.

    Args:
        actors: Deciders, workers, or actors of your own.
        stop_timeout: How many seconds the tasks in hand may take after the first signal. Left out, as long as it takes.

    Raises:
        Exception: What ended an actor; the others were stopped.
        SystemExit: A second signal came, or the time was over.
    """
    heard: list[int] = []
    handlers = _on_signals(heard)
    try:
        for actor in actors:
            actor.start()
        while not heard and _all_are_well(actors):
            time.sleep(0.05)
    finally:
        _stop_unless_hurried(actors, heard, stop_timeout)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for actor in actors:
        if actor.ended_by is not None:
            raise actor.ended_by


def _all_are_well(actors: tuple[Actor[Any], ...]) -> bool:
    return any(actor.state is not State.STOPPED for actor in actors) and not any(actor.ended_by for actor in actors)


def _stop_unless_hurried(actors: tuple[Actor[Any], ...], heard: list[int], timeout: float | None) -> None:
    """Stop actors; leave their tasks when a second signal comes, or the time is over."""
    if heard:
        _log.info("%s came: no more polls; tasks in hand are finished", signal.Signals(heard[0]).name)
    stopping = threading.Thread(target=stop, args=actors, kwargs={"timeout": timeout}, daemon=True)
    stopping.start()
    while stopping.is_alive() and len(heard) < 2:
        stopping.join(0.05)
    left = [repr(task) for actor in actors for task in actor.in_hand]
    if left or stopping.is_alive():
        _log.error("Left without an answer: %s", ", ".join(left) or "nothing; polls were under way")
        raise SystemExit(128 + heard[-1] if heard else 1)


def stop(*actors: Actor[Any], timeout: float | None = None) -> bool:
    """Stop actors, all at once: each is told before the first is waited for.

    Args:
        actors: Those to stop.
        timeout: How many seconds to wait. Left out, as long as it takes.

    Returns:
        Whether all have stopped.
    """
    stopping = [threading.Thread(target=actor.stop, args=(timeout,), daemon=True) for actor in actors]
    for thread in stopping:
        thread.start()
    for thread in stopping:
        thread.join()
    return all(actor.state is State.STOPPED for actor in actors)


def _on_signals(heard: list[int]) -> dict[int, Any]:
    """Write down the signals that ask the process to end; give the handlers that did so before."""
    if threading.current_thread() is not threading.main_thread():
        return {}

    def hear(number: int, frame: FrameType | None) -> None:
        # Nothing that takes a lock: the thread that runs this may hold it.
        heard.append(number)

    return {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}


def _at_least_one(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValidationError(f"{name} is {value!r}, and must be a whole number from 1.")
    return value
