"""The decider as a service: documents that change, executions that it does not know, graphs of a thousand tasks."""

import json
import logging
import os

import attrs
import pytest

from swf import actors
from swf.actors import ActivityWorker
from swf.exceptions import ConfigurationError, PollTimeout, SpecError
from swf.models import Domain, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, StartChildWorkflowExecution
from swf.models.event import ActivityTaskScheduled
from swf.specs import Document, Spec, SpecDecider, load, loads
from swf.testing import Environment, FakeWorker
from tests.specs.test_random import work_type
from tests.specs.writing import activity, of_input, result_of, spec_of, written


def write(path, document):
    """Write a file anew, as an editor does: so that its time differs."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    os.utime(path, ns=(before + 10**9, before + 10**9))
    return path


@pytest.fixture
def env():
    with Environment() as env:
        env.register(work_type(env.domain))
        yield env


@pytest.fixture
def worker(env):
    return FakeWorker(env.domain, "work", {("Work", "1"): lambda value: value})


def kind_of(env, spec, **said):
    settings = {
        "task_list": "spam",
        "execution_timeout": 7200,
        "child_policy": "TERMINATE",
        "decision_tasks_timeout": 60,
    }
    kind = attrs.evolve(spec.workflow_type(env.domain), **{**settings, **said})
    env.register(kind)
    return kind


def test_a_workflow_of_tasks_that_wait_for_each_other_runs_to_its_end(env, worker):
    spec = spec_of(
        activity("a", input=of_input("$.n")),
        activity("b", "a", for_each={"items": {"type": "constant", "value": [1, 2, 3]}, "limit": 1}),
        activity("c", "b", input={"type": "object", "items": {"a": result_of("a"), "b": result_of("b", "$[-1]")}}),
        {"id": "month", "timer": 30 * 60, "dependencies": ["c"]},
        output=result_of("c"),
    )

    execution = kind_of(env, spec).start_execution(input={"n": "x"})
    closed = env.run(execution, SpecDecider(Document("d", (spec,)), env.domain, "spam"), worker)

    assert closed.result == {"a": "x", "b": 3}


def test_a_child_runs_with_the_same_decider(env, worker):
    child = attrs.evolve(spec_of(activity("a", input=of_input("$.n")), output=result_of("a")), name="child")
    parent = spec_of(
        {"id": "c", "workflow": {"name": "child", "version": "1.0"}, "input": {"type": "constant", "value": {"n": 7}}}
    )
    kind_of(env, child)

    execution = kind_of(env, parent).start_execution()
    closed = env.run(execution, SpecDecider(Document("d", (parent, child)), env.domain, "spam"), worker)

    assert closed.result == {"c": 7}


def test_a_child_does_not_outlive_a_parent_that_fails(env):
    child = attrs.evolve(spec_of({"id": "week", "timer": 7 * 86_400}), name="child")
    parent = spec_of(activity("a"), {"id": "c", "workflow": {"name": "child", "version": "1.0"}})
    kind_of(env, child, execution_timeout=30 * 86_400)

    execution = kind_of(env, parent).start_execution()
    decider = SpecDecider(Document("d", (parent, child)), env.domain, "spam")
    closed = env.run(execution, decider, FakeWorker(env.domain, "work", {("Work", "1"): fail}))

    children = env.domain.executions.filter(status="CLOSED", workflow_type_name="child")
    assert closed.close_status == "FAILED"
    assert [each.close_status for each in children] == ["CANCELED"]


@pytest.mark.parametrize(
    ("policy", "status", "count"), [("TERMINATE", "TERMINATED", 1), ("REQUEST_CANCEL", None, 0), ("ABANDON", None, 0)]
)
def test_a_child_that_gets_no_time_to_end_is_warned_of_with_the_remedy(env, caplog, policy, status, count):
    slow = attrs.evolve(spec_of({"id": "week", "timer": 7 * 86_400}), name="slow")
    parent = spec_of(activity("a"), {"id": "c", "workflow": {"name": "slow", "version": "1.0"}})
    kind_of(env, slow, task_list="nobody watches it")
    failing = FakeWorker(env.domain, "work", {("Work", "1"): ValueError("no")})

    execution = kind_of(env, parent, child_policy=policy).start_execution()
    env.run(execution, SpecDecider(Document("d", (parent,)), env.domain, "spam"), failing)

    (child,) = env.domain.executions.filter(status=None, workflow_type_name="slow")
    assert child.close_status == status
    warnings = warnings_of_open_children(caplog)
    assert len(warnings) == count
    for warning in warnings:
        assert (
            f"ends while children are open: '{child.workflow_id}' (slow 1.0; task 'c' of d). SWF terminates them"
            in warning
        )
        assert "give it the child_policy REQUEST_CANCEL, and if they are to go on, ABANDON" in warning


def test_a_child_that_gets_no_time_to_end_is_warned_of_with_its_line(env, caplog):
    slow = attrs.evolve(spec_of({"id": "week", "timer": 7 * 86_400}), name="slow")
    kind_of(env, slow, task_list="nobody watches it")
    document = loads(
        """\
