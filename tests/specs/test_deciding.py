"""What is decided on golden histories: every way in which something ends, each written event by event."""

import json

import pytest

from swf.exceptions import SpecError
from swf.failure import Failure
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    RequestCancelActivityTask,
    RequestCancelExternalWorkflowExecution,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.models.history import HistoryBuilder
from swf.specs import decide
from tests.specs.writing import SPAM, activity, of_input, result_of, spec_of

WORK = ("Work", "1")


def schedule(id, **said):
    return ScheduleActivityTask(activity_type=WORK, activity_id=id, **said)


def history(**said):
    return HistoryBuilder(SPAM, **said)


def decided(spec, builder):
    return decide(spec, builder.history)


def states(spec, builder):
    followed = spec.follow()
    for event in builder.history:
        followed.apply(event)
    return followed.progress.states


def reason(spec, builder):
    """Give why the execution is failed, which has to be all that is decided."""
    [decision] = decided(spec, builder)
    assert isinstance(decision, FailWorkflowExecution)
    assert Failure.read(decision.reason, decision.details).reason == decision.reason
    return decision.reason


def test_tasks_that_wait_for_nothing_are_scheduled_at_once():
    spec = spec_of(activity("a"), activity("b", timeout=5, heartbeat="NONE", priority=-1), activity("c", "a"))

    assert decided(spec, history()) == [
        schedule("a"),
        schedule("b", start_to_close_timeout=5, heartbeat_timeout="NONE", task_priority=-1),
    ]


def test_a_task_is_scheduled_when_all_that_it_waits_for_is_done():
    spec = spec_of(activity("a"), activity("b"), activity("c", "a", "b"))
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_scheduled(WORK, "b")
    builder.add_activity_task_completed("a")

    before = decided(spec, builder)
    builder.add_activity_task_completed("b")

    assert before == []
    assert decided(spec, builder) == [schedule("c")]


def test_what_was_decided_and_not_answered_is_decided_again():
    spec = spec_of(activity("a"))
    builder = history()
    builder.add_decision_task_timed_out()

    assert decided(spec, builder) == [schedule("a")]


def test_the_result_has_the_results_of_all_tasks_that_have_one():
    spec = spec_of(activity("a"), activity("b"), activity("c"))
    builder = history()
    builder.add_activity_task(WORK, "a", result='{"x": 1}')
    builder.add_activity_task(WORK, "b")
    builder.add_activity_task(WORK, "c", result="no JSON")

    assert decided(spec, builder) == [CompleteWorkflowExecution(result='{"a":{"x":1},"c":"no JSON"}')]


def test_an_execution_without_results_has_none():
    builder = history()
    builder.add_activity_task(WORK, "a")

    assert decided(spec_of(activity("a")), builder) == [CompleteWorkflowExecution()]


def test_an_output_says_what_the_result_is():
    spec = spec_of(activity("a"), output=result_of("a", "$.x"))
    builder = history()
    builder.add_activity_task(WORK, "a", result='{"x": "yes"}')

    assert decided(spec, builder) == [CompleteWorkflowExecution(result='"yes"')]


def test_an_output_that_finds_nothing_fails_the_execution():
    spec = spec_of(activity("a"), output=result_of("a", "$.y"))
    builder = history()
    builder.add_activity_task(WORK, "a", result='{"x": 1}')

    assert reason(spec, builder).startswith("OutputError: The output reads $.y of the result of the task 'a'")


def test_results_that_are_too_long_together_are_left_out_and_a_marker_says_so():
    spec = spec_of(activity("a"), activity("b"))
    builder = history()
    builder.add_activity_task(WORK, "a", result="x" * 20_000)
    builder.add_activity_task(WORK, "b", result="x" * 20_000)

    marker, end = decided(spec, builder)

    assert marker.marker_name == "swf.specs.result-too-long"
    assert "SWF takes 32,768" in marker.details
    assert end == CompleteWorkflowExecution()


# What ends badly

ENDS = {
    "failed": (
        lambda builder: builder.add_activity_task_failed("a", reason="no eggs"),
        "TaskFailed: The task 'a' failed: no eggs",
    ),
    **{
        timeout_type: (
            lambda builder, timeout_type=timeout_type: builder.add_activity_task_timed_out(
                "a", timeout_type=timeout_type
            ),
            f"TaskFailed: The task 'a' timed out: {timeout_type}",
        )
        for timeout_type in ("START_TO_CLOSE", "SCHEDULE_TO_START", "SCHEDULE_TO_CLOSE", "HEARTBEAT")
    },
    "canceled": (
        lambda builder: [
            builder.add_activity_task_cancel_requested("a"),
            builder.add_activity_task_canceled("a", details="enough"),
        ],
        "TaskFailed: The task 'a' was canceled: canceled: enough",
    ),
}


def ended(how):
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_started("a")
    ENDS[how][0](builder)
    return builder


@pytest.mark.parametrize("how", [each for each in ENDS if each not in ("SCHEDULE_TO_START", "canceled")])
def test_a_task_that_ends_badly_fails_the_execution(how):
    assert reason(spec_of(activity("a")), ended(how)) == ENDS[how][1]


