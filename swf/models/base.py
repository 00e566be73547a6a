"""What all models have in common, and the difference between what is declared here and what SWF holds."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Self, overload

import attrs

from swf import connection as connections
from swf import wire
from swf.checks import Spelt, of_kind
from swf.connection import Connection
from swf.exceptions import (
    AlreadyExistsError,
    DoesNotExistError,
    NotSupportedError,
    ValidationError,
    narrowed,
)


class Difference(NamedTuple):
    """An attribute that is not the same here and in SWF."""

    attr: str
    local: Any
    upstream: Any

    def __repr__(self) -> str:
        return f"Difference({self.attr!r}, {self.local!r}, {self.upstream!r})"


@attrs.frozen(init=False, repr=False, eq=False)
class ModelDiff(Sequence[Difference]):
    """The attributes of a model that differ; empty and false when there are none.

    Equal values are no difference. Of two triples for one attribute the later one counts.

    >>> diff = ModelDiff(("status", "REGISTERED", "DEPRECATED"), ("name", "shop", "shop"))
    >>> diff
    ModelDiff(Difference('status', 'REGISTERED', 'DEPRECATED'))
    >>> "status" in diff, len(diff), diff[0].upstream
    (True, 1, 'DEPRECATED')
    """

    differences: tuple[Difference, ...]

    def __init__(self, *triples: tuple[str, Any, Any]) -> None:
        by_attribute = {difference.attr: difference for difference in map(_difference, triples)}
        differing = (difference for difference in by_attribute.values() if difference.local != difference.upstream)
        self.__attrs_init__(tuple(differing))

    def add_input(self, *triples: tuple[str, Any, Any]) -> Self:
        """Give a diff with these triples too; only those that differ count."""
        return type(self)(*self.differences, *triples)

    def merge(self, other: "ModelDiff") -> Self:
        """Give a diff with the differences of both."""
        of_kind(other, ModelDiff, "ModelDiff", "Give what changes gives, or use add_input().")
        return self.add_input(*other.differences)

    def differing_fields(self) -> list[str]:
        """List the names of the attributes that differ."""
        return [difference.attr for difference in self.differences]

    def as_list(self) -> list[Difference]:
        """List the differences."""
        return list(self.differences)

    @overload
    def __getitem__(self, index: int) -> Difference: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Difference, ...]: ...

    def __getitem__(self, index: int | slice) -> Difference | tuple[Difference, ...]:
        return self.differences[index]

    def __len__(self) -> int:
        return len(self.differences)

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __contains__(self, wanted: object) -> bool:
        return wanted in self.differences or any(difference.attr == wanted for difference in self.differences)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ModelDiff):
            return self.differences == other.differences
        return self.as_list() == other if isinstance(other, list) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.differences)

    def __repr__(self) -> str:
        return f"ModelDiff({', '.join(map(repr, self.differences))})"


def _difference(triple: tuple[str, Any, Any]) -> Difference:
    if not isinstance(triple, tuple | list) or len(triple) != 3:
        raise ValidationError(f"{wire.shown(triple)} is no difference. Give (attribute, value here, value in SWF).")
    return Difference(*triple)


class Count(int):
    """A number that SWF counted; ``truncated`` when it stopped counting there.

    >>> Count(1000, truncated=True), Count(7)
    (1000+, 7)
    """

    truncated: bool

    def __new__(cls, value: int, truncated: bool = False) -> Self:
        """Give the count."""
        count = super().__new__(cls, value)
        count.truncated = truncated
        return count

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read the answer of one of SWF's Count operations."""
        return cls(answer["count"], answer.get("truncated", False))

    def __repr__(self) -> str:
        return f"{int(self)}+" if self.truncated else f"{int(self)}"


@attrs.frozen(kw_only=True)
class Calls:
    """The operations of SWF for one kind of object; None where SWF has none."""

    describe: str
    register: str | None = None
    deprecate: str | None = None
    undeprecate: str | None = None
    delete: str | None = None


@attrs.frozen(kw_only=True)
class Request:
    """Members of a request, checked when it is made: what SWF would refuse raises a `ValidationError`."""

    def __attrs_post_init__(self) -> None:
        wire.check(self)

    @property
    def params(self) -> dict[str, Any]:
        """The members that are set, as SWF names them."""
        return wire.write(self)


def number(value: int | str | None) -> int | str | None:
    """Give the number of a text that is one: SWF writes durations and priorities as texts.

    >>> number("300"), number("NONE"), number(30), number(None)
    (300, 'NONE', 30, None)
    """
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return value


