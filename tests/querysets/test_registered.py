"""Querysets of domains and types: get, create, get_or_create, and filters applied by SWF and here."""

import threading

import pytest

from swf.connection import Connection
from swf.constants import DEPRECATED
from swf.exceptions import InvalidKeywordArgumentError, MultipleObjectsReturned, ValidationError
from swf.models import ActivityType, Domain, WorkflowType
from swf.querysets import ActivityTypeQuerySet, DomainQuery, DomainQuerySet, WorkflowTypeQuerySet

KINDS = [(WorkflowType, WorkflowTypeQuerySet), (ActivityType, ActivityTypeQuerySet)]


def keys(rows):
    return [f"{row.name} {row.version}" for row in rows]


def test_the_domains_of_a_region_print_as_a_list(connection):
    Domain("test1").save()
    Domain("test2").save()

    assert repr(DomainQuery().all()) == "[Domain('test1'), Domain('test2')]"


def test_domains_are_found_by_status(connection):
    Domain("old").save()
    Domain("old").delete()
    Domain("new").save()

    assert [domain.name for domain in DomainQuerySet()] == ["new"]
    assert [domain.name for domain in DomainQuerySet().all(registration_status=DEPRECATED)] == ["old"]
    assert [domain.name for domain in DomainQuerySet().filter(status=None)] == ["new", "old"]
    assert [domain.name for domain in DomainQuerySet().filter(status=None).reverse()] == ["old", "new"]
    assert [domain.name for domain in DomainQuerySet().filter(status=None).exclude(status=DEPRECATED)] == ["new"]


def test_get_describes_one_domain(connection, calls):
    Domain("MyTestDomain", retention_period=7, description="x").save()
    calls.clear()

    found = DomainQuerySet().get("MyTestDomain")

    assert (found.retention_period, found.description) == (7, "x")
    assert calls == ["DescribeDomain"]


def test_get_gives_a_deprecated_domain_too_unless_the_queryset_is_of_others(connection):
    Domain("old").save()
    Domain("old").delete()

    assert DomainQuerySet().get("old").status == DEPRECATED
    with pytest.raises(Domain.DoesNotExist, match="is there, but is none of these"):
        DomainQuerySet().filter(status="REGISTERED").get("old")
    with pytest.raises(Domain.DoesNotExist):
        DomainQuerySet().get("old", status="REGISTERED")


def test_get_by_keywords_wants_exactly_one(connection):
    Domain("one", description="shop").save()
    Domain("two", description="bank").save()
    Domain("three", description="bank").save()

    assert DomainQuerySet().get(description="shop").name == "one"
    with pytest.raises(MultipleObjectsReturned, match="description='bank'"):
        DomainQuerySet().get(description="bank")
    with pytest.raises(Domain.DoesNotExist, match="No Domain has description='zoo'"):
        DomainQuerySet().get(description="zoo")


def test_what_is_not_there_does_not_exist(domain):
    with pytest.raises(Domain.DoesNotExist):
        DomainQuerySet().get("nowhere")
    with pytest.raises(WorkflowType.DoesNotExist):
        domain.workflow_types.get("Order", "1.0")
    with pytest.raises(ActivityType.DoesNotExist):
        domain.activity_types.get("Charge", "1.0")


@pytest.mark.parametrize(("kind", "queryset"), KINDS)
def test_types_are_found_by_name_status_and_version(kind, queryset, domain):
    for name, version in (("Order", "1"), ("Order", "2"), ("Refund", "1")):
        kind(domain, name, version).save()
    kind(domain, "Order", "1").delete()
    types = queryset(domain)

    assert keys(types.all()) == ["Order 2", "Refund 1"]
    assert keys(types.filter(status=DEPRECATED)) == ["Order 1"]
    assert keys(types.filter(registration_status=DEPRECATED)) == ["Order 1"]
    assert keys(types.filter(name="Order")) == ["Order 2"]
    assert keys(types.filter(version="1")) == ["Refund 1"]
    assert keys(types.filter(status=None, name="Order")) == ["Order 2", "Order 1"]
    assert keys(types.exclude(name="Order")) == ["Refund 1"]
    assert keys(types.reverse()) == ["Refund 1", "Order 2"]


@pytest.mark.parametrize(("kind", "queryset"), KINDS)
def test_get_gives_a_type_with_its_defaults(kind, queryset, domain, calls):
    kind(domain, "Order", "1.0", task_list="orders").save()
    calls.clear()

    assert queryset(domain).get("Order", "1.0").task_list == "orders"
    assert calls == [f"Describe{kind.__name__}"]


