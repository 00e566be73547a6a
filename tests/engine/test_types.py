"""Workflow types and activity types: both follow the same rules."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from swf.models.decision import ScheduleActivityTask

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


@attrs.frozen
class Types:
    """The operations on one kind of types."""

    client: object
    kind: str

    @property
    def shape(self):
        return f"{self.kind.capitalize()}Type"

    def register(self, name="t", version="1", **settings):
        self._call("register_{}_type", name=name, version=version, **settings)

    def describe(self, name="t", version="1"):
        return self._named("describe_{}_type", name, version)

    def deprecate(self, name="t", version="1"):
        self._named("deprecate_{}_type", name, version)

    def undeprecate(self, name="t", version="1"):
        self._named("undeprecate_{}_type", name, version)

    def delete(self, name="t", version="1"):
        self._named("delete_{}_type", name, version)

    def list(self, status="REGISTERED", **members):
        return self._call("list_{}_types", registrationStatus=status, **members)

    def ids(self, answer):
        return [(info[f"{self.kind}Type"]["name"], info[f"{self.kind}Type"]["version"]) for info in answer["typeInfos"]]

    def _named(self, operation, name, version):
        return self._call(operation, **{f"{self.kind}Type": {"name": name, "version": version}})

    def _call(self, operation, **members):
        return getattr(self.client, operation.format(self.kind))(domain="shop", **members)


@pytest.fixture(params=["workflow", "activity"])
def types(request, client):
    client.register_domain(name="shop", workflowExecutionRetentionPeriodInDays="1")
    return Types(client, request.param)


def test_a_type_without_settings_is_described_without_them(types):
    types.register()

    described = types.describe()

    assert described["configuration"] == {}
    assert described["typeInfo"] == {
        f"{types.kind}Type": {"name": "t", "version": "1"},
        "status": "REGISTERED",
        "creationDate": BEGAN,
    }


def test_a_workflow_type_is_described_with_the_settings_it_was_registered_with(client, domain):
    settings = {
        "defaultTaskStartToCloseTimeout": "NONE",
        "defaultExecutionStartToCloseTimeout": "31536000",
        "defaultTaskList": {"name": "l"},
        "defaultTaskPriority": "-5",
        "defaultChildPolicy": "REQUEST_CANCEL",
        "defaultLambdaRole": "arn:aws:iam::123456789012:role/swf",
    }
    client.register_workflow_type(domain=domain, name="all", version="1", description="words", **settings)

    described = client.describe_workflow_type(domain=domain, workflowType={"name": "all", "version": "1"})

    assert described["configuration"] == settings
    assert described["typeInfo"]["description"] == "words"


def test_an_activity_type_is_described_with_the_settings_it_was_registered_with(client, domain):
    settings = {
        "defaultTaskStartToCloseTimeout": "1",
        "defaultTaskHeartbeatTimeout": "NONE",
        "defaultTaskList": {"name": "l"},
        "defaultTaskPriority": "2147483647",
        "defaultTaskScheduleToStartTimeout": "0",
        "defaultTaskScheduleToCloseTimeout": "99999999",
    }
    client.register_activity_type(domain=domain, name="all", version="1", description="words", **settings)

    described = client.describe_activity_type(domain=domain, activityType={"name": "all", "version": "1"})

    assert described["configuration"] == settings
    assert described["typeInfo"]["description"] == "words"


def test_a_setting_that_is_the_empty_text_is_not_set(types):
    types.register(defaultTaskStartToCloseTimeout="")

    assert types.describe()["configuration"] == {}


@pytest.mark.parametrize("timeout", ["NONE", "31536001"])
def test_no_workflow_type_is_registered_for_executions_longer_than_a_year(client, domain, refused, timeout):
    with refused(
        "ValidationException",
        f"defaultExecutionStartToCloseTimeout is {timeout}, and must be a number of seconds of at most 31536000",
    ):
        client.register_workflow_type(
            domain=domain, name="long", version="1", defaultExecutionStartToCloseTimeout=timeout
        )


def test_name_and_version_are_taken_once(types, refused):
    types.register("t", "1")
    types.register("t", "2")
    types.register("T", "1")

    with refused("TypeAlreadyExistsFault", f"{types.shape}=[name=t, version=1]"):
        types.register("t", "1")


def test_workflow_types_and_activity_types_do_not_meet(client, types, refused):
    other = Types(client, "activity" if types.kind == "workflow" else "workflow")
    types.register()
    other.register()

    types.deprecate()

    assert other.describe()["typeInfo"]["status"] == "REGISTERED"


def test_an_unknown_type_is_told(types, refused):
    types.register("t", "1")

    for call in (types.describe, types.deprecate, types.undeprecate, types.delete):
        with refused("UnknownResourceFault", f"Unknown type: {types.shape}=[name=t, version=2]"):
            call("t", "2")


def test_a_deprecated_type_tells_since_when(types, clock):
    types.register()
    clock.advance(seconds=90.5)

    types.deprecate()

    info = types.describe()["typeInfo"]
    assert info["status"] == "DEPRECATED"
    assert info["creationDate"] == BEGAN
    assert info["deprecationDate"] == BEGAN + timedelta(seconds=90.5)


def test_a_type_is_deprecated_once(types, refused):
    types.register()
    types.deprecate()

    with refused("TypeDeprecatedFault", f"{types.shape}=[name=t, version=1]"):
        types.deprecate()


def test_name_and_version_of_a_deprecated_type_stay_taken(types, refused):
    types.register()
    types.deprecate()

    with refused("TypeAlreadyExistsFault", f"{types.shape}=[name=t, version=1]"):
        types.register()


def test_an_undeprecated_type_is_as_it_was(types):
    types.register(defaultTaskPriority="7")
    types.deprecate()

    types.undeprecate()

    described = types.describe()
    assert described["configuration"] == {"defaultTaskPriority": "7"}
    assert described["typeInfo"] == {
        f"{types.kind}Type": {"name": "t", "version": "1"},
        "status": "REGISTERED",
        "creationDate": BEGAN,
    }


def test_a_registered_type_cannot_be_undeprecated(types, refused):
    types.register()

    with refused("TypeAlreadyExistsFault", f"{types.shape}=[name=t, version=1]"):
        types.undeprecate()


def test_a_registered_type_cannot_be_deleted(types, refused):
    types.register()

    with refused(
        "TypeNotDeprecatedFault", "The type is currently registered and cannot be deleted in its current state"
    ):
        types.delete()


def test_a_deleted_type_is_gone_and_its_name_free(types, refused):
    types.register(defaultTaskPriority="7")
    types.deprecate()

    types.delete()

    with refused("UnknownResourceFault", f"Unknown type: {types.shape}=[name=t, version=1]"):
        types.describe()
    types.register()
    assert types.describe()["configuration"] == {}


def test_types_are_listed_by_name_and_version(types):
    for name, version in (("b", "1"), ("a", "2"), ("a", "10"), ("c", "1")):
        types.register(name, version)
    types.deprecate("c", "1")

    assert types.ids(types.list()) == [("a", "10"), ("a", "2"), ("b", "1")]
    assert types.ids(types.list(reverseOrder=True)) == [("b", "1"), ("a", "2"), ("a", "10")]
    assert types.ids(types.list("DEPRECATED")) == [("c", "1")]


def test_types_are_listed_by_exact_name(types):
    for name, version in (("a", "1"), ("a", "2"), ("aa", "1"), ("A", "1")):
        types.register(name, version)

    assert types.ids(types.list(name="a")) == [("a", "1"), ("a", "2")]
    assert types.ids(types.list(name="b")) == []


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_pages_of_types_follow_each_other_without_gaps(types, size, reverse):
    ids = [("a", "1"), ("a", "2"), ("a", "3"), ("b", "1"), ("b", "2")]
    for name, version in ids:
        types.register(name, version)

    pages = types.client.get_paginator(f"list_{types.kind}_types").paginate(
        domain="shop", registrationStatus="REGISTERED", maximumPageSize=size, reverseOrder=reverse
    )
    listed = [types.ids(page) for page in pages]

    assert [item for page in listed for item in page] == (ids[::-1] if reverse else ids)
    assert [len(page) for page in listed[:-1]] == [size] * (len(listed) - 1)


def test_what_runs_goes_on_when_its_types_are_deleted(client, execution, decider, worker):
    decider.answer(ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"))
    for kind, type_ in (("workflow", {"name": "W", "version": "1"}), ("activity", {"name": "A", "version": "1"})):
        getattr(client, f"deprecate_{kind}_type")(domain="d", **{f"{kind}Type": type_})
        getattr(client, f"delete_{kind}_type")(domain="d", **{f"{kind}Type": type_})

    worker.complete(worker.take())
    decider.answer(ScheduleActivityTask(activity_type=("A", "1"), activity_id="a2"))

    assert execution.history()[-2].cause == "ACTIVITY_TYPE_DOES_NOT_EXIST"
