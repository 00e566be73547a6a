"""Drivers for tests of the engine: they do what deciders, workers and operators do, through a real boto3 client.

The domain is ``d``, with the types ``W``, ``A`` and ``B`` of version ``1``:

- workflow type ``W``: task list ``dl``, an hour for an execution, a minute for a decision task, policy TERMINATE;
- activity type ``A``: task list ``al``, 30 seconds to start, a minute from start to close, no other limit;
- activity type ``B``: task list ``al`` and nothing else.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from swf.engine import Engine, VirtualClock
from swf.models.decision import Decision
from swf.models.event import Event, EventFactory
from swf.models.history.state import ExecutionState

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient

E = TypeVar("E", bound=Event)

DOMAIN = "d"
W1 = {"name": "W", "version": "1"}


class Refusal(Exception):
    """What the engine answered instead of doing as it was asked."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.response = {"Error": {"Code": code, "Message": message}}


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

    def send(operation: str, body: bytes | None = None, **request: Any) -> Any:
        answer = engine.handle(
            f"SimpleWorkflowService.{operation}", json.dumps(request).encode() if body is None else body
        )
        told = json.loads(answer.body) if answer.body else None
        if answer.status != 200:
            raise Refusal(answer.status, told["__type"].partition("#")[2], told["message"])
        return told

    return send


@pytest.fixture
def seconds(clock: VirtualClock) -> Callable[[float], None]:
    """Moves the clock to a number of seconds after the test began."""
    began = clock.now()
    return lambda offset: clock.advance(milliseconds=began + round(offset * 1000) - clock.now())


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], None]:
    """Waits until something is so that other threads bring about."""

    def wait(condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.001)

    return wait


