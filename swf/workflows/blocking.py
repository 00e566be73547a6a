"""Workflows in blocking style: ``run`` is a plain function, in a greenlet, and waiting switches to the event loop.

It needs the extra ``workflows``.
"""

import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from swf.exceptions import ForbiddenCallError, MissingExtraError

T = TypeVar("T")


def require_greenlet() -> Any:
    """Give the class of greenlets.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from greenlet import greenlet  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError("A workflow whose run is no coroutine function", "workflows") from error
    return greenlet


async def in_greenlet(function: Callable[[], T]) -> T:
    """Call a function in a greenlet of its own, and await for it whatever it waits for."""
    greenlet = require_greenlet()

    def begin() -> T:
        # What looks for forbidden calls finds this module below the workflow's own code.
        return function()

    running = greenlet(begin)
    running.gr_context = contextvars.copy_context()
    awaited = running.switch()
    while not running.dead:
        try:
            value = await awaited
        except BaseException as error:
            awaited = running.throw(error)
        else:
            awaited = running.switch(value)
    # Of a coroutine function in a decorator that is none.
    result: T = await awaited if isinstance(awaited, Coroutine) else awaited
    return result


def result_of(awaitable: Awaitable[T]) -> T:
    """Wait for something, in a workflow in blocking style.

    Raises:
        ForbiddenCallError: This is no such workflow, so there is nothing that could wait.
    """
    from greenlet import getcurrent

    parent = getcurrent().parent
    if parent is None:
        if isinstance(awaitable, Coroutine):
            awaitable.close()
        raise ForbiddenCallError(
            "This is a coroutine, or no workflow: nothing can wait here without await. Await it, or write run as a "
            "plain function."
        )
    result: T = parent.switch(awaitable)
    return result
