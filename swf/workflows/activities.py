"""Activities: those that are declared here, and those that are implemented elsewhere.

Inside a workflow a call schedules a task, and gives a future of its result. Outside, a declared activity is the
function it was made of; one that is known by its type alone cannot be called there.
"""

import copy
import functools
import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from swf import wire
from swf.connection import Connection
from swf.constants import NONE
from swf.exceptions import ConfigurationError
from swf.models.activity import ActivityType
from swf.models.decision import ScheduleActivityTask
from swf.models.domain import Domain
from swf.shapes import TypeId
from swf.workflows.arguments import Parameters, packed
from swf.workflows.calls import ActivityCall, CancelPolicy, made
from swf.workflows.loop import Future
from swf.workflows.machine import Machine
from swf.workflows.options import ActivityOptions, ByType, Seconds, evolved, sent
from swf.workflows.registering import first_line
from swf.workflows.retry import RetryPolicy
from swf.workflows.running import current, required

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Activity(ByType[ActivityOptions]):
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
        self.id_from_input = id_from_input
        super().__init__(name, version, evolved(ActivityOptions(), options))

    def _decided(self, settings: ActivityOptions) -> dict[str, Any]:
        decision = ScheduleActivityTask(activity_type=self.type_id, activity_id=settings.id or "1", **sent(settings))
        return {name: value for name, value in wire.write(decision).items() if name != "activityId"}

    def __call__(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Schedule it, and give a future of its result.

        Raises:
            OutsideWorkflowError: No workflow runs here.
            TypeError: These are not its arguments.
            ValidationError: They are no JSON, or too long.
        """
        return self._scheduled(required(repr(self)), args, kwargs)

    def _packed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return packed(repr(self), args, kwargs)

    def _scheduled(self, machine: Machine, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Future[Any]:
        settings = self.settings
        text = machine.encoded(self._packed(args, kwargs))
        id = settings.id
        if self.id_from_input is not None and id is None:
            id = self.id_from_input(*args, **kwargs)

        def schedule(attempt: int) -> ActivityCall[Any]:
            activity_id = machine.next_activity_id(id, attempt)
            call: ActivityCall[Any] = ActivityCall(machine, settings.cancel, self.type_id, activity_id, text, self._raw)
            machine.ask(call)
            return call

        return made(machine, settings.retry, schedule)


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
