"""The events of one execution."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

import attrs

from swf.checks import of_shape
from swf.constants import LARGEST_PAGE
from swf.exceptions import DoesNotExistError, ValidationError, WorkflowExecutionDoesNotExist
from swf.models.base import Count
from swf.models.domain import Domain, domain_of
from swf.models.event import Event, EventFactory
from swf.models.history import History
from swf.models.history.pages import whole_history
from swf.querysets.base import EVERYTHING, Call, QuerySet, check_page_size
from swf.querysets.domain import OfDomain
from swf.shapes import Number, Text

WORKFLOW_ID = Text("workflow_id", max=256, min=1)
RUN_ID = Text("run_id", max=64, min=1)


def _workflow_id(value: str | None) -> str | None:
    return None if value is None else of_shape(value, WORKFLOW_ID)


def _run_id(value: str | None) -> str | None:
    return None if value is None else of_shape(value, RUN_ID)


@attrs.frozen
class Wanted:
    """Which events are kept: those that `History.filter` keeps."""

    kinds: tuple[type[Event] | str, ...]
    attributes: Mapping[str, Any]

    def of(self, events: list[Event]) -> list[Event]:
        """Give the events that are kept."""
        return list(History(events).filter(*self.kinds, **self.attributes))

    def __str__(self) -> str:
        kinds = [kind if isinstance(kind, str) else kind.__name__ for kind in self.kinds]
        return ", ".join([*kinds, *(f"{name} {value!r}" for name, value in self.attributes.items())])


@attrs.frozen(repr=False, eq=False)
class HistoryQuerySet(OfDomain, QuerySet[Event]):
    """The events of a run, oldest first, read page by page.

    >>> events = HistoryQuerySet("shop", workflow_id="order-7", run_id="22xyz")
    >>> print(events.filter("TimerFired", timer_id="lunch").reverse().explain())
    1. GetWorkflowExecutionHistory
      SWF filters: domain 'shop'; execution workflowId='order-7', runId='22xyz'; reverseOrder True
      filtered here: TimerFired, timer_id 'lunch'

    Built with a domain only, it serves `get`.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_GetWorkflowExecutionHistory.html
    """

    missing: ClassVar[type[DoesNotExistError]] = WorkflowExecutionDoesNotExist

    domain: Domain = attrs.field(converter=domain_of)
    workflow_id: str | None = attrs.field(default=None, kw_only=True, converter=_workflow_id)
    run_id: str | None = attrs.field(default=None, kw_only=True, converter=_run_id)
    _wanted: tuple[Wanted, ...] = attrs.field(default=(), kw_only=True, alias="_wanted")

    def get(
        self,
        run_id: str,
        workflow_id: str,
        max_results: int | None = None,
        page_size: int | None = LARGEST_PAGE,
        reverse: bool = False,
    ) -> History:
        """Give the history of a run, complete unless ``max_results`` says otherwise.

        Args:
            run_id: The run's id; it comes first.
            workflow_id: The execution's workflow id.
            max_results: How many events at most.
            page_size: Events to a page, 1000 at most.
            reverse: Newest first.

        Raises:
            DoesNotExistError: There is no such run, or its retention is over.
        """
        check_page_size(page_size)
        if max_results is not None:
            of_shape(max_results, Number("max_results", min=0))
        window = EVERYTHING[:max_results]
        run = attrs.evolve(self, run_id=run_id, workflow_id=workflow_id, _window=window, _reversed=reverse)
        return History(run.iterator(min(page_size or LARGEST_PAGE, max_results or LARGEST_PAGE)))

    def filter(self, *kinds: type[Event] | str, **attributes: Any) -> Self:
        """Give a narrower queryset, of some kinds of events with some attributes; they are filtered here.

        Args:
            kinds: Classes of events, families such as `TimerEvent`, or SWF's names; any of them will do.
            attributes: Attributes of events with their values, and ``type``, ``name``, ``state``, ``id``.

        Raises:
            InvalidKeywordArgumentError: No event has such an attribute.
            ValidationError: There is no such kind of event.
        """
        self._refuse_window("filter()")
        wanted = Wanted(kinds, attributes)
        wanted.of([])
        return attrs.evolve(self, _wanted=(*self._wanted, wanted))

    def count(self) -> Count:
        """Count the events; of a whole history the id of the last one tells, for ids have no gaps."""
        if self._wanted or self._window != EVERYTHING or self._rows.complete:
            return super().count()
        newest = attrs.evolve(self, _reversed=True).first()
        return Count(0 if newest is None else newest.id)

    def _plan(self, now: datetime) -> tuple[Call[Event], ...]:
        if self.workflow_id is None or self.run_id is None:
            raise ValidationError(
                "Events are read of one run. Give workflow_id and run_id, use execution.events, or call get()."
            )
        return (
            Call(
                operation="get_workflow_execution_history",
                params={
                    "domain": self.domain.name,
                    "execution": {"workflowId": self.workflow_id, "runId": self.run_id},
                },
                key="events",
                here=tuple(map(str, self._wanted)),
                keep=self._keep if self._wanted else None,
            ),
        )

    def _keep(self, events: list[Event]) -> list[Event]:
        for wanted in self._wanted:
            events = wanted.of(events)
        return events

    def _whole(self, pages: Iterable[list[dict[str, Any]]]) -> Iterable[Sequence[dict[str, Any]]]:
        return whole_history(pages, self.workflow_id or "", newest_first=self._reversed)

    def _reader(self) -> Callable[[dict[str, Any]], Event]:
        return EventFactory
