"""How things fail, how that is told, and when it is tried again."""
# ruff: noqa: PLW0108 - what is called is called inside the workflow, and not where it is written

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf.exceptions import ExecutionNotCompletedError, ValidationError
from swf.failure import Failure, TaskFailed
from swf.models import ActivityType, WorkflowExecution
from swf.models.event import ActivityTaskScheduled, LambdaFunctionScheduled, TimerStarted
from swf.workflows import (
    Activity,
    ActivityFailed,
    ActivityTimedOut,
    ChildWorkflow,
    ChildWorkflowFailed,
    ChildWorkflowTerminated,
    ChildWorkflowTimedOut,
    DecisionRefused,
    LambdaFunction,
    LambdaFunctionFailed,
    RetryPolicy,
    Workflow,
    WorkflowFailed,
    activity,
    heartbeat,
)


@activity(task_list="work")
def charge(amount: int) -> int:
    if amount > 100:
        try:
            raise KeyError("purse")
        except KeyError as error:
            raise ValueError(f"{amount} is too much") from error
    return amount


class Charging(Workflow):
    task_list = "charging"

    async def run(self, amount):
        return await charge(amount)


def test_an_exception_of_an_activity_comes_with_type_message_and_causes(play):
    class Catching(Workflow):
        task_list = "catching"

        async def run(self):
            try:
                await charge(3000)
            except ActivityFailed as error:
                cause = error.__cause__
                return [error.type, error.message, error.activity_id, str(cause), str(cause.__cause__)]

    play.activities = [charge]

    assert play(Catching).result() == [
        "ValueError",
        "3000 is too much",
        "1",
        "ValueError: 3000 is too much",
        "KeyError: 'purse'",
    ]


def test_an_exception_out_of_run_fails_the_execution_with_reason_details_and_causes(play):
    play.activities = [charge]

    failed = play(Charging, 3000).events.last()

    failure = Failure.read(failed.reason, failed.details)
    assert failed.reason == "ActivityFailed: Activity charge 1.0, id '1', failed: ValueError: 3000 is too much"
    assert (failure.cause.type, failure.cause.cause.type) == ("ValueError", "KeyError")
    assert "raise ValueError" in failure.cause.traceback
    assert "await charge(amount)" in failure.traceback


def test_causes_go_through_a_child(play):
    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            await Charging.child(3000)

    play.activities = [charge]

    failed = play(Parent, others=[Charging]).events.last()

    failure = Failure.read(failed.reason, failed.details)
    types = []
    while failure:
        types.append(failure.type)
        failure = failure.cause
    assert types == ["ChildWorkflowFailed", "ActivityFailed", "ValueError", "KeyError"]


def test_a_workflow_may_fail_in_so_many_words(play):
    class Refusing(Workflow):
        task_list = "refusing"

        async def run(self, words):
            raise WorkflowFailed("BAD_INPUT", {"words": words})

    failed = play(Refusing, 7).events.last()

    assert (failed.reason, failed.details) == ("BAD_INPUT", '{"words":7}')


def test_what_asked_for_a_result_is_told_why_there_is_none(play):
    play.activities = [charge]
    execution = play(Charging, 3000)

    with pytest.raises(ExecutionNotCompletedError, match="closed as FAILED") as caught:
        execution.result()

    assert str(caught.value.__cause__.__cause__) == "ValueError: 3000 is too much"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (object(), "ValidationError: object <object object"),
        ("x" * 40_000, "ValidationError: result 'xxx"),
        (float("nan"), "ValidationError: float nan cannot be written as JSON"),
    ],
)
def test_a_result_that_cannot_be_sent_fails_the_execution(play, result, reason):
    class Giving(Workflow):
        task_list = "giving"

        async def run(self):
            return result

    assert play(Giving).events.last().reason.startswith(reason)


