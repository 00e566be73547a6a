"""Processes that are started again when they die.

A supervisor works on no tasks itself. Each of its children has a pipe as its standard input: the supervisor's orders
come through it, and its end tells that the supervisor is gone, whatever became of it. So nothing is left behind, and
nothing here needs what only POSIX has.

The program of a child makes a `Supervised` before all else, and has it run the actors:

>>> command = [sys.executable, "-c", "from swf.actors.supervisor import Supervised; Supervised().run(...)"]
>>> supervisor = Supervisor(command, 4)
"""

import enum
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

import attrs

from swf.actors.core import Actor, run, stop
from swf.actors.exits import ending, signal_name
from swf.actors.health import Report
from swf.actors.trouble import pause

_log = logging.getLogger(__name__)

# A child that lived so long was well: what ends it then is not what ended the one before it.
WELL_AFTER_SECONDS = 60.0

# What a child gets to end at once, before it is killed.
LAST_SECONDS = 3.0

_LOOK_SECONDS = 0.05


class Order(enum.IntEnum):
    """What a supervisor says to a child; one byte in the pipe."""

    STOP = 1
    NOW = 2


class Child:
    """A process that runs a command, and obeys.

    Its output is the supervisor's. It is not reached by the Ctrl-C of a terminal, which is for the supervisor.

    Args:
        command: The program, which makes a `Supervised`, and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.began = time.monotonic()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, **_apart())

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; negative is the signal that ended it. None while it lives."""
        code = self._process.poll()
        if code is not None and self._process.stdin is not None:
            self._process.stdin.close()
        return code

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.exit_code is None

    def tell(self, order: Order) -> None:
        """Give an order; one that has ended hears nothing."""
        if self._process.stdin is not None and self.is_alive:
            with suppress(OSError):
                self._process.stdin.write(bytes([order]))

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for its end, and give the exit code; None when it lives on."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.exit_code

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()


def end(*children: Child) -> None:
    """End children at once, and wait until they have; those that do not obey are killed."""
    for child in children:
        child.tell(Order.NOW)
    until = time.monotonic() + LAST_SECONDS
    for child in children:
        if child.wait(max(0.0, until - time.monotonic())) is None:
            child.kill()
            child.wait()


