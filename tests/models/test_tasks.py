import pytest

from swf import payload
from swf.exceptions import NotSupportedError, ValidationError
from swf.models import ActivityTask, DecisionTask, WorkflowExecution
from swf.models.decision import (
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    ScheduleActivityTask,
)
from swf.models.event import ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed, WorkflowExecutionSignaled


@pytest.fixture
def execution(order):
    return order.start_execution("order-7")


@pytest.fixture
def activity_task(execution, charge, take, take_activity):
    """An activity task that a worker took."""
    take().complete([ScheduleActivityTask(activity_type=charge, activity_id="charge-1", input={"amount": 3})])
    return take_activity()


def test_a_decision_task_tells_what_was_polled(execution, take):
    task = take()

    assert task.task_list == "orders"
    assert task.workflow_execution == ("order-7", execution.run_id)
    assert task.workflow_type == ("Order", "1.0")
    assert (task.started_event_id, task.previous_started_event_id) == (3, 0)
    assert [event.name for event in task.history] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
    ]
    assert task.execution == WorkflowExecution("shop", "order-7", execution.run_id)
    assert repr(task) == "DecisionTask('order-7', started_event_id=3)"


def test_the_new_events_are_those_after_the_last_answered_task(execution, take):
    take().complete()
    execution.signal("paid")

    task = take()

    assert task.previous_started_event_id == 3
    assert [event.name for event in task.new_events] == [
        "DecisionTaskCompleted",
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
    ]


def test_an_answer_carries_decisions_context_and_task_list(execution, take):
    take().complete(
        [RecordMarker(marker_name="seen")],
        execution_context="waiting",
        task_list="fast",
        task_list_schedule_to_start_timeout=10,
    )

    completed = execution.history().filter("DecisionTaskCompleted").last
    assert completed.execution_context == "waiting"
    assert completed.task_list == "fast"
    assert completed.task_list_schedule_to_start_timeout == 10
    assert execution.history().last.marker_name == "seen"


def test_an_answer_needs_no_decision(execution, take):
    take().complete()

    assert execution.history().last.name == "DecisionTaskCompleted"


@pytest.mark.parametrize(
    "decisions",
    [
        [CompleteWorkflowExecution(), RecordMarker(marker_name="late")],
        [CompleteWorkflowExecution(), FailWorkflowExecution()],
    ],
)
def test_a_decision_after_one_that_closes_is_refused_and_nothing_is_sent(execution, take, calls, decisions):
    task = take()

    with pytest.raises(ValidationError, match="Decision 1 of 2 is CompleteWorkflowExecution, which closes"):
        task.complete(decisions)

    assert "RespondDecisionTaskCompleted" not in calls
    assert task.exists is True


def test_a_closing_decision_may_come_last(execution, take):
    take().complete([RecordMarker(marker_name="seen"), CompleteWorkflowExecution()])

    assert execution.upstream().status == "CLOSED"


def test_a_decision_task_is_answered_once(execution, take):
    task = take()
    task.complete()

    assert task.exists is False
    assert task.is_synced is False
    with pytest.raises(DecisionTask.DoesNotExist):
        task.complete()
    with pytest.raises(DecisionTask.DoesNotExist, match="is not open"):
        task.upstream()


def test_a_decision_task_of_a_closed_execution_is_not_there(execution, take):
    task = take()
    execution.terminate()

    assert task.exists is False


def test_an_open_decision_task_is_synced(execution, take):
    task = take()
    execution.signal("paid")

    assert task.is_synced is True
    assert isinstance(task.upstream().history.filter(WorkflowExecutionSignaled).last, WorkflowExecutionSignaled)


@pytest.mark.parametrize(
    "arguments",
    [
        {"execution_context": "x" * 32_769},
        {"task_list": "x" * 257},
        {"task_list": "fast", "task_list_schedule_to_start_timeout": -1},
    ],
)
def test_an_answer_that_swf_would_refuse_is_not_sent(execution, take, calls, arguments):
    task = take()

    with pytest.raises(ValidationError):
        task.complete(**arguments)

    assert "RespondDecisionTaskCompleted" not in calls


