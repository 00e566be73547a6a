"""Workflow types, and workflow executions."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import attrs

from swf import wire
from swf.checks import of_shape
from swf.constants import CLOSE_STATUSES, CLOSED, OPEN
from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.models.domain import Domain, domain_of
from swf.models.workflow import WorkflowExecution, WorkflowType
from swf.querysets import dates
from swf.querysets.base import Call, Condition, Conditions, Keyword, ModelQuerySet, equal, reads
from swf.querysets.domain import DOMAIN, OfDomain
from swf.querysets.history import RUN_ID, WORKFLOW_ID
from swf.querysets.types import TypeQuerySet
from swf.querysets.words import KEYWORDS, Spelling, in_words, wider
from swf.shapes import Choice, Flag, Text, TypeId, TypeReference, execution_id, type_id


@attrs.frozen(repr=False, eq=False)
class WorkflowTypeQuerySet(TypeQuerySet[WorkflowType]):
    """The workflow types of a domain, by name; registered ones unless ``status`` says otherwise.

    Filters: ``status`` (or ``registration_status``) and ``name``, which SWF applies; ``version`` and ``description``,
    applied here. A list tells no defaults; `get` does.

    >>> print(WorkflowTypeQuerySet("shop").filter(version="1.0").explain())
    1. ListWorkflowTypes
      SWF filters: domain 'shop'; registrationStatus 'REGISTERED'
      filtered here: version '1.0'

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListWorkflowTypes.html
    """

    operation: ClassVar[str] = "list_workflow_types"

    @property
    def _model(self) -> type[WorkflowType]:
        return WorkflowType


STATUS = Choice("status", (OPEN, CLOSED))


def _type(value: Any) -> TypeId:
    return of_shape(type_id(value), TypeReference("workflow_type"))


def _oldest(attribute: str) -> Keyword:
    return Keyword(dates.oldest, lambda run, bound: (at := getattr(run, attribute)) is not None and at >= bound)


def _latest(attribute: str) -> Keyword:
    return Keyword(dates.latest, lambda run, bound: (at := getattr(run, attribute)) is not None and at <= bound)


def _names_of_time(side: str) -> tuple[str, ...]:
    return tuple(f"{side}_{time}" for time in ("timestamp", "time", "date"))


@attrs.frozen(repr=False, eq=False)
class WorkflowExecutionQuerySet(OfDomain, ModelQuerySet[WorkflowExecution]):
    """The executions of a domain, newest first: open ones, unless ``status`` or a filter of closed ones says otherwise.

    SWF applies one of ``workflow_id``, ``tag``, ``workflow_type`` (or ``workflow_type_name`` with
    ``workflow_type_version``) and ``close_status``, the first of these that is given, and one span of time:
    ``close_oldest_date`` to ``close_latest_date``, else ``start_oldest_date`` to ``start_latest_date`` (or
    ``oldest_date``, ``latest_date``). The others are applied here, as are ``run_id``, ``parent`` and
    ``cancel_requested``. With ``status=None`` open executions come first, then closed ones.

    A date is a number of days back, a `timedelta` back, a date, a datetime or ISO text; UTC, where no zone is said.
    Both ends belong to the span. Without any date, all are listed: open executions from the beginning, closed ones as
    far back as SWF keeps them, however long ago they started.

    >>> urgent = WorkflowExecutionQuerySet("shop").filter(workflow_id="7", tag="urgent")
    >>> print(urgent.filter(start_oldest_date="2030-01-31").explain())
    1. ListOpenWorkflowExecutions
      SWF filters: domain 'shop'; startTimeFilter oldestDate=2030-01-31T00:00:00+00:00; executionFilter workflowId='7'
      filtered here: tag 'urgent'

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListOpenWorkflowExecutions.html
    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListClosedWorkflowExecutions.html
    """

    keywords: ClassVar[Mapping[str, Keyword]] = {
        "domain": DOMAIN,
        "status": equal(STATUS),
        "workflow_id": equal(WORKFLOW_ID),
        "run_id": equal(RUN_ID),
        "tag": Keyword(reads(Text("tag", max=256, min=1)), lambda run, tag: tag in (run.tag_list or ())),
        "workflow_type": Keyword(_type, lambda run, kind: run.workflow_type == kind),
        "workflow_type_name": Keyword(
            reads(Text("workflow_type_name", max=256, min=1)), lambda run, name: run.workflow_type.name == name
        ),
        "workflow_type_version": Keyword(
            reads(Text("workflow_type_version", max=64, min=1)),
            lambda run, version: run.workflow_type.version == version,
        ),
        "close_status": equal(Choice("close_status", CLOSE_STATUSES)),
        "start_oldest_date": _oldest("start_timestamp"),
        "start_latest_date": _latest("start_timestamp"),
        "close_oldest_date": _oldest("close_timestamp"),
        "close_latest_date": _latest("close_timestamp"),
        "parent": Keyword(execution_id, lambda run, parent: run.parent == parent),
        "cancel_requested": Keyword(
            reads(Flag("cancel_requested")), lambda run, requested: bool(run.cancel_requested) == requested
        ),
    }
    synonyms: ClassVar[Mapping[str, str]] = {"oldest_date": "start_oldest_date", "latest_date": "start_latest_date"}
    names_elsewhere: ClassVar[Mapping[str, str]] = {
        "parent_workflow_id": "parent",
        "parent_id": "parent",
        "type": "workflow_type_name",
        "type_name": "workflow_type_name",
        "type_version": "workflow_type_version",
        "since": "start_oldest_date",
        "until": "start_latest_date",
        "started_since": "start_oldest_date",
        "started_until": "start_latest_date",
        "closed_since": "close_oldest_date",
        "closed_until": "close_latest_date",
    }
    times: ClassVar[Mapping[str, tuple[str, str]]] = {
        **dict.fromkeys(_names_of_time("start"), ("start_oldest_date", "start_latest_date")),
        **dict.fromkeys(_names_of_time("close"), ("close_oldest_date", "close_latest_date")),
    }
    statuses: ClassVar[tuple[str, ...]] = STATUS.values
    key: ClassVar[str] = "pairs (workflow_id, run_id)"

    domain: Domain = attrs.field(converter=domain_of)

    def get(self, workflow_id: str | None = None, run_id: str | None = None, **keywords: Any) -> WorkflowExecution:
        """Give one execution as SWF describes it.

        Args:
            workflow_id: Its workflow id. Left out, exactly one listed execution must answer the keywords.
            run_id: Its run id. Left out, the open run of the workflow id is given, else the newest closed one.
            keywords: Filters that it must satisfy.

        Raises:
            DoesNotExistError: There is none, or its retention is over; ``WorkflowExecution.DoesNotExist``.
            MultipleObjectsReturned: Several answer the keywords.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DescribeWorkflowExecution.html
        """
        if workflow_id is None:
            only = self._only({"run_id": run_id, **keywords})
            return self._fetch((only.workflow_id, only.run_id))
        return self._checked(self._fetch((workflow_id, run_id)), keywords)

    def summary(self) -> str:
        """Return which executions the filters describe, in words; asks nobody.

        >>> WorkflowExecutionQuerySet("shop").filter(tag="eu", start_oldest_date="2030-01-31").summary()
        "open executions with the tag 'eu', started since 2030-01-31 00:00:00 UTC"
        """
        conditions, excluded = self._in_force()
        return in_words(self._listed(conditions), conditions, excluded)

    def widened(self, spelling: Spelling = KEYWORDS) -> str:
        """Return the sentences that say how to ask for more: for other dates, and for closed executions."""
        conditions, _ = self._in_force()
        return " ".join(wider(self._listed(conditions), conditions, spelling))

    def explain_empty(self, spelling: Spelling = KEYWORDS) -> str:
        """Return what an empty answer means: what was asked for, and how to ask for more.

        >>> WorkflowExecutionQuerySet("shop").filter(tag="eu").explain_empty()
        "The domain shop has no open executions with the tag 'eu'. Closed ones too: status=None."
        """
        return f"The domain {self.domain.name} has no {self.summary()}. {self.widened(spelling)}".rstrip()

    @property
    def _model(self) -> type[WorkflowExecution]:
        return WorkflowExecution

    def _empty_message(self, said: str) -> str:
        return self.explain_empty()

    def _in_force(self) -> tuple[Conditions, tuple[Conditions, ...]]:
        """Return the conditions, and those of what is excluded, with relative dates fixed."""
        # Only these need a connection, for the time that its SWF has.
        now = self._swf.now() if self._has_relative_dates else dates.EPOCH
        return self._conditions_at(now), self._excluded_at(now)

    def _key(self, row: WorkflowExecution) -> tuple[str, str | None]:
        return (row.workflow_id, row.run_id)

    def _fetch(self, key: tuple[str, str | None]) -> WorkflowExecution:
        return WorkflowExecution(self.domain, *key, connection=self.connection).upstream()

    def _plan(self, now: datetime) -> tuple[Call[WorkflowExecution], ...]:
        conditions = self._conditions_at(now)
        _refuse_empty_spans(conditions)
        return tuple(self._list(status, conditions, now) for status in self._listed(conditions))

    def _listed(self, conditions: Conditions) -> tuple[str, ...]:
        """Tell which of SWF's two lists can hold what is asked for."""
        closed = [condition.keyword for condition in conditions if condition.keyword.startswith("close_")]
        if not closed:
            return self._status or (OPEN,)
        if self._status == (OPEN,):
            raise InvalidKeywordArgumentError(
                f"{', '.join(closed)} can be asked of closed executions only. Leave out status='OPEN'."
            )
        return (CLOSED,)

    def _list(self, status: str, conditions: Conditions, now: datetime) -> Call[WorkflowExecution]:
        sent = _Sent.of(conditions)
        return self._call(
            tuple(condition for condition in conditions if condition not in sent.conditions),
            now,
            operation=f"list_{status.lower()}_workflow_executions",
            params={"domain": self.domain.name, **sent.params},
            key="executionInfos",
            count=f"count_{status.lower()}_workflow_executions",
        )

    def _reader(self) -> Callable[[dict[str, Any]], WorkflowExecution]:
        read, given = wire.reader(WorkflowExecution), self._given()
        return lambda info: read({"executionInfo": info}, given)


