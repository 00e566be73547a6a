"""How the arguments of a call become the text that SWF keeps, and how a text becomes arguments again.

One parameter: its value is the input. Several: an object by their names, of those that were given. None: no input. So
any other client of SWF can write, and read, what is sent here.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from inspect import Parameter
from types import CoroutineType
from typing import Any

from swf import payload
from swf.checks import of_shape
from swf.exceptions import ValidationError
from swf.shapes import Text
from swf.wire import shown

INPUT = Text("input", max=32_768)

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_NOTHING: Arguments = ((), {})


class Parameters:
    """What a function takes, without ``self``.

    >>> def resize(picture, width=100): ...
    >>> Parameters(resize).packed(("cat.png",), {"width": 50})
    {'picture': 'cat.png', 'width': 50}
    >>> Parameters(resize).unpacked(["cat.png", 50])
    (('cat.png', 50), {})

    Args:
        function: The function.
        is_method: Whether its first parameter is filled in by somebody else.
    """

    __slots__ = ("_by_name", "_rest", "_signature", "_single", "name")

    def __init__(self, function: Callable[..., Any], *, is_method: bool = False) -> None:
        self.name: str = getattr(function, "__qualname__", type(function).__name__)
        declared = list(inspect.signature(function).parameters.values())[1 if is_method else 0 :]
        self._signature = inspect.Signature(declared)
        self._rest = next((each.name for each in declared if each.kind is Parameter.VAR_KEYWORD), None)
        self._by_name = {each.name: each for each in declared if each.kind is not Parameter.VAR_KEYWORD}
        self._single = declared[0] if len(declared) == 1 and self._rest is None else None

    def packed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Give the value that stands for the arguments of a call; None is no input.

        Raises:
            TypeError: They are not what the function takes.
        """
        single = self._single
        if single is not None and len(args) == 1 and not kwargs and single.kind is Parameter.POSITIONAL_OR_KEYWORD:
            return args[0]
        given = self._bound(args, kwargs)
        if single is not None:
            return given.get(single.name)
        if self._rest is not None:
            given.update(given.pop(self._rest, {}))
        return given or None

    def unpacked(self, value: Any) -> Arguments:
        """Give the arguments that a value stands for, also one that another client wrote.

        Raises:
            ValidationError: The function does not take such arguments.
        """
        try:
            return self._checked(self._taken(value))
        except TypeError as error:
            raise ValidationError(
                f"The input {shown(value)} does not fit {self.name}{self._signature}: {error}. Send the value of its "
                "one parameter, or an object with its parameters by name."
            ) from None

    def _bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        try:
            given = self._signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}(): {error}") from None
        return {
            name: list(value) if isinstance(value, tuple) and self._is_list(name) else value
            for name, value in given.items()
        }

    def _is_list(self, name: str) -> bool:
        parameter = self._by_name.get(name)
        return parameter is not None and parameter.kind is Parameter.VAR_POSITIONAL

    def _checked(self, arguments: Arguments) -> Arguments:
        args, kwargs = arguments
        self._signature.bind(*args, **kwargs)
        return arguments

    def _taken(self, value: Any) -> Arguments:
        if self._single is not None:
            return self._of_single(self._single, value)
        if value is None:
            return _NOTHING
        if isinstance(value, dict):
            return self._of_object(value)
        return (tuple(value) if isinstance(value, list) else (value,)), {}

    def _of_single(self, single: Parameter, value: Any) -> Arguments:
        if value is None and single.default is not Parameter.empty:
            return _NOTHING
        if single.kind is Parameter.VAR_POSITIONAL:
            return tuple(value or ()) if value is None or isinstance(value, list) else (value,), {}
        return ((), {single.name: value}) if single.kind is Parameter.KEYWORD_ONLY else ((value,), {})

    def _of_object(self, given: Mapping[str, Any]) -> Arguments:
        """Give what is named as keywords, but in their places those before a list of more, and those without a name."""
        listed = next((name for name in self._by_name if self._is_list(name) and name in given), None)
        args: list[Any] = []
        kwargs = dict(given)
        for name, parameter in self._by_name.items():
            if name not in kwargs or parameter.kind is Parameter.KEYWORD_ONLY:
                continue
            if name == listed:
                args.extend(kwargs.pop(name) or ())
                break
            if listed or parameter.kind is Parameter.POSITIONAL_ONLY:
                args.append(kwargs.pop(name))
        return tuple(args), kwargs


def packed(what: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Give the value for the arguments of something that is known by name alone.

    One is the value itself, several are a list, keywords an object.

    >>> packed("Resize", (["cat.png", 50]), {})
    ['cat.png', 50]

    Raises:
        TypeError: Both are given.
    """
    if args and kwargs:
        raise TypeError(f"{what} is known by name alone: give it arguments, or keywords, not both.")
    if kwargs:
        return dict(kwargs)
    return (args[0] if len(args) == 1 else list(args)) if args else None


def sendable(value: Any) -> Any:
    """Give a value as `swf.payload` is to be given it, so that what is read is what was sent.

    A text that reads as JSON, such as ``"7"``, is sent in quotes.

    >>> sendable("7"), sendable("seven"), sendable(7)
    ('"7"', 'seven', 7)
    """
    if isinstance(value, str) and payload.decode(payload.encode(value)) != value:
        return json.dumps(value, ensure_ascii=False)
    return value


def encoded(value: Any, shape: Text = INPUT) -> str | None:
    """Give the text for a value, checked against what SWF takes.

    Raises:
        ValidationError: It is no JSON, or too long.
    """
    try:
        text = payload.encode(sendable(value))
    except ValidationError:
        _refuse_awaitables(value, shape.name)
        raise
    if text is not None and (len(text) > 32_768 or not text.isascii()):
        of_shape(text, shape)
    return text


def _refuse_awaitables(value: Any, what: str) -> None:
    """Tell of what nobody awaited in a value that is no JSON."""
    for awaitable in _awaitables(value):
        told = repr(awaitable)
        if isinstance(awaitable, CoroutineType):
            told = f"the coroutine {awaitable.__qualname__}()"
            awaitable.close()
        raise ValidationError(f"The {what} holds {told}, and not what that gives. Await it first: await ...")


def _awaitables(value: Any) -> Iterator[Awaitable[Any]]:
    if isinstance(value, Awaitable):
        yield value
    elif isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _awaitables(each)
