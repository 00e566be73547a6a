"""How far an execution is: one fold over its events, each of which costs the same however long the history is.

What is open is known from the events alone, and so is what is due: nothing is remembered of decisions that were made. A
decision that SWF did not get, or refused, is due again.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from swf import payload
from swf.exceptions import SpecInputError, ValidationError
from swf.failure import Failure
from swf.models import event as events
from swf.models.event import Event
from swf.models.history.state import CLOSE_STATUS_OF
from swf.shapes import ExecutionId
from swf.specs import conditions, inputs
from swf.specs.graph import Graph
from swf.specs.inputs import Sources
from swf.specs.paths import NOTHING
from swf.specs.tasks import Activity, ChildWorkflow, LambdaFunction, Outcome, Retry, Signal, Task, Timer, Work

# What begins like this is named here and not in the document.
RESERVED: Final = "swf."
PAUSE: Final = "swf.specs.pause"

LONGEST_ID = 256
LONGEST_PAUSE_SECONDS = 60

# SWF would take the decision at another time.
PASSING: Final = frozenset(
    {
        "OPEN_ACTIVITIES_LIMIT_EXCEEDED",
        "ACTIVITY_CREATION_RATE_EXCEEDED",
        "OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED",
        "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED",
        "OPEN_CHILDREN_LIMIT_EXCEEDED",
        "OPEN_WORKFLOWS_LIMIT_EXCEEDED",
        "CHILD_CREATION_RATE_EXCEEDED",
        "OPEN_TIMERS_LIMIT_EXCEEDED",
        "TIMER_CREATION_RATE_EXCEEDED",
    }
)

Kind = Literal["activity", "lambda", "child", "timer"]
State = Literal["waiting", "ready", "open", "completed", "failed", "skipped", "canceled"]


@attrs.define(eq=False)
class Part:
    """A task, or its part for one item of a list; or what undoes it.

    Attributes:
        key: Its name: the activity id, if it is an activity.
        owner: The task that it belongs to.
        work: What is done.
        retry: How often it is tried.
        text: The input, as it is sent.
        seconds: How long a timer is to run.
        index: Which item it is about.
        item: The item.
        undoes: The part that it undoes.
        state: How far it is.
        failures: How many attempts failed.
        is_cancel_asked: Whether SWF was told to cancel it.
        has_started: Whether a child runs.
    """

    key: str
    owner: "TaskProgress"
    work: Work
    retry: Retry
    text: str | None = None
    seconds: int = 0
    index: int | None = None
    item: Any = NOTHING
    undoes: "Part | None" = None
    state: State = "waiting"
    failures: int = 0
    is_cancel_asked: bool = False
    has_started: bool = False


@attrs.define(eq=False)
class TaskProgress:
    """How far a task is.

    Attributes:
        task: The task.
        missing: How many dependencies are not done.
        state: How far it is.
        left: The numbers and the values of the items that nothing was begun with.
        active: How many parts are begun and not done.
        undone: How many parts are not done.
        results: The results of its parts, as SWF holds them.
        result: Its result, once it was asked for.
    """

    task: Task
    missing: int
    state: State = "waiting"
    left: deque[tuple[int | None, Any]] = attrs.field(factory=deque)
    active: int = 0
    undone: int = 0
    results: dict[int | None, str | None] = attrs.field(factory=dict)
    result: Any = None
    is_read: bool = False


@attrs.frozen
class TimerOf:
    """What a timer is for: a part's own time, another attempt, or an end to waiting for a signal."""

    part: Part
    why: Literal["work", "retry", "timeout"]
    seconds: int


