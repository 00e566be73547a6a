"""What is declared: a workflow, its signals and its queries."""

import functools
import inspect
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar, overload

import attrs

from swf.checks import meant
from swf.connection import Connection
from swf.constants import LONGEST_EXECUTION_SECONDS, TERMINATE
from swf.exceptions import ConfigurationError, ValidationError
from swf.models.domain import Domain, domain_of
from swf.models.workflow import WorkflowType
from swf.shapes import ChildPolicy, TypeId
from swf.workflows.arguments import Parameters, sendable
from swf.workflows.calls import ChildFuture
from swf.workflows.children import ChildWorkflow
from swf.workflows.execution import WorkflowRun
from swf.workflows.options import Seconds, WorkflowOptions, evolved
from swf.workflows.registering import first_line
from swf.workflows.running import required

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])

_SIGNAL = "_swf_signal"
_QUERY = "_swf_query"


@overload
def signal(function: F, /) -> F: ...


@overload
def signal(*, name: str | None = None) -> Callable[[F], F]: ...


def signal(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Make a method of a workflow what is called when a signal comes.

    Methods are called in the order of the signals, once for each, also for those that came before ``run`` began. One
    that is a coroutine function may await. An exception out of it fails the execution, as one out of ``run`` does.

    >>> class Order(Workflow):
    ...     @signal
    ...     def paid(self, amount: int) -> None:
    ...         self.amount = amount

    Args:
        function: The method.
        name: The signal's name. Left out, the method's.
    """
    return _marking(function, _SIGNAL, name)


@overload
def query(function: F, /) -> F: ...


@overload
def query(*, name: str | None = None) -> Callable[[F], F]: ...


def query(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Make a method of a workflow one that answers `WorkflowRun.query`: it only looks, and asks SWF for nothing.

    Args:
        function: The method.
        name: What it is asked by. Left out, the method's name.
    """
    return _marking(function, _QUERY, name)


def _marking(function: Callable[..., Any] | None, kind: str, name: str | None) -> Any:
    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        setattr(method, kind, name or method.__name__)
        return method

    return mark if function is None else mark(function)


class Runs(Protocol[P, R_co]):
    """A workflow in blocking style, to the eyes of a type checker."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Do what the workflow does."""
        ...


class RunsAsync(Protocol[P, R_co]):
    """A workflow that awaits, to the eyes of a type checker."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Do what the workflow does."""
        ...


class StartedWith(Generic[P, R]):
    """A declared workflow with options, to be started, or to be started as a child."""

    def __init__(self, workflow: "type[Workflow]", settings: WorkflowOptions) -> None:
        self._workflow = workflow
        self._settings = settings

    def start(self, domain: Domain | str, *args: P.args, **kwargs: P.kwargs) -> WorkflowRun[R]:
        """Start an execution; see `Workflow.start`."""
        settings = self._settings
        input = sendable(self._packed(args, kwargs))
        started = (
            definition_of(self._workflow)
            .type_in(domain_of(domain))
            .start_execution(
                settings.workflow_id or self._workflow.id_from_input(*args, **kwargs),
                settings.task_list,
                settings.child_policy,
                settings.execution_timeout,
                input,
                settings.tag_list,
                settings.decision_tasks_timeout,
                settings.task_priority,
                settings.lambda_role,
            )
        )
        return WorkflowRun.of(started, self._workflow)

    def child(self, *args: P.args, **kwargs: P.kwargs) -> ChildFuture[R]:
        """Start a child; see `Workflow.child`."""
        machine = required(f"{self._workflow.__name__}.child()")
        by_name = definition_of(self._workflow).child(self._settings)
        input = self._packed(args, kwargs)
        id = self._settings.workflow_id or self._workflow.id_from_input(*args, **kwargs)
        child: ChildFuture[R] = by_name._begun(machine, input, id)
        return child

    def _packed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        try:
            return definition_of(self._workflow).parameters.packed(args, kwargs)
        except TypeError as error:
            options = [f"{name}=..." for name in kwargs if name in attrs.fields_dict(WorkflowOptions)]
            if not options:
                raise
            raise TypeError(
                f"{error}. If it is no argument of run(), give it to options(): "
                f"{self._workflow.__name__}.options({', '.join(options)})."
            ) from None


class Workflow:
    """A durable workflow: its ``run`` goes on over days and restarts as if nothing had happened.

    Subclass it, and write ``run`` as a coroutine function that awaits activities, timers, children and signals; or as a
    plain function in blocking style (extra ``workflows``). Each execution has an instance of its own.

    >>> class Greeting(Workflow):
    ...     version = "2.0"
    ...     task_list = "greetings"
    ...
    ...     async def run(self, name: str) -> str:
    ...         return f"Hello, {name}!"

    The attributes are what the type is registered with. Whatever decides on its executions must do the same each time
    it is asked; see the guide.

    Attributes:
        name: The type's name. Left out, the class's.
        version: The type's version.
        task_list: Where decision tasks go.
        execution_timeout: Seconds that an execution may last; a year, if nothing is said.
        decision_tasks_timeout: Seconds that a decider may take for an answer.
        child_policy: What SWF does to open children when an execution closes, in whatever way: ``TERMINATE``,
            ``REQUEST_CANCEL``, or ``ABANDON``, without which no child outlives its parent.
        task_priority: Of decision tasks; higher ones come first.
        lambda_role: The IAM role with which executions call Lambda functions.
        description: Left out, the first line of the class's docstring.
    """

    name: ClassVar[str] = "Workflow"
    version: ClassVar[str] = "1.0"
    task_list: ClassVar[str | None] = "default"
    execution_timeout: ClassVar[int | None] = LONGEST_EXECUTION_SECONDS
    decision_tasks_timeout: ClassVar[Seconds | None] = 30
    child_policy: ClassVar[ChildPolicy | None] = TERMINATE
    task_priority: ClassVar[int | None] = None
    lambda_role: ClassVar[str | None] = None
    description: ClassVar[str | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        for name, value in vars(cls).items():
            if guess := _misspelt(name, value):
                warnings.warn(f"{cls.__name__}.{name} means nothing to SWF. {guess}".rstrip(), stacklevel=2)

    @classmethod
    def id_from_input(cls, *args: Any, **kwargs: Any) -> str | None:
        """Give the workflow id for an execution with these arguments; None has one made. Replace it to say more."""
        return None

    @classmethod
    def registration(cls, domain: Domain | str, *, connection: Connection | None = None) -> WorkflowType:
        """Give the workflow type it stands for; nothing is registered yet."""
        return definition_of(cls).type_in(domain_of(domain), connection)

    @overload
    @classmethod
    def start(
        cls: "type[RunsAsync[P, R]]", domain: Domain | str, *args: P.args, **kwargs: P.kwargs
    ) -> WorkflowRun[R]: ...

    @overload
    @classmethod
    def start(cls: "type[Runs[P, R]]", domain: Domain | str, *args: P.args, **kwargs: P.kwargs) -> WorkflowRun[R]: ...

    @classmethod
    def start(cls, domain: Domain | str, *args: Any, **kwargs: Any) -> WorkflowRun[Any]:
        """Start an execution with these arguments of ``run``, and give it.

        The type has to be registered: a `WorkflowDecider` does so when it starts.

        Raises:
            AlreadyExistsError: An execution with this workflow id is open.
            DoesNotExistError: The type or the domain is not there.
            TypeError: ``run`` takes no such arguments.
            ValidationError: They are no JSON, or too long; nothing was sent.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartWorkflowExecution.html
        """
        starting: StartedWith[..., Any] = StartedWith(cls, WorkflowOptions())
        return starting.start(domain, *args, **kwargs)

    @overload
    @classmethod
    def child(cls: "type[RunsAsync[P, R]]", *args: P.args, **kwargs: P.kwargs) -> ChildFuture[R]: ...

    @overload
    @classmethod
    def child(cls: "type[Runs[P, R]]", *args: P.args, **kwargs: P.kwargs) -> ChildFuture[R]: ...

    @classmethod
    def child(cls, *args: Any, **kwargs: Any) -> ChildFuture[Any]:
        """Inside another workflow, start an execution as a child, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: ``run`` takes no such arguments.
            ValidationError: They are no JSON, or too long.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_StartChildWorkflowExecutionDecisionAttributes.html
        """
        starting: StartedWith[..., Any] = StartedWith(cls, WorkflowOptions())
        return starting.child(*args, **kwargs)

    @overload
    @classmethod
    def options(cls: "type[RunsAsync[P, R]]", **options: Any) -> StartedWith[P, R]: ...

    @overload
    @classmethod
    def options(cls: "type[Runs[P, R]]", **options: Any) -> StartedWith[P, R]: ...

    @classmethod
    def options(cls, **options: Any) -> StartedWith[..., Any]:
        """Give the workflow with options, any of `WorkflowOptions`, to start it or to start it as a child.

        >>> Greeting = type("Greeting", (Workflow,), {"run": lambda self, name: name})
        >>> paris = Greeting.options(workflow_id="paris", tag_list=["french"])
        """
        return StartedWith(cls, evolved(WorkflowOptions(), options))


def _misspelt(name: str, value: object) -> str:
    """Ask which attribute was meant by one that is nearly one of `Workflow`'s; else an empty string."""
    options = Workflow.__annotations__
    if name in options or name.startswith("_") or not isinstance(value, str | int | None):
        return ""
    return meant(name, options)


@attrs.frozen
class Method:
    """A method of a workflow that something outside calls.

    Attributes:
        attribute: Its name in the class.
        parameters: What it takes.
        is_async: Whether it is a coroutine function.
    """

    attribute: str
    parameters: Parameters
    is_async: bool


@attrs.frozen
class Definition:
    """What a workflow class says, looked at once.

    Attributes:
        workflow: The class.
        type_id: Its type.
        parameters: What ``run`` takes.
        is_blocking: Whether ``run`` is in blocking style.
        signals: Methods by the signal's name.
        queries: Methods by the query's name.
    """

    workflow: type[Workflow]
    type_id: TypeId
    parameters: Parameters
    is_blocking: bool
    signals: Mapping[str, Method]
    queries: Mapping[str, Method]

    def bound(self, instance: Any, value: Any) -> Any:
        """Give ``run`` with the arguments that an input stands for: a coroutine, or a function to be called.

        Raises:
            ValidationError: The input does not fit.
        """
        args, kwargs = self.parameters.unpacked(value)
        run = instance.run
        return partial(run, *args, **kwargs) if self.is_blocking else run(*args, **kwargs)

    def type_in(self, domain: Domain, connection: Connection | None = None) -> WorkflowType:
        """Give the workflow type."""
        declared = self.workflow
        return WorkflowType(
            domain,
            declared.name,
            declared.version,
            task_list=declared.task_list,
            child_policy=declared.child_policy,
            execution_timeout=declared.execution_timeout,
            decision_tasks_timeout=declared.decision_tasks_timeout,
            description=declared.description or first_line(declared),
            task_priority=declared.task_priority,
            lambda_role=declared.lambda_role,
            connection=connection,
        )

    def child(self, settings: WorkflowOptions) -> ChildWorkflow:
        """Give the workflow as a child with options."""
        return ChildWorkflow(*self.type_id, **attrs.asdict(settings, recurse=False))


def definition_of(workflow: type[Workflow]) -> Definition:
    """Look at a workflow class.

    Raises:
        ConfigurationError: It has no ``run``.
    """
    if not (isinstance(workflow, type) and issubclass(workflow, Workflow)):
        raise ValidationError(f"{workflow!r} is no workflow. Give a subclass of Workflow, not an instance.")
    run = getattr(workflow, "run", None)
    if run is None:
        raise ConfigurationError(f"{workflow.__name__} does not say what to do. Give it an async def run(self, ...).")
    kind: Any = workflow
    return _looked_at(kind, run)


def workflows_in(namespace: Mapping[str, Any]) -> dict[str, type[Workflow]]:
    """Return the workflows among the variables of a module, by their names there; abstract classes are none."""
    return {
        name: value
        for name, value in namespace.items()
        if isinstance(value, type)
        and issubclass(value, Workflow)
        and hasattr(value, "run")
        and not inspect.isabstract(value)
    }


@functools.cache
def _looked_at(workflow: Any, run: Any) -> Definition:
    return Definition(
        workflow,
        TypeId(workflow.name, workflow.version),
        Parameters(run, is_method=True),
        not inspect.iscoroutinefunction(run),
        dict(_methods(workflow, _SIGNAL)),
        dict(_methods(workflow, _QUERY)),
    )


def _methods(workflow: type, kind: str) -> Iterator[tuple[str, Method]]:
    for attribute in dir(workflow):
        method = getattr(workflow, attribute, None)
        name = getattr(method, kind, None)
        if name is not None and method is not None:
            yield name, Method(attribute, Parameters(method, is_method=True), inspect.iscoroutinefunction(method))
