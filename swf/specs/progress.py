"""How far an execution is: what becomes of tasks as their parts end, and of the execution.

What is open is known from the events alone, and so is what is due: nothing is remembered of decisions that were made. A
decision that SWF did not get, or refused, is due again. Each step costs the same however long the history is.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from swf.exceptions import SpecInputError, ValidationError
from swf.failure import Failure
from swf.shapes import ExecutionId
from swf.specs import conditions, inputs
from swf.specs.graph import Graph
from swf.specs.inputs import Sources
from swf.specs.openings import PASSING, Openings
from swf.specs.parts import LONGEST_TIMER_SECONDS, Part, State, TaskProgress, TimerOf, items_of, named, read, seconds_of
from swf.specs.paths import NOTHING
from swf.specs.tasks import Outcome, Signal, Task, Timer


class Progress:
    """How far an execution of a graph of tasks is.

    Attributes:
        tasks: The tasks, by id.
        openings: What is open, and what is to be opened.
        unfinished: How many tasks are not done.
        workflow_input: What the execution was started with; `NOTHING` if that was no input.
        failure: Why the execution is to fail, if it is.
        is_compensating: Whether what is done is to be undone first.
        is_compensated: Whether nothing is left to be undone.
        is_cancel_requested: Whether somebody asked for the execution to be canceled.
        refused_end: Why SWF refused to close the execution, if trying again does not help.
        is_closed: Whether the execution has closed.
    """

    def __init__(self, tasks: Mapping[str, Task], graph: Graph, execution: ExecutionId) -> None:
        self.tasks = {id: TaskProgress(task, len(task.dependencies)) for id, task in tasks.items()}
        self.openings = Openings()
        self.unfinished = len(tasks)
        self.workflow_input: Any = NOTHING
        self.failure: Failure | None = None
        self.is_compensating = False
        self.is_compensated = False
        self.is_cancel_requested = False
        self.refused_end: str | None = None
        self.is_closed = False
        self._graph = graph
        self._execution = execution
        # Tasks of which something more may be begun: a queue, and no recursion, for chains of tasks may be long.
        self._released: deque[TaskProgress] = deque()
        self._signals: dict[str, deque[str | None]] = {}
        self._awaiting: dict[str, OrderedDict[str, Part]] = {}
        self._undoable: list[Part] = []
        self._undoing: Part | None = None
        self._not_undone: list[str] = []

    @property
    def is_winding_down(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.is_cancel_requested or self.failure is not None

    @property
    def states(self) -> dict[str, State]:
        """How far each task is, by id."""
        return {id: held.shown(self.is_closed) for id, held in self.tasks.items()}

    def result_of(self, id: str) -> Any:
        """Give the result of a task, a list for one that is done for each item; `NOTHING` if it has none."""
        return self.tasks[id].read()

    def child_id(self, key: str) -> str:
        """Give the workflow id of a child: the same each time, and no other run's."""
        workflow_id, run_id = self._execution
        return named(f"{workflow_id}.{key}.", hashlib.sha256(run_id.encode()).hexdigest()[:8])

    def is_needed(self, part: Part) -> bool:
        """Tell whether something may yet become of a part."""
        return not part.is_done and (part.undoes is not None or not self.is_winding_down)

    # What happens to the execution

    def begin(self, text: str | None) -> None:
        """Take it that the execution has started, with such an input."""
        if text is not None:
            self.workflow_input = read(text)
        self._released.extend(held for held in self.tasks.values() if not held.missing)

    def request_cancel(self) -> None:
        """Take it that somebody asked for the execution to be canceled."""
        # What is done already, or failing, ends as it would have.
        if self.unfinished and self.failure is None:
            self.is_cancel_requested = True
            self._drop()

    def signal(self, name: str, text: str | None) -> None:
        """Take it that a signal has come."""
        waiting = self._awaiting.get(name)
        if waiting:
            _, part = waiting.popitem(last=False)
            self.complete(part, text)
        else:
            self._signals.setdefault(name, deque()).append(text)

    def ask(self) -> None:
        """Take it that a decider is asked now, as it is with each decision task."""
        # What was decided before is in the history by now, so what is not open will not be.
        is_idle = self._undoing is None and not self.openings.parts
        if self.is_compensating and not self.is_compensated and is_idle:
            self._undo_next()

    def settle(self) -> None:
        """Begin with what may begin, now that something has ended."""
        while self._released:
            self._go_on(self._released.popleft())

    # What happens to parts

    def complete(self, part: Part, result: str | None) -> None:
        """Take it that a part is done."""
        part.state = "completed"
        self._forget_waiting(part)
        if part.undoes is not None:
            self._undoing = None
            return
        part.owner.results[part.index] = result
        if part.owner.task.compensation is not None:
            self._undoable.append(part)
        self._end_part(part)

    def fail(self, part: Part, outcome: Outcome, failure: Failure) -> None:
        """Take it that an attempt ended badly: try again, or give up."""
        part.failures += 1
        if self.is_winding_down and part.undoes is None:
            part.state = "canceled" if outcome == "canceled" else "failed"
        elif part.failures < part.retry.max_attempts and outcome in part.retry.on and failure.retry:
            self._try_again(part, failure)
        elif part.undoes is not None:
            part.state = "failed"
            self._undoing = None
            self._not_undone.append(f"What undoes {part.undoes.key!r} failed, too: {failure.reason}")
        else:
            attempts = f" after {part.failures} attempts" if part.failures > 1 else ""
            message = f"The task {part.key!r} {_SAID[outcome]}{attempts}: {failure.reason}"
            self._give_up_part(part, Failure(type="TaskFailed", message=message, cause=failure))

    def refuse_child(self, part: Part, cause: str) -> None:
        """Take it that a child that SWF was about to start is not started."""
        if cause in PASSING and not self.is_winding_down:
            self.make_due(part)
            self.openings.pause()
        else:
            self.fail(part, "not_scheduled", Failure(type=cause))

    def make_due(self, part: Part) -> None:
        """Have a part begun, or begun again."""
        part.state = "ready"
        if isinstance(part.work, Signal):
            self._await(part, part.work)
        elif isinstance(part.work, Timer):
            self.openings.ask_for_timer(part.key, TimerOf(part, "work", part.seconds))
        else:
            self.openings.ask_for(self.child_id(part.key) if part.kind == "child" else part.key, part)

    # How tasks begin

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
        return iter(enumerate(items_of(inputs.value_of(task.for_each.items, self._sources(NOTHING)))))

    def _begin_next(self, held: TaskProgress) -> None:
        """Begin with the next item of a task."""
        task = held.task
        held.active += 1
        index, item = held.left.popleft()
        key = task.id if index is None else named(f"{task.id}[{index}]")
        part = Part(key, held, task.work, task.retry, index=index, item=item)
        try:
            _fill(part, task.input, self._sources(item))
        except (SpecInputError, ValidationError) as error:
            self._give_up_part(part, _unusable(key, error))
            return
        self.make_due(part)

    def _sources(self, item: Any) -> Sources:
        return Sources(self.workflow_input, self.result_of, item)

    def _await(self, part: Part, signal: Signal) -> None:
        come = self._signals.get(signal.name)
        if come:
            self.complete(part, come.popleft())
            return
        part.state = "open"
        self._awaiting.setdefault(signal.name, OrderedDict())[part.key] = part
        if isinstance(signal.timeout, int):
            self.openings.ask_for_timer(_timeout_of(part), TimerOf(part, "timeout", signal.timeout))

    # How parts and tasks end

    def _try_again(self, part: Part, failure: Failure) -> None:
        delay = max(part.retry.delay_after(part.failures), failure.retry_after or 0)
        if not delay:
            self.make_due(part)
            return
        part.state = "ready"
        timer_id = named(f"swf.specs.retry-{part.failures}-", part.key)
        self.openings.ask_for_timer(timer_id, TimerOf(part, "retry", seconds_of(min(LONGEST_TIMER_SECONDS, delay))))

    def _give_up_part(self, part: Part, failure: Failure) -> None:
        part.state = "failed"
        self._forget_waiting(part)
        task = part.owner.task
        if task.on_failure == "continue":
            part.owner.results[part.index] = None
            part.owner.has_failed = True
            self._end_part(part)
        else:
            self._doom(part.owner, failure)

    def _give_up(self, held: TaskProgress, failure: Failure) -> None:
        """Take it that a task cannot even begin."""
        if held.task.on_failure == "continue":
            self._finish(held, "failed")
        else:
            self._doom(held, failure)

    def _end_part(self, part: Part) -> None:
        held = part.owner
        held.undone -= 1
        held.active -= 1
        if held.undone:
            self._released.append(held)
        else:
            self._finish(held, "failed" if held.has_failed else "completed")

    def _finish(self, held: TaskProgress, state: State) -> None:
        held.state = state
        self.unfinished -= 1
        for id in self._graph.dependents[held.task.id]:
            dependent = self.tasks[id]
            dependent.missing -= 1
            if not dependent.missing:
                self._released.append(dependent)

    def _forget_waiting(self, part: Part) -> None:
        if not isinstance(part.work, Signal):
            return
        if part.work.name in self._awaiting:
            self._awaiting[part.work.name].pop(part.key, None)
        self.openings.drop_timer(_timeout_of(part))

    # The bad end

    def _doom(self, held: TaskProgress, failure: Failure) -> None:
        held.state = "failed"
        if not self.is_winding_down:
            self.failure = failure
            self.is_compensating = held.task.on_failure == "compensate"
            self._drop()

    def _drop(self) -> None:
        """Begin nothing more of what was to be done."""
        self._released.clear()
        self._awaiting.clear()
        self.openings.drop()

    def _undo_next(self) -> None:
        while self._undoable:
            undo = self._undoing = self._undoing_of(self._undoable.pop())
            if undo is not None:
                self.make_due(undo)
                return
        self.is_compensated = True
        assert self.failure is not None
        self.failure = attrs.evolve(self.failure, message=" ".join([self.failure.message, *self._not_undone]))

    def _undoing_of(self, part: Part) -> Part | None:
        """Give what undoes a part; None if that cannot be begun."""
        compensation = part.owner.task.compensation
        assert compensation is not None
        key = named("swf.specs.undo-", part.key)
        undo = Part(key, part.owner, compensation.work, compensation.retry, item=part.item, undoes=part)
        try:
            _fill(undo, compensation.input, Sources(self.workflow_input, self._results_for_undoing(part), part.item))
        except (SpecInputError, ValidationError) as error:
            self.fail(undo, "not_scheduled", _unusable(key, error))
            return None
        return undo

    def _results_for_undoing(self, part: Part) -> Callable[[str], Any]:
        """Give the results that can be read while a part is undone: its own is that of the part."""
        own = part.owner.results.get(part.index)

        def result_of(id: str) -> Any:
            if id == part.owner.task.id:
                return NOTHING if own is None else read(own)
            return self.result_of(id)

        return result_of


def _fill(part: Part, asked: inputs.Input, sources: Sources) -> None:
    """Find out what a part is done with."""
    if isinstance(part.work, Timer):
        part.seconds = seconds_of(inputs.value_of(part.work.seconds, sources))
    elif not isinstance(part.work, Signal):
        part.text = inputs.text_of(inputs.value_of(asked, sources))


def _timeout_of(part: Part) -> str:
    return named("swf.specs.timeout-", part.key)


def _unusable(key: str, error: Exception) -> Failure:
    return Failure(type="InputError", message=f"The task {key!r} {error}", retry=False)


_SAID: Final[Mapping[Outcome, str]] = {
    "failed": "failed",
    "timed_out": "timed out",
    "canceled": "was canceled",
    "terminated": "was terminated",
    "not_scheduled": "could not be started",
}
