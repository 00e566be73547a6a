"""Which executions are asked for, in words: for questions before something is done, and for answers that are empty."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from swf.querysets.base import Conditions
from swf.shapes import ExecutionId, TypeId

_PLAIN = re.compile(r"[\w.:/-]+")


@attrs.frozen
class Spelling:
    """How the filters are written where somebody reads the words.

    Attributes:
        ends: The filters of dates.
        both: What asks for open and closed executions; None where only open ones can be asked for.
    """

    ends: Mapping[str, str]
    both: str | None


_SIDES = (("start", "started"), ("close", "closed"))
_ENDS = tuple(f"{side}_{end}_date" for side, _ in _SIDES for end in ("oldest", "latest"))

KEYWORDS = Spelling({name: name for name in _ENDS}, "status=None")


def in_words(statuses: Sequence[str], conditions: Conditions, excluded: Sequence[Conditions] = ()) -> str:
    """Return which executions some conditions describe, to stand in a sentence; dates are fixed ones.

    >>> from swf.querysets.base import Condition
    >>> of_tags = (Condition("tag", "eu"), Condition("tag", "team-3"))
    >>> in_words(["OPEN"], (*of_tags, Condition("workflow_type_name", "Order")))
    "open executions with the tags 'eu' and 'team-3', of type Order"
    """
    phrases = [*_phrases(conditions), *(f"except those {' and '.join(_phrases(group))}" for group in excluded)]
    return f"{' or '.join(statuses).lower()} executions {', '.join(phrases)}".rstrip()


def wider(statuses: Sequence[str], conditions: Conditions, spelling: Spelling) -> Iterator[str]:
    """Yield sentences that say how to ask for more executions: those outside the dates, and closed ones."""
    given = {condition.keyword for condition in conditions}
    for side, happened in _SIDES:
        for end, where in (("oldest", "earlier"), ("latest", "later")):
            keyword = f"{side}_{end}_date"
            if keyword in given:
                yield f"{happened.capitalize()} {where}: leave out {spelling.ends[keyword]}."
    if "CLOSED" not in statuses and spelling.both is not None:
        yield f"Closed ones too: {spelling.both}."


def _phrases(conditions: Conditions) -> Iterator[str]:
    values: dict[str, list[Any]] = {}
    for condition in conditions:
        values.setdefault(condition.keyword, []).append(condition.value)
    for keyword, phrase in _PHRASES.items():
        if keyword in values:
            yield phrase(values[keyword])
    yield from _of_types(values)
    for side, happened in _SIDES:
        yield from _of_span(happened, values.get(f"{side}_oldest_date"), values.get(f"{side}_latest_date"))


def _with(noun: str) -> Callable[[Sequence[str]], str]:
    def phrase(values: Sequence[str]) -> str:
        return f"with the {noun if len(values) == 1 else f'{noun}s'} {' and '.join(map(repr, values))}"

    return phrase


def _of_parents(parents: Sequence[ExecutionId]) -> str:
    return " and ".join(f"with the parent {each.workflow_id!r} (run {each.run_id!r})" for each in parents)


_PHRASES: Mapping[str, Callable[[Sequence[Any]], str]] = {
    "status": lambda values: " and ".join(f"that are {each.lower()}" for each in values),
    "workflow_id": _with("workflow id"),
    "run_id": _with("run id"),
    "tag": _with("tag"),
    "parent": _of_parents,
    "cancel_requested": lambda values: " and ".join("asked to cancel" if v else "not asked to cancel" for v in values),
    "close_status": lambda values: " and ".join(f"closed as {each}" for each in values),
}


def _of_types(values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    kinds: Sequence[TypeId] = values.get("workflow_type", ())
    names, versions = values.get("workflow_type_name", ()), values.get("workflow_type_version", ())
    if len(names) == len(versions) == 1:
        kinds, names, versions = [*kinds, TypeId(names[0], versions[0])], (), ()
    yield from (f"of type {_plain(kind.name)} {_plain(kind.version)}" for kind in kinds)
    yield from (f"of type {_plain(name)}" for name in names)
    yield from (f"of a type of version {_plain(version)}" for version in versions)


def _of_span(happened: str, oldest: Sequence[datetime] | None, latest: Sequence[datetime] | None) -> Iterator[str]:
    ends = [f"since {_moment(max(oldest))}"] if oldest else []
    if latest:
        ends.append(f"until {_moment(min(latest))}")
    if ends:
        yield f"{happened} {' and '.join(ends)} UTC"


def _plain(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else repr(name)


def _moment(value: datetime) -> str:
    """Return a date in UTC to the second, or to the millisecond where it has any."""
    return value.astimezone(UTC).isoformat(" ", "milliseconds").removesuffix("+00:00").removesuffix(".000")
