"""Drivers for tests of the engine: they do what deciders, workers and operators do, through a real boto3 client.

The domain is ``d``, with the types ``W``, ``A`` and ``B`` of version ``1``:

- workflow type ``W``: task list ``dl``, an hour for an execution, a minute for a decision task, policy TERMINATE;
- activity type ``A``: task list ``al``, 30 seconds to start, a minute from start to close, no other limit;
- activity type ``B``: task list ``al`` and nothing else.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from swf.engine import Engine, VirtualClock
from swf.models.decision import Decision
from swf.models.event import Event, EventFactory
from tests.engine import asking
from tests.engine.asking import Refusal

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

E = TypeVar("E", bound=Event)

DOMAIN = "d"
W1 = {"name": "W", "version": "1"}


class Events(tuple[Event, ...]):
    """The events of a run, oldest first."""

    def last(self, kind: type[E]) -> E:
        """Give the latest event of a kind."""
        return next(event for event in reversed(self) if isinstance(event, kind))

    @property
    def names(self) -> list[str]:
        """What kinds they are of."""
        return [event.name for event in self]


class Execution:
    """One run of an execution, as an operator sees it."""

    def __init__(self, client: "SWFClient", workflow_id: str, run_id: str) -> None:
        self.client = client
        self.workflow_id = workflow_id
        self.run_id = run_id

    @property
    def id(self) -> dict[str, str]:
        return {"workflowId": self.workflow_id, "runId": self.run_id}

    def history(self) -> Events:
        pages = self.client.get_paginator("get_workflow_execution_history").paginate(domain=DOMAIN, execution=self.id)
        return Events(EventFactory(event) for page in pages for event in page["events"])

    def describe(self) -> dict[str, Any]:
        return self.client.describe_workflow_execution(domain=DOMAIN, execution=self.id)

    def open_counts(self) -> dict[str, int]:
        return self.describe()["openCounts"]

    def signal(self, name: str = "s", **members: Any) -> None:
        self.client.signal_workflow_execution(domain=DOMAIN, workflowId=self.workflow_id, signalName=name, **members)

    def request_cancel(self) -> None:
        self.client.request_cancel_workflow_execution(domain=DOMAIN, workflowId=self.workflow_id)

    def terminate(self, **members: Any) -> None:
        self.client.terminate_workflow_execution(domain=DOMAIN, workflowId=self.workflow_id, **members)


class Decider:
    """Takes decision tasks from a task list and answers them."""

    def __init__(self, client: "SWFClient", task_list: str = "dl", identity: str = "dec") -> None:
        self.client = client
        self.task_list = task_list
        self.identity = identity

    def poll(self, **members: Any) -> dict[str, Any] | None:
        """Give the next task, or None."""
        task = self.client.poll_for_decision_task(
            domain=DOMAIN, taskList={"name": self.task_list}, identity=self.identity, **members
        )
        return task if task["taskToken"] else None

    def take(self, **members: Any) -> dict[str, Any]:
        """Give the next task; there has to be one."""
        task = self.poll(**members)
        assert task is not None, f"no decision task waits in {self.task_list}"
        return task

    def respond(self, task: dict[str, Any], *decisions: Decision, **members: Any) -> None:
        self.client.respond_decision_task_completed(
            taskToken=task["taskToken"], decisions=[decision.raw for decision in decisions], **members
        )

    def answer(self, *decisions: Decision, **members: Any) -> None:
        """Take the next task and answer it."""
        self.respond(self.take(), *decisions, **members)


class Worker:
    """Takes activity tasks from a task list and answers them."""

    def __init__(self, client: "SWFClient", task_list: str = "al", identity: str = "wrk") -> None:
        self.client = client
        self.task_list = task_list
        self.identity = identity

    def poll(self) -> dict[str, Any] | None:
        """Give the next task, or None."""
        task = self.client.poll_for_activity_task(
            domain=DOMAIN, taskList={"name": self.task_list}, identity=self.identity
        )
        return task if task["taskToken"] else None

    def take(self) -> dict[str, Any]:
        """Give the next task; there has to be one."""
        task = self.poll()
        assert task is not None, f"no activity task waits in {self.task_list}"
        return task

    def heartbeat(self, task: dict[str, Any], **members: Any) -> bool:
        """Tell that the task is being worked on; gives whether to stop."""
        answer = self.client.record_activity_task_heartbeat(taskToken=task["taskToken"], **members)
        return answer["cancelRequested"]

    def complete(self, task: dict[str, Any], **members: Any) -> None:
        self.client.respond_activity_task_completed(taskToken=task["taskToken"], **members)

    def fail(self, task: dict[str, Any], **members: Any) -> None:
        self.client.respond_activity_task_failed(taskToken=task["taskToken"], **members)

    def cancel(self, task: dict[str, Any], **members: Any) -> None:
        self.client.respond_activity_task_canceled(taskToken=task["taskToken"], **members)


def register(client: "SWFClient") -> None:
    """Register the domain and its types."""
    client.register_domain(name=DOMAIN, workflowExecutionRetentionPeriodInDays="7")
    client.register_workflow_type(
        domain=DOMAIN,
        **W1,
        defaultTaskList={"name": "dl"},
        defaultExecutionStartToCloseTimeout="3600",
        defaultTaskStartToCloseTimeout="60",
        defaultChildPolicy="TERMINATE",
    )
    client.register_activity_type(
        domain=DOMAIN,
        name="A",
        version="1",
        defaultTaskList={"name": "al"},
        defaultTaskScheduleToStartTimeout="30",
        defaultTaskScheduleToCloseTimeout="NONE",
        defaultTaskStartToCloseTimeout="60",
        defaultTaskHeartbeatTimeout="NONE",
    )
    client.register_activity_type(domain=DOMAIN, name="B", version="1", defaultTaskList={"name": "al"})


@pytest.fixture
def registered() -> "Callable[[SWFClient], None]":
    """Registers the domain and its types through any client."""
    return register


@pytest.fixture
def domain(client: "SWFClient") -> str:
    """The domain, with its types."""
    register(client)
    return DOMAIN


@pytest.fixture
def start(client: "SWFClient", domain: str) -> Callable[..., Execution]:
    """Starts executions of the workflow type ``W``."""

    def start_execution(workflow_id: str = "w1", **members: Any) -> Execution:
        run_id = client.start_workflow_execution(
            domain=domain, workflowId=workflow_id, **{"workflowType": W1, **members}
        )["runId"]
        return Execution(client, workflow_id, run_id)

    return start_execution


@pytest.fixture
def execution(start: Callable[..., Execution]) -> Execution:
    """An open execution, with its first decision task waiting."""
    return start()


@pytest.fixture
def decider(client: "SWFClient", domain: str) -> Decider:
    return Decider(client)


@pytest.fixture
def deciders(client: "SWFClient", domain: str) -> Callable[..., Decider]:
    """Makes deciders of other task lists and identities."""
    return lambda task_list="dl", identity="dec": Decider(client, task_list, identity)


@pytest.fixture
def worker(client: "SWFClient", domain: str) -> Worker:
    return Worker(client)


@pytest.fixture
def workers(client: "SWFClient", domain: str) -> Callable[..., Worker]:
    """Makes workers of other task lists and identities."""
    return lambda task_list="al", identity="wrk": Worker(client, task_list, identity)


@pytest.fixture
def refused() -> Callable[[str, str], Any]:
    """Expects a fault: ``with refused("UnknownResourceFault", "Unknown domain: x"): …``."""

    @contextmanager
    def expect(code: str, message: str | None = None) -> Iterator[None]:
        with pytest.raises((ClientError, Refusal)) as caught:
            yield
        error = caught.value.response["Error"]
        assert error["Code"] == code
        if message is not None:
            assert error["Message"] == message

    return expect


@pytest.fixture
def ask(engine: Engine) -> Callable[..., Any]:
    """Asks the engine without a client, so that also what no client sends can be asked."""
    return partial(asking.ask, engine)


@pytest.fixture
def seconds(clock: VirtualClock) -> Callable[[float], None]:
    """Moves the clock to a number of seconds after the test began."""
    began = clock.now()
    return lambda offset: clock.advance(milliseconds=began + round(offset * 1000) - clock.now())


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], None]:
    """Waits until something is so that other threads bring about."""

    def wait(condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.001)

    return wait
