"""What is declared: workflows, activities, and what is implemented elsewhere and known by name.

Inside a workflow a call schedules, and gives a future. Outside, an activity is the function it was made of; what is
known by name alone cannot be called there.
"""

import copy
import functools
import inspect
from asyncio import events as asyncio_events
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Concatenate, Generic, Literal, ParamSpec, Protocol, Self, TypeVar, overload

import attrs

from swf import wire
from swf.checks import meant, of_shape
from swf.connection import Connection
from swf.constants import LONGEST_EXECUTION_SECONDS, NONE, TERMINATE
from swf.exceptions import ConfigurationError, InvalidKeywordArgumentError, OutsideWorkflowError, ValidationError
from swf.models.activity import ActivityType
from swf.models.decision import ScheduleActivityTask, ScheduleLambdaFunction, StartChildWorkflowExecution
from swf.models.domain import Domain, domain_of
from swf.models.workflow import WorkflowType
from swf.shapes import ChildPolicy, NameText, TypeId
from swf.workflows.arguments import Parameters, encoded, packed, sendable
from swf.workflows.calls import ActivityCall, CancelPolicy, ChildCall, LambdaCall, Retried
from swf.workflows.execution import WorkflowRun
from swf.workflows.loop import Future, Loop
from swf.workflows.machine import Machine
from swf.workflows.retry import RetryPolicy

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])

Seconds = int | Literal["NONE"]

_SIGNAL = "_swf_signal"
_QUERY = "_swf_query"

_WORKFLOW_ID = NameText("workflow_id", max=256, min=1)

_POLICIES = ("try", "wait", "abandon")


def current() -> Machine | None:
    """Give the machine of the workflow that runs here, or None."""
    loop = asyncio_events._get_running_loop()
    return loop.machine if type(loop) is Loop else None


def required(what: str) -> Machine:
    """Give the machine of the workflow that runs here.

    Raises:
        OutsideWorkflowError: None does.
    """
    machine = current()
    if machine is None:
        raise OutsideWorkflowError(
            f"{what} makes sense inside a workflow only: call it in run(), or in what that calls."
        )
    return machine


def _evolved(settings: Any, changes: Mapping[str, Any]) -> Any:
    known = [field.name for field in attrs.fields(type(settings))]
    for name in changes:
        if name not in known:
            raise InvalidKeywordArgumentError(
                f"There is no option {name!r}. {meant(name, known)}There are: {', '.join(known)}."
            )
    return attrs.evolve(settings, **changes)


def _checked_policy(policy: CancelPolicy) -> CancelPolicy:
    if policy not in _POLICIES:
        raise ValidationError(f"There is no way to cancel {policy!r}. Give 'try', 'wait' or 'abandon'.")
    return policy


@attrs.frozen(kw_only=True)
class ActivityOptions:
    """What is said of an activity task beside its input; what is None is left to the registered type.

    Attributes:
        task_list: Where the task waits for a worker.
        task_priority: Higher ones come first.
        schedule_to_start_timeout: Seconds that it may wait.
        start_to_close_timeout: Seconds that a worker may take.
        schedule_to_close_timeout: Seconds for both.
        heartbeat_timeout: Seconds between two signs of life.
        id: Its activity id, unique among the open ones. Left out, a number.
        control: Text that stays in the history.
        retry: When it is tried again; left out, it is not.
        cancel: What cancelling the future does: ``try`` asks SWF to cancel the task and raises at once, ``wait`` asks
            and waits for what becomes of it, ``abandon`` does not ask.
    """

    task_list: str | None = None
    task_priority: int | None = None
    schedule_to_start_timeout: Seconds | None = None
    start_to_close_timeout: Seconds | None = None
    schedule_to_close_timeout: Seconds | None = None
    heartbeat_timeout: Seconds | None = None
    id: str | None = None
    control: str | None = None
    retry: RetryPolicy | None = None
    cancel: CancelPolicy = attrs.field(default="try", converter=_checked_policy)


_NOT_SENT = frozenset({"id", "retry", "cancel", "workflow_id", "execution_timeout", "decision_tasks_timeout"})


def _sent(settings: Any) -> dict[str, Any]:
    """Give the options that are members of the decision."""
    return {name: value for name, value in attrs.asdict(settings, recurse=False).items() if name not in _NOT_SENT}


