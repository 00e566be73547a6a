"""Activity tasks: scheduled, handed out, answered, canceled and timed out."""

import pytest

from swf.models.decision import CompleteWorkflowExecution, RequestCancelActivityTask, ScheduleActivityTask
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCancelRequested,
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ActivityTaskTimedOut,
    DecisionTaskScheduled,
    ScheduleActivityTaskFailed,
)

FOREVER = {
    "schedule_to_start_timeout": "NONE",
    "schedule_to_close_timeout": "NONE",
    "start_to_close_timeout": "NONE",
    "heartbeat_timeout": "NONE",
}


def schedule(activity_id="a1", activity_type=("A", "1"), **members):
    return ScheduleActivityTask(activity_type=activity_type, activity_id=activity_id, **members)


def test_a_task_takes_what_the_decision_does_not_say_from_its_type(execution, decider):
    decider.answer(schedule())

    assert execution.history()[-1].attributes == {
        "activityId": "a1",
        "activityType": {"name": "A", "version": "1"},
        "decisionTaskCompletedEventId": 4,
        "heartbeatTimeout": "NONE",
        "scheduleToCloseTimeout": "NONE",
        "scheduleToStartTimeout": "30",
        "startToCloseTimeout": "60",
        "taskList": {"name": "al"},
    }


def test_what_the_decision_says_comes_first(execution, decider):
    decider.answer(
        schedule(
            input="in",
            control="ctl",
            task_list="mine",
            task_priority=-7,
            schedule_to_start_timeout=1,
            schedule_to_close_timeout=2,
            start_to_close_timeout=3,
            heartbeat_timeout=4,
        )
    )

    assert execution.history()[-1].attributes == {
        "activityId": "a1",
        "activityType": {"name": "A", "version": "1"},
        "control": "ctl",
        "decisionTaskCompletedEventId": 4,
        "heartbeatTimeout": "4",
        "input": "in",
        "scheduleToCloseTimeout": "2",
        "scheduleToStartTimeout": "1",
        "startToCloseTimeout": "3",
        "taskList": {"name": "mine"},
        "taskPriority": "-7",
    }


def test_the_priority_of_the_type_is_told(client, execution, decider):
    client.register_activity_type(
        domain="d", name="P", version="1", defaultTaskPriority="5", defaultTaskList={"name": "al"}
    )

    decider.answer(schedule(activity_type=("P", "1"), **FOREVER))

    assert execution.history()[-1].task_priority == 5


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({}, "DEFAULT_TASK_LIST_UNDEFINED"),
        ({"task_list": "l"}, "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED"),
        ({"task_list": "l", "schedule_to_start_timeout": 1}, "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED"),
        (
            {"task_list": "l", "schedule_to_start_timeout": 1, "schedule_to_close_timeout": 1},
            "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
        ),
        ({"task_list": "l", **FOREVER, "heartbeat_timeout": None}, "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED"),
    ],
)
def test_the_first_setting_that_is_given_nowhere_is_the_cause(client, execution, decider, given, cause):
    client.register_activity_type(domain="d", name="bare", version="1")

    decider.answer(schedule(activity_type=("bare", "1"), **given))

    failed, scheduled = execution.history()[-2:]
    assert failed.attributes == {
        "activityId": "a1",
        "activityType": {"name": "bare", "version": "1"},
        "cause": cause,
        "decisionTaskCompletedEventId": 4,
    }
    assert isinstance(scheduled, DecisionTaskScheduled)


def test_a_task_of_an_unknown_type_is_not_scheduled(execution, decider):
    decider.answer(schedule(activity_type=("A", "2")))

    assert execution.history().last(ScheduleActivityTaskFailed).cause == "ACTIVITY_TYPE_DOES_NOT_EXIST"


def test_a_task_of_a_deprecated_type_is_not_scheduled(client, execution, decider):
    client.deprecate_activity_type(domain="d", activityType={"name": "A", "version": "1"})

    decider.answer(schedule())

    assert execution.history().last(ScheduleActivityTaskFailed).cause == "ACTIVITY_TYPE_DEPRECATED"


def test_a_deprecated_type_is_told_before_an_id_that_is_in_use(client, execution, decider):
    decider.answer(schedule())
    client.deprecate_activity_type(domain="d", activityType={"name": "A", "version": "1"})
    execution.signal()

    decider.answer(schedule())

    assert execution.history().last(ScheduleActivityTaskFailed).cause == "ACTIVITY_TYPE_DEPRECATED"


def test_an_id_is_in_use_only_while_its_task_is_open(execution, decider, worker):
    decider.answer(schedule())
    execution.signal()
    decider.answer(schedule())
    assert execution.history().last(ScheduleActivityTaskFailed).cause == "ACTIVITY_ID_ALREADY_IN_USE"
    worker.complete(worker.take())

    decider.answer(schedule())

    assert isinstance(execution.history()[-1], ActivityTaskScheduled)


