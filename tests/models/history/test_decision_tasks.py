import attrs
import pytest

from swf.exceptions import ValidationError
from swf.models.event import EVENTS, DecisionTaskScheduled, EventFactory
from swf.models.history import ExecutionState, HistoryBuilder
from swf.models.history.decision_tasks import asks_for_decision, next_decision_task

ASKING = {
    "WorkflowExecutionStarted",
    "WorkflowExecutionSignaled",
    "WorkflowExecutionCancelRequested",
    "CompleteWorkflowExecutionFailed",
    "FailWorkflowExecutionFailed",
    "CancelWorkflowExecutionFailed",
    "ContinueAsNewWorkflowExecutionFailed",
    "DecisionTaskTimedOut",
    "ScheduleActivityTaskFailed",
    "RequestCancelActivityTaskFailed",
    "ActivityTaskCompleted",
    "ActivityTaskFailed",
    "ActivityTaskTimedOut",
    "ActivityTaskCanceled",
    "StartTimerFailed",
    "CancelTimerFailed",
    "TimerFired",
    "RecordMarkerFailed",
    "StartChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionStarted",
    "ChildWorkflowExecutionCompleted",
    "ChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionTimedOut",
    "ChildWorkflowExecutionCanceled",
    "ChildWorkflowExecutionTerminated",
    "SignalExternalWorkflowExecutionFailed",
    "ExternalWorkflowExecutionSignaled",
    "RequestCancelExternalWorkflowExecutionFailed",
    "ExternalWorkflowExecutionCancelRequested",
    "ScheduleLambdaFunctionFailed",
    "StartLambdaFunctionFailed",
    "LambdaFunctionCompleted",
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
}


@pytest.mark.parametrize("name", EVENTS)
def test_swf_asks_the_decider_about_what_it_has_to_know_and_nothing_else(name):
    kind = EVENTS[name]
    event = kind(**{field.name: None for field in attrs.fields(kind) if field.default is attrs.NOTHING})

    assert asks_for_decision(event) == (name in ASKING)


def test_swf_is_not_known_to_ask_about_an_event_of_an_unknown_type():
    event = EventFactory({"eventId": 1, "eventTimestamp": 0, "eventType": "CoffeeMade"})

    assert not asks_for_decision(event)


def test_the_next_decision_task_has_the_settings_of_the_execution():
    builder = HistoryBuilder(task_list="orders", task_start_to_close_timeout=30, task_priority=-5)

    assert next_decision_task(builder.state) == DecisionTaskScheduled(
        task_list="orders", start_to_close_timeout=30, schedule_to_start_timeout="NONE", task_priority=-5
    )


@pytest.mark.parametrize(
    ("answer", "task_list", "schedule_to_start_timeout"),
    [
        ({"task_list": "mine"}, "mine", "NONE"),
        ({"task_list": "mine", "task_list_schedule_to_start_timeout": 5}, "mine", 5),
        ({"task_list": "mine", "task_list_schedule_to_start_timeout": 0}, "mine", 0),
    ],
)
def test_the_next_decision_task_goes_where_the_decider_wants_it(answer, task_list, schedule_to_start_timeout):
    builder = HistoryBuilder()
    builder.add_decision_task(**answer)

    task = next_decision_task(builder.state)

    assert (task.task_list, task.schedule_to_start_timeout) == (task_list, schedule_to_start_timeout)


def test_an_execution_that_has_not_started_has_no_decision_task():
    with pytest.raises(ValidationError, match="belongs to an execution that has started"):
        next_decision_task(ExecutionState())
