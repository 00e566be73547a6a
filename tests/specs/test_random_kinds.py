"""Random graphs of all kinds of tasks, with lists and retries, on the engine: each ends, as its tasks did."""

from collections import Counter

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from swf.actors import ActivityWorker, TaskFailed
from swf.models.event import (
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ChildWorkflowExecutionStarted,
    TimerFired,
)
from swf.specs import Document, SpecDecider
from swf.testing import Environment
from tests.specs.test_random import compare_with_following, work_type
from tests.specs.writing import activity, spec_of

KINDS = ("activity", "list", "timer", "signal", "child")


@attrs.frozen
class Drawn:
    """A task, and what is to come of it.

    Attributes:
        fails: How many of its attempts fail, item by item; of a signal or a child, whether it does.
    """

    id: str
    kind: str
    dependencies: tuple[str, ...]
    fails: tuple[int, ...]
    attempts: int
    delay: int
    limit: int
    on_failure: str

    @property
    def is_bad(self):
        if self.kind in ("signal", "child"):
            return self.fails[0] > 0
        return self.kind in ("activity", "list") and any(count >= self.attempts for count in self.fails)

    def written(self):
        said = {"id": self.id, "on_failure": self.on_failure, "dependencies": list(self.dependencies)}
        again = {"retry": {"max_attempts": self.attempts, "delay": self.delay}}
        match self.kind:
            case "timer":
                return {**said, "timer": self.delay}
            case "signal":
                return {**said, "signal": self.id, "timeout": 600}
            case "child":
                return {**said, "workflow": {"name": "gone" if self.is_bad else "child", "version": "1.0"}}
            case "list":
                items = {"items": {"type": "constant", "value": list(self.fails)}, "limit": self.limit}
                return {**activity(self.id), **said, **again, "for_each": items}
            case _:
                return {**activity(self.id), **said, **again, "input": {"type": "constant", "value": self.fails[0]}}


@st.composite
def drawn_tasks(draw):
    tasks = []
    for number in range(draw(st.integers(1, 8))):
        before = draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=2)) if number else []
        kind = draw(st.sampled_from(KINDS))
        most = 4 if kind == "list" else 1
        tasks.append(
            Drawn(
                id=f"t{number}",
                kind=kind,
                dependencies=tuple(f"t{each}" for each in before),
                fails=tuple(draw(st.lists(st.sampled_from((0, 0, 0, 1, 2)), min_size=1, max_size=most))),
                attempts=draw(st.integers(1, 3)),
                delay=draw(st.sampled_from((0, 30))),
                limit=draw(st.integers(1, 3)),
                on_failure=draw(st.sampled_from(("fail", "continue", "continue"))),
            )
        )
    return tasks


def run(tasks):
    """Run an execution of such tasks to its end; gives it with its history."""
    spec = spec_of(*(task.written() for task in tasks))
    child = attrs.evolve(spec_of({"id": "nap", "timer": 5}), name="child")
    tried = Counter()

    def perform(task):
        tried[task.activity_id] += 1
        if tried[task.activity_id] <= int(task.input):
            raise TaskFailed("as it was to")

    with Environment() as env:
        kinds = [
            attrs.evolve(
                each.workflow_type(env.domain),
                task_list="spam",
                execution_timeout=7200,
                child_policy="TERMINATE",
                decision_tasks_timeout=60,
            )
            for each in (spec, child)
        ]
        env.register(*kinds, work_type(env.domain))
        execution = kinds[0].start_execution()
        for task in tasks:
            if task.kind == "signal" and not task.is_bad:
                execution.signal(task.id)
        worker = ActivityWorker(env.domain, "work")
        worker.activity("Work", "1")(perform)
        closed = env.run(execution, SpecDecider(Document("drawn", (spec, child)), env.domain, "spam"), worker)
        return closed, closed.history()


def most_open(task, history):
    """Give how many parts of a task were open at the same time."""
    of_task, open_now, most = set(), set(), 0
    for event in history:
        if isinstance(event, ActivityTaskScheduled) and event.activity_id.partition("[")[0] == task.id:
            of_task.add(event.id)
            open_now.add(event.id)
        elif isinstance(event, ActivityTaskCompleted | ActivityTaskFailed):
            open_now.discard(event.scheduled_event_id)
        most = max(most, len(open_now))
    return most


@given(drawn_tasks())
@settings(max_examples=40)
def test_a_graph_of_all_kinds_of_tasks_ends_as_they_did(tasks):
    is_doomed = any(task.is_bad and task.on_failure == "fail" for task in tasks)

    closed, history = run(tasks)

    assert closed.close_status == ("FAILED" if is_doomed else "COMPLETED")
    scheduled = Counter(event.activity_id for event in history.filter(ActivityTaskScheduled))
    if not is_doomed:
        assert scheduled == expected_attempts(tasks)
        assert len(history.filter(ChildWorkflowExecutionStarted)) == sum(
            task.kind == "child" and not task.is_bad for task in tasks
        )
        fired = {event.timer_id for event in history.filter(TimerFired)}
        assert {task.id for task in tasks if task.kind == "timer"} <= fired
    for task in tasks:
        if task.kind == "list":
            assert most_open(task, history) <= task.limit


def expected_attempts(tasks):
    """Give how often each activity is to be scheduled, if all is done."""
    attempts = Counter()
    for task in tasks:
        for index, fails in enumerate(task.fails):
            if task.kind == "list":
                attempts[f"{task.id}[{index}]"] = min(fails + 1, task.attempts)
            elif task.kind == "activity":
                attempts[task.id] = min(fails + 1, task.attempts)
    return attempts


@given(drawn_tasks())
@settings(max_examples=20)
def test_following_any_kind_of_task_comes_to_the_same_as_from_the_beginning(tasks):
    spec = spec_of(*(task.written() for task in tasks))

    _, history = run(tasks)

    compare_with_following(spec, history)