@attrs.frozen(repr=False)
class Model(Spelt):
    """An object of SWF as it is declared here, or as SWF described it: an immutable value.

    Making one touches nothing outside the process; it is checked against SWF's limits. Properties and methods that ask
    SWF say so.

    Attributes:
        connection: The way to SWF; None is the one of its domain, else the default (`swf.connection.current`). It
            takes no part in equality, and a pickled model goes without it.
    """

    calls: ClassVar[Calls]
    DoesNotExist: ClassVar[type[DoesNotExistError]] = DoesNotExistError
    AlreadyExists: ClassVar[type[AlreadyExistsError]] = AlreadyExistsError
    # What Describe does not tell is kept as it is known here.
    untold: ClassVar[tuple[str, ...]] = ()

    connection: Connection | None = attrs.field(default=None, kw_only=True, eq=False, converter=connections.checked)
    # SWF's lists leave members out: these are None because nobody asked.
    _unread: tuple[str, ...] = attrs.field(default=(), kw_only=True, eq=False, alias="_unread")

    def __attrs_post_init__(self) -> None:
        wire.check(self)

    def upstream(self) -> Self:
        """Give what SWF holds now, as a new instance on the same connection; one Describe.

        Raises:
            DoesNotExistError: SWF has no such object; the class's own ``DoesNotExist``.
        """
        return self._read(self._describe())

    @property
    def exists(self) -> bool:
        """Whether SWF has the object, deprecated or not; one Describe. Any other failure raises."""
        try:
            self._describe()
        except self.DoesNotExist:
            return False
        return True

    @property
    def changes(self) -> ModelDiff:
        """What differs between this instance and SWF; one Describe.

        A value that SWF makes and this instance does not know is no difference, nor is one that a list left out.

        Raises:
            DoesNotExistError: SWF has no such object; the class's own ``DoesNotExist``.
        """
        return self._diff(self.upstream())

    @property
    def is_synced(self) -> bool:
        """Whether SWF holds just this; False when it has no such object. One Describe."""
        try:
            return not self.changes
        except self.DoesNotExist:
            return False

    def save(self) -> None:
        """Register the object; what is None is not sent, and SWF keeps no default for it.

        Raises:
            AlreadyExistsError: It is there already, registered or deprecated; the class's own ``AlreadyExists``.
            ValidationError: SWF registers nothing of this name; nothing was sent.
        """
        wire.check(self, registering=True)
        self._call(self._operation("register"), **self._scope(), **wire.write(self))

    def delete(self) -> None:
        """Deprecate the object: what runs goes on, and nothing new of it starts.

        Raises:
            DeprecatedError: It is deprecated already.
            DoesNotExistError: SWF has no such object; the class's own ``DoesNotExist``.
        """
        self._call(self._operation("deprecate"), **self._identity())

    def undeprecate(self) -> None:
        """Register the object again after `delete`.

        Raises:
            AlreadyExistsError: It is not deprecated; the class's own ``AlreadyExists``.
            DoesNotExistError: SWF has no such object; the class's own ``DoesNotExist``.
        """
        self._call(self._operation("undeprecate"), **self._identity())

    def purge(self) -> None:
        """Delete the object for good; it must be deprecated.

        Raises:
            NotDeprecatedError: It is registered.
            DoesNotExistError: SWF has no such object; the class's own ``DoesNotExist``.
            NotSupportedError: SWF deletes no object of this kind.
        """
        self._call(self._operation("delete"), **self._identity())

    def _scope(self) -> dict[str, Any]:
        """Give the parameters that say where the object belongs."""
        return {}

    def _identity(self) -> dict[str, Any]:
        """Give the parameters that say which object is meant."""
        raise NotImplementedError

    @property
    def _swf(self) -> Connection:
        return self.connection or connections.current()

    def _operation(self, action: str) -> str:
        operation: str | None = getattr(self.calls, action)
        if operation is None:
            raise NotSupportedError(f"SWF has no operation to {action} {self!r}. {self._instead(action)}".strip())
        return operation

    def _instead(self, action: str) -> str:
        """Say what to do in place of what SWF does not offer."""
        return ""

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Raise the class's own errors for what is not there, or there already."""
        try:
            yield
        except DoesNotExistError as error:
            raise narrowed(error, self.DoesNotExist) from error.__cause__
        except AlreadyExistsError as error:
            raise narrowed(error, self.AlreadyExists) from error.__cause__

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:
        with self._named():
            return self._swf.call(operation, **params)

    def _rows(self, operation: str, key: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
        """Read a list of SWF's page by page, each when it is taken."""
        with self._named():
            yield from self._swf.rows(operation, key, **params)

    def _describe(self) -> dict[str, Any]:
        return self._call(self.calls.describe, **self._identity())

    def _read(self, answer: dict[str, Any]) -> Self:
        """Make an instance from Describe's answer, with what SWF does not tell taken from this one."""
        told = {member.name for member in wire.members(type(self))}.difference(self.untold)
        kept = {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.name not in told}
        return wire.reader(type(self))(answer, {**kept, "_unread": ()})

    def _diff(self, upstream: Self) -> ModelDiff:
        compared = (member for member in wire.members(type(self)) if self._knows(member))
        return ModelDiff(*_differences(self, upstream, (member.name for member in compared)))

    def _knows(self, member: wire.Member) -> bool:
        """Tell whether this instance says anything about an attribute."""
        if member.name in self._unread:
            return False
        return not member.read_only or getattr(self, member.name) is not None


def _differences(local: Model, upstream: Model, names: Iterable[str]) -> Iterator[tuple[str, Any, Any]]:
    for name in names:
        here, there = _said(getattr(local, name)), _said(getattr(upstream, name))
        if here != there:
            yield name, here, there


def _said(value: Any) -> Any:
    """Give the value; SWF may answer an empty text or list for what was never set."""
    return None if value in ("", ()) else value