class Activity:
    """An activity that is implemented elsewhere, known by its type.

    >>> resize = Activity("Resize", "2.1", task_list="pictures", start_to_close_timeout=60)
    >>> resize
    Activity('Resize', '2.1')

    Inside a workflow, ``await resize({"picture": "cat.png"})`` has it performed: one argument is the input, several are
    a list, keywords an object.

    Args:
        name: The type's name.
        version: The type's version.
        id_from_input: Gives the activity id, from the arguments of a call.
        options: Any of `ActivityOptions`.
    """

    def __init__(
        self, name: str, version: str, *, id_from_input: Callable[..., str] | None = None, **options: Any
    ) -> None:
        self.name = name
        self.version = version
        self.type_id = TypeId(name, version)
        self.id_from_input = id_from_input
        self._use(_evolved(ActivityOptions(), options))

    def _use(self, settings: ActivityOptions) -> None:
        self.settings = settings
        # What can be wrong with a call but for its id and its input is found here, once.
        decision = ScheduleActivityTask(activity_type=self.type_id, activity_id=settings.id or "1", **_sent(settings))
        self._raw = {name: value for name, value in wire.write(decision).items() if name != "activityId"}

    def options(self, **options: Any) -> Self:
        """Give the same activity with other options, any of `ActivityOptions`."""
        changed = copy.copy(self)
        changed._use(_evolved(self.settings, options))
        return changed

    def __call__(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Schedule it, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: These are not its arguments.
            ValidationError: They are no JSON, or too long.
        """
        return self._scheduled(required(repr(self)), args, kwargs)

    def __copy__(self) -> Self:
        # Another one than a pickle would give, which has the name of the first.
        changed = object.__new__(type(self))
        vars(changed).update(vars(self))
        return changed

    def _packed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return packed(repr(self), args, kwargs)

    def _scheduled(self, machine: Machine, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Future[Any]:
        settings = self.settings
        text = encoded(self._packed(args, kwargs))
        id = settings.id
        if self.id_from_input is not None and id is None:
            id = self.id_from_input(*args, **kwargs)

        def schedule(attempt: int) -> ActivityCall[Any]:
            activity_id = machine.next_activity_id(id, attempt)
            call: ActivityCall[Any] = ActivityCall(machine, settings.cancel, self.type_id, activity_id, text, self._raw)
            machine.ask(call)
            return call

        if settings.retry is None:
            return schedule(1)
        return Retried(machine, settings.retry, machine.chance("retry"), schedule)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.version!r})"


class DeclaredActivity(Activity, Generic[P, R]):
    """An activity that is implemented here, made by `activity`.

    Inside a workflow a call schedules it and gives a future; that is what it is typed as. Outside it is the plain
    function, which is typed as `fn`. It names its type, so it can be given wherever SWF wants one.

    Attributes:
        fn: The plain function.
        parameters: What it takes.
        inline_retry: When the worker tries again by itself, without events.
    """

    fn: Callable[P, R]
    __qualname__: str

    def __init__(
        self,
        function: Callable[..., Any],
        type_id: TypeId,
        registered: Mapping[str, Any],
        settings: ActivityOptions,
        id_from_input: Callable[..., str] | None,
        inline_retry: RetryPolicy | None,
    ) -> None:
        self.fn = _executing(function) if isinstance(function, type) else function
        self.is_method = not isinstance(function, type) and _takes_self(function)
        taken = _execute(function) if isinstance(function, type) else function
        self.parameters = Parameters(taken, is_method=self.is_method or isinstance(function, type))
        self.inline_retry = inline_retry
        self._registered = registered
        self._instance: Any = None
        for name in ("__module__", "__qualname__", "__doc__"):
            setattr(self, name, getattr(function, name, None))
        super().__init__(*type_id, id_from_input=id_from_input)
        self._use(settings)

    @property
    def task_list(self) -> str:
        """Where its tasks wait for a worker, unless a call says otherwise."""
        return self._registered["task_list"]  # type: ignore[no-any-return]

    @property
    def heartbeat_seconds(self) -> int | None:
        """How long a worker may give no sign of life; None if for ever."""
        timeout = self._registered["task_heartbeat_timeout"]
        return timeout if isinstance(timeout, int) else None

    def registration(self, domain: Domain | str, *, connection: Connection | None = None) -> ActivityType:
        """Give the activity type it stands for; nothing is registered yet."""
        return ActivityType(domain, self.name, self.version, **self._registered, connection=connection)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Schedule it and give a future of its result; outside of a workflow, call the plain function.

        Raises:
            TypeError: These are not its arguments.
            ValidationError: They are no JSON, or too long.
        """
        machine = current()
        if machine is None:
            return self.perform(*args, **kwargs)  # type: ignore[no-any-return]
        return self._scheduled(machine, args, kwargs)

    def local(self, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Perform it at once, in the decider, and keep its result in a marker: for what is quick, and close at hand.

        It is done once, as side effects are. Its result counts against the 32,768 characters of a marker, its time
        against the timeout of the decision task.
        """
        from swf.workflows.local import performed

        return performed(required(f"{self!r}.local()"), self, args, kwargs)

    def perform(self, *args: Any, **kwargs: Any) -> Any:
        """Call the plain function, of the instance that a method belongs to."""
        return self.fn(*args, **kwargs) if self._instance is None else self.fn(self._instance, *args, **kwargs)

    def _packed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return self.parameters.packed(args, kwargs)

    @overload
    def __get__(
        self: "DeclaredActivity[Concatenate[Any, Q], R]", instance: object, owner: type | None = None
    ) -> "DeclaredActivity[Q, R]": ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Any: ...

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Give a method of an instance; a function that only lies in a class stays what it is."""
        if instance is None or not self.is_method:
            return self
        bound = copy.copy(self)
        bound._instance = instance
        return bound

    def __reduce__(self) -> Any:
        # A function is pickled by its name too: under it the process that reads it finds this.
        if self._instance is not None:
            return getattr, (self._instance, self.__qualname__.rpartition(".")[2])
        return self.__qualname__


class _Executes(Protocol[P, R_co]):
    def execute(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class _ExecutesAsync(Protocol[P, R_co]):
    def execute(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]: ...


class ActivityDecorator(Protocol):
    """Makes an activity of a function, a method, or a class with ``execute``."""

    @overload
    def __call__(self, function: "type[_ExecutesAsync[P, R]]", /) -> DeclaredActivity[P, R]: ...

    @overload
    def __call__(self, function: "type[_Executes[P, R]]", /) -> DeclaredActivity[P, R]: ...

    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> DeclaredActivity[P, R]: ...

    @overload
    def __call__(self, function: Callable[P, R], /) -> DeclaredActivity[P, R]: ...


@overload
def activity(function: type[_ExecutesAsync[P, R]], /) -> DeclaredActivity[P, R]: ...


@overload
def activity(function: type[_Executes[P, R]], /) -> DeclaredActivity[P, R]: ...


@overload
def activity(function: Callable[P, Coroutine[Any, Any, R]], /) -> DeclaredActivity[P, R]: ...


@overload
def activity(function: Callable[P, R], /) -> DeclaredActivity[P, R]: ...


@overload
def activity(
    *,
    name: str | None = None,
    version: str = "1.0",
    task_list: str = "default",
    task_priority: int | None = None,
    schedule_to_start_timeout: Seconds = NONE,
    start_to_close_timeout: Seconds = 600,
    schedule_to_close_timeout: Seconds = NONE,
    heartbeat_timeout: Seconds = NONE,
    description: str | None = None,
    id_from_input: Callable[..., str] | None = None,
    retry: RetryPolicy | None = None,
    inline_retry: RetryPolicy | None = None,
    cancel: CancelPolicy = "try",
) -> ActivityDecorator: ...


def activity(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    version: str = "1.0",
    task_list: str = "default",
    task_priority: int | None = None,
    schedule_to_start_timeout: Seconds = NONE,
    start_to_close_timeout: Seconds = 600,
    schedule_to_close_timeout: Seconds = NONE,
    heartbeat_timeout: Seconds = NONE,
    description: str | None = None,
    id_from_input: Callable[..., str] | None = None,
    retry: RetryPolicy | None = None,
    inline_retry: RetryPolicy | None = None,
    cancel: CancelPolicy = "try",
) -> Any:
    """Make an activity of a function, a method, or a class with a method ``execute``.

    >>> @activity(version="1.0", task_list="math", start_to_close_timeout=60)
    ... def multiply(numbers: list[int]) -> int:
    ...     product = 1
    ...     for number in numbers:
    ...         product *= number
    ...     return product
    >>> multiply([2, 3, 7])
    42

    All but the last four is what the type is registered with: SWF's defaults for its tasks. Durations are whole
    seconds, or ``"NONE"``.

    Args:
        function: The function.
        name: The type's name. Left out, the function's.
        version: The type's version.
        task_list: Where tasks wait for a worker.
        task_priority: Higher ones come first.
        schedule_to_start_timeout: How long a task may wait.
        start_to_close_timeout: How long a worker may take.
        schedule_to_close_timeout: How long both may take.
        heartbeat_timeout: How long a worker may give no sign of life.
        description: What the type is registered with; left out, the first line of the function's docstring.
        id_from_input: Gives the activity id, from the arguments of a call. Left out, ids are numbers.
        retry: When a task that failed is scheduled again, by the decider.
        inline_retry: When a worker tries again by itself: no events, but its timeouts go on.
        cancel: What cancelling a call does; see `ActivityOptions`.
    """

    def declare(function: Callable[..., Any]) -> DeclaredActivity[..., Any]:
        registered = {
            "task_list": task_list,
            "task_priority": task_priority,
            "task_schedule_to_start_timeout": schedule_to_start_timeout,
            "task_start_to_close_timeout": start_to_close_timeout,
            "task_schedule_to_close_timeout": schedule_to_close_timeout,
            "task_heartbeat_timeout": heartbeat_timeout,
            "description": description or first_line(function),
        }
        settings = ActivityOptions(retry=retry, cancel=cancel)
        type_id = TypeId(name or function.__name__, version)
        declared: DeclaredActivity[..., Any] = DeclaredActivity(
            function, type_id, registered, settings, id_from_input, inline_retry
        )
        # What SWF would not register is refused here, not when the worker starts.
        declared.registration("any")
        return declared

    return declare if function is None else declare(function)


class LambdaFunction:
    """An AWS Lambda function, called by SWF with the execution's Lambda role.

    >>> upcase = LambdaFunction("upcase", timeout=60)

    Inside a workflow, ``await upcase("hello")`` calls it: one argument is the input, several are a list, keywords an
    object. The input is always JSON; without arguments there is none.

    Args:
        name: The function's name, or its ARN.
        timeout: Seconds that a call may take, 15 minutes at most. Left out, SWF's default of 15 minutes.
    """

    def __init__(self, name: str, *, timeout: int | None = None) -> None:
        self.name = name
        self.timeout = timeout
        raw = wire.write(ScheduleLambdaFunction(id="1", name=name, start_to_close_timeout=timeout))
        self._raw = {key: value for key, value in raw.items() if key not in ("id", "name")}

    def __call__(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call it, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: Arguments and keywords are given.
            ValidationError: They are no JSON, or too long.
        """
        machine = required(repr(self))
        input = packed(repr(self), args, kwargs)
        text = encoded([input])
        call = LambdaCall(
            machine, machine.next_id("lambda"), self.name, text[1:-1] if text and (args or kwargs) else None, self._raw
        )
        machine.ask(call)
        return call

    def __repr__(self) -> str:
        return f"LambdaFunction({self.name!r})"


@attrs.frozen(kw_only=True)
class WorkflowOptions:
    """What is said of an execution beside its input; what is None is left to the registered type.

    Attributes:
        workflow_id: Unique among the domain's open executions.
        task_list: Where its decision tasks go.
        task_priority: Of its decision tasks; higher ones come first.
        execution_timeout: Seconds for the whole execution.
        decision_tasks_timeout: Seconds that a decider may take for an answer.
        child_policy: What becomes of its open children when it is terminated or times out.
        tag_list: Up to five tags.
        lambda_role: The IAM role with which it calls Lambda functions.
        control: Of a child: text that stays in its parent's history.
        retry: Of a child: when it is started again.
        cancel: Of a child: what cancelling the future does; see `ActivityOptions`.
    """

    workflow_id: str | None = None
    task_list: str | None = None
    task_priority: int | None = None
    execution_timeout: Seconds | None = None
    decision_tasks_timeout: Seconds | None = None
    child_policy: ChildPolicy | None = None
    tag_list: Iterable[str] | None = None
    lambda_role: str | None = None
    control: str | None = None
    retry: RetryPolicy | None = None
    cancel: CancelPolicy = attrs.field(default="try", converter=_checked_policy)


class ChildWorkflow:
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
        self.name = name
        self.version = version
        self.type_id = TypeId(name, version)
        self._use(_evolved(WorkflowOptions(), options))

    def _use(self, settings: WorkflowOptions) -> None:
        self.settings = settings
        decision = StartChildWorkflowExecution(
            workflow_type=self.type_id,
            workflow_id=settings.workflow_id or "1",
            execution_start_to_close_timeout=settings.execution_timeout,
            task_start_to_close_timeout=settings.decision_tasks_timeout,
            **_sent(settings),
        )
        self._raw = {name: value for name, value in wire.write(decision).items() if name != "workflowId"}

    def options(self, **options: Any) -> Self:
        """Give the same workflow with other options, any of `WorkflowOptions`."""
        changed = copy.copy(self)
        changed._use(_evolved(self.settings, options))
        return changed

    def __call__(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start it as a child, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: These are not its arguments.
            ValidationError: They are no JSON, or too long.
        """
        return self._begun(required(repr(self)), packed(repr(self), args, kwargs), self.settings.workflow_id)

    def _begun(self, machine: Machine, input: Any, id: str | None) -> Future[Any]:
        text = encoded(input)
        if id is not None:
            of_shape(id, _WORKFLOW_ID)

        def start(attempt: int) -> ChildCall[Any]:
            workflow_id = id or machine.child_id()
            call: ChildCall[Any] = ChildCall(machine, self.settings.cancel, self.type_id, workflow_id, text, self._raw)
            machine.ask(call)
            return call

        if self.settings.retry is None:
            return start(1)
        return Retried(machine, self.settings.retry, machine.chance("retry"), start)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.version!r})"


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


class _Runs(Protocol[P, R_co]):
    def run(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class _RunsAsync(Protocol[P, R_co]):
    def run(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]: ...


class StartedWith(Generic[P, R]):
    """A declared workflow with options, to be started, or to be started as a child."""

    def __init__(self, workflow: "type[Workflow]", settings: WorkflowOptions) -> None:
        self._workflow = workflow
        self._settings = settings

    def start(self, domain: Domain | str, *args: P.args, **kwargs: P.kwargs) -> WorkflowRun[R]:
        """Start an execution; see `Workflow.start`."""
        settings = self._settings
        definition = definition_of(self._workflow)
        started = definition.type_in(domain_of(domain)).start_execution(
            settings.workflow_id or self._workflow.id_from_input(*args, **kwargs),
            settings.task_list,
            settings.child_policy,
            settings.execution_timeout,
            sendable(definition.parameters.packed(args, kwargs)),
            settings.tag_list,
            settings.decision_tasks_timeout,
            settings.task_priority,
            settings.lambda_role,
        )
        return WorkflowRun.of(started, self._workflow)

    def child(self, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Start a child; see `Workflow.child`."""
        machine = required(f"{self._workflow.__name__}.child()")
        definition = definition_of(self._workflow)
        by_name = definition.child(self._settings)
        id = self._settings.workflow_id or self._workflow.id_from_input(*args, **kwargs)
        return by_name._begun(machine, definition.parameters.packed(args, kwargs), id)


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
        child_policy: What becomes of open children when an execution is terminated or times out.
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
        cls: "type[_RunsAsync[P, R]]", domain: Domain | str, *args: P.args, **kwargs: P.kwargs
    ) -> WorkflowRun[R]: ...

    @overload
    @classmethod
    def start(cls: "type[_Runs[P, R]]", domain: Domain | str, *args: P.args, **kwargs: P.kwargs) -> WorkflowRun[R]: ...

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
    def child(cls: "type[_RunsAsync[P, R]]", *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...

    @overload
    @classmethod
    def child(cls: "type[_Runs[P, R]]", *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...

    @classmethod
    def child(cls, *args: Any, **kwargs: Any) -> Future[Any]:
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
    def options(cls: "type[_RunsAsync[P, R]]", **options: Any) -> StartedWith[P, R]: ...

    @overload
    @classmethod
    def options(cls: "type[_Runs[P, R]]", **options: Any) -> StartedWith[P, R]: ...

    @classmethod
    def options(cls, **options: Any) -> StartedWith[..., Any]:
        """Give the workflow with options, any of `WorkflowOptions`, to start it or to start it as a child.

        >>> Greeting = type("Greeting", (Workflow,), {"run": lambda self, name: name})
        >>> paris = Greeting.options(workflow_id="paris", tag_list=["french"])
        """
        return StartedWith(cls, _evolved(WorkflowOptions(), options))


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
    """Give the workflows among the variables of a module, by their names there."""
    return {
        name: value
        for name, value in namespace.items()
        if isinstance(value, type) and issubclass(value, Workflow) and hasattr(value, "run")
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


def first_line(declared: Any) -> str | None:
    """Give the first line of a docstring, as a description that SWF takes."""
    text = inspect.cleandoc(declared.__doc__ or "").partition("\n")[0]
    return text[:1024] or None


def _takes_self(function: Callable[..., Any]) -> bool:
    return next(iter(inspect.signature(function).parameters), None) == "self"


def _execute(kind: type) -> Callable[..., Any]:
    execute = getattr(kind, "execute", None)
    if execute is None:
        raise ConfigurationError(f"{kind.__name__} does not say what to do. Give it a method execute(self, ...).")
    return execute  # type: ignore[no-any-return]


def _executing(kind: type) -> Callable[..., Any]:
    """Give the function that an activity class stands for: an instance for each call."""

    @functools.wraps(_execute(kind))
    def execute(*args: Any, **kwargs: Any) -> Any:
        return kind().execute(*args, **kwargs)

    return execute
