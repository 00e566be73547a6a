"""Decision tasks of declared workflows: executions are kept alive between them, so that each costs what is new in it.

An answer binds the execution to a task list of this decider's own for a while: the next decision task comes here, with
the new events only. When this decider is gone, SWF puts the task back into the list that all share, and another one
replays the history. Nothing depends on what is kept: it is dropped whenever it does not fit what SWF says.
"""

import logging
import os
import secrets
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Self, TypeVar

import attrs

from swf.actors.core import Actor, Poll
from swf.actors.decider import Decider
from swf.connection import Connection
from swf.exceptions import NonDeterminismError, PollTimeout, ValidationError
from swf.models.decision import Decision
from swf.models.domain import Domain
from swf.models.history.pages import check_end, whole_history
from swf.models.task import Decisions, DecisionTask
from swf.shapes import ExecutionId, TypeId
from swf.workflows import blocking, checking
from swf.workflows.definition import Definition, Workflow
from swf.workflows.machine import Machine
from swf.workflows.registering import register
from swf.workflows.replay import definitions, replay_turns
from swf.workflows.turns import RawEvent, Turn, cut

T = TypeVar("T")

_log = logging.getLogger(__name__)

_BLOCKING = "blocking-workflows"


@attrs.frozen(repr=False)
class WorkflowTask(DecisionTask):
    """A decision task with its events as SWF sent them.

    Attributes:
        events: The events, maybe the new ones only.
        sticky: The task list that the execution is bound to by the answer, and for how many seconds a task may wait
            there. None binds it to none.
    """

    events: tuple[RawEvent, ...] = attrs.field(default=(), eq=False, kw_only=True)
    sticky: tuple[str, int] | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def _of_answer(
        cls, domain: Domain | str, task_list: str, data: Mapping[str, Any], connection: Connection | None
    ) -> Self:
        task = super()._of_answer(domain, task_list, data, connection)
        return attrs.evolve(task, events=tuple(data.get("events", ())))

    def complete(
        self,
        decisions: Decisions = None,
        execution_context: str | None = None,
        task_list: str | None = None,
        task_list_schedule_to_start_timeout: int | str | None = None,
    ) -> None:
        """Answer the task; unless told otherwise, the execution is bound to the decider's own task list."""
        if task_list is None and self.sticky is not None:
            task_list, task_list_schedule_to_start_timeout = self.sticky
        super().complete(decisions, execution_context, task_list, task_list_schedule_to_start_timeout)


class Kept:
    """Executions that are alive here, by run id: the one used longest ago goes first.

    Whoever works on one takes it out, so nobody else can: a second thread that is given the same execution finds none.

    Args:
        most: How many are kept.
        forget: Called with what goes.
    """

    def __init__(self, most: int, forget: Callable[[Machine], None]) -> None:
        self._most = most
        self._forget = forget
        self._machines: OrderedDict[str, Machine] = OrderedDict()
        self._lock = threading.Lock()
        # Coroutines that are only collected as garbage would go on in their finally blocks as if outside of a workflow.
        weakref.finalize(self, _forget_all, self._machines)

    def __len__(self) -> int:
        return len(self._machines)

    def take(self, run_id: str) -> Machine | None:
        """Take one out."""
        with self._lock:
            return self._machines.pop(run_id, None)

    def put(self, run_id: str, machine: Machine) -> None:
        """Put one in, unless one is there that knows more."""
        with self._lock:
            gone = self._replaced(run_id, machine)
            while len(self._machines) > self._most:
                gone.append(self._machines.popitem(last=False)[1])
        for each in gone:
            self._forget(each)

    def _replaced(self, run_id: str, machine: Machine) -> list[Machine]:
        there = self._machines.get(run_id)
        if there is not None and there.turn.started_event_id >= machine.turn.started_event_id:
            return [machine]
        self._machines[run_id] = machine
        self._machines.move_to_end(run_id)
        return [] if there is None else [there]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            gone = list(self._machines.values())
            self._machines.clear()
        for each in gone:
            self._forget(each)


