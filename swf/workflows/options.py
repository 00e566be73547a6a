"""What is said of a task or an execution beside its input, and of what is called by its type."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Generic, Literal, Self, TypeVar

import attrs

from swf.checks import meant
from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.shapes import ChildPolicy, TypeId
from swf.workflows.calls import CancelPolicy
from swf.workflows.retry import RetryPolicy

Seconds = int | Literal["NONE"]

_POLICIES = ("try", "wait", "abandon")


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


@attrs.frozen(kw_only=True)
class WorkflowOptions:
    """What is said of an execution beside its input; what is None is left to the registered type.

    Attributes:
        workflow_id: Unique among the domain's open executions.
        task_list: Where its decision tasks go.
        task_priority: Of its decision tasks; higher ones come first.
        execution_timeout: Seconds for the whole execution.
        decision_tasks_timeout: Seconds that a decider may take for an answer.
        child_policy: What SWF does to its own open children when it closes, in whatever way. What becomes of a child
            when its parent closes is the policy of the parent.
        tag_list: Up to five tags.
        lambda_role: The IAM role with which it calls Lambda functions.
        control: Of a child: text that stays in its parent's history.
        retry: Of a child: when it is started again.
        cancel: Of a child: what cancelling the future does; see `ActivityOptions`. A child of ``abandon`` starts
            before its parent ends, and is not warned of when nobody awaits it. It outlives its parent only if the
            ``child_policy`` of the parent is ``ABANDON``. One that was cancelled by ``try`` ends by itself only if that
            policy is not ``TERMINATE``, or if its parent goes on long enough: ``wait`` sees to it.
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


S = TypeVar("S", ActivityOptions, WorkflowOptions)


def evolved(settings: S, changes: Mapping[str, Any]) -> S:
    """Give options with others in their place.

    Raises:
        InvalidKeywordArgumentError: There is no such option.
    """
    known = [field.name for field in attrs.fields(type(settings))]
    for name in changes:
        if name not in known:
            raise InvalidKeywordArgumentError(
                f"There is no option {name!r}. {meant(name, known)}There are: {', '.join(known)}."
            )
    return attrs.evolve(settings, **changes)


_NOT_SENT = frozenset({"id", "retry", "cancel", "workflow_id", "execution_timeout", "decision_tasks_timeout"})


def sent(settings: ActivityOptions | WorkflowOptions) -> dict[str, Any]:
    """Give the options that are members of the decision, by their names in both."""
    return {name: value for name, value in attrs.asdict(settings, recurse=False).items() if name not in _NOT_SENT}


class ByType(ABC, Generic[S]):
    """What is known by the name and the version of its type, and called with options.

    Attributes:
        name: The type's name.
        version: The type's version.
        type_id: Both.
        settings: The options.
    """

    settings: S

    def __init__(self, name: str, version: str, settings: S) -> None:
        self.name = name
        self.version = version
        self.type_id = TypeId(name, version)
        self._use(settings)

    def _use(self, settings: S) -> None:
        self.settings = settings
        self._raw = self._decided(settings)

    @abstractmethod
    def _decided(self, settings: S) -> dict[str, Any]:
        """Give what all its decisions have, without id and input, in SWF's form: what is wrong is found here, once."""

    def options(self, **options: Any) -> Self:
        """Give the same with other options, any of `ActivityOptions`, or of `WorkflowOptions` for a workflow."""
        changed = copy.copy(self)
        changed._use(evolved(self.settings, options))
        return changed

    def __copy__(self) -> Self:
        # Another one than a pickle would give, which may have the name of the first.
        changed = object.__new__(type(self))
        vars(changed).update(vars(self))
        return changed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.version!r})"
