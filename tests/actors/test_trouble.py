"""What keeps actors from polling and answering: they wait, say so once, and go on."""

import logging
import signal
import subprocess
import sys
import threading
import time

import pytest

from swf.actors import ActivityWorker, Actor, Decider, run
from swf.actors.trouble import Trouble, is_fatal, pause, persistently
from swf.connection import Connection
from swf.engine import Engine, Limits, Rate
from swf.exceptions import (
    ActivityTaskDoesNotExist,
    ConfigurationError,
    DeprecatedError,
    DomainDoesNotExist,
    EndpointUnreachableError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    InvalidRequestError,
    LimitExceededError,
    OperationNotPermittedError,
    PollTimeout,
    ServiceError,
    ThrottledError,
    ValidationError,
)
from swf.models import Domain
from swf.models.decision import CompleteWorkflowExecution


class Completer(Decider):
    def decide(self, task):
        return CompleteWorkflowExecution()


class Scripted(Actor):
    """Polls as a script says: errors are raised, tasks given; then there is none."""

    def __init__(self, domain, task_list, *, script, **kwargs):
        super().__init__(domain, task_list, **kwargs)
        self.script = iter(script)
        self.performed = []

    def poll_task(self):
        said = next(self.script, None)
        if said is None:
            time.sleep(0.001)
            raise PollTimeout("nothing")
        if isinstance(said, Exception):
            raise said
        return said

    def perform_task(self, task):
        self.performed.append(task)


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


