"""Whether events that SWF answered are all of them: the one home of that rule.

The ids of a run's events go from 1 without gaps, and a decision task says which event is its last. So it shows when a
part of an answer was lost on the way, in a proxy for example, although what came is well formed. Of such an answer
nothing is used: decisions on half of the facts cannot be taken back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from swf.exceptions import IncompleteAnswerError
from swf.wire import shown

Raw = TypeVar("Raw", bound=Mapping[str, Any])

_event_id = itemgetter("eventId")


def first_gap(ids: Sequence[int], start: int, step: int = 1) -> tuple[int, int] | None:
    """Return the first id that should be there and the one in its place; None if the ids have no gap.

    >>> first_gap([1, 2, 4], 1), first_gap([9, 8, 7], 9, -1)
    ((3, 4), None)
    """
    expected = range(start, start + step * len(ids), step)
    if list(ids) == list(expected):
        return None
    return next((wanted, found) for wanted, found in zip(expected, ids, strict=True) if wanted != found)


def whole_history(
    pages: Iterable[Sequence[Raw]], workflow_id: str, *, newest_first: bool = False
) -> Iterator[Sequence[Raw]]:
    """Yield the pages of a run's history as they are read.

    Raises:
        IncompleteAnswerError: Events are missing: between two of them, at the beginning of the run, or all.
    """
    try:
        yield from _whole(pages, newest_first)
    except IncompleteAnswerError as error:
        raise IncompleteAnswerError(error.what, error.missing, of=f"The history of {workflow_id!r}") from error


def _whole(pages: Iterable[Sequence[Raw]], newest_first: bool) -> Iterator[Sequence[Raw]]:
    step = -1 if newest_first else 1
    last = None if newest_first else 0
    for page in pages:
        if page:
            last = _checked(page, last, step)
        yield page
    if not last:
        raise _no_events()
    if newest_first:
        check_beginning(last)


def check_beginning(oldest: int, begins: int = 1) -> None:
    """Raise unless the oldest event that came is not later than the one that events have to begin with.

    Raises:
        IncompleteAnswerError: It is.
    """
    if oldest > begins:
        raise IncompleteAnswerError(f"the oldest event is {oldest}, and should be {begins}", "beginning")


def check_task(answer: Mapping[str, Any], begins: int | None = None) -> None:
    """Raise unless the events of a decision task are all that it should have, in either order.

    They end with its ``DecisionTaskStarted``, and begin with the first event of the run, or with the
    ``DecisionTaskStarted`` of the task answered before if only what is new was asked for.

    Args:
        answer: What PollForDecisionTask answered, with the events of all pages.
        begins: The latest event that may be the first. Left out, that of the task answered before.

    Raises:
        IncompleteAnswerError: Events are missing: between two of them, before the first, after the last, or all.
    """
    events = answer.get("events")
    if not isinstance(events, list | tuple) or not events:
        raise _no_events()
    first, last = _id(events[0]), _id(events[-1])
    step = 1 if first <= last else -1
    _checked(events, first - step, step)
    check_end(max(first, last), answer.get("startedEventId"))
    check_beginning(min(first, last), begins or answer.get("previousStartedEventId") or 1)


def check_end(newest: int, end: int | None) -> None:
    """Raise unless the newest event that came is the one that events have to end with.

    Raises:
        IncompleteAnswerError: It is not.
    """
    if newest != end:
        raise IncompleteAnswerError(f"the newest event is {newest}, and should be {end}", "end")


def _checked(page: Sequence[Mapping[str, Any]], before: int | None, step: int) -> int:
    """Return the id of a page's last event; the page must go on where the one before it ended."""
    ids: list[int]
    try:
        ids = list(map(_event_id, page))
    except (TypeError, LookupError):
        ids = list(map(_id, page))
    if gap := first_gap(ids, ids[0] if before is None else before + step, step):
        wanted, found = gap
        raise IncompleteAnswerError(f"event {wanted} is missing, and event {found!r} stands in its place", "gap")
    return ids[-1]


def _id(event: Any) -> int:
    id = event.get("eventId") if isinstance(event, Mapping) else None
    if not isinstance(id, int):
        raise IncompleteAnswerError(f"{shown(event)} stands among the events, and has no eventId", "gap")
    return id


def _no_events() -> IncompleteAnswerError:
    return IncompleteAnswerError("there are no events", "rows")
