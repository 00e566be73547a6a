"""What a manifest's file may say, and the domains that it declares.

A table of a type has the attributes of the model by their names here; what it leaves out has no default. Of a domain
only what is said is compared, so it may be left to somebody else.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from swf import settings, wire
from swf.checks import meant
from swf.constants import NONE
from swf.documents import Document, Place
from swf.exceptions import ManifestError
from swf.models import ActivityType, Domain, WorkflowType
from swf.models.base import number
from swf.models.domain import ResourceTag
from swf.shapes import Duration, NumberText, Shape, Text, TypeId, type_id

T = TypeVar("T", WorkflowType, ActivityType)

MOST_TAGS = 50


def is_of_aws(key: str) -> bool:
    """Tell whether a tag is one that AWS gives, and nobody else can.

    See: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    return key.lower().startswith("aws:")


def _check_tags(declared: "DeclaredDomain", attribute: Any, tags: Mapping[str, str] | None) -> None:
    for key, value in (tags or {}).items():
        ResourceTag(key=key, value=value)
        if is_of_aws(key):
            raise ManifestError(f"The domain {declared.name!r} has the tag {key!r}, which is AWS's own. Leave it out.")
    if tags and len(tags) > MOST_TAGS:
        raise ManifestError(f"The domain {declared.name!r} has {len(tags)} tags. Leave {MOST_TAGS} at most.")


@attrs.frozen
class DeclaredDomain:
    """A domain, and the types that ought to be registered in it.

    Attributes:
        domain: The domain. Its description and retention period are compared unless they are None.
        workflow_types: Its workflow types.
        activity_types: Its activity types.
        tags: Its tags, all of them; None leaves them alone.
    """

    domain: Domain
    workflow_types: tuple[WorkflowType, ...] = ()
    activity_types: tuple[ActivityType, ...] = ()
    tags: Mapping[str, str] | None = attrs.field(default=None, validator=_check_tags)

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.domain.name

    @property
    def types(self) -> tuple[WorkflowType | ActivityType, ...]:
        """The types of both kinds."""
        return (*self.workflow_types, *self.activity_types)

    @property
    def is_said(self) -> bool:
        """Whether more than the domain's name is known."""
        return self.tags is not None or bool(declared(self.domain))

    @property
    def data(self) -> dict[str, Any]:
        """The domain as a manifest's file has it."""
        tags = {} if self.tags is None else {"tags": dict(self.tags)}
        types: dict[str, tuple[WorkflowType | ActivityType, ...]] = {
            "workflows": self.workflow_types,
            "activities": self.activity_types,
        }
        rows = {key: [_row(each) for each in held] for key, held in types.items() if held}
        return {"name": self.name, **declared(self.domain), **tags, **rows}

    def __str__(self) -> str:
        return (
            f"{self.name} with {_counted(len(self.workflow_types), 'workflow type')} and "
            f"{_counted(len(self.activity_types), 'activity type')}"
        )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _row(model: WorkflowType | ActivityType) -> dict[str, Any]:
    return {"name": model.name, "version": model.version, **declared(model)}


def declared(model: Domain | WorkflowType | ActivityType) -> dict[str, Any]:
    """Give what a model says beside its name and version, without what SWF makes.

    >>> declared(ActivityType("shop", "Charge", "1.0", task_list="payments"))
    {'task_list': 'payments'}
    """
    return {
        member.name: value
        for member in _said(type(model))
        # SWF takes an empty text for none.
        if member.name not in ("name", "version") and (value := getattr(model, member.name)) not in (None, "")
    }


def _said(cls: type) -> Iterator[wire.Member]:
    """Give the attributes that are sent when an object is registered."""
    return (member for member in wire.members(cls) if not member.read_only)


def domains(document: Document, domain: str | None = None) -> tuple[DeclaredDomain, ...]:
    """Give the domains that a file declares.

    Args:
        document: The file's content.
        domain: What a domain without a name is called. Left out, the default domain of the settings.

    Raises:
        ManifestError: Something is wrong; names each place.
    """
    reading = _Reading(document, domain)
    found = list(reading.domains())
    reading.end()
    return tuple(found)


