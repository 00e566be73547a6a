"""Fixtures for workflows: an SWF of the test's own, in virtual time, and a way to run a workflow on it to its end."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from swf.exceptions import PollTimeout
from swf.models import WorkflowExecution
from swf.testing import Environment
from swf.workflows import ActivityRunner, Workflow, WorkflowDecider, WorkflowRun


def upcase(text):
    return text.upper()


def broken(_):
    raise ValueError("no such letters")


class Play:
    """Runs workflows to their end, in one thread, step by step."""

    def __init__(self, environment: Environment, activities: Iterable[Any] = ()) -> None:
        self.environment = environment
        self.domain = environment.domain
        self.activities = list(activities)

    def deciders(self, *workflows: type[Workflow], **options: Any) -> list[WorkflowDecider]:
        """Make a decider for each task list, and register the types."""
        task_lists = dict.fromkeys(workflow.task_list for workflow in workflows)
        deciders = [WorkflowDecider(self.domain, name, workflows=workflows, **options) for name in task_lists]
        for decider in deciders:
            decider.register()
        return deciders

    def workers(self) -> list[ActivityRunner]:
        """Make a worker for each task list, and register the types."""
        task_lists = dict.fromkeys(activity.task_list for activity in self.activities)
        workers = [ActivityRunner(self.domain, name, activities=self.activities) for name in task_lists]
        for worker in workers:
            worker.register()
        return workers

    def __call__(
        self, workflow: type[Workflow], *args: Any, others: Iterable[type[Workflow]] = (), **options: Any
    ) -> WorkflowRun[Any]:
        """Run a workflow to its end, and give it closed."""
        actors = [*self.deciders(workflow, *others, **options), *self.workers()]
        return self.environment.run(workflow.start(self.domain, *args), *actors)


@pytest.fixture
def environment() -> Iterator[Environment]:
    """An SWF in memory whose time only the test moves."""
    start = datetime(2030, 1, 1, tzinfo=UTC)
    with Environment("shop", start=start, functions={"upcase": upcase, "broken": broken}) as environment:
        yield environment


@pytest.fixture
def play(environment: Environment) -> Play:
    """Runs workflows on it; a test gives it its activities."""
    return Play(environment)


@pytest.fixture
def step() -> Callable[..., int]:
    """Has actors do one task each that waits, as they would in threads; gives how many did."""

    def step(*actors: Any) -> int:
        done = 0
        for actor in actors:
            try:
                task = actor.poll_task()
            except PollTimeout:
                continue
            actor.perform_task(task)
            done += 1
        return done

    return step


@pytest.fixture
def names() -> Callable[[WorkflowExecution], list[str]]:
    """Gives the names of an execution's events, without those of decision tasks."""

    def names(execution: WorkflowExecution) -> list[str]:
        return [event.name for event in execution.history() if not event.name.startswith("DecisionTask")]

    return names
