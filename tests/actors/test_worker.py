"""Activity workers: polling for activity tasks, and answering them."""

import re
import time

import pytest

from swf import payload
from swf.actors import ActivityWorker, Decider, Failure, TaskCanceled
from swf.exceptions import ActivityTaskDoesNotExist, PollTimeout, ValidationError
from swf.models.decision import RequestCancelActivityTask, ScheduleActivityTask
from swf.models.event import ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskEvent, ActivityTaskFailed


@pytest.fixture
def scheduled(domain, start):
    """An execution with one activity task that waits for a worker."""
    execution = start("order-1")
    decider = Decider(domain, "orders")
    decider.complete(
        decider.poll().task_token,
        ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id="pack-1", input={"apples": 2}),
    )
    return execution


def closed_task(execution, kind):
    """Give the event that closed the task, once it is there."""
    end = time.monotonic() + 60
    while not (events := execution.history().filter(kind)):
        assert time.monotonic() < end, f"no {kind.__name__} came"
        time.sleep(0.001)
    return events.last


class Packer(ActivityWorker):
    def perform(self, task):
        return {"packed": payload.decode(task.input)["apples"]}


def test_what_perform_returns_is_the_result(domain, scheduled):
    with Packer(domain, "packing"):
        completed = closed_task(scheduled, ActivityTaskCompleted)

    assert completed.result == '{"packed":2}'


class Failing(ActivityWorker):
    def __init__(self, *args, error, **kwargs):
        super().__init__(*args, **kwargs)
        self.error = error

    def perform(self, task):
        raise self.error


def test_an_error_fails_the_task_with_its_type_message_and_traceback(domain, scheduled, caplog):
    with Failing(domain, "packing", error=LookupError("no boxes")):
        failed = closed_task(scheduled, ActivityTaskFailed)

    assert failed.reason == "LookupError: no boxes"
    failure = Failure.read(failed.reason, failed.details)
    assert (failure.type, failure.message, failure.retry) == ("LookupError", "no boxes", True)
    # What called the handler is not told.
    place = rf'Traceback \(most recent call last\):\n  File "{re.escape(__file__)}", line \d+, in perform\n'
    assert re.match(place, failure.traceback)
    assert re.search(place, caplog.text)


def test_a_failure_that_is_too_long_for_swf_is_cut_to_what_tells_most(domain, scheduled):
    with Failing(domain, "packing", error=LookupError("x" * 40_000 + " the end")):
        failed = closed_task(scheduled, ActivityTaskFailed)

    assert len(failed.reason) == 256
    assert len(failed.details) <= 32_768
    assert Failure.read(failed.reason, failed.details).traceback.endswith("the end\n")


def test_raising_task_canceled_cancels_the_task(domain, scheduled):
    with Failing(domain, "packing", error=TaskCanceled("the customer went home")):
        canceled = closed_task(scheduled, ActivityTaskCanceled)

    assert canceled.details == "the customer went home"


@pytest.mark.parametrize(
    ("text", "details"), [("x" * 40_000, "x" * 32_768), ("half \ud83d", "half \\ud83d")], ids=["too long", "half"]
)
def test_canceled_details_that_swf_cannot_take_are_made_such_that_it_can(domain, scheduled, text, details):
    with Failing(domain, "packing", error=TaskCanceled(text)):
        canceled = closed_task(scheduled, ActivityTaskCanceled)

    assert canceled.details == details


class Giving(ActivityWorker):
    def __init__(self, *args, result, **kwargs):
        super().__init__(*args, **kwargs)
        self.result = result

    def perform(self, task):
        return self.result


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({1, 2}, "ValidationError: set {1, 2} cannot be written as JSON"),
        ("x" * 32_769, "ValidationError: Completion: result"),
        ("half \ud83d", "ValidationError: Completion: result 'half"),
    ],
    ids=["no JSON", "too long", "half a character"],
)
def test_a_result_that_swf_cannot_take_fails_the_task_at_once(domain, scheduled, result, reason):
    with Giving(domain, "packing", result=result):
        failed = closed_task(scheduled, ActivityTaskFailed)

    assert failed.reason.startswith(reason)


def test_a_result_that_is_too_deep_fails_the_task_at_once(domain, scheduled):
    deep = []
    for _ in range(10_000):
        deep = [deep]

    with Giving(domain, "packing", result=deep):
        failed = closed_task(scheduled, ActivityTaskFailed)

    assert failed.reason.startswith("RecursionError")