def test_a_task_that_nobody_takes_fails_the_execution():
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    ENDS["SCHEDULE_TO_START"][0](builder)

    assert reason(spec_of(activity("a")), builder) == ENDS["SCHEDULE_TO_START"][1]


def test_a_task_that_somebody_else_canceled_fails_the_execution():
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_started("a")
    builder.add_workflow_execution_signaled("wake")
    ENDS["canceled"][0](builder)

    assert reason(spec_of(activity("a")), builder) == ENDS["canceled"][1]


@pytest.mark.parametrize(
    "cause",
    [
        "ACTIVITY_TYPE_DOES_NOT_EXIST",
        "ACTIVITY_TYPE_DEPRECATED",
        "ACTIVITY_ID_ALREADY_IN_USE",
        "DEFAULT_TASK_LIST_UNDEFINED",
        "OPERATION_NOT_PERMITTED",
    ],
)
def test_a_task_that_swf_refuses_fails_the_execution(cause):
    builder = history()
    builder.add_schedule_activity_task_failed(WORK, "a", cause=cause)

    assert reason(spec_of(activity("a")), builder) == f"TaskFailed: The task 'a' could not be started: {cause}"


@pytest.mark.parametrize("how", ["failed", "START_TO_CLOSE", "HEARTBEAT"])
def test_what_may_fail_is_done_without(how):
    spec = spec_of(activity("a", on_failure="continue"), activity("b", "a", input=result_of("a", default="none")))

    assert decided(spec, ended(how)) == [schedule("b", input='"none"')]


def test_the_first_failure_is_the_one_that_is_told():
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_scheduled(WORK, "b")
    builder.add_activity_task_failed("b", reason="first")
    builder.add_activity_task_failed("a", reason="second")

    assert reason(spec_of(activity("a"), activity("b")), builder).endswith("'b' failed: first")


def test_a_failure_is_told_with_all_that_the_worker_said():
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    why = Failure(type="ValueError", message="3000 is too much", traceback="line 7")
    builder.add_activity_task_failed("a", reason=why.reason, details=why.details)

    [end] = decided(spec_of(activity("a")), builder)

    assert Failure.read(end.reason, end.details).cause == why


# Inputs


def test_a_path_that_finds_nothing_fails_the_task_and_the_execution():
    spec = spec_of(activity("a", input=of_input("$.id")))

    assert reason(spec, history(input={"name": "x"})).startswith("InputError: The task 'a' reads $.id of the execution")


def test_an_execution_started_without_an_input_fails_if_one_is_needed():
    spec = spec_of(activity("a", input=of_input()))

    assert "the execution was started without one" in reason(spec, history())


def test_a_result_that_is_no_json_has_no_members():
    spec = spec_of(activity("a"), activity("b", "a", input=result_of("a", "$.x")))
    builder = history()
    builder.add_activity_task(WORK, "a", result="no JSON")

    assert "which is a text and no JSON" in reason(spec, builder)


def test_a_result_that_is_too_deep_to_be_read_is_a_text():
    spec = spec_of(activity("a"), activity("b", "a", input=result_of("a", "$[0]", default="too deep")))
    builder = history()
    builder.add_activity_task(WORK, "a", result="[" * 15_000 + "]" * 15_000)

    assert decided(spec, builder) == [schedule("b", input='"too deep"')]


def test_a_result_that_json_does_not_have_cannot_be_sent_on():
    spec = spec_of(activity("a"), activity("b", "a", input=result_of("a")))
    builder = history()
    builder.add_activity_task(WORK, "a", result="[NaN]")

    assert "is to be sent what cannot be written as JSON" in reason(spec, builder)


def test_a_task_without_its_input_can_be_done_without():
    spec = spec_of(activity("a", input=of_input("$.id"), on_failure="continue"), activity("b", "a"))

    assert decided(spec, history(input={})) == [schedule("b")]


def test_a_long_chain_of_tasks_without_their_inputs_ends():
    missing = {"input": of_input("$.id"), "on_failure": "continue"}
    chain = [activity(f"t{number}", *[f"t{number - 1}"] * (number > 0), **missing) for number in range(1_200)]

    assert decided(spec_of(*chain), history(input={})) == [CompleteWorkflowExecution()]


# Conditions


def test_a_task_whose_condition_does_not_hold_is_skipped_with_what_only_waits_for_it():
    go = {"value": of_input("$.go"), "equals": True}
    spec = spec_of(activity("a", when=go), activity("b", "a"), activity("c"), activity("d", "b", "c"))
    builder = history(input={"go": False})

    first = decided(spec, builder)
    builder.add_activity_task(WORK, "c")

    assert first == [schedule("c")]
    assert decided(spec, builder) == [schedule("d")]


def test_a_workflow_of_which_all_is_skipped_completes():
    spec = spec_of(activity("a", when={"value": of_input("$.go"), "equals": True}))

    assert decided(spec, history(input={"go": 1})) == [CompleteWorkflowExecution()]


def test_a_condition_that_finds_nothing_fails_the_execution():
    spec = spec_of(activity("a", when={"value": of_input("$.go"), "equals": True}))

    assert reason(spec, history(input={})).startswith("InputError: The task 'a' reads $.go")