@pytest.mark.parametrize(("kind", "queryset"), KINDS)
def test_get_by_name_wants_one_listed_version(kind, queryset, domain):
    kind(domain, "Order", "1", task_list="old").save()
    kind(domain, "Order", "1").delete()
    kind(domain, "Order", "2", task_list="new").save()

    assert queryset(domain).get("Order").task_list == "new"
    kind(domain, "Order", "3").save()
    with pytest.raises(MultipleObjectsReturned):
        queryset(domain).get("Order")


def test_create_registers_and_gives_what_was_declared(domain, calls):
    calls.clear()

    created = domain.workflow_types.create("Order", "1.0", task_list="orders", execution_timeout="60")

    assert created == WorkflowType(domain, "Order", "1.0", task_list="orders", execution_timeout=60)
    assert calls == ["RegisterWorkflowType"]
    with pytest.raises(WorkflowType.AlreadyExists):
        domain.workflow_types.create("Order", "1.0")


def test_create_refuses_what_swf_would_refuse(domain, calls):
    calls.clear()

    with pytest.raises(ValidationError):
        domain.activity_types.create("a:b", "1.0")

    assert calls == []


def test_get_or_create_creates_once(domain, calls):
    calls.clear()

    created = domain.activity_types.get_or_create("Charge", "1.0", task_list="payments")
    found = domain.activity_types.get_or_create("Charge", "1.0")

    assert created == found
    assert found.creation_date is not None
    assert calls == ["DescribeActivityType", "RegisterActivityType", "DescribeActivityType", "DescribeActivityType"]


def test_get_or_create_gives_the_values_of_swf_and_not_those_of_the_caller(connection):
    Domain("shop", retention_period=7).save()

    assert DomainQuerySet().get_or_create("shop", retention_period=30).retention_period == 7


def test_get_or_create_gives_what_somebody_else_made_meanwhile(domain, connection):
    def register(**_):
        """Register the type just before our own request for it arrives."""
        connection.client.meta.events.unregister("before-send.swf.RegisterWorkflowType", register)
        WorkflowType(domain, "Order", "1.0", task_list="theirs").save()

    connection.client.meta.events.register_first("before-send.swf.RegisterWorkflowType", register)

    found = domain.workflow_types.get_or_create("Order", "1.0", task_list="ours")

    assert found.task_list == "theirs"


def test_many_may_get_or_create_at_once(domain):
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(domain.workflow_types.get_or_create("Order", "1.0", task_list="a"))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [kind.task_list for kind in found] == ["a"] * 8


def test_in_bulk_gives_what_is_there_by_its_key(domain, calls):
    WorkflowType(domain, "Order", "1.0", task_list="orders").save()
    WorkflowType(domain, "Refund", "1.0").save()
    calls.clear()

    some = domain.workflow_types.in_bulk([("Order", "1.0"), ("Nothing", "1.0")])

    assert list(some) == [("Order", "1.0")]
    assert some["Order", "1.0"].task_list == "orders"
    assert calls == ["DescribeWorkflowType", "DescribeWorkflowType"]
    assert list(domain.workflow_types.in_bulk()) == [("Order", "1.0"), ("Refund", "1.0")]
    assert list(DomainQuerySet().in_bulk(["shop", "nowhere"])) == ["shop"]


def test_values_gives_dicts_of_some_attributes(domain):
    WorkflowType(domain, "Order", "1.0").save()

    assert domain.workflow_types.values("name", "status") == [{"name": "Order", "status": "REGISTERED"}]
    assert domain.workflow_types.values()[0].keys() >= {"name", "version", "creation_date", "task_list"}
    with pytest.raises(InvalidKeywordArgumentError, match=r"no 'nme'\. Did you mean 'name'"):
        domain.workflow_types.values("nme")


def test_a_model_is_in_a_queryset_by_what_names_it(domain):
    WorkflowType(domain, "Order", "1.0", task_list="orders").save()

    assert WorkflowType(domain, "Order", "1.0") in domain.workflow_types
    assert WorkflowType(domain, "Order", "2.0") not in domain.workflow_types
    assert domain in DomainQuerySet()
    assert "shop" not in DomainQuerySet()


def test_objects_are_all_domains(domain):
    assert list(Domain.objects) == list(DomainQuerySet())
    assert Domain.objects.get("shop") == domain


def test_objects_of_an_instance_are_on_its_connection():
    connection = Connection("http://localhost:1")

    assert Domain("shop", connection=connection).objects.connection is connection


def test_types_are_counted_by_reading_them(domain, calls):
    WorkflowType(domain, "Order", "1.0").save()
    calls.clear()

    assert domain.workflow_types.count() == 1
    assert calls == ["ListWorkflowTypes"]