class WorkflowDecider(Decider):
    """Decides on the executions of declared workflows.

    >>> class Greeting(Workflow):
    ...     async def run(self, name: str) -> str:
    ...         return f"Hello, {name}!"
    >>> decider = WorkflowDecider("shop", "default", workflows=[Greeting])

    When it starts it registers the types that are not there, and refuses to start if one is registered otherwise.

    A workflow that cannot go on (`ProgramError`, or an error of this library) is not answered: the error is logged, and
    SWF gives the task again when its timeout is over. So a repaired program goes on.

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        workflows: The workflows.
        identity: Who polls, as histories tell it. Left out, it is made of host, process and a random suffix.
        connection: Which SWF. Left out, the domain's own connection.
        concurrency: How many executions are decided on at the same time.
        pollers: How many polls may wait at the same time. Left out, 5, or as many as the concurrency if that is less.
        keep: How many executions are kept alive here; 0 replays each history each time.
        sticky_timeout: Seconds that a decision task waits for this decider before any may take it. None binds no
            execution to this decider.
        check: Whether forbidden calls are caught, which takes time. Left out, if ``SWF_CHECK_WORKFLOWS`` is set to 1.
        registers: Whether it registers types when it starts.

    Raises:
        ValidationError: Two workflows are of one type.
    """

    _reads_again = True

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        *,
        workflows: Iterable[type[Workflow]],
        identity: str | None = None,
        connection: Connection | None = None,
        concurrency: int = 1,
        pollers: int | None = None,
        keep: int = 1_000,
        sticky_timeout: int | None = 10,
        check: bool | None = None,
        registers: bool = True,
    ) -> None:
        self.workflows = tuple(workflows)
        self._definitions = definitions(self.workflows)
        self._keep = keep
        self._check = check
        self._registers = registers
        self._sticky_timeout = sticky_timeout if keep else None
        super().__init__(
            domain, task_list, identity=identity, connection=connection, concurrency=concurrency, pollers=pollers
        )

    def _rest(self) -> None:
        super()._rest()
        self.own_task_list = f"{self.task_list[:230]}-{secrets.token_hex(8)}"
        self._kept = Kept(self._keep, self._forget)
        self._bound = _BoundTasks(self) if self._sticky_timeout is not None else None
        # Greenlets do not change threads: those of workflows in blocking style have one of their own.
        self._thread: ThreadPoolExecutor | None = None
        self._thread_lock = threading.Lock()
        # Both task lists are polled for, and together they keep to the concurrency.
        self._deciding = threading.BoundedSemaphore(self.concurrency)

    def __getstate__(self) -> dict[str, Any]:
        running = ("_kept", "_bound", "_thread", "_thread_lock", "_deciding", "own_task_list")
        return {name: value for name, value in super().__getstate__().items() if name not in running}

    @property
    def kept(self) -> int:
        """How many executions are alive here."""
        return len(self._kept)

    @property
    def in_hand(self) -> tuple[DecisionTask, ...]:
        """The tasks that are worked on now."""
        return super().in_hand + (self._bound.in_hand if self._bound else ())

    @property
    def ended_by(self) -> Exception | None:
        """The error that ended the decider, if it did not end because it was stopped."""
        return super().ended_by or (self._bound.ended_by if self._bound else None)

    def check(self) -> None:
        """Refuse to start without workflows, or without what they need.

        Raises:
            ValidationError: There are none.
            MissingExtraError: A workflow is in blocking style, and greenlet is not installed.
        """
        if not self._definitions:
            raise ValidationError(f"{self!r} has no workflows. Give it some: workflows=[...].")
        if any(definition.is_blocking for definition in self._definitions.values()):
            blocking.require_greenlet()
        warn_of_task_list(self, (workflow.task_list for workflow in self.workflows))

    def register(self) -> None:
        """Register the types of the workflows that are not there, unless it was told not to.

        Raises:
            ConfigurationError: A type is registered otherwise than it is declared here.
        """
        if self._registers:
            register(definition.type_in(self.domain, self.connection) for definition in self._definitions.values())

    def start(self) -> None:
        """Poll in background threads from now on: the shared task list, and this decider's own."""
        super().start()
        if self._bound is not None:
            self._bound.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Stop polling, wait until the tasks in hand are answered, and forget the executions; see `Actor.stop`."""
        self._stopping.set()
        stopped = self._bound is None or self._bound.stop(timeout)
        stopped = super().stop(timeout) and stopped
        if stopped:
            self.forget()
        return stopped

    def forget(self) -> None:
        """Forget all executions: the next task of each replays its history."""
        self._kept.clear()
        with self._thread_lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()

    def poll(
        self,
        task_list: str | None = None,
        identity: str | None = None,
        maximum_page_size: int | None = None,
        *,
        start_at_previous_started_event: bool | None = None,
    ) -> WorkflowTask:
        """Ask SWF for a decision task; see `Decider.poll`. Unless told otherwise, with its new events only."""
        asked = Poll(
            task_list=self.task_list if task_list is None else task_list,
            identity=self.identity if identity is None else identity,
            maximum_page_size=maximum_page_size,
            start_at_previous_started_event=start_at_previous_started_event is not False or None,
        )
        sticky = None if self._sticky_timeout is None else (self.own_task_list, self._sticky_timeout)
        return attrs.evolve(self._task_of(asked, WorkflowTask), sticky=sticky)

    def poll_task(self) -> WorkflowTask:
        """Ask SWF for a decision task of the shared list; when no threads poll its own, of that one first."""
        if self._bound is not None and self.state is self.STATES.STOPPED:
            try:
                return self.poll(self.own_task_list)
            except PollTimeout:
                pass
        return self.poll()

    def decide(self, task: DecisionTask) -> Decisions:
        """Run the workflow on what is new, and give what it asks for.

        Raises:
            NonDeterminismError: The program is not the one that made the history.
            ForbiddenCallError: It calls what it must not.
        """
        definition = self._definitions[_type(task)]
        with self._deciding:
            if definition.is_blocking:
                return self._in_own_thread(lambda: self._decided(definition, task))
            return self._decided(definition, task)

    def _decided(self, definition: Definition, task: DecisionTask) -> list[Decision]:
        execution = _execution(task)
        events = _events(task)
        machine = self._kept.take(execution.run_id)
        if machine is not None:
            new = [event for event in events if event["eventId"] >= task.previous_started_event_id]
            # Else what was decided last never arrived, or somebody else has decided since.
            if new and new[0]["eventId"] == machine.turn.started_event_id:
                turns = cut(new)
                if self._goes_on(machine, turns):
                    return self._answer_of(machine, turns[1:])
            machine.forget()
        if events[0]["eventId"] != 1:
            events = self._history(task, execution)
        return self._answer_of(Machine(definition, execution, check=self._is_checking), cut(events))

    @staticmethod
    def _goes_on(machine: Machine, turns: list[Turn]) -> bool:
        """Tell whether the first of some turns is the last that a machine decided, just as it did, and one is new."""
        if len(turns) != 2:
            return False
        try:
            machine.match(turns[0])
        except NonDeterminismError:
            # Somebody else answered in this decider's place: the history tells who was right.
            return False
        return True

    def _answer_of(self, machine: Machine, turns: list[Turn]) -> list[Decision]:
        try:
            replay_turns(machine, turns[:-1])
            decisions = machine.decide(turns[-1])
        except BaseException:
            # Also when the process is to end: what is left half-way through a turn must not be gone on with.
            machine.forget()
            raise
        if decisions and decisions[-1].closes:
            self._warn_once(machine)
            # Should SWF refuse that, the history is replayed.
            machine.forget()
        elif machine.execution is not None:
            self._kept.put(machine.execution.run_id, machine)
        return decisions

    def _warn_once(self, machine: Machine) -> None:
        """Log what an end cuts off; when SWF refuses the end, and it is decided again, that is known already."""
        for warning in machine.warnings:
            if self._logged.is_new(warning):
                _log.warning("%s", warning)

    def _history(self, task: DecisionTask, execution: ExecutionId) -> list[RawEvent]:
        """Read the whole history up to a task."""
        return self._read_up_to_date(lambda: self._history_now(task, execution))

    def _history_now(self, task: DecisionTask, execution: ExecutionId) -> list[RawEvent]:
        pages = self.connection.rows(
            "get_workflow_execution_history",
            "events",
            domain=self.domain.name,
            execution={"workflowId": execution.workflow_id, "runId": execution.run_id},
        )
        last = task.started_event_id or 0
        whole = whole_history(pages, execution.workflow_id)
        events: list[RawEvent] = [event for page in whole for event in page if event["eventId"] <= last]
        check_end(events[-1]["eventId"], last)
        return events

    def _portion(self, task: DecisionTask) -> tuple[Decision, ...]:
        # A machine gives no more than one answer holds.
        decisions: Any = self.decide(task)
        return tuple(decisions)

    def _knows(self, task: DecisionTask) -> bool:
        return task.workflow_type in self._definitions

    @property
    def _is_checking(self) -> bool:
        return os.environ.get(checking.VARIABLE) == "1" if self._check is None else self._check

    def _in_own_thread(self, call: Callable[[], T]) -> T:
        with self._thread_lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, _BLOCKING)
            thread = self._thread
        return thread.submit(copy_context().run, call).result()

    def _forget(self, machine: Machine) -> None:
        if machine.definition.is_blocking and not threading.current_thread().name.startswith(_BLOCKING):
            self._in_own_thread(machine.forget)
        else:
            machine.forget()


class _BoundTasks(Actor[DecisionTask]):
    """Polls the task list of a decider's own."""

    def __init__(self, decider: WorkflowDecider) -> None:
        self._decider = decider
        super().__init__(
            decider.domain,
            decider.own_task_list,
            identity=decider.identity,
            connection=decider._connection,
            concurrency=decider.concurrency,
            pollers=decider.pollers,
        )

    def poll_task(self) -> DecisionTask:
        return self._decider.poll(self.task_list)

    def perform_task(self, task: DecisionTask) -> None:
        self._decider.perform_task(task)


def warn_of_task_list(actor: Actor[Any], declared: Iterable[str | None]) -> None:
    """Warn of an actor that watches a task list which nothing that it has is declared with: it may wait for ever."""
    others = dict.fromkeys(declared)
    if None not in others and actor.task_list not in others:
        _log.warning(
            "%r watches the task list %r, and what it has is declared with %s: only what is told so when it is started "
            "or scheduled comes here.",
            actor,
            actor.task_list,
            ", ".join(map(repr, others)),
        )


def _forget_all(machines: dict[str, Machine]) -> None:
    for machine in machines.values():
        machine.forget()
    machines.clear()


def _type(task: DecisionTask) -> TypeId:
    if task.workflow_type is None:
        raise ValidationError(f"{task!r} does not say of which type it is.")
    return task.workflow_type


def _execution(task: DecisionTask) -> ExecutionId:
    if task.workflow_execution is None:
        raise ValidationError(f"{task!r} does not say which execution it is of.")
    return task.workflow_execution


def _events(task: DecisionTask) -> list[RawEvent]:
    """Give the events of a task up to it; those of a history that was given as such, in SWF's JSON."""
    held = task.events if isinstance(task, WorkflowTask) else [event.raw for event in task.history]
    return list(held)
