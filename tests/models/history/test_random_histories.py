"""Histories drawn at random, and what holds for each of them; counted again here, naively, on SWF's own JSON."""

import contextlib
from collections import Counter
from random import Random

import botocore.loaders
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from swf.exceptions import ValidationError
from swf.models.event import EVENTS
from swf.models.history import ExecutionState, History, HistoryBuilder

SHAPE = ServiceModel(botocore.loaders.Loader().load_service_model("swf", "service-2"), "swf").shape_for("HistoryEvent")

CHARGE = ("Charge", "1")
PARCEL = ("Parcel", "2")
IDS = ["a", "b", "c", "d"]

# What can come of a decision: the method, and what it takes before the id.
DECIDED = {
    "add_activity_task_scheduled": [CHARGE],
    "add_schedule_activity_task_failed": [CHARGE],
    "add_activity_task_cancel_requested": [],
    "add_request_cancel_activity_task_failed": [],
    "add_timer_started": [],
    "add_start_timer_failed": [],
    "add_timer_canceled": [],
    "add_cancel_timer_failed": [],
    "add_marker_recorded": [],
    "add_record_marker_failed": [],
    "add_start_child_workflow_execution_initiated": [PARCEL],
    "add_start_child_workflow_execution_failed": [PARCEL],
    "add_request_cancel_external_workflow_execution_initiated": [],
    "add_lambda_function_scheduled": ["pictures"],
    "add_schedule_lambda_function_failed": ["pictures"],
}
REFUSED_ENDS = [
    "add_complete_workflow_execution_failed",
    "add_fail_workflow_execution_failed",
    "add_cancel_workflow_execution_failed",
    "add_continue_as_new_workflow_execution_failed",
]
HAPPENING = [
    "add_decision_task_started",
    "add_decision_task_started",
    "add_decision_task_completed",
    "add_decision_task_timed_out",
    "add_workflow_execution_cancel_requested",
    *REFUSED_ENDS,
]
NEXT_OF_ACTIVITY = [
    "add_activity_task_started",
    "add_activity_task_completed",
    "add_activity_task_failed",
    "add_activity_task_timed_out",
    "add_activity_task_canceled",
    "add_activity_task_cancel_requested",
]
NEXT_OF_CHILD = [
    "add_child_workflow_execution_started",
    "add_child_workflow_execution_completed",
    "add_child_workflow_execution_failed",
    "add_child_workflow_execution_timed_out",
    "add_child_workflow_execution_canceled",
    "add_child_workflow_execution_terminated",
]
NEXT_OF_LAMBDA = [
    "add_lambda_function_started",
    "add_start_lambda_function_failed",
    "add_lambda_function_completed",
    "add_lambda_function_failed",
    "add_lambda_function_timed_out",
]
NEXT_OF_REQUEST = [
    "add_external_workflow_execution_signaled",
    "add_signal_external_workflow_execution_failed",
    "add_external_workflow_execution_cancel_requested",
    "add_request_cancel_external_workflow_execution_failed",
]
ENDS = [
    "add_workflow_execution_completed",
    "add_workflow_execution_failed",
    "add_workflow_execution_canceled",
    "add_workflow_execution_continued_as_new",
    "add_workflow_execution_terminated",
    "add_workflow_execution_timed_out",
]


def under_way(state):
    """What is open, each with its id and the methods that take it further."""
    return [
        *((NEXT_OF_ACTIVITY, activity.scheduled.activity_id) for activity in state.activities.values()),
        *((["add_timer_fired", "add_timer_canceled"], timer_id) for timer_id in state.timers),
        *((NEXT_OF_CHILD, child.initiated.workflow_id) for child in state.children.values()),
        *((NEXT_OF_LAMBDA, call.scheduled.function_id) for call in state.lambda_functions.values()),
        *((NEXT_OF_REQUEST, request.workflow_id) for request in state.external_requests.values()),
    ]


