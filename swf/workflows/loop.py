"""An event loop without a clock of its own: what is ready runs in order, time is SWF's, and a delay is a timer.

It runs until nothing is ready, and then waits for the next turn. So asyncio's own sleep, gather, wait, timeout,
TaskGroup, Event, Queue and shield work as they are. What would wait for anything else, a socket or a thread, is
refused.
"""

import asyncio
import logging
import math
import sys
from asyncio import events as asyncio_events
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from swf.exceptions import ForbiddenCallError
from swf.workflows.commands import Timer

if TYPE_CHECKING:
    from swf.workflows.machine import Machine

T = TypeVar("T")

_log = logging.getLogger(__name__)

# A workflow that does so much without waiting for anything never will.
MOST_CALLBACKS = 1_000_000

# What a timer of SWF may take at most.
LONGEST_SECONDS = 99_999_999


class Ready(asyncio.Handle):
    """A callback that is to be called in this turn."""

    __slots__ = ()

    # What asyncio's own handle does beside is for debugging, and its repr tells of that.
    _repr = None
    _source_traceback = None

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], loop: "Loop", context: Context | None
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False


class Numbered:
    """Something whose hash is a number that it gets in turn: so sets of it have the same order on each replay."""

    __slots__ = ()

    _number: int

    def __hash__(self) -> int:
        return self._number


class Future(Numbered, asyncio.Future[T]):
    """A future of the loop."""

    __slots__ = ("_number",)

    def __init__(self, loop: "Loop") -> None:
        self._number = loop.next_number()
        super().__init__(loop=loop)

    def result(self) -> T:
        """Give the result; in a workflow in blocking style, wait for it.

        Raises:
            Exception: What it failed with.
        """
        if not self.done():
            loop: Any = self.get_loop()
            if loop.machine.block is not None:
                return loop.machine.block(self)  # type: ignore[no-any-return]
        return super().result()

    def exception(self) -> BaseException | None:
        """Give what it failed with, or None; in a workflow in blocking style, wait for its end."""
        loop: Any = self.get_loop()
        if not self.done() and loop.machine.block is not None:
            try:
                loop.machine.block(self)
            except BaseException:
                # Its own failure is given, and not raised; another one is that of whoever waits, a cancel say.
                if not self.done():
                    raise
        return super().exception()

    __hash__ = Numbered.__hash__


class Task(Numbered, asyncio.Task[T]):
    """A task of the loop."""

    __slots__ = ("_number",)

    def __init__(
        self, coroutine: Coroutine[Any, Any, T], loop: "Loop", name: str | None, context: Context | None
    ) -> None:
        number = loop.next_number()
        self._number = number
        super().__init__(coroutine, loop=loop, name=name or f"Task-{number - loop.first_number}", context=context)
        # Nothing is wrong with an execution that is not over when it is forgotten.
        self._log_destroy_pending = False

    __hash__ = Numbered.__hash__


def _foreign(name: str, instead: str) -> Any:
    def refuse(self: "Loop", *args: Any, **kwargs: Any) -> NoReturn:
        for argument in args:
            if asyncio.iscoroutine(argument):
                argument.close()
        self.machine.fail(
            ForbiddenCallError(f"A workflow cannot wait for what {name}() of its event loop brings. {instead}")
        )

    refuse.__name__ = name
    return refuse


_ACTIVITY = "Do it in an activity, and await that."


