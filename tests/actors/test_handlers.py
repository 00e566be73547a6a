"""Handlers: which function works on a task of which type."""

import pytest

from swf.actors import ActivityWorker, Decider, activity, workflow
from swf.exceptions import ConfigurationError, ValidationError
from swf.models import ActivityType, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, RecordMarker, ScheduleActivityTask
from swf.models.event import ActivityTaskCompleted, ActivityTaskFailed


def packing(number, kind=("Pack", "1.0")):
    return ScheduleActivityTask(activity_type=kind, activity_id=f"pack-{number}", task_list="packing")


@pytest.fixture
def wrap(domain, pack):
    wrap = ActivityType(
        domain,
        "Wrap",
        "2.0",
        task_heartbeat_timeout="NONE",
        task_schedule_to_close_timeout=60,
        task_schedule_to_start_timeout=60,
        task_start_to_close_timeout=60,
    )
    wrap.save()
    return wrap


@pytest.fixture
def scheduled(domain, start, wrap):
    """An execution with a task of the type Pack and one of the type Wrap."""
    execution = start("order-1")
    Decider(domain, "orders").poll().complete([packing(1), packing(2, wrap)])
    return execution


def work(worker, tasks):
    """Work on as many tasks as wait."""
    for _ in range(tasks):
        worker.perform_task(worker.poll())


def results(execution):
    return {event.result for event in execution.history().filter(ActivityTaskCompleted)}


def test_a_function_works_on_the_tasks_of_its_type(domain, scheduled, wrap):
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Pack", "1.0")
    def pack(task):
        return f"packed {task.activity_id}"

    @worker.activity(wrap)
    def wrap_up(task):
        return f"wrapped {task.activity_id}"

    work(worker, 2)

    assert results(scheduled) == {"packed pack-1", "wrapped pack-2"}
    assert wrap_up.__name__ == "wrap_up"


class Packer(ActivityWorker):
    @activity("Pack", "1.0")
    @activity("Wrap", "2.0")
    def pack(self, task):
        return f"{self.task_list} {task.activity_type.name}"


def test_a_method_works_on_the_tasks_of_its_types(domain, scheduled):
    work(Packer(domain, "packing"), 2)

    assert results(scheduled) == {"packing Pack", "packing Wrap"}


def test_a_subclass_takes_over_the_handlers(domain, scheduled):
    class Careful(Packer):
        pass

    work(Careful(domain, "packing"), 2)

    assert len(results(scheduled)) == 2


class Anything(ActivityWorker):
    @activity("Pack", "1.0")
    def pack(self, task):
        return "packed"

    def perform(self, task):
        return f"performed {task.activity_type.name}"


def test_perform_works_on_what_has_no_handler(domain, scheduled):
    work(Anything(domain, "packing"), 2)

    assert results(scheduled) == {"packed", "performed Wrap"}


class PackOnly(ActivityWorker):
    @activity("Pack", "1.0")
    def pack(self, task):
        return "packed"


def test_a_task_without_a_handler_fails_and_says_which_handlers_there_are(domain, scheduled):
    work(PackOnly(domain, "packing"), 2)

    (failed,) = scheduled.history().filter(ActivityTaskFailed)
    assert failed.reason == (
        "ConfigurationError: This worker has no handler for the activity type Wrap 2.0. It has: Pack 1.0."
    )


def test_two_handlers_for_one_type_are_refused(domain):
    worker = Packer(domain, "packing")

    with pytest.raises(
        ValidationError, match=r"The activity type Pack 1\.0 has two handlers, .*Packer\.pack and .*<lambda>"
    ):
        worker.activity("Pack", "1.0")(lambda task: None)


def test_two_methods_for_one_type_are_refused_when_the_worker_is_made(domain):
    class Twice(ActivityWorker):
        @activity("Pack", "1.0")
        def one(self, task):
            return 1

        @activity("Pack", "1.0")
        def two(self, task):
            return 2

    with pytest.raises(ValidationError, match="two handlers"):
        Twice(domain, "packing")


@pytest.mark.parametrize("named", [("Pack",), (5, "1.0"), (("Pack", "1.0", "x"),)])
def test_what_names_no_type_is_refused(domain, named):
    with pytest.raises(ValidationError):
        ActivityWorker(domain, "packing").activity(*named)(print)


def test_what_is_no_function_is_refused(domain):
    with pytest.raises(ValidationError, match=r"cannot handle Pack 1\.0: it is no function"):
        ActivityWorker(domain, "packing").activity("Pack", "1.0")("pack")


