"""Spans and metrics of what actors do, as OpenTelemetry's own SDK gets them."""

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from swf.actors import ActivityWorker, Actor, Decider, TaskCanceled, TaskFailed
from swf.connection import Connection
from swf.engine import Engine, VirtualClock
from swf.engine.limits import Limits, Rate
from swf.models import Domain
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask
from swf.telemetry import instrument

pytestmark = pytest.mark.inprocess


@pytest.fixture
def clock():
    """A time that only the test moves; polls wait for a moment of the machine's."""
    return VirtualClock(datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def engine(clock):
    """An engine for actors that run in threads."""
    with Engine(clock=clock, poll_wait_seconds=0.02) as engine:
        yield engine


class Measured:
    """What OpenTelemetry has got."""

    def __init__(self):
        self._exporter = InMemorySpanExporter()
        self.traces = TracerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider(metric_readers=[self._reader])

    @property
    def spans(self):
        """The spans that have ended, the earliest first."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time)

    def span(self, name):
        (span,) = (span for span in self.spans if span.name == name)
        return span

    @property
    def metrics(self):
        """The metrics by name."""
        data = self._reader.get_metrics_data()
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def points(self, name):
        """The points of a metric: attributes and values."""
        metric = self.metrics.get(name)
        return [] if metric is None else [(dict(point.attributes), point) for point in metric.data.data_points]

    def shutdown(self):
        self.traces.shutdown()
        self.meters.shutdown()


@pytest.fixture
def measured():
    """Has actors instrumented until the test is over."""
    measured = Measured()
    end = instrument(measured.traces, measured.meters)
    yield measured
    end()
    measured.shutdown()


class ChargeOnce(Decider):
    """Has the customer charged, then completes the execution."""

    def decide(self, task):
        charged = task.history.activities.get("charge")
        if charged is None:
            return ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge")
        return None if charged.is_open else CompleteWorkflowExecution(result=charged.result)


class Doing(ActivityWorker):
    """Does what the test says."""

    def __init__(self, *args, work, **kwargs):
        super().__init__(*args, **kwargs)
        self.work = work

    def perform(self, task):
        return self.work(task)


@pytest.fixture
def finish(domain, order, charge):
    """Starts an execution, and has it run to its end with a worker; gives it when actors have stopped."""

    def finish(worker):
        execution = order.start_execution("order-7")
        with ChargeOnce(domain, "orders"), worker:
            return execution.wait(timeout=30)

    return finish


@pytest.fixture
def working(domain, finish):
    """The same with a worker that does what is given."""
    return lambda work: finish(Doing(domain, "payments", work=work))


def raising(error):
    def work(task):
        raise error

    return work


# Spans


def test_each_task_is_a_span_that_says_which(working, measured):
    execution = working(lambda task: "paid")

    assert [span.name for span in measured.spans] == ["decide Order", "activity Charge", "decide Order"]
    first, charging, _ = measured.spans
    assert dict(first.attributes) == {
        "swf.domain": "shop",
        "swf.task_list": "orders",
        "swf.task.kind": "decision",
        "swf.workflow_id": "order-7",
        "swf.run_id": execution.run_id,
        "swf.workflow_type": "Order",
        "swf.version": "1.0",
        "swf.decisions": ("ScheduleActivityTask",),
        "swf.task.outcome": "completed",
    }
    assert dict(charging.attributes) == {
        "swf.domain": "shop",
        "swf.task_list": "payments",
        "swf.task.kind": "activity",
        "swf.workflow_id": "order-7",
        "swf.run_id": execution.run_id,
        "swf.activity_id": "charge",
        "swf.activity_type": "Charge",
        "swf.version": "1.0",
        "swf.task.outcome": "completed",
    }


def test_a_task_is_taken_from_a_list_and_nothing_in_this_process_caused_it(working, measured):
    working(lambda task: "paid")

    assert {span.kind for span in measured.spans} == {SpanKind.CONSUMER}
    assert {span.parent for span in measured.spans} == {None}
    assert {span.status.status_code for span in measured.spans} == {StatusCode.UNSET}


def test_an_error_is_recorded_on_the_span_of_the_task(working, measured):
    working(raising(LookupError("no purse")))

    span = measured.span("activity Charge")
    (recorded,) = span.events
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError: no purse")
    assert (span.attributes["swf.task.outcome"], span.attributes["error.type"]) == ("failed", "LookupError")
    assert recorded.attributes["exception.type"] == "LookupError"
    assert recorded.attributes["exception.message"] == "no purse"
    assert "in work" in recorded.attributes["exception.stacktrace"]


def test_an_error_has_the_name_that_its_handler_gave_it(working, measured):
    working(raising(TaskFailed("no purse", type="Poor")))

    span = measured.span("activity Charge")
    assert (span.attributes["error.type"], span.status.description) == ("Poor", "Poor: no purse")


class Broken(Decider):
    """Fails on the first task."""

    has_failed = False

    def decide(self, task):
        if not self.has_failed:
            self.has_failed = True
            raise LookupError("out of coffee")
        return CompleteWorkflowExecution()


def until_there_are_spans(measured, count):
    while len(measured.spans) < count:
        pass


def test_an_error_of_a_decider_is_recorded_on_the_span_of_the_task(domain, order, measured):
    order.start_execution("order-7")

    with Broken(domain, "orders"):
        until_there_are_spans(measured, 1)

    (span,) = measured.spans
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError: out of coffee")
    assert span.attributes["swf.task.outcome"] == "failed"
    assert span.events[0].attributes["exception.message"] == "out of coffee"


def test_a_canceled_task_is_no_error(working, measured):
    working(raising(TaskCanceled("the customer went home")))

    span = measured.span("activity Charge")
    assert span.attributes["swf.task.outcome"] == "canceled"
    assert span.status.status_code is StatusCode.UNSET


def test_a_task_that_was_closed_meanwhile_is_an_error(working, measured):
    working(lambda task: task.execution.terminate())

    span = measured.span("activity Charge")
    assert span.attributes["swf.task.outcome"] == "timed_out"
    assert (span.status.status_code, span.status.description) == (
        StatusCode.ERROR,
        "SWF no longer waits for the answer.",
    )


def test_a_task_that_nobody_decides_on_has_no_outcome(domain, order, measured):
    decider = Decider(domain, "orders")
    decider.workflow("Refund", "1.0")(lambda task: [])
    order.start_execution("order-7")

    with decider:
        until_there_are_spans(measured, 1)

    assert measured.span("decide Order").attributes["swf.task.outcome"] == "none"


class Feeder(Actor):
    """An actor with tasks of another kind; one meal will do."""

    def poll_task(self):
        return "hay"

    def perform_task(self, task):
        self.stop()
        if self.task_list == "empty stable":
            raise LookupError("no horse")


def test_the_tasks_of_another_kind_of_actor_are_spans_too(domain, measured):
    Feeder(domain, "stable").run()

    span = measured.span("task of Feeder")
    assert dict(span.attributes) == {
        "swf.domain": "shop",
        "swf.task_list": "stable",
        "swf.task.kind": "other",
        "swf.task.outcome": "none",
    }


def test_an_error_that_an_actor_lets_through_is_recorded_too(domain, measured):
    Feeder(domain, "empty stable").run()

    span = measured.span("task of Feeder")
    assert span.attributes["swf.task.outcome"] == "failed"
    assert span.events[0].attributes["exception.message"] == "no horse"
    ((attributes, failed),) = measured.points("swf.tasks.failed")
    assert (attributes["error.type"], failed.value) == ("LookupError", 1)


# The span while a handler works


def current_span():
    return trace.get_current_span().get_span_context().span_id


def test_a_handler_works_inside_the_span_of_its_task(working, measured):
    tracer = measured.traces.get_tracer("shop")

    def work(task):
        with tracer.start_as_current_span("ask the bank"):
            return "paid"

    working(work)

    asking, charging = measured.span("ask the bank"), measured.span("activity Charge")
    assert asking.parent.span_id == charging.context.span_id
    assert asking.context.trace_id == charging.context.trace_id


def test_a_coroutine_works_inside_the_span_of_its_task(working, measured):
    async def work(task):
        await asyncio.sleep(0)
        return current_span()

    execution = working(work)

    assert execution.result == measured.span("activity Charge").context.span_id


def test_a_decider_decides_inside_the_span_of_its_task(domain, order, measured):
    class Telling(Decider):
        def decide(self, task):
            return CompleteWorkflowExecution(result=current_span())

    execution = order.start_execution("order-7")
    with Telling(domain, "orders"):
        closed = execution.wait(timeout=30)

    assert closed.result == measured.span("decide Order").context.span_id


def test_tasks_that_are_worked_on_side_by_side_have_spans_of_their_own(domain, order, charge, measured):
    together = threading.Barrier(2, timeout=30)

    def work(task):
        together.wait()
        return current_span()

    executions = [order.start_execution(f"order-{number}") for number in range(2)]
    with ChargeOnce(domain, "orders"), Doing(domain, "payments", work=work, concurrency=2):
        results = {execution.wait(timeout=30).result for execution in executions}

    assert results == {span.context.span_id for span in measured.spans if span.name == "activity Charge"}
    assert len(results) == 2


class Elsewhere(ActivityWorker):
    """Works in a process of its own."""

    def perform(self, task):
        if current_span():
            return "inside a span"
        raise LookupError("no span here")


def test_an_error_in_another_process_is_recorded_as_it_was_there(domain, finish, measured):
    finish(Elsewhere(domain, "payments", executor="process"))

    (recorded,) = measured.span("activity Charge").events
    assert recorded.attributes["exception.type"] == "LookupError"
    assert recorded.attributes["exception.message"] == "no span here"
    assert "in perform" in recorded.attributes["exception.stacktrace"]


# Metrics

DECISION = {"swf.domain": "shop", "swf.task_list": "orders", "swf.task.kind": "decision"}
ACTIVITY = {"swf.domain": "shop", "swf.task_list": "payments", "swf.task.kind": "activity"}
ORDER = {**DECISION, "swf.workflow_type": "Order", "swf.version": "1.0"}
CHARGE = {**ACTIVITY, "swf.activity_type": "Charge", "swf.version": "1.0"}


def test_how_long_tasks_took_is_measured_by_type_and_outcome(working, measured):
    working(raising(LookupError("no purse")))

    points = measured.points("swf.task.duration")
    assert [(attributes, point.count) for attributes, point in points] == [
        ({**ORDER, "swf.task.outcome": "completed"}, 2),
        ({**CHARGE, "swf.task.outcome": "failed"}, 1),
    ]


def test_polls_are_measured_by_whether_there_was_a_task(domain, order, charge, working, measured):
    working(lambda task: "paid")

    counts = {
        (attributes["swf.task_list"], attributes["swf.poll.outcome"]): point.count
        for attributes, point in measured.points("swf.poll.duration")
    }
    empties = {attributes["swf.task_list"]: point.value for attributes, point in measured.points("swf.polls.empty")}
    assert (counts["orders", "task"], counts["payments", "task"]) == (2, 1)
    assert empties == {"orders": counts["orders", "empty"], "payments": counts["payments", "empty"]}


def test_failures_are_counted_by_the_kind_of_error(working, measured):
    working(raising(LookupError("no purse")))

    ((attributes, failed),) = measured.points("swf.tasks.failed")
    assert (attributes, failed.value) == ({**CHARGE, "error.type": "LookupError"}, 1)


def test_throttled_polls_are_counted(measured):
    once = Limits(requests={"PollForDecisionTask": Rate(burst=1, per_second=0.001)})
    with Engine(limits=once, poll_wait_seconds=0.02) as engine, Connection.over(engine) as connection:
        Domain("shop", connection=connection).save()

        with ChargeOnce("shop", "orders", connection=connection):
            while "swf.throttles" not in measured.metrics:
                pass

    ((attributes, throttled),) = measured.points("swf.throttles")
    assert attributes == DECISION
    assert throttled.value >= 1


def test_how_long_tasks_waited_is_told_by_swfs_own_clock(domain, order, charge, clock, measured):
    execution = order.start_execution("order-7")
    clock.advance(seconds=7)
    with ChargeOnce(domain, "orders"):
        until_there_are_spans(measured, 1)
    clock.advance(seconds=5)
    with Doing(domain, "payments", work=lambda task: "paid"):
        until_there_are_spans(measured, 2)
    clock.advance(seconds=3)
    with ChargeOnce(domain, "orders"):
        execution.wait(timeout=30)

    points = [(attributes, point.count, point.sum) for attributes, point in measured.points("swf.task.queue_wait")]
    assert points == [(ORDER, 2, 10), (CHARGE, 1, 5)]


def test_the_wait_of_an_activity_task_is_told_once_although_its_decider_fails(domain, order, charge, clock, measured):
    execution = order.start_execution("order-7", execution_timeout=3600)
    Decider(domain, "orders").poll().complete(ScheduleActivityTask(activity_type=charge, activity_id="charge"))
    ActivityWorker(domain, "payments").poll().complete("paid")

    with Broken(domain, "orders"):
        until_there_are_spans(measured, 1)
        clock.advance(minutes=5)
        execution.wait(timeout=30)

    waits = {attributes["swf.task.kind"]: point.count for attributes, point in measured.points("swf.task.queue_wait")}
    assert waits == {"decision": 2, "activity": 1}


def test_metrics_have_units_and_names_that_tell_no_ids(working, measured):
    working(raising(LookupError("no purse")))

    assert {name: metric.unit for name, metric in measured.metrics.items()} == {
        "swf.poll.duration": "s",
        "swf.polls.empty": "{poll}",
        "swf.task.duration": "s",
        "swf.task.queue_wait": "s",
        "swf.tasks.failed": "{task}",
    }
    told = {key for name in measured.metrics for attributes, _ in measured.points(name) for key in attributes}
    assert told == {
        "swf.domain",
        "swf.task_list",
        "swf.task.kind",
        "swf.workflow_type",
        "swf.activity_type",
        "swf.version",
        "swf.poll.outcome",
        "swf.task.outcome",
        "error.type",
    }


def test_durations_are_sorted_into_seconds(working, measured):
    working(lambda task: "paid")

    ((_, point), *_) = measured.points("swf.task.duration")
    assert point.explicit_bounds[:3] == (0.005, 0.01, 0.025)
    assert point.explicit_bounds[-1] == 86_400


# Beginning and ending


def test_nothing_is_measured_once_it_is_ended(domain):
    measured = Measured()
    end = instrument(measured.traces, measured.meters)
    Feeder(domain, "stable").run()
    end()

    Feeder(domain, "other stable").run()

    (span,) = measured.spans
    ((attributes, _),) = measured.points("swf.task.duration")
    assert span.attributes["swf.task_list"] == attributes["swf.task_list"] == "stable"
    measured.shutdown()


def test_actors_work_where_opentelemetry_is_told_nothing(domain, order):
    execution = order.start_execution("order-7")
    end = instrument()

    decider = Decider(domain, "orders")
    decider.workflow("Order", "1.0")(lambda task: CompleteWorkflowExecution())
    with decider:
        closed = execution.wait(timeout=30)

    assert closed.close_status == "COMPLETED"
    end()


def test_without_providers_it_goes_to_those_of_the_process_also_if_they_come_later():
    program = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from swf.actors import Actor
from swf.connection import connect
from swf.telemetry import instrument

class Feeder(Actor):
    def poll_task(self):
        return "hay"

    def perform_task(self, task):
        self.stop()

instrument()
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
with connect("local:"):
    Feeder("shop", "stable").run()
print(*[span.name for span in exporter.get_finished_spans()])
"""

    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)

    assert (ended.stdout, ended.stderr) == ("task of Feeder\n", "")


def test_a_task_that_is_polled_by_hand_has_no_span_and_its_failure_is_counted(domain, order, charge, measured):
    order.start_execution("order-7")
    Decider(domain, "orders").poll().complete(ScheduleActivityTask(activity_type=charge, activity_id="charge"))
    worker = Doing(domain, "payments", work=raising(LookupError("no purse")))

    worker.perform_task(worker.poll())

    assert measured.spans == []
    ((attributes, failed),) = measured.points("swf.tasks.failed")
    assert (attributes["error.type"], failed.value) == ("LookupError", 1)


def test_without_opentelemetry_the_error_names_the_extra():
    program = "import sys; sys.modules['opentelemetry'] = None; import swf.actors, swf.telemetry"

    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)

    assert "MissingExtraError: swf.telemetry needs the extra 'otel'." in ended.stderr
    assert "pip install 'simple-workflow[otel]'" in ended.stderr