def decide(builder, random):
    if random.randrange(len(DECIDED) + 1) == 0:
        return builder.add_signal_external_workflow_execution_initiated(random.choice(IDS), "hello")
    name = random.choice(list(DECIDED))
    return getattr(builder, name)(*DECIDED[name], random.choice(IDS))


def go_on(builder, random):
    things = under_way(builder.state)
    if not things:
        return builder.add_workflow_execution_signaled(random.choice(IDS))
    methods, id = random.choice(things)
    return getattr(builder, random.choice(methods))(id)


def happen(builder, random):
    return getattr(builder, random.choice(HAPPENING))()


def signal(builder, random):
    return builder.add_workflow_execution_signaled(random.choice(IDS))


STEPS = [decide, decide, decide, go_on, go_on, go_on, happen, signal]


@st.composite
def histories(draw):
    builder = HistoryBuilder(("Order", "1"))
    random = Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(0, 60))):
        # What SWF would not write at this point is refused.
        with contextlib.suppress(ValidationError):
            random.choice(STEPS)(builder, random)
    if draw(st.booleans()):
        with contextlib.suppress(ValidationError):
            getattr(builder, random.choice(ENDS))()
    return builder.history


def attributes(raw):
    return next(value for key, value in raw.items() if key.endswith("EventAttributes"))


def still_open(events, opening, closing, reference):
    """The ids of the opening events that no later closing event refers to."""
    return [
        event["eventId"]
        for event in events
        if event["eventType"] in opening
        and not any(
            later["eventType"] in closing and attributes(later).get(reference) == event["eventId"] for later in events
        )
    ]


def recounted(events):
    closed = any(event["eventType"] in CLOSING for event in events)
    decisions = still_open(
        events, {"DecisionTaskScheduled"}, {"DecisionTaskCompleted", "DecisionTaskTimedOut"}, "scheduledEventId"
    )
    return {
        "activities": still_open(
            events,
            {"ActivityTaskScheduled"},
            {"ActivityTaskCompleted", "ActivityTaskFailed", "ActivityTaskTimedOut", "ActivityTaskCanceled"},
            "scheduledEventId",
        ),
        "timers": []
        if closed
        else still_open(events, {"TimerStarted"}, {"TimerFired", "TimerCanceled"}, "startedEventId"),
        "children": still_open(
            events,
            {"StartChildWorkflowExecutionInitiated"},
            {
                "StartChildWorkflowExecutionFailed",
                "ChildWorkflowExecutionCompleted",
                "ChildWorkflowExecutionFailed",
                "ChildWorkflowExecutionTimedOut",
                "ChildWorkflowExecutionCanceled",
                "ChildWorkflowExecutionTerminated",
            },
            "initiatedEventId",
        ),
        "lambda_functions": still_open(
            events,
            {"LambdaFunctionScheduled"},
            {"LambdaFunctionCompleted", "LambdaFunctionFailed", "LambdaFunctionTimedOut", "StartLambdaFunctionFailed"},
            "scheduledEventId",
        ),
        "external_requests": still_open(
            events,
            {"SignalExternalWorkflowExecutionInitiated", "RequestCancelExternalWorkflowExecutionInitiated"},
            {
                "SignalExternalWorkflowExecutionFailed",
                "ExternalWorkflowExecutionSignaled",
                "RequestCancelExternalWorkflowExecutionFailed",
                "ExternalWorkflowExecutionCancelRequested",
            },
            "initiatedEventId",
        ),
        "decisions": [] if closed else decisions,
    }


CLOSING = {
    "WorkflowExecutionCompleted",
    "WorkflowExecutionFailed",
    "WorkflowExecutionCanceled",
    "WorkflowExecutionTerminated",
    "WorkflowExecutionContinuedAsNew",
    "WorkflowExecutionTimedOut",
}


