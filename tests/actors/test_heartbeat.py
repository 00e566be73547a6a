"""Heartbeats: sent by themselves, with the last details, not too often."""

import threading
import time

import pytest

from swf.actors import ActivityWorker, Decider
from swf.actors.heartbeat import interval
from swf.engine import Engine, Limits, Rate
from swf.exceptions import ActivityTaskDoesNotExist, ValidationError
from swf.models import ActivityType
from swf.models.decision import RequestCancelActivityTask, ScheduleActivityTask
from swf.models.event import ActivityTaskCompleted, ActivityTaskEvent, ActivityTaskTimedOut


@pytest.fixture
def live_engine(request):
    """An engine, with limits if a test gives it some."""
    with Engine(limits=getattr(request, "param", "off")) as engine:
        yield engine


@pytest.fixture
def calls(connection):
    """The operations that were asked for, with their parameters."""
    noted = []
    connection.client.meta.events.register(
        "provide-client-params.swf", lambda params, model, **_: noted.append((model.name, dict(params)))
    )
    return noted


def beats(calls):
    return [params.get("details") for name, params in calls if name == "RecordActivityTaskHeartbeat"]


@pytest.fixture
def closely(domain):
    """Registers an activity type with a heartbeat timeout."""

    def register(timeout, name="Closely"):
        kind = ActivityType(
            domain,
            name,
            "1.0",
            task_list="packing",
            task_heartbeat_timeout=timeout,
            task_schedule_to_close_timeout=60,
            task_schedule_to_start_timeout=60,
            task_start_to_close_timeout=60,
        )
        kind.save()
        return kind

    return register


@pytest.fixture
def scheduled(domain, start):
    """Starts an execution with tasks of a type."""

    def schedule(kind, count=1, workflow_id="order-1", **given):
        execution = start(workflow_id)
        asked = [ScheduleActivityTask(activity_type=kind, activity_id=f"pack-{n}", **given) for n in range(count)]
        Decider(domain, "orders").poll().complete(asked)
        return execution

    return schedule


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