class OutOfOrderCodec:
    def encode(self, value):
        raise OSError("the bucket is not there")

    def decode(self, text):
        return text


@pytest.fixture
def out_of_order():
    """A codec that can store nothing, in the whole process."""
    before = payload.codec()
    payload.set_codec(OutOfOrderCodec())
    yield
    payload.set_codec(before)


def test_a_result_that_the_codec_cannot_store_fails_the_task_at_once(domain, scheduled, out_of_order):
    with Giving(domain, "packing", result={"packed": 2}):
        failed = closed_task(scheduled, ActivityTaskFailed)

    assert (failed.reason, failed.details) == ("OSError: the bucket is not there", None)


def test_an_answer_is_sent_without_details_that_the_codec_cannot_store(domain, scheduled, out_of_order):
    with Failing(domain, "packing", error=TaskCanceled("no time")):
        canceled = closed_task(scheduled, ActivityTaskCanceled)

    assert canceled.details is None


def test_no_result_is_absent_and_not_null(domain, scheduled):
    with Giving(domain, "packing", result=None):
        completed = closed_task(scheduled, ActivityTaskCompleted)

    assert completed.result is None


def test_polling_gives_the_task(domain, scheduled):
    task = Packer(domain, "packing").poll()

    assert task.activity_id == "pack-1"
    assert task.activity_type == ("Pack", "1.0")
    assert task.workflow_execution == ("order-1", scheduled.run_id)
    assert task.input == '{"apples":2}'
    assert task.task_list == "packing"


def test_polling_in_vain_raises_poll_timeout(domain, live_engine):
    live_engine.poll_wait_seconds = 0.01

    with pytest.raises(PollTimeout, match="packing"):
        Packer(domain, "packing").poll()


def test_a_task_can_be_completed_by_its_token(domain, scheduled):
    worker = Packer(domain, "packing")

    worker.complete(worker.poll().task_token, "done")

    assert scheduled.history().filter(ActivityTaskCompleted).last.result == "done"


def test_a_task_can_be_failed_by_its_token(domain, scheduled):
    worker = Packer(domain, "packing")

    worker.fail(worker.poll().task_token, details="the tape is empty", reason="tape")

    failed = scheduled.history().filter(ActivityTaskFailed).last
    assert (failed.reason, failed.details) == ("tape", "the tape is empty")


def test_a_task_can_be_canceled_by_its_token(domain, scheduled):
    worker = Packer(domain, "packing")

    worker.cancel(worker.poll().task_token, "as asked")

    assert scheduled.history().filter(ActivityTaskCanceled).last.details == "as asked"


def test_a_heartbeat_tells_whether_to_stop(domain, scheduled):
    worker = Packer(domain, "packing")
    task = worker.poll()
    before = worker.heartbeat(task.task_token, "half way")
    scheduled.request_cancel()
    decider = Decider(domain, "orders")
    decider.complete(decider.poll().task_token, RequestCancelActivityTask(activity_id="pack-1"))

    after = worker.heartbeat(task.task_token)

    assert (before, after) == (False, True)


def test_heartbeat_details_over_their_limit_are_refused_before_anything_is_sent(domain, scheduled):
    worker = Packer(domain, "packing")
    task = worker.poll()

    with pytest.raises(ValidationError, match="2,048"):
        worker.heartbeat(task.task_token, "x" * 2_049)


def test_answering_twice_tells_that_the_task_is_gone(domain, scheduled):
    worker = Packer(domain, "packing")
    task = worker.poll()
    worker.complete(task.task_token)

    with pytest.raises(ActivityTaskDoesNotExist):
        worker.fail(task.task_token)


class Terminating(ActivityWorker):
    def perform(self, task):
        task.execution.terminate()


def test_an_answer_to_an_execution_that_closed_meanwhile_is_logged_and_polling_goes_on(domain, scheduled, caplog):
    worker = Terminating(domain, "packing")

    worker.perform_task(worker.poll())

    assert "came too late" in caplog.records[-1].message
    assert [event.name for event in scheduled.history().filter(ActivityTaskEvent)] == [
        "ActivityTaskScheduled",
        "ActivityTaskStarted",
    ]