class Loop(asyncio.AbstractEventLoop):
    """The event loop of one execution.

    Args:
        machine: The execution's machine: its time, and its timers.
        first_number: Where the numbers begin that order its futures and tasks in sets; another one for each execution,
            since asyncio keeps the tasks of all loops in one set.
    """

    def __init__(self, machine: "Machine", first_number: int) -> None:
        self.machine = machine
        self.first_number = first_number
        self._last_number = first_number
        self._ready: deque[asyncio.Handle] = deque()
        # asyncio itself only refers weakly to tasks, and what nobody else holds must not vanish between two turns.
        self._tasks: dict[Task[Any], None] = {}
        self._is_running = False

    def next_number(self) -> int:
        """Give the next number."""
        self._last_number += 1
        return self._last_number

    def run_ready(self) -> None:
        """Call what is ready, in order, until nothing is."""
        before = asyncio_events._get_running_loop()
        hooks = sys.get_asyncgen_hooks()
        asyncio_events._set_running_loop(self)
        sys.set_asyncgen_hooks(firstiter=None, finalizer=self._end_generator)
        self._is_running = True
        try:
            self._run_all()
        finally:
            self._is_running = False
            sys.set_asyncgen_hooks(*hooks)
            asyncio_events._set_running_loop(before)

    def _end_generator(self, generator: AsyncGenerator[Any, None]) -> None:
        """Have an asynchronous generator that nobody holds any more end in this turn.

        Between turns, or in those of another execution, it is garbage that a replay may never meet: it just goes.
        """
        if not self.machine.has_gone and asyncio_events._get_running_loop() is self:
            self.create_task(_closed(generator))

    def _run_all(self) -> None:
        ready = self._ready
        left = MOST_CALLBACKS
        while ready:
            handle: Any = ready.popleft()
            if not handle._cancelled:
                try:
                    handle._context.run(handle._callback, *handle._args)
                except (KeyboardInterrupt, SystemExit):
                    raise
                except BaseException as error:
                    self.machine.uncaught(error, repr(handle))
            left -= 1
            if not left:
                self.machine.fail(
                    ForbiddenCallError(
                        f"The workflow did {MOST_CALLBACKS:,} steps and waited for nothing. Await something that "
                        "takes time: an activity, asyncio.sleep(1)."
                    )
                )

    def close(self) -> None:
        """End the coroutines, which wait for nothing any more; what they do meanwhile goes nowhere."""
        before = asyncio_events._get_running_loop()
        asyncio_events._set_running_loop(self)
        try:
            for task in tuple(self._tasks):
                _end(task)
            self._tasks.clear()
            self._ready.clear()
            self.machine.let_go()
        finally:
            asyncio_events._set_running_loop(before)

    # What asyncio calls.

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Have a callback called in this turn, after those that are ready already."""
        handle = Ready(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Have a callback called after some seconds, rounded up to whole ones: by a timer of SWF.

        More than SWF takes is as good as what it takes: no execution lasts so long.
        """
        seconds = math.ceil(min(delay, LONGEST_SECONDS)) if delay > 0 else 0
        timer = Timer(self.time() + seconds, callback, args, self, context or copy_context())
        if seconds:
            self.machine.start_timer(timer, seconds)
        else:
            self._ready.append(timer)
        return timer

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Have a callback called at a time of this loop."""
        # Seconds since 1970 leave a float some ten millionths of a second, which are no reason to wait another second.
        return self.call_later(round(when - self.time(), 6), callback, *args, context=context)

    def fire(self, timer: Timer) -> None:
        """Have the callback of a timer called in this turn."""
        self._ready.append(timer)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        if isinstance(handle, Timer):
            self.machine.cancel_timer(handle)

    def time(self) -> float:
        """Give the time of the turn, in seconds since 1970."""
        return self.machine.timestamp

    def create_future(self) -> "asyncio.Future[Any]":
        """Give a future of this loop."""
        return Future(self)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        """Have a coroutine run as a task; a call that is under way already is waited for in one."""
        coroutine = _awaited(coro) if isinstance(coro, Future) else coro
        task: Task[T] = Task(coroutine, self, name, context)  # type: ignore[arg-type]
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: Any) -> None:
        self._tasks.pop(task, None)

    def is_running(self) -> bool:
        """Tell whether a turn is under way."""
        return self._is_running

    def is_closed(self) -> bool:
        """Tell that the loop is not closed."""
        return False

    def get_debug(self) -> bool:
        """Tell that asyncio need not look for mistakes."""
        return False

    def set_debug(self, enabled: bool) -> None:
        """Take no notice."""

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Log what nobody caught; once, not on each replay."""
        if not self.machine.is_replaying and not self.machine.is_closed:
            _log.error("%s", context.get("message"), exc_info=context.get("exception"))

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Log what nobody caught."""
        self.default_exception_handler(context)

    async def shutdown_asyncgens(self) -> None:
        """Leave asynchronous generators alone."""

    # What waits for something that SWF's history does not record.

    run_in_executor = _foreign("run_in_executor", f"asyncio.to_thread() and executors need it. {_ACTIVITY}")
    call_soon_threadsafe = _foreign("call_soon_threadsafe", "Signal the execution from outside: execution.signal().")
    run_forever = _foreign("run_forever", "The workflow runs in it already.")
    run_until_complete = _foreign("run_until_complete", "The workflow runs in it already: await what is to be awaited.")
    getaddrinfo = _foreign("getaddrinfo", _ACTIVITY)
    getnameinfo = _foreign("getnameinfo", _ACTIVITY)
    create_connection = _foreign("create_connection", _ACTIVITY)
    create_server = _foreign("create_server", _ACTIVITY)
    create_unix_connection = _foreign("create_unix_connection", _ACTIVITY)
    create_unix_server = _foreign("create_unix_server", _ACTIVITY)
    create_datagram_endpoint = _foreign("create_datagram_endpoint", _ACTIVITY)
    connect_accepted_socket = _foreign("connect_accepted_socket", _ACTIVITY)
    start_tls = _foreign("start_tls", _ACTIVITY)
    sendfile = _foreign("sendfile", _ACTIVITY)
    connect_read_pipe = _foreign("connect_read_pipe", _ACTIVITY)
    connect_write_pipe = _foreign("connect_write_pipe", _ACTIVITY)
    subprocess_shell = _foreign("subprocess_shell", _ACTIVITY)
    subprocess_exec = _foreign("subprocess_exec", _ACTIVITY)
    add_reader = _foreign("add_reader", _ACTIVITY)
    add_writer = _foreign("add_writer", _ACTIVITY)
    sock_recv = _foreign("sock_recv", _ACTIVITY)
    sock_recv_into = _foreign("sock_recv_into", _ACTIVITY)
    sock_recvfrom = _foreign("sock_recvfrom", _ACTIVITY)
    sock_recvfrom_into = _foreign("sock_recvfrom_into", _ACTIVITY)
    sock_sendall = _foreign("sock_sendall", _ACTIVITY)
    sock_sendto = _foreign("sock_sendto", _ACTIVITY)
    sock_connect = _foreign("sock_connect", _ACTIVITY)
    sock_accept = _foreign("sock_accept", _ACTIVITY)
    sock_sendfile = _foreign("sock_sendfile", _ACTIVITY)
    remove_reader = _foreign("remove_reader", _ACTIVITY)
    remove_writer = _foreign("remove_writer", _ACTIVITY)
    set_default_executor = _foreign("set_default_executor", _ACTIVITY)
    shutdown_default_executor = _foreign("shutdown_default_executor", _ACTIVITY)
    set_exception_handler = _foreign("set_exception_handler", "What nobody catches is logged.")
    get_exception_handler = _foreign("get_exception_handler", "What nobody catches is logged.")
    set_task_factory = _foreign("set_task_factory", "Tasks are made in one way here.")
    get_task_factory = _foreign("get_task_factory", "Tasks are made in one way here.")
    stop = _foreign("stop", "The workflow ends when run() does.")
    remove_signal_handler = _foreign("remove_signal_handler", _ACTIVITY)
    add_signal_handler = _foreign("add_signal_handler", "Give the workflow a method that is a @signal.")


async def _awaited(future: Future[T]) -> T:
    return await future


async def _closed(generator: AsyncGenerator[Any, None]) -> None:
    await generator.aclose()


def _end(task: "Task[Any]") -> None:
    """End a task's coroutine where it waits."""
    coroutine = task.get_coro()
    for _ in range(10):
        try:
            coroutine.close()
        except RuntimeError:
            # It awaits something in a finally block: that is ended in turn.
            continue
        except BaseException:
            # Whatever its finally blocks raise: nobody is there any more to hear of it.
            break
        break
