"""Pollers that wait for a task: each task wakes one of them, at once."""

import threading
from collections import deque
from collections.abc import Callable, Iterable

from swf.engine.transaction import TaskListKey


class Waiter:
    """One waiting poll.

    Args:
        key: The task list it waits for.
        identity: Who polls, as the request says.
        wake: Called, from any thread, when there may be a task, or no more reason to wait.
    """

    def __init__(self, key: TaskListKey, identity: str | None, wake: Callable[[], None]) -> None:
        self.key = key
        self.identity = identity
        self.wake = wake
        self.is_ended = False


class Waiters:
    """All waiting polls of an engine, those that wait longest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[TaskListKey, deque[Waiter]] = {}

    def join(self, waiter: Waiter) -> None:
        """Wait at the end of the queue."""
        with self._lock:
            self._waiting.setdefault(waiter.key, deque()).append(waiter)

    def leave(self, waiter: Waiter) -> bool:
        """Wait no longer; tells whether the poll was still waiting, and not woken already."""
        with self._lock:
            queue = self._waiting.get(waiter.key)
            if queue is None or waiter not in queue:
                return False
            queue.remove(waiter)
            if not queue:
                del self._waiting[waiter.key]
            return True

    def wake(self, offered: Iterable[TaskListKey]) -> None:
        """Wake one poll for each task that was offered; a woken poll waits no longer."""
        for key in offered:
            waiter = self._first(key)
            if waiter is not None:
                waiter.wake()

    def end(self, identity: str | None = None) -> None:
        """End the waiting polls of an identity, or all: they answer that there is no task."""
        with self._lock:
            ended = [
                waiter
                for queue in self._waiting.values()
                for waiter in queue
                if identity is None or waiter.identity == identity
            ]
        for waiter in ended:
            waiter.is_ended = True
            if self.leave(waiter):
                waiter.wake()

    def _first(self, key: TaskListKey) -> Waiter | None:
        with self._lock:
            queue = self._waiting.get(key)
            if queue is None:
                return None
            waiter = queue.popleft()
            if not queue:
                del self._waiting[key]
            return waiter
