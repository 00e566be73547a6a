"""Workers: what they cost beside the calls that somebody without them would make, and what their heartbeats cost."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from measuring import Pair, Sample
from services import DECISIONS, WORKFLOW_TYPE, Service, our_server, schedule

from swf.actors import ActivityWorker
from swf.connection import Connection
from swf.models import Domain

TASKS = 1_000
TASKS_OF_AN_EXECUTION = 100
THREADS = 8

BEATING = 200
HEARTBEAT_TIMEOUT = 30
SECONDS = 20

# The input of a task that is there to end a poll.
LAST = "last"


def working() -> Iterator[Sample]:
    """1,000 activities of no work, by eight threads over HTTP; against a bare boto3 client in eight threads."""
    with our_server() as service, Connection(service.url) as connection:
        domain = Domain("d", connection=connection)
        # Neither side pays for what a client does once.
        _by_worker(service, domain, 50)
        _by_hand(service, 50)
        yield lambda: Pair(_by_worker(service, domain, TASKS), _by_hand(service, TASKS))


class _Doing:
    """Counts what was done, and tells when it is all."""

    def __init__(self, tasks: int) -> None:
        self._left = tasks
        self._lock = threading.Lock()
        self.is_over = threading.Event()

    def one(self) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                self.is_over.set()


def _by_worker(service: Service, domain: Domain, tasks: int) -> float:
    task_list = _schedule(service, tasks)
    doing = _Doing(tasks)
    worker = ActivityWorker(domain, task_list, concurrency=THREADS, pollers=THREADS)
    worker.activity("A", "1")(lambda task: doing.one())
    began = time.perf_counter()
    worker.start()
    doing.is_over.wait()
    took = time.perf_counter() - began
    _stop(worker, service)
    return took


def _by_hand(service: Service, tasks: int) -> float:
    task_list = _schedule(service, tasks)
    doing = _Doing(tasks)

    def work() -> None:
        while token := _poll(service.client, task_list):
            doing.one()
            service.client.respond_activity_task_completed(taskToken=token)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    doing.is_over.wait()
    took = time.perf_counter() - began
    _end_polls(service, task_list, threads)
    return took


def _poll(client: Any, task_list: str) -> str:
    task = client.poll_for_activity_task(domain="d", taskList={"name": task_list})
    return "" if task.get("input") == LAST else str(task.get("taskToken", ""))


def beating() -> Iterator[Sample]:
    """The processor's time that a worker takes whose 200 tasks only wait, while their heartbeats are sent."""
    with our_server() as service, Connection(service.url) as connection, ExitStack() as ending:
        domain = Domain("d", connection=connection)
        may_end, begun = threading.Event(), threading.Barrier(BEATING + 1)
        worker = ActivityWorker(domain, _schedule(service, BEATING), concurrency=BEATING)

        @worker.activity("A", "1", heartbeat_timeout=HEARTBEAT_TIMEOUT)
        def wait(task: Any) -> None:
            begun.wait()
            may_end.wait()

        worker.start()
        ending.callback(_stop, worker, service)
        ending.callback(may_end.set)
        begun.wait()

        def sample() -> Pair:
            before = time.process_time()
            time.sleep(SECONDS)
            return Pair(100 * (time.process_time() - before) / SECONDS)

        yield sample


def _schedule(service: Service, tasks: int) -> str:
    """Have activity tasks wait for workers, in a task list of their own; gives its name."""
    task_list = f"al{time.perf_counter_ns()}"
    for first in range(0, tasks, TASKS_OF_AN_EXECUTION):
        count = min(tasks - first, TASKS_OF_AN_EXECUTION)
        _start(service, [_scheduled(task_list, f"{task_list}-{first + number}") for number in range(count)])
    return task_list


def _start(service: Service, decisions: list[dict[str, Any]]) -> None:
    service.client.start_workflow_execution(
        domain="d", workflowId=f"w{time.perf_counter_ns()}", workflowType=WORKFLOW_TYPE
    )
    task = service.client.poll_for_decision_task(domain="d", taskList=DECISIONS)
    service.client.respond_decision_task_completed(taskToken=task["taskToken"], decisions=decisions)


def _scheduled(task_list: str, activity_id: str, input: str = "") -> dict[str, Any]:
    decision = schedule(activity_id, input)
    decision["scheduleActivityTaskDecisionAttributes"]["taskList"] = {"name": task_list}
    return decision


def _stop(worker: ActivityWorker, service: Service) -> None:
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    _end_polls(service, worker.task_list, [stopping])


def _end_polls(service: Service, task_list: str, threads: list[threading.Thread]) -> None:
    """Give a last task to each poll that waits at the server: nothing else ends it within the minute."""
    while any(thread.is_alive() for thread in threads):
        _start(service, [_scheduled(task_list, f"end{time.perf_counter_ns()}", LAST)])
        time.sleep(0.01)
