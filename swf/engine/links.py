"""What an event of one run brings about in another run, or outside: children, signals, cancel requests, Lambda calls.

The service does all this a moment later. Here it waits as a deadline that is due at once, so that it happens in a
transaction of its own, once, also when the process dies in between. The event in the other run comes first, then the
confirmation in this one.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swf.engine import defaults
from swf.models.event import (
    ChildWorkflowExecutionCanceled,
    ChildWorkflowExecutionCompleted,
    ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted,
    ChildWorkflowExecutionTerminated,
    ChildWorkflowExecutionTimedOut,
    Event,
    ExternalWorkflowExecutionCancelRequested,
    ExternalWorkflowExecutionSignaled,
    LambdaFunctionStarted,
    RequestCancelExternalWorkflowExecutionFailed,
    RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionFailed,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionFailed,
    StartLambdaFunctionFailed,
    WorkflowExecutionCanceled,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionCompleted,
    WorkflowExecutionFailed,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
    WorkflowExecutionTimedOut,
)
from swf.models.history.state import ExternalRequest

if TYPE_CHECKING:
    from swf.engine.transaction import Run

NO_ROLE = "No IAM role is attached to the current workflow execution."


def start_child(run: "Run", initiated_event_id: int) -> None:
    """Start the child that a decision asked for, unless an execution with its workflow id is open."""
    initiated = run.state.children[initiated_event_id].initiated
    if run.transaction.find_open(run.row.domain, initiated.workflow_id) is not None:
        failed = StartChildWorkflowExecutionFailed(
            workflow_type=initiated.workflow_type,
            workflow_id=initiated.workflow_id,
            cause="WORKFLOW_ALREADY_RUNNING",
            initiated_event_id=initiated.id,
            decision_task_completed_event_id=initiated.decision_task_completed_event_id,
            control=initiated.control,
        )
        run.record([failed])
        return
    started = WorkflowExecutionStarted(
        **defaults.carried(initiated),
        parent_workflow_execution=run.row.execution,
        parent_initiated_event_id=initiated.id,
    )
    child = run.transaction.start_run(run.row.domain, initiated.workflow_id, started, parent_run=run.number)
    run.record(
        [
            ChildWorkflowExecutionStarted(
                workflow_execution=child, workflow_type=initiated.workflow_type, initiated_event_id=initiated.id
            )
        ]
    )


def signal_external(run: "Run", initiated_event_id: int) -> None:
    """Deliver a signal to another execution, or to this one."""
    initiated = run.state.external_requests[initiated_event_id]
    assert isinstance(initiated, SignalExternalWorkflowExecutionInitiated), "the deadline goes with its event"
    signaled = WorkflowExecutionSignaled(
        signal_name=initiated.signal_name,
        input=initiated.input,
        external_workflow_execution=run.row.execution,
        external_initiated_event_id=initiated.id,
    )
    _deliver(
        run, initiated, signaled, told=ExternalWorkflowExecutionSignaled, failed=SignalExternalWorkflowExecutionFailed
    )


def cancel_external(run: "Run", initiated_event_id: int) -> None:
    """Deliver a cancel request to another execution."""
    initiated = run.state.external_requests[initiated_event_id]
    assert isinstance(initiated, RequestCancelExternalWorkflowExecutionInitiated), "the deadline goes with its event"
    requested = WorkflowExecutionCancelRequested(
        external_workflow_execution=run.row.execution, external_initiated_event_id=initiated.id
    )
    _deliver(
        run,
        initiated,
        requested,
        told=ExternalWorkflowExecutionCancelRequested,
        failed=RequestCancelExternalWorkflowExecutionFailed,
    )


def _deliver(
    run: "Run",
    initiated: ExternalRequest,
    event: Event,
    *,
    told: type[ExternalWorkflowExecutionSignaled] | type[ExternalWorkflowExecutionCancelRequested],
    failed: type[SignalExternalWorkflowExecutionFailed] | type[RequestCancelExternalWorkflowExecutionFailed],
) -> None:
    """Record an event in the open execution that is meant, and in this one that it was, or that there is none."""
    row = run.transaction.find_open(run.row.domain, initiated.workflow_id)
    # With a run id, only that run is meant.
    if row is None or (initiated.run_id and initiated.run_id != row["run_id"]):
        unknown = failed(
            workflow_id=initiated.workflow_id,
            run_id=initiated.run_id,
            cause="UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
            initiated_event_id=initiated.id,
            decision_task_completed_event_id=initiated.decision_task_completed_event_id,
            control=initiated.control,
        )
        run.record([unknown])
        return
    target = run.transaction.run(row["run"])
    target.record([event])
    if run.state.closed is not None:
        # It was the one that is meant, and this was the last event it may have.
        return
    run.record([told(workflow_execution=target.row.execution, initiated_event_id=initiated.id)])


def start_lambda(run: "Run", scheduled_event_id: int) -> None:
    """Have a Lambda function called, if the execution has a role to call it with."""
    if run.started.lambda_role is None:
        failed = StartLambdaFunctionFailed(
            scheduled_event_id=scheduled_event_id, cause="ASSUME_ROLE_FAILED", message=NO_ROLE
        )
        run.record([failed])
        return
    run.record([LambdaFunctionStarted(scheduled_event_id=scheduled_event_id)])
    run.transaction.calls.append((run.number, run.state.lambda_functions[scheduled_event_id].scheduled))


def tell_parent(run: "Run", close_event_id: int) -> None:
    """Record in the parent how its child ended, if the parent is still open."""
    parent_run, initiated_event_id = run.row.parent_run, run.row.parent_initiated_event_id
    if parent_run is None or initiated_event_id is None:
        return
    parent = run.transaction.find_run(parent_run)
    if parent is None or parent.state.closed is not None:
        return
    started = parent.state.children[initiated_event_id].started
    assert started is not None, "a child that runs was started"
    assert run.state.closed is not None, "the deadline goes with the end"
    ended = _child_event(
        run.state.closed,
        workflow_execution=run.row.execution,
        workflow_type=run.started.workflow_type,
        initiated_event_id=initiated_event_id,
        started_event_id=started.id,
    )
    parent.record([ended])


def apply_child_policy(run: "Run", close_event_id: int) -> None:
    """Apply the policy of a closed execution to its open children, however it closed."""
    policy = run.child_policy
    for child in run.transaction.open_children(run.number):
        if policy == "TERMINATE":
            # What the event shows is applied to the children of the child: its own policy.
            own = child.started.child_policy
            child.record([WorkflowExecutionTerminated(child_policy=own, cause="CHILD_POLICY_APPLIED")])
        elif policy == "REQUEST_CANCEL":
            # Recorded: it names the parent, and no event of the parent that would have initiated it.
            requested = WorkflowExecutionCancelRequested(
                cause="CHILD_POLICY_APPLIED",
                external_initiated_event_id=0,
                external_workflow_execution=run.row.execution,
            )
            child.record([requested])


def forget(run: "Run", close_event_id: int) -> None:
    """Delete a closed run whose retention is over."""
    run.transaction.forget_run(run)


FOLLOWS: "dict[str, Callable[[Run, int], None]]" = {
    "START_CHILD": start_child,
    "SIGNAL_EXTERNAL": signal_external,
    "CANCEL_EXTERNAL": cancel_external,
    "START_LAMBDA": start_lambda,
    "TELL_PARENT": tell_parent,
    "CHILD_POLICY": apply_child_policy,
    "RETENTION": forget,
}


def _child_event(closed: Event, **child: Any) -> Event:
    """Give the parent's event for the event that closed its child."""
    match closed:
        case WorkflowExecutionCompleted():
            return ChildWorkflowExecutionCompleted(**child, result=closed.result)
        case WorkflowExecutionFailed():
            return ChildWorkflowExecutionFailed(**child, reason=closed.reason, details=closed.details)
        case WorkflowExecutionCanceled():
            return ChildWorkflowExecutionCanceled(**child, details=closed.details)
        case WorkflowExecutionTimedOut():
            return ChildWorkflowExecutionTimedOut(**child, timeout_type=closed.timeout_type)
        case _:
            return ChildWorkflowExecutionTerminated(**child)
