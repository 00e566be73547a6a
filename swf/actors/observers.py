"""Who is told what actors do: `swf.signals`, `swf.telemetry`, or anything of yours."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal

import attrs

from swf.logs import HarmlessLogger

if TYPE_CHECKING:
    from swf.actors.core import Actor

_log = HarmlessLogger(logging.getLogger(__name__))

Kind = Literal[
    "execution_started",
    "execution_closed",
    "task_polled",
    "task_completed",
    "task_failed",
    "task_canceled",
    "task_timed_out",
    "decision_made",
    "poll_empty",
    "throttled",
]


@attrs.frozen
class Notice:
    """Something that an actor did or met.

    Attributes:
        kind: What happened.
        actor: To whom.
        facts: What else is known, by name: ``task``, ``error``, ``seconds``…
    """

    kind: Kind
    actor: "Actor[Any]"
    facts: Mapping[str, Any]


class Observer:
    """Hears what the actors of this process do. Subclass it; what it raises is logged, and hurts nobody."""

    def hear(self, notice: Notice) -> None:
        """Hear of something that happened, in the thread where it did. Do not take long."""

    def working(self, actor: "Actor[Any]", task: Any) -> AbstractContextManager[Any] | None:
        """Give what to be in while a task is worked on, or None."""
        return None


# In the order they came; the keys tell apart what was given twice.
_observers: dict[object, Observer] = {}


def observe(observer: Observer) -> Callable[[], None]:
    """Have an observer hear of everything from now on; gives what ends that."""
    key = object()
    _observers[key] = observer

    def end() -> None:
        _observers.pop(key, None)

    return end


def tell(kind: Kind, actor: "Actor[Any]", **facts: Any) -> None:
    """Tell all observers of something that happened."""
    if not _observers:
        return
    notice = Notice(kind, actor, facts)
    for observer in tuple(_observers.values()):
        try:
            observer.hear(notice)
        except Exception:
            _log.exception("An observer failed to hear of %s: %r", kind, observer)


@contextmanager
def working(actor: "Actor[Any]", task: Any) -> Iterator[None]:
    """Be in what the observers want while a task is worked on."""
    with ExitStack() as entered:
        for observer in tuple(_observers.values()):
            try:
                context = observer.working(actor, task)
                if context is not None:
                    entered.enter_context(_harmless(context, observer))
            except Exception:
                _log.exception("An observer failed to begin: %r", observer)
        yield


@contextmanager
def _harmless(context: AbstractContextManager[Any], observer: Observer) -> Iterator[None]:
    """Be in a context; what its end raises is logged. An error of the block itself goes on."""
    context.__enter__()
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        try:
            context.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except Exception as failed:
            if failed is not error:
                _log.exception("An observer failed to end: %r", observer)
