"""Histories: what happened to an execution, in order.

- `base`: `History`, the events and what they tell together.
- `state`: `ExecutionState`, what is open after them: one fold that deciders, replay and engine share.
- `compiled`: `CompiledEvent`, the events of one activity task, timer or child together.
- `pages`: whether events that SWF answered are all of them.
- `child_policy`: what the close of a parent does to an open child.
- `decision_tasks`: when SWF asks the decider, and with which decision task.
- `builder`: `HistoryBuilder`, histories for tests.
"""

from swf.models.history.base import History
from swf.models.history.builder import HistoryBuilder
from swf.models.history.compiled import CompiledEvent
from swf.models.history.state import ExecutionState

__all__ = ["CompiledEvent", "ExecutionState", "History", "HistoryBuilder"]
