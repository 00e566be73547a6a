"""Deciders and workers over a bare boto3 client: they carry executions of three activities from start to close.

An execution does one activity after the other, so every service is asked for the very same: 1 start, 4 decision tasks
and 3 activity tasks, 15 requests. The decider reads the history that it is handed.

What moto does differently is borne, and alike on both sides. A poll of it that finds nothing answers after a second,
and not when a task comes: executions are started before the first poll, so that nearly all polls find one. Under
several threads it now and then fails a request, hands out a task twice or loses one. A request that fails is counted
and passed over; a history in which an activity is open is answered with nothing; what is lost is not waited for, and
the time is that of the executions that were closed.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from services import ACTIVITIES, DECISIONS, WORKFLOW_TYPE, Service, schedule

ACTIVITIES_EACH = 3
WORKERS = 4
DECIDERS = 2
# When no task was answered for so long, none is left.
STALLED_SECONDS = 10

Decision = dict[str, Any]


@attrs.frozen
class Carried:
    """How many executions were closed, and the seconds until the last of them was."""

    executions: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.executions / self.seconds


class Load:
    """Threads that decide and work for one service, and the executions that they carried to their close.

    Attributes:
        failures: How many requests failed.
    """

    def __init__(self, client: Any) -> None:
        self.failures = 0
        self._client = client
        self._closed: set[str] = set()
        self._answered = 0.0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_over = False

    def run(self, executions: int) -> Carried:
        """Carry executions from start to close."""
        self._closed = set()
        began = self._answered = time.perf_counter()
        for number in range(executions):
            workflow_id = f"w{number}-{time.perf_counter_ns()}"
            self._client.start_workflow_execution(domain="d", workflowId=workflow_id, workflowType=WORKFLOW_TYPE)
        if not self._threads:
            self._poll()
        with self._changed:
            while len(self._closed) < executions and time.perf_counter() - self._answered < STALLED_SECONDS:
                self._changed.wait(1)
            return Carried(len(self._closed), self._answered - began)

    def stop(self, end_polls: Callable[[], None]) -> None:
        """Poll no more; returns when all polls that are under way were ended."""
        self._is_over = True
        for thread in self._threads:
            while thread.is_alive():
                # Again and again: a poll may have begun just after the others were ended.
                end_polls()
                thread.join(1)

    def _poll(self) -> None:
        loops = [self._decide] * DECIDERS + [self._perform] * WORKERS
        self._threads = [threading.Thread(target=self._loop, args=(loop,), daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    def _loop(self, take: Callable[[], None]) -> None:
        while not self._is_over:
            try:
                take()
            except Exception:
                # Any error at all: that of moto's mock comes as it was raised inside.
                self.failures += not self._is_over

    def _decide(self) -> None:
        task = self._client.poll_for_decision_task(domain="d", taskList=DECISIONS)
        if not task.get("taskToken"):
            return
        made = _decisions([event["eventType"] for event in task["events"]])
        self._client.respond_decision_task_completed(taskToken=task["taskToken"], decisions=made)
        closes = any(decision["decisionType"] == "CompleteWorkflowExecution" for decision in made)
        self._progressed([task["workflowExecution"]["workflowId"]] if closes else [])

    def _perform(self) -> None:
        task = self._client.poll_for_activity_task(domain="d", taskList=ACTIVITIES)
        if task.get("taskToken"):
            self._client.respond_activity_task_completed(taskToken=task["taskToken"], result="6")
            self._progressed([])

    def _progressed(self, closed: Iterable[str]) -> None:
        with self._changed:
            self._answered = time.perf_counter()
            self._closed.update(closed)
            self._changed.notify()


def _decisions(events: list[str]) -> list[Decision]:
    scheduled, completed = events.count("ActivityTaskScheduled"), events.count("ActivityTaskCompleted")
    if completed >= ACTIVITIES_EACH:
        return [{"decisionType": "CompleteWorkflowExecution", "completeWorkflowExecutionDecisionAttributes": {}}]
    return [schedule(f"a{scheduled}", "[1, 2, 3]")] if scheduled == completed else []


@contextmanager
def loaded(service: Service) -> Iterator[Load]:
    """Give the threads that decide and work for a service; they end with the block, and the service with them."""
    load = Load(service.client)
    try:
        yield load
    finally:
        load.stop(service.end)