def test_input_that_cannot_be_sent_is_refused_where_it_is_given(play):
    class Giving(Workflow):
        task_list = "giving"

        async def run(self):
            told = []
            for argument in (object(), "x" * 40_000):
                try:
                    charge(argument)
                except ValidationError as error:
                    told.append(str(error)[:30])
            return told

    assert [text[:21] for text in play(Giving, keep=0).result()] == ["object <object object", "input 'xxxxxxxxxxxxxx"]


def test_timeouts_are_exceptions_of_their_own(play):
    @activity(task_list="nobody", schedule_to_start_timeout=5)
    def never():
        return None

    class Waiting(Workflow):
        task_list = "waiting"

        async def run(self):
            try:
                await never()
            except ActivityTimedOut as error:
                return [error.timeout_type, error.activity_type]

    never.registration(play.domain).save()
    deciders = play.deciders(Waiting)

    execution = play.environment.run(Waiting.start(play.domain), *deciders, unpolled=["nobody"])

    assert execution.result() == ["SCHEDULE_TO_START", ["never", "1.0"]]


@pytest.mark.parametrize(
    ("call", "decision", "cause"),
    [
        (lambda: Activity("Nothing", "1.0")(), "ScheduleActivityTask", "ACTIVITY_TYPE_DOES_NOT_EXIST"),
        (lambda: Activity("Bare", "1.0")(), "ScheduleActivityTask", "DEFAULT_TASK_LIST_UNDEFINED"),
        (lambda: ChildWorkflow("Nothing", "1.0")(), "StartChildWorkflowExecution", "WORKFLOW_TYPE_DOES_NOT_EXIST"),
        (
            lambda: Charging.options(workflow_id="taken").child(1),
            "StartChildWorkflowExecution",
            "WORKFLOW_ALREADY_RUNNING",
        ),
    ],
)
def test_a_refused_decision_is_a_failure_of_what_was_asked_for(play, call, decision, cause):
    class Asking(Workflow):
        task_list = "asking"

        async def run(self):
            try:
                await call()
            except DecisionRefused as refused:
                return [refused.decision, refused.cause]

    ActivityType(play.domain, "Bare", "1.0").save()
    deciders = play.deciders(Asking, Charging)
    Charging.options(workflow_id="taken").start(play.domain, 1)

    execution = play.environment.run(
        Asking.start(play.domain), *[each for each in deciders if each.task_list == "asking"], unpolled=["charging"]
    )

    assert execution.result() == [decision, cause]


def test_a_lambda_function_that_fails_tells_type_and_message(play):
    class Calling(Workflow):
        task_list = "calling"
        lambda_role = "arn:aws:iam::123456789012:role/swf"

        async def run(self):
            told = []
            for name in ("broken", "nowhere"):
                try:
                    await LambdaFunction(name)(1)
                except LambdaFunctionFailed as error:
                    told.append([error.name, error.type, error.message[:20]])
            return told

    assert play(Calling).result() == [
        ["broken", "ValueError", "no such letters"],
        ["nowhere", "ResourceNotFoundException", "Function not found: "],
    ]


def test_a_lambda_function_is_called_again_as_its_policy_says(play):
    class Calling(Workflow):
        task_list = "calling"
        lambda_role = "arn:aws:iam::123456789012:role/swf"
        broken = LambdaFunction("broken", retry=RetryPolicy(attempts=3, first_delay=5, jitter=0))

        async def run(self):
            try:
                await self.broken("a")
            except LambdaFunctionFailed as error:
                return error.type

    execution = play(Calling)

    assert execution.result() == "ValueError"
    assert [event.input for event in execution.events.filter(LambdaFunctionScheduled)] == ['"a"'] * 3
    assert [event.start_to_fire_timeout for event in execution.events.filter(TimerStarted)] == [5, 10]


