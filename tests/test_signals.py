"""Signals of what actors do."""

import subprocess
import sys
from contextlib import ExitStack
from typing import get_args

import pytest

from swf import signals
from swf.actors import ActivityWorker, Decider, TaskCanceled, TaskFailed
from swf.actors.observers import Kind
from swf.connection import Connection
from swf.engine import Engine
from swf.engine.limits import Limits, Rate
from swf.exceptions import ThrottledError
from swf.models import ActivityTask, DecisionTask, Domain
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask

pytestmark = pytest.mark.inprocess


@pytest.fixture
def engine():
    """An engine on the machine's time: actors run in threads."""
    with Engine() as engine:
        yield engine


@pytest.fixture
def heard():
    """All signals of the test in order: what happened, to whom, and what else is known."""
    noted = []

    def listener(kind):
        return lambda actor, **facts: noted.append((kind, actor, facts))

    with ExitStack() as connected:
        for kind, signal in signals.SIGNALS.items():
            connected.enter_context(signal.connected_to(listener(kind)))
        yield noted


def kinds(heard, actor):
    return [kind for kind, sender, _ in heard if sender is actor]


class ChargeOnce(Decider):
    """Has the customer charged, then completes the execution."""

    def decide(self, task):
        if "charge" not in task.history.activities:
            return ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge")
        return CompleteWorkflowExecution()


class Doing(ActivityWorker):
    """Does what the test says."""

    def __init__(self, *args, work, **kwargs):
        super().__init__(*args, **kwargs)
        self.work = work

    def perform(self, task):
        return self.work(task)


@pytest.fixture
def worked(domain, order, charge):
    """Has a worker work on one task, in the test's own thread; gives the worker."""

    def work_on_one(work):
        order.start_execution("order-7")
        decider = Decider(domain, "orders")
        charging = ScheduleActivityTask(activity_type=charge, activity_id="charge")
        decider.complete(decider.poll().task_token, charging)
        worker = Doing(domain, "payments", work=work)
        worker.perform_task(worker.poll())
        return worker

    return work_on_one


def raising(error):
    def work(task):
        raise error

    return work


def test_there_is_a_signal_for_everything_that_observers_are_told():
    assert set(signals.SIGNALS) == set(get_args(Kind))
    assert all(getattr(signals, kind) is signal for kind, signal in signals.SIGNALS.items())


def test_signals_tell_of_an_execution_from_its_start_to_its_end(domain, order, charge, heard):
    decider, worker = ChargeOnce(domain, "orders"), Doing(domain, "payments", work=lambda task: "paid")

    with decider, worker:
        order.start_execution("order-7").wait(timeout=30)

    # Stopping ends polls, as if they were over.
    assert [kind for kind in kinds(heard, decider) if kind != "poll_empty"] == [
        "task_polled",
        "execution_started",
        "decision_made",
        "task_polled",
        "decision_made",
        "execution_closed",
    ]
    assert [kind for kind in kinds(heard, worker) if kind != "poll_empty"] == ["task_polled", "task_completed"]


def test_a_completed_task_comes_with_its_result(worked, heard):
    worker = worked(lambda task: {"paid": 30})

    (kind, actor, facts) = heard[-1]
    assert (kind, actor) == ("task_completed", worker)
    assert isinstance(facts["task"], ActivityTask)
    assert facts["task"].activity_id == "charge"
    assert facts["result"] == {"paid": 30}
    assert facts["seconds"] >= 0


def test_a_failed_task_comes_with_its_error_and_what_the_decider_reads_of_it(worked, heard):
    error = TaskFailed("no purse", type="Poor", retry=False)

    worked(raising(error))

    (kind, _, facts) = heard[-1]
    assert kind == "task_failed"
    assert facts["error"] is error
    assert (facts["failure"].reason, facts["failure"].retry) == ("Poor: no purse", False)
    assert facts["seconds"] >= 0


def test_a_canceled_task_comes_with_its_details(worked, heard):
    worked(raising(TaskCanceled("the customer went home")))

    (kind, _, facts) = heard[-1]
    assert kind == "task_canceled"
    assert facts["details"] == "the customer went home"


def test_a_task_that_was_closed_meanwhile_has_timed_out(worked, heard):
    worked(lambda task: task.execution.terminate())

    (kind, _, facts) = heard[-1]
    assert kind == "task_timed_out"
    assert facts["task"].activity_id == "charge"


def test_decisions_are_told_as_they_were_sent(domain, order, charge, heard):
    order.start_execution("order-7")
    decider = ChargeOnce(domain, "orders")

    decider.perform_task(decider.poll())

    (kind, actor, facts) = heard[-1]
    assert (kind, actor) == ("decision_made", decider)
    assert facts["task"].workflow_execution.workflow_id == "order-7"
    assert [decision.activity_id for decision in facts["decisions"]] == ["charge"]