version: "1.0"
workflows:
  - spec_type: dag
    name: parent
    version: "1.0"
    tasks:
      - id: a
        type: {name: Work, version: "1"}
      - id: c
        workflow: {name: slow, version: "1.0"}
""",
        "yaml",
        name="parents.yaml",
    )
    failing = FakeWorker(env.domain, "work", {("Work", "1"): ValueError("no")})

    execution = kind_of(env, document.spec("parent")).start_execution()
    env.run(execution, SpecDecider(document, env.domain, "spam"), failing)

    (warning,) = warnings_of_open_children(caplog)
    assert "(slow 1.0; task 'c' of parents.yaml, line 9). SWF terminates them" in warning


def warnings_of_open_children(caplog):
    return [record.getMessage() for record in caplog.records if "ends while children are open" in record.getMessage()]


class Leaving(Spec):
    """A type of specification of a user's own, that ends as soon as its child has started."""

    @classmethod
    def read(cls, data, **head):
        return cls(**head)

    def decide(self, history, execution=None):
        if not history.children:
            return [StartChildWorkflowExecution(workflow_type=("slow", "1.0"), workflow_id="child")]
        return [CompleteWorkflowExecution()] if history.children["child"].state == "started" else []


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("TERMINATE", "SWF terminates them, for its child_policy is TERMINATE."),
        ("REQUEST_CANCEL", "SWF asks them to cancel, for its child_policy is REQUEST_CANCEL."),
    ],
)
def test_children_that_nobody_asked_to_end_are_warned_of(env, caplog, policy, sentence):
    slow = attrs.evolve(spec_of({"id": "week", "timer": 7 * 86_400}), name="slow")
    leaving = Leaving(name="leaving", version="1.0")
    kind_of(env, slow, task_list="nobody watches it")

    execution = kind_of(env, leaving, child_policy=policy).start_execution()
    env.run(execution, SpecDecider(Document("d", (leaving,)), env.domain, "spam"))

    (warning,) = warnings_of_open_children(caplog)
    assert sentence in warning
    assert ("give it the child_policy REQUEST_CANCEL" in warning) == (policy == "TERMINATE")


def fail(value):
    raise ValueError("no eggs")


def test_a_file_that_changes_is_read_again(tmp_path, env, worker):
    path = write(tmp_path / "w.json", written(activity("a"), activity("b", "a")))
    decider = SpecDecider(path, env.domain, "spam")
    execution = kind_of(env, decider._specs[("spam", "1.0")]).start_execution()
    decider.perform_task(decider.poll_task())
    write(path, written(activity("a"), activity("b", "a"), activity("c", "b")))

    closed = env.run(execution, decider, worker)

    ids = [event.activity_id for event in closed.history().filter(ActivityTaskScheduled)]
    assert ids == ["a", "b", "c"]


@pytest.mark.parametrize("broken", ["{", json.dumps(written(activity("a", "gone"))), None])
def test_a_file_that_breaks_leaves_what_was_read_before(tmp_path, env, worker, caplog, broken):
    path = write(tmp_path / "w.json", written(activity("a")))
    decider = SpecDecider(path, env.domain, "spam")
    execution = kind_of(env, decider._specs[("spam", "1.0")]).start_execution()
    if broken is None:
        path.unlink()
    else:
        write(path, broken)

    closed = env.run(execution, decider, worker)

    assert closed.close_status == "COMPLETED"
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert str(path) in told[0]
    assert told[0].endswith("What was read before holds on.")


def test_two_files_may_not_have_the_same_workflow(tmp_path):
    one, other = (write(tmp_path / name, written(activity("a"))) for name in ("one.json", "other.json"))

    with pytest.raises(SpecError, match=r"other\.json has the workflow spam 1\.0, and so has .*one\.json"):
        SpecDecider([one, other], "shop", "spam")


