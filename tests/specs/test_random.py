"""Random graphs with random outcomes, on the engine: each ends in the right state, and nothing begins too early."""

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from swf import payload
from swf.actors import TaskFailed
from swf.models import ActivityType
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ActivityTaskTimedOut,
    ScheduleActivityTaskFailed,
)
from swf.specs import Document, SpecDecider
from swf.testing import Environment, FakeWorker
from tests.specs.writing import activity, of_input, spec_of

OUTCOMES = ("completed", "failed", "timed_out", "not_scheduled", "no_input")
ENDS = (ActivityTaskCompleted, ActivityTaskFailed, ActivityTaskTimedOut, ActivityTaskCanceled)


@attrs.frozen
class Drawn:
    """A task, and what is to come of it."""

    id: str
    dependencies: tuple[str, ...]
    outcome: str
    on_failure: str
    when: bool

    def written(self):
        said = {
            "on_failure": self.on_failure,
            "when": {"value": {"type": "constant", "value": self.when}, "equals": True},
        }
        if self.outcome == "timed_out":
            said |= {"task_list": "nobody", "schedule_to_start_timeout": 30}
        if self.outcome == "not_scheduled":
            said["type"] = {"name": "Gone", "version": "1"}
        if self.outcome == "no_input":
            said["input"] = of_input("$.gone")
        else:
            said["input"] = {"type": "constant", "value": self.outcome}
        undo = {"type": {"name": "Work", "version": "1"}, "input": {"type": "constant", "value": "completed"}}
        return activity(self.id, *self.dependencies, compensation=undo, **said)


@st.composite
def drawn_tasks(draw):
    tasks = []
    for number in range(draw(st.integers(1, 9))):
        before = draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=3)) if number else []
        tasks.append(
            Drawn(
                id=f"t{number}",
                dependencies=tuple(f"t{each}" for each in before),
                outcome=draw(st.sampled_from(("completed",) * 8 + OUTCOMES)),
                on_failure=draw(st.sampled_from(("fail", "continue", "compensate"))),
                when=draw(st.sampled_from((True, True, True, False))),
            )
        )
    return tasks


def skipped(tasks):
    """Give the ids of what is not done: its condition does not hold, or it waits for nothing else than that."""
    found = set()
    for task in tasks:
        if not task.when or (task.dependencies and set(task.dependencies) <= found):
            found.add(task.id)
    return found


def work(outcome):
    if outcome == "failed":
        raise TaskFailed("as it was to")
    return outcome


def work_type(domain):
    seconds = {
        f"task_{name}_timeout": 3600
        for name in ("heartbeat", "schedule_to_close", "schedule_to_start", "start_to_close")
    }
    return ActivityType(domain, "Work", "1", task_list="work", **seconds)


def run(spec, cancel_after=None):
    """Run an execution to its end; gives it with its history."""
    with Environment() as env:
        kind = attrs.evolve(
            spec.workflow_type(env.domain),
            task_list="spam",
            execution_timeout=7200,
            child_policy="TERMINATE",
            decision_tasks_timeout=60,
        )
        env.register(kind, work_type(env.domain))
        execution = kind.start_execution(input={})
        done = []

        def perform(outcome):
            done.append(outcome)
            if len(done) == cancel_after:
                execution.request_cancel()
            return work(outcome)

        decider = SpecDecider(Document("drawn", (spec,)), env.domain, "spam")
        worker = FakeWorker(env.domain, "work", {("Work", "1"): perform})
        closed = env.run(execution, decider, worker, unpolled=["nobody"])
        return closed, closed.history()


def refuse_what_is_early(tasks, history):
    """Hold the order of events against the dependencies; gives the ids that were scheduled."""
    scheduled = {event.id: event.activity_id for event in history if isinstance(event, ActivityTaskScheduled)}
    once = [id for id in scheduled.values() if not id.startswith("swf.")]
    assert len(once) == len(set(once))
    ended = {scheduled[event.scheduled_event_id]: event.id for event in history if isinstance(event, ENDS)}
    ended |= {event.activity_id: event.id for event in history if isinstance(event, ScheduleActivityTaskFailed)}
    opened = {id: event_id for event_id, id in scheduled.items()}
    for task in tasks:
        for needed in task.dependencies:
            if task.id in opened and needed in opened:
                assert ended[needed] < opened[task.id]
    return set(once)


@given(drawn_tasks())
@settings(max_examples=50)
def test_a_graph_ends_as_its_tasks_did(tasks):
    left_out = skipped(tasks)
    done = [task for task in tasks if task.id not in left_out]
    is_doomed = any(task.outcome != "completed" and task.on_failure != "continue" for task in done)

    closed, history = run(spec_of(*(task.written() for task in tasks)))

    assert closed.close_status == ("FAILED" if is_doomed else "COMPLETED")
    scheduled = refuse_what_is_early(tasks, history)
    assert scheduled & left_out == set()
    if not is_doomed:
        assert scheduled == {task.id for task in done if task.outcome not in ("not_scheduled", "no_input")}
        assert (payload.decode(history.close_event.result) or {}) == {
            task.id: "completed" for task in done if task.outcome == "completed"
        }


@given(drawn_tasks())
@settings(max_examples=30)
def test_what_is_compensated_is_what_was_completed_in_reverse(tasks):
    before = [attrs.evolve(task, on_failure="continue") for task in tasks]
    last = Drawn("last", tuple(task.id for task in before), "failed", "compensate", when=True)
    is_doomed = len(skipped(before)) < len(before)

    closed, history = run(spec_of(*(task.written() for task in (*before, last))))

    completed = [event for event in history if isinstance(event, ActivityTaskCompleted)]
    ids = [history.event(event.scheduled_event_id).activity_id for event in completed]
    undone = [id.removeprefix("swf.specs.undo-") for id in ids if id.startswith("swf.")]
    done = [id for id in ids if not id.startswith("swf.")]
    assert closed.close_status == ("FAILED" if is_doomed else "COMPLETED")
    assert undone == (done[::-1] if is_doomed else [])


@given(drawn_tasks(), st.integers(1, 5))
@settings(max_examples=30)
def test_a_graph_that_is_canceled_ends(tasks, cancel_after):
    closed, history = run(spec_of(*(task.written() for task in tasks)), cancel_after)

    assert closed.close_status in ("COMPLETED", "FAILED", "CANCELED")
    assert history.state.activities == {} or closed.close_status == "FAILED"
    refuse_what_is_early(tasks, history)


def compare_with_following(spec, history):
    """Compare what is decided on each part of a history with what somebody decides who follows it."""
    asked = [number for number, event in enumerate(history, start=1) if event.name == "DecisionTaskStarted"]

    followed, seen = spec.follow(), 0
    for number in asked:
        for event in history[seen:number]:
            followed.apply(event)
        seen = number

        assert followed.decisions() == spec.decide(history[:number])


@given(drawn_tasks())
@settings(max_examples=30)
def test_following_event_by_event_comes_to_the_same_as_from_the_beginning(tasks):
    spec = spec_of(*(task.written() for task in tasks))

    _, history = run(spec)

    compare_with_following(spec, history)