@attrs.frozen
class _Sent:
    """The filters that SWF is sent, and the conditions that they settle."""

    params: dict[str, Any]
    conditions: Conditions

    @classmethod
    def of(cls, conditions: Conditions) -> "_Sent":
        """Choose what SWF is sent: one span of time, and the narrowest of the filters that exclude each other."""
        first: dict[str, Condition] = {}
        for condition in conditions:
            first.setdefault(condition.keyword, condition)
        span, settled = _span(first)
        filter, also_settled = _filter(first)
        return cls({**span, **filter}, (*settled, *also_settled))


def _span(first: Mapping[str, Condition]) -> tuple[dict[str, Any], Conditions]:
    for side in ("close", "start"):
        oldest, latest = first.get(f"{side}_oldest_date"), first.get(f"{side}_latest_date")
        if oldest is None and latest is None:
            continue
        bounds = {"oldestDate": dates.whole_second_before(oldest.value) if oldest else dates.EPOCH}
        if latest is not None:
            bounds["latestDate"] = dates.whole_second_after(latest.value)
        # Many releases of boto3 send no fraction of a second: an end that has one is checked here too.
        settled = tuple(end for end in (oldest, latest) if end is not None and not end.value.microsecond)
        return {f"{side}TimeFilter": bounds}, settled
    # SWF wants a beginning. This one leaves nothing out: executions are open for a year at most, and closed ones are
    # kept for as long as the domain's retention period says.
    return {"startTimeFilter": {"oldestDate": dates.EPOCH}}, ()


