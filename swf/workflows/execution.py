"""A started execution of a declared workflow: its result, decoded, and queries, answered by replaying its history."""

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from swf.checks import meant
from swf.constants import CONTINUED_AS_NEW
from swf.exceptions import ExecutionNotCompletedError, InvalidKeywordArgumentError, SWFError
from swf.failure import Failure
from swf.models.event import WorkflowExecutionContinuedAsNew
from swf.models.workflow import WorkflowExecution

if TYPE_CHECKING:
    from swf.workflows.definition import Workflow

R = TypeVar("R")


@attrs.frozen(repr=False)
class WorkflowRun(WorkflowExecution, Generic[R]):
    """An execution of a declared workflow.

    Attributes:
        declared: The workflow's class.
    """

    # The annotation is looked up when SWF answers, and Workflow is declared above this row.
    declared: type[Any] | None = attrs.field(default=None, kw_only=True, eq=False)

    @classmethod
    def of(cls, execution: WorkflowExecution, declared: "type[Workflow]") -> Self:
        """Give an execution as one of a declared workflow, also one that was started elsewhere."""
        held = {field.name: getattr(execution, field.name) for field in attrs.fields(WorkflowExecution)}
        return cls(**held, declared=declared)

    def result(self, timeout: float | None = None) -> R:
        """Wait until the execution has closed, and give its result, decoded; of the last run, if it continues as new.

        Args:
            timeout: Seconds to wait at most, for each run. None waits for ever.

        Raises:
            ExecutionNotCompletedError: It closed in another way; its cause tells why it failed.
            WaitTimeoutError: It was still open then.
        """
        run: WorkflowExecution = self.wait(timeout)
        while run.close_status == CONTINUED_AS_NEW:
            run = _next(run).wait(timeout)
        try:
            result: R = WorkflowExecution.result.fget(run)  # type: ignore[attr-defined]
        except ExecutionNotCompletedError as error:
            if error.reason is None:
                raise
            from swf.workflows.failures import told

            raise error from told(Failure.read(error.reason, error.details))
        return result

    def query(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Ask a method of the workflow that is a `query`: its history is read and replayed here.

        It sees the workflow as it was after the last decision.

        Raises:
            InvalidKeywordArgumentError: The workflow has no such query.
            NonDeterminismError: The program is not the one that made the history.
            SWFError: Nothing was decided on it yet.
        """
        from swf.workflows.definition import definition_of
        from swf.workflows.replay import replayed

        assert self.declared is not None, "it is made by Workflow.start() or WorkflowRun.of()"
        definition = definition_of(self.declared)
        asked = definition.queries.get(method)
        if asked is None:
            known = tuple(definition.queries)
            raise InvalidKeywordArgumentError(
                f"{definition.workflow.__name__} has no query {method!r}. {meant(method, known)}"
                f"There are: {', '.join(known) or 'none'}."
            )
        if asked.is_async:
            raise InvalidKeywordArgumentError(
                f"The query {method!r} of {definition.workflow.__name__} is a coroutine function. A query only looks, "
                "and waits for nothing: make it a plain function."
            )
        run = self if self.run_id else self.upstream()
        with replayed(definition, tuple(run._raw_events()), (run.workflow_id, run.run_id or "")) as machine:
            if machine.instance is None:
                raise SWFError(
                    f"Nothing was decided on {self.workflow_id!r} yet, so {method}() has nothing to look at. Ask again "
                    "when a decider has begun it."
                )
            return machine.look(lambda: getattr(machine.instance, asked.attribute)(*args, **kwargs))


def _next(run: WorkflowExecution) -> WorkflowExecution:
    last = run._last_event()
    assert isinstance(last, WorkflowExecutionContinuedAsNew), "a run that continued as new ends with that"
    return attrs.evolve(run, run_id=last.new_execution_run_id)
