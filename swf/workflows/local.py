"""What is done once, in the decider, and kept in a marker: side effects and local activities."""

import asyncio
import json
import time
from asyncio import events as asyncio_events
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from swf.checks import of_shape
from swf.failure import LONGEST_DETAILS, Failure
from swf.shapes import Text
from swf.workflows.failures import ActivityFailed, SideEffectFailed
from swf.workflows.loop import Future
from swf.workflows.retry import RetryPolicy

if TYPE_CHECKING:
    from swf.workflows.activities import DeclaredActivity
    from swf.workflows.machine import Machine

R = TypeVar("R")

_MARKER = Text("The result", max=32_768)


def side_effect(machine: "Machine", function: Callable[[], R]) -> R:
    """Call a function once, and give its result, kept in a marker, on each replay."""
    name = getattr(function, "__qualname__", "side_effect")
    details = machine.recorded("side_effect", f"the side effect {name}", lambda: _outcome(machine, function, None))
    told = json.loads(details or "{}")
    if "failure" in told:
        raise SideEffectFailed(name, _failure(told))
    return machine.decoded(told.get("value"))  # type: ignore[no-any-return]


def performed(
    machine: "Machine", activity: "DeclaredActivity[Any, R]", args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Future[R]:
    """Perform an activity once, and give a future of its result, kept in a marker."""

    def perform() -> R:
        return awaited(activity.perform(*args, **kwargs))  # type: ignore[no-any-return]

    what = f"the local activity {activity.name}"
    details = machine.recorded(
        "local_activity", what, lambda: _outcome(machine, perform, activity.inline_retry or activity.settings.retry)
    )
    told = json.loads(details or "{}")
    future: Future[R] = Future(machine.loop)
    if "failure" in told:
        future.set_exception(ActivityFailed(activity.type_id, "local", _failure(told)))
    else:
        future.set_result(machine.decoded(told.get("value")))
    return future


def tried(perform: Callable[[], R], policy: RetryPolicy | None) -> R:
    """Call a function until it does not fail, as a policy says."""
    attempt = 0
    while True:
        attempt += 1
        try:
            return perform()
        except Exception as error:
            delay = _delay(policy, attempt, error)
            if delay is None:
                raise
            time.sleep(delay)


async def tried_async(given: Awaitable[R], again: Callable[[], Awaitable[R]], policy: RetryPolicy | None) -> R:
    """Await what a function gave, and call it again until that does not fail, as a policy says."""
    attempt = 0
    while True:
        attempt += 1
        try:
            return await given
        except Exception as error:
            delay = _delay(policy, attempt, error)
            if delay is None:
                raise
            await asyncio.sleep(delay)
        given = again()


def _delay(policy: RetryPolicy | None, attempt: int, error: Exception) -> float | None:
    import random

    return None if policy is None else policy.delay(attempt, Failure.of(error), random.Random())


def awaited(given: Any) -> Any:
    """Give what a function gave; a coroutine is run to its end, on a loop of its own."""
    return asyncio.run(given) if asyncio.iscoroutine(given) else given


def _outcome(machine: "Machine", function: Callable[[], Any], policy: RetryPolicy | None) -> str:
    """Call a function outside of the workflow's loop, and tell how it ended, as the text of a marker."""
    with _outside():
        try:
            value = tried(function, policy)
        except Exception as error:
            return _told(Failure.of(error))
        try:
            return of_shape(json.dumps({"value": machine.encoded(value, _MARKER)}, ensure_ascii=False), _MARKER)
        except (ValueError, TypeError) as error:
            return _told(Failure.of(error))


def _told(failure: Failure) -> str:
    """Tell a failure, as the text of a marker; what is too long is left out, the causes first."""
    for each in (failure, attrs.evolve(failure, cause=None), attrs.evolve(failure, cause=None, traceback=None)):
        text = json.dumps({"failure": {"reason": each.reason, "details": each.details}})
        if len(text) <= LONGEST_DETAILS:
            return text
    return json.dumps({"failure": {"reason": failure.reason, "details": None}})


def _failure(told: dict[str, Any]) -> Failure:
    failure = told["failure"]
    return Failure.read(failure["reason"], failure["details"])


@contextmanager
def _outside() -> Iterator[None]:
    """Be outside of the workflow in a block: what is called there is called, and not scheduled."""
    loop = asyncio_events._get_running_loop()
    asyncio_events._set_running_loop(None)
    try:
        yield
    finally:
        asyncio_events._set_running_loop(loop)
