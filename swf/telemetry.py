"""Spans and metrics of OpenTelemetry for what actors do (extra ``otel``).

`instrument` begins it. Each task that a running actor works on is a span, ``decide Order`` or ``activity Pack``, from
the end of the poll until the task is answered. It is the current span while a handler works, in threads and in
coroutines: spans of a database or an HTTP client hang below it. In a process of its own (``executor="process"``) a
handler has no current span.

Its attributes are ``swf.domain``, ``swf.task_list``, ``swf.task.kind``, ``swf.task.outcome`` and, as far as they apply,
``swf.workflow_id``, ``swf.run_id``, ``swf.workflow_type``, ``swf.activity_id``, ``swf.activity_type``, ``swf.version``,
``swf.decisions``, ``error.type``. A failure is recorded on the span as an exception, and is its status.

========================  =========  ==========  =================================================================
Metric                    Kind       Unit        What it tells
========================  =========  ==========  =================================================================
``swf.poll.duration``     histogram  ``s``       how long polls took that SWF answered, by ``swf.poll.outcome``:
                                                 ``task`` or ``empty``
``swf.polls.empty``       counter    ``{poll}``  polls that ended without a task
``swf.throttles``         counter    ``{poll}``  polls that SWF refused because requests come too fast
``swf.task.duration``     histogram  ``s``       how long tasks were worked on, until SWF had the answer, by
                                                 ``swf.task.outcome``: ``completed``, ``failed``, ``canceled``,
                                                 ``timed_out``, or ``none`` for what was left alone
``swf.task.queue_wait``   histogram  ``s``       how long tasks waited in their task list, by SWF's clock
``swf.tasks.failed``      counter    ``{task}``  tasks whose handler raised, or whose answer SWF did not take, by
                                                 ``error.type``
========================  =========  ==========  =================================================================

Metrics have the attributes ``swf.domain``, ``swf.task_list``, ``swf.task.kind`` (``decision``, ``activity``, or
``other`` for actors of another kind) and, where there is a task, ``swf.workflow_type`` or ``swf.activity_type``, and
``swf.version``. Ids are on spans only.

How long an activity task waited is told by the decider that sees its ``ActivityTaskStarted`` event for the first time,
and so is known when the task has closed or something else brings a decision task.

See: https://opentelemetry.io/docs/languages/python/
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType
from typing import Any

import attrs

import swf
from swf import logs
from swf.actors import ActivityWorker, Actor, Decider
from swf.actors.observers import Notice, Observer, observe
from swf.actors.processes import ChildFailed
from swf.exceptions import MissingExtraError, ValidationError
from swf.failure import Failure
from swf.models import ActivityTask, DecisionTask
from swf.models.event import ActivityTaskScheduled, ActivityTaskStarted, DecisionTaskStarted, Event
from swf.models.history import History
from swf.shapes import TypeId

try:
    from opentelemetry import metrics, trace
    from opentelemetry.metrics import Histogram, Meter, MeterProvider
    from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider
except ModuleNotFoundError as error:
    raise MissingExtraError("swf.telemetry", "otel") from error

# Seconds: an answer from near by, a poll in vain, a task for a person. What OpenTelemetry takes otherwise is for
# milliseconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def instrument(
    tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
) -> Callable[[], None]:
    """Trace and measure what the actors of this process do from now on, started already or not.

    Args:
        tracer_provider: Where spans go. Left out, to OpenTelemetry's provider of the process.
        meter_provider: The same for metrics.

    Returns:
        What ends it. A task that is worked on at that time still ends its span.
    """
    tracer = trace.get_tracer("swf", swf.__version__, tracer_provider)
    meter = metrics.get_meter("swf", swf.__version__, meter_provider)
    return observe(_Telemetry(tracer, meter))


@attrs.define
class _Work:
    """What becomes of a task that is worked on."""

    span: Span
    outcome: str = "none"


class _Telemetry(Observer):
    """Makes spans, and measures."""

    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        self._tracer = tracer
        # A thread works on one task at a time, and it is the one that tells of it.
        self._here = threading.local()
        self._poll_duration = _seconds(meter, "swf.poll.duration", "How long polls took that SWF answered.")
        self._task_duration = _seconds(meter, "swf.task.duration", "How long tasks were worked on, until answered.")
        self._queue_wait = _seconds(meter, "swf.task.queue_wait", "How long tasks waited in their task list.")
        self._empty = meter.create_counter("swf.polls.empty", "{poll}", "Polls that ended without a task.")
        self._throttles = meter.create_counter("swf.throttles", "{poll}", "Polls that came too fast for SWF.")
        self._failed = meter.create_counter("swf.tasks.failed", "{task}", "Tasks that were worked on in vain.")

    @contextmanager
    def working(self, actor: Actor[Any], task: Any) -> Iterator[None]:
        """Be in the span of a task, and measure how long that is."""
        began = time.perf_counter()
        with self._span(actor, task) as span:
            self._here.work = work = _Work(span)
            try:
                yield
            except BaseException as error:
                self._fail(actor, task, error, Failure.of(error))
                raise
            finally:
                self._here.work = None
                span.set_attribute("swf.task.outcome", work.outcome)
                attributes = {**_about_task(actor, task), "swf.task.outcome": work.outcome}
                self._task_duration.record(time.perf_counter() - began, attributes)

    def hear(self, notice: Notice) -> None:
        """Count and measure what happened, and note on the span of a task what became of it."""
        actor, facts = notice.actor, notice.facts
        match notice.kind:
            case "task_polled":
                self._measure_poll(actor, "task", facts["seconds"])
                self._measure_wait(actor, facts["task"])
            case "poll_empty":
                self._measure_poll(actor, "empty", facts["seconds"])
                self._empty.add(1, _about_actor(actor))
            case "throttled":
                self._throttles.add(1, _about_actor(actor))
            case "decision_made":
                self._end("completed", {"swf.decisions": [decision.type for decision in facts["decisions"]]})
                self._measure_waits_of_activities(actor, facts["task"])
            case "task_completed":
                self._end("completed")
            case "task_canceled":
                self._end("canceled")
            case "task_timed_out":
                self._end("timed_out", error="SWF no longer waits for the answer.")
            case "task_failed":
                error = facts["error"]
                self._fail(actor, facts["task"], error, facts.get("failure") or Failure.of(error))

    def _span(self, actor: Actor[Any], task: Any) -> AbstractContextManager[Span]:
        about = {f"swf.{name}": value for name, value in logs.facts().items() if value is not None}
        return self._tracer.start_as_current_span(
            _name(actor, task),
            kind=SpanKind.CONSUMER,
            attributes={**_about_actor(actor), **about},
            record_exception=False,
            set_status_on_exception=False,
        )

    @property
    def _work(self) -> _Work | None:
        """What this thread works on; a task that was polled by hand is not known."""
        return getattr(self._here, "work", None)

    def _end(self, outcome: str, attributes: Mapping[str, Any] = _NOTHING, *, error: str | None = None) -> None:
        """Note what became of the task that this thread works on."""
        work = self._work
        if work is None:
            return
        work.outcome = outcome
        work.span.set_attributes(attributes)
        if error is not None:
            work.span.set_status(StatusCode.ERROR, error)

    def _fail(self, actor: Actor[Any], task: Any, error: BaseException, failure: Failure) -> None:
        self._failed.add(1, {**_about_task(actor, task), "error.type": failure.type})
        self._end("failed", {"error.type": failure.type}, error=failure.reason)
        if self._work is not None:
            self._work.span.record_exception(error, _elsewhere(error))

    def _measure_poll(self, actor: Actor[Any], outcome: str, seconds: float) -> None:
        self._poll_duration.record(seconds, {**_about_actor(actor), "swf.poll.outcome": outcome})

    def _measure_wait(self, actor: Actor[Any], task: Any) -> None:
        if not isinstance(task, DecisionTask) or not isinstance(task.history.last, DecisionTaskStarted):
            return
        scheduled = _scheduled(task.history, task.history.last)
        if scheduled is not None:
            self._queue_wait.record(_between(scheduled, task.history.last), _about_task(actor, task))

    def _measure_waits_of_activities(self, actor: Actor[Any], task: DecisionTask) -> None:
        for started in task.new_events:
            if not isinstance(started, ActivityTaskStarted):
                continue
            scheduled = _scheduled(task.history, started)
            if isinstance(scheduled, ActivityTaskScheduled):
                self._queue_wait.record(_between(scheduled, started), _about_activity(actor, scheduled))


def _seconds(meter: Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=BUCKETS)


def _kind(actor: Actor[Any]) -> str:
    if isinstance(actor, Decider):
        return "decision"
    return "activity" if isinstance(actor, ActivityWorker) else "other"


def _name(actor: Actor[Any], task: Any) -> str:
    match task:
        case DecisionTask(workflow_type=TypeId(name=name)):
            return f"decide {name}"
        case ActivityTask(activity_type=TypeId(name=name)):
            return f"activity {name}"
    return f"task of {type(actor).__name__}"


def _about_actor(actor: Actor[Any]) -> dict[str, str]:
    return {"swf.domain": actor.domain.name, "swf.task_list": actor.task_list, "swf.task.kind": _kind(actor)}


def _about_task(actor: Actor[Any], task: Any) -> dict[str, str]:
    match task:
        case DecisionTask(workflow_type=TypeId(name=name, version=version)):
            return {**_about_actor(actor), "swf.workflow_type": name, "swf.version": version}
        case ActivityTask(activity_type=TypeId(name=name, version=version)):
            return {**_about_actor(actor), "swf.activity_type": name, "swf.version": version}
    return _about_actor(actor)


def _about_activity(decider: Actor[Any], scheduled: ActivityTaskScheduled) -> dict[str, str]:
    return {
        "swf.domain": decider.domain.name,
        "swf.task_list": scheduled.task_list,
        "swf.task.kind": "activity",
        "swf.activity_type": scheduled.activity_type.name,
        "swf.version": scheduled.activity_type.version,
    }


def _scheduled(history: History, started: ActivityTaskStarted | DecisionTaskStarted) -> Event | None:
    """Give the event with which the wait began; a history that was read in part may not have it."""
    try:
        return history.event(started.scheduled_event_id)
    except ValidationError:
        return None


def _between(earlier: Event, later: Event) -> float:
    return (later.timestamp - earlier.timestamp).total_seconds()


def _elsewhere(error: BaseException) -> dict[str, str] | None:
    """Give the words of an error that was raised in another process, which only its failure knows."""
    if not isinstance(error, ChildFailed):
        return None
    failure = error.failure
    return {
        "exception.type": failure.type,
        "exception.message": failure.message,
        "exception.stacktrace": failure.traceback or "",
    }