def _filter(first: Mapping[str, Condition]) -> tuple[dict[str, Any], Conditions]:
    if workflow_id := first.get("workflow_id"):
        return {"executionFilter": {"workflowId": workflow_id.value}}, (workflow_id,)
    if tag := first.get("tag"):
        return {"tagFilter": {"tag": tag.value}}, (tag,)
    if kind := first.get("workflow_type"):
        return {"typeFilter": {"name": kind.value.name, "version": kind.value.version}}, (kind,)
    if name := first.get("workflow_type_name"):
        version = first.get("workflow_type_version")
        if version is None:
            return {"typeFilter": {"name": name.value}}, (name,)
        return {"typeFilter": {"name": name.value, "version": version.value}}, (name, version)
    if close_status := first.get("close_status"):
        return {"closeStatusFilter": {"status": close_status.value}}, (close_status,)
    return {}, ()


def _refuse_empty_spans(conditions: Conditions) -> None:
    for side in ("close", "start"):
        oldest = max(_values(conditions, f"{side}_oldest_date"), default=None)
        latest = min(_values(conditions, f"{side}_latest_date"), default=None)
        if oldest is not None and latest is not None and oldest > latest:
            raise ValidationError(
                f"{side}_oldest_date {oldest.isoformat()} is later than {side}_latest_date {latest.isoformat()}. "
                "Give the earlier one as the oldest; a number means days back."
            )


def _values(conditions: Conditions, keyword: str) -> Iterator[datetime]:
    return (condition.value for condition in conditions if condition.keyword == keyword)
