"""Workers of declared activities, and a workflow run with everything in this process."""

import functools
import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import ExitStack, suppress
from contextvars import ContextVar
from typing import Any, Literal, ParamSpec, TypeVar, overload

import attrs

from swf import payload
from swf.actors import observers
from swf.actors.handlers import Handler
from swf.actors.running import RunningTask
from swf.actors.worker import ActivityOptions, ActivityWorker
from swf.connection import Connection
from swf.exceptions import DoesNotExistError, OutsideWorkflowError, ValidationError, WaitTimeoutError
from swf.models.domain import Domain, domain_of
from swf.shapes import ExecutionId
from swf.workflows.activities import DeclaredActivity
from swf.workflows.arguments import sendable
from swf.workflows.decider import WorkflowDecider, warn_of_task_list
from swf.workflows.definition import Runs, RunsAsync, StartedWith, Workflow, definition_of, workflows_in
from swf.workflows.execution import WorkflowRun
from swf.workflows.local import tried, tried_async
from swf.workflows.options import WorkflowOptions
from swf.workflows.registering import register
from swf.workflows.retry import RetryPolicy

P = ParamSpec("P")
R = TypeVar("R")

_task: ContextVar[RunningTask | None] = ContextVar("swf.workflows task", default=None)


def activity_task() -> RunningTask:
    """Give the task that the activity is performed for: its ids, and whether it is to be canceled.

    Raises:
        OutsideWorkflowError: The activity was called as a plain function.
    """
    task = _task.get()
    if task is None:
        raise OutsideWorkflowError("No activity task is worked on here: the function was called as a plain one.")
    return task


def heartbeat(details: Any = None) -> bool:
    """Tell how far an activity is, and learn whether it should be given up; see `RunningTask.heartbeat`.

    In an activity that was called as a plain function it does nothing.
    """
    task = _task.get()
    return False if task is None else task.heartbeat(details)


class ActivityRunner(ActivityWorker):
    """A worker that performs declared activities.

    >>> from swf.workflows import activity
    >>> @activity(task_list="math")
    ... def add(a: int, b: int) -> int:
    ...     return a + b
    >>> runner = ActivityRunner("shop", "math", activities=[add])

    When it starts it registers the types that are not there, and refuses to start if one is registered otherwise.

    Args:
        domain: The domain, or its name.
        task_list: The task list to watch.
        activities: Declared activities, and objects whose methods are some.
        registers: Whether it registers types when it starts.
        options: What else an `ActivityWorker` takes.

    Raises:
        ValidationError: Two activities are of one type, or one is none.
    """

    def __init__(
        self,
        domain: Domain | str,
        task_list: str,
        *,
        activities: Iterable[Any],
        registers: bool = True,
        identity: str | None = None,
        connection: Connection | None = None,
        concurrency: int = 1,
        pollers: int | None = None,
        executor: Literal["thread", "process"] = "thread",
        heartbeats: bool = True,
        interrupts: bool = False,
    ) -> None:
        super().__init__(
            domain,
            task_list,
            identity=identity,
            connection=connection,
            concurrency=concurrency,
            pollers=pollers,
            executor=executor,
            heartbeats=heartbeats,
            interrupts=interrupts,
        )
        self._registers = registers
        self.activities = tuple(declared for each in activities for declared in declared_in(each))
        for declared in self.activities:
            perform = functools.partial(_perform, declared)
            # A message names the function by these.
            vars(perform).update(__module__=declared.__module__, __qualname__=declared.__qualname__)
            self._handlers.add(Handler(declared.type_id, perform, ActivityOptions(declared.heartbeat_seconds)))

    def check(self) -> None:
        """Refuse to start without activities; warn of a task list where none of them comes by itself."""
        super().check()
        warn_of_task_list(self, (declared.task_list for declared in self.activities))

    def register(self) -> None:
        """Register the types of the activities that are not there, unless it was told not to.

        Raises:
            ConfigurationError: A type is registered otherwise than it is declared here.
        """
        if self._registers:
            register(declared.registration(self.domain, connection=self.connection) for declared in self.activities)


