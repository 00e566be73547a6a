"""How a declared attribute is read from SWF's JSON and written to it.

An attribute's annotation names its shape (`swf.shapes`); on a model, `At` adds its place in Describe's answer. From
that one line come reading, writing and checking. Names convert exactly between SWF's camel case and our snake case.
"""

import copy
import functools
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import attrs

from swf import rules
from swf.exceptions import ValidationError
from swf.shapes import Choice, Shape

T = TypeVar("T", bound=attrs.AttrsInstance)
Marker = TypeVar("Marker")

# What a class declares never changes, so each is looked at once.
_members: dict[type, "tuple[Member, ...]"] = {}
_readers: "dict[type, Reader[Any]]" = {}


@functools.cache
def camel(name: str) -> str:
    """Give SWF's name of a member.

    >>> camel("start_to_fire_timeout")
    'startToFireTimeout'
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@functools.cache
def snake(name: str) -> str:
    """Give our name of a member, an event or a decision.

    >>> snake("startToFireTimeout"), snake("ContinueAsNew")
    ('start_to_fire_timeout', 'continue_as_new')
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@attrs.frozen
class At:
    """Where an attribute stands in SWF's answer, when its own name does not say it.

    Args:
        path: Member names with dots between them.
        read_only: SWF makes the value; it is never sent.
    """

    path: str
    read_only: bool = False


@attrs.frozen
class Member:
    """One declared attribute: what it is called here and there, and what it may hold."""

    name: str
    shape: Shape
    path: tuple[str, ...]
    required: bool
    read_only: bool

    @property
    def wire_name(self) -> str:
        """SWF's name of the member."""
        return self.path[-1]


def members(cls: type) -> tuple[Member, ...]:
    """List the attributes of a class that SWF has a shape for, in the order they are declared."""
    if cls not in _members:
        _members[cls] = tuple(_declared(cls))
    return _members[cls]


def _declared(cls: type) -> Iterator[Member]:
    hints = typing.get_type_hints(cls, include_extras=True)
    for field in attrs.fields(cls):
        hint = hints[field.name]
        shape = _find(hint, Shape)
        if shape is None:
            continue
        at = _find(hint, At) or At(camel(field.name))
        required = field.default is attrs.NOTHING
        yield Member(field.name, shape, tuple(at.path.split(".")), required, at.read_only)


def _find(hint: Any, kind: type[Marker]) -> Marker | None:
    """Look through an annotation, its metadata and its alternatives for a marker of this kind."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        inner, *metadata = typing.get_args(hint)
        return next((extra for extra in metadata if isinstance(extra, kind)), None) or _find(inner, kind)
    if origin in (typing.Union, types.UnionType):
        return next((marker for part in typing.get_args(hint) if (marker := _find(part, kind))), None)
    if origin is Literal and kind is Shape:
        return typing.cast(Marker, Choice("", typing.get_args(hint)))
    return None


Reader = Callable[[Mapping[str, Any], Mapping[str, Any]], T]
Setter = Callable[[Any, Any], None]
_Step = tuple[Setter, str, str, Callable[[Any], Any] | None, bool]


def read(cls: type[T], data: Mapping[str, Any], **given: Any) -> T:
    """Make an instance from SWF's JSON; ``given`` are attributes that it does not say."""
    return reader(cls)(data, given)


def reader(cls: type[T]) -> Reader[T]:
    """Give the function that makes an instance from SWF's JSON and from values given beside it.

    What SWF says is taken as it is: nothing is checked, no converter or hook of the class runs. What SWF leaves out
    is None; what the class demands and SWF leaves out is an error.
    """
    made = _readers.get(cls)
    if made is None:
        made = _readers[cls] = _reader(cls)
    return made


def _reader(cls: type[T]) -> Reader[T]:
    plan = _plan(cls)
    declared = {member.name for member in members(cls)}
    beside = [
        (setter(cls, field.name), field.name, functools.partial(_default, field))
        for field in attrs.fields(cls)
        if field.name not in declared
    ]
    new = cls.__new__

    def read(data: Mapping[str, Any], given: Mapping[str, Any]) -> T:
        made = new(cls)
        for put, name, default in beside:
            put(made, given[name] if name in given else default())
        for way, steps in plan:
            holder = _descend(data, way) if way else data
            for put, name, key, convert, required in steps:
                value = holder.get(key)
                if value is None:
                    value = given.get(name)
                    if value is None and required:
                        raise lacking(cls, (*way, key), data)
                elif convert is not None:
                    value = convert(value)
                put(made, value)
        return made

    return read