def test_true_is_no_number_in_lists_and_objects_either():
    spec = spec_of(activity("a", when={"value": of_input(), "equals": {"x": [1]}}))

    assert decided(spec, history(input={"x": [True]})) == [CompleteWorkflowExecution()]
    assert decided(spec, history(input={"x": [1.0]})) == [schedule("a")]


# Retries

THRICE = {"max_attempts": 3, "delay": 10, "backoff": 2}


def test_a_failure_is_tried_again_after_a_delay_that_grows():
    spec = spec_of(activity("a", retry=THRICE))
    builder = ended("failed")

    [first] = decided(spec, builder)
    builder.add_timer_started(first.timer_id, start_to_fire_timeout=10)
    builder.add_timer_fired(first.timer_id)
    again = decided(spec, builder)
    builder.add_activity_task(WORK, "a", last_state="timed_out")
    [second] = decided(spec, builder)
    builder.add_timer_started(second.timer_id, start_to_fire_timeout=20)
    builder.add_timer_fired(second.timer_id)
    builder.add_activity_task(WORK, "a", last_state="failed", reason="still no eggs")

    assert (first.start_to_fire_timeout, second.start_to_fire_timeout) == (10, 20)
    assert again == [schedule("a")]
    assert reason(spec, builder) == "TaskFailed: The task 'a' failed after 3 attempts: still no eggs"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"delay": 172_800}, 172_800),
        ({"delay": 80_000, "backoff": 2}, 86_400),
        ({"delay": 172_800, "max_delay": 60}, 60),
    ],
)
def test_a_delay_grows_to_a_day_unless_it_is_said_otherwise(said, seconds):
    spec = spec_of(activity("a", retry={"max_attempts": 3, **said}))
    builder = history()
    builder.add_activity_task(WORK, "a", last_state="failed")
    builder.add_timer("swf.specs.retry-1-a", start_to_fire_timeout=60)
    builder.add_activity_task(WORK, "a", last_state="failed")

    [timer] = decided(spec, builder)

    assert (timer.timer_id, timer.start_to_fire_timeout) == ("swf.specs.retry-2-a", seconds)


def test_without_a_delay_it_is_tried_again_at_once():
    assert decided(spec_of(activity("a", retry={"max_attempts": 2})), ended("failed")) == [schedule("a")]


def test_a_failure_that_says_that_trying_again_is_no_use_is_believed():
    spec = spec_of(activity("a", retry=THRICE))
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_failed("a", details=Failure(type="NoSuchOrder", retry=False).details)

    assert reason(spec, builder) == "TaskFailed: The task 'a' failed: NoSuchOrder"


def test_a_failure_may_say_when_to_try_again():
    spec = spec_of(activity("a", retry={"max_attempts": 2, "delay": 1}))
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_failed("a", details=Failure(type="Busy", retry_after=90.5).details)

    [timer] = decided(spec, builder)

    assert timer.start_to_fire_timeout == 91


@pytest.mark.parametrize(
    ("on", "is_tried_again"), [(["failed"], False), (["timed_out"], True), (["not_scheduled"], False)]
)
def test_only_the_outcomes_that_are_named_are_tried_again(on, is_tried_again):
    spec = spec_of(activity("a", retry={"max_attempts": 2, "on": on}))

    assert (decided(spec, ended("HEARTBEAT")) == [schedule("a")]) is is_tried_again


# For each


def test_a_task_is_done_for_each_item_of_a_list_so_many_at_a_time():
    spec = spec_of(activity("a", for_each={"items": of_input(), "limit": 2}), activity("b", "a", input=result_of("a")))
    builder = history(input=["x", "y", "z"])

    first = decided(spec, builder)
    builder.add_activity_task_scheduled(WORK, "a[0]")
    builder.add_activity_task_scheduled(WORK, "a[1]")
    builder.add_activity_task_completed("a[1]", result='"Y"')
    second = decided(spec, builder)
    builder.add_activity_task(WORK, "a[2]", result='"Z"')
    third = decided(spec, builder)
    builder.add_activity_task_completed("a[0]", result='"X"')

    assert first == [schedule("a[0]", input='"x"'), schedule("a[1]", input='"y"')]
    assert second == [schedule("a[2]", input='"z"')]
    assert third == []
    assert decided(spec, builder) == [schedule("b", input='["X","Y","Z"]')]


def test_no_items_are_done_at_once():
    spec = spec_of(activity("a", for_each={"items": of_input()}), activity("b", "a", input=result_of("a")))

    assert decided(spec, history(input=[])) == [schedule("b", input="[]")]


def test_what_is_no_list_has_no_items():
    spec = spec_of(activity("a", for_each={"items": of_input("$.n")}))

    assert "is to be done for each item of a list, and 5 is none" in reason(spec, history(input={"n": 5}))


def test_an_item_that_may_fail_leaves_a_gap():
    each = activity("a", for_each={"items": of_input()}, on_failure="continue")
    spec = spec_of(each, activity("b", "a", input=result_of("a")))
    builder = history(input=[1, 2])
    builder.add_activity_task_scheduled(WORK, "a[0]")
    builder.add_activity_task_scheduled(WORK, "a[1]")
    builder.add_activity_task_failed("a[0]")
    builder.add_activity_task_completed("a[1]", result="5")

    assert decided(spec, builder) == [schedule("b", input="[null,5]")]