def told(state):
    decisions = [
        state.started_decision and state.started_decision.scheduled_event_id,
        state.scheduled_decision and state.scheduled_decision.id,
    ]
    return {
        "activities": list(state.activities),
        "timers": [timer.id for timer in state.timers.values()],
        "children": list(state.children),
        "lambda_functions": list(state.lambda_functions),
        "external_requests": list(state.external_requests),
        "decisions": [id for id in decisions if id is not None],
    }


@given(history=histories())
def test_the_state_agrees_with_a_naive_count_of_what_is_open(history):
    assert told(history.state) == recounted([event.raw for event in history])


@settings(max_examples=30)
@given(history=histories())
def test_the_state_agrees_with_a_naive_count_after_every_event(history):
    state = ExecutionState()

    for count, event in enumerate(history, start=1):
        state.apply(event)

        assert told(state) == recounted([earlier.raw for earlier in history[:count]])


@given(history=histories())
def test_what_is_gathered_agrees_with_the_state_about_what_is_open(history):
    state = history.state

    opened = Counter(thing.type for thing in history.compiled if thing.is_open)

    assert opened == +Counter(
        {
            "WorkflowExecution": int(state.closed is None),
            "DecisionTask": (state.scheduled_decision is not None) + (state.started_decision is not None),
            "ActivityTask": len(state.activities),
            "Timer": len(state.timers),
            "ChildWorkflowExecution": len(state.children),
            "LambdaFunction": len(state.lambda_functions),
            "ExternalWorkflowExecution": len(state.external_requests),
        }
    )


@given(history=histories())
def test_every_event_belongs_to_one_thing(history):
    gathered = [event for thing in history.compiled for event in thing.events]

    assert sorted(gathered, key=lambda event: event.id) == list(history)
    assert [thing.first.id for thing in history.compiled] == sorted(thing.first.id for thing in history.compiled)


@given(history=histories())
def test_an_open_task_is_found_by_its_id(history):
    state = history.state

    for activity in state.activities.values():
        assert history.activities[activity.scheduled.activity_id].first == activity.scheduled
    for timer in state.timers.values():
        assert history.timers[timer.timer_id].first == timer


@given(history=histories())
def test_the_order_that_a_history_is_held_in_does_not_change_what_it_tells(history):
    turned = history.reversed

    assert turned.state == history.state
    assert turned.compiled == history.compiled
    assert turned.reversed == history


@given(history=histories(), data=st.data())
def test_slices_fit_together(history, data):
    cut = data.draw(st.integers(0, len(history)))

    assert [*history[:cut], *history[cut:]] == list(history)
    assert history.since(cut) == history[cut:]
    assert history.latest(len(history) - cut) == history[cut:]
    assert History(reversed(history[:cut])) == history[:cut].reversed


@given(
    history=histories(), name=st.sampled_from(list(EVENTS)), state=st.sampled_from(["started", "completed", "failed"])
)
def test_filters_narrow_each_other(history, name, state):
    both = history.filter(name, state=state)

    assert both == history.filter(name).filter(state=state)
    assert both == history.filter(state=state).filter(EVENTS[name])
    assert set(both) <= set(history)
    assert both.filter(name, state=state) == both


@given(history=histories())
def test_a_history_comes_back_from_swfs_json_as_it_was(history):
    assert History.from_event_list(event.raw for event in history) == history


@given(history=histories())
def test_aws_description_accepts_every_event_of_a_history(history):
    problems = [ParamValidator().validate(event.raw, SHAPE).generate_report() for event in history]

    assert problems == [""] * len(history)


# What SWF keeps to when it writes a history

ASKED_FOR_NOTHING = {
    "ActivityTaskScheduled",
    "ActivityTaskStarted",
    "ActivityTaskCancelRequested",
    "TimerStarted",
    "TimerCanceled",
    "MarkerRecorded",
    "StartChildWorkflowExecutionInitiated",
    "SignalExternalWorkflowExecutionInitiated",
    "RequestCancelExternalWorkflowExecutionInitiated",
    "LambdaFunctionScheduled",
    "LambdaFunctionStarted",
    "DecisionTaskScheduled",
    "DecisionTaskStarted",
    "DecisionTaskCompleted",
} | CLOSING


