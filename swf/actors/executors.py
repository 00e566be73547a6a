"""Where the handlers of activity tasks run: in the thread that polled, in a process, on an event loop.

Whatever runs them, the thread that polled waits for the outcome and answers the task.
"""

import asyncio
import contextvars
import ctypes
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Literal, Protocol

from swf.actors.running import RunningTask, TaskCanceled

ExecutorName = Literal["thread", "process"]


class TaskClosed(BaseException):
    """Raised inside a handler whose task SWF closed, where that is asked for: there is nothing to answer any more."""


class Executor(Protocol):
    """Runs handlers."""

    def call(self, task: RunningTask) -> Any:
        """Give what the handler of a task returns; raises what it raises."""
        ...

    def close(self) -> None:
        """Let go of what was kept for the next task."""
        ...


class Threads:
    """Runs handlers in the thread that polled, coroutines on an event loop of the worker.

    Args:
        handle: Calls the handler of a task.
        interrupts: Whether `TaskCanceled` is raised inside a handler that is to cancel its task.
    """

    def __init__(self, handle: Callable[[RunningTask], Any], *, interrupts: bool) -> None:
        self._handle = handle
        self._interrupts = interrupts
        self._lock = threading.Lock()
        self._loop: Loop | None = None

    def call(self, task: RunningTask) -> Any:
        """Call the handler; a coroutine that it gives is awaited on the loop."""
        with in_this_process():
            given = self._handled(task)
        if not inspect.iscoroutine(given):
            return given
        return self._loop_in_use().run(given, task, interrupts=self._interrupts)

    def _handled(self, task: RunningTask) -> Any:
        if not self._interrupts:
            return self._handle(task)
        with interrupted_by(task):
            return self._handle(task)

    def close(self) -> None:
        """End the event loop."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.close()

    def _loop_in_use(self) -> "Loop":
        with self._lock:
            if self._loop is None:
                self._loop = Loop()
            return self._loop


@contextmanager
def in_this_process() -> Iterator[None]:
    """End a process that was forked in the block when it comes out of it: it would answer the task a second time."""
    here = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != here:
            os._exit(0 if sys.exc_info()[0] is None else 1)


@contextmanager
def interrupted_by(task: RunningTask) -> Iterator[None]:
    """Raise `TaskCanceled` or `TaskClosed` in the block, once, when the task is to be canceled or is closed.

    It is raised between two steps of Python; a call that waits elsewhere, such as ``time.sleep``, ends first.
    """
    thread = threading.get_ident()
    lock = threading.Lock()
    is_inside = True
    is_raised = False

    def interrupt() -> None:
        nonlocal is_raised
        with lock:
            if is_inside and not is_raised:
                is_raised = True
                _raise_in(thread, TaskClosed if task.is_closed else TaskCanceled)

    task.heart.on_change(interrupt)
    try:
        yield
    finally:
        with lock:
            is_inside = False
            if is_raised:
                _take_back()


class _TakenBackError(BaseException):
    pass


def _take_back() -> None:
    """Take back what is to be raised in this thread and has not been yet."""
    # CPython can clear it, and then takes the whole process to have such an error waiting ever after: all threads get
    # slower, and what is profiled or traced hangs. So another one takes its place, and comes here.
    with suppress(_TakenBackError):
        _raise_in(threading.get_ident(), _TakenBackError)
        while True:
            time.sleep(0)


def _raise_in(thread: int, error: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="coroutines", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        is_stopped = False
        while not is_stopped:
            # What a coroutine raises to exit ends the loop too. It is in the coroutine's outcome; the others go on.
            with suppress(SystemExit, KeyboardInterrupt):
                self._loop.run_forever()
                is_stopped = True

    def run(self, coroutine: Coroutine[Any, Any, Any], task: RunningTask, *, interrupts: bool) -> Any:
        """Await a coroutine there, and give its result here.

        It is cancelled when SWF closed its task and, if that is asked for, when the task is to be canceled.
        """
        outcome: Future[Any] = Future()
        context = contextvars.copy_context()

        def begin() -> None:
            running = self._loop.create_task(coroutine, context=context)
            running.add_done_callback(lambda ended: _hand_over(ended, outcome, task))
            if task.is_closed or (interrupts and task.is_cancel_requested):
                running.cancel()

            def interrupt() -> None:
                if task.is_closed or interrupts:
                    self._loop.call_soon_threadsafe(running.cancel)

            task.heart.on_change(interrupt)

        self._loop.call_soon_threadsafe(begin)
        return outcome.result()

    def close(self) -> None:
        """End the loop; nothing runs on it any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


def _hand_over(ended: "asyncio.Task[Any]", outcome: "Future[Any]", task: RunningTask) -> None:
    if ended.cancelled():
        outcome.set_exception(_cancelled(task))
        return
    error = ended.exception()
    if error is None:
        outcome.set_result(ended.result())
    else:
        outcome.set_exception(error)


def _cancelled(task: RunningTask) -> BaseException:
    if task.is_closed:
        return TaskClosed()
    # Something inside was cancelled without anybody asking for the task to be: that is a failure like others.
    return TaskCanceled() if task.is_cancel_requested else asyncio.CancelledError()
