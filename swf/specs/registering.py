"""Workflow types registered, or deprecated, as documents want them: through `swf.sync`."""

from collections.abc import Iterable, Mapping

import attrs

from swf.connection import Connection
from swf.constants import REGISTERED
from swf.models import Domain
from swf.shapes import TypeId
from swf.specs.base import Spec
from swf.sync import Item, Manifest, Plan, plan


def manifest(specs: Iterable[Spec], domain: Domain | str) -> Manifest:
    """Give what ought to be registered: the types of workflows that are active."""
    return Manifest.of(*(spec.workflow_type(domain) for spec in specs if spec.registration.active))


def planned(specs: Iterable[Spec], domain: Domain | str, *, connection: Connection | None = None) -> Plan:
    """Hold workflows against what is registered; `swf.sync.apply` carries out what this gives.

    Active ones are to be registered, also again. Those that are not are to be deprecated, if they are registered at
    all. Other types of the domain are left alone. Nothing is written.

    Args:
        specs: The workflows: a document, or some of one.
        domain: The domain, which has to be there, or its name.
        connection: The way to SWF; None is the default.

    Raises:
        ValidationError: The domain is not registered.
    """
    known = {TypeId(spec.name, spec.version): spec for spec in specs}
    wanted = Manifest.of(*(spec.workflow_type(domain) for spec in known.values()))
    made = plan(wanted, connection=connection)
    items = (_wanted(item, known) for item in made.items if item.action != "undeclared")
    return attrs.evolve(made, items=tuple(item for item in items if item is not None))


def _wanted(item: Item, known: Mapping[TypeId, Spec]) -> Item | None:
    """Give what becomes of a type, should it not be active; None for nothing."""
    if item.version is None or known[TypeId(item.name, item.version)].registration.active:
        return item
    if item.before is None or item.before["status"] != REGISTERED:
        return None
    return attrs.evolve(item, action="deprecate", before={"status": REGISTERED}, after=None, next_version=None)
