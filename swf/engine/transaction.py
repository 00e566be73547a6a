"""One request's or one deadline's work on the database: runs, the events appended to them, and who to wake after it."""

import base64
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from math import inf
from typing import Any

import attrs

from swf import wire
from swf.constants import CLOSED, DEPRECATED, NONE, OPEN
from swf.engine import defaults, projections
from swf.engine.clock import to_datetime
from swf.engine.defaults import ActivityDefaults, RegisteredActivity, RegisteredWorkflow, WorkflowDefaults
from swf.engine.limits import Limits
from swf.engine.protocol import Fault, render_event, unknown_resource
from swf.engine.store import Store
from swf.engine.throttle import Throttle
from swf.engine.tokens import Tokens
from swf.models.decision import Decision
from swf.models.event import (
    Event,
    EventFactory,
    LambdaFunctionScheduled,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
    WorkflowExecutionTimedOut,
)
from swf.models.event.refusal import REFUSED
from swf.models.history.decision_tasks import asks_for_decision, next_decision_task
from swf.models.history.state import ExecutionState
from swf.shapes import ChildPolicy, ExecutionId, TypeId

# (kind, domain, task list): where pollers of a kind wait.
TaskListKey = tuple[str, str, str]

_RUN = "run, domain, workflow_id, run_id, parent_run, parent_initiated_event_id"