def _plan(cls: type) -> list[tuple[tuple[str, ...], list[_Step]]]:
    """Say how to read each member, those that stand in one place of the answer together."""
    places: dict[tuple[str, ...], list[_Step]] = {}
    for member in members(cls):
        *way, key = member.path
        step = (setter(cls, member.name), member.name, key, converter(member), member.required)
        places.setdefault(tuple(way), []).append(step)
    return list(places.items())


def converter(member: Member) -> Callable[[Any], Any] | None:
    """Return what makes an attribute's value of SWF's; None where it is taken as it is."""
    return None if member.shape.reads_as_is else member.shape.read


def setter(cls: type, name: str) -> Setter:
    """Return the function that sets an attribute although the class is frozen: the slot's own where there is one."""
    slot = getattr(cls, name, None)
    if isinstance(slot, types.MemberDescriptorType):
        return slot.__set__
    return lambda made, value: object.__setattr__(made, name, value)


def _default(field: "attrs.Attribute[Any]") -> Any:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default.factory()
    return None if default is attrs.NOTHING else default


def _descend(data: Mapping[str, Any], way: tuple[str, ...]) -> Mapping[str, Any]:
    for step in way:
        data = data.get(step) or {}
    return data


def lacking(cls: type, path: tuple[str, ...], data: Mapping[str, Any]) -> ValidationError:
    """Return the error that says which member SWF left out, although the class must have it."""
    return ValidationError(f"SWF's answer for {cls.__name__} lacks its member {'.'.join(path)}: {shown(dict(data))}")


def write(value: Any) -> dict[str, Any]:
    """Give the attributes that are set, by SWF's names, as they stand in its JSON; without those that SWF makes."""
    return {
        member.wire_name: member.shape.write(held)
        for member in members(type(value))
        if not member.read_only and (held := getattr(value, member.name)) is not None
    }


def unknown(cls: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an object of SWF's JSON says and a class has no attribute for, in its place there."""
    shapes = {member.wire_name: member.shape for member in members(cls)}
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name not in shapes:
            found[name] = copy.deepcopy(value)
        elif shapes[name].members and value is not None:
            inside = {each: copy.deepcopy(value[each]) for each in value if each not in shapes[name].members}
            found.update({name: inside} if inside else {})
    return found


def write_with(value: Any, unknown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `write` returns, with what `unknown` found when the value was read."""
    written = write(value)
    declared = {member.wire_name for member in members(type(value))}
    for name, held in unknown.items():
        if name not in declared:
            written[name] = copy.deepcopy(held)
        elif name in written:
            written[name].update(copy.deepcopy(held))
    return written


def problems(value: Any, *, registering: bool = False) -> Iterator[str]:
    """Yield, attribute by attribute, what SWF would refuse about a value; with more where it is registered."""
    for member in members(type(value)):
        held = getattr(value, member.name)
        if held is None:
            if member.required:
                yield f"{member.name} {rules.MISSING()}"
            continue
        shape = member.shape
        problem = shape.problem_when_registered(held) if registering else shape.problem(held)
        if problem is not None:
            yield f"{member.name} {shown(held)} {problem}"


def check(value: Any, *, registering: bool = False) -> None:
    """Refuse a value that SWF is known to refuse, before anything is sent: by the rules of `swf.rules`, and no others.

    Raises:
        ValidationError: Some attribute breaks its shape; the message names each.
    """
    if found := list(problems(value, registering=registering)):
        raise ValidationError(f"{type(value).__name__}: {'; '.join(found)}.")


def instant(value: datetime) -> str:
    """Return a time as messages have it: ISO 8601, with milliseconds.

    >>> from datetime import UTC
    >>> instant(datetime(2030, 1, 31, 8, tzinfo=UTC))
    '2030-01-31T08:00:00.000Z'
    """
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(value: Any) -> str:
    """Show a value in a message, cut when it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"
