"""What a workflow asks of its surroundings: who it is, what time it is, and what is done once and remembered.

All of it gives the same on each replay.
"""

import asyncio
import logging
import random as random_module
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

import attrs

from swf import wire
from swf.checks import of_seconds
from swf.exceptions import ValidationError
from swf.models.decision import (
    ContinueAsNewWorkflowExecution,
    RecordMarker,
    RequestCancelExternalWorkflowExecution,
    SignalExternalWorkflowExecution,
)
from swf.models.event import WorkflowExecutionStarted
from swf.shapes import ChildPolicy, ExecutionId, TypeId
from swf.workflows import blocking, local
from swf.workflows.calls import ExternalCancel, ExternalSignal
from swf.workflows.commands import OURS, Marker, set_members
from swf.workflows.loop import LONGEST_SECONDS, Future
from swf.workflows.machine import DETAILS, ContinueAsNew, Machine
from swf.workflows.running import current, required

T = TypeVar("T")

# SWF terminates an execution whose history reaches so many events.
# https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
MOST_EVENTS = 25_000
# Past so many it is time to go on in a new run.
MANY_EVENTS = 10_000


class WaitTimedOut(TimeoutError):
    """What was waited for, in blocking style, was not there in time."""


@attrs.frozen(kw_only=True)
class Info:
    """What a workflow may know of its execution.

    Attributes:
        workflow_id: Its workflow id; empty where a history is replayed without it.
        run_id: Its run id; empty where a history is replayed without it.
        workflow_type: Its type's name and version.
        tag_list: Its tags.
        parent: The execution that started it, if one did.
        continued_run_id: The run that it goes on for, if it does.
        execution_timeout: Seconds that it may last.
        decision_tasks_timeout: Seconds that a decider may take for an answer.
        events: How many events its history had when this decision task was started. SWF ends an execution at 25,000.
        cancel_requested: Whether somebody asked for it to be canceled.
    """

    workflow_id: str
    run_id: str
    workflow_type: TypeId
    task_list: str
    task_priority: int | None
    tag_list: tuple[str, ...]
    parent: ExecutionId | None
    continued_run_id: str | None
    execution_timeout: int | str | None
    decision_tasks_timeout: int | str | None
    child_policy: ChildPolicy
    lambda_role: str | None
    events: int
    cancel_requested: bool

    @property
    def events_left(self) -> int:
        """How many events its history may still get."""
        return max(0, MOST_EVENTS - self.events)

    @property
    def is_continuing_suggested(self) -> bool:
        """Whether the history is so long that it is time for `continue_as_new`."""
        return self.events >= MANY_EVENTS


def info() -> Info:
    """Give what the workflow may know of its execution.

    Raises:
        OutsideWorkflowError: No workflow runs here.
    """
    machine = required("info()")
    started = wire.read(WorkflowExecutionStarted, machine.started)
    execution = machine.execution or ExecutionId("", "")
    return Info(
        workflow_id=execution.workflow_id,
        run_id=execution.run_id,
        workflow_type=started.workflow_type,
        task_list=started.task_list,
        task_priority=started.task_priority,
        tag_list=started.tag_list or (),
        parent=started.parent_workflow_execution,
        continued_run_id=started.continued_execution_run_id or None,
        execution_timeout=started.execution_start_to_close_timeout,
        decision_tasks_timeout=started.task_start_to_close_timeout,
        child_policy=started.child_policy,
        lambda_role=started.lambda_role,
        events=machine.turn.started_event_id,
        cancel_requested=machine.cancel_requested,
    )


def is_replaying() -> bool:
    """Tell whether the workflow does again what it did before; also False outside of a workflow."""
    machine = current()
    return machine is not None and (machine.has_gone or machine.is_replaying)


def now() -> datetime:
    """Give the workflow's time, which is when its decision task was started: an aware UTC datetime."""
    return datetime.fromtimestamp(required("now()").timestamp, UTC)


def random() -> random_module.Random:
    """Give a source of random numbers that gives the same ones on each replay."""
    return required("random()").chance("random")


def uuid4() -> uuid.UUID:
    """Give a random UUID, the same on each replay."""
    return uuid.UUID(int=required("uuid4()").chance("uuid4").getrandbits(128), version=4)


def side_effect(function: Callable[[], T]) -> T:
    """Call a function once; its result, a JSON value, is kept in a marker and given on each replay.

    The function may do what a workflow must not: look at the clock, read a file. It should be quick, for the decision
    task waits for it.

    Raises:
        SideEffectFailed: It raised an exception, or gave no JSON, or too much: 32,768 characters at most.
    """
    return local.side_effect(required("side_effect()"), function)


def record_marker(name: str, details: Any = None) -> None:
    """Write a note into the history.

    Args:
        name: 256 characters at most; names may be used again.
        details: A JSON value, or text sent as it stands; 32,768 characters at most.

    Raises:
        ValidationError: The name or the details are not so.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordMarkerDecisionAttributes.html
    """
    machine = required("record_marker()")
    text = machine.encoded(details, DETAILS)
    RecordMarker(marker_name=name)
    machine.ask(Marker(name, text))