def test_children_that_time_out_or_are_terminated_fail_in_their_own_way(play, step):
    class Sleeping(Workflow):
        task_list = "sleeping"

        async def run(self):
            await asyncio.sleep(3600)

    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            told = []
            short = Sleeping.options(execution_timeout=5, workflow_id="short").child()
            long = Sleeping.options(workflow_id="long").child()
            for child in (short, long):
                try:
                    await child
                except (ChildWorkflowTimedOut, ChildWorkflowTerminated) as error:
                    told.append([type(error).__name__, error.workflow_id])
            return told

    deciders = play.deciders(Sleeping, Parent)
    execution = Parent.start(play.domain)
    for _ in range(4):
        step(*deciders)
    WorkflowExecution(play.domain, "long").terminate()
    play.environment.clock.advance(seconds=6)
    while step(*deciders):
        pass

    assert execution.result() == [["ChildWorkflowTimedOut", "short"], ["ChildWorkflowTerminated", "long"]]


class Flaky:
    """An activity that fails a number of times."""

    def __init__(self, failures, error=lambda: ValueError("not yet")):
        self.left = failures
        self.error = error

    @activity(task_list="work", name="attempt")
    def attempt(self) -> str:
        if self.left:
            self.left -= 1
            raise self.error()
        return "done"


def retrying(policy):
    class Retrying(Workflow):
        task_list = "retrying"

        async def run(self):
            return await Flaky.attempt.options(retry=policy)()

    return Retrying


def test_a_failed_activity_is_tried_again_after_timers(play):
    play.activities = [Flaky(3).attempt]

    execution = play(retrying(RetryPolicy(attempts=4, first_delay=2, backoff=3, jitter=0)), keep=0, check=True)

    assert execution.result() == "done"
    assert [event.start_to_fire_timeout for event in execution.events.filter(TimerStarted)] == [2, 6, 18]
    assert [event.activity_id for event in execution.events.filter(ActivityTaskScheduled)] == ["1", "2", "3", "4"]


def test_jitter_is_the_same_on_each_replay(play):
    play.activities = [Flaky(5).attempt]

    execution = play(retrying(RetryPolicy(attempts=None, first_delay=100, jitter=0.5)), keep=0)

    delays = [event.start_to_fire_timeout for event in execution.events.filter(TimerStarted)]
    assert len(delays) == 5
    assert all(
        base / 2 <= delay <= base * 1.5 + 1 for base, delay in zip((100, 200, 400, 800, 1600), delays, strict=True)
    )


@pytest.mark.parametrize(
    ("policy", "error", "attempts"),
    [
        (RetryPolicy(attempts=3, jitter=0), lambda: ValueError("no"), 3),
        (RetryPolicy(attempts=3, non_retryable=(ValueError,)), lambda: ValueError("no"), 1),
        (RetryPolicy(attempts=3, non_retryable=("NoMoney",)), lambda: TaskFailed("no", type="NoMoney"), 1),
        (RetryPolicy(attempts=3), lambda: TaskFailed("no", retry=False), 1),
        (RetryPolicy(attempts=1), lambda: ValueError("no"), 1),
    ],
)
def test_a_policy_tells_when_to_stop(play, policy, error, attempts):
    play.activities = [Flaky(100, error).attempt]

    execution = play(retrying(policy))

    assert execution.close_status == "FAILED"
    assert execution.events.filter(ActivityTaskScheduled).count() == attempts


def test_a_failure_may_tell_when_to_try_again(play):
    play.activities = [Flaky(1, lambda: TaskFailed("busy", retry_after=77)).attempt]

    execution = play(retrying(RetryPolicy()))

    assert [event.start_to_fire_timeout for event in execution.events.filter(TimerStarted)] == [77]


def test_a_retry_that_waits_can_be_cancelled(play):
    class GivingUp(Workflow):
        task_list = "giving-up"

        async def run(self):
            try:
                return await asyncio.wait_for(Flaky.attempt.options(retry=RetryPolicy(first_delay=1000))(), 60)
            except TimeoutError:
                return "gave up"

    play.activities = [Flaky(9).attempt]

    assert play(GivingUp).result() == "gave up"


