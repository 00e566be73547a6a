"""What a module has that a command could run: for hints, which must not lead to what cannot be run."""

import inspect
import typing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Final

import attrs

from swf.actors import Actor

# More names than these help nobody.
_MOST: Final = 15


@attrs.frozen
class Candidates:
    """What of a module a command could run.

    Attributes:
        kind: What the command runs.
        names: Actors of the kind among the module's variables, and the complete classes and the functions that it
            defines and that say that they give such.
        functions: Other functions that it defines and that may be called: they do not say what they give.
    """

    kind: type[Actor[Any]]
    names: tuple[str, ...]
    functions: tuple[str, ...]

    def __str__(self) -> str:
        sentences = []
        if self.names:
            sentences.append(f"It has: {_listed(self.names)}.")
        if self.functions:
            sentences.append(f"It has functions that may give one: {_listed(self.functions)}.")
        return " ".join(sentences) or f"Nor has it any other {self.kind.__name__}."


def candidates(module: ModuleType, kind: type[Actor[Any]]) -> Candidates:
    """Return what of a module could be run as an actor of a kind.

    A class or a function counts where it is defined: in the module, or in a submodule of it. Those that are imported
    from elsewhere are the tools that the module is made with.
    """
    own = {name: value for name, value in vars(module).items() if not name.startswith("_") and _is_own(value, module)}
    functions = {name: gives(value, kind) for name, value in own.items() if _is_callable_function(value)}
    return Candidates(
        kind,
        tuple(
            name
            for name, value in vars(module).items()
            if isinstance(value, kind) or (name in own and _is_complete(value, kind)) or functions.get(name)
        ),
        tuple(name for name, given in functions.items() if given is None),
    )


def takes(make: Callable[..., Any], *arguments: Any) -> bool:
    """Return whether something can be called with these arguments."""
    try:
        inspect.signature(make).bind(*arguments)
    except (TypeError, ValueError):
        return False
    return True


def gives(function: Callable[..., Any], kind: type[Actor[Any]]) -> bool | None:
    """Return whether a function says that it gives actors of a kind; None when it does not say what it gives.

    >>> from swf.actors import ActivityWorker, Decider
    >>> def workers() -> list[ActivityWorker]: ...
    >>> gives(workers, ActivityWorker), gives(workers, Decider), gives(lambda: [], Decider)
    (True, False, None)
    """
    try:
        hint = typing.get_type_hints(function)["return"]
    except Exception:
        # Annotations are evaluated as code and may raise anything. One that cannot be evaluated says nothing.
        return None
    classes = list(_classes(hint))
    if not classes:
        return None
    return any(issubclass(each, Actor) and (issubclass(each, kind) or issubclass(kind, each)) for each in classes)


def _classes(hint: Any) -> Iterator[type]:
    """Return the classes in an annotation that stand for what is given, not for what holds it."""
    parts = typing.get_args(hint)
    if not parts and isinstance(hint, type):
        yield hint
    for part in parts:
        yield from _classes(part)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


def _is_own(value: Any, module: ModuleType) -> bool:
    home = getattr(value, "__module__", None)
    return isinstance(home, str) and f"{home}.".startswith(f"{module.__name__}.")


def _is_complete(value: Any, kind: type[Actor[Any]]) -> bool:
    """Return whether a value is a class of the kind that can be made and says what to do with a task."""
    is_of_kind = isinstance(value, type) and issubclass(value, kind) and not inspect.isabstract(value)
    return is_of_kind and value.is_complete() and _is_callable(value)


def _is_callable_function(value: Any) -> bool:
    return inspect.isfunction(value) and _is_callable(value)


def _is_callable(make: Callable[..., Any]) -> bool:
    return takes(make) or takes(make, "domain", "task_list")