def test_a_list_that_is_not_there_leaves_no_result():
    each = activity("a", for_each={"items": of_input("$.gone")}, on_failure="continue")
    spec = spec_of(each, activity("b", "a", input=result_of("a", default="no list")))

    assert decided(spec, history(input={})) == [schedule("b", input='"no list"')]


def test_a_task_of_which_an_item_failed_is_open_while_others_are():
    spec = spec_of(activity("a", for_each={"items": of_input()}, on_failure="continue"))
    builder = history(input=[1, 2])
    builder.add_activity_task_scheduled(WORK, "a[0]")
    builder.add_activity_task_scheduled(WORK, "a[1]")
    builder.add_activity_task_failed("a[0]")

    before = states(spec, builder)
    builder.add_activity_task_completed("a[1]")

    assert before == {"a": "open"}
    assert states(spec, builder) == {"a": "failed"}


def test_many_items_that_cannot_be_begun_end():
    each = activity("a", for_each={"items": of_input()}, input={"type": "item", "path": "$.x"}, on_failure="continue")

    assert decided(spec_of(each, output=result_of("a", "$[0]")), history(input=[{}] * 3_000)) == [
        CompleteWorkflowExecution(result="null")
    ]


# Timers and signals


def test_a_timer_is_a_task():
    spec = spec_of({"id": "nap", "timer": 60}, activity("a", dependencies=["nap"]))
    builder = history()

    first = decided(spec, builder)
    builder.add_timer_started("nap", start_to_fire_timeout=60)
    builder.add_timer_fired("nap")

    assert first == [StartTimer(timer_id="nap", start_to_fire_timeout=60)]
    assert decided(spec, builder) == [schedule("a")]


def test_a_timer_runs_as_long_as_the_input_says():
    spec = spec_of({"id": "nap", "timer": of_input("$.seconds")})

    assert decided(spec, history(input={"seconds": 1.5})) == [StartTimer(timer_id="nap", start_to_fire_timeout=2)]
    assert "is to wait for 'long' seconds" in reason(spec, history(input={"seconds": "long"}))


def test_a_signal_is_waited_for():
    spec = spec_of({"id": "paid", "signal": "payment"}, activity("a", "paid", input=result_of("paid", "$.amount")))
    builder = history()

    first = decided(spec, builder)
    builder.add_workflow_execution_signaled("other", input={"amount": 1})
    builder.add_workflow_execution_signaled("payment", input={"amount": 7})

    assert first == []
    assert decided(spec, builder) == [schedule("a", input="7")]


def test_signals_that_came_early_are_taken_in_their_order():
    spec = spec_of(
        activity("a"),
        {"id": "one", "signal": "go", "dependencies": ["a"]},
        {"id": "two", "signal": "go", "dependencies": ["one"]},
    )
    builder = history()
    builder.add_workflow_execution_signaled("go", input="1")
    builder.add_workflow_execution_signaled("go", input="2")
    builder.add_activity_task(WORK, "a")

    assert decided(spec, builder) == [CompleteWorkflowExecution(result='{"one":1,"two":2}')]


def test_a_signal_that_does_not_come_times_out():
    spec = spec_of({"id": "paid", "signal": "payment", "timeout": 60})
    builder = history()

    [timer] = decided(spec, builder)
    builder.add_timer_started(timer.timer_id, start_to_fire_timeout=60)
    builder.add_timer_fired(timer.timer_id)

    assert timer.start_to_fire_timeout == 60
    assert "The task 'paid' timed out" in reason(spec, builder)


def test_a_signal_that_came_stops_its_timer():
    spec = spec_of({"id": "paid", "signal": "payment", "timeout": 60}, activity("a", "paid"))
    builder = history()
    [timer] = decided(spec, builder)
    builder.add_timer_started(timer.timer_id, start_to_fire_timeout=60)
    builder.add_workflow_execution_signaled("payment")

    assert decided(spec, builder) == [CancelTimer(timer_id=timer.timer_id), schedule("a")]


def test_a_timer_that_swf_refuses_fails_the_task():
    builder = history()
    builder.add_start_timer_failed("nap", cause="OPERATION_NOT_PERMITTED")

    assert "The task 'nap' could not be started" in reason(spec_of({"id": "nap", "timer": 5}), builder)


# Lambda functions and children


def called():
    return spec_of({"id": "f", "lambda": "count", "timeout": 5, "input": of_input("$.n"), "retry": {"max_attempts": 2}})


def test_a_lambda_function_is_a_task():
    builder = history(input={"n": 3})

    first = decided(called(), builder)
    builder.add_lambda_function_scheduled("count", "f")
    builder.add_lambda_function_completed("f", result="4")

    assert first == [ScheduleLambdaFunction(id="f", name="count", input="3", start_to_close_timeout=5)]
    assert decided(called(), builder) == [CompleteWorkflowExecution(result='{"f":4}')]


