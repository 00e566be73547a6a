"""SWF's operations, one function each, from a checked request to the answer.

- `registry`: which function answers which operation.
- `domains`, `types`, `tags`: what is registered.
- `executions`: one execution: start, signal, cancel, terminate, describe, its history.
- `visibility`: many executions: lists and counts.
- `decision_tasks`, `activity_tasks`: polls and answers.
- `paging`: page sizes and page tokens.

An operation gets a `Transaction` and the request, and changes nothing when it raises a `Fault`.
"""

from swf.engine.operations import activity_tasks, decision_tasks, domains, executions, tags, types, visibility
from swf.engine.operations.registry import OPERATIONS, Operation, Output, Request

__all__ = [
    "OPERATIONS",
    "Operation",
    "Output",
    "Request",
    "activity_tasks",
    "decision_tasks",
    "domains",
    "executions",
    "tags",
    "types",
    "visibility",
]
