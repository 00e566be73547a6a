"""SWF's objects as Python values.

- `base`: `Model`, what all models have in common; `ModelDiff` and `Difference`.
- `domain`: `Domain`.
- `workflow`: `WorkflowType`, `WorkflowExecution`.
- `activity`: `ActivityType`, and `ActivityTask` as a worker gets it.
- `task`: `DecisionTask` as a decider gets it.
- `event`, `decision`, `history`: what happened, what a decider wants, and what happened together.

Models are frozen. Making one touches nothing outside the process; what asks SWF says so.
"""

from swf.models.activity import ActivityTask, ActivityType
from swf.models.base import Difference, ModelDiff
from swf.models.domain import Domain
from swf.models.history import History
from swf.models.task import DecisionTask
from swf.models.workflow import OpenCounts, WorkflowExecution, WorkflowType

__all__ = [
    "ActivityTask",
    "ActivityType",
    "DecisionTask",
    "Difference",
    "Domain",
    "History",
    "ModelDiff",
    "OpenCounts",
    "WorkflowExecution",
    "WorkflowType",
]
