"""Which function handles what: registration by type, on an actor or inside its class."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import attrs

from swf.exceptions import ValidationError
from swf.shapes import HasNameAndVersion, TypeId, type_id

F = TypeVar("F", bound=Callable[..., Any])
Options = TypeVar("Options")

_MARK = "_swf_handles"

Type = HasNameAndVersion | tuple[str, str]


@attrs.frozen
class Handler(Generic[Options]):
    """A function for tasks of a type.

    Attributes:
        type_id: The name and version of the type.
        function: Called with the task.
        options: What was said of it beside.
    """

    type_id: TypeId
    function: Callable[..., Any]
    options: Options


@attrs.frozen
class _Mark:
    kind: str
    type_id: TypeId
    options: Any


def named(name: str | Type, version: str | None) -> TypeId:
    """Give the type that is meant: a name and a version, or a model that has both."""
    if isinstance(name, str):
        if version is None:
            raise ValidationError(f"Of which version is the type {name!r}? Give both: ({name!r}, '1.0').")
        return type_id((name, version))
    return type_id(name)


def mark(function: F, kind: str, type_id: TypeId, options: Any) -> F:
    """Remember on a function which type it handles, for the actor whose class it is in."""
    marks = getattr(function, _MARK, ())
    setattr(function, _MARK, (*marks, _Mark(kind, type_id, options)))
    return function


class Handlers(Generic[Options]):
    """The functions of an actor, by type.

    Args:
        kind: What the types are of: ``activity`` or ``workflow``.
        actor: Its methods that were marked are taken in.
    """

    def __init__(self, kind: str, actor: object) -> None:
        self._kind = kind
        self._by_type: dict[TypeId, Handler[Options]] = {}
        for method, found in marked(type(actor), kind):
            self.add(Handler(found.type_id, getattr(actor, method), found.options))

    def __bool__(self) -> bool:
        return bool(self._by_type)

    def __iter__(self) -> Iterator[TypeId]:
        return iter(self._by_type)

    def add(self, handler: Handler[Options]) -> None:
        """Take in a handler; there is one for each type."""
        if not callable(handler.function):
            raise ValidationError(f"{handler.function!r} cannot handle {shown(handler.type_id)}: it is no function.")
        there = self._by_type.get(handler.type_id)
        if there is not None:
            raise ValidationError(
                f"The {self._kind} type {shown(handler.type_id)} has two handlers, {_place(there.function)} and "
                f"{_place(handler.function)}. Keep one of them."
            )
        self._by_type[handler.type_id] = handler

    def get(self, type_id: TypeId | None) -> Handler[Options] | None:
        """Give the handler of a type, or None."""
        return None if type_id is None else self._by_type.get(type_id)

    @property
    def shown(self) -> str:
        """The types, for a message."""
        return ", ".join(shown(known) for known in sorted(self._by_type)) or "none"


def marked(cls: type, kind: str) -> Iterator[tuple[str, _Mark]]:
    """Return the methods of a class that were marked as handlers of a kind, by their names."""
    for name in dir(cls):
        for found in getattr(getattr(cls, name, None), _MARK, ()):
            if found.kind == kind:
                yield name, found


def shown(type_id: TypeId | None) -> str:
    """Give a type as a message names it."""
    return "(none)" if type_id is None else str(type_id)


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"