class StateCache:
    """The states of the runs used last; the others are folded from their events again."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._states: OrderedDict[int, ExecutionState] = OrderedDict()

    def get(self, run: int) -> ExecutionState | None:
        """Give the state of a run, if it is here."""
        state = self._states.get(run)
        if state is not None:
            self._states.move_to_end(run)
        return state

    def put(self, run: int, state: ExecutionState) -> None:
        """Keep the state of a run, and let go of the one used longest ago when there are too many."""
        self._states[run] = state
        if len(self._states) > self._size:
            self._states.popitem(last=False)

    def forget(self, run: int) -> None:
        """Let go of a state that no longer tells what the database holds."""
        self._states.pop(run, None)


class Transaction:
    """What an operation works with. Everything it changes is committed together, or not at all.

    Attributes:
        now: The time of all that happens in it, in milliseconds since 1970.
        offered: The task lists that got a task which a waiting poller may take.
        changed: How the runs that got events stand, by the number each has inside.
        earliest_deadline: The earliest of the deadlines that were set.
        refused: The events that tell of decisions which were not carried out.
        calls: The Lambda functions to call when the transaction is committed, each with the number of its run.
        largest_page: How many items fit on a page at most.
    """

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        states: StateCache,
        throttle: Throttle,
        now: int,
        *,
        arn_prefix: str,
        largest_page: int,
    ) -> None:
        self.store = store
        self.tokens = tokens
        self.throttle = throttle
        self.now = now
        self.arn_prefix = arn_prefix
        self.largest_page = largest_page
        self.offered: list[TaskListKey] = []
        self.refused: list[Event] = []
        self.earliest_deadline: int | None = None
        self.calls: list[tuple[int, LambdaFunctionScheduled]] = []
        self._states = states
        self.changed: dict[int, ExecutionState] = {}

    @property
    def limits(self) -> Limits:
        """How much there may be of what."""
        return self.throttle.limits

    def undo(self) -> None:
        """Forget the states that were changed here: the database has not been."""
        for run in self.changed:
            self._states.forget(run)

    def deadline_set(self, due: int) -> None:
        """Remember that a deadline was set."""
        self.earliest_deadline = due if self.earliest_deadline is None else min(due, self.earliest_deadline)

    def require_domain(self, name: str) -> str:
        """Give the status of a domain; an unknown one is a fault."""
        status: str | None = self.store.value("SELECT status FROM domain WHERE name = ?", name)
        if status is None:
            raise unknown_resource(f"Unknown domain: {name}")
        return status

    def require_registered_domain(self, name: str) -> None:
        """Refuse a domain that is unknown or deprecated."""
        if self.require_domain(name) == DEPRECATED:
            raise Fault("DomainDeprecatedFault", name)

    def has_reached(self, most: float, counted: str, *values: Any) -> bool:
        """Tell whether a query counts as many as there may be; without a limit nothing is counted."""
        return most != inf and self.store.value(counted, *values) >= most

    def is_full(self, domain: str) -> bool:
        """Tell whether no further execution may be opened in a domain."""
        counted = f"SELECT count(*) FROM execution WHERE domain = ? AND status = '{OPEN}'"
        return self.has_reached(self.limits.open_executions, counted, domain)

    def start_run(
        self,
        domain: str,
        workflow_id: str,
        started: WorkflowExecutionStarted,
        *,
        run_id: str | None = None,
        parent_run: int | None = None,
    ) -> ExecutionId:
        """Begin a run with its first event and the decision task it needs.

        Args:
            domain: Where it runs.
            workflow_id: An id that no open run has.
            started: Its first event.
            run_id: Its run id, if that is told already.
            parent_run: The number of the run that started it.
        """
        execution = ExecutionId(workflow_id, run_id or new_run_id())
        parent = (parent_run, started.parent_initiated_event_id) if parent_run is not None else (None, None)
        number = self.store.insert(
            "INSERT INTO execution (domain, workflow_id, run_id, type_name, type_version, status, start_time, "
            "parent_run, parent_initiated_event_id, info) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            domain,
            *execution,
            started.workflow_type.name,
            started.workflow_type.version,
            OPEN,
            self.now,
            *parent,
        )
        Run(self, Row(number, domain, *execution, *parent), ExecutionState()).record([started])
        return execution

    def execution(self, domain: str, execution: ExecutionId) -> "Run":
        """Give a run, open or closed; an unknown one is a fault."""
        row = self.store.row(
            f"SELECT {_RUN} FROM execution WHERE run_id = ? AND domain = ? AND workflow_id = ?",
            execution.run_id,
            domain,
            execution.workflow_id,
        )
        if row is None:
            self.require_domain(domain)
            raise unknown_execution(execution)
        return self._run(row)

    def open_execution(self, domain: str, workflow_id: str, run_id: str | None = None) -> "Run":
        """Give the open run with a workflow id; with a run id, only if it is that one."""
        row = self.find_open(domain, workflow_id)
        if row is not None and run_id in (None, row["run_id"]):
            return self._run(row)
        self.require_domain(domain)
        if run_id is None:
            raise unknown_resource(f"Unknown execution, workflowId = {workflow_id}")
        raise unknown_execution(ExecutionId(workflow_id, run_id))

    def find_open(self, domain: str, workflow_id: str) -> Any:
        """Give the row of the open run with a workflow id, or None."""
        return self.store.row(
            f"SELECT {_RUN} FROM execution WHERE domain = ? AND workflow_id = ? AND status = '{OPEN}'",
            domain,
            workflow_id,
        )

    def run(self, number: int) -> "Run":
        """Give a run by the number it has inside; one whose retention is over is a fault."""
        run = self.find_run(number)
        if run is None:
            raise unknown_resource("Unknown execution: its retention period is over")
        return run

    def find_run(self, number: int) -> "Run | None":
        """Give a run by the number it has inside, or None when its retention is over."""
        row = self.store.row(f"SELECT {_RUN} FROM execution WHERE run = ?", number)
        return None if row is None else self._run(row)

    def open_children(self, number: int) -> list["Run"]:
        """Give the open runs that a run started, or that continue such a one."""
        rows = self.store.rows(
            f"SELECT {_RUN} FROM execution WHERE parent_run = ? AND status = '{OPEN}' ORDER BY run", number
        )
        return [self._run(row) for row in rows]

    def retention_seconds(self, domain: str) -> int:
        """Give how long a domain keeps its closed runs."""
        days = self.store.value("SELECT retention FROM domain WHERE name = ?", domain)
        return 0 if days == NONE else int(days) * 24 * 60 * 60

    def forget_run(self, run: "Run") -> None:
        """Delete a closed run with all that is kept of it."""
        for table in ("event", "execution_tag", "deadline", "execution"):
            self.store.execute(f"DELETE FROM {table} WHERE run = ?", run.number)
        self._states.forget(run.number)

    def _run(self, row: Any) -> "Run":
        state = self._states.get(row["run"])
        if state is None:
            bodies = self.store.rows("SELECT body FROM event WHERE run = ? ORDER BY id", row["run"])
            state = ExecutionState.of(EventFactory(json.loads(body)) for (body,) in bodies)
            self._states.put(row["run"], state)
        return Run(self, Row(*row), state)

    def first_waiting(self, kind: str, domain: str, task_list: str) -> Any:
        """Give the task that comes next in a task list, or None: the highest priority, then the longest wait.

        An unknown domain is a fault.
        """
        row = self.store.row(
            "SELECT run, scheduled_event_id FROM waiting_task WHERE kind = ? AND domain = ? AND task_list = ? "
            "ORDER BY priority DESC, place LIMIT 1",
            kind,
            domain,
            task_list,
        )
        if row is None:
            self.require_domain(domain)
        return row

    def keep(self, run: int, state: ExecutionState) -> None:
        """Remember that a run's state moves on with this transaction."""
        self._states.put(run, state)
        self.changed[run] = state


@attrs.frozen
class Row:
    """Which run it is: the number inside, what SWF calls it, and which run started it, if one did."""

    number: int
    domain: str
    workflow_id: str
    run_id: str
    parent_run: int | None = None
    parent_initiated_event_id: int | None = None

    @property
    def execution(self) -> ExecutionId:
        """The run as SWF names it."""
        return ExecutionId(self.workflow_id, self.run_id)


