"""Decision tasks: what happened is read, what happens next is answered."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, ClassVar, TypeVar

import attrs

from swf.actors import observers
from swf.actors.core import Actor, Poll, is_of_the_task
from swf.actors.handlers import Handler, Handlers, Type, mark, marked, named, shown
from swf.actors.portions import Place, as_it_was, is_ours, place_of, portion, reached
from swf.actors.trouble import Logged
from swf.checks import closest
from swf.connection import Connection, rows_of
from swf.constants import NONE
from swf.exceptions import (
    ConfigurationError,
    DoesNotExistError,
    IncompleteAnswerError,
    IncompleteTaskError,
    InvalidRequestError,
    PollTimeout,
    ResponseError,
    SWFError,
)
from swf.failure import raised
from swf.logs import HarmlessLogger
from swf.models.decision import Decision, FailWorkflowExecution
from swf.models.domain import Domain
from swf.models.event import EVENTS, DecisionTaskCompleted, Event, TimerFired, TimerStarted, WorkflowExecutionStarted
from swf.models.event.refusal import REFUSED
from swf.models.history.pages import check_task
from swf.models.task import Decisions, DecisionTask, listed, require_good_close
from swf.shapes import TypeId

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", bound=DecisionTask)
R = TypeVar("R")

_log = HarmlessLogger(logging.getLogger(__name__))

_HANDLER_OF = {"on" + re.sub("([A-Z])", r"_\1", name).lower(): name for name in EVENTS}


def workflow(name: str | Type, version: str | None = None) -> Callable[[F], F]:
    """Make a method of a `Decider` decide on the executions of a workflow type.

    >>> class Shop(Decider):
    ...     @workflow("Order", "1.0")
    ...     def order(self, task):
    ...         return []

    Args:
        name: The type's name, or a type that has a name and a version.
        version: The type's version.
    """
    return lambda function: mark(function, "workflow", named(name, version), None)


class Decider(Actor[DecisionTask]):
    """Polls for decision tasks and answers them with decisions.

    There are three ways to say what happens next, each with decisions, one or several or None. Subclass it and look at
    the whole history in `decide`:

    >>> from swf.models.decision import CompleteWorkflowExecution
    >>> class Greeter(Decider):
    ...     def decide(self, task):
    ...         return CompleteWorkflowExecution(result=f"Hello, {task.history.input}!")

    Or say what each new event brings about, in methods that are named after SWF's events:

    >>> class Polite(Decider):
    ...     def on_workflow_execution_started(self, task, event):
    ...         return CompleteWorkflowExecution(result=f"Hello, {event.input}!")

    Or have a function or a method for each workflow type, by `workflow`. Executions of other types are then left alone.

    What is decided has to follow from the history alone: it is decided again when SWF did not get the answer, and when
    one answer could not hold it all. A task whose decider raises is not answered: the error is logged with the
    execution's ids, and SWF hands the task out again when its timeout is over.

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        identity: Who polls, as histories tell it. Left out, it is made of host, process and a random suffix.
        connection: Which SWF. Left out, the domain's own connection.
        concurrency: How many executions are decided on at the same time.
        pollers: How many polls may wait at the same time. Left out, 5, or as many as the concurrency if that is less.

    See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-dev-deciders.html
    """

    # Whether it reads the whole history by itself when it does not know what is before the events that came.
    _reads_again: ClassVar[bool] = False

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        *,
        identity: str | None = None,
        connection: Connection | None = None,
        concurrency: int = 1,
        pollers: int | None = None,
    ) -> None:
        self._handlers: Handlers[None] = Handlers("workflow", self)
        self._left_alone: set[TypeId | None] = set()
        super().__init__(
            domain, task_list, identity=identity, connection=connection, concurrency=concurrency, pollers=pollers
        )

    def _rest(self) -> None:
        super()._rest()
        # Which executions' histories were not whole, and how.
        self._logged = Logged()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_logged"}

    def workflow(self, name: str | Type, version: str | None = None) -> Callable[[F], F]:
        """Make a function decide on the executions of a workflow type.

        >>> from swf.models.decision import CompleteWorkflowExecution
        >>> shop = Decider("shop", "orders")
        >>> @shop.workflow("Order", "1.0")
        ... def order(task):
        ...     return CompleteWorkflowExecution(result=task.history.input)

        Args:
            name: The type's name, or a type that has a name and a version.
            version: The type's version.

        Raises:
            ValidationError: The type has a handler already.
        """

        def register(function: F) -> F:
            self._handlers.add(Handler(named(name, version), function, None))
            return function

        return register

    @classmethod
    def is_complete(cls) -> bool:
        """Return whether the class itself says what to decide: a class to be subclassed does not."""
        return cls._decides() or cls._listens() or any(marked(cls, "workflow"))

    def check(self) -> None:
        """Refuse to start without anything that decides.

        Raises:
            ConfigurationError: There is nothing, or a method is named after an event that does not exist.
        """
        for name in dir(type(self)):
            if name.startswith("on_") and name not in _HANDLER_OF:
                close = closest(name, _HANDLER_OF)
                hint = f" Did you mean {close}?" if close else ""
                raise ConfigurationError(f"{type(self).__name__}.{name} is named after no event of SWF.{hint}")
        if not (self._handlers or self.is_complete()):
            raise ConfigurationError(
                f"{self!r} does not say what to decide. Give it a decide(task), methods such as "
                "on_workflow_execution_started(task, event), or functions: @decider.workflow('Name', '1.0')."
            )

    def decide(self, task: DecisionTask) -> Decisions:
        """Say what happens next in an execution, given its history.

        As it stands it asks the handler of the execution's type, else the methods that are named after the new events:
        until one of them closes the execution. If SWF would not close it because of events that came meanwhile, what
        closed it is asked again after their methods.

        Args:
            task: ``task.history`` has all events, ``task.new_events`` those since the last decision of this execution.

        Returns:
            Decisions in the order in which SWF carries them out; one that closes the execution must be the last.
            None or none at all leaves the execution as it is until something happens to it.
        """
        handler = self._handlers.get(task.workflow_type)
        if handler is not None:
            given: Decisions = handler.function(task)
            return given
        if not self._listens():
            raise ConfigurationError(f"{type(self).__name__} does not say what to decide(task).")
        decisions = list(self._hear(task))
        if any(decision.closes for decision in decisions):
            return list(_agreeing(task, decisions))
        if all(decision.goes_with_close for decision in decisions):
            decisions.extend(self._close_again(task))
        # Else what is new has work to be done first: the old end does not go with it.
        return decisions

    def poll(
        self,
        task_list: str | None = None,
        identity: str | None = None,
        maximum_page_size: int | None = None,
        *,
        start_at_previous_started_event: bool | None = None,
    ) -> DecisionTask:
        """Ask SWF for a decision task, for a minute at most; all pages of its history are read at once.

        Args:
            task_list: Another task list than the actor's own.
            identity: Another identity than the actor's own.
            maximum_page_size: How many events come with one request, 1,000 at most.
            start_at_previous_started_event: Leave out the events before those that are new: enough for a decider that
                remembers the rest.

        Raises:
            PollTimeout: There was none, or it timed out while the pages of its history were read.
            IncompleteTaskError: There was one, and not all of its events came; also a `PollTimeout`, for nothing can be
                decided on the rest. SWF gives it again after its timeout.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForDecisionTask.html
        """
        asked = Poll(
            task_list=self.task_list if task_list is None else task_list,
            identity=self.identity if identity is None else identity,
            maximum_page_size=maximum_page_size,
            start_at_previous_started_event=start_at_previous_started_event,
        )
        return self._task_of(asked, DecisionTask)

    def _task_of(self, asked: Poll, kind: type[T]) -> T:
        """Return the task that answers a poll, with the events of all its pages."""
        pages = self.connection.pages("poll_for_decision_task", domain=self.domain.name, **asked.params)
        with self._in_domain():
            first = next(pages)
        if not first.get("taskToken"):
            raise PollTimeout(f"No decision task came on the task list {asked.task_list!r}. Poll again.")
        try:
            # The token of a further page is good for a minute only, so none is left for later.
            listed = (rows_of(page, "events", "poll_for_decision_task") for page in chain([first], pages))
            answer = {**first, "events": list(chain.from_iterable(listed))}
            check_task(answer, self._begins(asked, answer))
        except IncompleteAnswerError as error:
            raise self._incomplete(*_ids(first), error) from error
        except (DoesNotExistError, InvalidRequestError) as error:
            raise self._too_late(*_ids(first), error) from error
        return kind._of_answer(self.domain, asked.task_list, answer, self.connection)

    def _begins(self, asked: Poll, answer: Mapping[str, Any]) -> int | None:
        """Return the latest event that may be the first of what was asked for; None is as `check_task` has it."""
        if not asked.start_at_previous_started_event:
            return 1
        # SWF was seen to begin with the decision task answered before. Its documentation says "the most recent
        # DecisionTaskStarted event", which after a timeout may be a later one.
        return answer.get("startedEventId") if self._reads_again else None

    def _read_up_to_date(self, read: Callable[[], R]) -> R:
        """Return what a function reads of a history, once its newest event is there.

        GetWorkflowExecutionHistory is eventually consistent: it may lack what a decision task has already.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_GetWorkflowExecutionHistory.html
        """
        for pause in _PAUSES:
            try:
                return read()
            except IncompleteAnswerError as error:
                if error.missing != "end":
                    raise
            self._stopping.wait(pause)
        return read()

    def _too_late(self, workflow_id: str | None, run_id: str | None, error: ResponseError) -> PollTimeout:
        """Return the error of a decision task that timed out, or whose pages did, before all of them were read."""
        late = (
            f"A decision task of {workflow_id!r}, run {run_id!r}, was given up before all pages of its history were "
            f"read: {error} SWF gives it again."
        )
        if self._logged.is_new((run_id, "pages")):
            _log.warning("%s", late)
        return PollTimeout(late)

    def _incomplete(
        self, workflow_id: str | None, run_id: str | None, error: IncompleteAnswerError
    ) -> IncompleteTaskError:
        """Return the error of a decision task that cannot be decided on; it is logged once for an execution and cause.

        In a storm each poll may bring another such task.
        """
        of = f"A decision task of {workflow_id!r}, run {run_id!r},"
        incomplete = IncompleteTaskError(error.what, error.missing, of=of)
        if self._logged.is_new((run_id, error.missing)):
            _log.warning("%s", incomplete)
        return incomplete

    def complete(
        self,
        task_token: str,
        decisions: Decisions = None,
        execution_context: str | None = None,
        *,
        task_list: str | None = None,
        task_list_schedule_to_start_timeout: int | str | None = None,
    ) -> None:
        """Answer a decision task.

        Args:
            task_token: The task's token.
            decisions: What to do; None answers that nothing is to be done now.
            execution_context: Text that Describe tells until the next one is given.
            task_list: Where the execution's next decision tasks go.
            task_list_schedule_to_start_timeout: Seconds after which one that nobody took there goes back.

        Raises:
            DoesNotExistError: SWF no longer waits for this answer.
            ValidationError: A decision that closes the execution is not the last one.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondDecisionTaskCompleted.html
        """
        task = DecisionTask(self.domain, self.task_list, task_token, connection=self.connection)
        task.complete(
            decisions,
            execution_context,
            task_list,
            task_list_schedule_to_start_timeout,
        )

    def poll_task(self) -> DecisionTask:
        """Ask SWF for a decision task."""
        return self.poll()

    def perform_task(self, task: DecisionTask) -> None:
        """Decide, and answer the task."""
        if not self._knows(task):
            self._leave_alone(task)
            return
        for event in task.new_events:
            if isinstance(event, WorkflowExecutionStarted):
                observers.tell("execution_started", self, task=task)
            elif type(event) in REFUSED:
                _log.warning("SWF refused a decision on %r: %r", task.execution, event)
        try:
            decisions = self._portion(task)
        except IncompleteAnswerError as error:
            observers.tell("task_failed", self, task=task, error=error)
            self._incomplete(task.execution.workflow_id, task.execution.run_id, error)
            return
        except BaseException as error:
            if not is_of_the_task(error):
                raise
            observers.tell("task_failed", self, task=task, error=error)
            told = "Deciding on %r failed. The task is not answered; SWF gives it again after its timeout."
            _log.error(told, task.execution, exc_info=raised(error))
            return
        self._answer(task, decisions)

    def _answer(self, task: DecisionTask, decisions: tuple[Decision, ...]) -> None:
        try:
            self._persistently(
                partial(task.complete, decisions), repr(task.execution), seconds=_seconds_to_answer(task)
            )
        except DoesNotExistError:
            observers.tell("task_timed_out", self, task=task)
            _log.warning("The decisions on %r came too late: the task or the execution is closed.", task.execution)
            return
        except SWFError as error:
            observers.tell("task_failed", self, task=task, error=error)
            _log.error("SWF did not take the decisions on %r, and gives the task again: %s", task.execution, error)
            return
        observers.tell("decision_made", self, task=task, decisions=decisions)
        if decisions and decisions[-1].closes:
            observers.tell("execution_closed", self, task=task, decision=decisions[-1])
            if isinstance(decisions[-1], FailWorkflowExecution):
                _log.warning("%r failed: %s", task.execution, decisions[-1].reason)

    def _portion(self, task: DecisionTask) -> tuple[Decision, ...]:
        """Decide, and give what one answer can hold."""
        place = reached(task)
        if place is not None:
            decisions = self._checked_decisions(as_it_was(task, place))
            if place.sent < len(decisions):
                return portion(decisions, place)
            task = attrs.evolve(task, previous_started_event_id=place.started_event_id)
        return portion(self._checked_decisions(task), place_of(task))

    def _checked_decisions(self, task: DecisionTask) -> tuple[Decision, ...]:
        # What SWF would refuse is refused before a part of it is sent.
        decisions = listed(self.decide(task))
        require_good_close(decisions)
        return decisions

    def _hear(self, task: DecisionTask) -> Iterator[Decision]:
        """Yield what the methods for the new events decide, until one of them closes the execution."""
        for event in task.new_events:
            if isinstance(event, TimerStarted | TimerFired) and is_ours(event):
                continue
            for decision in listed(self._heard(task, event)):
                yield decision
                if decision.closes:
                    return

    def _heard(self, task: DecisionTask, event: Event) -> Decisions:
        method = _METHOD_OF.get(event.name)
        hear: Callable[[DecisionTask, Event], Decisions] | None = getattr(self, method, None) if method else None
        return None if hear is None else hear(task, event)

    def _close_again(self, task: DecisionTask) -> Iterator[Decision]:
        """Yield what closed the execution before, if SWF refused that because of events that were not seen."""
        refused = [event for event in task.new_events if getattr(event, "cause", None) == "UNHANDLED_DECISION"]
        if not refused:
            return
        before = as_it_was(task, _answered_by(task, refused[-1].attributes["decisionTaskCompletedEventId"]))
        yield from (decision for decision in listed(self.decide(before)) if decision.closes)

    def _about(self, task: DecisionTask) -> dict[str, str | None]:
        kind = task.workflow_type
        return {**super()._about(task), "workflow_type": kind and kind.name, "version": kind and kind.version}

    def _knows(self, task: DecisionTask) -> bool:
        return self._decides() or self._listens() or self._handlers.get(task.workflow_type) is not None

    def _leave_alone(self, task: DecisionTask) -> None:
        if task.workflow_type not in self._left_alone:
            self._left_alone.add(task.workflow_type)
            _log.warning(
                "%r decides nothing on executions of the type %s, such as %r, and leaves them alone. It has handlers "
                "for: %s. Give them another task list, or a handler.",
                self,
                shown(task.workflow_type),
                task.execution,
                self._handlers.shown,
            )

    @classmethod
    def _decides(cls) -> bool:
        return cls.decide is not Decider.decide

    @classmethod
    def _listens(cls) -> bool:
        return any(name in _HANDLER_OF for name in dir(cls))


def _ids(answer: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the workflow id and the run id of a decision task, as far as the answer to a poll has them."""
    execution = answer.get("workflowExecution") or {}
    return execution.get("workflowId"), execution.get("runId")


