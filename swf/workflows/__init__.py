"""Durable workflows: ordinary Python that goes on over days and restarts, replayed over SWF's history.

- `definition`: what is declared: `Workflow`, `signal`, `query`. `activities`: `activity`, and `Activity` for those
  implemented elsewhere; `children`: `ChildWorkflow`; `lambdas`: `LambdaFunction`. `options`: what is said of a call
  beside its input. `arguments`: how that is written. `retry`: when something is tried again.
- `running`: the workflow that runs here. `context`: what it asks of its surroundings. `local`: what is done once, in
  the decider. `failures`: what it catches. `blocking`: workflows without ``await``.
- `turns`: a history, cut. `machine`: one execution. `news`: what each event means to it. `commands`, `calls`: what it
  asks for. `outbox`: what of that is sent now. `loop`: its event loop.
- `determinism`, `checking`: whether a program does on replay what it did before. `replay`: histories without an SWF.
  `recorded`: where they are kept. `outcomes`: what became of many. `forbidden`: what a workflow must not call.
  `source`, `lint`: such calls, found in its code.
- `decider`: executions kept alive between decision tasks. `runner`: workers, and everything in one process.
  `execution`: what `Workflow.start` gives. `registering`: types, when something starts.

What happens in a workflow follows from its history alone: no clock, no chance, no order that another run would not
have.
"""

from asyncio import gather

from swf.workflows.activities import Activity, DeclaredActivity, activity
from swf.workflows.calls import ActivityCall, ChildCall, ChildFuture, LambdaCall
from swf.workflows.children import ChildWorkflow
from swf.workflows.context import (
    Info,
    WaitTimedOut,
    as_completed,
    cancel_external,
    continue_as_new,
    continue_as_new_with,
    info,
    is_replaying,
    logger,
    now,
    patched,
    random,
    record_marker,
    side_effect,
    signal_external,
    sleep,
    start_timer,
    uuid4,
    wait,
    wait_condition,
    wait_for_all,
    wait_for_any,
    wait_for_signal,
)
from swf.workflows.decider import WorkflowDecider
from swf.workflows.definition import Workflow, query, signal
from swf.workflows.execution import WorkflowRun
from swf.workflows.failures import (
    ActivityCanceled,
    ActivityFailed,
    ActivityTimedOut,
    ChildWorkflowCanceled,
    ChildWorkflowFailed,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    DecisionRefused,
    Failed,
    LambdaFunctionFailed,
    LambdaFunctionTimedOut,
    SideEffectFailed,
    WorkflowFailed,
)
from swf.workflows.lambdas import LambdaFunction
from swf.workflows.loop import Future
from swf.workflows.options import ActivityOptions, WorkflowOptions
from swf.workflows.replay import Replayer
from swf.workflows.retry import RetryPolicy
from swf.workflows.runner import ActivityRunner, Process, activity_task, heartbeat, run

__all__ = [
    "Activity",
    "ActivityCall",
    "ActivityCanceled",
    "ActivityFailed",
    "ActivityOptions",
    "ActivityRunner",
    "ActivityTimedOut",
    "ChildCall",
    "ChildFuture",
    "ChildWorkflow",
    "ChildWorkflowCanceled",
    "ChildWorkflowFailed",
    "ChildWorkflowTerminated",
    "ChildWorkflowTimedOut",
    "DecisionRefused",
    "DeclaredActivity",
    "Failed",
    "Future",
    "Info",
    "LambdaCall",
    "LambdaFunction",
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
    "Process",
    "Replayer",
    "RetryPolicy",
    "SideEffectFailed",
    "WaitTimedOut",
    "Workflow",
    "WorkflowDecider",
    "WorkflowFailed",
    "WorkflowOptions",
    "WorkflowRun",
    "activity",
    "activity_task",
    "as_completed",
    "cancel_external",
    "continue_as_new",
    "continue_as_new_with",
    "gather",
    "heartbeat",
    "info",
    "is_replaying",
    "logger",
    "now",
    "patched",
    "query",
    "random",
    "record_marker",
    "run",
    "side_effect",
    "signal",
    "signal_external",
    "sleep",
    "start_timer",
    "uuid4",
    "wait",
    "wait_condition",
    "wait_for_all",
    "wait_for_any",
    "wait_for_signal",
]