def declared_in(given: Any) -> "list[DeclaredActivity[..., Any]]":
    """Give an activity, or the methods of an object that are activities.

    Raises:
        ValidationError: It is none, and has none.
    """
    if isinstance(given, DeclaredActivity):
        return [given]
    names = (
        name for name in dir(type(given)) if isinstance(inspect.getattr_static(given, name, None), DeclaredActivity)
    )
    methods = [getattr(given, name) for name in names]
    if not methods:
        raise ValidationError(
            f"{given!r} is no activity, and has no method that is one. Put @activity over a function, a method, or a "
            "class with execute()."
        )
    return methods


def _perform(declared: "DeclaredActivity[..., Any]", task: RunningTask) -> Any:
    args, kwargs = declared.parameters.unpacked(payload.decode(task.input))
    token = _task.set(task)
    try:
        perform = functools.partial(declared.perform, *args, **kwargs)
        given = tried(perform, declared.inline_retry)
        return (
            _awaited(given, perform, declared.inline_retry, task) if isinstance(given, Coroutine) else sendable(given)
        )
    finally:
        _task.reset(token)


async def _awaited(
    given: Coroutine[Any, Any, Any], again: Callable[[], Any], policy: RetryPolicy | None, task: RunningTask
) -> Any:
    _task.set(task)
    return sendable(await tried_async(given, again, policy))


@overload
def run(
    workflow: "type[RunsAsync[P, R]] | StartedWith[P, R]",
    *args: P.args,
    **kwargs: P.kwargs,
) -> R: ...


@overload
def run(workflow: "type[Runs[P, R]]", *args: P.args, **kwargs: P.kwargs) -> R: ...


def run(workflow: Any, *args: Any, **kwargs: Any) -> Any:
    """Run a workflow from start to end with everything in this process, and give its result.

    Its decider, the workers of its activities and an SWF of its own, in memory, are there while it runs. Time is
    virtual there: a timer of a month takes none. Children and activities are those that the workflow's module
    declares; `Process` takes others, and another SWF.

    >>> class Greeting(Workflow):
    ...     async def run(self, name: str) -> str:
    ...         return f"Hello, {name}!"
    >>> run(Greeting, "Ada")
    'Hello, Ada!'

    Args:
        workflow: The workflow, or one with options.
        args: What ``run`` takes.
        kwargs: What ``run`` takes.

    Raises:
        ExecutionNotCompletedError: It closed in another way; its cause tells why it failed.
        ProgramError: It cannot go on.
    """
    with Process(workflow) as process:
        return process.run(workflow, *args, **kwargs)


