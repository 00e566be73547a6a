"""Plans: what a manifest declares, held against what SWF has. Planning changes nothing in SWF."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import attrs

from swf import connection as connections
from swf.connection import Connection
from swf.exceptions import StalePlanError, ValidationError
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync.asking import look_at
from swf.sync.comparing import items_of
from swf.sync.items import CHANGES, SYMBOLS, Action, Item
from swf.sync.manifest import Manifest, checked
from swf.sync.patience import WORKERS
from swf.sync.schema import DeclaredDomain

SCHEMA_VERSION: Final = 1


@attrs.frozen(kw_only=True)
class Plan:
    """What a sync would do, and what it would leave.

    Attributes:
        region: The region it is for.
        prune: Whether types that are not declared are to be deprecated.
        items: What becomes of each domain and type.
        connection: Where it was made.
        saved_in: The file that it was loaded from.
    """

    region: str
    items: tuple[Item, ...]
    prune: bool = False
    connection: Connection | None = attrs.field(default=None, eq=False, repr=False)
    saved_in: str | None = attrs.field(default=None, eq=False)

    @property
    def changes(self) -> tuple[Item, ...]:
        """The items that a sync changes in SWF."""
        return tuple(item for item in self.items if item.is_change)

    @property
    def conflicts(self) -> tuple[Item, ...]:
        """The items that differ, and that SWF cannot change."""
        return tuple(item for item in self.items if item.action == "differs")

    @property
    def has_drift(self) -> bool:
        """Whether a sync has something to change, or cannot make SWF what is declared."""
        return bool(self.changes or self.conflicts)

    @property
    def counts(self) -> dict[Action, int]:
        """How many items there are of each action."""
        counted = Counter(item.action for item in self.items)
        return {action: counted[action] for action in SYMBOLS if counted[action]}

    @property
    def fingerprint(self) -> str:
        """What tells this plan, and the state of SWF that it was made of, from any other."""
        held = {"region": self.region, "prune": self.prune, "items": [item.data for item in self.items]}
        return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()

    @property
    def manifest(self) -> Manifest:
        """What the plan was made of."""
        return Manifest(tuple(_declared_by(self.items)))

    @property
    def data(self) -> dict[str, Any]:
        """The plan as its JSON has it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "region": self.region,
            "domains": [item.name for item in self.items if item.kind == "domain"],
            "prune": self.prune,
            "drift": self.has_drift,
            "counts": self.counts,
            "fingerprint": self.fingerprint,
            "items": [item.data for item in self.items],
        }

    def dumps(self) -> str:
        """Write the plan as JSON."""
        return json.dumps(self.data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a plan that `dumps` wrote from a file.

        Raises:
            ValidationError: It is no plan, or was changed.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ValidationError(f"The plan {path} cannot be read: {error}. {_MAKE_ONE}") from None
        return cls._of_data(data, str(path))

    @classmethod
    def _of_data(cls, data: Any, path: str) -> Self:
        try:
            version, items = data["schema_version"], [Item.of_data(item) for item in data["items"]]
            made = cls(region=data["region"], prune=data["prune"], items=tuple(items), saved_in=path)
            is_as_written = version == SCHEMA_VERSION and made.fingerprint == data["fingerprint"]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValidationError(f"{path} is no plan. {_MAKE_ONE}") from error
        if version != SCHEMA_VERSION:
            raise ValidationError(f"{path} is a plan of version {version}; this is for {SCHEMA_VERSION}. {_MAKE_ONE}")
        if not is_as_written:
            raise ValidationError(f"{path} was changed after it was written. {_MAKE_ONE}")
        return made

    def refuse_other(self, fresh: "Plan") -> None:
        """Refuse a plan made of the same manifest later, unless what has changed is what this plan was to change.

        Raises:
            StalePlanError: Something else has changed.
        """
        if self.fingerprint == fresh.fingerprint:
            return
        now = {item.key: item for item in fresh.items}
        known = {item.key for item in self.items}
        other = [item for item in self.items if not _is_as_planned(item, now.get(item.key))]
        other += [item for item in fresh.items if item.key not in known]
        if other or (self.region, self.prune) != (fresh.region, fresh.prune):
            told = ", ".join(str(item)[2:] for item in other[:5]) or f"the region is {fresh.region}"
            more = f" and {len(other) - 5} more" if len(other) > 5 else ""
            raise StalePlanError(f"SWF is not as it was when the plan was made: {told}{more}. Make a new plan.")


_MAKE_ONE = "Make one: swf diff SOURCE --out FILE"


def plan(
    manifest: Manifest, *, connection: Connection | None = None, prune: bool = False, workers: int = WORKERS
) -> Plan:
    """Hold a manifest against SWF.

    For each domain one Describe, one list of tags if it declares some, and the lists of its types, of both kinds and
    both statuses. Then one Describe for each declared type that is there. Nothing is written. What AWS throttles is
    asked again.

    Args:
        manifest: What ought to be registered.
        connection: The way to SWF; None is the default.
        prune: Plan to deprecate the registered types that are not declared, in domains that are.
        workers: How many requests may be under way at the same time.

    Raises:
        ValidationError: A domain is to be registered and has no retention period.
    """
    swf = connections.checked(connection) or connections.current()
    found = look_at(checked(manifest).domains, swf, workers)
    items = [item for declared, held in found for item in items_of(declared, held, prune=prune)]
    return Plan(region=swf.region, prune=prune, items=tuple(items), connection=swf)


def made_again(old: Plan, connection: Connection) -> Plan:
    """Make a plan of the same manifest, and of SWF as it is now."""
    return plan(old.manifest, connection=connection, prune=old.prune)


def _declared_by(items: Iterable[Item]) -> Iterator[DeclaredDomain]:
    """Give the domains that a plan was made of."""
    said = [item for item in items if item.after is not None]
    models = defaultdict(list)
    for item in said:
        models[item.domain].append(item.model)
    for item in said:
        if item.kind != "domain":
            continue
        held = models[item.name]
        yield DeclaredDomain(
            next(model for model in held if isinstance(model, Domain)),
            tuple(model for model in held if isinstance(model, WorkflowType)),
            tuple(model for model in held if isinstance(model, ActivityType)),
            (item.after or {}).get("tags"),
        )


def _is_as_planned(planned: Item, now: Item | None) -> bool:
    """Tell whether an item is as it was, or as the plan was to make it."""
    if planned == now:
        return True
    if now is None:
        return planned.action == "deprecate"
    return planned.action in CHANGES and now.action == "unchanged" and planned.after == now.after
