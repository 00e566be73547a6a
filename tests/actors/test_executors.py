"""Where handlers run: several at once, in threads, on an event loop, in processes; interrupted, and dying."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from swf.actors import ActivityWorker, Decider, Failure, TaskCanceled, TaskFailed
from swf.exceptions import ActivityTaskDoesNotExist, ConfigurationError, ValidationError
from swf.models import ActivityType
from swf.models.decision import RequestCancelActivityTask, ScheduleActivityTask
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCompleted,
    ActivityTaskEvent,
    ActivityTaskFailed,
)


@pytest.fixture
def until():
    """Waits until something is so that other threads or processes bring about."""

    def wait(condition):
        end = time.monotonic() + 60
        while not (given := condition()):
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.005)
        return given

    return wait


@pytest.fixture
def closely(domain):
    """An activity type whose workers are heard of every few hundred milliseconds."""
    closely = ActivityType(
        domain,
        "Closely",
        "1.0",
        task_list="packing",
        task_heartbeat_timeout=1,
        task_schedule_to_close_timeout=60,
        task_schedule_to_start_timeout=60,
        task_start_to_close_timeout=60,
    )
    closely.save()
    return closely


@pytest.fixture
def scheduled(domain, start, closely):
    """Starts an execution with activity tasks that wait for a worker."""

    def schedule(*inputs):
        execution = start("order-1")
        asked = [
            # The worker goes by the type's timeout; that of the task forgives a machine that is busy.
            ScheduleActivityTask(activity_type=closely, activity_id=f"pack-{number}", input=each, heartbeat_timeout=60)
            for number, each in enumerate(inputs)
        ]
        Decider(domain, "orders").poll().complete(asked)
        return execution

    return schedule


@pytest.fixture
def cancel(domain):
    """Asks for the first task of an execution to be canceled."""

    def request(execution):
        execution.signal("enough")
        Decider(domain, "orders").poll().complete(RequestCancelActivityTask(activity_id="pack-0"))

    return request


def closed(execution, *kinds):
    return execution.history().filter(*(kinds or (ActivityTaskCompleted, ActivityTaskFailed, ActivityTaskCanceled)))


class Meeting(ActivityWorker):
    """Each task ends when as many are worked on as the worker may."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.barrier = threading.Barrier(self.concurrency)

    def perform(self, task):
        self.barrier.wait(30)
        return "met"


def test_as_many_tasks_are_worked_on_at_once_as_asked(domain, scheduled, until):
    execution = scheduled(*range(8))

    with Meeting(domain, "packing", concurrency=4):
        until(lambda: len(closed(execution, ActivityTaskCompleted)) == 8)


def test_no_task_is_taken_that_nobody_is_free_for(domain, scheduled, until):
    execution = scheduled(*range(5))
    may_end = threading.Event()
    worker = ActivityWorker(domain, "packing", concurrency=2)
    worker.activity("Closely", "1.0")(lambda task: may_end.wait(30))

    with worker:
        until(lambda: len(worker.in_hand) == 2)
        pending = domain.connection.call("count_pending_activity_tasks", domain="shop", taskList={"name": "packing"})
        may_end.set()
        until(lambda: len(closed(execution)) == 5)

    assert pending["count"] == 3


def test_idle_threads_of_a_worker_leave_polling_to_a_few(domain, live_engine, until):
    with Meeting(domain, "packing", concurrency=50, pollers=3):
        until(lambda: live_engine.waiting_polls == 3)
        time.sleep(0.1)

        assert live_engine.waiting_polls == 3


@pytest.mark.parametrize("name", ["concurrency", "pollers"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "2", True])
def test_a_number_of_tasks_that_cannot_be_is_refused(domain, name, value):
    with pytest.raises(ValidationError, match=f"{name} is .*, and must be a whole number from 1"):
        Meeting(domain, "packing", **{name: value})


def test_an_executor_there_is_not_is_refused(domain):
    with pytest.raises(ValidationError, match=r"There is no executor 'gevent'. Give 'thread' or 'process'"):
        Meeting(domain, "packing", executor="gevent")


# Coroutines


def test_coroutines_of_a_worker_run_on_one_loop(domain, scheduled, until):
    execution = scheduled(*range(3))
    loops = set()
    worker = ActivityWorker(domain, "packing", concurrency=3)
    arrived = []

    @worker.activity("Closely", "1.0")
    async def pack(task):
        loops.add(asyncio.get_running_loop())
        arrived.append(task)
        while len(arrived) < 3:
            await asyncio.sleep(0.001)
        task.heartbeat("nearly done")
        return {"packed": task.input}

    with worker:
        until(lambda: len(closed(execution, ActivityTaskCompleted)) == 3)

    assert len(loops) == 1
    assert {event.result for event in closed(execution)} == {f'{{"packed":"{number}"}}' for number in range(3)}


