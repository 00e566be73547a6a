"""Which SWF a plan is for: endpoint, region and account.

Amazon SWF of a region and an account is one SWF, by whichever of Amazon's addresses it is reached: none given, the
region's own, the one for FIPS or for IPv6, or a VPC endpoint. Any other address is another SWF, even one of your own
that leads to Amazon's: what stands behind it cannot be known.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import attrs

from swf.clients import LOCAL, file_of, is_amazon_swf
from swf.connection import Connection
from swf.constants import DEPRECATED, REGISTERED
from swf.exceptions import OperationNotPermittedError, PlanTargetError
from swf.models import Domain
from swf.querysets import DomainQuerySet
from swf.sync.patience import patiently

_ACCOUNT = re.compile(r"arn:[^:]*:swf:[^:]*:([^:]+):")
_PORTS = {"http": 80, "https": 443}

MAKE_ONE = "swf diff SOURCE --out FILE"


@attrs.frozen(kw_only=True)
class Target:
    """An SWF: the one that a plan was made for, and where alone it holds.

    >>> print(Target(region="eu-west-1", account="123456789012"))
    Amazon SWF, eu-west-1, account 123456789012

    Attributes:
        region: The region.
        endpoint: None for Amazon SWF itself; else its URL, ``local:`` or ``local:PATH``.
        account: The account that its domains belong to; None when nothing tells it.
    """

    region: str
    endpoint: str | None = None
    account: str | None = None

    @property
    def data(self) -> dict[str, Any]:
        """The SWF as a plan's JSON has it."""
        return {"endpoint": self.endpoint, "region": self.region, "account": self.account}

    @property
    def place(self) -> str:
        """Endpoint and region, for a message."""
        return f"{'Amazon SWF' if self.endpoint is None else f'SWF at {self.endpoint}'}, {self.region}"

    def __str__(self) -> str:
        return f"{self.place}, account {self.account or 'not known'}"


def target_of(swf: Connection, domains: Iterable[Domain] = ()) -> Target:
    """Return which SWF a connection leads to.

    The account is the one that SWF names in the ARN of a domain. Without any domain Amazon's STS is asked whose the
    credentials are; another server has no account that could be known then.

    Args:
        swf: The connection.
        domains: Domains of this SWF as it describes them. If there is one, nothing more is asked.
    """
    place = place_of(swf)
    account = next(_accounts(domains), None) or _account_of_any(swf)
    if account is None and place.endpoint is None:
        account = swf.caller_account()
    return attrs.evolve(place, account=account)


def place_of(swf: Connection) -> Target:
    """Return endpoint and region of a connection, without the account; sends nothing."""
    return Target(region=swf.region, endpoint=canonical(swf.endpoint_url))


def canonical(endpoint_url: str) -> str | None:
    """Return an endpoint as it is compared: None for any address of Amazon SWF, else without what makes no difference.

    >>> canonical("HTTP://Localhost:80/"), canonical("https://swf.eu-west-1.amazonaws.com"), canonical("local:")
    ('http://localhost', None, 'local:')
    """
    if endpoint_url.startswith(LOCAL):
        return f"{LOCAL}{file_of(endpoint_url) or ''}"
    if is_amazon_swf(endpoint_url):
        return None
    parts = urlsplit(endpoint_url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    # A user's name and password are nobody else's business.
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def refuse_place(wanted: Target, swf: Connection) -> None:
    """Refuse a connection to another endpoint or region than a plan is for; sends nothing.

    Raises:
        PlanTargetError: It leads elsewhere.
    """
    found = place_of(swf)
    if (wanted.endpoint, wanted.region) == (found.endpoint, found.region):
        return
    missing = [name for name in ("endpoint", "region") if getattr(wanted, name) != getattr(found, name)]
    source = f" ({swf.origin})" if "endpoint" in missing and found.endpoint is not None else ""
    raise PlanTargetError(
        f"The plan was made for {wanted}, and the connection leads to {found.place}{source}. "
        f"Give the {' and the '.join(missing)} that it was made for, or make a new plan: {MAKE_ONE}"
    )


def refuse_account(wanted: Target, found: Target) -> None:
    """Refuse another account than a plan is for. A plan that knows of no account holds for any.

    Raises:
        PlanTargetError: It is another one, or is not known.
    """
    if wanted.account in (None, found.account):
        return
    remedy = "Give credentials of the account that it was made for, or make" if found.account else "Make"
    raise PlanTargetError(
        f"The plan was made for {wanted}, and the connection leads to {found}. {remedy} a new plan: {MAKE_ONE}"
    )


def _accounts(domains: Iterable[Domain | None]) -> Iterator[str]:
    found = (_ACCOUNT.match(domain.arn) for domain in domains if domain is not None and domain.arn)
    return (match[1] for match in found if match)


def _account_of_any(swf: Connection) -> str | None:
    """Return the account of any domain, registered or deprecated; None without one, or without leave to list them."""
    try:
        listed = (_first(swf, status) for status in (REGISTERED, DEPRECATED))
        return next(_accounts(listed), None)
    except OperationNotPermittedError:
        return None


def _first(swf: Connection, status: str) -> Domain | None:
    return patiently(DomainQuerySet(connection=swf).filter(status=status).first)