def test_an_id_may_be_in_use_in_two_executions(start, decider, worker):
    start("w1")
    start("w2")
    decider.answer(schedule())
    decider.answer(schedule())

    taken = [worker.take()["workflowExecution"]["workflowId"] for _ in range(2)]

    assert taken == ["w1", "w2"]


def test_a_task_tells_the_worker_what_to_do(execution, decider, worker):
    decider.answer(schedule(input="in", control="ctl"))

    task = worker.take()

    del task["ResponseMetadata"]
    assert task.pop("taskToken")
    assert task == {
        "activityId": "a1",
        "activityType": {"name": "A", "version": "1"},
        "input": "in",
        "startedEventId": 6,
        "workflowExecution": execution.id,
    }
    assert execution.history()[-1].attributes == {"identity": "wrk", "scheduledEventId": 5}


@pytest.mark.parametrize("input", [None, ""])
def test_a_task_has_an_input_only_if_it_was_given_one(execution, decider, worker, input):
    decider.answer(schedule(input=input))

    assert worker.take().get("input") == input


def test_a_poll_that_finds_nothing_says_so(client, domain):
    answer = client.poll_for_activity_task(domain=domain, taskList={"name": "empty"})

    del answer["ResponseMetadata"]
    assert answer == {"startedEventId": 0, "taskToken": ""}


def test_tasks_are_handed_out_by_priority_and_then_in_the_order_they_came(execution, decider, worker):
    decider.answer(
        schedule("zero"),
        schedule("low", task_priority=-1),
        schedule("high", task_priority=1),
        schedule("also zero", task_priority=0),
        schedule("also high", task_priority=1),
    )

    taken = [worker.take()["activityId"] for _ in range(5)]

    assert taken == ["high", "also high", "zero", "also zero", "low"]
    assert worker.poll() is None


def test_the_priority_of_an_execution_is_not_that_of_its_activities(start, decider, worker):
    start("high", taskPriority="10")
    start("low", taskPriority="-10")
    decider.answer(schedule("of high", task_priority=0))
    decider.answer(schedule("of low", task_priority=1))

    assert worker.take()["activityId"] == "of low"


@pytest.mark.parametrize(
    ("answer", "members", "attributes"),
    [
        ("complete", {}, {}),
        ("complete", {"result": "r"}, {"result": "r"}),
        ("complete", {"result": ""}, {"result": ""}),
        ("fail", {}, {}),
        ("fail", {"reason": "why", "details": "d"}, {"reason": "why", "details": "d"}),
        ("cancel", {}, {}),
        ("cancel", {"details": "d"}, {"details": "d"}),
    ],
)
def test_an_answer_is_recorded_and_asks_for_a_decision(execution, decider, worker, answer, members, attributes):
    decider.answer(schedule())

    getattr(worker, answer)(worker.take(), **members)

    closed, scheduled = execution.history()[-2:]
    kinds = {"complete": ActivityTaskCompleted, "fail": ActivityTaskFailed, "cancel": ActivityTaskCanceled}
    assert isinstance(closed, kinds[answer])
    assert closed.attributes == {"scheduledEventId": 5, "startedEventId": 6, **attributes}
    assert isinstance(scheduled, DecisionTaskScheduled)
    assert execution.open_counts()["openActivityTasks"] == 0


ANSWERS = ["complete", "fail", "cancel", "heartbeat"]


@pytest.mark.parametrize("second", ANSWERS)
@pytest.mark.parametrize("first", ANSWERS[:-1])
def test_a_task_is_answered_once(execution, decider, worker, refused, first, second):
    decider.answer(schedule())
    task = worker.take()
    getattr(worker, first)(task)

    with refused("UnknownResourceFault", "Unknown activity, scheduledEventId = 5"):
        getattr(worker, second)(task)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_task_of_a_closed_execution_takes_no_answer(execution, decider, worker, refused, answer):
    decider.answer(schedule())
    task = worker.take()
    execution.terminate()

    with refused(
        "UnknownResourceFault", f"Unknown execution: WorkflowExecution=[workflowId=w1, runId={execution.run_id}]"
    ):
        getattr(worker, answer)(task)


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_token_of_a_lost_task_is_not_that_of_its_successor(execution, decider, worker, clock, refused, answer):
    decider.answer(schedule())
    lost = worker.take()
    clock.advance(seconds=60)
    decider.answer(schedule())
    successor = worker.take()

    with refused("UnknownResourceFault", "Unknown activity, scheduledEventId = 5"):
        getattr(worker, answer)(lost)
    worker.complete(successor)