def test_a_worker_without_handlers_is_not_started(domain):
    with pytest.raises(ConfigurationError, match=r"does not say how to perform a task. Give it a perform\(task\)"):
        ActivityWorker(domain, "packing").start()


# Deciders


@pytest.fixture
def refund(domain):
    refund = WorkflowType(domain, "Refund", "1.0", task_list="orders")
    refund.save()
    return refund


def test_one_decider_decides_on_several_types(domain, start, refund):
    executions = [start("order-1"), refund.start_execution("refund-1")]
    decider = Decider(domain, "orders")

    @decider.workflow("Order", "1.0")
    def order(task):
        return CompleteWorkflowExecution(result="ordered")

    @decider.workflow(refund)
    def give_back(task):
        return CompleteWorkflowExecution(result="refunded")

    work(decider, 2)

    assert [execution.result for execution in executions] == ["ordered", "refunded"]


class Shop(Decider):
    @workflow("Order", "1.0")
    def order(self, task):
        return CompleteWorkflowExecution(result=self.task_list)


def test_a_method_decides_on_the_executions_of_its_type(domain, start):
    execution = start("order-1")

    work(Shop(domain, "orders"), 1)

    assert execution.result == "orders"


def test_executions_of_other_types_are_left_alone_and_that_is_logged_once(domain, refund, caplog):
    executions = [refund.start_execution(f"refund-{number}") for number in range(3)]

    work(Shop(domain, "orders"), 3)

    assert [record.getMessage().split(", such as")[0] for record in caplog.records] == [
        "Shop('shop', 'orders', stopped) decides nothing on executions of the type Refund 1.0"
    ]
    assert {execution.history().last.name for execution in executions} == {"DecisionTaskStarted"}


class Stepwise(Decider):
    """Packs what was ordered, says what it saw, and completes."""

    def on_workflow_execution_started(self, task, event):
        return [packing(number) for number in (1, 2)]

    def on_activity_task_completed(self, task, event):
        yield RecordMarker(marker_name=event.result)
        if len(task.history.filter(ActivityTaskCompleted)) == 2:
            yield CompleteWorkflowExecution(result="all packed")

    def on_workflow_execution_signaled(self, task, event):
        return RecordMarker(marker_name=f"signaled {event.signal_name}")


def test_methods_named_after_events_hear_of_new_events_once_and_in_order(domain, start, pack):
    execution = start("order-1")
    decider, worker = Stepwise(domain, "orders"), ActivityWorker(domain, "packing")
    work(decider, 1)
    for result in ("one", "two"):
        worker.poll().complete(result)
        execution.signal(f"after {result}")
        work(decider, 1)

    assert [event.marker_name for event in execution.history().filter("MarkerRecorded")] == [
        "one",
        "signaled after one",
        "two",
    ]
    assert execution.result == "all packed"


def test_what_closed_an_execution_closes_it_after_an_event_that_came_meanwhile(domain, start, pack):
    execution = start("order-1")
    decider, worker = Stepwise(domain, "orders"), ActivityWorker(domain, "packing")
    work(decider, 1)
    worker.poll().complete("one")
    worker.poll().complete("two")
    for signal in ("wait", "one moment"):
        task = decider.poll()
        execution.signal(signal)
        decider.perform_task(task)

    work(decider, 1)

    assert len(execution.history().filter("CompleteWorkflowExecutionFailed")) == 2
    assert [event.marker_name for event in execution.history().filter("MarkerRecorded")] == [
        "one",
        "signaled wait",
        "signaled one moment",
    ]
    assert execution.result == "all packed"


def test_a_method_named_after_no_event_is_refused_at_the_start(domain):
    class Wrong(Decider):
        def on_activity_task_complete(self, task, event):
            return None

    with pytest.raises(ConfigurationError, match=r"Did you mean on_activity_task_completed\?") as caught:
        Wrong(domain, "orders").start()

    assert str(caught.value).startswith("Wrong.on_activity_task_complete is named after no event of SWF.")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("on_workflow_execution_stopped", " Did you mean on_workflow_execution_completed?"),
        ("on_timer_start_failed", " Did you mean on_start_timer_failed?"),
        ("on_timer_stopped", " Did you mean on_timer_fired?"),
    ],
)
def test_a_method_named_after_no_event_is_not_led_to_the_opposite_event(domain, name, hint):
    wrong = type("Wrong", (Decider,), {name: lambda self, task, event: None})

    with pytest.raises(ConfigurationError) as caught:
        wrong(domain, "orders").start()

    assert str(caught.value) == f"Wrong.{name} is named after no event of SWF.{hint}"
