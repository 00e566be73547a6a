"""Plans are carried out: domains first, then types, then what is deprecated."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs

from swf import connection as connections
from swf.connection import Connection
from swf.exceptions import AlreadyExistsError, DeprecatedError, DoesNotExistError, SWFError
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync.asking import Registered, own_tags, upstream
from swf.sync.comparing import domain_item, type_item
from swf.sync.items import Item
from swf.sync.patience import WORKERS, patiently, threads
from swf.sync.planning import Plan, remaining
from swf.sync.sentences import called, conflict
from swf.sync.target import refuse_account, refuse_place, target_of

Outcome = Literal["made", "found", "partly_made", "conflict", "not_made"]


@attrs.frozen
class Result:
    """What came of an item of a plan.

    Attributes:
        item: The item. One that began to differ meanwhile is as it was found.
        outcome: ``made`` if SWF was changed; ``found`` if somebody else had made it so already; ``conflict`` if it
            differs and was left as it is; ``partly_made`` if that is a domain of which all was changed that can be;
            ``not_made`` if it is still to be done. None if there was nothing to do.
    """

    item: Item
    outcome: Outcome | None

    @property
    def data(self) -> dict[str, Any]:
        """The result as JSON has it."""
        return {**self.item.data, "outcome": self.outcome}


Hear = Callable[[Result], None]


@attrs.frozen(kw_only=True)
class Applied:
    """What came of a plan, or, while it is carried out, has come of it so far.

    Attributes:
        plan: What was left to be done of the plan.
        heard: What came of the items that were tried.
    """

    plan: Plan
    heard: tuple[Result, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """What came of each item, in the order of the plan."""
        planned = {item.key: item for item in (*self.plan.items, *self.plan.found)}
        results = {key: Result(item, _before_it_is_tried(item)) for key, item in planned.items()}
        results |= {item.key: Result(item, "found") for item in self.plan.found}
        results |= {result.item.key: result for result in self.heard}
        return tuple(results.values())

    @property
    def made(self) -> tuple[Item, ...]:
        """The changes that were made in SWF."""
        return self._with("made", "partly_made")

    @property
    def found(self) -> tuple[Item, ...]:
        """The changes that somebody else had made already."""
        return self._with("found")

    @property
    def done(self) -> tuple[Item, ...]:
        """The changes after which all is as declared, whoever made them."""
        return self._with("made", "found")

    @property
    def skipped(self) -> tuple[Item, ...]:
        """The items that differ still."""
        return self._with("conflict", "partly_made")

    @property
    def has_drift(self) -> bool:
        """Whether something is still to be done, or differs."""
        return bool(self._with("conflict", "partly_made", "not_made"))

    @property
    def data(self) -> dict[str, Any]:
        """What came of the plan, as JSON has it."""
        outcomes = Counter(result.outcome for result in self.results if result.outcome is not None)
        told = {name: value for name, value in self.plan.data.items() if name not in ("counts", "fingerprint", "items")}
        return {
            **told,
            "drift": self.has_drift,
            "outcomes": dict(outcomes),
            "items": [result.data for result in self.results],
        }

    def _with(self, *outcomes: Outcome) -> tuple[Item, ...]:
        return tuple(result.item for result in self.results if result.outcome in outcomes)


def _before_it_is_tried(item: Item) -> Outcome | None:
    if item.action == "differs":
        return "conflict"
    return "not_made" if item.is_change else None


def apply(
    plan: Plan,
    *,
    connection: Connection | None = None,
    skip_conflicts: bool = False,
    hear: Hear = lambda result: None,
    workers: int = WORKERS,
) -> Applied:
    """Carry out a plan: domains, then types, then what is deprecated.

    What somebody else did meanwhile is found and not done again, when it does not differ. What AWS throttles is sent
    again. When it is interrupted or fails half way, plan and apply again: what is done is not done twice.

    Args:
        plan: The plan. One from a file is held against SWF first, and what is left of it is done.
        connection: The way to SWF; None is the one of the plan, else the default.
        skip_conflicts: Leave what differs as it is, and do the rest.
        hear: Called with what came of each item, once that is known, from several threads.
        workers: How many requests may be under way at the same time.

    Raises:
        SyncConflictError: Something differs; nothing was changed, unless it began to differ meanwhile.
        StalePlanError: The plan is from a file, and SWF has changed since.
        PlanTargetError: The plan is for another SWF; nothing was changed, and nothing sent if the endpoint or the
            region tells.
    """
    swf = connections.checked(connection) or plan.connection or connections.current()
    refuse_place(plan.target, swf)
    if plan.conflicts and not skip_conflicts:
        raise conflict(plan.conflicts)
    left = _left(plan, swf, workers)
    heard: list[Result] = []

    def carry_out(item: Item) -> None:
        try:
            result = _carry_out(item, swf)
        except SWFError as error:
            error.add_note(f"This was about {called(item)}.")
            raise
        heard.append(result)
        hear(result)
        if result.outcome == "conflict" and not skip_conflicts:
            raise conflict([result.item])

    domains, types, pruned = _in_order(left.changes)
    for item in domains:
        carry_out(item)
    for group in (types, pruned):
        _each(carry_out, group, workers)
    return Applied(plan=left, heard=tuple(heard))


def _left(plan: Plan, swf: Connection, workers: int) -> Plan:
    """Return what is left of a plan, which may be for another account than that of the connection."""
    if plan.saved_in is not None:
        return remaining(plan, connection=swf, workers=workers)
    if plan.connection is not swf and plan.target.account is not None:
        refuse_account(plan.target, target_of(swf))
    return plan


def _in_order(changes: Sequence[Item]) -> tuple[list[Item], list[Item], list[Item]]:
    """Give domains, then types, then what is deprecated."""
    domains = [item for item in changes if item.kind == "domain"]
    types = [item for item in changes if item.kind != "domain" and item.action != "deprecate"]
    return domains, types, [item for item in changes if item.action == "deprecate"]


def _each(carry_out: Callable[[Item], None], items: Iterable[Item], workers: int) -> None:
    """Carry items out at the same time; when one fails, no other begins."""
    has_failed = threading.Event()

    def unless_failed(item: Item) -> None:
        if has_failed.is_set():
            return
        try:
            carry_out(item)
        except BaseException:
            # Errors of SWF, and whatever `hear` raises, which is anybody's.
            has_failed.set()
            raise

    with threads(workers) as pool:
        for _ in pool.map(unless_failed, items):
            pass


# One item


def _carry_out(item: Item, swf: Connection) -> Result:
    model = attrs.evolve(item.model, connection=swf)
    if isinstance(model, Domain):
        return _domain(item, model)
    if item.action == "deprecate":
        return Result(item, _made(_deprecate(model)))
    if item.action == "register":
        return _register(item, model)
    return Result(item, _made(_undeprecate(model)))


def _made(is_made: bool) -> Outcome:
    return "made" if is_made else "found"


def _domain(item: Item, domain: Domain) -> Result:
    tags = None if item.after is None else item.after.get("tags")
    if item.action == "register":
        try:
            patiently(lambda: domain.save(tags=tags))
        except AlreadyExistsError:
            return _domain_again(item, domain, tags)
        return Result(item, "made")
    is_made = _change(item, domain, tags or {})
    if item.action == "differs":
        # It differs still, whatever of it could be changed.
        return Result(item, "partly_made" if is_made else "conflict")
    return Result(item, _made(is_made))


def _domain_again(item: Item, domain: Domain, tags: Mapping[str, str] | None) -> Result:
    """Take a domain that somebody else registered meanwhile, unless it differs."""
    held = patiently(domain.upstream)
    registered = Registered(domain=held, tags=None if tags is None else own_tags(held))
    again = domain_item(domain, tags, registered)
    if again.action == "differs":
        return Result(again, "conflict")
    return Result(item, _made(_change(again, domain, tags or {})))


def _change(item: Item, domain: Domain, tags: Mapping[str, str]) -> bool:
    """Change what can be changed of a domain; tell whether that was anything."""
    differing = item.diff.differing_fields()
    is_made = "status" in differing and _undeprecate(domain)
    if "tags" in differing:
        _retag(domain, (item.before or {}).get("tags", {}), tags)
        is_made = True
    return is_made


def _retag(domain: Domain, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    # The ARN is known after one Describe, and needed for both.
    known = patiently(domain.upstream)
    removed = [key for key in before if key not in after]
    added = {key: value for key, value in after.items() if before.get(key) != value}
    # A domain may have 50 tags: those that go make room for those that come.
    if removed:
        patiently(lambda: known.untag(*removed))
    if added:
        patiently(lambda: known.tag(added))


def _register(item: Item, model: WorkflowType | ActivityType) -> Result:
    try:
        patiently(model.save)
    except AlreadyExistsError:
        again = type_item(model, upstream(model))
        if again.action == "differs":
            return Result(again, "conflict")
        return Result(item, _made(again.action == "undeprecate" and _undeprecate(model)))
    return Result(item, "made")


def _undeprecate(model: Domain | WorkflowType | ActivityType) -> bool:
    """Undeprecate it; tell whether nobody else was quicker."""
    try:
        patiently(model.undeprecate)
    except AlreadyExistsError:
        return False
    return True


def _deprecate(model: WorkflowType | ActivityType) -> bool:
    """Deprecate it; what is gone, or was deprecated by somebody else, is not registered any more."""
    try:
        patiently(model.delete)
    except (DeprecatedError, DoesNotExistError):
        return False
    return True