def test_a_file_that_takes_the_workflow_of_another_is_refused(tmp_path, caplog):
    one = write(tmp_path / "one.json", written(activity("a")))
    other = write(tmp_path / "other.json", written(activity("a"), name="eggs"))
    decider = SpecDecider([one, other], "shop", "spam")
    write(other, written(activity("a")))

    assert decider.reload() is False
    assert decider.types == [("spam", "1.0"), ("eggs", "1.0")]
    assert "Keep one of them. What was read before holds on." in caplog.text


def test_an_execution_whose_workflow_is_in_no_document_is_left_alone_and_the_others_go_on(env, worker, caplog):
    spec = spec_of(activity("a"))
    gone = attrs.evolve(spec, name="gone")
    decider = SpecDecider(Document("d", (spec,)), env.domain, "spam")
    left = kind_of(env, gone).start_execution("left")
    execution = kind_of(env, spec).start_execution()

    decider.perform_task(decider.poll_task())
    decider.perform_task(decider.poll_task())
    worker.perform_task(worker.poll_task())
    decider.perform_task(decider.poll_task())

    assert execution.upstream().close_status == "COMPLETED"
    assert left.upstream().status == "OPEN"
    assert "has the workflow gone 1.0, so executions such as" in caplog.text


def test_a_decider_without_workflows_does_not_start():
    with pytest.raises(ConfigurationError, match="has no document with a workflow"):
        SpecDecider([], "shop", "spam").start()


@pytest.mark.parametrize(
    ("declared", "warnings"),
    [
        (
            "coffee",
            [
                "No workflow of the documents has the task list 'cofee', but 'coffee': only executions that are "
                "started with it come here."
            ],
        ),
        ("cofee", []),
        (None, []),
    ],
)
def test_a_task_list_that_no_workflow_is_registered_with_is_warned_of(caplog, declared, warnings):
    registration = {} if declared is None else {"task_list": declared}
    spec = spec_of(activity("a"), registration=registration)

    with caplog.at_level(logging.WARNING):
        SpecDecider(Document("d", (spec,)), "test", "cofee").check()

    assert [record.getMessage() for record in caplog.records] == warnings


def test_only_new_events_are_asked_for_and_the_others_are_remembered(env, worker):
    spec = spec_of(activity("a"), activity("b", "a"), activity("c", "b"))
    decider = SpecDecider(Document("d", (spec,)), env.domain, "spam")
    execution = kind_of(env, spec).start_execution()
    asked = []

    def note(params, model, **_):
        asked.append((model.name, params.get("startAtPreviousStartedEvent")))

    env.connection.poll_client.meta.events.register("provide-client-params.swf", note)
    for _ in range(3):
        decider.perform_task(decider.poll_task())
        worker.perform_task(worker.poll_task())

    task = decider.poll_task()

    assert [event.id for event in task.history] == [1, *range(15, 22)]
    assert decider.decide(task) == spec.decide(execution.history())
    assert "GetWorkflowExecutionHistory" not in {name for name, _ in asked[:-1]}
    assert {is_partial for name, is_partial in asked if name == "PollForDecisionTask"} == {True}


def test_another_decider_goes_on_where_one_stopped(env, worker):
    spec = spec_of(*(activity(f"t{number}", *[f"t{number - 1}"] * (number > 0)) for number in range(6)))
    one, other = (SpecDecider(Document("d", (spec,)), env.domain, "spam") for _ in range(2))
    execution = kind_of(env, spec).start_execution()
    for decider in (one, one, other, one, one, other):
        decider.perform_task(decider.poll_task())
        worker.perform_task(worker.poll_task())

    one.perform_task(one.poll_task())

    assert execution.upstream().close_status == "COMPLETED"
    assert len(execution.history().filter(ActivityTaskScheduled)) == 6


def test_a_task_whose_execution_is_not_there_any_more_is_none(env, worker):
    spec = spec_of(activity("a"), activity("b", "a"))
    decider, other = (SpecDecider(Document("d", (spec,)), env.domain, "spam") for _ in range(2))
    kind_of(env, spec).start_execution()
    decider.perform_task(decider.poll_task())
    worker.perform_task(worker.poll_task())
    task = decider.poll(start_at_previous_started_event=True)

    with pytest.raises(PollTimeout, match="closed before its history was read"):
        other._whole(attrs.evolve(task, workflow_execution=("gone", "run")))