@pytest.mark.parametrize("end", ["add_lambda_function_failed", "add_lambda_function_timed_out"])
def test_a_lambda_function_that_fails_is_tried_again_and_then_given_up(end):
    builder = history(input={"n": 3})
    for _ in range(2):
        builder.add_lambda_function_scheduled("count", "f")
        getattr(builder, end)("f")
        last = decided(called(), builder)
        if isinstance(last[0], ScheduleLambdaFunction):
            continue

    assert [decision.type for decision in last] == ["FailWorkflowExecution"]
    assert "after 2 attempts" in last[0].reason


def test_a_lambda_function_that_cannot_be_called_fails_the_task():
    refused, not_started = history(input={"n": 3}), history(input={"n": 3})
    refused.add_schedule_lambda_function_failed("count", "f", cause="LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION")
    not_started.add_lambda_function_scheduled("count", "f")
    not_started.add_start_lambda_function_failed("f", cause="ASSUME_ROLE_FAILED")

    assert "could not be started: LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION" in reason(called(), refused)
    assert "could not be started: ASSUME_ROLE_FAILED" in reason(called(), not_started)


CHILD = ("Child", "2")


def with_child(**said):
    return spec_of({"id": "c", "workflow": {"name": "Child", "version": "2"}, **said})


def child_of(builder):
    [decision] = decided(with_child(), builder)
    return decision.workflow_id


def test_a_child_execution_is_a_task():
    spec = spec_of(
        {
            "id": "c",
            "workflow": {"name": "Child", "version": "2", "task_timeout": 30, "child_policy": "ABANDON"},
            "input": of_input(),
            "timeout": 600,
            "task_list": "children",
        }
    )
    builder = history(input={"n": 3})

    [start] = decided(spec, builder)
    builder.add_child_workflow_execution(CHILD, start.workflow_id, result='"done"')

    assert start == StartChildWorkflowExecution(
        workflow_type=CHILD,
        workflow_id=start.workflow_id,
        input='{"n":3}',
        execution_start_to_close_timeout=600,
        task_start_to_close_timeout=30,
        task_list="children",
        child_policy="ABANDON",
    )
    assert decided(spec, builder) == [CompleteWorkflowExecution(result='{"c":"done"}')]


def test_each_run_has_children_of_its_own():
    spec = with_child()
    [one], [other] = (decide(spec, history().history, ("order-7", run_id)) for run_id in ("r1", "r2"))
    [again] = decide(spec, history().history, ("order-7", "r1"))

    assert one.workflow_id.startswith("order-7.c.")
    assert one.workflow_id == again.workflow_id != other.workflow_id


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("failed", "failed"),
        ("timed_out", "timed out"),
        ("canceled", "was canceled"),
        ("terminated", "was terminated"),
    ],
)
def test_a_child_that_ends_badly_fails_the_execution(end, told):
    builder = history()
    builder.add_child_workflow_execution(CHILD, child_of(builder), last_state=end)

    assert reason(with_child(), builder).startswith(f"TaskFailed: The task 'c' {told}")


def test_a_child_that_cannot_be_started_fails_the_execution():
    builder = history()
    builder.add_start_child_workflow_execution_failed(CHILD, child_of(builder), cause="WORKFLOW_TYPE_DOES_NOT_EXIST")

    assert reason(with_child(), builder).endswith("could not be started: WORKFLOW_TYPE_DOES_NOT_EXIST")


def test_a_child_whose_workflow_id_is_in_use_fails_the_execution():
    builder = history()
    workflow_id = child_of(builder)
    builder.add_start_child_workflow_execution_initiated(CHILD, workflow_id)
    builder.add_start_child_workflow_execution_failed(CHILD, workflow_id, cause="WORKFLOW_ALREADY_RUNNING")

    assert reason(with_child(), builder).endswith("could not be started: WORKFLOW_ALREADY_RUNNING")


def test_children_are_asked_to_cancel_when_the_execution_fails():
    spec = spec_of(activity("a"), {"id": "c", "workflow": {"name": "Child", "version": "2"}})
    builder = history()
    _, start = decided(spec, builder)
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_child_workflow_execution(CHILD, start.workflow_id, last_state="started")
    builder.add_activity_task_failed("a")

    first = decided(spec, builder)
    builder.add_request_cancel_external_workflow_execution_initiated(start.workflow_id)
    meanwhile = decided(spec, builder)
    builder.add_external_workflow_execution_cancel_requested(start.workflow_id)
    last = decided(spec, builder)

    assert first == [RequestCancelExternalWorkflowExecution(workflow_id=start.workflow_id)]
    # The request would come to nothing if the execution ended before the child knows.
    assert meanwhile == []
    assert [decision.type for decision in last] == ["FailWorkflowExecution"]


def test_an_execution_that_fails_does_not_wait_for_a_child_that_cannot_be_asked_to_cancel():
    spec = spec_of(activity("a"), {"id": "c", "workflow": {"name": "Child", "version": "2"}})
    builder = history()
    _, start = decided(spec, builder)
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_child_workflow_execution(CHILD, start.workflow_id, last_state="started")
    builder.add_activity_task_failed("a", reason="no eggs")
    builder.add_request_cancel_external_workflow_execution_failed(start.workflow_id, cause="OPERATION_NOT_PERMITTED")

    assert reason(spec, builder) == "TaskFailed: The task 'a' failed: no eggs"