@given(history=histories())
def test_ids_have_no_gaps_and_time_does_not_go_back(history):
    assert [event.id for event in history] == list(range(1, len(history) + 1))
    assert [event.timestamp for event in history] == sorted(event.timestamp for event in history)


@given(history=histories())
def test_two_decision_tasks_never_wait_and_two_never_run(history):
    waiting, running = 0, 0

    for event in history:
        waiting += (event.name == "DecisionTaskScheduled") - (event.name == "DecisionTaskStarted")
        running += (event.name == "DecisionTaskStarted") - (event.name == "DecisionTaskCompleted")
        if event.name == "DecisionTaskTimedOut":
            waiting -= event.started_event_id == 0
            running -= event.started_event_id != 0

        assert (waiting in (0, 1), running in (0, 1)) == (True, True)


@given(history=histories())
def test_what_a_decider_has_to_know_of_is_seen_by_a_decision_task_that_starts_later(history):
    starts = {event.scheduled_event_id: event.id for event in history.filter("DecisionTaskStarted")}
    tasks = [event.id for event in history.filter("DecisionTaskScheduled")]

    for event in history:
        too_late = history.finished and event.id > max(starts.values(), default=0)
        if event.name not in ASKED_FOR_NOTHING and not too_late:
            assert any(starts.get(task, len(history) + 1) > event.id for task in tasks)


@given(history=histories())
def test_no_decision_task_is_scheduled_that_nothing_asked_for(history):
    before = 0

    for task in history.filter("DecisionTaskScheduled"):
        assert any(event.name not in ASKED_FOR_NOTHING for event in history[before : task.id - 1])
        assert history.event(task.id - 1).timestamp == task.timestamp
        before = task.id


@given(history=histories())
def test_what_comes_of_decisions_follows_the_answer_with_its_timestamp(history):
    for event in history:
        answer = getattr(event, "decision_task_completed_event_id", None)
        if answer is None or getattr(event, "initiated_event_id", 0):
            continue
        between = history[answer - 1 : event.id]
        assert between.first.name == "DecisionTaskCompleted"
        assert {one.timestamp for one in between} == {event.timestamp}
        assert len(between.filter("DecisionTaskCompleted")) == 1
        assert not between.filter("DecisionTaskScheduled")


REFERRED = {
    "scheduled_event_id": {"DecisionTaskScheduled", "ActivityTaskScheduled", "LambdaFunctionScheduled"},
    "started_event_id": {
        "DecisionTaskStarted",
        "ActivityTaskStarted",
        "LambdaFunctionStarted",
        "TimerStarted",
        "ChildWorkflowExecutionStarted",
    },
    "initiated_event_id": {
        "StartChildWorkflowExecutionInitiated",
        "SignalExternalWorkflowExecutionInitiated",
        "RequestCancelExternalWorkflowExecutionInitiated",
    },
    "decision_task_completed_event_id": {"DecisionTaskCompleted"},
    "latest_cancel_requested_event_id": {"ActivityTaskCancelRequested"},
}


@pytest.mark.parametrize("reference", REFERRED)
@settings(max_examples=40)
@given(history=histories())
def test_references_name_earlier_events_of_the_right_kind(reference, history):
    for event in history:
        id = getattr(event, reference, None)
        if id:
            assert id < event.id
            assert history.event(id).name in REFERRED[reference]
            assert reference == "decision_task_completed_event_id" or history.event(id).type == event.type


@given(history=histories())
def test_a_timer_fires_when_it_is_due_at_the_earliest(history):
    for fired in history.filter("TimerFired"):
        started = history.event(fired.started_event_id)

        assert (fired.timestamp - started.timestamp).total_seconds() >= started.start_to_fire_timeout
