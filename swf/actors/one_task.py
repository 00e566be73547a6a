"""One task and no more: for processes that are started for a task, and end with it."""

import threading
from typing import Any

from swf.actors.core import Actor, run
from swf.actors.observers import Notice, Observer, observe
from swf.exceptions import PollTimeout, ValidationError


def run_one_task(actor: Actor[Any], *, timeout: float | None = None, stop_timeout: float | None = None) -> bool:
    """Have an actor poll in the foreground until it has worked on one task; SIGINT and SIGTERM end it as in `run`.

    >>> import swf.actors
    >>> class Packer(swf.actors.ActivityWorker):
    ...     def perform(self, task):
    ...         return "packed"
    >>> run_one_task(Packer("shop", "packing"), timeout=0.1)
    Traceback (most recent call last):
    swf.exceptions.PollTimeout: No task came to the task list 'packing' of the domain 'shop'.

    Args:
        actor: A decider or a worker. From now on it works on one task at a time.
        timeout: After so many seconds without a task it polls no more. A poll that is under way is not cut off: on
            AWS it may take a minute, and bring a task.
        stop_timeout: How many seconds the task may take after a signal. Left out, as long as it takes.

    Returns:
        Whether SWF took an answer to the task, be it that it failed.

    Raises:
        PollTimeout: No task came.
        ValidationError: The timeout is not more than 0 seconds.
        SWFError: The actor ended because of it.
        SystemExit: A second signal came, or the time after the first was over.
    """
    if timeout is not None and not timeout > 0:
        raise ValidationError(
            f"timeout is {timeout!r}, and must be more than 0 seconds. Leave it out to wait for ever."
        )
    actor.concurrency = 1
    watch = _Watch(actor)
    end = observe(watch)
    over = threading.Event()
    if timeout is not None:
        threading.Thread(target=_give_up, args=(actor, timeout, over), name="one-task", daemon=True).start()
    try:
        run(actor, stop_timeout=stop_timeout)
    finally:
        over.set()
        end()
    if not watch.has_task:
        raise PollTimeout(f"No task came to the task list {actor.task_list!r} of the domain {actor.domain.name!r}.")
    return watch.has_answer


def _give_up(actor: Actor[Any], seconds: float, over: threading.Event) -> None:
    """Stop an actor after so many seconds, unless it is over before."""
    if over.wait(seconds):
        return
    # A stop that comes while it is still about to start would be forgotten.
    while actor.state is Actor.STATES.STOPPED:
        if over.wait(0.02):
            return
    actor.stop()


class _Watch(Observer):
    """Stops an actor as soon as it has a task, and hears what becomes of that."""

    def __init__(self, actor: Actor[Any]) -> None:
        self._actor = actor
        self.has_task = False
        self.has_answer = False

    def hear(self, notice: Notice) -> None:
        if notice.actor is not self._actor:
            return
        if notice.kind == "task_polled":
            self.has_task = True
            # In the only thread that polls: it finds out before it would poll again.
            self._actor.stop()
        elif _is_answered(notice):
            self.has_answer = True


def _is_answered(notice: Notice) -> bool:
    # A decision task that failed is not answered.
    return notice.kind in ("task_completed", "task_canceled", "decision_made") or "failure" in notice.facts
