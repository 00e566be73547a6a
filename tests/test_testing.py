"""`swf.testing`: executions run to their end, and deciders asked without an SWF."""

from datetime import UTC, datetime, timedelta

import pytest

from swf.actors import ActivityWorker, Actor, Decider
from swf.connection import Connection, current
from swf.engine import Engine, VirtualClock
from swf.exceptions import PollTimeout, StuckError, ValidationError
from swf.models import ActivityType, Domain, WorkflowExecution, WorkflowType
from swf.models.decision import (
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.models.event import ActivityTaskFailed, ActivityTaskTimedOut, TimerFired
from swf.testing import Environment, FakeWorker, HistoryBuilder, assert_decisions, decide

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
DAY = 24 * 3600

order = WorkflowType(
    "test",
    "Order",
    "1",
    task_list="orders",
    execution_timeout=90 * DAY,
    decision_tasks_timeout=60,
    lambda_role="arn:aws:iam::123456789012:role/swf",
)
charge = ActivityType(
    "test",
    "Charge",
    "1",
    task_list="payments",
    task_heartbeat_timeout="NONE",
    task_schedule_to_close_timeout=600,
    task_schedule_to_start_timeout=300,
    task_start_to_close_timeout=300,
)


class OrderDecider(Decider):
    """Has an order charged, waits for a month, and completes it."""

    def decide(self, task):
        charged = task.history.activities.get("charge")
        if charged is None:
            return ScheduleActivityTask(activity_type=charge, activity_id="charge", input=task.history.input)
        if charged.is_open:
            return None
        if charged.state != "completed":
            return FailWorkflowExecution(reason=charged.reason or charged.timeout_type)
        if "month" not in task.history.timers:
            return StartTimer(timer_id="month", start_to_fire_timeout=30 * DAY)
        return CompleteWorkflowExecution(result=charged.result)


class Says(Decider):
    """Answers every task in the same way."""

    def __init__(self, *decisions):
        super().__init__("test", "orders")
        self.decisions = decisions

    def decide(self, task):
        return self.decisions


@pytest.fixture
def env():
    with Environment(start=BEGAN) as env:
        env.register(order, charge)
        yield env


class TestRunning:
    def test_an_execution_runs_to_its_end_and_time_passes_for_it(self, env):
        execution = order.start_execution("order-7", input={"amount": 30})
        cashier = FakeWorker("test", "payments", {charge: lambda asked: {"charged": asked["amount"]}})

        closed = env.run(execution, OrderDecider("test", "orders"), cashier)

        assert closed.result == {"charged": 30}
        assert closed.close_timestamp == BEGAN + timedelta(days=30)
        assert closed.history().filter(TimerFired).first.timestamp == BEGAN + timedelta(days=30)
        assert [task.activity_id for task in cashier.performed] == ["charge"]

    def test_two_runs_of_one_execution_have_equal_histories(self):
        histories = []
        for _ in range(2):
            with Environment(start=BEGAN) as env:
                env.register(order, charge)
                decider = OrderDecider("test", "orders", identity="decider")
                cashier = FakeWorker("test", "payments", {("Charge", "1"): lambda asked: "paid"})
                cashier.identity = "cashier"
                histories.append(env.run(order.start_execution("order-7"), decider, cashier).history())

        assert histories[0] == histories[1]

    def test_what_a_fake_activity_raises_fails_its_task(self, env):
        def refuse(asked):
            raise ValueError("no money")

        cashier = FakeWorker("test", "payments", {charge: refuse})

        closed = env.run(order.start_execution("order-7"), OrderDecider("test", "orders"), cashier)

        assert closed.close_status == "FAILED"
        assert closed.history().filter(ActivityTaskFailed).first.reason == "ValueError: no money"

    def test_what_a_decider_raises_is_raised_in_the_test(self, env):
        class Broken(Decider):
            def decide(self, task):
                raise ZeroDivisionError("broken")

        with pytest.raises(ZeroDivisionError, match="broken"):
            env.run(order.start_execution("order-7"), Broken("test", "orders"))

    def test_a_closed_execution_is_given_as_it_is(self, env):
        execution = order.start_execution("order-7")
        execution.terminate()

        assert env.run(execution).close_status == "TERMINATED"

    def test_a_lambda_function_is_waited_for(self):
        with Environment(functions={"double": lambda number: 2 * number}) as env:
            env.register(order)

            class Doubler(Decider):
                def decide(self, task):
                    called = task.history.lambda_functions.get("1")
                    if called is None:
                        return ScheduleLambdaFunction(id="1", name="double", input=task.history.input)
                    return None if called.is_open else CompleteWorkflowExecution(result=called.result)

            closed = env.run(order.start_execution("order-7", input=21), Doubler("test", "orders"))

            assert closed.result == 42

    def test_a_task_list_that_is_left_alone_on_purpose_has_its_tasks_time_out(self, env):
        execution = order.start_execution("order-7")

        closed = env.run(execution, OrderDecider("test", "orders"), unpolled=["payments"])

        assert closed.close_status == "FAILED"
        timed_out = closed.history().filter(ActivityTaskTimedOut).first
        assert timed_out.timeout_type == "SCHEDULE_TO_START"
        assert timed_out.timestamp == BEGAN + timedelta(seconds=300)

    def test_a_child_runs_beside_its_parent(self, env):
        class Family(Decider):
            def decide(self, task):
                if task.execution.workflow_id == "child":
                    return CompleteWorkflowExecution(result="grown up")
                child = task.history.children.get("child")
                if child is None:
                    return StartChildWorkflowExecution(workflow_type=order, workflow_id="child")
                return None if child.is_open else CompleteWorkflowExecution(result=child.result)

        closed = env.run(order.start_execution("parent"), Family("test", "orders"))

        assert closed.result == "grown up"

    def test_time_passes_for_other_executions_too(self, env):
        other = order.start_execution("other")
        execution = order.start_execution("order-7")

        class Signaler(Decider):
            """One execution sleeps for a day and then signals the other one, which does nothing else than wait."""

            def decide(self, task):
                if task.execution.workflow_id == "order-7":
                    return CompleteWorkflowExecution() if task.history.signals else None
                if "day" not in task.history.timers:
                    return StartTimer(timer_id="day", start_to_fire_timeout=DAY)
                return SignalExternalWorkflowExecution(workflow_id="order-7", signal_name="go")

        closed = env.run(execution, Signaler("test", "orders"))

        assert closed.close_timestamp == BEGAN + timedelta(days=1)
        assert other.upstream().status == "OPEN"

    def test_a_handle_without_a_run_id_is_run_too(self, env):
        order.start_execution("order-7")

        closed = env.run(WorkflowExecution("test", "order-7"), Says(CompleteWorkflowExecution(result="done")))

        assert closed.result == "done"

    def test_an_actor_of_its_own_kind_is_asked_for_its_tasks(self, env):
        class Hands(Actor):
            given = False

            def poll_task(self):
                if self.given:
                    raise PollTimeout("no more")
                self.given = True
                return WorkflowExecution("test", "order-7")

            def perform_task(self, task):
                task.terminate(reason="by hand")

        closed = env.run(order.start_execution("order-7"), Hands("test", "hands"), Says())

        assert closed.close_status == "TERMINATED"

    def test_what_somebody_else_closes_meanwhile_is_not_stuck(self, env):
        class Closing(Actor):
            def poll_task(self):
                WorkflowExecution("test", "order-7").terminate(reason="by somebody else")
                raise PollTimeout("nothing")

        execution = order.start_execution("order-7")

        closed = env.run(execution, Closing("test", "hands"), unpolled=["orders"])

        assert closed.close_status == "TERMINATED"

    def test_an_actor_that_polls_by_itself_is_refused(self, env):
        execution = order.start_execution("order-7")

        with (
            Says() as started,
            pytest.raises(ValidationError, match=r"Says\('test', 'orders', running\) was started and polls by itself"),
        ):
            env.run(execution, started)


class TestBeingStuck:
    def test_a_task_list_that_nobody_polls_is_named(self, env):
        execution = order.start_execution("order-7")

        with pytest.raises(StuckError) as stuck:
            env.run(execution, OrderDecider("test", "orders"))

        assert "no actor here polls the task list 'payments' (activity tasks)" in str(stuck.value)
        assert "activity task 'charge' (Charge 1) waits on the task list 'payments'" in str(stuck.value)
        assert env.connection.now() == BEGAN

    def test_without_a_decider_the_decision_task_is_named(self, env):
        execution = order.start_execution("order-7")

        with pytest.raises(StuckError, match=r"polls the task list 'orders' \(decision tasks\)"):
            env.run(execution)

    def test_an_execution_that_waits_for_nothing_is_not_left_to_time_out(self, env):
        execution = order.start_execution("order-7")

        with pytest.raises(StuckError, match="nothing happens to it before it times out, on 2030-04-01 at 00:00:00"):
            env.run(execution, Says())

    def test_the_last_events_tell_what_was_refused(self, env):
        execution = order.start_execution("order-7")
        asked = ScheduleActivityTask(activity_type=("Unknown", "1"), activity_id="a")

        with pytest.raises(StuckError, match=r"still open after 6 tasks(.|\n)*ACTIVITY_TYPE_DOES_NOT_EXIST"):
            env.run(execution, Says(asked), max_tasks=5)

    def test_a_decider_that_goes_round_in_circles_is_stopped(self, env):
        execution = order.start_execution("order-7")

        class Ticking(Decider):
            def decide(self, task):
                return StartTimer(timer_id=str(task.started_event_id), start_to_fire_timeout=1)

        with pytest.raises(StuckError, match="still open after 21 tasks") as stuck:
            env.run(execution, Ticking("test", "orders"), max_tasks=20)

        assert "of 1 seconds" in stuck.value.told

    def test_a_task_that_somebody_else_took_is_waited_for_and_then_told(self, env):
        execution = order.start_execution("order-7")
        Decider("test", "orders").poll()

        with pytest.raises(StuckError, match="somebody took a task and does not answer it"):
            env.run(execution, Says(), patience_seconds=0.01)

    def test_a_fake_worker_refuses_an_activity_type_it_has_no_function_for(self, env):
        execution = order.start_execution("order-7")
        cashier = FakeWorker("test", "payments", {("Refund", "1"): lambda asked: None})

        with pytest.raises(ValidationError, match=r"no function for: Charge 1\. It performs Refund 1"):
            env.run(execution, OrderDecider("test", "orders"), cashier)


class TestTheEnvironment:
    def test_it_is_the_default_connection_inside_the_block(self, connection):
        with Environment() as env:
            assert current() is env.connection

        assert current() is connection

    def test_it_registers_models_whatever_connection_they_have(self, connection):
        shop = Domain("shop", connection=connection)
        model = WorkflowType(shop, "Order", "1", connection=connection)

        with Environment() as env:
            env.register(model, model)
            registered = env.connection.call("list_domains", registrationStatus="REGISTERED")

            assert [info["name"] for info in registered["domainInfos"]] == ["shop", "test"]
            assert WorkflowType("shop", "Order", "1").is_synced
        assert not shop.exists

    def test_an_actor_of_another_swf_is_refused_before_it_polls(self, env):
        execution = order.start_execution("order-7")

        with Engine(poll_wait_seconds=0) as other, Connection.over(other) as elsewhere:
            worker = ActivityWorker("test", "payments", connection=elsewhere)
            with pytest.raises(ValidationError, match="another SWF than the one under test"):
                env.run(execution, worker)

    @pytest.mark.parametrize(
        ("make", "problem"),
        [
            (lambda: Engine(clock=VirtualClock()), "no engine of this process whose polls answer at once"),
            (lambda: Engine(poll_wait_seconds=0), "passes by itself"),
            (lambda: Engine(clock=VirtualClock(auto_advance=True), poll_wait_seconds=0), "passes by itself"),
        ],
    )
    def test_an_engine_that_cannot_be_stepped_is_refused(self, make, problem):
        with make() as engine, Connection.over(engine) as connection, pytest.raises(ValidationError, match=problem):
            Environment(connection=connection)

    @pytest.mark.inprocess
    def test_a_connection_that_was_given_stays_open(self, connection):
        with Environment(connection=connection) as env:
            assert env.engine is connection.engine

        assert Domain("test", connection=connection).exists


class TestDeciding:
    def test_a_decider_is_asked_without_an_swf(self):
        builder = HistoryBuilder(order, input={"amount": 30})
        builder.add_activity_task(charge, "charge", result="paid")

        decisions = decide(OrderDecider("test", "orders"), builder)

        assert_decisions(decisions, StartTimer(timer_id="month", start_to_fire_timeout=30 * DAY))

    def test_the_decision_task_that_waits_is_started(self):
        class Noting(Decider):
            def decide(self, task):
                return RecordMarker(marker_name=f"{task.started_event_id} after {task.previous_started_event_id}")

        assert decide(Noting("test", "orders"), HistoryBuilder().history) == [RecordMarker(marker_name="3 after 0")]

    def test_one_that_is_started_is_not_started_again(self):
        builder = HistoryBuilder()
        builder.add_decision_task_started()

        assert decide(Says(), builder) == []

    def test_a_history_that_asks_nothing_is_refused(self):
        builder = HistoryBuilder()
        builder.add_decision_task_completed()

        with pytest.raises(ValidationError, match="no decider works on a decision task"):
            decide(Says(), builder)

    @pytest.mark.parametrize("made", [None, (), []])
    def test_no_decisions_are_no_decisions(self, made):
        assert_decisions(made)

    def test_a_decision_too_few_is_told(self):
        with pytest.raises(AssertionError) as failure:
            assert_decisions([], CompleteWorkflowExecution(result="paid"))

        assert str(failure.value).splitlines()[1:] == [
            "- CompleteWorkflowExecution(",
            "-     result='paid',",
            "- )",
        ]

    def test_the_order_of_decisions_matters(self):
        one, two = RecordMarker(marker_name="one"), RecordMarker(marker_name="two")

        with pytest.raises(AssertionError, match="decided otherwise"):
            assert_decisions([one, two], two, one)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: Environment(connection="local:"), r"'local:' is no connection\. Give Connection\.over"),
        (lambda: FakeWorker("test", "payments", 5), r"5 is no mapping of functions\. Give \{\('Charge', '1\.0'\)"),
        (
            lambda: decide(OrderDecider("test", "orders"), []),
            r"\[\] is no history\. Give a History or a HistoryBuilder",
        ),
    ],
)
def test_what_nothing_can_be_tested_with_is_refused(ask, message):
    with pytest.raises(ValidationError, match=message):
        ask()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda env: env.register("Order"), r"'Order' is no model\. Give a Domain, a WorkflowType"),
        (lambda env: env.run("order-7"), r"'order-7' is no execution\. Give what start_execution\(\) gives"),
        (
            lambda env: env.run(WorkflowExecution("test", "order-7"), Decider),
            r"is no actor\. Give deciders and workers, made",
        ),
    ],
)
def test_what_nothing_can_be_run_with_is_refused(ask, message):
    with Environment() as env, pytest.raises(ValidationError, match=message):
        ask(env)
