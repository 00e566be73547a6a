"""What each event of a history means to the workflow: whose future is done, and with what.

Events that are not here tell a workflow nothing. What nobody waits for any more, since it was canceled or abandoned, is
passed over.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from swf import payload
from swf.failure import Failure
from swf.shapes import TypeId
from swf.workflows.commands import Attributes
from swf.workflows.failures import (
    ActivityCanceled,
    ActivityFailed,
    ActivityTimedOut,
    ChildWorkflowCanceled,
    ChildWorkflowFailed,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    DecisionRefused,
    LambdaFunctionFailed,
    LambdaFunctionTimedOut,
    lambda_failure,
)
from swf.workflows.retry import may_pass

if TYPE_CHECKING:
    from swf.workflows.machine import Machine

Hear = Callable[["Machine", Attributes], None]

HEARD: dict[str, Hear] = {}


def _hears(name: str) -> Callable[[Hear], Hear]:
    def register(hear: Hear) -> Hear:
        HEARD[name] = hear
        return hear

    return register


def _failure(attributes: Attributes) -> Failure:
    return Failure.read(attributes.get("reason"), attributes.get("details"))


@_hears("WorkflowExecutionStarted")
def _started(machine: "Machine", attributes: Attributes) -> None:
    machine.begin(attributes)


@_hears("WorkflowExecutionSignaled")
def _signaled(machine: "Machine", attributes: Attributes) -> None:
    machine.signal(attributes)


@_hears("WorkflowExecutionCancelRequested")
def _cancel_requested(machine: "Machine", attributes: Attributes) -> None:
    machine.request_cancel()


@_hears("TimerFired")
def _timer_fired(machine: "Machine", attributes: Attributes) -> None:
    timer = machine.take(attributes["startedEventId"])
    if timer is not None:
        machine.loop.fire(timer)


@_hears("ActivityTaskCompleted")
def _activity_completed(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        call.complete(machine.decoded(attributes.get("result")))


@_hears("ActivityTaskFailed")
def _activity_failed(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        call.fail(ActivityFailed(call.activity_type, call.activity_id, _failure(attributes)))


@_hears("ActivityTaskTimedOut")
def _activity_timed_out(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        timeout_type, details = attributes["timeoutType"], attributes.get("details")
        call.fail(ActivityTimedOut(call.activity_type, call.activity_id, timeout_type, details))


@_hears("ActivityTaskCanceled")
def _activity_canceled(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        details = attributes.get("details")
        call.end_canceled(lambda: ActivityCanceled(call.activity_type, call.activity_id, details))


@_hears("ChildWorkflowExecutionStarted")
def _child_started(machine: "Machine", attributes: Attributes) -> None:
    machine.outbox.arrived(attributes["initiatedEventId"])
    call: Any = machine.waiting.get(attributes["initiatedEventId"])
    if call is not None:
        call.begin(attributes["workflowExecution"]["runId"])


@_hears("ChildWorkflowExecutionCompleted")
def _child_completed(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["initiatedEventId"])
    if call is not None:
        call.complete(machine.decoded(attributes.get("result")))


@_hears("ChildWorkflowExecutionFailed")
def _child_failed(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["initiatedEventId"])
    if call is not None:
        call.fail(ChildWorkflowFailed(call.workflow_type, call.workflow_id, _failure(attributes)))


@_hears("ChildWorkflowExecutionTimedOut")
def _child_timed_out(machine: "Machine", attributes: Attributes) -> None:
    _end_child(machine, attributes, ChildWorkflowTimedOut)


@_hears("ChildWorkflowExecutionTerminated")
def _child_terminated(machine: "Machine", attributes: Attributes) -> None:
    _end_child(machine, attributes, ChildWorkflowTerminated)


def _end_child(machine: "Machine", attributes: Attributes, error: Callable[[TypeId, str], Exception]) -> None:
    call = machine.take(attributes["initiatedEventId"])
    if call is not None:
        call.fail(error(call.workflow_type, call.workflow_id))


@_hears("ChildWorkflowExecutionCanceled")
def _child_canceled(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["initiatedEventId"])
    if call is not None:
        details = attributes.get("details")
        call.end_canceled(lambda: ChildWorkflowCanceled(call.workflow_type, call.workflow_id, details))


@_hears("LambdaFunctionCompleted")
def _function_completed(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        # Lambda knows nothing of codecs.
        with payload.use(payload.JSONCodec()):
            call.complete(payload.decode(attributes.get("result")))


@_hears("LambdaFunctionFailed")
def _function_failed(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        failure = lambda_failure(attributes.get("reason"), attributes.get("details"))
        call.fail(LambdaFunctionFailed(call.name, failure))


@_hears("LambdaFunctionTimedOut")
def _function_timed_out(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["scheduledEventId"])
    if call is not None:
        call.fail(LambdaFunctionTimedOut(call.name))


@_hears("StartLambdaFunctionFailed")
def _function_not_started(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes.get("scheduledEventId", 0))
    if call is not None:
        failure = Failure(
            type=attributes.get("cause", "StartLambdaFunctionFailed"), message=attributes.get("message", "")
        )
        call.fail(LambdaFunctionFailed(call.name, failure))


@_hears("ExternalWorkflowExecutionSignaled")
@_hears("ExternalWorkflowExecutionCancelRequested")
def _reached(machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["initiatedEventId"])
    if call is not None:
        call.complete(None)


def _refused_later(decision: str, machine: "Machine", attributes: Attributes) -> None:
    call = machine.take(attributes["initiatedEventId"])
    if call is not None:
        cause = attributes["cause"]
        call.fail(DecisionRefused(decision, call.told, cause, retry=may_pass(cause)))


# SWF finds out after the decision was carried out.
for _decision in (
    "StartChildWorkflowExecution",
    "SignalExternalWorkflowExecution",
    "RequestCancelExternalWorkflowExecution",
):
    HEARD[f"{_decision}Failed"] = partial(_refused_later, _decision)
