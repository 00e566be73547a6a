"""Whether a value is one that is asked for, and which word may have been meant.

What every place that takes values from outside has in common, beside the attributes that `swf.wire` checks.
"""

import functools
import inspect
import math
import re
from collections.abc import Iterable, Sequence
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


# What a hint never confuses, whatever the spelling: the words of one side may stand for each other, those of two not.
_OPPOSITES = tuple(
    tuple(side.split() for side in sides.split("|"))
    for sides in (
        "oldest earliest first since after gt gte min from | latest newest last until before lt lte max to",
        "open opened | close closed",
        "start started begin began | close closed stop stopped end ended finish finished complete completed abort "
        "cancel terminate kill",
        "complete completed finish finished succeed succeeded success | fail failed failure error | cancel canceled | "
        "terminate terminated abort aborted kill killed | timed | start started | schedule scheduled",
        "register registered create created | deprecate deprecated delete deleted",
        "input | output result",
        "add added | remove removed",
        "include | exclude",
        "import imported | export exported",
        "encode | decode",
        "attach | detach",
        "increase | decrease",
        "enable enabled allow | disable disabled deny forbid",
        "send sent | receive received",
        "ascending | descending",
        "north | south",
        "east | west",
    )
)
# What makes another thing of the rest of a name: a task whose scheduling failed is none that was scheduled, and the
# workflow id of a parent is none of its child's.
_TURNING = frozenset({"no", "not", "non", "without", "failed", "parent", "child", "children", "external"})
_NEGATING = ("un", "de", "dis", "non", "in")


def meant(word: object, known: Iterable[str]) -> str:
    """Ask whether another word was meant, if one comes close; a sentence to go before the next.

    A word that says the opposite is never proposed. A name with a lookup behind it gets the note that there are none.

    >>> meant("nmae", ["name", "version"])
    "Did you mean 'name'? "
    >>> meant("name__in", ["name", "version"])
    "There are no lookups such as __in: 'name' is compared as it stands. "
    """
    if not isinstance(word, str):
        return ""
    name, separator, lookup = word.rpartition("__")
    if name and separator and lookup.isidentifier():
        close = closest(name, known)
        return f"There are no lookups such as __{lookup}{f': {close!r} is compared as it stands' if close else ''}. "
    close = closest(word, known)
    return f"Did you mean {close!r}? " if close else ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that comes closest, if one does and does not say the opposite."""
    in_lower_case = {each.lower(): each for each in known}
    for close in get_close_matches(word.lower(), in_lower_case, n=5):
        if not _say_opposites(word, in_lower_case[close]):
            return in_lower_case[close]
    return None


def _say_opposites(word: str, other: str) -> bool:
    """Return whether two names, whatever is between their parts, differ by words that are opposites.

    >>> _say_opposites("started_since", "start_latest_date"), _say_opposites("start_since", "start_oldest_date")
    (True, False)
    """
    one, another = _parts(word), _parts(other)
    ours, theirs = one - another, another - one
    if ours & _TURNING != theirs & _TURNING:
        return True
    return any(_are_opposites(part, their) for part in ours for their in theirs)


def _parts(word: str) -> set[str]:
    """Return the parts of a name in snake case, camel case or with dashes, in lower case."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", word)}


def _are_opposites(one: str, other: str) -> bool:
    if _negates(one, other) or _negates(other, one):
        return True
    for sides in _OPPOSITES:
        ours, theirs = _sides_of(one, sides), _sides_of(other, sides)
        if ours and theirs and not any(side in theirs for side in ours):
            return True
    return False


def _sides_of(part: str, sides: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the sides that a part is on: it is one of their words, or, if it is none of any, one misspelt."""
    exactly = [side for side in sides if part in side]
    return exactly or [side for side in sides if get_close_matches(part, side, n=1, cutoff=0.8)]


def _negates(part: str, other: str) -> bool:
    stems = (part.removeprefix(prefix) for prefix in _NEGATING if part.startswith(prefix))
    return any(get_close_matches(stem, [other], n=1, cutoff=0.85) for stem in stems)


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
