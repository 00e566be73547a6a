"""Pollers that wait for a task: each task wakes one of them, at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from swf.engine.transaction import TaskListKey


class Waiter:
    """One poll, from its arrival to its answer.

    Args:
        key: The task list it waits for.
        identity: Who polls, as the request says.
        wake: Called, from any thread, when there may be a task, or no more reason to wait.

    Attributes:
        is_woken: Whether it was told of a task since it began to wait.
        is_ended: Whether it is to answer that there is no task.
    """

    def __init__(self, key: TaskListKey, identity: str | None, wake: Callable[[], None]) -> None:
        self.key = key
        self.identity = identity
        self.wake = wake
        self.is_woken = False
        self.is_ended = False


class Waiters:
    """All polls of an engine that are not answered yet; those that wait stand in queues, the longest wait first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._polls: set[Waiter] = set()
        self._queues: dict[TaskListKey, OrderedDict[Waiter, None]] = {}

    @property
    def awake(self) -> int:
        """How many polls were woken and did not look yet."""
        with self._lock:
            return len(self._polls) - sum(map(len, self._queues.values()))

    def __len__(self) -> int:
        """Tell how many polls are not answered yet."""
        return len(self._polls)

    def waiting(self, key: TaskListKey) -> int:
        """Tell how many polls wait for the tasks of a list."""
        with self._lock:
            return len(self._queues.get(key, ()))

    def join(self, waiter: Waiter) -> None:
        """Wait at the end of the queue, unless the poll was ended."""
        with self._lock:
            if not waiter.is_ended:
                waiter.is_woken = False
                self._polls.add(waiter)
                self._queues.setdefault(waiter.key, OrderedDict())[waiter] = None

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer, for the poll is answered; a wake-up it did not need goes to the next one."""
        with self._lock:
            self._polls.discard(waiter)
            self._dequeue(waiter)
        if waiter.is_woken:
            self.wake([waiter.key])

    def wake(self, offered: Iterable[TaskListKey]) -> None:
        """Wake one poll for each task that was offered; a woken poll has to join again to go on waiting."""
        for key in offered:
            waiter = self._first(key)
            if waiter is not None:
                waiter.wake()

    def end(self, identity: str | None = None) -> None:
        """End the polls of an identity, or all: they answer that there is no task."""
        with self._lock:
            ended = [waiter for waiter in self._polls if identity in (None, waiter.identity)]
            for waiter in ended:
                waiter.is_ended = True
                self._dequeue(waiter)
        for waiter in ended:
            waiter.wake()

    def _first(self, key: TaskListKey) -> Waiter | None:
        with self._lock:
            queue = self._queues.get(key)
            if queue is None:
                return None
            waiter = next(iter(queue))
            waiter.is_woken = True
            self._dequeue(waiter)
            return waiter

    def _dequeue(self, waiter: Waiter) -> None:
        queue = self._queues.get(waiter.key)
        if queue is None:
            return
        queue.pop(waiter, None)
        if not queue:
            del self._queues[waiter.key]