class Waiting(ActivityWorker):
    """Works until it is let go."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.may_end = threading.Event()

    def perform(self, task):
        task.heartbeat("begun")
        assert self.may_end.wait(30)
        return "done"


def test_a_task_that_takes_longer_than_its_heartbeat_timeout_does_not_time_out(domain, scheduled, closely):
    execution = scheduled(closely(2))
    worker = ActivityWorker(domain, "packing")
    worker.activity("Closely", "1.0")(lambda task: time.sleep(3))

    with worker:
        wait_for(lambda: execution.history().filter(ActivityTaskCompleted))

    assert not execution.history().filter(ActivityTaskTimedOut)


def test_a_worker_without_heartbeats_leaves_them_to_its_handlers(domain, scheduled, closely, calls):
    execution = scheduled(closely(1))
    worker = Waiting(domain, "packing", heartbeats=False)

    with worker:
        wait_for(lambda: execution.history().filter(ActivityTaskTimedOut))
        worker.may_end.set()

    assert beats(calls) == ["begun"]


def test_the_heartbeat_timeout_is_asked_once_for_a_type_and_only_for_long_tasks(domain, scheduled, closely, calls):
    execution = scheduled(closely(60), count=20)
    worker = ActivityWorker(domain, "packing", concurrency=4)
    worker.activity("Closely", "1.0")(lambda task: time.sleep(0.4 if task.activity_id < "pack-12" else 0))

    with worker:
        wait_for(lambda: len(execution.history().filter(ActivityTaskCompleted)) == 20)

    assert [name for name, _ in calls].count("DescribeActivityType") == 1


def test_short_tasks_cost_no_call_beside_the_poll_and_the_answer(domain, scheduled, closely, calls):
    kind = closely(1)
    worker = ActivityWorker(domain, "packing")
    worker.activity("Closely", "1.0")(lambda task: None)
    asked = []

    # On a machine that is busy a task may take longer than it should; not each of so many.
    for number in range(5):
        execution = scheduled(kind, 10, f"order-{number}", heartbeat_timeout=60)
        calls.clear()
        with worker:
            wait_for(lambda one=execution: len(one.history().filter(ActivityTaskCompleted)) == 10)
        asked.append([name for name, _ in calls])
        execution.terminate()

    assert [names.count("RespondActivityTaskCompleted") for names in asked] == [10] * 5
    assert any(not {"DescribeActivityType", "RecordActivityTaskHeartbeat"} & set(names) for names in asked)


def test_a_timeout_that_the_handler_knows_is_not_asked_for(domain, scheduled, closely, calls):
    execution = scheduled(closely(60))
    worker = ActivityWorker(domain, "packing")
    worker.activity("Closely", "1.0", heartbeat_timeout=1)(lambda task: wait_for(lambda: len(beats(calls)) == 2))

    with worker:
        wait_for(lambda: execution.history().filter(ActivityTaskCompleted))

    assert "DescribeActivityType" not in [name for name, _ in calls]


def test_of_details_that_come_quickly_the_first_and_the_last_are_sent(domain, scheduled, closely, calls):
    execution = scheduled(closely(1))
    worker = ActivityWorker(domain, "packing")

    @worker.activity("Closely", "1.0")
    def pack(task):
        for number in range(1000):
            task.heartbeat({"packed": number})
        wait_for(lambda: '{"packed":999}' in beats(calls))

    with worker:
        wait_for(lambda: execution.history().filter(ActivityTaskCompleted))

    assert beats(calls)[0] == '{"packed":0}'
    assert len(beats(calls)) < 20


def test_details_that_cannot_be_sent_are_refused_where_they_are_given(domain, scheduled, closely):
    execution = scheduled(closely(60))
    worker = ActivityWorker(domain, "packing")
    refused = []

    @worker.activity("Closely", "1.0")
    def pack(task):
        for details in ("x" * 2049, {1, 2}):
            with pytest.raises(ValidationError) as caught:
                task.heartbeat(details)
            refused.append(caught.value)

    with worker:
        wait_for(lambda: execution.history().filter(ActivityTaskCompleted))

    assert len(refused) == 2


def test_a_heartbeat_of_a_closed_task_says_so(domain, scheduled, closely, caplog):
    execution = scheduled(closely(1))
    worker = ActivityWorker(domain, "packing")
    told = []

    @worker.activity("Closely", "1.0")
    def pack(task):
        execution.terminate()
        wait_for(lambda: task.is_closed)
        with pytest.raises(ActivityTaskDoesNotExist) as caught:
            task.heartbeat()
        told.append(str(caught.value))

    with worker:
        wait_for(lambda: told)

    assert told[0].endswith("is closed. Stop working on it.")
    assert "came too late" in caplog.text


@pytest.mark.parametrize("live_engine", [Limits(requests={"RecordActivityTaskHeartbeat": Rate(1, 4)})], indirect=True)
def test_heartbeats_that_are_throttled_are_sent_again(live_engine, domain, scheduled, closely, caplog):
    execution = scheduled(closely(1), count=6, heartbeat_timeout=60)
    worker = Waiting(domain, "packing", concurrency=6)

    with worker:
        wait_for(lambda: "No heartbeat of" in caplog.text)
        counted = live_engine.counts
        before = counted().requests["RecordActivityTaskHeartbeat"]
        wait_for(lambda: counted().requests["RecordActivityTaskHeartbeat"] > before + 10)
        worker.may_end.set()
        wait_for(lambda: len(execution.history().filter(ActivityTaskCompleted)) == 6)

    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_what_fails_when_a_heartbeat_is_answered_keeps_no_task_from_the_next(domain, scheduled, closely, calls, caplog):
    execution = scheduled(closely(1), heartbeat_timeout=60)

    class Broken(Waiting):
        def perform(self, task):
            def fail():
                raise LookupError("nobody is there")

            task.heart.on_change(fail)
            return super().perform(task)

    worker = Broken(domain, "packing")
    with worker:
        wait_for(lambda: beats(calls))
        execution.signal("enough")
        Decider(domain, "orders").poll().complete(RequestCancelActivityTask(activity_id="pack-0"))
        wait_for(lambda: "nobody is there" in caplog.text)
        before = len(beats(calls))
        wait_for(lambda: len(beats(calls)) > before + 4)
        worker.may_end.set()
        wait_for(lambda: execution.history().filter(ActivityTaskCompleted))


def test_many_tasks_have_one_heartbeat_each_and_interval(domain, scheduled, closely, calls):
    execution = scheduled(closely(3), count=40, heartbeat_timeout=60)
    worker = Waiting(domain, "packing", concurrency=40)

    with worker:
        wait_for(lambda: len(beats(calls)) >= 40)
        began = time.monotonic()
        wait_for(lambda: time.monotonic() > began + 2.2)
        sent = len(beats(calls))
        worker.may_end.set()
        wait_for(lambda: len(execution.history().filter(ActivityTaskCompleted)) == 40)

    # One at the beginning, then at most one for each second that passed, whatever the machine does meanwhile.
    passed = time.monotonic() - began
    assert 40 < sent <= 40 * (1 + passed + 1)
    assert not execution.history().filter(ActivityTaskEvent, state="timed_out")


@pytest.mark.parametrize(
    ("timeout", "seconds"), [(30, 10), ("30", 10), (1, 1 / 3), (3600, 60), ("NONE", 60), (None, 60), (0, 60)]
)
def test_heartbeats_come_at_a_third_of_the_timeout_or_once_a_minute(timeout, seconds):
    assert interval(timeout) == pytest.approx(seconds)
