"""Polling in threads, starting, stopping without losing a task."""

import enum
import logging
import os
import random
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

import attrs

from swf import connection as connections
from swf.connection import Connection
from swf.exceptions import (
    ConfigurationError,
    DoesNotExistError,
    InvalidCredentialsError,
    OperationNotPermittedError,
    PollTimeout,
    SWFError,
    narrowed,
)
from swf.models.base import Request
from swf.models.domain import Domain, domain_of
from swf.shapes import Identity, PageSize, StartAtPreviousStartedEvent, TaskList

Task = TypeVar("Task")

_log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60.0


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

    `start` polls in a background thread and `stop` ends that; `run` does both in the foreground, until the process is
    interrupted; ``with actor:`` starts and stops it. Subclass `Decider` or `ActivityWorker`, or give your own
    `poll_task` and `perform_task`. A subclass that has another way of running (processes, gevent) replaces `start`
    and `stop`.

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        identity: Who polls, as histories tell it, 256 characters at most. Left out, it is made of the host's name,
            the process id and a random suffix.
        connection: Which SWF. Left out, the domain's own connection.
    """

    STATES: ClassVar[type[State]] = State

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        *,
        identity: str | None = None,
        connection: Connection | None = None,
    ) -> None:
        self.domain = domain_of(domain)
        self.task_list = task_list
        self.identity = identity or f"{socket.gethostname()[:200]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._connection = connection
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        # A running actor stays with the SWF it began with, whatever becomes the default meanwhile.
        self._pinned: Connection | None = None
        Poll(task_list=task_list, identity=self.identity)

    @property
    def connection(self) -> Connection:
        """The connection that is polled: the actor's own, the domain's, or the process-wide one."""
        return self._pinned or self._connection or self.domain.connection or connections.current()

    @property
    def state(self) -> State:
        """Whether the actor polls: one of `Actor.STATES`."""
        if self._thread is None or not self._thread.is_alive():
            return State.STOPPED
        return State.STOPPING if self._stopping.is_set() else State.RUNNING

    def poll_task(self) -> Task:
        """Ask SWF for a task, for a minute at most.

        Raises:
            PollTimeout: There was none.
        """
        raise NotImplementedError(f"{type(self).__name__} says nowhere how to poll_task().")

    def perform_task(self, task: Task) -> None:
        """Work on a task, and answer it. What is raised here is logged, and polling goes on."""
        raise NotImplementedError(f"{type(self).__name__} says nowhere how to perform_task().")

    def tasks(self) -> Iterator[Task]:
        """Give task after task, each to be answered by its taker; ends when the actor is stopped."""
        while not self._stopping.is_set():
            try:
                task = self.poll_task()
            except PollTimeout:
                continue
            yield task

    def start(self) -> None:
        """Poll in a background thread from now on; an actor that polls already goes on."""
        if self.state is not State.STOPPED:
            return
        self._stopping.clear()
        self._pinned = None
        self._pinned = self.connection
        self._thread = threading.Thread(target=self._work, name=f"{type(self).__name__} {self.task_list}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Stop polling, and wait until the task in hand is answered.

        The poll under way is not cut off: SWF may just be handing out a task on it, which would be lost until it
        times out. On AWS that can take a minute; an engine of this process answers it at once.

        Args:
            timeout: How many seconds to wait. Left out, as long as it takes.

        Returns:
            Whether the actor has stopped. If not, it will as soon as its task is answered.
        """
        self._stopping.set()
        until = None if timeout is None else time.monotonic() + timeout
        while self._thread is not None and self._thread.is_alive() and self._thread is not threading.current_thread():
            self.connection.end_polls(self.identity)
            self._thread.join(0.02)
            if until is not None and time.monotonic() >= until:
                return not self._thread.is_alive()
        return True

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
        failures = 0
        while not self._stopping.is_set():
            try:
                task = self.poll_task()
            except PollTimeout:
                failures = 0
            except (OperationNotPermittedError, InvalidCredentialsError, ConfigurationError) as error:
                _log.error("%r ends: %s", self, error)
                return
            except SWFError as error:
                failures += 1
                _log.warning("%r polls again in a moment: %s", self, error)
                self._stopping.wait(pause(failures))
            else:
                failures = 0
                self._perform(task)

    def _perform(self, task: Task) -> None:
        try:
            self.perform_task(task)
        except (Exception, SystemExit):
            _log.exception("%r could not finish %r: it is open until its timeout.", self, task)


def run(*actors: Actor[Any]) -> None:
    """Have actors poll in the foreground until SIGINT or SIGTERM comes, then stop them without losing a task.

    All are told to stop before the first is waited for. In another thread than the main one, where Python delivers no
    signals, it ends when each of them was stopped.
    """
    stopping = threading.Event()
    handlers = _on_signals(stopping.set)
    try:
        for actor in actors:
            actor.start()
        while not stopping.is_set() and any(actor.state is not State.STOPPED for actor in actors):
            stopping.wait(0.1)
    finally:
        stop(*actors)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def stop(*actors: Actor[Any]) -> None:
    """Stop actors, all at once: each is told before the first is waited for."""
    going = list(actors)
    while going:
        going = [actor for actor in going if not actor.stop(timeout=0)]


def _on_signals(call: Callable[[], None]) -> dict[int, Any]:
    """Call this when the process is asked to end; give the handlers that did so before."""
    if threading.current_thread() is not threading.main_thread():
        return {}

    def hear(number: int, frame: FrameType | None) -> None:
        _log.info("%s came: no more polls; tasks in hand are finished", signal.Signals(number).name)
        call()

    return {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}


def pause(failures: int) -> float:
    """Give how many seconds to wait after so many failures in a row: doubling, with jitter, a minute at most."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE_SECONDS, 0.5 * 2.0 ** min(failures, 10))
