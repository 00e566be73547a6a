import copy
import pickle

import attrs
import pytest

from swf import payload
from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.models.decision import (
    DECISIONS,
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    RequestCancelExternalWorkflowExecution,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    StartTimer,
    from_raw,
)
from swf.shapes import TypeId


@attrs.frozen
class Declared:
    name: str
    version: str


ALL = [
    (
        ScheduleActivityTask(
            activity_type=("Charge", "1"),
            activity_id="charge",
            input={"sum": 10},
            control="first",
            schedule_to_close_timeout="NONE",
            schedule_to_start_timeout=30,
            start_to_close_timeout=60,
            heartbeat_timeout=0,
            task_list="activities",
            task_priority=-5,
        ),
        {
            "decisionType": "ScheduleActivityTask",
            "scheduleActivityTaskDecisionAttributes": {
                "activityType": {"name": "Charge", "version": "1"},
                "activityId": "charge",
                "input": '{"sum":10}',
                "control": "first",
                "scheduleToCloseTimeout": "NONE",
                "scheduleToStartTimeout": "30",
                "startToCloseTimeout": "60",
                "heartbeatTimeout": "0",
                "taskList": {"name": "activities"},
                "taskPriority": "-5",
            },
        },
    ),
    (
        RequestCancelActivityTask(activity_id="charge"),
        {
            "decisionType": "RequestCancelActivityTask",
            "requestCancelActivityTaskDecisionAttributes": {"activityId": "charge"},
        },
    ),
    (
        StartTimer(timer_id="lunch", start_to_fire_timeout=0, control=""),
        {
            "decisionType": "StartTimer",
            "startTimerDecisionAttributes": {"timerId": "lunch", "startToFireTimeout": "0", "control": ""},
        },
    ),
    (
        CancelTimer(timer_id="lunch"),
        {"decisionType": "CancelTimer", "cancelTimerDecisionAttributes": {"timerId": "lunch"}},
    ),
    (
        RecordMarker(marker_name="seen", details=[]),
        {"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "seen", "details": "[]"}},
    ),
    (
        StartChildWorkflowExecution(
            workflow_type=Declared("Parcel", "2"), workflow_id="parcel", tag_list=["fragile"], child_policy="ABANDON"
        ),
        {
            "decisionType": "StartChildWorkflowExecution",
            "startChildWorkflowExecutionDecisionAttributes": {
                "workflowType": {"name": "Parcel", "version": "2"},
                "workflowId": "parcel",
                "tagList": ["fragile"],
                "childPolicy": "ABANDON",
            },
        },
    ),
    (
        SignalExternalWorkflowExecution(workflow_id="bank", signal_name="refund", run_id="run", input=3),
        {
            "decisionType": "SignalExternalWorkflowExecution",
            "signalExternalWorkflowExecutionDecisionAttributes": {
                "workflowId": "bank",
                "signalName": "refund",
                "runId": "run",
                "input": "3",
            },
        },
    ),
    (
        RequestCancelExternalWorkflowExecution(workflow_id="bank"),
        {
            "decisionType": "RequestCancelExternalWorkflowExecution",
            "requestCancelExternalWorkflowExecutionDecisionAttributes": {"workflowId": "bank"},
        },
    ),
    (
        ScheduleLambdaFunction(id="resize", name="pictures", input={}, start_to_close_timeout=900),
        {
            "decisionType": "ScheduleLambdaFunction",
            "scheduleLambdaFunctionDecisionAttributes": {
                "id": "resize",
                "name": "pictures",
                "input": "{}",
                "startToCloseTimeout": "900",
            },
        },
    ),
    (
        CompleteWorkflowExecution(result=False),
        {
            "decisionType": "CompleteWorkflowExecution",
            "completeWorkflowExecutionDecisionAttributes": {"result": "false"},
        },
    ),
    (
        FailWorkflowExecution(reason="no money", details={"left": 0}),
        {
            "decisionType": "FailWorkflowExecution",
            "failWorkflowExecutionDecisionAttributes": {"reason": "no money", "details": '{"left":0}'},
        },
    ),
    (
        CancelWorkflowExecution(),
        {"decisionType": "CancelWorkflowExecution", "cancelWorkflowExecutionDecisionAttributes": {}},
    ),
    (
        ContinueAsNewWorkflowExecution(input={"page": 2}, tag_list=(), workflow_type_version="2"),
        {
            "decisionType": "ContinueAsNewWorkflowExecution",
            "continueAsNewWorkflowExecutionDecisionAttributes": {
                "input": '{"page":2}',
                "tagList": [],
                "workflowTypeVersion": "2",
            },
        },
    ),
]


@pytest.mark.parametrize(("decision", "raw"), ALL, ids=lambda value: getattr(value, "type", ""))
def test_a_decision_stands_in_swfs_json_as_swf_wants_it(decision, raw):
    assert decision.raw == raw
    assert from_raw(type(decision), raw) == decision


def test_all_decisions_are_among_these():
    assert {decision.type for decision, _ in ALL} == set(DECISIONS)


def test_a_decision_whose_attributes_are_all_optional_may_come_without_them():
    raw = {"decisionType": "CompleteWorkflowExecution"}

    assert from_raw(CompleteWorkflowExecution, raw) == CompleteWorkflowExecution()


@pytest.mark.parametrize(
    ("kind", "closes"),
    [
        (CompleteWorkflowExecution, True),
        (FailWorkflowExecution, True),
        (CancelWorkflowExecution, True),
        (ContinueAsNewWorkflowExecution, True),
        (StartTimer, False),
        (RequestCancelExternalWorkflowExecution, False),
    ],
)
def test_four_decisions_close_the_execution(kind, closes):
    assert kind.closes is closes
    assert len([decision for decision in DECISIONS.values() if decision.closes]) == 4


@pytest.mark.parametrize("activity_type", [Declared("Charge", "1"), ("Charge", "1"), TypeId("Charge", "1")])
def test_a_type_is_anything_with_a_name_and_a_version(activity_type):
    decision = ScheduleActivityTask(activity_type=activity_type, activity_id="charge")

    assert decision.activity_type == TypeId("Charge", "1")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StartTimer(timer_id="", start_to_fire_timeout=1), "timer_id '' has 0 characters"),
        (lambda: StartTimer(timer_id="lunch", start_to_fire_timeout=-1), "start_to_fire_timeout -1 must be at least 0"),
        (
            lambda: StartTimer(timer_id="lunch", start_to_fire_timeout="60"),
            "start_to_fire_timeout '60' must be a whole",
        ),
        (lambda: StartTimer(timer_id="lunch", start_to_fire_timeout=None), "start_to_fire_timeout must be given"),
        (lambda: RecordMarker(marker_name="seen", details="x" * 32769), "details .* has 32,769 characters"),
        (lambda: FailWorkflowExecution(reason="x" * 257), "reason .* has 257 characters, and may have 256"),
        (lambda: ScheduleActivityTask(activity_type=("", "1"), activity_id="a"), "activity_type .* has 0 characters"),
        (
            lambda: StartChildWorkflowExecution(
                workflow_type=("Parcel", "2"), workflow_id="parcel", tag_list=list("abcdef")
            ),
            "tag_list .* has 6 tags",
        ),
        (
            lambda: StartChildWorkflowExecution(
                workflow_type=("Parcel", "2"), workflow_id="parcel", child_policy="KILL"
            ),
            "child_policy 'KILL' must be one of TERMINATE, REQUEST_CANCEL, ABANDON",
        ),
        (lambda: CompleteWorkflowExecution(result=object()), "object .* cannot be written as JSON"),
        (lambda: ContinueAsNewWorkflowExecution(tag_list="urgent"), "A tag list is a list of texts"),
        (lambda: ScheduleActivityTask(activity_type="Charge", activity_id="a"), "'Charge' is no type of SWF"),
    ],
)
def test_what_swf_would_refuse_is_refused_when_the_decision_is_made(make, message):
    with pytest.raises(ValidationError, match=message):
        make()