def test_an_execution_that_fails_waits_for_a_child_that_is_about_to_start():
    spec = spec_of(activity("a"), {"id": "c", "workflow": {"name": "Child", "version": "2"}})
    builder = history()
    _, start = decided(spec, builder)
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_start_child_workflow_execution_initiated(CHILD, start.workflow_id)
    builder.add_activity_task_failed("a")

    before = decided(spec, builder)
    builder.add_child_workflow_execution_started(start.workflow_id)

    assert before == []
    assert [decision.type for decision in decided(spec, builder)] == ["RequestCancelExternalWorkflowExecution"]


def test_an_execution_that_fails_does_not_wait_for_a_child_that_cannot_start():
    spec = spec_of(activity("a"), {"id": "c", "workflow": {"name": "Child", "version": "2"}})
    builder = history()
    _, start = decided(spec, builder)
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_start_child_workflow_execution_initiated(CHILD, start.workflow_id)
    builder.add_activity_task_failed("a", reason="no eggs")
    builder.add_start_child_workflow_execution_failed(CHILD, start.workflow_id, cause="WORKFLOW_ALREADY_RUNNING")

    assert reason(spec, builder) == "TaskFailed: The task 'a' failed: no eggs"


# Cancellation


@pytest.mark.parametrize("cause", ["OPERATION_NOT_PERMITTED", "ACTIVITY_ID_UNKNOWN"])
def test_a_cancel_that_swf_refuses_is_not_asked_for_again(cause):
    builder = history()
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_workflow_execution_cancel_requested()

    first = decided(spec_of(activity("a")), builder)
    builder.add_request_cancel_activity_task_failed("a", cause=cause)
    second = decided(spec_of(activity("a")), builder)
    builder.add_activity_task_completed("a")

    assert first == [RequestCancelActivityTask(activity_id="a")]
    assert second == []
    assert decided(spec_of(activity("a"), activity("b", "a")), builder) == [CancelWorkflowExecution()]


def canceled_child():
    """Give the history of an execution that is canceled, and the workflow id of the child that runs."""
    builder = history()
    workflow_id = child_of(builder)
    builder.add_child_workflow_execution(CHILD, workflow_id, last_state="started")
    builder.add_workflow_execution_cancel_requested()
    return builder, workflow_id


def test_a_child_that_deciders_may_not_cancel_is_waited_for():
    builder, workflow_id = canceled_child()
    builder.add_request_cancel_external_workflow_execution_failed(workflow_id, cause="OPERATION_NOT_PERMITTED")

    assert decided(with_child(), builder) == []


def test_children_that_are_canceled_too_fast_are_asked_again_after_a_pause():
    builder, workflow_id = canceled_child()
    builder.add_request_cancel_external_workflow_execution_failed(
        workflow_id, cause="REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED"
    )

    [pause] = decided(with_child(), builder)
    builder.add_timer(pause.timer_id, start_to_fire_timeout=pause.start_to_fire_timeout)

    assert pause == StartTimer(timer_id="swf.specs.pause-1", start_to_fire_timeout=1)
    assert decided(with_child(), builder) == [RequestCancelExternalWorkflowExecution(workflow_id=workflow_id)]


def test_a_cancel_request_reaches_what_is_open_and_ends_the_execution_once_all_is_closed():
    spec = spec_of(
        activity("a"),
        activity("b"),
        {"id": "nap", "timer": 60},
        {"id": "c", "workflow": {"name": "Child", "version": "2"}},
        activity("later", "a"),
    )
    builder = history()
    *_, child, _ = sorted(decided(spec, builder), key=lambda decision: decision.type)
    builder.add_activity_task_scheduled(WORK, "a")
    builder.add_activity_task_scheduled(WORK, "b")
    builder.add_timer_started("nap", start_to_fire_timeout=60)
    builder.add_child_workflow_execution(CHILD, child.workflow_id, last_state="started")
    builder.add_activity_task_started("a")
    builder.add_activity_task_started("b")
    builder.add_workflow_execution_cancel_requested()

    first = decided(spec, builder)
    builder.add_timer_canceled("nap")
    builder.add_activity_task_cancel_requested("a")
    builder.add_activity_task_cancel_requested("b")
    builder.add_request_cancel_external_workflow_execution_initiated(child.workflow_id)
    builder.add_activity_task_canceled("a")
    second = decided(spec, builder)
    builder.add_activity_task_completed("b")
    builder.add_external_workflow_execution_cancel_requested()
    builder.add_child_workflow_execution_canceled(child.workflow_id)

    assert first == [
        CancelTimer(timer_id="nap"),
        RequestCancelActivityTask(activity_id="a"),
        RequestCancelActivityTask(activity_id="b"),
        RequestCancelExternalWorkflowExecution(workflow_id=child.workflow_id),
    ]
    assert second == []
    assert decided(spec, builder) == [CancelWorkflowExecution()]


def test_a_cancel_request_before_anything_began_ends_the_execution():
    builder = history()
    builder.add_workflow_execution_cancel_requested()

    assert decided(spec_of(activity("a")), builder) == [CancelWorkflowExecution()]


