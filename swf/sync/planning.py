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
from swf.sync.asking import Registered, look_at
from swf.sync.comparing import items_of
from swf.sync.items import SYMBOLS, Action, Item
from swf.sync.manifest import Manifest, checked
from swf.sync.patience import WORKERS
from swf.sync.schema import DeclaredDomain
from swf.sync.target import MAKE_ONE, Target, refuse_account, refuse_place, target_of

# 1 did not say for which SWF a plan was made.
SCHEMA_VERSION: Final = 2


@attrs.frozen(kw_only=True)
class Plan:
    """What a sync would do, and what it would leave.

    Attributes:
        target: Which SWF it is for.
        prune: Whether types that are not declared are to be deprecated.
        items: What becomes of each domain and type.
        connection: Where it was made.
        saved_in: The file that it was loaded from.
        found: Of what `remaining` has left of another plan: that plan's changes that were made already.
    """

    target: Target
    items: tuple[Item, ...]
    prune: bool = False
    connection: Connection | None = attrs.field(default=None, eq=False, repr=False)
    saved_in: str | None = attrs.field(default=None, eq=False)
    found: tuple[Item, ...] = attrs.field(default=(), eq=False)

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
        held = {**self.target.data, "prune": self.prune, "items": [item.data for item in self.items]}
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
            **self.target.data,
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
            ValidationError: It is no plan, was changed, or is of another version.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ValidationError(f"The plan {path} cannot be read: {error}. Make one: {MAKE_ONE}") from None
        return cls._of_data(data, str(path))

    @classmethod
    def _of_data(cls, data: Any, path: str) -> Self:
        version = data.get("schema_version", SCHEMA_VERSION) if isinstance(data, dict) else SCHEMA_VERSION
        if version != SCHEMA_VERSION:
            raise _of_other_version(path, version)
        try:
            target = Target(endpoint=data["endpoint"], region=data["region"], account=data["account"])
            items = tuple(Item.of_data(item) for item in data["items"])
            made = cls(target=target, prune=data["prune"], items=items, saved_in=path)
            is_as_written = made.fingerprint == data["fingerprint"]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValidationError(f"{path} is no plan. Make one: {MAKE_ONE}") from error
        if not is_as_written:
            raise ValidationError(f"{path} was changed after it was written. Make another one: {MAKE_ONE}")
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
        if other or self.prune != fresh.prune:
            told = ", ".join(str(item)[2:] for item in other[:5]) or f"prune is {fresh.prune}"
            more = f" and {len(other) - 5} more" if len(other) > 5 else ""
            raise StalePlanError(f"SWF is not as it was when the plan was made: {told}{more}. Make a new plan.")


def _of_other_version(path: str, version: object) -> ValidationError:
    why = (
        "which does not say for which SWF it was made" if version == 1 else f"and this is for version {SCHEMA_VERSION}"
    )
    return ValidationError(f"{path} is a plan of version {version}, {why}. Make it again: {MAKE_ONE}")


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
    return _made(found, _target(found, swf), swf, prune)


def remaining(old: Plan, *, connection: Connection | None = None, workers: int = WORKERS) -> Plan:
    """Hold a plan that was made earlier against SWF as it is now, and return what of it is left to be done.

    It costs what `plan` costs. Nothing is written.

    Args:
        old: The plan, from a file for instance.
        connection: The way to SWF; None is the one of the plan, else the default.
        workers: How many requests may be under way at the same time.

    Raises:
        PlanTargetError: It was made for another SWF. Where the endpoint or the region tells that, nothing was sent.
        StalePlanError: SWF has changed since, and not just as the plan was to change it.
    """
    swf = connections.checked(connection) or old.connection or connections.current()
    refuse_place(old.target, swf)
    found = look_at(old.manifest.domains, swf, workers)
    target = _target(found, swf)
    # Before what SWF has is judged: in another account everything is otherwise.
    refuse_account(old.target, target)
    fresh = _made(found, target, swf, old.prune)
    old.refuse_other(fresh)
    left = {item.key for item in (*fresh.changes, *fresh.conflicts)}
    return attrs.evolve(fresh, found=tuple(item for item in old.changes if item.key not in left))


Found = Iterable[tuple[DeclaredDomain, Registered]]


def _target(found: Found, swf: Connection) -> Target:
    return target_of(swf, (held.domain for _, held in found if held.domain is not None))


def _made(found: Found, target: Target, swf: Connection, prune: bool) -> Plan:
    items = (item for declared, held in found for item in items_of(declared, held, prune=prune))
    return Plan(target=target, prune=prune, items=tuple(items), connection=swf)


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
    if planned == now or not planned.is_change:
        return planned == now
    if now is None:
        return planned.action == "deprecate"
    if now.is_change or planned.after != now.after:
        return False
    # Of a domain that differs, status and tags are changed, and it differs still.
    return now.action == "unchanged" or (now.action == planned.action and planned.fixed == now.fixed)
