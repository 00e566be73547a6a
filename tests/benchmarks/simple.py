"""The program of `durable` for simpleflow, and what decides on it."""

import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from services import ACTIVITIES, ACTIVITY_TYPE, DECISIONS, WORKFLOW_TYPE

# It makes clients that ask nobody.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("LOG_LEVEL", "error")

from simpleflow import Workflow, activity, futures
from simpleflow.swf.executor import Executor
from simpleflow.swf.mapper.models.domain import Domain
from simpleflow.swf.mapper.models.history import History

logging.getLogger("simpleflow").setLevel(logging.ERROR)


@activity.with_attributes(name=ACTIVITY_TYPE["name"], version=ACTIVITY_TYPE["version"], task_list=ACTIVITIES["name"])
def double(n: int) -> int:
    return 2 * n


class FanOut(Workflow):
    name = WORKFLOW_TYPE["name"]
    version = WORKFLOW_TYPE["version"]
    task_list = DECISIONS["name"]

    def run(self, count: int) -> int:
        doubled = [self.submit(double, number) for number in range(count)]
        futures.wait(*doubled)
        return sum(future.result for future in doubled)


def decider() -> Callable[[Sequence[dict[str, Any]], Any], list[Any]]:
    """Give what decides on an execution, from its whole history."""
    return partial(_decide, Executor(Domain("d"), FanOut))


def _decide(executor: Any, events: Sequence[dict[str, Any]], execution: Any) -> list[Any]:
    history = History.from_event_list(list(events))
    execution = SimpleNamespace(
        workflow_type=SimpleNamespace(**WORKFLOW_TYPE), workflow_id=execution.workflow_id, run_id=execution.run_id
    )
    answer = executor.replay(SimpleNamespace(history=history, execution=execution))
    decided: list[Any] = answer.decisions
    return decided