def test_a_misspelt_attribute_is_told_which_may_be_meant():
    with pytest.raises(
        InvalidKeywordArgumentError, match=r"StartTimer has no attribute 'timer_di'\. Did you mean 'timer_id'"
    ):
        StartTimer(timer_di="lunch", start_to_fire_timeout=60)


def test_a_decision_is_checked_as_a_whole():
    with pytest.raises(ValidationError) as caught:
        StartTimer(timer_id="", start_to_fire_timeout=-1)

    assert str(caught.value) == (
        "StartTimer: timer_id '' has 0 characters, and must have at least 1; "
        "start_to_fire_timeout -1 must be at least 0."
    )


def test_a_text_is_sent_as_it_stands():
    assert CompleteWorkflowExecution(result='{"id": 7}').result == '{"id": 7}'


def test_texts_are_written_with_the_codec_in_force():
    class Shouting(payload.JSONCodec):
        def encode(self, value):
            return super().encode(value).upper()

    with payload.use(Shouting()):
        decision = CompleteWorkflowExecution(result={"a": "b"})

    assert decision.result == '{"A":"B"}'


def test_a_decision_shows_what_is_set_and_cuts_what_is_long():
    decision = ScheduleActivityTask(activity_type=("Charge", "1"), activity_id="charge", input="x" * 99)

    assert repr(decision) == (
        "ScheduleActivityTask(activity_type=TypeId(name='Charge', version='1'), activity_id='charge', "
        f"input='{'x' * 55}...')"
    )


def test_a_decision_cannot_be_changed():
    decision = StartTimer(timer_id="lunch", start_to_fire_timeout=60)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        decision.timer_id = "dinner"


def test_decisions_are_equal_and_hashed_by_what_they_hold():
    lunch, same = (StartTimer(timer_id="lunch", start_to_fire_timeout=60) for _ in range(2))
    dinner = StartTimer(timer_id="dinner", start_to_fire_timeout=60)

    assert lunch == same
    assert {lunch, same, dinner} == {lunch, dinner}


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda decision: pickle.loads(pickle.dumps(decision))])
def test_a_decision_can_be_copied_and_sent_to_another_process(clone):
    decision = ScheduleActivityTask(activity_type=("Charge", "1"), activity_id="charge", input={"sum": 10})

    assert clone(decision) == decision


def test_a_changed_copy_is_checked_too():
    decision = StartTimer(timer_id="lunch", start_to_fire_timeout=60)

    assert attrs.evolve(decision, start_to_fire_timeout=5).start_to_fire_timeout == 5
    with pytest.raises(ValidationError, match="must be at least 0"):
        attrs.evolve(decision, start_to_fire_timeout=-5)
