"""A virtual clock that moves by itself, with deciders and workers in threads."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from swf.actors import ActivityWorker, Decider
from swf.connection import Connection
from swf.engine import Engine, VirtualClock
from swf.engine.clock import LOOK_AGAIN_SECONDS, Outlook, seconds_to_wait, to_datetime
from swf.models import ActivityType, Domain, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask, ScheduleLambdaFunction, StartTimer
from swf.models.event import ActivityTaskCompleted, ActivityTaskTimedOut, LambdaFunctionCompleted, TimerFired

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
DAY = 24 * 3600
TASKS = (("activity", "shop", "packing"),)


@pytest.mark.parametrize(
    ("outlook", "seconds"),
    [
        (Outlook(is_working=False, waiting=(), deadline=5, quiet_seconds=0), 0),
        (Outlook(is_working=False, waiting=(), deadline=None, quiet_seconds=9), LOOK_AGAIN_SECONDS),
        (Outlook(is_working=True, waiting=(), deadline=5, quiet_seconds=9), LOOK_AGAIN_SECONDS),
        (Outlook(is_working=False, waiting=TASKS, deadline=5, quiet_seconds=0.5), 1.5),
        (Outlook(is_working=False, waiting=TASKS, deadline=5, quiet_seconds=2), 0),
        (Outlook(is_working=False, waiting=TASKS, deadline=5, quiet_seconds=9), 0),
        (Outlook(is_working=True, waiting=TASKS, deadline=5, quiet_seconds=9), LOOK_AGAIN_SECONDS),
    ],
)
def test_time_jumps_when_nothing_can_happen_before_the_next_deadline(outlook, seconds):
    assert seconds_to_wait(outlook, patience_seconds=2) == seconds


@pytest.fixture
def clock():
    # Nobody is overtaken because the machine is busy.
    return VirtualClock(BEGAN, auto_advance=True, patience_seconds=20)


@pytest.fixture
def shop(clock):
    functions = {"resize": lambda picture: threading.Event().wait(0.2)}
    with Engine(clock=clock, functions=functions) as engine, Connection.over(engine) as connection:
        shop = Domain("shop", connection=connection)
        shop.save()
        yield shop


@pytest.fixture
def order(shop):
    order = WorkflowType(
        shop,
        "Order",
        "1",
        task_list="orders",
        execution_timeout=90 * DAY,
        decision_tasks_timeout=1,
        lambda_role="arn:aws:iam::123456789012:role/swf",
    )
    order.save()
    return order


@pytest.fixture
def pack(shop):
    pack = ActivityType(
        shop,
        "Pack",
        "1",
        task_list="packing",
        task_heartbeat_timeout=1,
        task_schedule_to_close_timeout=2,
        task_schedule_to_start_timeout=1,
        task_start_to_close_timeout=1,
    )
    pack.save()
    return pack


class Once(Decider):
    """Decides one thing at the start, and completes the execution when it is asked again and all of that is over."""

    def __init__(self, *args, first, **kwargs):
        super().__init__(*args, **kwargs)
        self.first = first

    def decide(self, task):
        if not task.previous_started_event_id:
            return self.first
        things = [*task.history.activities.values(), *task.history.timers.values()]
        if any(thing.is_open for thing in [*things, *task.history.lambda_functions.values()]):
            return None
        return CompleteWorkflowExecution(result="done")


class Slow(ActivityWorker):
    def perform(self, task):
        threading.Event().wait(0.02)
        return "packed"


def test_a_month_passes_while_everybody_waits(shop, order):
    timers = [StartTimer(timer_id=f"t{day}", start_to_fire_timeout=day * DAY) for day in (30, 10, 20)]

    with Once(shop, "orders", first=timers):
        execution = order.start_execution("order-7").wait(timeout=60)

    fired = execution.history().filter(TimerFired)
    assert [event.timer_id for event in fired] == ["t10", "t20", "t30"]
    assert [event.timestamp - BEGAN for event in fired] == [timedelta(days=day) for day in (10, 20, 30)]
    assert execution.close_timestamp == BEGAN + timedelta(days=30)


def test_slow_workers_in_threads_are_never_overtaken(shop, order, pack):
    tasks = [ScheduleActivityTask(activity_type=pack, activity_id=f"a{number}") for number in range(40)]
    timer = StartTimer(timer_id="soon", start_to_fire_timeout=1)
    workers = [Slow(shop, "packing") for _ in range(4)]

    with Once(shop, "orders", first=[*tasks, timer]), workers[0], workers[1], workers[2], workers[3]:
        history = order.start_execution("order-7").wait(timeout=60).history()

    assert len(history.filter(ActivityTaskCompleted)) == 40
    assert not history.filter(ActivityTaskTimedOut)
    assert {event.timestamp for event in history.filter(ActivityTaskCompleted)} == {BEGAN}
    assert history.filter(TimerFired).first.timestamp == BEGAN + timedelta(seconds=1)


def test_actors_that_start_after_the_execution_are_not_overtaken(shop, order, pack):
    execution = order.start_execution("order-7")
    threading.Event().wait(0.1)

    with Once(shop, "orders", first=ScheduleActivityTask(activity_type=pack, activity_id="a")):
        threading.Event().wait(0.1)
        with Slow(shop, "packing"):
            closed = execution.wait(timeout=60)

    assert closed.close_timestamp == BEGAN
    assert closed.close_status == "COMPLETED"


def test_a_task_that_nobody_takes_times_out_when_patience_is_over(shop, order, pack, clock):
    with Once(shop, "orders", first=ScheduleActivityTask(activity_type=pack, activity_id="a")):
        execution = order.start_execution("order-7")
        while not execution.history().activities:
            threading.Event().wait(0.001)
        clock.patience_seconds = 0.5
        history = execution.wait(timeout=60).history()

    timed_out = history.filter(ActivityTaskTimedOut).first
    assert timed_out.timeout_type == "SCHEDULE_TO_START"
    assert timed_out.timestamp == BEGAN + timedelta(seconds=1)


def test_a_task_that_is_not_answered_holds_the_time(shop, order, clock):
    clock.patience_seconds = 0

    with clock.held():
        order.start_execution("order-7")
        task = Decider(shop, "orders").poll()
    threading.Event().wait(0.1)

    assert to_datetime(clock.now()) == BEGAN
    assert task.exists


def test_the_task_of_a_closed_execution_holds_nothing(shop, order, pack, clock):
    with clock.held():
        terminated = order.start_execution("order-6")
        Decider(shop, "orders").poll().complete(ScheduleActivityTask(activity_type=pack, activity_id="a"))
        ActivityWorker(shop, "packing").poll()
        terminated.terminate()

    with Once(shop, "orders", first=StartTimer(timer_id="t", start_to_fire_timeout=DAY)):
        closed = order.start_execution("order-7").wait(timeout=60)

    assert closed.close_timestamp == BEGAN + timedelta(days=1)


def test_a_poll_that_was_woken_is_not_overtaken(shop, order, clock):
    clock.patience_seconds = 0
    asked = json.dumps({"domain": "shop", "taskList": {"name": "orders"}}).encode()
    engine = shop.connection.engine

    with engine.begin("SimpleWorkflowService.PollForDecisionTask", asked, lambda: None) as poll:
        before = poll.look()
        order.start_execution("order-7")
        threading.Event().wait(0.1)
        held_at = to_datetime(clock.now())
        answer = poll.look()

    assert before is None
    assert held_at == BEGAN
    assert json.loads(answer.body)["startedEventId"] == 3


def test_it_jumps_as_soon_as_there_is_nothing_left_to_do(shop, order):
    class Ticking(Decider):
        def decide(self, task):
            fired = len(task.history.filter(TimerFired))
            if fired == 60:
                return CompleteWorkflowExecution()
            return StartTimer(timer_id=str(fired), start_to_fire_timeout=DAY)

    with Ticking(shop, "orders"):
        closed = order.start_execution("order-7").wait(timeout=60)

    assert closed.close_timestamp == BEGAN + timedelta(days=60)


def test_a_lambda_function_is_not_overtaken(shop, order):
    call = ScheduleLambdaFunction(id="1", name="resize", start_to_close_timeout=1)

    with Once(shop, "orders", first=call):
        history = order.start_execution("order-7").wait(timeout=60).history()

    assert history.filter(LambdaFunctionCompleted).first.timestamp == BEGAN


def test_inside_held_time_stands_still(shop, order, clock):
    with clock.held(), Once(shop, "orders", first=StartTimer(timer_id="t", start_to_fire_timeout=DAY)):
        execution = order.start_execution("order-7")
        while not execution.history().timers:
            threading.Event().wait(0.001)
        threading.Event().wait(0.05)
        held_at = to_datetime(clock.now())

    with Once(shop, "orders", first=None):
        closed = execution.wait(timeout=60)

    assert held_at == BEGAN
    assert closed.close_timestamp == BEGAN + timedelta(days=1)


def test_nothing_jumps_to_the_end_of_a_closed_executions_retention(shop, order, clock):
    execution = order.start_execution("order-7")
    execution.terminate()
    threading.Event().wait(0.05)

    assert to_datetime(clock.now()) == BEGAN
    assert execution.upstream().close_status == "TERMINATED"


def test_engines_with_clocks_of_their_own_move_apart():
    clocks = [VirtualClock(BEGAN, auto_advance=True) for _ in range(2)]

    with Engine(clock=clocks[0]), Engine(clock=clocks[1]) as engine, Connection.over(engine) as connection:
        sleep = WorkflowType(Domain("shop", connection=connection), "Sleep", "1", task_list="beds")
        sleep.domain.save()
        sleep.save()
        with Once(sleep.domain, "beds", first=StartTimer(timer_id="t", start_to_fire_timeout=60)):
            sleep.start_execution("bear").wait(timeout=60)

    assert [to_datetime(clock.now()) - BEGAN for clock in clocks] == [timedelta(), timedelta(seconds=60)]


def test_the_thread_that_moves_the_time_ends_with_the_engine(clock):
    others = set(threading.enumerate())

    with Engine(clock=clock):
        (thread,) = set(threading.enumerate()) - others

    assert thread.name == "swf-engine-time"
    assert not thread.is_alive()