class Database:
    """What an engine keeps, held against the histories in it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.rows = engine._store.rows

    def check(self) -> int:
        """Hold every row against the histories; gives how many runs there are."""
        runs = self.rows("SELECT * FROM execution")
        for row in runs:
            self._check_run(row)
        numbers = {row["run"] for row in runs}
        for table in ("event", "waiting_task", "deadline", "heartbeat", "execution_tag"):
            assert {run for (run,) in self.rows(f"SELECT DISTINCT run FROM {table}")} <= numbers
        return len(runs)

    def _check_run(self, row: Any) -> None:
        bodies = self.rows("SELECT id, body FROM event WHERE run = ? ORDER BY id", row["run"])
        events = [EventFactory(json.loads(body)) for _, body in bodies]
        assert [event.id for event in events] == [id for id, _ in bodies] == list(range(1, len(events) + 1))
        check_history(events)
        state = ExecutionState.of(events)
        cached = self.engine._states.get(row["run"])
        assert cached is None or cached == state
        assert execution_row(state) == {name: row[name] for name in execution_row(state)}
        self._check_info(row, state)
        self._check_open_work(row, state)

    def _check_info(self, row: Any, state: ExecutionState) -> None:
        info = json.loads(row["info"])
        assert info["execution"] == {"workflowId": row["workflow_id"], "runId": row["run_id"]}
        assert (info["executionStatus"], info.get("closeStatus")) == (row["status"], row["close_status"])
        assert info["cancelRequested"] == (state.cancel_requested and state.closed is None)
        tags = self.rows("SELECT tag, start_time FROM execution_tag WHERE run = ?", row["run"])
        assert {tuple(tag) for tag in tags} == {(tag, row["start_time"]) for tag in info.get("tagList", ())}

    def _check_open_work(self, row: Any, state: ExecutionState) -> None:
        columns = "kind, domain, task_list, priority, scheduled_event_id"
        waiting = self.rows(f"SELECT {columns} FROM waiting_task WHERE run = ?", row["run"])
        assert sorted(map(tuple, waiting)) == sorted(waiting_tasks(row["domain"], state))
        deadlines = {
            (kind, event_id): (due, timer_id)
            for kind, event_id, due, timer_id in self.rows(
                "SELECT kind, event_id, due, timer_id FROM deadline WHERE run = ?", row["run"]
            )
        }
        ((retention,),) = self.rows("SELECT retention FROM domain WHERE name = ?", row["domain"])
        expected = dict(open_deadlines(state, retention))
        assert deadlines.keys() == expected.keys()
        for (kind, event_id), (due, timer_id) in expected.items():
            found = deadlines[kind, event_id]
            # A heartbeat leaves no event: it can only have moved the deadline on.
            assert found == (due, timer_id) or (kind == "HEARTBEAT" and found[0] > due)
        beating = self.rows("SELECT scheduled_event_id FROM heartbeat WHERE run = ?", row["run"])
        assert {id for (id,) in beating} <= (set() if state.closed else started_activities(state))


def check_history(events: list[Event]) -> None:
    """Hold a history against what is always so."""
    state = ExecutionState()
    for event in events:
        assert state.closed is None, f"{event.name} after the close"
        assert event.timestamp >= state.last_timestamp
        check_references(event, events)
        match event.name:
            case "DecisionTaskScheduled":
                assert state.scheduled_decision is None, "two decision tasks wait"
            case "DecisionTaskStarted":
                assert state.started_decision is None, "two decision tasks are worked on"
                assert state.scheduled_decision is not None
                assert state.scheduled_decision.id == event.scheduled_event_id
            case "DecisionTaskCompleted":
                assert state.started_decision is not None
                assert state.started_decision.id == event.started_event_id
            case "ActivityTaskScheduled":
                assert state.activity(event.activity_id) is None, "two open activities have one id"
            case "ActivityTaskStarted":
                assert state.activities[event.scheduled_event_id].started is None, "an activity is started twice"
            case "ActivityTaskCompleted" | "ActivityTaskFailed" | "ActivityTaskTimedOut" | "ActivityTaskCanceled":
                started = state.activities[event.scheduled_event_id].started
                assert event.started_event_id == (started.id if started else 0)
            case "TimerStarted":
                assert event.timer_id not in state.timers, "two open timers have one id"
            case "TimerFired" | "TimerCanceled":
                assert state.timers[event.timer_id].id == event.started_event_id
        state.apply(event)


def check_references(event: Event, events: list[Event]) -> None:
    """Hold the ids that an event names against the events they name."""
    family = event.type if event.type in ("DecisionTask", "ActivityTask") else None
    kinds = {
        "scheduled_event_id": f"{family}Scheduled",
        "started_event_id": f"{family}Started" if family else "TimerStarted",
        "decision_task_completed_event_id": "DecisionTaskCompleted",
        "latest_cancel_requested_event_id": "ActivityTaskCancelRequested",
    }
    for name, kind in kinds.items():
        named = getattr(event, name, None)
        if named:
            assert named < event.id
            assert events[named - 1].name == kind


def execution_row(state: ExecutionState) -> dict[str, Any]:
    return {
        "type_name": state.started.workflow_type.name,
        "type_version": state.started.workflow_type.version,
        "status": "OPEN" if state.closed is None else "CLOSED",
        "close_status": state.close_status,
        "start_time": milliseconds(state.started.timestamp),
        "close_time": None if state.closed is None else milliseconds(state.closed.timestamp),
    }


def waiting_tasks(domain: str, state: ExecutionState) -> Iterator[tuple[Any, ...]]:
    """Give the tasks that pollers may take."""
    if state.closed is not None:
        return
    decision = state.scheduled_decision
    if decision is not None and state.started_decision is None:
        yield "decision", domain, decision.task_list, decision.task_priority or 0, decision.id
    for id, activity in state.activities.items():
        if activity.started is None:
            yield "activity", domain, activity.scheduled.task_list, activity.scheduled.task_priority or 0, id


def open_deadlines(state: ExecutionState, retention: str) -> Iterator[tuple[Any, ...]]:
    """Give what happens when nobody does anything."""
    if state.closed is not None:
        forgotten = state.closed.timestamp + timedelta(days=int(retention))
        yield ("RETENTION", state.closed.id), (milliseconds(forgotten), None)
    else:
        for kind, event_id, since, timeout, timer_id in clocks(state):
            if timeout not in (None, "NONE"):
                yield (kind, event_id), (milliseconds(since + timedelta(seconds=timeout)), timer_id)


def clocks(state: ExecutionState) -> Iterator[tuple[Any, ...]]:
    began, scheduled, started = state.started, state.scheduled_decision, state.started_decision
    yield "EXECUTION", 1, began.timestamp, began.execution_start_to_close_timeout, None
    if scheduled is not None:
        timeout = scheduled.schedule_to_start_timeout
        yield "DECISION_SCHEDULE_TO_START", scheduled.id, scheduled.timestamp, timeout, None
    if started is not None:
        timeout = began.task_start_to_close_timeout
        yield "DECISION_START_TO_CLOSE", started.id, started.timestamp, timeout, None
    for timer in state.timers.values():
        yield "TIMER", timer.id, timer.timestamp, timer.start_to_fire_timeout, timer.timer_id
    for id, activity in state.activities.items():
        task = activity.scheduled
        yield "SCHEDULE_TO_CLOSE", id, task.timestamp, task.schedule_to_close_timeout, None
        if activity.started is None:
            yield "SCHEDULE_TO_START", id, task.timestamp, task.schedule_to_start_timeout, None
        else:
            yield "START_TO_CLOSE", id, activity.started.timestamp, task.start_to_close_timeout, None
            yield "HEARTBEAT", id, activity.started.timestamp, task.heartbeat_timeout, None


def started_activities(state: ExecutionState) -> set[int]:
    return {id for id, activity in state.activities.items() if activity.started is not None}


def milliseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.fixture
def database() -> Callable[[Engine], Database]:
    """Gives what an engine keeps, to be held against the histories in it."""
    return Database