def test_an_activity_task_tells_what_was_polled(execution, activity_task):
    assert activity_task.task_list == "payments"
    assert activity_task.task_token
    assert activity_task.activity_type == ("Charge", "1.0")
    assert activity_task.activity_id == "charge-1"
    assert activity_task.workflow_execution == ("order-7", execution.run_id)
    assert activity_task.input == '{"amount":3}'
    assert payload.decode(activity_task.input) == {"amount": 3}
    assert activity_task.started_event_id == 6
    assert activity_task.execution == WorkflowExecution("shop", "order-7", execution.run_id)
    assert repr(activity_task) == "ActivityTask('charge-1', 'Charge')"


def test_an_activity_task_is_completed(execution, activity_task):
    activity_task.complete({"paid": True})

    completed = execution.history().filter(ActivityTaskCompleted).last
    assert (completed.started_event_id, completed.result) == (6, '{"paid":true}')


def test_an_activity_task_is_failed(execution, activity_task):
    activity_task.fail(reason="no money", details={"left": 0})

    failed = execution.history().filter(ActivityTaskFailed).last
    assert (failed.reason, failed.details) == ("no money", '{"left":0}')


def test_an_activity_task_is_canceled(execution, activity_task):
    activity_task.cancel("as asked")

    assert execution.history().filter(ActivityTaskCanceled).last.details == "as asked"


def test_a_heartbeat_tells_whether_to_give_up(execution, activity_task, take):
    before = activity_task.heartbeat("half way")
    execution.signal("stop")
    take().complete([RequestCancelActivityTask(activity_id="charge-1")])
    after = activity_task.heartbeat()

    assert (before, after) == (False, True)


@pytest.mark.parametrize(
    "answer",
    [
        lambda task: task.complete("x" * 32_769),
        lambda task: task.fail(reason="x" * 257),
        lambda task: task.fail(details="x" * 32_769),
        lambda task: task.cancel("x" * 32_769),
        lambda task: task.heartbeat("x" * 2_049),
    ],
)
def test_an_activity_answer_that_swf_would_refuse_is_not_sent(activity_task, answer):
    with pytest.raises(ValidationError):
        answer(activity_task)

    assert activity_task.exists is True


def test_an_activity_task_is_answered_once(activity_task):
    activity_task.complete()

    assert activity_task.exists is False
    for answer in (activity_task.complete, activity_task.fail, activity_task.cancel, activity_task.heartbeat):
        with pytest.raises(ActivityTask.DoesNotExist):
            answer()
    with pytest.raises(ActivityTask.DoesNotExist, match="is not open"):
        activity_task.upstream()


def test_an_activity_task_of_a_closed_execution_is_not_there(execution, activity_task):
    execution.terminate()

    assert activity_task.exists is False


def test_an_activity_task_of_an_unknown_execution_is_not_there(domain):
    task = ActivityTask(domain, "payments", "token", workflow_execution=("order-8", "22abc"))

    assert task.exists is False
    with pytest.raises(ActivityTask.DoesNotExist):
        task.upstream()


def test_upstream_tells_what_the_history_holds(activity_task, domain):
    bare = ActivityTask(
        domain,
        "elsewhere",
        activity_task.task_token,
        workflow_execution=activity_task.workflow_execution,
        started_event_id=activity_task.started_event_id,
    )

    assert activity_task.is_synced is True
    assert bare.upstream() == activity_task
    assert "task_list" in bare.changes


@pytest.mark.parametrize(
    "make", [DecisionTask.from_history, lambda given: DecisionTask("shop", "orders", history=given)]
)
def test_what_is_no_history_is_refused(make):
    with pytest.raises(ValidationError, match=r"\[\] is no history. Give a History"):
        make([])


def test_a_task_without_a_token_cannot_be_answered(domain):
    with pytest.raises(ValidationError, match="no task token"):
        ActivityTask(domain, "payments").complete()


def test_a_task_without_an_execution_cannot_be_looked_up(domain):
    with pytest.raises(ValidationError, match="which execution"):
        _ = DecisionTask(domain, "orders", "token").exists


def test_a_task_is_neither_saved_nor_deleted(activity_task):
    for refused in (activity_task.save, activity_task.delete):
        with pytest.raises(NotSupportedError, match="A task comes from a poll"):
            refused()
