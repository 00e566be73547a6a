"""What is open in an execution now: one fold over its events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

import attrs

from swf.constants import CLOSED, NONE, OPEN
from swf.models.event import (
    EPOCH,
    ActivityTaskCanceled,
    ActivityTaskCancelRequested,
    ActivityTaskCompleted,
    ActivityTaskEvent,
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ActivityTaskStarted,
    ActivityTaskTimedOut,
    ChildWorkflowExecutionEvent,
    ChildWorkflowExecutionStarted,
    DecisionTaskCompleted,
    DecisionTaskEvent,
    DecisionTaskScheduled,
    DecisionTaskStarted,
    DecisionTaskTimedOut,
    Event,
    ExternalWorkflowExecutionEvent,
    LambdaFunctionCompleted,
    LambdaFunctionEvent,
    LambdaFunctionFailed,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    LambdaFunctionTimedOut,
    RequestCancelActivityTaskFailed,
    RequestCancelExternalWorkflowExecutionInitiated,
    ScheduleActivityTaskFailed,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionFailed,
    StartChildWorkflowExecutionInitiated,
    StartLambdaFunctionFailed,
    TimerCanceled,
    TimerEvent,
    TimerFired,
    TimerStarted,
    WorkflowExecutionCanceled,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionCompleted,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionEvent,
    WorkflowExecutionFailed,
    WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
    WorkflowExecutionTimedOut,
)
from swf.shapes import CloseStatus, ExecutionStatus

CLOSE_STATUS_OF: dict[type[Event], CloseStatus] = {
    WorkflowExecutionCompleted: "COMPLETED",
    WorkflowExecutionFailed: "FAILED",
    WorkflowExecutionCanceled: "CANCELED",
    WorkflowExecutionTerminated: "TERMINATED",
    WorkflowExecutionContinuedAsNew: "CONTINUED_AS_NEW",
    WorkflowExecutionTimedOut: "TIMED_OUT",
}

ExternalRequest = SignalExternalWorkflowExecutionInitiated | RequestCancelExternalWorkflowExecutionInitiated


@attrs.frozen
class OpenActivity:
    """An activity task that is scheduled and not closed."""

    scheduled: ActivityTaskScheduled
    started: ActivityTaskStarted | None = None
    cancel_requested: ActivityTaskCancelRequested | None = None


@attrs.frozen
class OpenChild:
    """A child execution that is initiated and not closed."""

    initiated: StartChildWorkflowExecutionInitiated
    started: ChildWorkflowExecutionStarted | None = None


@attrs.frozen
class OpenLambda:
    """A call of a Lambda function that is scheduled and not over."""

    scheduled: LambdaFunctionScheduled
    started: LambdaFunctionStarted | None = None


@attrs.frozen
class StickyTaskList:
    """A task list for the next decision tasks that holds only while its pollers take them in time."""

    task_list: str
    schedule_to_start_timeout: int


@attrs.define
class ExecutionState:
    """What is open in an execution after the events seen so far.

    `apply` takes the events in the order of their ids, each once; the work per event does not grow with the history.

    Attributes:
        started: The execution's first event, None before it was seen.
        closed: The event that closed the execution, None while it is open.
        last_event_id: The id of the latest event.
        last_timestamp: When the latest event happened.
        activities: Open activity tasks, by the id of their ``ActivityTaskScheduled`` event.
        timers: Open timers, by timer id.
        children: Open child executions, by the id of their ``StartChildWorkflowExecutionInitiated`` event.
        lambda_functions: Open Lambda calls, by the id of their ``LambdaFunctionScheduled`` event.
        external_requests: Signals and cancel requests to other executions without an outcome, by initiated event id.
        scheduled_decision: The decision task that waits for a decider, if any.
        started_decision: The decision task that a decider works on, if any.
        previous_started_event_id: The ``DecisionTaskStarted`` event of the last decision task completed, 0 before.
        task_list: The task list of the decision tasks, as the deciders may have changed it for good.
        sticky_task_list: The one that overrides it for now, if any.
        latest_execution_context: The last one a decider gave.
        latest_activity_task_timestamp: When the last event of an activity task happened.
        cancel_requested: Whether somebody asked for the execution to be canceled.
    """

    started: WorkflowExecutionStarted | None = None
    closed: Event | None = None
    last_event_id: int = 0
    last_timestamp: datetime = EPOCH
    activities: dict[int, OpenActivity] = attrs.field(factory=dict)
    timers: dict[str, TimerStarted] = attrs.field(factory=dict)
    children: dict[int, OpenChild] = attrs.field(factory=dict)
    lambda_functions: dict[int, OpenLambda] = attrs.field(factory=dict)
    external_requests: dict[int, ExternalRequest] = attrs.field(factory=dict)
    scheduled_decision: DecisionTaskScheduled | None = None
    started_decision: DecisionTaskStarted | None = None
    previous_started_event_id: int = 0
    task_list: str = ""
    sticky_task_list: StickyTaskList | None = None
    latest_execution_context: str | None = None
    latest_activity_task_timestamp: datetime | None = None
    cancel_requested: bool = False
    _open_activity_ids: dict[str, int] = attrs.field(factory=dict, repr=False, alias="open_activity_ids")

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """Fold events, in the order of their ids."""
        state = cls()
        for event in events:
            state.apply(event)
        return state

    @property
    def status(self) -> ExecutionStatus:
        """``OPEN`` or ``CLOSED``."""
        return OPEN if self.closed is None else CLOSED

    @property
    def close_status(self) -> CloseStatus | None:
        """How the execution closed; None while it is open."""
        return None if self.closed is None else CLOSE_STATUS_OF[type(self.closed)]

    def activity(self, activity_id: str) -> OpenActivity | None:
        """Give the open activity task with this id."""
        scheduled_event_id = self._open_activity_ids.get(activity_id)
        return None if scheduled_event_id is None else self.activities[scheduled_event_id]

    def apply(self, event: Event) -> None:
        """Take one more event into account."""
        self.last_event_id = event.id
        self.last_timestamp = event.timestamp
        match event:
            case DecisionTaskEvent():
                self._apply_decision_task(event)
            case ActivityTaskEvent():
                self._apply_activity_task(event)
            case TimerEvent():
                self._apply_timer(event)
            case WorkflowExecutionEvent():
                self._apply_workflow(event)
            case ChildWorkflowExecutionEvent():
                self._apply_child(event)
            case ExternalWorkflowExecutionEvent():
                self._apply_external(event)
            case LambdaFunctionEvent():
                self._apply_lambda(event)

    def _apply_workflow(self, event: WorkflowExecutionEvent) -> None:
        if isinstance(event, WorkflowExecutionStarted):
            self.started = event
            self.task_list = event.task_list
        elif isinstance(event, WorkflowExecutionCancelRequested):
            self.cancel_requested = True
        elif type(event) in CLOSE_STATUS_OF:
            # SWF keeps the count of open activities of a closed execution, and says 0 for its timers.
            self.closed = event
            self.timers.clear()
            self.scheduled_decision = self.started_decision = None

    def _apply_decision_task(self, event: DecisionTaskEvent) -> None:
        match event:
            case DecisionTaskScheduled():
                self.scheduled_decision = event
            case DecisionTaskStarted():
                self.started_decision, self.scheduled_decision = event, None
            case DecisionTaskCompleted():
                self.previous_started_event_id = event.started_event_id
                self.started_decision = None
                if event.execution_context is not None:
                    self.latest_execution_context = event.execution_context
                self._assign(event.task_list, event.task_list_schedule_to_start_timeout)
            case DecisionTaskTimedOut():
                self.sticky_task_list = None
                if event.started_event_id:
                    self.started_decision = None
                else:
                    self.scheduled_decision = None

    def _assign(self, task_list: str | None, timeout: int | str | None) -> None:
        """Change the task list of later decision tasks, as a decider's answer asks."""
        if isinstance(timeout, int):
            current = self.sticky_task_list.task_list if self.sticky_task_list else self.task_list
            self.sticky_task_list = StickyTaskList(task_list or current, timeout)
        elif task_list is not None or timeout == NONE:
            self.task_list = task_list or self.task_list
            self.sticky_task_list = None

    def _apply_activity_task(self, event: ActivityTaskEvent) -> None:
        if not isinstance(event, ScheduleActivityTaskFailed | RequestCancelActivityTaskFailed):
            # A refused decision is nothing that happened to a task.
            self.latest_activity_task_timestamp = event.timestamp
        match event:
            case ActivityTaskScheduled():
                self.activities[event.id] = OpenActivity(event)
                self._open_activity_ids[event.activity_id] = event.id
            case ActivityTaskStarted():
                self._change_activity(event.scheduled_event_id, started=event)
            case ActivityTaskCancelRequested():
                self._change_activity(self._open_activity_ids.get(event.activity_id, 0), cancel_requested=event)
            case ActivityTaskCompleted() | ActivityTaskFailed() | ActivityTaskTimedOut() | ActivityTaskCanceled():
                closed = self.activities.pop(event.scheduled_event_id, None)
                if closed is not None:
                    self._open_activity_ids.pop(closed.scheduled.activity_id, None)

    def _change_activity(
        self,
        scheduled_event_id: int,
        *,
        started: ActivityTaskStarted | None = None,
        cancel_requested: ActivityTaskCancelRequested | None = None,
    ) -> None:
        activity = self.activities.get(scheduled_event_id)
        if activity is not None:
            self.activities[scheduled_event_id] = OpenActivity(
                activity.scheduled, started or activity.started, cancel_requested or activity.cancel_requested
            )

    def _apply_timer(self, event: TimerEvent) -> None:
        match event:
            case TimerStarted():
                self.timers[event.timer_id] = event
            case TimerFired() | TimerCanceled():
                self.timers.pop(event.timer_id, None)

    def _apply_child(self, event: ChildWorkflowExecutionEvent) -> None:
        match event:
            case StartChildWorkflowExecutionInitiated():
                self.children[event.id] = OpenChild(event)
            case ChildWorkflowExecutionStarted():
                child = self.children.get(event.initiated_event_id)
                if child is not None:
                    self.children[event.initiated_event_id] = OpenChild(child.initiated, event)
            case StartChildWorkflowExecutionFailed():
                self.children.pop(event.initiated_event_id, None)
            case _:
                self.children.pop(event.opener_id, None)

    def _apply_external(self, event: ExternalWorkflowExecutionEvent) -> None:
        match event:
            case SignalExternalWorkflowExecutionInitiated() | RequestCancelExternalWorkflowExecutionInitiated():
                self.external_requests[event.id] = event
            case _:
                self.external_requests.pop(event.opener_id, None)

    def _apply_lambda(self, event: LambdaFunctionEvent) -> None:
        match event:
            case LambdaFunctionScheduled():
                self.lambda_functions[event.id] = OpenLambda(event)
            case LambdaFunctionStarted():
                called = self.lambda_functions.get(event.scheduled_event_id)
                if called is not None:
                    self.lambda_functions[event.scheduled_event_id] = OpenLambda(called.scheduled, event)
            case (
                LambdaFunctionCompleted()
                | LambdaFunctionFailed()
                | LambdaFunctionTimedOut()
                | StartLambdaFunctionFailed()
            ):
                self.lambda_functions.pop(event.opener_id, None)