def test_a_worker_may_try_again_inline_without_events(play):
    calls = []

    @activity(task_list="work", inline_retry=RetryPolicy(attempts=3, first_delay=0, jitter=0))
    def flaky():
        calls.append(1)
        heartbeat("trying")
        if len(calls) < 3:
            raise ValueError("not yet")
        return len(calls)

    class Once(Workflow):
        task_list = "once"

        async def run(self):
            return await flaky()

    play.activities = [flaky]

    execution = play(Once)

    assert execution.result() == 3
    assert execution.events.filter(ActivityTaskScheduled).count() == 1


@given(
    attempts=st.integers(2, 50),
    first=st.floats(0, 1000),
    backoff=st.floats(1, 5),
    longest=st.floats(0, 5000),
    jitter=st.floats(0, 1),
)
def test_a_delay_is_never_negative_nor_longer_than_the_longest_with_its_jitter(
    attempts, first, backoff, longest, jitter
):
    policy = RetryPolicy(attempts=attempts, first_delay=first, backoff=backoff, longest_delay=longest, jitter=jitter)

    for attempt in range(1, attempts):
        delay = policy.delay(attempt, Failure(type="Any"), random.Random(attempt))
        assert 0 <= delay <= longest * (1 + jitter) + 1e-6

    assert policy.delay(attempts, Failure(type="Any"), random.Random(1)) is None


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_delay": -1}, {"backoff": 0.5}, {"jitter": 2}])
def test_a_policy_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


def test_a_child_may_be_tried_again(play):
    tries = []

    class Sometimes(Workflow):
        task_list = "sometimes"

        async def run(self):
            tries.append(1)
            if len(tries) < 2:
                raise ValueError("not yet")
            return "done"

    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            try:
                return await Sometimes.options(retry=RetryPolicy(attempts=2)).child()
            except ChildWorkflowFailed:
                return "failed"

    assert play(Parent, others=[Sometimes]).result() == "done"


class Unregistered(Workflow):
    task_list = "unregistered"

    async def run(self):
        return 1


async def of_one_that_was_refused():
    child = ChildWorkflow("Nope", "1.0", task_list="unregistered")()
    await asyncio.wait([child])
    return child.exception() is (await asyncio.gather(child.started, return_exceptions=True))[0]


async def of_one_that_was_not_sent():
    child = Unregistered.child()
    child.cancel()
    await asyncio.wait([child.started])
    return child.started.cancelled()


async def of_one_that_was_not_sent_and_was_waited_for():
    child = Unregistered.child()
    started = child.started
    child.cancel()
    await asyncio.wait([started])
    return started.cancelled()


@pytest.mark.parametrize(
    "look", [of_one_that_was_refused, of_one_that_was_not_sent, of_one_that_was_not_sent_and_was_waited_for]
)
def test_nobody_waits_for_ever_for_a_child_to_start(play, look):
    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            return await look()

    execution = play(Parent)

    assert execution.result() is True


def test_a_child_that_is_tried_again_tells_who_it_is(play):
    class Child(Workflow):
        task_list = "parents"

        async def run(self):
            await asyncio.sleep(1)

    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            child = Child.options(workflow_id="the child", retry=RetryPolicy())
            child = child.child()
            run_id = await child.started
            return child.workflow_id, run_id == child.run_id

    execution = play(Parent, others=[Child])

    assert execution.result() == ["the child", True]


def test_an_activity_that_is_tried_again_has_no_workflow_id(play):
    class Asking(Workflow):
        task_list = "parents"

        async def run(self):
            return hasattr(Flaky.attempt.options(retry=RetryPolicy())(), "workflow_id")

    execution = play(Asking)

    assert execution.result() is False


def test_an_activity_that_is_a_coroutine_function_is_tried_again_inline(play):
    tries = []

    @activity(task_list="math", inline_retry=RetryPolicy(attempts=3, first_delay=0))
    async def fetch():
        tries.append("try")
        if len(tries) < 3:
            raise OSError("not yet")
        return len(tries)

    class Fetching(Workflow):
        task_list = "sums"

        async def run(self):
            return await fetch()

    play.activities = [fetch]

    assert play(Fetching).result() == 3
