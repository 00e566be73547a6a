"""What actors do, as signals of blinker (extra ``signals``).

A signal is sent when it has happened, in the thread where it did. Its sender is the actor; what else is known comes by
keyword:

>>> @task_failed.connect
... def alarm(actor, task, error, **others):
...     print(f"{task!r} of {actor!r} failed: {error}")

A receiver that raises is logged, and hurts neither the actor nor other receivers. Actors wait for it, so it should not
take long. It should take ``**others`` as well, for what a later version tells beside. Blinker holds it weakly: what is
kept nowhere else, such as a lambda, is connected with ``weak=False``.

What happens in SWF and is met by no actor of this process (an execution that times out, a task that another process
works on) sends nothing here; it is in histories.

See: https://blinker.readthedocs.io/
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from swf.actors.observers import Kind, Notice, Observer, observe
from swf.exceptions import MissingExtraError

try:
    from blinker import Signal
except ModuleNotFoundError as error:
    raise MissingExtraError("swf.signals", "signals") from error

_log = logging.getLogger(__name__)

execution_started = Signal()
"""A decider was given the first decision task of an execution. Sent again if SWF gives that task again.

With ``task``.
"""

execution_closed = Signal()
"""SWF has taken a decision that closes an execution, or continues it as new.

With ``task`` and the ``decision``. If something happened to the execution meanwhile, SWF puts a refusal into its
history in place of the end, and this is sent again when the decider closes it again.
"""

task_polled = Signal()
"""An actor was given a task.

With ``task`` and the ``seconds`` that the poll took.
"""

task_completed = Signal()
"""The result of an activity task is with SWF.

With ``task``, the ``result`` as the handler gave it, and the ``seconds`` that the handler took.
"""

task_failed = Signal()
"""A handler raised an error.

With ``task`` and ``error``. For an activity task, whose failure is with SWF, also with ``failure``, as a decider reads
it (`swf.failure.Failure`), and the ``seconds`` that the handler took. A decision task is not answered then, and SWF
gives it again; its error may also be that SWF did not take the decisions.
"""

task_canceled = Signal()
"""The answer that an activity task was canceled is with SWF.

With ``task``, the ``details`` and the ``seconds`` that the handler took.
"""

task_timed_out = Signal()
"""SWF no longer waits for a task that was worked on. It timed out, or its execution has closed.

With ``task``.
"""

decision_made = Signal()
"""Decisions are with SWF, or word that there are none.

With ``task`` and the ``decisions``, a tuple.
"""

poll_empty = Signal()
"""A poll ended without a task.

With the ``seconds`` that it took.
"""

throttled = Signal()
"""SWF refused a poll because requests come too fast. The actor makes a pause.

With ``error``.
"""

# Every signal, by what it tells.
SIGNALS: Mapping[Kind, Signal] = MappingProxyType(
    {
        "execution_started": execution_started,
        "execution_closed": execution_closed,
        "task_polled": task_polled,
        "task_completed": task_completed,
        "task_failed": task_failed,
        "task_canceled": task_canceled,
        "task_timed_out": task_timed_out,
        "decision_made": decision_made,
        "poll_empty": poll_empty,
        "throttled": throttled,
    }
)


class _Sender(Observer):
    """Sends the signals."""

    def hear(self, notice: Notice) -> None:
        """Send the signal of what happened."""
        signal = SIGNALS[notice.kind]
        if signal.is_muted:
            return
        # Signal.send() would end with the first receiver that raises.
        for receiver in signal.receivers_for(notice.actor):
            try:
                _call(receiver, notice)
            except Exception:
                _log.exception("A receiver of the signal %s failed: %r", notice.kind, receiver)


def _call(receiver: Callable[..., Any], notice: Notice) -> None:
    given = receiver(notice.actor, **notice.facts)
    if inspect.iscoroutine(given):
        given.close()
        raise TypeError("Nothing awaits a coroutine here. Connect a plain function, which may start one elsewhere.")


observe(_Sender())
