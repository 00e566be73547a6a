"""SWF's 13 decisions, as frozen classes.

- `base`: what all decisions have in common.
- `task`, `workflow`, `timer`, `marker`, `child_workflow`, `external_workflow`, `lambda_function`: one family each.
"""

from swf.models.decision.base import (
    Decision,
    from_raw,
)
from swf.models.decision.child_workflow import (
    StartChildWorkflowExecution,
)
from swf.models.decision.external_workflow import (
    RequestCancelExternalWorkflowExecution,
    SignalExternalWorkflowExecution,
)
from swf.models.decision.lambda_function import (
    ScheduleLambdaFunction,
)
from swf.models.decision.marker import (
    RecordMarker,
)
from swf.models.decision.task import (
    RequestCancelActivityTask,
    ScheduleActivityTask,
)
from swf.models.decision.timer import (
    CancelTimer,
    StartTimer,
)
from swf.models.decision.workflow import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    FailWorkflowExecution,
)

DECISIONS: dict[str, type[Decision]] = {
    kind.__name__: kind
    for kind in (
        CancelTimer,
        CancelWorkflowExecution,
        CompleteWorkflowExecution,
        ContinueAsNewWorkflowExecution,
        FailWorkflowExecution,
        RecordMarker,
        RequestCancelActivityTask,
        RequestCancelExternalWorkflowExecution,
        ScheduleActivityTask,
        ScheduleLambdaFunction,
        SignalExternalWorkflowExecution,
        StartChildWorkflowExecution,
        StartTimer,
    )
}

__all__ = [
    "DECISIONS",
    "CancelTimer",
    "CancelWorkflowExecution",
    "CompleteWorkflowExecution",
    "ContinueAsNewWorkflowExecution",
    "Decision",
    "FailWorkflowExecution",
    "RecordMarker",
    "RequestCancelActivityTask",
    "RequestCancelExternalWorkflowExecution",
    "ScheduleActivityTask",
    "ScheduleLambdaFunction",
    "SignalExternalWorkflowExecution",
    "StartChildWorkflowExecution",
    "StartTimer",
    "from_raw",
]
