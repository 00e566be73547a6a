"""SWFs to measure, each with one bare boto3 client: ours and moto's, in this process and in one of their own.

The clients of all are made alike: they sign, and try nothing twice.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import boto3
from botocore.config import Config

from swf.engine import Engine

READY_SECONDS = 60

WORKFLOW_TYPE = {"name": "W", "version": "1"}
ACTIVITY_TYPE = {"name": "A", "version": "1"}
DECISIONS = {"name": "dl"}
ACTIVITIES = {"name": "al"}


@attrs.frozen
class Service:
    """An SWF with the domain ``d`` and a type of each kind.

    Attributes:
        client: Asks it.
        end: Has it answer the polls that wait; nothing is asked after that.
        url: Where it listens, if it does.
        pid: The number of its own process, if it has one.
    """

    client: Any
    end: Callable[[], None] = lambda: None
    url: str = ""
    pid: int = 0


@contextmanager
def engine_alone() -> Iterator[Engine]:
    """Give an engine of this process in which all is registered."""
    with Engine() as engine:
        register(attached(engine))
        yield engine


@contextmanager
def our_engine() -> Iterator[Service]:
    """Give an engine of this process."""
    with engine_alone() as engine:
        yield Service(attached(engine), engine.end_polls)


@contextmanager
def moto_mock() -> Iterator[Service]:
    """Give moto's mock of this process."""
    from moto import mock_aws

    with mock_aws():
        client = bare_client()
        register(client)
        yield Service(client)


@contextmanager
def our_server(*arguments: str) -> Iterator[Service]:
    """Give ``swf server`` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready")
        with _child("swf", "server", "--ready-file", str(ready), *arguments) as process:
            _wait(process, ready.exists)
            url = ready.read_text(encoding="utf-8").strip()
            client = bare_client(url)
            register(client)
            yield Service(client, process.terminate, url, process.pid)


@contextmanager
def moto_server() -> Iterator[Service]:
    """Give ``moto_server`` in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with _child("moto.server", "--host", "127.0.0.1", "--port", str(port)) as process:
        _wait(process, lambda: _listens(port))
        url = f"http://127.0.0.1:{port}"
        client = bare_client(url)
        register(client)
        yield Service(client, url=url, pid=process.pid)


def bare_client(url: str | None = None) -> Any:
    """Give a boto3 client as anyone would make it, for threads that share it."""
    session = boto3.Session(aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=70, max_pool_connections=20)
    return session.client("swf", endpoint_url=url, config=config)


def attached(engine: Engine) -> Any:
    """Give a bare client that an engine of this process answers."""
    client = bare_client()
    engine.attach(client)
    return client


def register(client: Any) -> None:
    """Register a domain and a type of each kind; no timeout passes while something is measured."""
    client.register_domain(name="d", workflowExecutionRetentionPeriodInDays="7")
    client.register_workflow_type(
        domain="d",
        **WORKFLOW_TYPE,
        defaultTaskList=DECISIONS,
        defaultExecutionStartToCloseTimeout="86400",
        defaultTaskStartToCloseTimeout="3600",
        defaultChildPolicy="TERMINATE",
    )
    client.register_activity_type(
        domain="d",
        **ACTIVITY_TYPE,
        defaultTaskList=ACTIVITIES,
        defaultTaskScheduleToStartTimeout="3600",
        defaultTaskScheduleToCloseTimeout="3600",
        defaultTaskStartToCloseTimeout="3600",
        defaultTaskHeartbeatTimeout="3600",
    )


def ask(engine: Engine, operation: str, **request: Any) -> Any:
    """Ask an engine without a client, whose own time would hide the engine's."""
    answer = engine.handle(operation, json.dumps(request).encode())
    assert answer.status == 200, answer
    return json.loads(answer.body or b"{}")


def start(engine: Engine, workflow_id: str, **more: Any) -> str:
    """Start an execution, and give its run id."""
    asked = {"domain": "d", "workflowId": workflow_id, "workflowType": WORKFLOW_TYPE, **more}
    run_id: str = ask(engine, "StartWorkflowExecution", **asked)["runId"]
    return run_id


def work_through(engine: Engine, activities: int) -> int:
    """Schedule activities with the next decision and complete them; give the id of the decision's first event."""
    task = ask(
        engine,
        "PollForDecisionTask",
        domain="d",
        taskList=DECISIONS,
        maximumPageSize=100,
        startAtPreviousStartedEvent=True,
    )
    scheduled = [schedule(f"a{number}", '{"numbers":[1,2,3]}') for number in range(activities)]
    ask(engine, "RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=scheduled)
    for _ in range(activities):
        activity = ask(engine, "PollForActivityTask", domain="d", taskList=ACTIVITIES, identity="worker")
        ask(engine, "RespondActivityTaskCompleted", taskToken=activity["taskToken"], result='{"product":6}')
    started: int = task["startedEventId"]
    return started


def schedule(activity_id: str, input: str) -> dict[str, Any]:
    """Give the decision to schedule an activity task."""
    attributes = {"activityType": ACTIVITY_TYPE, "activityId": activity_id, "input": input}
    return {"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": attributes}


@contextmanager
def _child(*module: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a module in a process of its own, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", is_ready: Callable[[], bool]) -> None:
    end = time.monotonic() + READY_SECONDS
    while not is_ready():
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        assert time.monotonic() < end, f"{process.args!r} was not ready in time"
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
