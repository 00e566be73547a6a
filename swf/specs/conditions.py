"""Whether a task is to be done: conditions on inputs and results."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from swf import wire
from swf.exceptions import SpecInputError
from swf.specs import inputs
from swf.specs.inputs import Input, Place, Sources
from swf.specs.paths import NOTHING


@attrs.frozen
class Compare:
    """A value held against another.

    Attributes:
        value: Where the value comes from.
        how: ``equals``, ``not_equals``, ``in``, ``less_than``, ``greater_than`` or ``exists``.
        other: What the document has to hold it against.
    """

    value: Input
    how: str
    other: Any


@attrs.frozen
class Each:
    """Several conditions, of which all or any must hold."""

    conditions: tuple["Condition", ...]
    rule: Callable[[Iterator[bool]], bool]


@attrs.frozen
class Not:
    """A condition that must not hold."""

    condition: "Condition"


Condition = Compare | Each | Not

_RULES: Final[Mapping[str, Callable[[Iterator[bool]], bool]]] = {"all": all, "any": any}
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"less_than": operator.lt, "greater_than": operator.gt}


def read(data: Mapping[str, Any]) -> Condition:
    """Read a condition as a document has it; its form has been checked."""
    if "not" in data:
        return Not(read(data["not"]))
    for name, rule in _RULES.items():
        if name in data:
            return Each(tuple(read(each) for each in data[name]), rule)
    (how,) = data.keys() - {"value"}
    return Compare(inputs.read(data["value"]), how, data[how])


def reads(data: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Give the inputs that a condition reads, each with its place."""
    if "not" in data:
        yield from reads(data["not"], (*place, "not"))
    for name in _RULES:
        for index, each in enumerate(data.get(name, ())):
            yield from reads(each, (*place, name, index))
    if "value" in data:
        yield from inputs.reads(data["value"], (*place, "value"))


def holds(condition: Condition, sources: Sources) -> bool:
    """Tell whether a condition holds.

    >>> paid = Compare(inputs.WorkflowInput("$.paid"), "equals", True)
    >>> holds(paid, Sources({"paid": True}, lambda id: NOTHING))
    True

    Raises:
        SpecInputError: A value is not there, or cannot be compared.
    """
    match condition:
        case Not(inner):
            return not holds(inner, sources)
        case Each(conditions, rule):
            return rule(holds(each, sources) for each in conditions)
        case Compare(value, "exists", other):
            return _exists(value, sources) is other
        case Compare(value, how, other):
            return _compared(inputs.value_of(value, sources), how, other)


def _exists(value: Input, sources: Sources) -> bool:
    try:
        return inputs.value_of(value, sources) is not NOTHING
    except SpecInputError:
        return False


def _compared(value: Any, how: str, other: Any) -> bool:
    if how in ("equals", "not_equals"):
        return _is_same(value, other) is (how == "equals")
    if how == "in":
        return any(_is_same(value, each) for each in other)
    if _is_number(value) == _is_number(other) and isinstance(value, str) == isinstance(other, str):
        return _ORDERS[how](value, other)
    raise SpecInputError(
        f"asks whether {wire.shown(value)} is {how.replace('_', ' ')} {wire.shown(other)}, which cannot be said: "
        "compare numbers with numbers, and texts with texts."
    )


def _is_same(value: Any, other: Any) -> bool:
    match value, other:
        case list(), list():
            return len(value) == len(other) and all(map(_is_same, value, other))
        case dict(), dict():
            return value.keys() == other.keys() and all(_is_same(value[key], other[key]) for key in value)
        case _:
            # JSON's true is not its 1, and Python's is.
            return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