@pytest.mark.parametrize(
    "error",
    [
        EndpointUnreachableError("no route"),
        ThrottledError("Rate exceeded"),
        ServiceError("InternalFailure"),
        ExpiredCredentialsError("expired"),
        LimitExceededError("too many pollers"),
        DeprecatedError("shop"),
        DomainDoesNotExist("shop"),
        InvalidRequestError("Specified token has exceeded its maximum lifetime"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_is_waited_for_and_told_once(domain, caplog, error):
    actor = Scripted(domain, "orders", script=[error, "task"])

    with caplog.at_level(logging.INFO), actor:
        wait_for(lambda: actor.performed)

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "cannot poll, and tries again" in caplog.records[0].message
    assert "polls again (failures in a row: 1)" in caplog.records[1].message
    assert (actor.failures, actor.ended_by) == (0, None)


@pytest.mark.parametrize(
    "error",
    [OperationNotPermittedError("not yours"), InvalidCredentialsError("who?"), ConfigurationError("no region")],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_pass_ends_the_actor_with_that_message(domain, caplog, error):
    actor = Scripted(domain, "orders", script=[error] * 9, concurrency=3)

    actor.start()
    wait_for(lambda: actor.state is Actor.STATES.STOPPED)

    assert actor.ended_by is error
    assert [record.message for record in caplog.records] == [f"Scripted('shop', 'orders', stopping) has ended: {error}"]


def test_running_raises_what_ended_an_actor_and_stops_the_others(domain):
    well = Scripted(domain, "orders", script=[])
    ill = Scripted(domain, "orders", script=[OperationNotPermittedError("not yours")])

    with pytest.raises(OperationNotPermittedError, match="not yours"):
        run(well, ill)

    assert well.state is Actor.STATES.STOPPED


def test_a_new_kind_of_failure_is_told_too(domain, caplog):
    actor = Scripted(domain, "orders", script=[ThrottledError("slow"), EndpointUnreachableError("gone"), "task"])

    with actor:
        wait_for(lambda: actor.performed)

    assert [record.message.rpartition(": ")[2] for record in caplog.records] == ["slow", "gone"]


def test_pollers_of_an_actor_wait_together():
    trouble = Trouble("me")
    began = time.monotonic()
    threads = [threading.Thread(target=trouble.met, args=(ThrottledError("slow"),)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Those who come after the pause, half a second at least, have waited for nothing.
    passed = time.monotonic() - began
    assert 1 <= trouble.failures <= 1 + passed / 0.5


def test_an_actor_that_waits_can_be_stopped(domain):
    actor = Scripted(domain, "orders", script=[ThrottledError("slow")] * 12)
    actor.start()
    wait_for(lambda: actor.failures >= 1)

    assert actor.stop(timeout=60) is True


def test_pauses_grow_with_the_failures_and_stay_under_a_minute():
    assert all(0.5 <= pause(1) <= 1.0 for _ in range(100))
    assert all(4.0 <= pause(4) <= 8.0 for _ in range(100))
    assert all(30.0 <= pause(50) <= 60.0 for _ in range(100))


def test_credentials_that_expired_are_no_reason_to_end():
    assert is_fatal(InvalidCredentialsError("who?"))
    assert not is_fatal(ExpiredCredentialsError("expired"))


# Answers


def insist(send, **options):
    """Send an answer persistently, with no pause between two tries."""
    return persistently(send, "the task", pause=lambda failures: 0, **options)


def failing(*errors):
    """Gives a function that raises these, one after the other, and then is content."""
    left = list(errors)

    def send():
        if left:
            raise left.pop(0)
        return "sent"

    return send


def test_an_answer_is_sent_until_swf_has_it(caplog):
    send = failing(EndpointUnreachableError("gone"), ThrottledError("slow"), ServiceError("down"))

    assert insist(send) == "sent"
    assert [record.message for record in caplog.records] == [
        "The answer to the task could not be sent, and is sent again: gone"
    ]


def test_an_answer_that_swf_does_not_wait_for_is_not_sent_again(caplog):
    with caplog.at_level(logging.INFO), pytest.raises(ActivityTaskDoesNotExist):
        insist(failing(EndpointUnreachableError("gone"), ActivityTaskDoesNotExist("closed")))

    assert "an earlier try may have closed it" in caplog.text


def test_an_answer_that_is_refused_is_not_sent_again():
    with pytest.raises(ValidationError):
        insist(failing(ValidationError("too long")))


def test_an_answer_is_given_up_when_nobody_waits_for_it_any_more():
    with pytest.raises(EndpointUnreachableError):
        insist(failing(*[EndpointUnreachableError("gone")] * 1_000_000), seconds=0.01)


# With an engine


def test_a_decider_that_is_throttled_decides_all_the_same(attached, caplog):
    limits = Limits(requests={"PollForDecisionTask": Rate(2, 20), "RespondDecisionTaskCompleted": Rate(1, 20)})
    with Engine(limits=limits, poll_wait_seconds=0.01) as engine, Connection.over(engine) as connection:
        domain = Domain("shop", connection=connection)
        domain.save()
        order = domain.workflows().create("Order", "1.0", task_list="orders")
        executions = [order.start_execution(f"order-{number}") for number in range(6)]

        with Completer(domain, "orders", concurrency=3):
            closed = [execution.wait(timeout=60) for execution in executions]

        counts = engine.counts()

    assert {execution.close_status for execution in closed} == {"COMPLETED"}
    assert counts.over_limits["PollForDecisionTask"]["ThrottlingException"] >= 1


def test_a_second_signal_leaves_the_task_in_hand_and_says_which():
    program = """
import threading
from swf.actors import Decider, run
from swf.connection import connect
from swf.models import Domain

class Stuck(Decider):
    def decide(self, task):
        print("deciding", flush=True)
        threading.Event().wait()

with connect("local:"):
    domain = Domain("shop")
    domain.save()
    domain.workflows().create("Order", "1.0", task_list="orders").start_execution("order-1")
    run(Stuck(domain, "orders"))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "deciding\n"

        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=90)

    assert process.returncode == 128 + signal.SIGTERM
    assert "Left without an answer: DecisionTask('order-1', started_event_id=3)" in said


def test_the_time_to_stop_can_be_limited(domain, start, caplog):
    start("order-1")
    may_end = threading.Event()

    class Stuck(Decider):
        def decide(self, task):
            may_end.wait(30)

    stuck = Stuck(domain, "orders")

    with pytest.raises(SystemExit) as ended:
        run(stuck, ActivityWorkerThatEnds(domain, "packing", after=lambda: stuck.in_hand), stop_timeout=0.1)
    may_end.set()

    assert ended.value.code == 1
    assert "Left without an answer: DecisionTask('order-1', started_event_id=3)" in caplog.text


class ActivityWorkerThatEnds(ActivityWorker):
    """Is not permitted to poll, once something is so."""

    def __init__(self, *args, after, **kwargs):
        super().__init__(*args, **kwargs)
        self.after = after

    def perform(self, task):
        return None

    def poll_task(self):
        wait_for(self.after)
        raise OperationNotPermittedError("not yours")