def _apart() -> dict[str, Any]:
    """Have a process be in a group of its own."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


@attrs.define
class _Post:
    """A place that a child fills, and after its death another one.

    Attributes:
        starts: How many it had.
        deaths: How many of the last ones died young, one after the other.
        again_at: When the next one is due.
        ending: How the last one ended.
    """

    child: Child | None = None
    starts: int = 0
    deaths: int = 0
    again_at: float = 0.0
    ending: str | None = None

    @property
    def is_filled(self) -> bool:
        return self.child is not None and self.child.is_alive

    @property
    def told(self) -> dict[str, Any]:
        child = self.child
        return {
            "pid": None if child is None else child.pid,
            "alive": self.is_filled,
            "restarts": max(0, self.starts - 1),
            "last_ending": self.ending,
        }


class Supervisor:
    """Keeps processes alive: each that dies is replaced, after a pause that grows while they die young.

    Args:
        command: What each of them runs: a program that makes a `Supervised`.
        count: How many there are.
        hopeless: Exit codes that say that it would only happen again. After such a one all are stopped.
    """

    def __init__(self, command: Sequence[str], count: int, *, hopeless: Collection[int] = ()) -> None:
        self._command = tuple(command)
        self._hopeless = frozenset(hopeless)
        self._posts = [_Post() for _ in range(count)]
        self._is_stopping = False

    def run(self) -> int:
        """Keep them alive in the foreground until SIGINT or SIGTERM comes, then have them stop without losing a task.

        A second signal ends them at once.

        Returns:
            An exit code: 0, the hopeless one, or 128 and the number of the last signal if a child did not stop well.
        """
        with heard_signals() as heard:
            try:
                hopeless = self._keep_alive(heard)
                stopped = self._stop(heard)
                return hopeless or stopped
            finally:
                end(*self._living())

    def report(self) -> Report:
        """Tell how the processes fare: all is well while all of them live, and none was told to stop."""
        is_well = not self._is_stopping and all(post.is_filled for post in self._posts)
        return Report(is_well, {"processes": [post.told for post in self._posts]})

    def _keep_alive(self, heard: list[int]) -> int:
        """Replace those that die until a signal comes; give the exit code of one for which that is no use."""
        while not heard:
            for post in self._posts:
                code = self._look_after(post)
                if code in self._hopeless:
                    return code
            time.sleep(_LOOK_SECONDS)
        _log.info("%s came: %d processes finish what they have in hand", signal_name(heard[0]), len(self._living()))
        return 0

    def _look_after(self, post: _Post) -> int:
        """Start a child that is due; give the exit code of one that just ended, else 0."""
        if post.child is None:
            if time.monotonic() >= post.again_at:
                self._start(post)
            return 0
        code = post.child.exit_code
        if code is None:
            return 0
        self._ended(post, post.child, code)
        return code

    def _start(self, post: _Post) -> None:
        try:
            post.child = Child(self._command)
        except OSError as error:
            post.deaths += 1
            post.again_at = time.monotonic() + pause(post.deaths)
            _log.error("A process could not be started, and is tried again: %s", error)
        else:
            post.starts += 1
            _log.info("Process %d has started", post.child.pid)

    def _ended(self, post: _Post, child: Child, code: int) -> None:
        post.child, post.ending = None, ending(code)
        if code in self._hopeless:
            _log.error("Process %d %s. Another one would end like it: all are stopped.", child.pid, post.ending)
            return
        post.deaths = deaths(post.deaths, time.monotonic() - child.began)
        seconds = pause(post.deaths)
        post.again_at = time.monotonic() + seconds
        _log.warning("Process %d %s. Another one starts in %.1f seconds.", child.pid, post.ending, seconds)

    def _stop(self, heard: list[int]) -> int:
        self._is_stopping = True
        stopped = self._living()
        for child in stopped:
            child.tell(Order.STOP)
        while self._living() and len(heard) < 2:
            time.sleep(_LOOK_SECONDS)
        if self._living():
            _log.error("%s came again: %d processes are ended at once", signal_name(heard[-1]), len(self._living()))
            return 128 + heard[-1]
        is_left = any(child.exit_code for child in stopped)
        return 128 + heard[-1] if heard and is_left else 0

    def _living(self) -> list[Child]:
        return [post.child for post in self._posts if post.child is not None and post.child.is_alive]


def deaths(before: int, lived_seconds: float) -> int:
    """Count deaths one after the other, of children that died young.

    >>> deaths(3, lived_seconds=2), deaths(3, lived_seconds=3600)
    (4, 1)
    """
    return before + 1 if lived_seconds < WELL_AFTER_SECONDS else 1


class Supervised:
    """The process as a child of a supervisor: from now on it obeys, and does not outlive the supervisor.

    Its standard input is empty from then on. An order that comes before `run` ends the process: nothing is lost.
    """

    def __init__(self) -> None:
        self._orders: SimpleQueue[Order | None] | None = None
        self._pipe = _taken_stdin()
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def run(self, *actors: Actor[Any], stop_timeout: float | None = None) -> None:
        """Have actors poll in the foreground until they are told to stop, then stop them without losing a task.

        SIGINT and SIGTERM ask for the same, and come twice to nothing more: an init system may send one to each
        process, beside the order of the supervisor.

        Args:
            actors: Deciders, workers, or actors of your own.
            stop_timeout: How many seconds the tasks in hand may take then. Left out, as long as it takes.

        Raises:
            SWFError: An actor ended because of it; the others were stopped.
            SystemExit: The supervisor would not wait, or the time was over.
        """
        orders: SimpleQueue[Order | None] = SimpleQueue()
        ended = _running(actors)
        ended.add_done_callback(lambda _: orders.put(None))
        with signals_to(lambda number: orders.put(Order.STOP)):
            self._orders = orders
            if _next(orders) is not None:
                _stop_in_time(actors, orders, stop_timeout)
        if ended.done():
            ended.result()

    def _listen(self) -> None:
        while said := os.read(self._pipe, 1):
            self._hear(Order(said[0]))
        self._hear(Order.STOP)

    def _hear(self, order: Order) -> None:
        if self._orders is None:
            os._exit(0)
        self._orders.put(order)


def _taken_stdin() -> int:
    """Take the pipe out of the way of whatever reads standard input here, and of processes that inherit it."""
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return pipe


def _running(actors: Sequence[Actor[Any]]) -> Future[None]:
    """Have actors run in a thread, where no signals come."""
    ended: Future[None] = Future()

    def work() -> None:
        try:
            run(*actors)
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=work, name="actors", daemon=True).start()
    return ended


def _stop_in_time(actors: Sequence[Actor[Any]], orders: "SimpleQueue[Order | None]", timeout: float | None) -> None:
    def work() -> None:
        stop(*actors, timeout=timeout)
        orders.put(None)

    threading.Thread(target=work, name="stopping", daemon=True).start()
    while (order := _next(orders)) is Order.STOP:
        pass
    left = [repr(task) for actor in actors for task in actor.in_hand]
    if left or order is Order.NOW:
        _log.error("Left without an answer: %s", ", ".join(left) or "nothing; polls were under way")
        raise SystemExit(1)


def _next(orders: "SimpleQueue[Order | None]") -> Order | None:
    while True:
        # Where a thread that waits for good is not woken for a signal, it is heard between two waits.
        with suppress(Empty):
            return orders.get(timeout=0.5)


@contextmanager
def heard_signals() -> Iterator[list[int]]:
    """Give a list to which SIGINT and SIGTERM are written when they come."""
    heard: list[int] = []
    with signals_to(heard.append):
        yield heard


@contextmanager
def signals_to(hear: Any) -> Iterator[None]:
    """Have something called with the number of each SIGINT and SIGTERM; it must take no lock."""

    def handle(number: int, frame: FrameType | None) -> None:
        hear(number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