def test_a_document_that_changes_is_applied_to_what_happened_before(tmp_path, env, worker):
    path = write(tmp_path / "w.json", written(activity("a"), activity("b", "a")))
    decider = SpecDecider(path, env.domain, "spam")
    kind_of(env, decider._specs[("spam", "1.0")]).start_execution()
    decider.perform_task(decider.poll_task())
    worker.perform_task(worker.poll_task())
    write(path, written(activity("a"), activity("late", "a")))

    [decision] = decider.decide(decider.poll_task())

    assert decision.activity_id == "late"


def test_a_file_that_another_takes_the_place_of_is_read_again(tmp_path, env):
    path = write(tmp_path / "w.json", written(activity("a"), version="1.0"))
    decider = SpecDecider(path, env.domain, "spam")
    other = write(tmp_path / "other.json", written(activity("a"), version="1.1"))
    was = path.stat().st_mtime_ns
    os.utime(other, ns=(was, was))
    other.replace(path)

    assert decider.reload() is True
    assert decider.types == [("spam", "1.1")]


def test_an_answer_that_was_lost_is_decided_again(env, worker):
    spec = spec_of(activity("a"), activity("b", "a"))
    decider = SpecDecider(Document("d", (spec,)), env.domain, "spam")
    execution = kind_of(env, spec).start_execution()
    task = decider.poll_task()
    decider.decide(task)
    env.clock.advance(seconds=61)

    closed = env.run(execution, decider, worker)

    assert closed.close_status == "COMPLETED"


def exhaust(env, actor):
    """Have an actor do all that there is for it now; tells how much that was."""
    count = 0
    while True:
        # Portions of decisions follow each other by timers of no seconds.
        env.clock.advance(seconds=0)
        try:
            actor.perform_task(actor.poll_task())
        except PollTimeout:
            return count
        count += 1


def run_in_turns(env, spec, decider):
    """Run an execution to its end, with as much at the same time as can be; gives its history."""
    worker = ActivityWorker(env.domain, "work")
    worker.activity("Work", "1")(lambda task: None)
    execution = kind_of(env, spec).start_execution()
    while exhaust(env, decider) + exhaust(env, worker):
        pass
    return execution.history()


@pytest.mark.parametrize("width", [40, 1000])
def test_a_graph_of_a_thousand_tasks_runs_to_its_end(env, width):
    tasks = [activity(f"t{number}", *[f"t{number - width}"] * (number >= width)) for number in range(1000)]
    spec = spec_of(*tasks, output={"type": "constant", "value": "done"})

    history = run_in_turns(env, spec, SpecDecider(Document("d", (spec,)), env.domain, "spam"))

    ids = [event.activity_id for event in history.filter(ActivityTaskScheduled)]
    assert history.close_event.result == '"done"'
    assert len(ids) == len(set(ids)) == 1000


def test_more_activities_than_swf_keeps_open_are_held_back():
    items = {"items": {"type": "constant", "value": list(range(1_200))}}
    spec = spec_of(activity("a", for_each=items), output={"type": "constant", "value": "done"})
    with Environment(limits="relaxed") as env:
        env.register(work_type(env.domain))
        decider = SpecDecider(Document("d", (spec,)), env.domain, "spam")
        execution = kind_of(env, spec).start_execution()
        exhaust(env, decider)
        held = len(execution.history().state.activities)
        worker = ActivityWorker(env.domain, "work")
        worker.activity("Work", "1")(lambda task: None)
        while exhaust(env, worker) + exhaust(env, decider):
            pass
        history = execution.history()

    assert held == 1_000
    assert history.close_status == "COMPLETED"
    assert "ScheduleActivityTaskFailed" not in {event.name for event in history}


def test_a_decider_is_run_like_any_other(connection, tmp_path):
    path = write(tmp_path / "w.json", written({"id": "nap", "timer": 0}))
    domain = Domain("shop")
    kind = WorkflowType(domain, "spam", "1.0", task_list="spam", execution_timeout=7200)
    for model in (domain, kind):
        model.save()
    execution = kind.start_execution()

    decider = SpecDecider(path, domain, "spam", concurrency=2)
    decider.start()
    try:
        connection.engine.clock.advance(seconds=0)
        closed = execution.wait(timeout=20)
    finally:
        actors.stop(decider)

    assert closed.close_status == "COMPLETED"
    assert load(path).spec("spam").tasks.keys() == {"nap"}