def test_what_the_last_answer_still_scheduled_is_canceled_too():
    spec = spec_of(activity("a"))
    builder = history()
    builder.add_decision_task_started()
    builder.add_workflow_execution_cancel_requested()
    builder.add_activity_task_scheduled(WORK, "a")

    assert decided(spec, builder) == [RequestCancelActivityTask(activity_id="a")]


def test_a_cancel_request_that_comes_when_all_is_done_comes_too_late():
    spec = spec_of(activity("a"))
    builder = history()
    builder.add_activity_task(WORK, "a", result="1")
    builder.add_workflow_execution_cancel_requested()

    assert decided(spec, builder) == [CompleteWorkflowExecution(result='{"a":1}')]


# Races


@pytest.mark.parametrize(
    ("refused", "prepare"),
    [
        ("complete", lambda builder: builder.add_activity_task(WORK, "a")),
        ("fail", lambda builder: builder.add_activity_task(WORK, "a", last_state="failed")),
        ("cancel", lambda builder: builder.add_workflow_execution_cancel_requested()),
    ],
)
def test_an_end_that_swf_refused_because_of_something_new_is_decided_again(refused, prepare):
    spec, builder = spec_of(activity("a")), history()
    prepare(builder)
    before = decided(spec, builder)
    builder.add_decision_task_started()
    builder.add_workflow_execution_signaled("late")
    getattr(builder, f"add_{refused}_workflow_execution_failed")(cause="UNHANDLED_DECISION")

    assert decided(spec, builder) == before
    assert before[-1].closes


def test_an_end_that_is_not_allowed_is_told():
    spec, builder = spec_of(activity("a")), history()
    builder.add_activity_task(WORK, "a")
    builder.add_complete_workflow_execution_failed(cause="OPERATION_NOT_PERMITTED")

    with pytest.raises(SpecError, match=r"CompleteWorkflowExecutionFailed: OPERATION_NOT_PERMITTED.*IAM policy"):
        decided(spec, builder)


def test_an_end_that_is_not_allowed_is_tried_again_once_the_decision_task_timed_out():
    spec, builder = spec_of(activity("a")), history()
    builder.add_activity_task(WORK, "a")
    builder.add_complete_workflow_execution_failed(cause="OPERATION_NOT_PERMITTED")
    builder.add_decision_task_timed_out()

    assert decided(spec, builder) == [CompleteWorkflowExecution()]


# Limits


@pytest.mark.parametrize("cause", ["OPEN_ACTIVITIES_LIMIT_EXCEEDED", "ACTIVITY_CREATION_RATE_EXCEEDED"])
def test_what_swf_would_take_later_is_tried_again_after_a_pause_that_grows(cause):
    spec, builder = spec_of(activity("a")), history()
    pauses = []
    for _ in range(3):
        builder.add_schedule_activity_task_failed(WORK, "a", cause=cause)
        [pause] = decided(spec, builder)
        pauses.append(pause.start_to_fire_timeout)
        builder.add_timer_started(pause.timer_id, start_to_fire_timeout=pause.start_to_fire_timeout)
        builder.add_timer_fired(pause.timer_id)

    assert pauses == [1, 2, 4]
    assert decided(spec, builder) == [schedule("a")]


def test_no_more_are_open_than_swf_allows():
    spec = spec_of(*(activity(f"t{number}") for number in range(1_200)))
    builder = history()

    first = decided(spec, builder)
    for decision in first:
        builder.add_activity_task_scheduled(WORK, decision.activity_id)
    builder.add_activity_task_completed("t5")
    builder.add_activity_task_completed("t7")

    assert [decision.activity_id for decision in first] == [f"t{number}" for number in range(1_000)]
    assert decided(spec, builder) == [schedule("t1000"), schedule("t1001")]


def test_timers_leave_room_for_a_pause():
    spec = spec_of({"id": "nap", "timer": 60, "for_each": {"items": of_input()}}, activity("a"))
    builder = history(input=[0] * 1_000)

    first = decided(spec, builder)
    for decision in first:
        if isinstance(decision, StartTimer):
            builder.add_timer_started(decision.timer_id, start_to_fire_timeout=60)
    builder.add_schedule_activity_task_failed(WORK, "a", cause="ACTIVITY_CREATION_RATE_EXCEEDED")

    assert [decision.type for decision in first].count("StartTimer") == 998
    assert decided(spec, builder) == [StartTimer(timer_id="swf.specs.pause-1", start_to_fire_timeout=1)]


# Compensation

UNDO = {"type": {"name": "Undo", "version": "1"}, "input": result_of("hotel", "$.id")}


def trip():
    return spec_of(
        activity("hotel", compensation=UNDO),
        activity("flight", "hotel", compensation={"type": {"name": "Undo", "version": "1"}}),
        activity("car", "flight", on_failure="compensate"),
        activity("slow", "hotel", compensation={"type": {"name": "Undo", "version": "1"}}),
    )


def undo(id, **said):
    return ScheduleActivityTask(activity_type=("Undo", "1"), activity_id=f"swf.specs.undo-{id}", **said)


