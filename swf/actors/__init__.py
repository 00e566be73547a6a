"""Base classes for what works on tasks: deciders and activity workers.

- `core`: `Actor`: polling in threads, starting, stopping without losing a task; `run` and `stop` several.
- `decider`: `Decider`: decision tasks.
- `worker`: `ActivityWorker`: activity tasks.

An actor never polls for a task it would not work on, and never drops one it was given.
"""

from swf.actors.core import Actor, run, stop
from swf.actors.decider import Decider
from swf.actors.worker import ActivityWorker, TaskCanceled

__all__ = ["ActivityWorker", "Actor", "Decider", "TaskCanceled", "run", "stop"]