class Closing(Decider):
    def decide(self, task):
        return CompleteWorkflowExecution(result="done")


def test_the_end_of_an_execution_comes_with_the_decision_that_closed_it(domain, order, heard):
    order.start_execution("order-7")
    decider = Closing(domain, "orders")

    decider.perform_task(decider.poll())

    (kind, _, facts) = heard[-1]
    assert kind == "execution_closed"
    assert facts["decision"] == CompleteWorkflowExecution(result="done")


class Late(Decider):
    def decide(self, task):
        task.execution.terminate()
        return CompleteWorkflowExecution()


def test_decisions_that_come_too_late_are_told_as_a_task_that_timed_out(domain, order, heard):
    order.start_execution("order-7")
    decider = Late(domain, "orders")

    decider.perform_task(decider.poll())

    assert kinds(heard, decider) == ["execution_started", "task_timed_out"]


class Broken(Decider):
    def decide(self, task):
        raise LookupError("out of coffee")


def test_a_decision_task_that_fails_comes_with_the_error(domain, order, heard):
    order.start_execution("order-7")
    decider = Broken(domain, "orders")

    decider.perform_task(decider.poll())

    (kind, actor, facts) = heard[-1]
    assert (kind, actor) == ("task_failed", decider)
    assert isinstance(facts["task"], DecisionTask)
    assert str(facts["error"]) == "out of coffee"


def test_a_poll_in_vain_is_told(domain, engine, heard):
    engine.poll_wait_seconds = 0.01
    decider = Closing(domain, "orders")

    with decider:
        while len(heard) < 3:
            pass

    assert {kind for kind, _, _ in heard} == {"poll_empty"}
    assert all(facts["seconds"] > 0 for _, _, facts in heard)


def test_a_poll_that_came_too_fast_is_told(heard):
    once = Limits(requests={"PollForDecisionTask": Rate(burst=1, per_second=0.001)})
    with Engine(limits=once, poll_wait_seconds=0.01) as engine, Connection.over(engine) as connection:
        Domain("shop", connection=connection).save()
        decider = Closing("shop", "orders", connection=connection)

        with decider:
            while "throttled" not in kinds(heard, decider):
                pass

    (_, (_, _, facts), *_) = heard
    assert kinds(heard, decider)[:2] == ["poll_empty", "throttled"]
    assert isinstance(facts["error"], ThrottledError)


# Receivers


def test_a_receiver_may_be_interested_in_one_actor_only(domain, order):
    orders, others = Closing(domain, "orders"), Closing(domain, "orders")
    noted = []

    def note(actor, **facts):
        noted.append(actor)

    signals.decision_made.connect(note, sender=orders)
    for decider, workflow_id in ((orders, "order-7"), (others, "order-8")):
        order.start_execution(workflow_id)
        decider.perform_task(decider.poll())

    assert noted == [orders]


def test_a_receiver_that_fails_is_logged_and_hurts_nobody(worked, caplog):
    heard = []

    def careless(actor, **facts):
        raise RuntimeError("deaf")

    receivers = [lambda actor, **facts: heard.append("one"), careless, lambda actor, **facts: heard.append("other")]
    with ExitStack() as connected:
        for receiver in receivers:
            connected.enter_context(signals.task_completed.connected_to(receiver))
        worker = worked(lambda task: "paid")

    assert sorted(heard) == ["one", "other"]
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("swf.signals", "ERROR")
    assert record.message.startswith("A receiver of the signal task_completed failed")
    assert "deaf" in record.exc_text
    assert worker.domain.executions.filter(status="OPEN")[0].history().activities["charge"].result == "paid"


def test_a_receiver_that_would_have_to_be_awaited_is_logged(worked, caplog):
    async def later(actor, **facts):
        raise AssertionError("nobody awaits this")

    with signals.task_completed.connected_to(later):
        worked(lambda task: "paid")

    assert "Nothing awaits a coroutine here" in caplog.records[0].exc_text


def test_a_muted_signal_is_not_sent(worked, heard):
    with signals.task_completed.muted():
        worker = worked(lambda task: "paid")

    assert kinds(heard, worker) == []


def test_without_blinker_the_error_names_the_extra():
    program = "import sys; sys.modules['blinker'] = None; import swf.actors, swf.signals"

    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)

    assert "MissingExtraError: swf.signals needs the extra 'signals'." in ended.stderr
    assert "pip install 'simple-workflow[signals]'" in ended.stderr
