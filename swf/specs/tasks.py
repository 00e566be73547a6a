"""The tasks of a workflow, as values: what is done, with what, when, and what becomes of it if it fails."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from swf.shapes import ChildPolicy, TypeId
from swf.specs import conditions, inputs
from swf.specs.conditions import Condition
from swf.specs.inputs import Constant, Input, Item, NoInput

OnFailure = Literal["fail", "continue", "compensate"]
Outcome = Literal["failed", "timed_out", "canceled", "terminated", "not_scheduled"]
Seconds = int | str

_DAY_SECONDS = 86_400


@attrs.frozen(kw_only=True)
class Activity:
    """An activity task. What is None is as the activity type says."""

    type: TypeId
    timeout: Seconds | None = None
    heartbeat: Seconds | None = None
    schedule_to_start_timeout: Seconds | None = None
    schedule_to_close_timeout: Seconds | None = None
    task_list: str | None = None
    priority: int | None = None


@attrs.frozen(kw_only=True)
class LambdaFunction:
    """A call of an AWS Lambda function."""

    name: str
    timeout: Seconds | None = None


@attrs.frozen(kw_only=True)
class ChildWorkflow:
    """A child execution. What is None is as the workflow type says."""

    type: TypeId
    timeout: Seconds | None = None
    task_timeout: Seconds | None = None
    task_list: str | None = None
    priority: int | None = None
    child_policy: ChildPolicy | None = None


@attrs.frozen(kw_only=True)
class Timer:
    """Seconds that pass."""

    seconds: Input


@attrs.frozen(kw_only=True)
class Signal:
    """A signal that is waited for: the oldest of its name that no other task took."""

    name: str
    timeout: Seconds | None = None


Work = Activity | LambdaFunction | ChildWorkflow | Timer | Signal


@attrs.frozen(kw_only=True)
class Retry:
    """How often something is tried, and how long is waited in between.

    >>> retry = Retry(max_attempts=4, delay=10, backoff=3, max_delay=60)
    >>> [retry.delay_after(failures) for failures in (1, 2, 3)]
    [10, 30, 60]

    Attributes:
        max_attempts: How often at most, the first one included.
        delay: Seconds before the second attempt.
        backoff: By which each further delay grows.
        max_delay: Seconds that a delay may last; None is a day, or the first delay if that is longer.
        on: Which outcomes are tried again.
    """

    max_attempts: int = 1
    delay: float = 0
    backoff: float = 1
    max_delay: float | None = None
    on: tuple[Outcome, ...] = ("failed", "timed_out")

    def delay_after(self, failures: int) -> float:
        """Give the seconds to wait after so many attempts failed."""
        longest = max(self.delay, _DAY_SECONDS) if self.max_delay is None else self.max_delay
        try:
            return min(self.delay * self.backoff ** (failures - 1), longest)
        except OverflowError:
            return longest


@attrs.frozen(kw_only=True)
class ForEach:
    """A list, for each item of which a task is done."""

    items: Input
    limit: int | None = None


@attrs.frozen(kw_only=True)
class Compensation:
    """An activity that undoes what a task did."""

    work: Activity
    input: Input = attrs.field(factory=NoInput)
    retry: Retry = attrs.field(factory=Retry)


@attrs.frozen(kw_only=True)
class Task:
    """One task of a workflow.

    Attributes:
        id: Which; the activity id, too.
        work: What is done.
        input: With what.
        dependencies: The ids of tasks that are to be done before.
        when: The condition on which it is done.
        for_each: The list, if it is done for each item of one.
        retry: How often it is tried.
        on_failure: What becomes of the execution when it fails: ``fail`` at once, ``continue`` without a result, or
            ``compensate`` what is done, and fail.
        compensation: What undoes it.
    """

    id: str
    work: Work
    input: Input = attrs.field(factory=NoInput)
    dependencies: tuple[str, ...] = ()
    when: Condition | None = None
    for_each: ForEach | None = None
    retry: Retry = attrs.field(factory=Retry)
    on_failure: OnFailure = "fail"
    compensation: Compensation | None = None


def read(data: Mapping[str, Any]) -> Task:
    """Read a task as a document has it; its form has been checked."""
    for_each = data.get("for_each")
    # What is done for each item is done with the item, unless it is said otherwise.
    default: Input = NoInput() if for_each is None else Item()
    return Task(
        id=data["id"],
        work=_work(data),
        input=inputs.read_or(data.get("input"), default),
        dependencies=tuple(data.get("dependencies", ())),
        when=conditions.read(data["when"]) if "when" in data else None,
        for_each=None if for_each is None else ForEach(**{**for_each, "items": inputs.read(for_each["items"])}),
        retry=_retry(data),
        on_failure=data.get("on_failure", "fail"),
        compensation=_compensation(data["compensation"]) if "compensation" in data else None,
    )


def _work(data: Mapping[str, Any]) -> Work:
    if "type" in data:
        return _activity(data)
    if "lambda" in data:
        return LambdaFunction(name=data["lambda"], timeout=data.get("timeout"))
    if "workflow" in data:
        child = data["workflow"]
        said = {name: child[name] for name in ("task_timeout", "child_policy") if name in child}
        return ChildWorkflow(
            type=TypeId(child["name"], child["version"]), **said, **_said(data, "timeout", "task_list", "priority")
        )
    if "timer" in data:
        timer = data["timer"]
        return Timer(seconds=inputs.read(timer) if isinstance(timer, Mapping) else Constant(timer))
    return Signal(name=data["signal"], timeout=data.get("timeout"))


def _activity(data: Mapping[str, Any]) -> Activity:
    names = [field.name for field in attrs.fields(Activity) if field.name != "type"]
    return Activity(type=TypeId(data["type"]["name"], data["type"]["version"]), **_said(data, *names))


def _retry(data: Mapping[str, Any]) -> Retry:
    said = data.get("retry", {})
    return Retry(**{**said, **({"on": tuple(said["on"])} if "on" in said else {})})


def _compensation(data: Mapping[str, Any]) -> Compensation:
    return Compensation(work=_activity(data), input=inputs.read_or(data.get("input"), NoInput()), retry=_retry(data))


def _said(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}