class Process:
    """What runs workflows in this process: a decider, workers, and an SWF in memory if no domain is given.

    >>> class Greeting(Workflow):
    ...     async def run(self, name: str) -> str:
    ...         return f"Hello, {name}!"
    >>> with Process(Greeting) as process:
    ...     process.run(Greeting, "Ada"), process.run(Greeting, "Grace")
    ('Hello, Ada!', 'Hello, Grace!')

    The task lists are those that the workflows and the activities declare: on an SWF that others use too, they take
    some of the tasks.

    Args:
        workflows: The workflows to run. Others that their modules declare, or import, are there as well, as children.
        activities: Activities, and objects whose methods are some. Left out, those that the modules of the workflows
            declare.
        domain: Where to run them; it is registered if it is not there. Left out, in an SWF of its own, in memory, whose
            time jumps to the next deadline when nothing else is to be done.
        concurrency: How many activities are performed at the same time.
        check: Whether forbidden calls are caught.
    """

    def __init__(
        self,
        *workflows: Any,
        activities: Iterable[Any] | None = None,
        domain: Domain | str | None = None,
        concurrency: int = 10,
        check: bool = True,
    ) -> None:
        named = tuple(map(_class_of, workflows))
        self._workflows = tuple(dict.fromkeys((*named, *_beside(named))))
        self._activities = tuple(_activities_of(self._workflows) if activities is None else activities)
        self._domain = domain
        self._concurrency = concurrency
        self._check = check
        self._opened = ExitStack()
        self._errors: dict[ExecutionId, Exception] = {}

    def __enter__(self) -> "Process":
        domain = self._domain
        if domain is None:
            domain = Domain("workflows", connection=self._opened.enter_context(Connection.in_virtual_time()))
        self.domain = domain_of(domain)
        if not self.domain.exists:
            self.domain.save()
        for task_list in dict.fromkeys(workflow.task_list for workflow in self._workflows if workflow.task_list):
            decider = WorkflowDecider(
                self.domain, task_list, workflows=self._workflows, concurrency=4, check=self._check
            )
            self._opened.callback(observers.observe(_Failures(decider, self._errors)))
            self._opened.enter_context(decider)
        declared = [each for given in self._activities for each in declared_in(given)]
        for task_list in dict.fromkeys(each.task_list for each in declared):
            runner = ActivityRunner(self.domain, task_list, activities=declared, concurrency=self._concurrency)
            self._opened.enter_context(runner)
        return self

    def __exit__(self, *raised: object) -> None:
        self._opened.close()

    def run(self, workflow: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a workflow from start to end, and give its result; see `swf.workflows.run`."""
        starting = workflow if isinstance(workflow, StartedWith) else StartedWith(workflow, WorkflowOptions())
        execution: WorkflowRun[Any] = starting.start(self.domain, *args, **kwargs)
        while True:
            if error := self._error_of(execution.workflow_id):
                with suppress(DoesNotExistError):
                    attrs.evolve(execution, run_id=None).terminate("its program cannot go on")
                raise error
            try:
                return execution.result(timeout=0.5)
            except WaitTimeoutError:
                continue

    def _error_of(self, workflow_id: str) -> Exception | None:
        """Give, once, what keeps an execution, or one that it started, from going on."""
        failed = next((each for each in tuple(self._errors) if workflow_id in self._lineage(each)), None)
        return None if failed is None else self._errors.pop(failed, None)

    def _lineage(self, execution: ExecutionId) -> Iterator[str]:
        """Give the workflow id of an execution, and those of what started it."""
        at: ExecutionId | None = execution
        while at is not None:
            yield at.workflow_id
            at = self.domain.executions.get(at.workflow_id, at.run_id).parent


class _Failures(observers.Observer):
    """Hears what keeps a decider from deciding."""

    def __init__(self, decider: WorkflowDecider, errors: dict[ExecutionId, Exception]) -> None:
        self._decider = decider
        self._errors = errors

    def hear(self, notice: observers.Notice) -> None:
        """Keep the error of a task that was not answered."""
        error = notice.facts.get("error")
        if notice.kind == "task_failed" and notice.actor is self._decider and isinstance(error, Exception):
            self._errors[notice.facts["task"].workflow_execution] = error


def _class_of(workflow: Any) -> type[Workflow]:
    given = workflow._workflow if isinstance(workflow, StartedWith) else workflow
    return definition_of(given).workflow


def _namespaces_of(workflows: Iterable[type[Workflow]]) -> list[dict[str, Any]]:
    """Give the variables of the modules of workflows."""
    runs: Iterator[Any] = (getattr(workflow, "run") for workflow in workflows)  # noqa: B009
    namespaces = (inspect.unwrap(run).__globals__ for run in runs)
    return list({id(namespace): namespace for namespace in namespaces}.values())


def _beside(workflows: Iterable[type[Workflow]]) -> Iterator[type[Workflow]]:
    """Give the workflows that the modules of some declare, or import, but for those of a type that is there already."""
    types = {definition_of(workflow).type_id for workflow in workflows}
    for namespace in _namespaces_of(workflows):
        for workflow in workflows_in(namespace).values():
            if definition_of(workflow).type_id not in types:
                types.add(definition_of(workflow).type_id)
                yield workflow


def _activities_of(workflows: Iterable[type[Workflow]]) -> "list[DeclaredActivity[..., Any]]":
    """Give the activities that the modules of workflows declare, or import."""
    held = [value for namespace in _namespaces_of(workflows) for value in namespace.values()]
    return list({each.type_id: each for each in held if isinstance(each, DeclaredActivity)}.values())
