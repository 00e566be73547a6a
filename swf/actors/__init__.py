"""Base classes for what works on tasks: deciders and activity workers.

- `core`: `Actor`: polling in threads, starting, stopping without losing a task; `run` and `stop` several.
- `decider`: `Decider`: decision tasks. `portions`: more decisions than one answer may have.
- `worker`: `ActivityWorker`: activity tasks. `running`, `heartbeat`: a task while it is worked on.
- `executors`, `processes`, `exits`: where handlers run, and how a process ended.
- `supervisor`, `health`, `one_task`: how actors are run as a service.
- `handlers`: which function handles what. `trouble`: what keeps an actor from polling or answering.
- `observers`: who is told what actors do.

An actor never polls for a task it would not work on, and never drops one it was given.
"""

from swf.actors.core import Actor, run, stop
from swf.actors.decider import Decider, workflow
from swf.actors.running import RunningTask, TaskCanceled
from swf.actors.worker import ActivityWorker, activity
from swf.failure import Failure, TaskFailed

__all__ = [
    "ActivityWorker",
    "Actor",
    "Decider",
    "Failure",
    "RunningTask",
    "TaskCanceled",
    "TaskFailed",
    "activity",
    "run",
    "stop",
    "workflow",
]