TIMEOUTS = {
    "SCHEDULE_TO_START": "schedule_to_start_timeout",
    "SCHEDULE_TO_CLOSE": "schedule_to_close_timeout",
    "START_TO_CLOSE": "start_to_close_timeout",
    "HEARTBEAT": "heartbeat_timeout",
}


def timed_out(execution):
    return [event.attributes for event in execution.history() if isinstance(event, ActivityTaskTimedOut)]


@pytest.mark.parametrize("timeout_type", ["SCHEDULE_TO_START", "SCHEDULE_TO_CLOSE"])
def test_a_task_that_nobody_takes_times_out(execution, decider, worker, clock, timeout_type):
    decider.answer(schedule(**{**FOREVER, TIMEOUTS[timeout_type]: 10}))

    clock.advance(seconds=9.999)
    assert timed_out(execution) == []
    clock.advance(milliseconds=1)

    assert timed_out(execution) == [{"scheduledEventId": 5, "startedEventId": 0, "timeoutType": timeout_type}]
    assert execution.history()[-1].timestamp == execution.history()[-2].timestamp
    assert worker.poll() is None


@pytest.mark.parametrize("timeout_type", ["SCHEDULE_TO_CLOSE", "START_TO_CLOSE", "HEARTBEAT"])
def test_a_task_that_was_taken_and_not_answered_times_out(execution, decider, worker, clock, timeout_type):
    decider.answer(schedule(**{**FOREVER, TIMEOUTS[timeout_type]: 10}))
    clock.advance(seconds=4)
    worker.take()

    clock.advance(seconds=6 if timeout_type == "SCHEDULE_TO_CLOSE" else 10)

    assert timed_out(execution) == [{"scheduledEventId": 5, "startedEventId": 6, "timeoutType": timeout_type}]
    assert execution.history().names[-2:] == ["ActivityTaskTimedOut", "DecisionTaskScheduled"]


@pytest.mark.parametrize("timeout_type", ["START_TO_CLOSE", "HEARTBEAT"])
def test_what_counts_from_the_start_does_not_count_before(execution, decider, clock, timeout_type):
    decider.answer(schedule(**{**FOREVER, TIMEOUTS[timeout_type]: 1}))

    clock.advance(seconds=3000)

    assert timed_out(execution) == []


def test_a_task_that_was_taken_in_time_does_not_miss_its_start(execution, decider, worker, clock):
    decider.answer(schedule(**{**FOREVER, "schedule_to_start_timeout": 10}))
    clock.advance(seconds=9)
    worker.take()

    clock.advance(seconds=3000)

    assert timed_out(execution) == []


@pytest.mark.parametrize("answer", ANSWERS[:-1])
def test_an_answered_task_does_not_time_out(execution, decider, worker, clock, answer):
    decider.answer(schedule(schedule_to_close_timeout=10, heartbeat_timeout=5))
    getattr(worker, answer)(worker.take())

    clock.advance(seconds=3000)

    assert timed_out(execution) == []


def test_without_limits_a_task_waits_as_long_as_its_execution(execution, decider, worker, clock):
    decider.answer(schedule(**FOREVER))
    clock.advance(seconds=1800)
    task = worker.take()
    clock.advance(seconds=1799)

    worker.complete(task)

    assert execution.history().names[-2] == "ActivityTaskCompleted"


def test_a_timeout_of_zero_passes_at_once(execution, decider, worker):
    decider.answer(schedule(**{**FOREVER, "schedule_to_start_timeout": 0}))

    assert timed_out(execution) == [{"scheduledEventId": 5, "startedEventId": 0, "timeoutType": "SCHEDULE_TO_START"}]
    assert worker.poll() is None


def test_heartbeats_keep_a_task_alive(execution, decider, worker, clock):
    decider.answer(schedule(**{**FOREVER, "heartbeat_timeout": 10}))
    task = worker.take()
    for _ in range(5):
        clock.advance(seconds=9)
        assert worker.heartbeat(task) is False
    events = len(execution.history())

    clock.advance(seconds=10)

    assert events == 6
    assert timed_out(execution) == [{"scheduledEventId": 5, "startedEventId": 6, "timeoutType": "HEARTBEAT"}]


def test_heartbeats_do_not_stretch_the_other_limits(execution, decider, worker, clock):
    decider.answer(schedule(**{**FOREVER, "heartbeat_timeout": 10, "start_to_close_timeout": 15}))
    task = worker.take()
    clock.advance(seconds=9)
    worker.heartbeat(task, details="so far")

    clock.advance(seconds=6)

    assert timed_out(execution) == [
        {"details": "so far", "scheduledEventId": 5, "startedEventId": 6, "timeoutType": "START_TO_CLOSE"}
    ]


def test_the_last_details_of_a_heartbeat_are_kept(execution, decider, worker, clock):
    decider.answer(schedule(heartbeat_timeout=10))
    task = worker.take()
    worker.heartbeat(task, details="first")
    worker.heartbeat(task, details="second")
    worker.heartbeat(task)

    clock.advance(seconds=10)

    assert timed_out(execution)[0]["details"] == "second"


