"""What the querysets of workflow types and of activity types have in common."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast

import attrs

from swf import wire
from swf.constants import REGISTERED
from swf.models.activity import ActivityType
from swf.models.domain import Domain, domain_of
from swf.models.workflow import WorkflowType
from swf.querysets.base import Call, Keyword, RegisteredQuerySet, equal, unread
from swf.querysets.domain import DESCRIPTION, DOMAIN, NAME, STATUS, OfDomain
from swf.shapes import Text, TypeId

T = TypeVar("T", bound=WorkflowType | ActivityType)


@attrs.frozen(repr=False, eq=False)
class TypeQuerySet(OfDomain, RegisteredQuerySet[T]):
    """The types of a domain, by name; registered ones unless ``status`` says otherwise.

    Filters: ``status`` (or ``registration_status``) and ``name``, which SWF applies; ``version`` and ``description``,
    applied here. A list tells no defaults; `get` does.
    """

    keywords: ClassVar[Mapping[str, Keyword]] = {
        "domain": DOMAIN,
        "status": equal(STATUS),
        "name": equal(NAME),
        "version": equal(Text("version", max=64, min=1)),
        "description": equal(DESCRIPTION),
    }
    synonyms: ClassVar[Mapping[str, str]] = {"registration_status": "status"}
    statuses: ClassVar[tuple[str, ...]] = STATUS.values
    key: ClassVar[str] = "pairs (name, version)"
    operation: ClassVar[str]

    domain: Domain = attrs.field(converter=domain_of)

    def get(self, name: str | None = None, version: str | None = None, **keywords: Any) -> T:
        """Give one type as SWF describes it.

        Args:
            name: Its name.
            version: Its version: the type may then be registered or deprecated. Without name and version, exactly one
                listed type must answer what is given.
            keywords: Filters that it must satisfy.

        Raises:
            DoesNotExistError: There is none; the model's ``DoesNotExist``.
            MultipleObjectsReturned: Several answer what is given.
        """
        if name is not None and version is not None:
            return self._checked(self._fetch((name, version)), keywords)
        only = self._only({"name": name, "version": version, **keywords})
        return self._fetch((only.name, only.version))

    def _key(self, row: T) -> TypeId:
        return TypeId(row.name, row.version)

    def _fetch(self, key: tuple[str, str]) -> T:
        return cast(T, self._declared(*key).upstream())

    def _declared(self, *args: Any, **attributes: Any) -> T:
        return self._model(self.domain, *args, **{"connection": self.connection, **attributes})

    def _plan(self, now: datetime) -> tuple[Call[T], ...]:
        conditions = self._conditions_at(now)
        name = next((condition for condition in conditions if condition.keyword == "name"), None)
        rest = tuple(condition for condition in conditions if condition is not name)
        params = {"domain": self.domain.name} | ({} if name is None else {"name": name.value})
        return tuple(
            self._call(
                rest,
                now,
                operation=self.operation,
                params={**params, "registrationStatus": status},
                key="typeInfos",
            )
            for status in self._status or (REGISTERED,)
        )

    def _reader(self) -> Callable[[dict[str, Any]], T]:
        read = wire.reader(self._model)
        given = {**self._given(), "_unread": unread(self._model, "typeInfo")}
        return lambda info: read({"typeInfo": info}, given)