class _Reading:
    """One reading of a document, which notes all that is wrong with it."""

    def __init__(self, document: Document, domain: str | None) -> None:
        self._document = document
        self._domain = domain
        self._problems: list[str] = []

    def end(self) -> None:
        if self._problems:
            count = len(self._problems)
            head = f"{self._document.name}: " if count == 1 else f"{self._document.name} has {count} mistakes:\n"
            raise ManifestError(head + "\n".join(self._problems), tuple(self._problems))

    def domains(self) -> Iterator[DeclaredDomain]:
        root = self._table(self._document.data, (), {"domains": ""})
        if root is None:
            return
        rows = list(self._rows(root, (), "domains"))
        if not rows and not self._problems:
            self._refuse((), 'declares no domain. Write a table [[domains]] with a name, in TOML, or a list "domains".')
        names: dict[str, Place] = {}
        for place, value in rows:
            read = self._one_domain(place, value)
            if read is None:
                continue
            if read.name in names:
                first = _told(names[read.name])
                self._refuse(place, f"is the domain {read.name!r} again, which {first} is. Write both in one table.")
            names.setdefault(read.name, place)
            yield read

    def _one_domain(self, place: Place, value: Any) -> DeclaredDomain | None:
        known = {**_keys(Domain), "tags": "", "workflows": "", "activities": ""}
        table = self._table(value, place, known)
        if table is None:
            return None
        attributes = self._attributes(Domain, table, place)
        name = attributes.pop("name") if attributes.get("name") else self._default_name(table, place)
        tags = self._tags(table.get("tags"), (*place, "tags"))
        owner = Domain(name or "-", **attributes)
        return DeclaredDomain(
            owner,
            tuple(self._types(WorkflowType, "workflows", owner, table, place)),
            tuple(self._types(ActivityType, "activities", owner, table, place)),
            tags,
        )

    def _default_name(self, table: Mapping[str, Any], place: Place) -> str | None:
        if table.get("name") is not None:
            return None
        name = self._domain or settings.get("domain")
        if name is None:
            self._refuse(
                place,
                'has no name. Write name = "shop", say; or give --domain NAME, set SWF_DOMAIN, or write domain under '
                "[defaults] in ~/.swf.",
            )
        elif problem := shapes_of(Domain)["name"].problem(name):
            self._refuse(place, f"would be called {name!r}, which {problem}. Give another --domain.")
            return None
        return name

    def _types(self, cls: type[T], key: str, owner: Domain, table: Mapping[str, Any], place: Place) -> Iterator[T]:
        first: dict[TypeId, Place] = {}
        for where, value in self._rows(table, place, key):
            row = self._table(value, where, _keys(cls))
            if row is None:
                continue
            attributes = self._attributes(cls, row, where)
            missing = [name for name in ("name", "version") if row.get(name) is None]
            for name in missing:
                example = "Charge" if name == "name" else "1.0"
                self._refuse(where, f'has no {name}. Write one in quotes, such as {name} = "{example}".')
            if missing or not {"name", "version"} <= set(attributes):
                continue
            made = cls(owner, **attributes)
            identity = type_id(made)
            if identity in first:
                self._refuse(
                    where,
                    f"is {made} again, which {_told(first[identity])} is. Remove one of them, or "
                    "give it another version.",
                )
                continue
            first[identity] = where
            yield made

    def _table(self, value: Any, place: Place, known: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Give a table back, refusing others and keys that are not known; known ones are told SWF's names too."""
        if not isinstance(value, Mapping):
            self._refuse(place, f"is {_kind(value)}, and must be a table. Write {', '.join(list(known)[:3])} in it.")
            return None
        for key in value:
            if key in known:
                continue
            of_swf = next((name for name, wire_name in known.items() if wire_name and key == wire_name), None)
            hint = f"Write {of_swf}. " if of_swf else meant(key, known)
            key_place = (*place, key) if isinstance(key, str) else place
            self._refuse(key_place, f"is no key that is known here. {hint}There are: {', '.join(known)}.")
        return value

    def _rows(self, table: Mapping[str, Any], place: Place, key: str) -> Iterator[tuple[Place, Any]]:
        rows = table.get(key)
        if rows is None:
            return
        if not isinstance(rows, list):
            self._refuse((*place, key), f"is {_kind(rows)}, and must be a list of tables. Write [[...]] in TOML.")
            return
        yield from (((*place, key, index), row) for index, row in enumerate(rows))

    def _attributes(self, cls: type, table: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Give all attributes of a class, those that are not said as None; wrong ones are left out."""
        attributes: dict[str, Any] = {}
        for name, shape in shapes_of(cls).items():
            value = table.get(name)
            if value is None:
                if name not in ("name", "version"):
                    attributes[name] = None
            elif self._is_good(shape, value, (*place, name)):
                attributes[name] = number(value) if isinstance(shape, NumberText) else value
        return attributes

    def _is_good(self, shape: Shape, value: Any, place: Place) -> bool:
        held = number(value) if isinstance(shape, NumberText) and isinstance(value, str) else value
        problem = shape.problem_when_registered(held)
        if problem is None:
            return True
        # The kinds of Python mean nothing to who writes a file.
        said = problem.partition(", not ")[0]
        self._refuse(
            place,
            f"{self._shown(value, place)} {said}. {self._instead(shape, value, place)}".rstrip(),
        )
        return False

    def _tags(self, value: Any, place: Place) -> dict[str, str] | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._refuse(place, f'is {_kind(value)}, and must be a table. Write tags = {{ team = "orders" }}, say.')
            return None
        if len(value) > MOST_TAGS:
            self._refuse(place, f"has {len(value)} tags, and may have {MOST_TAGS} at most. Remove some.")
            return None
        shapes = shapes_of(ResourceTag)
        good = {}
        for key, text in value.items():
            if problem := shapes["key"].problem(key):
                self._refuse(place, f"has the key {key!r}, which {problem}. Write it in quotes.")
            elif is_of_aws(key):
                self._refuse((*place, key), "is a tag that AWS gives itself. Leave it out.")
            elif self._is_good(shapes["value"], text, (*place, key)):
                good[key] = text
        return good

    def _shown(self, value: Any, place: Place) -> str:
        if isinstance(value, str):
            return wire.shown(value)
        return _kind(value) if isinstance(value, Mapping | list) else self._written(value, place)

    def _written(self, value: Any, place: Place) -> str:
        text = self._document.spot(place).text
        if text is not None:
            return text
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _instead(self, shape: Shape, value: Any, place: Place) -> str:
        if isinstance(shape, Duration):
            what, example = ("days", "30") if shape.name == "DurationInDays" else ("seconds", "300")
            return f"Write whole {what}, such as {example}" + (f', or "{NONE}".' if shape.has_none else ".")
        if isinstance(shape, NumberText):
            return "Write a whole number, such as 0."
        if isinstance(shape, Text) and not isinstance(value, str | Mapping | list):
            return f"Write it in quotes: {json.dumps(self._written(value, place), ensure_ascii=False)}."
        return ""

    def _refuse(self, place: Place, said: str) -> None:
        line = self._document.spot(place).line if place else None
        where = f"{_told(place)} (line {line})" if line else _told(place)
        self._problems.append(f"{where}: {said}" if where else said)


def _keys(cls: type) -> dict[str, str]:
    """Give the keys of a table, with the names that SWF has for them."""
    return {member.name: member.wire_name for member in _said(cls)}


def shapes_of(cls: type) -> dict[str, Shape]:
    """Give the keys of a table, with the shapes of their values."""
    return {member.name: member.shape for member in _said(cls)}


def _told(place: Place) -> str:
    """Give a place as messages have it.

    >>> _told(("domains", 0, "activities", 2, "version"))
    'domains[0].activities[2].version'
    """
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case Mapping():
            return "a table"
        case list():
            return "a list"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float() | Decimal():
            return "a number"
        case _:
            return f"a {type(value).__name__}"