def test_the_details_of_one_attempt_are_not_those_of_the_next(execution, decider, worker, clock):
    decider.answer(schedule(heartbeat_timeout=10))
    worker.heartbeat(worker.take(), details="of the first")
    clock.advance(seconds=10)
    decider.answer(schedule(heartbeat_timeout=10))
    worker.take()

    clock.advance(seconds=10)

    assert [event.get("details") for event in timed_out(execution)] == ["of the first", None]


def test_a_task_without_a_heartbeat_limit_takes_heartbeats(execution, decider, worker):
    decider.answer(schedule(**FOREVER))

    assert worker.heartbeat(worker.take(), details="d") is False


def test_canceling_a_task_that_nobody_took_cancels_it(execution, decider, worker, client):
    decider.answer(schedule())
    execution.signal()

    decider.answer(RequestCancelActivityTask(activity_id="a1"))

    requested, canceled, scheduled = execution.history()[-3:]
    assert requested.attributes == {"activityId": "a1", "decisionTaskCompletedEventId": 9}
    assert canceled.attributes == {"latestCancelRequestedEventId": 10, "scheduledEventId": 5, "startedEventId": 0}
    assert isinstance(scheduled, DecisionTaskScheduled)
    assert worker.poll() is None
    assert client.count_pending_activity_tasks(domain="d", taskList={"name": "al"})["count"] == 0


def test_the_decision_task_follows_all_results_of_the_answer(execution, decider):
    decider.answer(schedule("a1"))
    execution.signal()

    decider.answer(RequestCancelActivityTask(activity_id="a1"), schedule("a1"), schedule("a2"))

    assert execution.history().names[-5:] == [
        "ActivityTaskCancelRequested",
        "ActivityTaskCanceled",
        "ActivityTaskScheduled",
        "ActivityTaskScheduled",
        "DecisionTaskScheduled",
    ]


def test_canceling_a_task_that_was_taken_asks_its_worker(execution, decider, worker):
    decider.answer(schedule())
    task = worker.take()
    execution.signal()
    assert worker.heartbeat(task) is False

    decider.answer(RequestCancelActivityTask(activity_id="a1"))

    assert isinstance(execution.history()[-1], ActivityTaskCancelRequested)
    assert worker.heartbeat(task) is True
    worker.cancel(task, details="stopped")
    assert execution.history()[-2].attributes == {
        "details": "stopped",
        "latestCancelRequestedEventId": 11,
        "scheduledEventId": 5,
        "startedEventId": 6,
    }


def test_a_task_that_was_asked_to_cancel_may_complete(execution, decider, worker):
    decider.answer(schedule())
    task = worker.take()
    execution.signal()
    decider.answer(RequestCancelActivityTask(activity_id="a1"))

    worker.complete(task, result="done anyway")

    assert execution.history()[-2].attributes == {
        "result": "done anyway",
        "scheduledEventId": 5,
        "startedEventId": 6,
    }


def test_asking_again_to_cancel_a_task_is_recorded_and_the_latest_counts(execution, decider, worker):
    decider.answer(schedule())
    task = worker.take()
    for _ in range(2):
        execution.signal()
        decider.answer(RequestCancelActivityTask(activity_id="a1"))

    worker.cancel(task)

    requested = [event.id for event in execution.history() if isinstance(event, ActivityTaskCancelRequested)]
    assert len(requested) == 2
    assert execution.history().last(ActivityTaskCanceled).latest_cancel_requested_event_id == requested[-1]


def test_canceling_the_execution_does_not_tell_its_workers(execution, decider, worker):
    decider.answer(schedule())
    task = worker.take()

    execution.request_cancel()

    assert worker.heartbeat(task) is False


@pytest.mark.parametrize("closed", [False, True])
def test_canceling_a_task_that_is_not_open_fails(execution, decider, worker, closed):
    decider.answer(*([schedule()] if closed else []))
    if closed:
        worker.complete(worker.take())
    else:
        execution.signal()

    decider.answer(RequestCancelActivityTask(activity_id="a1"))

    failed, scheduled = execution.history()[-2:]
    assert (failed.activity_id, failed.cause) == ("a1", "ACTIVITY_ID_UNKNOWN")
    assert isinstance(scheduled, DecisionTaskScheduled)


def test_a_task_that_completes_makes_the_close_of_a_running_decision_fail(execution, decider, worker):
    decider.answer(schedule())
    activity = worker.take()
    execution.signal()
    task = decider.take()
    worker.complete(activity)

    decider.respond(task, CompleteWorkflowExecution())

    assert execution.history().names[-1] == "CompleteWorkflowExecutionFailed"