def _agreeing(task: DecisionTask, decisions: list[Decision]) -> Iterator[Decision]:
    """Yield what methods for several events decided, the last one closing, without what SWF does not take beside that.

    The methods know nothing of each other, and a task or a timer of an execution that has closed comes to nothing.
    """
    for decision in decisions:
        if not decision.goes_with_close:
            _log.warning(
                "%r closes with the same answer, so this is left out, and nobody does it: %r. Close the execution in "
                "the method of a later event.",
                task.execution,
                decision,
            )
        else:
            yield decision


# Seconds between looks at a history that lacks its newest event.
_PAUSES = (0.1, 0.3, 1.0)

_METHOD_OF = {event: method for method, event in _HANDLER_OF.items()}


def _answered_by(task: DecisionTask, completed_event_id: int) -> Place:
    """Give the place of an earlier task of the same execution, by the event of its answer."""
    answers = [event for event in task.history if isinstance(event, DecisionTaskCompleted)]
    (answer,) = (event for event in answers if event.id == completed_event_id)
    since = max((event.started_event_id for event in answers if event.id < completed_event_id), default=0)
    return Place(answer.started_event_id, since)


def _seconds_to_answer(task: DecisionTask) -> float | None:
    """Give how long SWF waits for the answer to a task; None when it waits for ever, or that is not known."""
    started = task.history.started
    timeout = None if started is None else started.task_start_to_close_timeout
    return None if timeout is None or timeout == NONE else float(timeout)
