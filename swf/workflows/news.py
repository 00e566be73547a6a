"""What each event of a history means to the workflow: whose future is done, and with what.

Events that are not here tell a workflow nothing. What nobody waits for any more, since it was canceled or abandoned, is
passed over.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swf import payload
from swf.failure import Failure
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
End = Callable[["Machine", Any, Attributes], None]

HEARD: dict[str, Hear] = {}


def _hears(name: str) -> Callable[[Hear], Hear]:
    def register(hear: Hear) -> Hear:
        HEARD[name] = hear
        return hear

    return register


def _ends(name: str, key: str) -> Callable[[End], End]:
    """Have an event end what an earlier one opened, which it names by a member, if anybody still waits for that."""

    def register(end: End) -> End:
        def hear(machine: "Machine", attributes: Attributes) -> None:
            command = machine.take(attributes.get(key, 0))
            if command is not None:
                end(machine, command, attributes)

        HEARD[name] = hear
        return end

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


@_ends("TimerFired", "startedEventId")
def _timer_fired(machine: "Machine", timer: Any, attributes: Attributes) -> None:
    machine.loop.fire(timer)


@_ends("ActivityTaskCompleted", "scheduledEventId")
def _activity_completed(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.complete(machine.decoded(attributes.get("result")))


@_ends("ActivityTaskFailed", "scheduledEventId")
def _activity_failed(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.fail(ActivityFailed(call.activity_type, call.activity_id, _failure(attributes)))


@_ends("ActivityTaskTimedOut", "scheduledEventId")
def _activity_timed_out(machine: "Machine", call: Any, attributes: Attributes) -> None:
    timeout_type, details = attributes["timeoutType"], attributes.get("details")
    call.fail(ActivityTimedOut(call.activity_type, call.activity_id, timeout_type, details))


@_ends("ActivityTaskCanceled", "scheduledEventId")
def _activity_canceled(machine: "Machine", call: Any, attributes: Attributes) -> None:
    details = attributes.get("details")
    call.end_canceled(lambda: ActivityCanceled(call.activity_type, call.activity_id, details))


@_hears("ChildWorkflowExecutionStarted")
def _child_started(machine: "Machine", attributes: Attributes) -> None:
    machine.outbox.arrived(attributes["initiatedEventId"])
    call: Any = machine.waiting.get(attributes["initiatedEventId"])
    if call is not None:
        call.begin(attributes["workflowExecution"]["runId"])


@_ends("ChildWorkflowExecutionCompleted", "initiatedEventId")
def _child_completed(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.complete(machine.decoded(attributes.get("result")))


@_ends("ChildWorkflowExecutionFailed", "initiatedEventId")
def _child_failed(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.fail(ChildWorkflowFailed(call.workflow_type, call.workflow_id, _failure(attributes)))


@_ends("ChildWorkflowExecutionTimedOut", "initiatedEventId")
def _child_timed_out(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.fail(ChildWorkflowTimedOut(call.workflow_type, call.workflow_id))


@_ends("ChildWorkflowExecutionTerminated", "initiatedEventId")
def _child_terminated(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.fail(ChildWorkflowTerminated(call.workflow_type, call.workflow_id))


@_ends("ChildWorkflowExecutionCanceled", "initiatedEventId")
def _child_canceled(machine: "Machine", call: Any, attributes: Attributes) -> None:
    details = attributes.get("details")
    call.end_canceled(lambda: ChildWorkflowCanceled(call.workflow_type, call.workflow_id, details))


@_ends("LambdaFunctionCompleted", "scheduledEventId")
def _function_completed(machine: "Machine", call: Any, attributes: Attributes) -> None:
    # Lambda knows nothing of codecs.
    with payload.use(payload.JSONCodec()):
        call.complete(payload.decode(attributes.get("result")))


@_ends("LambdaFunctionFailed", "scheduledEventId")
def _function_failed(machine: "Machine", call: Any, attributes: Attributes) -> None:
    failure = lambda_failure(attributes.get("reason"), attributes.get("details"))
    call.fail(LambdaFunctionFailed(call.name, failure))


@_ends("LambdaFunctionTimedOut", "scheduledEventId")
def _function_timed_out(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.fail(LambdaFunctionTimedOut(call.name))


@_ends("StartLambdaFunctionFailed", "scheduledEventId")
def _function_not_started(machine: "Machine", call: Any, attributes: Attributes) -> None:
    failure = Failure(type=attributes.get("cause", "StartLambdaFunctionFailed"), message=attributes.get("message", ""))
    call.fail(LambdaFunctionFailed(call.name, failure))


@_ends("ExternalWorkflowExecutionSignaled", "initiatedEventId")
@_ends("ExternalWorkflowExecutionCancelRequested", "initiatedEventId")
def _reached(machine: "Machine", call: Any, attributes: Attributes) -> None:
    call.complete(None)


# SWF finds out after the decision was carried out.
@_ends("StartChildWorkflowExecutionFailed", "initiatedEventId")
@_ends("SignalExternalWorkflowExecutionFailed", "initiatedEventId")
@_ends("RequestCancelExternalWorkflowExecutionFailed", "initiatedEventId")
def _refused_later(machine: "Machine", call: Any, attributes: Attributes) -> None:
    cause = attributes["cause"]
    call.fail(DecisionRefused(call.decides.__name__, call.told, cause, retry=may_pass(cause)))
