"""What all querysets have in common: lazy values, that ask SWF page by page when their rows are needed."""

import functools
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

import attrs

from swf import connection as connections
from swf import wire
from swf.checks import closest, meant, of_kind, of_shape
from swf.connection import Connection
from swf.constants import LARGEST_PAGE
from swf.exceptions import (
    DoesNotExistError,
    InvalidKeywordArgumentError,
    MultipleObjectsReturned,
    ValidationError,
    narrowed,
)
from swf.models.base import Count, Model
from swf.querysets import dates
from swf.shapes import Number, Shape

Row = TypeVar("Row")
M = TypeVar("M", bound=Model)

SHOWN = 20
EVERYTHING = range(sys.maxsize)

_ROW = Number("row")


class Plan(str):
    """What `QuerySet.explain` tells: text that a shell shows as it reads."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@attrs.frozen(kw_only=True)
class Call(Generic[Row]):
    """One list to ask of SWF, and what of it is kept here.

    Attributes:
        operation: The operation, in snake case.
        params: What is sent, apart from paging and order.
        key: The member of the answer that holds the rows.
        here: What is filtered here, for people to read.
        keep: Gives the rows of a page that are kept. None keeps all.
        count: The operation that counts the same rows, if SWF has one.
    """

    operation: str
    params: Mapping[str, Any]
    key: str
    here: tuple[str, ...] = ()
    keep: Callable[[list[Row]], list[Row]] | None = None
    count: str | None = None

    @property
    def text(self) -> str:
        """What is asked of SWF, and what is filtered here."""
        name = "".join(word.capitalize() for word in self.operation.split("_"))
        asked = "; ".join(f"{member} {_shown(value)}" for member, value in self.params.items()) or "nothing"
        return f"{name}\n  SWF filters: {asked}\n  filtered here: {'; '.join(self.here) or 'nothing'}"


def _shown(value: Any) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return ", ".join(f"{name}={_shown(held)}" for name, held in value.items())
        case _:
            return repr(value)


class Rows(Generic[Row]):
    """The rows that a queryset has read so far, and what brings the rest; safe for threads."""

    def __init__(self) -> None:
        self.read: list[Row] = []
        self.complete = False
        self._pages: Iterator[list[Row]] | None = None
        self._lock = threading.Lock()

    def has(self, index: int, pages: Callable[[], Iterator[list[Row]]]) -> bool:
        """Tell whether there is a row at this place; reads as many pages as it takes to know."""
        while index >= len(self.read) and not self.complete:
            with self._lock:
                if index >= len(self.read) and not self.complete:
                    self._more(pages)
        return index < len(self.read)

    def fill(self, rows: list[Row]) -> None:
        """Take rows that are known already."""
        self.read, self.complete = rows, True

    def _more(self, pages: Callable[[], Iterator[list[Row]]]) -> None:
        if self._pages is None:
            self._pages = pages()
        try:
            page = next(self._pages, None)
        except BaseException:
            # What is half read would look like all there is: the next one to ask begins anew.
            self._pages, self.read = None, []
            raise
        if page is None:
            self.complete = True
        else:
            self.read.extend(page)

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()


@attrs.frozen(repr=False, eq=False)
class QuerySet(ABC, Generic[Row]):
    """Many rows of SWF, as a value: narrowing one gives another, and SWF is asked when rows are needed.

    Iterating, ``len`` and ``bool`` read pages, each when it is needed, and keep their rows; `all` gives the same
    queryset without them, to ask again. ``first()``, indexing and ``repr`` use what is kept, else they ask for no more
    than they show.

    Attributes:
        connection: The way to SWF; None is the one of the domain, else the default (`swf.connection.current`).
    """

    missing: ClassVar[type[DoesNotExistError]] = DoesNotExistError

    connection: Connection | None = attrs.field(default=None, kw_only=True, converter=connections.checked)
    _window: range = attrs.field(default=EVERYTHING, kw_only=True, alias="_window")
    _reversed: bool = attrs.field(default=False, kw_only=True, alias="_reversed")
    _rows: Rows[Row] = attrs.field(factory=Rows, init=False)

    def all(self) -> Self:
        """Give the same queryset with nothing read."""
        return attrs.evolve(self)

    def reverse(self) -> Self:
        """Give the same rows in the other order, which SWF is asked for."""
        self._refuse_window("reverse()")
        return attrs.evolve(self, _reversed=not self._reversed)

    def first(self) -> Row | None:
        """Give the first row, None when there is none. Asks for one row where SWF does the filtering."""
        if self._rows.read:
            return self._rows.read[0]
        return next(iter(self[:1]), None)

    def last(self) -> Row | None:
        """Give the last row, None when there is none: the first in the other order."""
        if self._rows.complete or self._window != EVERYTHING:
            rows = list(self)
            return rows[-1] if rows else None
        return self.reverse().first()

    def count(self) -> Count:
        """Count the rows: by SWF where it can count just these, else by reading them.

        SWF may stop counting early: the count is then ``truncated``, and printed like ``1000+``.
        """
        if self._rows.complete:
            return Count(len(self._rows.read))
        calls = self._calls(self._swf.now())
        if self._window == EVERYTHING and all(call.count and call.keep is None for call in calls):
            return self._counted(calls)
        return Count(sum(len(page) for page in self._pages()))

    def exists(self) -> bool:
        """Tell whether there is a row; asks for one where SWF does the filtering."""
        return self.first() is not None

    def iterator(self, page_size: int | None = None) -> Iterator[Row]:
        """Read the rows without keeping them.

        Args:
            page_size: Rows to a page, 1000 at most. Left out, as many as SWF gives.
        """
        return (row for page in self.pages(page_size) for row in page)

    def pages(self, page_size: int | None = None) -> Iterator[list[Row]]:
        """Read the rows page by page without keeping them, as `iterator` does; a page may be empty."""
        check_page_size(page_size)
        return self._pages(page_size)

    def explain(self) -> Plan:
        """Tell which calls will be made, what SWF filters and what is filtered here; sends nothing."""
        calls = self._calls(datetime.now(UTC))
        texts = [f"{number}. {call.text}" for number, call in enumerate(calls, start=1)]
        if self._window != EVERYTHING:
            stop = "the end" if self._window.stop == sys.maxsize else str(self._window.stop)
            texts.append(f"Of these, rows {self._window.start} to {stop}.")
        return Plan("\n".join(texts))

    def __iter__(self) -> Iterator[Row]:
        index = 0
        while self._rows.has(index, self._pages):
            yield self._rows.read[index]
            index += 1

    def __len__(self) -> int:
        self._rows.has(sys.maxsize, self._pages)
        return len(self._rows.read)

    def __bool__(self) -> bool:
        return self._rows.has(0, self._pages)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> Row | Self:
        if isinstance(index, slice):
            return self._slice(index)
        if of_shape(index, _ROW) < 0:
            return self._from_the_end(-index)
        if not self._rows.read and not self._rows.complete:
            only = next(iter(self._slice(slice(index, index + 1))), None)
            if only is not None:
                return only
        elif self._rows.has(index, self._pages):
            return self._rows.read[index]
        raise IndexError(f"There is no row {index} in {type(self).__name__}.")

    def __repr__(self) -> str:
        rows = list(self[: SHOWN + 1])
        shown = [*map(repr, rows[:SHOWN]), *(["..."] if len(rows) > SHOWN else [])]
        return f"[{', '.join(shown)}]"

    @abstractmethod
    def _plan(self, now: datetime) -> tuple[Call[Row], ...]:
        """Give the lists to ask of SWF, one after the other; sends nothing."""

    @abstractmethod
    def _reader(self) -> Callable[[dict[str, Any]], Row]:
        """Give the function that makes a row from SWF's JSON."""

    @property
    def _swf(self) -> Connection:
        return self.connection or connections.current()

    def _calls(self, now: datetime) -> tuple[Call[Row], ...]:
        calls = self._plan(now)
        if not self._reversed:
            return calls
        return tuple(attrs.evolve(call, params={**call.params, "reverseOrder": True}) for call in reversed(calls))

    def _pages(self, page_size: int | None = None) -> Iterator[list[Row]]:
        """Read page by page the rows that the window shows."""
        skip, left = self._window.start, len(self._window)
        if not left:
            return
        for page in self._all_pages(page_size):
            shown = page[skip : skip + left]
            skip = max(0, skip - len(page))
            left -= len(shown)
            yield shown
            if not left:
                return

    def _all_pages(self, page_size: int | None) -> Iterator[list[Row]]:
        swf, read = self._swf, self._reader()
        for call in self._calls(swf.now()):
            size = page_size or self._page_size(call)
            try:
                pages = swf.rows(call.operation, call.key, **call.params, maximumPageSize=size)
                for page in self._whole(pages):
                    rows = [read(row) for row in page]
                    yield rows if call.keep is None else call.keep(rows)
            except DoesNotExistError as error:
                raise narrowed(error, self.missing) from error.__cause__

    def _whole(self, pages: Iterable[list[dict[str, Any]]]) -> Iterable[Sequence[dict[str, Any]]]:
        """Return the pages of a list, as far as they can be told to be all of it."""
        return pages

    def _page_size(self, call: Call[Row]) -> int | None:
        """Ask for no more rows than are shown, where SWF does all the filtering."""
        return self._window.stop if call.keep is None and self._window.stop < LARGEST_PAGE else None

    def _counted(self, calls: Iterable[Call[Row]]) -> Count:
        counts = []
        for call in calls:
            params = {name: value for name, value in call.params.items() if name != "reverseOrder"}
            try:
                counts.append(Count.of(self._swf.call(str(call.count), **params)))
            except DoesNotExistError as error:
                raise narrowed(error, self.missing) from error.__cause__
        return Count(sum(counts), truncated=any(count.truncated for count in counts))

    def _slice(self, wanted: slice) -> Self:
        for end in (wanted.start, wanted.stop):
            if end is not None:
                of_shape(end, _ROW)
        if wanted.step not in (None, 1) or (wanted.start or 0) < 0 or (wanted.stop or 0) < 0:
            raise ValidationError(
                f"Rows {wanted.start}:{wanted.stop}:{wanted.step} cannot be asked of SWF, which goes forward only. "
                "Use reverse(), or slice a list of all."
            )
        narrower = attrs.evolve(self, _window=self._window[wanted])
        if self._rows.complete:
            narrower._rows.fill(self._rows.read[wanted])
        return narrower

    def _from_the_end(self, place: int) -> Row:
        if self._rows.complete or self._window != EVERYTHING:
            return list(self)[-place]
        return self.reverse()[place - 1]

    def _refuse_window(self, what: str) -> None:
        if self._window != EVERYTHING:
            raise InvalidKeywordArgumentError(
                f"{what} comes before slicing: these are rows {self._window.start} to {self._window.stop}. "
                "Slice what it gives."
            )


