"""Deciders: polling for decision tasks, and answering them."""

import logging

import pytest

from swf.actors import ActivityWorker, Decider
from swf.connection import Connection
from swf.engine import Engine
from swf.exceptions import ConfigurationError, DecisionTaskDoesNotExist, PollTimeout, ValidationError
from swf.models import ActivityType, DecisionTask, Domain, WorkflowType
from swf.models.decision import (
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    ScheduleActivityTask,
    StartTimer,
)
from swf.models.event import DecisionTaskScheduled, DecisionTaskTimedOut, MarkerRecorded, WorkflowExecutionStarted
from swf.models.history.builder import HistoryBuilder


class Completer(Decider):
    def decide(self, task):
        return CompleteWorkflowExecution(result={"input": task.history.input})


def test_what_decide_returns_is_carried_out(domain, start):
    execution = start("order-1", input="two apples")

    with Completer(domain, "orders"):
        closed = execution.wait(timeout=60)

    assert closed.close_status == "COMPLETED"
    assert execution.result == {"input": "two apples"}


def test_a_decider_may_be_told_the_domain_by_its_name(connection, start):
    execution = start("order-1")

    with Completer("shop", "orders", connection=connection):
        closed = execution.wait(timeout=60)

    assert closed.close_status == "COMPLETED"


def test_polling_gives_the_task_with_its_history_and_who_it_is_about(domain, start):
    execution = start("order-1")

    task = Completer(domain, "orders").poll()

    assert task.workflow_execution == ("order-1", execution.run_id)
    assert task.workflow_type == ("Order", "1.0")
    assert (task.previous_started_event_id, task.started_event_id) == (0, 3)
    assert [event.name for event in task.history] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
    ]


def test_polling_reads_all_pages_of_the_history(domain, start):
    execution = start("order-1")
    for number in range(7):
        execution.signal("changed", number)

    task = Completer(domain, "orders").poll(maximum_page_size=2)

    assert [event.id for event in task.history] == list(range(1, 11))


def test_polling_may_leave_out_what_was_decided_on(domain, start):
    execution = start("order-1")
    decider = Completer(domain, "orders")
    decider.complete(decider.poll().task_token)
    execution.signal("changed")

    task = decider.poll(start_at_previous_started_event=True)

    assert [event.id for event in task.history] == [3, 4, 5, 6, 7]
    assert [event.id for event in task.new_events] == [4, 5, 6, 7]


def test_polling_another_task_list_and_as_somebody_else_is_possible(domain, start):
    start("order-1", task_list="express")

    task = Completer(domain, "orders").poll("express", "somebody")

    assert task.task_list == "express"
    assert task.history.last.identity == "somebody"


def test_polling_in_vain_raises_poll_timeout(domain, live_engine):
    live_engine.poll_wait_seconds = 0.01

    with pytest.raises(PollTimeout, match="orders"):
        Completer(domain, "orders").poll()


def test_polling_in_vain_raises_poll_timeout_also_where_swf_leaves_the_task_token_out():
    with Engine(poll_wait_seconds=0, empty_task_token=False) as engine:
        shop = Domain("shop", connection=Connection.over(engine))
        shop.save()

        with pytest.raises(PollTimeout, match="orders"):
            Completer(shop, "orders").poll()
        with pytest.raises(PollTimeout, match="payments"):
            ActivityWorker(shop, "payments").poll()


def test_polling_an_unknown_domain_says_that_it_is_the_domain(connection):
    with pytest.raises(Domain.DoesNotExist):
        Completer("nowhere", "orders", connection=connection).poll()


def test_a_decider_is_tested_on_a_history_without_swf():
    builder = HistoryBuilder(("Order", "1.0"), input="two apples")
    builder.add_decision_task_started()

    decision = Completer("shop", "orders").decide(DecisionTask.from_history(builder.history))

    assert decision == CompleteWorkflowExecution(result={"input": "two apples"})


def test_a_task_list_that_breaks_the_rules_is_refused_before_anything_is_sent(domain):
    with pytest.raises(ValidationError, match="has 257 characters, and may have 256 at most"):
        Completer(domain, "x" * 257).poll()


