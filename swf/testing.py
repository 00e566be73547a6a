"""Workflows under test: run to their end in memory, with no time spent on waiting.

>>> from swf.actors import Decider
>>> from swf.models import WorkflowType
>>> from swf.models.decision import CompleteWorkflowExecution, StartTimer
>>> class Sleeper(Decider):
...     def decide(self, task):
...         if "month" in task.history.timers:
...             return CompleteWorkflowExecution(result="slept well")
...         return StartTimer(timer_id="month", start_to_fire_timeout=30 * 24 * 3600)
>>> with Environment() as env:
...     sleep = WorkflowType(env.domain, "Sleep", "1.0", task_list="beds", execution_timeout=90 * 24 * 3600)
...     env.register(sleep)
...     execution = env.run(sleep.start_execution("bear"), Sleeper(env.domain, "beds"))
...     execution.result
'slept well'
"""

import difflib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import attrs

from swf import payload, wire
from swf.actors import ActivityWorker, Actor, Decider
from swf.actors.handlers import shown
from swf.checks import of_kind
from swf.connection import Connection, use
from swf.constants import OPEN
from swf.engine import Engine, VirtualClock
from swf.engine.clock import Outlook, to_datetime
from swf.engine.functions import Function
from swf.engine.limits import Limits, Mode
from swf.exceptions import PollTimeout, StuckError, ValidationError
from swf.models import ActivityTask, ActivityType, DecisionTask, Domain, WorkflowExecution, WorkflowType
from swf.models.base import Model
from swf.models.decision import Decision
from swf.models.domain import domain_of
from swf.models.event import DecisionTaskStarted
from swf.models.history import ExecutionState, History, HistoryBuilder
from swf.models.task import Decisions
from swf.shapes import HasNameAndVersion, type_id

__all__ = ["Environment", "FakeWorker", "HistoryBuilder", "assert_decisions", "decide"]

Type = HasNameAndVersion | tuple[str, str]

LAST_EVENTS = 3