class Run:
    """One run of a workflow execution, inside a transaction."""

    def __init__(self, transaction: Transaction, row: Row, state: ExecutionState) -> None:
        self.transaction = transaction
        self.row = row
        self.state = state

    @property
    def number(self) -> int:
        """The number the run has inside."""
        return self.row.number

    @property
    def started(self) -> WorkflowExecutionStarted:
        """The run's first event."""
        assert self.state.started is not None, "a run begins with WorkflowExecutionStarted"
        return self.state.started

    @property
    def child_policy(self) -> ChildPolicy:
        """What its close does to its open children: its own policy, or the one that its termination gave instead."""
        closed = self.state.closed
        if isinstance(closed, WorkflowExecutionTerminated | WorkflowExecutionTimedOut):
            return closed.child_policy
        return self.started.child_policy

    def record(self, events: Iterable[Event]) -> None:
        """Append events, then the decision task they ask for unless one waits already.

        A run that reaches the most events it may have is terminated.

        The events are taken one by one, each after the one before it changed the state. The decision task follows
        the last of them, with its timestamp.
        """
        asked = False
        for event in events:
            self._append(event)
            asked = asked or asks_for_decision(event)
        if asked and self.state.status != CLOSED and self.state.scheduled_decision is None:
            self._append(next_decision_task(self.state))
        if self.state.status != CLOSED and self.state.last_event_id >= self.limits.events:
            policy = self.started.child_policy
            self._append(WorkflowExecutionTerminated(child_policy=policy, cause="EVENT_LIMIT_EXCEEDED"))

    def activity_type(self, type_id: TypeId) -> RegisteredActivity | None:
        """Give an activity type of the run's domain, or None."""
        row = self._type("activity", type_id)
        if row is None:
            return None
        return RegisteredActivity(row["status"], wire.read(ActivityDefaults, json.loads(row["configuration"])))

    def workflow_type(self, type_id: TypeId) -> RegisteredWorkflow | None:
        """Give a workflow type of the run's domain, or None."""
        row = self._type("workflow", type_id)
        if row is None:
            return None
        return RegisteredWorkflow(row["status"], wire.read(WorkflowDefaults, json.loads(row["configuration"])))

    def new_run_id(self) -> str:
        """Give a run id for an execution to come."""
        return new_run_id()

    @property
    def limits(self) -> Limits:
        """How much there may be of what."""
        return self.transaction.limits

    def is_domain_full(self) -> bool:
        """Tell whether no further execution may be opened in the domain."""
        return self.transaction.is_full(self.row.domain)

    def is_too_fast(self, decision: Decision, task_list: str | None = None) -> bool:
        """Count a decision that is going to be carried out; tells whether there were too many of its kind of late."""
        throttle = self.transaction.throttle
        if not throttle.takes_decision(type(decision).__name__):
            return True
        return task_list is not None and not throttle.takes_activity(self.row.domain, task_list)

    def succeed(self, event: WorkflowExecutionContinuedAsNew) -> None:
        """Start the run that goes on where this one closed, with the same parent."""
        started = WorkflowExecutionStarted(
            **defaults.carried(event),
            continued_execution_run_id=self.row.run_id,
            parent_workflow_execution=self.started.parent_workflow_execution,
            parent_initiated_event_id=self.started.parent_initiated_event_id,
        )
        self.transaction.start_run(
            self.row.domain,
            self.row.workflow_id,
            started,
            run_id=event.new_execution_run_id,
            parent_run=self.row.parent_run,
        )

    def _type(self, kind: str, type_id: TypeId) -> Any:
        return self.transaction.store.row(
            "SELECT status, configuration FROM type WHERE kind = ? AND domain = ? AND name = ? AND version = ?",
            kind,
            self.row.domain,
            *type_id,
        )

    def _append(self, event: Event) -> None:
        # A machine's clock may be set back between two processes; a history's timestamps never go back.
        timestamp = max(to_datetime(self.transaction.now), self.state.last_timestamp)
        event = event.numbered(self.state.last_event_id + 1, timestamp)
        self.transaction.keep(self.number, self.state)
        if type(event) in REFUSED:
            self.transaction.refused.append(event)
        self.state.apply(event)
        self.transaction.store.execute("INSERT INTO event VALUES (?, ?, ?)", self.number, event.id, render_event(event))
        projections.project(self, event)


def new_run_id() -> str:
    """Make a run id that looks like the service's."""
    return "22" + base64.b64encode(secrets.token_bytes(32)).decode()


def unknown_execution(execution: ExecutionId) -> Fault:
    """Give the fault for a run that is not there, or not open."""
    return unknown_resource(
        f"Unknown execution: WorkflowExecution=[workflowId={execution.workflow_id}, runId={execution.run_id}]"
    )
