"""Domains, and what querysets of things in a domain have in common."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import attrs

from swf import wire
from swf.connection import Connection
from swf.constants import DEPRECATED, REGISTERED
from swf.exceptions import DoesNotExistError, DomainDoesNotExist
from swf.models.domain import Domain, domain_of
from swf.querysets.base import Call, Keyword, RegisteredQuerySet, equal, unread
from swf.shapes import Choice, Text

STATUS = Choice("status", (REGISTERED, DEPRECATED))
NAME = Text("name", max=256, min=1)
DESCRIPTION = Text("description", max=1024)


@attrs.frozen(repr=False, eq=False)
class DomainQuerySet(RegisteredQuerySet[Domain]):
    """The domains of a region, by name; registered ones unless ``status`` says otherwise.

    Filters: ``status`` (or ``registration_status``), which SWF applies; ``name`` and ``description``, applied here.
    A list tells no ``retention_period``; `get` does.

    >>> print(DomainQuerySet().filter(status="DEPRECATED").reverse().explain())
    1. ListDomains
      SWF filters: registrationStatus 'DEPRECATED'; reverseOrder True
      filtered here: nothing

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListDomains.html
    """

    keywords: ClassVar[Mapping[str, Keyword]] = {
        "status": equal(STATUS),
        "name": equal(NAME),
        "description": equal(DESCRIPTION),
    }
    synonyms: ClassVar[Mapping[str, str]] = {"registration_status": "status"}
    statuses: ClassVar[tuple[str, ...]] = STATUS.values
    key: ClassVar[str] = "names"
    key_type: ClassVar[type] = str

    model: type[Domain] = attrs.field(default=Domain, kw_only=True)

    def get(self, name: str | None = None, **keywords: Any) -> Domain:
        """Give one domain as SWF describes it.

        Args:
            name: Its name, registered or deprecated. Left out, exactly one must answer the keywords.
            keywords: Filters that it must satisfy.

        Raises:
            DoesNotExistError: There is none; ``Domain.DoesNotExist``.
            MultipleObjectsReturned: Several answer the keywords.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DescribeDomain.html
        """
        if name is None:
            name = self._only(keywords).name
        return self._checked(self._fetch(name), keywords)

    @property
    def _model(self) -> type[Domain]:
        return self.model

    def _key(self, row: Domain) -> str:
        return row.name

    def _fetch(self, key: str) -> Domain:
        return self._declared(key).upstream()

    def _declared(self, *args: Any, **attributes: Any) -> Domain:
        return self.model(*args, **{"connection": self.connection, **attributes})

    def _plan(self, now: datetime) -> tuple[Call[Domain], ...]:
        return tuple(
            self._call(
                self._conditions_at(now),
                now,
                operation="list_domains",
                params={"registrationStatus": status},
                key="domainInfos",
            )
            for status in self._status or (REGISTERED,)
        )

    def _reader(self) -> Callable[[dict[str, Any]], Domain]:
        read = wire.reader(self.model)
        given = {"connection": self.connection, "_unread": unread(self.model, "domainInfo")}
        return lambda info: read({"domainInfo": info}, given)


DOMAIN = Keyword(domain_of, lambda row, domain: row.domain.name == domain.name)


class OfDomain:
    """What a queryset does because it belongs to a domain."""

    __slots__ = ()

    missing: ClassVar[type[DoesNotExistError]] = DomainDoesNotExist

    domain: Domain
    connection: Connection | None

    @property
    def _swf(self) -> Connection:
        return self.connection or self.domain._swf

    def _given(self) -> dict[str, Any]:
        """Give what every model of the domain is made with."""
        return {"domain": self.domain, "connection": self.connection}