def test_a_coroutine_that_fails_fails_its_task(domain, scheduled, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    async def pack(task):
        raise LookupError("no boxes")

    with worker:
        (failed,) = until(lambda: closed(execution))

    assert failed.reason == "LookupError: no boxes"


class OddError(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OddError("odd"), "OddError: odd"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (SystemExit(4), "SystemExit: 4"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError(), "CancelledError"),
        (BaseExceptionGroup("several", [OddError()]), "BaseExceptionGroup: several (1 sub-exception)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@pytest.mark.parametrize("is_coroutine", [False, True], ids=["function", "coroutine"])
def test_whatever_a_handler_raises_fails_its_task_and_ends_nothing(
    domain, scheduled, until, is_coroutine, error, reason
):
    execution = scheduled("raise", "work")
    worker = ActivityWorker(domain, "packing")

    def pack(task):
        if task.input == "raise":
            raise error
        return "packed"

    async def pack_later(task):
        return pack(task)

    worker.activity("Closely", "1.0")(pack_later if is_coroutine else pack)
    with worker:
        until(lambda: len(closed(execution)) == 2)

    failed, completed = closed(execution)
    assert (failed.reason, completed.result) == (reason, "packed")


def test_a_coroutine_that_exits_ends_no_other(domain, scheduled, until):
    execution = scheduled("wait", "exit")
    worker = ActivityWorker(domain, "packing", concurrency=2)
    may_end = threading.Event()

    @worker.activity("Closely", "1.0")
    async def pack(task):
        if task.input == "exit":
            sys.exit(1)
        while not may_end.is_set():
            await asyncio.sleep(0.001)
        return "packed"

    with worker:
        until(lambda: closed(execution, ActivityTaskFailed))
        may_end.set()
        until(lambda: closed(execution, ActivityTaskCompleted))


def test_a_generator_is_no_coroutine(domain, scheduled, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    def pack(task):
        yield "packed"

    with worker:
        (failed,) = until(lambda: closed(execution))

    assert failed.reason.startswith("ValidationError: generator")


@pytest.mark.parametrize("is_coroutine", [False, True], ids=["function", "coroutine"])
def test_a_handler_may_stop_its_worker(domain, scheduled, until, is_coroutine):
    execution = scheduled("one", "two")
    worker = ActivityWorker(domain, "packing", concurrency=2)

    begun = []

    def pack(task):
        begun.append(task)
        until(lambda: len(begun) == 2)
        return worker.stop()

    async def pack_later(task):
        begun.append(task)
        while len(begun) < 2:
            await asyncio.sleep(0.001)
        return worker.stop()

    worker.activity("Closely", "1.0")(pack_later if is_coroutine else pack)
    worker.start()
    until(lambda: worker.state is worker.STATES.STOPPED)

    assert [event.result for event in closed(execution)] == ["false", "false"]
    assert worker.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("executor", ["thread", "process"])
def test_a_process_that_a_handler_forked_answers_nothing(domain, scheduled, until, executor):
    execution = scheduled(*["a process"] * 3)

    with Leaving(domain, "packing", executor=executor):
        until(lambda: len(closed(execution)) == 3)

    assert [event.result for event in closed(execution)] == ["the handler"] * 3


def test_a_coroutine_whose_task_is_to_be_canceled_is_cancelled_if_asked_for(domain, scheduled, cancel, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing", interrupts=True)
    cleaned = []

    @worker.activity("Closely", "1.0")
    async def pack(task):
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(task.activity_id)

    with worker:
        until(lambda: worker.in_hand)
        cancel(execution)
        until(lambda: closed(execution, ActivityTaskCanceled))

    assert cleaned == ["pack-0"]


def test_a_coroutine_whose_task_was_closed_is_cancelled_and_nothing_is_answered(domain, scheduled, until, caplog):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    async def pack(task):
        await asyncio.sleep(60)

    with worker:
        until(lambda: worker.in_hand)
        execution.terminate()
        until(lambda: not worker.in_hand)

    assert "was stopped: SWF closed it meanwhile" in caplog.text


# Interruptions


def test_a_handler_learns_that_its_task_is_to_be_canceled(domain, scheduled, cancel, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    def pack(task):
        until(lambda: task.is_cancel_requested)
        raise TaskCanceled("stopped half way")

    with worker:
        until(lambda: worker.in_hand)
        cancel(execution)
        (canceled,) = until(lambda: closed(execution, ActivityTaskCanceled))

    assert canceled.details == "stopped half way"


def test_a_handler_may_finish_although_its_task_is_to_be_canceled(domain, scheduled, cancel, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    def pack(task):
        return until(lambda: task.is_cancel_requested) and "finished"

    with worker:
        until(lambda: worker.in_hand)
        cancel(execution)
        (completed,) = until(lambda: closed(execution))

    assert completed.result == "finished"


def test_a_thread_is_interrupted_if_asked_for(domain, scheduled, cancel, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing", interrupts=True)
    cleaned = []

    @worker.activity("Closely", "1.0")
    def pack(task):
        with contextlib.ExitStack() as left:
            left.callback(cleaned.append, task.activity_id)
            while True:
                time.sleep(0.001)

    with worker:
        until(lambda: worker.in_hand)
        cancel(execution)
        until(lambda: closed(execution, ActivityTaskCanceled))

    assert cleaned == ["pack-0"]


def test_a_thread_whose_task_was_closed_is_interrupted_too_and_works_on(domain, scheduled, until):
    execution = scheduled("endless", "short")
    worker = ActivityWorker(domain, "packing", interrupts=True)
    worked = []

    @worker.activity("Closely", "1.0")
    def pack(task):
        worked.append(task.input)
        while task.input == "endless":
            time.sleep(0.001)

    with worker:
        until(lambda: worker.in_hand)
        execution.terminate()
        until(lambda: not worker.in_hand)
        alive = worker.state

    assert alive is worker.STATES.RUNNING
    assert worked == ["endless"]


INTERRUPTED_AND_PROFILED = """
import sys, threading
from types import SimpleNamespace
from swf.actors import TaskCanceled
from swf.actors.executors import interrupted_by

def work():
    listeners = []
    task = SimpleNamespace(heart=SimpleNamespace(on_change=listeners.append), is_closed=False)
    try:
        with interrupted_by(task):
            listeners[0]()
            for _ in range(1000):
                pass
    except TaskCanceled:
        print("interrupted")

thread = threading.Thread(target=work)
thread.start()
thread.join()
sys.setprofile(lambda *event: None)
(lambda: None)()
sys.setprofile(None)
print("profiled")
"""


def test_what_is_profiled_after_an_interruption_comes_to_its_end():
    # CPython takes an error that was taken back for one that is still to come, and then hangs.
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AND_PROFILED], capture_output=True, text=True, timeout=30, check=True
    )

    assert ended.stdout.split() == ["interrupted", "profiled"]


# Failures in so many words


def test_a_handler_fails_its_task_in_its_own_words(domain, scheduled, until, caplog):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    def pack(task):
        raise TaskFailed("the box is too small", retry=False, type="BadOrder")

    with worker:
        (failed,) = until(lambda: closed(execution))

    (told,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert failed.reason == "BadOrder: the box is too small"
    assert Failure.read(failed.reason, failed.details).retry is False
    assert told.getMessage().endswith("failed: BadOrder: the box is too small")
    assert told.exc_info is None


# Processes


class Elsewhere(ActivityWorker):
    """Does what the task's input says."""

    def perform(self, task):
        match task.input:
            case "pid":
                return os.getpid()
            case "fail":
                raise LookupError("no boxes")
            case "cancel":
                raise TaskCanceled("no time")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(3)
            case "beat":
                return task.heartbeat({"half": "done"})
            case "beat too much":
                return task.heartbeat("x" * 3000)
            case "obey":
                while not task.is_cancel_requested:
                    time.sleep(0.01)
                raise TaskCanceled("as you wish")
            case "unpicklable":
                return threading.Lock()
            case "interrupt":
                raise KeyboardInterrupt
        return time.sleep(60)


class Leaving(ActivityWorker):
    """Leaves something behind when a task is done."""

    def perform(self, task):
        if task.input == "a process":
            forked = os.fork()
            if forked:
                os.waitpid(forked, 0)
            return "the handler" if forked else "its copy"
        if task.input == "a thread":
            threading.Thread(target=_beat_on, args=(task,), daemon=True).start()
        return os.getpid()


def _beat_on(task):
    """Go on with heartbeats until the task is closed."""
    with contextlib.suppress(ActivityTaskDoesNotExist):
        while True:
            task.heartbeat("still there")


async def _later(task):
    await asyncio.sleep(0)
    return "a coroutine"


def test_a_process_works_on_one_task_after_the_other(domain, scheduled, until):
    execution = scheduled("pid", "pid")

    with Elsewhere(domain, "packing", executor="process"):
        until(lambda: len(closed(execution)) == 2)

    one, two = (int(event.result) for event in closed(execution))
    assert one == two != os.getpid()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("fail", "LookupError: no boxes"),
        (
            "die",
            "ProcessDied: The process that worked on it was ended by SIGKILL. The system may have been short of",
        ),
        ("exit", "ProcessDied: The process that worked on it ended with exit code 3."),
        ("beat too much", "ValidationError: Heartbeat: details"),
        ("unpicklable", "TypeError: cannot pickle"),
        ("interrupt", "KeyboardInterrupt"),
    ],
)
def test_what_goes_wrong_in_a_process_fails_its_task_and_the_worker_lives_on(domain, scheduled, until, asked, reason):
    execution = scheduled(asked, "pid")

    with Elsewhere(domain, "packing", executor="process"):
        until(lambda: len(closed(execution)) == 2)

    failed, completed = closed(execution)
    assert failed.reason.startswith(reason)
    assert isinstance(completed, ActivityTaskCompleted)


def test_what_a_handler_leaves_behind_in_its_process_does_not_meddle_with_the_next_task(domain, scheduled, until):
    execution = scheduled(*["a thread", "nothing"] * 5)

    with Leaving(domain, "packing", executor="process"):
        until(lambda: len(closed(execution)) == 10)

    assert len({event.result for event in closed(execution, ActivityTaskCompleted)}) == 1
    assert not closed(execution, ActivityTaskFailed)


def test_a_traceback_comes_from_the_process(domain, scheduled, until):
    execution = scheduled("fail")

    with Elsewhere(domain, "packing", executor="process"):
        (failed,) = until(lambda: closed(execution))

    assert "in perform" in Failure.read(failed.reason, failed.details).traceback


def test_a_task_in_a_process_tells_how_far_it_is_and_hears_the_answer(domain, scheduled, until):
    execution = scheduled("beat", "cancel")

    with Elsewhere(domain, "packing", executor="process"):
        until(lambda: len(closed(execution)) == 2)

    completed, canceled = closed(execution)
    assert completed.result == "false"
    assert canceled.details == "no time"


def test_a_task_in_a_process_hears_that_it_is_to_be_canceled(domain, scheduled, cancel, until):
    execution = scheduled("obey")
    worker = Elsewhere(domain, "packing", executor="process")

    with worker:
        until(lambda: worker.in_hand)
        cancel(execution)
        (canceled,) = until(lambda: closed(execution, ActivityTaskCanceled))

    assert canceled.details == "as you wish"


def test_the_process_of_a_task_to_be_canceled_is_ended_if_asked_for(domain, scheduled, cancel, until):
    execution = scheduled("sleep")
    worker = Elsewhere(domain, "packing", executor="process", interrupts=True)

    with worker:
        until(lambda: worker.in_hand)
        cancel(execution)
        until(lambda: closed(execution, ActivityTaskCanceled))


def test_the_process_of_a_closed_task_is_ended_and_the_worker_takes_the_next(domain, scheduled, until, caplog):
    execution = scheduled("sleep")
    worker = Elsewhere(domain, "packing", executor="process")

    with worker:
        until(lambda: worker.in_hand)
        execution.terminate()
        until(lambda: not worker.in_hand)

    assert "was stopped: SWF closed it meanwhile" in caplog.text


def test_a_coroutine_runs_in_a_process_too(domain, scheduled, until):
    execution = scheduled("x")
    worker = ActivityWorker(domain, "packing", executor="process")
    worker.activity("Closely", "1.0")(_later)

    with worker:
        (completed,) = until(lambda: closed(execution))

    assert completed.result == "a coroutine"


def test_a_worker_that_cannot_be_copied_into_a_process_is_not_started(domain):
    worker = ActivityWorker(domain, "packing", executor="process")
    worker.activity("Closely", "1.0")(lambda task: None)

    with pytest.raises(ConfigurationError, match=r"cannot be copied into a process: .*lambda"):
        worker.start()


def test_a_worker_that_was_stopped_leaves_no_processes(domain, scheduled, until):
    execution = scheduled("pid")
    worker = Elsewhere(domain, "packing", executor="process")
    with worker:
        (completed,) = until(lambda: closed(execution))

    pid = int(completed.result)

    def is_gone():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    until(is_gone)


# What is told when it stops


def test_a_stop_that_is_not_in_time_says_what_is_left(domain, scheduled, until, caplog):
    scheduled("x")
    may_end = threading.Event()
    worker = ActivityWorker(domain, "packing", concurrency=2)
    worker.activity("Closely", "1.0")(lambda task: may_end.wait(30))
    worker.start()
    until(lambda: worker.in_hand)

    with caplog.at_level(logging.WARNING):
        is_stopped = worker.stop(timeout=0.05)
    may_end.set()

    assert not is_stopped
    assert "did not stop in time. Tasks in hand: ActivityTask('pack-0', 'Closely')" in caplog.text
    assert worker.stop() is True
    assert not execution_events(domain).filter(ActivityTaskEvent, state="timed_out")


def execution_events(domain):
    return domain.executions.get(workflow_id="order-1").history()
