"""What SWF has of domains: asked with as few calls as it allows, several at the same time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

import attrs

from swf import connection as connections
from swf.connection import Connection
from swf.constants import DEPRECATED, REGISTERED
from swf.models import ActivityType, Domain, WorkflowType
from swf.models.base import Model
from swf.querysets import DomainQuerySet
from swf.shapes import TypeId, type_id
from swf.sync.items import MODELS, Kind
from swf.sync.manifest import Manifest
from swf.sync.patience import WORKERS, patiently, threads
from swf.sync.schema import DeclaredDomain, is_of_aws

M = TypeVar("M", bound=Model)
T = TypeVar("T")

Key = tuple[Kind, TypeId]


@attrs.frozen(kw_only=True)
class Registered:
    """What SWF has of a domain.

    Attributes:
        domain: The domain as SWF describes it; None when it is not there.
        tags: Its tags but for those of AWS, if they were asked for.
        statuses: The status of each of its types, registered or deprecated.
        types: The types that were asked for, as SWF describes them.
    """

    domain: Domain | None = None
    tags: Mapping[str, str] | None = None
    statuses: Mapping[Key, str] = attrs.field(factory=dict)
    types: Mapping[Key, WorkflowType | ActivityType] = attrs.field(factory=dict)


def look_at(
    domains: Sequence[DeclaredDomain], swf: Connection, workers: int = WORKERS
) -> list[tuple[DeclaredDomain, Registered]]:
    """Ask what SWF has of what is declared, and of what else is registered in the same domains."""
    wanted = {declared.name: {key_of(each) for each in declared.types} for declared in domains}
    with threads(workers) as pool:
        found = _found(
            [(declared.name, declared.tags is not None) for declared in domains],
            swf,
            pool,
            lambda name, statuses: (key for key in statuses if key in wanted[name]),
        )
    return list(zip(domains, found, strict=True))


def registered(*domains: str, connection: Connection | None = None, workers: int = WORKERS) -> Manifest:
    """Give the manifest of what is registered: domains with their tags, and their types that are not deprecated.

    Args:
        domains: Names of domains. None at all stands for all that are registered.
        connection: The way to SWF; None is the default.
        workers: How many requests may be under way at the same time.

    Raises:
        DomainDoesNotExist: There is no such domain.
    """
    swf = connections.checked(connection) or connections.current()
    names = domains or patiently(lambda: tuple(each.name for each in DomainQuerySet(connection=swf)))
    with threads(workers) as pool:
        found = _found(
            [(name, True) for name in names],
            swf,
            pool,
            lambda name, statuses: (key for key, status in statuses.items() if status == REGISTERED),
        )
    return Manifest(tuple(_as_declared(name, held, swf) for name, held in zip(names, found, strict=True)))


def key_of(model: WorkflowType | ActivityType) -> Key:
    """Give what tells a type from the others of its domain."""
    return "workflow" if isinstance(model, WorkflowType) else "activity", type_id(model)


def _found(
    domains: Sequence[tuple[str, bool]],
    swf: Connection,
    pool: Executor,
    wanted: Callable[[str, Mapping[Key, str]], Iterable[Key]],
) -> list[Registered]:
    """Ask for domains, then for the lists of their types, then for the wanted ones of these."""
    held = [pool.submit(_domain, name, with_tags, swf) for name, with_tags in domains]
    described = [each.result() for each in held]
    statuses = _statuses([domain for domain, _ in described if domain is not None], pool)
    keys = [(name, key) for name, known in statuses.items() for key in wanted(name, known)]
    types: dict[str, dict[Key, Any]] = {name: {} for name, _ in domains}
    for (name, key), model in zip(keys, pool.map(partial(_type, swf), keys), strict=True):
        if model is not None:
            types[name][key] = model
    return [
        Registered(domain=domain, tags=tags, statuses=statuses.get(name, {}), types=types[name])
        for (name, _), (domain, tags) in zip(domains, described, strict=True)
    ]


def _domain(name: str, with_tags: bool, swf: Connection) -> tuple[Domain | None, Mapping[str, str] | None]:
    domain = upstream(Domain(name, connection=swf))
    if domain is None or not with_tags:
        return domain, None
    return domain, own_tags(domain)


def own_tags(domain: Domain) -> dict[str, str]:
    """Give a domain's tags, without those that AWS gives itself and nobody else can change."""
    return {key: value for key, value in patiently(lambda: domain.tags).items() if not is_of_aws(key)}


def _statuses(domains: Sequence[Domain], pool: Executor) -> dict[str, dict[Key, str]]:
    """Give the status of each type that is in some domains."""
    lists = [(domain, kind, status) for domain in domains for kind in MODELS for status in (REGISTERED, DEPRECATED)]
    statuses: dict[str, dict[Key, str]] = {domain.name: {} for domain in domains}
    for (domain, kind, status), listed in zip(lists, pool.map(_listed, *zip(*lists, strict=True)), strict=True):
        statuses[domain.name] |= {(kind, each): status for each in listed}
    return statuses


def _listed(domain: Domain, kind: Kind, status: str) -> list[TypeId]:
    types = domain.workflow_types if kind == "workflow" else domain.activity_types
    return patiently(lambda: [type_id(each) for each in types.filter(status=status)])


def _type(swf: Connection, place: tuple[str, Key]) -> WorkflowType | ActivityType | None:
    domain, (kind, (name, version)) = place
    return upstream(MODELS[kind](domain, name, version, connection=swf))


def upstream(model: M) -> M | None:
    """Give what SWF has; None when it is not there."""
    try:
        return patiently(model.upstream)
    except model.DoesNotExist:
        return None


def _as_declared(name: str, held: Registered, swf: Connection) -> DeclaredDomain:
    # One that is not there is an error here, and SWF says which.
    domain = held.domain or Domain(name, connection=swf).upstream()
    types = list(held.types.values())
    return DeclaredDomain(
        domain,
        tuple(each for each in types if isinstance(each, WorkflowType)),
        tuple(each for each in types if isinstance(each, ActivityType)),
        held.tags,
    )