def test_completing_takes_a_list_a_single_decision_or_none(domain, start):
    execution = start("order-1")
    decider = Completer(domain, "orders")

    decider.complete(decider.poll().task_token, [RecordMarker(marker_name="a"), RecordMarker(marker_name="b")])
    execution.signal("again")
    decider.complete(decider.poll().task_token, RecordMarker(marker_name="c"))
    execution.signal("again")
    decider.complete(decider.poll().task_token)

    markers = execution.history().filter(MarkerRecorded)
    assert [marker.marker_name for marker in markers] == ["a", "b", "c"]


def test_the_execution_context_is_what_describe_tells(domain, start):
    execution = start("order-1")
    decider = Completer(domain, "orders")

    decider.complete(decider.poll().task_token, execution_context="packed")

    assert execution.upstream().latest_execution_context == "packed"


def test_a_closing_decision_that_is_not_the_last_is_refused_before_anything_is_sent(domain, start):
    execution = start("order-1")
    decider = Completer(domain, "orders")
    task = decider.poll()

    with pytest.raises(ValidationError, match="Decision 1 of 2 is CompleteWorkflowExecution"):
        decider.complete(
            task.task_token, [CompleteWorkflowExecution(), StartTimer(timer_id="t", start_to_fire_timeout=1)]
        )

    assert execution.upstream().status == "OPEN"


def test_completing_twice_tells_that_the_task_is_gone(domain, start):
    start("order-1")
    decider = Completer(domain, "orders")
    task = decider.poll()
    decider.complete(task.task_token)

    with pytest.raises(DecisionTaskDoesNotExist):
        decider.complete(task.task_token)


class Flaky(Decider):
    """Fails on its first task."""

    calls = 0

    def decide(self, task):
        self.calls += 1
        if self.calls == 1:
            raise RuntimeError("out of coffee")
        return CompleteWorkflowExecution()


def test_a_task_whose_decide_raises_is_not_answered_and_comes_again(domain, start, caplog):
    caplog.set_level(logging.ERROR, "swf")
    execution = start("order-1", decision_tasks_timeout=1)

    with Flaky(domain, "orders"):
        execution.wait(timeout=60)

    history = execution.history()
    assert len(history.filter(DecisionTaskTimedOut)) == 1
    assert len(history.filter(DecisionTaskScheduled)) == 2
    (record,) = caplog.records
    assert "order-1" in record.message
    assert execution.run_id in record.message
    assert "out of coffee" in record.exc_text


class Late(Decider):
    """Closes the execution behind SWF's back before it answers."""

    def decide(self, task):
        task.execution.terminate(reason="no longer wanted")
        self.has_decided = True
        return CompleteWorkflowExecution()


def test_an_answer_that_comes_too_late_is_logged_and_polling_goes_on(domain, start, caplog):
    caplog.set_level(logging.WARNING, "swf")
    first, second = start("order-1"), start("order-2")

    with Late(domain, "orders"):
        assert first.wait(timeout=60).close_status == "TERMINATED"
        assert second.wait(timeout=60).close_status == "TERMINATED"

    assert ["came too late" in record.message for record in caplog.records] == [True, True]


def test_tasks_can_be_taken_in_a_loop_that_ends_when_the_decider_stops(domain, start):
    start("order-1")
    decider = Completer(domain, "orders")
    seen = []

    for task in decider.tasks():
        decider.complete(task.task_token, CompleteWorkflowExecution())
        seen.append(task.history.filter(WorkflowExecutionStarted).first.id)
        decider.stop()

    assert seen == [1]


def test_a_decider_that_does_not_say_what_to_decide_is_not_started(domain):
    decider = Decider(domain, "orders")

    with pytest.raises(
        ConfigurationError, match=r"Decider\(.*\) does not say what to decide. Give it a decide\(task\)"
    ):
        decider.start()

    assert decider.state is Decider.STATES.STOPPED


@pytest.mark.parametrize(
    "answer", ["done", {"a": 1}, [None], 5, True, CompleteWorkflowExecution, [CompleteWorkflowExecution]], ids=repr
)
def test_what_is_no_decision_is_refused_before_anything_is_sent(domain, start, answer):
    start("order-1")
    task = Completer(domain, "orders").poll()

    with pytest.raises(ValidationError, match="is no decision"):
        task.complete(answer)

    task.complete()


class Refusing(Decider):
    def decide(self, task):
        return FailWorkflowExecution(reason="no eggs")


