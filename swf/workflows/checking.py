"""Calls that a workflow must not make, caught in development: what differs on each replay, or waits elsewhere.

Python tells of each call, by `sys.setprofile`, while a workflow runs. That takes time, so it is off in production
unless asked for. What logging, imports, codecs and this library do is let through, and so are side effects and
local activities.
"""

import asyncio
import builtins
import datetime
import gc
import os
import random
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from swf.exceptions import ForbiddenCallError
from swf.workflows.forbidden import ACTIVITY, CHANCE, CLOCK, SLEEP, STARTED, UNIQUE

VARIABLE = "SWF_CHECK_WORKFLOWS"

_BUILTINS: dict[Any, tuple[str, str]] = {
    time.time: ("time.time()", CLOCK),
    time.time_ns: ("time.time_ns()", CLOCK),
    time.monotonic: ("time.monotonic()", CLOCK),
    time.monotonic_ns: ("time.monotonic_ns()", CLOCK),
    time.perf_counter: ("time.perf_counter()", CLOCK),
    time.perf_counter_ns: ("time.perf_counter_ns()", CLOCK),
    time.process_time: ("time.process_time()", CLOCK),
    time.localtime: ("time.localtime()", CLOCK),
    time.gmtime: ("time.gmtime()", CLOCK),
    time.sleep: ("time.sleep()", SLEEP),
    os.urandom: ("os.urandom()", CHANCE),
    builtins.open: ("open()", ACTIVITY),
    os.open: ("os.open()", ACTIVITY),
    os.listdir: ("os.listdir()", ACTIVITY),
    os.scandir: ("os.scandir()", ACTIVITY),
}
_METHODS = {
    (datetime.datetime, "now"): ("datetime.now()", CLOCK),
    (datetime.datetime, "utcnow"): ("datetime.utcnow()", CLOCK),
    (datetime.datetime, "today"): ("datetime.today()", CLOCK),
    (datetime.date, "today"): ("date.today()", CLOCK),
}
# The generator behind the functions of the module `random`.
_SHARED_CHANCE = random.random.__self__  # type: ignore[attr-defined]
_FUNCTIONS = {
    socket.socket.__init__.__code__: ("socket()", ACTIVITY),
    subprocess.Popen.__init__.__code__: ("subprocess", ACTIVITY),
    threading.Thread.start.__code__: ("Thread.start()", ACTIVITY),
    uuid.uuid1.__code__: ("uuid.uuid1()", UNIQUE),
}

_AS_COMPLETED = asyncio.as_completed.__code__
# To find code among others takes as long as it is; its name is quicker.
_NAMES = frozenset(code.co_name for code in (*_FUNCTIONS, _AS_COMPLETED))

# What may do anything, whoever calls it: and side effects.
_LET_THROUGH = (
    "logging",
    "importlib",
    "asyncio",
    "warnings",
    "traceback",
    "linecache",
    "swf.payload",
    "swf.workflows.local",
)
# Where a call is told of that was made in a library is where that was called.
_LIBRARIES = ("<frozen", *{sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})
# What calls the workflow's own code.
_INSIDE = ("swf.workflows.loop", "swf.workflows.machine", "swf.workflows.blocking")


@contextmanager
def forbidden(fail: Callable[[BaseException], Any]) -> Iterator[None]:
    """Catch the forbidden calls in a block.

    Args:
        fail: Called with the error, and raises it; also where the workflow would catch it.
    """
    before = sys.getprofile()
    if before is not None and not callable(before):
        # A profiler written in C, such as cProfile: it would not be found again, and is left alone.
        yield
        return

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if before is not None:
            before(frame, event, argument)  # type: ignore[arg-type]
        found = None
        if event == "c_call":
            found = _called(argument)
        elif event == "call" and frame.f_code.co_name in _NAMES:
            found = _entered(frame)
        if found is not None and not _is_let_through(frame, event):
            what, remedy = found
            fail(ForbiddenCallError(f"A workflow called {what}{_at(frame, event)}. {remedy}"))

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


def _called(argument: Any) -> tuple[str, str] | None:
    owner = getattr(argument, "__self__", None)
    if owner is _SHARED_CHANCE:
        return f"random.{argument.__name__}()", CHANCE
    if isinstance(owner, type):
        return next(
            (
                found
                for (kind, name), found in _METHODS.items()
                if name == argument.__name__ and issubclass(owner, kind)
            ),
            None,
        )
    try:
        found = _BUILTINS.get(argument)
    except TypeError:
        return None
    if found is not None and found[0] == "os.urandom()":
        return found[0], f"{CHANCE} For an id: {UNIQUE}"
    return found


def _entered(frame: FrameType) -> tuple[str, str] | None:
    if frame.f_code is _AS_COMPLETED and any(map(asyncio.iscoroutine, frame.f_locals.get("fs", ()))):
        return "asyncio.as_completed() with coroutines", STARTED
    return _FUNCTIONS.get(frame.f_code)


def _is_let_through(frame: FrameType, event: str) -> bool:
    """Tell whether something between the call and the workflow's own code answers for it."""
    at = frame.f_back if event == "call" else frame
    if at is not None and _module(at).startswith("swf."):
        return True
    while at is not None:
        name = _module(at)
        if name.startswith(_LET_THROUGH) or "importlib" in at.f_code.co_filename or _is_of_the_collector(at):
            return True
        if name in _INSIDE:
            return False
        at = at.f_back
    return True


def _is_of_the_collector(frame: FrameType) -> bool:
    """Tell whether the garbage collector called it, which it may do at any time."""
    code = frame.f_code
    return code.co_name == "__del__" or any(getattr(callback, "__code__", None) is code for callback in gc.callbacks)


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or ""


def _at(frame: FrameType, event: str) -> str:
    made: FrameType | None = frame.f_back if event == "call" else frame
    at = made
    while at is not None and at.f_code.co_filename.startswith(_LIBRARIES):
        at = at.f_back
    if at is None or _module(at) in _INSIDE:
        # The workflow itself is installed as a library.
        at = made
    return f" at {os.path.basename(at.f_code.co_filename)}:{at.f_lineno}" if at else ""