@attrs.frozen
class Keyword:
    """One filter: how its value is read, and how a row is held against it here."""

    read: Callable[[Any], Any]
    holds: Callable[[Any, Any], bool]


@attrs.frozen
class Condition:
    """One filter with its value."""

    keyword: str
    value: Any

    def at(self, now: datetime) -> "Condition":
        """Return the condition with a point in time that SWF knows, if it is about time."""
        if not isinstance(self.value, dates.Ago | datetime):
            return self
        return attrs.evolve(self, value=dates.at(self.value, now))

    def __str__(self) -> str:
        return f"{self.keyword} {_shown(self.value)}"


Conditions = tuple[Condition, ...]


@attrs.frozen(repr=False, eq=False)
class ModelQuerySet(QuerySet[M]):
    """Models that SWF lists, narrowed by keywords.

    What SWF cannot filter, or not together with the rest, is filtered here; `explain` tells. A keyword given again
    narrows further, but ``status`` and ``domain``, which say what is listed, are replaced; ``status=None`` lists both
    kinds. A value of None filters nothing. What a list of SWF leaves out is None in its models.
    """

    keywords: ClassVar[Mapping[str, Keyword]]
    synonyms: ClassVar[Mapping[str, str]] = {}
    # What is no filter here but has another name, or is a time with two ends: for hints.
    names_elsewhere: ClassVar[Mapping[str, str]] = {}
    times: ClassVar[Mapping[str, tuple[str, str]]] = {}
    statuses: ClassVar[tuple[str, ...]]
    # What tells one object from the others, in words, and its Python type.
    key: ClassVar[str]
    key_type: ClassVar[type] = tuple

    _status: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, alias="_status")
    _conditions: Conditions = attrs.field(default=(), kw_only=True, alias="_conditions")
    _excluded: tuple[Conditions, ...] = attrs.field(default=(), kw_only=True, alias="_excluded")

    def all(self, **keywords: Any) -> Self:
        """Give the same queryset, narrowed by keywords as `filter` does, with nothing read."""
        return self.filter(**keywords)

    def filter(self, **keywords: Any) -> Self:
        """Give a narrower queryset.

        Raises:
            InvalidKeywordArgumentError: There is no such keyword, or none that goes with the others.
            ValidationError: A value is none that the keyword takes.
        """
        if keywords:
            self._refuse_window("filter()")
        narrower = self._narrow(self._renamed(keywords))
        # What SWF could not answer is refused here, where it was written.
        narrower._plan(datetime.now(UTC))
        return narrower

    def exclude(self, **keywords: Any) -> Self:
        """Give a queryset without the rows that all these keywords describe; they are filtered here."""
        self._refuse_window("exclude()")
        conditions = self._conditions_of(self._renamed(keywords))
        return attrs.evolve(self, _excluded=(*self._excluded, conditions)) if conditions else self

    def as_of(self, now: datetime) -> Self:
        """Return the same queryset with its relative dates fixed: "7 days back" is then counted from this moment."""
        return attrs.evolve(self, _conditions=self._conditions_at(now), _excluded=self._excluded_at(now))

    def in_bulk(self, keys: Iterable[Any] | None = None) -> dict[Any, M]:
        """Give models by what tells them apart: a name, a name and version, or a workflow id and run id.

        Args:
            keys: Which ones, each fetched with one Describe; those that are not there are left out. None gives all
                rows, as the lists tell them.
        """
        if keys is None:
            return {self._key(row): row for row in self}
        found = {}
        for key in self._known_keys(keys):
            try:
                found[key] = self._fetch(key)
            except self._model.DoesNotExist:
                continue
        return found

    def _known_keys(self, keys: Iterable[Any]) -> Iterator[Any]:
        """Give the keys, refusing those that cannot tell one object."""
        if isinstance(keys, str):
            raise ValidationError(f"in_bulk() takes a list of keys, not the text {keys!r}.")
        for key in of_kind(keys, Iterable, "list of keys", f"Give {self.key}, in a list."):
            if not isinstance(key, self.key_type):
                raise ValidationError(f"{key!r} does not tell a {self._model.__name__}. Give {self.key}.")
            yield key

    def values(self, *names: str) -> list[dict[str, Any]]:
        """Give rows as dicts of some attributes, or of all.

        Raises:
            InvalidKeywordArgumentError: The models have no such attribute.
        """
        known = [member.name for member in wire.members(self._model)]
        for name in names:
            if name not in known:
                raise InvalidKeywordArgumentError(
                    f"{self._model.__name__} has no {name!r}. {meant(name, known)}There are: {', '.join(known)}."
                )
        return [{name: getattr(row, name) for name in names or known} for row in self]

    def __contains__(self, model: object) -> bool:
        if not isinstance(model, self._model):
            return False
        key = self._key(model)
        return any(self._key(row) == key for row in self)

    @property
    @abstractmethod
    def _model(self) -> type[M]:
        """The class of the rows."""

    @abstractmethod
    def _key(self, row: M) -> Any:
        """Give what tells a row from the others."""

    @abstractmethod
    def _fetch(self, key: Any) -> M:
        """Describe one object."""

    def _narrow(self, keywords: Mapping[str, Any]) -> Self:
        others = dict(keywords)
        selected: dict[str, Any] = {}
        if "status" in others:
            word = others.pop("status")
            selected["_status"] = self.statuses if word is None else (self._word(word),)
        if others.get("domain") is not None:
            selected["domain"] = others.pop("domain")
        # One that is there already narrows nothing, and would have SWF filter less.
        added = (condition for condition in self._conditions_of(others) if condition not in self._conditions)
        return attrs.evolve(self, **selected, _conditions=(*self._conditions, *added))

    def _word(self, word: Any) -> str:
        if word not in self.statuses:
            raise ValidationError(f"{word!r} is no status. Give {' or '.join(self.statuses)}, or None for both.")
        return str(word)

    def _renamed(self, keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Give the keywords by the names that filters have."""
        renamed = {self.synonyms.get(name, name): value for name, value in keywords.items()}
        for name in renamed:
            if name not in self.keywords:
                known = sorted({*self.keywords, *self.synonyms})
                raise InvalidKeywordArgumentError(
                    f"{type(self).__name__} has no filter {name!r}. {self._hint(name, known)}"
                    f"There are: {', '.join(known)}."
                )
        return renamed

    def _hint(self, name: str, known: Sequence[str]) -> str:
        """Return what leads from a name that is no filter to the filter that was meant."""
        base, separator, lookup = name.partition("__")
        # A short name does not say which time it is about.
        known = [each for each in known if each not in self.synonyms]
        close = closest(base, [*known, *self.names_elsewhere, *self.times]) or base
        if close in self.times:
            return _ends(*self.times[close], lookup)
        return meant(f"{self.names_elsewhere.get(close, base)}{separator}{lookup}", known)

    def _conditions_of(self, keywords: Mapping[str, Any]) -> Conditions:
        return tuple(
            Condition(name, self.keywords[name].read(value)) for name, value in keywords.items() if value is not None
        )

    def _holds(self, row: M, condition: Condition) -> bool:
        return self.keywords[condition.keyword].holds(row, condition.value)

    def _keeps(self, row: M, conditions: Conditions, excluded: tuple[Conditions, ...]) -> bool:
        return all(self._holds(row, condition) for condition in conditions) and not any(
            all(self._holds(row, condition) for condition in group) for group in excluded
        )

    def _call(self, rest: Conditions, now: datetime, **call: Any) -> Call[M]:
        """Give a call that checks the rest of the conditions here."""
        excluded = self._excluded_at(now)
        here = (*map(str, rest), *(f"not ({' and '.join(map(str, group))})" for group in excluded))

        def keep(rows: list[M]) -> list[M]:
            return [row for row in rows if self._keeps(row, rest, excluded)]

        return Call(here=here, keep=keep if here else None, **call)

    @property
    def _has_relative_dates(self) -> bool:
        conditions = (*self._conditions, *chain.from_iterable(self._excluded))
        return any(isinstance(condition.value, dates.Ago) for condition in conditions)

    def _conditions_at(self, now: datetime) -> Conditions:
        return tuple(condition.at(now) for condition in self._conditions)

    def _excluded_at(self, now: datetime) -> tuple[Conditions, ...]:
        return tuple(tuple(condition.at(now) for condition in group) for group in self._excluded)

    def _only(self, keywords: Mapping[str, Any]) -> M:
        """Give the one row that the keywords describe."""
        narrower = self.filter(**keywords).as_of(self._swf.now())
        rows = list(narrower[:2])
        said = ", ".join(f"{name}={value!r}" for name, value in keywords.items() if value is not None) or "this filter"
        if not rows:
            raise self._model.DoesNotExist(narrower._empty_message(said))
        if len(rows) > 1:
            raise MultipleObjectsReturned(
                f"More than one {self._model.__name__} has {said}: {rows[0]!r}, {rows[1]!r}. Say more, or use filter()."
            )
        return rows[0]

    def _empty_message(self, said: str) -> str:
        """Return the message for filters that nothing answers to."""
        return f"No {self._model.__name__} has {said}. Check the names and the status."

    def _checked(self, row: M, keywords: Mapping[str, Any]) -> M:
        """Give a described row, if it is one of this queryset's that the keywords describe."""
        wanted, now = self.filter(**keywords), self._swf.now()
        listed = wanted._status is None or getattr(row, "status", None) in wanted._status
        if listed and self._keeps(row, wanted._conditions_at(now), wanted._excluded_at(now)):
            return row
        raise self._model.DoesNotExist(f"{row!r} is there, but is none of these:\n{wanted.explain()}")


@attrs.frozen(repr=False, eq=False)
class RegisteredQuerySet(ModelQuerySet[M]):
    """Models that are registered: domains, workflow types, activity types."""

    def create(self, *args: Any, **attributes: Any) -> M:
        """Register an object with these attributes, and give it as declared.

        Raises:
            AlreadyExistsError: It is there already.
        """
        declared = self._declared(*args, **attributes)
        declared.save()
        return declared

    def get_or_create(self, *args: Any, **attributes: Any) -> M:
        """Give the object of this name as SWF holds it; registers it first when it is not there.

        The attributes count only for registering. When somebody else registers it meanwhile, theirs is given.
        """
        declared = self._declared(*args, **attributes)
        try:
            return declared.upstream()
        except declared.DoesNotExist:
            pass
        with suppress(declared.AlreadyExists):
            declared.save()
        return declared.upstream()

    @abstractmethod
    def _declared(self, *args: Any, **attributes: Any) -> M:
        """Give the model that the arguments declare, on this connection."""


def _ends(oldest: str, latest: str, lookup: str) -> str:
    """Return which end of a span a lookup of a time stands for; of one that stands for neither, both."""
    match lookup:
        case "gte" | "gt":
            return f"Did you mean {oldest!r}? Both ends belong to a span. "
        case "lte" | "lt":
            return f"Did you mean {latest!r}? Both ends belong to a span. "
        case _:
            return f"Give {oldest!r}, {latest!r} or both: the ends of a span. "


def check_page_size(page_size: int | None) -> None:
    """Refuse a size that SWF's pages cannot have.

    Raises:
        ValidationError: It is no number, or not from 1 to 1000.
    """
    if page_size is not None:
        of_shape(page_size, Number("page_size", min=1, max=LARGEST_PAGE))


def reads(shape: Shape) -> Callable[[Any], Any]:
    """Give the function that reads a filter's value of a shape, and raises a `ValidationError` for any other."""
    return functools.partial(of_shape, shape=shape)


def equal(shape: Shape) -> Keyword:
    """Give the filter by the attribute that a shape is named for."""
    return Keyword(reads(shape), lambda row, value: getattr(row, shape.name) == value)


def unread(model: type[Model], listed: str) -> tuple[str, ...]:
    """Name the attributes of a model that SWF's lists leave out: those outside one member of Describe's answer."""
    return tuple(member.name for member in wire.members(model) if member.path[0] != listed)