def test_an_execution_that_fails_is_logged_with_its_reason(domain, start, caplog):
    caplog.set_level(logging.WARNING, "swf")
    start("order-1")
    decider = Refusing(domain, "orders")

    decider.perform_task(decider.poll())

    (told,) = (record.getMessage() for record in caplog.records)
    assert "'order-1'" in told
    assert told.endswith(" failed: no eggs")


def test_a_refused_decision_is_logged_with_its_cause(domain, start, caplog):
    caplog.set_level(logging.WARNING, "swf")
    start("order-1")
    decider = Completer(domain, "orders")
    unknown = ScheduleActivityTask(activity_type=("Typo", "1"), activity_id="a")
    decider.complete(decider.poll().task_token, unknown)

    decider.perform_task(decider.poll())

    assert "ACTIVITY_TYPE_DOES_NOT_EXIST" in caplog.records[0].message
    assert "order-1" in caplog.records[0].message


@pytest.mark.parametrize(("timeout", "said"), [(600, "exceeded its maximum lifetime"), (30, "Unknown decision task")])
def test_a_task_whose_pages_are_read_too_late_is_given_up_and_polled_for_again(engine, clock, caplog, timeout, said):
    with Connection.over(engine) as connection:
        domain = Domain("shop", connection=connection)
        domain.save()
        order = WorkflowType(domain, "Order", "1.0", task_list="orders", decision_tasks_timeout=timeout)
        order.save()
        execution = order.start_execution("order-1", execution_timeout=3600)
        for _ in range(5):
            execution.signal("more")
        polls = []

        def pass_time(**_):
            polls.append(1)
            if len(polls) == 2:
                clock.advance(seconds=min(timeout, 60) + 1)

        connection.poll_client.meta.events.register("provide-client-params.swf.PollForDecisionTask", pass_time)
        decider = Completer(domain, "orders")

        with pytest.raises(PollTimeout, match=said):
            decider.poll(maximum_page_size=2)

        assert "was given up before all pages of its history were read" in caplog.text
        clock.advance(seconds=600)
        assert decider.poll().workflow_execution == (execution.workflow_id, execution.run_id)


class Closing(Decider):
    """Completes when its timer fires, and schedules a task for a signal."""

    def on_workflow_execution_started(self, task, event):
        return StartTimer(timer_id="t", start_to_fire_timeout=5)

    def on_timer_fired(self, task, event):
        return CompleteWorkflowExecution()

    def on_workflow_execution_signaled(self, task, event):
        return ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id=event.signal_name)

    def on_activity_task_completed(self, task, event):
        return CompleteWorkflowExecution(result="after all")


@pytest.fixture
def closing(engine):
    """A decider on a virtual clock whose execution has its timer running."""
    with Connection.over(engine) as connection:
        domain = Domain("shop", connection=connection)
        domain.save()
        order = WorkflowType(domain, "Order", "1.0", task_list="orders")
        order.save()
        timeouts = ("heartbeat", "schedule_to_close", "schedule_to_start", "start_to_close")
        ActivityType(
            domain, "Pack", "1.0", task_list="packing", **{f"task_{name}_timeout": "NONE" for name in timeouts}
        ).save()
        execution = order.start_execution("order-1")
        decider = Closing(domain, "orders")
        decider.perform_task(decider.poll())
        yield decider, execution


def names(execution):
    return [event.name for event in execution.history() if not event.name.startswith("DecisionTask")][1:]


def test_what_a_signal_asks_for_is_done_before_an_end_that_was_refused_because_of_it(closing, clock):
    decider, execution = closing
    clock.advance(seconds=5)
    task = decider.poll()
    execution.signal("refund")
    decider.perform_task(task)
    decider.perform_task(decider.poll())

    assert names(execution)[3:] == ["CompleteWorkflowExecutionFailed", "ActivityTaskScheduled"]
    ActivityWorker(execution.domain, "packing").poll().complete()
    decider.perform_task(decider.poll())
    assert execution.result == "after all"


def test_a_task_that_goes_with_no_end_of_the_same_answer_is_left_out_and_warned_of(closing, clock, caplog):
    decider, execution = closing
    execution.signal("refund")
    clock.advance(seconds=5)

    decider.perform_task(decider.poll())

    assert names(execution)[3:] == ["WorkflowExecutionCompleted"]
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "so this is left out, and nobody does it: ScheduleActivityTask(" in warning
