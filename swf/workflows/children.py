"""Child workflows that are implemented elsewhere, known by their type."""

from typing import Any

from swf import wire
from swf.checks import of_shape
from swf.models.decision import StartChildWorkflowExecution
from swf.shapes import Text
from swf.workflows.arguments import packed
from swf.workflows.calls import ChildCall, ChildFuture, made
from swf.workflows.machine import Machine
from swf.workflows.options import ByType, WorkflowOptions, evolved, sent
from swf.workflows.running import required

_WORKFLOW_ID = Text("workflow_id", max=256, min=1)


class ChildWorkflow(ByType[WorkflowOptions]):
    """A workflow that is implemented elsewhere, known by its type, to be started as a child.

    >>> bill = ChildWorkflow("Bill", "1.0", task_list="bills")
    >>> bill
    ChildWorkflow('Bill', '1.0')

    Inside a workflow, ``await bill({"order": 7})`` starts it and gives its result; the future tells its
    ``workflow_id``, and ``await future.started`` its run id.

    Args:
        name: The type's name.
        version: The type's version.
        options: Any of `WorkflowOptions`.
    """

    def __init__(self, name: str, version: str, **options: Any) -> None:
        super().__init__(name, version, evolved(WorkflowOptions(), options))

    def _decided(self, settings: WorkflowOptions) -> dict[str, Any]:
        decision = StartChildWorkflowExecution(
            workflow_type=self.type_id,
            workflow_id=settings.workflow_id or "1",
            execution_start_to_close_timeout=settings.execution_timeout,
            task_start_to_close_timeout=settings.decision_tasks_timeout,
            **sent(settings),
        )
        return {name: value for name, value in wire.write(decision).items() if name != "workflowId"}

    def __call__(self, *args: Any, **kwargs: Any) -> ChildFuture[Any]:
        """Start it as a child, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: These are not its arguments.
            ValidationError: They are no JSON, or too long.
        """
        return self._begun(required(repr(self)), packed(repr(self), args, kwargs), self.settings.workflow_id)

    def _begun(self, machine: Machine, input: Any, id: str | None) -> ChildFuture[Any]:
        text = machine.encoded(input)
        if id is not None:
            of_shape(id, _WORKFLOW_ID)

        def start(attempt: int) -> ChildCall[Any]:
            workflow_id = id or machine.child_id()
            call: ChildCall[Any] = ChildCall(machine, self.settings.cancel, self.type_id, workflow_id, text, self._raw)
            machine.ask(call)
            return call

        child: Any = made(machine, self.settings.retry, start)
        return child  # type: ignore[no-any-return]
