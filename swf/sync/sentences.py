"""What is said of plans and their items, in a terminal, in a pull request and in errors alike."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from swf import wire
from swf.exceptions import SyncConflictError
from swf.sync.items import CHANGEABLE, Action, Item
from swf.sync.planning import Plan

_COUNTED: Final[Mapping[Action, str]] = {
    "register": "to register",
    "undeprecate": "to undeprecate",
    "tag": "to tag",
    "deprecate": "to deprecate",
    "undeclared": "not declared",
    "differs": "in conflict",
    "unchanged": "unchanged",
}


def outcome(item: Item) -> list[str]:
    """Say what becomes of an item, in lines; nothing of one that is unchanged.

    >>> outcome(Item(action="register", kind="activity", domain="shop", name="Pack", after={"task_list": "packing"}))
    ["task_list='packing'"]
    """
    match item.action:
        case "register":
            return [" ".join(f"{name}={wire.shown(value)}" for name, value in _attributes(item))]
        case "undeprecate" | "tag":
            return list(_differences(item, CHANGEABLE[item.kind]))
        case "deprecate":
            return ["not declared: will be deprecated"]
        case "undeclared":
            return ["not declared: left as it is, unless you prune"]
        case "differs":
            return [*_differences(item, item.diff.differing_fields()), advice(item)]
        case _:
            return []


def counted(counts: Mapping[Action, int]) -> str:
    """Say how many items there are of each action.

    >>> counted({"register": 2, "differs": 1})
    '2 to register, 1 in conflict'
    """
    return ", ".join(f"{count} {_COUNTED[action]}" for action, count in counts.items()) or "nothing is declared"


def header(plan: Plan) -> str:
    """Return in one line for which SWF a plan is, and how many items there are of each action."""
    is_for_any = "" if plan.target.account else " (the plan holds for any)"
    return f"{plan.target}{is_for_any}: {counted(plan.counts)}"


def called(item: Item) -> str:
    """Name an item, with its domain.

    >>> called(Item(action="register", kind="activity", domain="shop", name="Pack", version="1.0"))
    'activity Pack 1.0 in shop'
    """
    return str(item)[2:] if item.kind == "domain" else f"{str(item)[2:]} in {item.domain}"


def advice(item: Item) -> str:
    """Say what to do about an item that differs."""
    if item.kind == "domain":
        return "nothing of a domain changes but its tags: declare what SWF has"
    return f"a type never changes: declare version {item.next_version}"


def conflict(items: Iterable[Item]) -> SyncConflictError:
    """Give the error for items that SWF cannot make what is declared."""
    told = "\n".join(map(in_conflict, items))
    return SyncConflictError(f"Some of what is declared is registered otherwise, and SWF cannot change it.\n{told}")


def in_conflict(item: Item) -> str:
    """Return in what an item differs, and what to do about it, as a sentence."""
    return f"{called(item)}: {'; '.join([*_conflicting(item), advice(item)])}."


def _conflicting(item: Item) -> Iterator[str]:
    # Of a type that differs nothing is changed, its status neither.
    left = CHANGEABLE[item.kind] if item.kind == "domain" else ()
    return _differences(item, [name for name in item.diff.differing_fields() if name not in left])


def _differences(item: Item, names: Iterable[str]) -> Iterator[str]:
    wanted = set(names)
    return (
        f"{each.attr} is {wire.shown(each.local)} here and {wire.shown(each.upstream)} in SWF"
        for each in item.diff
        if each.attr in wanted
    )


def _attributes(item: Item) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in (item.after or {}).items() if name != "status")
