"""Plans are carried out: domains first, then types, then what is deprecated."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import attrs

from swf import connection as connections
from swf.connection import Connection
from swf.exceptions import (
    AlreadyExistsError,
    DeprecatedError,
    DoesNotExistError,
    SWFError,
    SyncConflictError,
    ValidationError,
)
from swf.models import ActivityType, Domain, WorkflowType
from swf.sync.asking import Registered, own_tags, upstream
from swf.sync.comparing import domain_item, type_item
from swf.sync.items import Item
from swf.sync.patience import WORKERS, patiently, threads
from swf.sync.planning import Plan, made_again
from swf.sync.sentences import called, conflict

Hear = Callable[[Item], None]


@attrs.frozen(kw_only=True)
class Applied:
    """What came of a plan.

    Attributes:
        done: The items that are now as declared.
        skipped: The items that differ, and were left as they are.
    """

    done: tuple[Item, ...]
    skipped: tuple[Item, ...] = ()


def apply(
    plan: Plan,
    *,
    connection: Connection | None = None,
    skip_conflicts: bool = False,
    hear: Hear = lambda item: None,
    workers: int = WORKERS,
) -> Applied:
    """Carry out a plan: domains, then types, then what is deprecated.

    What somebody else did meanwhile counts as done, when it does not differ. What AWS throttles is sent again.
    When it is interrupted or fails half way, plan and apply again: what is done is not done twice.

    Args:
        plan: The plan. One from a file is held against SWF first.
        connection: The way to SWF; None is the one of the plan, else the default.
        skip_conflicts: Leave what differs as it is, and do the rest.
        hear: Called with each item once it is done, from several threads.
        workers: How many requests may be under way at the same time.

    Raises:
        SyncConflictError: Something differs; nothing was changed, unless it began to differ meanwhile.
        StalePlanError: The plan is from a file, and SWF has changed since.
        ValidationError: The plan is for another region; nothing was sent.
    """
    swf = connections.checked(connection) or plan.connection or connections.current()
    _refuse_other_region(plan, swf)
    if plan.conflicts and not skip_conflicts:
        raise conflict(plan.conflicts)
    if plan.saved_in is not None:
        plan.refuse_other(made_again(plan, swf))
    done: list[Item] = []
    skipped: list[Item] = []

    def carry_out(item: Item) -> None:
        try:
            _carry_out(item, swf)
        except SyncConflictError:
            if not skip_conflicts:
                raise
            skipped.append(item)
            return
        except SWFError as error:
            error.add_note(f"This was about {called(item)}.")
            raise
        # A domain that differs does so still, whatever of it could be changed.
        if item.action != "differs":
            done.append(item)
        hear(item)

    domains, types, pruned = _in_order(plan.changes)
    for item in domains:
        carry_out(item)
    for group in (types, pruned):
        _each(carry_out, group, workers)
    return Applied(done=tuple(done), skipped=(*plan.conflicts, *skipped))


def _refuse_other_region(plan: Plan, swf: Connection) -> None:
    if plan.region != swf.region:
        raise ValidationError(
            f"The plan is for the region {plan.region}, and the connection leads to {swf.region}. Connect there, or "
            "make a new plan."
        )


def _in_order(changes: Sequence[Item]) -> tuple[list[Item], list[Item], list[Item]]:
    """Give domains, then types, then what is deprecated."""
    domains = [item for item in changes if item.kind == "domain"]
    types = [item for item in changes if item.kind != "domain" and item.action != "deprecate"]
    return domains, types, [item for item in changes if item.action == "deprecate"]


def _each(carry_out: Hear, items: Iterable[Item], workers: int) -> None:
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


def _carry_out(item: Item, swf: Connection) -> None:
    model = attrs.evolve(item.model, connection=swf)
    if isinstance(model, Domain):
        _domain(item, model)
    elif item.action == "deprecate":
        # What is gone, or was deprecated by somebody else, is not registered any more.
        with suppress(DeprecatedError, DoesNotExistError):
            patiently(model.delete)
    elif item.action == "register":
        _register(model)
    else:
        _undeprecate(model)


def _domain(item: Item, domain: Domain) -> None:
    tags = None if item.after is None else item.after.get("tags")
    if item.action == "register":
        try:
            patiently(lambda: domain.save(tags=tags))
        except AlreadyExistsError:
            _domain_again(domain, tags)
        return
    differing = item.diff.differing_fields()
    if "status" in differing:
        _undeprecate(domain)
    if "tags" in differing:
        _retag(domain, (item.before or {}).get("tags", {}), tags or {})


def _domain_again(domain: Domain, tags: Mapping[str, str] | None) -> None:
    """Take a domain that somebody else registered meanwhile, unless it differs."""
    held = patiently(domain.upstream)
    registered = Registered(domain=held, tags=None if tags is None else own_tags(held))
    again = domain_item(domain, tags, registered)
    if again.action == "differs":
        raise conflict([again])
    _domain(again, domain)


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


def _register(model: WorkflowType | ActivityType) -> None:
    try:
        patiently(model.save)
    except AlreadyExistsError:
        again = type_item(model, upstream(model))
        if again.action == "differs":
            raise conflict([again]) from None
        if again.action == "undeprecate":
            _undeprecate(model)


def _undeprecate(model: Domain | WorkflowType | ActivityType) -> None:
    # Somebody else was quicker.
    with suppress(AlreadyExistsError):
        patiently(model.undeprecate)