def patched(id: str) -> bool:
    """Tell whether an execution is to take a changed path: new ones do, those that are past this place do not.

    The first time an execution comes here, a marker tells that it took the new path. An execution that came here before
    the change has no marker, and keeps the old path. Once no such execution is open, the old path can go, and later the
    call too.

    >>> async def run(self, order):
    ...     if patched("check the stock first"):
    ...         await check_stock(order)
    ...     await charge(order)

    Args:
        id: What has changed; one of its own for each change.
    """
    RecordMarker(marker_name=f"{OURS}patch.{id}")
    return required("patched()").patched(id)


def wait_condition(predicate: Callable[[], Any], timeout: float | None = None) -> Awaitable[None]:
    """Wait until something is true, which is looked at after each thing that happens.

    Args:
        predicate: Looks, and asks for nothing.
        timeout: Seconds to wait at most, rounded up to whole ones.

    Raises:
        TimeoutError: It was not true in time.
    """
    future = required("wait_condition()").wait_until(predicate)
    return future if timeout is None else asyncio.wait_for(future, of_seconds(timeout, "timeout"))


def as_completed(awaitables: Iterable[Awaitable[T]], *, timeout: float | None = None) -> Iterator[Awaitable[T]]:
    """Give awaitables that are done one after another; as `asyncio.as_completed`, which begins coroutines in any order.

    Args:
        awaitables: Futures, coroutines: whatever can be awaited. They begin in their order.
        timeout: Seconds to wait at most.
    """
    required("as_completed()")
    return asyncio.as_completed([asyncio.ensure_future(each) for each in awaitables], timeout=timeout)


async def wait_for_signal(name: str) -> Any:
    """Wait for a signal that no method handles, and give its input; signals of a name are given in their order.

    Args:
        name: The signal's name.
    """
    kept = required("wait_for_signal()").kept.setdefault(name, deque())
    # Of several that wait, each takes one.
    while not kept:
        await wait_condition(lambda: kept)
    return kept.popleft()


def signal_external(
    workflow_id: str, signal_name: str, input: Any = None, *, run_id: str | None = None
) -> Future[None]:
    """Send a signal to another execution of the domain; the future is done when it has it.

    Raises:
        DecisionRefused: There is no such execution, or it is closed; raised where the future is awaited.
        ValidationError: SWF takes no such id or name; or the input is no JSON, or too long.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_SignalExternalWorkflowExecutionDecisionAttributes.html
    """
    machine = required("signal_external()")
    text = machine.encoded(input)
    SignalExternalWorkflowExecution(workflow_id=workflow_id, signal_name=signal_name, run_id=run_id)
    call = ExternalSignal(machine, workflow_id, signal_name, text, run_id)
    machine.ask(call)
    return call


def cancel_external(workflow_id: str, *, run_id: str | None = None) -> Future[None]:
    """Ask another execution of the domain to cancel itself; the future is done when it has been asked.

    Raises:
        DecisionRefused: There is no such execution, or it is closed; raised where the future is awaited.
        ValidationError: SWF takes no such id.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RequestCancelExternalWorkflowExecutionDecisionAttributes.html
    """
    machine = required("cancel_external()")
    RequestCancelExternalWorkflowExecution(workflow_id=workflow_id, run_id=run_id)
    call = ExternalCancel(machine, workflow_id, run_id)
    machine.ask(call)
    return call


def continue_as_new(*args: Any, **kwargs: Any) -> NoReturn:
    """End this run, and go on in a new one with the same workflow id and an empty history.

    The arguments are those of ``run``. The new run keeps this one's settings and tags. Nothing after this is done, and
    what was scheduled and not awaited is given up.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ContinueAsNewWorkflowExecutionDecisionAttributes.html
    """
    continue_as_new_with()(*args, **kwargs)
    raise AssertionError("it has raised")


def continue_as_new_with(*, workflow_type_version: str | None = None, **settings: Any) -> Callable[..., NoReturn]:
    """Give a `continue_as_new` with other settings than this run's.

    >>> async def run(self, page):
    ...     continue_as_new_with(workflow_type_version="2.0", execution_timeout=3600)(page + 1)

    Args:
        workflow_type_version: Another version of the workflow type; its ``run`` has to take the arguments.
        settings: ``execution_timeout``, ``task_list``, ``task_priority``, ``decision_tasks_timeout``, ``child_policy``,
            ``tag_list``, ``lambda_role``.
    """
    machine = required("continue_as_new()")
    told = info()
    kept: dict[str, Any] = {
        name: getattr(told, name) for name in ("task_list", "task_priority", "child_policy", "tag_list", "lambda_role")
    }
    timeouts = {
        "execution_start_to_close_timeout": settings.pop("execution_timeout", told.execution_timeout),
        "task_start_to_close_timeout": settings.pop("decision_tasks_timeout", told.decision_tasks_timeout),
    }
    decision = ContinueAsNewWorkflowExecution(
        **{**kept, **timeouts, **settings}, workflow_type_version=workflow_type_version
    )

    def go_on(*args: Any, **kwargs: Any) -> NoReturn:
        text = machine.encoded(machine.definition.parameters.packed(args, kwargs))
        machine.leave(asyncio.current_task(machine.loop))
        raise ContinueAsNew({**wire.write(decision), **set_members(input=text)})

    return go_on