def failed_trip():
    builder = history()
    builder.add_activity_task(WORK, "hotel", result='{"id": 7}')
    builder.add_activity_task_scheduled(WORK, "slow")
    builder.add_activity_task_scheduled(WORK, "flight")
    builder.add_activity_task_started("slow")
    builder.add_activity_task_completed("flight")
    builder.add_activity_task(WORK, "car", last_state="failed", reason="no car")
    return builder


def test_what_was_done_is_undone_from_the_last_to_the_first_once_nothing_is_open():
    builder = failed_trip()

    first = decided(trip(), builder)
    builder.add_activity_task_cancel_requested("slow")
    builder.add_activity_task_canceled("slow")
    second = decided(trip(), builder)
    builder.add_activity_task(("Undo", "1"), "swf.specs.undo-flight")
    third = decided(trip(), builder)
    builder.add_activity_task(("Undo", "1"), "swf.specs.undo-hotel")

    assert first == [RequestCancelActivityTask(activity_id="slow")]
    assert second == [undo("flight")]
    assert third == [undo("hotel", input="7")]
    assert reason(trip(), builder) == "TaskFailed: The task 'car' failed: no car"


def test_what_is_done_after_all_is_undone_too():
    builder = failed_trip()
    builder.add_activity_task_completed("slow")

    assert decided(trip(), builder) == [undo("slow")]


def test_an_undoing_that_fails_is_told_and_the_rest_is_undone():
    builder = failed_trip()
    builder.add_activity_task_completed("slow")
    builder.add_activity_task(("Undo", "1"), "swf.specs.undo-slow", last_state="failed", reason="cannot")
    builder.add_activity_task(("Undo", "1"), "swf.specs.undo-flight")
    builder.add_activity_task(("Undo", "1"), "swf.specs.undo-hotel")

    assert reason(trip(), builder).endswith("no car What undoes 'slow' failed, too: cannot")


def test_nothing_is_undone_while_something_is_open_that_was_decided_before():
    builder = history()
    builder.add_activity_task(WORK, "hotel", result='{"id": 7}')
    builder.add_activity_task(WORK, "flight")
    builder.add_activity_task(WORK, "car", last_state="failed", reason="no car")
    # The answer to this is what was still to be sent of an earlier one.
    builder.add_decision_task_started()
    builder.add_decision_task_completed()
    builder.add_activity_task_scheduled(WORK, "slow")
    builder.add_activity_task_started("slow")

    before = decided(trip(), builder)
    builder.add_workflow_execution_signaled("wake")
    builder.add_activity_task_cancel_requested("slow")
    builder.add_activity_task_canceled("slow")

    assert before == [RequestCancelActivityTask(activity_id="slow")]
    assert decided(trip(), builder) == [undo("flight")]


def test_an_undoing_can_be_tried_again():
    again = {"type": {"name": "Undo", "version": "1"}, "retry": {"max_attempts": 2, "delay": 5}}
    spec = spec_of(activity("a", compensation=again), activity("b", "a", on_failure="compensate"))
    builder = history()
    builder.add_activity_task(WORK, "a")
    builder.add_activity_task(WORK, "b", last_state="failed")
    builder.add_activity_task(("Undo", "1"), "swf.specs.undo-a", last_state="failed")

    [timer] = decided(spec, builder)
    builder.add_timer_started(timer.timer_id, start_to_fire_timeout=5)
    builder.add_timer_fired(timer.timer_id)

    assert decided(spec, builder) == [undo("a")]


def test_items_are_undone_each_for_itself():
    each = {"items": of_input(), "limit": 2}
    compensation = {"type": {"name": "Undo", "version": "1"}, "input": {"type": "item"}}
    spec = spec_of(activity("a", for_each=each, compensation=compensation, on_failure="compensate"))
    builder = history(input=["x", "y", "z"])
    builder.add_activity_task(WORK, "a[0]")
    builder.add_activity_task(WORK, "a[1]", last_state="failed")

    assert decided(spec, builder) == [undo("a[0]", input='"x"')]


# The document and the history


def test_what_the_document_does_not_have_is_passed_over():
    builder = history()
    builder.add_activity_task(("Other", "1"), "other")
    builder.add_timer_started("other", start_to_fire_timeout=5)
    builder.add_timer_fired("other")

    assert decided(spec_of(activity("a")), builder) == [schedule("a")]


def test_a_closed_execution_needs_no_decisions():
    builder = history()
    builder.add_workflow_execution_terminated()

    assert decided(spec_of(activity("a")), builder) == []


def test_events_taken_one_by_one_come_to_the_same_as_all_at_once():
    builder = failed_trip()
    followed = trip().follow()
    for event in builder.history:
        followed.apply(event)

    assert followed.decisions() == followed.decisions() == decided(trip(), builder)
    assert followed.progress.states == {"hotel": "completed", "flight": "completed", "car": "failed", "slow": "open"}


def test_a_document_may_have_a_task_id_as_long_as_swf_takes():
    spec = spec_of(activity("x" * 256, retry={"max_attempts": 2, "delay": 5}))
    builder = history()
    builder.add_activity_task(WORK, "x" * 256, last_state="failed")

    [timer] = json.loads(json.dumps([decision.raw for decision in decided(spec, builder)]))

    assert len(timer["startTimerDecisionAttributes"]["timerId"]) == 256
