"""Ask SWF for many: lazy values that are narrowed, sliced and turned round before anything is sent.

- `base`: `QuerySet`, what all have in common; `ModelQuerySet` and its keywords.
- `dates`: how the ends of a span of time are said. `words`: which executions are asked for, in words.
- `domain`: `DomainQuerySet`.
- `workflow`, `activity`, and `types`, what those have in common: `WorkflowTypeQuerySet`, `WorkflowExecutionQuerySet`,
  `ActivityTypeQuerySet`.
- `history`: `HistoryQuerySet`.

What will be asked is planned by functions that send nothing; `explain()` prints the plan.
"""

from swf.querysets.activity import ActivityTypeQuerySet
from swf.querysets.base import QuerySet
from swf.querysets.domain import DomainQuerySet
from swf.querysets.history import HistoryQuerySet
from swf.querysets.workflow import WorkflowExecutionQuerySet, WorkflowTypeQuerySet

# The other name that the same queryset is known by.
DomainQuery = DomainQuerySet

__all__ = [
    "ActivityTypeQuerySet",
    "DomainQuery",
    "DomainQuerySet",
    "HistoryQuerySet",
    "QuerySet",
    "WorkflowExecutionQuerySet",
    "WorkflowTypeQuerySet",
]
