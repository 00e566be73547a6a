"""What is declared held against what SWF has: pure functions, that give the items of a plan."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import attrs

from swf.constants import REGISTERED
from swf.exceptions import ValidationError
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync.asking import Registered, key_of
from swf.sync.items import CHANGEABLE, Action, Item, Kind
from swf.sync.schema import DeclaredDomain, declared

LONGEST_VERSION = 64


def items_of(wanted: DeclaredDomain, held: Registered, *, prune: bool = False) -> Iterator[Item]:
    """Give the items of a domain: itself, its declared types, then those that are registered and not declared.

    Raises:
        ValidationError: The domain is to be registered and has no retention period.
    """
    yield domain_item(wanted.domain, wanted.tags, held)
    versions = _versions(held)
    for model in wanted.types:
        key = key_of(model)
        yield type_item(model, held.types.get(key), versions[key[0], model.name])
    known = {key_of(model) for model in wanted.types}
    for (kind, (name, version)), status in held.statuses.items():
        if status == REGISTERED and (kind, (name, version)) not in known:
            yield Item(
                action="deprecate" if prune else "undeclared",
                kind=kind,
                domain=wanted.name,
                name=name,
                version=version,
                before={"status": REGISTERED},
            )


def domain_item(domain: Domain, tags: Mapping[str, str] | None, held: Registered) -> Item:
    """Give the item of a domain."""
    after = {"status": REGISTERED, **declared(domain), **({} if tags is None else {"tags": dict(tags)})}
    if held.domain is None:
        _refuse_without_retention(domain)
        return Item(action="register", kind="domain", domain=domain.name, name=domain.name, after=after)
    before = {"status": held.domain.status, **declared(held.domain)}
    if tags is not None:
        before["tags"] = dict(held.tags or {})
    item = Item(action="unchanged", kind="domain", domain=domain.name, name=domain.name, before=before, after=after)
    return _with_action(item)


def type_item(
    model: WorkflowType | ActivityType, held: WorkflowType | ActivityType | None, versions: Collection[str] = ()
) -> Item:
    """Give the item of a type.

    Args:
        model: What is declared.
        held: What SWF has, if it is there.
        versions: The versions of this name that are taken, deprecated ones included.
    """
    kind, (name, version) = key_of(model)
    after = {"status": REGISTERED, **declared(model)}
    before = None if held is None else {"status": held.status, **declared(held)}
    item = Item(
        action="register",
        kind=kind,
        domain=model.domain.name,
        name=name,
        version=version,
        before=before,
        after=after,
    )
    return _with_action(item, versions)


def _with_action(item: Item, versions: Collection[str] = ()) -> Item:
    """Say what becomes of an object that may be there already."""
    if item.before is None:
        return item
    differing = item.diff.differing_fields()
    if not set(differing) <= set(CHANGEABLE[item.kind]):
        following = None if item.version is None else next_version(item.version, versions)
        return attrs.evolve(item, action="differs", next_version=following)
    action: Action = "unchanged"
    if differing:
        action = "undeprecate" if "status" in differing else "tag"
    return attrs.evolve(item, action=action)


def _versions(held: Registered) -> Mapping[tuple[Kind, str], set[str]]:
    """Give the versions that are taken, by kind and name."""
    versions: dict[tuple[Kind, str], set[str]] = defaultdict(set)
    for kind, (name, version) in held.statuses:
        versions[kind, name].add(version)
    return versions


def _refuse_without_retention(domain: Domain) -> None:
    if domain.retention_period is None:
        raise ValidationError(
            f"The domain {domain.name!r} is not registered, and nothing says how long it keeps closed executions. "
            "Declare its retention_period, in days, or register it; or check its name, the region and the endpoint."
        )


def next_version(version: str, taken: Collection[str] = ()) -> str:
    """Give the version that follows another one and is free: its last number goes up.

    >>> next_version("1.9"), next_version("v3", taken=["v3", "v4"]), next_version("beta"), next_version("2024-01")
    ('1.10', 'v5', 'beta-2', '2024-02')
    """
    following = _following(version)
    while following in taken:
        following = _following(following)
    return following


def _following(version: str) -> str:
    numbers = list(re.finditer(r"[0-9]+", version))
    if numbers:
        last = numbers[-1]
        number = str(int(last.group()) + 1).zfill(len(last.group()))
        following = f"{version[: last.start()]}{number}{version[last.end() :]}"
        if len(following) <= LONGEST_VERSION:
            return following
    # Leaves room to count on.
    return f"{version[: LONGEST_VERSION - 10]}-2"