def start_timer(seconds: float) -> Future[None]:
    """Give a future that is done after some seconds, rounded up to whole ones; cancelling it stops the timer.

    Raises:
        ValidationError: They are more than SWF takes: 99,999,999.
    """
    machine = required("start_timer()")
    if of_seconds(seconds, "seconds") > LONGEST_SECONDS:
        raise ValidationError(
            f"A timer of {seconds:g} seconds is too long: SWF takes {LONGEST_SECONDS:,} at most. Wait for less; no "
            "execution lasts longer than a year."
        )
    return TimerFuture(machine, seconds)


class TimerFuture(Future[None]):
    """A future that is done when a timer has fired."""

    __slots__ = ("_timer",)

    def __init__(self, machine: Machine, seconds: float) -> None:
        super().__init__(machine.loop)
        self._timer = machine.loop.call_later(seconds, self._fire)

    def _fire(self) -> None:
        if not self.done():
            self.set_result(None)

    def cancel(self, msg: Any | None = None) -> bool:
        """Stop the timer."""
        self._timer.cancel()
        return super().cancel(msg)


# Blocking style.


def wait(awaitable: Awaitable[T], timeout: float | None = None) -> T:
    """Wait for something, in a workflow in blocking style, and give its result.

    Args:
        awaitable: A future, a coroutine: whatever could be awaited.
        timeout: Seconds to wait at most; what is waited for is not cancelled.

    Raises:
        WaitTimedOut: It was not there in time.
        ForbiddenCallError: This is no workflow in blocking style.
    """
    required("wait()")
    if timeout is None:
        return blocking.result_of(awaitable)
    future = asyncio.ensure_future(awaitable)
    _wait((future,), asyncio.FIRST_COMPLETED, timeout)
    return future.result()


def sleep(seconds: float) -> None:
    """Wait some seconds, in a workflow in blocking style, rounded up to whole ones."""
    wait(start_timer(seconds))


def wait_for_all(*futures: Awaitable[Any], timeout: float | None = None) -> "list[asyncio.Future[Any]]":
    """Wait until all futures are done, failed ones included, in a workflow in blocking style.

    Args:
        futures: Futures, or lists of them.
        timeout: Seconds to wait at most.

    Returns:
        The futures, in the order in which they were done.

    Raises:
        WaitTimedOut: They were not all done in time.
    """
    return _wait(_flat(futures), asyncio.ALL_COMPLETED, timeout)


def wait_for_any(*futures: Awaitable[Any], timeout: float | None = None) -> "list[asyncio.Future[Any]]":
    """Wait until some future is done, failed ones included, in a workflow in blocking style.

    Args:
        futures: Futures, or lists of them.
        timeout: Seconds to wait at most.

    Returns:
        The futures that are done, in the order in which they were done.

    Raises:
        WaitTimedOut: None was done in time.
    """
    return _wait(_flat(futures), asyncio.FIRST_COMPLETED, timeout)


def _flat(futures: Any) -> "tuple[asyncio.Future[Any], ...]":
    flat: list[asyncio.Future[Any]] = []
    for each in futures:
        flat.extend(_flat(each) if isinstance(each, list | tuple) else [asyncio.ensure_future(each)])
    return tuple(flat)


def _wait(futures: "tuple[asyncio.Future[Any], ...]", until: str, timeout: float | None) -> "list[asyncio.Future[Any]]":
    machine = required("wait_for_all()")
    done: list[asyncio.Future[Any]] = []
    for future in futures:
        future.add_done_callback(done.append)
    enough = len(futures) if until == asyncio.ALL_COMPLETED else min(1, len(futures))
    condition = machine.wait_until(lambda: len(done) >= enough)
    try:
        if timeout is None:
            blocking.result_of(condition)
        else:
            blocking.result_of(asyncio.wait_for(condition, of_seconds(timeout, "timeout")))
    except TimeoutError:
        raise WaitTimedOut(f"After {timeout:g} seconds {len(done)} of {len(futures)} were done.") from None
    finally:
        for future in futures:
            future.remove_done_callback(done.append)
    return done


class WorkflowLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger that is silent while a workflow does again what it did before."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        """Tell whether a record of this level is to be logged."""
        return not is_replaying() and super().isEnabledFor(level)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Leave the record as it is: `swf.logs` tells which execution it is of."""
        return msg, kwargs


logger = WorkflowLogger(logging.getLogger("swf.workflow"), {})
