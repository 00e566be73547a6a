"""Handlers in processes of their own: one that dies takes nothing with it but its task."""

import asyncio
import inspect
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import attrs

from swf import logs, payload
from swf.actors.executors import TaskClosed, in_this_process
from swf.actors.exits import ending
from swf.actors.running import RunningTask, TaskCanceled
from swf.exceptions import ConfigurationError, DoesNotExistError, SWFError
from swf.failure import Failure, TaskFailed
from swf.models.activity import ActivityTask

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from swf.actors.worker import ActivityWorker

# A process that forks itself has none of the threads of the one that asked for it, nor their locks.
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


class ChildFailed(TaskFailed):
    """What a handler raised in its process, told here.

    Attributes:
        failure: The error, as it was there.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message, retry=failure.retry, retry_after=failure.retry_after, type=failure.type)
        self.failure = failure


class Processes:
    """Runs handlers in processes, each of which works on one task at a time and then on the next.

    Args:
        worker: The worker; each process gets a copy of it.
        interrupts: Whether the process of a task that is to be canceled is ended.

    Raises:
        ConfigurationError: The worker cannot be copied.
    """

    def __init__(self, worker: "ActivityWorker", *, interrupts: bool) -> None:
        self._pickled = _pickled(worker)
        self._interrupts = interrupts
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._context: BaseContext = multiprocessing.get_context(_METHOD)
        self._is_closed = False

    def call(self, task: RunningTask) -> Any:
        """Have the handler of the task's type called in a process."""
        child = self._take()
        task.heart.on_change(lambda: child.end() if task.is_closed or self._interrupts else None)
        if task.is_closed or (self._interrupts and task.is_cancel_requested):
            child.end()
        try:
            return child.call(task)
        finally:
            self._give_back(child)

    def close(self) -> None:
        """End the processes that work on nothing; the others end with their tasks."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _take(self) -> "_Child":
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_alive:
                    return child
        return _Child(self._context, self._pickled)

    def _give_back(self, child: "_Child") -> None:
        with self._lock:
            if not self._is_closed and child.is_alive:
                self._idle.append(child)
                return
        child.end()


class _Child:
    """A process, and the pipe to it."""

    def __init__(self, context: "BaseContext", worker: bytes) -> None:
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, worker), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        theirs.close()
        self._is_ended = False

    @property
    def is_alive(self) -> bool:
        return not self._is_ended and self._process.is_alive()

    def end(self) -> None:
        self._is_ended = True
        self._process.kill()

    def call(self, task: RunningTask) -> Any:
        try:
            self._pipe.send(_sent(task))
            while True:
                wait([self._pipe, self._process.sentinel])
                kind, said = self._pipe.recv()
                if kind == "heartbeat":
                    self._pipe.send(_heard(task, said))
                else:
                    return _outcome(kind, said)
        except (EOFError, OSError):
            raise self._died(task) from None

    def _died(self, task: RunningTask) -> BaseException:
        if task.is_closed:
            return TaskClosed()
        self._process.join(10)
        if self._is_ended:
            return TaskCanceled()
        code = self._process.exitcode or 0
        hint = " The system may have been short of memory." if code == -signal.SIGKILL else ""
        return TaskFailed(f"The process that worked on it {ending(code)}.{hint}", type="ProcessDied")


def _pickled(worker: "ActivityWorker") -> bytes:
    try:
        return pickle.dumps(worker)
    except Exception as error:
        raise ConfigurationError(
            f"{worker!r} cannot be copied into a process: {error}. Keep only what pickle can copy in its attributes, "
            "and make the rest when it is first needed; register functions that are named in a module."
        ) from error


# Between the two processes: what is asked and told


def _sent(task: RunningTask) -> dict[str, Any]:
    members = (field.name for field in attrs.fields(ActivityTask) if field.name != "connection")
    return {name: getattr(task, name) for name in members}


@attrs.frozen
class _Heard:
    """How a task stands, and the error of the heartbeat if there was one."""

    is_cancel_requested: bool
    is_closed: bool
    error: SWFError | None = None


def _heard(task: RunningTask, said: tuple[str | None, bool]) -> _Heard:
    """Hear of a heartbeat, or of the wish to know how the task stands; give that."""
    details, is_beat = said
    error: SWFError | None = None
    try:
        if is_beat:
            task.heartbeat(details)
    except DoesNotExistError:
        pass
    except SWFError as failed:
        error = failed
    return _Heard(task.is_cancel_requested, task.is_closed, error)


def _outcome(kind: str, said: Any) -> Any:
    match kind:
        case "done":
            return said
        case "canceled":
            raise TaskCanceled(said)
        case _:
            raise ChildFailed(said)


class FarHeart:
    """The heart of a task that beats in another process."""

    def __init__(self, pipe: Pipe, lock: threading.Lock) -> None:
        self._pipe = pipe
        self._lock = lock
        self._is_over = False

    def end(self) -> None:
        """Ask nothing any more: the pipe is the next task's. A thread that the handler left behind hears of the end."""
        with self._lock:
            self._is_over = True

    @property
    def is_cancel_requested(self) -> bool:
        """Whether the decider asked for the task to be canceled."""
        return self._ask(None, is_beat=False).is_cancel_requested

    @property
    def is_closed(self) -> bool:
        """Whether SWF no longer waits for the task's answer."""
        return self._ask(None, is_beat=False).is_closed

    def beat(self, details: Any = None, *, may_wait: bool = True) -> bool:
        """Have details sent, and give whether the task should be canceled; see `Heart.beat`."""
        heard = self._ask(payload.encode(details), is_beat=True)
        if heard.error is not None:
            raise heard.error
        if heard.is_closed:
            raise ActivityTask.DoesNotExist("The task is closed. Stop working on it.")
        return heard.is_cancel_requested

    def on_change(self, call: Callable[[], None]) -> None:
        """Nothing is called here: the other process ends this one."""

    def _ask(self, details: str | None, *, is_beat: bool) -> "_Heard":
        with self._lock:
            if self._is_over:
                return _Heard(is_cancel_requested=False, is_closed=True)
            self._pipe.send(("heartbeat", (details, is_beat)))
            heard: _Heard = self._pipe.recv()
            return heard


def _work(pipe: Pipe, pickled: bytes) -> None:
    """Work on the tasks that come through the pipe, until the other side is gone."""
    # Ctrl-C goes to all processes of a terminal; it is the worker that decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    worker: ActivityWorker = pickle.loads(pickled)
    lock = threading.Lock()
    while True:
        try:
            sent = pipe.recv()
        except EOFError:
            return
        heart = FarHeart(pipe, lock)
        task = RunningTask(**sent, heart=heart)
        with logs.about(**worker._about(task)):
            outcome = _worked(worker, task)
        heart.end()
        pipe.send(outcome)


def _worked(worker: "ActivityWorker", task: RunningTask) -> tuple[str, Any]:
    try:
        with in_this_process():
            given = worker.handle(task)
            result = asyncio.run(given) if inspect.iscoroutine(given) else given
        pickle.dumps(result)
    except TaskCanceled as canceled:
        return "canceled", str(canceled)
    except BaseException as error:
        return "failed", Failure.of(error)
    return "done", result


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
