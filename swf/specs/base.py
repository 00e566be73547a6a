"""What workflows from documents have in common, whatever their type; types of your own."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Final, Protocol, Self, runtime_checkable

import attrs

from swf.exceptions import SpecError
from swf.models import Domain, WorkflowType
from swf.models.decision import Decision
from swf.models.event import Event
from swf.models.history import History
from swf.shapes import ChildPolicy, ExecutionId
from swf.specs.inputs import Place

# Packages name their types of specifications here: ``name = "module:Class"``.
ENTRY_POINTS: Final = "swf.specs"

# Where nobody says of which execution a history is.
UNNAMED: Final = ExecutionId("workflow", "run")


@attrs.frozen
class Problem:
    """Something wrong in a document.

    Attributes:
        place: Where, from the workflow on.
        said: What is wrong, and what to do.
    """

    place: Place
    said: str


@attrs.frozen(kw_only=True)
class Registration:
    """What a workflow type is registered with. What is None has no default.

    Attributes:
        active: Whether it is to be registered; else it is to be deprecated.
        task_timeout: Seconds that a decider may take, or ``"NONE"``.
        execution_timeout: Seconds that an execution may last.
        task_list: Where its decision tasks go.
        task_priority: Of its decision tasks.
        child_policy: What SWF does to open children when an execution closes, in whatever way.
        lambda_role: The IAM role with which executions call Lambda functions.
    """

    active: bool = True
    task_timeout: int | str | None = None
    execution_timeout: int | None = None
    task_list: str | None = None
    task_priority: int | None = None
    child_policy: ChildPolicy | None = None
    lambda_role: str | None = None

    @property
    def undefined(self) -> tuple[str, ...]:
        """What has no default, and SWF therefore demands of whoever starts an execution."""
        demanded = ("task_list", "child_policy", "execution_timeout", "task_timeout")
        return tuple(name for name in demanded if getattr(self, name) is None)

    def workflow_type(
        self, domain: Domain | str, name: str, version: str, description: str | None = None
    ) -> WorkflowType:
        """Give a workflow type that is registered like this.

        Raises:
            ValidationError: SWF would refuse it.
        """
        return WorkflowType(
            domain,
            name,
            version,
            description=description,
            task_list=self.task_list,
            task_priority=self.task_priority,
            child_policy=self.child_policy,
            execution_timeout=self.execution_timeout,
            decision_tasks_timeout=self.task_timeout,
            lambda_role=self.lambda_role,
        )


class Following(Protocol):
    """An execution that is followed: event by event, and asked now and then what is next."""

    def apply(self, event: Event) -> None:
        """Take one more event into account."""
        ...

    def decisions(self) -> Iterable[Decision]:
        """Say what happens next."""
        ...


@runtime_checkable
class OfTasks(Protocol):
    """What is followed, of a workflow that has tasks."""

    def task_of(self, event_id: int) -> str | None:
        """Return the id of the task for which an event opened what is open still; None of any other event."""
        ...


@attrs.frozen(kw_only=True)
class Spec(ABC):
    """A workflow type of a document, and what its executions do.

    Subclass it for a type of specification of your own: say what may be wrong in `check`, build it in `read`, decide in
    `decide`, and name the class as an entry point of the group ``swf.specs``, under the word that documents have as
    ``spec_type``.

    Attributes:
        name: The workflow type's name.
        version: The workflow type's version.
        description: What it is for.
        registration: What it is registered with.
    """

    spec_type: ClassVar[str]

    name: str
    version: str
    description: str | None = None
    registration: Registration = attrs.field(factory=Registration)

    @classmethod
    def check(cls, data: Mapping[str, Any]) -> Iterable[Problem]:
        """Give what is wrong in a workflow, as a document has it, beside what the schema tells."""
        return ()

    @classmethod
    def sound(cls, data: Mapping[str, Any], places: Collection[Place]) -> Mapping[str, Any] | None:
        """Give a workflow without the parts that the schema finds wrong, so that `check` can look at the rest.

        Args:
            data: The workflow, as the document has it.
            places: Where something is wrong, from the workflow on.

        Returns:
            A workflow whose form is right; None if the rest cannot be looked at by itself.
        """
        return None

    @classmethod
    @abstractmethod
    def read(cls, data: Mapping[str, Any], **head: Any) -> Self:
        """Build it from a workflow in which nothing is wrong.

        Args:
            data: The workflow, as the document has it.
            head: The attributes that all types have.
        """

    @abstractmethod
    def decide(self, history: History, execution: ExecutionId = UNNAMED) -> list[Decision]:
        """Say what happens next in an execution, given its history; the same each time it is asked."""

    def follow(self, execution: ExecutionId = UNNAMED) -> Following:
        """Begin to follow an execution: what a decider does that need not see each event more than once.

        As it stands it keeps the events, and calls `decide` with all of them.
        """
        return _Kept(self, execution)

    def workflow_type(self, domain: Domain | str) -> WorkflowType:
        """Give the workflow type as it is to be registered in a domain."""
        return self.registration.workflow_type(domain, self.name, self.version, self.description)


@attrs.define
class _Kept:
    """The events of an execution, for specifications that look at the whole history."""

    spec: Spec
    execution: ExecutionId
    events: list[Event] = attrs.field(factory=list)

    def apply(self, event: Event) -> None:
        self.events.append(event)

    def decisions(self) -> Iterable[Decision]:
        return self.spec.decide(History(self.events), self.execution)


def decide(spec: Spec, history: History, execution: ExecutionId = UNNAMED) -> list[Decision]:
    """Say what happens next in an execution, given what happened: no SWF is needed.

    >>> from swf.models.history import HistoryBuilder
    >>> from swf.specs import loads
    >>> document = loads('''{"version": "1.0", "workflows": [{
    ...     "spec_type": "dag", "name": "spam", "version": "1.0",
    ...     "tasks": [{"id": "foo", "type": {"name": "spam-foo", "version": "0.3"}}]
    ... }]}''')
    >>> decide(document.spec("spam"), HistoryBuilder(("spam", "1.0")).history)
    [ScheduleActivityTask(activity_type=TypeId(name='spam-foo', version='0.3'), activity_id='foo')]

    Args:
        spec: The workflow.
        history: What happened, up to a decision task.
        execution: The workflow id and the run id, of which the ids of children are made.
    """
    return spec.decide(history, execution)


@functools.cache
def kind(name: str) -> type[Spec] | None:
    """Give the class for a ``spec_type``, of this package or of one that is installed; None if there is none.

    Raises:
        SpecError: A package names something that cannot be used.
    """
    found = next((point for point in _installed() if point.name == name), None)
    return None if found is None else _loaded(found)


def kinds() -> list[str]:
    """Name the types of specifications there are."""
    return sorted({point.name for point in _installed()})


def _installed() -> Iterator[EntryPoint]:
    yield EntryPoint("dag", "swf.specs.dag:Dag", ENTRY_POINTS)
    yield from entry_points(group=ENTRY_POINTS)


def _loaded(point: EntryPoint) -> type[Spec]:
    try:
        found = point.load()
    except Exception as error:
        raise SpecError(
            f"The spec_type {point.name!r} of an installed package, {point.value}, cannot be imported: {error}. "
            "Mend or remove the package."
        ) from error
    if not (isinstance(found, type) and issubclass(found, Spec)):
        raise SpecError(
            f"The spec_type {point.name!r} of an installed package, {point.value}, is no subclass of swf.specs.Spec. "
            "Mend or remove the package."
        )
    return found
