"""Lambda functions for tests: their answers are let through one by one, so that all happens in one order."""

import json
import threading
from collections import Counter
from typing import Any

from swf.engine import Engine

LONG_SECONDS = 20


class Functions:
    """The Lambda functions of one engine: ``echo`` and ``broken`` answer when they may, ``hangs`` only in the end.

    Attributes:
        by_name: The functions, as an engine takes them. The input is a dict that names the call, each another one.
        made: How often each call was made.
    """

    def __init__(self) -> None:
        self.by_name = {"echo": self.echo, "broken": self.broken, "hangs": self.hangs}
        self.made: Counter[str] = Counter()
        self._threads: dict[str, threading.Thread] = {}
        self._passed: set[str] = set()
        self._is_over = False
        self._changed = threading.Condition()

    def echo(self, event: Any) -> Any:
        self._pass(event["call"])
        return event

    def broken(self, event: Any) -> Any:
        self._pass(event["call"])
        raise ValueError("broken")

    def hangs(self, event: Any) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_over)

    def settle(self, engine: Engine) -> None:
        """Let every call end that may, in the order in which they were scheduled, with all that follows from it."""
        # A function that is not there is told to be missing in a thread too.
        for thread in threading.enumerate():
            if thread.name.endswith("nobody"):
                thread.join(LONG_SECONDS)
        while (call := self._first_call(engine)) is not None:
            self._let_through(call)

    def end(self) -> None:
        """Let all calls end: nobody waits for them any more."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _pass(self, call: str) -> None:
        with self._changed:
            self.made[call] += 1
            self._threads[call] = threading.current_thread()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_over or call in self._passed)

    def _let_through(self, call: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: call in self._threads, LONG_SECONDS), f"nobody made the call {call}"
            self._passed.add(call)
            self._changed.notify_all()
        self._threads[call].join(LONG_SECONDS)
        assert not self._threads[call].is_alive(), f"the call {call} did not end"

    def _first_call(self, engine: Engine) -> str | None:
        """Give the call under way that was scheduled first, of those that end."""
        with engine._turn:
            bodies = engine._store.rows(
                "SELECT body FROM deadline JOIN event ON event.run = deadline.run AND event.id = deadline.event_id "
                "WHERE kind = 'LAMBDA_START_TO_CLOSE' ORDER BY deadline.run, deadline.event_id"
            )
        for (body,) in bodies:
            scheduled = json.loads(body)["lambdaFunctionScheduledEventAttributes"]
            if scheduled["name"] in ("echo", "broken"):
                return json.loads(scheduled["input"])["call"]
        return None
