"""Whether a value is one that is asked for, and which word may have been meant.

What every place that takes values from outside has in common, beside the attributes that `swf.wire` checks.
"""

import functools
import inspect
import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Self, TypeVar

from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.shapes import Shape
from swf.wire import shown

T = TypeVar("T")


def of_kind(value: T, kind: type[Any] | tuple[type[Any], ...], what: str, instead: str) -> T:
    """Give a value back if it is of a Python type.

    >>> of_kind("5", float, "number of seconds", "Give 5.")
    Traceback (most recent call last):
    swf.exceptions.ValidationError: '5' is no number of seconds. Give 5.

    Args:
        value: The value.
        kind: The type.
        what: What it would be, for the message.
        instead: What to do, a sentence.

    Raises:
        ValidationError: It is not.
    """
    if not isinstance(value, kind):
        raise ValidationError(f"{shown(value)} is no {what}. {instead}")
    return value


def of_shape(value: T, shape: Shape) -> T:
    """Give a value back if it is of a shape, which is named for what the value is to the caller.

    >>> from swf.shapes import Number
    >>> of_shape(-3, Number("n", min=0))
    Traceback (most recent call last):
    swf.exceptions.ValidationError: n -3 must be at least 0.

    Raises:
        ValidationError: It is not.
    """
    if problem := shape.problem(value):
        raise ValidationError(f"{shape.name} {shown(value)} {problem}.")
    return value


def of_seconds(value: float, name: str) -> float:
    """Give a number of seconds back, whole or not.

    >>> of_seconds("5", "timeout")
    Traceback (most recent call last):
    swf.exceptions.ValidationError: timeout '5' must be a number of seconds, not str.

    Raises:
        ValidationError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise ValidationError(f"{name} {shown(value)} must be a number of seconds, not {type(value).__name__}.")
    return value


def meant(word: object, known: Iterable[str]) -> str:
    """Ask whether another word was meant, if one comes close; a sentence to go before the next.

    >>> meant("nmae", ["name", "version"])
    "Did you mean 'name'? "
    """
    in_lower_case = {each.lower(): each for each in known}
    close = get_close_matches(word.lower(), in_lower_case, n=1) if isinstance(word, str) else []
    return f"Did you mean {in_lower_case[close[0]]!r}? " if close else ""


class Spelt:
    """A class that tells which keyword was meant, when it is made with one that it does not take."""

    __slots__ = ()

    def __new__(cls, *values: object, **attributes: object) -> Self:
        """Look at the keywords alone; ``__init__`` is as the class declares it."""
        if attributes:
            refuse_misspelt(cls, attributes)
        return super().__new__(cls)


def refuse_misspelt(cls: type, attributes: Iterable[str]) -> None:
    """Refuse keywords that a class does not take.

    Raises:
        InvalidKeywordArgumentError: There is one; names those that there are.
    """
    known = _keywords(cls)
    for name in attributes:
        if known and name not in known:
            public = [word for word in known if not word.startswith("_")]
            raise InvalidKeywordArgumentError(
                f"{cls.__name__} has no attribute {name!r}. {meant(name, public)}There are: {', '.join(public)}."
            )


@functools.cache
def _keywords(cls: type) -> tuple[str, ...]:
    """Name the keywords that a class takes; none where it takes any."""
    parameters = inspect.signature(cls).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return ()
    return tuple(parameter.name for parameter in parameters)