class Environment:
    """An SWF of a test's own, in memory, where `run` takes an execution to its end.

    In a ``with`` block it is the default connection, and ends with the block. Models and actors then need not say
    which SWF they mean. Nothing runs in threads, so that a test takes the same steps each time.

    Args:
        domain: A domain to register, or its name.
        start: When its time begins. Left out, at the machine's time.
        functions: Python callables by name, which stand for AWS Lambda functions.
        limits: What is refused because there is too much of it, or it comes too fast: ``"off"``, ``"relaxed"``,
            ``"aws"``, or `swf.engine.Limits`.
        connection: The connection of an engine of this process that is there already, with a `VirtualClock` that does
            not move by itself, and with ``poll_wait_seconds=0``. It is left open, and made the default by nobody here.

    Attributes:
        domain: The domain.
        engine: The engine that answers.
        clock: Its time.
        connection: The way to it.

    Raises:
        ValidationError: The connection's engine is not as said above.
    """

    def __init__(
        self,
        domain: Domain | str = "test",
        *,
        start: datetime | None = None,
        functions: Mapping[str, Function] | None = None,
        limits: Mode | Limits = "off",
        connection: Connection | None = None,
    ) -> None:
        self._opened = ExitStack()
        if connection is None:
            engine = Engine(clock=VirtualClock(start), functions=functions, limits=limits, poll_wait_seconds=0)
            self._opened.callback(engine.close)
            connection = use(self._opened.enter_context(Connection.over(engine)))
        self.connection = connection
        self.engine, self.clock = _steppable(connection)
        self.domain = attrs.evolve(domain_of(domain), connection=connection)
        self.register(self.domain)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget all that is in it, and restore the default connection; what was given stays open."""
        self._opened.close()

    def register(self, *models: Domain | WorkflowType | ActivityType) -> None:
        """Register models here, whatever connection they have, with their domains; what is registered is left alone."""
        for model in models:
            of_kind(model, Model, "model", "Give a Domain, a WorkflowType or an ActivityType.")
            if not isinstance(model, Domain):
                self.register(model.domain)
            here = attrs.evolve(model, connection=self.connection)
            if not here.exists:
                here.save()

    def run(
        self,
        execution: WorkflowExecution,
        *actors: Actor[Any],
        unpolled: Collection[str] = (),
        max_tasks: int = 10_000,
        patience_seconds: float = 10,
    ) -> WorkflowExecution:
        """Have actors work on their tasks until an execution has closed, and give it closed.

        They are asked in turn, each for one task at a time. When none of them finds any, time moves on to the next
        deadline. What a decider raises is raised here; what a worker raises fails its task, as ever. A run that
        continues as new has closed; without a run id the execution is whichever run is open.

        Args:
            execution: An open execution.
            actors: Deciders and workers, not started.
            unpolled: Task lists that nobody polls on purpose, so that their tasks time out.
            max_tasks: How many tasks the actors may need.
            patience_seconds: Real seconds to wait for a Lambda function, or for whoever else took a task.

        Raises:
            StuckError: It cannot go on, or needs more tasks. Tells what is open and what happened last.
            ValidationError: An actor polls another SWF than this one, or was started and polls by itself.
        """
        of_kind(execution, WorkflowExecution, "execution", "Give what start_execution() gives.")
        for actor in actors:
            self._require_here(of_kind(actor, Actor, "actor", "Give deciders and workers, made and not only named."))
        execution = attrs.evolve(execution, connection=self.connection)
        tasks, until = 0, time.monotonic() + patience_seconds
        while (run := execution.upstream()).status == OPEN:
            # Before the actors look: what a function brings about meanwhile is theirs to find in the next round.
            outlook = self._outlook()
            performed = sum(_step(actor) for actor in actors)
            tasks += performed
            if tasks > max_tasks:
                raise _stuck(run, f"it is still open after {tasks} tasks. Does its decider see what it did before?")
            if performed:
                until = time.monotonic() + patience_seconds
            elif outlook.is_working:
                _wait_for_work(run, until)
            else:
                self._pass_time(run, outlook, unpolled)
        return run

    def _outlook(self) -> Outlook:
        with self.engine.standing_still() as outlook:
            return outlook

    def _pass_time(self, run: WorkflowExecution, outlook: Outlook, unpolled: Collection[str]) -> None:
        """Move to the next deadline, unless that cannot be what the test is about."""
        if run.upstream().status != OPEN:
            # By somebody else, since it was looked at.
            return
        left = sorted(f"{name!r} ({kind} tasks)" for kind, _, name in outlook.waiting if name not in unpolled)
        if left:
            raise _stuck(
                run,
                f"no actor here polls the task list {', '.join(left)}. Give run() an actor that does, or name the list "
                "in unpolled= to have its tasks time out.",
            )
        due = None if outlook.deadline is None else to_datetime(outlook.deadline)
        end = _end(run)
        if due is None or (end is not None and due >= end):
            raise _stuck(
                run,
                f"nothing happens to it before it times out, {_when(end)}. Signal it before run(), or move the clock "
                "to see it time out: clock.advance().",
            )
        self.clock.advance_to(max(due, to_datetime(self.clock.now())))

    def _require_here(self, actor: Actor[Any]) -> None:
        if actor.state is not Actor.STATES.STOPPED:
            raise ValidationError(f"{actor!r} was started and polls by itself. Give it to run() without start().")
        if actor.connection is not self.connection and actor.connection.engine is not self.engine:
            raise ValidationError(
                f"{actor!r} polls {actor.connection!r}, which is another SWF than the one under test. Give it the "
                "domain or the connection of the environment."
            )


class FakeWorker(ActivityWorker):
    """An activity worker whose work is done by plain functions, one for each activity type.

    A function gets the task's input, decoded, and returns the result; what it raises fails the task.

    >>> worker = FakeWorker("shop", "payments", {("Charge", "1.0"): lambda order: {"charged": order["amount"]}})

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        functions: By activity type: a model, or a name and a version.
        connection: Which SWF. Left out, the domain's own connection.

    Attributes:
        performed: The tasks it was given, in order.
    """

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        functions: Mapping[Any, Callable[[Any], Any]],
        *,
        connection: Connection | None = None,
    ) -> None:
        super().__init__(domain, task_list, connection=connection)
        of_kind(functions, Mapping, "mapping of functions", "Give {('Charge', '1.0'): function}.")
        self.performed: list[ActivityTask] = []
        self._functions = {type_id(activity_type): function for activity_type, function in functions.items()}

    def perform_task(self, task: ActivityTask) -> None:
        """Do the work, and answer the task.

        Raises:
            ValidationError: There is no function for its activity type; the task is not answered.
        """
        if task.activity_type not in self._functions:
            known = ", ".join(map(str, self._functions)) or "no activity type"
            raise ValidationError(
                f"{task!r} is of an activity type that this worker has no function for: {shown(task.activity_type)}. "
                f"It performs {known}. Give it another function."
            )
        self.performed.append(task)
        super().perform_task(task)

    def perform(self, task: ActivityTask) -> Any:
        """Call the function."""
        assert task.activity_type is not None
        return self._functions[task.activity_type](payload.decode(task.input))


def decide(decider: Decider, history: History | HistoryBuilder) -> list[Decision]:
    """Give what a decider decides on a history; no SWF is needed.

    >>> from swf.models.decision import StartTimer
    >>> class Patient(Decider):
    ...     def decide(self, task):
    ...         return StartTimer(timer_id="wait", start_to_fire_timeout=60)
    >>> decide(Patient("shop", "orders"), HistoryBuilder(("Order", "1.0")))
    [StartTimer(timer_id='wait', start_to_fire_timeout=60)]

    Args:
        decider: The decider.
        history: What happened. The decision task that waits at its end is started, unless it is already.

    Raises:
        ValidationError: The history has no open decision task.
    """
    held = history.history if isinstance(history, HistoryBuilder) else history
    of_kind(held, History, "history", "Give a History or a HistoryBuilder.")
    return _listed(decider.decide(DecisionTask.from_history(_with_decision_task_started(held))))


def assert_decisions(made: Decisions, *expected: Decision) -> None:
    """Hold what a decider decided against what is expected, in order; a failure tells the difference line by line.

    >>> from swf.models.decision import StartTimer
    >>> made = StartTimer(timer_id="lunch", start_to_fire_timeout=60)
    >>> assert_decisions(made, StartTimer(timer_id="lunch", start_to_fire_timeout=3600))
    Traceback (most recent call last):
    AssertionError: The decider decided otherwise (- expected, + decided):
      StartTimer(
          timer_id='lunch',
    -     start_to_fire_timeout=3600,
    +     start_to_fire_timeout=60,
      )

    Raises:
        AssertionError: They are not equal.
    """
    __tracebackhide__ = True
    there = _listed(made)
    if there != list(expected):
        difference = "\n".join(_difference(expected, there))
        raise AssertionError(f"The decider decided otherwise (- expected, + decided):\n{difference}")


def _listed(decisions: Decisions) -> list[Decision]:
    return [decisions] if isinstance(decisions, Decision) else list(decisions or ())


def _difference(expected: Iterable[Decision], made: Iterable[Decision]) -> Iterator[str]:
    before, after = ([line for decision in each for line in _lines(decision)] for each in (expected, made))
    # What begins with a question mark points at characters of the lines before.
    return (line for line in difflib.ndiff(before, after) if not line.startswith("?"))


def _lines(decision: Decision) -> Iterator[str]:
    yield f"{decision.type}("
    for member in wire.members(type(decision)):
        value = getattr(decision, member.name)
        if value is not None:
            yield f"    {member.name}={value!r},"
    yield ")"


def _with_decision_task_started(history: History) -> History:
    scheduled = history.state.scheduled_decision
    if scheduled is None or history.state.started_decision is not None or history.last is None:
        return history
    started = DecisionTaskStarted(scheduled_event_id=scheduled.id)
    return History([*history, started.numbered(history.state.last_event_id + 1, history.last.timestamp)])


def _steppable(connection: Connection) -> tuple[Engine, VirtualClock]:
    of_kind(connection, Connection, "connection", "Give Connection.over(Engine(...)), or leave it out.")
    engine = connection.engine
    if engine is None or engine.poll_wait_seconds:
        raise ValidationError(
            f"{connection!r} leads to no engine of this process whose polls answer at once. Give "
            "Connection.over(Engine(clock=VirtualClock(), poll_wait_seconds=0))."
        )
    if not isinstance(engine.clock, VirtualClock) or engine.clock.auto_advance:
        raise ValidationError(
            f"The time of {connection!r} passes by itself. Give its engine a VirtualClock that does not."
        )
    return engine, engine.clock


def _step(actor: Actor[Any]) -> bool:
    """Have an actor perform one task; tells whether there was one."""
    try:
        task = actor.poll_task()
    except PollTimeout:
        return False
    if isinstance(actor, Decider):
        # A decider in service logs what decide() raises, and gets the task again; a test has to see it.
        task.complete(actor.decide(task))
    else:
        actor.perform_task(task)
    return True


def _wait_for_work(run: WorkflowExecution, until: float) -> None:
    if time.monotonic() >= until:
        raise _stuck(run, "somebody took a task and does not answer it, or a Lambda function does not end.")
    time.sleep(0.001)


def _end(run: WorkflowExecution) -> datetime | None:
    """Give when an execution times out."""
    if run.start_timestamp is None or not isinstance(run.execution_timeout, int):
        return None
    return run.start_timestamp + timedelta(seconds=run.execution_timeout)


def _when(instant: datetime | None) -> str:
    return "which it never does" if instant is None else f"on {instant:%F at %T} UTC"


def _stuck(run: WorkflowExecution, why: str) -> StuckError:
    history = run.history()
    last = [f"  {event!r}" for event in history[-LAST_EVENTS:]]
    return StuckError(run.workflow_id, why, "\n".join(["Open:", *_open(history.state), "Last events:", *last]))


def _open(state: ExecutionState) -> Iterator[str]:
    """Tell what is open, one line each."""
    decision = state.started_decision or state.scheduled_decision
    if decision is not None:
        yield f"  the decision task of event {decision.id}, on the task list {state.task_list!r}"
    for activity in state.activities.values():
        scheduled = activity.scheduled
        doing = "is worked on, from" if activity.started else "waits on"
        yield (
            f"  activity task {scheduled.activity_id!r} ({scheduled.activity_type}) {doing} the task list "
            f"{scheduled.task_list!r}"
        )
    for timer in state.timers.values():
        yield f"  timer {timer.timer_id!r} of {timer.start_to_fire_timeout} seconds"
    for child in state.children.values():
        yield f"  child execution {child.initiated.workflow_id!r}"
    for called in state.lambda_functions.values():
        yield f"  Lambda function {called.scheduled.name!r}"
    for request in state.external_requests.values():
        yield f"  {request.name} to {request.workflow_id!r}"
    yield f"  the execution itself{', which was asked to cancel' if state.cancel_requested else ''}"