class Progress:
    """How far an execution of a graph of tasks is.

    Attributes:
        tasks: The tasks, by id.
        due: What is to be opened, by kind and by activity id, function id, workflow id or timer id.
        open: How many are open, by kind.
        parts: What is open but timers, by the event that opened it.
        timers: The open timers, by id.
        stale: The ids of open timers that nobody needs any more.
        unfinished: How many tasks are not done.
        failure: Why the execution is to fail, if it is.
        is_compensating: Whether what is done is to be undone first.
        is_compensated: Whether nothing is left to be undone.
        is_cancel_requested: Whether somebody asked for the execution to be canceled.
        is_pausing: Whether SWF refused something that it would take later.
        refusals: How often that was so in a row.
        refused_end: Why SWF refused to close the execution, if trying again does not help.
        is_closed: Whether the execution has closed.
    """

    def __init__(self, tasks: Mapping[str, Task], graph: Graph, execution: ExecutionId) -> None:
        self.tasks = {id: TaskProgress(task, len(task.dependencies)) for id, task in tasks.items()}
        self.due: dict[Kind, dict[str, Part | TimerOf]] = {"activity": {}, "lambda": {}, "child": {}, "timer": {}}
        self.open: dict[Kind, int] = {"activity": 0, "lambda": 0, "child": 0, "timer": 0}
        self.parts: dict[int, Part] = {}
        self.timers: dict[str, TimerOf | None] = {}
        self.stale: dict[str, None] = {}
        self.unfinished = len(tasks)
        self.failure: Failure | None = None
        self.is_compensating = False
        self.is_compensated = False
        self.is_cancel_requested = False
        self.is_pausing = False
        self.refusals = 0
        self.refused_end: str | None = None
        self.is_closed = False
        self.workflow_input: Any = NOTHING
        self._graph = graph
        self._execution = execution
        self._named: dict[Kind, dict[str, Part]] = {"activity": {}, "lambda": {}, "child": {}, "timer": {}}
        self._timers_of: dict[str, TimerOf] = {}
        # Tasks of which something more may be begun: a queue, and no recursion, for chains of tasks may be long.
        self._released: deque[TaskProgress] = deque()
        self._signals: dict[str, deque[str | None]] = {}
        self._awaiting: dict[str, deque[Part]] = {}
        self._undoable: list[Part] = []
        self._undoing: Part | None = None

    @property
    def is_winding_down(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.is_cancel_requested or self.failure is not None

    @property
    def states(self) -> dict[str, State]:
        """How far each task is, by id."""
        return {id: _state(held, self.is_closed) for id, held in self.tasks.items()}

    def apply(self, event: Event) -> None:
        """Take one more event into account; events come in the order of their ids, each once."""
        method = _METHODS.get(type(event))
        if method is not None:
            method(self, event)
            while self._released:
                self._go_on(self._released.popleft())

    def result_of(self, id: str) -> Any:
        """Give the result of a task, a list for one that is done for each item; `NOTHING` if it has none."""
        held = self.tasks[id]
        if held.state not in ("completed", "failed") or (held.state == "failed" and held.task.for_each is None):
            return NOTHING
        if not held.is_read:
            held.result, held.is_read = _result(held), True
        return held.result

    # The execution

    def _on_started(self, event: events.WorkflowExecutionStarted) -> None:
        if event.input is not None:
            self.workflow_input = read(event.input)
        self._released.extend(held for held in self.tasks.values() if not held.missing)

    def _on_cancel_requested(self, event: Event) -> None:
        # What is done already, or failing, ends as it would have.
        if self.unfinished and self.failure is None:
            self.is_cancel_requested = True
            self._drop_due()

    def _on_closed(self, event: Event) -> None:
        self.is_closed = True

    def _on_end_refused(self, event: Any) -> None:
        self.refused_end = None if event.cause == "UNHANDLED_DECISION" else f"{event.name}: {event.cause}"

    def _on_decision_task_timed_out(self, event: Event) -> None:
        # Nothing was decided because an end was refused: by now it may be allowed.
        self.refused_end = None

    def _on_signal(self, event: events.WorkflowExecutionSignaled) -> None:
        waiting = self._awaiting.get(event.signal_name)
        if waiting:
            self._complete(waiting.popleft(), event.input)
        else:
            self._signals.setdefault(event.signal_name, deque()).append(event.input)

    def ask(self) -> None:
        """Take it that a decider is asked now, as it is with each decision task."""
        # What was decided before is in the history by now, so what is not open will not be.
        if self.is_compensating and not self.is_compensated and self._undoing is None and not self.parts:
            self._undo_next()

    # What is opened

    def _opened(self, kind: Kind, id: str, event_id: int) -> None:
        self.due[kind].pop(id, None)
        part = self._named[kind].get(id)
        if not self.is_pausing:
            self.refusals = 0
        if part is not None:
            part.state = "open"
            self.parts[event_id] = part
            self.open[kind] += 1

    def _on_activity_scheduled(self, event: events.ActivityTaskScheduled) -> None:
        self._opened("activity", event.activity_id, event.id)

    def _on_lambda_scheduled(self, event: events.LambdaFunctionScheduled) -> None:
        self._opened("lambda", event.function_id, event.id)

    def _on_child_initiated(self, event: events.StartChildWorkflowExecutionInitiated) -> None:
        self._opened("child", event.workflow_id, event.id)

    def _on_child_started(self, event: events.ChildWorkflowExecutionStarted) -> None:
        part = self.parts.get(event.initiated_event_id)
        if part is not None:
            part.has_started = True

    # What is closed

    def _close(self, event_id: int | None) -> Part | None:
        part = None if event_id is None else self.parts.pop(event_id, None)
        if part is not None:
            self.open[_KIND_OF[type(part.work)]] -= 1
            part.is_cancel_asked = part.has_started = False
        return part

    def _on_completed(self, event: Any) -> None:
        part = self._close(event.opener_id)
        if part is not None:
            self._complete(part, event.result)

    def _on_failed(self, event: Any) -> None:
        self._on_bad_end(event, "failed", Failure.read(event.reason, event.details))

    def _on_timed_out(self, event: Any) -> None:
        self._on_bad_end(event, "timed_out", Failure(type=event.timeout_type or "START_TO_CLOSE"))

    def _on_canceled(self, event: Any) -> None:
        self._on_bad_end(event, "canceled", Failure(type="canceled", message=event.details or ""))

    def _on_terminated(self, event: Event) -> None:
        self._on_bad_end(event, "terminated", Failure(type="terminated"))

    def _on_lambda_not_started(self, event: events.StartLambdaFunctionFailed) -> None:
        failure = Failure(type=event.cause or "StartLambdaFunctionFailed", message=event.message or "")
        self._on_bad_end(event, "not_scheduled", failure)

    def _on_bad_end(self, event: Event, outcome: Outcome, failure: Failure) -> None:
        part = self._close(event.opener_id)
        if part is not None:
            self._fail(part, outcome, failure)

    # What SWF refuses to open

    def _refused(self, kind: Kind, id: str, cause: str) -> None:
        part = self._named[kind].get(id)
        if cause in PASSING:
            self.refusals += not self.is_pausing
            self.is_pausing = True
        elif part is not None and self.due[kind].pop(id, None) is not None:
            self._fail(part, "not_scheduled", Failure(type=cause))

    def _on_activity_refused(self, event: events.ScheduleActivityTaskFailed) -> None:
        self._refused("activity", event.activity_id, event.cause)

    def _on_lambda_refused(self, event: events.ScheduleLambdaFunctionFailed) -> None:
        self._refused("lambda", event.function_id, event.cause)

    def _on_child_refused(self, event: events.StartChildWorkflowExecutionFailed) -> None:
        part = self._close(event.initiated_event_id)
        if part is None:
            self._refused("child", event.workflow_id, event.cause)
        elif event.cause in PASSING and not self.is_winding_down:
            self._make_due(part)
            self._refused("child", event.workflow_id, event.cause)
        else:
            self._fail(part, "not_scheduled", Failure(type=event.cause))

    def _on_timer_refused(self, event: events.StartTimerFailed) -> None:
        if event.timer_id.startswith(PAUSE):
            self.is_pausing = False
            return
        timer = self._timers_of.get(event.timer_id)
        if event.cause in PASSING:
            self._refused("timer", event.timer_id, event.cause)
        elif timer is not None and self.due["timer"].pop(event.timer_id, None) is not None:
            self._fail(timer.part, "not_scheduled", Failure(type=event.cause))

    # Cancels

    def _on_activity_cancel_requested(self, event: events.ActivityTaskCancelRequested) -> None:
        self._note_cancel("activity", event.activity_id, True)

    def _on_child_cancel_requested(self, event: events.RequestCancelExternalWorkflowExecutionInitiated) -> None:
        self._note_cancel("child", event.workflow_id, True)

    def _on_child_cancel_refused(self, event: events.RequestCancelExternalWorkflowExecutionFailed) -> None:
        # A child that is not there any more has an event of its own to come.
        if event.cause != "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION":
            self._note_cancel("child", event.workflow_id, False)

    def _note_cancel(self, kind: Kind, id: str, is_asked: bool) -> None:
        part = self._named[kind].get(id)
        if part is not None:
            part.is_cancel_asked = is_asked

    # Timers

    def _on_timer_started(self, event: events.TimerStarted) -> None:
        self.open["timer"] += 1
        timer = self._timers_of.get(event.timer_id)
        self.timers[event.timer_id] = timer
        self.due["timer"].pop(event.timer_id, None)
        if timer is not None and timer.why == "work":
            timer.part.state = "open"
        if timer is not None and not self._is_needed(timer.part):
            self.stale[event.timer_id] = None

    def _on_timer_over(self, event: Any) -> TimerOf | None:
        self.open["timer"] -= 1
        self.stale.pop(event.timer_id, None)
        if event.timer_id.startswith(PAUSE):
            self.is_pausing = False
        return self.timers.pop(event.timer_id, None)

    def _on_timer_fired(self, event: events.TimerFired) -> None:
        timer = self._on_timer_over(event)
        if timer is None or not self._is_needed(timer.part):
            return
        match timer.why:
            case "work":
                self._complete(timer.part, None)
            case "retry":
                self._make_due(timer.part)
            case "timeout":
                self._fail(timer.part, "timed_out", Failure(type="START_TO_CLOSE", message="The signal did not come."))

    def _is_needed(self, part: Part) -> bool:
        return part.state not in _DONE and (part.undoes is not None or not self.is_winding_down)

    # Tasks

    def _go_on(self, held: TaskProgress) -> None:
        """Do what can be done of a task, now that all it waits for is done."""
        if held.state == "waiting" and not self.is_winding_down:
            self._begin(held)
        limit = None if held.task.for_each is None else held.task.for_each.limit
        while held.left and not self.is_winding_down and (limit is None or held.active < limit):
            self._begin_next(held)

    def _begin(self, held: TaskProgress) -> None:
        task = held.task
        if task.dependencies and all(self.tasks[id].state == "skipped" for id in task.dependencies):
            self._finish(held, "skipped")
            return
        try:
            if task.when is not None and not conditions.holds(task.when, self._sources(NOTHING)):
                self._finish(held, "skipped")
                return
            items = self._items(task)
        except SpecInputError as error:
            self._give_up(held, _unusable(task.id, error))
            return
        held.state = "ready"
        held.left.extend(items)
        held.undone = len(held.left)
        if not held.undone:
            self._finish(held, "completed")

    def _items(self, task: Task) -> Iterator[tuple[int | None, Any]]:
        if task.for_each is None:
            return iter([(None, NOTHING)])
        found = inputs.value_of(task.for_each.items, self._sources(NOTHING))
        if not isinstance(found, list):
            raise SpecInputError(
                f"is to be done for each item of a list, and {found!r:.80} is none. Have it be one, or give a default."
            )
        return iter(enumerate(found))

    def _begin_next(self, held: TaskProgress) -> None:
        """Begin with the next item of a task."""
        task = held.task
        held.active += 1
        index, item = held.left.popleft()
        key = task.id if index is None else named(f"{task.id}[{index}]")
        part = Part(key, held, task.work, task.retry, index=index, item=item)
        try:
            self._fill(part, task.input, self._sources(item))
        except (SpecInputError, ValidationError) as error:
            self._give_up_part(part, _unusable(key, error))
            return
        self._make_due(part)

    def _fill(self, part: Part, asked: inputs.Input, sources: Sources) -> None:
        """Find out what a part is done with."""
        if isinstance(part.work, Timer):
            part.seconds = _seconds(inputs.value_of(part.work.seconds, sources))
        elif not isinstance(part.work, Signal):
            part.text = inputs.text_of(inputs.value_of(asked, sources))

    def _sources(self, item: Any) -> Sources:
        return Sources(self.workflow_input, self.result_of, item)

    def _make_due(self, part: Part) -> None:
        part.state = "ready"
        if isinstance(part.work, Signal):
            self._await(part, part.work)
        elif isinstance(part.work, Timer):
            self._make_timer_due(part.key, TimerOf(part, "work", part.seconds))
        else:
            kind = _KIND_OF[type(part.work)]
            id = self.child_id(part.key) if kind == "child" else part.key
            self._named[kind][id] = part
            self.due[kind][id] = part

    def _make_timer_due(self, timer_id: str, timer: TimerOf) -> None:
        self._timers_of[timer_id] = timer
        self.due["timer"][timer_id] = timer

    def _await(self, part: Part, signal: Signal) -> None:
        come = self._signals.get(signal.name)
        if come:
            self._complete(part, come.popleft())
            return
        part.state = "open"
        self._awaiting.setdefault(signal.name, deque()).append(part)
        if isinstance(signal.timeout, int):
            self._make_timer_due(named("swf.specs.timeout-", part.key), TimerOf(part, "timeout", signal.timeout))

    def child_id(self, key: str) -> str:
        """Give the workflow id of a child: the same each time, and no other run's."""
        workflow_id, run_id = self._execution
        return named(f"{workflow_id}.{key}.", hashlib.sha256(run_id.encode()).hexdigest()[:8])

    # Ends of parts and tasks

    def _complete(self, part: Part, result: str | None) -> None:
        part.state = "completed"
        self._forget_timeout(part)
        if part.undoes is not None:
            self._undoing = None
            return
        part.owner.results[part.index] = result
        if part.owner.task.compensation is not None:
            self._undoable.append(part)
        self._end_part(part)

    def _fail(self, part: Part, outcome: Outcome, failure: Failure) -> None:
        """Take a bad end: try again, or give up."""
        part.failures += 1
        if self.is_winding_down and part.undoes is None:
            part.state = "canceled" if outcome == "canceled" else "failed"
            return
        if part.failures < part.retry.max_attempts and outcome in part.retry.on and failure.retry:
            self._try_again(part, failure)
        elif part.undoes is not None:
            part.state = "failed"
            self._undoing = None
            assert self.failure is not None
            self.failure = attrs.evolve(
                self.failure,
                message=f"{self.failure.message} What undoes {part.undoes.key!r} failed, too: {failure.reason}",
            )
        else:
            attempts = f" after {part.failures} attempts" if part.failures > 1 else ""
            message = f"The task {part.key!r} {_SAID[outcome]}{attempts}: {failure.reason}"
            told = Failure(type="TaskFailed", message=message, cause=failure)
            self._give_up_part(part, told)

    def _try_again(self, part: Part, failure: Failure) -> None:
        delay = max(part.retry.delay_after(part.failures), failure.retry_after or 0)
        part.state = "ready"
        if delay:
            timer_id = named(f"swf.specs.retry-{part.failures}-", part.key)
            self._make_timer_due(timer_id, TimerOf(part, "retry", min(99_999_999, -int(-delay // 1))))
        else:
            self._make_due(part)

    def _give_up_part(self, part: Part, failure: Failure) -> None:
        part.state = "failed"
        self._forget_timeout(part)
        task = part.owner.task
        if task.on_failure == "continue":
            part.owner.results[part.index] = None
            part.owner.state = "failed"
            self._end_part(part)
        else:
            part.owner.state = "failed"
            self._doom(failure, is_compensating=task.on_failure == "compensate")

    def _give_up(self, held: TaskProgress, failure: Failure) -> None:
        """Take it that a task cannot even begin."""
        if held.task.on_failure == "continue":
            self._finish(held, "failed")
        else:
            held.state = "failed"
            self._doom(failure, is_compensating=held.task.on_failure == "compensate")

    def _end_part(self, part: Part) -> None:
        held = part.owner
        held.undone -= 1
        held.active -= 1
        if held.undone:
            self._released.append(held)
        else:
            self._finish(held, "failed" if held.state == "failed" else "completed")

    def _finish(self, held: TaskProgress, state: State) -> None:
        held.state = state
        self.unfinished -= 1
        for id in self._graph.dependents[held.task.id]:
            dependent = self.tasks[id]
            dependent.missing -= 1
            if not dependent.missing:
                self._released.append(dependent)

    def _forget_timeout(self, part: Part) -> None:
        if not isinstance(part.work, Signal):
            return
        waiting = self._awaiting.get(part.work.name)
        if waiting and part in waiting:
            waiting.remove(part)
        timer_id = named("swf.specs.timeout-", part.key)
        self.due["timer"].pop(timer_id, None)
        if timer_id in self.timers:
            self.stale[timer_id] = None

    # The bad end

    def _doom(self, failure: Failure, *, is_compensating: bool) -> None:
        if self.failure is None and not self.is_cancel_requested:
            self.failure = failure
            self.is_compensating = is_compensating
            self._drop_due()

    def _drop_due(self) -> None:
        """Begin nothing more of what was to be done."""
        self._released.clear()
        self._awaiting.clear()
        for held in self.due.values():
            held.clear()
        self.stale.update({timer_id: None for timer_id, timer in self.timers.items() if timer is not None})

    def _undo_next(self) -> None:
        while self._undoable:
            part = self._undoable.pop()
            compensation = part.owner.task.compensation
            assert compensation is not None
            key = named("swf.specs.undo-", part.key)
            undo = Part(key, part.owner, compensation.work, compensation.retry, item=part.item, undoes=part)
            try:
                self._fill(
                    undo, compensation.input, Sources(self.workflow_input, self._undoable_result(part), part.item)
                )
            except (SpecInputError, ValidationError) as error:
                self._fail(undo, "not_scheduled", _unusable(key, error))
                continue
            self._undoing = undo
            self._make_due(undo)
            return
        self.is_compensated = True

    def _undoable_result(self, part: Part) -> Callable[[str], Any]:
        """Give the results that can be read while a part is undone: its own is that of the part."""
        own = part.owner.results.get(part.index)

        def result_of(id: str) -> Any:
            if id == part.owner.task.id:
                return NOTHING if own is None else read(own)
            return self.result_of(id)

        return result_of


def named(prefix: str, key: str = "") -> str:
    """Give an id that SWF takes: one that is too long is cut, and stays its own.

    >>> len(named("swf.specs.undo-", "x" * 256))
    256
    """
    name = prefix + key
    if len(name) <= LONGEST_ID:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_ID - 17]}-{digest}"


def read(text: str | None) -> Any:
    """Give the value of an input or a result; what is no JSON is a text, and so is what is too deep to be read.

    >>> read('[1]'), read("no JSON")
    ([1], 'no JSON')
    """
    try:
        return payload.decode(text)
    except RecursionError:
        return text


def _result(held: TaskProgress) -> Any:
    if held.task.for_each is None:
        text = held.results.get(None)
        return NOTHING if text is None else read(text)
    return [read(held.results[index]) for index in sorted(held.results, key=lambda index: index or 0)]


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 99_999_999:
        raise SpecInputError(f"is to wait for {value!r:.80} seconds. Have that be a number from 0 to 99,999,999.")
    return -int(-value // 1)


def _unusable(key: str, error: Exception) -> Failure:
    return Failure(type="InputError", message=f"The task {key!r} {error}", retry=False)


def _state(held: TaskProgress, is_closed: bool) -> State:
    if held.state == "ready" and not is_closed:
        return "open"
    return "canceled" if is_closed and held.state in ("ready", "waiting") else held.state


_DONE = ("completed", "failed", "canceled")

_KIND_OF: Final[Mapping[type[Any], Kind]] = {
    Activity: "activity",
    LambdaFunction: "lambda",
    ChildWorkflow: "child",
    Timer: "timer",
}

_SAID: Final[Mapping[Outcome, str]] = {
    "failed": "failed",
    "timed_out": "timed out",
    "canceled": "was canceled",
    "terminated": "was terminated",
    "not_scheduled": "could not be started",
}

_METHODS: Final[Mapping[type[Event], Callable[[Progress, Any], object]]] = {
    events.WorkflowExecutionStarted: Progress._on_started,
    events.WorkflowExecutionCancelRequested: Progress._on_cancel_requested,
    events.WorkflowExecutionSignaled: Progress._on_signal,
    events.DecisionTaskStarted: lambda progress, event: progress.ask(),
    events.CompleteWorkflowExecutionFailed: Progress._on_end_refused,
    events.FailWorkflowExecutionFailed: Progress._on_end_refused,
    events.CancelWorkflowExecutionFailed: Progress._on_end_refused,
    events.DecisionTaskTimedOut: Progress._on_decision_task_timed_out,
    events.ActivityTaskScheduled: Progress._on_activity_scheduled,
    events.ScheduleActivityTaskFailed: Progress._on_activity_refused,
    events.ActivityTaskCancelRequested: Progress._on_activity_cancel_requested,
    events.ActivityTaskCompleted: Progress._on_completed,
    events.ActivityTaskFailed: Progress._on_failed,
    events.ActivityTaskTimedOut: Progress._on_timed_out,
    events.ActivityTaskCanceled: Progress._on_canceled,
    events.LambdaFunctionScheduled: Progress._on_lambda_scheduled,
    events.ScheduleLambdaFunctionFailed: Progress._on_lambda_refused,
    events.StartLambdaFunctionFailed: Progress._on_lambda_not_started,
    events.LambdaFunctionCompleted: Progress._on_completed,
    events.LambdaFunctionFailed: Progress._on_failed,
    events.LambdaFunctionTimedOut: Progress._on_timed_out,
    events.StartChildWorkflowExecutionInitiated: Progress._on_child_initiated,
    events.StartChildWorkflowExecutionFailed: Progress._on_child_refused,
    events.ChildWorkflowExecutionStarted: Progress._on_child_started,
    events.ChildWorkflowExecutionCompleted: Progress._on_completed,
    events.ChildWorkflowExecutionFailed: Progress._on_failed,
    events.ChildWorkflowExecutionTimedOut: Progress._on_timed_out,
    events.ChildWorkflowExecutionCanceled: Progress._on_canceled,
    events.ChildWorkflowExecutionTerminated: Progress._on_terminated,
    events.RequestCancelExternalWorkflowExecutionInitiated: Progress._on_child_cancel_requested,
    events.RequestCancelExternalWorkflowExecutionFailed: Progress._on_child_cancel_refused,
    events.TimerStarted: Progress._on_timer_started,
    events.StartTimerFailed: Progress._on_timer_refused,
    events.TimerFired: Progress._on_timer_fired,
    events.TimerCanceled: Progress._on_timer_over,
    **dict.fromkeys(CLOSE_STATUS_OF, Progress._on_closed),
}
