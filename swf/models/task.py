"""Tasks as their pollers get them: what all have in common, and decision tasks."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import attrs

from swf import rules, shapes, wire
from swf.checks import of_kind
from swf.connection import Connection
from swf.exceptions import DecisionTaskDoesNotExist, DoesNotExistError, ValidationError, narrowed
from swf.models.base import Calls, Request, number
from swf.models.decision import Decision
from swf.models.domain import Domain, InDomain, domain_of
from swf.models.history.base import History
from swf.models.history.pages import check_task
from swf.models.workflow import WorkflowExecution
from swf.shapes import Data, DurationInSecondsOptional, EventId, ExecutionId, TaskList, TaskToken, execution_id, type_id

# What a decider may answer with.
Decisions = Iterable[Decision] | Decision | None


def _history(value: History) -> History:
    return of_kind(value, History, "history", "Give a History, such as HistoryBuilder().history.")


@attrs.frozen(repr=False)
class Task(InDomain):
    """Something that a poller took from a task list and has to answer.

    Attributes:
        task_list: Where the task was taken.
        task_token: What names the task in the answers to it.
    """

    calls: ClassVar[Calls] = Calls(describe="get_workflow_execution_history")

    task_list: TaskList
    task_token: TaskToken | None = None

    def _execution(self, held: ExecutionId | None) -> WorkflowExecution:
        if held is None:
            raise ValidationError(f"{self!r} does not say which execution it is of. Give its workflow_execution.")
        return WorkflowExecution(self.domain, *held, connection=self.connection)

    def _answer(self, operation: str, request: Request, **beside: Any) -> dict[str, Any]:
        if not self.task_token:
            raise ValidationError(f"{self!r} has no task token, so it cannot be answered. Take tasks from a poll.")
        return self._call(operation, taskToken=self.task_token, **request.params, **beside)

    def _instead(self, action: str) -> str:
        return "A task comes from a poll, and is closed by its answer."


@attrs.frozen(repr=False)
class DecisionTask(Task):
    """The history of an execution that waits for its decider's decisions.

    Attributes:
        task_list: Where the task was taken.
        task_token: What names the task in the answer to it.
        workflow_execution: The workflow id and run id of the execution.
        workflow_type: Its type's name and version.
        started_event_id: The id of this task's ``DecisionTaskStarted`` event, the last of its history.
        previous_started_event_id: The same of the decision task answered before, 0 at first.
        history: The execution's history up to this task.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DecisionTask.html
    """

    DoesNotExist: ClassVar[type[DoesNotExistError]] = DecisionTaskDoesNotExist

    workflow_execution: shapes.WorkflowExecution | None = attrs.field(
        default=None, converter=attrs.converters.optional(execution_id)
    )
    workflow_type: shapes.WorkflowType | None = attrs.field(default=None, converter=attrs.converters.optional(type_id))
    started_event_id: EventId | None = None
    previous_started_event_id: EventId = 0
    history: History = attrs.field(factory=History, eq=False, converter=_history)

    @classmethod
    def from_poll(
        cls, domain: Domain | str, task_list: str, data: Mapping[str, Any], *, connection: Connection | None = None
    ) -> Self:
        """Read the task from the answer of PollForDecisionTask, with the events of all its pages.

        Raises:
            IncompleteAnswerError: Events are missing: nothing can be decided on the rest. An answer without a task
                token, that of a poll which ended without a task, needs none.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForDecisionTask.html
        """
        if data.get("taskToken"):
            check_task(data)
        return cls._of_answer(domain, task_list, data, connection)

    @classmethod
    def _of_answer(
        cls, domain: Domain | str, task_list: str, data: Mapping[str, Any], connection: Connection | None
    ) -> Self:
        return wire.read(
            cls,
            data,
            domain=domain_of(domain),
            task_list=task_list,
            connection=connection,
            previous_started_event_id=0,
            history=History.from_event_list(data.get("events", ())),
        )

    @classmethod
    def from_history(
        cls,
        history: History,
        *,
        domain: Domain | str = "test",
        execution: tuple[str, str] = ("test", "test"),
    ) -> Self:
        """Give the task whose history this is, without SWF: for tests of what a decider decides.

        Args:
            history: Of a `HistoryBuilder`, say; its last decision task should be started and not completed.
            domain: The domain, or its name.
            execution: A workflow id and a run id.

        Raises:
            ValidationError: No decision task is started in the history.
        """
        state = _history(history).state
        if state.started is None or state.started_decision is None:
            raise ValidationError(
                f"In {history!r} no decider works on a decision task. Add one: add_decision_task_started()."
            )
        return cls(
            domain,
            state.task_list,
            workflow_execution=ExecutionId(*execution),
            workflow_type=state.started.workflow_type,
            started_event_id=state.started_decision.id,
            previous_started_event_id=state.previous_started_event_id,
            history=history,
        )

    @property
    def execution(self) -> WorkflowExecution:
        """The execution that waits; nothing is asked."""
        return self._execution(self.workflow_execution)

    @property
    def new_events(self) -> History:
        """The events that no decider has answered yet: those after ``previous_started_event_id``."""
        return self.history.since(self.previous_started_event_id)

    def complete(
        self,
        decisions: Decisions = None,
        execution_context: str | None = None,
        task_list: str | None = None,
        task_list_schedule_to_start_timeout: int | str | None = None,
    ) -> None:
        """Answer the task with decisions; without any, the execution goes on waiting.

        Args:
            decisions: One, or several that take effect in this order. A decision that closes the execution comes alone
                of its kind, and last.
            execution_context: What Describe then tells of the execution; 32,768 characters at most.
            task_list: Where the execution's next decision tasks go.
            task_list_schedule_to_start_timeout: Seconds that a decision task may wait in that task list before it goes
                back to the former one. Left out, ``task_list`` holds for good.

        Raises:
            ValidationError: A decision follows one that closes the execution, or is none that SWF takes together with
                such a one; nothing was sent.
            DoesNotExistError: SWF no longer waits for the answer.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RespondDecisionTaskCompleted.html
        """
        asked = listed(decisions)
        require_good_close(asked)
        answer = DecisionAnswer(
            execution_context=execution_context,
            task_list=task_list,
            task_list_schedule_to_start_timeout=task_list_schedule_to_start_timeout,
        )
        self._answer("respond_decision_task_completed", answer, decisions=[decision.raw for decision in asked])

    def upstream(self) -> Self:
        """Give the task as the execution's history holds it; reads the whole history.

        Raises:
            DecisionTaskDoesNotExist: The task was answered or timed out, or the execution has closed.
        """
        history = self._open_history()
        return attrs.evolve(self, history=history)

    @property
    def exists(self) -> bool:
        """Whether SWF still waits for the task's answer; reads the whole history."""
        try:
            self._open_history()
        except self.DoesNotExist:
            return False
        return True

    def __repr__(self) -> str:
        execution = None if self.workflow_execution is None else self.workflow_execution.workflow_id
        return f"{type(self).__name__}({execution!r}, started_event_id={self.started_event_id!r})"

    def _open_history(self) -> History:
        execution = self.execution
        try:
            history = execution.history()
        except execution.DoesNotExist as error:
            raise narrowed(error, self.DoesNotExist) from error
        started = history.state.started_decision
        if started is None or started.id != self.started_event_id:
            raise self.DoesNotExist(
                f"Decision task {self.started_event_id!r} of {execution!r} is not open. It was answered or timed out, "
                "or the execution has closed: see the execution's history()."
            )
        return history


