"""Long polls over HTTP: how soon one is answered when its task comes, and what those cost that only wait."""

import json
import socket
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from load import DECIDERS, WORKERS, loaded
from measuring import Pair, Sample
from services import DECISIONS, WORKFLOW_TYPE, Service, our_server

from swf.engine.server import allow_many_connections

WAKE_UPS = 300
IDLE_POLLS = 1_000
EXECUTIONS = 100
PATIENCE_SECONDS = 30


def waking() -> Iterator[Sample]:
    """From the moment that a decision task is scheduled, as its event tells, until a poll held before has it.

    It is scheduled by the start of an execution. How long that takes to be answered stands beside it: when both take
    long, the machine does other things.
    """
    with our_server() as service, _decider(service) as woken:

        def one() -> tuple[float, float]:
            _wait_for_polls(service, 1)
            began = time.perf_counter()
            _start(service.client)
            started = time.perf_counter() - began
            return woken.get(timeout=PATIENCE_SECONDS), started

        def sample() -> Pair:
            polls, starts = zip(*(one() for _ in range(WAKE_UPS)), strict=True)
            _wait_for_polls(service, 1)
            middle = (
                f"{1000 * statistics.median(polls):.1f} and {1000 * statistics.median(starts):.1f} ms in the middle"
            )
            return Pair(_p99(polls), _p99(starts), middle)

        yield sample


def _p99(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=100)[-1]


@contextmanager
def _decider(service: Service) -> Iterator["SimpleQueue[float]"]:
    """Have a thread complete every execution at once; gives how long each of its polls took to hear of its task."""
    woken: SimpleQueue[float] = SimpleQueue()

    def decide() -> None:
        while _token(task := service.client.poll_for_decision_task(domain="d", taskList=DECISIONS)):
            _, scheduled, _ = task["events"]
            woken.put(time.time() - scheduled["eventTimestamp"].timestamp())
            complete = {"decisionType": "CompleteWorkflowExecution", "completeWorkflowExecutionDecisionAttributes": {}}
            service.client.respond_decision_task_completed(taskToken=_token(task), decisions=[complete])

    thread = threading.Thread(target=decide, daemon=True)
    thread.start()
    try:
        yield woken
    finally:
        service.end()
        thread.join()


def _token(task: dict[str, Any]) -> str:
    return str(task.get("taskToken", ""))


def _start(client: Any) -> None:
    client.start_workflow_execution(domain="d", workflowId=f"w{time.perf_counter_ns()}", workflowType=WORKFLOW_TYPE)


def idling() -> Iterator[Sample]:
    """100 executions, with 1,000 polls of other task lists held, and without."""
    with our_server() as service, loaded(service) as load:

        def carried() -> float:
            done = load.run(EXECUTIONS)
            assert done.executions == EXECUTIONS, f"only {done.executions} of {EXECUTIONS} executions were closed"
            return done.seconds

        def sample() -> Pair:
            without = carried()
            with _idle_polls(service):
                return Pair(carried(), without)

        yield sample


@contextmanager
def _idle_polls(service: Service) -> Iterator[None]:
    """Hold polls; sockets without a client, for a thousand clients would be what is measured."""
    allow_many_connections()
    address = urlsplit(service.url)
    with ExitStack() as stack:
        for number in range(IDLE_POLLS):
            poll = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            poll.sendall(_poll_request(f"idle-{number % 10}"))
        _wait_for(lambda: _waiting_polls(service) >= IDLE_POLLS)
        yield
    _wait_for(lambda: _waiting_polls(service) <= DECIDERS + WORKERS)


def _poll_request(task_list: str) -> bytes:
    body = json.dumps({"domain": "d", "taskList": {"name": task_list}}).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: SimpleWorkflowService.PollForActivityTask\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _wait_for_polls(service: Service, number: int) -> None:
    _wait_for(lambda: _waiting_polls(service) >= number)


def _waiting_polls(service: Service) -> int:
    with urllib.request.urlopen(f"{service.url}/_swf/counts") as answer:
        waiting: int = json.load(answer)["waiting_polls"]
        return waiting


def _wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "the server does not hold the polls that were sent"
        time.sleep(0.005)
