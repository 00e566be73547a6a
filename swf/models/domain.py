"""Domains, and what all objects in a domain have in common."""

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import attrs

from swf import settings, wire
from swf.checks import of_kind
from swf.connection import Connection
from swf.constants import REGISTERED
from swf.exceptions import (
    AlreadyExistsError,
    ConfigurationError,
    DoesNotExistError,
    DomainAlreadyExists,
    DomainDoesNotExist,
    ValidationError,
)
from swf.models.base import Calls, Count, Model, Request, number
from swf.shapes import (
    Arn,
    Description,
    DomainName,
    DurationInDays,
    RegistrationStatus,
    ResourceTagKey,
    ResourceTagValue,
    TaskList,
)
from swf.wire import At

if TYPE_CHECKING:
    from swf.querysets import ActivityTypeQuerySet, DomainQuerySet, WorkflowExecutionQuerySet, WorkflowTypeQuerySet


class Objects:
    """The queryset of all domains, as an attribute of the class that they become."""

    def __get__(self, instance: "Domain | None", owner: "type[Domain]") -> "DomainQuerySet":
        from swf.querysets import DomainQuerySet

        return DomainQuerySet(model=owner, connection=instance.connection if instance else None)


@attrs.frozen(repr=False)
class Domain(Model):
    """A namespace in SWF: types and executions live in one domain and never see another.

    >>> Domain("shop", retention_period=7)
    Domain('shop')

    Attributes:
        status: ``REGISTERED`` or ``DEPRECATED``.
        retention_period: Days that SWF keeps executions after they have closed, 90 at most; 0 or ``"NONE"`` keeps none.
        arn: The domain's name in all of AWS, made by SWF.
        objects: The queryset of all domains.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_DomainInfo.html
    """

    calls: ClassVar[Calls] = Calls(
        register="register_domain",
        describe="describe_domain",
        deprecate="deprecate_domain",
        undeprecate="undeprecate_domain",
    )
    DoesNotExist: ClassVar[type[DoesNotExistError]] = DomainDoesNotExist
    AlreadyExists: ClassVar[type[AlreadyExistsError]] = DomainAlreadyExists
    objects = Objects()

    name: Annotated[DomainName, At("domainInfo.name")]
    status: Annotated[RegistrationStatus, At("domainInfo.status", read_only=True)] = REGISTERED
    description: Annotated[Description | None, At("domainInfo.description")] = None
    retention_period: Annotated[DurationInDays | None, At("configuration.workflowExecutionRetentionPeriodInDays")] = (
        attrs.field(default=30, converter=number)
    )
    arn: Annotated[Arn | None, At("domainInfo.arn", read_only=True)] = attrs.field(default=None, eq=False)

    @classmethod
    def default(cls, *, connection: Connection | None = None) -> Self:
        """Give the domain that the settings name, without asking SWF.

        Raises:
            ConfigurationError: They name none.
        """
        name = settings.get("domain")
        if name is None:
            raise ConfigurationError(
                "No default domain is set. Set SWF_DOMAIN, or domain under [defaults] in the file ~/.swf."
            )
        return cls(name, connection=connection)

    def save(self, tags: Mapping[str, str] | None = None) -> None:
        """Register the domain.

        Args:
            tags: Keys and values to give it, 50 at most.

        Raises:
            AlreadyExistsError: There is a domain of this name, registered or deprecated.
            ValidationError: It has no ``retention_period``, or a tag breaks a limit of SWF; nothing was sent.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RegisterDomain.html
        """
        if self.retention_period is None:
            raise ValidationError(
                f"{self!r} has no retention_period, without which SWF registers no domain. Give days, such as 30."
            )
        self._call(self._operation("register"), **wire.write(self), tags=_resource_tags(tags) or None)

    def workflows(self, status: RegistrationStatus = REGISTERED) -> "WorkflowTypeQuerySet":
        """Give the queryset of the domain's workflow types with this status."""
        return self.workflow_types.filter(status=status)

    def activities(self, status: RegistrationStatus = REGISTERED) -> "ActivityTypeQuerySet":
        """Give the queryset of the domain's activity types with this status."""
        return self.activity_types.filter(status=status)

    @property
    def workflow_types(self) -> "WorkflowTypeQuerySet":
        """The queryset of the domain's workflow types."""
        from swf.querysets import WorkflowTypeQuerySet

        return WorkflowTypeQuerySet(self)

    @property
    def activity_types(self) -> "ActivityTypeQuerySet":
        """The queryset of the domain's activity types."""
        from swf.querysets import ActivityTypeQuerySet

        return ActivityTypeQuerySet(self)

    @property
    def executions(self) -> "WorkflowExecutionQuerySet":
        """The queryset of the domain's workflow executions."""
        from swf.querysets import WorkflowExecutionQuerySet

        return WorkflowExecutionQuerySet(self)

    @property
    def tags(self) -> dict[str, str]:
        """The domain's tags: one call, after a Describe when ``arn`` is not known.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListTagsForResource.html
        """
        answer = self._call("list_tags_for_resource", resourceArn=self._known_arn())
        return {tag["key"]: tag.get("value", "") for tag in answer.get("tags", ())}

    def tag(self, tags: Mapping[str, str] | None = None, /, **more: str) -> None:
        """Add tags; a key that is there takes the new value.

        Args:
            tags: Keys and values, 50 in all at most.
            more: The same, where the keys are names of Python.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_TagResource.html
        """
        resource_tags = _resource_tags(tags, **more)
        self._call("tag_resource", resourceArn=self._known_arn(), tags=resource_tags)

    def untag(self, *keys: str) -> None:
        """Remove tags.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_UntagResource.html
        """
        tag_keys = [ResourceTag(key=key, value="").key for key in keys]
        self._call("untag_resource", resourceArn=self._known_arn(), tagKeys=tag_keys)

    def pending_activity_tasks(self, task_list: str) -> Count:
        """Count the activity tasks that wait in a task list; an estimate.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CountPendingActivityTasks.html
        """
        return self._pending("count_pending_activity_tasks", task_list)

    def pending_decision_tasks(self, task_list: str) -> Count:
        """Count the decision tasks that wait in a task list; an estimate.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_CountPendingDecisionTasks.html
        """
        return self._pending("count_pending_decision_tasks", task_list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _identity(self) -> dict[str, Any]:
        return {"name": self.name}

    def _instead(self, action: str) -> str:
        return "A domain cannot be deleted; delete() deprecates it." if action == "delete" else ""

    def _known_arn(self) -> str | None:
        return self.arn or self.upstream().arn

    def _pending(self, operation: str, task_list: str) -> Count:
        return Count.of(self._call(operation, domain=self.name, **Pending(task_list=task_list).params))


@attrs.frozen(kw_only=True)
class Pending(Request):
    """Which task list is asked about."""

    task_list: TaskList


@attrs.frozen(kw_only=True)
class ResourceTag(Request):
    """One tag of a domain."""

    key: ResourceTagKey
    value: ResourceTagValue


def _resource_tags(tags: Mapping[str, str] | None, **more: str) -> list[dict[str, str]]:
    given = (
        {} if tags is None else of_kind(tags, Mapping, "mapping of tags", "Give keys and values: {'team': 'orders'}.")
    )
    return [ResourceTag(key=key, value=value).params for key, value in {**given, **more}.items()]


def domain_of(value: Domain | str) -> Domain:
    """Give the domain, which may be told by its name."""
    return value if isinstance(value, Domain) else Domain(value)


@attrs.frozen(repr=False)
class InDomain(Model):
    """A model that belongs to a domain.

    Attributes:
        domain: A `Domain`, or its name. Two models are equal only in domains of one name.
    """

    domain: Domain = attrs.field(converter=domain_of, eq=attrgetter("name"))

    def _scope(self) -> dict[str, Any]:
        return {"domain": self.domain.name}

    @property
    def _swf(self) -> Connection:
        return self.connection or self.domain._swf