@attrs.frozen(kw_only=True)
class DecisionAnswer(Request):
    """What an answer to a decision task says beside the decisions."""

    execution_context: Data | None = None
    task_list: TaskList | None = None
    task_list_schedule_to_start_timeout: DurationInSecondsOptional | None = attrs.field(default=None, converter=number)


def listed(decisions: Decisions) -> tuple[Decision, ...]:
    """Give the decisions as a tuple, refusing what is none."""
    if decisions is None or isinstance(decisions, Decision):
        return () if decisions is None else (decisions,)
    if isinstance(decisions, str) or not isinstance(decisions, Iterable):
        raise _no_decision(decisions)
    listed = tuple(decisions)
    for decision in listed:
        if not isinstance(decision, Decision):
            raise _no_decision(decision)
    return listed


def _no_decision(value: object) -> ValidationError:
    return ValidationError(
        f"{wire.shown(value)} is no decision. Give a list of what swf.models.decision has, made and not only named, "
        "such as [CompleteWorkflowExecution()]; an empty list decides nothing."
    )


def require_good_close(decisions: tuple[Decision, ...]) -> None:
    """Refuse an answer whose decision that closes the execution is not last, or stands beside one that it excludes.

    Raises:
        ValidationError: SWF would refuse all decisions of the answer.
    """
    count = len(decisions)
    for place, decision in enumerate(decisions[:-1], start=1):
        if decision.closes:
            raise ValidationError(f"Decision {place} of {count} {rules.CLOSE_NOT_LAST(decision=decision.type)}.")
    if not decisions or not decisions[-1].closes:
        return
    for place, decision in enumerate(decisions, start=1):
        if not decision.goes_with_close:
            problem = rules.CLOSE_NOT_ALONE(decision=decision.type, close=decisions[-1].type)
            raise ValidationError(
                f"Decision {place} of {count} {problem}. SWF takes no such answer; tasks and timers of an execution "
                "that has closed come to nothing anyway. Leave it out, or close the execution in a later answer."
            )
